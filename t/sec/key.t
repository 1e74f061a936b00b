# api_key_store and api_auth key=. key-http2.t runs this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;
use ApiTest::ApiKeys;
use File::Temp qw(tempdir);

no_long_string();

my $now = time;

# files of the stores, outside of what a block makes
my $dir = $ENV{TEST_NGINX_STORES} = tempdir(CLEANUP => 1);
chmod 0755, $dir;

write_file("$dir/keys.json", key_store(
    key_entry('AAAAAAAA', principal => 'acme', plan => 'gold',
              owner => 'team "a"', scopes => ['orders:read', 'orders:write'],
              nbf => $now - 60, exp => $now + 3600, status => 'active'),
    key_entry('BBBBBBBB', principal => 'acme', letter => 'y'),
    key_entry('REVOKED0', status => 'revoked'),
    key_entry('EXPIRED0', exp => $now - 1),
    key_entry('FUTURE00', nbf => $now + 3600),
));
write_file("$dir/others.json",
           key_store(key_entry('CCCCCCCC', principal => 'other')));
write_file("$dir/pepper", pepper() . "\n");
chmod 0600, "$dir/pepper";

$ENV{CREDENTIALS_DIRECTORY} = $dir;
$ENV{API_TEST_PEPPER} = pepper();
env_to_nginx('API_TEST_PEPPER', 'CREDENTIALS_DIRECTORY');

our $HTTP = corp() . <<'END';
    api_key_store partners $TEST_NGINX_STORES/keys.json
                  pepper=file:$TEST_NGINX_STORES/pepper;
    api_key_store others $TEST_NGINX_STORES/others.json
                  pepper=file:$TEST_NGINX_STORES/pepper header=X-Other-Key;
    api_key_store query $TEST_NGINX_STORES/keys.json
                  pepper=file:$TEST_NGINX_STORES/pepper header=off query=key;
    api_key_store both $TEST_NGINX_STORES/keys.json
                  pepper=file:$TEST_NGINX_STORES/pepper query=key;
END

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => $HTTP)
        unless defined $block->http_config;
    $block->set_value(config => <<'END') unless defined $block->config;
        location /v1/ {
            api_auth key=partners;
            add_header X-Who "$api_auth_result:$api_auth_method:$api_principal";
            add_header X-Key "$api_key_id:$api_key_owner:$api_key_plan";
            add_header X-Why "$api_auth_error" always;
            try_files /in.txt =404;
        }
END
    $block->set_value(user_files => ">>> in.txt\nin\n")
        unless defined $block->user_files;
});

sub good { return 'X-API-Key: ' . api_key('AAAAAAAA') }

sub refused {
    return problem_like(status => 401, support_id => qr/.{32}/, @_);
}

run_tests();

__DATA__

=== TEST 1: a key of the store names its client
--- request
GET /v1/
--- more_headers eval
::good()
--- response_headers
X-Who: ok:key:acme
X-Key: AAAAAAAA:team "a":gold
--- response_body
in

=== TEST 2: the name of the header has no case; a second live key of one client
--- request
GET /v1/
--- more_headers eval
'x-api-key: ' . api_key('BBBBBBBB', 'y')
--- response_headers
X-Who: ok:key:acme
X-Key: BBBBBBBB::

=== TEST 3: none: a challenge of its own
--- request
GET /v1/
--- error_code: 401
--- response_headers
WWW-Authenticate: ApiKey realm="partners", header="X-API-Key"
X-Why: missing
--- response_body_like eval
::refused(code => 'missing_key', title => 'An API key is required')

=== TEST 4: a secret that is not that of its id
--- request
GET /v1/
--- more_headers eval
'X-API-Key: ' . api_key('AAAAAAAA', 'z')
--- error_code: 401
--- response_headers
WWW-Authenticate: ApiKey realm="partners", header="X-API-Key"
X-Why: unknown_key
--- response_body_like eval
::refused(code => 'invalid_key', title => 'The API key is not valid')

=== TEST 5: an id that is nobody's looks the same
--- request
GET /v1/
--- more_headers eval
'X-API-Key: ' . api_key('ZZZZZZZZ')
--- error_code: 401
--- response_headers
X-Why: unknown_key
--- response_body_like eval
::refused(code => 'invalid_key', title => 'The API key is not valid')

=== TEST 6: a revoked one looks the same to the client, not to the operator
--- request
GET /v1/
--- more_headers eval
'X-API-Key: ' . api_key('REVOKED0')
--- error_code: 401
--- response_headers
X-Why: key_revoked
--- response_body_like eval
::refused(code => 'invalid_key', title => 'The API key is not valid')
--- error_log
the key with the id REVOKED0
--- log_level: info
--- no_error_log
ak_REVOKED0

=== TEST 7: an expired one
--- request
GET /v1/
--- more_headers eval
'X-API-Key: ' . api_key('EXPIRED0')
--- error_code: 401
--- response_headers
X-Why: key_expired
--- response_body_like eval
::refused(code => 'invalid_key', title => 'The API key has expired')

=== TEST 8: one that is not valid yet
--- request
GET /v1/
--- more_headers eval
'X-API-Key: ' . api_key('FUTURE00')
--- error_code: 401
--- response_headers
X-Why: key_not_yet_valid
--- response_body_like eval
::refused(code => 'invalid_key', title => 'The API key is not valid')

=== TEST 9: a letter mistyped, caught by the checksum
--- request
GET /v1/
--- more_headers eval
'X-API-Key: ' . (api_key('AAAAAAAA') =~ s/x_/w_/r)
--- error_code: 401
--- response_headers
X-Why: key_checksum
--- response_body_like eval
::refused(code => 'invalid_key', title => 'The API key is mistyped or cut')

=== TEST 10: what is no key
--- request eval
[map { "GET /v1/" } 1 .. 4]
--- more_headers eval
['X-API-Key:', 'X-API-Key: ak_', 'X-API-Key: ' . 'a' x 4000,
 'X-API-Key: ' . api_key('AAAAAAAA') . ' x']
--- error_code eval
[401, 401, 401, 401]
--- response_headers eval
[('X-Why: key_malformed') x 4]

=== TEST 11: two keys that differ are no request; the same twice neither
--- request eval
[map { "GET /v1/" } 1 .. 2]
--- more_headers eval
[::good() . "\n" . 'X-API-Key: ' . api_key('BBBBBBBB', 'y'),
 ::good() . "\n" . ::good()]
--- error_code eval
[400, 400]
--- response_body_like eval
[(problem_like(status => 400, code => 'invalid_request',
               title => 'The request has several API keys')) x 2]
--- response_headers eval
['X-Why: several_keys', 'X-Why: several_keys']

=== TEST 12: Authorization is no place for a key
--- request
GET /v1/
--- more_headers eval
'Authorization: ' . api_key('AAAAAAAA')
--- error_code: 401
--- response_headers
X-Why: missing

=== TEST 13: the query, where the store looks there
--- config
    location /v1/ {
        api_auth key=query;
        add_header X-Who "$api_auth_result:$api_principal";
        try_files /in.txt =404;
    }
--- request eval
['GET /v1/?key=' . api_key('AAAAAAAA'),
 'GET /v1/?a=1&key=' . api_key('AAAAAAAA') . '&b',
 'GET /v1/?key=' . api_key('AAAAAAAA') . '&key=' . api_key('AAAAAAAA'),
 'GET /v1/?key=' . api_key('AAAAAAAA') . '&key=' . api_key('BBBBBBBB', 'y'),
 'GET /v1/?monkey=' . api_key('AAAAAAAA'),
 'GET /v1/?KEY=' . api_key('AAAAAAAA'),
 'GET /v1/?key=',
 'GET /v1/?key',
 'GET /v1/?%6bey=' . api_key('AAAAAAAA'),
 'GET /v1/?key=' . api_key('AAAAAAAA') . '&k%65y=' . api_key('BBBBBBBB', 'y'),
 'GET /v1/?key=' . api_key('AAAAAAAA') . '&k%2565y=' . api_key('BBBBBBBB', 'y')]
--- more_headers eval
[('Host: localhost') x 11]
--- error_code eval
[200, 200, 200, 400, 401, 401, 401, 401, 200, 400, 200]
--- response_headers eval
['X-Who: ok:acme', 'X-Who: ok:acme', 'X-Who: ok:acme', '! X-Who',
 'WWW-Authenticate: ApiKey realm="query", query="key"', '! X-Who', '! X-Who',
 '! X-Who', 'X-Who: ok:acme', '! X-Who', 'X-Who: ok:acme']

=== TEST 14: header and query have to agree
--- config
    location /v1/ {
        api_auth key=both;
        add_header X-Who "$api_auth_result:$api_principal";
        try_files /in.txt =404;
    }
--- request eval
['GET /v1/?key=' . api_key('AAAAAAAA'),
 'GET /v1/?key=' . api_key('BBBBBBBB', 'y')]
--- more_headers eval
[::good(), ::good()]
--- error_code eval
[200, 400]

=== TEST 15: a store that does not look into the query takes nothing from it
--- request eval
'GET /v1/?key=' . api_key('AAAAAAAA')
--- error_code: 401

=== TEST 16: several stores, each with its header
--- config
    location /v1/ {
        api_auth key=partners,others;
        add_header X-Who "$api_auth_result:$api_principal";
        try_files /in.txt =404;
    }
--- request eval
[map { 'GET /v1/' } 1 .. 4]
--- more_headers eval
[::good(), 'X-Other-Key: ' . api_key('CCCCCCCC'),
 'X-API-Key: ' . api_key('DDDDDDDD'),
 ::good() . "\nX-Other-Key: " . api_key('CCCCCCCC')]
--- error_code eval
[200, 200, 401, 400]
--- response_headers eval
['X-Who: ok:acme', 'X-Who: ok:other', '! X-Who', '! X-Who']

=== TEST 17: a token or a key; what is presented has to be good
--- config
    location /v1/ {
        api_auth jwt=corp key=partners;
        add_header X-Who "$api_auth_result:$api_auth_method:$api_principal";
        try_files /in.txt =404;
    }
--- request eval
[map { 'GET /v1/' } 1 .. 5]
--- more_headers eval
[bearer(), ::good(), ::good() . "\n" . bearer(),
 bearer() . "\nX-API-Key: " . api_key('ZZZZZZZZ'),
 ::good() . "\n" . bearer(key => 'hs256b')]
--- error_code eval
[200, 200, 200, 401, 401]
--- response_headers eval
['X-Who: ok:jwt:alice', 'X-Who: ok:key:acme', 'X-Who: ok:jwt:alice',
 'WWW-Authenticate: Bearer realm="corp", ApiKey realm="corp", header="X-API-Key"',
 'WWW-Authenticate: Bearer realm="corp", error="invalid_token", error_description="The access token is not valid", ApiKey realm="corp", header="X-API-Key"']

=== TEST 18: a token and a key
--- config
    location /v1/ {
        api_auth jwt=corp key=partners all;
        add_header X-Who "$api_principal:$api_key_plan:$api_claim_sub";
        try_files /in.txt =404;
    }
--- request eval
[map { 'GET /v1/' } 1 .. 3]
--- more_headers eval
[::good() . "\n" . bearer(), ::good(), bearer()]
--- error_code eval
[200, 401, 401]
--- response_headers eval
['X-Who: alice:gold:alice', '! X-Who', '! X-Who']

=== TEST 19: scopes of a key
--- config
    location /v1/ {
        api_auth key=partners;
        api_require scope orders:read orders:write;
        try_files /in.txt =404;
    }
    location /admin/ {
        api_auth key=partners;
        api_require scope orders:admin;
        try_files /in.txt =404;
    }
--- request eval
['GET /v1/', 'GET /v1/', 'GET /admin/']
--- more_headers eval
[::good(), 'X-API-Key: ' . api_key('BBBBBBBB', 'y'), ::good()]
--- error_code eval
[200, 403, 403]
--- response_headers_like eval
my $challenge = 'WWW-Authenticate: ApiKey realm="partners", '
    . 'header="X-API-Key", error="insufficient_scope", .*, scope=';
['Content-Type: .*', "${challenge}\"orders:read orders:write\"",
 "${challenge}\"orders:admin\""]

=== TEST 20: optional: none is nobody, a bad one is refused
--- config
    location /v1/ {
        api_auth key=partners optional;
        add_header X-Who "$api_auth_result:$api_principal:$api_key_id";
        try_files /in.txt =404;
    }
--- request eval
[map { 'GET /v1/' } 1 .. 2]
--- more_headers eval
['X-None: 1', 'X-API-Key: ' . api_key('ZZZZZZZZ')]
--- error_code eval
[200, 401]
--- response_headers eval
['X-Who: missing::', '! X-Who']

=== TEST 21: monitor lets pass, and shows nothing of a key that is not good
--- config
    location /v1/ {
        api_auth key=partners mode=monitor;
        add_header X-Who "$api_auth_result:$api_auth_error:$api_principal:$api_key_id:$api_decision";
        try_files /in.txt =404;
    }
--- request
GET /v1/
--- more_headers eval
'X-API-Key: ' . api_key('REVOKED0')
--- response_headers
X-Who: invalid:key_revoked:::monitor
--- response_body
in

=== TEST 22: satisfy any: a key opens what deny closes, none does not
--- config
    location /v1/ {
        satisfy any;
        deny all;
        api_auth key=partners;
        try_files /in.txt =404;
    }
--- request eval
[map { 'GET /v1/' } 1 .. 3]
--- more_headers eval
[::good(), 'X-None: 1', 'X-API-Key: ' . api_key('ZZZZZZZZ')]
--- error_code eval
[200, 401, 401]

=== TEST 23: limit_except and if
--- config
    location /v1/ {
        limit_except GET { api_auth key=partners; }
        try_files /in.txt =404;
    }
    location /if/ {
        if ($arg_private) { api_auth key=partners; }
        add_header X-Who "$api_principal";
        try_files /in.txt =404;
    }
--- request eval
['GET /v1/', 'OPTIONS /v1/', 'GET /if/', 'GET /if/?private=1']
--- more_headers eval
[('X-None: 1') x 4]
--- error_code eval
[200, 401, 200, 401]

=== TEST 24: error_page: the refused key does not become a good one
--- config
    error_page 401 = @login;
    location /v1/ { api_auth key=partners; try_files /in.txt =404; }
    location @login {
        api_auth key=partners;
        try_files /in.txt =404;
    }
--- request
GET /v1/
--- more_headers eval
'X-API-Key: ' . api_key('ZZZZZZZZ')
--- error_code: 401

=== TEST 25: an internal redirect under the same policy asks once
--- config
    api_auth key=partners;
    location /v1/ { try_files /none /inner/in; }
    location /inner/ {
        internal;
        add_header X-Who "$api_auth_result:$api_principal";
        try_files /in.txt =404;
    }
--- request
GET /v1/
--- more_headers eval
::good()
--- response_headers
X-Who: ok:acme

=== TEST 26: a pepper from the environment
--- http_config
    api_key_store partners $TEST_NGINX_STORES/keys.json
                  pepper=env:API_TEST_PEPPER;
--- request
GET /v1/
--- more_headers eval
::good()
--- response_headers
X-Who: ok:key:acme

=== TEST 27: a pepper as a credential of systemd
--- http_config
    api_key_store partners $TEST_NGINX_STORES/keys.json pepper=cred:pepper;
--- request
GET /v1/
--- more_headers eval
::good()
--- response_headers
X-Who: ok:key:acme



=== TEST 40: X_API_Key is X-API-Key where nginx lets it in
--- config
    underscores_in_headers on;
    location /v1/ { api_auth key=partners optional; add_header X-Who "$api_auth_result:$api_principal" always; try_files /in.txt =404; }
--- request eval
[map { "GET /v1/" } 1 .. 4]
--- more_headers eval
['X_API_Key: ' . api_key('AAAAAAAA'), 'X-API_Key: ' . api_key('AAAAAAAA', 'z'),
 ::good() . "\nX_API_Key: " . api_key('BBBBBBBB', 'y'), 'X_APIKey: x']
--- error_code eval
[200, 401, 400, 200]
--- response_headers eval
['X-Who: ok:acme', 'X-Who: invalid:', 'X-Who: invalid:', 'X-Who: missing:']



=== TEST 41: ... and where nginx does not, nobody sees it
--- config
    location /v1/ { api_auth key=partners; try_files /in.txt =404; }
--- request eval
[map { "GET /v1/" } 1 .. 2]
--- more_headers eval
['X_API_Key: ' . api_key('AAAAAAAA'), ::good() . "\nX_API_Key: " . api_key('BBBBBBBB', 'y')]
--- error_code eval
[401, 200]



=== TEST 42: who has a key and lacks a scope is not told of a token
--- config
    location /v1/ { api_auth key=partners; api_require scope other; try_files /in.txt =404; }
--- request
GET /v1/
--- more_headers eval
::good()
--- error_code: 403
--- response_body_like eval
problem_like(status => 403, code => 'insufficient_scope', title => 'The credential lacks a scope')
