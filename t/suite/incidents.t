#!/usr/bin/perl

# The commands of docs/guide/incidents.md, against a gateway where it has gone
# wrong: before them it is, after them it is not, and who is honest is served.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Keys qw(build_dir);
use ApiTest::Redis ();
use ApiTest::Run;
use HTTP::Tiny ();
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep time);

my $page = slurp('docs/guide/incidents.md');
my ($conf) = $page =~ /^<!-- example: incidents -->\n```nginx\n(.*?)^```/ms;
my %block;
$block{$1} = $2 while $page =~ /^<!-- incident: ([\w-]+) -->\n```sh\n(.*?)^```/msg;

my $dir = scratch();
my $bin = build_dir() . '/bin';
my $port = free_port('GATEWAY');
my $up = free_port('UPSTREAM');
mkdir "$dir/$_" for qw(logs tmp etc run html);
mkdir "$dir/state", 0700;

spew("$dir/etc/jwks.json", jwks('p256'));
spew("$dir/etc/$_", '') for qw(revoked lever.list);
spew("$dir/etc/api-key-pepper", 'p' x 64);
chmod 0640, "$dir/etc/api-key-pepper";
spew("$dir/etc/api-keys.json", '{"keys": []}');
chmod 0640, "$dir/etc/api-keys.json";

sub here {
    my ($text) = @_;
    $text =~ s{/var/lib/nginx/api}{$dir/state}g;
    $text =~ s{/var/log/nginx}{$dir/logs}g;
    $text =~ s{/etc/nginx}{$dir/etc}g;
    $text =~ s{/run/nginx-admin\.sock}{$dir/run/admin.sock}g;
    return $text;
}

$conf = here($conf);
$conf =~ s/127\.0\.0\.1:8080/127.0.0.1:$port/;
$conf =~ s/127\.0\.0\.1:9000/127.0.0.1:$up/g;
my $modules = join '', map { "load_module $_;\n" } split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
$modules ||= join '', map { 'load_module ' . modules_dir() . "/ngx_api_${_}_module.so;\n" } qw(waf sec ratelimit);
my $user = $> == 0 ? "user root;\n" : '';

# What goes wrong needs a zone that is soon full, and a store that can be taken
# away, beside what the page has.

my $small  = free_port('SMALL');
my $merged = free_port('MERGED');
my $redis  = ApiTest::Redis::root() ? ApiTest::Redis->start : undef;
my $faults = <<"EOF";
api_ratelimit_zone small 64k;
api_ratelimit_policy slow zone=small key=\$remote_addr rate=1r/h burst=100 at=address;
server {
    listen 127.0.0.1:$small;
    api_audit off;
    location / { api_ratelimit slow; proxy_pass http://127.0.0.1:$up; }
}
EOF
$faults .= <<"EOF" if $redis;
api_ratelimit_store ours redis://127.0.0.1:$redis->{port} on_error=local timeout=1s;
api_ratelimit_zone shared 1m;
api_ratelimit_policy together zone=shared key=\$arg_k rate=1000r/s burst=1000 store=ours;
server {
    listen 127.0.0.1:$merged;
    api_audit off;
    location / { api_ratelimit together; proxy_pass http://127.0.0.1:$up; }
}
EOF
spew("$dir/etc/nginx.conf", <<"EOF");
$modules${user}pid $dir/nginx.pid;
worker_processes 1;
error_log $dir/logs/error.log info;
events {}
http {
access_log off;
@{[ join '', map { "${_}_temp_path $dir/tmp;\n" } qw(client_body proxy fastcgi uwsgi scgi) ]}
server { listen 127.0.0.1:$up; api_audit off; return 200 "in\\n"; }
$conf
$faults
}
EOF

# nginx as the page calls it is this one.

mkdir "$dir/bin";
my $nginx = nginx();
spew("$dir/bin/nginx", "#!/bin/sh\nexec $nginx -p $dir -c $dir/etc/nginx.conf -e $dir/logs/error.log \"\$@\"\n");
chmod 0755, "$dir/bin/nginx";
symlink "$bin/apisec", "$dir/bin/apisec";
$ENV{PATH} = "$dir/bin:$ENV{PATH}";

my $key = run('sh', '-c', here('apisec key new --store /etc/nginx/api-keys.json --pepper /etc/nginx/api-key-pepper --principal acme'));
my ($api_key) = $key->{out} =~ /(ak_\S+)/;
ok($api_key, 'an API key') or BAIL_OUT($key->{err});

is(run("$dir/bin/nginx")->{code}, 0, 'the gateway of the page starts')
    or BAIL_OUT(slurp("$dir/logs/error.log"));
END {
    if ($dir && -s "$dir/nginx.pid") {
        my ($pid) = slurp("$dir/nginx.pid") =~ /(\d+)/;
        local $?;
        kill 'TERM', $pid;
        until_true(30, sub { !-e "$dir/nginx.pid" });
    }
}

sub token {
    my ($sub, $jti) = @_;
    return 'Bearer ' . jwt(alg => 'ES256', key => 'p256', claims => {
        iss => 'https://idp.example.com', aud => 'orders', sub => $sub,
        jti => $jti, exp => int(time) + 3600 });
}

sub ask {
    my ($path, %headers) = @_;
    return HTTP::Tiny->new(timeout => 60)->get("http://127.0.0.1:$port$path",
        { headers => \%headers });
}

sub status { return ask(@_)->{status} }

# A block of the page, with what it takes from its reader.

sub block {
    my ($name, %env) = @_;
    local @ENV{ keys %env } = values %env;
    my $text = delete $block{$name};
    ok(defined $text, "the page has commands for $name") or return {};
    return run('sh', '-ec', here($text));
}

my ($alice, $bob) = (token('alice', 'stolen-1'), token('bob', 'good-1'));


# A token was stolen.

is(status('/v1/a', Authorization => $alice), 200, 'a stolen token is taken');
my $got = block('token', JTI => 'stolen-1');
is($got->{code}, 0, 'the commands') or diag $got->{err};
is(status('/v1/a', Authorization => $alice), 401, '... and it is not any more');
is(status('/v1/a', Authorization => $bob), 200, '... another one is');
like(slurp("$dir/etc/revoked"), qr/^jti stolen-1$/m, '... nor after a restart');
until_true(20, sub { slurp("$dir/logs/api-audit.jsonl") =~ /alice/ });
$got = block('token-used', WHO => 'alice');
like($got->{out}, qr/"id":"alice"|alice/, 'what it was used for');


# An API key leaked.

is(status('/v1/a', 'X-API-Key' => $api_key), 200, 'a key that leaked is taken');
my ($id) = $api_key =~ /^ak_(\w{8})_/;
$got = block('key', ID => $id);
is($got->{code}, 0, 'the commands') or diag $got->{err};
like($got->{out}, qr/$id\s+revoked/, '... and it is revoked');
ok(until_true(30, sub { status('/v1/a', 'X-API-Key' => $api_key) == 401 }),
    '... it is not taken any more');
$got = block('key-new');
my ($new) = $got->{out} =~ /(ak_\S+)/;
ok(until_true(30, sub { status('/v1/a', 'X-API-Key' => $new // '') == 200 }),
    '... a new one is');


# A flood.

$got = block('flood');
is($got->{code}, 0, 'who owes most') or diag $got->{err};
like($got->{out}, qr/127\.0\.0\.1|"each"/, '... the limit, and of whom');
$got = block('ban', ADDRESS => '127.0.0.1');
is($got->{code}, 0, 'somebody out by hand') or diag $got->{err};
is(status('/v1/a', Authorization => $bob), 429, '... is out');
$got = block('unban', ADDRESS => '127.0.0.1');
is($got->{code}, 0, 'and in again') or diag $got->{err};
is(status('/v1/a', Authorization => $bob), 200, '... is in');


# False positives.

my $evil = '/v1/a?q=1%27%20UNION%20SELECT%20password%20FROM%20users--';
my $answer = ask($evil, Authorization => $bob);
is($answer->{status}, 403, 'a rule refuses');
my ($support) = $answer->{content} =~ /"support_id":"(\w+)"/;
until_true(20, sub { slurp("$dir/logs/api-audit.jsonl") =~ /$support/ });
$got = block('why', SUPPORT_ID => $support);
is($got->{code}, 0, 'why') or diag $got->{err};
like($got->{out}, qr/waf/, '... by which check');
is(block('lever')->{code}, 0, 'the lever');
ok(until_true(30, sub { status($evil, Authorization => $bob) == 200 }), '... opens it');
is(block('lever-close')->{code}, 0, 'the lever, closed');
ok(until_true(30, sub { status($evil, Authorization => $bob) == 403 }), '... closes it');


# A zone is full.

my $zone = $block{zone};
my $full = qr/small (?:has forgotten [1-9]\d* entries for lack of room|is \d+ % full)/;

sub zones {
    $block{zone} = $zone;
    return block('zone')->{out};
}

my $said = zones();
like($said, qr/"zone"/, 'how full the zones are');
unlike($said, $full, '... there is room');

# Each comes from an address of its own, and owes for an hour.

for my $n (1 .. 4000) {
    my $from = sprintf '127.1.%d.%d', $n / 250, 1 + $n % 250;
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$small", LocalAddr => $from)
        or die "from $from: $!";
    print {$s} "GET / HTTP/1.0\r\n\r\n";
    1 while <$s>;
}
like(zones(), $full, 'many come: it says which zone is full');
spew("$dir/etc/nginx.conf", slurp("$dir/etc/nginx.conf") =~ s/small 64k/small 4m/r);
$got = block('zone-larger');
is($got->{code}, 0, 'larger ones') or diag $got->{err};
ok(until_true(60, sub {
    run('curl', '-sf', '--unix-socket', "$dir/run/admin.sock", 'http://localhost/_api/')->{out} =~ /16777216/
}), '... are there');
is(status('/v1/a', Authorization => $alice), 401, '... and what was revoked in the old one is still');
unlike(zones(), qr/small is \d+ % full/, '... and there is room again');


# The store of limits is down.

sub shared { return HTTP::Tiny->new(timeout => 60)->get("http://127.0.0.1:$merged/?k=a")->{status} }

SKIP: {
    my $store = delete $block{store};
    ok(defined $store, 'the page has commands for the store');
    skip 'no redis-server could be unpacked', 5 if !$redis;

    my $is = sub {
        my ($up) = @_;
        return until_true(60, sub {
            shared();
            run('sh', '-ec', here($store))->{out} =~ /^apisec_ratelimit_store_up\{store="ours"\} $up$/m;
        });
    };
    ok($is->(1), 'one that is there');
    $redis->kill9;
    ok($is->(0), '... that is down');
    is(shared(), 200, '... each machine goes on');
    $redis->run;
    ok($is->(1), '... brought back, it is found again by itself');
    is(shared(), 200, '... and limits go on');
}


# A log that was changed.

my $sealed = "$dir/sealed";
mkdir $sealed;
$got = run("$bin/apisec", qw(log keygen --name gw.example --key), "$sealed/seal.key", '--state', "$dir/state");
spew("$dir/keys", $got->{out});
my $text = slurp("$dir/etc/nginx.conf");
$text =~ s{api_audit       }{api_audit_seal key=file:$sealed/seal.key;\napi_audit       };
spew("$dir/etc/nginx.conf", $text);
unlink "$dir/logs/api-audit.jsonl";
is(run("$dir/bin/nginx", '-s', 'stop')->{code}, 0, 'with seals');
ok(until_true(30, sub { !-e "$dir/nginx.pid" }), '... it ends');
is(run("$dir/bin/nginx")->{code}, 0, '... and starts') or diag slurp("$dir/logs/error.log");
status('/v1/a', Authorization => $bob) for 1 .. 5;
run("$dir/bin/nginx", '-s', 'quit');
ok(until_true(30, sub { !-e "$dir/nginx.pid" }), '... and ends');

my $commands = $block{log};
$got = block('log', KEYS => "$dir/keys");
is($got->{code}, 0, 'a log that nobody has changed') or diag $got->{out}, $got->{err};
my $log = slurp("$dir/logs/api-audit.jsonl");
$log =~ s/"status":200/"status":404/;
spew("$dir/logs/api-audit.jsonl", $log);
$block{log} = $commands;
$got = block('log', KEYS => "$dir/keys");
is($got->{code}, 1, 'one that somebody has') or diag $got->{out}, $got->{err};
like("$got->{out}$got->{err}", qr/CHANGED|changed/, '... it says so');

is_deeply([sort keys %block], [], 'all commands of the page were run');

done_testing();
