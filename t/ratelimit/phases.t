use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

# Where and how often a request is counted: authentication, redirects,
# error_page, subrequests, satisfy, upstreams.
add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => corp() . ($block->http_config // '')
        . <<'END');
    api_ratelimit_zone z 1m;
    api_ratelimit_policy net  zone=z key=$api_client_net rate=1r/h burst=3 at=address;
    api_ratelimit_policy who  zone=z key=$api_principal rate=1r/h burst=2;
    api_ratelimit_policy user zone=z key=$http_x_user rate=1r/h burst=2;
    api_ratelimit_policy also zone=z key=$http_x_user rate=1r/h burst=2;
    log_format out '$status $api_ratelimit_status $api_ratelimit_policy $api_ratelimit_remaining $api_reason';
    access_log logs/access.log out;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        access_log off;
        location / { add_header X-Up yes; return 200 "up\n"; }
        location /401 { return 401; }
        location /429 { return 429 "theirs\n"; }
        location /500 { return 500; }
    }
END
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: who is refused by authentication costs the address, and nobody's identity
--- config
    location / { api_auth jwt=corp; api_ratelimit net who; try_files /x =204; }
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
["A: 1", bearer(), "Authorization: Bearer x", bearer()]
--- error_code eval
[401, 204, 401, 429]
--- response_headers_like eval
["RateLimit: \"net\";r=2;t=3600\nWWW-Authenticate: .*",
 "RateLimit: \"net\";r=1;t=3..., \"who\";r=1;t=3600",
 "RateLimit: \"net\";r=0;t=3...",
 "RateLimit: \"net\";r=0;t=3..."]



=== TEST 2: who may not do it costs no limit by identity
--- config
    location / {
        api_auth jwt=corp; api_ratelimit who;
        if ($arg_x) { api_require scope admin; }
        try_files /x =204;
    }
    location /admin { api_auth jwt=corp; api_require scope admin; api_ratelimit who; try_files /x =204; }
    location /any { api_auth jwt=corp; api_ratelimit who; try_files /x =204; }
--- request eval
["GET /admin", "GET /admin", "GET /any", "GET /any", "GET /any"]
--- more_headers eval
[(bearer()) x 5]
--- error_code eval
[403, 403, 204, 204, 429]
--- response_headers eval
["! RateLimit", "! RateLimit", "RateLimit: \"who\";r=1;t=3600", "! X", "! X"]



=== TEST 3: limits by identity come before a body is read
--- config
    location / { api_ratelimit user; api_body json; try_files /x =204; }
--- request eval
["POST /\n{}", "POST /\n{}", "POST /\n{"]
--- more_headers eval
[("X-User: a\nContent-Type: application/json") x 3]
--- error_code eval
[204, 204, 429]



=== TEST 4: an upstream's responses carry the fields too
--- config
    location / { api_ratelimit user; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /", "GET /500", "GET /"]
--- more_headers eval
[("X-User: a") x 3]
--- error_code eval
[200, 500, 429]
--- response_headers_like eval
["X-Up: yes\nRateLimit: \"user\";r=1;t=3600", "RateLimit: \"user\";r=0;t=3...",
 "RateLimit: \"user\";r=0;t=3...\nRetry-After: 3..."]



=== TEST 5: an upstream's own 429 is its own
--- config
    location / { api_ratelimit user; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /429
--- more_headers
X-User: a
--- error_code: 429
--- response_headers
! Retry-After
RateLimit: "user";r=1;t=3600
--- response_body
theirs



=== TEST 6: once a request through internal redirects, and what comes on top
--- config
    location /a { api_ratelimit user; try_files /x /b; }
    location /b { api_ratelimit user; try_files /x /c; }
    location /c { api_ratelimit user also; try_files /x =204; }
--- request eval
["GET /a", "GET /c", "GET /a"]
--- more_headers eval
[("X-User: a") x 3]
--- error_code eval
[204, 204, 429]
--- access_log
204 passed user 1 -
204 passed user 0 -
429 refused user 0 rate
--- response_headers_like eval
["RateLimit: \"user\";r=1;t=3600, \"also\";r=1;t=3600",
 "RateLimit: \"user\";r=0;t=3..., \"also\";r=0;t=3...", "Retry-After: 3..."]



=== TEST 7: the page of a 429 is not counted, and keeps its time
--- config
    error_page 429 /slow;
    location /api { api_ratelimit user; try_files /x =204; }
    location /slow { internal; api_ratelimit user; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /api", "GET /api", "GET /api", "GET /api"]
--- more_headers eval
[("X-User: a") x 4]
--- error_code eval
[204, 204, 429, 429]
--- response_body eval
["", "", "up\n", "up\n"]
--- response_headers_like eval
["RateLimit: .*", "RateLimit: .*", "X-Up: yes\nRetry-After: 3...", "Retry-After: 3..."]



=== TEST 8: a redirect by error_page is no way around another limit
--- config
    error_page 418 = @in;
    location / { return 418; }
    location @in { api_ratelimit user; try_files /x =204; }
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
[("X-User: a") x 3]
--- error_code eval
[204, 204, 429]



=== TEST 9: what was only watched before is enforced where it is
--- config
    location / { api_ratelimit user mode=monitor; try_files /x /in; }
    location /in { api_ratelimit user; try_files /x =204; }
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
[("X-User: a") x 3]
--- error_code eval
[204, 204, 429]



=== TEST 22: ... and what it would have been charged besides is not
--- config
    location / { api_ratelimit user mode=monitor; try_files /x /in; }
    location /in { api_ratelimit also user; try_files /x =204; }
    location /also { api_ratelimit also; try_files /x =204; }
    location /user { api_ratelimit user; try_files /x =204; }
--- request eval
["GET /user", "GET /user", "GET /", "GET /also"]
--- more_headers eval
[("X-User: a") x 4]
--- error_code eval
[204, 204, 429, 204]
--- response_headers_like eval
["RateLimit: .*", "RateLimit: .*", "Retry-After: 3...",
 "RateLimit: \"also\";r=1;t=3600"]



=== TEST 10: subrequests are not counted
--- config
    location / { api_ratelimit user; auth_request /auth; try_files /x =204; }
    location /auth { api_ratelimit also; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /also { api_ratelimit also; try_files /x =204; }
--- request eval
["GET /", "GET /", "GET /", "GET /also"]
--- more_headers eval
[("X-User: a") x 4]
--- error_code eval
[204, 204, 429, 204]
--- response_headers_like eval
["RateLimit: \"user\";r=1;t=3600", "RateLimit: \"user\";.*", "RateLimit: .*",
 "RateLimit: \"also\";r=1;t=3600"]



=== TEST 11: satisfy any does not lift a limit
--- config
    location / {
        satisfy any; allow all; deny all;
        api_auth jwt=corp; api_ratelimit net user; try_files /x =204;
    }
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
[("X-User: a") x 3]
--- error_code eval
[204, 204, 429]



=== TEST 12: an address is that of realip, an IPv6 one its /64, a mapped one that of IPv4
--- config
    set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;
    location / { api_ratelimit net; add_header X-Net $api_client_net always; try_files /x =204; }
--- request eval
[("GET /") x 8]
--- more_headers eval
["X-Real-IP: 2001:db8::1", "X-Real-IP: 2001:db8::ffff:2",
 "X-Real-IP: 2001:db8:0:0:abcd::", "X-Real-IP: 2001:db8::9",
 "X-Real-IP: 2001:db8:0:1::1", "X-Real-IP: 192.0.2.1",
 "X-Real-IP: ::ffff:192.0.2.1", "X-Real-IP: 192.0.2.2"]
--- error_code eval
[204, 204, 204, 429, 204, 204, 204, 204]
--- response_headers eval
[("X-Net: 2001:db8::/64") x 4, "X-Net: 2001:db8:0:1::/64", "X-Net: 192.0.2.1",
 "X-Net: 192.0.2.1\nRateLimit: \"net\";r=1;t=3600", "X-Net: 192.0.2.2"]
--- response_headers_like eval
[("RateLimit: .*") x 6, "RateLimit: .*", "RateLimit: \"net\";r=2;t=3600"]



=== TEST 13: other bits
--- http_config
    api_ratelimit_net ipv4=24 ipv6=128;
--- config
    set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;
    location / { add_header X-Net $api_client_net always; try_files /x =204; }
--- request eval
[("GET /") x 3]
--- more_headers eval
["X-Real-IP: 2001:db8::1", "X-Real-IP: 192.0.2.77", "A: 1"]
--- error_code eval
[(204) x 3]
--- response_headers eval
["X-Net: 2001:db8::1", "X-Net: 192.0.2.0/24", "X-Net: 127.0.0.0/24"]



=== TEST 14: only failures count, and the fields of a good response know it before
--- http_config
    api_ratelimit_policy login zone=z key=$api_client_net rate=2r/h burst=2
                         at=address charge=401,403;
--- config
    location / { api_ratelimit login; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
[("GET /") x 5, "GET /401", "GET /", "GET /401", "GET /401", "GET /"]
--- error_code eval
[(200) x 5, 401, 200, 401, 429, 429]



=== TEST 15: what our own authentication refuses counts as well
--- http_config
    api_ratelimit_policy guess zone=z key=$api_client_net rate=2r/h burst=2
                         at=address charge=401;
--- config
    location / { api_auth jwt=corp; api_ratelimit guess; try_files /x =204; }
--- request eval
[("GET /") x 6]
--- more_headers eval
[bearer(), bearer(), "A: 1", bearer(), "A: 1", bearer()]
--- error_code eval
[204, 204, 401, 204, 401, 429]



=== TEST 16: refund= gives back
--- http_config
    api_ratelimit_policy back zone=z key=$http_x_user rate=2r/h burst=2
                         refund=5xx,401;
--- config
    location / { api_ratelimit back; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /500", "GET /401", "GET /500", "GET /", "GET /", "GET /500"]
--- more_headers eval
[("X-User: a") x 6]
--- error_code eval
[500, 401, 500, 200, 200, 429]



=== TEST 17: bytes sent, also over the burst
--- http_config
    api_ratelimit_policy bytes zone=z key=$http_x_user rate=1b/s burst=2k
                         charge=bytes;
--- config
    location / { api_ratelimit bytes; }
--- user_files eval
">>> small\n" . ("x" x 500) . "\n>>> large\n" . ("x" x 20000)
--- request eval
["GET /small", "GET /large", "GET /small", "GET /large"]
--- more_headers eval
["X-User: a", "X-User: a", "X-User: a", "X-User: b"]
--- error_code eval
[200, 200, 429, 200]
--- response_headers_like eval
["RateLimit-Policy: \"bytes\";q=2048;w=2048;qu=\"content-bytes\"\nRateLimit: \"bytes\";r=2047;t=1",
 "RateLimit: \"bytes\";r=1[0-3]\\d\\d;t=1",
 "RateLimit: \"bytes\";r=0;t=1[89]\\d\\d\\d\nRetry-After: 1[89]\\d\\d\\d",
 "RateLimit: \"bytes\";r=2047;t=1"]



=== TEST 18: a sliding window
--- http_config
    api_ratelimit_zone w 1m;
    api_ratelimit_policy hour zone=w key=$http_x_user rate=3r/d window=1d;
--- config
    location / { api_ratelimit hour; try_files /x =204; }
--- request eval
[("GET /") x 4, "GET /"]
--- more_headers eval
[("X-User: a") x 4, "X-User: b"]
--- error_code eval
[204, 204, 204, 429, 204]
--- response_headers_like eval
["RateLimit-Policy: \"hour\";q=3;w=86400\nRateLimit: \"hour\";r=2;t=\\d+",
 "RateLimit: \"hour\";r=1;t=\\d+", "RateLimit: \"hour\";r=0;t=\\d+",
 "RateLimit: \"hour\";r=0;t=\\d+\nRetry-After: \\d{2,6}", "RateLimit: .*"]



=== TEST 19: of a burst some go at once, the others wait for their turn
--- http_config
    api_ratelimit_policy slow zone=z key=$http_x_user rate=20r/s burst=10 delay=1;
--- config
    location / { api_ratelimit slow; add_header X-Status $api_ratelimit_status; try_files /x =204; }
--- pipelined_requests eval
["GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
[("X-User: a") x 4]
--- error_code eval
[(204) x 4]
--- timeout: 20
--- access_log
204 passed slow
204 delayed slow



=== TEST 20: over HTTP/2
--- http2
--- http_config
    api_ratelimit_policy slow zone=z key=$http_x_user rate=5r/s burst=10 delay=0;
--- config
    location / { api_ratelimit slow; add_header X-Status $api_ratelimit_status always; try_files /x =204; }
--- request eval
[("GET /") x 3]
--- more_headers eval
[("X-User: a") x 3]
--- error_code eval
[(204) x 3]
--- timeout: 20
--- access_log
204 passed slow
204 delayed slow



=== TEST 21: 304 has none of the fields
--- config
    location / { api_ratelimit user; if_modified_since before; }
--- user_files
>>> page 202001010000.00
x
--- request eval
["GET /page", "GET /page"]
--- more_headers eval
["X-User: a", "X-User: a\nIf-Modified-Since: Fri, 01 Jan 2038 00:00:00 GMT"]
--- error_code eval
[200, 304]
--- response_headers eval
["RateLimit: \"user\";r=1;t=3600", "! RateLimit"]
