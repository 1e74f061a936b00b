# api_exception on the ways round it: limit_except, if, subrequests, error_page,
# internal redirects. Each attack is refused, its honest twin passes.
# govern-ways-http2.t runs this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

no_long_string();

our $day = 'expires=2099-01-31 owner=team-a';

our %bad;
$bad{forged} = bearer(key => 'hs256b', header => { kid => 'hs256' });

our $rules = <<'END';
SecRuleEngine On
SecRule ARGS "@contains evil" "id:100,phase:2,deny,status:403"
END

# What is behind, and the way to /strict/ from outside.

our $upstream = <<'END';
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 in; }
        location /redirect/ { add_header X-Accel-Redirect /strict/x; return 200; }
        location /strict/ {
            root $TEST_NGINX_HTML_DIR;
            api_auth jwt=corp; api_require scope none;
            try_files /in.txt =404;
        }
    }
END

add_block_preprocessor(sub {
    my ($block) = @_;
    return if $block->must_die;
    $block->set_value(http_config => corp() . ($block->http_config // '') . $upstream);
    $block->set_value(user_files => [['in.txt', "in\n"],
        ['page.txt', "page\n"], ['rules.conf', $rules],
        @{ $block->more_files // [] }]);
});

custom_sections('more_files');
run_tests();

__DATA__

=== TEST 1: limit_except: an exception of other methods is none of GET
--- config eval
"location /r/ {
    api_auth jwt=corp; api_require scope none;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1/up/;
    limit_except GET {
        api_exception e rule=require $main::day;
        proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    }
}"
--- request eval
['GET /r/x', 'HEAD /r/x', 'GET /r/x?_method=POST', 'POST /r/x', 'POST /r/x']
--- more_headers eval
my $good = bearer();
[$good, $good, "$good\nX-HTTP-Method-Override: POST", $good, "$main::bad{forged}"]
--- error_code eval
[403, 403, 403, 200, 401]



=== TEST 2: if: it holds where the condition does, and nowhere else
--- config eval
"location /i/ {
    api_auth jwt=corp; api_require scope none;
    if (\$http_x_team = import) { api_exception e2 rule=require $main::day; set \$x 1; }
    proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1/up/;
}"
--- request eval
['GET /i/x', 'GET /i/x', 'GET /i/x?X-Team=import', 'GET /i/x']
--- more_headers eval
my $good = bearer();
[$good, "$good\nX-Team: import", $good, "$main::bad{forged}\nX-Team: import"]
--- error_code eval
[403, 200, 403, 401]



=== TEST 3: a subrequest's exceptions are not its request's
--- config eval
"location /main/ {
    api_auth jwt=corp; api_require scope none;
    auth_request /open/x; mirror /open/y;
    try_files /in.txt =404;
}
location /twin/ {
    api_auth jwt=corp;
    auth_request /open/x; mirror /open/y;
    try_files /in.txt =404;
}
location /open/ {
    api_auth jwt=corp; api_require scope none;
    api_exception e rule=require $main::day;
    api_exception e-auth rule=auth $main::day;
    try_files /in.txt =404;
}"
--- request eval
['GET /main/x', 'GET /main/x', 'GET /twin/x', 'GET /twin/x']
--- more_headers eval
my $good = bearer();
[$good, $main::bad{forged}, $good, $main::bad{forged}]
--- error_code eval
[403, 401, 200, 401]



=== TEST 4: nor are the request's its subrequest's
--- config eval
"location /main/ {
    api_auth jwt=corp; api_require scope none;
    api_exception e rule=require $main::day;
    auth_request /gate/;
    try_files /in.txt =404;
}
location /gate/ {
    internal;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1/strict/;
}
location /twin/ {
    api_auth jwt=corp; api_require scope none;
    api_exception e2 rule=require $main::day;
    try_files /in.txt =404;
}"
--- request eval
['GET /main/x', 'GET /twin/x']
--- more_headers eval
my $good = bearer();
[$good, $good]
--- error_code eval
[403, 200]



=== TEST 5: error_page: what holds for the page does not undo the refusal
--- config eval
"location /strict/ {
    api_auth jwt=corp;
    error_page 401 /page/;
    try_files /in.txt =404;
}
location /named/ {
    api_auth jwt=corp;
    error_page 401 \@page;
    try_files /in.txt =404;
}
location /page/ { api_exception e rule=auth $main::day; try_files /page.txt =404; }
location \@page { api_exception e2 rule=auth $main::day; try_files /page.txt =404; }"
--- request eval
['GET /strict/x', 'GET /strict/x', 'GET /named/x', 'GET /named/x']
--- more_headers eval
my $good = bearer();
[$main::bad{forged}, $good, $main::bad{forged}, $good]
--- error_code eval
[401, 200, 401, 200]
--- response_body eval
["page\n", "in\n", "page\n", "in\n"]



=== TEST 6: an internal redirect into a place without it: credentials
--- config eval
"api_auth jwt=corp;
location /loose/ { api_exception e rule=auth $main::day; try_files /missing /strict/x; }
location /named/ { api_exception e2 rule=auth $main::day; try_files /missing \@strict; }
location \@strict { try_files /in.txt =404; }
location /strict/ { try_files /in.txt =404; }
location /kept/ { api_exception e3 rule=auth $main::day; try_files /in.txt =404; }"
--- request eval
['GET /loose/x', 'GET /loose/x', 'GET /named/x', 'GET /named/x', 'GET /kept/x',
 'GET /strict/x']
--- more_headers eval
my $good = bearer();
[$main::bad{forged}, $good, $main::bad{forged}, $good, $main::bad{forged},
 $main::bad{forged}]
--- error_code eval
[401, 200, 401, 200, 200, 401]



=== TEST 7: ... what is asked of the caller
--- config eval
"api_auth jwt=corp; api_require scope none;
location /loose/ { api_exception e rule=require $main::day; try_files /missing /strict/x; }
location /strict/ { try_files /in.txt =404; }
location /kept/ { api_exception e3 rule=require $main::day; try_files /in.txt =404; }
location /twin/ { api_require off; try_files /missing /end/x; }
location /end/ { api_require off; try_files /in.txt =404; }"
--- request eval
['GET /loose/x', 'GET /kept/x', 'GET /twin/x']
--- more_headers eval
my $good = bearer();
[$good, $good, $good]
--- error_code eval
[403, 200, 200]



=== TEST 8: ... the contract
--- more_files eval
[['s.yaml', 'openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /{a}/x: { get: { operationId: one, responses: { default: { description: d } },
    parameters: [{ name: a, in: path, required: true, schema: { type: string } },
      { name: n, in: query, schema: { type: integer } }] } }
']]
--- http_config
    api_schema_spec s $TEST_NGINX_HTML_DIR/s.yaml;
--- config eval
"api_schema s;
location /loose/ { api_exception e rule=schema scope=operation:one $main::day; try_files /missing /strict/x; }
location /strict/ { try_files /in.txt =404; }
location /kept/ { api_exception e2 rule=schema scope=operation:s/one $main::day; try_files /in.txt =404; }"
--- request eval
['GET /loose/x?n=a', 'GET /loose/x?n=1', 'GET /kept/x?n=a', 'GET /strict/x?n=a']
--- error_code eval
[400, 200, 200, 400]



=== TEST 9: X-Accel-Redirect into a place without it
--- config eval
"api_auth jwt=corp;
location /loose/ {
    api_exception e rule=auth $main::day;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1/redirect/;
}
location /strict/ { try_files /in.txt =404; }"
--- request eval
['GET /loose/x', 'GET /loose/x']
--- more_headers eval
my $good = bearer();
[$main::bad{forged}, $good]
--- error_code eval
[401, 200]



=== TEST 10: rewrites count, the client's words for them do not
--- config eval
"api_auth jwt=corp;
api_exception e rule=auth scope=path:/open/ $main::day;
location ^~ /from/ { rewrite ^/from/(.*) /open/\$1; }
location ~ /x\$ { try_files /in.txt =404; }"
--- request eval
['GET /open/x', 'GET /from/x', 'GET /shut/x', 'GET /shut/x', 'GET /shut/..%2fopen/x',
 'GET /open/../shut/x']
--- more_headers eval
my $f = $main::bad{forged};
[$f, $f, $f, "$f\nX-Original-URL: /open/x\nX-Rewrite-URL: /open/x", $f, $f]
--- error_code eval
[200, 200, 401, 401, 401, 401]



=== TEST 11: rules of the WAF: error_page and a named location
--- http_config
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/rules.conf;
--- config eval
"api_waf own;
location /strict/ { error_page 403 /page/; try_files /in.txt =404; }
location /page/ { api_exception e rule=waf.100 $main::day; try_files /page.txt =404; }
location /loose/ { api_exception e2 rule=waf.100 $main::day; error_page 404 \@strict; try_files /none =404; }
location \@strict { try_files /in.txt =404; }"
--- request eval
['GET /strict/?a=evil', 'GET /strict/?a=good', 'GET /loose/?a=evil', 'GET /loose/?a=good']
--- error_code eval
[403, 200, 403, 404]
