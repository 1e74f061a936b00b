#!/usr/bin/perl

# Families of metrics that count what checks found: each in the case that makes
# it move, and its twin that does not. And the tables of the documentation have
# each family that there is, and none that there is not.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::ApiKeys;
use ApiTest::Sec;
use ApiTest::Server;
use File::Temp;
use Test::More;
use Time::HiRes qw(sleep);

my $SPEC = <<'END_SPEC';
openapi: 3.0.3
info: { title: t, version: '1' }
paths:
  /spec:
    get:
      operationId: read
      parameters: [ { name: n, in: query, schema: { type: integer } } ]
      responses: { default: { description: d } }
    post:
      operationId: write
      requestBody: { content: { application/json: { schema:
        { type: object, required: [ a ], properties: { a: { maxLength: 3, type: string } } } } } }
      responses: { default: { description: d } }
END_SPEC

my $RULES = <<'END_RULES';
SecRuleEngine On
SecRule ARGS "@contains none" "id:99,phase:2,pass,nolog,chain"
    SecRule ARGS "@contains such" "t:none"
SecRule ARGS "@contains evil" "id:100,phase:2,deny,status:403,severity:CRITICAL,tag:'team/x',tag:'attack-sqli',log"
SecRule ARGS "@contains odd" "id:101,phase:2,pass,severity:NOTICE,log"
SecRule ARGS "@contains quiet" "id:102,phase:2,pass,nolog"
END_RULES

my $next = time + 86400 * 3;
my $past = 1577836800;

my $dir = File::Temp->newdir;
my $apisec = ($ENV{API_BUILD} // 'build') . '/bin/apisec';
mkdir "$dir/state", 0700 or BAIL_OUT("state: $!");
`$apisec log keygen --name gw.example --key $dir/seal.key --state $dir/state --epoch 1s 2>&1`;
BAIL_OUT('keygen') if $?;

my $server = ApiTest::Server->start(
    workers => 1,
    files   => {
        'own.secret' => secret('hs256'), 'pepper.secret' => pepper(),
        'html/spec' => "x\n", 'html/limit' => "x\n", 'html/watch' => "x\n",
        'html/waf' => "x\n", 'html/excepted' => "x\n", 'html/key' => "x\n",
        'html/slow' => "x\n", 'html/both' => "x\n", 'html/set.ok' => jwks('p256'),
        'spec.yaml' => $SPEC, 'rules.conf' => $RULES,
        'keys.json' => key_store(key_entry('aaaaaaaa', exp => $next),
            key_entry('bbbbbbbb'), key_entry('cccccccc', exp => $past),
            key_entry('dddddddd', status => 'revoked')),
    },
    main => 'user root;',
    http => "api_zone main 4m;\napi_state $dir/state;\n"
        . "api_audit_seal key=file:$dir/seal.key epoch=1s;\n"
        . "api_audit logs/audit.jsonl;\n"
        . "api_schema_spec t spec.yaml;\n"
        . "api_waf_ruleset r rules.conf;\n"
        . "api_ratelimit_zone z 1m;\n"
        . "api_ratelimit_policy two zone=z key=\$uri rate=1r/d burst=1;\n"
        . "api_ratelimit_policy slow zone=z key=\$uri rate=20r/m burst=50 delay=0;\n"
        . "api_ratelimit_policy roomy zone=z key=\$uri rate=1000r/m burst=1000;\n"
        . (join '', map {
            "api_jwt_issuer $_ { issuer https://$_; audience orders;\n"
            . "    algorithms ES256; jwks uri:/set.$_ refresh=1s min_interval=1s; }\n"
        } qw(ok gone))
        . "api_key_store partners keys.json pepper=file:pepper.secret;\n"
        . corp(key => 'file:own.secret kid=hs256'),
    location => <<'END_CONF',
        try_files /x =404;
    }
    location = /spec     { api_schema t; try_files /x /spec =404; }
    location = /limit    { api_ratelimit two; try_files $uri =404; }
    location = /slow     { api_ratelimit slow; try_files $uri =404; }
    location = /both     { api_ratelimit roomy two; try_files $uri =404; }
    location = /remote   { api_auth jwt=ok,gone; try_files /x =404; }
    location /set.       { internal; try_files $uri =404; }
    location = /watch    { api_ratelimit two mode=monitor; try_files $uri =404; }
    location = /waf      { api_waf r; try_files $uri =404; }
    location = /key      { api_auth key=partners; try_files $uri =404; }
    location = /excepted {
        api_auth jwt=corp;
        api_exception lenient rule=auth.missing expires=2099-01-31 owner=team;
        api_exception unused rule=auth.expired expires=2099-01-31 owner=team;
        api_exception over rule=auth.signature expires=2020-01-31 owner=team;
        try_files $uri =404;
    }
    location /_api/ {
        api_status;
END_CONF
);

sub metrics { return ($server->get('/_api/metrics'))[2] }

# A request is counted when it ends, which may be after the answer.

sub until_like {
    my ($pattern, $what) = @_;
    my $text;
    for (1 .. 1500) {
        $text = metrics();
        last if $text =~ $pattern;
        sleep 0.02;
    }
    return like($text, $pattern, $what);
}

sub post {
    my ($path, $body) = @_;
    return ($server->request("POST $path HTTP/1.1",
        'Content-Type: application/json', 'Content-Length: ' . length $body,
        '', $body))[0];
}


# Contracts.

my ($code) = $server->get('/spec?n=1');
isnt($code, 400, 'what fits the contract');
is(scalar(metrics() =~ /^apisec_schema_violations_total\{/m), '',
   '... is no violation');
($code) = $server->get('/spec?n=x');
is($code, 400, 'a parameter that does not');
is(post('/spec', '{"a":"long"}'), 422, 'a body that does not');
post('/spec', '{}');
until_like(qr/^apisec_schema_violations_total\{in="query",keyword="type"\} 1$/m,
           'counted by where it is and by keyword');
until_like(qr/^apisec_schema_violations_total\{in="body",keyword="maxLength"\} 1$/m,
           '... of a body');
until_like(qr/^apisec_schema_violations_total\{in="body",keyword="required"\} 1$/m,
           '... each');
until_like(qr/^apisec_phase_duration_seconds_count\{phase="schema"\} [4-9]$/m,
           'its time is taken');


# Limits.

$server->get('/limit') for 1 .. 5;
$server->get('/watch') for 1 .. 5;
until_like(qr/^apisec_ratelimit_decisions_total\{limit="two",result="rejected"\} 4$/m,
           'what a limit refused');
until_like(qr/^apisec_ratelimit_decisions_total\{limit="two",result="would_reject"\} 4$/m,
           '... and would have');
until_like(qr/^apisec_ratelimit_decisions_total\{limit="two",result="passed"\} 2$/m,
           '... and let pass');
until_like(qr/^apisec_phase_duration_seconds_count\{phase="limit"\} 10$/m,
           'their time is taken, where there are some');

$server->get('/both') for 1 .. 3;
until_like(qr/^apisec_ratelimit_decisions_total\{limit="roomy",result="given_back"\} [12]$/m,
           'what another limit refused is not charged');
until_like(qr/^apisec_ratelimit_decisions_total\{limit="roomy",result="passed"\} 1$/m,
           '... and what neither does, is');

# the next one has to come within three seconds, once

for (1 .. 50) {
    $server->get('/slow');
    last if metrics() =~ /limit="slow",result="delayed"/;
}
like(metrics(), qr/^apisec_ratelimit_decisions_total\{limit="slow",result="delayed"\} [1-9]/m,
     'what has to wait');


# Rules.

is(($server->get('/waf?q=evil'))[0], 403, 'a rule that refuses');
is(($server->get('/waf?q=odd'))[0], 200, 'one that only notes');
is(($server->get('/waf?q=quiet'))[0], 200, 'one that is not to be logged');
is(($server->get('/waf?q=fine'))[0], 200, 'none');
until_like(qr/^apisec_waf_matches_total\{class="sqli",severity="critical"\} 1$/m,
           'matches by class and severity');
until_like(qr/^apisec_waf_matches_total\{class="other",severity="notice"\} 1$/m,
           '... and without a class');
until_like(qr/^apisec_phase_duration_seconds_count\{phase="waf"\} 4$/m,
           'their time is taken');
is(scalar(() = metrics() =~ /^apisec_waf_matches_total\{/mg), 2, 'no others');


# Exceptions.

is(($server->get('/excepted'))[0], 200, 'an exception lets pass') for 1 .. 3;
until_like(qr/^apisec_exception_requests_total\{exception="lenient",owner="team"\} 3$/m,
           'uses are counted');
my $text = metrics();
like($text, qr/^apisec_exception_requests_total\{exception="$_",owner="team"\} 0$/m,
     "... not those of $_") for qw(unused over);
like($text, qr/^apisec_exception_expired\{exception="lenient",owner="team"\} 0$/m,
     'one that holds');
like($text, qr/^apisec_exception_expired\{exception="over",owner="team"\} 1$/m,
     'one that has ended and still stands there');
my $govern = ($server->get('/_api/governance'))[2];
like($govern, qr/"exception":"lenient"[^}]*"expired":false,"requests":3,"last":\d+\}/,
     'the section says so too');


# Key sets that are fetched, and one that is not there.

$server->get('/remote', bearer(claims => { iss => "https://$_" },
    header => { alg => 'ES256', kid => 'p256' })) for qw(ok gone);
until_like(qr/^apisec_jwks_fetches_total\{issuer="ok",result="ok"\} [1-9]\d*$/m,
           'a key set is fetched');
until_like(qr/^apisec_jwks_fetches_total\{issuer="gone",result="failed"\} [1-9]\d*$/m,
           '... another is not there');
$text = metrics();
like($text, qr/^apisec_jwks_fetches_total\{issuer="$_->[0]",result="$_->[1]"\} 0$/m,
     "$_->[0]: never $_->[1]") for ['ok', 'failed'], ['gone', 'ok'];
my ($fetched) = $text =~ /^apisec_jwks_last_success_timestamp_seconds\{issuer="ok"\} (\d+)$/m;
cmp_ok(abs(time - ($fetched // 0)), '<', 3600, 'when that was');
like($text, qr/^apisec_jwks_last_success_timestamp_seconds\{issuer="gone"\} 0$/m, '... never');
like($text, qr/^apisec_jwks_keys\{issuer="$_->[0]"\} $_->[1]$/m, "keys of $_->[0]")
    for ['ok', 1], ['gone', 0], ['corp', 1];


# Keys.

like($text, qr/^apisec_api_keys\{store="partners",state="$_->[0]"\} $_->[1]$/m,
     "keys: $_->[0]")
    for ['valid', 2], ['expired', 1], ['revoked', 1];
like($text, qr/^apisec_secret_expiry_timestamp_seconds\{secret="partners"\} $next$/m,
     'when the next of them ends');


# The seal.

until_like(qr/^apisec_audit_seal_epoch\{sink="[^"]+"\} [1-9]\d*$/m, 'the epoch');
my ($sealed) = metrics()
    =~ /^apisec_audit_sealed_timestamp_seconds\{sink="[^"]+"\} (\d+)$/m;
cmp_ok($sealed, '<=', time, 'sealed up to the past');
my $status = ($server->get('/_api/'))[2];
like($status, qr/"seal":\{"epoch":\d+,"length":1,"sealed_at":\d+,"late":(?:true|false),"ended":\d+\}/,
     'the document has it');
until_like(qr/^apisec_audit_sealed_timestamp_seconds\{sink="[^"]+"\} (?!$sealed$)\d+$/m,
           'it goes on');


# A table that is full is full for all; nobody can fill it from outside.

$server->get("/spec?n=x$_") for 1 .. 100;
$server->get("/waf?q=evil$_") for 1 .. 50;
is(scalar(() = metrics() =~ /^apisec_schema_violations_total\{/mg), 3,
   'requests make no names');

my ($promtool) = `.ci/promtool` =~ /(\S+)/;
my $file = File::Temp->new;
print $file metrics();
close $file;
is(`$promtool check metrics <$file 2>&1`, '', 'promtool has nothing to say');


# The tables in the documentation.

my (%there, %told);

for my $path (glob 'ngx_api_*/*.c') {
    my $text = slurp($path);
    $there{$1} = 1 while $text =~ /"(apisec_[a-z0-9_]+)"/g;
    $there{"apisec_ratelimit_store_$1"} = 1
        while $text =~ /^    NGX_API_RATELIMIT_NUMBER\((\w+),/mg;
}

for my $path (glob 'docs/directives/*.md') {
    my $text = slurp($path);
    while ($text =~ /^(.*`apisec_.*)$/mg) {
        my $line = $1;
        $told{ $1 =~ s/_total$//r } = $path while $line =~ /`(apisec_[a-z0-9_]+)/g;
    }
}

delete $there{apisec_ratelimit_store_};
is_deeply([grep { !$told{$_} } sort keys %there], [],
          'each family is in the documentation');
is_deeply([map {"$_ of $told{$_}"} grep { !$there{$_} } sort keys %told], [],
          '... and none that there is not');

is_deeply([$server->log =~ /^.*\[(?:emerg|alert|crit)\].*$/mg], [], 'no alert');

done_testing();
