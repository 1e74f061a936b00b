use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

# What a quota says until its end has to be told apart from the clock: w of a
# day is 86400, t anything up to it.
add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => ($block->http_config // '') . <<'END');
    api_ratelimit_zone quotas 1m;
    api_ratelimit_quota daily zone=quotas key=$http_x_user limit=3 period=day;
    api_ratelimit_quota long  zone=quotas key=$http_x_user limit=$arg_limit
                        period=366d cost=$arg_cost;
END
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: as many as the limit in a day
--- config
    location / { api_ratelimit daily; try_files /x =204; }
--- request eval
[("GET /") x 4]
--- more_headers eval
[("X-User: alice") x 4]
--- error_code eval
[204, 204, 204, 429]
--- response_headers_like eval
["RateLimit-Policy: \"daily\";q=3;w=86400\nRateLimit: \"daily\";r=2;t=\\d+",
 "RateLimit: \"daily\";r=1;t=\\d+", "RateLimit: \"daily\";r=0;t=\\d+",
 "RateLimit: \"daily\";r=0;t=\\d+\nRetry-After: \\d+"]
--- error_log
refused 429 limit quota: "daily"



=== TEST 2: its end is the end of the day, and Retry-After is that
--- config
    location / { api_ratelimit daily; try_files /x =204; }
--- request eval
[("GET /") x 4]
--- more_headers eval
[("X-User: alice") x 4]
--- error_code eval
[204, 204, 204, 429]
--- raw_response_headers_like eval
my $near = sub {
    my $left = (int(time / 86400) + 1) * 86400 - time;
    return CORE::join '|', map { $_ < 0 ? $_ + 86400 : $_ } $left - 20 .. $left + 2;
};
[".", ".", ".", "Retry-After: (?:" . $near->() . ")\r\n"]



=== TEST 3: a key and a quota of its own
--- config
    location /day { api_ratelimit daily; try_files /x =204; }
    location /long { api_ratelimit long; try_files /x =204; }
--- request eval
[("GET /day") x 4, "GET /day", "GET /long?limit=5&cost=5", "GET /long?limit=5&cost=1"]
--- more_headers eval
[("X-User: alice") x 4, "X-User: bob", ("X-User: alice") x 2]
--- error_code eval
[204, 204, 204, 429, 204, 204, 429]



=== TEST 4: limits from a plan: a number, a larger one later, off, and none
--- config
    location / { api_ratelimit long; try_files /x =204; }
--- request eval
["GET /?limit=2&cost=2", "GET /?limit=2&cost=1", "GET /?limit=4&cost=2",
 "GET /?limit=4&cost=1", "GET /?limit=off&cost=9", "GET /?limit=&cost=1",
 "GET /?limit=x&cost=1", "GET /?limit=9999999999999999&cost=1",
 "GET /?limit=5&cost=6"]
--- more_headers eval
[("X-User: alice") x 9]
--- error_code eval
[204, 429, 204, 429, 204, 429, 429, 429, 429]



=== TEST 5: bytes are counted when they have been sent
--- http_config
    api_ratelimit_quota traffic zone=quotas key=$http_x_user limit=1k
                        period=month unit=bytes;
    log_format out '$uri $api_ratelimit_remaining';
    access_log logs/access.log out;
--- config
    location / { api_ratelimit traffic; }
--- user_files eval
">>> small\n" . ("x" x 300) . "\n>>> large\n" . ("x" x 3000)
--- request eval
["GET /small", "GET /large", "GET /small"]
--- more_headers eval
[("X-User: alice") x 3]
--- error_code eval
[200, 200, 429]
--- response_headers_like eval
["RateLimit-Policy: \"traffic\";q=1024;w=2[4-6]\\d{5};qu=\"content-bytes\"\nRateLimit: \"traffic\";r=1023;t=\\d+",
 "RateLimit: \"traffic\";r=[1-4]\\d\\d;t=\\d+", "RateLimit: \"traffic\";r=0;t=\\d+"]



=== TEST 6: only what was answered by 2xx counts
--- http_config
    api_ratelimit_quota good zone=quotas key=$http_x_user limit=2 period=week
                        charge=2xx;
--- config
    location /204 { api_ratelimit good; try_files /x =204; }
    location /404 { api_ratelimit good; try_files /x =404; }
--- request eval
["GET /404", "GET /404", "GET /404", "GET /204", "GET /404", "GET /204", "GET /204"]
--- more_headers eval
[("X-User: alice") x 7]
--- error_code eval
[404, 404, 404, 204, 404, 204, 429]



=== TEST 7: a time zone
--- http_config
    api_ratelimit_quota berlin zone=quotas key=$http_x_user limit=2 period=week
                        tz=Europe/Berlin;
--- config
    location / { api_ratelimit berlin; try_files /x =204; }
--- request
GET /
--- more_headers
X-User: alice
--- error_code: 204
--- response_headers_like
RateLimit-Policy: "berlin";q=2;w=(?:604800|601200|608400)



=== TEST 8: over HTTP/2
--- http2
--- config
    location / { api_ratelimit daily; try_files /x =204; }
--- request eval
[("GET /") x 4]
--- more_headers eval
[("X-User: alice") x 4]
--- error_code eval
[204, 204, 204, 429]
