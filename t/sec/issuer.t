# api_jwt_issuer: what each line means is in jwt.t and jwt-attacks.t; here is
# the block itself, and what nginx says of every mistake in it. R6 and R8 of
# RFC 8725's list are mistakes too: keys that would make tokens forgeable.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

try_tokens();
no_long_string();
$ENV{API_TEST_EMPTY} = '';
delete @ENV{qw(API_TEST_UNSET CREDENTIALS_DIRECTORY)};

add_block_preprocessor(sub {
    my ($block) = @_;

    # a mistake is named with the file and line where it is
    $block->set_value(error_log => $block->error_log =~ s/\n\z//r
        . ' in ' . server_root() . "/conf/nginx.conf:")
        if defined $block->must_die && defined $block->error_log
           && !ref $block->error_log;
});

our $FILES = '$TEST_NGINX_SERVER_ROOT/html';

# an issuer whose JWK set is the file keys.json
sub jwks_file { return corp(jwks => "$FILES/keys.json", @_) }

sub any_rsa { return jwks_file(algorithms => 'RS256 PS256') }

# the section user_files with such a file
sub set { return [['keys.json', ref $_[0] || @_ > 1 ? jwks(@_) : $_[0]]] }

sub make_file {
    my ($name, $bytes, $mode) = @_;

    my $file = server_root() . "/conf/$name";
    write_file($file, $bytes);
    chmod $mode, $file;
    return;
}

sub open_secret   { make_file('secret', secret('hs256'), 0644) }
sub short_secret  { make_file('secret', 'x' x 31, 0600) }
sub empty_secret  { make_file('secret', '', 0600) }
sub large_secret  { make_file('secret', 'x' x 65537, 0600) }
sub group_secret  {
    make_file('secret', secret('hs256'), 0640);
    chown $>, 65534, server_root() . '/conf/secret';
}

# A modulus of 2048 bits that all primes of ROCA's fingerprint take for one
# of theirs: a power of 65537 modulo their product, with odd high bits added.
sub roca {
    require Math::BigInt;

    my @primes = (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59,
                  61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
                  127, 131, 137, 139, 149, 151, 157, 163, 167);
    my $product = Math::BigInt->new(1);
    $product->bmul($_) for @primes, 2;

    my $n = Math::BigInt->new(65537)->bmodpow(3, $product);
    my $k = Math::BigInt->new(2)->bpow(2047)->badd($product)->bdiv($product);
    $n->badd($product->copy->bmul($k));

    return b64url(pack 'H*', substr $n->as_hex, 2);
}

run_tests();

__DATA__

=== TEST 1: the block may stand behind what names it, with include and comments
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { api_auth jwt=corp; }
    }
    # the issuer
    api_jwt_issuer corp {
        issuer     "https://idp.example";   # exact
        audience   orders;
        include    $TEST_NGINX_SERVER_ROOT/html/*.inc;
        include    $TEST_NGINX_SERVER_ROOT/html/keys.conf;
    }
--- user_files eval
[['algorithms.inc', "algorithms HS256;\n"],
 ['keys.conf', "key file:${\key_file('hs256')};\n"]]
--- tokens
(['good', token(), 'ok'], ['bad', token(claims => { aud => 'x' }), 'audience'])



=== TEST 2: the path of a JWK set is taken from the configuration's folder
--- http_config eval
corp(algorithms => 'ES256', jwks => 'file:../html/keys.json')
--- user_files eval: ::set(jwk('p256'))
--- tokens
(['good', token(alg => 'ES256'), 'ok'],
 ['bad', token(alg => 'ES256', key => 'p256b'), 'key_unknown'])



=== TEST 3: without leeway every second counts
--- http_config eval: corp()
--- tokens
(['good', token(claims => { exp => time + 10, nbf => time }), 'ok'],
 ['bad', token(claims => { nbf => time + 10 }), 'not_yet_valid'])



=== TEST 4: no issuer
--- http_config eval: corp(issuer => undef)
--- must_die
--- error_log
api_jwt_issuer "corp" needs a line "issuer"



=== TEST 5: no audience
--- http_config eval: corp(audience => undef)
--- must_die
--- error_log
api_jwt_issuer "corp" needs a line "audience"



=== TEST 6: no algorithms
--- http_config eval: corp(algorithms => undef)
--- must_die
--- error_log
api_jwt_issuer "corp" needs a line "algorithms"



=== TEST 7: no keys
--- http_config eval: corp(key => undef)
--- must_die
--- error_log
api_jwt_issuer "corp" needs keys in one place: "jwks FILE;", "jwks uri:/LOCATION;" or "key SOURCE;" lines



=== TEST 8: keys in two places
--- http_config eval
corp(jwks => "$::FILES/keys.json",
     key => 'file:$TEST_NGINX_KEYS_DIR/hs256.secret')
--- user_files eval: ::set('hs256', 'hs256b')
--- must_die
--- error_log
api_jwt_issuer "corp" needs keys in one place: "jwks FILE;", "jwks uri:/LOCATION;" or "key SOURCE;" lines



=== TEST 9: a line that is none
--- http_config eval: corp(audiences => 'orders')
--- must_die
--- error_log eval
qr/unknown line "audiences" in api_jwt_issuer, which takes: issuer audience algorithms jwks key .* require.* in/



=== TEST 10: a line that stands twice
--- http_config eval: corp(audience => "orders;\n audience orders")
--- must_die
--- error_log
"audience" stands twice in api_jwt_issuer "corp"



=== TEST 11: too many words
--- http_config eval: corp(issuer => "a b")
--- must_die
--- error_log
invalid number of arguments in "issuer"



=== TEST 12: too few words
--- http_config eval: corp(typ => '')
--- must_die
--- error_log
invalid number of arguments in "typ"



=== TEST 13: an empty issuer
--- http_config eval: corp(issuer => '""')
--- must_die
--- error_log
empty "issuer"



=== TEST 14: an empty audience
--- http_config eval: corp(audience => 'orders ""')
--- must_die
--- error_log
empty value in "audience"



=== TEST 15: an empty type
--- http_config eval: corp(typ => '""')
--- must_die
--- error_log
empty value in "typ"



=== TEST 16: an empty claim
--- http_config eval: corp(require => '""')
--- must_die
--- error_log
empty value in "require"



=== TEST 17: an algorithm that is none
--- http_config eval: corp(algorithms => 'HS256 none')
--- must_die
--- error_log
unknown algorithm "none"; there are: HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA



=== TEST 18: an algorithm in another case
--- http_config eval: corp(algorithms => 'hs256')
--- must_die
--- error_log
unknown algorithm "hs256"; there are: HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA



=== TEST 19: a time that is none
--- http_config eval: corp(leeway => 'soon')
--- must_die
--- error_log
"soon" is no time: write "leeway 30s;"



=== TEST 20: a negative time
--- http_config eval: corp(max_age => '-1s')
--- must_die
--- error_log
"-1s" is no time: write "max_age 30s;"



=== TEST 21: two blocks with one name
--- http_config eval: corp() . corp()
--- must_die
--- error_log
duplicate api_jwt_issuer "corp"



=== TEST 22: a JWK set by an address
--- http_config eval: corp(jwks => 'uri:_jwks')
--- must_die
--- error_log eval
qr/is no location: write uri:\/NAME/



=== TEST 23: a JWK set that is not there
--- http_config eval: ::jwks_file()
--- must_die
--- error_log
keys.json": stat() failed (2: No such file or directory)



=== TEST 24: a JWK set that is a folder
--- http_config eval: corp(jwks => '$TEST_NGINX_SERVER_ROOT/html')
--- must_die
--- error_log
/html": is no regular file



=== TEST 25: a JWK set that is no JSON
--- http_config eval: ::any_rsa()
--- user_files eval: ::set('{"keys":[}')
--- must_die
--- error_log eval
qr/keys\.json": not JSON as it must be: \w+.* in \S+nginx\.conf:/



=== TEST 26: a JWK set without a key
--- http_config eval: ::any_rsa()
--- user_files eval: ::set('{"keys":[]}')
--- must_die
--- error_log
keys.json": no key



=== TEST 27: JSON that is no JWK set
--- http_config eval: ::any_rsa()
--- user_files eval: ::set('[]')
--- must_die
--- error_log
keys.json": neither a JWK set nor a JWK



=== TEST 28: a JWK set of which no key fits
--- http_config eval: ::any_rsa()
--- user_files eval: ::set(jwk('p256'))
--- must_die
--- error_log
keys.json": no key in it fits the "algorithms" of api_jwt_issuer "corp"



=== TEST 29: a JWK set that is too large
--- http_config eval: ::any_rsa()
--- user_files eval: ::set(' ' x (256 * 1024 + 1))
--- must_die
--- error_log
keys.json": has 262145 bytes, more than the 262144 that are allowed here



=== TEST 30: R6, a key for encryption
--- http_config eval: ::any_rsa()
--- user_files eval: ::set(jwk('rsa2048', use => 'enc'))
--- must_die
--- error_log
keys.json": key 1 (kid "rsa2048"): use is not "sig"



=== TEST 31: R6, a key that may not verify
--- http_config eval: ::any_rsa()
--- user_files eval: ::set(jwk('rsa2048', key_ops => ['sign', 'encrypt']))
--- must_die
--- error_log
keys.json": key 1 (kid "rsa2048"): key_ops is without "verify"



=== TEST 32: R6, an algorithm of another type of key
--- http_config eval: ::any_rsa()
--- user_files eval: ::set(jwk('rsa2048', alg => 'ES256'))
--- must_die
--- error_log
keys.json": key 1 (kid "rsa2048"): alg ES256 does not fit this type of key



=== TEST 33: R8, a short RSA key
--- http_config eval: ::any_rsa()
--- user_files eval: ::set(jwk('rsa2048'), jwk('rsa1024'))
--- must_die
--- error_log
keys.json": key 2 (kid "rsa1024"): an RSA modulus of 1024 bits, not 2048 to 16384



=== TEST 34: R8, the exponent 1
--- http_config eval: ::any_rsa()
--- user_files eval: ::set(jwk('rsa2048', e => 'AQ'))
--- must_die
--- error_log
keys.json": key 1 (kid "rsa2048"): the RSA exponent must be odd and from 3 to 2^32



=== TEST 35: R8, an even exponent
--- http_config eval: ::any_rsa()
--- user_files eval: ::set(jwk('rsa2048', e => 'AQAA'))
--- must_die
--- error_log
keys.json": key 1 (kid "rsa2048"): the RSA exponent must be odd and from 3 to 2^32



=== TEST 36: R8, an even modulus
--- http_config eval: ::any_rsa()
--- user_files eval
::set(jwk('rsa2048', n => b64url("\xc0" . "\1" x 254 . "\2")))
--- must_die
--- error_log
keys.json": key 1 (kid "rsa2048"): the RSA modulus is even



=== TEST 37: R8, a key with ROCA's fingerprint
--- http_config eval: ::any_rsa()
--- user_files eval: ::set(jwk('rsa2048', n => ::roca()))
--- must_die
--- error_log
keys.json": key 1 (kid "rsa2048"): the RSA modulus has ROCA's fingerprint (CVE-2017-15361)



=== TEST 38: R8, a short secret
--- http_config eval: ::jwks_file()
--- user_files eval: ::set({ kty => 'oct', kid => 'a', k => b64url('x' x 31) })
--- must_die
--- error_log
keys.json": key 1 (kid "a"): a secret of 31 bytes, at least 32 needed



=== TEST 39: R8, two keys with one name
--- http_config eval: ::any_rsa()
--- user_files eval: ::set(jwk('rsa2048'), jwk('rsa2048b', kid => 'rsa2048'))
--- must_die
--- error_log
keys.json": key 2 (kid "rsa2048"): another key has this kid



=== TEST 40: R8, secrets and public keys in one set
--- http_config eval: ::any_rsa()
--- user_files eval: ::set('rsa2048', 'hs256')
--- must_die
--- error_log
keys.json": key 2 (kid "hs256"): an HMAC secret and public keys in one set



=== TEST 41: R8, ... nor by key lines
--- http_config eval
corp(algorithms => 'RS256 HS256',
     key => "\$TEST_NGINX_KEYS_DIR/rsa2048.pub.pem;\n"
            . 'key file:$TEST_NGINX_KEYS_DIR/hs256.secret')
--- must_die
--- error_log
hs256.secret": an HMAC secret and public keys in one set



=== TEST 42: R9, a point that is not on its curve
--- http_config eval: ::jwks_file(algorithms => 'ES256')
--- user_files eval: ::set(jwk('p256', y => jwk('p256b')->{y}))
--- must_die
--- error_log
keys.json": key 1 (kid "p256"): the point is not on the curve



=== TEST 43: R9, a coordinate of another curve
--- http_config eval: ::jwks_file(algorithms => 'ES256')
--- user_files eval: ::set(jwk('p384', crv => 'P-256'))
--- must_die
--- error_log
keys.json": key 1 (kid "p384"): coordinates of 48 and 48 bytes where the curve has 32



=== TEST 44: R9, Edwards points of small order
--- http_config eval: ::jwks_file(algorithms => 'EdDSA')
--- user_files eval: ::set(jwk('ed25519', x => b64url("\1" . "\0" x 31)))
--- must_die
--- error_log eval
qr/keys\.json": key 1 \(kid "ed25519"\): the public key is .+ in \S+conf:/



=== TEST 45: a private key in a set
--- http_config eval: ::jwks_file(algorithms => 'ES256')
--- user_files eval: ::set(jwk('p256', d => jwk('p256')->{x}))
--- must_die
--- error_log
keys.json": key 1 (kid "p256"): a private key (it has "d"): give the public one



=== TEST 46: a curve that is none
--- http_config eval: ::jwks_file(algorithms => 'ES256')
--- user_files eval: ::set(jwk('p256', crv => 'P-192'))
--- must_die
--- error_log
keys.json": key 1 (kid "p256"): crv is no signature curve of this kty



=== TEST 47: a member that stands twice
--- http_config eval: ::jwks_file()
--- user_files eval
::set('{"kty":"oct","k":"' . b64url('x' x 32) . '","k":"'
      . b64url('y' x 32) . '"}')
--- must_die
--- error_log eval
qr/keys\.json": not JSON as it must be: duplicate_name.* in \S+conf:/



=== TEST 48: a secret that is not named but written
--- http_config eval: corp(key => 'plain:secret-that-may-not-be-logged')
--- must_die
--- error_log
a secret is not written here but named: file:PATH, cred:NAME or env:NAME
--- no_error_log
secret-that-may-not-be-logged



=== TEST 49: a bare path that leads to a secret
--- http_config eval: corp(key => '$TEST_NGINX_KEYS_DIR/hs256.secret')
--- must_die
--- error_log
hs256.secret": no PEM; if it is a secret, name it file:PATH



=== TEST 50: a private key in PEM
--- http_config eval
corp(algorithms => 'RS256', key => '$TEST_NGINX_KEYS_DIR/rsa2048.pem')
--- must_die
--- error_log eval
qr/rsa2048\.pem": .*private.* in \S+nginx\.conf:/



=== TEST 51: a PEM key that is too short
--- http_config eval
corp(algorithms => 'RS256', key => '$TEST_NGINX_KEYS_DIR/rsa1024.pub.pem')
--- must_die
--- error_log
rsa1024.pub.pem": an RSA modulus of 1024 bits, not 2048 to 16384



=== TEST 52: a PEM file that is garbage
--- http_config eval
corp(algorithms => 'RS256', key => "$::FILES/key.pem")
--- user_files
>>> key.pem
-----BEGIN PUBLIC KEY-----
bm8ga2V5
-----END PUBLIC KEY-----
--- must_die
--- error_log eval
qr/key\.pem": .+ in \S+nginx\.conf:/



=== TEST 53: a key file that is not there
--- http_config eval
corp(algorithms => 'RS256', key => '$TEST_NGINX_KEYS_DIR/none.pem')
--- must_die
--- error_log
none.pem": stat() failed (2: No such file or directory)



=== TEST 54: a secret's file that is not there
--- http_config eval: corp(key => 'file:$TEST_NGINX_KEYS_DIR/none.secret')
--- must_die
--- error_log
none.secret" failed (2: No such file or directory)



=== TEST 55: a parameter of key that is none
--- http_config eval
corp(key => 'file:$TEST_NGINX_KEYS_DIR/hs256.secret id=x')
--- must_die
--- error_log
unknown parameter "id=x" of "key", which takes: kid= alg=



=== TEST 56: an algorithm of key that is none
--- http_config eval
corp(key => 'file:$TEST_NGINX_KEYS_DIR/hs256.secret alg=none')
--- must_die
--- error_log
unknown algorithm "none"



=== TEST 57: an algorithm that does not fit the key
--- http_config eval
corp(algorithms => 'RS256',
     key => '$TEST_NGINX_KEYS_DIR/rsa2048.pub.pem alg=ES256')
--- must_die
--- error_log
rsa2048.pub.pem": alg ES256 does not fit this type of key



=== TEST 58: a parameter that stands twice
--- http_config eval
corp(key => 'file:$TEST_NGINX_KEYS_DIR/hs256.secret kid=a kid=b')
--- must_die
--- error_log
"kid" stands twice: write it once



=== TEST 59: an empty parameter
--- http_config eval
corp(key => 'file:$TEST_NGINX_KEYS_DIR/hs256.secret kid=')
--- must_die
--- error_log
invalid value in "kid=": write a value



=== TEST 60: an environment without the secret
--- http_config eval: corp(key => 'env:API_TEST_UNSET')
--- must_die
--- error_log
the environment has no "API_TEST_UNSET"



=== TEST 61: ... or with an empty one
--- http_config eval: corp(key => 'env:API_TEST_EMPTY')
--- must_die
--- error_log
the environment has no "API_TEST_EMPTY"



=== TEST 62: a credential without systemd
--- http_config eval: corp(key => 'cred:token')
--- must_die
--- error_log
"cred:token" needs systemd's LoadCredential= in the unit of nginx: $CREDENTIALS_DIRECTORY is not set



=== TEST 63: a short secret in a file
--- http_config eval: corp(key => 'file:$TEST_NGINX_SERVER_ROOT/conf/secret')
--- post_setup_server_root eval: \&::short_secret
--- must_die
--- error_log
conf/secret": a secret of 31 bytes, at least 32 needed



=== TEST 64: an empty secret
--- http_config eval: corp(key => 'file:$TEST_NGINX_SERVER_ROOT/conf/secret')
--- post_setup_server_root eval: \&::empty_secret
--- must_die
--- error_log
conf/secret": a secret of 0 bytes, at least 32 needed



=== TEST 65: a secret that is too large
--- http_config eval: corp(key => 'file:$TEST_NGINX_SERVER_ROOT/conf/secret')
--- post_setup_server_root eval: \&::large_secret
--- must_die
--- error_log
conf/secret" has 65537 bytes, more than the 65536 that are allowed here



=== TEST 66: a secret that everybody may read
--- http_config eval: corp(key => 'file:$TEST_NGINX_SERVER_ROOT/conf/secret')
--- post_setup_server_root eval: \&::open_secret
--- must_die
--- error_log eval
my $file = main::server_root() . '/conf/secret';
qr/\Qthe secret "$file" is open to everybody: run  chmod o= $file in \E/



=== TEST 67: ... which api_secret_permissions may make a warning
--- http_config eval
"api_secret_permissions warn;\n"
. corp(key => 'file:$TEST_NGINX_SERVER_ROOT/conf/secret')
--- post_setup_server_root eval: \&::open_secret
--- tokens
(['good', token(), 'ok'])
--- error_log eval
qr/\[warn\] .*is open to everybody/



=== TEST 68: a secret that another group may read
--- skip_eval: 2: $> != 0
--- http_config eval: corp(key => 'file:$TEST_NGINX_SERVER_ROOT/conf/secret')
--- post_setup_server_root eval: \&::group_secret
--- must_die
--- error_log eval
my $file = main::server_root() . '/conf/secret';
qr/\Qthe secret "$file" is open to group 65534, which is not that of the \E
   \Qworkers: run  chmod g= $file , or set  api_secret_permissions group;\E/x



=== TEST 69: ... which api_secret_permissions may allow
--- skip_eval: 4: $> != 0
--- http_config eval
"api_secret_permissions group;\n"
. corp(key => 'file:$TEST_NGINX_SERVER_ROOT/conf/secret')
--- post_setup_server_root eval: \&::group_secret
--- tokens
(['good', token(), 'ok'])



=== TEST 70: ... but not the whole world
--- http_config eval
"api_secret_permissions group;\n"
. corp(key => 'file:$TEST_NGINX_SERVER_ROOT/conf/secret')
--- post_setup_server_root eval: \&::open_secret
--- must_die
--- error_log eval
qr/\[emerg\] .*is open to everybody/



=== TEST 71: permissions set behind what they are for
--- http_config eval
corp() . "api_secret_permissions group;\n"
--- must_die
--- error_log
"api_secret_permissions" directive must stand before the first directive that names a secret



=== TEST 72: permissions that are none
--- http_config eval
"api_secret_permissions lax;\n" . corp()
--- must_die
--- error_log
"api_secret_permissions" directive takes strict, group or warn



=== TEST 73: a block in a server
--- http_config
--- config eval: corp()
--- must_die
--- error_log
"api_jwt_issuer" directive is not allowed here



=== TEST 74: a block without a name
--- http_config eval: corp() =~ s/corp/ /r
--- must_die
--- error_log
invalid number of arguments in "api_jwt_issuer" directive



=== TEST 75: a line without its end
--- http_config eval: corp(leeway => '5s }')
--- must_die
--- error_log
unexpected "}"
