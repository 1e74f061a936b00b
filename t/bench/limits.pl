#!/usr/bin/perl

# What a limit costs the worker, beside limit_req and limit_conn of the same
# nginx in the same run: instructions counted by callgrind with one hot key,
# and CPU time with a million keys and two workers, in interleaved rounds.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use ApiTest;
use File::Path qw(make_path remove_tree);
use Time::HiRes qw(sleep);

$| = 1;

my $build   = $ENV{API_BUILD} or die "API_BUILD is not set\n";
my $nginx   = $ENV{API_NGINX} || '/usr/sbin/nginx';
my $rounds  = $ENV{BENCH_ROUNDS} || 7;
my $seconds = $ENV{BENCH_SECONDS} || 1;
my $root    = "$build/bench/limits";
my $modules = join '',
    map {"load_module $build/modules/ngx_api_${_}_module.so;\n"}
    qw(waf sec ratelimit);

remove_tree($root);
make_path($root);

my $http = <<'EOF';
    limit_req_zone  $arg_k zone=req:256m rate=1000000r/s;
    limit_req_zone  $arg_k zone=req_slow:10m rate=1r/m;
    limit_conn_zone $arg_k zone=conn:64m;
    limit_req_status 429;
    limit_req_log_level info;

    api_ratelimit_zone r 64m;
    api_ratelimit_zone w 10m;
    api_ratelimit_zone q 10m;
    api_ratelimit_zone c 10m;
    api_ratelimit_policy  rate  zone=r key=$arg_k rate=1000000r/s burst=10000;
    api_ratelimit_policy  third zone=r key=$arg_k rate=999983r/s burst=10000;
    api_ratelimit_policy  hours zone=r key=$arg_k rate=1000r/h burst=100;
    api_ratelimit_policy  slow  zone=r key=$arg_k rate=1r/m;
    api_ratelimit_policy  win   zone=w key=$arg_k rate=100000r/s window=1m;
    api_ratelimit_quota   quota zone=q key=$arg_k limit=1000000000 period=month;
    api_ratelimit_concurrency conc zone=c key=$arg_k limit=1000;
EOF

my $off = 'api_ratelimit_headers off;';

# name, location lines, budget of added instructions

my @cases = (
    ['nothing',                '', undef],
    ['limit_req',              'limit_req zone=req burst=10000 nodelay;', undef],
    ['limit_conn',             'limit_conn conn 1000;', undef],
    ['rate',                   "api_ratelimit rate; $off", 700],
    ['rate, no whole ns',      "api_ratelimit third; $off", undef],
    ['rate, with fields',      'api_ratelimit rate;', undef],
    ['window',                 "api_ratelimit win; $off", undef],
    ['quota',                  "api_ratelimit quota; $off", undef],
    ['concurrency',            "api_ratelimit conc; $off", undef],
    ['rate, window and quota', "api_ratelimit rate win quota; $off", undef],
    ['limit_req, refused',     'limit_req zone=req_slow nodelay;', undef],
    ['rate, refused',          "api_reject empty; api_ratelimit slow; $off", undef],
    ['rate, refused, problem', 'api_ratelimit slow;', undef],
);


# BENCH_ONLY=REGEX: instructions of these cases alone, while working on them.

my $only = $ENV{BENCH_ONLY};
@cases = grep { $_->[0] =~ /^(?:nothing|$only)$/ } @cases if $only;


sub start {
    my ($location, $name, $workers, @wrap) = @_;
    my $port = free_port("limits_$name");
    my $dir  = "$root/$name";
    my $master = $workers > 1 ? 'on' : 'off';

    make_path("$dir/logs", "$dir/tmp");
    write_file("$dir/nginx.conf", <<"EOF");
$modules
daemon off;
master_process $master;
worker_processes $workers;
pid $dir/nginx.pid;
error_log $dir/error.log crit;
events { worker_connections 256; }
http {
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path $dir/tmp/a;
    proxy_temp_path $dir/tmp/b;
    fastcgi_temp_path $dir/tmp/c;
    uwsgi_temp_path $dir/tmp/d;
    scgi_temp_path $dir/tmp/e;
$http
    server {
        listen 127.0.0.1:$port reuseport;
        location / { $location empty_gif; }
    }
}
EOF

    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDOUT, '>', "$dir/out";
        open STDERR, '>&', \*STDOUT;
        exec @wrap, $nginx, '-p', $dir, '-e', "$dir/error.log", '-c',
            "$dir/nginx.conf";
        die "exec: $!\n";
    }

    for (1 .. 600) {
        return ($pid, $port) if system("curl -s -o /dev/null --max-time 5"
            . " 'http://127.0.0.1:$port/?k='") == 0;
        sleep 0.05;
    }

    die "nginx does not start: ", slurp("$dir/error.log"), "\n";
}


sub stop {
    my ($pid) = @_;

    # a signal that comes while valgrind is at something is lost now and then
    for (1 .. 600) {
        kill 'TERM', $pid if $_ % 20 == 1;
        return if waitpid($pid, 1);
        sleep 0.05;
    }

    kill 'KILL', $pid;
    waitpid $pid, 0;
    return;
}


sub instructions {
    my ($location, $n) = @_;
    my @total;

    for my $requests (100, 500) {
        my $file = "$root/callgrind.$n.$requests";
        my ($pid, $port) = start($location, "cg$n.$requests", 1, 'valgrind',
            '-q', '--tool=callgrind', "--callgrind-out-file=$file");
        system("curl -s -o /dev/null"
            . " 'http://127.0.0.1:$port/?k=client-0001&n=[1-$requests]'");
        stop($pid);
        slurp($file) =~ /^(?:summary|totals): (\d+)/m or die "no count\n";
        push @total, $1;
    }

    return ($total[1] - $total[0]) / 400;
}


# CPU of the master and all its workers, in seconds.

sub cpu {
    my ($pid) = @_;
    my $sum = 0;

    for my $p ($pid, split ' ', slurp("/proc/$pid/task/$pid/children")) {
        $sum += (split ' ', slurp("/proc/$p/schedstat"))[0];
    }

    return $sum / 1e9;
}


sub median {
    my @s = sort { $a <=> $b } @_;
    return $s[$#s / 2];
}


my $missed = 0;
my %added;
my @ir;

printf "%-26s %13s %8s  %s\n", 'one hot key', 'instructions', 'added', 'budget';

for my $n (0 .. $#cases) {
    my ($name, $location, $budget) = @{ $cases[$n] };
    $ir[$n] = instructions($location, $n);
    my $more = $added{$name} = $ir[$n] - $ir[0];
    my $verdict = '';

    if ($budget) {
        $verdict = $more <= $budget ? "<= $budget met" : "<= $budget MISSED";
        $missed ||= $more > $budget;
    }

    printf "%-26s %13.0f %+8.0f  %s\n", $name, $ir[$n], $more, $verdict;
}


sub below {
    my ($this, $that) = @_;
    my $met = $added{$this} < $added{$that};
    printf "%s, below %s: %s\n", $this, $that, $met ? 'met' : 'MISSED';
    $missed ||= !$met;
    return;
}

exit $missed if $only;

below('rate', 'limit_req');
below('rate, refused', 'rate');


# A million keys, two workers.

write_file("$root/keys.lua", <<'EOF');
function init(args) math.randomseed(os.time()) end
function request()
    return wrk.format("GET", "/?k=u" .. math.random(1000000, 1999999))
end
EOF

my @many = map { my $name = $_; grep { $_->[0] eq $name } @cases }
    ('nothing', 'limit_req', 'rate', 'rate, with fields');
my (@running, @us);


sub run {
    my ($n, $time) = @_;
    my $s = $running[$n];
    my $before = cpu($s->{pid});
    my $text = `wrk -t1 -c16 -d${time}s -s $root/keys.lua http://127.0.0.1:$s->{port}/`;
    my $spent = cpu($s->{pid}) - $before;

    $text =~ /(\d+) requests in/ or die "wrk: $text\n";
    my $requests = $1;
    die "refused in the benchmark: $many[$n][0]\n$text" if $text =~ /Non-2xx/;

    return $spent * 1e6 / $requests;
}


for my $n (0 .. $#many) {
    my ($pid, $port) = start($many[$n][1], "many$n", 2);
    $running[$n] = { pid => $pid, port => $port };
    run($n, $ENV{BENCH_FILL} || 12);    # fill the zones
}

for my $round (1 .. $rounds) {
    push @{ $us[$_] }, run($_, $seconds) for 0 .. $#many;
}

stop($_->{pid}) for @running;

printf "\n%-26s %8s %8s\n", 'a million keys, 2 workers', 'us', 'added';

for my $n (0 .. $#many) {
    printf "%-26s %8.2f %+8.2f\n", $many[$n][0], median(@{ $us[$n] }),
        median(map { $us[$n][$_] - $us[0][$_] } 0 .. $#{ $us[0] });
}

my @rounds = 0 .. $#{ $us[0] };
my $theirs = median(map { $us[1][$_] - $us[0][$_] } @rounds);
my $ours   = median(map { $us[2][$_] - $us[0][$_] } @rounds);
my $part   = $theirs > 0 ? $ours / $theirs : 9;

printf "added CPU, ours to limit_req's: %.2f, <= 0.20 %s\n", $part,
    $part <= 0.2 ? 'met' : 'MISSED';
$missed ||= $part > 0.2;

exit $missed;
