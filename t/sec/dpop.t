# bind dpop: tokens that are bound to a key, and proofs of it.
# dpop-http2.t runs this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;
use ApiTest::Dpop;

no_long_string();

# Headers of the requests of a block, made when its turn comes: proofs get old.
custom_sections('headers', 'bind', 'zone', 'target');

our $BIND = 'dpop max_age=10m leeway=60s';

sub config_of {
    my ($bind, $zone) = @_;
    return ($zone // 'api_zone main 1m;') . corp(bind => $bind);
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => config_of($block->bind // $BIND,
                                               $block->zone))
        unless defined $block->http_config;
    $block->set_value(config => <<'END') unless defined $block->config;
        location /v1/ {
            api_auth jwt=corp;
            add_header X-Who "$api_auth_result:$api_principal";
            add_header X-Why "$api_auth_error" always;
            try_files /in.txt =404;
        }
END
    $block->set_value(user_files => ">>> in.txt\nin\n")
        unless defined $block->user_files;

    return unless defined $block->headers;

    my @headers = eval "package main; no strict; " . $block->headers;
    die $block->name . ": $@" if $@;

    my $target = ($block->target // 'GET /v1/orders') =~ s/\s+\z//r;
    my $many = @headers > 1;
    $block->set_value(more_headers => $many ? \@headers : $headers[0]);
    $block->set_value(request => $many ? [($target) x @headers] : $target)
        unless defined $block->request;
});

# what a proof that is refused looks like
sub refused {
    my ($error, $title) = @_;
    return problem_like(status => 401, code => $error, title => $title,
                        support_id => qr/.{32}/);
}

sub challenge {
    my ($error, $title) = @_;
    return 'WWW-Authenticate: Bearer realm="corp", DPoP realm="corp", '
        . 'algs="[A-Z0-9a-zK ]+", error="' . $error
        . '", error_description="' . $title . '"';
}

our $PROOF = 'The DPoP proof is not valid';
our $TOKEN = 'The access token is not valid';

run_tests();

__DATA__

=== TEST 1: a bound token with its proof
--- headers
with_dpop(bound())
--- response_headers
X-Who: ok:alice
! DPoP-Nonce
! WWW-Authenticate
--- response_body
in



=== TEST 2: keys of other kinds, the scheme in any case
--- headers
map { my ($alg, $key) = @$_;
      with_dpop(bound($key), key => $key, alg => $alg) =~ s/DPoP /dPoP /r }
    ['ES256', 'p256'], ['ES384', 'p384'], ['ES512', 'p521'],
    ['ES256K', 'secp256k1'], ['EdDSA', 'ed25519'], ['EdDSA', 'ed448'],
    ['RS256', 'rsa2048'], ['PS256', 'rsa2048'], ['PS512', 'rsa2048']
--- error_code eval
[(200) x 9]



=== TEST 3: the stolen token: as a bearer token, without a proof, with a proof of the thief
--- headers
my $token = bound();
("Authorization: Bearer $token",
 "Authorization: DPoP $token",
 with_dpop($token, key => 'p256b'),
 with_dpop($token, key => 'p256b', header => { jwk => jwk('p256', kid => undef) }))
--- error_code eval
[401, 401, 401, 401]
--- response_headers eval
["X-Why: dpop_scheme", "X-Why: dpop_missing", "X-Why: dpop_binding",
 "X-Why: dpop_signature"]
--- response_body_like eval
[main::refused('invalid_token', $main::TOKEN),
 main::refused('invalid_dpop_proof', 'A DPoP proof is required'),
 main::refused('invalid_token', 'The access token is bound to another key'),
 main::refused('invalid_dpop_proof', $main::PROOF)]



=== TEST 4: the error is told to the scheme that was used
--- headers
my $token = bound();
("Authorization: Bearer $token", with_dpop($token, method => 'POST'), 'X-None: 1')
--- error_code eval
[401, 401, 401]
--- response_headers_like eval
['WWW-Authenticate: Bearer realm="corp", error="invalid_token", error_description="The access token is not valid", DPoP realm="corp", algs="[^"]+"',
 main::challenge('invalid_dpop_proof', $main::PROOF),
 'WWW-Authenticate: Bearer realm="corp", DPoP realm="corp", algs="[^"]+"']



=== TEST 5: a proof is used once
--- headers
my $once = with_dpop(bound());
($once, $once, with_dpop(bound()))
--- error_code eval
[200, 401, 200]
--- response_headers eval
["X-Who: ok:alice", "X-Why: dpop_replayed", "X-Who: ok:alice"]



=== TEST 6: one jti of two clients is two
--- headers
(with_dpop(bound(), claims => { jti => 'one' }),
 with_dpop(bound('p256b'), key => 'p256b', claims => { jti => 'one' }),
 with_dpop(bound(), claims => { jti => 'one', x => 1 }))
--- error_code eval
[200, 200, 401]



=== TEST 7: what the proof is about
--- headers
(map { with_dpop(bound(), %$_) }
    { method => 'POST' }, { method => 'get' },
    { uri => 'http://localhost/v1/order' },
    { uri => 'http://localhost/v1/orders/' },
    { uri => 'https://localhost/v1/orders' },
    { uri => 'http://evil/v1/orders' },
    { uri => 'http://localhost:81/v1/orders' },
    { uri => '/v1/orders' },
    { claims => { ath => undef } },
    { claims => { ath => b64url('x' x 32) } },
    { claims => { jti => undef } },
    { claims => { iat => undef } },
    { claims => { htm => undef } },
    { claims => { htu => undef } })
--- error_code eval
[(401) x 14]
--- response_headers eval
[map { "X-Why: dpop_$_" } qw(method method uri uri uri uri uri uri
    claim_missing token claim_missing claim_missing claim_missing
    claim_missing)]



=== TEST 8: ... however it is spelt
--- headers
(map { with_dpop(bound(), uri => $_) }
    'http://localhost/v1/orders', 'HTTP://LOCALHOST:80/v1/orders',
    'http://localhost/v1/%6Frders', 'http://localhost/x/../v1/./orders',
    'http://localhost/v1/orders?q=1', 'http://localhost/v1/orders#f')
--- error_code eval
[(200) x 6]



=== TEST 9: a query of the request does not count, its path does
--- target
GET /v1/a%2Fb?x=1
--- headers
(map { with_dpop(bound(), uri => $_) }
    'http://localhost/v1/a%2fb', 'http://localhost/v1/a/b')
--- error_code eval
[200, 401]



=== TEST 10: age
--- bind: dpop leeway=60s max_age=10s
--- headers
(map { with_dpop(bound(), claims => { iat => time + $_ }) } 30, 600, -600,
    -100)
--- error_code eval
[200, 401, 401, 401]
--- response_headers eval
['X-Who: ok:alice', 'X-Why: dpop_in_future', 'X-Why: dpop_too_old',
 'X-Why: dpop_too_old']



=== TEST 11: a proof from before the start may have been used then
--- headers
with_dpop(bound(), claims => { iat => time - 120 })
--- error_code: 401
--- response_headers
X-Why: dpop_replay_unknown
--- error_log
DPoP proofs are refused that may have been used before



=== TEST 12: header of a proof
--- headers
(map { with_dpop(bound(), header => $_) }
    { typ => 'JWT' }, { typ => undef }, { typ => 'application/dpop+jwt' },
    { crit => ['x'] }, { jwk => undef }, { jwk => 'x' },
    { jwk => { %{ jwk('p256', kid => undef) }, d => 'AAAA' } },
    { jwk => { %{ jwk('p256', kid => undef) }, use => 'enc' } },
    { alg => 'none' }, { alg => 'HS256' }, { alg => 'ES384' })
--- error_code eval
[401, 401, 200, (401) x 8]
--- response_headers eval
['X-Why: dpop_typ', 'X-Why: dpop_typ', 'X-Who: ok:alice',
 'X-Why: dpop_crit', 'X-Why: dpop_key', 'X-Why: dpop_key',
 'X-Why: dpop_key', 'X-Why: dpop_key', 'X-Why: dpop_alg_not_allowed',
 'X-Why: dpop_alg_not_allowed', 'X-Why: dpop_key']



=== TEST 13: a key that is too weak, and a secret
--- headers
(with_dpop(bound('rsa1024'), key => 'rsa1024', alg => 'RS256'),
 with_dpop(bound(), header => { alg => 'HS256',
     jwk => { kty => 'oct', k => 'AAAA' } }, alg => 'HS256', key => 'hs256'))
--- error_code eval
[401, 401]
--- response_headers eval
['X-Why: dpop_key', 'X-Why: dpop_alg_not_allowed']



=== TEST 14: what is no proof
--- config
    large_client_header_buffers 4 32k;
    location /v1/ {
        api_auth jwt=corp;
        add_header X-Why "$api_auth_error" always;
        try_files /in.txt =404;
    }
--- headers
my $token = bound();
(map { "Authorization: DPoP $token\nDPoP: $_" } 'x', 'a.b.c', $token,
    'a' x 9000, dpop(token => $token) . ', ' . dpop(token => $token))
--- error_code eval
[(401) x 5]
--- response_headers eval
["X-Why: dpop_malformed", "X-Why: dpop_malformed", "X-Why: dpop_typ",
 "X-Why: dpop_too_large", "X-Why: dpop_malformed"]



=== TEST 15: two proofs
--- headers
my $token = bound();
my $proof = dpop(token => $token);
"Authorization: DPoP $token\nDPoP: $proof\nDPoP: $proof"
--- error_code: 401
--- response_headers
X-Why: dpop_several
--- response_body_like eval
main::refused('invalid_dpop_proof', 'The request has several DPoP proofs')



=== TEST 16: a bearer token stays one, a proof besides it changes nothing
--- headers
(bearer(), bearer() . "\nDPoP: " . dpop(token => 'x'))
--- error_code eval
[200, 200]



=== TEST 17: an unbound token is none of DPoP
--- headers
with_dpop(token())
--- error_code: 401
--- response_headers
X-Why: dpop_unbound



=== TEST 18: required: a token that is bound to nothing is refused
--- bind: dpop required max_age=10m leeway=60s
--- headers
(bearer(), with_dpop(bound()), 'X-None: 1')
--- error_code eval
[401, 200, 401]
--- response_headers_like eval
['WWW-Authenticate: DPoP realm="corp", algs="[^"]+", error="invalid_token", error_description="The access token is not valid"',
 'X-Who: ok:alice', 'WWW-Authenticate: DPoP realm="corp", algs="[^"]+"']
--- raw_response_headers_unlike eval
[qr/Bearer/, qr/Bearer/, qr/Bearer/]



=== TEST 19: without a line, a bound token is no bearer token
--- http_config eval
corp()
--- headers
my $token = bound();
("Authorization: Bearer $token", with_dpop($token))
--- error_code eval
[401, 401]
--- response_headers eval
["X-Why: dpop_off\nWWW-Authenticate: Bearer realm=\"corp\", error=\"invalid_token\", error_description=\"The access token is not valid\"",
 "X-Why: dpop_off"]
--- error_log
the token is bound to a key of DPoP: write \"bind dpop;\" in api_jwt_issuer



=== TEST 20: bind off: taken like any other, for those who say so
--- http_config eval
corp(bind => 'off')
--- headers
"Authorization: Bearer " . bound()
--- response_headers
X-Who: ok:alice



=== TEST 21: a cnf that nobody understands
--- headers
(map { 'Authorization: DPoP ' . token(claims => { cnf => $_ })
       . "\nDPoP: " . dpop() }
    {}, { kid => '1' }, { jwk => jwk('p256') }, 'x', [], undef,
    { jkt => 'x' }, { jkt => 7 }, { jkt => jkt('p256') . '=' })
--- error_code eval
[(401) x 9]
--- response_headers eval
[(map { 'X-Why: cnf' } 1 .. 5), 'X-Why: dpop_unbound',
 map { 'X-Why: cnf' } 1 .. 3]



=== TEST 22: algorithms that are allowed
--- bind: dpop algorithms=ES256,EdDSA max_age=10m leeway=60s
--- headers
(with_dpop(bound()),
 with_dpop(bound('rsa2048'), key => 'rsa2048', alg => 'RS256'))
--- error_code eval
[200, 401]
--- response_headers eval
['X-Who: ok:alice',
 'X-Why: dpop_alg_not_allowed
WWW-Authenticate: Bearer realm="corp", DPoP realm="corp", algs="ES256 EdDSA", error="invalid_dpop_proof", error_description="The DPoP proof is not valid"']



=== TEST 23: origin=: behind a proxy that ends TLS
--- bind: dpop origin=https://api.example,https://b.example:8443 max_age=10m leeway=60s
--- headers
(map { with_dpop(bound(), uri => $_) }
    'https://api.example/v1/orders', 'https://API.example:443/v1/orders',
    'https://b.example:8443/v1/orders', 'http://localhost/v1/orders',
    'https://b.example/v1/orders', 'https://api.example/v1/other')
--- error_code eval
[200, 200, 200, 401, 401, 401]



=== TEST 24: the port stands in Host
--- target
GET /v1/orders
--- headers
(map { my ($host, $uri) = @$_;
       "Host: $host\n" . with_dpop(bound(), uri => $uri) }
    ['localhost:8080', 'http://localhost:8080/v1/orders'],
    ['localhost:8080', 'http://localhost/v1/orders'],
    ['LOCALHOST:8080', 'http://localhost:8080/v1/orders'])
--- error_code eval
[200, 401, 200]



=== TEST 25: a nonce is asked for, and then taken
--- bind: dpop nonce max_age=10m leeway=60s
--- headers
my $token = bound();
(with_dpop($token), with_dpop($token, claims => { nonce => 'x' x 32 }))
--- error_code eval
[401, 401]
--- response_headers_like eval
[("DPoP-Nonce: [A-Za-z0-9_-]{32}\nCache-Control: no-store.*\nX-Why: dpop_nonce\n"
  . main::challenge('use_dpop_nonce',
                    'The DPoP proof needs a nonce of this server')) x 2]



=== TEST 26: an internal redirect under the same policy: the proof is not shown again
--- config
    api_auth jwt=corp;
    location /v1/ { try_files /none /inner/in; }
    location /inner/ {
        internal;
        add_header X-Who "$api_auth_result:$api_principal";
        try_files /in.txt =404;
    }
--- headers
with_dpop(bound())
--- response_headers
X-Who: ok:alice



=== TEST 27: ... and under another one it is not held against itself
--- config
    location /v1/ { api_auth jwt=corp; try_files /none /inner/in; }
    location /inner/ {
        internal;
        api_auth jwt=corp optional;
        add_header X-Who "$api_auth_result:$api_principal";
        try_files /in.txt =404;
    }
--- headers
my $once = with_dpop(bound());
($once, $once)
--- error_code eval
[200, 401]
--- response_headers eval
['X-Who: ok:alice', '! X-Who']



=== TEST 28: error_page: a refused proof does not become a good one
--- config
    error_page 401 = @again;
    location /v1/ { api_auth jwt=corp; try_files /in.txt =404; }
    location @again {
        api_auth jwt=corp optional;
        add_header X-Why "$api_auth_error" always;
        try_files /in.txt =404;
    }
--- headers
with_dpop(bound(), method => 'POST')
--- error_code: 401
--- response_headers
X-Why: dpop_method



=== TEST 29: satisfy any
--- config
    location /v1/ {
        satisfy any;
        deny all;
        api_auth jwt=corp;
        try_files /in.txt =404;
    }
--- headers
my $token = bound();
(with_dpop($token), "Authorization: Bearer $token")
--- error_code eval
[200, 401]



=== TEST 30: monitor decides and lets pass
--- config
    location /v1/ {
        api_auth jwt=corp mode=monitor;
        add_header X-Who "$api_auth_result:$api_auth_error:$api_principal";
        try_files /in.txt =404;
    }
--- headers
"Authorization: Bearer " . bound()
--- response_headers
X-Who: invalid:dpop_scheme:



=== TEST 31: a token in a cookie cannot be bound to a key of DPoP
--- http_config eval
'api_zone main 1m;' . corp(bind => 'dpop', token => 'cookie=t')
--- headers
"Cookie: t=" . bound() . "\nDPoP: " . dpop()
--- error_code: 401
--- response_headers
X-Why: dpop_scheme



=== TEST 32: the cache of tokens does not spare the proof
--- config
    location /v1/ {
        api_auth jwt=corp;
        add_header X-Cache "$api_token_cache";
        add_header X-Why "$api_auth_error" always;
        try_files /in.txt =404;
    }
--- headers
my $token = bound();
my $first = with_dpop($token);
($first, $first, with_dpop($token), with_dpop($token, key => 'p256b'))
--- error_code eval
[200, 401, 200, 401]
--- response_headers eval
['X-Cache: miss', 'X-Why: dpop_replayed', 'X-Cache: memo',
 'X-Why: dpop_binding']



=== TEST 33: a table that is full lets nothing pass twice, and says so
--- zone: api_zone main 64k proofs=4k tokens=4k;
--- headers
my $iat = time + 40;
my @proofs = map { with_dpop(bound('ed25519', claims => { sub => "u$_" }),
                             key => 'ed25519', alg => 'EdDSA',
                             claims => { iat => $iat }) }
    1 .. 300;
(@proofs, @proofs[map { $_ * 15 } 0 .. 19])
--- error_code_like eval
[(qr/^200|401$/) x 300, (qr/^401$/) x 20]
--- error_log
the table is full



=== TEST 34: one principal floods the table, with as many keys as it likes; others go on
--- zone: api_zone main 64k proofs=8k tokens=4k;
--- config
    location /v1/ {
        api_auth jwt=corp;
        add_header X-Who "$api_auth_result:$api_principal" always;
        add_header X-Why "$api_auth_error" always;
        try_files /in.txt =404;
    }
--- headers
my @keys = (['EdDSA', 'ed25519'], ['ES256', 'p256']);
my $of = sub {
    my ($who, $n) = @_;
    my ($alg, $key) = @{ $keys[$n % 2] };
    return with_dpop(bound($key, claims => { sub => $who }), key => $key,
                     alg => $alg);
};
((map { $of->('mallory', $_) } 1 .. 120), (map { $of->('alice', $_) } 1 .. 10),
 $of->('mallory', 1))
--- error_code_like eval
[(qr/^200$/) x 90, (qr/^(?:200|429)$/) x 30, (qr/^200$/) x 10, qr/^429$/]
--- response_headers_like eval
[(map { 'X-Who: ok:mallory' } 1 .. 90), (map { 'X-Who: .*' } 1 .. 30),
 (map { 'X-Who: ok:alice' } 1 .. 10),
 "X-Why: dpop_share\nRetry-After: 241"]
--- raw_response_headers_unlike eval
[(map { qr/WWW-Authenticate/ } 1 .. 131)]
--- error_log
DPoP proofs are refused of a principal that has a quarter of their places



=== TEST 35: ... and is told what it is
--- zone: api_zone main 64k proofs=4k tokens=4k;
--- headers
(map { with_dpop(bound('ed25519'), key => 'ed25519', alg => 'EdDSA') } 1 .. 60)
--- error_code_like eval
[(qr/^(?:200|429)$/) x 59, qr/^429$/]
--- response_body_like eval
[(qr/./) x 59, problem_like(status => 429, code => 'too_many_proofs',
    title => 'Too many DPoP proofs', support_id => qr/.{32}/)]
