#!/usr/bin/perl

# What a request costs the worker: instructions counted by callgrind, and CPU
# time under load by wrk, in interleaved rounds; each configuration against
# the first, nginx without our modules and with the same locations.
# BENCH_ONLY=REGEX picks rows by name, the first always being one of them.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use ApiTest;
use ApiTest::ApiKeys;
use File::Path qw(make_path remove_tree);
use POSIX qw(sysconf _SC_CLK_TCK);
use Time::HiRes qw(sleep);

my $build   = $ENV{API_BUILD} or die "API_BUILD is not set\n";
my $nginx   = $ENV{API_NGINX} || '/usr/sbin/nginx';
my $rounds  = $ENV{BENCH_ROUNDS} || 9;
my $seconds = $ENV{BENCH_SECONDS} || 1;
my $root    = "$build/bench/http";
my $modules = join '',
    map {"load_module $build/modules/ngx_api_${_}_module.so;\n"}
    qw(waf sec ratelimit);

remove_tree($root);
make_path($root);
write_file("$root/jwks.json", jwks('rsa2048', 'p256', 'ed25519'));
write_file("$root/secret", 'benchmark-secret-of-more-than-64-bytes-' x 3);
write_file("$root/keys.json", key_store(key_entry('AAAAAAAA',
    principal => 'acme', plan => 'gold', scopes => ['orders:read'])));
write_file("$root/pepper", pepper());
chmod 0600, "$root/secret", "$root/pepper";
write_file("$root/orders.yaml", <<'EOF');
openapi: 3.0.3
info: { title: Orders, version: "1" }
paths:
  /v1/orders:
    get:
      operationId: listOrders
      responses: { "200": { description: all of them } }
EOF

my %claims = (
    iss => 'https://idp.example.com', aud => 'orders', sub => 'alice',
    scope => 'orders:read orders:write', iat => time, exp => time + 36000,
    client_id => 'web-frontend', roles => ['user', 'editor'],
    email => 'jane.doe@example.com',
);

my $issuer = <<"EOF";
    api_jwt_issuer idp {
        issuer https://idp.example.com; audience orders;
        algorithms RS256 ES256 EdDSA; jwks $root/jwks.json; cache off;
    }
    api_jwt_issuer own {
        issuer https://idp.example.com; audience orders;
        algorithms HS256; key file:$root/secret; cache off;
    }
    api_jwt_issuer seen {
        issuer https://idp.example.com; audience orders;
        algorithms RS256; jwks $root/jwks.json;
    }
EOF

$issuer .= <<"EOF";
    api_key_store partners $root/keys.json pepper=file:$root/pepper;
EOF

# name, load_module lines, http lines, location lines, token, budget, and the
# name of the case that it is against: in instructions against the first, in
# CPU time against another (callgrind's CPU has no instructions for SHA-256)

my $off = 1.02;
my $used_elsewhere = 'off, all used elsewhere';
my $limits = <<"EOF";
    api_ratelimit_zone zone 1m;
    api_ratelimit_policy address zone=zone key=\$remote_addr rate=10r/s
                         at=address;
    api_ratelimit_policy caller zone=zone key=\$api_principal rate=10r/s;
    api_schema_spec orders $root/orders.yaml;
EOF
my $everything = <<"EOF";
    location /v1/ {
        api_cors origins=https://app.example.com;
        api_origin https://app.example.com;
        api_auth jwt=idp;
        api_require scope orders:read;
        api_bind \$api_principal = claim:sub;
        api_schema orders;
        api_forward X-User claim:sub;
        api_ratelimit address caller;
        api_ratelimit_ban on=auth strikes=5/1m ban=1m;
        api_audit $root/elsewhere.jsonl;
        empty_gif;
    }
    location /graphql { api_graphql depth=5; api_body json; empty_gif; }
EOF
my $rules = 'api_auth jwt=idp; api_require scope orders:read;'
    . ' api_bind $api_principal = claim:sub;';
my $forward = 'api_forward X-User claim:sub; api_forward X-Roles claim:roles;'
    . ' api_forward_token strip;';

my @cases = (
    ['nginx alone',        '',       '',      '', undef, undef],
    ['modules, all off',   $modules, '',      '', undef, $off],
    ['off, others protected', $modules, $issuer, 'api_auth off;', undef, $off],
    [$used_elsewhere, $modules, "$issuer $limits", '', undef, undef],
    ['no auth, RS256 header', $modules, $issuer, '', 'RS256', undef],
    ['api_auth HS256', $modules, $issuer, 'api_auth jwt=own;', 'HS256', undef],
    ['api_auth RS256', $modules, $issuer, 'api_auth jwt=idp;', 'RS256', undef],
    ['api_auth ES256', $modules, $issuer, 'api_auth jwt=idp;', 'ES256', undef],
    ['api_auth EdDSA', $modules, $issuer, 'api_auth jwt=idp;', 'EdDSA', undef],
    ['RS256, seen before', $modules, $issuer, 'api_auth jwt=seen;', 'RS256',
        1.20, 'no auth, RS256 header'],
    ['no auth, key header', $modules, $issuer, '', 'key', undef],
    ['api_auth key', $modules, $issuer, 'api_auth key=partners;', 'key', 1.15,
        'no auth, key header'],
    ['RS256, require, bind', $modules, $issuer, $rules, 'RS256', undef],
    ['... and forward 2, strip', $modules, $issuer, "$rules $forward",
        'RS256', undef],
    ['... and identity token', $modules, $issuer, "$rules $forward"
        . ' api_identity_token X-Id iss=gw claims=roles key=file:'
        . key_file('p256') . ';', 'RS256', undef],
    ['RS256, require, audit', $modules, $issuer,
        "api_auth jwt=idp; api_require scope orders:read;"
        . " api_audit $root/audit.jsonl;", 'RS256', undef],
);

my %key = (RS256 => 'rsa2048', ES256 => 'p256', EdDSA => 'ed25519');


sub token {
    my ($alg) = @_;

    return jwt(alg => $alg, key => $key{$alg}, claims => \%claims)
        if $alg ne 'HS256';
    return jwt(alg => $alg, secret => slurp("$root/secret"),
        claims => \%claims);
}


sub start {
    my ($case, $n, @wrap) = @_;
    my ($name, $load, $http, $location) = @$case;
    my $other = 'location /other/ { '
        . ($http ? 'api_auth jwt=idp; api_require scope orders:read;' : '')
        . ' empty_gif; }' . ($name eq $used_elsewhere ? $everything : '');
    my $port = free_port("bench_$n");
    my $dir  = "$root/$n";

    make_path("$dir/logs", "$dir/tmp");
    write_file("$dir/nginx.conf", <<"EOF");
$load
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
    server {
        listen 127.0.0.1:$port;
        location / { $location empty_gif; }
        $other
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


sub header {
    my ($case) = @_;
    return 'X-API-Key: ' . api_key('AAAAAAAA') if ($case->[4] // '') eq 'key';
    return $case->[4] ? 'Authorization: Bearer ' . token($case->[4])
                      : 'X-None: 1';
}


sub instructions {
    my ($case, $n) = @_;
    my @total;

    for my $requests (200, 1200) {
        my $file = "$root/callgrind.$n.$requests";
        my ($pid, $port) = start($case, "cg$n", 'valgrind', '-q',
            '--tool=callgrind', "--callgrind-out-file=$file");
        my $head = header($case);

        my $codes = `curl -s -o /dev/null -w '%{http_code}\n' -H '$head' 'http://127.0.0.1:$port/[1-$requests]'`;
        die "refused in the benchmark: $case->[0]\n"
            if grep { $_ ne '200' } split /\n/, $codes;

        stop($pid);
        slurp($file) =~ /^(?:summary|totals): (\d+)/m or die "no count\n";
        push @total, $1;
    }

    return ($total[1] - $total[0]) / 1000;
}


sub cpu {
    my ($pid) = @_;
    my @f = split ' ', slurp("/proc/$pid/stat") =~ s/.*\) //r;
    return ($f[11] + $f[12]) / sysconf(_SC_CLK_TCK);
}


sub median {
    my @s = sort { $a <=> $b } @_;
    return $s[$#s / 2];
}


@cases = ($cases[0], grep { $_->[0] =~ /$ENV{BENCH_ONLY}/ } @cases[1 .. $#cases])
    if $ENV{BENCH_ONLY};

my (@running, @us, @ir);
my $missed = 0;

for my $n (0 .. $#cases) {
    $ir[$n] = instructions($cases[$n], $n);
}

for my $n (0 .. $#cases) {
    my ($pid, $port) = start($cases[$n], $n);
    $running[$n] = { pid => $pid, port => $port, head => header($cases[$n]) };
}

for my $round (0 .. $rounds) {
    for my $n (0 .. $#cases) {
        my $s = $running[$n];
        my $before = cpu($s->{pid});
        my $text = `wrk -t1 -c8 -d${seconds}s -H '$s->{head}' http://127.0.0.1:$s->{port}/`;
        my $spent = cpu($s->{pid}) - $before;

        die "refused in the benchmark: $cases[$n][0]\n$text"
            if $text =~ /Non-2xx/;
        $text =~ /(\d+) requests in/ or die "wrk: $text\n";

        push @{ $us[$n] }, $spent * 1e6 / $1 if $round;    # not the first
    }
}

stop($_->{pid}) for @running;

printf "%-24s %12s %7s %10s %7s %s\n", 'location', 'instructions', 'ratio',
    'us', 'ratio', 'budget';

for my $n (0 .. $#cases) {
    my @ratio = map { $us[$n][$_] / $us[0][$_] } 0 .. $#{ $us[$n] };
    my $budget = $cases[$n][5];
    my $r = $ir[$n] / $ir[0];
    my $verdict = '';

    if ($budget) {
        my $against = $cases[$n][6];
        my $value = $r;

        if (defined $against) {
            my ($base) = grep { $cases[$_][0] eq $against } 0 .. $#cases;
            $value = median(map { $us[$n][$_] / $us[$base][$_] }
                0 .. $#{ $us[$n] });
        }

        $verdict = $value <= $budget ? "<= $budget met" : "<= $budget MISSED";
        $verdict = sprintf '%.3f of "%s" %s', $value, $against, $verdict
            if defined $against;
        $missed ||= $value > $budget;
    }

    printf "%-24s %12.0f %7.3f %10.2f %7.3f %s\n", $cases[$n][0], $ir[$n], $r,
        median(@{ $us[$n] }), median(@ratio), $verdict;
}

exit $missed;
