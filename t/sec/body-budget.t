# api_body_budget: what counts, and what is refused. When it is given back:
# body-release.t, body-slow.t.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Body;

add_block_preprocessor(sub {
    my ($block) = @_;

    use_application($block);
    $block->set_value(http_config => $block->http_config
                      . "api_body_budget 100k;\n");
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: a copy of what lies in a file counts
--- config
    location / { client_body_buffer_size 1k; api_body any; UP }
--- request eval
["POST /\n" . "x" x 120_000, "POST /\n" . "x" x 90_000]
--- error_code eval
[503, 200]
--- response_body_like eval
['"code":"overloaded"', '^\[' . 'x' x 90_000 . '\]$']
--- error_log
refused 503 body body_budget



=== TEST 2: what nginx holds in memory anyhow does not
--- config
    location / { client_body_buffer_size 200k; api_body any; UP }
--- request eval
[["POST /\n", { value => "x" x 120_000, delay_before => 0.05 }]]
--- more_headers
Content-Length: 120000
--- response_body eval
"[" . "x" x 120_000 . "]"



=== TEST 3: it is given back with each request
--- config
    location / { client_body_buffer_size 1k; api_body any; UP }
--- request eval
[("POST /\n" . "x" x 60_000) x 5]
--- error_code eval
[(200) x 5]



=== TEST 4: ... on one connection too, and after a refusal
--- config
    location / { client_body_buffer_size 1k; api_body json; api_body_limit 90k; UP }
--- pipelined_requests eval
[("POST /\n" . json_of(20_000)) x 4]
--- more_headers eval
[("Content-Type: application/json") x 4]
--- error_code eval
[(200) x 4]



=== TEST 5: what is made of a body counts
--- config
    location / { api_body json; UP }
--- request eval
["POST /\n[1" . ',1' x 9000 . "]", "POST /\n[1" . ',1' x 2000 . "]"]
--- more_headers eval
[("Content-Type: application/json") x 2]
--- error_code eval
[503, 200]
--- error_log
refused 503 body body_budget



=== TEST 6: what it decodes to counts
--- config
    location / { api_body any; api_body_decode gzip max=1m ratio=2000; UP }
--- request eval
["POST /\n" . gzipped(json_of(200_000)), "POST /\n" . gzipped(json_of(20_000))]
--- more_headers eval
[map { "Content-Encoding: gzip\nContent-Length: "
       . length gzipped(json_of($_)) } 200_000, 20_000]
--- error_code eval
[503, 200]



=== TEST 7: monitor goes on without
--- config
    location / { client_body_buffer_size 1k; api_body json mode=monitor; UP }
--- request eval
"POST /\n" . json_of(120_000)
--- more_headers
Content-Type: application/json
--- error_log
would refuse 503 body body_budget
