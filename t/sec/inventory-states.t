#!/usr/bin/perl

# Each state and finding of the inventory, with a twin that is as its contract
# says.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Sec;
use ApiTest::Server;
use JSON::PP;
use Test::More;

my $up = Test::Nginx::StandIn::Port::named('states-up');

my $paths = join '', map { my ($path, $more, $types) = @$_; <<"END" }
  $path:
    get:
      operationId: get$path
      $more
      responses: { "200": { description: ok, content: { $types: {} } } }
END
    ['/right', 'security: [ { bearer: [] } ]', 'application/json'],
    ['/open', 'security: [ { bearer: [] } ]', 'application/json'],
    ['/anybody', 'security: []', 'application/json'],
    ['/typed', 'summary: a', 'application/json'],
    ['/param', 'parameters: [ { name: ok, in: query, schema: { type: integer } } ]', 'application/json'],
    ['/old', 'deprecated: true', 'application/json'],
    ['/gone', 'x-sunset: "2020-01-01"', 'application/json'],
    ['/later', 'x-sunset: "2999-01-01"', 'application/json'],
    ['/never', 'summary: a', 'application/json'],
    ['/broken', 'summary: a', 'application/json'];

my $server = ApiTest::Server->start(workers => 1, files => {
        'own.secret' => secret('hs256'), 'orders.yaml' => <<"END" },
openapi: 3.1.0
info: { title: Orders, version: "1" }
paths:
$paths
  /post:
    post:
      requestBody: { content: { application/json: {} } }
      responses: { "200": { description: ok, content: { application/json: {} } } }
  /post-right:
    post:
      requestBody: { content: { application/json: {} } }
      responses: { "200": { description: ok, content: { application/json: {} } } }
components:
  securitySchemes: { bearer: { type: http, scheme: bearer } }
END
    http => "api_zone main 4m;\n"
        . corp(key => 'file:own.secret kid=hs256')
        . "api_schema_spec orders orders.yaml base=/v1;\n"
        . "api_schema_security orders bearer jwt=corp;\n"
        . "server { listen 127.0.0.1:$up; default_type application/json;\n"
        . "location / { return 200 '{}'; } location /v1/broken { return 500 '{}'; }\n"
        . "location /v1/typed { default_type text/html; return 200 '<p>'; } }\n",
    location => <<"END");
            return 404;
        }
        api_inventory min_hits=2;
        location /v1/ {
            api_schema orders mode=monitor;
            proxy_pass http://127.0.0.1:$up;
        }
        location /shadow/ {
            api_auth   jwt=corp optional;
            proxy_pass http://127.0.0.1:$up;
        }
        location /_api/ {
            api_inventory off;
            api_status;
END

my $n = 0;
my @tokens = (bearer(), bearer(claims => { sub => 'bob' }));

sub get { $n++; return $server->get(@_) }

sub post {
    my ($path, $type, $body) = @_;
    $n++;
    return $server->request("POST $path HTTP/1.1", "Content-Type: $type",
        'Content-Length: ' . length $body, '', $body);
}

get('/v1/right', $tokens[0]);
get('/v1/open');
get('/v1/anybody');
get('/v1/typed');
get('/v1/param?ok=1&debug=1');
get("/v1/$_") for qw(old gone later broken);
post('/v1/post', 'text/plain', 'x');
post('/v1/post-right', 'application/json; charset=utf-8', '{}');
get("/shadow/locked/$_", $tokens[$_ % 2]) for 1 .. 4;
get("/shadow/open/$_", $_ % 2 ? $tokens[0] : ()) for 1 .. 4;

my %op;
for (1 .. 500) {
    my $inv = decode_json(($server->get('/_api/inventory?limit=1000'))[2]);
    my $sum = $inv->{other_requests};
    %op = ();
    for my $op (@{ $inv->{items} }) {
        $sum += $op->{requests};
        $op{ "$op->{method} $op->{template}" } = $op;
    }
    last if $sum >= $n;
    select undef, undef, undef, 0.02;
}

for my $row (
    ['GET /v1/right', 'documented', []],
    ['GET /v1/open', 'documented', ['auth_drift']],
    ['GET /v1/anybody', 'documented', []],
    ['GET /v1/typed', 'documented', ['type_drift']],
    ['GET /v1/param', 'documented', ['parameter_drift']],
    ['GET /v1/old', 'zombie', []],
    ['GET /v1/gone', 'zombie', []],
    ['GET /v1/later', 'documented', []],
    ['GET /v1/never', 'orphan', undef],
    ['GET /v1/broken', 'orphan', []],
    ['POST /v1/post', 'documented', ['type_drift']],
    ['POST /v1/post-right', 'documented', []],
    ['GET /shadow/locked/{id}', 'shadow', []],
    ['GET /shadow/open/{id}', 'shadow', ['open_success']],
) {
    my ($name, $state, $findings) = @$row;
    is($op{$name}{state}, $state, "$name: $state");
    is_deeply([sort @{ $op{$name}{findings} // [] }], $findings // [],
        '... ' . (@{ $findings // [] } ? "with @$findings" : 'and no more'))
        or diag explain $op{$name};
}

unlike($server->log, qr/\[(?:alert|emerg|crit)\]/, 'no alert in the log');

done_testing();
