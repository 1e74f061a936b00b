use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

# What a client, or a plan, can do to limits that a benign one would not.
add_block_preprocessor(sub {
    my ($block) = @_;

    return if defined $block->must_die;

    $block->set_value(http_config => <<'END' . ($block->http_config // ''));
    set_real_ip_from 127.0.0.1;
    real_ip_header   X-Forwarded-For;
    api_zone suite 1m;
    api_ratelimit_zone z 1m;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "app\n"; }
        location /no { return 401 "no\n"; }
    }
END

    my $up = 'proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;';
    $block->set_value(config => $block->config =~ s/UP/$up/gr);
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: a path with a higher rate forgives nothing that is owed on one with a lower
--- http_config
    map $uri $rate { default 1000r/s; /login 2r/h; }
    map $uri $burst { default 10; /login 2; }
    api_ratelimit_policy p zone=z key=$http_x_key rate=$rate burst=$burst;
--- config
    location / { api_ratelimit p; UP }
--- request eval
["GET /login", "GET /login", "GET /login", "GET /", "GET /", "GET /login"]
--- more_headers eval
[("X-Key: a") x 6]
--- error_code eval
[200, 200, 429, 429, 429, 429]



=== TEST 2: ... and each keeps to its own with a policy of its own
--- http_config
    api_ratelimit_policy slow zone=z key=$http_x_key rate=2r/h burst=2;
    api_ratelimit_policy fast zone=z key=$http_x_key rate=1000r/s burst=10;
--- config
    location / { api_ratelimit fast; UP }
    location = /login { api_ratelimit slow; UP }
--- request eval
["GET /login", "GET /login", "GET /login", "GET /", "GET /", "GET /login"]
--- more_headers eval
[("X-Key: a") x 6]
--- error_code eval
[200, 200, 429, 200, 200, 429]



=== TEST 3: an exception holds through a redirect inside
--- http_config
    api_ratelimit_policy p zone=z key=$http_x_key rate=1r/h at=address;
--- config
    api_ratelimit p;
    api_exception probe rule=limit.p expires=2099-01-01 owner=o;
    location /in { try_files /nothing /in-app; }
    location /in-app { UP }
    location /out { try_files /nothing /in-app; }
--- request eval
["GET /in", "GET /in", "GET /in"]
--- more_headers eval
[("X-Key: a") x 3]
--- error_code eval
[200, 200, 200]



=== TEST 4: a name that a client makes up writes no lines of its own in the log
--- http_config
    api_ratelimit_ban_zone 64k;
--- config
    location / {
        api_ratelimit_ban on=401 strikes=1/10m ban=1m key=$remote_user at=identity;
        UP
    }
--- request eval
["GET /no", "GET /"]
--- more_headers eval
use MIME::Base64;
[("Authorization: Basic "
  . encode_base64("eve\n2026 [alert] forged\e[31m:x", "")) x 2]
--- error_code eval
[401, 429]
--- error_log
refused 429 ban banned: eve\n2026 [alert] forged\x1b[31m for 60 s



=== TEST 5: a line that stands twice is one strike
--- http_config
    api_ratelimit_ban_zone 64k;
--- config
    api_ratelimit_ban on=401 strikes=4/10m ban=1m;
    location / {
        api_ratelimit_ban on=401 strikes=4/10m ban=1m;
        UP
    }
--- request eval
["GET /no", "GET /no", "GET /no", "GET /", "GET /no", "GET /"]
--- error_code eval
[401, 401, 401, 200, 401, 429]



=== TEST 6: lines that ban for another time count apart
--- http_config
    api_ratelimit_ban_zone 64k;
--- config
    api_ratelimit_ban on=401 strikes=4/10m ban=1m;
    location / {
        api_ratelimit_ban on=401 strikes=4/10m ban=1h;
        UP
    }
--- request eval
["GET /no", "GET /no", "GET /no", "GET /", "GET /no", "GET /"]
--- error_code eval
[401, 401, 401, 200, 401, 429]



=== TEST 7: lines of all locations that a request is led through count
--- http_config
    api_ratelimit_ban_zone 64k;
--- config
    location /no {
        api_ratelimit_ban on=501 strikes=9/10m ban=1m;
        api_ratelimit_ban on=502 strikes=9/10m ban=1m;
        api_ratelimit_ban on=503 strikes=9/10m ban=1m;
        api_ratelimit_ban on=504 strikes=9/10m ban=1m;
        api_ratelimit_ban on=505 strikes=9/10m ban=1m;
        try_files /nothing @app;
    }
    location @app {
        api_ratelimit_ban on=411 strikes=9/10m ban=1m;
        api_ratelimit_ban on=412 strikes=9/10m ban=1m;
        api_ratelimit_ban on=413 strikes=9/10m ban=1m;
        api_ratelimit_ban on=414 strikes=9/10m ban=1m;
        api_ratelimit_ban on=401 strikes=2/10m ban=1m;
        UP
    }
    location / { api_ratelimit_ban on=none; UP }
--- request eval
["GET /no", "GET /", "GET /no", "GET /"]
--- error_code eval
[401, 200, 401, 429]



=== TEST 8: what is refused is not mirrored, and a mirror costs nothing
--- http_config
    api_ratelimit_policy p zone=z key=$http_x_key rate=1r/h burst=2;
--- config
    location / { api_ratelimit p; mirror /mirror; UP }
    location = /mirror {
        internal;
        api_ratelimit p;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/mirrored$is_args$args;
    }
--- request eval
["GET /?n=1", "GET /?n=2", "GET /?n=3"]
--- more_headers eval
[("X-Key: a") x 3]
--- error_code eval
[200, 200, 429]
--- access_log eval
["GET /mirrored?n=1 ", "GET /mirrored?n=2 "]
--- no_access_log
GET /mirrored?n=3 



=== TEST 9: auth_request costs once, also where it is refused itself
--- http_config
    api_ratelimit_policy p zone=z key=$http_x_key rate=1r/h burst=2 at=address;
    api_ratelimit_policy q zone=z key=$http_x_key rate=1r/h burst=1;
--- config
    api_ratelimit p;
    location / { auth_request /ask; api_ratelimit q; UP }
    location = /ask { internal; api_ratelimit q; return 204; }
    location /no { auth_request /deny; api_ratelimit q; UP }
    location = /deny { internal; return 403; }
--- request eval
["GET /no", "GET /", "GET /"]
--- more_headers eval
[("X-Key: a") x 3]
--- error_code eval
[403, 200, 429]
