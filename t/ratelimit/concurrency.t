use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

# Requests are kept under way by an upstream that sends slowly.
add_block_preprocessor(sub {
    my ($block) = @_;

    return if defined $block->must_die;

    $block->set_value(http_config => ($block->http_config // '') . <<'END');
    api_ratelimit_zone running 1m;
    api_ratelimit_concurrency two zone=running key=$http_x_user limit=2;
    api_ratelimit_concurrency some zone=running key=$http_x_user limit=$arg_limit;
END
    $block->set_value(config => ($block->config // '') . <<'END');
    location / { api_ratelimit two; try_files /x =204; }
    location /some { api_ratelimit some; try_files /x =204; }
END
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: one after the other is never too many
--- request eval
[("GET /") x 5]
--- more_headers eval
[("X-User: alice") x 5]
--- error_code eval
[(204) x 5]
--- response_headers eval
[("RateLimit-Policy: \"two\";q=2;qu=\"concurrent-requests\"\nRateLimit: \"two\";r=1") x 5]



=== TEST 2: over HTTP/2
--- http2
--- request eval
[("GET /") x 5]
--- more_headers eval
[("X-User: alice") x 5]
--- error_code eval
[(204) x 5]



=== TEST 3: a limit from a variable
--- request eval
["GET /some?limit=1", "GET /some?limit=0", "GET /some?limit=off", "GET /some", "GET /some?limit=x"]
--- more_headers eval
[("X-User: alice") x 5]
--- error_code eval
[204, 429, 204, 429, 429]
--- response_headers_like eval
["RateLimit: \"some\";r=0", "Retry-After: 1", ("Connection: close") x 3]
