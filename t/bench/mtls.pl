#!/usr/bin/perl

# What a client certificate costs a request: the identity of api_auth mtls=,
# and a token that is bound to the certificate, against the same requests on
# the same TLS connections without api_auth.  Another nginx is the client, for
# it keeps its connections; CPU time of the worker that is asked, in rounds
# that alternate, medians.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use ApiTest;
use ApiTest::Certs;
use ApiTest::Flood;
use ApiTest::Server;

my $ROUNDS  = $ENV{BENCH_ROUNDS} || 9;
my $SECONDS = $ENV{BENCH_SECONDS} || 1;
my $BUDGET  = 1.20;    # as of a token that was seen before

my $build = $ENV{API_BUILD} or die "API_BUILD is not set\n";
my @modules = map { "$build/modules/ngx_api_${_}_module.so" }
    qw(waf sec ratelimit);
my $certs = make_certs();
my $tls   = free_port('BENCH_TLS');

my $server = ApiTest::Server->start(
    workers => 1,
    modules => \@modules,
    files   => { 'jwks.json' => jwks('rsa2048') },
    http    => <<"EOF",
    api_zone main 2m;
    api_mtls mesh { principal san_uri; }
    api_jwt_issuer corp {
        issuer https://idp.example.com; audience orders;
        algorithms RS256; jwks jwks.json; bind mtls required;
    }
EOF
    server => <<"EOF",
    listen 127.0.0.1:$tls ssl;
    ssl_certificate        $certs/server.pem;
    ssl_certificate_key    $certs/server.key;
    ssl_client_certificate $certs/ca.pem;
    ssl_verify_client      on;
    location /off   { empty_gif; }
    location /mtls  { api_auth mtls=mesh; empty_gif; }
    location /bound { api_auth jwt=corp; empty_gif; }
EOF
    location => 'return 404;',
);

my $client = ApiTest::Server->start(
    workers => 1,
    modules => [],
    http    => <<"EOF",
    upstream measured { server 127.0.0.1:$tls; keepalive 16; keepalive_requests 1000000000; }
EOF
    location => <<"EOF",
        proxy_pass https://measured;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_ssl_certificate     $certs/uri.pem;
        proxy_ssl_certificate_key $certs/uri.key;
EOF
);

my $worker = the_worker($server);
my $token  = jwt(alg => 'RS256', key => 'rsa2048', claims => {
    iss => 'https://idp.example.com', aud => 'orders', sub => 'alice',
    exp => time + 36000, cnf => { 'x5t#S256' => thumbprint('uri') },
});

# name, path, header, against which

my @cases = (
    ['TLS, no auth', 'off', 'X-None: 1', undef],
    ['api_auth mtls', 'mtls', 'X-None: 1', 0],
    ['TLS, no auth, token sent', 'off', "Authorization: Bearer $token", undef],
    ['bound token, seen', 'bound', "Authorization: Bearer $token", 2],
);

sub cost {
    my ($case) = @_;
    my $cpu  = worker_cpu($worker);
    my $text = `wrk -t1 -c8 -d${SECONDS}s -H '$case->[2]' http://127.0.0.1:$client->{port}/$case->[1]`;

    die "refused in the benchmark: $case->[0]\n$text" if $text =~ /Non-2xx/;
    $text =~ /(\d+) requests in/ or die "wrk: $text\n";
    return (worker_cpu($worker) - $cpu) * 1e6 / $1;
}

sub median { my @s = sort { $a <=> $b } @_; return $s[$#s / 2] }

my @us;

for my $round (0 .. $ROUNDS) {
    for my $n (0 .. $#cases) {
        my $us = cost($cases[$n]);
        push @{ $us[$n] }, $us if $round;    # not the first
    }
}

my $missed = 0;
printf "%-26s %8s  %s\n", 'location', 'us', 'ratio';

for my $n (0 .. $#cases) {
    my $base = $cases[$n][3];
    printf "%-26s %8.2f", $cases[$n][0], median(@{ $us[$n] });

    if (defined $base) {
        my $ratio = median(map { $us[$n][$_] / $us[$base][$_] }
            0 .. $#{ $us[$n] });
        $missed ||= $ratio > $BUDGET;
        printf "  %.3f of \"%s\" <= %s %s", $ratio, $cases[$base][0], $BUDGET,
            $ratio > $BUDGET ? 'MISSED' : 'met';
    }
    print "\n";
}

exit $missed;
