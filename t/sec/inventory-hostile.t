#!/usr/bin/perl

# api_inventory and what strangers write: bytes that are no UTF-8, controls,
# markup, braces, length, and noise. Whatever it is, the section stays JSON, and
# small.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Server;
use JSON::PP;
use Test::More;

my $up = Test::Nginx::StandIn::Port::named('hostile-up');

my $server = ApiTest::Server->start(workers => 1,
    http => <<"HTTP",
    api_zone main 1m inventory=128k;
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Forwarded-For;
    server {
        listen 127.0.0.1:$up;
        large_client_header_buffers 4 16k;
        location / { return 200 "{}\\n"; }
    }
HTTP
    server => 'large_client_header_buffers 4 16k;',
    location => <<"END");
            return 404;
        }
        location /odd/ {
            api_inventory min_hits=2;
            proxy_pass    http://127.0.0.1:$up;
        }
        location /_api/ {
            api_status;
END

my $total = 0;

sub get {
    my ($path, $n) = @_;
    $total++;
    my ($code) = $server->get($path, "X-Forwarded-For: 192.0.2.$n");
    return $code;
}

sub inventory {
    return decode_json(($server->get('/_api/inventory?limit=1000'))[2]);
}

sub until_seen {
    my ($what) = @_;
    my $got;
    for (1 .. 500) {
        my $inv = inventory();
        $got = $inv->{other_requests};
        $got += $_->{requests} for @{ $inv->{items} };
        last if $got >= $total;
        select undef, undef, undef, 0.02;
    }
    return is($got, $total, $what);
}


# Names.

my @odd = ("\xff\xfe", '%ff', '%0a', '%22%3E%3Cscript%3E', '"<b>', 'a' x 4000,
    '%E2%80%AEx', "\xe2\x80", '{x}', '\u0000', '%2e%2e%2fetc', "'");

for my $name (@odd) {
    get("/odd/list?$name=1&ok=$_", $_) for 1 .. 4;
    next if $name =~ /%2e/;    # another place
    get("/odd/$name/x?q=1", $_) for 1 .. 4;
}

get('/odd/list?%00=1', 1);
until_seen('strange names are counted');

my ($odd) = grep { $_->{template} eq '/odd/list' } @{ inventory()->{items} };
my ($ok) = grep { $_->{name} eq 'ok' } @{ $odd->{parameters} };
cmp_ok($ok->{count}, '>', 40, '... beside a plain one') or diag explain $odd;

my %names;
$names{ $_->{name} }++ for @{ $odd->{parameters} };
is_deeply([grep { $names{$_} > 1 } keys %names], [], '... each name once');

for my $path ('?limit=1000', '/openapi', '/overlay') {
    my (undef, $head, $text) = $server->get("/_api/inventory$path");
    chomp $text;
    like($head, qr{^Content-Type: application/json}m, "JSON at $path");
    ok(utf8::decode(my $copy = $text), '... of UTF-8');
    unlike($text, qr/[\x00-\x1f\x7f]/, '... without controls');
    unlike($text, qr/a{100}/, '... and nothing of 4000 letters');
    ok(eval { decode_json($text) }, '... that can be read') or diag $text;
}


# An upstream that has an answer for everything, and who asks it for everything:
# memory is what it was given, and what is left out is counted.

for my $i (1 .. 1500) {
    my $word = join '', map { ('a' .. 'z')[rand 26] } 1 .. 12;
    get("/odd/$word/$word", $i % 7);
}
until_seen('noise is counted');

my $inv = inventory();
cmp_ok($inv->{nodes}, '<=', $inv->{nodes_max}, 'nodes are as many as may be');
cmp_ok($inv->{operations}, '<', 60, '... and noise is a handful of operations')
    or diag join "\n", map { $_->{template} } @{ $inv->{items} };
cmp_ok($inv->{evicted} + $inv->{overflow}, '>=', 0, '... the rest is counted');

get("/odd/plain/$_", $_ % 3) for 1 .. 30;
until_seen('what is plain');
ok((grep { $_->{template} =~ m{^/odd/(?:plain|\{id\})/\{id2?\}$} && $_->{requests} >= 20 } @{ inventory()->{items} }),
    '... is found behind the noise')
    or diag join "\n", map {"$_->{template} $_->{requests}"} @{ inventory()->{items} };

unlike($server->log, qr/\[(?:alert|emerg|crit)\]/, 'no alert in the log');

done_testing();
