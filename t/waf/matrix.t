# The WAF beside what nginx may do to a request: redirects, error_page, named
# locations, try_files, subrequests, satisfy, gzip, large bodies.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use IO::Compress::Gzip qw(gzip);

sub gz { my ($text) = @_; gzip(\$text, \my $out); return $out }

no_root_location();

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(http_config => <<'END' . ($block->http_config // ''));
    log_format waf '$status $uri action=$api_waf_action rules=$api_waf_rules';
    access_log logs/access.log waf;
    proxy_set_header Connection close;

    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        access_log off;
        location / { return 200 "up\n"; }
        location /away { add_header X-Accel-Redirect /inner; return 200 "no\n"; }
        location /named { add_header X-Accel-Redirect @inner; return 200 "no\n"; }
        location /fail { return 503; }
        location /401 { return 401; }
    }
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/own.conf;
    api_waf_ruleset other $TEST_NGINX_HTML_DIR/other.conf;
END

    $block->set_value(user_files => <<'END' . ($block->user_files // ''));
>>> own.conf
SecRule ARGS "@contains evil" "id:20,phase:2,deny,log"
SecRule REQUEST_HEADERS:Authorization "@contains evil" "id:21,phase:1,deny,log"
SecRule REQUEST_METHOD "@rx ." "id:22,phase:5,pass,log"
>>> other.conf
SecRule ARGS "@contains strange" "id:30,phase:2,deny,log"
END
});

run_tests();

__DATA__

=== TEST 1: a rewrite to another location: the rules of where it ends
--- config
    location /a { rewrite ^ /b last; }
    location /b { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a?q=evil", "GET /a?q=good"]
--- error_code eval
[403, 200]



=== TEST 2: the same rules in two locations run once
--- config
    api_waf own;
    location /a { try_files /none /b; }
    location /b { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /a?q=good
--- response_body
up
--- access_log
action=passed rules=22



=== TEST 3: other rules behind an internal redirect run too
--- config
    location /a { api_waf own; try_files /none /b; }
    location /b { api_waf other; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a?q=evil", "GET /a?q=strange", "GET /a?q=good"]
--- error_code eval
[403, 403, 200]



=== TEST 4: X-Accel-Redirect, and to a named location
--- config
    location /away { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /named { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /inner { internal; api_waf other; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location @inner { api_waf other; rewrite ^ /x break; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /away?q=strange", "GET /away?q=good", "GET /named?q=strange", "GET /named?q=good"]
--- error_code eval
[403, 200, 403, 200]



=== TEST 5: error_page is a page
--- config
    error_page 403 /sorry;
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /sorry { internal; return 200 "sorry\n"; }
--- request
GET /?q=evil
--- error_code: 403
--- response_body
sorry



=== TEST 6: ... and no way around: an upstream behind it under the same rules
--- config
    error_page 403 = @app;
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location @app { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
POST /?q=evil
--- error_code: 403
--- response_body_like: request_blocked



=== TEST 7: who is refused by somebody else is inspected where that leads
--- config
    error_page 418 = @app;
    location / { return 418; }
    location @app { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["POST /?q=evil", "POST /?q=good"]
--- error_code eval
[403, 200]



=== TEST 8: an error of the application leads to inspection elsewhere
--- config
    location / {
        proxy_intercept_errors on;
        error_page 503 = @app;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location @app { api_waf own; rewrite ^ /x break; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /fail?q=evil", "GET /x?q=evil"]
--- error_code eval
[403, 200]



=== TEST 9: satisfy any and an address that is let in
--- config
    location / {
        satisfy any;
        allow all;
        auth_basic x;
        auth_basic_user_file $TEST_NGINX_HTML_DIR/users;
        api_waf own;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- user_files
>>> users
a:b
--- request eval
["GET /?q=evil", "GET /?q=good"]
--- error_code eval
[403, 200]



=== TEST 10: who is refused before costs no rule
--- config
    location / { deny all; api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /?q=evil
--- error_code: 403
--- access_log
403 / action=- rules=-



=== TEST 11: subrequests are part of a request that was inspected
--- config
    location / { api_waf own; auth_request /ask; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /ask { internal; api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/; }
--- request eval
["GET /?q=evil", "GET /?q=good"]
--- error_code eval
[403, 200]



=== TEST 12: a mirror gets nothing of what is refused
--- config
    location / { api_waf own; mirror /m; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /m { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["POST /\na=evil", "POST /\na=good"]
--- more_headers eval
["Content-Type: application/x-www-form-urlencoded", "Content-Type: application/x-www-form-urlencoded"]
--- error_code eval
[403, 200]



=== TEST 13: a token that is taken off the request is seen all the same
--- config
    location / {
        api_forward_token strip;
        api_waf own;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /", "GET /"]
--- more_headers eval
["Authorization: Bearer evil", "Authorization: Bearer good"]
--- error_code eval
[403, 200]



=== TEST 14: gzip, decoded
--- http_config
    api_body_decode gzip max=64k ratio=100;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["POST /\n" . main::gz('{"a":"evil"}'), "POST /\n" . main::gz('{"a":"good"}')]
--- more_headers eval
[map { "Content-Type: application/json\nContent-Encoding: gzip\nContent-Length: " . length main::gz($_) } '{"a":"evil"}', '{"a":"good"}']
--- error_code eval
[403, 200]



=== TEST 15: ... and refused where it is not decoded
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
"POST /\n" . main::gz('{"a":"good"}')
--- more_headers eval
"Content-Type: application/json\nContent-Encoding: gzip\nContent-Length: " . length main::gz('{"a":"good"}')
--- error_code: 415



=== TEST 16: too large a body
--- http_config
    api_body_limit 1k;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
"POST /\n" . 'x' x 2000
--- error_code: 413



=== TEST 17: a body that takes many turns of the event loop, on a kept connection
--- http_config
    client_max_body_size 8m;
    api_body_limit 8m;
    client_body_buffer_size 8m;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- pipelined_requests eval
["POST /\na=" . ('x' x 1500000) . "evil", "POST /\na=" . ('x' x 1500000), "GET /?q=evil", "GET /"]
--- more_headers eval
[("Content-Type: application/x-www-form-urlencoded") x 4]
--- timeout: 30s
--- error_code eval
[403, 200, 403, 200]



=== TEST 18: HTTP/2, a large body, several requests
--- http_config
    client_max_body_size 8m;
    api_body_limit 8m;
--- config
    location / { api_waf own; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http2
--- request eval
"POST /\na=" . ('x' x 300000) . "evil"
--- more_headers
Content-Type: application/x-www-form-urlencoded
--- timeout: 30s
--- error_code: 403
