# Tokens that pass: every algorithm, every kind of key, and which key a token
# is checked with. What must not pass is in jwt-attacks.t; jwt-http2.t runs
# this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

try_tokens();
no_long_string();
env_to_nginx('API_TEST_SECRET');
$ENV{API_TEST_SECRET} = secret('hs256b');

our $JWKS = '$TEST_NGINX_SERVER_ROOT/html/jwks.json';
our $PEM = join ";\n    key ", map { "\$TEST_NGINX_KEYS_DIR/$_.pub.pem kid=$_" }
    qw(rsa2048 p256 p384 p521 secp256k1 ed25519 ed448);
our @PUBLIC = qw(RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512
                 ES256K EdDSA);

sub write_secret {
    my $file = server_root() . '/conf/secret';

    write_file($file, secret('hs256') . "\n");
    chmod 0600, $file;
}

sub other { return token(@_, key => 'hs256b', header => { kid => 'hs256' }) }

run_tests();

__DATA__

=== TEST 1: every algorithm with a public key, from a JWK set
--- http_config eval
corp(algorithms => "@::PUBLIC", jwks => $::JWKS)
--- user_files eval
[['jwks.json', jwks(qw(rsa2048 p256 p384 p521 secp256k1 ed25519 ed448))]]
--- tokens
(
    (map { [$_, token(alg => $_), 'ok'] } @PUBLIC),
    ['Ed448', token(alg => 'Ed448', header => { alg => 'EdDSA' }), 'ok'],
    (map { ["$_, of another", token(alg => $_, claims => { sub => 'mallory' },
        sig => unb64url((split /\./, token(alg => $_))[2])), 'signature'] }
        @PUBLIC),
)



=== TEST 2: every algorithm with a secret, from a JWK set
--- http_config eval
"api_secret_permissions warn;\n"
    . corp(algorithms => 'HS256 HS384 HS512', jwks => $::JWKS)
--- user_files eval
[['jwks.json', jwks(qw(hs256 hs384 hs512))]]
--- tokens
(
    (map { [$_, token(alg => $_), 'ok'] } qw(HS256 HS384 HS512)),
    (map { ["$_, of another", token(alg => $_, secret => 'x' x 64),
            'signature'] } qw(HS256 HS384 HS512)),
    ['a long secret, a short hash', token(alg => 'HS256', key => 'hs512'),
     'ok'],
    ['a short secret, a long hash', token(alg => 'HS512', key => 'hs256'),
     'key_unknown'],
)



=== TEST 3: every algorithm with a public key in PEM
--- http_config eval
corp(algorithms => "@::PUBLIC", key => $::PEM)
--- tokens
(
    (map { [$_, token(alg => $_), 'ok'] } @PUBLIC),
    ['Ed448', token(alg => 'Ed448', header => { alg => 'EdDSA' }), 'ok'],
    ['the other key', token(alg => 'RS256', key => 'rsa2048b',
                            header => { kid => 'rsa2048' }), 'signature'],
    ['the other name', token(alg => 'RS256', key => 'rsa2048b'),
     'key_unknown'],
)



=== TEST 4: a certificate
--- http_config eval
corp(algorithms => 'RS256', key => '$TEST_NGINX_SERVER_ROOT/html/cert.pem')
--- user_files eval
[['cert.pem', scalar `openssl req -x509 -new -key \Q${\key_file('rsa2048')}\E \\
                      -subj /CN=idp -days 1`]]
--- tokens
(
    ['of the key', token(alg => 'RS256'), 'ok'],
    ['of another', token(alg => 'RS256', key => 'rsa2048b'), 'signature'],
)



=== TEST 5: a secret of the environment
--- http_config eval
corp(key => 'env:API_TEST_SECRET kid=hs256')
--- tokens
(
    ['of the secret', other(), 'ok'],
    ['of another', token(), 'signature'],
)



=== TEST 6: a newline at the end of a secret's file is the editor's
--- http_config eval
corp(key => 'file:$TEST_NGINX_SERVER_ROOT/conf/secret kid=hs256')
--- post_setup_server_root eval: \&::write_secret
--- tokens
(
    ['without', token(), 'ok'],
    ['with', token(secret => secret('hs256') . "\n", key => 'hs256'),
     'signature'],
)



=== TEST 7: kid chooses the key
--- http_config eval
corp(algorithms => 'RS256', jwks => $::JWKS)
--- user_files eval
[['jwks.json', jwks(qw(rsa2048 rsa2048b))]]
--- tokens
(
    ['the first', token(alg => 'RS256'), 'ok'],
    ['the second', token(alg => 'RS256', key => 'rsa2048b'), 'ok'],
    ['the wrong one', token(alg => 'RS256', header => { kid => 'rsa2048b' }),
     'signature'],
    ['none: all that fit', token(alg => 'RS256', key => 'rsa2048b',
                                 header => { kid => undef }), 'ok'],
)



=== TEST 8: a key without kid is for tokens whose kid names no key
--- http_config eval
corp(algorithms => 'RS256', jwks => $::JWKS)
--- user_files eval
[['jwks.json', jwks('rsa2048', jwk('rsa2048b', kid => undef))]]
--- tokens
(
    ['none', token(alg => 'RS256', key => 'rsa2048b',
                   header => { kid => undef }), 'ok'],
    ['another', token(alg => 'RS256', key => 'rsa2048b'), 'ok'],
    ['that of a key', token(alg => 'RS256', key => 'rsa2048b',
                            header => { kid => 'rsa2048' }), 'signature'],
)



=== TEST 9: at most four keys are tried
--- http_config eval
"api_secret_permissions warn;\n" . corp(jwks => $::JWKS)
--- user_files eval
[['jwks.json', jwks(map { {
    kty => 'oct', kid => "k$_", k => b64url("key $_ " x 8)
} } 1 .. 5)]]
--- tokens
(
    (map { ["the $_.", token(secret => "key $_ " x 8,
                             header => { kid => undef }), 'ok'] } 1 .. 4),
    ['the 5.', token(secret => 'key 5 ' x 8, header => { kid => undef }),
     'signature'],
    ['the 5., named', token(secret => 'key 5 ' x 8,
                            header => { kid => 'k5' }), 'ok'],
)



=== TEST 10: a single JWK is a set of one
--- http_config eval
corp(algorithms => 'ES256', jwks => $::JWKS)
--- user_files eval
[['jwks.json', json(jwk('p256'))]]
--- tokens
(
    ['of the key', token(alg => 'ES256'), 'ok'],
    ['of another', token(alg => 'ES256', key => 'p256b',
                         header => { kid => undef }), 'signature'],
)



=== TEST 11: several audiences, one is enough
--- http_config eval
corp(audience => 'orders https://api.example/')
--- tokens
(
    ['the first', token(), 'ok'],
    ['the second', token(claims => { aud => ['x', 'https://api.example/'] }),
     'ok'],
    ['none', token(claims => { aud => ['x', 'https://api.example'] }),
     'audience'],
)



=== TEST 12: several types
--- http_config eval
corp(typ => 'at+jwt application/x-token')
--- tokens
(
    ['the first', token(header => { typ => 'at+jwt' }), 'ok'],
    ['the second', token(header => { typ => 'x-token' }), 'ok'],
    ['none', token(), 'typ'],
)



=== TEST 13: what is required
--- http_config eval
corp(require => 'sub client_id')
--- tokens
(
    ['all', token(claims => { client_id => 'app' }), 'ok'],
    ['false is there', token(claims => { client_id => JSON::PP::false() }),
     'ok'],
    ['one', token(), 'claim_missing'],
    ['null', token(claims => { sub => undef },
                   raw_payload => json(claims()) =~ s/\}\z/,"client_id":null}/r),
     'claim_missing'],
    ['in another object', token(claims => { x => { client_id => 1 } }),
     'claim_missing'],
)
