#!/usr/bin/perl

# One value of a megabyte under the Core Rule Set, and one worker: what rules,
# transformations and operators make of it is found with others served in
# between, and is what they would have found in one go.

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
my $port = free_port('YIELD_VALUES');
my $up = free_port('YIELD_VALUES_UP');
chomp(my $crs = `.ci/crs`);

write_file("$dir/on.conf", "SecRuleEngine On\nSecAuditEngine Off\n");
single($dir, $port, <<"END");
    api_waf_ruleset crs $crs/modsecurity.conf $dir/on.conf $crs/owasp-crs.load;
    server {
        listen 127.0.0.1:$port;
        add_header X-Rules \$api_waf_rules always;
        location = /ping { return 200 "pong\\n"; }
        location /watch { api_waf crs mode=monitor;
            proxy_pass http://127.0.0.1:$up; }
        location / { api_waf crs; proxy_pass http://127.0.0.1:$up; }
    }
    server {
        listen 127.0.0.1:$up;
        location / { return 200 "ok\\n"; }
    }
END

# Status and rules.

sub answer {
    my ($status, $head) = answered($_[0]);
    return ($status, $head =~ /\nX-Rules: (.*?)\r\n/ ? $1 : '');
}

sub posted {
    my ($path, $value) = @_;
    $value =~ s/(["\\])/\\$1/g;
    $value =~ s/\n/\\n/g;
    my $body = "{\"doc\":\"$value\"}";
    return "POST $path HTTP/1.1\r\nHost: api.example.com\r\n"
        . "User-Agent: t\r\nAccept: */*\r\nContent-Type: application/json\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}

my $ping = "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n";

# Answers that another connection gets until this one has its own.

sub others {
    my ($request) = @_;
    my ($long, $other) = (connected(), connected());
    my $wait = IO::Select->new($long);
    my $n = 0;

    put($long, $request);

    while (!$wait->can_read(0)) {
        put($other, $ping);
        die "no answer\n" if (answer($other))[0] != 200;
        $n++;
    }

    my @got = answer($long);

    put($long, $ping);
    is((answer($long))[0], 200, 'the connection goes on');

    return ($n, @got);
}

sub fill { my $s = $_[0] x (1 + 2**20 / length $_[0]); return substr $s, 0, 2**20 }

srand 7;
my %values = (
    base64 => substr(encode_base64(
        join('', map { chr int rand 256 } 1 .. 790_000), ''), 0, 2**20),
    markup => fill('<p class="a b">The customer <b>asked</b> whether <i>the'
        . " order</i> could come</p>\n"),
    quotes => fill('it\'s "a" or the \'b\' order, 2 of "c". '),
    code => fill("    for (i = 0, n = 1; i < 10; i++) { n += list[i].size }\n"),
);

# What rules find at its very end; and that they find it in the whole.

my %attacks = (
    942100 => ' 1\' or \'a\'=\'a\' union select 1, 2 -- ',
    941100 => ' <svg onload=alert(1)> ',
);

for my $kind (sort keys %values) {
    my ($n, $status, $rules) = others(posted('/watch', $values{$kind}));
    is($status, 200, "$kind: a megabyte passes");
    unlike($rules, qr/94[12]100/, 'no injection, no script');
    cmp_ok($n, '>=', 3, "meanwhile another connection has its answers ($n)");

    for my $id (sort keys %attacks) {
        ($n, $status, my $more) =
            others(posted('/watch', $values{$kind} . $attacks{$id}));
        like($more, qr/\b$id\b/, "$kind: what stands at the end is found");

        my %more = map { $_ => 1 } split /[, ]+/, $more;
        is(join(' ', grep { !$more{$_} } split /[, ]+/, $rules), '',
            'with all that was found without it');
        cmp_ok($n, '>=', 3, "meanwhile another connection has its answers ($n)");
    }
}

# Where the rules decide.

my (undef, $status) = others(posted('/orders', $values{base64}));
is($status, 200, 'a megabyte of base64 passes');
(undef, $status) = others(posted('/orders', $values{base64} . $attacks{941100}));
is($status, 403, '... with an attack behind it, it does not');

# Who goes away in the middle takes it along.

for (1 .. 3) {
    my ($s, $other) = (connected(), connected());
    put($s, posted('/orders', $values{base64}));
    put($other, $ping);
    answer($other);
    close $s;
}

# What comes next on the connection waits for its turn.

my $s = connected();
put($s, posted('/watch', $values{markup} . $attacks{941100}) . $ping);
like((answer($s))[1], qr/941100/, 'the first of two');
is((answer($s))[0], 200, 'the second');

unlike(slurp("$dir/error.log"), qr/\[(?:alert|emerg|crit)\]|signal/,
    'nothing is wrong');

done_testing();
