#!/usr/bin/perl

# What the contract costs the worker: a POST of 1 KB of JSON through
# proxy_pass, without api_schema and with it: CPU, the kernel's part with it,
# which is what the budget is of; and instructions of the process, counted by
# callgrind. Then what it takes to load a very large document.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use ApiTest;
use Cwd ();
use File::Path qw(make_path remove_tree);
use JSON::PP ();
use Time::HiRes qw(sleep);

my $build  = $ENV{API_BUILD} or die "API_BUILD is not set\n";
my $nginx  = $ENV{API_NGINX} || '/usr/sbin/nginx';
my $root   = "$build/bench/contract";
my $budget = 1.25;    # of CPU; see docs/guide/performance.md
my $body   = slurp('t/bench/order1k.json');
my $json   = JSON::PP->new->canonical->utf8;

remove_tree($root);
make_path($root);
write_file("$root/order.json", $body);
write_file("$root/post.lua", <<"END");
wrk.method = "POST"
wrk.body = io.open("$root/order.json"):read("*a")
wrk.headers["Content-Type"] = "application/json"
END
write_file("$root/spec.json", $json->encode({
    openapi => '3.1.0', info => { title => 'orders', version => '1' },
    paths => { '/orders' => { post => {
        requestBody => { required => JSON::PP::true, content => {
            'application/json' => {
                schema => $json->decode(slurp('t/bench/order.schema.json'))
            } } },
        responses => { 201 => { description => 'made' } } } } },
}));

my $load = join '', map {"load_module $build/modules/ngx_api_${_}_module.so;\n"}
    qw(waf sec ratelimit);
my $spec = "api_schema_spec orders $root/spec.json;\n";

# name, load_module, http, location
my @cases = (
    ['proxy_pass alone',   '',    '',    ''],
    ['with api_schema',    $load, $spec, 'api_schema orders;'],
);


sub start {
    my ($name, $head, $http, $server, @wrap) = @_;
    my $port = free_port("contract_$name");
    my $dir  = "$root/$name";

    make_path("$dir/logs", "$dir/tmp");
    write_file("$dir/nginx.conf", <<"END");
$head
daemon off;
master_process off;
pid $dir/nginx.pid;
error_log $dir/error.log warn;
events { worker_connections 64; }
http {
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path $dir/tmp/a;
    proxy_temp_path $dir/tmp/b;
    fastcgi_temp_path $dir/tmp/c;
    uwsgi_temp_path $dir/tmp/d;
    scgi_temp_path $dir/tmp/e;
    $http
    server { listen 127.0.0.1:$port; $server }
}
END

    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDOUT, '>', "$dir/out";
        open STDERR, '>&', \*STDOUT;
        exec @wrap, $nginx, '-p', $dir, '-e', "$dir/error.log", '-c',
            "$dir/nginx.conf";
        die "exec: $!\n";
    }

    for (1 .. 1200) {
        return ($pid, $port) if system("curl -s -o /dev/null --max-time 5"
            . " http://127.0.0.1:$port/") == 0;
        sleep 0.05;
    }

    die "nginx does not start: ", slurp("$dir/error.log"), "\n";
}


sub stop {
    my ($pid) = @_;
    kill 'TERM', $pid;
    waitpid $pid, 0;
    return;
}


sub server_of {
    my ($case, $up) = @_;
    my ($name, $head, $http, $location) = @$case;

    return ($head, "$http
        upstream up { server 127.0.0.1:$up; keepalive 4; }", "
        location / {
            $location
            proxy_http_version 1.1;
            proxy_set_header Connection '';
            proxy_pass http://up;
        }");
}


sub send_requests {
    my ($name, $port, $requests) = @_;
    my $codes = `curl -s -o /dev/null -w '%{http_code}\n' -H 'Content-Type: application/json' --data-binary \@$root/order.json 'http://127.0.0.1:$port/orders#[1-$requests]'`
        =~ s/^20[01]\n//gmr;

    die "refused in the benchmark: $name: ", substr($codes, 0, 40), "\n"
        if $codes ne '';
    return;
}


# Nanoseconds that the process has run.
sub ran {
    my ($pid) = @_;
    return (split ' ', slurp("/proc/$pid/schedstat"))[0];
}


# Microseconds a request of each case: the median of rounds that take turns.
sub cpu {
    my ($up) = @_;
    my (@servers, @us);

    for my $n (0 .. $#cases) {
        push @servers, [start("cpu$n", server_of($cases[$n], $up))];
        send_requests($cases[$n][0], $servers[$n][1], 200);
    }

    for (1 .. 7) {
        for my $n (0 .. $#cases) {
            my ($pid, $port) = @{$servers[$n]};
            my $before = ran($pid);
            my $out = `wrk -t 1 -c 8 -d 1s -s $root/post.lua http://127.0.0.1:$port/orders`;
            my ($requests) = $out =~ /^ *(\d+) requests in/m
                or die "wrk: $out\n";
            die "refused in the benchmark: $out\n" if $out =~ /Non-2xx/;
            push @{$us[$n]}, (ran($pid) - $before) / $requests / 1000;
        }
    }

    stop($_->[0]) for @servers;
    return map { (sort { $a <=> $b } @$_)[$#$_ / 2] } @us;
}


sub instructions {
    my ($case, $n, $up) = @_;
    my @total;

    for my $requests (100, 600) {
        my $file = "$root/callgrind.$n.$requests";
        my ($pid, $port) = start("cg$n", server_of($case, $up), 'valgrind',
            '-q', '--tool=callgrind', "--callgrind-out-file=$file");

        send_requests($case->[0], $port, $requests);
        stop($pid);

        slurp($file) =~ /^(?:summary|totals): (\d+)/m or die "no count\n";
        push @total, $1;
    }

    return ($total[1] - $total[0]) / 500;
}


# nginx -t of a document: seconds of CPU, and KiB at the peak, to be taken less
# those of nginx -t without it.

sub load_of {
    my ($http) = @_;
    my $dir = "$root/load";

    make_path("$dir/logs", "$dir/tmp");
    write_file("$dir/nginx.conf", <<"END");
$load
pid $dir/nginx.pid;
error_log $dir/error.log;
events { }
http {
    client_body_temp_path $dir/tmp/a;
    proxy_temp_path $dir/tmp/b;
    fastcgi_temp_path $dir/tmp/c;
    uwsgi_temp_path $dir/tmp/d;
    scgi_temp_path $dir/tmp/e;
    $http
    server { listen 127.0.0.1:1; }
}
END

    my $out = `/usr/bin/time -f '%U %S %M' $nginx -t -q -p $dir -e $dir/error.log -c $dir/nginx.conf 2>&1`;
    my ($user, $system, $peak) = $out =~ /^([\d.]+) ([\d.]+) (\d+)$/m
        or die "nginx -t: $out", slurp("$dir/error.log"), "\n";
    return ($user + $system, $peak);
}


sub large {
    my $file = 't/specs/node_modules/@octokit/openapi/generated/api.github.com.json';

    if (!-e $file || !-x '/usr/bin/time') {
        print "nginx -t of the description of GitHub: not here (make contract"
            . " has it), or no /usr/bin/time\n";
        return 1;
    }

    my $abs = Cwd::realpath($file);
    my ($s0, $m0) = load_of('');
    my ($s, $m) = load_of("api_schema_spec github $abs unsupported=warn;");
    my $size = (-s $file) / 1024;

    my ($held) = `$build/bin/apisec schema check $file --lenient 2>/dev/null`
        =~ /(\d+) KB compiled/ or die "apisec schema check says nothing\n";

    printf "nginx -t of the description of GitHub, %.1f MB: %.2f s of CPU"
        . " (budget 1.5); held %.1f MB, %.2f x its size (budget 3);"
        . " at the peak %.0f MB, %.1f x\n",
        $size / 1024, $s - $s0, $held / 1024, $held / $size,
        ($m - $m0) / 1024, ($m - $m0) / $size;
    return $s - $s0 <= 1.5 && $held / $size <= 3;
}


my ($pid, $up) = start('up', '', '', 'location / { return 201; }');
my @us = cpu($up);
my @count = map { instructions($cases[$_], $_, $up) } 0 .. $#cases;
my $ratio = $us[1] / $us[0];

printf "%-24s %9s %7s %14s %7s  %s\n", '', 'CPU, us', 'ratio',
    'instructions', 'ratio', 'budget, of CPU';

for my $n (0 .. $#cases) {
    printf "%-24s %9.1f %7.3f %14.0f %7.3f  %s\n", $cases[$n][0], $us[$n],
        $us[$n] / $us[0], $count[$n], $count[$n] / $count[0],
        $n ? sprintf('%.2f', $budget) : '';
}

stop($pid);
my $small = large();
exit($ratio > $budget || !$small ? 1 : 0);
