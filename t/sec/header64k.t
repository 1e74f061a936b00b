# Long headers: what nginx takes we judge, and refuse cleanly.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

# a token of about this many bytes, good in all else
sub long {
    my ($bytes) = @_;
    return bearer(claims => { pad => 'x' x ($bytes * 3 / 4 - 200) });
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => "large_client_header_buffers 4 128k;\n"
        . "http2_max_field_size 128k; http2_max_header_size 256k;\n" . corp());
    $block->set_value(config =>
        "    location / { api_auth jwt=corp; try_files /x =404; }\n");
    $block->set_value(user_files => ">>> x\nok\n");
});

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: 64 KB of token are refused, 6 KB pass
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
[main::long(65536), main::long(6000), main::long(17000)]
--- error_code eval
[401, 200, 401]
--- error_log
refused 401 auth too_large



=== TEST 2: the same over HTTP/2
--- http2
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
[main::long(65536), main::long(6000), main::long(17000)]
--- error_code eval
[401, 200, 401]



=== TEST 3: 64 KB that are no token, or of another scheme
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
["Authorization: Bearer " . "a" x 65536, "Authorization: Bearer " . "," x 65536,
 "Authorization: Basic " . "a" x 65536, "Authorization: Bearer " . "." x 65536]
--- error_code eval
[401, 400, 401, 401]



=== TEST 4: the connection lives on after a refusal
--- pipelined_requests eval
["GET /a", "GET /b"]
--- more_headers eval
[main::long(65536), main::long(1000)]
--- error_code eval
[401, 200]
