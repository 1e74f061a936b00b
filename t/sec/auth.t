# api_auth: where it holds, and how it gets along with the rest of nginx.
# auth-http2.t runs this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

try_tokens();
no_long_string();
free_port('UPSTREAM_PORT');

# two issuers, and an upstream that says what it got
our $HTTP = corp() . <<'END';
    api_jwt_issuer partner {
        issuer     https://partner.example;
        audience   orders;
        algorithms HS256;
        key        file:$TEST_NGINX_KEYS_DIR/hs256b.secret kid=hs256b;
    }

    server {
        listen 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;

        location / {
            return 200 "$request_method $uri user=$http_x_user\n";
        }

        location /accel { add_header X-Accel-Redirect $arg_to; return 200; }

        location /status/ {
            add_header WWW-Authenticate 'Basic realm="upstream"' always;
            error_page 401 403 404 429 /status/own;
            location = /status/own { internal; return 200 "own\n"; }
            location /status/401 { return 401 "upstream\n"; }
            location /status/403 { return 403 "upstream\n"; }
        }
    }
END

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => $HTTP)
        unless defined $block->http_config;
});

my %PARTNER = (key => 'hs256b', claims => { iss => 'https://partner.example' });

sub partner { return token(%PARTNER, @_) }

# lines of more_headers: a good token, a bad one, none
sub good { return bearer() }
sub bad  { return bearer(key => 'hs256b', header => { kid => 'hs256' }) }
sub none { return 'X-None: 1' }
sub of_partner { return 'Authorization: Bearer ' . partner() }

sub refused { return problem_like(status => 401, support_id => qr/.{32}/) }

run_tests();

__DATA__

=== TEST 1: one policy at http holds everywhere, and a lower level replaces it
--- http_config eval
$::HTTP . "api_auth jwt=corp;\n"
--- config
    location /plain/ { try_files /in.txt =404; }

    location /partner/ {
        api_auth jwt=partner;
        try_files /in.txt =404;

        location /partner/nested/ { try_files /in.txt =404; }
        location /partner/off/ { api_auth off; try_files /in.txt =404; }
    }

    location /off/ {
        api_auth off;
        try_files /in.txt =404;

        location /off/on/ { api_auth jwt=corp; try_files /in.txt =404; }
    }
--- request eval
[map { my $l = $_; map { "GET $l" } 1 .. 3 } qw(/plain/ /partner/
    /partner/nested/ /partner/off/ /off/ /off/on/)]
--- more_headers eval
[(main::good(), main::of_partner(), main::none()) x 6]
--- error_code eval
[200, 401, 401,  401, 200, 401,  401, 200, 401,  (200) x 6,  200, 401, 401]



=== TEST 2: a policy at server, another server has none
--- http_config eval
$::HTTP . '
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        location / { try_files /../html/in.txt =404; root html; }
    }'
--- config
    api_auth jwt=corp;
    location /v1/ { try_files /in.txt =404; }
    location /other/ {
        api_auth off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2/in.txt;
    }
--- request eval
["GET /v1/", "GET /v1/", "GET /other/", "GET /index.html", "GET /index.html"]
--- more_headers eval
[main::good(), main::none(), main::none(), main::good(), main::bad()]
--- error_code eval
[200, 401, 200, 200, 401]



=== TEST 3: the key of one issuer never verifies a token of the other
--- config
    location /v1/ {
        api_auth jwt=corp,partner;
        add_header X-Why "$api_auth_result:$api_auth_error" always;
        try_files /in.txt =404;
    }
--- tokens
my $stranger = { iss => 'https://stranger.example' };
(
    ['of the first', token(), 'ok'],
    ['of the second', partner(), 'ok'],
    ['the first, signed by the second',
     token(key => 'hs256b', header => { kid => 'hs256' }), 'signature'],
    ['... with its kid', token(key => 'hs256b'), 'key_unknown'],
    ['... without kid', token(key => 'hs256b', header => { kid => undef }),
     'signature'],
    ['the second, signed by the first',
     partner(key => 'hs256', header => { kid => 'hs256b' }), 'signature'],
    ['... with its kid', partner(key => 'hs256'), 'key_unknown'],
    ['of a third', token(claims => $stranger), 'issuer'],
    ['of a third, signed by the second',
     token(key => 'hs256b', claims => $stranger), 'issuer'],
    ['of nobody', token(claims => { iss => undef }), 'issuer'],
)



=== TEST 4: the rules of each issuer hold for its tokens only
--- http_config
    api_jwt_issuer corp {
        issuer https://idp.example; audience orders; algorithms HS256;
        key file:$TEST_NGINX_KEYS_DIR/hs256.secret; max_lifetime 1h;
    }
    api_jwt_issuer partner {
        issuer https://partner.example; audience invoices; algorithms HS384;
        key file:$TEST_NGINX_KEYS_DIR/hs384.secret;
    }
--- config
    location /v1/ {
        api_auth jwt=corp,partner;
        add_header X-Why "$api_auth_result:$api_auth_error" always;
        try_files /in.txt =404;
    }
--- tokens
my %partner = (iss => 'https://partner.example', aud => 'invoices');
(
    ['the first', token(claims => { iat => time }), 'ok'],
    ['the first without iat', token(), 'claim_missing'],
    ['the first with the audience of the second',
     token(claims => { iat => time, aud => 'invoices' }), 'audience'],
    ['the first with the algorithm of the second',
     token(alg => 'HS384', claims => { iat => time }), 'alg_not_allowed'],
    ['the second', token(alg => 'HS384', claims => \%partner), 'ok'],
    ['the second with the audience of the first',
     token(alg => 'HS384', claims => { %partner, aud => 'orders' }),
     'audience'],
)



=== TEST 5: optional lets pass who brings no token, not who brings a bad one
--- config
    location /v1/ {
        api_auth jwt=corp optional;
        add_header X-Why "$api_auth_result:$api_auth_error" always;
        try_files /in.txt =404;
    }
--- request eval
["GET /v1/", "GET /v1/", "GET /v1/", "GET /v1/"]
--- more_headers eval
[main::none(), main::good(), main::bad(), "Authorization: Basic YTpi"]
--- error_code eval
[200, 200, 401, 200]
--- response_headers eval
["X-Why: missing:missing\n! WWW-Authenticate", "X-Why: ok:",
 "X-Why: invalid:signature", "X-Why: missing:missing"]



=== TEST 6: ... nor a malformed header
--- config
    location /v1/ {
        api_auth jwt=corp optional;
        add_header X-Why "$api_auth_result:$api_auth_error" always;
        try_files /in.txt =404;
    }
--- tokens
(['two words', 'Authorization: Bearer a b', 'invalid_request'],
 ['expired', token(claims => { exp => 1 }), 'expired'])



=== TEST 7: limit_except
--- config
    location /v1/ {
        limit_except GET { api_auth jwt=corp; }
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location /v2/ {
        api_auth jwt=corp;
        limit_except POST { api_auth off; }
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- request eval
["GET /v1/", "POST /v1/\nx=1", "POST /v1/\nx=1", "DELETE /v1/", "HEAD /v1/",
 "GET /v2/", "POST /v2/\nx=1", "POST /v2/\nx=1"]
--- more_headers eval
[main::none(), main::none(), main::good(), main::bad(), main::none(),
 main::none(), main::none(), main::good()]
--- error_code eval
[200, 401, 200, 401, 200, 200, 401, 200]



=== TEST 8: if
--- config
    location /v1/ {
        api_auth jwt=corp;
        if ($arg_free) { api_auth off; }
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location /v2/ {
        if ($arg_secret) { api_auth jwt=corp; }
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- request eval
["GET /v1/", "GET /v1/?free=1", "GET /v2/", "GET /v2/?secret=1",
 "GET /v2/?secret=1"]
--- more_headers eval
[main::none(), main::none(), main::none(), main::none(), main::good()]
--- error_code eval
[401, 200, 200, 401, 200]



=== TEST 9: satisfy all: both have to agree
--- config
    location /allow/ { allow all; api_auth jwt=corp; try_files /in.txt =404; }
    location /deny/ { deny all; api_auth jwt=corp; try_files /in.txt =404; }
--- request eval
["GET /allow/", "GET /allow/", "GET /deny/", "GET /deny/"]
--- more_headers eval
[main::good(), main::none(), main::good(), main::none()]
--- error_code eval
[200, 401, 403, 403]
--- response_body_like eval
[qr/\Ain\n\z/, main::refused(), qr/nginx/, qr/nginx/]



=== TEST 10: satisfy any with an address
--- config
    satisfy any;
    location /allow/ { allow all; api_auth jwt=corp; try_files /in.txt =404; }
    location /deny/ { deny all; api_auth jwt=corp; try_files /in.txt =404; }
--- request eval
["GET /allow/", "GET /allow/", "GET /deny/", "GET /deny/", "GET /deny/"]
--- more_headers eval
[main::none(), main::bad(), main::good(), main::none(), main::bad()]
--- error_code eval
[200, 200, 200, 401, 401]
--- response_headers eval
["! WWW-Authenticate", "! WWW-Authenticate", "! WWW-Authenticate",
 'WWW-Authenticate: Bearer realm="corp"',
 'WWW-Authenticate: Bearer realm="corp", error="invalid_token", '
 . 'error_description="The access token is not valid"']
--- response_body_like eval
[(qr/\Ain\n\z/) x 3, (main::refused()) x 2]



=== TEST 11: satisfy any does not open for monitor, optional or off
--- config
    satisfy any;
    location /enforce/ { deny all; api_auth jwt=corp; try_files /in.txt =404; }
    location /monitor/ {
        deny all; api_auth jwt=corp mode=monitor; try_files /in.txt =404;
    }
    location /mode/ {
        deny all; api_auth jwt=corp; api_mode monitor; try_files /in.txt =404;
    }
    location /optional/ {
        deny all; api_auth jwt=corp optional; try_files /in.txt =404;
    }
    location /off/ {
        deny all; api_auth jwt=corp mode=off; try_files /in.txt =404;
    }
--- request eval
["GET /enforce/", "GET /monitor/", "GET /mode/", "GET /optional/",
 "GET /off/", "GET /monitor/", "GET /optional/"]
--- more_headers eval
[(main::good()) x 5, (main::none()) x 2]
--- error_code eval
[200, 403, 403, 200, 403, 403, 403]



=== TEST 12: satisfy any with a password
--- config
    location /v1/ {
        satisfy any;
        auth_basic "people";
        auth_basic_user_file $TEST_NGINX_SERVER_ROOT/html/users;
        api_auth jwt=corp;
        try_files /in.txt =404;
    }
--- user_files
>>> users
ann:{PLAIN}pass
--- request eval
["GET /v1/", "GET /v1/", "GET /v1/", "GET /v1/"]
--- more_headers eval
[main::good(), "Authorization: Basic " . MIME::Base64::encode('ann:pass', ''),
 "Authorization: Basic " . MIME::Base64::encode('ann:no', ''), main::none()]
--- error_code eval
[200, 200, 401, 401]
--- response_headers eval
["! WWW-Authenticate", "! WWW-Authenticate",
 (qq{WWW-Authenticate: Basic realm="people", Bearer realm="corp"}) x 2]



=== TEST 13: auth_delay delays our refusals too
--- http_config eval
$::HTTP . 'log_format slow "$status $request_time $uri";
           access_log logs/access.log slow;'
--- config
    location /v1/ {
        access_log $TEST_NGINX_SERVER_ROOT/logs/access.log slow;
        auth_delay 120ms;
        api_auth jwt=corp;
        try_files /in.txt =404;
    }
--- request eval
["GET /v1/", "GET /v1/"]
--- more_headers eval
[main::bad(), main::good()]
--- error_code eval
[401, 200]
--- response_body_like eval
[main::refused(), qr/\Ain\n\z/]
--- access_log eval
[qr/^401 0\.[1-9]/, qr/^200 0\.0/]



=== TEST 14: error_page with a page
--- config
    error_page 401 /login.html;
    location = /login.html { }
    location /v1/ { api_auth jwt=corp; try_files /in.txt =404; }
    location /v2/ {
        error_page 401 =200 /login.html;
        api_auth jwt=corp;
        try_files /in.txt =404;
    }
    location /v3/ {
        error_page 401 https://login.example/;
        api_auth jwt=corp;
        try_files /in.txt =404;
    }
--- user_files
>>> login.html
log in
--- request eval
["GET /v1/", "GET /v1/", "GET /v2/", "GET /v3/"]
--- more_headers eval
[main::none(), main::good(), main::bad(), main::none()]
--- error_code eval
[401, 200, 200, 302]
--- response_body_like eval
[qr/\Alog in\n\z/, qr/\Ain\n\z/, qr/\Alog in\n\z/, qr/302 Found/]
--- response_headers eval
['WWW-Authenticate: Bearer realm="corp"', '! WWW-Authenticate',
 'Content-Type: text/html', 'Location: https://login.example/']



=== TEST 15: error_page with a page that itself wants a token: no loop, no way in
--- config
    error_page 401 /secret.html;
    api_auth jwt=corp;
    location = /secret.html { }
    location /v1/ { try_files /in.txt =404; }
--- user_files
>>> secret.html
secret
--- request eval
["GET /v1/", "GET /v1/", "GET /secret.html", "GET /secret.html"]
--- more_headers eval
[main::none(), main::good(), main::bad(), main::good()]
--- error_code eval
[401, 200, 401, 200]
--- response_body_unlike eval
["secret", "secret", "secret", "in\n"]



=== TEST 16: error_page with a named location, which has the policy it says
--- config
    location /v1/ {
        api_auth jwt=corp;
        error_page 401 = @other;
        try_files /in.txt =404;
    }
    location @other {
        api_auth jwt=partner;
        add_header X-Why "$api_principal/$api_auth_result" always;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location /v2/ {
        api_auth jwt=corp;
        error_page 401 = @free;
        try_files /in.txt =404;
    }
    location @free {
        add_header X-Why "$api_principal/$api_auth_result" always;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- request eval
["GET /v1/a", "GET /v1/b", "GET /v1/c", "GET /v2/d", "GET /v2/e"]
--- more_headers eval
[main::good(), main::of_partner(), main::none(), main::none(), main::good()]
--- error_code eval
[200, 200, 401, 200, 200]
--- response_body_like eval
[qr/\Ain\n\z/, qr{\AGET /v1/b}, main::refused(), qr{\AGET /v2/d},
 qr/\Ain\n\z/]
--- response_headers eval
["! X-Why", "X-Why: alice/ok\n! WWW-Authenticate",
 qq{X-Why: /missing\nWWW-Authenticate: Bearer realm="partner"},
 qq{X-Why: /missing\nWWW-Authenticate: Bearer realm="corp"}, "! X-Why"]



=== TEST 17: error_page 418 = @x; return 418; is no way around
--- config
    api_auth jwt=corp;
    location /v1/ { error_page 418 = @x; return 418; }
    location @x { try_files /in.txt =404; }
--- request eval
["GET /v1/", "GET /v1/"]
--- more_headers eval
[main::none(), main::good()]
--- error_code eval
[401, 200]



=== TEST 18: try_files into another policy
--- config
    location /corp/ { api_auth jwt=corp; try_files /none /partner/x; }
    location /partner/ { api_auth jwt=partner; try_files /in.txt =404; }
    location /named/ { api_auth jwt=corp; try_files /none @partner; }
    location @partner { api_auth jwt=partner; try_files /in.txt =404; }
    location /off/ { api_auth off; try_files /none /partner/x; }
    location /same/ { api_auth jwt=corp; try_files /none @corp; }
    location @corp { api_auth jwt=corp; try_files /in.txt =404; }
--- request eval
["GET /corp/", "GET /named/", "GET /off/", "GET /off/", "GET /same/",
 "GET /same/"]
--- more_headers eval
[main::good(), main::good(), main::good(), main::of_partner(), main::good(),
 main::bad()]
--- error_code eval
[401, 401, 401, 200, 200, 401]
--- response_body_like eval
[(main::refused()) x 3, qr/\Ain\n\z/, qr/\Ain\n\z/, main::refused()]



=== TEST 19: one verdict a policy: inherited, it is not reached twice
--- config
    api_auth jwt=corp;
    location /v1/ { try_files /none /v2/; }
    location /v2/ { try_files /none @v3; }
    location @v3 { try_files /in.txt =404; }
--- request
GET /v1/
--- more_headers eval: main::bad()
--- error_code: 401
--- grep_error_log chop
support id
--- grep_error_log_out
support id



=== TEST 20: X-Accel-Redirect into another policy, into the same and into none
--- config
    location /v1/ {
        api_auth jwt=corp;
        rewrite ^/v1/(.*)$ /accel?to=/internal/$1 break;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location /internal/ { internal; }
    location /internal/partner { api_auth jwt=partner; try_files /in.txt =404; }
    location /internal/corp { api_auth jwt=corp; try_files /in.txt =404; }
    location /internal/none {
        internal;
        add_header X-Who $api_principal;
        try_files /in.txt =404;
    }
--- request eval
["GET /v1/partner", "GET /v1/corp", "GET /v1/none", "GET /v1/none"]
--- more_headers eval
[main::good(), main::good(), main::good(), main::none()]
--- error_code eval
[401, 200, 200, 401]
--- response_headers eval
["! X-Who", "! X-Who", "X-Who: alice", "! X-Who"]



=== TEST 21: auth_request: our check comes behind it, its subrequest has none
--- config
    location /v1/ {
        auth_request /_auth;
        api_auth jwt=corp;
        try_files /in.txt =404;
    }
    location /v2/ {
        auth_request /_deny;
        api_auth jwt=corp;
        try_files /in.txt =404;
    }
    location = /_auth {
        internal;
        api_auth jwt=partner;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /_deny {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/status/403;
    }
--- request eval
["GET /v1/", "GET /v1/", "GET /v2/", "GET /v2/"]
--- more_headers eval
[main::good(), main::none(), main::good(), main::none()]
--- error_code eval
[200, 401, 403, 403]
--- response_body_like eval
[qr/\Ain\n\z/, main::refused(), qr/nginx/, qr/nginx/]



=== TEST 22: a mirror sees who it is, and has no check of its own
--- config
    location /v1/ {
        mirror /_mirror;
        api_auth jwt=corp;
        try_files /in.txt =404;
    }
    location = /_mirror {
        internal;
        api_auth jwt=partner;
        access_log $TEST_NGINX_SERVER_ROOT/logs/access.log;
        log_subrequest on;
        proxy_set_header X-User $api_principal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- http_config eval
$::HTTP =~ s/(listen.*;)/$1 access_log logs\/access.log seen;/r
    =~ s/\A/log_format seen "seen \$http_x_user";\n/r
--- request eval
["GET /v1/", "GET /v1/"]
--- more_headers eval
[main::good(), main::none()]
--- error_code eval
[200, 401]
--- access_log
seen alice
--- no_access_log eval
qr/seen $/



=== TEST 23: a refused request never reaches the upstream, a good one with its body does
--- config
    location /v1/ {
        api_auth jwt=corp;
        proxy_set_header X-User $api_principal;
        proxy_http_version 1.0;
        proxy_pass http://127.0.0.1:$TEST_NGINX_MOCK_PORT;
    }
--- tcp_listen eval: free_port('MOCK_PORT')
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\ndone\n"
--- tcp_query eval
qr{\APOST /v1/orders HTTP/1\.0\r\n.*X-User: alice\r\n.*\r\n\r\n(item=1&){500}z\z}s
--- request eval
["POST /v1/orders\n" . "item=1&" x 500 . "z",
 "POST /v1/orders\n" . "item=1&" x 500 . "z"]
--- more_headers eval
[main::bad(), main::good()]
--- error_code eval
[401, 200]
--- response_body_like eval
[main::refused(), qr/\Adone\n\z/]



=== TEST 24: the upstream's own refusals are its own
--- config
    location /v1/ {
        api_auth jwt=corp;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/status/;
    }
--- request eval
["GET /v1/401", "GET /v1/401", "GET /v1/403"]
--- more_headers eval
[main::good(), main::bad(), main::good()]
--- error_code eval
[401, 401, 403]
--- response_headers_like eval
['WWW-Authenticate: Basic realm="upstream"', 'WWW-Authenticate: Bearer.*',
 'WWW-Authenticate: Basic realm="upstream"']
--- response_body_like eval
[qr/\Aupstream\n\z/, main::refused(), qr/\Aupstream\n\z/]



=== TEST 25: HEAD gets the headers of the answer to GET, and no body
--- config
    location /v1/ { api_auth jwt=corp; try_files /in.txt =404; }
    location /v2/ {
        api_auth jwt=corp;
        api_require scope orders:write;
        try_files /in.txt =404;
    }
--- request eval
["HEAD /v1/", "HEAD /v1/", "HEAD /v2/", "GET /v1/"]
--- more_headers eval
[main::bad(), main::good(), main::good(), main::bad()]
--- error_code eval
[401, 200, 403, 401]
--- response_headers_like eval
my $length = sub { return "Content-Length: $_[0]\n"
    . "Content-Type: application/problem\\+json\nWWW-Authenticate: Bearer.*" };
[$length->('1[0-9][0-9]'), 'Content-Length: 3', $length->('1[0-9][0-9]'),
 $length->('1[0-9][0-9]')]
--- response_body_like eval
[qr/\A\z/, qr/\A\z/, qr/\A\z/, main::refused()]



=== TEST 26: no Authorization header for who is refused, in no log
--- config
    location /v1/ { api_auth jwt=corp; try_files /in.txt =404; }
--- log_level: info
--- request
GET /v1/?access_token=query-secret
--- more_headers eval: main::bad()
--- error_code: 401
--- error_log eval
qr/\[info\] .*ngx_api_sec_module: refused 401 auth signature: the signature is wrong \(1 key tried\), support id [0-9a-f]{32}/
--- no_error_log
eyJ
[error]



=== TEST 27: a location that does not ask costs nothing and says nothing
--- config
    location /v1/ {
        add_header X-Why "$api_auth_result:$api_decision:$api_principal";
        try_files /in.txt =404;
    }
--- request
GET /v1/
--- more_headers eval: main::bad()
--- response_headers
X-Why: ::
--- no_error_log
support id



=== TEST 28: no method
--- config
    location / { api_auth optional; }
--- must_die
--- error_log
"api_auth" directive needs a method: write "api_auth jwt=NAME;" with the name of an api_jwt_issuer, or "api_auth off;"



=== TEST 29: an issuer that is none
--- config
    location / { api_auth jwt=corp,nobody; }
--- must_die
--- error_log eval
qr{no api_jwt_issuer "nobody" for "api_auth" in \S+/conf/nginx\.conf:\d+$}



=== TEST 30: an empty name
--- config
    location / { api_auth jwt=corp,,partner; }
--- must_die
--- error_log
empty name in the list "corp,,partner" in



=== TEST 31: no name at all
--- config
    location / { api_auth jwt=; }
--- must_die
--- error_log
empty name in the list "" in



=== TEST 32: twice in one place
--- config
    location / { api_auth jwt=corp; api_auth jwt=partner; }
--- must_die
--- error_log
"api_auth" directive is duplicate in



=== TEST 33: off and something
--- config
    location / { api_auth off optional; }
--- must_die
--- error_log eval
qr/unknown parameter "off" of "api_auth", which takes: jwt= .*any all optional mode= in/



=== TEST 34: a parameter that is none
--- config
    location / { api_auth jwt=corp realm=x; }
--- must_die
--- error_log eval
qr/unknown parameter "realm=x" of "api_auth", which takes: jwt= .*any all optional mode= in/



=== TEST 35: a mode that is none
--- config
    location / { api_auth jwt=corp mode=report; }
--- must_die
--- error_log
unknown mode "report": write enforce, monitor, off or a variable that holds one of them in



=== TEST 36: a variable that is none
--- config
    location /v1/ { api_auth jwt=corp mode=$nowhere; }
--- must_die
--- error_log
unknown "nowhere" variable



=== TEST 37: any and all
--- config
    location / { api_auth jwt=corp any all; }
--- must_die
--- error_log
takes any or all



=== TEST 38: all of jwt and introspect: a request has one token
--- http_config eval
main::corp() . 'api_introspect idp { uri /_x; }'
--- config
    location / { api_auth jwt=corp introspect=idp all; }
--- must_die
--- error_log
asks for all of jwt and introspect, and no request can have both
