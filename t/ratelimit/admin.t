use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

# Who writes has a token, a header that no page of another site can send, and
# a type that needs a preflight.
sub admin {
    return map { join "\n", bearer(claims => { scope => 'apisec:write' }),
        'X-Api-Admin: 1', 'Content-Type: application/json',
        $_ ? "X-Forwarded-For: $_" : () } @_;
}

{
    no warnings 'once';
    *Test::Base::Filter::admin = \&admin;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => corp() . <<'END');
    set_real_ip_from 127.0.0.1;
    real_ip_header   X-Forwarded-For;
    api_zone suite 64k;
    api_ratelimit_ban_zone 64k;
    api_ratelimit_zone rates  64k;
    api_ratelimit_zone counts 64k;
    api_ratelimit_policy rate  zone=rates  key=$arg_k rate=6r/h burst=2 at=address;
    api_ratelimit_quota  quota zone=counts key=$arg_k limit=3 period=day at=address;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "app\n"; }
        location /no { return 401 "no\n"; }
    }
END
    $block->set_value(config => <<'END');
    location /_api/ {
        api_status  write;
        api_auth    jwt=corp;
        api_require scope apisec:write;
    }
    location / {
        api_ratelimit_ban on=401 strikes=2/10m ban=10m;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /rate {
        api_ratelimit rate quota;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
END
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: a ban is listed, shown, lifted
--- request eval
["GET /no", "GET /no", "GET /_api/bans", "GET /_api/bans/192.0.2.1",
 "DELETE /_api/bans/192.0.2.1", "GET /_api/bans/192.0.2.1", "GET /",
 "DELETE /_api/bans/192.0.2.1"]
--- more_headers eval
["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.1",
 admin(('') x 4), "X-Forwarded-For: 192.0.2.1", admin('')]
--- error_code eval
[401, 401, 200, 200, 204, 404, 200, 404]
--- response_body_like eval
[".", ".",
 qr/^\{"bans":\[\{"id":"[0-9a-f]{16}","key":"192\.0\.2\.1","in_force":true,"mode":"enforce","ends_in":(?:5\d\d|600)\.\d+,"began_before":\d+\.\d+,"forgotten_in":1\d\d\d\.\d+,"bans":1,"refused":0,"cause":401\}\],"next":null\}$/,
 qr/^\{"id":"[0-9a-f]{16}","key":"192\.0\.2\.1"/,
 qr/^$/, qr/There is no such ban/, qr/app/, qr/There is no such ban/]
--- no_error_log
[alert]



=== TEST 2: a ban by hand
--- request eval
["POST /_api/bans\n{\"address\": \"2001:db8::7\", \"for\": 60}", "GET /",
 "GET /", "GET /_api/bans"]
--- more_headers eval
[admin(''), "X-Forwarded-For: 2001:db8::99", "X-Forwarded-For: 2001:db8:0:1::",
 admin('')]
--- error_code eval
[201, 429, 200, 200]
--- response_body_like eval
[qr/"key":"2001:db8::\/64".*"cause":"hand"/, ".", "app", qr/"refused":1/]



=== TEST 3: what is no ban
--- request eval
["POST /_api/bans\n{}", "POST /_api/bans\n{\"address\": \"10.0.0.0/8\", \"for\": 60}",
 "POST /_api/bans\n{\"address\": \"10.0.0.1\", \"for\": 0}",
 "POST /_api/bans\n{\"address\": \"10.0.0.1\", \"for\": \"1h\"}",
 "POST /_api/bans\n{\"address\": 7, \"for\": 60}",
 "DELETE /_api/bans/nobody", "GET /_api/bans/10.0.0.0/8",
 "POST /_api/bans\n{\"address\": \"0123456789abcdef\", \"for\": 60}"]
--- more_headers eval
[admin(('') x 8)]
--- error_code eval
[(400) x 8]



=== TEST 4: without the header nothing is changed
--- request eval
["POST /_api/bans\n{\"address\": \"10.0.0.1\", \"for\": 60}", "DELETE /_api/limits/rate/a"]
--- more_headers eval
[("Content-Type: application/json\n" . bearer(claims => { scope => 'apisec:write' })) x 2]
--- error_code eval
[403, 403]



=== TEST 5: a page of bans at a time
--- request eval
["POST /_api/bans\n{\"address\": \"10.0.0.1\", \"for\": 60}",
 "POST /_api/bans\n{\"address\": \"10.0.0.2\", \"for\": 60}",
 "GET /_api/bans?limit=1", "GET /_api/bans?limit=1&after=9999999"]
--- more_headers eval
[admin(('') x 4)]
--- error_code eval
[201, 201, 200, 200]
--- response_body_like eval
[".", ".", qr/^\{"bans":\[\{[^{]*\}\],"next":\d+\}$/, qr/^\{"bans":\[\],"next":null\}$/]



=== TEST 6: what a key owes, and its forgiveness
--- request eval
["GET /rate?k=a", "GET /rate?k=a", "GET /rate?k=a", "GET /_api/limits/rate/a",
 "GET /_api/limits/quota/a", "GET /_api/limits/rate/b", "GET /_api/limits",
 "DELETE /_api/limits/rate/a", "GET /rate?k=a", "GET /_api/limits/quota/a"]
--- more_headers eval
["", "", "", admin(('') x 5), "", admin('')]
--- error_code eval
[200, 200, 429, 200, 200, 200, 200, 204, 200, 200]
--- response_body_like eval
[".", ".", ".", qr/^\{"id":"[0-9a-f]{16}","seconds":1[12]\d\d\.\d{3}\}$/,
 qr/^\{"id":"[0-9a-f]{16}","used":2\}$/, qr/"seconds":0\.000\}$/,
 qr/^\{"limits":\[\{"name":"rate","kind":"rate","zone":"rates"\},\{"name":"quota","kind":"quota","zone":"counts"\}\],"deepest":\{"rates":\[\{"id":"[0-9a-f]{16}","seconds":1[12]\d\d\.\d{3}\}\],"counts":\[\{"id":"[0-9a-f]{16}","used":2\}\]\}\}$/,
 qr/^$/, ".", qr/"used":3\}$/]



=== TEST 7: limits that are none
--- request eval
["GET /_api/limits/none/a", "GET /_api/limits/rate", "DELETE /_api/limits"]
--- more_headers eval
[admin(('') x 3)]
--- error_code eval
[404, 404, 404]



=== TEST 8: the status document and the metrics
--- request eval
["GET /no", "GET /no", "GET /_api/", "GET /_api/metrics"]
--- more_headers eval
["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.1", admin('', '')]
--- error_code eval
[401, 401, 200, 200]
--- response_body_like eval
[".", ".",
 qr/"zones":\{"rates":\{"slots":\d+,"live":0,"evicted":0,"shared":0,"denied":0\},.*"bans":\{"places":\d+,"in_force":1,"remembered":1,"strikes":2,"banned":1,"lost":0,"strikes_dropped":0\},"stores":\{\}/,
 qr/\napisec_ratelimit_zone_slots\{zone="rates"\} \d+\n.*\napisec_bans 1\n.*\napisec_strikes_total 2\n/s]
