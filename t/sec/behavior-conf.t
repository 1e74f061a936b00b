# Mistakes in api_behavior and api_alert_spool.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: no zone
--- config
    location /y { api_behavior scanner; }
--- must_die
--- error_log
"api_behavior" needs shared memory: write "api_zone main 8m;" in http



=== TEST 2: no room
--- http_config
    api_zone main 64k;
--- config
    location /y { api_behavior scanner; }
--- must_die
--- error_log
the share of "api_behavior" in api_zone "main" is too small: give it "behavior=64k" or more



=== TEST 3: unknown
--- http_config
    api_zone main 1m;
--- config
    location /y { api_behavior robots; }
--- must_die
--- error_log
"api_behavior" directive takes enumeration, stuffing, scanner, sharing, errors, anomaly or off first



=== TEST 4: numbers
--- http_config
    api_zone main 1m;
--- config
    location /y { api_behavior scanner over=0; }
--- must_die
--- error_log
"api_behavior" directive takes over= of 1 to 10000, window= of 1s to 1d



=== TEST 5: by= elsewhere
--- http_config
    api_zone main 1m;
--- config
    location /y { api_behavior scanner by=$arg_x; }
--- must_die
--- error_log
"api_behavior" directive takes by= with stuffing (the name somebody tries to log in with) and enumeration (the object) alone



=== TEST 6: nobody to stop
--- http_config
    api_zone main 1m;
--- config
    location /y { api_behavior errors action=ban; }
--- must_die
--- error_log
"api_behavior" directive takes action=record or alert with errors and anomaly



=== TEST 7: nothing to look at
--- http_config
    api_zone main 1m;
--- config
    location /y { api_behavior anomaly; }
--- must_die
--- error_log
"api_behavior anomaly" looks at what api_inventory counts: write "api_inventory;" beside it



=== TEST 8: two spools
--- http_config
    api_alert_spool a;
    api_alert_spool b;
--- config
    location /y { }
--- must_die
--- error_log
"api_alert_spool" directive is duplicate



=== TEST 9: off, and lines that add up
--- http_config
    api_zone main 1m;
    api_behavior scanner action=record;
--- config
    location /y { api_behavior errors; }
    location /z { api_behavior off; return 404; }
    location /_api/ { api_status; }
--- request
GET /_api/alerts
--- response_body
[]



=== TEST 40: a spool that is no file: who writes to a pipe waits for its reader
--- http_config
    api_zone main 1m;
    api_alert_spool /dev/null;
--- config
    location /y { api_behavior scanner; }
--- must_die
--- error_log
"api_alert_spool" directive takes a regular file
