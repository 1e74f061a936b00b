#!/usr/bin/perl

# apisec log convert: events of every kind that a gateway writes, as ECS and
# OCSF, against what those demand of the members we use.

use strict;
use warnings;

use ApiTest;
use ApiTest::Sec;
use ApiTest::Server;
use JSON::PP;
use Test::More;

plan skip_all => 'needs t/node' if !-e 't/node/node_modules/ajv-formats/package.json';

my $up = Test::Nginx::StandIn::Port::named('convert-up');
my $apisec = ($ENV{API_BUILD} // 'build') . '/bin/apisec';

my $server = ApiTest::Server->start(workers => 1,
    files => { 'own.secret' => secret('hs256'), 'orders.yaml' => <<'END' },
openapi: 3.1.0
info: { title: Orders, version: "1" }
paths:
  /orders/{orderId}:
    parameters: [ { name: orderId, in: path, required: true, schema: { type: integer } } ]
    get: { operationId: read, responses: { "200": { description: ok } } }
    patch: { operationId: change, responses: { "200": { description: ok } } }
END
    http => "api_zone main 2m;\napi_audit logs/audit.jsonl;\n"
        . corp(key => 'file:own.secret kid=hs256')
        . "api_schema_spec orders orders.yaml base=/v1;\n"
        . "server { listen 127.0.0.1:$up; location / { return 200 '{}'; } location /none { return 404; } }\n",
    location => <<"END");
            return 404;
        }
        location /v1/ {
            api_auth   jwt=corp optional;
            api_schema orders;
            proxy_pass http://127.0.0.1:$up;
        }
        location /private/ { api_auth jwt=corp; proxy_pass http://127.0.0.1:$up; }
        location /watched/ { api_mode monitor; api_auth jwt=corp; proxy_pass http://127.0.0.1:$up; }
        location /none/ { api_behavior scanner over=5; proxy_pass http://127.0.0.1:$up; }
        location /_api/ {
            api_status;
END

my $odd = "Agent \"<\xff\xe2\x80\xae>\\";
$server->get('/v1/orders/7', bearer(), "User-Agent: $odd");
$server->get('/v1/orders/7', 'User-Agent: curl/8');
$server->request("$_ /v1/orders/7 HTTP/1.1", bearer()) for qw(PATCH HEAD OPTIONS DELETE);
$server->get('/v1/orders/x');
$server->get('/private/x');
$server->get('/private/x', bearer());
$server->get('/watched/x?token=abc');
$server->get("/none/$_") for 1 .. 20;
$server->request('BREW /pot HTTP/1.1');

# The log is whole when nginx has ended: events are written behind requests.

for (1 .. 500) {
    last if $server->text('logs/audit.jsonl') =~ /"kind":"alert"/;
    select undef, undef, undef, 0.02;
}
$server->stop;

my @events = map { decode_json($_) } split /\n/, $server->text('logs/audit.jsonl');

my %kinds;
$kinds{ $_->{kind} }++ for @events;
ok($kinds{$_}, "events of kind $_") for qw(request alert);

for my $form (qw(ecs ocsf)) {
    my $lines = `$apisec log convert $server->{dir}/logs/audit.jsonl --to $form`;
    is($? >> 8, 0, "$form: converted");
    $server->write("$form.lines", $lines);
    my $said = decode_json(scalar `node t/node/check-events.mjs t/specs/$form.schema.json < $server->{dir}/$form.lines`);
    is($said->{lines}, scalar @events, '... each of them');
    is_deeply($said->{faults}, [], '... as it has to be') or diag explain $said->{faults}[0];
}

my @ocsf = map { decode_json($_) } split /\n/, $server->text('ocsf.lines');
my ($read) = grep { ($_->{api}{operation} // '') eq 'read' && $_->{actor}{user}{uid} } @ocsf;
is_deeply([@{$read}{qw(class_uid category_uid activity_id type_uid action_id status_id)}],
    [6003, 6, 2, 600302, 1, 1], 'who read an order: API Activity, Read, allowed');
my ($anybody) = grep { ($_->{api}{operation} // '') eq 'read' && !$_->{actor}{user}{uid} } @ocsf;
is($anybody->{actor}{user}{name}, 'anonymous', '... or nobody known');
my ($denied) = grep { ($_->{status_detail} // '') eq 'missing' && $_->{action_id} == 2 } @ocsf;
is_deeply([@{$denied}{qw(class_uid disposition_id status_id severity_id)}], [4002, 2, 2, 3], 'a refusal is blocked');
my ($watched) = grep { ($_->{status_detail} // '') eq 'missing' && $_->{action_id} == 3 } @ocsf;
is($watched->{disposition_id}, 15, '... in monitor mode detected');
ok((grep { $_->{class_uid} == 0 && $_->{severity_id} == 4 } @ocsf), 'an alert is a Base Event');
is($read->{raw_data}, (grep {/"$read->{metadata}{uid}"/} split /\n/, $server->text('logs/audit.jsonl'))[0], 'the line itself goes along');

my @ecs = map { decode_json($_) } split /\n/, $server->text('ecs.lines');
my ($alert) = grep { $_->{event}{kind} eq 'alert' } @ecs;
ok($alert, 'an alert is one in ECS');
my ($no) = grep { ($_->{event}{reason} // '') eq 'missing' && $_->{event}{type}[0] eq 'denied' } @ecs;
is_deeply([@{ $no->{event} }{qw(outcome kind)}], [qw(failure event)], 'a refusal has failed');

done_testing();
