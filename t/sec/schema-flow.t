# The contract and what nginx does to a request on its way: redirects, pages of
# errors, bodies in pieces, on disk and compressed. schema-flow-http2.t runs
# this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Body qw(gzipped);
use ApiTest::Schema;

our $JSON = 'Content-Type: application/json';
our $GOOD = '{"item":"pen","quantity":2}';
our $BAD  = '{"item":"pen","quantity":10}';
our $LONG = '{"item":"pen","quantity":2,"note":"' . 'x' x 20000 . '"}';
our $LAST = '{"item":"pen","note":"' . 'x' x 20000 . '","quantity":10}';

try_calls();
no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: a page of errors is no second chance
--- config
location / {
    api_schema orders;
    error_page 404 405 = @app;
    error_page 422 = @checked;
    error_page 400 =200 /page.txt;
    UP
}
location @app { UP }
location @checked { api_schema orders; UP }
location = /page.txt { return 200 "a page\n"; }
--- calls
['GET /v1/orders?x=1', undef, [200, 'a page']],
["POST /v1/orders\n$BAD", $JSON, [422, 'invalid_body']],
["POST /v1/orders\n$GOOD", $JSON, 200],



=== TEST 2: ... under the rules that refused it, it is not looked at again
--- config
api_schema orders;
location / { error_page 404 405 =200 /page.txt; UP }
location = /page.txt { return 200 "a page\n"; }
--- calls
['GET /v1/nothing', undef, [200, 'a page']],
['PATCH /v1/orders', undef, [200, 'a page']],



=== TEST 3: an internal redirect behind a check that passed
--- config
location / {
    api_schema orders;
    try_files /none @second;
}
location @second { api_schema orders; UP }
--- calls
["POST /v1/orders\n$GOOD", $JSON, 200],
["POST /v1/orders\n$BAD", $JSON, [422, 'invalid_body']],



=== TEST 4: ... to a location with other settings
--- config
location / {
    api_schema orders mode=monitor;
    try_files /none @second;
}
location @second { api_schema orders; UP }
--- calls
["POST /v1/orders\n$GOOD", $JSON, 200],
["POST /v1/orders\n$BAD", $JSON, [422, 'invalid_body']],
['GET /v1/nothing', undef, [404, 'unknown_path']],



=== TEST 5: a body in pieces, and one on the disk
--- config
location / {
    api_schema orders;
    client_body_buffer_size 1k;
    UP
}
location /v1/orders/disk { return 404; }
--- calls
["POST /v1/orders\n$LONG", $JSON, 200],
["POST /v1/orders\n$LAST", $JSON, [422, 'invalid_body', '"pointer":"/quantity"']],



=== TEST 6: always on the disk
--- config
location / {
    api_schema orders;
    client_body_in_file_only clean;
    UP
}
--- calls
["POST /v1/orders\n$GOOD", $JSON, 200],
["POST /v1/orders\n$LAST", $JSON, [422, 'invalid_body', '"pointer":"/quantity"']],



=== TEST 7: over the limit of bodies
--- config
location / { api_schema orders; api_body_limit 1k; UP }
--- calls
["POST /v1/orders\n$GOOD", $JSON, 200],
["POST /v1/orders\n$LONG", $JSON, [413, 'body_too_large']],



=== TEST 8: a part of a body is not enough
--- config
location / { api_schema orders; api_body_limit 1k over=partial; UP }
--- calls
["POST /v1/orders\n$LONG", $JSON, [413, 'body_too_large']],



=== TEST 9: compressed, where it is decoded
--- config
location / { api_schema orders; api_body_decode gzip max=64k ratio=500; UP }
--- calls
["POST /v1/orders\n" . gzipped($GOOD), "$JSON\nContent-Encoding: gzip", 200],
["POST /v1/orders\n" . gzipped($BAD), "$JSON\nContent-Encoding: gzip", [422, 'invalid_body', '"pointer":"/quantity"']],



=== TEST 10: ... and the answer of a contract that only watches is the upstream's
--- config
location / { api_schema orders mode=monitor; api_body_limit 1k; UP }
--- calls
["POST /v1/orders\n$LONG", $JSON, 200],
["POST /v1/orders\n$BAD", $JSON, 200],



=== TEST 11: a large body is not read for a request whose headers are wrong
--- config
location / {
    api_schema orders;
    error_log $TEST_NGINX_SERVER_ROOT/logs/error.log debug;
    UP
}
--- request eval
"POST /v1/orders?x=1\n$::LONG"
--- more_headers
Content-Type: application/json
--- error_code: 400
--- no_error_log
http client request body preread
--- response_body_like eval
problem_like(status => 400, code => 'invalid_parameter')



=== TEST 12: a tape of api_body serves the contract
--- config
location / { api_body json; api_schema orders; UP }
location /v1/orders { api_body json; api_schema orders; api_schema_limit string=8; UP }
--- calls
["POST /v1/orders\n$GOOD", $JSON, 200],
["POST /v1/orders\n$BAD", $JSON, [422, 'invalid_body']],
[qq(POST /v1/orders\n{"item":"012345678","quantity":1}), $JSON, [413, 'body_too_large']],



=== TEST 13: the mode of a variable
--- http_config
map $http_x_lever $lever { off off; monitor monitor; default ''; }
--- config
location / { api_schema orders mode=$lever; UP }
--- calls
["POST /v1/orders\n$BAD", "$JSON\nX-Lever: off", 200],
["POST /v1/orders\n$BAD", "$JSON\nX-Lever: monitor", 200],
["POST /v1/orders\n$BAD", "$JSON\nX-Lever: x", [422, 'invalid_body']],
["POST /v1/orders\n$BAD", $JSON, [422, 'invalid_body']],



=== TEST 14: the ceiling of api_mode
--- config
location / { api_mode monitor; api_schema orders; UP }
--- calls
["POST /v1/orders\n$BAD", $JSON, 200],



=== TEST 15: what the client may read
--- config
location / { api_reject problem detail=none; api_schema orders; UP }
--- request
GET /v1/orders?limit=0
--- error_code: 400
--- response_body_unlike: limit|errors|code



=== TEST 16: ... and a named location is no way around them
--- config
api_schema orders;
location / { error_page 404 405 422 = @app; UP }
location @app { if ($arg_limit = 7) { UP } UP }
--- calls
['GET /v1/nothing', undef, [404, 'unknown_path']],
['GET /v1/orders/1/hidden?limit=7', undef, 404],
["POST /v1/orders\n$BAD", $JSON, [422, 'invalid_body']],
["POST /v1/orders\n$GOOD", $JSON, 200],



=== TEST 17: ... an upstream that is asked for a page is
--- config
api_schema orders;
location / { error_page 404 422 = /errors/page; UP }
location /errors/ { UP }
--- calls
['GET /v1/nothing', undef, 200],
["POST /v1/orders\n$BAD", $JSON, [200, 'app GET /errors/page']],



=== TEST 18: what a servlet takes for dots
--- calls
['GET /v1/customers/..;', undef, 400],
['GET /v1/orders/..;/lines/..;x=1', undef, 400],
['GET /v1/orders/%2e%2E;/lines/2', undef, 400],
['GET /v1/customers/..a;', undef, 200],
['GET /v1/customers/a;x=1', undef, 200],



=== TEST 19: ... in a path that nginx has made of it, and a backslash there
--- config
location / {
    rewrite ^/api(/.*)$ $1 break;
    api_schema orders path=rewritten;
    UP
}
--- calls
['GET /api/v1/customers/..;', undef, 400],
['GET /api/v1/customers/..%5cx', undef, 400],
['GET /api/v1/customers/..x', undef, 200],
