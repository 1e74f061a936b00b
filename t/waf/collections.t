# IP and GLOBAL: counted by all workers, kept over a reload, bounded.

use Test::Nginx::Socket 'no_plan';
use ApiTest;

no_root_location();
master_on();
workers(2);

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(http_config => ($block->http_config // '') . <<'END');
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        access_log off;
        return 200 "up\n";
    }
END

    $block->set_value(user_files => ($block->user_files // '') . <<'END');
>>> ip.conf
SecAction "id:1,phase:1,nolog,pass,initcol:ip=%{REMOTE_ADDR},initcol:global=global"
SecAction "id:2,phase:1,nolog,pass,setvar:ip.count=+1,setvar:global.count=+1"
SecRule IP:count "@gt 2" "id:3,phase:1,deny,status:429,log"
SecRule GLOBAL:count "@gt 5" "id:4,phase:1,deny,status:503,log"
END
});

run_tests();

__DATA__

=== TEST 1: two from an address, and no more
--- http_config
    api_zone main 1m;
    api_waf_collections 64k;
    api_waf_ruleset ip $TEST_NGINX_HTML_DIR/ip.conf;
--- config
    location / { api_waf ip; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- error_code eval
[200, 200, 429, 429]
--- no_error_log
[alert]



=== TEST 2: addresses count on their own, and all together
--- http_config
    api_zone main 1m;
    api_waf_collections 64k;
    api_waf_ruleset ip $TEST_NGINX_HTML_DIR/ip.conf;
    set_real_ip_from 127.0.0.1;
    real_ip_header X-From;
--- config
    location / { api_waf ip; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
[map { "X-From: 192.0.2.$_" } 1 .. 6]
--- error_code eval
[200, 200, 200, 200, 200, 503]



=== TEST 3: without memory for them they stay empty
--- http_config
    api_zone main 1m;
    api_waf_ruleset ip $TEST_NGINX_HTML_DIR/ip.conf;
--- config
    location / { api_waf ip; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- error_code eval
[200, 200, 200, 200]



=== TEST 4: no zone
--- http_config
    api_waf_collections 64k;
--- config
    location / { return 200; }
--- must_die
--- error_log
"api_waf_collections" needs an "api_zone NAME SIZE;"



=== TEST 5: too little
--- http_config
    api_zone main 1m;
    api_waf_collections 4k;
--- config
    location / { return 200; }
--- must_die
--- error_log
takes a size from 8k on



=== TEST 6: SecCollectionTimeout: forgotten after it
--- http_config
    api_zone main 1m;
    api_waf_collections 64k;
    api_waf_ruleset ip $TEST_NGINX_HTML_DIR/short.conf $TEST_NGINX_HTML_DIR/ip.conf;
--- config
    location / { api_waf ip; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /wait { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; limit_rate 20; }
--- user_files
>>> short.conf
SecCollectionTimeout 4
--- request eval
["GET /", "GET /", "GET /", "GET /wait", "GET /"]
--- error_code eval
[200, 200, 429, 200, 200]
--- timeout: 60
--- no_error_log
[alert]



=== TEST 7: FULL_REQUEST has the fields and the body, its twin passes
--- http_config
    api_waf_ruleset full $TEST_NGINX_HTML_DIR/full.conf;
--- config
    location / { api_waf full; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files
>>> full.conf
SecRequestBodyAccess On
SecRule FULL_REQUEST "@rx X-Odd: one[\s\S]*two-in-body" "id:9,phase:2,deny,status:403"
--- more_headers eval
["X-Odd: one\nContent-Type: text/plain", "X-Odd: one\nContent-Type: text/plain"]
--- request eval
["POST /\ntwo-in-body", "POST /\nthree-in-body"]
--- error_code eval
[403, 200]
--- no_error_log
[alert]
