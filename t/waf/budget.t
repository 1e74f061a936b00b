# api_waf_budget: work beyond what the size of a request allows.

use Test::Nginx::Socket 'no_plan';

no_root_location();

our $http = <<'_END_';
    api_waf_ruleset own $TEST_NGINX_HTML_DIR/own.conf;
_END_

our $rules = ">>> own.conf\n" . join '', "SecRuleEngine On\n",
    "SecRequestBodyAccess On\n", map { "SecRule ARGS \"\@rx (?:x|$_)+(?=$_)y\" "
    . "\"id:$_,phase:2,deny,status:403\"\n" } 101 .. 140;

# `return` answers before rules run: what is proxied is seen by them

our $up = <<'_END_';
    location = /up { return 200 "passed\n"; }
_END_

our $json = "{\"v\":\"" . 'x' x 60 . "\",\"w\":[" . join(',', map { "\"x$_\"" }
    1 .. 200) . "]}";

run_tests();

__DATA__

=== TEST 1: a request within it passes
--- http_config eval: $::http
--- user_files eval: $::rules
--- config eval
$::up . "location = /a { api_waf own; api_waf_budget 5;"
    . " proxy_pass http://127.0.0.1:\$TEST_NGINX_SERVER_PORT/up; }"
--- more_headers
Content-Type: application/json
--- request eval: "POST /a\n$::json"
--- response_body
passed
--- no_error_log
[error]



=== TEST 2: one beyond it is refused
--- http_config eval: $::http
--- user_files eval: $::rules
--- config eval
$::up . "location = /a { api_waf own; api_waf_budget 1 base=1;"
    . " proxy_pass http://127.0.0.1:\$TEST_NGINX_SERVER_PORT/up; }"
--- more_headers
Content-Type: application/json
--- request eval: "POST /a\n$::json"
--- error_code: 413
--- response_body_like: inspection_too_costly
--- error_log
an inspection by "own" failed: it costs more than its size allows: api_waf_budget



=== TEST 3: monitor lets it pass and says so
--- http_config eval: $::http
--- user_files eval: $::rules
--- config eval
$::up . "location = /a { api_waf own mode=monitor; api_waf_budget 1 base=1;"
    . " add_header X-Action \$api_waf_action always;"
    . " proxy_pass http://127.0.0.1:\$TEST_NGINX_SERVER_PORT/up; }"
--- more_headers
Content-Type: application/json
--- request eval: "POST /a\n$::json"
--- response_body
passed
--- error_log
it costs more than its size allows: api_waf_budget



=== TEST 4: off
--- http_config eval: $::http
--- user_files eval: $::rules
--- config eval
$::up . "api_waf_budget 1 base=1; location = /a { api_waf own; api_waf_budget off;"
    . " proxy_pass http://127.0.0.1:\$TEST_NGINX_SERVER_PORT/up; }"
--- more_headers
Content-Type: application/json
--- request eval: "POST /a\n$::json"
--- response_body
passed
--- no_error_log
[error]



=== TEST 5: it is inherited
--- http_config eval: $::http . "api_waf_budget 1 base=1;"
--- user_files eval: $::rules
--- config eval
$::up . "location = /a { api_waf own;"
    . " proxy_pass http://127.0.0.1:\$TEST_NGINX_SERVER_PORT/up; }"
--- more_headers
Content-Type: application/json
--- request eval: "POST /a\n$::json"
--- error_code: 413
--- error_log
api_waf_budget



=== TEST 6: what no rule can match in is no work, however long
--- http_config eval: $::http . "client_max_body_size 8m; client_body_buffer_size 2m;"
--- user_files eval: $::rules
--- config eval
$::up . "location = /a { api_waf own; api_waf_budget 5;"
    . " proxy_pass http://127.0.0.1:\$TEST_NGINX_SERVER_PORT/up; }"
--- more_headers
Content-Type: application/json
--- request eval: "POST /a\n{\"v\":\"" . 'x' x 300000 . "\"}"
--- response_body
passed
--- no_error_log
[error]



=== TEST 7: PCRE2 alone can tell, and takes the square of the value: refused
--- http_config eval: $::http . "client_max_body_size 8m; client_body_buffer_size 2m;"
--- user_files
>>> own.conf
SecRuleEngine On
SecRequestBodyAccess On
SecRule ARGS "@rx x(?=[^q]*q)" "id:1,phase:2,deny,status:403"
--- config eval
$::up . "location = /a { api_waf own;"
    . " proxy_pass http://127.0.0.1:\$TEST_NGINX_SERVER_PORT/up; }"
--- more_headers
Content-Type: application/json
--- request eval: "POST /a\n{\"v\":\"" . 'x' x 300000 . "\"}"
--- timeout: 60
--- error_code: 413
--- error_log
api_waf_budget



=== TEST 8: a factor
--- http_config
    api_waf_budget 0;
--- config
--- must_die
--- error_log
takes a factor from 1 to 1000, such as "api_waf_budget 5;", or off



=== TEST 9: a base
--- http_config
    api_waf_budget 5 base=0;
--- config
--- must_die
--- error_log
takes work units from 1 on, such as "base=5000000"



=== TEST 10: once
--- http_config
    api_waf_budget 5; api_waf_budget 6;
--- config
--- must_die
--- error_log
is duplicate
