#!/usr/bin/perl

# What the contract costs the worker: a POST of 1 KB of JSON through
# proxy_pass, in instructions of the process counted by callgrind (the kernel's
# part, about half of a proxied request, is not in them), without api_schema
# and with it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use ApiTest;
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


sub instructions {
    my ($case, $n, $up) = @_;
    my ($name, $head, $http, $location) = @$case;
    my @total;

    for my $requests (100, 600) {
        my $file = "$root/callgrind.$n.$requests";
        my ($pid, $port) = start("cg$n", $head, "$http
            upstream up { server 127.0.0.1:$up; keepalive 4; }", "
            location / {
                $location
                proxy_http_version 1.1;
                proxy_set_header Connection '';
                proxy_pass http://up;
            }", 'valgrind', '-q', '--tool=callgrind',
            "--callgrind-out-file=$file");

        my $codes = `curl -s -o /dev/null -w '%{http_code}\n' -H 'Content-Type: application/json' --data-binary \@$root/order.json 'http://127.0.0.1:$port/orders#[1-$requests]'`
            =~ s/^20[01]\n//gmr;
        stop($pid);
        die "refused in the benchmark: $name: ", substr($codes, 0, 40), "\n"
            if $codes ne '';

        slurp($file) =~ /^(?:summary|totals): (\d+)/m or die "no count\n";
        push @total, $1;
    }

    return ($total[1] - $total[0]) / 500;
}


my ($pid, $up) = start('up', '', '', 'location / { return 201; }');
my ($first, $ratio);

printf "%-24s %14s %8s  %s\n", '', 'instructions', 'ratio', 'budget';

for my $n (0 .. $#cases) {
    my $count = instructions($cases[$n], $n, $up);
    $first //= $count;
    $ratio = $count / $first;
    printf "%-24s %14.0f %8.3f  %s\n", $cases[$n][0], $count, $ratio,
        $n ? sprintf('%.2f', $budget) : '';
}

stop($pid);
exit($ratio > $budget ? 1 : 0);
