# api_revocations and the section "revocations" of api_status: what was good is
# refused, also when it is remembered. revocations-http2.t: over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;
use Time::HiRes qw(sleep);

no_long_string();
no_root_location();
custom_sections('list', 'change');

sub put {
    my ($text) = @_;
    my $path = server_root() . '/list';
    write_file("$path.new", $text);
    return rename "$path.new", $path;
}

sub read_again {
    for (1 .. 250) {
        return 1 if slurp(server_root() . '/logs/error.log') =~ /list" (?:has been read again|: )/;
        sleep 0.02;
    }
    return 0;
}

our $T = token(claims => { jti => 'j1', iat => 1000, client_id => 'shop' });
our $U = token(claims => { sub => 'bob', jti => 'j2', azp => 'app' });
sub auth { return "Authorization: Bearer $_[0]" }

sub admin {
    my (@more) = @_;
    return join "\n", bearer(claims => { sub => 'root', scope => 'apisec:write' }),
        'X-Api-Admin: 1', 'Content-Type: application/json', @more;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => "api_zone main 1m;\n" . corp() . '
        api_revocations list $TEST_NGINX_SERVER_ROOT/list;')
        unless defined $block->http_config;
    $block->set_value(config => <<'END') unless defined $block->config;
    add_header X-Why "$api_auth_error/$api_token_cache/$api_principal" always;
    location / { api_auth jwt=corp; try_files /in.txt =404; }
    location /optional { api_auth jwt=corp optional; try_files /in.txt =404; }
    location /monitor { api_auth jwt=corp mode=monitor; try_files /in.txt =404; }
    location /_api/ {
        api_status write;
        api_auth jwt=corp;
        api_require scope apisec:write;
    }
END
    $block->set_value(user_files => [['in.txt', "in\n"]]);
    $block->set_value(post_setup_server_root => sub { put($block->list // '') });
    $block->set_value(init => sub {
        eval($block->change // '1') // die $@;
    }) if defined $block->change;
});

run_tests();

__DATA__

=== TEST 1: none is revoked
--- request eval
["GET /", "GET /"]
--- more_headers eval
[main::auth($::T), main::auth($::U)]
--- response_headers eval
["X-Why: /miss/alice", "X-Why: /miss/bob"]



=== TEST 2: by jti
--- list
jti j1
--- request eval
["GET /", "GET /", "GET /optional", "GET /monitor"]
--- more_headers eval
[main::auth($::T), main::auth($::U), main::auth($::T), main::auth($::T)]
--- error_code eval
[401, 200, 401, 200]
--- response_headers eval
["X-Why: revoked/miss/", "X-Why: /miss/bob", "X-Why: revoked/memo/", "X-Why: revoked/memo/"]
--- response_body_like eval
[ApiTest::problem_like(status => 401, code => 'invalid_token', title => 'The access token is not valid'), 'in', '.', 'in']



=== TEST 3: by sub, by sub before a time
--- list
sub alice before=1001
sub bob before=1001 # who says nothing of when it was issued is older
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
[map { main::auth($_) } $::T, $::U, main::token(claims => { iat => 1001 }), main::token(claims => { iat => 1000.9 })]
--- error_code eval
[401, 401, 200, 401]



=== TEST 4: by kid, by client (client_id, azp)
--- list
client shop
client app issuer=corp
client web issuer=other
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
[map { main::auth($_) } $::T, $::U, main::token(claims => { client_id => 'web' }), main::token(claims => { client_id => 'Shop' })]
--- error_code eval
[401, 401, 200, 200]



=== TEST 5: by kid
--- list
kid hs256
--- request
GET /
--- more_headers eval
main::auth($::T)
--- error_code: 401



=== TEST 6: a token without a kid, of a key that is revoked and of another one
--- http_config eval
"api_zone main 1m;\n" . main::corp(key => 'file:$TEST_NGINX_KEYS_DIR/hs256.secret kid=hs256; key file:$TEST_NGINX_KEYS_DIR/hs256b.secret kid=hs256b')
    . 'api_revocations list $TEST_NGINX_SERVER_ROOT/list;'
--- list
kid hs256
--- request eval
[("GET /") x 4]
--- more_headers eval
my $revoked = main::auth(main::token(header => { kid => undef }));
my $other = main::auth(main::token(key => 'hs256b', header => { kid => undef }));
[$revoked, $revoked, $other, $other]
--- error_code eval
[401, 401, 200, 200]
--- response_headers eval
["X-Why: revoked/miss/", "X-Why: revoked/memo/", "X-Why: /miss/alice", "X-Why: /memo/alice"]



=== TEST 7: a list that changes: at once, though remembered
--- change
put("jti j1\n"); main::read_again();
--- request eval
["GET /", "GET /"]
--- more_headers eval
[main::auth($::T), main::auth($::U)]
--- error_code eval
[401, 200]



=== TEST 8: a list that is broken: the one before stays
--- list
jti j1
--- change
put("jti\n"); main::read_again();
--- request
GET /
--- more_headers eval
main::auth($::T)
--- error_code: 401
--- error_log
list": line 1: there is no value; what it held before stays in use



=== TEST 9: while nginx runs, through api_status: known, revoked, and taken back
--- request eval
["GET /", "GET /",
 qq(POST /_api/revocations\n{"kind":"jti","value":"j1"}), "GET /", "GET /_api/revocations",
 qq(DELETE /_api/revocations\n{"kind":"jti","value":"j1"}), "GET /",
 qq(DELETE /_api/revocations\n{"kind":"jti","value":"j1"})]
--- more_headers eval
[main::auth($::T), main::auth($::T), main::admin(), main::auth($::T), main::admin(), main::admin(), main::auth($::T), main::admin()]
--- error_code eval
[200, 200, 201, 401, 200, 204, 200, 404]
--- response_headers eval
["X-Why: /miss/alice", "X-Why: /memo/alice", "! X-Evil", "X-Why: revoked/memo/", "! X-Evil", "! X-Evil", "X-Why: /memo/alice", "! X-Evil"]
--- response_body_like eval
['in', 'in', '^\{"kind":"jti","value":"j1"\}', '.', '"count":1,"entries":\[\{"kind":"jti","value":"j1"\}\]', '^$', 'in', 'not revoked here']



=== TEST 10: before a time, of one issuer
--- request eval
[qq(POST /_api/revocations\n{"kind":"sub","value":"alice","before":1001,"issuer":"corp"}), "GET /", "GET /",
 qq(POST /_api/revocations\n{"kind":"sub","value":"bob","issuer":"other"}), "GET /"]
--- more_headers eval
[main::admin(), main::auth($::T), main::auth(main::token(claims => { iat => 1001 })), main::admin(), main::auth($::U)]
--- error_code eval
[201, 401, 200, 201, 200]



=== TEST 11: what is no revocation
--- request eval
[map { "POST /_api/revocations\n$_" } '{}', '[]', '{"kind":"jti"}', '{"kind":"jwt","value":"x"}',
 '{"kind":"jti","value":5}', '{"kind":"sub","value":"x","befor":5}', '{"kind":"sub","value":"x","before":"5"}',
 '{"kind":"jti","value":""}', '{"kind":"jti","value":"' . 'x' x 257 . '"}']
--- more_headers eval
[(main::admin()) x 9]
--- error_code eval
[(400) x 9]
--- response_body_like eval
[('The body is no revocation') x 9]



=== TEST 12: a full table says so, and what is in it holds
--- http_config eval
"api_zone main 1m revocations=8k;" . main::corp()
--- request eval
[(map { qq(POST /_api/revocations\n{"kind":"jti","value":"n$_"}) } 1 .. 60), qq(GET /_api/revocations?after=0)]
--- more_headers eval
[(main::admin()) x 61]
--- error_code_like eval
[('^(201|507)$') x 60, '^200$']
--- response_body_like eval
[('"value"|There is no room') x 60, '"places":16,"count":1\d,']



=== TEST 13: without a zone there is no table, the file holds
--- http_config eval
main::corp() . 'api_revocations list $TEST_NGINX_SERVER_ROOT/list;'
--- list
jti j1
--- request eval
["GET /", "GET /_api/revocations"]
--- more_headers eval
[main::auth($::T), main::admin()]
--- error_code eval
[401, 503]



=== TEST 14: a file that is not there, a line that is none
--- http_config eval
main::corp() . 'api_revocations list $TEST_NGINX_SERVER_ROOT/none;'
--- must_die
--- error_log
none": stat() failed



=== TEST 15: a line that is none
--- list
# comment
jwt x
--- must_die
--- error_log
list": line 2: a line begins with jti, sub, kid or client



=== TEST 16: one name twice
--- http_config eval
main::corp() . 'api_revocations a $TEST_NGINX_SERVER_ROOT/list; api_revocations a $TEST_NGINX_SERVER_ROOT/list;'
--- must_die
--- error_log
duplicate api_revocations "a"
