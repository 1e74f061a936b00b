# Phases 3, 4 and 5: rules on what the application answers.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use IO::Compress::Gzip qw(gzip);

sub gz { my ($text) = @_; gzip(\$text, \my $out); return $out }

# Bodies in gzip: an attack, its twin, one that goes on behind the limit with an
# attack in front and its twin, one that is none.

sub coded {
    my ($root) = @_;
    my $noise = join '', map { sprintf '%x', $_ * 2654435761 % 4294967291 } 1 .. 900;
    my %file = (plainbad => "root:x:$noise", plaingood => $noise, bad => gz("a root:x:0:0 line\n"), good => gz("nothing\n"),
        longbad => gz("root:x:" . $noise), longgood => gz($noise),
        none => "\x1f\x8broot:x: and no gzip\n");
    ApiTest::write_file("$root/$_.txt", $file{$_}) for keys %file;
    return;
}

free_port('WAF_UP');
no_root_location();

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(http_config => ($block->http_config // '') . <<'END');
    log_format waf '$status action=$api_waf_action rules=$api_waf_rules';
    access_log logs/access.log waf;

    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        access_log off;
        default_type text/plain;
        location /secret { return 200 "a root:x:0:0 line\n"; }
        location /plain { return 200 "nothing\n"; }
        location /header { add_header X-Debug on; return 200 "fine\n"; }
        location /json { default_type application/json; return 200 "root:x:\n"; }
        location /long { return 200 "$TEST_LONG"; }
        location /none { return 204; }
        location /error { return 500 "oops\n"; }
        location /dropped { return 200 "drop this\n"; }
        location /moved { return 200 "move this\n"; }
        location /json/ { default_type application/json; alias $TEST_NGINX_HTML_DIR/; }
        location /files/ { alias $TEST_NGINX_HTML_DIR/; }
        location /gz/ { alias $TEST_NGINX_HTML_DIR/; add_header Content-Encoding gzip; }
        location /br/ { alias $TEST_NGINX_HTML_DIR/; add_header Content-Encoding br; }
    }
    api_waf_ruleset out $TEST_NGINX_HTML_DIR/out.conf;
END

    my $long = 'x' x 3000;
    my $text = $block->http_config;
    $text =~ s/\$TEST_LONG/$long/;
    $block->set_value(http_config => $text);

    $block->set_value(user_files => <<'END' . ($block->user_files // ''));
>>> out.conf
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html
SecResponseBodyLimit 2000
SecRule RESPONSE_HEADERS:X-Debug "@streq on" "id:31,phase:3,deny,log"
SecRule RESPONSE_BODY "@contains root:x:" "id:41,phase:4,deny,status:502,log"
SecRule RESPONSE_BODY "@contains drop this" "id:42,phase:4,drop,log"
SecRule RESPONSE_BODY "@contains move this" "id:43,phase:4,deny,redirect:http://127.0.0.1/moved,log"
SecRule RESPONSE_STATUS "@eq 500" "id:51,phase:5,pass,log"
IncludeOptional more*.conf
END
});

check_problems();
run_tests();

__DATA__

=== TEST 1: a rule on a header of the response
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /header
--- error_code: 403
--- problem
status: 403
code: response_blocked
--- response_headers
! X-Debug
--- access_log
403 action=refused rules=31
--- no_error_log
[alert]



=== TEST 2: a rule on the body: nothing of it is sent
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /secret
--- error_code: 502
--- problem
status: 502
code: response_blocked
--- response_body_unlike: root
--- access_log
502 action=refused rules=41
--- no_error_log
[alert]



=== TEST 3: ... and its twin
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /plain
--- response_body
nothing
--- access_log
200 action=passed rules=-



=== TEST 4: monitor lets it pass, and says so
--- config
    location / { api_waf out mode=monitor; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /secret
--- response_body
a root:x:0:0 line
--- access_log
200 action=monitor rules=41



=== TEST 5: a type that is not asked for
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /json
--- response_body
root:x:
--- access_log
200 action=passed rules=-



=== TEST 6: a long body flows on, as it came
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /long
--- response_body eval
'x' x 3000



=== TEST 7: ... or is refused
--- user_files
>>> more.conf
SecResponseBodyLimitAction Reject
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /long
--- error_code: 502
--- problem
status: 502
code: response_blocked



=== TEST 8: no body; HEAD
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /none", "HEAD /plain", "HEAD /header"]
--- error_code eval
[204, 200, 403]



=== TEST 9: phase 5 sees the status
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /error
--- error_code: 500
--- response_body
oops
--- access_log
500 action=passed rules=51



=== TEST 10: a file of nginx itself, over HTTP/2
--- config
    location / { api_waf out; default_type text/plain; root html; }
--- user_files
>>> page
a root:x:0:0 line
--- http2
--- request
GET /page
--- error_code: 502
--- response_body_unlike: root



=== TEST 11: ... and its twin, in parts
--- config
    location / { api_waf out; default_type text/plain; root html; output_buffers 1 16; }
--- user_files
>>> page
a line of sixteen bytes and more of them to come
--- request
GET /page
--- response_body
a line of sixteen bytes and more of them to come



=== TEST 12: what comes in several pieces is looked at in one
--- config
    location / { api_waf out; proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_WAF_UP; }
--- tcp_listen eval: free_port('WAF_UP')
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\na ro", "ot:x:0 line\n"]
--- request
GET /
--- error_code: 502



=== TEST 13: on a connection that is kept
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- pipelined_requests eval
["GET /secret", "GET /plain", "GET /header", "GET /plain"]
--- error_code eval
[502, 200, 403, 200]



=== TEST 14: a long body that comes in many buffers flows on, as it came
--- config
    location / { api_waf out; proxy_buffer_size 1k; proxy_buffers 64 1k; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files eval
">>> page\n" . ('x' x 60000)
--- request
GET /files/page
--- response_body eval
'x' x 60000
--- no_error_log
[alert]



=== TEST 15: ... or is refused
--- user_files eval
">>> more.conf\nSecResponseBodyLimitAction Reject\n>>> page\n" . ('x' x 60000)
--- config
    location / { api_waf out; proxy_buffer_size 1k; proxy_buffers 64 1k; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /files/page
--- error_code: 502
--- problem
status: 502
code: response_blocked
--- no_error_log
[alert]



=== TEST 16: slices are sent by subrequests: nothing of them goes ahead of the header
--- config
    location / { api_waf out; slice 16; proxy_set_header Range $slice_range; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files
>>> page
0123456789abcdef root:x:0:0 0123456789abcdef
--- request
GET /files/page
--- error_code:
--- error_log
cannot be held for rules of phase 4



=== TEST 17: ... and their twin, which rules do not read
--- config
    location / { api_waf out; slice 16; proxy_set_header Range $slice_range; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files
>>> page
0123456789abcdef 0123456789abcdef
--- request
GET /json/page
--- response_body
0123456789abcdef 0123456789abcdef



=== TEST 18: drop closes the connection, with nothing sent
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /dropped
--- error_code:
--- access_log
444 action=refused rules=42



=== TEST 19: a rule that redirects says where to
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /moved
--- error_code: 302
--- response_headers
Location: http://127.0.0.1/moved
--- response_body_unlike: move this
--- access_log
302 action=refused rules=43



=== TEST 20: an upstream that goes within its body: what came is looked at
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_WAF_UP; }
--- tcp_listen eval: free_port('WAF_UP')
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\na root:x:0 line\n"
--- request
GET /
--- error_code: 502
--- response_body_unlike: root
--- access_log
502 action=refused rules=41



=== TEST 21: ... and its twin goes on, cut as it came
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_WAF_UP; }
--- tcp_listen eval: free_port('WAF_UP')
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\na line\n"
--- request
GET /
--- ignore_response
--- access_log
200 action=passed rules=-



=== TEST 22: a budget that is spent is no way around the rules
--- http_config
    api_body_budget 64k;
--- user_files eval
">>> more.conf\nSecResponseBodyLimit 1000000\n>>> page\n" . ('x' x 60000) . 'root:x:'
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /files/page
--- error_code: 503
--- problem
status: 503
code: inspection_failed
--- access_log
503 action=failed rules=-



=== TEST 23: ... and what it holds passes
--- http_config
    api_body_budget 64k;
--- user_files eval
">>> more.conf\nSecResponseBodyLimit 1000000\n>>> page\n" . ('x' x 3000)
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /files/page
--- response_body eval
'x' x 3000



=== TEST 24: a body in gzip is looked at decoded, and goes on as it came
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- init
main::coded(html_dir());
--- request eval
["GET /gz/bad.txt", "GET /gz/good.txt", "GET /gz/longbad.txt", "GET /gz/longgood.txt"]
--- error_code eval
[502, 200, 502, 200]
--- response_headers eval
["! Content-Encoding", "Content-Encoding: gzip", "! Content-Encoding", "Content-Encoding: gzip"]
--- response_body_like eval
[qr/response_blocked/, qr/\A\x1f\x8b.{15,60}\z/s, qr/response_blocked/,
 qr/\A\x1f\x8b.{3000,}\z/s]
--- no_error_log
could not read



=== TEST 25: ... in monitor a copy is
--- config
    location / { api_waf out mode=monitor; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- init
main::coded(html_dir());
--- request eval
["GET /gz/bad.txt", "GET /gz/longbad.txt"]
--- error_code eval
[200, 200]
--- response_body_like eval
[qr/\A\x1f\x8b/, qr/\A\x1f\x8b.{3000,}\z/s]
--- access_log
200 action=monitor rules=41



=== TEST 26: a coding that rules cannot read passes, is told, and rules know
--- user_files
>>> more.conf
SecRule OUTBOUND_DATA_ERROR "@eq 1" "id:44,phase:4,pass,log"
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- init
main::coded(html_dir());
--- request eval
["GET /br/bad.txt", "GET /gz/none.txt"]
--- error_code eval
[200, 200]
--- grep_error_log eval
qr/could not read a response in the coding "\w+"/
--- grep_error_log_out
could not read a response in the coding "br"
could not read a response in the coding "gzip"
--- access_log
200 action=passed rules=44
--- no_access_log
rules=41



=== TEST 27: ... or is refused, where the rules say Reject
--- user_files
>>> more.conf
SecResponseBodyLimitAction Reject
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /json/ { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/br/; proxy_hide_header Content-Type; }
--- init
main::coded(html_dir());
--- request eval
["GET /br/bad.txt", "GET /gz/none.txt", "GET /gz/good.txt", "GET /json/good.txt"]
--- error_code eval
[502, 502, 200, 200]
--- error_log
response_coding: the response is in a coding that rules cannot read



=== TEST 28: of what rules would refuse in several phases, the first is told
--- user_files
>>> more.conf
SecRule ARGS:q "@streq bad" "id:11,phase:1,deny,log"
SecRule ARGS:q "@streq bad" "id:21,phase:2,deny,log"
--- config
    location / { api_waf out mode=monitor; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /secret?q=bad
--- response_body
a root:x:0:0 line
--- access_log
200 action=monitor rules=11,21,41
--- grep_error_log eval
qr/would refuse .*? waf rule: rule \d+/
--- grep_error_log_out eval
qr/\Awould refuse \d+ waf rule: rule 11\n\z/



=== TEST 29: a long body in one buffer is looked at as far as the limit
--- config
    location / { api_waf out; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /here/ { api_waf out; alias $TEST_NGINX_HTML_DIR/; }
--- init
main::coded(html_dir());
--- request eval
["GET /files/plainbad.txt", "GET /files/plaingood.txt", "GET /here/plainbad.txt", "GET /here/plaingood.txt"]
--- error_code eval
[502, 200, 502, 200]
--- response_body_like eval
[qr/response_blocked/, qr/\A[0-9a-f]{6000,}\z/, qr/response_blocked/, qr/\A[0-9a-f]{6000,}\z/]



=== TEST 30: gRPC: what a rule on the answer refuses is one block of headers, and its twin goes on
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 http2;
        access_log off;
        default_type application/grpc;
        location /bad { add_header X-Debug on; return 200 "body"; }
        location /good { return 200 "body"; }
    }
--- config
    location / { api_waf out skip=grpc; grpc_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- http2
--- request eval
["POST /bad\nabc", "POST /good\nabc"]
--- more_headers eval
["Content-Type: application/grpc", "Content-Type: application/grpc"]
--- error_code eval
[200, 200]
--- response_headers eval
["grpc-status: 7\nContent-Type: application/grpc\n! X-Debug", "! grpc-status"]
--- response_body eval
["", "body"]
--- no_error_log
[alert]
