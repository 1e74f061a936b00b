#!/usr/bin/perl

# api_policy and api_exception: what an exception lets pass and what not, to
# whom, until when; how both are seen in events, metrics and api_status.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Event;
use ApiTest::Server;
use JSON::PP ();
use POSIX qw(strftime);
use Test::More;
use Time::HiRes qw(sleep time);

sub claims {
    my ($sub, $left) = @_;
    return { iss => 'https://idp', aud => 'orders', sub => $sub, scope => 'a',
             exp => int(time) + ($left // 600) };
}

sub bearer {
    my ($key, $claims) = @_;
    return 'Authorization: Bearer ' . jwt(alg => 'HS256', key => $key,
        header => { kid => 'hs256' }, claims => $claims);
}

my %who     = map { $_ => bearer('hs256', claims($_)) } qw(alice bob);
my $expired = bearer('hs256', claims('alice', -600));
my $forged  = bearer('hs256b', claims('alice'));

my $day = 'expires=2099-01-31 owner=team-a';

# Long enough for a slow machine to ask before it, and it is waited for.

my $end = int(time) + 12;
my $soon = strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $end);

my $spec = <<'YAML';
openapi: 3.0.3
info: { title: t, version: '1' }
paths:
  /spec/one: { get: { operationId: one, responses: { default: { description: d } },
    parameters: [{ name: n, in: query, schema: { type: integer } }] } }
  /spec/two: { get: { operationId: two, responses: { default: { description: d } },
    parameters: [{ name: n, in: query, schema: { type: integer } }] } }
YAML

my $other = <<'YAML';
openapi: 3.0.3
info: { title: t, version: '1' }
paths:
  /other/one: { get: { operationId: one, responses: { default: { description: d } },
    parameters: [{ name: n, in: query, schema: { type: integer } }] } }
YAML

my $rules = <<'END';
SecRuleEngine On
SecRule ARGS "@contains evil" "id:100,phase:2,deny,status:403"
SecRule ARGS "@contains worse" "id:101,phase:2,deny,status:403"
END

my $server = ApiTest::Server->start(
    workers => 1,
    files   => {
        'own.secret' => secret('hs256'), 'html/x' => "x\n",
        'spec.yaml'  => $spec, 'other.yaml' => $other, 'rules.conf' => $rules,
        'html/key' => "key AKIAIOSFODNN7EXAMPLE and 4111 1111 1111 1111\n",
    },
    http => <<'EOF',
    api_zone main 2m;
    api_audit logs/audit.jsonl;
    api_policy whole owner=platform review_by=2020-01-01;
    api_jwt_issuer corp {
        issuer https://idp; audience orders;
        algorithms HS256; key file:own.secret kid=hs256;
    }
    api_jwt_issuer partner {
        issuer https://partner; audience orders;
        algorithms HS256; key file:own.secret kid=hs256;
    }
    api_schema_spec s spec.yaml;
    api_schema_spec t other.yaml;
    api_waf_ruleset own rules.conf;
    api_ratelimit_zone z 1m;
    api_ratelimit_policy few zone=z key=$uri rate=1r/d at=address;
    api_ratelimit_policy none zone=z key=$uri rate=1r/d at=address;
EOF
    server => <<"EOF",
    location /auth/ {
        api_auth jwt=corp;
        api_exception e-auth rule=auth.expired $day ticket=SEC-1;
        try_files /x =404;
    }
    location /soon/ {
        api_auth jwt=corp;
        api_exception e-soon rule=auth expires=$soon owner=team-b;
        try_files /x =404;
    }
    location /past/ {
        api_auth jwt=corp;
        api_exception e-past rule=auth expires=2020-01-01 owner=team-b;
        try_files /x =404;
    }
    location /who/ {
        api_policy narrow owner=team-c;
        api_auth jwt=corp;
        api_require scope b;
        api_require claim:sub in alice bob;
        api_exception e-who rule=require scope=principal:alice $day;
        try_files /x =404;
        location /who/off/ { api_exception off; api_policy off; try_files /x =404; }
        location /who/in/ { try_files /x =404; }
    }
    location /both/ {
        api_auth jwt=corp;
        api_require scope b;
        api_require claim:none exists;
        api_exception e-both rule=require.insufficient_scope $day;
        try_files /x =404;
    }
    location /net/ {
        api_auth jwt=corp;
        api_exception e-net1 rule=auth scope=address:127.0.0.0/8,path:/net/a/ $day;
        api_exception e-net2 rule=auth scope=address:10.0.0.0/8 $day;
        try_files /x =404;
    }
    location /spec/ {
        api_schema s;
        api_exception e-op rule=schema scope=operation:s/one $day;
        try_files /x =404;
    }
    location /other/ {
        api_schema t;
        api_exception e-op2 rule=schema scope=operation:s/one $day;
        try_files /x =404;
    }
    location /issuer/ {
        api_auth jwt=corp,partner;
        api_require scope b;
        api_exception e-iss rule=require scope=principal:alice,issuer:corp $day;
        try_files /x =404;
    }
    location /waf/ {
        api_waf own;
        api_exception e-waf rule=waf.100 $day;
        try_files /x =404;
    }
    location /wafs/ {
        api_waf own;
        api_exception e-wafs rule=waf $day;
        try_files /x =404;
    }
    location /limit/ {
        api_ratelimit few none;
        api_exception e-limit rule=limit.few $day;
        try_files /x =404;
    }
    location /limits/ {
        api_ratelimit few none;
        api_exception e-limits rule=limit $day;
        try_files /x =404;
    }
    location /leak/ {
        api_leak block kinds=card,cloud_key;
        api_exception e-leak rule=leak.cloud_key $day;
        try_files /key =404;
    }
    location /leaks/ {
        api_leak block kinds=card,cloud_key;
        api_exception e-leaks rule=leak $day;
        try_files /key =404;
    }
    location /page/ {
        api_policy page owner=team-d;
        error_page 401 /elsewhere/;
        api_auth jwt=corp;
        try_files /x =404;
    }
    location /elsewhere/ { api_policy other owner=nobody; try_files /x =404; }
    location /_admin/ {
        api_status;
        api_auth jwt=corp;
        api_require scope admin;
        api_exception e-admin rule=require $day;
    }
    location /_guest/ {
        api_status;
        api_auth jwt=corp;
        api_exception e-guest rule=auth $day;
    }
    location /_own/ {
        api_status;
        api_auth jwt=corp;
        api_require scope a;
        api_exception e-own rule=require $day;
    }
    location /_api/ { api_status; allow 127.0.0.1; deny all; }
EOF
    location => 'try_files /x =404;',
);

# Code and event of a request.

sub ask {
    my ($uri, @headers) = @_;
    my $from = length $server->text('logs/audit.jsonl');
    my ($code, $head, $body) = $server->get($uri, @headers);

    for (1 .. 1000) {
        last if substr($server->text('logs/audit.jsonl'), $from)
            =~ /"kind":"request".*\n/;
        sleep 0.01;
    }
    my ($e) = grep { $_->{kind} eq 'request' }
        events_of(substr $server->text('logs/audit.jsonl'), $from);
    is(join(', ', event_faults($e)), '', "$uri: an event as the schema says");
    return ($code, $e, $body);
}

sub is_excepted {
    my ($name, $uri, $id, @headers) = @_;
    my ($code, $e, $body) = ask($uri, @headers);
    is($code, 200, "$name: passes");
    is(join(' ', @{ $e->{governance}{exceptions} // [] }), $id,
        '... by the exception');
    return ($e, $body);
}

sub is_refused {
    my ($name, $uri, $status, @headers) = @_;
    my ($code, $e) = ask($uri, @headers);
    is($code, $status, "$name: refused");
    is($e->{verdict}, 'deny', '... so says the event');
    return $e;
}

sub none_of {
    my ($e) = @_;
    is($e->{governance}{exceptions}, undef, '... no exception');
    return;
}


# First what ends while the test runs.

my ($e) = is_excepted('before its end', '/soon/', 'e-soon', $forged);
is($e->{verdict}, 'monitor', 'as monitor would have noted it');
is($e->{reason}, 'signature', '... with the reason');
cmp_ok(time, '<', $end, 'it was before the end');

($e) = is_excepted('a reason', '/auth/', 'e-auth', $expired);
none_of(is_refused('another reason', '/auth/', 401, $forged));
my ($code, $good) = ask('/auth/', $who{alice});
is($code, 200, 'who needs no exception');
is($good->{verdict}, 'allow', '... is allowed');
none_of($good);
none_of(is_refused('what has expired', '/past/', 401, $forged));
my $said = $server->log . $server->text('stderr');
like($said, qr/exception "e-past" of team-b has expired/, '... nginx says so');

is_excepted('by principal', '/who/', 'e-who', $who{alice});
none_of(is_refused('another principal', '/who/', 403, $who{bob}));
is_excepted('in a nested location', '/who/in/', 'e-who', $who{alice});
none_of(is_refused('off', '/who/off/', 403, $who{alice}));
is_refused('one of two', '/both/', 403, $who{alice});
is_excepted('by address and path', '/net/a/x', 'e-net1', $forged);
none_of(is_refused('another path', '/net/b/x', 401, $forged));

# What somebody behind nginx may take for another path is none that is excepted.

for my $path ('/net/b/..%2fa/x', '/net/a/..;/b', '/net/a/..%5cb', '/net/a%2fx',
    '/net/b/../a/x', '/net/a/%252e%252e/b', '/net/a/..%252Fb',
    '/net/a/%25252e./b', '/net/a/..%255cb', '/net/a/..%3b/b',
    '/net/a/%2e%2e%3Bx/b', '/net/a/..%253b/b', '/net/a/x%2f..;%2f..;%2fb',
    '/net/a/x%2f..%3bv/..a%2F..;')
{
    none_of(is_refused($path, $path, 401, $forged));
}
is_excepted("by path: $_", $_, 'e-net1', $forged)
    for '/net/a/x%2Fy', '/net/a/x%2fy;v%2F..z;v=1', '/net/a/p;v=1/x',
        '/net/a/p%3bv=1/x', '/net/a/x?next=..;/b', '/net/a/100%25/x%25y';

# api_status is for those it names, whatever is excepted above it.

($code) = ask('/_admin/governance', $who{alice});
is($code, 403, 'no exception opens api_status');
($code) = ask('/_guest/governance', $forged);
is($code, 401, '... of auth neither');
($code) = ask('/_own/governance', $who{alice});
is($code, 200, '... to whom it is open needs none');

is_excepted('an operation', '/spec/one?n=x', 'e-op');
none_of(is_refused('another one', '/spec/two?n=x', 400));
($code, $good) = ask('/spec/two?n=1');
is($code, 200, 'a good request of it');

none_of(is_refused('one of that name of another contract', '/other/one?n=x', 400));
($code) = ask('/other/one?n=1');
is($code, 200, '... a good request of it');

my $alice = bearer('hs256', { %{ claims('alice') }, iss => 'https://partner' });
is_excepted('by principal and issuer', '/issuer/x', 'e-iss', $who{alice});
none_of(is_refused('one of that name of another issuer', '/issuer/x', 403, $alice));

is_excepted('a rule of the WAF', '/waf/?a=evil', 'e-waf');
$e = is_refused('another rule', '/waf/?a=worse', 403);
is($e->{by}, 'waf', '... of the WAF');
is_refused('both: the other one', '/waf/?a=evil+worse', 403);
($e) = is_excepted('all rules', '/wafs/?a=evil', 'e-wafs');
is($e->{verdict}, 'monitor', '... are noted');

is_excepted('all limits', '/limits/a', 'e-limits') for 1 .. 3;
($code) = ask('/limit/a');
is($code, 200, 'a first request');
is_refused('a limit that is not excepted', '/limit/a', 429);

$e = is_refused('a kind that is not excepted', '/leak/', 502);
is($e->{reason}, 'card', '... that one');
($e, my $body) = is_excepted('all kinds', '/leaks/', 'e-leaks');
like($body, qr/AKIAIOSFODNN7EXAMPLE and 4111 1111/, '... as it is');


# Policies.

($code, $e) = ask('/x');
is_deeply($e->{governance}, { policy => 'whole', owner => 'platform' },
    'a policy from above');
($code, $e) = ask('/who/', $who{bob});
is($e->{governance}{policy}, 'narrow', 'a narrower one');
is($e->{governance}{owner}, 'team-c', '... and its owner');
($code, $e) = ask('/who/off/', $who{bob});
is($e->{governance}, undef, 'off');
($code, $e) = ask('/page/');
is($e->{governance}{policy}, 'page',
    'that of the location that decided, not of the page of the error');


# Metrics and api_status.

my (undef, undef, $metrics) = ask('/_api/metrics');
like($metrics, qr/^apisec_policy_review_timestamp_seconds\{policy="whole",owner="platform"\} 1577923200$/m,
    'when a policy is due, the end of its day');
like($metrics, qr/^apisec_exception_expiry_timestamp_seconds\{exception="e-soon",rule="auth",owner="team-b"\} $end$/m,
    'when an exception ends');

my (undef, undef, $text) = ask('/_api/governance');
my $doc = JSON::PP->new->decode($text);
my %exception = map { $_->{exception} => $_ } @{ $doc->{exceptions} };
is_deeply($exception{'e-auth'}, { exception => 'e-auth', owner => 'team-a',
    rule => 'auth.expired', ticket => 'SEC-1', expires => '2099-01-31',
    expired => JSON::PP::false, requests => 1,
    last => $exception{'e-auth'}{last} }, 'an exception, all of it');
cmp_ok(abs(time - $exception{'e-auth'}{last}), '<', 600, '... when it was used last');
is($exception{'e-net1'}{requests}, 7, 'how often it was used');
is($exception{'e-past'}{requests}, 0, '... never, when it has expired');
is($exception{'e-past'}{last}, undef, '... nor a time of that');
is_deeply([@{ $exception{'e-op'} }{qw(contract operation)}], ['s', 'one'],
    'its operation and contract');
is($exception{'e-iss'}{issuer}, 'corp', 'its issuer');
ok($exception{'e-past'}{expired}, 'an expired one');
is($exception{'e-who'}{principal}, 'alice', 'its scope');
my ($whole) = grep { $_->{policy} eq 'whole' } @{ $doc->{policies} };
ok($whole->{overdue}, 'a policy that is overdue');
like($said, qr/policy "whole" of platform was to be reviewed by 2020-01-01/,
    '... nginx says so');
my ($none) = ask('/_api/governance/x');
is($none, 404, 'nothing below it');


# Without a reload.

sleep 0.1 while time < $end + 1;
none_of(is_refused('after its end', '/soon/', 401, $forged));
(undef, undef, $text) = $server->get('/_api/governance');
%exception = map { $_->{exception} => $_ }
    @{ JSON::PP->new->decode($text)->{exceptions} };
ok($exception{'e-soon'}{expired}, '... and api_status says so');


# The counts, over a reload that takes one away and brings one.

my $conf = $server->text('nginx.conf');
$conf =~ s/api_exception e-net2 .*?;/api_exception e-new rule=auth scope=address:10.0.0.0\/8 $day;/;
$server->write('nginx.conf', $conf);
$server->reload;
(undef, undef, $text) = $server->get('/_api/governance');
%exception = map { $_->{exception} => $_ }
    @{ JSON::PP->new->decode($text)->{exceptions} };
is($exception{'e-net1'}{requests}, 7, 'counts survive a reload');
is($exception{'e-new'}{requests}, 0, '... a new one begins at none');
is($exception{'e-net2'}, undef, '... an old one is gone');

done_testing();
