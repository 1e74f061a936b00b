use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

# Clients have the addresses they say: X-Forwarded-For by realip.
add_block_preprocessor(sub {
    my ($block) = @_;

    return if defined $block->must_die;

    $block->set_value(http_config => <<'END' . ($block->http_config // ''));
    set_real_ip_from 127.0.0.1;
    real_ip_header   X-Forwarded-For;
    api_zone suite 1m;
    api_ratelimit_ban_zone 64k;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "app\n"; }
        location /no { return 401 "no\n"; }
        location /miss { return 404 "miss\n"; }
        location /broken { return 502 "broken\n"; }
    }
END

    my $up = 'proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;';
    $block->set_value(config =>
        ($block->config // "BAN(on=401)\nlocation / { UP }") =~ s/UP/$up/gr
        =~ s{BAN\((.*?)\)}{api_ratelimit_ban $1 strikes=3/10m ban=1m max=1h;}gr);
});

sub from { return map { "X-Forwarded-For: $_" } @_ }

no_root_location();
run_tests();

__DATA__

=== TEST 1: three failures ban, everywhere the line stands
--- request eval
["GET /no", "GET /no", "GET /", "GET /no", "GET /", "GET /no"]
--- more_headers eval
[main::from(("192.0.2.1") x 6)]
--- error_code eval
[401, 401, 200, 401, 429, 429]
--- raw_response_headers_unlike eval
["Retry-After", "Retry-After", "Retry-After", "Retry-After", "RateLimit",
 "RateLimit"]
--- raw_response_headers_like eval
["HTTP", "HTTP", "HTTP", "HTTP", qr/Retry-After: [345]\d|60/,
 qr/Retry-After: [345]\d|60/]
--- error_log
banned "192.0.2.1" for 60 s
--- no_error_log
[alert]



=== TEST 2: what the client reads
--- request eval
["GET /no", "GET /no", "GET /no", "GET /"]
--- more_headers eval
[main::from(("192.0.2.1") x 4)]
--- error_code eval
[401, 401, 401, 429]
--- response_body_like eval
["no", "no", "no", main::problem_like(status => 429, code => 'banned',
    type => 'https://iana.org/assignments/http-problem-types#abnormal-usage-detected')]
--- error_log
refused 429 ban banned: 192.0.2.1 for



=== TEST 3: others are not touched
--- request eval
["GET /no", "GET /no", "GET /no", "GET /", "GET /"]
--- more_headers eval
[main::from(("192.0.2.1") x 3, "192.0.2.2", "192.0.2.1")]
--- error_code eval
[401, 401, 401, 200, 429]



=== TEST 4: two failures are none
--- request eval
["GET /no", "GET /no", "GET /", "GET /", "GET /"]
--- more_headers eval
[main::from(("192.0.2.1") x 5)]
--- error_code eval
[401, 401, 200, 200, 200]
--- no_error_log
banned



=== TEST 5: a /64 is one client, the next one is another
--- request eval
["GET /no", "GET /no", "GET /no", "GET /", "GET /"]
--- more_headers eval
[main::from("2001:db8::1", "2001:db8::2:1", "2001:db8::3", "2001:db8:0:0:9::",
    "2001:db8:0:1::1")]
--- error_code eval
[401, 401, 401, 429, 200]
--- error_log
banned "2001:db8::/64"



=== TEST 6: an IPv4 address in IPv6 clothes is the IPv4 address
--- request eval
["GET /no", "GET /no", "GET /no", "GET /", "GET /"]
--- more_headers eval
[main::from("::ffff:192.0.2.1", "192.0.2.1", "::ffff:c000:201", "192.0.2.1",
    "::ffff:192.0.2.2")]
--- error_code eval
[401, 401, 401, 429, 200]
--- error_log
banned "192.0.2.1"



=== TEST 7: over HTTP/2
--- http2
--- request eval
["GET /no", "GET /no", "GET /no", "GET /"]
--- more_headers eval
[main::from(("192.0.2.1") x 4)]
--- error_code eval
[401, 401, 401, 429]
--- response_body_like eval
["no", "no", "no", main::problem_like(status => 429, code => 'banned')]



=== TEST 8: refusals of authentication count; so do they of a body
--- http_config eval
main::corp()
--- config
    BAN(on=auth,body)
    location /     { api_auth jwt=corp; UP }
    location /open { api_body_limit 5; api_body json; UP }
--- request eval
["GET /", "GET /x", "GET /open", "POST /open\n{\"a\":1}", "GET /open"]
--- more_headers eval
[main::from(("192.0.2.1") x 3),
 "X-Forwarded-For: 192.0.2.1\nContent-Type: application/json",
 main::from("192.0.2.1")]
--- error_code eval
[401, 401, 200, 413, 429]



=== TEST 9: the upstream's own failures are told by their status
--- config
    BAN(on=401,502)
    location / { UP }
--- request eval
["GET /no", "GET /broken", "GET /no", "GET /"]
--- more_headers eval
[main::from(("192.0.2.1") x 4)]
--- error_code eval
[401, 502, 401, 429]



=== TEST 10: ... and nothing else
--- config
    BAN(on=403)
    location / { UP }
--- request eval
[("GET /no") x 5]
--- more_headers eval
[main::from(("192.0.2.1") x 5)]
--- error_code eval
[(401) x 5]
--- no_error_log
banned



=== TEST 11: a return counts, and a request that is none
--- config
    BAN(on=400,410)
    location /gone { return 410 "gone\n"; }
    location / { UP }
--- request eval
["GET /gone", "GET /gone", "GET /gone", "GET /"]
--- more_headers eval
[main::from(("192.0.2.1") x 4)]
--- error_code eval
[410, 410, 410, 429]



=== TEST 12: strikes of a location count where an error_page leads away
--- config
    location /in { BAN(on=401) error_page 401 = @sorry;
        proxy_intercept_errors on; rewrite ^ /no break; UP }
    location @sorry { return 401 "sorry\n"; }
--- request eval
["GET /in", "GET /in", "GET /in", "GET /in"]
--- more_headers eval
[main::from(("192.0.2.1") x 4)]
--- error_code eval
[401, 401, 401, 429]



=== TEST 13: one strike a request, also with redirects inside
--- config
    BAN(on=401)
    location /in { error_page 401 = /two; proxy_intercept_errors on;
        rewrite ^ /no break; UP }
    location /two { error_page 401 = @sorry; proxy_intercept_errors on;
        rewrite ^ /no break; UP }
    location @sorry { return 401 "sorry\n"; }
    location / { UP }
--- request eval
["GET /in", "GET /in", "GET /", "GET /in", "GET /"]
--- more_headers eval
[main::from(("192.0.2.1") x 5)]
--- error_code eval
[401, 401, 200, 401, 429]



=== TEST 14: the ban holds only where the line stands
--- config
    location /in { BAN(on=401) rewrite ^ /no break; UP }
    location / { UP }
--- request eval
["GET /in", "GET /in", "GET /in", "GET /in", "GET /"]
--- more_headers eval
[main::from(("192.0.2.1") x 5)]
--- error_code eval
[401, 401, 401, 429, 200]



=== TEST 15: on=none looks for bans of others
--- config
    location /in { BAN(on=401) rewrite ^ /no break; UP }
    location /too { api_ratelimit_ban on=none; UP }
    location / { UP }
--- request eval
["GET /in", "GET /in", "GET /in", "GET /too", "GET /"]
--- more_headers eval
[main::from(("192.0.2.1") x 5)]
--- error_code eval
[401, 401, 401, 429, 200]



=== TEST 16: off, and what adds up
--- config
    BAN(on=401)
    location /off { api_ratelimit_ban off; rewrite ^ /no break; UP }
    location /other { BAN(on=502) rewrite ^ /broken break; UP }
    location / { UP }
--- request eval
[("GET /off") x 4, "GET /", ("GET /other") x 3, "GET /"]
--- more_headers eval
[main::from(("192.0.2.1") x 9)]
--- error_code eval
[(401) x 4, 200, (502) x 3, 429]



=== TEST 17: monitor tells and lets pass; it does not ban elsewhere
--- config
    location /watch { api_ratelimit_ban on=401 strikes=2/1m ban=1m
        mode=monitor; rewrite ^ /no break; UP }
    location / { BAN(on=502) UP }
--- request eval
[("GET /watch") x 4, "GET /"]
--- more_headers eval
[main::from(("192.0.2.1") x 5)]
--- error_code eval
[(401) x 4, 200]
--- error_log
would ban "192.0.2.1" for 60 s
would refuse 429 ban banned



=== TEST 18: the ceiling of api_mode
--- config
    api_mode monitor;
    BAN(on=401)
    location / { UP }
--- request eval
[("GET /no") x 4]
--- more_headers eval
[main::from(("192.0.2.1") x 4)]
--- error_code eval
[(401) x 4]
--- error_log
would refuse 429 ban banned



=== TEST 19: who is allowed is never banned
--- http_config
    api_ratelimit_ban_allow 192.0.2.0/24 2001:db8::/32;
--- request eval
[("GET /no") x 4, ("GET /no") x 4, ("GET /no") x 4]
--- more_headers eval
[main::from(("192.0.2.1") x 4, ("2001:db8:7::1") x 4, ("198.51.100.1") x 4)]
--- error_code eval
[(401) x 8, (401) x 3, 429]



=== TEST 20: ... also by a file
--- user_files
>>> allow.txt
# offices
192.0.2.0/24
--- http_config
    api_ratelimit_ban_allow $TEST_NGINX_HTML_DIR/allow.txt;
--- request eval
[("GET /no") x 4, ("GET /no") x 4]
--- more_headers eval
[main::from(("192.0.2.1") x 4, ("198.51.100.1") x 4)]
--- error_code eval
[(401) x 4, (401) x 3, 429]



=== TEST 21: another key; it may be a secret and is not logged
--- config
    api_ratelimit_ban on=401 strikes=3/10m ban=1m key=$http_x_key;
    location / { UP }
--- request eval
[("GET /no") x 4, "GET /", "GET /"]
--- more_headers eval
[("X-Key: sesame") x 4, "X-Key: other", ""]
--- error_code eval
[401, 401, 401, 429, 200, 200]
--- error_log eval
qr/banned "[0-9a-f]{16}" for 60 s/
--- no_error_log
banned "sesame"



=== TEST 22: an identity, behind authentication
--- user_files
>>> htpasswd
joe:{PLAIN}x
eve:{PLAIN}x
--- config
    location / {
        auth_basic "x"; auth_basic_user_file $TEST_NGINX_HTML_DIR/htpasswd;
        api_ratelimit_ban on=401 strikes=2/10m ban=1m key=$remote_user
            at=identity;
        UP
    }
--- request eval
["GET /no", "GET /no", "GET /", "GET /", "GET /"]
--- more_headers eval
[("Authorization: Basic am9lOng=") x 3, "Authorization: Basic ZXZlOng=", ""]
--- error_code eval
[401, 401, 429, 200, 401]
--- error_log
banned "joe"



=== TEST 23: another status; the connection closed
--- config
    api_ratelimit_ban on=401 strikes=1/10m ban=1m status=403;
    location / { UP }
--- request eval
["GET /no", "GET /"]
--- more_headers eval
[main::from(("192.0.2.1") x 2)]
--- error_code eval
[401, 403]



=== TEST 24: subrequests are not strikes and are not looked at
--- config
    BAN(on=401)
    location / { auth_request /ask; auth_request_set $x $upstream_status; UP }
    location = /ask { internal; rewrite ^ /x break; UP }
--- request eval
[("GET /") x 5]
--- more_headers eval
[main::from(("192.0.2.1") x 5)]
--- error_code eval
[(200) x 5]



=== TEST 25: what satisfy any overrules is no strike
--- http_config eval
main::corp()
--- config
    BAN(on=auth)
    location / { satisfy any; allow all; api_auth jwt=corp; UP }
--- request eval
[("GET /") x 5]
--- more_headers eval
[main::from(("192.0.2.1") x 5)]
--- error_code eval
[(200) x 5]
--- no_error_log
banned



=== TEST 26: a unix socket has no address, and no ban
--- http_config
    server { listen unix:$TEST_NGINX_SERVER_ROOT/s.sock;
        api_ratelimit_ban on=401 strikes=1/10m ban=1m;
        return 401; }
--- config
    location / { proxy_pass http://unix:$TEST_NGINX_SERVER_ROOT/s.sock; }
--- request eval
[("GET /") x 4]
--- error_code eval
[(401) x 4]
--- no_error_log
banned



=== TEST 27: if and limit_except
--- config
    location /if {
        if ($arg_ban) { BAN(on=502) rewrite ^ /broken break; UP }
        rewrite ^ /broken break; UP
    }
    location / { limit_except GET { BAN(on=502) } UP }
--- request eval
[("GET /if?ban=1") x 4, "GET /if", "GET /", "POST /x"]
--- more_headers eval
[main::from(("192.0.2.1") x 7)]
--- error_code eval
[(502) x 3, 429, 502, 200, 429]



=== TEST 28: what a behaviour refuses is a strike; who looks around for long is banned
--- config
BAN(on=behavior)
location / { api_behavior scanner over=3 action=throttle ttl=1h; UP }
location = /other { UP }
--- request eval
[(map { "GET /miss/$_" } "a" .. "h"), ("GET /") x 5, "GET /other"]
--- more_headers eval
[main::from(("192.0.2.1") x 14)]
--- error_code_like eval
[(qr/404|429/) x 8, (429) x 6]
--- response_body_like eval
[("") x 13, main::problem_like(status => 429, code => 'banned')]
--- error_log
banned "192.0.2.1" for 60 s
--- no_error_log
[alert]



=== TEST 29: ... and before that it is the behaviour that refuses
--- config
BAN(on=401)
location / { api_behavior scanner over=3 action=throttle ttl=1h; UP }
location = /other { UP }
--- request eval
[(map { "GET /miss/$_" } "a" .. "h"), ("GET /") x 5, "GET /other"]
--- more_headers eval
[main::from(("192.0.2.1") x 14)]
--- error_code_like eval
[(qr/404|429/) x 8, (429) x 5, 200]
--- response_body_like eval
[("") x 8, (main::problem_like(status => 429, code => 'behavior')) x 5, "app"]
--- no_error_log
banned



=== TEST 30: a behaviour that is only noted is none, nor is that of another
--- config
BAN(on=behavior)
location / { api_behavior scanner over=3 action=tag ttl=1h; UP }
location = /threat { api_behavior scanner over=3 action=tag; add_header X-Threat "$api_threat."; UP }
--- request eval
[(map { "GET /miss/$_" } "a" .. "l"), "GET /threat", "GET /", "GET /threat"]
--- more_headers eval
[main::from(("192.0.2.1") x 14, "192.0.2.9")]
--- error_code eval
[(404) x 12, (200) x 3]
--- raw_response_headers_like eval
[("HTTP") x 12, "X-Threat: scanner", "HTTP", 'X-Threat: \.']
--- no_error_log
banned
