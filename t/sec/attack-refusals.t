# What a client could gain by being refused: an uninspected body, an event
# missing in the audit, an answer that never comes.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Body;
use ApiTest::Sec;

no_root_location();
no_long_string();

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => corp() . ($block->http_config // ''));
    use_application($block);
});

run_tests();

__DATA__

=== TEST 1: refused, and the fallback still looks at the body
--- config
    location / { api_auth jwt=corp; error_page 401 = @anonymous; UP }
    location @anonymous { api_body json; UP }
--- request eval
["POST /\n[1", "POST /\n<x/>", "GET /\n[1", "POST /\n[1]", "POST /\n[1]"]
--- more_headers eval
["Content-Type: application/json", "Content-Type: text/xml",
 "Content-Type: application/json", "Content-Type: application/json",
 "Content-Type: application/json\n" . bearer()]
--- error_code eval
[400, 415, 400, 200, 200]
--- response_body_like eval
["invalid_json", "unsupported_media_type", "invalid_json",
 "\\A\\[\\[1\\]\\]\\z", "\\A\\[\\[1\\]\\]\\z"]



=== TEST 2: ... also where a token of another policy is optional
--- config
    location / { api_auth jwt=corp; api_require scope a;
                 error_page 403 = @less; UP }
    location @less { api_auth jwt=corp optional; api_body json; UP }
--- request eval
["POST /\n[1", "POST /\n[1]"]
--- more_headers eval
[("Content-Type: application/json\n" . bearer()) x 2]
--- error_code eval
[400, 200]



=== TEST 3: too large for one api_body, to be checked by the next
--- config
    location / { api_body any; api_body_limit 10; error_page 413 = @large;
                 UP }
    location @large { api_body json; api_body_limit 1k; UP }
--- request eval
["POST /\n" . json_of(20) . "]", "POST /\n" . json_of(2000),
 "POST /\n" . json_of(20)]
--- more_headers eval
[("Content-Type: application/json") x 3]
--- error_code eval
[400, 413, 200]



=== TEST 4: the page of a refusal is shown, whatever body came with it
--- config
    api_body json;
    error_page 401 /401.html;
    error_page 415 /415.html;
    location / { api_auth jwt=corp; UP }
    location = /401.html { }
    location = /415.html { }
--- user_files
>>> 401.html
no token
>>> 415.html
no json
--- request eval
["POST /\n<x/>", "POST /\n<x/>"]
--- more_headers eval
["Content-Type: text/xml", "Content-Type: text/xml\n" . bearer()]
--- error_code eval
[401, 415]
--- response_body eval
["no token\n", "no json\n"]



=== TEST 5: ... also behind api_auth of the server, with its challenge
--- config
    api_auth jwt=corp;
    api_body json;
    error_page 403 415 /own.html;
    location / { UP }
    location /scope/ { api_require scope a; UP }
    location = /own.html { }
--- user_files
>>> own.html
own
--- request eval
["POST /\n<x/>", "GET /scope/"]
--- more_headers eval
["Content-Type: text/xml\n" . bearer(), bearer()]
--- error_code eval
[415, 403]
--- response_headers eval
["! WWW-Authenticate", 'WWW-Authenticate: Bearer realm="corp", '
 . 'error="insufficient_scope", '
 . 'error_description="The access token lacks a scope", scope="a"']
--- response_body eval
["own\n", "own\n"]



=== TEST 6: no client makes an event too large for the audit
--- config
    api_audit logs/error.log;
    api_mode monitor;
    location / { api_auth jwt=corp; api_require scope a;
                 api_require claim:sub eq b; api_body json; UP }
--- raw_request eval
my $token = token(claims => { sub => "\x01" x 300, iss => 'https://idp.example' });
"POST /" . "\xff" x 2000 . " HTTP/1.1\r\nHost: " . "\xff" x 256
    . "\r\nAuthorization: Bearer $token\r\nContent-Type: application/json\r\n"
    . "Content-Length: 2\r\nConnection: close\r\n\r\n[\xff"
--- error_code: 200
--- error_log eval
qr/"id":"(?:\\u0001){256}".*"check":"body"/
--- no_error_log
does not fit



=== TEST 7: nor the reason too long for the answer
--- config
    api_reject problem detail=full type_base=https://api.example/problems/;
    location / { api_cors origins=https://a.example; UP }
--- raw_request eval
"OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: " . "\xff" x 300
    . "\r\nAccess-Control-Request-Method: GET\r\nConnection: close\r\n\r\n"
--- error_code: 403
--- response_body_like eval
problem_like(status => 403, code => 'cors_origin',
             support_id => qr/[0-9a-f]{32}/)



=== TEST 8: gRPC has its support id at every level of the error log
--- log_level: error
--- http2
--- config
    location / { api_auth jwt=corp; UP }
--- request
POST /
x
--- more_headers
Content-Type: application/grpc
--- response_headers_like
grpc-status: 16
x-support-id: [0-9a-f]{32}
