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
use ApiTest::Bench qw(callgrind counted cpu_ns load_modules median proxy);
use Cwd ();
use File::Path qw(make_path);
use JSON::PP ();

my $build  = $ENV{API_BUILD} or die "API_BUILD is not set\n";
my $nginx  = $ENV{API_NGINX} || '/usr/sbin/nginx';
my $root   = "$build/bench/contract";
my $budget = 1.25;    # of CPU; see docs/guide/performance.md
my $body   = slurp('t/bench/order1k.json');
my $json   = JSON::PP->new->canonical->utf8;

my $bench = ApiTest::Bench->new($root);

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

my $load = load_modules($build);
my $spec = "api_schema_spec orders $root/spec.json;\n";

# name, load_module, http, location
my @cases = (
    ['proxy_pass alone',   '',    '',    ''],
    ['with api_schema',    $load, $spec, 'api_schema orders;'],
);


sub start {
    my ($name, $case, $up, @wrap) = @_;
    my (undef, $head, $http, $location) = @$case;

    return $bench->start($name, load => $head, wrap => \@wrap,
        proxy($up, $http, $location));
}


sub send_requests {
    my ($name, $port, $requests) = @_;
    my $codes = `curl -s -o /dev/null -w '%{http_code}\n' -H 'Content-Type: application/json' --data-binary \@$root/order.json 'http://127.0.0.1:$port/orders#[1-$requests]'`
        =~ s/^20[01]\n//gmr;

    die "refused in the benchmark: $name: ", substr($codes, 0, 40), "\n"
        if $codes ne '';
    return;
}


# Microseconds a request of each case: the median of rounds that take turns.
sub cpu {
    my ($up) = @_;
    my (@servers, @us);

    for my $n (0 .. $#cases) {
        push @servers, [start("cpu$n", $cases[$n], $up)];
        send_requests($cases[$n][0], $servers[$n][1], 200);
    }

    for (1 .. 7) {
        for my $n (0 .. $#cases) {
            my ($pid, $port) = @{$servers[$n]};
            my $before = cpu_ns($pid);
            my $out = `wrk -t 1 -c 8 -d 1s -s $root/post.lua http://127.0.0.1:$port/orders`;
            my ($requests) = $out =~ /^ *(\d+) requests in/m
                or die "wrk: $out\n";
            die "refused in the benchmark: $out\n" if $out =~ /Non-2xx/;
            push @{$us[$n]}, (cpu_ns($pid) - $before) / $requests / 1000;
        }
    }

    $bench->stop(map { $_->[0] } @servers);
    return map { median(@$_) } @us;
}


sub instructions {
    my ($case, $n, $up) = @_;
    my @total;

    for my $requests (100, 600) {
        my $file = "$root/callgrind.$n.$requests";
        my ($pid, $port) = start("cg$n", $case, $up, callgrind($file));

        send_requests($case->[0], $port, $requests);
        $bench->stop($pid);
        push @total, counted($file);
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


my ($pid, $up) = $bench->start('up', server => 'location / { return 201; }');
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

$bench->stop($pid);
my $small = large();
exit($ratio > $budget || !$small ? 1 : 0);
