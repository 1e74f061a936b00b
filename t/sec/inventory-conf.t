# Mistakes in api_inventory, and where it may stand.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: no zone
--- config
    location /y { api_inventory; return 200; }
--- must_die
--- error_log
"api_inventory" needs shared memory: write "api_zone main 8m;" in http



=== TEST 2: no room
--- http_config
    api_zone main 64k;
--- config
    location /y { api_inventory; return 200; }
--- must_die
--- error_log
the share of "api_inventory" in api_zone "main" is too small: give it "inventory=



=== TEST 3: nodes that leave no room for operations
--- http_config
    api_zone main 1m;
--- config
    location /y { api_inventory nodes=1000000; return 200; }
--- must_die
--- error_log
is too small: give it "inventory=



=== TEST 4: numbers
--- http_config
    api_zone main 1m;
--- config
    location /y { api_inventory group=2; return 200; }
--- must_die
--- error_log
"api_inventory" directive takes min_hits= of 1 to 1000000, group= of 4 to 1000



=== TEST 5: twice
--- http_config
    api_zone main 1m;
--- config
    location /y { api_inventory; api_inventory off; return 200; }
--- must_die
--- error_log
"api_inventory" directive is duplicate



=== TEST 6: an unknown parameter
--- http_config
    api_zone main 1m;
--- config
    location /y { api_inventory hits=3; return 200; }
--- must_die
--- error_log
hits



=== TEST 7: everywhere it may stand
--- http_config
    api_zone main 1m;
    api_inventory;
--- config
    api_inventory off;
    location /x {
        api_inventory min_hits=5;
        limit_except GET { api_inventory off; }
        if ($arg_a) { api_inventory; }
    }
    location /_api/ { api_status; }
--- request
GET /_api/inventory
--- response_body_like
"operations":0,"operations_max":\d\d
--- no_error_log
[alert]



=== TEST 8: none is configured
--- config
    location /_api/ { api_status; }
--- request
GET /_api/inventory
--- error_code: 404
--- response_body_like
There is no api_inventory configured
