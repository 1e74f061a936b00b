# api_body and api_body_limit: what passes reaches the upstream as it came.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Body;

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(config => "location / { api_body json; UP }")
        unless defined $block->config;
    use_application($block);
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: JSON passes, unchanged
--- request
POST /
{"a": [1, 2.50, "\u00e4"], "b": null}
--- more_headers
Content-Type: application/json
--- response_body chomp
[{"a": [1, 2.50, "\u00e4"], "b": null}]



=== TEST 2: what is no JSON is refused
--- request
POST /
{"a": [1, 2.50, "\u00e4"], "b": nul}
--- more_headers
Content-Type: application/json
--- error_code: 400
--- response_headers
Content-Type: application/problem+json
! X-App
--- response_body_like eval
problem_like(status => 400, code => 'invalid_json')
--- error_log eval
qr/refused 400 body json: .* at byte 35/



=== TEST 3: strict, by examples
--- request eval
[map { "POST /\n$_" } '{"a":1,"a":2}', '{"a":1,"\u0061":2}', '[1,]', '01',
 '"\ud800"', "\"\x01\"", '{"a":1}x', '"\u0000"', "\xef\xbb\xbf1", "'a'",
 "\"\xff\"", '[' x 65 . ']' x 65, '[' x 64 . ']' x 64, '{"a":1,"A":2}', '0']
--- more_headers eval
[("Content-Type: application/json") x 15]
--- error_code eval
[(400) x 12, (200) x 3]



=== TEST 4: media types that are JSON
--- request eval
[("POST /\n1") x 8]
--- more_headers eval
[map { "Content-Type: $_" } "application/json", "Application/JSON",
 "application/json; charset=utf-8", 'application/json ;Charset="UTF-8"; a=b',
 "application/problem+json", "application/vnd.api+json;v=1",
 "application/json;", "application/merge-patch+json"]
--- response_body eval
[("[1]") x 8]



=== TEST 5: media types that are not
--- request eval
[("POST /\n1") x 13]
--- more_headers eval
["X: 1", map { "Content-Type: $_" } "text/plain", "application/jsonp",
 "application/x-www-form-urlencoded", "application/json, text/plain",
 "application/json; charset=utf-16", "text/json", "+json", "application/+json",
 "application/xml;a=+json", "a b+json",
 'application/json; a="b"; charset="utf-7"',
 "application/json\nContent-Type: text/plain"]
--- error_code eval
[(415) x 13]
--- response_body_like eval
[('"code":"unsupported_media_type"') x 13]



=== TEST 6: without a body there is nothing to check
--- request eval
["GET /", "DELETE /", "POST /", "GET /", "DELETE /", "OPTIONS /"]
--- more_headers eval
["X: 1", "X: 1", "X: 1", ("Content-Type: application/json") x 3]
--- response_body eval
[("[]") x 6]



=== TEST 7: but who says JSON where a body belongs must send it
--- request eval
["POST /", "PUT /", "PATCH /", "POST /"]
--- more_headers eval
[("Content-Type: application/json") x 3,
 "Content-Type: application/json\nContent-Length: 0"]
--- error_code eval
[(400) x 4]
--- error_log
refused 400 body json_empty



=== TEST 8: a GET with a body is checked like any other
--- request eval
["GET /\n{", "GET /\n{}"]
--- more_headers eval
[("Content-Type: application/json") x 2]
--- error_code eval
[400, 200]



=== TEST 9: in packets, over several reads
--- request eval
[["POST /\n{\"a\":", { value => "[1,2", delay_before => 0.02 },
  { value => ",3]}", delay_before => 0.02 }]]
--- more_headers
Content-Type: application/json
--- response_body chomp
[{"a":[1,2,3]}]



=== TEST 10: ... and refused at the end of them
--- request eval
[["POST /\n{\"a\":", { value => "[1,2", delay_before => 0.02 },
  { value => ",3}}", delay_before => 0.02 }]]
--- more_headers
Content-Type: application/json
--- error_code: 400



=== TEST 11: in a file
--- config
    location / { client_body_buffer_size 1k; api_body json; UP }
--- request eval
["POST /\n" . json_of(300_000), "POST /\n" . json_of(300_000) . "}"]
--- more_headers eval
[("Content-Type: application/json") x 2]
--- error_code eval
[200, 400]
--- response_body_like eval
["\\A\\[" . quotemeta(json_of(300_000)) . "\\]\\z", '"code":"invalid_json"']
--- error_log
a client request body is buffered to a temporary file



=== TEST 12: in a file only
--- config
    location / { client_body_in_file_only clean; api_body json; UP }
--- request eval
["POST /\n[1]", "POST /\n[1"]
--- more_headers eval
[("Content-Type: application/json") x 2]
--- error_code eval
[200, 400]



=== TEST 13: partly in the buffer of the header, partly in one of its own
--- request eval
[["POST /\n" . substr(json_of(9000), 0, 500),
  { value => substr(json_of(9000), 500), delay_before => 0.02 }]]
--- more_headers eval
"Content-Type: application/json\nContent-Length: 9000"
--- response_body eval
"[" . json_of(9000) . "]"



=== TEST 14: at the limit, and one byte over it
--- config
    location / { api_body json; api_body_limit 1k; UP }
--- request eval
["POST /\n" . json_of(1024), "POST /\n" . json_of(1025)]
--- more_headers eval
[("Content-Type: application/json") x 2]
--- error_code eval
[200, 413]
--- response_body_like eval
['^\[', '"code":"body_too_large"']



=== TEST 15: 1m when nothing is said
--- config
    location / { client_max_body_size 0; api_body any; UP }
--- request eval
["POST /\n" . "x" x 1048576, "POST /\n" . "x" x 1048577]
--- error_code eval
[200, 413]



=== TEST 16: over=partial lets the rest pass unseen
--- config
    location / { api_body any; api_body_limit 10 over=partial; UP }
--- request eval
["POST /\n0123456789abcdef", "POST /\n012345"]
--- response_body eval
["[0123456789abcdef]", "[012345]"]



=== TEST 17: ... but not of what must be JSON
--- config
    location / { api_body json; api_body_limit 10 over=partial; UP }
--- request eval
["POST /\n[0,1,2,3,4,5]", "POST /\n[0,1]"]
--- more_headers eval
[("Content-Type: application/json") x 2]
--- error_code eval
[413, 200]



=== TEST 18: any body, without a type
--- config
    location / { api_body any; UP }
--- request
POST /
{"a":
--- response_body chomp
[{"a":]



=== TEST 19: what nginx sends unbuffered is buffered where it is checked
--- config
    location / { proxy_request_buffering off; proxy_http_version 1.1;
                 api_body json; UP }
--- request eval
[["POST /\n{\"a\":", { value => "[1,2]}", delay_before => 0.02 }]]
--- more_headers
Content-Type: application/json
--- response_body chomp
[{"a":[1,2]}]



=== TEST 20: ... and refused
--- config
    location / { proxy_request_buffering off; proxy_http_version 1.1;
                 api_body json; UP }
--- request eval
[["POST /\n{\"a\":", { value => "[1,2}}", delay_before => 0.02 }]]
--- more_headers
Content-Type: application/json
--- error_code: 400
--- no_error_log
[alert]



=== TEST 21: monitor lets pass, and says what would be
--- config
    location / { api_body json mode=monitor; api_body_limit 10; UP }
--- request eval
["POST /\n[1", "POST /\n0123456789ab", "POST /\n1"]
--- more_headers eval
["Content-Type: application/json", "Content-Type: application/json",
 "Content-Type: text/plain"]
--- response_body eval
["[[1]", "[0123456789ab]", "[1]"]
--- error_log
would refuse 400 body json
would refuse 413 body too_large
would refuse 415 body media_type



=== TEST 22: a mode from a variable
--- config
    location / { api_body json mode=$arg_mode; UP }
--- request eval
[map { "POST /?mode=$_\n[1" } "monitor", "off", "enforce", ""]
--- more_headers eval
[("Content-Type: application/json") x 4]
--- error_code eval
[200, 200, 400, 400]



=== TEST 23: choices replace: mode and kind are of one directive
--- config
    api_body json mode=monitor;
    location / { UP }
    location /strict { api_body json; UP }
    location /off { api_body off; UP }
    location /any { api_body any; UP }
--- request eval
[map { "POST $_\n[1" } "/", "/strict", "/off", "/any"]
--- more_headers eval
[("Content-Type: application/json") x 4]
--- error_code eval
[200, 400, 200, 200]



=== TEST 24: in limit_except
--- config
    location / {
        api_body off;
        limit_except GET { api_body json; }
        UP
    }
--- request eval
["POST /\n[1", "POST /\n[1]", "GET /\n[1"]
--- more_headers eval
[("Content-Type: application/json") x 3]
--- error_code eval
[400, 200, 200]



=== TEST 25: in if
--- config
    location / {
        if ($arg_a) { api_body json; api_body_limit 4; }
        UP
    }
--- request eval
["POST /?a=1\n[1", "POST /?a=1\n[1]", "POST /?a=1\n[123]", "POST /\n[1"]
--- more_headers eval
[("Content-Type: application/json") x 4]
--- error_code eval
[400, 200, 413, 200]



=== TEST 26: a page of one's own
--- config
    api_body json;
    api_body_limit 10;
    error_page 400 413 415 /error.html;
    location / { UP }
    location = /error.html { return 200 "sorry\n"; }
--- request eval
["POST /\n[1", "POST /\n[1,2,3,4,5]", "POST /\n1", "POST /\n[1]"]
--- more_headers eval
[("Content-Type: application/json") x 2, "Content-Type: text/plain",
 "Content-Type: application/json"]
--- error_code eval
[400, 413, 415, 200]
--- response_body eval
["sorry\n", "sorry\n", "sorry\n", "[[1]]"]



=== TEST 27: ... and a location of one's own
--- config
    api_body json;
    api_body_limit 10;
    error_page 400 413 = @error;
    location / { UP }
    location @error { UP }
--- request eval
["POST /\n[1", "POST /\n[1,2,3,4,5]"]
--- more_headers eval
[("Content-Type: application/json") x 2]
--- error_code eval
[200, 200]
--- response_headers eval
[("X-App: POST") x 2]
--- no_error_log
[alert]



=== TEST 28: read in one location, checked again in the next
--- config
    location / { api_body any; try_files /none /json$uri; }
    location /json { api_body json; UP }
    location /json/small { api_body json; api_body_limit 4; UP }
--- request eval
["POST /a\n[1]", "POST /a\n[1", "POST /small\n[1,2]", "POST /small\n[1]"]
--- more_headers eval
[("Content-Type: application/json") x 4]
--- error_code eval
[200, 400, 413, 200]



=== TEST 29: ... of a body in a file
--- config
    client_body_buffer_size 1k;
    location / { api_body any; api_body_limit 100 over=partial;
                 try_files /none @json; }
    location @json { api_body json; UP }
--- request eval
["POST /\n" . json_of(50_000), "POST /\n" . json_of(50_000) . "]"]
--- more_headers eval
[("Content-Type: application/json") x 2]
--- error_code eval
[200, 400]
--- response_body_like eval
["\\A\\[" . quotemeta(json_of(50_000)), 'invalid_json']



=== TEST 30: monitor here, enforce there
--- config
    location / { api_body json mode=monitor; try_files /none /json; }
    location /json { api_body json; UP }
--- request
POST /
[1
--- more_headers
Content-Type: application/json
--- error_code: 400



=== TEST 31: after X-Accel-Redirect
--- config
    client_body_buffer_size 1k;
    location / { api_body any; UP }
    location @second { api_body json; rewrite ^ / break; UP }
--- request eval
["POST /redirect\n" . json_of(5000), "POST /redirect\n" . json_of(5000) . "]"]
--- more_headers eval
[("Content-Type: application/json") x 2]
--- error_code eval
[200, 400]
--- response_body_like eval
["\\A\\[" . quotemeta(json_of(5000)), 'invalid_json']



=== TEST 32: to a second upstream when the first is not there
--- config
    client_body_buffer_size 1k;
    location / { api_body json; error_page 502 = @second;
                 proxy_pass http://127.0.0.1:1; }
    location @second { api_body json; UP }
--- request eval
["POST /\n" . json_of(5000), "POST /\n" . json_of(5000) . "]"]
--- more_headers eval
[("Content-Type: application/json") x 2]
--- error_code eval
[200, 400]
--- response_body_like eval
["\\A\\[" . quotemeta(json_of(5000)), 'invalid_json']



=== TEST 33: unread where it went, so not to be checked any more
--- config
    client_body_buffer_size 1k;
    location / { proxy_request_buffering off; proxy_http_version 1.1;
                 error_page 418 = @second; proxy_intercept_errors on;
                 proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_3; }
    location @second { api_body json; UP }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; return 418; }
--- request eval
"POST /\n" . json_of(50_000)
--- more_headers
Content-Type: application/json
--- error_code: 500
--- error_log
refused 500 body body_incomplete



=== TEST 34: a subrequest's upstream gets it too
--- config
    location / { api_body json; mirror /mirror; UP }
    location /mirror { internal; UP }
--- request eval
["POST /\n[1]", "POST /\n[1"]
--- more_headers eval
[("Content-Type: application/json") x 2]
--- error_code eval
[200, 400]
--- response_body_like eval
['\A\[\[1\]\]\z', 'invalid_json']



=== TEST 35: gRPC is not read, and has to be asked for
--- config
    api_body any;
    location / { UP }
    location /grpc { api_body any skip=grpc; UP }
    location /both { api_body json skip=grpc; UP }
--- http2
--- request eval
["POST /\nx", "POST /grpc\nx", "POST /both\nx", "POST /both\nx", "POST /both\n1"]
--- more_headers eval
["Content-Type: application/grpc", "Content-Type: application/grpc+proto",
 "Content-Type: application/grpc", "Content-Type: application/grpcx",
 "Content-Type: application/json"]
--- error_code eval
[200, 200, 200, 415, 200]
--- response_headers eval
["grpc-status: 3\n! X-App", "! grpc-status\nX-App: POST",
 "! grpc-status\nX-App: POST", "! grpc-status", "! grpc-status"]
--- error_log
refused 415 body grpc: where gRPC belongs, api_body takes skip=grpc



=== TEST 36: a request for an upgrade has a body like any other
--- request eval
["POST /\n[1", "POST /\n[1]"]
--- more_headers eval
[("Content-Type: application/json\nConnection: close, Upgrade\nUpgrade: websocket") x 2]
--- error_code eval
[400, 200]



=== TEST 37: a client that goes away in the middle
--- request eval
"POST /\n[1,"
--- more_headers
Content-Type: application/json
Content-Length: 100
--- shutdown: 1
--- ignore_response
--- no_error_log
[alert]
refused



=== TEST 38: what calls itself gRPC in HTTP/1 is none, and does not slip by
--- config
    location / { api_body json skip=grpc; UP }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"
--- error_code: 415
--- response_headers
! grpc-status
--- response_body_like eval
problem_like(status => 415, code => 'unsupported_media_type')
--- error_log
refused 415 body media_type



=== TEST 39: chunks
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
. "3\r\n[1,\r\n2;x=y\r\n2]\r\n0\r\nX: y\r\n\r\n"
--- response_body chomp
[[1,2]]



=== TEST 40: chunks, in packets
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\n[1",
 ",\r\n2\r", "\n2]\r\n0\r\n\r\n"]
--- raw_request_middle_delay: 0.02
--- response_body chomp
[[1,2]]



=== TEST 41: chunks that are no JSON
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
. "3\r\n[1,\r\n2;x=y\r\n2}\r\n0\r\nX: y\r\n\r\n"
--- error_code: 400
--- error_log
at byte 4, support id



=== TEST 42: no chunk at all
--- config
    location / { api_body json; UP }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n"
--- response_body chomp
[]



=== TEST 43: chunks over the limit are counted when they are all there
--- config
    location / { api_body any; api_body_limit 4; UP }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
--- error_code: 413
--- response_body_like eval
problem_like(status => 413, code => 'body_too_large')



=== TEST 44: ... in a file
--- config
    location / { client_body_buffer_size 1k; api_body json; UP }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
. sprintf("%x\r\n%s\r\n", 5000, json_of(5000)) . "0\r\n\r\n"
--- response_body eval
"[" . json_of(5000) . "]"



=== TEST 45: a broken chunk is nginx's to refuse; its page is shown
--- config
    error_page 400 = @broken;
    location / { api_body json; UP }
    location @broken { api_body json; return 200 "broken\n"; }
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\n[1,\r\n",
 "zz\r\n"]
--- raw_request_middle_delay: 0.02
--- response_body
broken



=== TEST 46: ... and an upstream behind it gets no body that nobody saw
--- config
    error_page 400 = @broken;
    location / { api_body json; UP }
    location @broken { api_body json; UP }
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\n[1,\r\n",
 "zz\r\n"]
--- raw_request_middle_delay: 0.02
--- response_body chomp
[]



=== TEST 47: at once broken
--- config
    error_page 400 = @broken;
    location / { api_body json; UP }
    location @broken { api_body json; UP }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\n[1,\r\nzz\r\n"
--- response_body chomp
[]



=== TEST 48: 100 Continue is said before a body is read
--- raw_request eval
["POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
 "[1]"]
--- raw_request_middle_delay: 0.05
--- ignore_response
--- access_log
"POST / HTTP/1.1" 200



=== TEST 49: but not when its headers are enough to refuse it
--- config
    location / { api_body json; api_body_limit 2; UP }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
--- error_code: 413
--- raw_response_headers_unlike: 100 Continue



=== TEST 50: on one connection
--- pipelined_requests eval
["POST /\n[1]", "POST /\n[2"]
--- more_headers eval
[("Content-Type: application/json") x 2]
--- error_code eval
[200, 400]
--- response_body_like eval
['\A\[\[1\]\]\z', 'invalid_json']



=== TEST 51: on one connection, refused unread, and all that follows
--- config
    location / { api_body json; UP }
--- pipelined_requests eval
["POST /\n[1]", "POST /\n[2]", "GET /", "POST /\n[4]"]
--- more_headers eval
["Content-Type: application/json", "Content-Type: text/plain",
 ("Content-Type: application/json") x 2]
--- error_code eval
[200, 415, 200, 200]
--- response_body_like eval
['\A\[\[1\]\]\z', 'unsupported_media_type', '\A\[\]\z', '\A\[\[4\]\]\z']
