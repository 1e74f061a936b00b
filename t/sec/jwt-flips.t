#!/usr/bin/perl

# Every single-bit flip of a good token, sent through nginx, is refused; the
# token itself passes before and after.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Server;
use IO::Socket::INET;
use Test::More;

my $server = ApiTest::Server->start(
    workers  => 1,
    files    => { 'jwks.json' => jwks('p256'), 'own.secret' => secret('hs256'),
        'html/x' => "x\n" },
    http     => <<'EOF',
    api_auth_budget off;
    api_jwt_issuer idp {
        issuer https://idp; audience orders; algorithms ES256; jwks jwks.json;
    }
    api_jwt_issuer own {
        issuer https://own; audience orders; algorithms HS256;
        key file:own.secret;
    }
EOF
    location => 'api_auth jwt=idp,own; try_files /x =404;',
);

my %key = (ES256 => ['p256', 'https://idp'], HS256 => ['hs256', 'https://own']);
my $socket;


# The status for a token, on a connection that is kept.

sub status {
    my ($token) = @_;

    $socket ||= $server->connected or die 'no connection';
    print {$socket} "GET / HTTP/1.1\r\nHost: a\r\n",
        "Authorization: Bearer $token\r\n\r\n";

    my ($code, $length, $close) = (0, 0, 1);

    local $/ = "\r\n";
    while (defined(my $line = <$socket>)) {
        $code = $1 if $line =~ m{^HTTP/1\.1 (\d+)};
        $length = $1 if $line =~ /^Content-Length: (\d+)/i;
        $close = 0 if $line =~ /^Connection: keep-alive/i;
        last if $line eq "\r\n";
    }
    read $socket, (my $body), $length;
    undef $socket if $close;

    return $code;
}


for my $alg (sort keys %key) {
    my ($key, $issuer) = @{ $key{$alg} };
    my $token = jwt(alg => $alg, key => $key, claims => { iss => $issuer,
        aud => 'orders', sub => 'alice', exp => time + 3600 });
    my %seen;

    is(status($token), 200, "$alg: the token passes");

    for my $bit (0 .. 8 * length($token) - 1) {
        my $flipped = $token;
        vec($flipped, $bit, 1) ^= 1;
        $seen{ status($flipped) }++;
    }

    is(join(' ', grep { !/^40[01]$/ } sort keys %seen), '',
        "$alg: every flip is refused: "
        . join(', ', map {"$seen{$_} with $_"} sort keys %seen));
    cmp_ok($seen{401}, '>', 1000, '... most as tokens');
    is(status($token), 200, '... and the token still passes');
}

unlike($server->log, qr/\[(?:alert|emerg|crit)\]/, 'nothing in the error log');

done_testing();
