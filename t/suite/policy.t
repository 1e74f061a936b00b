#!/usr/bin/perl

# apisec policy test: a table of requests, decided by the configuration as it
# would run. Each kind of expectation that holds, and its twin that does not;
# that nothing real is reached, read or changed; what cannot be tested.

use strict;
use warnings;
use lib 't/lib';

use ApiTest::Keys qw(build_dir);
use ApiTest::Run;
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $dir  = scratch();
my $json = JSON::PP->new->canonical->utf8;
my $tmp  = "$dir/tmp";
mkdir $tmp;
chmod 01777, $tmp;
$ENV{TMPDIR} = $tmp;

my $modules = join '', map { "load_module $_;\n" }
    split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
$modules ||= join '', map { 'load_module ' . modules_dir()
    . "/ngx_api_${_}_module.so;\n" } qw(waf sec ratelimit);


# What must not be reached: it listens, and counts.

my $real = IO::Socket::INET->new(Listen => 50, LocalAddr => '127.0.0.1')
    or die "listen: $@";
my $port = $real->sockport;
my $store = IO::Socket::INET->new(Listen => 50, LocalAddr => '127.0.0.1')
    or die "listen: $@";
my $watch = IO::Select->new($real, $store);

spew("$dir/orders.yaml", <<'YAML');
openapi: 3.0.3
info: { title: t, version: '1' }
paths:
  /v1/customers/{customerId}/orders:
    parameters: [{ name: customerId, in: path, required: true, schema: { type: string } }]
    get:
      operationId: listOrders
      responses: { default: { description: d } }
    post:
      operationId: createOrder
      requestBody: { required: true, content: { application/json: { schema:
        { type: object, additionalProperties: false, properties: { item: { type: string } } } } } }
      responses: { default: { description: d } }
YAML
spew("$dir/rules.conf", "SecRuleEngine On\n"
    . qq{SecRule ARGS "\@contains evil" "id:100,phase:2,deny,status:403"\n});
mkdir "$dir/sites";
spew("$dir/sites/a.conf", <<"EOF");
upstream backend { server 127.0.0.1:$port; keepalive 3; }
server {
    listen 8443 ssl;
    listen 8080;
    server_name api.example.com;
    ssl_certificate /nowhere/cert.pem;
    ssl_certificate_key /nowhere/key.pem;
    ssl_client_certificate /nowhere/ca.pem;
    ssl_verify_client optional;
    root html;
    location /v1/ {
        api_policy orders-v1 owner=team-orders;
        api_auth jwt=corp,hs key=partners introspect=idp mtls=mesh;
        api_bind path:customerId = claim:sub or scope orders:all;
        api_schema orders;
        api_exception late rule=bind scope=principal:carol expires=2030-01-01 owner=x;
        mirror /mirror;
        proxy_pass http://backend;
    }
    location = /mirror { internal; proxy_pass http://127.0.0.1:$port/m; }
    location /limited/ {
        api_auth jwt=corp;
        api_ratelimit two;
        proxy_pass http://127.0.0.1:$port/x/;
    }
    location /any/ { set \$who 127.0.0.1:$port; proxy_pass http://\$who\$request_uri; }
    location /fcgi/ { fastcgi_pass 127.0.0.1:$port; }
    location /grpc/ { grpc_pass grpc://127.0.0.1:$port; }
    location /mem/ { set \$memcached_key a; memcached_pass 127.0.0.1:$port; }
    location /asked/ { auth_request /v0; proxy_pass http://backend; }
    location = /v0 { internal; proxy_pass http://127.0.0.1:$port/; }
    location /office/ { allow 10.0.0.0/8; deny all; proxy_pass http://backend; }
    location /waf/ { api_waf own; proxy_pass http://backend; }
    location /watched/ { api_waf own mode=monitor; proxy_pass http://backend; }
    location /plain/ { if (\$arg_a = "x y\\"z") { return 418; } return 204; }
    location = /_introspect { internal; proxy_pass https://127.0.0.1:$port/x; }
    location /put/ { dav_methods PUT; }
}
EOF
my $conf = <<"EOF";
${modules}user www-data;
pid /nowhere/nginx.pid;
error_log /nowhere/error.log;
events {}
http {
    include sites/*.conf;
    access_log /nowhere/access.log;
    resolver 127.0.0.1:$port;
    set_real_ip_from 0.0.0.0/0;
    proxy_cache_path /nowhere/cache keys_zone=c:1m;
    api_audit /nowhere/audit.jsonl;
    api_audit_seal key=env:NOWHERE;
    api_state /nowhere/state;
    api_zone main 2m;
    api_jwt_issuer corp { issuer https://idp; audience orders; algorithms ES256 RS256; jwks /nowhere/jwks.json; }
    api_jwt_issuer hs { issuer https://hs; audience orders; algorithms HS384; typ at+jwt; key env:NOWHERE; }
    api_key_store partners /nowhere/keys.json pepper=cred:nowhere;
    api_introspect idp { uri /_introspect; client gw; secret env:NOWHERE; }
    api_mtls mesh { principal san_uri; }
    api_schema_spec orders orders.yaml;
    api_waf_ruleset own rules.conf;
    api_ratelimit_store r redis://127.0.0.1:${\$store->sockport} password=env:NOWHERE;
    api_ratelimit_zone z 1m;
    api_ratelimit_policy two zone=z key=\$api_principal rate=2r/d burst=1 store=r;
}
EOF
spew("$dir/nginx.conf", $conf);

sub policy {
    my ($cases, @more) = @_;
    my $file = ref $cases ? "$dir/cases.json" : "$dir/cases.yaml";
    spew($file, ref $cases ? $json->encode($cases) : $cases);
    return apisec('policy', 'test', $file, @more);
}

sub table {
    my (@cases) = @_;
    return {
        config => 'nginx.conf', base => 'https://api.example.com:8443',
        identities => {
            alice => { token => 'corp', claims => { sub => 'alice' } },
            carol => { token => 'corp', claims => { sub => 'carol' } },
        },
        cases => \@cases,
    };
}

my $own    = 'GET /v1/customers/alice/orders';
my $others = 'GET /v1/customers/bob/orders';
my $yes    = JSON::PP::true;
my %who    = (as => 'alice');

# A request, and what holds of it. Each is expected once, and once to be not so.

my @good = (
    [{ request => $own, %who },
        { verdict => 'allow', status => 200, operation => 'listOrders',
          principal => 'alice', policy => 'orders-v1', owner => 'team-orders',
          by => undef }],
    [{ request => $own, %who },
        { operation => 'orders/listOrders', principal => 'corp/alice',
          checks => { auth => 'allow', bind => 'allow' } }],
    [{ request => $others, %who }, { verdict => 'deny', status => 403, by => 'bind' }],
    [{ request => $others }, { status => 401, reason => 'auth.missing' }],
    [{ request => $others, as => { token => 'corp', expired => $yes,
        claims => { sub => 'bob' } } }, { reason => 'expired' }],
    [{ request => $others, as => { token => 'corp', forged => $yes,
        claims => { sub => 'bob' } } }, { reason => 'auth.signature' }],
    [{ request => $others, as => { token => 'hs', claims => { sub => 'bob' } } },
        { verdict => 'allow', principal => 'hs/bob' }],
    [{ request => $others, as => { token => 'hs', forged => $yes,
        claims => { sub => 'bob' } } }, { reason => 'auth.signature' }],
    [{ request => $others, as => { token => 'corp',
        claims => { sub => 'eve', scope => 'orders:all' } } }, { status => 200 }],
    [{ request => $others, as => { key => 'partners', principal => 'acme',
        scopes => ['orders:all'], plan => 'gold' } }, { principal => 'partners/acme', status => 200 }],
    [{ request => $others, as => { key => 'partners', principal => 'acme',
        expired => $yes } }, { status => 401 }],
    [{ request => $others, as => { key => 'partners', principal => 'acme',
        forged => $yes } }, { status => 401 }],
    [{ request => $others, as => { opaque => 'idp', claims => { sub => 'bob' } } },
        { status => 200, principal => 'idp/bob' }],
    [{ request => $others, as => { opaque => 'idp', forged => $yes } },
        { reason => 'auth.inactive' }],
    [{ request => $own, as => { certificate => 'CN=x,O=Acme',
        san => 'URI:spiffe://prod/orders' } }, { principal => 'mesh/spiffe://prod/orders' }],
    [{ request => 'POST /v1/customers/alice/orders', %who, body => { item => 7 } },
        { status => 422, by => 'schema', operation => 'createOrder' }],
    [{ request => 'POST /v1/customers/alice/orders', %who, body => { item => 'lamp' } },
        { status => 200 }],
    [{ request => 'POST /v1/customers/alice/orders', %who, body => '{"item":"lamp"}',
        headers => { 'Content-Type' => 'text/plain' } }, { status => 415 }],
    [{ request => $others, as => 'carol' }, { verdict => 'monitor', exceptions => ['late'] }],
    [{ request => $others, as => 'carol', time => '2030-01-02' },
        { verdict => 'deny', exceptions => [] }],
    [{ request => 'GET /office/', client => '10.2.3.4' }, { status => 200 }],
    [{ request => 'GET /office/', client => '2001:db8::7' }, { status => 403 }],
    [{ request => 'GET /office/' }, { status => 403 }],
    [{ request => 'GET /waf/?a=evil' }, { by => 'waf', detail => '100' }],
    [{ request => 'GET /waf/?a=good' }, { verdict => 'allow' }],
    [{ request => 'GET /watched/?a=evil' }, { verdict => 'monitor', status => 200 }],
    [{ request => 'GET http://api.example.com:8080/plain/?a=x' }, { status => 204 }],
    (map { [{ request => "GET /$_/" }, { status => 200 }] } qw(any fcgi grpc mem asked)),
    [{ request => 'PUT /put/x', body => 'x' }, { status => 405 }],
);

sub twin {
    my ($expect) = @_;
    my %e = %$expect;
    delete $e{exceptions} if !@{ $e{exceptions} // [1] };
    return { not => \%e };
}

my @cases = map {
    ({ name => "good $_ ", %{ $good[$_][0] }, expect => $good[$_][1] },
     { name => "twin $_ ", %{ $good[$_][0] }, expect => twin($good[$_][1]) })
} 0 .. $#good;

my $before = join '', map { slurp($_) } glob("$dir/*.conf $dir/sites/*");
my $got = policy(table(@cases), '--format', 'json', '--shared');
is($got->{err}, '', 'nothing is complained about');
is($got->{code}, 1, 'some are not as expected: exit code 1');
my $doc = $json->decode($got->{out} || '{}');
my %case = map { $_->{name} => $_ } @{ $doc->{cases} };

for my $i (0 .. $#good) {
    my $is = $case{"good $i "};
    ok($is->{ok}, 'as expected: ' . $json->encode($good[$i]))
        or diag $json->encode($is);
    $is = $case{"twin $i "};
    my $n = keys %{ twin($good[$i][1])->{not} };
    ok(!$is->{ok} && @{ $is->{steps}[0]{faults} } >= $n,
        '... and each of it is told when it must not be so')
        or diag $json->encode($is);
}

is_deeply([$watch->can_read(0)], [], 'nobody real was asked');
is(join('', map { slurp($_) } glob("$dir/*.conf $dir/sites/*")), $before,
    'the configuration is as it was');
ok(!-e "$dir/html" && !-e '/nowhere', 'nothing was written');
is_deeply([glob "$tmp/apisec-*"], [], 'the folder has gone');
like($got->{out}, qr/X-Forwarded-For is believed is not tested/, 'what is not tested is told');
like($got->{out}, qr/counted here alone, not in the store/, '... of stores too');


# One nginx for each case: what one has counted is not counted against another.

my $limited = { request => 'GET /limited/', %who, expect => { status => 200 } };
$got = policy(table(map { { %$limited, name => "fresh $_" } } 1 .. 2));
is($got->{code}, 0, 'cases do not lean on each other') or diag $got->{out};
like($got->{out}, qr/^2 of 2 as expected$/m, '... the sum');
$got = policy(table(map { { %$limited, name => "same $_" } } 1 .. 2), '--shared');
is($got->{code}, 1, '... unless they are told to');
$got = policy(table({ name => 'both', steps => [$limited,
    { %$limited, expect => { status => 429 } }] }));
is($got->{code}, 0, 'steps of one case do') or diag $got->{out};
my $four = { request => 'GET /limited/', %who, repeat => 4, expect =>
    { allowed => 1, status => 429, reason => 'limit.rate', limit => 'two' } };
$got = policy(table({ %$four, name => 'four' }));
is($got->{code}, 0, 'a request that is repeated') or diag $got->{out};
$got = policy(table({ %$four, name => 'four', expect => { allowed => 2 } }));
like($got->{out}, qr/allowed: expected 2 of 4, 1 were/, '... and its twin');


# YAML, text, JUnit, --only, --output, nginx -T's text.

my $yaml = <<'YAML';
config: nginx.conf
base: https://api.example.com:8443
identities:
  alice: { token: corp, claims: { sub: alice } }
cases:
  - name: her own
    request: GET /v1/customers/alice/orders
    as: alice
    expect: { status: 200 }
  - name: <another's>
    request: GET /v1/customers/bob/orders
    as: alice
    expect: { status: 200 }
YAML
$got = policy($yaml);
is($got->{code}, 1, 'YAML');
like($got->{out}, qr/^ok    her own$/m, '... what is well');
like($got->{out}, qr/^FAIL  <another's>  \(\S*cases\.yaml:10\)\n      status: expected 200, is 403\n      decided: auth allow verified, bind deny /m,
    '... what is not, with its line and what was decided');
$got = policy($yaml, '--format', 'junit', '--output', "$dir/junit.xml");
my $xml = slurp("$dir/junit.xml");
like($xml, qr/tests="2" failures="1"/, 'JUnit');
like($xml, qr/name="&lt;another[^"]*s&gt;".*?<failure [^>]*message="[^"]*expected 200, is 403"/s,
    '... with the fault') or diag $xml;
$got = policy($yaml, '--only', 'her own');
is($got->{code}, 0, '--only');
spew("$dir/dump.txt", "# configuration file $dir/nginx.conf:\n$conf\n"
    . "# configuration file $dir/sites/a.conf:\n" . slurp("$dir/sites/a.conf") . "\n");
$got = policy($yaml, '--only', 'her own', '--conf', "$dir/dump.txt");
is($got->{code}, 0, 'what nginx -T printed') or diag $got->{err};


# By anybody, and at the same time.

SKIP: {
    skip 'only root can be somebody else', 1 if $> != 0;
    my @as = qw(setpriv --reuid 65534 --regid 65534 --clear-groups);
    my $probe = run(@as, build_dir() . '/bin/apisec', 'version');
    skip 'nobody may not enter here', 1 if $probe->{code} != 0;
    $got = run(@as, build_dir() . '/bin/apisec', 'policy', 'test',
        "$dir/cases.yaml", '--only', 'her own');
    is($got->{code}, 0, 'as nobody') or diag $got->{err}, $got->{out};
}

my @pids;
for my $n (1 .. 3) {
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        my $is = apisec('policy', 'test', "$dir/cases.yaml", '--only', 'her own');
        POSIX::_exit($is->{code});
    }
    push @pids, $pid;
}
is_deeply([map { waitpid $_, 0; $? } @pids], [0, 0, 0], 'three at a time');
is_deeply([glob "$tmp/apisec-*"], [], '... leave nothing');


# Told to end in the middle: nothing is left of it.

spew("$dir/long.json", $json->encode(table(map { { %$limited, name => "n $_" } } 1 .. 500)));
my $pid = fork // die "fork: $!";
if (!$pid) {
    open STDOUT, '>', '/dev/null';
    exec build_dir() . '/bin/apisec', 'policy', 'test', "$dir/long.json";
}
ok(until_true(60, sub { my @is = glob "$tmp/apisec-*/nginx.pid"; @is }), 'it runs');
my ($master) = map { slurp($_) =~ /(\d+)/ } glob "$tmp/apisec-*/nginx.pid";

# What root writes to, nobody else may have made a link of.

SKIP: {
    skip 'only root is somebody else than its workers', 1 if $> != 0;
    my ($at) = glob "$tmp/apisec-*";
    my @own = map { my @is = stat "$at$_"; $is[4] == 0 && ($is[2] & 07777) == 0750 ? () : "$at$_" }
        '', qw(/conf /keys /tmp);
    is_deeply(\@own, [], 'as root, workers own no folder in which files are made');
    ok(until_true(60, sub { my @is = stat "$at/state"; $is[4] }), '... but that of the state');
}

kill 'TERM', $pid;
waitpid $pid, 0;
ok(until_true(60, sub { my @is = glob "$tmp/apisec-*"; !@is }), 'told to end, it leaves no folder');
ok(!$master || until_true(60, sub { !-e "/proc/$master/cwd" }), '... and no nginx');


# Where a gateway runs in its prefix, its own files are there.

mkdir "$dir/run";
spew("$dir/run/$_", "1\n") for qw(nginx.pid error.log events.jsonl out);
$got = apisec('policy', 'test', "$dir/cases.yaml", '--only', 'her own', '--nginx-prefix', "$dir/run");
is($got->{code}, 0, 'a prefix with files of a gateway') or diag $got->{err}, $got->{out};
is(join('', map { slurp("$dir/run/$_") } qw(nginx.pid error.log events.jsonl out)), "1\n" x 4,
    '... which stay as they are');
is_deeply([glob "$tmp/apisec-*"], [], '... and no folder');


# The walls, for an nginx that would do what no rewriting took away.

spew("$dir/fake", <<"EOF");
#!/bin/sh
[ "\$1" = -V ] && exec nginx -V
perl -MIO::Socket::INET -e 'print IO::Socket::INET->new("127.0.0.1:$port") ? "reached\n" : "kept in\n"' >&2
echo "written" >$dir/outside || echo "not written" >&2
echo "x [emerg] all told" >&2
exit 1
EOF
chmod 0755, "$dir/fake";
$got = policy($yaml, '--nginx', "$dir/fake");
like($got->{err}, qr/nginx does not start: all told/, 'a program that is no nginx ran');
is_deeply([$watch->can_read(0)], [], '... and reached nobody');
is(system("$dir/fake >/dev/null 2>&1") >> 8, 1, 'without the walls');
is(scalar(() = $watch->can_read(0)), 1, '... it does reach somebody');
close $real->accept;
SKIP: {
    # landlock_create_ruleset(2), asked for its version
    skip 'no Landlock', 1 if syscall(444, 0, 0, 1) < 1;
    unlink "$dir/outside";
    $got = policy($yaml, '--nginx', "$dir/fake");
    ok(!-s "$dir/outside", 'nothing is written outside');
}


# Mistakes in the table.

my $at = "base: http://a:8080\ncases:\n  - ";
for my $case (
    ['cases: []', 'list of 1 to'],
    ['case: []', '"case" means nothing here'],
    ["cases:\n  - expect: { status: 200 }", 'needs "request": METHOD URL'],
    ["cases:\n  - { request: GET /x, expect: { status: 200 } }", 'has no host'],
    ["$at\{ request: GET /x }", 'needs "expect"'],
    ["$at\{ request: GET /x, expect: { verdict: pass } }", 'is allow, monitor or deny'],
    ["$at\{ request: GET /x, expect: { stauts: 1 } }", '"stauts" means nothing here'],
    ["base: http://a:9\ncases:\n  - { request: GET /x, expect: { status: 200 } }",
        'nothing listens for http://a:9: there are \*:8443 \(https\) \*:8080'],
    ["$at\{ request: GET /x, as: me, expect: { status: 200 } }", 'no identity "me"'],
    ["$at\{ request: GET /x, as: { token: x }, expect: { status: 200 } }", 'no api_jwt_issuer x'],
    ["$at\{ request: GET /x, as: { certificate: CN=x }, expect: { status: 200 } }", 'needs an https://'],
    ["$at\{ request: GET /x, as: { token: corp, claims: { sub: \"a\\0b\" } }, expect: { status: 200 } }",
        'u0000 in a claim'],
    ["$at\{ request: POST /x, body: { a: [\"a\\0b\"] }, expect: { status: 200 } }", 'u0000 in JSON'],
    ["$at\{ request: GET /x, time: soon, expect: { status: 200 } }", 'time is a day'],
) {
    $got = policy("config: nginx.conf\n$case->[0]\n");
    is($got->{code}, 2, "$case->[1]: exit code 2");
    like($got->{err}, qr/cases\.yaml:\d+: .*$case->[1]/, '... the line, and what to write');
}


# Configurations that cannot be tested, or are none.

for my $case (
    ['http { server { location / { content_by_lua_block { ngx.say(1) } } } }',
        'nginx.conf:1: content_by_lua_block runs a program'],
    ["http {\nserver {\n    listen 8443 ssl; no_such_thing on;\n} }",
        'unknown directive "no_such_thing" in \S+nginx.conf:\d+$'],
    ['', 'no http block'],
) {
    mkdir "$dir/bad";
    my $text = $case->[0] =~ /no_such/ ? $conf =~ s/^    include.*$/$case->[0] =~ s{^http .}{}r =~ s{\}\s*\z}{}r/emr
        : "$case->[0]\n";
    spew("$dir/bad/nginx.conf", $text);
    spew("$dir/bad/$_", slurp("$dir/$_")) for qw(orders.yaml rules.conf);
    $got = policy($yaml, '--nginx-conf', "$dir/bad/nginx.conf");
    is($got->{code}, 1, "$case->[1]: exit code 1");
    like($got->{err}, qr/$case->[1]/, '... where and why');
}
is_deeply([glob "$tmp/apisec-*"], [], 'nothing is left of all this');

done_testing();
