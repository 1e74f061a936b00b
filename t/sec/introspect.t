# api_introspect: opaque tokens, asked about. introspect-http2.t runs this file
# over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;
use ApiTest::ApiKeys;
use File::Temp qw(tempdir);

no_long_string();
no_root_location();
custom_sections('lines');

free_port('PLAIN_PORT');

our $TOKEN = token();

# API keys, outside of what a block makes
my $dir = $ENV{TEST_NGINX_STORES} = tempdir(CLEANUP => 1);
chmod 0755, $dir;
write_file("$dir/keys.json", key_store(key_entry('AAAAAAAA', principal => 'acme')));
write_file("$dir/active", '{"active":true,"sub":"asked"}');
write_file("$dir/jwks", jwks('p256'));
write_file("$dir/pepper", pepper() . "\n");
chmod 0600, "$dir/pepper";
our $STORE = 'api_key_store partners $TEST_NGINX_STORES/keys.json pepper=file:$TEST_NGINX_STORES/pepper;';
our $ES256 = token(alg => 'ES256', key => 'p256');
our $SECRET = 'p+s/w:d%=~';

# the server that is asked answers by the token in the body
add_block_preprocessor(sub {
    my ($block) = @_;

    my $lines = $block->lines // '';

    $block->set_value(http_config => ($block->http_config // '') . '
    api_zone main 1m;' . corp() . '
    log_format asked "$request host=$http_host type=$content_type '
        . 'auth=$http_authorization cookie=$http_cookie mine=$http_x_mine '
        . 'body=$request_body";
    map $request_body $answer {
        default                 "{\"active\":false}";
        ~^token=good&           "{\"active\":true,\"sub\":\"alice\",\"scope\":\"a b\",\"client_id\":\"c\"}";
        ~^token=good%2F%2B%3D&  "{\"active\":true,\"sub\":\"bob\"}";
        ~^token=gone&           "{\"active\":true,\"exp\":1000}";
        ~^token=client&         "{\"active\":true,\"client_id\":\"shop\"}";
        ~^token=other&          "{\"active\":true,\"sub\":\"x\",\"iss\":\"https://evil\",\"aud\":\"else\"}";
        ~^token=mine&           "{\"active\":true,\"sub\":\"x\",\"iss\":\"https://idp\",\"aud\":[\"orders\"]}";
        ~^token=bound&          "{\"active\":true,\"sub\":\"x\",\"cnf\":{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}}";
        ~^token=cert&           "{\"active\":true,\"sub\":\"x\",\"cnf\":{\"x5t#S256\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}}";
        ~^token=word&           "{\"active\":\"true\",\"sub\":\"x\"}";
        ~^token=twice&          "{\"active\":false,\"active\":true}";
        ~^token=html&           "<html></html>";
        ~^token=eyJ             "{\"active\":true,\"sub\":\"asked\"}";
        ~^token=crlf&           "{\"active\":true,\"sub\":\"a\\\\r\\\\nX-Evil: 1\"}";
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        access_log $TEST_NGINX_SERVER_ROOT/logs/asked.log asked;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
        location = /500 { return 500; }
        location = /huge { alias $TEST_NGINX_SERVER_ROOT/huge; }
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_3/; proxy_set_header X-Answer $answer; }
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3;
        location / { return 200 $http_x_answer; }
    }
    api_introspect idp {
        uri    /_introspect;
        client "our client";
        secret file:$TEST_NGINX_SERVER_ROOT/secret;
        ' . $lines . '
    }
    ') unless ($block->http_config // '') =~ /api_introspect/;

    $block->set_value(config => <<'CONF' . ($block->config // ''));
    listen 127.0.0.1:$TEST_NGINX_PLAIN_PORT;
    add_header X-Why "$api_auth_result:$api_auth_error:$api_auth_method" always;
    add_header X-Who "$api_principal/$api_claim_scope/$api_token_cache" always;
    location / { api_auth introspect=idp; try_files /in.txt =404; }
    location /both { api_auth introspect=idp jwt=corp; try_files /in.txt =404; }
    location /scope { api_auth introspect=idp; api_require scope b; try_files /in.txt =404; }
    location /write { api_auth introspect=idp; api_require scope w; try_files /in.txt =404; }
    location /optional { api_auth introspect=idp optional; try_files /in.txt =404; }
    location /monitor { api_auth introspect=idp mode=monitor; try_files /in.txt =404; }
    location = /_introspect {
        internal;
        proxy_set_header X-Leak $http_cookie;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/;
    }
    location = /_500 { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/500; }
    location = /_huge { internal; proxy_method GET; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/huge; }
    location = /_down { internal; proxy_pass http://127.0.0.1:1; }
CONF
    $block->set_value(user_files => [['in.txt', "in\n"]]);
    $block->set_value(post_setup_server_root => sub {
        write_file(server_root() . '/secret', "$SECRET\n");
        chmod 0600, server_root() . '/secret';
        write_file(server_root() . '/huge', ' ' x 70_000);
    });
});

sub auth { return "Authorization: Bearer $_[0]\nCookie: c=1\nX-Mine: 1" }
sub key { return 'X-API-Key: ' . api_key('AAAAAAAA', @_) }
sub asked { my $log = slurp(server_root() . '/logs/asked.log'); return scalar(() = $log =~ /^POST/mg) }

run_tests();

__DATA__

=== TEST 1: active, not active, none
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
[(map { main::auth($_) } 'good', 'bad', 'good/+=', 'client'), 'X-None: 1']
--- error_code eval
[200, 401, 200, 200, 401]
--- response_headers eval
["X-Why: ok::introspect\nX-Who: alice/a b/miss", "X-Why: invalid:inactive:\nX-Who: //miss",
 "X-Why: ok::introspect\nX-Who: bob//miss", "X-Who: shop//miss",
 "X-Why: missing:missing:\nWWW-Authenticate: Bearer realm=\"idp\""]



=== TEST 2: the question as RFC 7662 and RFC 6749 want it, nothing of the client's
--- init
use IO::Socket::INET;
my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ENV{TEST_NGINX_PLAIN_PORT}") or die;
print {$s} "GET / HTTP/1.1\r\nHost: client.example\r\nConnection: close\r\n"
    . main::auth('good/+=') =~ s/\n/\r\n/gr . "\r\nX-Seen: a\r\n\r\n";
my $answer = join '', <$s>;
Test::More::like($answer, qr{^HTTP/1.1 200 }, 'let in');
my $line = '';
for (1 .. 250) {
    ($line) = ApiTest::slurp(main::server_root() . '/logs/asked.log') =~ /^(POST.*)$/m;
    last if $line;
    select undef, undef, undef, 0.02;
}
use MIME::Base64 qw(encode_base64);
my $basic = encode_base64('our%20client:p%2Bs%2Fw%3Ad%25%3D~', '');
Test::More::like($line, qr{^POST / HTTP/1.[01] host=127.0.0.1:\d+ type=application/x-www-form-urlencoded }, 'a form');
Test::More::like($line, qr{ auth=Basic \Q$basic\E cookie=- mine=- body=token=good%2F%2B%3D&token_type_hint=access_token$}, 'the token, who asks, and no more');
1
--- request
GET /
--- more_headers eval
main::auth('good')
--- error_code: 200



=== TEST 3: an active one is remembered, the others never
--- request eval
[("GET /") x 6]
--- more_headers eval
[map { main::auth($_) } 'good', 'good', 'bad', 'bad', 'gone', 'gone']
--- error_code eval
[200, 200, 401, 401, 401, 401]
--- response_headers eval
["X-Who: alice/a b/miss", "X-Who: alice/a b/hit", "X-Why: invalid:inactive:", "X-Why: invalid:inactive:",
 "X-Why: invalid:expired:", "X-Why: invalid:expired:"]



=== TEST 4: cache off
--- lines: cache off;
--- request eval
[("GET /") x 2]
--- more_headers eval
[(main::auth('good')) x 2]
--- response_headers eval
[("X-Who: alice/a b/miss") x 2]



=== TEST 5: beside jwt: three parts are a JWT, the rest is asked about
--- request eval
[("GET /both") x 5]
--- more_headers eval
[map { main::auth($_) } 'good', $::TOKEN, 'bad', 'a.b.c', 'a.b.c.d.e']
--- error_code eval
[200, 200, 401, 401, 401]
--- response_headers eval
["X-Why: ok::introspect", "X-Why: ok::jwt\nX-Who: alice//miss", "X-Why: invalid:inactive:",
 "X-Why: invalid:malformed:", "X-Why: invalid:encrypted:"]



=== TEST 6: alone it is asked about JWTs too
--- request
GET /
--- more_headers eval
main::auth($::TOKEN)
--- response_headers
X-Why: ok::introspect
X-Who: asked//miss



=== TEST 7: scopes, modes, optional
--- request eval
["GET /scope", "GET /write", "GET /optional", "GET /optional", "GET /monitor"]
--- more_headers eval
[main::auth('good'), main::auth('good'), 'X-None: 1', main::auth('bad'), main::auth('bad')]
--- error_code eval
[200, 403, 200, 401, 200]



=== TEST 8: issuer, audience, require
--- lines: issuer https://idp; audience orders; require sub;
--- request eval
[("GET /") x 3]
--- more_headers eval
[map { main::auth($_) } 'good', 'other', 'mine']
--- error_code eval
[401, 401, 200]
--- response_headers eval
["X-Why: invalid:issuer:", "X-Why: invalid:issuer:", "X-Why: ok::introspect"]



=== TEST 9: answers that are none: closed
--- request eval
[("GET /") x 3]
--- more_headers eval
[map { main::auth($_) } 'word', 'twice', 'html']
--- error_code eval
[503, 503, 503]
--- response_body_like eval
[(ApiTest::problem_like(status => 503, code => 'unavailable')) x 3]
--- response_headers eval
[("X-Why: unavailable:introspection_unavailable:") x 3]
--- grep_error_log eval
qr/\[error\] .*api_introspect/
--- grep_error_log_out eval
qr/\A[^\n]+\n\z/



=== TEST 10: who is asked is down
--- http_config
    api_introspect idp { uri /_down; }
    api_zone main 1m;
    api_jwt_issuer corp {
        issuer x; audience y; algorithms HS256;
        key file:$TEST_NGINX_KEYS_DIR/hs256.secret;
    }
--- request
GET /
--- more_headers eval
main::auth('good')
--- error_code: 503
--- error_log
api_introspect "idp": no answer from "/_down": status 502
--- response_headers_like
Retry-After: \d+



=== TEST 11: an answer without end
--- http_config
    api_introspect idp { uri uri:/_huge; }
    api_zone main 1m;
    api_jwt_issuer corp {
        issuer x; audience y; algorithms HS256;
        key file:$TEST_NGINX_KEYS_DIR/hs256.secret;
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location = /huge { alias $TEST_NGINX_SERVER_ROOT/huge; }
    }
--- request
GET /
--- more_headers eval
main::auth('good')
--- error_code: 503
--- error_log
no answer from "/_huge": its answer is too large



=== TEST 12: a name that would break a header is not shown
--- request
GET /
--- more_headers eval
main::auth('crlf')
--- response_headers
X-Who: //miss
! X-Evil
--- error_log
has control characters



=== TEST 13: no uri
--- http_config
    api_introspect idp { cache off; }
--- must_die
--- error_log
api_introspect "idp" needs a line "uri /LOCATION;"



=== TEST 14: a client without a secret
--- http_config
    api_introspect idp { uri /x; client a; }
--- must_die
--- error_log
needs both "client ID;" and "secret SOURCE;", or neither



=== TEST 15: a secret in the configuration
--- http_config
    api_introspect idp { uri /x; client a; secret s3cret; }
--- must_die
--- error_log
a secret is not written here but named: file:PATH, cred:NAME or env:NAME



=== TEST 16: two of them in one policy
--- http_config
    api_introspect idp { uri /x; }
    api_introspect more { uri /y; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { api_auth introspect=idp,more; } }
--- must_die
--- error_log
takes one api_introspect: nothing in an opaque token tells whom to ask



=== TEST 17: unknown lines and names
--- http_config
    api_introspect idp { url /x; }
--- must_die
--- error_log
unknown line "url" in api_introspect, which takes: uri client secret cache issuer audience require token bind



=== TEST 17: a token that is bound to a key is nobody's without it, each time
--- request eval
[("GET /") x 4]
--- more_headers eval
[map { main::auth($_) } 'bound', 'bound', 'cert', 'good']
--- error_code eval
[401, 401, 401, 200]



=== TEST 18: bind: who is not bound is refused
--- lines: bind mtls required;
--- request eval
[("GET /") x 2]
--- more_headers eval
[map { main::auth($_) } 'good', 'cert']
--- error_code eval
[401, 401]



=== TEST 19: beside jwt, in both orders, while an answer is waited for
--- lines: cache off;
--- config
    location /ij { api_auth introspect=idp jwt=corp any; try_files /in.txt =404; }
    location /ji { api_auth jwt=corp introspect=idp any; try_files /in.txt =404; }
--- request eval
[map { my $l = $_; map { "GET $l" } 1 .. 3 } '/ij', '/ji']
--- more_headers eval
[map { main::auth($_) } ('good', $::TOKEN, 'bad') x 2]
--- error_code eval
[(200, 200, 401) x 2]
--- response_headers eval
[("X-Why: ok::introspect\nX-Who: alice/a b/miss", "X-Why: ok::jwt", "X-Why: invalid:inactive:") x 2]



=== TEST 20: beside a key: whoever waits, the other is asked too
--- lines: cache off;
--- http_config eval: $::STORE
--- config
    location /ik { api_auth introspect=idp key=partners any; try_files /in.txt =404; }
    location /ki { api_auth key=partners introspect=idp any; try_files /in.txt =404; }
    location /all/ik { api_auth introspect=idp key=partners all; try_files /in.txt =404; }
    location /all/ki { api_auth key=partners introspect=idp all; try_files /in.txt =404; }
--- request eval
[map { my $l = $_; map { "GET $l" } 1 .. 5 } '/ik', '/ki', '/all/ik', '/all/ki']
--- more_headers eval
[(main::auth('good'), main::key(), main::auth('good') . "\n" . main::key(),
  main::auth('bad') . "\n" . main::key(), main::auth('good') . "\n" . main::key('y')) x 4]
--- error_code eval
[(200, 200, 200, 401, 401) x 2, (401, 401, 200, 401, 401) x 2]



=== TEST 21: jwt waits for keys from elsewhere: the same
--- http_config eval
<<'CONF' . $::STORE . main::corp(jwks => 'uri:/_jwks', algorithms => 'ES256')
    api_zone main 1m;
    api_introspect idp { uri /_active; cache off; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location = /jwks { root $TEST_NGINX_STORES; limit_rate 400; }
        location = /active { alias $TEST_NGINX_STORES/active; }
    }
CONF
--- config
    location /ijk { api_auth introspect=idp jwt=corp key=partners any; try_files /in.txt =404; }
    location /kji { api_auth key=partners jwt=corp introspect=idp any; try_files /in.txt =404; }
    location /all/jk { api_auth jwt=corp key=partners all; try_files /in.txt =404; }
    location /all/kj { api_auth key=partners jwt=corp all; try_files /in.txt =404; }
    location = /_jwks { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/jwks; }
    location = /_active { internal; proxy_method GET; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/active; }
--- request eval
["GET /all/jk", "GET /ijk", "GET /kji", "GET /ijk", "GET /all/kj", "GET /ijk"]
--- more_headers eval
[main::auth($::ES256) . "\n" . main::key(), main::auth($::ES256), main::auth('opaque'), main::auth('opaque') . "\n" . main::key('y'),
 main::auth($::ES256), main::auth('opaque')]
--- error_code eval
[200, 200, 200, 401, 401, 200]



=== TEST 22: an answer is remembered for so long and no longer
--- lines: cache 6s;
--- init
sub seen {
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ENV{TEST_NGINX_PLAIN_PORT}") or die;
    print {$s} "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer good\r\n\r\n";
    return (join '', <$s>) =~ m{^X-Who: alice/a b/(\w+)}m ? $1 : 'no';
}
my $begun = time;
Test::More::is(seen(), 'miss', 'asked about');
my $again = seen();
Test::More::is($again, 'hit', 'remembered') if time - $begun < 5;
sleep 7;
Test::More::is(seen(), 'miss', 'asked about again');
1
--- request
GET /
--- more_headers eval
main::auth('bad')
--- error_code: 401



=== TEST 23: an answer is remembered no longer than its exp
--- config
    location = /_file { internal; proxy_method GET; proxy_pass http://127.0.0.1:$TEST_NGINX_PLAIN_PORT/static; }
    location = /static { alias $TEST_NGINX_SERVER_ROOT/file; }
    location /file { api_auth introspect=file; try_files /in.txt =404; }
--- lines
        cache 1h;
    }
    api_introspect file {
        uri    /_file;
        cache  1h;
--- init
sub file {
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ENV{TEST_NGINX_PLAIN_PORT}") or die;
    print {$s} "GET /file HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer x\r\n\r\n";
    my $answer = join '', <$s>;
    return join ' ', $answer =~ m{^HTTP/1.1 (\d+)}, $answer =~ m{^X-Who: \S*?/(\w+)\r}m;
}
sub expires { ApiTest::write_file(main::server_root() . '/file', '{"active":true,"sub":"alice","exp":' . $_[0] . '}') }
my $exp = time + 8;
expires($exp);
Test::More::is(file(), '200 miss', 'asked about');
my $again = file();
Test::More::is($again, '200 hit', 'remembered') if time < $exp - 1;
expires(time + 3600);
sleep 1 while time <= $exp + 1;
Test::More::is(file(), '200 miss', 'past exp: asked about again');
1
--- request
GET /
--- more_headers eval
main::auth('bad')
--- error_code: 401



=== TEST 24: nobody answers, and the budget is spent: that is no bad credential
--- http_config
    api_zone main 1m;
    api_introspect idp { uri /_down; }
    api_auth_budget 3r/h;
    api_jwt_issuer corp {
        issuer x; audience y; algorithms HS256;
        key file:$TEST_NGINX_KEYS_DIR/hs256.secret;
    }
--- request eval
[map { "GET /?$_" } 1 .. 6]
--- more_headers eval
[map { main::auth("t$_") } 1 .. 6]
--- error_code eval
[(503) x 6]
--- response_headers eval
[('X-Why: unavailable:introspection_unavailable:') x 6]
--- grep_error_log: no answer from "/_down": status 502
--- grep_error_log_out eval
qq{no answer from "/_down": status 502\n} x 3



=== TEST 25: who answers that tokens are bad is not asked for ever
--- http_config eval
'api_auth_budget 3r/h;'
--- request eval
[map { "GET /?$_" } 1 .. 5]
--- more_headers eval
[map { main::auth("t$_") } 1 .. 5]
--- error_code eval
[401, 401, 401, 429, 429]
