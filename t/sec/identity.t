# api_identity_token and api_jwks: what is wrong in a configuration, and what
# api_jwks answers.  t/suite/identity.t reads the tokens.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => corp())
        unless defined $block->http_config;
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: api_jwks: public keys, each once
--- config
    location /a/ { api_auth jwt=corp; api_identity_token X-Id key=file:$TEST_NGINX_KEYS_DIR/p256.pem iss=a; }
    location /b/ { api_auth jwt=corp; api_identity_token X-Id key=file:$TEST_NGINX_KEYS_DIR/p256.pem iss=b; }
    location /c/ { api_auth jwt=corp; api_identity_token X-Id key=file:$TEST_NGINX_KEYS_DIR/rsa2048.pem iss=b; }
    location = /jwks { api_jwks; }
--- request eval
["GET /jwks", "HEAD /jwks", "POST /jwks\nx"]
--- error_code eval
[200, 200, 405]
--- response_headers_like eval
["Content-Type: application/jwk-set\\+json\nCache-Control: public, max-age=60", "Content-Length: \\d+", "Content-Type: text/html"]
--- response_body_like eval
my $b = qr/[\w-]+/;
[qr/\A\{"keys":\[\{"kty":"EC","crv":"P-256","x":"$b","y":"$b","kid":"[\w-]{43}","alg":"ES256","use":"sig"\},\{"kty":"RSA","n":"$b","e":"AQAB","kid":"[\w-]{43}","alg":"RS256","use":"sig"\}\]\}\z/,
 qr/\A\z/, qr/405/]



=== TEST 2: the same over HTTP/2
--- http2
--- config
    location /a/ { api_identity_token X-Id key=file:$TEST_NGINX_KEYS_DIR/p384.pem iss=a; }
    location = /jwks { api_jwks; }
--- request
GET /jwks
--- response_body_like
^\{"keys":\[\{"kty":"EC","crv":"P-384",.*"alg":"ES384","use":"sig"\}\]\}$



=== TEST 3: api_jwks without a key
--- config
    location = /jwks { api_jwks; }
--- must_die
--- error_log eval
qr/"api_jwks" in \S+nginx\.conf:\d+ has no key to serve: they are those of api_identity_token/



=== TEST 4: api_jwks beside another answer
--- config
    location = /jwks { proxy_pass http://127.0.0.1:1; api_jwks; }
--- must_die
--- error_log
"api_jwks" directive stands where another directive answers already



=== TEST 5: neither key nor iss
--- config
    location / { api_identity_token X-Id iss=a; }
--- must_die
--- error_log
"api_identity_token" directive needs HEADER, key=SOURCE and iss=URL, for example: X-Identity key=file:/etc/nginx/identity.pem iss=https://gateway.example in



=== TEST 6: a secret that is written here
--- config
    location / { api_identity_token X-Id key=abc iss=a; }
--- must_die
--- error_log
a secret is not written here but named: file:PATH, cred:NAME or env:NAME



=== TEST 7: a key that signs nothing here
--- config
    location / { api_identity_token X-Id key=file:$TEST_NGINX_KEYS_DIR/ed25519.pem iss=a; }
--- must_die
--- error_log
a key to sign with is RSA, or EC on P-256, P-384 or P-521



=== TEST 8: a short one
--- config
    location / { api_identity_token X-Id key=file:$TEST_NGINX_KEYS_DIR/rsa1024.pem iss=a; }
--- must_die
--- error_log
an RSA key to sign with has 2048 to 8192 bits



=== TEST 9: a ttl that is none
--- config
    location / { api_identity_token X-Id key=file:$TEST_NGINX_KEYS_DIR/p256.pem iss=a ttl=2h; }
--- must_die
--- error_log
"api_identity_token" directive takes a ttl of 10s to 1h: the token says who calls now in



=== TEST 10: a claim that the token has already
--- config
    location / { api_identity_token X-Id key=file:$TEST_NGINX_KEYS_DIR/p256.pem iss=a claims=roles,sub; }
--- must_die
--- error_log
the claim "sub" of the token is set already, leave it out of claims= in



=== TEST 11: a claim twice
--- config
    location / { api_identity_token X-Id key=file:$TEST_NGINX_KEYS_DIR/p256.pem iss=a claims=roles,roles; }
--- must_die
--- error_log
the claim "roles" stands twice in claims= in



=== TEST 12: a claim that is none
--- config
    location / { api_identity_token X-Id key=file:$TEST_NGINX_KEYS_DIR/p256.pem iss=a claims=a..b; }
--- must_die
--- error_log eval
qr/\[emerg\] .*"a\.\.b": /



=== TEST 13: a header that has a meaning
--- config
    location / { api_identity_token Host key=file:$TEST_NGINX_KEYS_DIR/p256.pem iss=a; }
--- must_die
--- error_log
"Host" has a meaning in HTTP or for nginx



=== TEST 14: the header of a line of api_forward
--- config
    api_forward X-Id claim:sub;
    location / { api_identity_token x-id key=file:$TEST_NGINX_KEYS_DIR/p256.pem iss=a; }
--- must_die
--- error_log
api_forward and api_identity_token both set the header "x-id"



=== TEST 15: twice
--- config
    location / { api_identity_token off; api_identity_token X-Id key=file:$TEST_NGINX_KEYS_DIR/p256.pem iss=a; }
--- must_die
--- error_log
"api_identity_token" directive is duplicate in
