#!/usr/bin/perl

# Limits while workers are killed, while nginx is reloaded under load, and
# when a zone changes its size: nothing is forgotten, nothing gets stuck, and
# what passes is what an exact bucket lets pass.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Server;
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Test::More;
use Test::Nginx::StandIn::Port;
use Time::HiRes qw(sleep time);

my $kills   = $ENV{LIVE_KILLS}   || 60;
my $reloads = $ENV{LIVE_RELOADS} || 20;

# An upstream that holds each request until its client goes, and writes a byte
# for each that has come.

my $port = Test::Nginx::StandIn::Port::named('slow');
pipe my $come, my $tell or die "pipe: $!";
my $slow = fork // die "fork: $!";

if (!$slow) {
    my $listen = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$port",
        Listen => 64, ReuseAddr => 1) or POSIX::_exit(1);
    my @held;
    while (1) {
        push @held, $listen->accept;
        syswrite $tell, '.';
    }
}

close $tell;

END { kill 'KILL', $slow if $slow && $$ != $slow }

sub http {
    my ($size) = @_;
    return <<"EOF";
    api_ratelimit_zone users $size;
    api_ratelimit_zone quotas $size;
    api_ratelimit_zone running $size;
    api_ratelimit_policy calm zone=users key=\$arg_k rate=1r/h burst=100;
    api_ratelimit_policy one  zone=users key=\$arg_k rate=1r/h;
    api_ratelimit_quota month zone=quotas key=\$arg_k limit=100 period=366d;
    api_ratelimit_concurrency two zone=running key=\$arg_k limit=2;
EOF
}

my $locations = <<"EOF";
    location /calm { api_ratelimit calm; empty_gif; }
    location /one { api_ratelimit one; empty_gif; }
    location /month { api_ratelimit month; empty_gif; }
    location /two { api_ratelimit two; proxy_pass http://127.0.0.1:$port; }
    location /quick { api_ratelimit two; empty_gif; }
EOF

sub conf {
    my ($size) = @_;
    return (http => http($size), server => $locations,
        location => 'empty_gif;');
}

my $server = ApiTest::Server->start(conf('1m'));


# One client on connections of its own: how many of $n requests passed, and
# how many got no answer.

sub ask {
    my ($uri, $n) = @_;
    my ($passed, $lost) = (0, 0);

    for (1 .. $n) {
        my ($code) = $server->get($uri);
        defined $code ? $code == 200 && $passed++ : $lost++;
    }

    return ($passed, $lost);
}


# $n such clients at once; the sums of what they saw.

sub crowd {
    my ($clients, $each, $uri, $meanwhile) = @_;
    my (@pipes, $passed, $lost);

    for my $c (1 .. $clients) {
        pipe my $read, my $write or die $!;
        my $pid = fork // die "fork: $!";

        if (!$pid) {
            close $read;
            syswrite $write, CORE::join ' ', ask($uri, $each);
            POSIX::_exit(0);
        }

        close $write;
        push @pipes, [$read, $pid];
    }

    $meanwhile->() if $meanwhile;

    for my $p (@pipes) {
        my $line = readline $p->[0];
        my ($yes, $none) = split ' ', $line;
        $passed += $yes;
        $lost += $none;
        waitpid $p->[1], 0;
    }

    return ($passed, $lost);
}


sub until_true {
    my ($what) = @_;
    for (1 .. 600) {
        return 1 if $what->();
        sleep 0.05;
    }
    return 0;
}


# A connection whose request has come to the upstream and is not answered: it
# has its place, before anyone else is sent to look.

sub hold {
    my ($uri) = @_;
    my $socket = $server->connected or return;
    print {$socket} "GET $uri HTTP/1.1\r\nHost: a\r\n\r\n";
    IO::Select->new($come)->can_read(60) && sysread $come, my $byte, 1
        or BAIL_OUT("$uri has not come to the upstream");
    return $socket;
}

sub status { return ($server->get(@_))[0] // 0 }


# Many workers and clients at one key.

my ($passed, $lost) = crowd(6, 60, '/calm?k=crowd');
is($passed, 100, '360 requests of 6 clients on 2 workers: the burst, exactly');
is($lost, 0, 'all were answered');

($passed) = crowd(6, 60, '/month?k=crowd');
is($passed, 100, 'a quota likewise');

# Concurrency: held by an upstream, given back when the client goes.

my @held = map { hold('/two?k=a') } 1 .. 2;
ok(until_true(sub { status('/quick?k=a') == 429 }), 'two are under way');
is(status('/quick?k=b'), 200, 'another key is free');
pop @held;
ok(until_true(sub { status('/quick?k=a') == 200 }),
    'a client has gone, one may come');
@held = ();

# ... and by workers that are killed.

@held = map { hold('/two?k=killed') } 1 .. 2;
ok(until_true(sub { status('/quick?k=killed') == 429 }), 'two again');
kill 'KILL', $_ for $server->workers;
ok(until_true(sub { status('/quick?k=killed') == 200 }),
    'killed workers hold nothing');
@held = ();

# Killed under load: nothing but their own connections is lost.

($passed, $lost) = crowd(4, 400, '/calm?k=kill', sub {
    for (1 .. $kills) {
        my ($worker) = $server->workers;
        kill 'KILL', $worker if $worker;
        sleep 0.01;
    }
});

# An answer that was charged and not sent is one that passed.

cmp_ok($passed, '<=', 100, "$kills killed workers: never more than the burst");
cmp_ok($passed + $lost, '>=', 100, 'and what is missing was lost on the way');
ok(until_true(sub { status('/one?k=after') == 200 }), 'it goes on');
is(status('/calm?k=kill'), 429, 'what was owed is owed');
is(status('/calm?k=crowd'), 429, 'and before');
is(status('/month?k=crowd'), 429, 'the quota too');
is(status('/quick?k=kill'), 200, 'no lane is stuck');

# Reloaded under load.

($passed, $lost) = crowd(4, 400, '/calm?k=reload', sub {
    for (1 .. $reloads) {
        $server->reload(busy => 1);
    }
});
is($passed, 100, "$reloads reloads under load: the burst, exactly");
is($lost, 0, 'and nobody is cut off');

# Another size: a new zone takes over what lives in the old.

for my $size ('2m', '512k', '1m') {
    ok($server->reload(conf($size)), "now $size");
    is(status('/calm?k=crowd'), 429, 'owed still');
    is(status('/month?k=crowd'), 429, 'counted still');
    is(status("/one?k=$size"), 200, 'new keys');
    is(status("/one?k=$size"), 429, 'are limited');
}

like($server->log, qr/api_ratelimit_zone "users": \d+ limits taken over/,
    'the log says so');

# A configuration that fails leaves the old zone as it was.

ok(!$server->reload(http => http('3m') . 'api_ratelimit_zone users 1m;',
        server => $locations, location => 'empty_gif;'), 'a broken one');
is(status('/calm?k=crowd'), 429, 'changes nothing');

# Another kind in a zone of that name begins empty.

(my $other = http('1m')) =~ s/(policy \w+ +)zone=users/$1zone=quotas/g;
$other =~ s/(quota month )zone=quotas/$1zone=users/;
ok($server->reload(http => $other, server => $locations,
        location => 'empty_gif;'), 'zones change places');
is(status('/calm?k=crowd'), 200, 'and begin anew');
is(status('/month?k=crowd'), 200, 'both');

unlike($server->log, qr/\[(?:alert|emerg)\](?!.*duplicate|.*exited on signal 9)/,
    'no alert but for the killed');

done_testing();
