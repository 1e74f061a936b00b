use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(config => <<'END') unless defined $block->config;
    location = /live  { api_health; }
    location = /ready { api_health ready; }
END
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: alive
--- request
GET /live
--- response_headers
Content-Type: application/health+json
Cache-Control: no-store
Content-Length: 18
--- response_body
{"status":"pass"}



=== TEST 2: the same over HTTP/2
--- http2
--- request
GET /live
--- response_headers
Content-Type: application/health+json
Cache-Control: no-store
--- response_body
{"status":"pass"}



=== TEST 3: HEAD has the headers only
--- request
HEAD /live
--- response_headers
Content-Type: application/health+json
Content-Length: 18
--- response_body eval
""



=== TEST 4: no other method
--- request eval
["POST /live\nabc", "DELETE /ready", "OPTIONS /live"]
--- error_code eval
[405, 405, 405]



=== TEST 5: ready without any definition
--- request
GET /ready
--- response_headers
Cache-Control: no-store
--- response_body_like eval
qr/\A\{"status":"pass","modules":\{"ngx_api_sec_module":\{"ready":true.*\},"issuers":\[\]\}\n\z/



=== TEST 51: ready tells of the documents of the contract
--- http_config
api_schema_spec orders $TEST_NGINX_HTML_DIR/orders.yaml;
--- user_files eval
[['orders.yaml', "openapi: 3.0.0\ninfo: {title: t, version: '1'}\npaths: {/a: {get: {responses: {200: {description: ok}}}}}\n"]]
--- request
GET /ready
--- response_body_like eval
qr/"specs":\[\{"name":"orders","operations":1,"bytes":\d+\}\]/



=== TEST 6: ready tells of the zone, its tenants and the keys
--- http_config eval
"api_zone main 1m;\n" . corp()
--- request
GET /ready
--- response_body_like eval
qr/"zone":\{"name":"main","size":1048576,"tenants":\[.*\{"name":"sec","size":\d+\}.*\]\},"issuers":\[\{"name":"corp","keys":1\}\]\}\n\z/



=== TEST 7: no secret is in it, nor where it is
--- http_config eval
corp()
--- request
GET /ready
--- response_body_unlike
secret|hs256|idp\.example



=== TEST 8: the three modules, where they are loaded
--- request
GET /ready
--- response_body_like eval
my $all = ($ENV{TEST_NGINX_LOAD_MODULES} // '') =~ /waf.*ratelimit/s;
$all ? qr/"ngx_api_sec_module":\{.*"ngx_api_ratelimit_module":\{"ready":true.*"ngx_api_waf_module":\{"ready":true/
     : qr/"ngx_api_sec_module":\{/



=== TEST 9: a request body is put away, and the connection lives on
--- config
    location = /live { api_health; }
--- pipelined_requests eval
["GET /live", "GET /live"]
--- response_body eval
["{\"status\":\"pass\"}\n", "{\"status\":\"pass\"}\n"]



=== TEST 10: access rules hold
--- config
    location = /ready { api_health ready; deny all; }
--- request
GET /ready
--- error_code: 403



=== TEST 11: an unknown word
--- config
    location = /ready { api_health now; }
--- must_die
--- error_log
"api_health" directive takes ready or nothing



=== TEST 12: two answers for one location
--- config
    location = /ready { proxy_pass http://127.0.0.1:1; api_health; }
--- must_die
--- error_log
"api_health" directive stands where another directive answers already
