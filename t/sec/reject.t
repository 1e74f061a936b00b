# api_reject: the answer to who is refused, and where it keeps out of others'
# answers. reject-http2.t runs this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;
use IO::Uncompress::Gunzip ();

no_long_string();
check_problems();

# an upstream with answers of its own, with the type of ours too
our $UPSTREAM = <<'END';
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / {
            add_header X-Upstream yes always;
            default_type application/problem+json;
            location /200 { return 200 "own"; }
            location /401 { return 401 "own"; }
            location /403 { return 403 "own"; }
            location /429 { return 429 "own"; }
            location /500 { return 500 "own"; }
        }
    }
END

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config =>
        corp() . $UPSTREAM . ($block->http_config // ''));
    $block->set_value(user_files =>
        [@{ $block->user_files // [] }, ['in.txt', "in\n"]]);
});

sub bad  { return bearer(key => 'hs256b', header => { kid => 'hs256' }) }
sub none { return 'X-None: 1' }

# the body of a refusal, whole and in order
sub whole {
    my ($text) = @_;

    $text = quotemeta $text;
    return qr/\A\{$text,"support_id":"[0-9a-f]{32}"\}\n\z/;
}

# The section "gunzipped": what the problem says, once a gzip is undone.
custom_sections('gunzipped');

add_response_body_check(sub {
    my ($block, $body, $i) = @_;

    my $want = $block->gunzipped // return;
    my $text = $body;
    IO::Uncompress::Gunzip::gunzip(\$body, \$text) if $body =~ /\A\x1f\x8b/;

    is_deeply([problem_faults($text, %{ $want->[$i] })], [],
              $block->name . " - problem $i, unpacked");
});

run_tests();

__DATA__

=== TEST 1: problem+json, by default with a code
--- config
    api_auth jwt=corp;
    location /default/ { try_files /in.txt =404; }
    location /problem/ { api_reject problem; try_files /in.txt =404; }
    location /code/ { api_reject problem detail=code; try_files /in.txt =404; }
    location /scope/ { api_require scope a; try_files /in.txt =404; }
--- request eval
[map { "GET /$_/" } qw(default problem code default default scope)]
--- more_headers eval
[main::bad(), main::bad(), main::bad(), main::none(),
 bearer(claims => { exp => 1 }), bearer()]
--- error_code eval
[(401) x 5, 403]
--- response_headers eval
[("Content-Type: application/problem+json") x 6]
--- response_body_like eval
my $bad = main::whole('"type":"about:blank","status":401,'
    . '"title":"The access token is not valid","code":"invalid_token"');
[$bad, $bad, $bad,
 main::whole('"type":"about:blank","status":401,'
    . '"title":"A bearer token is required","code":"missing_token"'),
 main::whole('"type":"about:blank","status":401,'
    . '"title":"The access token has expired","code":"invalid_token"'),
 main::whole('"type":"about:blank","status":403,'
    . '"title":"The access token lacks a scope","code":"insufficient_scope"')]



=== TEST 2: detail=none says nothing
--- config
    api_auth jwt=corp;
    api_reject problem detail=none type_base=https://errors.example/;
    location /v1/ { try_files /in.txt =404; }
--- request eval
["GET /v1/", "GET /v1/"]
--- more_headers eval
[main::bad(), main::none()]
--- error_code eval
[401, 401]
--- response_body_like eval
[(main::whole('"type":"about:blank","status":401')) x 2]
--- response_headers eval
['WWW-Authenticate: Bearer realm="corp", error="invalid_token"',
 'WWW-Authenticate: Bearer realm="corp"']



=== TEST 3: detail=full says what the operator reads
--- config
    api_auth jwt=corp;
    api_reject problem detail=full;
    location /v1/ { try_files /in.txt =404; }
--- request eval
["GET /v1/", "GET /v1/", "GET /v1/", "GET /v1/"]
--- more_headers eval
[main::bad(), bearer(claims => { exp => 17 }), main::none(),
 "Authorization: Bearer a b"]
--- error_code eval
[401, 401, 401, 400]
--- problem eval
["status: 401\ncode: invalid_token\n"
 . "detail: the signature is wrong (1 key tried)",
 "title: The access token has expired\ndetail: /^exp 17, now \\d+/",
 "code: missing_token\n! detail", "status: 400\ndetail: /no token/"]



=== TEST 4: type_base
--- config
    api_auth jwt=corp;
    api_reject problem type_base=https://errors.example/#;
    location /v1/ { try_files /in.txt =404; }
    location /long/ {
        api_reject problem "type_base=https://errors.example/\"\\<xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
        try_files /in.txt =404;
    }
--- request eval
["GET /v1/", "GET /v1/", "GET /long/"]
--- more_headers eval
[main::bad(), main::none(), main::none()]
--- error_code eval
[401, 401, 401]
--- problem eval
["type: https://errors.example/#invalid_token",
 "type: https://errors.example/#missing_token",
 "type: /^https:\\/\\/errors\\.example\\/\"\\\\<x{160}missing_token\$/"]



=== TEST 5: empty
--- config
    api_auth jwt=corp;
    location /v1/ { api_reject empty; try_files /in.txt =404; }
    location /v2/ {
        api_reject empty; api_require scope a; try_files /in.txt =404;
    }
--- request eval
["GET /v1/", "HEAD /v1/", "GET /v2/", "GET /v1/"]
--- more_headers eval
[main::bad(), main::bad(), bearer(), bearer()]
--- error_code eval
[401, 401, 403, 200]
--- response_body eval
["", "", "", "in\n"]
--- response_headers eval
my $none = "Content-Length: 0\n! Content-Type\n! Transfer-Encoding";
["$none\nWWW-Authenticate: Bearer realm=\"corp\", error=\"invalid_token\", "
 . 'error_description="The access token is not valid"', $none, $none,
 "Content-Length: 3"]



=== TEST 6: a lower level replaces all of it
--- http_config
    api_reject problem detail=full type_base=https://errors.example/;
--- config
    api_auth jwt=corp;
    location /above/ { try_files /in.txt =404; }
    location /below/ { api_reject problem; try_files /in.txt =404; }
    location /limit/ {
        limit_except GET { api_reject empty; }
        try_files /in.txt =404;
    }
    location /if/ {
        if ($arg_x) { api_reject problem detail=none; }
        try_files /in.txt =404;
    }
--- request eval
["GET /above/", "GET /below/", "GET /limit/", "POST /limit/", "GET /if/?x=1"]
--- more_headers eval
[(main::bad()) x 5]
--- error_code eval
[(401) x 5]
--- response_body_like eval
[qr/"type":"https.*"detail":/, qr/"type":"about:blank".*"code"(?!.*"detail":)/,
 qr/"detail":/, qr/\A\z/, main::whole('"type":"about:blank","status":401')]



=== TEST 7: HEAD
--- config
    api_auth jwt=corp;
    location /v1/ { try_files /in.txt =404; }
--- request
HEAD /v1/
--- more_headers eval: main::bad()
--- error_code: 401
--- response_headers_like
Content-Type: application/problem\+json
Content-Length: 1\d\d
--- response_body:



=== TEST 8: a page of the user's stays the user's
--- config
    api_auth jwt=corp;
    location /page/ { error_page 401 403 /own.html; try_files /in.txt =404; }
    location /scope/ {
        error_page 403 /own.html; api_require scope a; try_files /in.txt =404;
    }
    location /other/ { error_page 404 /own.html; try_files /in.txt =404; }
    location /named/ { error_page 401 @own; try_files /in.txt =404; }
    location = /own.html { api_auth off; }
    location @own { api_auth off; return 401 "named\n"; }
--- user_files eval
[['own.html', "own\n"]]
--- request eval
["GET /page/", "GET /scope/", "GET /other/", "GET /named/"]
--- more_headers eval
[main::bad(), bearer(), main::bad(), main::bad()]
--- error_code eval
[401, 403, 401, 401]
--- response_body_like eval
[qr/\Aown\n\z/, qr/\Aown\n\z/, problem_like(status => 401),
 qr/\Anamed\n\z/]
--- response_headers_like eval
[("WWW-Authenticate: Bearer.*") x 4]



=== TEST 9: a user's page that is missing
--- config
    api_auth jwt=corp;
    error_page 401 /none.html;
    location = /none.html { api_auth off; }
    location /v1/ { try_files /in.txt =404; }
--- request
GET /v1/
--- more_headers eval: main::bad()
--- error_code: 404
--- response_body_unlike
support_id



=== TEST 10: an upstream's refusals are its own, whatever we thought of the request
--- config
    location ~ ^/v1(/\d+)$ {
        api_auth jwt=corp;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1$1;
    }
    location ~ ^/monitor(/\d+)$ {
        api_auth jwt=corp mode=monitor;
        api_require scope a;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1$1;
    }
    location ~ ^/fallback(/\d+)$ {
        api_auth jwt=corp;
        error_page 401 = @fallback;
        try_files /in.txt =404;
    }
    location @fallback {
        api_auth off;
        rewrite ^/fallback(/\d+)$ $1 break;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location ~ ^/any(/\d+)$ {
        satisfy any;
        allow all;
        api_auth jwt=corp;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1$1;
    }
--- request eval
[(map { "GET /v1/$_" } 401, 403, 429), (map { "GET /monitor/$_" } 401, 403),
 (map { "GET /fallback/$_" } 200, 401, 403), "GET /any/401"]
--- more_headers eval
[(bearer()) x 3, (main::bad()) x 6]
--- error_code eval
[401, 403, 429, 401, 403, 200, 401, 403, 401]
--- response_body eval
[("own") x 9]
--- response_headers eval
[("X-Upstream: yes") x 9]



=== TEST 11: nor a stock module's of the same status
--- config
    location /v1/ {
        api_auth jwt=corp mode=monitor;
        auth_basic people;
        auth_basic_user_file $TEST_NGINX_SERVER_ROOT/html/in.txt;
        try_files /in.txt =404;
    }
    location /v2/ {
        api_auth jwt=corp;
        deny all;
        api_require scope a;
        try_files /in.txt =404;
    }
    location /v3/ {
        api_auth jwt=corp;
        try_files /none =403;
    }
    location /v4/ { return 401; }
--- request eval
["GET /v1/", "GET /v2/", "GET /v3/", "GET /v4/"]
--- more_headers eval
[bearer(), bearer(), bearer(), bearer()]
--- error_code eval
[401, 403, 403, 401]
--- response_body_like eval
[(qr/<center>nginx/) x 4]



=== TEST 12: gzip leaves length and content in step
--- config
    gzip on;
    gzip_types application/problem+json;
    gzip_min_length 1;
    api_auth jwt=corp;
    api_require scope a;
    location /v1/ { try_files /in.txt =404; }
    location /long/ {
        api_reject problem detail=full type_base=https://errors.example/;
        try_files /in.txt =404;
    }
--- request eval
["GET /v1/", "GET /v1/", "GET /long/"]
--- more_headers eval
[bearer() . "\nAccept-Encoding: gzip", bearer(),
 bearer() . "\nAccept-Encoding: gzip"]
--- error_code eval
[403, 403, 403]
--- response_headers eval
my $gzip = "Content-Encoding: gzip\nContent-Type: application/problem+json\n"
 . "! Content-Length";
[$gzip, "! Content-Encoding", $gzip]
--- gunzipped eval
[({ status => 403, code => 'insufficient_scope' }) x 3]



=== TEST 13: ranges and conditions do not cut a refusal
--- config
    api_auth jwt=corp;
    location /v1/ { try_files /in.txt =404; }
--- request eval
["GET /v1/", "GET /v1/"]
--- more_headers eval
[main::bad() . "\nRange: bytes=0-3",
 main::bad() . "\nIf-Modified-Since: " . scalar(gmtime) . " GMT\n"
 . 'If-None-Match: *']
--- error_code eval
[401, 401]
--- response_body_like eval
[(problem_like(status => 401)) x 2]
--- response_headers eval
[("! Accept-Ranges\n! Last-Modified\n! ETag") x 2]



=== TEST 14: a charset is not added to JSON
--- config
    charset utf-8;
    api_auth jwt=corp;
    location /v1/ { try_files /in.txt =404; }
--- request
GET /v1/
--- more_headers eval: main::bad()
--- error_code: 401
--- response_headers
Content-Type: application/problem+json



=== TEST 15: sub_filter and addition work on ours as on any page
--- config
    sub_filter invalid_token bad_token;
    sub_filter_types application/problem+json;
    sub_filter_once off;
    api_auth jwt=corp;
    location /v1/ { try_files /in.txt =404; }
--- request
GET /v1/
--- more_headers eval: main::bad()
--- error_code: 401
--- response_body_like eval: problem_like(status => 401, code => 'bad_token')



=== TEST 16: the support id is one: of the answer, the request and the log
--- http_config
    log_format id "id $api_support_id $request_id";
--- config
    access_log $TEST_NGINX_SERVER_ROOT/logs/access.log id;
    api_auth jwt=corp;
    location /v1/ {
        add_header X-Id $api_support_id always;
        try_files /in.txt =404;
    }
--- request
GET /v1/
--- more_headers eval: main::bad()
--- error_code: 401
--- response_headers_like
X-Id: [0-9a-f]{32}
--- access_log eval
qr/^id ([0-9a-f]{32}) \1$/
--- error_log eval
qr/support id [0-9a-f]{32}, client/



=== TEST 17: two requests have two ids
--- config
    api_auth jwt=corp;
    location /v1/ { try_files /in.txt =404; }
--- request eval
["GET /v1/", "GET /v1/"]
--- more_headers eval
[main::bad(), main::bad()]
--- error_code eval
[401, 401]
--- grep_error_log eval
qr/support id [0-9a-f]{32}/
--- grep_error_log_out eval
qr/\A(support id [0-9a-f]{32})\n(?!\1)support id [0-9a-f]{32}\n\z/



=== TEST 18: gRPC over HTTP/2 gets a status of its own
--- http2
--- config
    api_auth jwt=corp;
    location /v1/ { try_files /in.txt =404; }
    location /none/ { api_reject problem detail=none; try_files /in.txt =404; }
    location /empty/ { api_reject empty; try_files /in.txt =404; }
    location /scope/ { api_require scope a; try_files /in.txt =404; }
--- request eval
["POST /v1/\nabc", "POST /v1/\nabc", "POST /none/\nabc", "POST /empty/\nabc",
 "POST /scope/\nabc", "POST /v1/\nabc", "POST /v1/\nabc"]
--- more_headers eval
my $grpc = "\nContent-Type: application/grpc";
[main::bad() . $grpc, main::none() . "$grpc+proto", main::bad() . "$grpc;a=b",
 main::bad() . $grpc, bearer() . $grpc, main::bad() . "${grpc}x",
 "Authorization: Bearer a b" . $grpc]
--- error_code eval
[(200) x 5, 401, 200]
--- response_body_like eval
[(qr/\A\z/) x 5, problem_like(status => 401), qr/\A\z/]
--- response_headers_like eval
my $headers = sub { "Content-Type: application/grpc\ngrpc-status: $_[0]\n"
    . "grpc-message: $_[1]\nx-support-id: [0-9a-f]{32}" };
[$headers->(16, 'The access token is not valid') . "\nWWW-Authenticate: .+",
 $headers->(16, 'A bearer token is required'), $headers->(16, ''),
 $headers->(16, 'The access token is not valid'),
 $headers->(7, 'The access token lacks a scope'),
 'Content-Type: application/problem\+json',
 $headers->(3, 'The Authorization header is malformed')]



=== TEST 19: what calls itself gRPC over HTTP/1.1 is none
--- config
    api_auth jwt=corp;
    location /v1/ { try_files /in.txt =404; }
--- pipelined_requests eval
["POST /v1/\nabc"]
--- more_headers eval
[main::bad() . "\nContent-Type: application/grpc"]
--- error_code: 401
--- response_headers
Content-Type: application/problem+json
! grpc-status



=== TEST 20: the connection lives on after a refusal, with a body too
--- config
    api_auth jwt=corp;
    location /v1/ { try_files /in.txt =404; }
    location /scope/ { api_require scope a; try_files /in.txt =404; }
    location /empty/ { api_reject empty; try_files /in.txt =404; }
--- pipelined_requests eval
["GET /v1/", "POST /v1/\n" . "x" x 5000, "POST /scope/\n" . "x" x 5000,
 "HEAD /v1/", "POST /empty/\n" . "x" x 5000, "GET /v1/"]
--- more_headers eval
[main::bad(), main::none(), bearer(), main::none(), main::bad(), bearer()]
--- error_code eval
[401, 401, 403, 401, 401, 200]
--- response_body_like eval
[problem_like(code => 'invalid_token'), problem_like(code => 'missing_token'),
 problem_like(code => 'insufficient_scope'), qr/\A\z/, qr/\A\z/,
 qr/\Ain\n\z/]



=== TEST 21: ... also when the body comes in chunks
--- config
    api_auth jwt=corp;
    location /v1/ { try_files /in.txt =404; }
--- raw_request eval
my $request = "POST /v1/ HTTP/1.1\r\nHost: localhost\r\n"
    . "Transfer-Encoding: chunked\r\n";
["$request\r\n5\r\nhello", "\r\n0\r\n\r\n",
 "GET /v1/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
 . bearer() . "\r\n\r\n"]
--- error_code: 401
--- access_log eval
[qr{"POST /v1/ HTTP/1.1" 401}, qr{"GET /v1/ HTTP/1.1" 200 3 }]



=== TEST 22: a client that waits to be asked for its body is refused without
--- config
    api_auth jwt=corp;
    location /v1/ { try_files /in.txt =404; }
--- raw_request eval
"POST /v1/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
. "Expect: 100-continue\r\nConnection: close\r\n\r\n"
--- error_code: 401
--- response_body_like eval: problem_like(status => 401)
--- raw_response_headers_unlike
100 Continue



=== TEST 23: forms and parameters that are none
--- config
    location /v1/ { api_reject json; }
--- must_die
--- error_log
"api_reject" directive takes problem or empty first in



=== TEST 24: the form comes first
--- config
    location /v1/ { api_reject detail=full problem; }
--- must_die
--- error_log
"api_reject" directive takes problem or empty first in



=== TEST 25: a detail that is none
--- config
    location /v1/ { api_reject problem detail=all; }
--- must_die
--- error_log
invalid value in "detail=all": write one of: none code full in



=== TEST 26: a parameter that is none
--- config
    location /v1/ { api_reject problem status=404; }
--- must_die
--- error_log
unknown parameter "status=404" of "api_reject", which takes: detail= type_base= in



=== TEST 27: twice in one place
--- config
    location /v1/ { api_reject empty; api_reject problem; }
--- must_die
--- error_log
"api_reject" directive is duplicate in



=== TEST 28: a type_base that leaves no room for the rest
--- config eval
"location /v1/ { api_reject problem type_base=https://" . "x" x 200 . "/; }"
--- must_die
--- error_log
"api_reject" directive takes a type_base of 200 bytes at most in
