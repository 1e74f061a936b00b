#!/usr/bin/perl

# A flood of distinct bad tokens from one address: ten thousand of them, each
# as dear to check as a good one.  The budget bounds what they cost; whoever
# comes from elsewhere is let in meanwhile, also with a token that is new.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Flood;
use ApiTest::Server;
use Test::More;
use Time::HiRes qw(time);

my $off = free_port('FLOOD_OFF');
my $server = ApiTest::Server->start(
    workers => 1,
    files   => { 'html/x' => "in\n", 'jwks.json' => jwks('p384') },
    http    => <<"EOF",
    api_jwt_issuer corp {
        issuer https://idp.example.com; audience orders;
        algorithms ES384; jwks jwks.json;
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

my $n = 0;

sub good {
    return jwt(alg => 'ES384', key => 'p384', claims => {
        iss => 'https://idp.example.com', aud => 'orders', sub => 'alice',
        exp => time + 3600, jti => 'n' . $n++,
    });
}

my $worker = the_worker($server);
my $elsewhere = ApiTest::Flood::connected($server->{port}, '127.0.0.2');
my %benign;

sub come {
    print {$elsewhere} "GET /x HTTP/1.1\r\nHost: localhost\r\n"
        . 'Authorization: Bearer ' . good() . "\r\n\r\n";
    $benign{$_}++ for ApiTest::Flood::answers($elsewhere, 1);
    return;
}

# what they cost without a budget: each is checked

my @bad = forged(good(), 500);
my $cpu = worker_cpu($worker);

is_deeply(flood($off, '127.0.0.1', \@bad), { '401 signature' => 500 },
    'without a budget each of them is checked');
my $without = (worker_cpu($worker) - $cpu) / 500;

# ten thousand with the default, 50 a second of an address

@bad = forged(good(), 10_000);
my $batches = 0;
my $begun   = time;

$cpu = worker_cpu($worker);
my $seen = flood($server->{port}, '127.0.0.1', \@bad,
    sub { come() if $batches++ % 10 == 0 });
my $all = worker_cpu($worker) - $cpu;
my $took = time - $begun;

my $checked = $seen->{'401 signature'} // 0;
my $unchecked = $seen->{'429 budget'} // 0;

cmp_ok($checked, '>=', 50, 'so many at once are checked');
cmp_ok($checked, '<=', 51 + 50 * ($took + 1),
    "of ten thousand in $took s, $checked: 50 a second");
is($checked + $unchecked, 10_000, 'all others are refused unchecked');

# those that are checked are more the longer it takes

my $with = ($all - $checked * $without) / $unchecked;

cmp_ok($with, '<', $without / 3, sprintf 'one that is not checked costs '
    . '%.0f us of CPU instead of %.0f', $with * 1e6, $without * 1e6);
is_deeply(\%benign, { 200 => 25 }, 'who comes from elsewhere meanwhile, with '
    . 'tokens that are new, is let in');

# the address itself: with a token that is known it is, with a new one not yet

my $known = good();
my $fresh = ApiTest::Flood::connected($server->{port}, '127.0.0.3');
print {$fresh} "GET /x HTTP/1.1\r\nHost: localhost\r\n"
    . "Authorization: Bearer $known\r\n\r\n";
is_deeply([ApiTest::Flood::answers($fresh, 1)], ['200'], 'a token, seen');

$seen = flood($server->{port}, '127.0.0.1', [forged(good(), 200), $known]);
is($seen->{200}, 1, 'of the address that floods, a known token passes');

unlike($server->log, qr/\[(?:alert|emerg|crit)\]/, 'nothing alarming');

done_testing();
