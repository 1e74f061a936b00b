# api_body_budget, once the inspections are over: an upstream that works on a
# request, and a client that reads slowly, hold nothing of it.
#
# The upstream is the server itself, and there is one worker: /checked runs
# while the request that leads to it still waits for its answer. Each of the
# two needs more than half of the budget.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Body;

my $self = 'http://127.0.0.1:$TEST_NGINX_RAND_PORT_3';

add_block_preprocessor(sub {
    my ($block) = @_;

    use_application($block);

    my $config = $block->config =~ s/\bSELF\b/$self/gr;
    $block->set_value(config => "client_body_buffer_size 1k;\n$config");

    my $http = $block->http_config =~ s/\bSELF\b/$self/gr;
    $block->set_value(http_config => "$http
        api_body_budget 250k;
        server {
            listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_3;
            client_body_buffer_size 1k;

            location /checked {
                api_body json;
                api_body_decode gzip max=200k ratio=1000;
                proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
            }
            location /any {
                api_body any;
                proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
            }
        }\n");
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: nothing is held while the upstream works
--- config
    location / { api_body json; proxy_pass SELF/checked; }
--- request eval
["POST /\n" . json_of(60_000), "POST /\n" . json_of(60_000)]
--- more_headers eval
[("Content-Type: application/json") x 2]
--- error_code eval
[200, 200]
--- response_body_like eval
[("\\A\\[" . quotemeta(json_of(60_000)) . '\]') x 2]
--- no_error_log
body_budget



=== TEST 2: one that needs more than there is does not pass
--- config
    location / { api_body json; proxy_pass SELF/checked; }
--- request eval
"POST /\n" . json_of(150_000)
--- more_headers
Content-Type: application/json
--- error_code: 503
--- error_log
refused 503 body body_budget



=== TEST 3: nor of what was decoded
--- config
    location / { api_body json; api_body_decode gzip max=200k ratio=1000;
                 proxy_pass SELF/checked; }
--- request eval
"POST /\n" . gzipped(json_of(60_000))
--- more_headers eval
"Content-Type: application/json\nContent-Encoding: gzip\nContent-Length: "
. length gzipped(json_of(60_000))
--- error_code: 200
--- no_error_log
body_budget



=== TEST 4: nor of what monitor let pass
--- config
    location / { api_body json mode=monitor; proxy_pass SELF/any; }
--- request eval
"POST /\n" . json_of(60_000) . "]"
--- more_headers
Content-Type: application/json
--- error_code: 200
--- response_body_like eval
"\\A\\[" . quotemeta(json_of(60_000)) . '\]\]'
--- error_log
would refuse 400 body json
--- no_error_log
body_budget



=== TEST 5: who asks again after X-Accel-Redirect gets it made again
--- config
    location / { api_body json; UP }
    location @second { api_body json; rewrite ^ /checked break;
                       proxy_pass SELF; }
--- request eval
["POST /redirect\n" . json_of(60_000),
 "POST /redirect\n" . json_of(60_000) . "]"]
--- more_headers eval
[("Content-Type: application/json") x 2]
--- error_code eval
[200, 400]
--- response_body_like eval
["\\A\\[" . quotemeta(json_of(60_000)), 'invalid_json']
--- no_error_log
body_budget



=== TEST 6: ... and is refused by what is stricter there
--- config
    location / { api_body any; UP }
    location @second { api_body json; rewrite ^ /checked break;
                       proxy_pass SELF; }
--- request eval
["POST /redirect\n" . json_of(60_000),
 "POST /redirect\n" . json_of(60_000) . "]"]
--- more_headers eval
[("Content-Type: application/json") x 2]
--- error_code eval
[200, 400]
--- response_body_like eval
["\\A\\[" . quotemeta(json_of(60_000)), 'invalid_json']
--- no_error_log
body_budget



=== TEST 7: to a second upstream when the first is not there
--- config
    location / { api_body json; error_page 502 = @second;
                 proxy_pass http://127.0.0.1:1; }
    location @second { api_body json; rewrite ^ /checked break;
                       proxy_pass SELF; }
--- request eval
"POST /\n" . json_of(60_000)
--- more_headers
Content-Type: application/json
--- error_code: 200
--- response_body_like eval
"\\A\\[" . quotemeta(json_of(60_000))
--- no_error_log
body_budget



=== TEST 8: a location behind try_files that asks for nothing lets go of it
--- config
    location / { api_body json; try_files /none @second; }
    location @second { rewrite ^ /checked break; proxy_pass SELF; }
--- request eval
"POST /\n" . json_of(60_000)
--- more_headers
Content-Type: application/json
--- error_code: 200
--- no_error_log
body_budget



=== TEST 9: the fallback of a refusal lets go of it
--- config
    location / { api_body json; error_page 400 = @second; UP }
    location @second { rewrite ^ /any break; proxy_pass SELF; }
--- request eval
"POST /\n" . json_of(60_000) . "]"
--- more_headers
Content-Type: application/json
--- error_code: 200
--- response_body_like eval
"\\A\\[" . quotemeta(json_of(60_000)) . '\]\]'
--- error_log
refused 400 body json
--- no_error_log
body_budget



=== TEST 10: what a refusal tells outlives the body
--- config
    api_reject problem detail=full;
    api_audit audit.jsonl;
    location / { api_body json; UP }
--- request eval
"POST /\n" . json_of(60_000) . "]"
--- more_headers
Content-Type: application/json
--- error_code: 400
--- response_body_like: "detail":"[^"]*\b60000\b
--- error_log eval
qr/refused 400 body json: .*\b60000\b/



=== TEST 11: ... also when the body is parsed again and passes
--- config
    add_header X-Reason "$api_reason" always;
    location / { api_body json; error_page 400 = @second; UP }
    location @second { api_body any; add_header X-Reason "$api_reason";
                       rewrite ^ /any break; proxy_pass SELF; }
--- request eval
"POST /\n" . json_of(60_000) . "]"
--- more_headers
Content-Type: application/json
--- error_code: 200
--- response_headers
X-Reason: json
--- no_error_log
body_budget



=== TEST 12: on one connection
--- config
    location / { api_body json; proxy_pass SELF/checked; }
--- pipelined_requests eval
[map { "POST /\n$_" } json_of(60_000), json_of(60_000), json_of(60_000) . "]"]
--- more_headers eval
[("Content-Type: application/json") x 3]
--- error_code eval
[200, 200, 400]
--- no_error_log
body_budget
