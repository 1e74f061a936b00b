# Several workers and one store: one of them tells it what all have admitted,
# and when he dies, is reloaded or has no connection, another does.  What the
# store was told is compared with what was admitted, request by request.

use strict;
use warnings;
use ApiTest;
use ApiTest::Redis qw(number until_true);
use ApiTest::Server;
use Digest::SHA qw(sha256_hex);
use IO::Socket::INET;
use List::Util qw(sum0);
use Test::More;
use Test::Nginx::StandIn::Port;
use Time::HiRes qw(sleep time);

plan skip_all => 'TEST_NGINX_LOAD_MODULES names no modules'
    if !$ENV{TEST_NGINX_LOAD_MODULES};
plan skip_all => 'no redis-server could be unpacked' if !ApiTest::Redis::root();

$SIG{ALRM} = sub { die "it takes too long\n" };
alarm 240;

my $cost = 600;    # seconds: 6r/h
my $flush = 0.1;
my $spread = Test::Nginx::StandIn::Port::named('spread');


sub conf {
    my ($url, %more) = @_;
    my $rate = $more{rate} // '6r/h';

    return (
        main => 'user root;',
        http => <<"END", location => 'api_ratelimit p; empty_gif;',
    api_zone suite 64k;
    api_ratelimit_zone z 4m;
    api_ratelimit_store s $url timeout=3s;
    api_ratelimit_policy p zone=z key=\$arg_k rate=$rate burst=100000 store=s;
    @{[$more{http} // '']}
END
        server => <<"END" . ($more{server} // ''));
        listen 127.0.0.1:$spread reuseport;
        server_name localhost;
        add_header X-Worker \$pid;
        location /_api/ { api_status; }
END
}

sub url { return "redis://127.0.0.1:$_[0]{port}" }

# A request on a connection that stays: its worker if it passed, or nothing.
sub one {
    my ($socket, $uri) = @_;
    my $got = '';

    local $SIG{PIPE} = 'IGNORE';
    print {$socket} "HEAD $uri HTTP/1.1\r\nHost: localhost\r\n\r\n" or return;

    while ($got !~ /\r\n\r\n/) {
        return if !sysread $socket, $got, 4096, length $got;
    }

    my ($worker) = $got =~ /^HTTP\S+ 200 .*^X-Worker: (\d+)/ms;
    return $worker;
}

# A connection to each of $n workers, by their numbers.
sub each_worker {
    my ($n) = @_;
    my (%by, %admitted);

    for (1 .. 400) {
        my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$spread",
            Timeout => 5) or next;
        my $worker = one($socket, '/?k=hello') or next;
        $admitted{hello}++;
        $by{$worker} //= $socket;
        last if keys %by == $n;
    }

    return (\%by, \%admitted);
}

# How many requests the store knows of.
sub told {
    my ($redis, $key, $policy) = @_;
    my $tat = $redis->ask('GET', "apisec:{" . ($policy // 'p') . "}:"
        . substr(sha256_hex($key), 0, 32)) or return 0;
    my ($s, $us) = split ' ', $redis->ask('TIME');
    my $n = ($tat / 1e6 - $s - $us / 1e6) / $cost;
    return $n > 0 ? int($n + 0.999) : 0;
}

# Requests on all connections in turn until it is time; counts them.
sub drive {
    my ($by, $admitted, $seconds, $keys) = @_;
    my $end = time + $seconds;
    my $i = 0;

    while (time < $end) {
        for my $worker (sort keys %$by) {
            my $key = 'k' . $i++ % $keys;
            if (one($by->{$worker}, "/?k=$key")) { $admitted->{$key}++ }
            else { delete $by->{$worker} }
        }
        sleep 0.004;
    }

    return;
}

sub told_all { my ($redis, $admitted) = @_; return sum0(map { told($redis, $_) } keys %$admitted) }

sub quiet { unlike($_[0]->log =~ s{\[alert\] .* exited on signal 9}{}gr, qr/\[(?:alert|emerg|crit)\]/, "$_[1]: quiet") }


# --- commands do not grow with the workers; nothing is lost, nothing twice

my $redis = ApiTest::Redis->start;
my $node = ApiTest::Server->start(workers => 4, conf(url($redis)));
my ($by, $admitted) = each_worker(4);
is(scalar keys %$by, 4, 'four workers');

my $calls = $redis->calls('evalsha');
my $start = time;
drive($by, $admitted, 3, 7);
my $periods = (time - $start) / $flush;
$calls = $redis->calls('evalsha') - $calls;
cmp_ok($calls, '<=', 1.7 * $periods + 3,
    sprintf 'four workers tell once in a period: %d in %.0f', $calls, $periods);
cmp_ok($calls, '>=', 1, 'and they do');

until_true('all that was admitted was told', sub {
    told_all($redis, $admitted) == sum0(values %$admitted) });
sleep 0.4;
is_deeply({ map { $_ => told($redis, $_) } keys %$admitted }, $admitted,
    'key by key, of four workers, and none twice');


# --- a worker that has nothing to do leaves it to another

my ($first, @others) = sort keys %$by;
for my $worker (@others, $first) {
    $admitted->{"idle$worker"}++ if one($by->{$worker}, "/?k=idle$worker");
    until_true('told by whoever is busy', sub { told($redis, "idle$worker") == 1 });
}


# --- reloads: two generations of workers note and tell

for my $round (1 .. 3) {
    my $pid = fork;
    if (!$pid) {
        sleep 0.3;
        kill 'HUP', $node->{pid};
        require POSIX;
        POSIX::_exit(0);
    }
    drive($by, $admitted, 1, 50);
    waitpid $pid, 0;
    my ($new, $more) = each_worker(4);
    $admitted->{$_} += $more->{$_} for keys %$more;
    $by = $new;
}

until_true('what both noted was told', sub {
    told_all($redis, $admitted) >= sum0(values %$admitted) });
sleep 0.4;

# a request that was cut off by the reload was counted there, and not here
my $more = told_all($redis, $admitted) - sum0(values %$admitted);
cmp_ok($more, '<=', 12, "and once: $more of requests without an answer");
$admitted->{$_} = told($redis, $_) for keys %$admitted;


# --- killed, the teller among them: what he had taken is lost, no more

my $kills = 0;
for my $round (1 .. 3) {
    for my $worker (sort keys %$by) {
        drive($by, $admitted, 0.3, 50);
        kill 'KILL', $worker;
        delete $by->{$worker};
        $kills++;
    }
    until_true('there are others', sub {
        my ($new, $said) = each_worker(4);
        $admitted->{$_} += $said->{$_} for keys %$said;
        $by = $new;
        return keys %$new == 4;
    });
}

drive($by, $admitted, 0.3, 50);
my $before = -1;
until_true('told what there is', sub {
    my $now = told_all($redis, $admitted);
    my $same = $now == $before;
    $before = $now;
    sleep 0.5;
    return $same;
});

my $missing = sum0(values %$admitted) - told_all($redis, $admitted);
cmp_ok($missing, '<=', 60 * $kills, "$kills killed: $missing of "
    . sum0(values %$admitted) . ' are not told');
cmp_ok($missing, '>=', -$kills, 'and none is told twice');
cmp_ok(number($node, 'dropped'), '==', 0, 'there was room');
quiet($node, 'killed');
$node->stop;


# --- all are killed while the store is stopped: what they noted stays

$redis->ask('FLUSHALL');
$redis->pause;
$node = ApiTest::Server->start(workers => 4, conf(url($redis)));
($by, $admitted) = each_worker(4);
drive($by, $admitted, 0.5, 20);
my @old = $node->workers;
kill 'KILL', @old;
until_true('all are new', sub {
    my %old = map { $_ => 1 } @old;
    return 4 == grep { !$old{$_} } $node->workers });
$redis->wake;
my ($new, $said) = each_worker(4);
$admitted->{$_} += $said->{$_} for keys %$said;
until_true('the new tell what the dead had noted', sub {
    told_all($redis, $admitted) >= sum0(values %$admitted) });
is(told_all($redis, $admitted), sum0(values %$admitted), 'all of it, once');


# --- a limit that a reload takes away while it has something to tell

my $two = 'api_ratelimit_policy q zone=z key=$arg_k rate=6r/h burst=100000 store=s;';
my $place = 'location /q { api_ratelimit q; empty_gif; }';
ok($node->reload(conf(url($redis), http => $two, server => $place)), 'a second limit');
$redis->pause;
is(($node->get("/q?k=gone$_"))[0], 200, 'it counts') for 1 .. 5;
ok($node->reload(conf(url($redis))), 'and is gone, untold');
$redis->wake;
is(($node->get('/?k=still'))[0], 200, 'the first goes on');
until_true('and is told', sub { told($redis, 'still') == 1 });
quiet($node, 'reloaded');

done_testing();
