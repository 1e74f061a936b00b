use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

# Slow rates: whatever the machine does, no bucket fills while a test runs.
add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => corp() . ($block->http_config // '')
        . <<'END');
    api_ratelimit_zone users 1m;
    api_ratelimit_policy three zone=users key=$http_x_user rate=2r/h burst=3;
    api_ratelimit_policy one   zone=users key=$http_x_user rate=1r/h;
END
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: as many as the burst pass, then 429 with all that belongs to it
--- config
    location / { api_ratelimit three; try_files /x =204; }
--- request eval
[("GET /") x 4]
--- more_headers eval
[("X-User: alice") x 4]
--- error_code eval
[204, 204, 204, 429]
--- response_headers_like eval
["RateLimit-Policy: \"three\";q=3;w=5400\nRateLimit: \"three\";r=2;t=1800",
 "RateLimit: \"three\";r=1;t=1[78]..",
 "RateLimit: \"three\";r=0;t=1[78]..",
 "RateLimit: \"three\";r=0;t=1[78]..\nRetry-After: 1[78]..\n"
 . "Content-Type: application/problem\\+json"]
--- response_body_like eval
[qr/^$/, qr/^$/, qr/^$/,
 qr/^\{"type":"https:\/\/iana\.org\/assignments\/http-problem-types#quota-exceeded","status":429,"title":"Too many requests","code":"rate_limited","violated-policies":\["three"\],"support_id":"[0-9a-f]{32}"\}\n$/]
--- error_log
ngx_api_ratelimit_module: refused 429 limit rate: "three", and 0 more
--- no_error_log
[alert]



=== TEST 2: over HTTP/2
--- http2
--- config
    location / { api_ratelimit one; try_files /x =204; }
--- request eval
[("GET /") x 2]
--- more_headers eval
[("X-User: alice") x 2]
--- error_code eval
[204, 429]
--- response_headers_like eval
["RateLimit-Policy: \"one\";q=1;w=3600\nRateLimit: \"one\";r=0;t=3600",
 "RateLimit: \"one\";r=0;t=3[56]..\nRetry-After: 3[56].."]



=== TEST 3: each key has a bucket of its own, also under another policy
--- config
    location /one { api_ratelimit one; try_files /x =204; }
    location /three { api_ratelimit three; try_files /x =204; }
--- request eval
["GET /one", "GET /one", "GET /one", "GET /three"]
--- more_headers eval
["X-User: alice", "X-User: bob", "X-User: alice", "X-User: alice"]
--- error_code eval
[204, 204, 429, 204]



=== TEST 4: an empty key is not limited, or refused if one says so
--- http_config
    api_ratelimit_policy known zone=users key=$http_x_user rate=1r/h empty=deny;
--- config
    location /skip { api_ratelimit one; try_files /x =204; }
    location /deny { api_ratelimit known; try_files /x =204; }
--- request eval
["GET /skip", "GET /skip", "GET /deny", "GET /deny"]
--- more_headers eval
["A: 1", "A: 1", "A: 1", "X-User: alice"]
--- error_code eval
[204, 204, 429, 204]
--- response_headers eval
["! RateLimit", "! RateLimit", "! RateLimit\n! Retry-After", "! Retry-After"]
--- error_log
refused 429 limit value: "known"



=== TEST 5: when= says for whom a policy holds
--- http_config
    map $arg_plan $limited { gold 0; none ""; default 1; }
    api_ratelimit_policy some zone=users key=$http_x_user rate=1r/h when=$limited;
--- config
    location / { api_ratelimit some; try_files /x =204; }
--- request eval
["GET /?plan=gold", "GET /?plan=gold", "GET /?plan=none", "GET /", "GET /"]
--- more_headers eval
[("X-User: alice") x 5]
--- error_code eval
[204, 204, 204, 204, 429]



=== TEST 6: what a request costs
--- http_config
    api_ratelimit_policy costly zone=users key=$http_x_user rate=1r/h burst=5
                         cost=$arg_cost;
--- config
    location / { api_ratelimit costly; try_files /x =204; }
--- request eval
["GET /?cost=3", "GET /?cost=0", "GET /?cost=3", "GET /?cost=2",
 "GET /?cost=0", "GET /?cost=6"]
--- more_headers eval
[("X-User: alice") x 6]
--- error_code eval
[204, 204, 429, 204, 204, 429]
--- response_headers_like eval
["RateLimit: \"costly\";r=2;t=3600", "RateLimit: \"costly\";r=2;t=3...",
 "RateLimit: \"costly\";r=2;t=3...\nRetry-After: 3...",
 "RateLimit: \"costly\";r=0;t=3...", "RateLimit: \"costly\";r=0;t=3...",
 "RateLimit: \"costly\";r=0;t=3..."]



=== TEST 7: what costs more than the limit is told so, without a time to wait for
--- http_config
    api_ratelimit_policy costly zone=users key=$http_x_user rate=1r/h burst=5
                         cost=$arg_cost;
--- config
    location / { api_ratelimit costly; try_files /x =204; }
--- request
GET /?cost=6
--- more_headers
X-User: alice
--- error_code: 429
--- response_headers
! Retry-After
--- error_log
limit cost: "costly"



=== TEST 8: a cost, rate or burst that is none refuses
--- http_config
    api_ratelimit_policy cost zone=users key=$http_x_user rate=1r/h burst=9
                         cost=$arg_v;
    api_ratelimit_policy rate zone=users key=$http_x_user rate=$arg_v burst=9;
    api_ratelimit_policy burst zone=users key=$http_x_user rate=1r/h
                         burst=$arg_v;
--- config
    location /cost { api_ratelimit cost; try_files /x =204; }
    location /rate { api_ratelimit rate; try_files /x =204; }
    location /burst { api_ratelimit burst; try_files /x =204; }
--- request eval
["GET /cost?v=1", "GET /cost?v=-1", "GET /cost", "GET /cost?v=1.5",
 "GET /cost?v=99999999999999999999", "GET /rate?v=1r/h", "GET /rate?v=1",
 "GET /rate", "GET /rate?v=5k/s", "GET /burst?v=2", "GET /burst?v=0",
 "GET /burst?v=x"]
--- more_headers eval
[("X-User: alice") x 12]
--- error_code eval
[204, 429, 429, 429, 429, 204, 429, 429, 429, 204, 429, 429]



=== TEST 9: plans: rate and burst from variables, and one without a limit
--- http_config
    map $arg_plan $rate  { free 1r/h; gold 100r/h; default off; }
    map $arg_plan $burst { free 1;    default 3; }
    api_ratelimit_policy plan zone=users key=$http_x_user$arg_plan rate=$rate
                         burst=$burst;
--- config
    location / { api_ratelimit plan; try_files /x =204; }
--- request eval
["GET /?plan=free", "GET /?plan=free", "GET /?plan=gold", "GET /?plan=gold",
 "GET /?plan=gold", "GET /?plan=gold", ("GET /?plan=all") x 4]
--- more_headers eval
[("X-User: alice") x 10]
--- error_code eval
[204, 429, 204, 204, 204, 429, 204, 204, 204, 204]
--- response_headers_like eval
["RateLimit-Policy: \"plan\";q=1;w=3600\nRateLimit: \"plan\";r=0;t=3600",
 "RateLimit: \"plan\";r=0;t=3...",
 "RateLimit-Policy: \"plan\";q=3;w=108\nRateLimit: \"plan\";r=2;t=36",
 ("RateLimit: \"plan\";r=[01];t=3.") x 3, ("Connection: close") x 4]



=== TEST 10: several policies are charged all or none
--- config
    location / { api_ratelimit three one; try_files /x =204; }
    location /three { api_ratelimit three; try_files /x =204; }
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /three", "GET /three",
 "GET /three", "GET /"]
--- more_headers eval
[("X-User: alice") x 8]
--- error_code eval
[204, 429, 429, 429, 204, 204, 429, 429]
--- response_headers_like eval
["RateLimit-Policy: \"three\";q=3;w=5400, \"one\";q=1;w=3600\n"
 . "RateLimit: \"three\";r=2;t=1800, \"one\";r=0;t=3600",
 ("RateLimit: \"three\";r=2;t=1..., \"one\";r=0;t=3...\nRetry-After: 3...") x 3,
 ("RateLimit: .*") x 3,
 "Retry-After: 3..."]



=== TEST 11: the problem names each policy that said no
--- config
    location / { api_ratelimit three one; try_files /x =204; }
    location /three { api_ratelimit three; try_files /x =204; }
--- request eval
["GET /", "GET /three", "GET /three", "GET /"]
--- more_headers eval
[("X-User: alice") x 4]
--- error_code eval
[204, 204, 204, 429]
--- response_body_like eval
[qr/^$/, qr/^$/, qr/^$/, qr/"violated-policies":\["three","one"\]/]



=== TEST 12: another status
--- http_config
    api_ratelimit_policy busy zone=users key=$http_x_user rate=1r/h status=503;
--- config
    location / { api_ratelimit busy; try_files /x =204; }
--- request eval
["GET /", "GET /"]
--- more_headers eval
[("X-User: alice") x 2]
--- error_code eval
[204, 503]
--- response_headers_like eval
["RateLimit: .*", "RateLimit: .*\nRetry-After: 3..."]



=== TEST 13: restrictions accumulate, off clears what came from above
--- config
    api_ratelimit three;
    location /both { api_ratelimit one; try_files /x =204; }
    location /off { api_ratelimit off; try_files /x =204; }
    location /own { api_ratelimit off; api_ratelimit one; try_files /x =204; }
    location / { try_files /x =204; }
--- request eval
["GET /both", "GET /off", "GET /own", "GET /"]
--- more_headers eval
["X-User: a", "X-User: b", "X-User: c", "X-User: d"]
--- error_code eval
[204, 204, 204, 204]
--- response_headers eval
["RateLimit-Policy: \"three\";q=3;w=5400, \"one\";q=1;w=3600",
 "! RateLimit-Policy", "RateLimit-Policy: \"one\";q=1;w=3600",
 "RateLimit-Policy: \"three\";q=3;w=5400"]



=== TEST 14: in if and in limit_except
--- config
    location /inside { if ($arg_x) { api_ratelimit one; } }
    location /except { limit_except GET { api_ratelimit one; } }
--- request eval
["GET /inside?x=1", "GET /inside?x=1", "GET /inside", "POST /except",
 "POST /except", "GET /except"]
--- more_headers eval
["X-User: a", "X-User: a", "X-User: a", "X-User: b", "X-User: b", "X-User: b"]
--- error_code eval
[404, 429, 404, 404, 429, 404]



=== TEST 15: monitor decides, records, and lets pass; nothing is told
--- http_config
    log_format out '$uri $api_ratelimit_status $api_ratelimit_policy $api_decision $api_reason';
    access_log logs/access.log out;
--- config
    location / { api_ratelimit one mode=monitor; try_files /x =204; }
--- request eval
["GET /a", "GET /b"]
--- more_headers eval
[("X-User: alice") x 2]
--- error_code eval
[204, 204]
--- response_headers eval
["! RateLimit", "! RateLimit\n! Retry-After"]
--- error_log
would refuse 429 limit rate: "one"
--- access_log
/a passed one allow -
/b monitor one monitor rate



=== TEST 16: the mode from a variable, and the ceiling of api_mode
--- config
    location /var { api_ratelimit one mode=$arg_mode; try_files /x =204; }
    location /ceiling { api_mode monitor; api_ratelimit one; try_files /x =204; }
--- request eval
["GET /var", "GET /var", "GET /var?mode=monitor", "GET /var?mode=off",
 "GET /var?mode=what", "GET /ceiling", "GET /ceiling"]
--- more_headers eval
["X-User: a", "X-User: a", "X-User: a", "X-User: a", "X-User: a",
 "X-User: b", "X-User: b"]
--- error_code eval
[204, 429, 204, 204, 429, 204, 204]



=== TEST 17: a policy in monitor changes nothing for one that is enforced
--- config
    location / {
        api_ratelimit one mode=monitor;
        api_ratelimit three;
        try_files /x =204;
    }
--- request eval
[("GET /") x 4]
--- more_headers eval
[("X-User: a") x 4]
--- error_code eval
[204, 204, 204, 429]
--- response_body_like eval
[qr/^$/, qr/^$/, qr/^$/, qr/"violated-policies":\["three"\]/]



=== TEST 18: what is named again at a lower level has the mode of that
--- config
    api_ratelimit one mode=monitor;
    location / { api_ratelimit one; try_files /x =204; }
--- request eval
[("GET /") x 2]
--- more_headers eval
[("X-User: a") x 2]
--- error_code eval
[204, 429]



=== TEST 19: older header fields, both, none, and jitter
--- config
    location /legacy { api_ratelimit_headers legacy; api_ratelimit three; try_files /x =204; }
    location /both { api_ratelimit_headers both; api_ratelimit three; try_files /x =204; }
    location /off { api_ratelimit_headers off; api_ratelimit one; try_files /x =204; }
    location /jitter { api_ratelimit_headers draft jitter=10h; api_ratelimit one; try_files /x =204; }
--- request eval
["GET /legacy", "GET /both", "GET /off", "GET /off", "GET /jitter", "GET /jitter"]
--- more_headers eval
["X-User: a", "X-User: b", "X-User: c", "X-User: c", "X-User: d", "X-User: d"]
--- error_code eval
[204, 204, 204, 429, 204, 429]
--- response_headers eval
["X-RateLimit-Limit: 3\nX-RateLimit-Remaining: 2\nX-RateLimit-Reset: 1800\n! RateLimit",
 "X-RateLimit-Limit: 3\nX-RateLimit-Remaining: 2\nRateLimit: \"three\";r=2;t=1800",
 "! RateLimit\n! X-RateLimit-Limit", "! RateLimit", "! Retry-After",
 "! X-RateLimit-Limit"]
--- response_headers_like eval
["Connection: close", "Connection: close", "Connection: close",
 "Retry-After: 3[56]..", "Connection: close",
 "Retry-After: (3[56]..|[4-9]...|[123]....)"]



=== TEST 20: the tightest of several is that of the variables and the older fields
--- http_config
    log_format out '$api_ratelimit_status $api_ratelimit_policy $api_ratelimit_remaining $api_ratelimit_reset';
    access_log logs/access.log out;
--- config
    location / { api_ratelimit_headers legacy; api_ratelimit three one; try_files /x =204; }
--- request
GET /
--- more_headers
X-User: a
--- error_code: 204
--- response_headers
X-RateLimit-Limit: 1
X-RateLimit-Remaining: 0
X-RateLimit-Reset: 3600
--- access_log
passed one 0 3600



=== TEST 21: without a limit there is nothing in the variables
--- config
    location / {
        add_header X-Status "[$api_ratelimit_status$api_ratelimit_policy$api_ratelimit_remaining$api_ratelimit_reset]";
        try_files /x =204;
    }
    location /limited { api_ratelimit one; try_files /x =204; }
--- request
GET /
--- error_code: 204
--- response_headers
X-Status: []
! RateLimit



=== TEST 22: type_base of api_reject goes before the type of the draft; empty has no body
--- config
    location /base { api_reject problem type_base=https://docs.example/#; api_ratelimit one; try_files /x =204; }
    location /none { api_reject problem detail=none; api_ratelimit one; try_files /x =204; }
    location /empty { api_reject empty; api_ratelimit one; try_files /x =204; }
--- request eval
[map { ("GET /$_") x 2 } qw(base none empty)]
--- more_headers eval
[map { ("X-User: $_") x 2 } qw(base none empty)]
--- error_code eval
[(204, 429) x 3]
--- response_body_like eval
[qr/^$/, qr{^\{"type":"https://docs.example/#rate_limited"},
 qr/^$/, qr/^\{"type":"about:blank","status":429,"support_id":"\w+"\}\n$/,
 qr/^$/, qr/^$/]



=== TEST 23: gRPC is answered as gRPC
--- http2
--- config
    location / { api_ratelimit one; try_files /x =204; }
--- request eval
["POST /", "POST /"]
--- more_headers eval
[("X-User: a\nContent-Type: application/grpc") x 2]
--- error_code eval
[204, 200]
--- response_headers_like eval
["RateLimit: .*", "grpc-status: 8\nRetry-After: 3..."]
