# api_leak: credentials and the inside of programs in responses. leak-http2.t
# runs this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest qw(:DEFAULT custom_sections);

our $JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLWhlcmU';
our $KEY = 'AKIAIOSFODNN7EXAMPLE';
our $PEM = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----\n';

our $UP = '$TEST_NGINX_RAND_PORT_1';

custom_sections('upstream');

add_block_preprocessor(sub {
    my ($block) = @_;

    my $up = $block->upstream // return;
    $block->set_value(http_config => ($block->http_config // '')
        . "server { listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;\n"
        . "default_type application/json;\n$up\n}\n");
});

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: a key in a response is withheld
--- upstream eval
"location / { return 200 '{\"id\":1,\"key\":\"$::KEY\"}'; }"
--- config
    location / {
        api_leak   block;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- error_code: 502
--- response_body_like eval
problem_like(status => 502, code => 'leak')
--- response_body_unlike
AKIA
--- error_log
leak cloud_key
--- no_error_log
[alert]



=== TEST 2: ... and what has none passes as it is
--- upstream
    location / { add_header X-Up yes; return 200 '{"id":1,"key":"AKIA-not-one"}'; }
--- config
    location / {
        api_leak   block;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- response_body chomp
{"id":1,"key":"AKIA-not-one"}
--- response_headers
X-Up: yes
Content-Length: 29



=== TEST 3: masked: as long as before, and still JSON
--- upstream eval
"location / { return 200 '{\"id\":17,\"key\":\"$::KEY\",\"pem\":\"$::PEM\",\"n\":[1]}'; }"
--- config
    location / {
        api_leak   mask;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- response_body_like
\A\{"id":17,"key":"\*{12}9\*{7}","pem":"\*{10} \*{7} \*{8}\n\*{16}\n-----END PRIVATE KEY-----\n","n":\[1\]\}\z
--- error_log
would refuse 502 leak private_key



=== TEST 4: a card that is a number stays one
--- upstream
    location / { return 200 '{"pan":4111111111111111}'; }
--- config
    location / {
        api_leak   mask kinds=card;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- response_body chomp
{"pan":9999999999999999}



=== TEST 5: log: it goes on, and is noted
--- upstream eval
"location / { return 200 '{\"token\":\"$::JWT\"}'; }"
--- config
    location / {
        api_leak   log;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- response_body chomp eval
"{\"token\":\"$::JWT\"}"
--- error_log
would refuse 502 leak jwt



=== TEST 6: monitor mode lets a block go on
--- upstream eval
"location / { return 200 '{\"token\":\"$::JWT\"}'; }"
--- config
    location / {
        api_mode   monitor;
        api_leak   block;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- response_body chomp eval
"{\"token\":\"$::JWT\"}"
--- error_log
would refuse 502 leak jwt



=== TEST 7: kinds: a token is what a login answers
--- upstream eval
"location / { return 200 '{\"token\":\"$::JWT\"}'; }"
--- config
    location / {
        api_leak   block kinds=cloud_key,private_key,stack_trace;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- response_body chomp eval
"{\"token\":\"$::JWT\"}"
--- no_error_log
leak



=== TEST 8: in pieces, at every place
--- upstream eval
"location / { return 200 '{\"key\":\"" . 'x' x 600 . " $::KEY " . 'y' x 600 . "\"}'; }"
--- config
    location / {
        api_leak          block;
        proxy_buffering   off;
        proxy_buffer_size 1k;
        proxy_pass        http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /log {
        api_leak          log;
        proxy_buffering   off;
        proxy_buffer_size 1k;
        proxy_pass        http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /", "GET /log"]
--- error_code eval
[502, 200]
--- error_log
leak cloud_key
would refuse 502 leak cloud_key



=== TEST 9: behind max nothing is looked at, and nothing is lost
--- upstream eval
"location / { return 200 '" . 'x' x 3000 . " $::KEY'; }"
--- config
    location / {
        api_leak   block max=2k;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- response_body chomp eval
'x' x 3000 . " $::KEY"
--- no_error_log
leak



=== TEST 10: a file of our own, and one that is no text
--- user_files eval
">>> a.json
{\"key\":\"$::KEY\"}
>>> a.png
$::KEY
"
--- config
    location / {
        types { application/json json; image/png png; }
        api_leak block;
    }
--- request eval
["GET /a.json", "GET /a.png"]
--- error_code eval
[502, 200]



=== TEST 11: what is encoded cannot be looked at, and is not sent; HEAD and 204 have no body
--- upstream eval
"location / { add_header Content-Encoding br; return 200 '$::KEY'; } location /none { return 204; }
location /identity { add_header Content-Encoding identity; return 200 'fine'; }"
--- config
    location / {
        api_leak   block;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /mask {
        api_leak   mask;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /log {
        api_leak   log;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /", "GET /mask", "GET /log", "HEAD /", "GET /none", "GET /identity"]
--- error_code eval
[502, 502, 200, 200, 204, 200]
--- error_log
refused 502 leak encoded
would refuse 502 leak encoded
--- no_error_log
[alert]



=== TEST 12: off, and what a lower level says
--- upstream eval
"location / { return 200 '$::KEY'; }"
--- config
    api_leak block;
    location / {
        api_leak   off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /in {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /", "GET /in"]
--- error_code eval
[200, 502]



=== TEST 13: a page of errors of the upstream, and an error_page of ours
--- upstream eval
"location / { return 500 'Traceback (most recent call last):'; }"
--- config
    location / {
        api_leak   block;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /page {
        api_leak   block;
        error_page 500 /sorry;
        proxy_intercept_errors on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /sorry { internal; return 500 "sorry\n"; }
--- request eval
["GET /", "GET /page"]
--- error_code eval
[502, 500]
--- response_body_like eval
[qr/"code":"leak"/, qr/sorry/]



=== TEST 14: an empty answer
--- upstream
    location / { return 200; }
--- config
    location / {
        api_leak   block;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- response_body chomp




=== TEST 15: an unknown kind
--- config
    location / { api_leak log kinds=cards; }
--- must_die
--- error_log
unknown kind "cards" of "api_leak"; there are: card iban



=== TEST 16: no action
--- config
    location / { api_leak; }
--- must_die
--- error_log
"api_leak"



=== TEST 17: another action, twice, sizes
--- config
    location / { api_leak warn; }
--- must_die
--- error_log
"api_leak" directive takes log, mask, block or off first



=== TEST 18: too small
--- config
    location / { api_leak log max=10; }
--- must_die
--- error_log
"api_leak" directive takes max= of 1k to 16m



=== TEST 19: twice
--- config
    location / { api_leak log; api_leak off; }
--- must_die
--- error_log
"api_leak" directive is duplicate



=== TEST 20: max falls on the end of a buffer: the rest flows on
--- config
    location / { api_leak block max=1k; default_type text/plain; root html; output_buffers 1 1k; }
--- user_files eval
">>> page\n" . ('x' x 4096)
--- request
GET /page
--- response_body eval
'x' x 4096
--- no_error_log
[alert]



=== TEST 21: ... on the end of all
--- config
    location / { api_leak mask max=1k; default_type text/plain; root html; output_buffers 1 2k; }
--- user_files eval
">>> page\n" . ('x' x 1024)
--- request
GET /page
--- response_body eval
'x' x 1024
--- no_error_log
[alert]



=== TEST 22: an upstream is not asked for what cannot be read; another location is as ever
--- upstream
    location / { return 200 "[$http_accept_encoding][$http_range][$http_if_range][$http_x_more]"; }
--- config
    location / {
        api_leak   log;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /plain {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- more_headers eval
my $asks = 'Accept-Encoding: br, gzip
Range: bytes=0-3
If-Range: "x"
X-More: here';
[$asks, $asks]
--- request eval
["GET /", "GET /plain"]
--- response_body eval
['[][][][here]', '[br, gzip][bytes=0-3]["x"][here]']



=== TEST 23: what nginx compresses itself comes behind the look
--- upstream eval
"location /key { return 200 '$::KEY'; } location / { return 200 '" . 'fine ' x 200 . "'; }"
--- config
    gzip on;
    gzip_proxied any;
    gzip_types application/json;
    location / {
        api_leak   block;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- more_headers eval
['Accept-Encoding: gzip', 'Accept-Encoding: gzip']
--- request eval
["GET /", "GET /key"]
--- error_code eval
[200, 502]
--- response_headers eval
['Content-Encoding: gzip', 'Content-Type: application/problem+json']



=== TEST 24: a key is one under any type but a picture's
--- upstream eval
CORE::join '', map { my ($n, $t) = @$_; "location /$n { default_type $t; return 200 '$::KEY'; }\n" }
    ['octet', 'application/octet-stream'], ['pem', 'application/x-pem-file'],
    ['yaml', 'application/yaml'], ['parts', '"multipart/byteranges; boundary=x"'],
    ['svg', 'image/svg+xml'], ['none', '""'], ['png', 'image/png'], ['zip', 'application/zip']
--- config
    location / {
        api_leak   block;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /octet", "GET /pem", "GET /yaml", "GET /parts", "GET /svg", "GET /none", "GET /png", "GET /zip"]
--- error_code eval
[502, 502, 502, 502, 502, 502, 200, 200]



=== TEST 25: a key behind an escape of JSON, and what only looks like one
--- upstream eval
"location /n { return 200 '{\"env\":\"A=1\\\\n$::KEY\"}'; }
location /u { return 200 '{\"env\":\"A\\\\u003d$::KEY\"}'; }
location / { return 200 '{\"env\":\"n$::KEY\"}'; }"
--- config
    location / {
        api_leak   mask;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /n", "GET /u", "GET /"]
--- response_body eval
['{"env":"A=1\n' . '*' x 12 . '9' . '*' x 7 . '"}', '{"env":"A\u003d' . '*' x 12 . '9' . '*' x 7 . '"}', "{\"env\":\"n$::KEY\"}"]
