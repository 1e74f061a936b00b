# api_origin: pages of other origins open no WebSocket and no event stream.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

my $WS = "Connection: Upgrade\nUpgrade: websocket";

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(user_files => [['in.txt', "in\n"]]);
    $block->set_value(config => <<'END') unless defined $block->config;
    location / {
        api_origin https://app.example.com https://*.pages.example;
        try_files /in.txt =404;
    }
END
});

{
    no warnings 'once';
    *Test::Base::Filter::ws = sub { join "\n", $WS, @_ };
    *Test::Base::Filter::sse = sub { join "\n", 'Accept: text/event-stream', @_ };
}

no_root_location();
run_tests();

__DATA__

=== TEST 1: a WebSocket of a page
--- request eval
[("GET /") x 10]
--- more_headers eval
[map { ws($_) } 'Origin: https://app.example.com', 'Origin: https://a.pages.example',
 'Origin: https://evil.example', 'Origin: https://app.example.com.evil.example',
 'Origin: http://app.example.com', 'Origin: https://app.example.com:8443',
 'Origin: null', 'Origin:', 'X-None: 1', "Origin: https://app.example.com\nOrigin: https://evil.example"]
--- error_code eval
[200, 200, (403) x 6, 200, 403]
--- response_body_like eval
[(qr/^in$/) x 2, (problem_like(status => 403, code => 'origin')) x 6, qr/^in$/, problem_like(status => 403, code => 'origin')]



=== TEST 2: in any case, among others
--- request eval
[("GET /") x 3]
--- more_headers eval
["Upgrade: WebSocket\nOrigin: https://evil.example", "Upgrade: h2c, websocket\nOrigin: https://evil.example",
 "Upgrade: h2c\nOrigin: https://evil.example"]
--- error_code eval
[403, 403, 200]



=== TEST 3: an event stream
--- request eval
[("GET /") x 4]
--- more_headers eval
[sse('Origin: https://app.example.com'), sse('Origin: https://evil.example'),
 "Accept: text/html, Text/Event-Stream;q=0.9\nOrigin: https://evil.example",
 "Accept: text/html\nOrigin: https://evil.example"]
--- error_code eval
[200, 403, 403, 200]



=== TEST 4: ... over HTTP/2
--- http2
--- request eval
[("GET /") x 2]
--- more_headers eval
[sse('Origin: https://app.example.com'), sse('Origin: https://evil.example')]
--- error_code eval
[200, 403]



=== TEST 5: on=write: whatever changes something
--- config
    location / { api_origin same on=write; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; return 200 "in\n"; }
--- request eval
["POST /\na", "POST /\na", "DELETE /", "GET /", "OPTIONS /", "POST /\na"]
--- more_headers eval
["Host: a.example:80\nOrigin: http://a.example:80", ("Host: a.example\nOrigin: https://evil.example") x 4, "Host: a.example"]
--- error_code eval
[200, 403, 403, 200, 200, 200]



=== TEST 6: on=all, and what has no origin
--- config
    location /all/ { api_origin same on=all; try_files /in.txt =404; }
    location /deny/ { api_origin same on=all absent=deny; try_files /in.txt =404; }
--- request eval
["GET /all/", "GET /all/", "GET /deny/", "GET /deny/"]
--- more_headers eval
["Origin: https://evil.example", "X-None: 1", "X-None: 1", "Origin: https://localhost"]
--- error_code eval
[403, 200, 403, 200]



=== TEST 7: same: the host that the browser came to, with its port
--- config
    location / { api_origin same; try_files /in.txt =404; }
--- request eval
[("GET /") x 8]
--- more_headers eval
[map { ws("Host: $_->[0]", "Origin: $_->[1]") } ['a.example', 'https://a.example'], ['A.example', 'http://a.example'],
 ['a.example:8080', 'http://a.example:8080'], ['a.example:8080', 'http://a.example'], ['a.example', 'https://b.example'],
 ['a.example', 'https://a.example.evil'], ['a.example', 'a.example'], ['a.example', 'ftp://a.example']]
--- error_code eval
[(200) x 3, (403) x 5]



=== TEST 8: cors: those of api_cors
--- config
    location / {
        api_cors origins=https://app.example.com credentials;
        api_origin cors;
        try_files /in.txt =404;
    }
    location /none/ { api_origin cors; try_files /in.txt =404; }
--- request eval
["GET /", "GET /", "GET /none/"]
--- more_headers eval
[ws('Origin: https://app.example.com'), ws('Origin: https://evil.example'), ws('Origin: https://app.example.com')]
--- error_code eval
[200, 403, 403]



=== TEST 9: before the token is looked at
--- http_config eval
corp()
--- config
    location / { api_auth jwt=corp; api_origin same; try_files /in.txt =404; }
--- request eval
["GET /", "GET /"]
--- more_headers eval
[ws('Origin: https://evil.example'), ws('Origin: http://localhost')]
--- error_code eval
[403, 401]



=== TEST 10: levels replace, off, monitor
--- config
    api_origin same on=all;
    location / { try_files /in.txt =404; }
    location /off/ { api_origin off; try_files /in.txt =404; }
    location /own/ { api_origin https://evil.example on=all; try_files /in.txt =404; }
    location /watch/ { api_origin same on=all mode=monitor; add_header X-D "$api_decision:$api_reason"; try_files /in.txt =404; }
    location /limit/ { limit_except GET { api_origin https://evil.example on=all; } try_files /in.txt =404; }
--- request eval
["GET /", "GET /off/", "GET /own/", "GET /watch/", "GET /limit/", "HEAD /limit/"]
--- more_headers eval
[("Origin: https://evil.example") x 6]
--- error_code eval
[403, 200, 200, 200, 403, 403]



=== TEST 11: monitor
--- config
    location / { api_origin same on=all mode=monitor; add_header X-D "$api_decision:$api_reason"; try_files /in.txt =404; }
--- request
GET /
--- more_headers
Origin: https://evil.example
--- response_headers
X-D: monitor:foreign_page
--- error_log
would refuse



=== TEST 12: no origin
--- config
    location / { api_origin on=all; }
--- must_die
--- error_log
"api_origin" directive needs origins, for example https://app.example.com; or same, or cors for those of api_cors in



=== TEST 13: everybody
--- config
    location / { api_origin *; }
--- must_die
--- error_log
"api_origin" directive takes no "*": pages of every origin may do this without it in



=== TEST 14: an origin that no browser sends
--- config
    location / { api_origin https://App.example.com; }
--- must_die
--- error_log
origin "https://App.example.com" has capital letters, which browsers never send: write it in lower case in



=== TEST 15: a parameter that is none
--- config
    location / { api_origin same for=all; }
--- must_die
--- error_log
unknown parameter "for=all" of "api_origin", which takes: on= absent= mode= in



=== TEST 16: twice
--- config
    location / { api_origin same; api_origin off; }
--- must_die
--- error_log
"api_origin" directive is duplicate in
