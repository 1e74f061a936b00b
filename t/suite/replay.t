#!/usr/bin/perl

# apisec replay: an nginx writes a record of requests of every kind; then other
# configurations are compared with the one it ran under. For each kind of
# change what is told is the truth: the changed configuration is run too, and
# asked the same requests.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Keys qw(build_dir);
use ApiTest::Run;
use ApiTest::Server;
use IO::Socket::INET;
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);

my $dir  = scratch();
my $json = JSON::PP->new->canonical->utf8;
my $tmp  = "$dir/tmp";
mkdir $tmp;
$ENV{TMPDIR} = $tmp;

my $spec = <<'YAML';
openapi: 3.0.3
info: { title: t, version: '1' }
paths:
  /v1/customers/{customerId}:
    parameters: [{ name: customerId, in: path, required: true, schema: { type: string } }]
    get: { operationId: getCustomer, responses: { default: { description: d } },
      parameters: [{ name: n, in: query, schema: { type: integer } }] }
    delete: { operationId: dropCustomer, responses: { default: { description: d } } }
  /v1/status:
    get: { operationId: status, responses: { default: { description: d } } }
YAML

# The parts of a configuration that a change replaces.

my %part = (
    top     => '',
    v1      => 'api_auth jwt=corp; api_require scope a; api_bind path:customerId = claim:sub absent=skip; api_schema s;',
    open    => '',
    watched => 'api_auth jwt=corp mode=monitor; api_waf own mode=monitor;',
    office  => 'allow 127.0.0.0/8; deny all;',
);

my $http = <<'EOF';
    api_audit logs/audit.jsonl;
    api_jwt_issuer corp {
        issuer https://idp; audience orders;
        algorithms HS256; key file:own.secret kid=hs256;
    }
    api_schema_spec s spec.yaml;
    api_waf_ruleset own rules.conf;
    server {
        listen unix:%UP%;
        api_audit off;
        return 200;
    }
EOF

sub server_part {
    my ($up, %more) = @_;
    my %p = (%part, %more);
    return <<"EOF";
    server_name api.example.com;
    $p{top}
    location /v1/ { $p{v1} proxy_pass http://unix:$up:/; }
    location /open/ { $p{open} proxy_pass http://unix:$up:/; }
    location /watched/ { $p{watched} proxy_pass http://unix:$up:/; }
    location /office/ { $p{office} proxy_pass http://unix:$up:/; }
EOF
}

my %files = (
    'own.secret' => secret('hs256'), 'html/x' => "x\n", 'spec.yaml' => $spec,
    'rules.conf' => "SecRuleEngine On\n"
        . qq{SecRule ARGS "\@contains evil" "id:100,phase:2,deny,status:403"\n},
);

my $ups = 0;

sub start {
    my ($more, %p) = @_;
    my $up = "$dir/up" . $ups++ . '.sock';
    return ApiTest::Server->start(workers => 1, files => \%files,
        http => ($http =~ s/%UP%/$up/r) . $more, server => server_part($up, %p),
        location => 'return 204;');
}

sub bearer {
    my ($sub, $scope, $left) = @_;
    return 'Authorization: Bearer ' . jwt(alg => 'HS256', key => 'hs256',
        header => { kid => 'hs256' }, claims => { iss => 'https://idp',
            aud => 'orders', sub => $sub, scope => $scope,
            exp => int(time) + ($left // 600) });
}

my $alice = bearer('alice', 'a');
my @requests = (
    ['GET', '/v1/customers/alice', $alice],
    ['GET', '/v1/customers/alice?n=x', $alice],
    ['GET', '/v1/customers/bob', $alice],
    ['GET', '/v1/customers/7041', $alice],
    ['DELETE', '/v1/customers/alice', $alice],
    ['PUT', '/v1/customers/alice', $alice],
    ['GET', '/v1/nothing', $alice],
    ['GET', '/v1/status', $alice],
    ['GET', '/v1/status', bearer('alice', 'b')],
    ['GET', '/v1/status', bearer('alice', 'a', -600)],
    ['GET', '/v1/status'],
    ['GET', '/open/x'],
    ['GET', '/watched/x', $alice],
    ['GET', '/watched/x'],
    ['GET', '/watched/x?a=evil', $alice],
    ['GET', '/office/x'],
);

sub send_all {
    my ($server) = @_;
    my @codes;
    for my $r (@requests) {
        my ($method, $uri, @headers) = @$r;
        my $port = $server->{port};
        my $s = IO::Socket::INET->new("127.0.0.1:$port") or die "connect: $!";
        print {$s} join "\r\n", "$method $uri HTTP/1.1", 'Host: localhost',
            @headers, 'Connection: close', '', '';
        my $line = <$s>;
        push @codes, $line =~ / (\d{3}) / ? $1 : 0;
        1 while <$s>;
    }
    for (1 .. 2000) {
        my $n = () = $server->text('logs/audit.jsonl') =~ /"kind":"request"/g;
        last if $n == @requests;
        sleep 0.01;
    }
    return @codes;
}

my $old = start('');
my @before = send_all($old);
is(join(' ', @before), '200 400 403 403 200 405 404 200 403 401 401 200 200 200 200 200',
    'what the requests got');
my $log = "$dir/audit.jsonl";
spew($log, $old->text('logs/audit.jsonl'));

sub replay { return apisec('replay', @_) }

sub told {
    my ($got) = @_;
    my $doc = eval { $json->decode($got->{out}) } // {};
    return ($doc, map { "$_->{operation}: " . ($_->{change} // "? $_->{because}")
        . " x$_->{requests}" } @{ $doc->{groups} // [] });
}

# The same configuration: the same, for all, also what no record could tell.

my $got = replay($log, ('--config', "$old->{dir}/nginx.conf") x 2, '--format', 'json');
is($got->{err}, '', 'nothing is complained about');
my ($doc, @groups) = told($got);
is($got->{code}, 0, 'the same configuration: exit code 0');
is($doc->{same}, scalar @requests, '... all are the same') or diag explain $doc;

# Changes. What is said to be different has to be, and the other way round:
# the changed configuration decides the same requests.

my @changes = (
    ['a check is taken away', '', { v1 => 'api_auth jwt=corp; api_require scope a; api_schema s;' }],
    ['nobody is asked who it is', '', { v1 => 'api_schema s;' }],
    ['a place that was open asks', '', { open => 'api_auth jwt=corp;' },
        ['GET /open/x: ? auth: the credential is not recorded x1']],
    ['monitor becomes enforce', '', { watched => 'api_auth jwt=corp; api_waf own;' },
        ['GET /watched/x: allow -> deny by auth missing x1', 'GET /watched/x: allow -> deny by waf rule x1']],
    ['all is only watched', '', { top => 'api_mode monitor;' },
        ['s/getCustomer: deny by bind other_owner -> allow x2', 'GET /v1/status: deny by auth expired -> allow x1']],
    ['an address is let in no more', '', { office => 'allow 10.0.0.0/8; deny all;' },
        ['GET /office/x: allow -> deny by nginx x1']],
    ['a new limit', 'api_ratelimit_zone z 1m; api_ratelimit_policy p zone=z key=$uri rate=1000r/s at=address;', { open => 'api_ratelimit p;' },
        ['GET /open/x: ? limit: counts are not recorded x1']],
    ['another scope', '', { v1 => 'api_auth jwt=corp; api_require scope b; api_bind path:customerId = claim:sub absent=skip; api_schema s;' }],
    ['an exception', '', { v1 => "$part{v1} api_exception e rule=bind expires=2099-01-01 owner=o;" }],
);
my $unknown = 0;

for my $change (@changes) {
    my ($name, $more, $p) = @$change;
    my $new = start($more, %$p);
    my @after = send_all($new);
    $new->stop;

    my @lines = split /^/, slurp($log);
    my (%truth, %wrong);
    $got = replay($log, '--config', "$old->{dir}/nginx.conf", '--config',
        "$new->{dir}/nginx.conf", '--format', 'json');
    is($got->{err}, '', "$name: nothing is complained about");
    ($doc, @groups) = told($got);

    my @denied = map { $_ >= 400 ? 1 : 0 } @before;
    my @denies = map { $_ >= 400 ? 1 : 0 } @after;
    my $differ = grep { $denied[$_] != $denies[$_] } 0 .. $#before;
    cmp_ok($doc->{different}, '<=', $differ, "$name: nothing is made up")
        or diag explain \@groups, "@before", "@after";
    cmp_ok($doc->{different} + $doc->{unknown}, '>=', $differ,
        '... and nothing is kept back') or diag explain \@groups, "@before", "@after";
    $unknown += $doc->{unknown};

    # each request: what is told of it is true

    $got = replay($log, '--config', "$old->{dir}/nginx.conf", '--config',
        "$new->{dir}/nginx.conf", '--format', 'tsv');
    my %is = map { my @f = split /\t/; $f[1] => \@f } split /\n/, $got->{out};
    my @ids = map { /"support_id":"(\w+)"/ } grep { /"kind":"request"/ } @lines;
    for my $i (0 .. $#requests) {
        my $real = $denied[$i] == $denies[$i] ? 'same' : 'different';
        my $told = $is{ $ids[$i] } // ['nothing'];
        ok($told->[0] eq 'unknown' || $told->[0] eq $real,
            "... $requests[$i][0] $requests[$i][1]: $real ($told->[0])")
            or diag explain $told, "$before[$i] $after[$i]";
    }
    for my $want (@{ $change->[3] // [] }) {
        like(join("\n", @groups), qr/^\Q$want\E/m, "... $want") or diag explain \@groups;
    }
}
cmp_ok($unknown, '>', 0, 'not all of it can be known');
is_deeply([glob "$tmp/apisec-*"], [], 'nothing is left');


# One configuration alone: what it cannot tell it does not tell.

my $new = start('', open => 'deny all;', v1 => 'api_schema s;');
my $conf = "$new->{dir}/nginx.conf";
$got = replay($log, '--config', $conf, '--format', 'json');
($doc, @groups) = told($got);
cmp_ok($doc->{same} + $doc->{different} + $doc->{unknown}, '==', @requests, 'one alone');
is($got->{code}, $doc->{different} ? 1 : 0, '... its exit code');


# As text, packed, a part of it.

my @both = ('--config', "$old->{dir}/nginx.conf", '--config', $conf);
$got = replay($log, @both);
like($got->{out}, qr/^16 requests: \d+ same, \d+ different, \d+ unknown$/m, 'as text');
like($got->{out}, qr/e\.g\. [0-9a-f]{32}/, '... with support ids to look at');
is(system('gzip', '-kf', $log), 0, 'gzip');
is(replay("$log.gz", @both)->{out}, $got->{out}, '... the same');
write_file("$log.cut.gz", substr slurp("$log.gz"), 0, (-s "$log.gz") / 2);
my $cut = replay("$log.cut.gz", @both);
is($cut->{code}, 3, 'an archive that is cut is no verdict');
like($cut->{err}, qr/cut\.gz: cannot be read to its end/, '... and says so');

# Cut in the middle, in the trailer alone so that no line is missing, or no file
# at all: none of them is a log that is whole.

write_file("$log.trailer.gz", substr slurp("$log.gz"), 0, -1);
my %code = (query => 3, convert => 3, verify => 4);
for my $how (['query'], ['convert', '--to', 'ecs'], ['verify', '--part']) {
    my @run = ('log', @$how);
    is(apisec(@run, "$log.gz")->{code}, 0, "log @$how: all of it is fine");
    for my $file ("$log.cut.gz", "$log.trailer.gz", $dir) {
        my $told = apisec(@run, $file);
        is($told->{code}, $code{ $how->[0] }, "... $file is not") or diag $told->{out};
        like($told->{err}, qr/^apisec: \Q$file\E: cannot be read to its end/, '... and says so');
        unlike($told->{out}, qr/^ok: /m, '... nothing else');
    }
}
my $all = apisec('log', 'verify', '--part', "$log.gz");
my $less = apisec('log', 'verify', '--part', "$log.trailer.gz");
my ($events) = $all->{out} =~ /^ok: ([1-9]\d* events.*)$/m;
like($less->{out}, qr/^INCOMPLETE: \Q$events\E$/m, 'each line of it was looked at');
like($less->{out}, qr/^missing: the end of a file that cannot be read to it$/m,
    '... and it stands among the faults');
like(apisec('log', 'verify', '--part', "$log.trailer.gz", $dir)->{out},
    qr/^missing: the ends of 2 files/m, '... of each file');
$got = replay($log, @both, '--sample', '4', '--format', 'json');
is((told($got))[0]{left}, 12, 'one in four');
$got = replay($log, $log, @both, '--max', '20', '--format', 'json');
is((told($got))[0]{requests}, 20, 'no more than');


# What is no event, and what somebody may have written into one.

my @lines = split /^/, slurp($log);
my ($first) = grep { /"kind":"request"/ } @lines;
my @evil = ("\0\xff\xfe\n", "{}\n", "[1]\n", '{"kind":"request"' . "\n",
    'x' x 200_000 . "\n", '[' x 60_000 . "\n",
    $first =~ s{"method":"GET"}{"method":"GET / HTTP/1.1\\r\\nX: y\\r\\n"}r,
    $first =~ s{"path":"[^"]*"}{"path":"/\\r\\nHost: evil\\r\\n\\r\\nGET /"}r,
    $first =~ s{"path":"[^"]*"}{"path":"../../x"}r,
    $first =~ s{"host":"[^"]*"}{"host":"a\\r\\nEvil: b"}r,
    $first =~ s{"ip":"[^"]*"}{"ip":"1.2.3.4 x\\r\\nGET /"}r,
    $first =~ s{"id":"alice"}{"id":"a\\"; nginx; \\n'\$(id)"}r,
    $first =~ s{"issuer":"corp"}{"issuer":"none"}r,
    $first =~ s{"type":"jwt"}{"type":"mtls"}r,
    $first =~ s{"type":"jwt"}{"type":"introspect"}r);
spew("$dir/evil.jsonl", join '', @evil);
$got = replay("$dir/evil.jsonl", @both, '--format', 'json');
is($got->{err}, '', 'lines of an enemy: nothing goes wrong');
($doc) = told($got);
cmp_ok($doc->{broken}, '>=', 4, '... what is no event is counted') or diag $got->{out};
is($doc->{requests}, 9, '... the others are judged');

srand 7;
spew("$dir/fuzz.jsonl", join '', map {
    my $line = $lines[rand @lines];
    substr($line, rand length $line, 1) = chr rand 256 for 1 .. 1 + rand 4;
    $line;
} 1 .. 600);
$got = replay("$dir/fuzz.jsonl", @both, '--format', 'json');
cmp_ok($got->{code}, '>=', 0, 'bytes that were changed: no crash');
cmp_ok($got->{code}, '<=', 1, '... and an answer') or diag $got->{err};


# Memory has a bound, whatever is in the log.

open my $big, '>', "$dir/big.jsonl" or die "big: $!";
for my $i (1 .. 60_000) {
    print {$big} $first =~ s{"path":"[^"]*"}{"path":"/p$i/x"}r
        =~ s{"api":\{[^\}]*\},}{}r;
}
close $big;
$got = run('sh', '-c', 'ulimit -v 400000; exec "$@"', 'sh', build_dir() . '/bin/apisec',
    'replay', "$dir/big.jsonl", '--config', "$old->{dir}/nginx.conf", '--config',
    $conf, '--format', 'json');
is($got->{err}, '', 'many paths in little memory');
($doc, @groups) = told($got);
is($doc->{requests}, 60_000, '... all are judged');
cmp_ok(scalar @groups, '<=', 2003, '... in a bounded number of groups');


# The command line.

for my $case ([[$log], 'write  apisec replay'], [[@both], 'write  apisec replay'],
    [[$log, @both, '--format', 'xml'], 'text, json or tsv'],
    [[$log, @both, '--sample', '0'], 'a number from 1 on'])
{
    $got = replay(@{ $case->[0] });
    is($got->{code}, 2, "$case->[1]: exit code 2");
    like($got->{err}, qr/\Q$case->[1]\E/, '... what to write');
}
is(replay("$dir/none", @both)->{code}, 3, 'a log that is not there');
is_deeply([glob "$tmp/apisec-*"], [], 'nothing is left of it all');

done_testing();
