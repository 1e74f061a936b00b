# The contract: what the description names passes, anything else is refused
# before the application sees a byte. Each refusal has its twin that passes.
# schema-http2.t runs this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Schema;

sub part {
    my ($name, $text) = @_;
    return "POST /up\n--b\r\nContent-Disposition: form-data; name=\"$name\"\r\n"
        . "Content-Type: application/json\r\n\r\n$text\r\n--b--\r\n";
}

try_calls();
no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: paths and methods
--- calls
['GET /v1/orders', undef, 200],
['GET /v1/orders/7', undef, 200],
['GET /v1/orders/7/lines/a%20b', undef, 200],
['GET /orders', undef, [404, 'unknown_path']],
['GET /v1/order', undef, [404, 'unknown_path']],
['GET /v1/orders/', undef, [404, 'unknown_path']],
['GET /v1/Orders', undef, [404, 'unknown_path']],
['GET /v1/orders/7/lines', undef, [404, 'unknown_path']],
['GET /v1/%6frders', undef, 200],
['PUT /v1/orders', undef, [405, 'method_not_allowed']],
['DELETE /v1/orders', undef, [405, 'method_not_allowed']],
['DELETE /v1/orders/7', undef, 200],



=== TEST 2: a 405 says which methods there are
--- request
PATCH /v1/orders/7
--- error_code: 405
--- response_headers
Allow: GET, DELETE, HEAD
Content-Type: application/problem+json
--- response_body_like eval
problem_like(status => 405, code => 'method_not_allowed')
--- error_log eval
qr/refused 405 schema method/



=== TEST 3: parameters of the path
--- calls
['GET /v1/orders/0', undef, [400, 'invalid_parameter', '"parameter":"orderId"', '"in":"path"', '"keyword":"minimum"']],
['GET /v1/orders/x', undef, [400, 'invalid_parameter', '"keyword":"type"']],
['GET /v1/orders/7e0', undef, [400, 'invalid_parameter', '"keyword":"type"']],
['GET /v1/orders/%37', undef, 200],



=== TEST 4: a path that others may read otherwise
--- calls
['GET /v1//orders', undef, [400, 'ambiguous_path']],
['GET /v1/./orders', undef, [400, 'ambiguous_path']],
['GET /v1/x/../orders', undef, [400, 'ambiguous_path']],
['GET /v1/x/%2e%2e/orders', undef, [400, 'ambiguous_path']],
['GET /v1/orders/7%2Flines%2F1', undef, [400, 'ambiguous_path']],
['GET /v1/orders\\\\7', undef, [400, 'ambiguous_path']],
['GET /v1/orders/7/lines/%0a', undef, [400, 'ambiguous_path']],
['GET /v1/orders/7/lines/%ff', undef, [400, 'ambiguous_path']],
['GET /v1/orders/7/lines/%c3%a4', undef, 200],



=== TEST 5: an encoded slash where the API has them
--- config
location / { api_schema orders encoded_slash=allow; UP }
--- calls
['GET /v1/orders/7/lines/a%2Fb', undef, 200],
['GET /v1/orders/7%2Flines%2F1', undef, [400, 'invalid_parameter']],
['GET /v1/orders/7/lines/..%2f..%2fb', undef, [400, 'ambiguous_path']],



=== TEST 6: parameters of the query
--- calls
['GET /v1/orders?limit=100&tag=a&tag=b', undef, 200],
['GET /v1/orders?limit=101', undef, [400, 'invalid_parameter', '"parameter":"limit"', '"in":"query"', '"keyword":"maximum"']],
['GET /v1/orders?limit=abc', undef, [400, 'invalid_parameter', '"keyword":"type"']],
['GET /v1/orders?limit=', undef, [400, 'invalid_parameter']],
['GET /v1/orders?limit=1&limit=2', undef, [400, 'invalid_parameter', '"keyword":"duplicate"']],
['GET /v1/orders?tag=123456789', undef, [400, 'invalid_parameter', '"pointer":"/0"', '"keyword":"maxLength"']],
['GET /v1/orders?admin=true', undef, [400, 'invalid_parameter', '"parameter":"admin"', '"keyword":"unknown"']],
['GET /v1/orders?Limit=1', undef, [400, 'invalid_parameter', '"keyword":"unknown"']],
['GET /v1/orders?limit=%31', undef, 200],
['GET /v1/orders?', undef, 200],



=== TEST 7: headers and cookies
--- calls
['GET /v1/orders', 'X-Trace: 00ff', 200],
['GET /v1/orders', 'X-Trace: 00FF', [400, 'invalid_parameter', '"parameter":"X-Trace"', '"in":"header"', '"keyword":"pattern"']],
['GET /v1/orders', 'Cookie: theme=dark', 200],
['GET /v1/orders', 'Cookie: theme=blue', [400, 'invalid_parameter', '"in":"cookie"', '"keyword":"enum"']],
['GET /v1/orders', 'X-Other: 1', 200],
['GET /v1/orders', 'Cookie: other=1', 200],



=== TEST 8: unknown headers and cookies where they are not wanted
--- config
location / {
    api_schema orders;
    api_schema_unknown query=ignore headers=deny cookies=deny;
    UP
}
--- calls
['GET /v1/orders?admin=1', 'X-Trace: 00ff', 200],
['GET /v1/orders', 'X-Other: 1', [400, 'invalid_parameter', '"in":"header"', '"keyword":"unknown"']],
['GET /v1/orders', 'Cookie: other=1', [400, 'invalid_parameter', '"in":"cookie"', '"keyword":"unknown"']],
['GET /v1/orders?limit=0', 'X-Trace: 00ff', [400, 'invalid_parameter', '"keyword":"minimum"']],



=== TEST 9: bodies
--- calls
[qq(POST /v1/orders\n{"item":"pen","quantity":2}), 'Content-Type: application/json', 200],
[qq(POST /v1/orders\n{"item":"pen","quantity":"2"}), 'Content-Type: application/json', [422, 'invalid_body', '"pointer":"/quantity"', '"keyword":"type"']],
[qq(POST /v1/orders\n{"item":"pen"}), 'Content-Type: application/json', [422, 'invalid_body', '"pointer":""', '"keyword":"required"']],
[qq(POST /v1/orders\n{"item":"pen","quantity":2,"isAdmin":true}), 'Content-Type: application/json', [422, 'invalid_body', '"pointer":"/isAdmin"']],
[qq(POST /v1/orders\n{"item":"pen","quantity":2,"id":1}), 'Content-Type: application/json', [422, 'invalid_body', '"pointer":"/id"', '"keyword":"readOnly"']],
[qq(POST /v1/orders\n{"item":"pen","quantity":2,"quantity":3}), 'Content-Type: application/json', [400, 'malformed_body', '"keyword":"duplicate"']],
[qq(POST /v1/orders\n{"item":"pen",), 'Content-Type: application/json', [400, 'malformed_body', '"keyword":"syntax"']],
[qq(POST /v1/orders\n[]), 'Content-Type: application/json', [422, 'invalid_body', '"keyword":"type"']],
[qq(POST /v1/orders\nitem=pen&quantity=2), 'Content-Type: application/x-www-form-urlencoded', 200],
[qq(POST /v1/orders\nitem=pen&quantity=10), 'Content-Type: application/x-www-form-urlencoded', [422, 'invalid_body', '"keyword":"maximum"']],
['POST /v1/orders', 'Content-Type: application/json', [400, 'invalid_body', '"keyword":"required"']],
[qq(GET /v1/orders\n{}), 'Content-Type: application/json', [400, 'invalid_body']],



=== TEST 10: the media type counts, not what it looks like
--- calls
[qq(POST /v1/orders\n{"item":"pen","quantity":2}), 'Content-Type: text/plain', [415, 'unsupported_media_type', '"keyword":"mediaType"']],
[qq(POST /v1/orders\n{"item":"pen","quantity":2}), 'Content-Type: application/json; charset=utf-16', [415, 'unsupported_media_type']],
[qq(POST /v1/orders\n{"item":"pen","quantity":2}), 'Content-Type: application/x-www-form-urlencoded', [422, 'invalid_body']],
[qq(POST /v1/orders\n{"item":"pen","quantity":2}), 'Content-Type: Application/JSON', 200],
[qq(POST /v1/orders\n{"item":"pen","quantity":2}), "Content-Type: application/json\nContent-Encoding: gzip", [415, 'unsupported_coding']],



=== TEST 11: nothing of the value is told
--- request
POST /v1/orders
{"item":"s3cr3t-s3cr3t-s3cr3t-s3cr3t","quantity":99}
--- more_headers
Content-Type: application/json
--- error_code: 422
--- response_body_unlike: s3cr3t
--- no_error_log
s3cr3t



=== TEST 12: the method of a header
--- calls
['GET /v1/orders', 'X-HTTP-Method-Override: DELETE', [400, 'method_override']],
['GET /v1/orders', 'x-method-override: GET', [400, 'method_override']],
['GET /v1/orders', 'X-HTTP-Method: PUT', [400, 'method_override']],
['GET /v1/orders', 'X-HTTP-Methods: PUT', 200],



=== TEST 13: ... may be let through
--- config
location / { api_schema orders; api_schema_methods override=ignore options=pass; UP }
--- calls
['GET /v1/orders', 'X-HTTP-Method-Override: DELETE', 200],
['OPTIONS /v1/orders', undef, 200],
['OPTIONS /v1/nothing', undef, [404, 'unknown_path']],



=== TEST 14: HEAD is GET, OPTIONS is what the description says
--- request eval
['HEAD /v1/orders', 'HEAD /v1/orders?limit=0', 'OPTIONS /v1/orders']
--- error_code eval
[200, 400, 405]



=== TEST 15: HEAD by itself
--- config
location / { api_schema orders; api_schema_methods head=described; UP }
--- request
HEAD /v1/orders
--- error_code: 405
--- response_headers
Allow: GET, POST



=== TEST 16: operations of inside, and of yesterday
--- calls
['GET /v1/reports', undef, [404, 'unknown_path']],
['GET /v1/old', undef, [410, 'operation_gone']],



=== TEST 17: ... and of tomorrow
--- request
GET /v1/aging
--- response_headers
Deprecation: true
Sunset: Tue, 31 Dec 2999 00:00:00 GMT



=== TEST 18: inside, operations of inside are served
--- http_config
api_exposure internal;
--- calls
['GET /v1/reports', undef, 200],
['GET /v1/orders', undef, 200],



=== TEST 19: an operation by itself
--- config
location / {
    api_schema orders;
    api_schema_operation listOrders mode=off;
    api_schema_operation getOrder internal;
    api_schema_operation createOrder mode=monitor;
    UP
}
--- calls
['GET /v1/orders?x=1', undef, 200],
['GET /v1/orders/7', undef, [404, 'unknown_path']],
['DELETE /v1/orders/7', undef, 200],
[qq(POST /v1/orders\n{}), 'Content-Type: application/json', 200],
['GET /v1/orders/7/lines/1?x=1', undef, [400, 'invalid_parameter']],



=== TEST 20: monitor: everything passes, and is told
--- config
location / { api_schema orders mode=monitor; UP }
--- request eval
["GET /v1/nothing", "GET /v1/orders?x=1", "POST /v1/orders\n{}"]
--- more_headers eval
[("Content-Type: application/json") x 3]
--- response_body_like eval
[("^app ") x 3]
--- grep_error_log eval
qr/would refuse \d+ schema \w+/
--- grep_error_log_out eval
["would refuse 404 schema path\nwould refuse 400 schema parameter\n"
 . "would refuse 422 schema body\n"]



=== TEST 21: variables
--- config
location / {
    api_schema orders mode=monitor;
    add_header X-Op "$api_operation|$api_route|$api_path_orderid|$api_path_LINE|$api_path_x" always;
    add_header X-Result "$api_schema_result|$api_schema_error" always;
    UP
}
--- request eval
['GET /v1/orders/7/lines/a%20b', 'GET /v1/orders/x', 'GET /v1/nothing']
--- response_headers eval
["X-Op: getLine|/v1/orders/{orderId}/lines/{line}|7|a b|\nX-Result: passed|",
 "X-Op: getOrder|/v1/orders/{orderId}|x||\nX-Result: monitored|path orderId: type: must be of type integer",
 "X-Op: ||||\nX-Result: monitored|path"]



=== TEST 22: the operation is known before it is checked
--- http_config
map $api_operation $slow { listOrders 1; default ''; }
--- config
location / {
    if ($api_operation = deleteOrder) { return 403; }
    api_schema orders;
    add_header X-Slow "[$slow]";
    UP
}
--- request eval
['GET /v1/orders', 'DELETE /v1/orders/7']
--- error_code eval
[200, 403]
--- response_headers eval
["X-Slow: [1]", "!X-Slow"]



=== TEST 23: the path behind a rewrite
--- config
location /api/ {
    rewrite ^/api/(.*)$ /v1/$1 break;
    api_schema orders path=rewritten;
    UP
}
location /client/ {
    rewrite ^/client/(.*)$ /v1/$1 break;
    api_schema orders;
    UP
}
--- calls
['GET /api/orders/7', undef, 200],
['GET /api/orders/x', undef, [400, 'invalid_parameter']],
['GET /api/orders?limit=0', undef, [400, 'invalid_parameter']],
['GET /api/nothing', undef, [404, 'unknown_path']],
['GET /client/orders/7', undef, [404, 'unknown_path']],



=== TEST 24: off below
--- config
api_schema orders;
location / { UP }
location /free/ { api_schema off; UP }
--- calls
['GET /v1/nothing', undef, [404, 'unknown_path']],
['GET /free/nothing', undef, 200],



=== TEST 25: with an if and a limit_except
--- config
location / {
    if ($arg_c) { api_schema orders; UP }
    limit_except GET { api_schema orders; }
    UP
}
--- calls
['GET /v1/nothing', undef, 200],
['GET /v1/nothing?c=1', undef, [404, 'unknown_path']],
['POST /v1/nothing', undef, [404, 'unknown_path']],



=== TEST 26: another method by a parameter, also where unknown ones pass
--- spec
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /open:
    post:
      requestBody:
        content:
          application/x-www-form-urlencoded: {schema: {type: object, additionalProperties: true}}
          multipart/form-data: {schema: {type: object, additionalProperties: true}}
      responses: {'200': {description: ok}}
  /named:
    post:
      parameters: [{name: _method, in: query, schema: {type: string}}]
      requestBody:
        content: {application/x-www-form-urlencoded: {schema: {type: object, properties: {_method: {type: string}}}}}
      responses: {'200': {description: ok}}
--- http_config
api_schema_spec orders $TEST_NGINX_HTML_DIR/orders.yaml;
--- config
location / { api_schema orders; api_schema_unknown query=ignore body=ignore; UP
    location /free { rewrite ^/free(.*) $1 break; api_schema_methods override=ignore; api_schema orders path=rewritten; UP } }
--- calls
["POST /open?_method=DELETE\na=1", 'Content-Type: application/x-www-form-urlencoded', [400, 'invalid_parameter', '"parameter":"_method"']],
["POST /open?%5fmethod=DELETE\na=1", 'Content-Type: application/x-www-form-urlencoded', [400, 'invalid_parameter', '"parameter":"_method"']],
["POST /open?method=DELETE\na=1", 'Content-Type: application/x-www-form-urlencoded', 200],
["POST /open\na=1&_method=DELETE", 'Content-Type: application/x-www-form-urlencoded', [400, 'invalid_body']],
["POST /open\na=1&%5Fmethod=DELETE", 'Content-Type: application/x-www-form-urlencoded', [400, 'invalid_body']],
["POST /open\na=1&method=DELETE", 'Content-Type: application/x-www-form-urlencoded', 200],
["POST /open\n--b\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nPUT\r\n--b--\r\n", 'Content-Type: multipart/form-data; boundary=b', [400, 'invalid_body']],
["POST /open\n--b\r\nContent-Disposition: form-data; name=\"method\"\r\n\r\nPUT\r\n--b--\r\n", 'Content-Type: multipart/form-data; boundary=b', 200],
["POST /named?_method=PUT\n_method=PUT", 'Content-Type: application/x-www-form-urlencoded', 200],
["POST /free/open?_method=PUT\n_method=PUT", 'Content-Type: application/x-www-form-urlencoded', 200],



=== TEST 27: a header that a gateway interface takes for the described one
--- config
underscores_in_headers on;
location / { api_schema orders; UP }
--- calls
['GET /v1/orders', 'X-Trace: abcd', 200],
['GET /v1/orders', "X-Trace: abcd\nX_Trace: zzzz", [400, 'invalid_parameter', '"parameter":"X-Trace"', '"keyword":"duplicate"']],
['GET /v1/orders', 'X_TRACE: abcd', [400, 'invalid_parameter', '"parameter":"X-Trace"']],
['GET /v1/orders', 'X_Traces: abcd', 200],



=== TEST 28: a part of a form that is one text, and says it is JSON
--- spec
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /up:
    post:
      requestBody:
        content:
          multipart/form-data:
            schema: {type: object, properties: {n: {type: integer, maximum: 9}, s: {type: string, maxLength: 3}}}
            encoding: {n: {contentType: application/json}, s: {contentType: application/json}}
      responses: {'200': {description: ok}}
--- http_config
api_schema_spec orders $TEST_NGINX_HTML_DIR/orders.yaml;
--- calls
[part('n', '9'), 'Content-Type: multipart/form-data; boundary=b', 200],
[part('n', '10'), 'Content-Type: multipart/form-data; boundary=b', [422, 'invalid_body', '"pointer":"/n"']],
[part('n', '9 9'), 'Content-Type: multipart/form-data; boundary=b', 400],
[part('s', '"abc"'), 'Content-Type: multipart/form-data; boundary=b', 200],
[part('s', '"abcd"'), 'Content-Type: multipart/form-data; boundary=b', [422, 'invalid_body', '"pointer":"/s"']],
[part('s', 'abc'), 'Content-Type: multipart/form-data; boundary=b', 400],
