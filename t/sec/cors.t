use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

# The application answers on a port of its own, with a CORS policy that is
# not ours, and logs what reaches it.
add_block_preprocessor(sub {
    my ($block) = @_;

    return if defined $block->must_die;

    $block->set_value(http_config => ($block->http_config // '') . corp()
                      . <<'END');
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        add_header Access-Control-Allow-Origin  https://evil.example always;
        add_header Access-Control-Allow-Methods TRACE;
        add_header Vary $arg_vary;
        location /    { return 200 "app $request_method\n"; }
        location /gone { return 410 "gone\n"; }
    }
END

    my $up = 'proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;';
    $block->set_value(config =>
        ($block->config // "location / { CORS; UP }") =~ s/UP/$up/gr
        =~ s{CORS}{api_cors origins=https://app.example.com,https://*.dev.example.com:8443,null
            methods=GET,PUT headers=Content-Type,Authorization
            expose=X-Total,ETag max_age=10m}gr);
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: a preflight is answered here
--- request
OPTIONS /x
--- more_headers
Origin: https://app.example.com
Access-Control-Request-Method: PUT
Access-Control-Request-Headers: content-type, authorization
--- error_code: 204
--- response_headers
Access-Control-Allow-Origin: https://app.example.com
Access-Control-Allow-Methods: GET, PUT
Access-Control-Allow-Headers: Content-Type, Authorization
Access-Control-Max-Age: 600
! Access-Control-Allow-Credentials
! Access-Control-Expose-Headers
Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers
--- response_body eval
""
--- no_access_log
app OPTIONS



=== TEST 2: over HTTP/2
--- http2
--- request
OPTIONS /x
--- more_headers
Origin: https://app.example.com
Access-Control-Request-Method: PUT
--- error_code: 204
--- response_headers
Access-Control-Allow-Origin: https://app.example.com
Access-Control-Allow-Methods: GET, PUT



=== TEST 3: another origin is refused, and gets no header
--- request
OPTIONS /x
--- more_headers
Origin: https://evil.example
Access-Control-Request-Method: PUT
--- error_code: 403
--- response_headers
! Access-Control-Allow-Origin
! Access-Control-Allow-Methods
Vary: Origin
--- response_body_like eval
problem_like(status => 403, code => 'cors_origin')
--- error_log
refused 403 cors origin: https://evil.example



=== TEST 4: origins are compared whole
--- request eval
[("OPTIONS /x") x 9]
--- more_headers eval
[map { "Origin: $_\nAccess-Control-Request-Method: PUT" }
    "http://app.example.com", "https://app.example.com:443",
    "https://app.example.com.evil.example", "https://xapp.example.com",
    "https://APP.example.com", "https://app.example.com/",
    "https://app.example.co", "https://app.example.com https://a",
    "NULL"]
--- error_code eval
[(403) x 9]



=== TEST 5: one label stands for the asterisk
--- request eval
[("OPTIONS /x") x 8]
--- more_headers eval
[map { "Origin: $_\nAccess-Control-Request-Method: PUT" }
    "https://a.dev.example.com:8443", "https://b-2.dev.example.com:8443",
    "https://dev.example.com:8443", "https://.dev.example.com:8443",
    "https://a.b.dev.example.com:8443", "https://a.dev.example.com",
    "https://evil.example/.dev.example.com:8443",
    "https://adev.example.com:8443"]
--- error_code eval
[204, 204, 403, 403, 403, 403, 403, 403]
--- response_headers eval
["Access-Control-Allow-Origin: https://a.dev.example.com:8443",
 "Access-Control-Allow-Origin: https://b-2.dev.example.com:8443",
 ("! Access-Control-Allow-Origin") x 6]



=== TEST 6: null where it is listed
--- request
OPTIONS /x
--- more_headers
Origin: null
Access-Control-Request-Method: GET
--- error_code: 204
--- response_headers
Access-Control-Allow-Origin: null



=== TEST 7: null where it is not
--- config
    location / { api_cors origins=https://a.example; UP }
--- request
OPTIONS /x
--- more_headers
Origin: null
Access-Control-Request-Method: GET
--- error_code: 403



=== TEST 8: a method that is not allowed; methods have case
--- request eval
[("OPTIONS /x") x 3]
--- more_headers eval
[map { "Origin: null\nAccess-Control-Request-Method: $_" }
    "DELETE", "put", "PUT"]
--- error_code eval
[403, 403, 204]
--- response_body_like eval
['"code":"cors_method"', '"code":"cors_method"', '^$']



=== TEST 9: a header that is not allowed; names have no case
--- request eval
[("OPTIONS /x") x 4]
--- more_headers eval
[map { "Origin: null\nAccess-Control-Request-Method: GET\nAccess-Control-Request-Headers: $_" }
    "x-debug", "content-type,x-debug", "CONTENT-TYPE , ,Authorization", ""]
--- error_code eval
[403, 403, 204, 204]
--- response_body_like eval
['"code":"cors_header"', '"code":"cors_header"', '^$', '^$']



=== TEST 10: a header of the preflight that stands twice
--- request eval
[("OPTIONS /x") x 3]
--- more_headers eval
["Origin: null\nOrigin: null\nAccess-Control-Request-Method: GET",
 "Origin: null\nAccess-Control-Request-Method: GET\nAccess-Control-Request-Method: DELETE",
 "Origin: null\nAccess-Control-Request-Method: GET"]
--- error_code eval
[400, 400, 204]



=== TEST 11: what is no preflight goes on
--- request eval
["OPTIONS /x", "OPTIONS /x", "GET /x"]
--- more_headers eval
["Origin: https://app.example.com",
 "Access-Control-Request-Method: GET",
 "Origin: https://app.example.com\nAccess-Control-Request-Method: PUT"]
--- response_body eval
["app OPTIONS\n", "app OPTIONS\n", "app GET\n"]



=== TEST 12: an answer to an allowed origin; the upstream's own policy goes
--- request
GET /x
--- more_headers
Origin: https://app.example.com
--- response_headers
Access-Control-Allow-Origin: https://app.example.com
Access-Control-Expose-Headers: X-Total, ETag
! Access-Control-Allow-Methods
! Access-Control-Allow-Credentials
Vary: Origin
--- response_body
app GET



=== TEST 13: to another origin: the request passes, the page may not read
--- request
GET /x
--- more_headers
Origin: https://evil.example
--- response_headers
! Access-Control-Allow-Origin
! Access-Control-Expose-Headers
Vary: Origin
--- response_body
app GET



=== TEST 14: to no origin
--- request
GET /x
--- response_headers
! Access-Control-Allow-Origin
Vary: Origin



=== TEST 15: with two origins
--- request
GET /x
--- more_headers
Origin: https://app.example.com
Origin: https://app.example.com
--- response_headers
! Access-Control-Allow-Origin



=== TEST 16: Vary is added to, once
--- request eval
["GET /x?vary=Accept", "GET /x?vary=accept,origin", "GET /x?vary=*"]
--- response_headers eval
["Vary: Accept, Origin", "Vary: accept,origin", "Vary: *"]



=== TEST 17: an error of the upstream can be read too
--- request
GET /gone
--- more_headers
Origin: https://app.example.com
--- error_code: 410
--- response_headers
Access-Control-Allow-Origin: https://app.example.com



=== TEST 18: our refusals can be read, preflights need no token
--- config
    location / { CORS; api_auth jwt=corp; UP }
--- request eval
["OPTIONS /x", "GET /x", "GET /x"]
--- more_headers eval
["Origin: https://app.example.com\nAccess-Control-Request-Method: GET\nAccess-Control-Request-Headers: authorization",
 "Origin: https://app.example.com",
 "Origin: https://app.example.com\n" . bearer()]
--- error_code eval
[204, 401, 200]
--- response_headers eval
["Access-Control-Allow-Origin: https://app.example.com",
 "Access-Control-Allow-Origin: https://app.example.com\nVary: Origin\nContent-Type: application/problem+json",
 "Access-Control-Allow-Origin: https://app.example.com"]



=== TEST 19: credentials
--- config
    location / { api_cors origins=https://app.example.com credentials; UP }
--- request eval
["OPTIONS /x", "GET /x", "GET /x"]
--- more_headers eval
["Origin: https://app.example.com\nAccess-Control-Request-Method: POST",
 "Origin: https://app.example.com", "Origin: https://evil.example"]
--- error_code eval
[204, 200, 200]
--- response_headers eval
["Access-Control-Allow-Credentials: true\nAccess-Control-Allow-Methods: GET, HEAD, POST\n! Access-Control-Allow-Headers\n! Access-Control-Max-Age",
 "Access-Control-Allow-Credentials: true",
 "! Access-Control-Allow-Credentials"]



=== TEST 20: everybody
--- config
    location / { api_cors origins=* methods=* headers=*; UP }
--- request eval
["OPTIONS /x", "OPTIONS /x", "GET /x", "GET /x"]
--- more_headers eval
["Origin: https://a.example\nAccess-Control-Request-Method: PURGE\nAccess-Control-Request-Headers: x-a",
 "Origin: https://a.example\nAccess-Control-Request-Method: PUT\nAccess-Control-Request-Headers: authorization",
 "Origin: https://a.example", "X: 1"]
--- error_code eval
[204, 403, 200, 200]
--- response_headers eval
["Access-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: *\nAccess-Control-Allow-Headers: *",
 "! Access-Control-Allow-Methods",
 ("Access-Control-Allow-Origin: *\n! Vary") x 2]



=== TEST 21: off clears what comes from above
--- config
    CORS;
    location / { UP }
    location /off { api_cors off; UP }
--- request eval
["GET /x", "GET /off", "OPTIONS /off"]
--- more_headers eval
["Origin: https://app.example.com", "Origin: https://app.example.com",
 "Origin: https://app.example.com\nAccess-Control-Request-Method: PUT"]
--- response_headers eval
["Access-Control-Allow-Origin: https://app.example.com",
 ("Access-Control-Allow-Origin: https://evil.example") x 2]
--- response_body eval
["app GET\n", "app GET\n", "app OPTIONS\n"]



=== TEST 22: before the limits of stock nginx
--- config
    location / {
        CORS;
        limit_except GET { deny all; }
        deny all;
        UP
    }
--- request
OPTIONS /x
--- more_headers
Origin: https://app.example.com
Access-Control-Request-Method: PUT
--- error_code: 204



=== TEST 23: in monitor a preflight is not refused, and allowed nothing
--- config
    api_mode monitor;
    location / { CORS; UP }
--- request
OPTIONS /x
--- more_headers
Origin: https://evil.example
Access-Control-Request-Method: PUT
--- error_code: 204
--- response_headers
! Access-Control-Allow-Origin
! Access-Control-Allow-Methods
--- error_log
would refuse 403 cors origin



=== TEST 24: api_mode off does not switch it off
--- config
    api_mode off;
    location / { CORS; UP }
--- request eval
["OPTIONS /x", "OPTIONS /x", "GET /x"]
--- more_headers eval
["Origin: https://evil.example\nAccess-Control-Request-Method: PUT",
 "Origin: null\nAccess-Control-Request-Method: PUT", "Origin: null"]
--- error_code eval
[204, 204, 200]
--- response_headers eval
["! Access-Control-Allow-Origin", "Access-Control-Allow-Origin: null",
 "Access-Control-Allow-Origin: null"]
--- no_error_log
refuse



=== TEST 25: on an error page
--- config
    location / { CORS; error_page 404 /nf.html; location /none { return 404; } UP }
    location = /nf.html { CORS; internal; return 404 "nf\n"; }
--- request
GET /none
--- more_headers
Origin: https://app.example.com
--- error_code: 404
--- response_headers
Access-Control-Allow-Origin: https://app.example.com
--- response_body
nf



=== TEST 26: on one connection
--- pipelined_requests eval
["OPTIONS /x", "GET /x"]
--- more_headers eval
[("Origin: https://app.example.com\nAccess-Control-Request-Method: PUT") x 2]
--- error_code eval
[204, 200]
--- response_body eval
["", "app GET\n"]



=== TEST 27: a body of a refused preflight is put away
--- pipelined_requests eval
["OPTIONS /x\nabc", "GET /x"]
--- more_headers eval
[("Origin: https://evil.example\nAccess-Control-Request-Method: PUT") x 2]
--- error_code eval
[403, 200]



=== TEST 28: ... nor hidden from the page when it is another refusal
--- config
    location / { CORS; api_auth jwt=corp; api_require scope a; api_body json;
                 api_body_limit 8; UP }
--- request eval
[("POST /x\n{}") x 4, "POST /x\n{", "POST /x\n[1,2,3,4]", "POST /x\n[]"]
--- more_headers eval
my $from = "Origin: https://app.example.com\nContent-Type: ";
my $may = bearer(claims => { scope => 'a' });
["$from application/json\nAuthorization: Bearer",
 "$from application/json\n" . bearer(),
 "$from text/plain\n$may",
 map { "$from application/json\n$_" }
 bearer(claims => { scope => 'a', exp => 1 }), $may, $may, $may]
--- error_code eval
[400, 403, 415, 401, 400, 413, 200]
--- response_headers eval
[("Access-Control-Allow-Origin: https://app.example.com\nVary: Origin\nContent-Type: application/problem+json") x 6,
 "Access-Control-Allow-Origin: https://app.example.com"]
