# The language of the .t files, on stock directives: every section that the
# stand-in knows and every function that it exports. This file passes under
# the real library too; that the checks can fail is shown by
# 00-stand-in-loud.t.

BEGIN { delete $ENV{TEST_NGINX_LOAD_MODULES} }

use Test::Nginx::Socket 'no_plan';
use ApiTest;

our $up = free_port('UP_PORT');

our $rounds = 0;
our $marks  = 0;
our $bodies = 0;
our $clean  = 0;
our $conf   = '';

$ENV{TEST_NGINX_WORD} = 'expanded';
$ENV{FROM_OUTSIDE}    = 'inherited';

repeat_each(2);
no_shuffle();
no_long_string();
workers(1);
worker_connections(64);
log_level('info');
timeout(5);
env_to_nginx('FROM_OUTSIDE');
config_preamble('set $preamble "seen";');

add_block_preprocessor(sub {
    my ($block) = @_;

    # a default, as files with one kind of block like to have
    $block->set_value(request => 'GET /default')
        if $block->name =~ /preprocessor/;
});

add_response_body_check(sub {
    my ($block, $body, $i, $round) = @_;

    $bodies++ if $body =~ /body check/;
    like($i . $round, qr/\A0[01]\z/, 'indexes of a body check')
        if $body =~ /body check/;
});

add_cleanup_handler(sub { $clean++ });

run_tests();

is($bodies, 2, 'a response body check runs once a request');
is($marks, 1, 'init runs once a block');
is($rounds, 1, 'post_setup_server_root runs once a block');
like(server_port(), qr/\A\d+\z/, 'server_port');
is(html_dir(), server_root() . '/html', 'html_dir and server_root');
is(repeat_each(), 2, 'repeat_each');
like($conf, qr/^env FROM_OUTSIDE;$/m, 'env_to_nginx');
like($conf, qr/worker_connections\s+64;/, 'worker_connections');

__DATA__

=== TEST 1: a request line alone
--- config
location = / { return 200 "$request_method $request_uri $server_protocol\n"; }
--- request
GET
--- response_body
GET / HTTP/1.1

=== TEST 2: comments, HTTP/1.0 and the headers that are always sent
--- config
location /a { return 200 "$server_protocol $http_host $http_connection\n"; }
--- request

# a reader's note

GET /a HTTP/1.0
--- response_body
HTTP/1.0 localhost close

=== TEST 3: a body is stripped at both ends where the length is counted
--- config
location /up { client_body_in_single_buffer on; proxy_pass http://127.0.0.1:$TEST_NGINX_UP_PORT; proxy_set_header Host up; }
--- tcp_listen eval: $::up
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nbody check\n"
--- tcp_query_len: 86
--- tcp_query eval
"POST /up HTTP/1.0\r\nHost: up\r\nConnection: close\r\nContent-Length: 9\r\nX-A: 1\r\n\r\na b\n  c d"
--- request eval
"POST /up\n  a b\n  c d \n\n"
--- more_headers
# a note
X-A: 1
--- response_body
body check

=== TEST 4: a body is sent as it is where the test gives the length
--- config
location /up { proxy_pass http://127.0.0.1:$TEST_NGINX_UP_PORT; proxy_set_header Host up; }
--- tcp_listen eval: $::up
--- tcp_reply eval
sub { "HTTP/1.0 200 OK\r\nX-Query-Length: " . length($_[0]) . "\r\n\r\n" }
--- tcp_query eval
"POST /up HTTP/1.0\r\nHost: up\r\nConnection: close\r\nContent-Length: 5\r\n\r\n abc\n"
--- request eval
"POST /up\n abc\n"
--- more_headers
Content-Length: 5
--- response_headers
X-Query-Length: 74

=== TEST 5: several requests, each with its own of everything
--- config
location /ok { add_header X-Is $http_x always; return 200 "ok $http_x\n"; }
location /no { add_header X-Is $http_x always; return 403 "no\n"; }
--- request eval
["GET /ok", "GET /no", "HEAD /ok"]
--- more_headers eval
["X: 1", "X: 2", "X: 3"]
--- error_code eval
[200, 403, 200]
--- response_body eval
["ok 1\n", "no\n", ""]
--- response_headers eval
["X-Is: 1", "X-Is: 2\n! X-Not", "X-Is: 3"]
--- raw_response_headers_like eval
["^HTTP/1.1 200 OK\r\n", "^HTTP/1.1 403 Forbidden\r\n", "X-Is: 3\r\n"]
--- raw_response_headers_unlike eval
["X-Is: 2", "X-Is: 1", "X-Is: 1"]

=== TEST 6: a request in packets
--- config
location /up { proxy_pass http://127.0.0.1:$TEST_NGINX_UP_PORT; proxy_set_header Host up; }
--- tcp_listen eval: $::up
--- tcp_reply eval
["HTTP/1.0 200 OK\r\n\r\n", "in ", "parts\n"]
--- tcp_query eval
"POST /up HTTP/1.0\r\nHost: up\r\nConnection: close\r\nContent-Length: 9\r\n\r\nonetwosix"
--- request eval
[["POST /up\none", "two", {value => "six", delay_before => 0.03}]]
--- response_body
in parts

=== TEST 7: pipelined requests on one connection
--- config
location /p/ { return 200 "$uri $connection_requests $http_connection\n"; }
--- pipelined_requests eval
["GET /p/a", "POST /p/b\nabc", "GET /p/c"]
--- response_body eval
["/p/a 1 keep-alive\n", "/p/b 2 keep-alive\n", "/p/c 3 close\n"]

=== TEST 8: a raw request
--- config
location /raw { return 200 "$http_x\n"; }
--- raw_request eval
"GET /raw HTTP/1.1\r\nHost: a\r\nX: two  words \r\nConnection: close\r\n\r\n"
--- response_body
two  words

=== TEST 9: a raw request in packets, with a delay between them
--- config
location /raw { return 200 "$http_x\n"; }
--- raw_request eval
["GET /raw HTTP/1.1\r\nHost: a\r\nX: y", "z\r\nConnection: close\r\n\r\n"]
--- raw_request_middle_delay: 0.03
--- response_body
yz

=== TEST 10: what nginx calls a bad request
--- config
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"
--- error_code: 400
--- error_log
client sent duplicate host header

=== TEST 11: HTTP/2
--- http2
--- config
location /two { add_header X-Two 2; return 200 "$request_method $request_uri $server_protocol $http_x $content_length\n"; }
--- request
POST /two?a=%2e%2E&b={[c]}
abc
--- more_headers
X: 1
--- response_headers
X-Two: 2
--- response_body
POST /two?a=%2e%2E&b={[c]} HTTP/2.0 1 3

=== TEST 12: HTTP/2, several requests and a refusal
--- http2
--- config
location /ok { return 200 "ok\n"; }
location /no { return 403 "no\n"; }
--- request eval
["GET /ok", "GET /no", "HEAD /ok"]
--- error_code eval
[200, 403, 200]
--- response_body eval
["ok\n", "no\n", ""]
--- access_log
GET /no HTTP/2.0

=== TEST 13: chunked responses are decoded
--- config
location /ssi { ssi on; ssi_types *; root html; }
--- user_files
>>> ssi/a.txt
one <!--# echo var="uri" --> two
--- request
GET /ssi/a.txt
--- response_headers
Transfer-Encoding: chunked
! Content-Length
--- response_body
one /ssi/a.txt two

=== TEST 14: user files with a date, and from a list
--- config
location /d { root html; }
--- user_files eval
[["d/a.txt", "A\n", "202001020304.05"], ["d/b.txt" => "B\n"]]
--- request eval
["GET /d/a.txt", "GET /d/b.txt"]
--- response_body eval
["A\n", "B\n"]
--- response_headers_like eval
['Last-Modified: \w{3}, 0\d Jan 2020 \d\d:04:05 GMT', 'Content-Length: \d']

=== TEST 15: patterns
--- config
location /p { default_type text/x-p; return 200 "one\ntwo\n"; }
--- request
GET /p
--- error_code_like: ^2\d\d$
--- response_body_like: ^one.two
--- response_body_unlike: three
--- response_headers_like
Content-Type: text/x-.
Content-Length: \d+
--- raw_response_headers_like: Server: nginx/\S+\r\n
--- raw_response_headers_unlike: X-Powered-By

=== TEST 16: a body as a pattern of its own
--- config
location /p { return 200 "one $TEST_NGINX_WORD ${TEST_NGINX_WORD}\n"; }
--- request
GET /p
--- response_body eval
qr/\Aone (expanded) \1$/

=== TEST 17: variables in the expected response
--- config
location /p { add_header X-Word expanded; return 200 "$server_port expanded\n"; }
--- request
GET /p
--- response_headers
X-Word: $TEST_NGINX_WORD
--- response_body
$ServerPort $TEST_NGINX_WORD

=== TEST 18: the error log
--- config
location /l { root html; }
--- request
GET /l/none-such
--- error_code: 404
--- error_log
html/l/none-such" failed
No such file
--- no_error_log
[alert]
none-whatever

=== TEST 19: the error log, by patterns
--- config
location /l { root html; }
--- request
GET /l/none-such
--- error_code: 404
--- error_log eval
["No such file", qr/\[error\] .* open\(\)/]
--- no_error_log eval
qr/\[(?:alert|emerg)\]/
--- grep_error_log eval
qr{/l/none-\w+}
--- grep_error_log_out eval
["/l/none-such\n/l/none-such\n", "/l/none-such\n/l/none-such\n"]

=== TEST 20: a literal text to grep, and only this round's log
--- config
location /l { root html; }
--- request
GET /l/none-such
--- error_code: 404
--- grep_error_log chop
No such file
--- grep_error_log_out
No such file

=== TEST 21: the access log
--- config
location /l { return 200 "l\n"; }
--- request
GET /l?x=1
--- access_log eval
["GET /l?x=1 HTTP/1.1", qr/ 200 2 /]
--- no_access_log
POST
GET /m

=== TEST 22: the log of the end
--- config
location /l { return 200; }
--- request
GET /l
--- log_level: notice
--- shutdown_error_log
exit

=== TEST 23: the level of the log
--- config
location /l { root html; }
--- request
GET /l/none-such
--- error_code: 404
--- log_level: crit
--- no_error_log
[error]
[notice]

=== TEST 24: configuration outside the server
--- main_config
thread_pool special threads=1;
--- http_config
map $uri $mapped { default "mapped"; }
upstream $TEST_NGINX_WORD { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- config
location /c { aio threads=special; return 200 "$mapped $preamble\n"; }
--- request
GET /c
--- response_body
mapped seen

=== TEST 25: a random port is the same wherever it is named
--- http_config
server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
location /c { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- request
GET /c
--- response_body
second

=== TEST 26: configuration after http
--- post_main_config
no_such_directive;
--- config
--- must_die: 1
--- error_log
unknown directive "no_such_directive"
--- suppress_stderr

=== TEST 27: nginx must die
--- config
location /t { return a b c; }
--- must_die
--- error_log
invalid number of arguments in "return" directive
--- no_error_log
[error]
--- suppress_stderr

=== TEST 28: the name of the server
--- config
location /n { return 200 "$server_name\n"; }
--- server_name: api.example
--- request
GET /n
--- more_headers
Host: api.example
--- response_body
api.example

=== TEST 29: root location, the index and the folders
--- config
location /f { alias $TEST_NGINX_HTML_DIR/; }
--- request
GET /f/index.html
--- response_body_like: It works!

=== TEST 30: Perl before the requests
--- init
$::marks++;
--- post_setup_server_root
$::rounds++;
--- config
location /p { return 200 "p\n"; }
--- request
GET /p
--- response_body
p

=== TEST 31: a preprocessor sets a section
--- config
location /default { return 200 "by default\n"; }
--- response_body
by default

=== TEST 32: a slow answer in time, from an upstream that stays
--- config
location /up { proxy_pass http://127.0.0.1:$TEST_NGINX_UP_PORT; }
--- tcp_listen eval: $::up
--- tcp_reply_delay: 60ms
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nslow\n"
--- tcp_no_close
--- request
GET /up
--- timeout: 2s
--- wait: 0.01
--- response_body
slow

=== TEST 33: giving up on purpose
--- config
location /up { proxy_pass http://127.0.0.1:$TEST_NGINX_UP_PORT; }
--- tcp_listen eval: $::up
--- tcp_reply_delay: 10s
--- tcp_reply: late
--- request
GET /up
--- timeout: 60ms
--- abort
--- ignore_response
--- wait: 0.05
--- access_log
 499 

=== TEST 34: a client that has said all
--- config
location /s { return 200 "s\n"; }
--- request
GET /s
--- shutdown: 1
--- response_body
s

=== TEST 35: the curl command is shown
--- config
location /c { return 200 "c\n"; }
--- request
GET /c?a=b
--- more_headers
X: it's
--- curl
--- response_body
c

=== TEST 36: skipped, for it would fail
--- config
--- request
GET /none-such
--- skip_nginx: 1: >= 1.0.0

=== TEST 37: not skipped
--- config
location /c { return 200 "c\n"; }
--- request
GET /c
--- skip_nginx: 2: < 1.0.0
--- skip_eval: 2: 0
--- response_body
c

=== TEST 38: skipped by Perl
--- config
--- request
GET /none-such
--- skip_eval: 1: $^O eq 'linux'

=== TEST 39: to be done
--- config
--- request
GET /none-such
--- todo: 1: shows in the summary

=== TEST 40: left out by Test::Base
--- SKIP
--- config
no_such_directive;
--- request
GET /

=== TEST 41: the environment of nginx; what a file shows; the last block
--- LAST
--- init
open my $conf, '<', server_root() . '/conf/nginx.conf' or die $!;
$::conf = do { local $/; <$conf> };
--- config
location /e { return 200 "e"; }
--- request
GET /e
--- response_body chomp
e
--- response_body_like: ^e
--- no_error_log
[error]

=== TEST 42: never run
--- config
no_such_directive;
--- request
GET /
