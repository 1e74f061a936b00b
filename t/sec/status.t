use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

my $CONFIG = <<'END';
    location /_api/ { api_status; }
    location /few   { api_status metrics; }
END

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(config => $CONFIG) unless defined $block->config;
    $block->set_value(http_config => "api_zone main 1m;\n" . corp())
        unless defined $block->http_config;
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: the document
--- request
GET /_api/
--- response_headers
Content-Type: application/json
Cache-Control: no-store
X-Content-Type-Options: nosniff
--- response_body_like eval
qr/\A\{"version":"[\d.]+","nginx":"[\d.]+","pid":\d+,"time":"\d{4}-[-\d]+T[:\d]+Z","loaded":"\d{4}-[-\d]+T[:\d]+Z","modules":\{"ngx_api_sec_module":\{"ready":true,"requests":0,"allow":0,"monitor":0,"deny":0[,}].*"zone":\{"name":"main","size":1048576,.*"issuers":\[\{"name":"corp","keys":1\}.*\],"sections":\["ui","metrics","keys"[],].*,"write":false\}\n\z/



=== TEST 2: the same over HTTP/2
--- http2
--- request
GET /_api/
--- response_headers
Content-Type: application/json
Cache-Control: no-store
--- response_body_like
^\{"version":.*"sections":\[.*\],"write":false\}$



=== TEST 3: HEAD has the headers only
--- request
HEAD /_api/metrics
--- response_headers_like
Content-Type: text/plain; version=0\.0\.4; charset=utf-8
Content-Length: \d{3,}
--- response_body eval
""



=== TEST 4: every module that is loaded is in it
--- request
GET /_api/
--- response_body_like eval
my $all = ($ENV{TEST_NGINX_LOAD_MODULES} // '') =~ /waf.*ratelimit/s;
$all ? qr/"ngx_api_sec_module":\{.*"ngx_api_ratelimit_module":\{"ready":true.*"ngx_api_waf_module":\{"ready":true/
     : qr/"ngx_api_sec_module":\{/



=== TEST 5: keys by name, never the keys
--- request
GET /_api/keys
--- response_body
{"corp":[{"kid":"hs256","kty":"oct","algs":["HS256"]}]}



=== TEST 6: a key without kid, several algorithms
--- http_config eval
corp(algorithms => 'ES256 RS256 RS512', jwks => 'set.json')
--- user_files eval
[["../conf/set.json", jwks(jwk('rsa2048', kid => undef, alg => undef), 'p256')]]
--- request
GET /_api/keys
--- response_body_like
^\{"corp":\[\{"kid":null,"kty":"RSA","algs":\["RS256",.*"PS512"\]\},\{"kid":"p256","kty":"EC","algs":\["ES256"\]\}\]\}$



=== TEST 7: no section of that name, or not in this location
--- request eval
["GET /_api/nothing", "GET /_api/keys/corp", "GET /_api/%6eone/", "GET /fewer", "GET /few/keys", "GET /_api/METRICS"]
--- error_code eval
[404, 404, 404, 404, 404, 404]
--- response_body_like eval
[(qr/\A\{"type":"about:blank","title":"There is no such section","status":404,"support_id":"[0-9a-f]{32}"\}\n\z/,
  qr/"status":404/) x 3]



=== TEST 8: the sections that are named, and the document
--- request eval
["GET /few", "GET /few/", "GET /few/metrics"]
--- response_body_like eval
[qr/"sections":\["metrics"\]/, qr/"sections":\["metrics"\]/, qr/^apisec_build_info\{/m]



=== TEST 9: without a zone
--- http_config
--- request eval
["GET /_api/", "GET /_api/metrics"]
--- response_body_unlike eval
[qr/"zone"/, qr/_zone_size|apisec_requests_total\{/]



=== TEST 10: what reads has no body, and the connection lives on
--- pipelined_requests eval
["GET /_api/keys", "GET /_api/keys"]
--- response_body eval
[("{\"corp\":[{\"kid\":\"hs256\",\"kty\":\"oct\",\"algs\":[\"HS256\"]}]}\n") x 2]



=== TEST 11: access rules hold
--- config
    location /_api/ { api_status; deny all; }
--- request
GET /_api/
--- error_code: 403



=== TEST 12: a page whose name was made to resolve to us is refused
--- request
GET /_api/
--- more_headers
Host: evil.example
--- error_code: 421
--- response_body_like eval
problem_like(status => 421, code => 'foreign_host')



=== TEST 13: ... over HTTP/2
--- http2
--- request
GET /_api/metrics
--- more_headers
Host: evil.example
--- error_code: 421
--- response_body_like eval
problem_like(status => 421, code => 'foreign_host')



=== TEST 14: addresses, localhost and the names of the server are fine
--- config
    server_name gateway.example *.internal.example .dot.example;
    location /_api/ { api_status; }
--- request eval
[("GET /_api/keys") x 9]
--- more_headers eval
["Host: localhost", "Host: LocalHost:8080", "Host: 127.0.0.1:1", "Host: [::1]", "Host: gateway.example", "Host: Gateway.Example.:99", "Host: a.internal.example", "Host: dot.example", "Host: a.b.dot.example"]
--- error_code eval
[(200) x 9]



=== TEST 15: names that only look like those are not
--- config
    server_name gateway.example *.internal.example .dot.example;
    location /_api/ { api_status; }
--- request eval
[("GET /_api/keys") x 7]
--- more_headers eval
["Host: xgateway.example", "Host: gateway.example.evil.example", "Host: internal.example.evil", "Host: xinternal.example", "Host: localhost.evil.example", "Host: internal.example", "Host: xdot.example"]
--- error_code eval
[(421) x 7]



=== TEST 16: after a rewrite inside the location the section is another
--- config
    location /_api/ { rewrite ^/_api/old$ /_api/keys break; rewrite ^/_api/out$ /out break; api_status; }
--- request eval
["GET /_api/old", "GET /_api/out"]
--- error_code eval
[200, 404]



=== TEST 17: nothing can be changed unless the directive says so
--- request eval
["POST /_api/keys", "DELETE /_api/keys", "PUT /_api/", "OPTIONS /_api/", "PROPFIND /_api/"]
--- error_code eval
[(403) x 5]
--- response_body_like eval
[(problem_like(status => 403, code => 'read_only')) x 5]



=== TEST 18: a location that is a regular expression
--- config
    location ~ ^/_api { api_status; }
--- must_die
--- error_log
"api_status" directive needs a location that is a prefix, for example /_api/: what follows it is the section



=== TEST 19: a named location
--- config
    location @status { api_status; }
--- must_die
--- error_log
"api_status" directive needs a location that is a prefix



=== TEST 20: two answers for one location
--- config
    location /_api/ { api_health; api_status; }
--- must_die
--- error_log
"api_status" directive stands where another directive answers already



=== TEST 21: twice
--- config
    location /_api/ { api_status; api_status write; }
--- must_die
--- error_log
"api_status" directive is duplicate



=== TEST 22: a section that nobody serves
--- config
    location /_api/ { api_status metrics nonsense; }
--- must_die
--- error_log eval
qr/no module that is loaded serves the section "nonsense" of "api_status" in \S+nginx\.conf:\d+; there are: ui metrics keys/



=== TEST 23: not below another location
--- config
    location /_api/ {
        api_status;
        location /_api/inner/ { return 204; }
        location /_api/plain/ { }
    }
--- request eval
["GET /_api/plain/", "GET /_api/keys"]
--- error_code eval
[404, 200]
--- response_body_like eval
[qr/<center>nginx/, qr/corp/]



=== TEST 24: a share for the numbers that holds none
--- http_config
    api_zone main 1m metrics=4k;
--- config
    location / { return 200; }
--- must_die
--- error_log
"metrics=" of "api_zone" is too small for the counters of one process: give it
