#!/usr/bin/perl

# 50 reloads under load: no 5xx, no connection lost before a response begins,
# and the master does not grow.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Server;
use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $reloads = 50;
my $http = <<'EOF';
    api_zone main 1m;
    api_audit logs/audit.jsonl;
    api_list office office.list;
    api_jwt_issuer corp {
        issuer https://idp; audience orders;
        algorithms RS256 ES256 HS256; jwks jwks.json;
    }
    api_jwt_issuer own {
        issuer https://own; audience orders;
        algorithms HS256; key file:own.secret;
    }
EOF
my $location = 'api_auth jwt=corp,own; api_require scope a;'
    . ' api_cors origins=https://app.example; try_files /x =404;';

my %claims = (iss => 'https://idp', aud => 'orders', sub => 'alice',
    scope => 'a b', exp => time + 3600);
my $good = 'Authorization: Bearer '
    . jwt(alg => 'ES256', key => 'p256', claims => \%claims);
my $bad = 'Authorization: Bearer '
    . jwt(alg => 'ES256', key => 'p256', claims => { %claims, exp => 1 });


# One client: good and bad requests in turn, until told to stop.  A
# connection that nginx closes between two requests is opened anew; one that
# ends before a response begins, though the request was the first on it or
# nothing had been answered, counts as lost.

sub client {
    my ($server, $until) = @_;
    my %seen = (requests => 0, wrong => 0, lost => 0);
    my ($socket, $fresh);

    while (!-e $until) {
        my $want = $seen{requests} % 2 ? 401 : 200;

        if (!$socket) {
            $socket = $server->connected or $seen{lost}++, next;
            $fresh = 1;
        }

        print {$socket} "GET /x HTTP/1.1\r\nHost: a\r\n",
            ($want == 200 ? $good : $bad), "\r\n\r\n";
        my ($code, $close) = answer($socket);

        if (!defined $code) {
            $seen{lost}++ if $fresh;
            undef $socket;
            next;
        }

        $seen{requests}++;
        $seen{wrong}++ if $code != $want;
        $fresh = 0;
        undef $socket if $close;
    }

    return \%seen;
}


sub answer {
    my ($socket) = @_;
    my ($head, $length) = ('', 0);

    local $/ = "\r\n";
    while (defined(my $line = <$socket>)) {
        $head .= $line;
        last if $line eq "\r\n";
    }

    my ($code) = $head =~ m{^HTTP/1\.1 (\d+)} or return;
    ($length) = $head =~ /^Content-Length: (\d+)/mi;
    read $socket, (my $body), $length // 0;

    return ($code, $head =~ /^Connection: close/mi);
}


local $SIG{PIPE} = 'IGNORE';

my $server = ApiTest::Server->start(
    http     => $http,
    location => $location,
    files    => {
        'jwks.json'   => jwks('rsa2048', 'p256'),
        'own.secret'  => secret('hs256'),
        'office.list' => "10.0.0.0/8\n",
        'html/x'      => "x\n",
    },
);

my $until = "$server->{dir}/stop";
my @clients;

for my $n (1 .. 3) {
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        my $seen = client($server, $until);
        $server->write("client$n", json($seen));
        POSIX::_exit(0);
    }
    push @clients, $pid;
}

my %rss;
my $done = 0;

for my $n (1 .. $reloads) {
    last if !$server->reload(busy => 1);
    $done++;
    $rss{$n} = $server->rss;
}

is($done, $reloads, "$reloads reloads");

SKIP: {
    skip 'a sanitizer keeps what is freed', 1 if $ENV{ASAN_OPTIONS};
    cmp_ok($rss{$reloads}, '<=', $rss{5} * 1.02,
        "the master holds $rss{$reloads} KiB, after the 5th $rss{5}");
}

sleep 0.3;
$server->write('stop', '');
waitpid $_, 0 for @clients;

for my $n (1 .. 3) {
    my $seen = JSON::PP::decode_json($server->text("client$n"));
    cmp_ok($seen->{requests}, '>', 100, "client $n: $seen->{requests} requests");
    is($seen->{wrong}, 0, '... all answered as they should be');
    is($seen->{lost}, 0, '... and none lost');
}

my ($code) = $server->get('/x', $good);
is($code, 200, 'it still serves');
unlike($server->log, qr/\[(?:alert|emerg|crit)\]/, 'nothing in the error log');

done_testing();
