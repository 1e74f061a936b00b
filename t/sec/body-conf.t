# Mistakes in the directives of the body reader.

use Test::Nginx::Socket 'no_plan';
use ApiTest;

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(must_die => '');
    $block->set_value(config => '') unless defined $block->config;
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: an unknown kind
--- config
    location / { api_body xml; }
--- error_log eval
qr/"api_body" directive takes json, any or off first in .*nginx\.conf:\d+/



=== TEST 2: no kind
--- config
    location / { api_body mode=monitor; }
--- error_log
"api_body" directive takes json, any or off first



=== TEST 3: twice
--- config
    location / { api_body json; api_body any; }
--- error_log
"api_body" directive is duplicate



=== TEST 4: more behind off
--- config
    location / { api_body off mode=monitor; }
--- error_log
"api_body" directive off takes nothing more



=== TEST 5: an unknown mode
--- config
    location / { api_body json mode=watch; }
--- error_log
unknown mode "watch": write enforce, monitor, off



=== TEST 6: an unknown parameter
--- config
    location / { api_body json limit=1m; }
--- error_log
unknown parameter "limit=1m" of "api_body", which takes: mode= skip=



=== TEST 7: nothing that could be skipped
--- config
    location / { api_body any skip=json; }
--- error_log
invalid value in "skip=json"



=== TEST 8: a limit that is none
--- config
    location / { api_body_limit lots; }
--- error_log
"api_body_limit" directive takes a size above 0 first



=== TEST 9: no limit at all
--- config
    location / { api_body_limit 0; }
--- error_log
"api_body_limit" directive takes a size above 0 first



=== TEST 10: an unknown way over the limit
--- config
    location / { api_body_limit 1m over=cut; }
--- error_log
invalid value in "over=cut"



=== TEST 11: two limits
--- config
    location / { api_body_limit 1m; api_body_limit 2m; }
--- error_log
"api_body_limit" directive is duplicate



=== TEST 12: an unknown coding
--- config
    location / { api_body_decode br max=1m ratio=10; }
--- error_log
"api_body_decode" directive takes gzip or off first



=== TEST 13: no maximum
--- config
    location / { api_body_decode gzip ratio=10; }
--- error_log
"api_body_decode" directive needs max=SIZE



=== TEST 14: no ratio
--- config
    location / { api_body_decode gzip max=1m; }
--- error_log
"api_body_decode" directive needs ratio=N



=== TEST 15: a ratio that is none
--- config
    location / { api_body_decode gzip max=1m ratio=1000000; }
--- error_log
"api_body_decode" directive needs ratio=N, from 1 to 100000



=== TEST 16: more behind off
--- config
    location / { api_body_decode off max=1m; }
--- error_log
"api_body_decode" directive off takes nothing more



=== TEST 17: decoding twice
--- config
    location / { api_body_decode off; api_body_decode off; }
--- error_log
"api_body_decode" directive is duplicate



=== TEST 18: a budget that is none
--- http_config
    api_body_budget much;
--- error_log
"api_body_budget" directive takes a size above 0



=== TEST 19: two budgets
--- http_config
    api_body_budget 1m;
    api_body_budget 1m;
--- error_log
"api_body_budget" directive is duplicate



=== TEST 20: a budget belongs to all of http
--- config
    api_body_budget 1m;
--- error_log
"api_body_budget" directive is not allowed here
