# Mistakes in the configuration of the WAF: each is an error with what to write
# instead; inheritance, and where directives may stand.

use Test::Nginx::Socket 'no_plan';
use ApiTest;

no_root_location();

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(config => '') if !defined $block->config;
    $block->set_value(http_config => ($block->http_config // '') . <<'END');
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        access_log off;
        return 200 "up\n";
    }
END

    $block->set_value(user_files => ($block->user_files // '') . <<'END');
>>> one.conf
SecAction "id:1,phase:1,nolog,pass,setvar:tx.anomaly_score=0,setvar:tx.inbound_anomaly_score_threshold=5"
SecRule ARGS "@contains evil" "id:2,phase:2,pass,log,tag:'words',msg:'evil words',setvar:tx.anomaly_score=+5"
SecRule ARGS "@contains odd" "id:3,phase:2,pass,log,tag:'words',setvar:tx.anomaly_score=+3"
SecRule TX:paranoia_level "@ge 3" "id:4,phase:2,deny,log"
SecRule TX:anomaly_score "@ge %{tx.inbound_anomaly_score_threshold}" "id:9,phase:2,deny,log"
>>> two.conf
SecRule ARGS "@contains two" "id:50,phase:2,deny,log"
>>> broken.conf
# a comment
SecRule ARGS "@rx (" "id:1,phase:2,deny"
END
});

run_tests();

__DATA__

=== TEST 1: a name that is not defined
--- config
    location / { api_waf nope; }
--- must_die
--- error_log
there is no rule set "nope": define it with "api_waf_ruleset nope FILE...;"



=== TEST 2: no name
--- config
    location / { api_waf mode=monitor; }
--- must_die
--- error_log
needs the name of a rule set



=== TEST 3: a rule set twice
--- http_config
    api_waf_ruleset a $TEST_NGINX_HTML_DIR/one.conf;
    api_waf_ruleset a $TEST_NGINX_HTML_DIR/two.conf;
--- must_die
--- error_log
there is a rule set "a" already



=== TEST 4: a rule set called off
--- http_config
    api_waf_ruleset off $TEST_NGINX_HTML_DIR/one.conf;
--- must_die
--- error_log
takes a name other than "off"



=== TEST 5: a mistake in a file: its name and line
--- http_config
    api_waf_ruleset a $TEST_NGINX_HTML_DIR/broken.conf;
--- config
    location / { api_waf a; }
--- must_die
--- error_log eval
qr/"api_waf a" in .*nginx.conf:\d+: .*broken.conf:2: .*PCRE2 refuses the pattern/



=== TEST 6: ... unless nobody uses it
--- http_config
    api_waf_ruleset a $TEST_NGINX_HTML_DIR/broken.conf;
--- config
    location / { return 200 "in\n"; }
--- request
GET /
--- response_body
in



=== TEST 7: a file that is not there
--- http_config
    api_waf_ruleset a $TEST_NGINX_HTML_DIR/gone.conf;
--- config
    location / { api_waf a; }
--- must_die
--- error_log
gone.conf



=== TEST 8: one id in two sets that run together
--- http_config
    api_waf_ruleset a $TEST_NGINX_HTML_DIR/one.conf;
    api_waf_ruleset b $TEST_NGINX_HTML_DIR/one.conf;
--- config
    location / { api_waf a b; }
--- must_die
--- error_log eval
qr/"api_waf a b" in .*one.conf:1/



=== TEST 9: twice in a location
--- http_config
    api_waf_ruleset a $TEST_NGINX_HTML_DIR/one.conf;
--- config
    location / { api_waf a; api_waf a; }
--- must_die
--- error_log
is duplicate: write all names in one "api_waf NAME...;"



=== TEST 10: off takes nothing more
--- config
    location / { api_waf off mode=monitor; }
--- must_die
--- error_log
off takes nothing more



=== TEST 11: an unknown option
--- http_config
    api_waf_ruleset a $TEST_NGINX_HTML_DIR/one.conf;
--- config
    location / { api_waf a level=3; }
--- must_die
--- error_log
level=3



=== TEST 12: a level that is none
--- config
    location / { api_waf_paranoia 5; }
--- must_die
--- error_log
takes a level from 1 to 4



=== TEST 13: a threshold of nothing
--- config
    location / { api_waf_threshold in=0; }
--- must_die
--- error_log
takes scores from 1 on



=== TEST 14: an exclusion of nothing
--- config
    location / { api_waf_exclude rule=5; }
--- must_die
--- error_log
takes id=, tag= or msg= first



=== TEST 15: a target that is none
--- config
    location / { api_waf_exclude id=5 ARGS:q; }
--- must_die
--- error_log
takes target= second



=== TEST 16: an exclusion of a rule that is not there
--- http_config
    api_waf_ruleset a $TEST_NGINX_HTML_DIR/one.conf;
--- config
    location / { api_waf a; api_waf_exclude id=777; }
--- must_die
--- error_log
777



=== TEST 17: an exclusion of a variable that is none
--- http_config
    api_waf_ruleset a $TEST_NGINX_HTML_DIR/one.conf;
--- config
    location / { api_waf a; api_waf_exclude id=2 target=NOPE; }
--- must_die
--- error_log
NOPE



=== TEST 18: a compiler that is not there
--- http_config
    api_waf_compiler /nowhere/apisec;
--- must_die
--- error_log
needs the path of apisec



=== TEST 19: inheritance, off, and a set before it is defined
--- http_config
    api_waf a;
    api_waf_ruleset b $TEST_NGINX_HTML_DIR/two.conf;
    api_waf_ruleset a $TEST_NGINX_HTML_DIR/one.conf;
--- config
    location /in { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /off { api_waf off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /b { api_waf b; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /both { api_waf a b; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /in?q=evil", "GET /off?q=evil", "GET /b?q=evil", "GET /b?q=two",
 "GET /both?q=evil", "GET /both?q=two", "GET /in?q=two"]
--- error_code eval
[403, 200, 200, 403, 403, 403, 200]



=== TEST 20: paranoia, threshold and exclusions of a location
--- http_config
    api_waf_ruleset a $TEST_NGINX_HTML_DIR/one.conf;
    api_waf a;
--- config
    location /p { api_waf_paranoia 3; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /q { api_waf_paranoia 2; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /high { api_waf_threshold in=6; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /low { api_waf_threshold in=3; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /id { api_waf_exclude id=2; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /tag { api_waf_exclude tag=words; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /msg { api_waf_exclude "msg=evil words"; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /arg { api_waf_exclude id=2 target=ARGS:q; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location /arg/off { api_waf_exclude off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
        location /arg/more { api_waf_exclude id=2 target=ARGS:r; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /p", "GET /q", "GET /high?q=evil", "GET /low?q=odd", "GET /?q=odd",
 "GET /id?q=evil", "GET /tag?q=evil+odd", "GET /msg?q=evil",
 "GET /arg?q=evil", "GET /arg?r=evil", "GET /arg/off?q=evil",
 "GET /arg/more?q=evil&r=evil", "GET /arg/more?s=evil", "GET /?q=evil"]
--- error_code eval
[403, 200, 200, 403, 200, 200, 200, 200, 200, 403, 403, 200, 403, 403]



=== TEST 21: in an if and in limit_except
--- http_config
    api_waf_ruleset a $TEST_NGINX_HTML_DIR/one.conf;
--- config
    location /if {
        if ($arg_check) { api_waf a; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /limit {
        limit_except GET { api_waf a; }
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /if?check=1&q=evil", "GET /if?q=evil", "GET /limit?q=evil",
 "DELETE /limit?q=evil", "DELETE /limit?q=good"]
--- error_code eval
[403, 200, 200, 403, 200]



=== TEST 22: a mode from a variable
--- http_config
    api_waf_ruleset a $TEST_NGINX_HTML_DIR/one.conf;
    map $http_x_canary $waf_mode { 1 monitor; 2 off; default enforce; }
--- config
    location / { api_waf a mode=$waf_mode; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /?q=evil", "GET /?q=evil", "GET /?q=evil"]
--- more_headers eval
["X-Canary: 1", "X-Canary: 2", "X-Canary: 3"]
--- error_code eval
[200, 200, 403]
