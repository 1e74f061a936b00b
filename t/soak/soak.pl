#!/usr/bin/perl

# The whole under load, for a long time: everything on, benign and hostile
# traffic over HTTP/1.1 and HTTP/2, and at random but seeded times reloads,
# killed workers, changed keys, a store that stops or goes, a full disk,
# rotated logs.  At the end everything has to add up.
#
#     perl -It/lib t/soak/soak.pl [--minutes 30] [--seed N] [--clients 6]
#         [--often 'fill the disk=20'] ...
#
# Run by `make soak MINUTES=n SEED=n`.  --often changes how often a fault is,
# beside the others; SOAK_KEEP=DIR keeps what nginx left.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::ApiKeys;
use ApiTest::Event;
use ApiTest::Keys qw(build_dir);
use ApiTest::Redis;
use ApiTest::Run qw(apisec slurp);
use ApiTest::Sec;
use ApiTest::Server;
use Getopt::Long;
use JSON::PP qw(decode_json encode_json);
use POSIX ();
use Test::More;
use Test::Nginx::StandIn::Port;
use Time::HiRes qw(sleep time);

my ($minutes, $seed, $clients, %often) = (30, time ^ $$, 6);

GetOptions('minutes=f' => \$minutes, 'seed=i' => \$seed,
    'clients=i' => \$clients, 'often=s' => \%often)
    or die "usage: soak.pl [--minutes N] [--seed N] [--often 'FAULT=N']\n";

srand $seed;
diag("seed $seed, $minutes minutes, $clients clients");


# What stands around nginx: the API, a store, a disk that can be full.

my $work = ApiTest::Keys::keys_dir() . '/soak';
system 'rm', '-rf', $work;
mkdir $work;

my $api_pid = fork // die "fork: $!";

if (!$api_pid) {
    open STDOUT, '>', "$work/ports" or die "ports: $!";
    exec('node', 'docs/examples/lab/weak-api.mjs') or POSIX::_exit(127);
}

my ($api) = wait_for(sub { -e "$work/ports" && slurp("$work/ports") =~ /^(\d+) /
    ? $1 : undef }, 'the API');

my $redis = ApiTest::Redis::root() ? ApiTest::Redis->start : undef;
my $h2    = Test::Nginx::StandIn::Port::named('soak-h2');
my $admin = Test::Nginx::StandIn::Port::named('soak-admin');
my $crs   = `.ci/crs` =~ /(\S+)/ ? $1 : die "no Core Rule Set\n";
my $disk  = mount_disk();

END {
    kill 'TERM', $api_pid if $api_pid;
    system 'umount', '-l', $disk if $disk;
}

sub wait_for {
    my ($test, $what) = @_;
    for (1 .. 3000) {
        my $got = $test->();
        return $got if $got;
        sleep 0.02;
    }
    die "$what: waited in vain\n";
}

sub mount_disk {
    my $dir = "$work/disk";
    mkdir $dir;
    return $dir if $> == 0
        && system("mount -t tmpfs -o size=64m tmpfs $dir 2>/dev/null") == 0;
    diag('no tmpfs can be mounted: the disk will not be full');
    return;
}


# The gateway: everything on.

my $limited = token(claims => { sub => 'limited', scope => 'parcels:read' });
my $logs = $disk // 'logs';
my $store = $redis ? 'store=far' : '';
my $far = $redis
    ? "api_ratelimit_store far redis://127.0.0.1:$redis->{port} timeout=200ms
           on_error=local;" : '';

my $http = corp(key => undef, jwks => 'jwks.json', algorithms => 'ES256 RS256') . <<"EOF";
    api_auth_budget      100000r/s;     # all clients have one address
    api_zone             soak 16m;
    api_state            state;
    api_key_store        partners keys.json pepper=file:pepper.secret;
    api_schema_spec      parcels api.yaml strict;
    api_schema_security  parcels token jwt=corp;
    api_waf_ruleset      crs $crs/owasp-crs.load;
    api_ratelimit_zone   rates 4m snapshot;
    api_ratelimit_ban_zone 1m;
    $far
    api_ratelimit_policy wide   zone=rates key=\$api_principal rate=100000r/s
                         burst=100000 $store;
    api_ratelimit_policy narrow zone=rates key=\$api_principal rate=5r/s burst=5;
    api_audit            $logs/audit.jsonl;
    api_audit_seal       key=file:seal.secret epoch=5s;
    api_inventory        scan=4k;
    api_leak             log kinds=card;
    api_behavior         scanner action=record;
    server {
        listen 127.0.0.1:$admin;
        api_audit off;
        location /_api/ { api_status; }
    }
EOF

my $gateway = <<"EOF";
        listen 127.0.0.1:$h2 http2;
        api_schema parcels;
        api_waf    crs core;
        api_waf_exclude id=911100;      # PATCH is no method that it knows
        proxy_http_version 1.1;
        proxy_set_header   Connection "";
        proxy_set_header   Accept-Encoding "";

        location /v1/ {
            api_auth      jwt=corp;
            api_bind      path:customerId = claim:sub;
            api_ratelimit wide;
            proxy_pass    http://127.0.0.1:$api;
        }
        location /limited/ {
            api_auth      jwt=corp;
            api_schema    off;
            api_ratelimit narrow;
            proxy_pass    http://127.0.0.1:$api/v1/;
        }
        location /keyed/ {
            api_auth      key=partners;
            api_schema    off;
            api_forward_token keep;
            proxy_set_header Authorization "Bearer $limited";
            proxy_pass    http://127.0.0.1:$api/v1/;
        }
        location = /v1/login {
            set_real_ip_from  127.0.0.1;
            real_ip_header    X-Forwarded-For;
            api_ratelimit_ban on=401 strikes=5/1m ban=2s max=10s;
            proxy_pass        http://127.0.0.1:$api;
        }
EOF

my @sets = (jwks('p256', 'rsa2048'), jwks('p256'), jwks('rsa2048', 'p256'));
mkdir "$work/state", 0700;

my $keygen = apisec('log', 'keygen', '--name', 'soak.example', '--key',
    "$work/seal.secret", '--state', "$work/state", '--epoch', '5s');
is($keygen->{code}, 0, 'keys of the seal') or diag($keygen->{err});
ApiTest::Keys::spew("$work/seal.keys", $keygen->{out});

my $server = ApiTest::Server->start(
    main  => ($> == 0 ? 'user root;' : '') . ' worker_rlimit_nofile 4096; ',
    files => {
        'jwks.json'     => $sets[0],
        'keys.json'     => key_store(key_entry('soaksoak')),
        'pepper.secret' => ApiTest::ApiKeys::pepper(),
        'api.yaml'      => slurp('docs/examples/lab/parcels.openapi.yaml'),
        'seal.secret'   => slurp("$work/seal.secret"),
    },
    http => $http =~ s/api_state \s+ state/api_state $work\/state/xr,
    server => $gateway,
    location => 'return 404;',
);

sub es { return jwt(alg => $_[0], claims => ApiTest::Sec::claims(%{ $_[1] })) }


# Traffic

sub traffic {
    my ($seconds) = @_;

    my $read = 'parcels:read';
    my %config = (
        h1 => $server->{port}, h2 => $h2, seconds => $seconds,
        seed => $seed & 0x7fffffff, clients => $clients,
        key => ApiTest::ApiKeys::api_key('soaksoak'),
        tokens => {
            alice => es('ES256', { sub => 'alice', scope => $read, exp => time + 86400 }),
            bob   => es('ES256', { sub => 'bob', scope => $read, exp => time + 86400 }),
            spare => es('RS256', { sub => 'spare', scope => $read, exp => time + 86400 }),
            narrow  => es('ES256', { sub => 'alice', scope => 'none', exp => time + 86400 }),
            limited => es('ES256', { sub => 'limited', scope => $read, exp => time + 86400 }),
        },
    );
    ApiTest::Keys::spew("$work/traffic.json", encode_json(\%config));

    my $pid = fork // die "fork: $!";
    if (!$pid) {
        open STDOUT, '>', "$work/report.json" or die "report: $!";
        exec('node', 't/soak/traffic.mjs', "$work/traffic.json")
            or POSIX::_exit(127);
    }
    return $pid;
}

sub status {
    my ($section) = @_;
    local $server->{port} = $admin;
    my ($code, undef, $body) = $server->get("/_api/$section");
    return ($code // 0) == 200 ? $body : undef;
}

sub rss_of_workers {
    my $sum = 0;
    for my $pid ($server->workers) {
        my ($kib) = (ApiTest::Server::slurp_proc("/proc/$pid/status") // '')
            =~ /^VmRSS:\s*(\d+)/m;
        $sum += $kib // 0;
    }
    return $sum;
}


# What goes wrong, each as a line of the table and one function.

my ($kills, $rotated, $set) = (0, 0, 0);
my $full = 0;    # faults until there is room on the disk again

my @faults = (
    [4, 'reload', sub { $server->reload(busy => 1) }],
    [4, 'kill a worker', sub {
        my @workers = $server->workers;
        my $victim = $workers[rand @workers] // return;
        kill 'KILL', $victim;
        $kills++;
        wait_for(sub { $server->workers == 2 }, 'a new worker');
    }],
    [3, 'rotate the log', sub {
        my $dir = $disk // "$server->{dir}/logs";
        rename "$dir/audit.jsonl", "$dir/old" or return;
        kill 'USR1', $server->{pid};
        wait_for(sub { -e "$dir/audit.jsonl" }, 'a new log');
        sleep 2;
        system 'mv', "$dir/old", sprintf '%s/audit.%04d', $work, $rotated++;
    }],
    [3, 'change the keys', sub {
        $server->write('jwks.json', $sets[++$set % @sets]);
    }],
    [2, 'stop the store', sub {
        $redis or return;
        kill 'STOP', $redis->{pid};
        sleep 1 + rand 2;
        kill 'CONT', $redis->{pid};
    }],
    [1, 'kill the store', sub {
        $redis or return;
        kill 'KILL', $redis->{pid};
        waitpid $redis->{pid}, 0;
        sleep 1 + rand 2;
        $redis->run;
    }],
    [2, 'fill the disk', sub {
        $disk or return;
        system "dd if=/dev/zero of=$disk/ballast bs=1M count=100 2>/dev/null";
        sleep 0.5 + rand 1.5;
        $full = 1 + int rand 4;
    }],
);

for my $name (keys %often) {
    my ($fault) = grep { $_->[1] eq $name } @faults;
    $fault or die "--often: there is no fault \"$name\"\n";
    $fault->[0] = $often{$name};
}

sub one_fault {
    my $sum = 0;
    $sum += $_->[0] for @faults;
    my $n = rand $sum;

    for my $fault (@faults) {
        $n -= $fault->[0];
        return $fault if $n < 0;
    }
    return $faults[0];
}


# Half a minute for the memory to settle in, or a tenth of the time.

my $seconds = int($minutes * 60);
my $end     = time + $seconds;
my $settled = time + ($seconds > 300 ? 120 : $seconds / 3);
my $traffic = traffic($seconds);
my (%did, @memory);

while (time < $end) {
    sleep 1 + rand 4;
    last if waitpid($traffic, POSIX::WNOHANG()) == $traffic;

    my $fault = one_fault();
    $fault->[2]->();
    $did{ $fault->[1] }++;
    unlink "$disk/ballast" if $full && --$full == 0;

    if (time > $settled) {
        sleep 1;
        push @memory, [$server->rss, rss_of_workers()];
    }
}

waitpid $traffic, 0;
unlink "$disk/ballast" if $disk;
sleep 2;


# What has to be so at the end

my $report = eval { decode_json(slurp("$work/report.json")) };
ok($report, 'the traffic tells what it saw') or BAIL_OUT('no report');

diag("$report->{sent} requests, $report->{answers} answers, "
    . "$report->{resets} connections lost");
diag(join ', ', map {"$_: $did{$_}"} sort keys %did);
diag(join ', ', map {"$_: $report->{statuses}{$_}"}
    sort keys %{ $report->{statuses} });

is($report->{wrong}, 0, 'every verdict is the expected one')
    or diag(map {"$_: $report->{examples}{$_} times\n"}
        sort keys %{ $report->{examples} });

my @ours = grep { /^5/ } sort keys %{ $report->{statuses} };
is("@ours", '', 'no 5xx');

# A killed worker takes its connections with it, and what is under way on
# them: up to four requests a client.

my $bound = $kills * 4 * $clients;
cmp_ok($report->{resets}, '<=', $bound, "lost at most with $kills workers");

for my $section ('', 'inventory', 'limits', 'bans', 'keys', 'alerts') {
    ok(eval { decode_json(status($section) // '') }, "status: /$section");
}
my $metrics = status('metrics') // '';
like($metrics, qr/^apisec_requests_total/m, 'status: /metrics');

my $errors = join '', grep { /\[(?:alert|crit|emerg)\]/ }
    grep { !/exited on signal 9|No space left on device|events of this process are lost/ }
    split /^/, $server->log;
is($errors, '', 'no alert in the error log');

memory_is_flat('the master',  map { $_->[0] } @memory);
memory_is_flat('the workers', map { $_->[1] } @memory);

sub memory_is_flat {
    my ($who, @kib) = @_;

    if ($seconds < 300 || @kib < 8) {
        diag("memory of $who: too short a time to say anything");
        return;
    }

    my $half = int(@kib / 2);
    my ($first) = sort { $b <=> $a } @kib[0 .. $half - 1];
    my ($last)  = sort { $b <=> $a } @kib[$half .. $#kib];
    cmp_ok($last, '<=', $first * 1.10 + 2048,
        "memory of $who: $first KiB, then $last KiB");
    return;
}

$server->stop;
system "cp -r $server->{dir} $ENV{SOAK_KEEP}" if $ENV{SOAK_KEEP};

my @files = ((map { sprintf '%s/audit.%04d', $work, $_ } 0 .. $rotated - 1),
    ($disk // "$server->{dir}/logs") . '/audit.jsonl');
my ($requests, $lost, @broken) = account(grep { -e } @files);

diag("$requests events, $lost lost and counted");
cmp_ok(scalar @broken, '<=', $kills, 'no line is torn but by a killed worker');
cmp_ok($requests + $lost, '>=', $report->{answers} - $bound,
    'every answer has an event, or is counted, but for those of killed workers');

# Events of other kinds are lost too while the disk is full, and then counted
# with the requests: bans, keys, configurations.

cmp_ok($requests, '<=', $report->{sent},
    'no event is of a request that was not sent');
cmp_ok($requests + $lost, '<=', $report->{sent} * 1.001,
    'and no loss either, but for events of other kinds');

system "cat @{[grep { -s } @files]} > $work/all.jsonl";
my $verify = apisec('log', 'verify', "$work/all.jsonl", '--key',
    "$work/seal.keys");
ok($verify->{code} == 0 || $verify->{code} == 4 && $kills,
    "the chain verifies: $verify->{code}")
    or diag($verify->{out}, $verify->{err});
unlike("$verify->{out}$verify->{err}", qr/changed/i, 'nothing was changed');


done_testing();
