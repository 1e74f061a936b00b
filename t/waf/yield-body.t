#!/usr/bin/perl

# A megabyte of a body, of each kind that is taken apart in slices, and one
# worker: while it is, others get their answers; what stands at its end is seen;
# who goes away in the middle takes it along.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Single;
use File::Temp qw(tempdir);
use IO::Select;
use MIME::Base64 qw(encode_base64);
use Test::More;

my $dir = tempdir(CLEANUP => 1);
my $port = free_port('YIELD_BODY');
my $h2 = free_port('YIELD_BODY_H2');

write_file("$dir/rules.conf", <<'END');
SecRuleEngine On
SecRequestBodyAccess On
SecRule ARGS|ARGS_UNPACKED|XML:/* "@contains the secret word" "id:7,phase:2,deny,status:403"
SecRule REQBODY_ERROR "!@eq 0" "id:8,phase:2,deny,status:400"
END

# Under these nothing is looked at but one name: rules have nothing to do, and
# what takes time is reading.

write_file("$dir/name.conf", <<'END');
SecRuleEngine On
SecRequestBodyAccess On
SecRule ARGS_UNPACKED:nothing "@contains the secret word" "id:7,phase:2,deny,status:403"
END
single($dir, $port, <<"END");
    api_waf_ruleset here $dir/rules.conf;
    api_waf_ruleset name $dir/name.conf;
    default_type text/plain;
    server {
        listen 127.0.0.1:$port;
        listen 127.0.0.1:$h2 http2;
        location = /ping { return 200 "pong\\n"; }
        location / { api_waf here; empty_gif; }
        location /name { api_waf name; empty_gif; }
        error_page 405 =200 \@ok;
        location \@ok { return 200 "ok\\n"; }
    }
END

sub status { return (answered($_[0]))[0] }

sub ping {
    my ($s) = @_;
    put($s, "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n");
    return status($s) == 200 || die "no answer\n";
}

# All but the last byte, which nginx waits for.

sub posted {
    my ($path, $type, $body, $other) = @_;
    my $s = connected();
    put($s, "POST $path HTTP/1.1\r\nHost: api.example.com\r\n"
        . "Content-Type: $type\r\nContent-Length: " . length($body)
        . "\r\n\r\n" . substr $body, 0, -1);
    ping($other) for 1 .. 20;
    return $s;
}

# Answers that another connection asks for and gets behind the last byte, and
# before there is an answer to it: three, and a client that is left without a
# processor meanwhile may try again.  In one go there can be none.

sub others {
    my ($path, $type, $body) = @_;
    my $other = connected();
    my ($most, $status) = (0);

    for (1 .. 20) {
        my $long = posted($path, $type, $body, $other);
        my $wait = IO::Select->new($long);
        my $n = 0;

        put($long, substr $body, -1);

        while ($n < 3) {
            ping($other);
            last if $wait->can_read(0);
            $n++;
        }

        $status = status($long);
        $most = $n if $n > $most;
        last if $most == 3;
    }

    return ($most, $status);
}

my $secret = 'the secret word';
my $word = 'The customer asked whether the order could come. ';

sub packed {
    my ($last) = @_;
    return '[' . join(',', map { '"' . encode_base64($_, '') . '"' }
        (map { "$_ " . $word x 15 } 1 .. 900), $last) . ']';
}

my @kinds = (
    ['XML', 'text/xml', sub { '<a>' . '&lt;' x 250_000 . "$_[0]</a>" }],
    ['lines of JSON', 'application/x-ndjson',
        sub { "[]\n" x 330_000 . "{\"a\":\"$_[0]\"}\n" }],
    ['YAML', 'application/yaml', sub { "- []\n" x 90_000 . "- $_[0]\n" }],
    ['base64 in JSON', 'application/json', \&packed],
);

for my $kind (@kinds) {
    my ($name, $type, $make) = @$kind;
    my $body = $make->('nothing');

    my ($n, $status) = others('/name', $type, $body);
    is($status, 200, "$name, " . length($body) . ' bytes: passes');
    is($n, 3, 'meanwhile another connection has its answers');

    ($n, $status) = others('/orders', $type, $make->($secret));
    is($status, 403, 'what stands at its end is seen');
    is($n, 3, 'meanwhile another connection has its answers');

    write_file("$dir/body", $make->($secret));
    like(`curl -s -i --http2-prior-knowledge -H 'Content-Type: $type' --data-binary \@$dir/body http://127.0.0.1:$h2/orders`,
        qr{^HTTP/2 403 }, 'and over HTTP/2');

    write_file("$dir/body", $body);
    like(`curl -s -i --http2-prior-knowledge -H 'Content-Type: $type' --data-binary \@$dir/body http://127.0.0.1:$h2/orders`,
        qr{^HTTP/2 200 }, 'where without it passes');

    # Who goes away in the middle.

    my $other = connected();
    my $gone = posted('/name', $type, $body, $other);
    put($gone, substr $body, -1);
    ping($other);
    close $gone;
    ping($other) for 1 .. 20;
}

# What is broken behind its first slice is broken.

my ($n, $status) = others('/orders', 'text/xml', '<a>' . '&lt;' x 250_000 . '</b>');
is($status, 400, 'XML that is broken at its end');
($n, $status) = others('/orders', 'application/x-ndjson', "[]\n" x 330_000 . "{\n");
is($status, 400, 'lines of JSON, too');
($n, $status) = others('/orders', 'application/yaml', "- - a\n" x 39_000 . "]\n");
is($status, 400, 'and YAML');

ok(ping(connected()), 'nginx serves');
unlike(slurp("$dir/error.log"), qr/\[(?:alert|emerg|crit)\]|signal/,
    'nothing is wrong');

done_testing();
