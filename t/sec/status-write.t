use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

my $CONFIG = <<'END';
    location /_api/ {
        api_status  write;
        api_auth    jwt=corp;
        api_require scope apisec:write;
    }
END

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(config => $CONFIG) unless defined $block->config;
    $block->set_value(http_config => corp())
        unless defined $block->http_config;
});

sub admin {
    my (@more) = @_;
    return join "\n", bearer(claims => { scope => 'apisec:write' }), @more;
}

{
    no warnings 'once';
    *Test::Base::Filter::admin = \&admin;
}

no_root_location();
run_tests();

__DATA__

=== TEST 1: the section "keys" is for reading: who may write learns that
--- request
POST /_api/keys
{}
--- more_headers eval
admin('X-Api-Admin: 1', 'Content-Type: application/json')
--- error_code: 405
--- response_headers
Allow: GET, HEAD
Content-Type: application/problem+json
--- response_body_like
^\{"type":"about:blank","title":"Not with this method","status":405,"support_id":"[0-9a-f]{32}"\}$



=== TEST 2: ... over HTTP/2
--- http2
--- request
DELETE /_api/keys
--- more_headers eval
admin('X-Api-Admin: 1')
--- error_code: 405
--- response_headers
Allow: GET, HEAD



=== TEST 3: without the header that a page cannot send across origins
--- request eval
[("DELETE /_api/keys") x 4]
--- more_headers eval
[admin(), admin('X-Api-Admin: 0'), admin('X-Api-Admin: 1', 'X-Api-Admin: 1'), admin('X-Api-Admin:')]
--- error_code eval
[(403) x 4]
--- response_body_like eval
[(problem_like(status => 403, code => 'no_admin_header')) x 4]



=== TEST 4: without a token, and with one that lacks the scope
--- request eval
["DELETE /_api/keys", "DELETE /_api/keys"]
--- more_headers eval
["X-Api-Admin: 1", bearer() . "\nX-Api-Admin: 1"]
--- error_code eval
[401, 403]
--- response_body_like eval
[problem_like(status => 401, code => 'missing_token'),
 problem_like(status => 403, code => 'insufficient_scope')]



=== TEST 5: a page whose name was made to resolve to us
--- request
DELETE /_api/keys
--- more_headers eval
admin('X-Api-Admin: 1', 'Host: evil.example')
--- error_code: 421



=== TEST 6: satisfy any lets readers in, not writers
--- config
    location /_api/ {
        satisfy     any;
        allow       127.0.0.1;
        deny        all;
        api_status  write;
        api_auth    jwt=corp;
        api_require scope apisec:write or $request_method eq GET or $request_method eq DELETE;
    }
    location /token/ {
        satisfy     any;
        deny        all;
        api_status  write;
        api_auth    jwt=corp;
        api_require scope apisec:write;
    }
--- request eval
["GET /_api/keys", "DELETE /_api/keys", "DELETE /token/keys"]
--- more_headers eval
["X-Api-Admin: 1", "X-Api-Admin: 1", admin('X-Api-Admin: 1')]
--- error_code eval
[200, 403, 405]
--- response_body_like eval
[qr/corp/, problem_like(status => 403, code => 'no_credential'), qr/405/]



=== TEST 7: limit_except and if cannot take the credential away
--- config
    location /_api/ {
        api_status  write;
        api_auth    jwt=corp;
        api_require scope apisec:write;
        limit_except GET { api_auth off; api_require off; }
    }
    location /if/ {
        api_status  write;
        api_auth    jwt=corp;
        api_require scope apisec:write;
        if ($arg_x) { api_auth off; api_require off; }
    }
--- request eval
["DELETE /_api/keys", "DELETE /if/keys?x=1", "DELETE /if/keys"]
--- more_headers eval
[(admin('X-Api-Admin: 1')) x 3]
--- error_code eval
[403, 403, 405]
--- response_body_like eval
[problem_like(status => 403, code => 'no_credential'),
 problem_like(status => 403, code => 'no_credential'), qr/405/]



=== TEST 8: limit_except that asks for more
--- config
    location /_api/ {
        api_status  write;
        api_auth    jwt=corp;
        api_require scope apisec:write;
        limit_except GET { api_require claim:sub eq root; }
    }
--- request eval
["GET /_api/keys", "DELETE /_api/keys", "DELETE /_api/keys"]
--- more_headers eval
[admin('X-Api-Admin: 1'), admin('X-Api-Admin: 1'),
 bearer(claims => { sub => 'root', scope => 'apisec:write' }) . "\nX-Api-Admin: 1"]
--- error_code eval
[200, 403, 405]



=== TEST 9: an unknown section is looked for only when the caller may write
--- request eval
["DELETE /_api/none", "DELETE /_api/none"]
--- more_headers eval
[admin(), admin('X-Api-Admin: 1')]
--- error_code eval
[403, 404]



=== TEST 10: a unix socket is a credential, where it is the only listener
--- http_config
    server {
        listen unix:$TEST_NGINX_SERVER_ROOT/admin.sock;
        location /_api/ { api_status write; }
    }
--- config
    location / { proxy_pass http://unix:$TEST_NGINX_SERVER_ROOT/admin.sock; proxy_set_header Host localhost; }
--- request eval
["GET /_api/", "POST /_api/keys", "POST /_api/keys"]
--- more_headers eval
["", "X-Api-Admin: 1", ""]
--- error_code eval
[200, 405, 403]



=== TEST 11: write without asking who it is
--- config
    location /_api/ { api_status write; allow 127.0.0.1; deny all; }
--- must_die
--- error_log eval
qr/"api_status write" in \S+nginx\.conf:\d+ lets callers change things, and nobody asks who they are: give the location an api_auth that enforces and is not optional, or its server "listen unix:PATH" alone/



=== TEST 12: ... with an api_auth that is optional, monitors, or may be switched off
--- config
    location /a/ { api_status write; api_auth jwt=corp optional; api_require scope w; }
--- must_die
--- error_log
nobody asks who they are



=== TEST 13: ... that monitors
--- config
    location /a/ { api_status write; api_auth jwt=corp mode=monitor; api_require scope w; }
--- must_die
--- error_log
nobody asks who they are



=== TEST 14: ... under a ceiling that is a variable
--- config
    api_mode $arg_mode;
    location /a/ { api_status write; api_auth jwt=corp; api_require scope w; }
--- must_die
--- error_log
nobody asks who they are



=== TEST 15: ... without a rule that says who
--- config
    location /a/ { api_status write; api_auth jwt=corp; }
--- must_die
--- error_log eval
qr/"api_status write" in \S+:\d+ is open to everybody with a credential: say who may write, for example "api_require scope apisec:write;"/



=== TEST 16: a unix socket beside an address
--- http_config
    server {
        listen unix:$TEST_NGINX_SERVER_ROOT/admin.sock;
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location /_api/ { api_status write; }
    }
--- config
    location / { }
--- must_die
--- error_log
nobody asks who they are



=== TEST 17: inherited from the server is as good
--- config
    api_auth    jwt=corp;
    api_require scope apisec:write;
    location /_api/ { api_status write keys; }
--- request eval
["DELETE /_api/keys", "DELETE /_api/metrics"]
--- more_headers eval
[(admin('X-Api-Admin: 1')) x 2]
--- error_code eval
[405, 404]
