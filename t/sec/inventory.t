#!/usr/bin/perl

# api_inventory against a running nginx: what is documented, what is learned,
# what a scanner leaves behind, and what survives a reload, a kill and a
# restart.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Sec;
use ApiTest::Server;
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;

my $SPEC = <<'END';
openapi: 3.1.0
info: { title: Orders, version: "1" }
x-owner: shop
paths:
  /orders:
    get:
      operationId: list
      security: [ { bearer: [] } ]
      parameters:
        - { name: limit, in: query, schema: { type: integer } }
      responses: { "200": { description: ok, content: { application/json: {} } } }
    post:
      operationId: create
      requestBody: { content: { application/json: { schema: { type: object } } } }
      responses: { "201": { description: ok } }
  /orders/{orderId}:
    parameters:
      - { name: orderId, in: path, required: true, schema: { type: string } }
    get:
      operationId: read
      responses: { "200": { description: ok } }
  /legacy:
    get:
      operationId: legacy
      x-owner: museum
      deprecated: true
      responses: { "200": { description: ok } }
  /never:
    get:
      operationId: never
      responses: { "200": { description: ok } }
components:
  securitySchemes: { bearer: { type: http, scheme: bearer } }
END

my $state = tempdir('api-state-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0700, $state;
chown +(getpwnam 'nobody')[2, 3], $state if $> == 0;    # the workers

my %upstream = (server => <<'END');
    default_type application/json;
    location /v1/       { return 200 "{}\n"; }
    location /v1/gone   { return 404 "{}\n"; }
    location /v2/       { return 200 "{}\n"; }
    location /v3/       { return 200
        '{"owner":{"mail":"jane@example.com"},"pan":"4111 1111 1111 1111"}'; }
    location /v1/hidden { return 200 "{\"a\":1}\n"; }
END

sub conf {
    my (%more) = @_;
    my $upstream = Test::Nginx::StandIn::Port::named('inventory-up');
    return (
        http => ($more{zone} // "api_zone main 4m;\n")
            . "api_state $state;\n"
            . "api_schema_spec orders orders.yaml base=/v1;\n"
            . "api_schema_security orders bearer jwt=corp;\n"
            . corp(key => 'file:own.secret kid=hs256')
            . "server { listen 127.0.0.1:$upstream; $upstream{server} }\n",
        server   => 'server_name api.example; set $to '
            . "127.0.0.1:$upstream;",
        location => <<'END',
            return 404;
        }
        location /v1/ {
            api_inventory;
            api_schema    orders mode=monitor;
            proxy_pass    http://$to$uri$is_args$args;
        }
        location /v2/ {
            api_inventory min_hits=3;
            api_auth      jwt=corp optional;
            api_body      json;
            proxy_pass    http://$to;
        }
        location /v3/ {
            api_inventory min_hits=2 scan=64k;
            api_auth      jwt=corp optional;
            api_body      json;
            proxy_pass    http://$to;
        }
        location /spa/ {
            api_inventory min_hits=2;
            error_page    404 =200 /index;
            proxy_intercept_errors on;
            proxy_pass    http://$to/v1/gone;
        }
        location = /index { internal; return 200 "the page"; }
        location /paid/ {
            api_inventory min_hits=2;
            api_schema    orders mode=monitor path=rewritten;
            api_auth      jwt=corp;
            error_page    401 =200 @login;
            rewrite       ^/paid(.*) /v1$1 break;
            proxy_pass    http://$to;
        }
        location @login { return 200 "please log in"; }
        location /refused/ {
            api_inventory;
            api_auth      jwt=corp;
            proxy_pass    http://$to/v1/;
        }
        location /_api/ {
            api_status;
END
        %more,
    );
}

my $server = ApiTest::Server->start(conf(),
    files => { 'own.secret' => secret('hs256'), 'orders.yaml' => $SPEC });


sub inventory {
    my ($path) = @_;
    my ($code, $head, $body) = $server->get('/_api/inventory' . ($path // ''));
    return $code == 200 ? decode_json($body) : $code;
}

# Requests are counted when they end, which may be after the client has the
# answer.

sub until_seen {
    my ($want, $what) = @_;
    my $got;

    for (1 .. 500) {
        $got = 0;
        my $inv = inventory('?limit=1000');
        $got += $_->{requests} for @{ $inv->{items} };
        $got += $inv->{other_requests};
        last if $got >= $want;
        select undef, undef, undef, 0.02;
    }

    return is($got, $want, $what);
}

sub op {
    my ($method, $template) = @_;
    my ($op) = grep { $_->{method} eq $method && $_->{template} eq $template }
        @{ inventory('?limit=1000')->{items} };
    return $op;
}

sub state_of { return (op(@_) // {})->{state} }

my $total = 0;

sub get {
    my ($path, @more) = @_;
    $total++;
    return $server->get($path, @more);
}


# Nothing has been seen.

my $none = inventory();
is($none->{operations}, 0, 'no operations at first');
is_deeply([sort map { "$_->{method} $_->{template} $_->{state}" }
            @{ $none->{items} }],
          [map {"$_ orphan"} 'GET /v1/legacy', 'GET /v1/never',
              'GET /v1/orders', 'GET /v1/orders/{orderId}',
              'POST /v1/orders'],
          'those of the contract are orphans');

# Documented.

get("/v1/orders?limit=$_") for 1 .. 5;
get('/v1/orders?limit=5&debug=true', bearer());
get("/v1/orders/$_") for 1 .. 30;
get('/v1/legacy');
until_seen($total, 'all requests are somewhere');

my $list = op('GET', '/v1/orders');
is($list->{state}, 'documented', 'an operation of the contract');
is($list->{spec}, 'orders', '... of which one');
is($list->{owner}, 'shop', '... whose it is');
is(op('GET', '/v1/legacy')->{owner}, 'museum', '... one of somebody else');
is($list->{status}{'2xx'}, 6, '... its statuses');
is($list->{success_without_credential}, 5, '... without a credential');
is($list->{success_with_credential}, 1, '... with one');
is_deeply([sort @{ $list->{findings} }], ['auth_drift', 'parameter_drift'],
          '... asks for credentials and answers without; a parameter');
is_deeply([map { [@$_{qw(name in types count)}] }
            sort { $a->{name} cmp $b->{name} } @{ $list->{parameters} }],
          [['debug', 'query', ['boolean'], 1], ['limit', 'query', ['integer'], 6]],
          '... parameters and their types');
is_deeply($list->{response_types}, ['json'], '... content types');

my $read = op('GET', '/v1/orders/{orderId}');
cmp_ok($read->{objects}, '>', 20, 'objects are told apart');
cmp_ok($read->{objects}, '<', 45, '... about');
is(state_of('GET', '/v1/legacy'), 'zombie', 'a deprecated one that is served');
is(state_of('GET', '/v1/never'), 'orphan', 'one that nobody calls');

# Shadow: served, and in no contract.

get('/v1/hidden/' . (1000 + $_), $_ % 2 ? bearer() : ()) for 1 .. 25;
until_seen($total, 'and those of no contract');

# One address asks: it takes two callers, or ten minutes.

is(op('GET', '/v1/hidden/{id}'), undef, 'one caller is no API');

# With two, it is; names of parameters and of a body's members, never values.

my $secret = 'canary7f3a';

get("/v2/carts/$_?expand=$secret-$_&page=$_",
    $_ % 2 ? bearer() : ()) for 1 .. 8;

my $body = '{"amount":12.5,"note":"' . $secret . '","paid":true,"n":3}';
for (1 .. 4) {
    $total++;
    $server->request("POST /v2/carts/$_/items HTTP/1.1",
        'Content-Type: application/json', ($_ % 2 ? bearer() : ()),
        'Content-Length: ' . length($body), '', $body);
}

until_seen($total, 'all of them');

my $cart = op('GET', '/v2/carts/{id}');
is($cart->{state}, 'shadow', 'learned: a shadow');
is_deeply($cart->{findings}, ['open_success'], '... that answers anybody');
is_deeply([sort map { "$_->{name} @{ $_->{types} }" }
            @{ $cart->{parameters} }], ['expand token', 'page integer'],
          '... its parameters');
is_deeply([sort @{ $cart->{auth} }], ['jwt', 'none'], '... its callers');
is($cart->{principals}, 1, '... one principal');

my $items = op('POST', '/v2/carts/{id}/items');
is_deeply([sort map { "$_->{name} $_->{in} @{ $_->{types} }" }
            @{ $items->{parameters} }],
          ['amount body number', 'n body integer', 'note body string',
           'paid body boolean'], 'members of the body');
is_deeply($items->{request_types}, ['json'], '... which is JSON');

my $overlay = inventory('/overlay');
is_deeply([sort map { keys %{ $_->{update} } } @{ $overlay->{actions} }],
          ['/v2/carts/{id}', '/v2/carts/{id}/items'], 'an overlay adds both');

# Sensitive data, in requests and responses, by the name of its member.

$body = '{"iban":"DE89370400440532013000","deep":{"a":["078-05-1120"]}}';
for (1 .. 4) {
    $total++;
    $server->request("POST /v3/pay HTTP/1.1",
        'Content-Type: application/json', ($_ % 2 ? bearer() : ()),
        'Content-Length: ' . length($body), '', $body);
}

until_seen($total, 'and these');
my $pay = op('POST', '/v3/pay');
is_deeply([sort @{ $pay->{findings} }],
          ['open_success', 'sensitive_request', 'sensitive_response'],
          'sensitive data');
is_deeply([sort map { "$_->{in} $_->{name} @{ $_->{classes} }" }
            grep { $_->{classes} } @{ $pay->{parameters} }],
          ['body deep national_id', 'body iban iban',
           'response mail email', 'response pan card'], '... where it is');
is_deeply([sort @{ $pay->{response_classes} }], ['card', 'email'],
          '... of responses');

# What scanners ask for leaves nothing behind.

my $before = inventory();
get("/v1/gone/$_/wp-admin.php") for 1 .. 60;
get("/refused/admin/$_") for 1 .. 30;
until_seen($total, 'what is refused or not found is counted');

# A page that error_page sends for all that is not there, as applications of one
# page want it, is no success; nor is the one that asks to log in.

get("/spa/$_", "X: 1") for 'a' .. 'z';
my $shown = (get('/spa/x'))[2];
like($shown, qr/the page/, 'a page stands for what is not there');
get('/paid/never') for 1 .. 3;
like((get('/paid/never'))[2], qr/log in/, 'another for who has not logged in');
until_seen($total, 'these too are counted');

my $after = inventory();
is($after->{nodes}, $before->{nodes}, 'and has left no node behind');
is($after->{operations}, $before->{operations}, 'and no operation');
is(state_of('GET', '/v1/never'), 'orphan', 'nor was one of the contract served');

# Reload, a killed worker, another size: nothing is lost.

$server->reload(conf()) or BAIL_OUT($server->log);
until_seen($total, 'a reload keeps it');

my ($pid) = ($server->get('/_api/'))[2] =~ /"pid":(\d+)/;
kill 'KILL', $pid;
get('/v1/orders');
until_seen($total, 'a worker that is killed too');

$server->reload(conf(zone => "api_zone main 8m;\n"))
    or BAIL_OUT($server->log);
until_seen($total, 'another size of the zone too');
is(op('GET', '/v1/orders')->{status}{'2xx'}, 7, '... each where it was');

# A later contract without an operation that is still served.

(my $later = $SPEC) =~ s{  /legacy:.*?(?=  /never)}{}s;
$later =~ s/x-owner: shop/x-owner: store/;
$server->write('orders.yaml', $later);
$server->reload(conf(zone => "api_zone main 8m;\n"))
    or BAIL_OUT($server->log);
get('/v1/legacy');
get('/v1/orders');
until_seen($total, 'counted as before');
is(op('GET', '/v1/orders')->{owner}, 'store', 'a new owner');

is(state_of('GET', '/v1/legacy'), 'zombie', 'what the contract has no longer');
is(op('GET', '/v1/legacy')->{requests}, 2, '... and is still served');

# The file in api_state.

$server->stop;
ok(-s "$state/inventory.snap", 'a file was left behind');
is((stat "$state/inventory.snap")[2] & 0777, 0600, '... for nobody else');

$server = ApiTest::Server->start(conf(),
    files => { 'own.secret' => secret('hs256'), 'orders.yaml' => $SPEC });
until_seen($total, 'it survives a restart');
is(op('GET', '/v1/orders')->{status}{'2xx'}, 8, '... with its counts');

my $id = op('GET', '/v1/orders')->{id};
is(inventory("/$id")->{template}, '/v1/orders', 'one operation by its id');
is(inventory('/0123456789abcdef'), 404, 'one there is not');
is(inventory('?state=nonsense'), 400, 'a state there is not');
is(scalar @{ inventory('?limit=1')->{items} }, 1, 'a page of one');
isnt(inventory('?limit=1')->{next}, undef, '... has a next');

# OpenAPI and the Overlay.

my $openapi = inventory('/openapi');
is($openapi->{openapi}, '3.1.0', 'as OpenAPI');
is_deeply([sort keys %{ $openapi->{paths} }],
          ['/v1/legacy', '/v1/orders', '/v1/orders/{orderId}',
           '/v2/carts/{id}', '/v2/carts/{id}/items', '/v3/pay'],
          '... what was seen');
is($openapi->{paths}{'/v1/orders'}{get}{parameters}[0]{schema}{type},
   'integer', '... with types');
is($openapi->{paths}{'/v2/carts/{id}'}{get}{parameters}[0]{schema}{type},
   'integer', '... and what its ids are');
my $overlay2 = inventory('/overlay');
unlike(($server->get('/_api/inventory?limit=1000'))[2]
       . ($server->get('/_api/inventory/openapi'))[2],
       qr/$secret|jane|4111|DE89|078-05/,
       'no value is in any of it');

# The command line reads it.

$server->stop;

my $apisec = ($ENV{API_BUILD} // 'build') . '/bin/apisec inventory';
my $snap = "$state/inventory.snap";

like(`$apisec list $snap`, qr{^shadow +GET +api\.example/v2/carts/\{id\}  6 requests}m,
     'list');
is(scalar(() = `$apisec list $snap --state shadow --json` =~ /^\{/mg), 3,
   '... those of a state, as JSON');
is_deeply(decode_json(`$apisec export $snap`)->{paths}, $openapi->{paths},
          'export says what api_status says');
is_deeply(decode_json(`$apisec export $snap --overlay`)->{actions},
          $overlay2->{actions}, '... the overlay too');

`$apisec diff $snap $snap`;
is($? >> 8, 0, 'diff of the same');
`$apisec merge --output $state/two $snap $snap`;
is($?, 0, 'merge');
like(`$apisec list $state/two`, qr{GET +api\.example/v2/carts/\{id\}  12 req}m,
     '... adds up');
`$apisec merge --output $state/two $snap $snap 2>&1`;
is($? >> 8, 3, '... and writes over nothing');
`$apisec list /dev/null 2>&1`;
is($? >> 8, 3, 'what is no file of an inventory');
`$apisec list $snap --state x 2>&1`;
is($? >> 8, 2, 'a state there is not');

unlike(slurp("$state/inventory.snap"), qr/$secret|jane|4111|DE89|078-05/,
       'nor in the file');

# A file that is broken, or of others, is not read.

open my $fh, '+<', "$state/inventory.snap" or die $!;
seek $fh, 3000, 0;
print $fh 'x';
close $fh;
$server = ApiTest::Server->start(conf(),
    files => { 'own.secret' => secret('hs256'), 'orders.yaml' => $SPEC });
is(inventory()->{operations}, 0, 'a broken file is left alone');
like($server->log, qr/inventory\.snap" is broken or of another release/,
     '... and said so');
ok(-s "$state/inventory.snap.bad", '... and kept');

# Metrics.

my (undef, undef, $metrics) = $server->get('/_api/metrics');
like($metrics, qr/^apisec_inventory_operations\{state="shadow"\} 0$/m,
     'operations by state');
$total = 0;
get('/v1/orders') for 1 .. 3;
until_seen(3, 'three');
(undef, undef, $metrics) = $server->get('/_api/metrics');
like($metrics, qr/^apisec_operation_responses_total\{api="orders",host="api.example",operation="list",status="2xx"\} 3$/m,
     'responses by operation');
like($metrics, qr/^apisec_operation_duration_seconds_count\{api="orders",host="api.example",operation="list"\} 3$/m,
     'durations by operation');

done_testing();
