#!/usr/bin/perl

# A limit that is kept in a Redis beside the same limit without: CPU of the
# worker, operations a request, and what a request waits for while the Redis is
# well, stopped, slow and dead.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use ApiTest::Redis;
use ApiTest::Server;
use IO::Socket::INET;
use Test::Nginx::StandIn::Port;
use Time::HiRes qw(sleep time);

my $build = $ENV{API_BUILD} // 'build';
my $rounds = $ENV{BENCH_ROUNDS} // 5;
my $missed = 0;

$ENV{TEST_NGINX_LOAD_MODULES} //= join ' ',
    map {"$build/modules/ngx_api_${_}_module.so"} qw(waf sec ratelimit);

if (!ApiTest::Redis::root()) {
    print "no redis-server could be unpacked\n";
    exit 0;
}

my $spread = Test::Nginx::StandIn::Port::named('spread');
my $redis = ApiTest::Redis->start;
my $proxy = ApiTest::Redis::Proxy->start($redis);


sub node {
    my ($port, $policy, $workers, $server) = @_;
    my $store = $port ? "api_ratelimit_store s redis://127.0.0.1:$port;" : '';
    my $in = $port ? 'store=s' : '';

    return ApiTest::Server->start(workers => $workers // 1, main => 'user root;',
        http => <<"END", location => 'api_ratelimit p; empty_gif;',
    api_zone suite 64k;
    api_ratelimit_zone z 64m;
    $store
    api_ratelimit_policy p zone=z key=\$http_x_key $policy $in;
END
        server => 'server_name localhost; location /_api/ { api_status; }'
            . ($server // ''));
}

sub cpu {
    my ($node) = @_;
    my $pid;
    until (($pid) = $node->workers) { sleep 0.02 }
    open my $fh, '<', "/proc/$pid/schedstat" or die;
    return (split ' ', <$fh>)[0] / 1000;
}

sub wrk {
    my ($node, @more) = @_;
    my $cpu = cpu($node);
    my $text = `wrk -t1 -c4 -d2s --latency @more http://127.0.0.1:$node->{port}/`;
    my ($n) = $text =~ /(\d+) requests in/ or die $text;
    my ($p99, $unit) = $text =~ /99%\s+([\d.]+)(us|ms|s)/;
    $p99 *= { us => 0.001, ms => 1, s => 1000 }->{$unit};
    return ((cpu($node) - $cpu) / $n, $p99, $n);
}

sub median { my @s = sort { $a <=> $b } @_; return $s[$#s / 2] }

sub line {
    my ($what, $value, $budget, $unit) = @_;
    my $met = $value <= $budget;
    $missed = 1 if !$met;
    printf "%-46s %8.3f %-12s budget %6.2f  %s\n", $what, $value, $unit,
        $budget, $met ? 'met' : 'MISSED';
    return;
}

# many keys in turn, one after another, and one
my $lua = "$redis->{dir}/keys.lua";
open my $fh, '>', $lua or die;
print $fh "local n=0\nrequest=function() n=n+1\n"
    . "return wrk.format('GET','/',{['X-Key']=tostring(n%1000)}) end\n";
close $fh;

my $open = 'rate=1000000r/s burst=1000000';

for my $case (['one key', '-H "X-Key: one"'], ['1000 keys', "-s $lua"]) {
    my ($name, @load) = @$case;
    my ($with, $without) = (node($redis->{port}, $open), node(0, $open));
    my (@ratio, @us, @base);

    for my $round (0 .. $rounds) {
        my ($base) = wrk($without, @load);
        my ($ours) = wrk($with, @load);
        next if !$round;
        push @ratio, $ours / $base;
        push @us, $ours;
        push @base, $base;
    }

    printf "%-46s %8.2f us without, %.2f us with\n", "CPU a request, $name",
        median(@base), median(@us);
    line("CPU, with a store / without, $name", median(@ratio), 1.10, 'x');
}


# 100 r/s a key: as many as pass, and some that do not; over all workers

sub commands {
    my ($workers) = @_;
    my $node = node($redis->{port}, 'rate=100r/s burst=20', $workers,
        "listen 127.0.0.1:$spread reuseport; add_header X-Worker \$pid;");
    my %socket;

    while (keys %socket < $workers) {
        my $s = IO::Socket::INET->new("127.0.0.1:$spread") or next;
        $socket{ head($s, 'warm') } = $s;
    }

    my @sockets = values %socket;
    my $before = $redis->calls('evalsha');
    my ($end, $n) = (time + 5, 0);

    while (time < $end) {
        head($sockets[$n++ % $workers], 'paced');
        sleep 0.008;
    }

    sleep 0.3;
    return ($redis->calls('evalsha') - $before) / $n;
}

# A request; the worker that answers.
sub head {
    my ($s, $key) = @_;
    my $got = '';
    print {$s} "HEAD / HTTP/1.1\r\nHost: localhost\r\nX-Key: $key\r\n\r\n";
    while ($got !~ /\r\n\r\n/) { sysread $s, $got, 4096, length $got or die }
    return ($got =~ /^X-Worker: (\d+)/m)[0] // 0;
}

line("commands a request, 100 r/s a key, $_ worker(s)", commands($_), 0.1,
    'operations') for 1, 2, 4;


# p99 that is added: without a store and with one that is away, in turn

sub added {
    my ($name, $node, $without) = @_;
    my @added;

    for my $round (1 .. $rounds) {
        my (undef, $base) = wrk($without, '-H "X-Key: p"');
        my (undef, $ours) = wrk($node, '-H "X-Key: p"');
        push @added, $ours - $base;
    }

    line("p99 added, $name", median(@added), 1.0, 'ms');
    return;
}

my $without = node(0, $open);
my $direct = node($redis->{port}, $open);
my $through = node($proxy->{port}, $open);

added('the store is well', $direct, $without);
$redis->pause;
added('stopped', $direct, $without);
$redis->wake;
sleep 1;
$proxy->mode('slow:0.03');
added('30 ms away', $through, $without);
$proxy->mode('silent');
added('silent', $through, $without);
$redis->kill9;
added('killed', $direct, $without);

exit $missed;
