# Tokens that must not pass: the catalogue of RFC 8725 (BCP 225), RFC 7515,
# 7519, 6750 and 9068, and of what has broken others. Each attack stands next
# to its benign twin. jwt-attacks-http2.t runs this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;
use JSON::PP ();
use MIME::Base64 qw(decode_base64);

try_tokens();
no_long_string();

# Every block without a configuration of its own has this one: secrets and
# public keys need issuers of their own, so "tokens" says which by its keys.

our $PUBLIC = corp(algorithms => 'RS256 ES256 EdDSA',
                   jwks => '$TEST_NGINX_SERVER_ROOT/html/jwks.json');
our $JWKS = jwks(qw(rsa2048 p256 ed25519));

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => corp())
        unless defined $block->http_config;
});

# the JSON of a payload, with members after those of a good one
sub payload { return json(claims()) =~ s/\}\z/,$_[0]}/r }

sub with_payload { return token(raw_payload => $_[0]) }

sub with_header {
    return token(raw_header => '{"alg":"HS256","kid":"hs256"' . "$_[0]}");
}

sub der {
    my ($name) = @_;
    return decode_base64(pem($name) =~ s/-----[^-]+-----//gr);
}

# what is not the signature, and the signature
sub halves { return token(@_) =~ /\A(.*)\.(.*)\z/ }

run_tests();

__DATA__

=== TEST 1: R1, no algorithm
--- tokens
(
    ['HS256', token(), 'ok'],
    ['none, no signature', token(alg => 'none', key => 'hs256'), 'malformed'],
    ['none', token(header => { alg => 'none' }), 'alg_not_allowed'],
    ['NoNe', token(header => { alg => 'NoNe' }), 'alg_not_allowed'],
    ['empty', token(header => { alg => '' }), 'alg_not_allowed'],
    ['missing', token(header => { alg => undef }), 'header_invalid'],
    ['number', token(header => { alg => 0 }), 'header_invalid'],
    ['null', token(raw_header => '{"alg":null}'), 'header_invalid'],
    ['list', token(header => { alg => ['HS256'] }), 'header_invalid'],
    ['two', token(raw_header => '{"alg":"none","alg":"HS256"}'),
     'malformed'],
)



=== TEST 2: R2, the public key as the secret of an HMAC
--- http_config eval
corp(algorithms => 'RS256 ES256 HS256 HS384 HS512',
     jwks => '$TEST_NGINX_SERVER_ROOT/html/jwks.json')
--- user_files eval
[['jwks.json', jwks(qw(rsa2048 p256))]]
--- tokens
my @secrets = (
    pem('rsa2048'), pem('rsa2048') =~ s/\n\z//r, pem('rsa2048') . "\n",
    pem('rsa2048') =~ s/\n/\r\n/gr, der('rsa2048'), jwk('rsa2048')->{n},
    unb64url(jwk('rsa2048')->{n}), json(jwk('rsa2048')), pem('p256'),
    der('p256'), unb64url(jwk('p256')->{x}), jwk('p256')->{x},
);
(
    ['RS256', token(alg => 'RS256'), 'ok'],
    ['ES256', token(alg => 'ES256'), 'ok'],
    map {
        my $secret = $_;
        map {
            my $alg = $_;
            map { ['', token(alg => $alg, secret => $secret,
                             header => { kid => $_ }), 'key_unknown'] }
                'rsa2048', 'p256', undef
        } qw(HS256 HS512)
    } @secrets
)



=== TEST 3: R2, the same where no HMAC is allowed
--- http_config eval: $::PUBLIC
--- user_files eval
[['jwks.json', $::JWKS]]
--- tokens
(
    ['RS256', token(alg => 'RS256'), 'ok'],
    ['PEM', token(secret => pem('rsa2048'), header => { kid => 'rsa2048' }),
     'alg_not_allowed'],
    ['without kid', token(secret => pem('rsa2048'), header => { kid => undef }),
     'alg_not_allowed'],
)



=== TEST 4: R3, empty and trivial secrets
--- tokens
(
    ['the secret', token(), 'ok'],
    map { (
        ['', token(secret => $_, key => 'hs256'), 'signature'],
        ['', token(secret => $_, header => { kid => undef }), 'signature'],
    ) } '', "\0", "\0" x 32, "\0" x 64, 'secret', 'hs256', secret('hs256b'),
        secret('hs256') . "\n", substr(secret('hs256'), 0, 31)
)



=== TEST 5: R4, an algorithm is written in one way
--- http_config eval: $::PUBLIC
--- user_files eval
[['jwks.json', $::JWKS]]
--- tokens
(
    ['RS256', token(alg => 'RS256'), 'ok'],
    map { ['', token(alg => 'RS256', header => { alg => $_ }),
           'alg_not_allowed'] }
        'rs256', 'Rs256', 'RS256 ', ' RS256', 'RSA256', 'RS-256', 'SHA256',
        'RS2560', 'RS', 'ES256K', 'A256KW', 'dir'
)



=== TEST 6: R5, an algorithm that is not on the list though its key is there
--- http_config eval
corp(algorithms => 'RS256', jwks => '$TEST_NGINX_SERVER_ROOT/html/jwks.json')
--- user_files eval
[['jwks.json', jwks('rsa2048')]]
--- tokens
(
    ['RS256', token(alg => 'RS256'), 'ok'],
    map { [$_, token(alg => $_), 'alg_not_allowed'] }
        qw(RS384 RS512 PS256 PS384 PS512)
)



=== TEST 7: R5, ... and which passes where it is
--- http_config eval
corp(algorithms => 'PS256 RS512',
     jwks => '$TEST_NGINX_SERVER_ROOT/html/jwks.json')
--- user_files eval
[['jwks.json', jwks('rsa2048')]]
--- tokens
(
    ['PS256', token(alg => 'PS256'), 'ok'],
    ['RS512', token(alg => 'RS512'), 'ok'],
    ['RS256', token(alg => 'RS256'), 'alg_not_allowed'],
)



=== TEST 8: R6, what a key says of itself holds
--- http_config eval
corp(algorithms => 'RS256 RS512 PS256',
     jwks => '$TEST_NGINX_SERVER_ROOT/html/jwks.json')
--- user_files eval
[['jwks.json', jwks(jwk('rsa2048', alg => 'RS512', use => 'sig',
                        key_ops => ['verify']),
                    jwk('rsa2048b', alg => undef))]]
--- tokens
(
    ['its algorithm', token(alg => 'RS512'), 'ok'],
    ['another', token(alg => 'RS256'), 'key_unknown'],
    ['of another family', token(alg => 'PS256'), 'key_unknown'],
    ['a key that says nothing', token(alg => 'RS256', key => 'rsa2048b'),
     'ok'],
)



=== TEST 9: R7, ES256 with the curve of another algorithm
--- http_config eval
corp(algorithms => 'ES256 ES384 ES512 ES256K',
     jwks => '$TEST_NGINX_SERVER_ROOT/html/jwks.json')
--- user_files eval
[['jwks.json', jwks(qw(p256 p384 p521 secp256k1))]]
--- tokens
(
    ['P-256', token(alg => 'ES256'), 'ok'],
    ['P-384', token(alg => 'ES384'), 'ok'],
    ['P-521', token(alg => 'ES512'), 'ok'],
    ['secp256k1', token(alg => 'ES256K'), 'ok'],
    (map { ["ES256 with $_", token(alg => 'ES256', key => $_),
            'key_unknown'] } qw(p384 p521 secp256k1)),
    (map { ["$_ with P-256", token(alg => $_, key => 'p256'),
            'key_unknown'] } qw(ES384 ES512 ES256K)),
    ['ES256 with P-384, no kid',
     token(alg => 'ES256', key => 'p384', header => { kid => undef }),
     'signature'],
)



=== TEST 10: R9, the signature that fits every key, and others
--- http_config eval: $::PUBLIC
--- user_files eval
[['jwks.json', $::JWKS]]
--- tokens
my $n = pack 'H*',
    'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
my $zero = "\0" x 32;
my $one = "\0" x 31 . "\1";
my ($signed, $sig) = halves(alg => 'ES256');
my $raw = unb64url($sig);
my ($r, $s) = map { s/\A\0+//r =~ s/\A(?=[\x80-\xff])/\0/r }
    unpack 'a32 a32', $raw;
my $der = "\x30" . chr(4 + length "$r$s") . "\x02" . chr(length $r) . $r
    . "\x02" . chr(length $s) . $s;
(
    ['good', "$signed.$sig", 'ok'],
    (map { ['', "$signed." . b64url($_), 'signature'] }
        "$zero$zero", "$zero$one", "$one$zero", "$n$n", "$n$one", "$one$n",
        $one x 2, "\xff" x 64, substr($raw, 0, 63), "$raw\0", "\0$raw",
        "\0", $raw x 2, $der, "\x30\x06\x02\x01\x00\x02\x01\x00"),
    (map { ['', token(alg => 'EdDSA', sig => $_), 'signature'] }
        "\0" x 64, "\1" . "\0" x 63, "\0" x 63, "\0" x 65),
    ['EdDSA', token(alg => 'EdDSA'), 'ok'],
    (map { ['', token(alg => 'RS256', sig => $_), 'signature'] }
        "\0" x 256, "\0", "\xff" x 256, "\0" x 255 . "\1", "\0" x 257),
    ['RS256', token(alg => 'RS256'), 'ok'],
)



=== TEST 11: R10, a token brings no key
--- tokens
(
    ['a thumbprint is only a name', with_header(',"x5t":"AAAA"'), 'ok'],
    map { ['', with_header(",$_"), 'header_invalid'] }
        '"jwk":' . json(jwk('hs256b')), '"jwk":' . json(jwk('rsa2048')),
        '"jwk":null', '"jku":"http://127.0.0.1:1/jwks.json"',
        '"jku":"http://idp.example/jwks.json"', '"x5u":"file:///etc/passwd"',
        '"x5c":["MIIB"]', '"j\u0077k":{}'
)



=== TEST 12: R11, kid is a name and nothing else
--- http_config eval
corp(key => 'file:$TEST_NGINX_KEYS_DIR/hs256.secret kid=one')
--- tokens
(
    ['its name', token(header => { kid => 'one' }), 'ok'],
    ['none', token(header => { kid => undef }), 'ok'],
    (map { ['', token(header => { kid => $_ }), 'key_unknown'] }
        'two', 'ONE', 'one ', 'on', '', '../../../../dev/null', '/dev/null',
        "one' OR '1'='1", '; cat /etc/passwd', '*', '%', "\x{441}ne",
        'k' x 256),
    (map { ['', token(header => { kid => $_ }), 'header_invalid'] }
        1, ['one'], { one => 1 }, JSON::PP::true(), 'k' x 257, 'k' x 4096),
    ['null', with_header(',"x":1') && token(
        raw_header => '{"alg":"HS256","kid":null}'), 'header_invalid'],
    ['NUL', token(raw_header => '{"alg":"HS256","kid":"one\u0000"}'),
     'malformed'],
)



=== TEST 13: R12, crit and b64
--- tokens
(
    ['an unknown member is ignored', with_header(',"exp":1,"x":[2]'), 'ok'],
    map { ['', with_header(",$_"), 'crit'] }
        '"crit":["exp"],"exp":1', '"crit":["x"],"x":1', '"crit":[]',
        '"crit":["alg"]', '"crit":["absent"]', '"crit":"exp"',
        '"crit":null', '"crit":{}', '"crit":[1]', '"crit":["b64"],"b64":false',
        '"b64":false', '"b64":true', '"cr\u0069t":["x"]'
)



=== TEST 14: R13, three segments
--- tokens
my $good = token();
my ($h, $p, $s) = split /\./, $good;
(
    ['three', $good, 'ok'],
    (map { ['', $_, 'malformed'] }
        $h, "$h.", "$h.$p", "$h.$p.", ".$p.$s", "$h..$s", "..", "...", ".",
        "$h.$p.$s.", ".$h.$p.$s", "$h.$p.$s.$s", "$h.$p.$s.$s.$s.$s"),
    ['five', "$h.$p.$s.$p.$s", 'encrypted'],
    (map { ['', "Authorization: Bearer $_", 'invalid_request'] }
        "$h .$p.$s", "$h.$p. $s", "$h.$p\t.$s", "$h.$p.$s $s", "$h,$p,$s",
        qq{"$good"}, "$good,", "$good;"),
)



=== TEST 15: R14, one spelling of base64url
--- tokens
my ($h, $p, $s) = split /\./, token();
my @letters = ('A' .. 'Z', 'a' .. 'z', 0 .. 9, '-', '_');
my %value = map { $letters[$_] => $_ } 0 .. 63;

# 43 characters hold 256 bits and two that must be zero
my @twins = map { substr($s, 0, -1) . $letters[$value{substr $s, -1} ^ $_] }
    1 .. 3;
my $odd = sub { $_[0] . 'A' x ((1 - length $_[0]) % 4) };
my $pad = sub { $_[0] . '=' x (-length($_[0]) % 4) };
(
    ['good', "$h.$p.$s", 'ok'],
    (map { ['', "$h.$p.$_", 'malformed'] } @twins, "$s=", "$s==",
        "${s}AA", substr($s, 0, 41), '+' . substr($s, 1),
        '/' . substr($s, 1), "$s~", $pad->($s)),
    ['33 bytes', "$h.$p.${s}A", 'signature'],
    ['4n + 1', "$h." . $odd->($p) . ".$s", 'malformed'],
    ['4n + 1', $odd->($h) . ".$p.$s", 'malformed'],
    ['padded inside', "$h=.$p.$s", 'invalid_request'],
)



=== TEST 16: R15, header and payload are strict JSON objects
--- tokens
my $header = '{"alg":"HS256"}';
(
    ['white space around', token(raw_header => " $header\r\n",
        raw_payload => "\t" . json(claims()) . "\n"), 'ok'],
    (map { ['', token(raw_header => $_), 'malformed'] }
        '[]', '"alg"', 'null', '1', '', '{', "$header}", "$header$header",
        "$header\0", "\xef\xbb\xbf$header", '{"alg":"HS256",}',
        "{'alg':'HS256'}", '{alg:"HS256"}', '{"alg":"HS256"/**/}',
        '{"alg":"HS256","x":"\ud800"}', "{\"alg\":\"HS256\",\"x\":\"\xff\"}",
        "{\"alg\":\"HS256\",\"x\":\"\xc0\x80\"}",
        "{\"alg\":\"HS256\",\"x\":\"\n\"}", '{"alg":"HS256","x":"\u0000"}',
        '{"alg":"HS256","x":01}', '{"alg":"HS256","x":NaN}'),
    (map { ['', with_payload($_), 'malformed'] }
        '[]', '"x"', 'null', '{', json(claims()) . '}',
        json(claims()) . "\0", "\xef\xbb\xbf" . json(claims()),
        payload('"x":"\udc00"'), payload("\"x\":\"\xed\xa0\x80\""),
        payload('"x":"\u0000"'), payload("\"x\":\"\0\""), payload('"x":+1'),
        payload('"x":.5'), payload('"x":'), payload('"x":Infinity')),
    ['depth 10', with_payload(payload('"x":' . '[' x 9 . ']' x 9)), 'ok'],
    ['depth 11', with_payload(payload('"x":' . '[' x 10 . ']' x 10)),
     'too_large'],
    ['depth 500', with_payload(payload('"x":' . '[' x 499 . ']' x 499)),
     'too_large'],
    ['200 claims', with_payload(payload(join ',', map { "\"c$_\":1" }
        1 .. 200)), 'ok'],
    ['300 claims', with_payload(payload(join ',', map { "\"c$_\":1" }
        1 .. 300)), 'too_large'],
)



=== TEST 17: R16, a name stands once
--- tokens
(
    ['names that differ', with_payload(payload('"SUB":"bob","x":"sub"')),
     'ok'],
    ['in another object', with_payload(payload('"act":{"sub":"bob"}')), 'ok'],
    (map { ['', with_payload(payload($_)), 'malformed'] }
        '"sub":"bob"', '"sub":"alice"', '"su\u0062":"bob"',
        '"exp":9999999999', '"x":{"y":1,"y":2}', '"x":1,"\u0078":1'),
    (map { ['', with_header(",$_"), 'malformed'] }
        '"alg":"none"', '"al\u0067":"HS256"', '"kid":"hs256"'),
)



=== TEST 18: R17, exp
--- tokens
my $soon = time + 3600;
my $exp = sub { with_payload(json(claims(exp => undef)) =~ s/\}\z/,"exp":$_[0]}/r) };
(
    ['ahead', token(), 'ok'],
    ['with a fraction', $exp->("$soon.5"), 'ok'],
    ['in scientific notation', $exp->('4e9'), 'ok'],
    ['missing', token(claims => { exp => undef }), 'claim_missing'],
    ['past', token(claims => { exp => time - 1 }), 'expired'],
    ['now', token(claims => { exp => time }), 'expired'],
    ['zero', $exp->(0), 'expired'],
    ['negative', $exp->(-1), 'expired'],
    (map { [$_, $exp->($_), 'claim_invalid'] }
        qq{"$soon"}, 'null', 'true', '[]', "{\"a\":$soon}", '""',
        '1e400', '9223372036854775807', '9223372036854775808',
        '18446744073709551616', "${soon}000", '-1e30'),
    ['a number of 200 digits', $exp->('1' x 200), 'too_large'],
)



=== TEST 19: R17, leeway
--- http_config eval
corp(leeway => '30s')
--- tokens
(
    ['within', token(claims => { exp => time - 15 }), 'ok'],
    ['beyond', token(claims => { exp => time - 31 }), 'expired'],
    ['nbf within', token(claims => { nbf => time + 15 }), 'ok'],
    ['nbf beyond', token(claims => { nbf => time + 50 }), 'not_yet_valid'],
    ['iat within', token(claims => { iat => time + 15 }), 'ok'],
    ['iat beyond', token(claims => { iat => time + 50 }),
     'issued_in_future'],
)



=== TEST 20: R18, nbf and iat
--- tokens
(
    ['both past', token(claims => { nbf => time - 5, iat => time - 5 }),
     'ok'],
    ['nbf ahead', token(claims => { nbf => time + 60 }), 'not_yet_valid'],
    ['iat ahead', token(claims => { iat => time + 60 }), 'issued_in_future'],
    ['nbf text', token(claims => { nbf => '0' }), 'claim_invalid'],
    ['iat text', token(claims => { iat => '0' }), 'claim_invalid'],
    ['nbf null', with_payload(payload('"nbf":null')), 'claim_invalid'],
    ['iat in milliseconds', token(claims => { iat => time * 1000 }),
     'claim_invalid'],
)



=== TEST 21: R18, max_age and max_lifetime
--- http_config eval
corp(max_age => '10m', max_lifetime => '1h')
--- tokens
my $at = sub {
    token(claims => { iat => time + $_[0], exp => time + $_[1] })
};
(
    ['young and short', $at->(-60, 600), 'ok'],
    ['an hour', $at->(-60, 3540), 'ok'],
    ['more than an hour', $at->(-60, 3600), 'lifetime'],
    ['too old', $at->(-660, 600), 'too_old'],
    ['no iat', token(), 'claim_missing'],
    ['for ever', $at->(-60, 4e9), 'lifetime'],
)



=== TEST 22: R19, iss
--- tokens
(
    ['exact', token(), 'ok'],
    (map { ['', token(claims => { iss => $_ }), 'issuer'] }
        'https://idp.example/', 'https://idp.exampl', 'https://IDP.example',
        'https://idp.example.evil', 'http://idp.example',
        'https://idp.example ', '', undef),
    (map { ['', token(claims => { iss => $_ }), 'claim_invalid'] }
        ['https://idp.example'], 1, { iss => 1 }),
    ['null', with_payload('{"iss":null,"aud":"orders","exp":4e9}'),
     'claim_invalid'],
)



=== TEST 23: R20, aud
--- tokens
(
    ['text', token(), 'ok'],
    ['a list with us in it', token(claims => { aud => ['x', 'orders'] }),
     'ok'],
    (map { ['', token(claims => { aud => $_ }), 'audience'] }
        undef, 'order', 'orders2', 'ORDERS', 'orders ', 'my orders', '',
        'orders,x', [], ['x'], ['x', 'y'], ['']),
    (map { ['', token(claims => { aud => $_ }), 'claim_invalid'] }
        1, { orders => 1 }, ['orders', 1], [['orders']], JSON::PP::true()),
    ['null', with_payload(
        '{"iss":"https://idp.example","aud":null,"exp":4e9}'),
     'claim_invalid'],
)



=== TEST 24: R21, typ where access tokens are asked for
--- http_config eval
corp(typ => 'at+jwt')
--- tokens
(
    (map { [$_, token(header => { typ => $_ }), 'ok'] }
        'at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/At+Jwt'),
    (map { ['', token(header => { typ => $_ }), 'typ'] }
        'JWT', 'dpop+jwt', 'logout+jwt', 'secevent+jwt', 'at+jwt ', '',
        'at+jw', 'text/at+jwt', undef),
    ['number', token(header => { typ => 1 }), 'header_invalid'],
)



=== TEST 25: R21, typ where nothing is said
--- tokens
(
    (map { ['', token(header => { typ => $_ }), 'ok'] }
        'JWT', 'jwt', 'at+jwt', 'application/jwt', undef),
    (map { ['', token(header => { typ => $_ }), 'typ'] }
        'dpop+jwt', 'logout+jwt', 'secevent+jwt', 'JWS', ''),
)



=== TEST 26: R22, sub
--- http_config eval
corp(require => 'sub')
--- tokens
(
    ['text', token(), 'ok'],
    ['missing', token(claims => { sub => undef }), 'claim_missing'],
    (map { ['', token(claims => { sub => $_ }), 'claim_invalid'] }
        '', 1, ['alice'], { name => 'alice' }, JSON::PP::true()),
    ['null', with_payload('{"iss":"https://idp.example","aud":"orders",'
        . '"exp":4e9,"sub":null}'), 'claim_invalid'],
)



=== TEST 27: R22, ... which may be missing where it is not required
--- tokens
(
    ['missing', token(claims => { sub => undef }), 'ok'],
    ['empty', token(claims => { sub => '' }), 'claim_invalid'],
)



=== TEST 28: R23, encrypted, nested and compressed tokens
--- tokens
my ($signed, $sig) = halves(header => { cty => 'json' });
my $bomb = pack 'H*', '789ced';
(
    ['cty of a plain one', "$signed.$sig", 'ok'],
    ['five segments', join('.', b64url('{"alg":"dir","enc":"A128GCM"}'), '',
        map { b64url($_) } qw(iv text tag)), 'encrypted'],
    ['five filled ones', join('.', map { b64url($_) }
        '{"alg":"RSA-OAEP","enc":"A128GCM"}', qw(key iv text tag)),
     'encrypted'],
    ['enc in three', with_header(',"enc":"A128GCM"'), 'encrypted'],
    ['zip', token(raw_header => '{"alg":"HS256","zip":"DEF"}',
                  raw_payload => $bomb), 'encrypted'],
    ['nested', token(raw_header => '{"alg":"HS256","cty":"JWT"}',
                     raw_payload => token()), 'header_invalid'],
    ['nested without saying so', with_payload(token()), 'malformed'],
)



=== TEST 29: R24, one token a request
--- tokens
my $good = token();
my $bad = token(key => 'hs256b', header => { kid => 'hs256' });
(
    ['one', $good, 'ok'],
    (map { ['', $_, 400] }
        "Authorization: Bearer $good\nAuthorization: Bearer $good",
        "Authorization: Bearer $good\nAuthorization: Bearer $bad",
        "Authorization: Bearer $bad\nAuthorization: Bearer $good",
        "Authorization: Basic YTpi\nAuthorization: Bearer $good"),
    (map { ['', "Authorization: $_", 'invalid_request'] }
        "Bearer $good, Bearer $bad", "Bearer $good,Bearer $good",
        "Bearer $good $bad", "Bearer Bearer $good", "Bearer =$good"),
    ['a token elsewhere is none',
     "Cookie: token=$good; access_token=$good\nX-Authorization: Bearer $good",
     'missing'],
)



=== TEST 30: R25, the scheme
--- tokens
my $good = token();
(
    (map { [$_, "Authorization: $_$good", 'ok'] }
        'Bearer ', 'bearer ', 'BEARER ', 'bEaReR ', "Bearer\t", 'Bearer   ',
        "Bearer \t "),
    (map { ['', "Authorization: $_", 'missing'] }
        'Basic YTpi', 'Digest username="a"', 'Negotiate AAAA',
        "BearerX $good", "Bearer-$good", $good, 'Bea'),
    (map { ['', "Authorization: $_", 'invalid_request'] }
        'Bearer', 'Bearer ', 'Bearer ='),
    ['an empty header', 'Authorization:', 'missing'],
    ['a token that is bound to no key', "Authorization: DPoP $good",
     'dpop_unbound'],
)



=== TEST 31: R26, what is asked for is named
--- tokens
(
    ['a token', token(), 'ok'],
    ['no token: no error', 'X-None: 1', 'missing'],
    ['a malformed header: 400', 'Authorization: Bearer a b',
     'invalid_request'],
    ['an expired one may be renewed', token(claims => { exp => 1 }),
     'expired'],
    ['a bad one', token(key => 'hs256b', header => { kid => 'hs256' }),
     'signature'],
)



=== TEST 32: R29, a token has 16 KB at most
--- config
    large_client_header_buffers 4 64k;
    location /v1/ {
        api_auth jwt=corp;
        add_header X-Why "$api_auth_result:$api_auth_error" always;
        try_files /in.txt =404;
    }
--- tokens
my $sized = sub {
    my $x = $_[0] - length token(claims => { x => '' });
    token(claims => { x => 'x' x ($x * 3 / 4), y => 1 })
};
my $long = sub { with_payload(payload('"x":["' . join('","', ('x' x 4000) x $_[0]) . '"]')) };
(
    ['12 KB', $long->(2), 'ok'],
    ['22 KB', $long->(4), 'too_large'],
    ['a string of 8 KB', token(claims => { x => 'x' x 8192 }), 'ok'],
    ['and one more', token(claims => { x => 'x' x 8193 }), 'too_large'],
    ['a signature of 48 KB', token(sig => 'x' x 36000), 'too_large'],
    ['a signature of 8 KB', token(sig => 'x' x 6000), 'signature'],
    ['a header of 9 KB', with_header(',"x":["' . join('","',
        ('x' x 3000) x 3) . '"]'), 'too_large'],
    ['a header of 6 KB', with_header(',"x":["' . join('","',
        ('x' x 3000) x 2) . '"]'), 'ok'],
)



=== TEST 33: R30, a wrong signature and an unknown key look the same
--- request eval
[("GET /v1/orders") x 2]
--- more_headers eval
[bearer(key => 'hs256b', header => { kid => 'hs256' }),
 bearer(header => { kid => 'unknown' })]
--- error_code eval
[401, 401]
--- response_body_like eval
my $body = quotemeta '{"type":"about:blank","status":401,'
    . '"title":"The access token is not valid","code":"invalid_token",'
    . '"support_id":"';
[(qr/\A$body[0-9a-f]{32}"\}\n\z/) x 2]
--- response_headers eval
my $header = 'WWW-Authenticate: Bearer realm="corp", error="invalid_token",'
    . ' error_description="The access token is not valid"';
[$header, $header]
