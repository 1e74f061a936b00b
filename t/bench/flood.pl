#!/usr/bin/perl

# Ten thousand distinct bad tokens a second from one address: what part of one
# core they take, without a budget and with the default of api_auth_budget, and
# beside as many requests without a token.  Each token has the form, the claims
# and the key id of a good one, so each asks for a signature to be checked.
# CPU time of the worker; rounds alternate, medians.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use ApiTest;
use ApiTest::Flood;
use ApiTest::Server;
use Time::HiRes qw(time sleep);

my $RATE   = 10_000;
my $ROUNDS = $ENV{BENCH_ROUNDS} || 7;
my $BUDGET = 2.5;  # times what a request without a token costs

my $build = $ENV{API_BUILD} or die "API_BUILD is not set\n";
my %key   = (RS256 => 'rsa2048', ES256 => 'p256', EdDSA => 'ed25519',
    ES384 => 'p384');
my @algs  = qw(RS256 ES256 EdDSA ES384);
my $off   = free_port('FLOOD_OFF');

my $server = ApiTest::Server->start(
    workers => 1,
    modules => [map { "$build/modules/ngx_api_${_}_module.so" }
        qw(waf sec ratelimit)],
    files => { 'jwks.json' => jwks(values %key), 'html/x' => "in\n" },
    http  => <<"EOF",
    error_log logs/flood.log warn;
    api_jwt_issuer corp {
        issuer https://idp.example.com; audience orders;
        algorithms @algs; jwks jwks.json;
    }
    add_header X-Why "\$api_auth_error" always;
    server {
        listen 127.0.0.1:$off;
        api_auth_budget off;
        location / { api_auth jwt=corp; try_files /x =404; }
    }
EOF
    location => 'api_auth jwt=corp; try_files /x =404;',
);
my $worker = the_worker($server);

sub good {
    my ($alg) = @_;
    return jwt(alg => $alg, key => $key{$alg}, claims => {
        iss => 'https://idp.example.com', aud => 'orders', sub => 'alice',
        exp => time + 3600,
    });
}

# What n of them cost, in seconds of CPU a request, and how many were checked.
# They come at the rate, as far as the machine lets them.
sub cost {
    my ($port, $tokens) = @_;
    my ($cpu, $begun, $sent) = (worker_cpu($worker), time, 0);
    my $seen = flood($port, '127.0.0.1', $tokens, sub {
        $sent += 40;
        my $early = $begun + $sent / $RATE - time;
        sleep $early if $early > 0;
    });
    return ((worker_cpu($worker) - $cpu) / @$tokens,
        $seen->{'401 signature'} // 0);
}

sub median { my @s = sort { $a <=> $b } @_; return $s[$#s / 2] }

my (@none, %off, %on, %checked);

for my $round (1 .. $ROUNDS) {
    push @none, (cost($server->{port}, [('') x 2000]))[0];

    for my $alg (@algs) {
        my $good = good($alg);
        push @{ $off{$alg} }, (cost($off, [forged($good, 400)]))[0];
        my ($cost, $checked) = cost($server->{port}, [forged($good, 10_000)]);
        push @{ $on{$alg} }, $cost;
        push @{ $checked{$alg} }, $checked;
    }
}

my $missed = 0;
my $none = median(@none);

printf "%d distinct bad tokens a second of one address, per cent of a core\n\n",
    $RATE;
printf "%-8s %12s %12s %10s %16s\n", 'alg', 'no budget', 'default', 'checked',
    'refused, each';
printf "%-8s %12.0f\n", 'no token', $none * $RATE * 100;

for my $alg (@algs) {
    my ($off, $on) = (median(@{ $off{$alg} }), median(@{ $on{$alg} }));
    my $checked = median(@{ $checked{$alg} });

    # without those that the budget lets be checked

    my $refused = ($on - $checked / 10_000 * $off) / (1 - $checked / 10_000);
    my $ratio = $refused / $none;
    $missed ||= $ratio > $BUDGET;

    printf "%-8s %12.0f %12.0f %10.0f %7.1f us, %.2f of \"no token\" <= %s %s\n",
        $alg, $off * $RATE * 100, $on * $RATE * 100, $checked, $refused * 1e6,
        $ratio, $BUDGET, $ratio > $BUDGET ? 'MISSED' : 'met';
}

exit $missed;
