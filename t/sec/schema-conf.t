# The contract: what fails nginx -t, with what to write instead; references to
# other files.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;
use ApiTest::Schema;

our $SECURED = contract(security => 'security: [{token: [orders:delete]}]',
    schemes => 'securitySchemes: {token: {type: http, scheme: bearer},'
        . ' key: {type: apiKey, in: header, name: X-Key}}');

# one order of two, of which the schema stands in another file
our $SPLIT = <<'END';
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /orders:
    post:
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: 'REF'}}}
      responses: {'200': {description: ok}}
END

our $ITEM = 'type: object
required: [item]
properties: {item: {type: string}}
';

sub split_spec {
    my ($ref) = @_;
    return $SPLIT =~ s/REF/$ref/r;
}

try_calls();
no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: no such document
--- http_config
api_schema_spec orders /nowhere/orders.yaml;
--- must_die
--- error_log eval
qr{\[emerg\] .*the document "/nowhere/orders.yaml" .*No such file.* in \S+nginx.conf:\d+}



=== TEST 2: every mistake of a document is told, with its place
--- spec
openapi: 3.0.0
info: {title: t, version: '1'}
paths:
  /a/{x}:
    get:
      responses: {'200': {description: ok}}
  /b:
    get:
      parameters:
        - {name: q, in: query, schema: {type: string, pattern: '(('}}
        - {name: r, in: query, schema: {$ref: '#/components/schemas/None'}}
      responses: {'200': {description: ok}}
--- must_die
--- error_log eval
[qr{api_schema_spec "orders": orders.yaml:5: /paths/~1a~1\{x\}/get}, qr{orders.yaml:10: /paths/~1b/get/parameters/0},
 qr{orders.yaml:11: /paths/~1b/get/parameters/1}]



=== TEST 3: no YAML
--- spec
openapi: 3.0.0
 info: [
--- must_die
--- error_log eval
qr{\[emerg\] .*orders.yaml": .*line 2}



=== TEST 4: two paths that are one
--- spec
openapi: 3.0.0
info: {title: t, version: '1'}
paths:
  /a/{x}:
    parameters: [{name: x, in: path, required: true, schema: {type: string}}]
    get: {responses: {'200': {description: ok}}}
  /a/{y}:
    parameters: [{name: y, in: path, required: true, schema: {type: string}}]
    get: {responses: {'200': {description: ok}}}
--- must_die
--- error_log eval
qr{api_schema_spec "orders": orders.yaml:9: /paths/~1a~1\{y\}/get: "/a/\{x\}" takes the same requests}



=== TEST 5: an unknown name
--- config
location / { api_schema nothing; UP }
--- must_die
--- error_log eval
qr{no api_schema_spec "nothing" for "api_schema" in \S+:\d+}



=== TEST 6: an unknown operation
--- config
location / { api_schema orders; api_schema_operation nothing mode=off; UP }
--- must_die
--- error_log eval
qr{api_schema_spec "orders" has no operation "nothing" for "api_schema_operation" in \S+:\d+: write an operationId}



=== TEST 7: who could call it? no line
--- spec eval: $::SECURED
--- config
location / { api_schema orders; UP }
--- must_die
--- error_log eval
qr{operation "deleteOrder" \(line \d+ of the document\) asks for the security scheme "token".*api_schema_security orders token METHOD=NAME}



=== TEST 8: ... no api_auth
--- spec eval: $::SECURED
--- http_config eval
main::corp() . 'api_schema_spec orders $TEST_NGINX_HTML_DIR/orders.yaml; api_schema_security orders token jwt=corp;'
--- config
location / { api_schema orders; UP }
--- must_die
--- error_log eval
qr{operation "deleteOrder" .* asks for the security scheme "token"}



=== TEST 9: ... of another location it is no matter
--- spec eval: $::SECURED
--- config
location /v1/reports { api_schema orders; UP }
location = /v1/aging { api_schema orders; UP }
--- calls
['GET /v1/aging', undef, 200],



=== TEST 10: ... and not of an operation that is off, or only watched
--- spec eval: $::SECURED
--- config
location / { api_schema orders; api_schema_operation deleteOrder mode=off; UP }
location /v1/ { api_schema orders mode=monitor; UP }
--- calls
['DELETE /v1/orders/7', undef, 200],



=== TEST 11: a scheme that is none, twice, of nothing
--- spec eval: $::SECURED
--- http_config eval
main::corp() . 'api_schema_spec orders $TEST_NGINX_HTML_DIR/orders.yaml; api_schema_security orders basic jwt=corp;'
--- must_die
--- error_log eval
qr{the document has no security scheme "basic" for "api_schema_security" in \S+:\d+}



=== TEST 12: ... twice
--- spec eval: $::SECURED
--- http_config eval
main::corp() . 'api_schema_spec orders $TEST_NGINX_HTML_DIR/orders.yaml;' . ' api_schema_security orders token jwt=corp;' x 2
--- must_die
--- error_log eval
qr{there is another line for the scheme "token"}



=== TEST 13: ... of nothing
--- spec eval: $::SECURED
--- http_config
api_schema_spec orders $TEST_NGINX_HTML_DIR/orders.yaml; api_schema_security orders token jwt=nobody;
--- must_die
--- error_log eval
qr{nothing is defined by the name "nobody" for "api_schema_security" in \S+:\d+}



=== TEST 14: a stream that nobody could look into
--- spec
openapi: 3.0.0
info: {title: t, version: '1'}
paths:
  /chat:
    post:
      operationId: chat
      x-streaming: true
      responses: {'200': {description: ok}}
--- config
location / { api_schema orders; UP }
--- must_die
--- error_log eval
qr{operation "chat" \(line 5 of the document\) streams its body, which "api_schema orders" in \S+ cannot see: write "api_body any skip=grpc;"}



=== TEST 15: words that are none
--- config
location / { api_schema orders modus=enforce; UP }
--- must_die
--- error_log eval
qr{unknown parameter "modus=enforce" of "api_schema", which takes: mode= path=}



=== TEST 16: a base that is none
--- http_config
api_schema_spec orders $TEST_NGINX_HTML_DIR/orders.yaml base=v1/;
--- must_die
--- error_log eval
qr{base="v1/" is no path: it begins with / and does not end with it, for example base=/v1}



=== TEST 17: twice
--- http_config
api_schema_spec orders $TEST_NGINX_HTML_DIR/orders.yaml;
api_schema_spec orders $TEST_NGINX_HTML_DIR/orders.yaml;
--- must_die
--- error_log eval
qr{duplicate api_schema_spec "orders" in \S+:\d+}



=== TEST 18: limits that are none
--- config
location / { api_schema orders; api_schema_limit depth=0; UP }
--- must_die
--- error_log eval
qr{"depth" takes a number from 1 to 2147483647}



=== TEST 19: a base of the configuration
--- http_config
api_schema_spec orders $TEST_NGINX_HTML_DIR/orders.yaml base=/api;
--- calls
['GET /api/orders', undef, 200],
['GET /v1/orders', undef, [404, 'unknown_path']],
['GET /api/orders', undef, 200],



=== TEST 20: ... and none
--- http_config
api_schema_spec orders $TEST_NGINX_HTML_DIR/orders.yaml base=/;
--- calls
['GET /orders', undef, 200],
['GET /v1/orders', undef, [404, 'unknown_path']],



=== TEST 21: another file below the root
--- spec eval: main::split_spec('item.yaml')
--- user_files eval
[['item.yaml', $::ITEM]]
--- http_config
api_schema_root $TEST_NGINX_HTML_DIR;
api_schema_spec orders $TEST_NGINX_HTML_DIR/orders.yaml;
--- calls
[qq(POST /orders\n{"item":"pen"}), 'Content-Type: application/json', 200],
[qq(POST /orders\n{"item":1}), 'Content-Type: application/json', [422, 'invalid_body', '"pointer":"/item"']],



=== TEST 22: without a root there is no other file
--- spec eval: main::split_spec('item.yaml')
--- user_files eval
[['item.yaml', $::ITEM]]
--- must_die
--- error_log eval
qr{api_schema_spec "orders": orders.yaml:\d+: /paths/~1orders/post}



=== TEST 23: nothing outside of the root
--- spec eval: main::split_spec('../conf/nginx.conf')
--- http_config
api_schema_root $TEST_NGINX_HTML_DIR;
api_schema_spec orders $TEST_NGINX_HTML_DIR/orders.yaml;
--- must_die
--- error_log eval
qr{api_schema_spec "orders": orders.yaml:\d+: /paths/~1orders/post.*root}



=== TEST 24: nothing of the network
--- spec eval: main::split_spec('http://127.0.0.1/item.yaml')
--- http_config
api_schema_root $TEST_NGINX_HTML_DIR;
api_schema_spec orders $TEST_NGINX_HTML_DIR/orders.yaml;
--- must_die
--- error_log eval
qr{api_schema_spec "orders": orders.yaml:\d+: /paths/~1orders/post}



=== TEST 25: a document outside of its root
--- http_config
api_schema_spec orders $TEST_NGINX_HTML_DIR/orders.yaml root=/etc/nginx;
--- must_die
--- error_log eval
qr{orders.yaml" is not below the root of its references, "/etc/nginx"}



=== TEST 26: limits hold
--- config
location / { api_schema orders; api_schema_limit depth=2 string=10 errors=1; UP }
--- calls
[qq(POST /v1/orders\n{"item":"pen","quantity":2}), 'Content-Type: application/json', 200],
[qq(POST /v1/orders\n{"item":"01234567890","quantity":2}), 'Content-Type: application/json', [413, 'body_too_large', '"keyword":"limit"']],
[qq(POST /v1/orders\n{"item":[[]],"quantity":2}), 'Content-Type: application/json', [413, 'body_too_large']],
[qq(POST /v1/orders\n{"item":"","quantity":"2"}), 'Content-Type: application/json', [422, 'invalid_body']],
