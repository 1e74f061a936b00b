#!/usr/bin/perl

# Identity over 50 reloads under load: keys of a provider, tokens that are
# remembered, introspection, API keys, DPoP, revocations, tokens of our own for
# the upstream. No request is answered otherwise than it should be, none is
# lost, and neither the master nor what the workers come to hold grows.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::ApiKeys;
use ApiTest::Dpop;
use ApiTest::Sec;
use ApiTest::Server;
use List::Util qw(max min);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $reloads  = $ENV{LIVE_RELOADS} || 50;
my $from     = 5;
my $upstream = free_port('RELOAD_UPSTREAM');

my $http = "
    api_zone main 2m;
    api_auth_budget off;
    api_jwt_issuer remote {
        issuer https://idp.example; audience orders;
        algorithms ES256 RS256; jwks uri:/_jwks refresh=1s min_interval=1s;
    }
    api_jwt_issuer bound {
        issuer https://bound.example; audience orders;
        algorithms ES256; jwks jwks.json;
        bind dpop required max_age=10m leeway=60s;
    }
    api_key_store partners keys.json pepper=file:pepper.secret;
    api_introspect ask {
        uri /_introspect; client us; secret file:client.secret; cache 1s;
    }
    api_revocations list revoked.list;
    map \$request_body \$answer {
        default      '{\"active\":false}';
        ~^token=good '{\"active\":true,\"sub\":\"opaque\",\"scope\":\"a\"}';
    }
    server {
        listen 127.0.0.1:$upstream;
        location = /jwks { alias html/jwks.json; }
        location = /introspect {
            client_body_in_single_buffer on;
            proxy_pass http://127.0.0.1:$upstream/echo;
            proxy_set_header X-Answer \$answer;
        }
        location = /echo { return 200 \$http_x_answer; }
        location / { return 200 \$http_x_user; }
    }
";
my $server_conf = "
    add_header X-Pid \$pid always;
    location = /_jwks { internal; proxy_pass http://127.0.0.1:$upstream/jwks; }
    location = /_introspect {
        internal; proxy_pass http://127.0.0.1:$upstream/introspect;
    }
    location = /dpop { api_auth jwt=bound; try_files /x =404; }
";
my $location = "
    api_auth jwt=remote key=partners introspect=ask any;
    api_require scope a;
    api_forward X-User claim:sub;
    api_forward_token strip;
    api_identity_token X-Id iss=us key=file:id.pem.secret ttl=1m;
    proxy_pass http://127.0.0.1:$upstream;
";

sub jwt_of {
    my (%claims) = @_;
    return 'Authorization: Bearer ' . jwt(alg => 'ES256', key => 'p256',
        claims => claims(scope => 'a b', %claims));
}

my @asks = (
    [200, jwt_of(sub => 'alice')],
    [401, jwt_of(sub => 'alice', exp => 1)],
    [200, jwt_of(sub => 'bob', jti => 'b1')],
    [403, jwt_of(sub => 'bob', scope => 'c')],
    [401, jwt_of(sub => 'eve', jti => 'stolen')],     # revoked
    [200, 'X-API-Key: ' . api_key('AAAAAAAA')],
    [401, 'X-API-Key: ' . api_key('BBBBBBBB')],
    [200, 'Authorization: Bearer good-opaque'],
    [401, 'Authorization: Bearer bad-opaque'],
);


# One client: all of them in turn, on a connection while it lasts. One that
# nginx closes between two requests is opened anew; one that ends before a
# response begins, though the request was the first on it, counts as lost.

sub client {
    my ($server, $until) = @_;
    my %seen = (requests => 0, wrong => 0, lost => 0);
    my ($socket, $fresh);

    while (!-e $until) {
        my ($want, $head) = @{ $asks[$seen{requests} % @asks] };

        if (!$socket) {
            $socket = $server->connected or $seen{lost}++, next;
            $fresh = 1;
        }

        print {$socket} "GET /x HTTP/1.1\r\nHost: localhost\r\n$head\r\n\r\n";
        my ($code, $close) = answer($socket);

        if (!defined $code) {
            $seen{lost}++ if $fresh;
            undef $socket;
            next;
        }

        $seen{requests}++;
        $seen{wrong}++ if $code != $want;
        $seen{last} = "$code for $want: $head" if $code != $want;
        $fresh = 0;
        undef $socket if $close;
    }

    return \%seen;
}


sub answer {
    my ($socket) = @_;
    my $head = '';

    local $/ = "\r\n";
    while (defined(my $line = <$socket>)) {
        $head .= $line;
        last if $line eq "\r\n";
    }

    my ($code) = $head =~ m{^HTTP/1\.1 (\d+)} or return;
    my ($length) = $head =~ /^Content-Length: (\d+)/mi;
    read $socket, (my $body), $length // 0;

    return ($code, $head =~ /^Connection: close/mi);
}


# What the new workers hold once each has answered everything: the larger of
# them, in KiB.

sub held {
    my ($server) = @_;
    my %asked;

    # old ones may not have heard of it yet
    for (1 .. 500) {
        %asked = map { $_ => 0 } $server->workers;
        last if keys %asked == $server->{workers};
        sleep 0.02;
    }

    for (1 .. 200) {
        for my $ask (@asks) {
            my ($code, $head) = $server->get('/x', $ask->[1]);
            my ($pid) = ($head // '') =~ /^X-Pid: (\d+)/m;
            $asked{$pid}++ if $pid && exists $asked{$pid};
        }
        last if !grep { $_ < 10 * @asks } values %asked;
    }

    return max(map { slurp("/proc/$_/status") =~ /^VmRSS:\s*(\d+)/m ? $1 : 0 }
        keys %asked);
}


local $SIG{PIPE} = 'IGNORE';

my $server = ApiTest::Server->start(
    http     => $http,
    server   => $server_conf,
    location => $location,
    files    => {
        'jwks.json'      => jwks('p256b'),
        'html/jwks.json' => jwks('rsa2048', 'p256'),
        'keys.json'      => key_store(key_entry('AAAAAAAA',
            principal => 'acme', scopes => ['a'])),
        'pepper.secret'  => pepper() . "\n",
        'client.secret'  => "hush\n",
        'id.pem.secret'  => private_pem('p256b'),
        'revoked.list'   => "jti stolen\n",
        'html/x'         => "x\n",
    },
);

my $until = "$server->{dir}/stop";
our @clients;

for my $n (1 .. 3) {
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        my $seen = client($server, $until);
        $server->write("client$n", json($seen));
        POSIX::_exit(0);
    }
    push @clients, $pid;
}

END { kill 'TERM', @clients if @clients }

my $token = bound('p256', alg => 'ES256', key => 'p256b',
    claims => { iss => 'https://bound.example' });
my (%master, %worker, %dpop);
my $done = 0;

for my $n (1 .. $reloads) {
    last if !$server->reload(busy => 1);
    $done++;

    my @head = ("Authorization: DPoP $token", 'DPoP: '
        . dpop(token => $token, uri => 'http://localhost/dpop'));
    $dpop{ join ' ', map { ($server->get('/dpop', @head))[0] // 'none' } 1, 2 }++;

    # three times each: the noise of one is as large as the bar

    my $when = abs($n - $from) < 2 ? 'early' : $n > $reloads - 3 ? 'late' : next;
    push @{ $master{$when} }, $server->rss;
    push @{ $worker{$when} }, held($server);
}

is($done, $reloads, "$reloads reloads");
is_deeply(\%dpop, { '200 401' => $reloads },
    'each proof is good once, whichever worker sees it')
    or diag(explain(\%dpop));

SKIP: {
    skip 'a sanitizer keeps what is freed', 2 if $ENV{ASAN_OPTIONS};
    for (['the master', \%master], ['a worker', \%worker]) {
        my ($who, $of) = @$_;
        my ($early, $late) = (max(@{ $of->{early} }), min(@{ $of->{late} }));
        cmp_ok($late, '<=', $early * 1.02,
            "$who holds $late KiB, after the 5th $early");
    }
}

sleep 0.3;
$server->write('stop', '');
waitpid $_, 0 for splice @clients;

for my $n (1 .. 3) {
    my $seen = JSON::PP::decode_json($server->text("client$n"));
    cmp_ok($seen->{requests}, '>', 100, "client $n: $seen->{requests} requests");
    is($seen->{wrong}, 0, '... all answered as they should be')
        or diag($seen->{last});
    is($seen->{lost}, 0, '... and none lost');
}

unlike($server->log, qr/\[(?:alert|emerg|crit)\]/, 'nothing in the error log');

done_testing();
