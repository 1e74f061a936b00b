# Where a token may stand, and what becomes of several of them.
# token-places-http2.t runs this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

try_tokens();
no_long_string();

our $TOKEN = token();
our $OTHER = token(claims => { jti => 'another' });
our $BAD = token(key => 'hs256b', header => { kid => 'hs256' });
our $PARTNER = token(key => 'hs256b',
    claims => { iss => 'https://partner.example' });

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => corp(token =>
        'header=X-Token cookie=access_token query=access_token') . <<'END')
    api_jwt_issuer partner {
        issuer     https://partner.example;
        audience   orders;
        algorithms HS256;
        key        file:$TEST_NGINX_KEYS_DIR/hs256b.secret kid=hs256b;
    }
END
        unless defined $block->http_config;
});

sub several {
    return problem_like(status => 400, code => 'invalid_request',
        title => 'The request has several tokens');
}

run_tests();

__DATA__

=== TEST 1: each of the places
--- request eval
["GET /v1/", "GET /v1/", "GET /v1/", "GET /v1/", "GET /v1/?access_token=$::TOKEN",
 "GET /v1/?a=b&access%5ftoken=$::TOKEN&c", "GET /v1/"]
--- more_headers eval
["Authorization: Bearer $::TOKEN", "X-Token: $::TOKEN", "x-token: bEARER $::TOKEN",
 "Cookie: a=b; access_token=$::TOKEN; c=d", "X-None: 1", "X-None: 1", "X-None: 1"]
--- error_code eval
[(200) x 6, 401]
--- response_headers eval
[("X-Why: ok:") x 6, "X-Why: missing:missing"]



=== TEST 2: a bad one in each of the places
--- request eval
["GET /v1/", "GET /v1/", "GET /v1/", "GET /v1/?access_token=$::BAD"]
--- more_headers eval
["Authorization: Bearer $::BAD", "X-Token: $::BAD", "Cookie: access_token=$::BAD",
 "X-None: 1"]
--- error_code eval
[(401) x 4]
--- response_headers eval
[("X-Why: invalid:signature") x 4]



=== TEST 3: the same token in all of them is one token
--- request eval
"GET /v1/?access_token=$::TOKEN&access_token=$::TOKEN"
--- more_headers eval
"Authorization: Bearer $::TOKEN\nX-Token: $::TOKEN\nCookie: access_token=$::TOKEN; access_token=$::TOKEN"
--- response_headers
X-Why: ok:



=== TEST 4: two that differ, both good, wherever they stand
--- request eval
["GET /v1/", "GET /v1/", "GET /v1/?access_token=$::OTHER", "GET /v1/",
 "GET /v1/", "GET /v1/?access_token=$::TOKEN&access_token=$::OTHER", "GET /v1/",
 "GET /v1/?access_token=$::TOKEN&acces%73_token=$::OTHER"]
--- more_headers eval
["Authorization: Bearer $::TOKEN\nX-Token: $::OTHER",
 "Authorization: Bearer $::TOKEN\nCookie: access_token=$::OTHER",
 "Authorization: Bearer $::TOKEN",
 "X-Token: $::TOKEN\nX-Token: $::OTHER",
 "Cookie: access_token=$::TOKEN; access_token=$::OTHER", "X-None: 1",
 "Cookie: access_token=$::TOKEN\nCookie: access_token=$::OTHER", "X-None: 1"]
--- error_code eval
[(400) x 8]
--- response_body_like eval
[(main::several()) x 8]
--- response_headers_like eval
[('WWW-Authenticate: Bearer realm="corp", error="invalid_request", error_description="The request has several tokens"') x 8]



=== TEST 5: a good one beside a bad one, or beside what is none
--- request eval
[("GET /v1/") x 3]
--- more_headers eval
["Authorization: Bearer $::TOKEN\nX-Token: $::BAD",
 "Authorization: Bearer $::BAD\nX-Token: $::TOKEN",
 "Authorization: Bearer $::TOKEN\nX-Token: what?"]
--- error_code eval
[(400) x 3]
--- response_body_like eval
[(main::several()) x 3]



=== TEST 6: what is no token
--- request eval
["GET /v1/?access_token=a%20b", "GET /v1/", "GET /v1/", "GET /v1/?access_token=", "GET /v1/"]
--- more_headers eval
["X-None: 1", "X-Token: a, b", "Cookie: access_token=\"$::TOKEN\"", "X-None: 1", "Cookie: access_token="]
--- error_code eval
[400, 400, 400, 401, 401]



=== TEST 7: names are exact
--- request eval
["GET /v1/?Access_Token=$::TOKEN", "GET /v1/?xaccess_token=$::TOKEN", "GET /v1/", "GET /v1/"]
--- more_headers eval
["X-None: 1", "X-None: 1", "Cookie: Access_token=$::TOKEN", "X-Tokens: $::TOKEN"]
--- error_code eval
[(401) x 4]
--- response_headers eval
[("X-Why: missing:missing") x 4]



=== TEST 8: a place that one issuer names is no place for the tokens of another
--- config
    location /both/ {
        api_auth jwt=corp,partner;
        add_header X-Why "$api_auth_result:$api_auth_error" always;
        try_files /in.txt =404;
    }
--- request eval
["GET /both/", "GET /both/", "GET /both/", "GET /both/?access_token=$::PARTNER"]
--- more_headers eval
["Authorization: Bearer $::PARTNER", "X-Token: $::TOKEN", "X-Token: $::PARTNER", "X-None: 1"]
--- error_code eval
[200, 200, 401, 401]
--- response_headers eval
["X-Why: ok:", "X-Why: ok:", "X-Why: invalid:issuer", "X-Why: invalid:issuer"]



=== TEST 9: without the line it is Authorization alone
--- http_config eval: corp()
--- config
    location /v1/ {
        api_auth jwt=corp;
        add_header X-Why "$api_auth_result:$api_auth_error" always;
        try_files /in.txt =404;
    }
--- request eval
["GET /v1/?access_token=$::TOKEN", "GET /v1/"]
--- more_headers eval
["Cookie: access_token=$::TOKEN", "Authorization: Bearer $::TOKEN\nCookie: access_token=$::OTHER"]
--- error_code eval
[401, 200]



=== TEST 10: what is no place
--- http_config eval: corp(token => 'body=access_token')
--- config
    location / { return 200; }
--- must_die
--- error_log
"body=access_token" is no place for a token: write header=NAME, cookie=NAME or query=NAME



=== TEST 11: too many of them
--- http_config eval
corp(token => CORE::join ' ', map "cookie=c$_", 1 .. 8)
    . corp(issuer => 'https://b.example', token => CORE::join ' ', map "cookie=d$_", 1 .. 8) =~ s/corp/b/r
    . corp(issuer => 'https://c.example', token => 'cookie=e') =~ s/corp/c/r
--- config
    location / { api_auth jwt=corp,b,c; }
--- must_die
--- error_log
name too many places for a token



=== TEST 12: what an upstream takes for Bearer is none that is not looked at
--- config
    location /v1/ {
        api_auth jwt=corp optional;
        add_header X-Why "$api_auth_result:$api_auth_error" always;
        try_files /in.txt =404;
    }
--- request eval
[("GET /v1/") x 9]
--- more_headers eval
["Authorization:\tBearer $::TOKEN", "Authorization:\tBearer $::BAD", "Authorization: \t bearer\t$::BAD",
 "Authorization: \x0bBearer $::BAD", "Authorization: Bearer\x0b$::BAD", "Authorization: Bearer,$::TOKEN",
 "Authorization:\tDPoP $::TOKEN", "Authorization: Basic $::BAD", "Authorization: Bearers $::BAD"]
--- error_code eval
[200, 401, 401, 401, 400, 400, 401, 200, 200]
--- response_headers eval
["X-Why: ok:", "X-Why: invalid:signature", "X-Why: invalid:signature", "X-Why: invalid:signature",
 "X-Why: invalid:invalid_request", "X-Why: invalid:invalid_request", "X-Why: invalid:dpop_unbound",
 "X-Why: missing:missing", "X-Why: missing:missing"]



=== TEST 13: blanks around the name of a cookie are no part of it
--- request eval
[("GET /v1/") x 4]
--- more_headers eval
["Cookie: access_token =$::TOKEN", "Cookie: access_token\t=$::BAD", "Cookie: access_token=$::TOKEN; access_token =$::BAD",
 "Cookie: access token=$::BAD"]
--- error_code eval
[200, 401, 400, 401]
--- response_headers eval
["X-Why: ok:", "X-Why: invalid:signature", "X-Why: invalid:invalid_request", "X-Why: missing:missing"]
