# api_body_decode: what is inspected is the decoded body, what is sent on is
# the encoded one.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Body;

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(config =>
        "location / { api_body json; api_body_decode gzip max=100k ratio=50; UP }")
        unless defined $block->config;
    use_application($block);
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: gzip is decoded to be checked, and sent on as it came
--- request eval
["POST /\n" . gzipped('{"a":1}'), "POST /\n" . gzipped('{"a":1}') ]
--- more_headers eval
[map { "Content-Type: application/json\nContent-Encoding: $_\nContent-Length: "
       . length gzipped('{"a":1}') } "gzip", "X-GZIP"]
--- response_body eval
[("[" . gzipped('{"a":1}') . "]") x 2]



=== TEST 2: ... and refused for what is in it
--- request eval
"POST /\n" . gzipped('{"a":1')
--- more_headers eval
"Content-Type: application/json\nContent-Encoding: gzip\nContent-Length: "
. length gzipped('{"a":1')
--- error_code: 400
--- response_body_like eval
problem_like(status => 400, code => 'invalid_json')
--- error_log
at byte 6, support id



=== TEST 3: what says gzip and is none, cut short, or has a tail
--- request eval
["POST /\n{}", "POST /\n" . substr(gzipped("[1]"), 0, -1),
 "POST /\n" . gzipped("[1]") . "{}", "POST /\n" . gzipped("[1") . gzipped("]")]
--- more_headers eval
my $h = "Content-Type: application/json\nContent-Encoding: gzip\nContent-Length: ";
[$h . 2, $h . (length(gzipped("[1]")) - 1), $h . (length(gzipped("[1]")) + 2),
 $h . length(gzipped("[1") . gzipped("]"))]
--- error_code eval
[400, 400, 400, 200]
--- response_body_like eval
[('"code":"invalid_coding"') x 3, '.']
--- error_log
refused 400 body bad_gzip: header
refused 400 body bad_gzip: truncated
refused 400 body bad_gzip: trailing



=== TEST 4: too much comes out
--- request eval
[map { "POST /\n" . gzipped(json_of($_) =~ s/x/chr(33+rand(50))=~s![\\"]!x!r/ger) } 102_000, 103_000]
--- more_headers eval
[("Content-Type: application/json\nContent-Encoding: gzip") x 2]
--- error_code eval
[200, 413]
--- response_body_like eval
['^\[', '"code":"body_too_large"']
--- error_log
refused 413 body decoded_too_large: size



=== TEST 5: too much comes out for what went in
--- request eval
[map { "POST /\n" . gzipped(json_of($_)) } 60_000, 90_000]
--- more_headers eval
[map { "Content-Type: application/json\nContent-Encoding: gzip\nContent-Length: "
       . length gzipped(json_of($_)) } 60_000, 90_000]
--- error_code eval
[200, 413]
--- error_log
refused 413 body decoded_too_large: ratio



=== TEST 6: other codings, and which one would do
--- request eval
[("POST /\n[1]") x 5]
--- more_headers eval
[map { "Content-Type: application/json\nContent-Encoding: $_" }
 "br", "deflate", "gzip, gzip", "gzip\nContent-Encoding: gzip", "identity"]
--- error_code eval
[(415) x 4, 200]
--- response_headers eval
[("Accept-Encoding: gzip") x 4, "! Accept-Encoding"]
--- response_body_like eval
[('"code":"unsupported_coding"') x 4, '\A\[\[1\]\]\z']



=== TEST 7: off when nothing is said
--- config
    location / { api_body any; UP }
--- request eval
["POST /\nx", "POST /\nx", "POST /\nx", "GET /"]
--- more_headers eval
["Content-Encoding: gzip", "Content-Encoding: br", "X: 1", "Content-Encoding: br"]
--- error_code eval
[415, 415, 200, 200]
--- response_headers eval
[("Accept-Encoding: identity") x 2, ("! Accept-Encoding") x 2]



=== TEST 8: off clears what comes from above
--- config
    api_body any;
    api_body_decode gzip max=1k ratio=10;
    location / { UP }
    location /off { api_body_decode off; UP }
--- request eval
["POST /\n" . gzipped("x"), "POST /off\n" . gzipped("x")]
--- more_headers eval
[("Content-Encoding: gzip\nContent-Length: " . length gzipped("x")) x 2]
--- error_code eval
[200, 415]



=== TEST 9: the limit is of what is sent, also when a part would do
--- config
    location / { api_body any; api_body_limit 20 over=partial;
                 api_body_decode gzip max=1k ratio=100; UP }
--- request eval
["POST /\n" . gzipped('abcdefghijklmnopqrstuvwxyz'), "POST /\n" . 'a' x 30]
--- more_headers eval
["Content-Encoding: gzip\nContent-Length: " . length gzipped('abcdefghijklmnopqrstuvwxyz'),
 "X: 1"]
--- error_code eval
[413, 200]



=== TEST 10: in a file
--- config
    location / { client_body_buffer_size 100; api_body json;
                 api_body_decode gzip max=1m ratio=2000; UP }
--- request eval
["POST /\n" . gzipped(json_of(500_000)), "POST /\n" . gzipped(json_of(500_000) . "]")]
--- more_headers eval
[map { "Content-Type: application/json\nContent-Encoding: gzip\nContent-Length: "
       . length gzipped(json_of(500_000) . $_) } "", "]"]
--- error_code eval
[200, 400]



=== TEST 11: what another location allows is looked at anew
--- config
    location / { api_body any; api_body_decode gzip max=1m ratio=2000; try_files /none $uri/next; }
    location /off/next { api_body any; UP }
    location /small/next { api_body any; api_body_decode gzip max=10 ratio=1000; UP }
    location /large/next { api_body json; api_body_decode gzip max=20 ratio=1000; UP }
--- request eval
[map { "POST $_\n" . gzipped(json_of(20)) } "/off", "/small", "/large"]
--- more_headers eval
[("Content-Type: application/json\nContent-Encoding: gzip\nContent-Length: "
  . length gzipped(json_of(20))) x 3]
--- error_code eval
[415, 413, 200]
