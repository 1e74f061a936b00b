# api_waf: what is refused, what passes, modes, what is recorded.

use Test::Nginx::Socket 'no_plan';
use ApiTest;

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(http_config => ($block->http_config // '') . <<'END');
    log_format waf '$status action=$api_waf_action score=$api_waf_score '
                   'rules=$api_waf_rules on=$api_waf_matched '
                   'why=$api_decision/$api_reason';
    access_log logs/access.log waf;

    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        access_log off;
        return 200 "up\n";
    }
END

    $block->set_value(user_files => ($block->user_files // '') . <<'END');
>>> waf.conf
SecRequestBodyAccess On
SecAction "id:1,phase:1,nolog,pass,setvar:tx.anomaly_score=0,setvar:tx.inbound_anomaly_score_threshold=5"
SecRule REQUEST_HEADERS:X-Early "@streq bad" "id:10,phase:1,deny,log,msg:'early'"
SecRule REQUEST_HEADERS:X-Status "@streq 429" "id:11,phase:1,deny,status:429,log"
SecRule REQUEST_HEADERS:X-Drop "@streq 1" "id:12,phase:1,drop,log"
SecRule REQUEST_HEADERS:X-Away "@streq 1" "id:13,phase:1,redirect:'/elsewhere',log"
SecRule ARGS|REQUEST_COOKIES "@contains evil" "id:20,phase:2,t:none,t:lowercase,pass,log,tag:'evil',msg:'evil words',setvar:tx.anomaly_score=+5"
SecRule ARGS "@contains odd" "id:21,phase:2,pass,log,setvar:tx.anomaly_score=+2"
SecRule REQUEST_BODY "@contains rawbad" "id:22,phase:2,deny,log"
SecRule XML:/* "@contains evil" "id:23,phase:2,deny,log"
SecRule FILES "@endsWith .php" "id:24,phase:2,deny,log"
SecRule TX:anomaly_score "@ge %{tx.inbound_anomaly_score_threshold}" "id:99,phase:2,deny,log,msg:'score'"
END
});

no_root_location();
check_problems();
run_tests();

__DATA__

=== TEST 1: a rule refuses; the answer has the id of the line in the log
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/waf.conf;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /?q=EVIL
--- error_code: 403
--- problem
status: 403
code: request_blocked
title: The request was blocked
support_id: /^[0-9a-f]{32}$/
! detail
--- response_headers
Content-Type: application/problem+json
--- access_log
403 action=refused score=5 rules=20,99 on=ARGS:q why=deny/rule
--- error_log
refused 403 waf rule: rule 99, score 5, by 20, 99
--- no_error_log
[alert]



=== TEST 2: ... and a request without it passes
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/waf.conf;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /?q=deviate
--- response_body
up
--- access_log
200 action=passed score=0 rules=- on=- why=allow/-



=== TEST 3: a match below the threshold passes, and is told
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/waf.conf;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /?q=odd
--- response_body
up
--- access_log
200 action=passed score=2 rules=21 on=ARGS:q why=allow/-



=== TEST 4: monitor: decided and recorded, not refused
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/waf.conf;
--- config
    location / { api_waf own mode=monitor; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /?q=evil
--- response_body
up
--- access_log
200 action=monitor score=5 rules=20,99 on=ARGS:q why=monitor/rule



=== TEST 5: api_mode is the ceiling
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/waf.conf;
    api_mode monitor;
--- config
    location / { api_waf own mode=enforce; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /?q=evil
--- response_body
up
--- access_log
200 action=monitor



=== TEST 6: SecRuleEngine in a file has no say
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/waf.conf $TEST_NGINX_HTML_DIR/engine.conf;
--- user_files
>>> engine.conf
SecRuleEngine DetectionOnly
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /?q=evil
--- error_code: 403



=== TEST 7: ctl in a rule takes back
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/ctl.conf $TEST_NGINX_HTML_DIR/waf.conf;
--- user_files
>>> ctl.conf
SecRule REQUEST_HEADERS:X-Trusted "@streq 1" "id:5,phase:1,pass,nolog,ctl:ruleEngine=Off"
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /?q=evil", "GET /?q=evil"]
--- more_headers eval
["X-Trusted: 1", "X-Trusted: 0"]
--- error_code eval
[200, 403]



=== TEST 8: phase 1 refuses before the body is read
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/waf.conf;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Early: bad\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n"
--- error_code: 403
--- access_log
403 action=refused score=0 rules=10 on=REQUEST_HEADERS:X-Early



=== TEST 9: the status of a rule
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/waf.conf;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /
--- more_headers
X-Status: 429
--- error_code: 429
--- problem
status: 429
code: request_blocked



=== TEST 10: drop closes the connection
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/waf.conf;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /
--- more_headers
X-Drop: 1
--- ignore_response
--- access_log
444 action=refused score=0 rules=12



=== TEST 11: redirect
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/waf.conf;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /
--- more_headers
X-Away: 1
--- error_code: 302
--- response_headers_like
Location: .*/elsewhere



=== TEST 12: form, JSON, a cookie, a raw body, XML, a file
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/waf.conf;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["POST /\na=1&b=evil", "POST /\n{\"a\":[{\"b\":\"\\u0065vil\"}]}", "GET /",
 "POST /\nrawbad", "POST /\n<a><b>e</b><b>vil</b></a>",
 "POST /\n--x\r\nContent-Disposition: form-data; name=f; filename=\"a.php\"\r\n\r\ny\r\n--x--\r\n"]
--- more_headers eval
["Content-Type: application/x-www-form-urlencoded",
 "Content-Type: application/json", "Cookie: c=evil",
 "Content-Type: text/plain", "Content-Type: application/xml",
 "Content-Type: multipart/form-data; boundary=x"]
--- error_code eval
[403, 403, 403, 403, 403, 403]



=== TEST 13: ... and their twins
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/waf.conf;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["POST /\na=1&b=good", "POST /\n{\"a\":[{\"b\":\"good\"}]}", "GET /",
 "POST /\nraw good", "POST /\n<a><b>e</b>-<b>vil</b></a>",
 "POST /\n--x\r\nContent-Disposition: form-data; name=f; filename=\"a.png\"\r\n\r\ny\r\n--x--\r\n"]
--- more_headers eval
["Content-Type: application/x-www-form-urlencoded",
 "Content-Type: application/json", "Cookie: c=good",
 "Content-Type: text/plain", "Content-Type: application/xml",
 "Content-Type: multipart/form-data; boundary=x"]
--- error_code eval
[200, 200, 200, 200, 200, 200]



=== TEST 14: over HTTP/2
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/waf.conf;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http2
--- request
POST /
{"a":"evil"}
--- more_headers
Content-Type: application/json
--- error_code: 403
--- access_log
403 action=refused score=5 rules=20,99 on=ARGS:json.a



=== TEST 15: ... and its twin
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/waf.conf;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http2
--- request
POST /
{"a":"good"}
--- more_headers
Content-Type: application/json
--- response_body
up



=== TEST 16: in chunks of one byte
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/waf.conf;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
. (CORE::join '', map { "1\r\n$_\r\n" } split //, '{"a":"evil"}') . "0\r\n\r\n"
--- error_code: 403



=== TEST 17: a body that nginx has put into a file
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/waf.conf;
    client_body_buffer_size 1k;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["POST /\n" . '{"p":"' . ('x' x 20000) . '","a":"evil"}',
 "POST /\n" . '{"p":"' . ('x' x 20000) . '","a":"good"}']
--- more_headers eval
["Content-Type: application/json", "Content-Type: application/json"]
--- error_code eval
[403, 200]



=== TEST 18: gRPC is no way around
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/waf.conf;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http2
--- request
POST /
evil
--- more_headers
Content-Type: application/grpc
--- error_code: 200
--- response_headers
grpc-status: 3
--- access_log
action=refused



=== TEST 19: more arguments than are looked at
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/waf.conf;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /?" . CORE::join('&', map { "a=$_" } 1 .. 1001),
 "GET /?" . CORE::join('&', map { "a=$_" } 1 .. 1000)]
--- error_code eval
[403, 200]



=== TEST 20: a server that has no rules
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /?q=evil
--- response_body
up
--- access_log
200 action=- score=- rules=- on=- why=-/-



=== TEST 21: bodies are read unless the rules say Off
--- http_config
    api_waf_ruleset a $TEST_NGINX_HTML_DIR/plain.conf;
    api_waf_ruleset b $TEST_NGINX_HTML_DIR/plain.conf $TEST_NGINX_HTML_DIR/off.conf;
--- user_files
>>> plain.conf
SecRule ARGS "@contains evil" "id:20,phase:2,deny,log"
>>> off.conf
SecRequestBodyAccess Off
--- config
    location /a { api_waf a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /b { api_waf b; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["POST /a\n{\"a\":\"evil\"}", "POST /b\n{\"a\":\"evil\"}", "GET /b?a=evil"]
--- more_headers eval
["Content-Type: application/json", "Content-Type: application/json", ""]
--- error_code eval
[403, 200, 403]



=== TEST 22: DURATION is how long the request has taken by then
--- http_config
    api_waf_ruleset time $TEST_NGINX_HTML_DIR/time.conf;
--- user_files
>>> time.conf
SecRule DURATION "@ge 300000" "id:1,phase:1,pass,log"
SecRule DURATION "@ge 300000" "id:2,phase:2,pass,log"
SecRule DURATION "@lt 600000000" "id:3,phase:2,pass,log"
--- config
    location / { api_waf time; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
[["POST /\na", {value => "b", delay_before => 0.5}]]
--- access_log eval
qr/^200 action=passed score=0 rules=(?:1,)?2,3 /
