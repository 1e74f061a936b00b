# The contract and gRPC, which is read by nobody: only operations that are
# streams may pass unread, and of those all but the body is checked.

BEGIN { $ENV{TEST_NGINX_USE_HTTP2} = 1 }

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Schema;

try_calls();
no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: the name of gRPC opens no other operation
--- spec
openapi: 3.0.0
info: {title: t, version: '1'}
paths:
  /chat:
    post:
      operationId: chat
      x-streaming: true
      parameters:
        - {name: room, in: query, schema: {type: integer}}
      requestBody: {content: {application/grpc: {}}}
      responses: {'200': {description: ok}}
  /orders:
    post:
      operationId: order
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {'200': {description: ok}}
--- config
location / { api_body any skip=grpc; api_schema orders; UP }
--- request eval
["POST /chat?room=1\nx", "POST /chat?room=x\nx", "POST /chat?role=1\nx",
 "POST /orders\nx", "POST /orders?role=admin\nx", "POST /orders\n{}"]
--- more_headers eval
[("Content-Type: application/grpc+json") x 5, "Content-Type: application/json"]
--- error_code eval
[(200) x 6]
--- response_headers eval
["! grpc-status", "grpc-status: 3", "grpc-status: 3",
 "grpc-status: 3", "grpc-status: 3", "! grpc-status"]
--- response_body_like eval
['\Aapp ', ('\A\z') x 4, '\Aapp ']



=== TEST 2: without skip=grpc a stream may not be loaded; where it may, all else is checked
--- spec
openapi: 3.0.0
info: {title: t, version: '1'}
paths:
  /chat:
    post:
      operationId: chat
      requestBody: {content: {application/grpc: {}, application/json: {schema: {type: object}}}}
      responses: {'200': {description: ok}}
--- config
location / { api_body any; api_schema orders; UP }
--- must_die
--- error_log eval
qr{operation "chat" \(line \d+ of the document\) streams its body, which .* in \S+:\d+ cannot see}



=== TEST 3: ... monitored or off it may
--- spec
openapi: 3.0.0
info: {title: t, version: '1'}
paths:
  /chat:
    post:
      operationId: chat
      requestBody: {content: {application/grpc: {}}}
      responses: {'200': {description: ok}}
--- config
location / { api_body any skip=grpc; api_schema orders; api_schema_operation chat mode=monitor; UP }
--- request eval
["POST /chat\nx", "POST /chat?a=1\nx", "POST /none\nx"]
--- more_headers eval
[("Content-Type: application/grpc") x 3]
--- error_code eval
[(200) x 3]
--- response_headers eval
["! grpc-status", "! grpc-status", "grpc-status: 12"]



=== TEST 4: of a media type that only looks like it, the body is read
--- spec
openapi: 3.0.0
info: {title: t, version: '1'}
paths:
  /chat:
    post:
      operationId: chat
      requestBody: {content: {application/grpc: {}, application/json: {schema: {type: object}}}}
      responses: {'200': {description: ok}}
--- config
location / { api_body any skip=grpc; api_schema orders; UP }
--- request eval
["POST /chat\nx", "POST /chat\nx", "POST /chat\n[]", "POST /chat\n{}", "POST /chat\nx", "POST /chat\nx"]
--- more_headers eval
["Content-Type: application/grpc-web", "Content-Type: application/grpcx", "Content-Type: application/json",
 "Content-Type: application/json", "Content-Type: application/grpc;x=1", "Content-Type: APPLICATION/GRPC+proto"]
--- error_code eval
[415, 415, 422, 200, 200, 200]
--- response_headers eval
[("! grpc-status") x 6]
