# api_waf_patch: inline, from a watched file, expiry.

use Test::Nginx::Socket 'no_plan';
use ApiTest;

no_root_location();

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(config => '') if !defined $block->config;
    $block->set_value(http_config => <<'END' . ($block->http_config // ''));
    log_format waf '$status $uri action=$api_waf_action why=$api_reason';
    access_log logs/access.log waf;

    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        access_log off;
        return 200 "up\n";
    }
    api_waf_ruleset none $TEST_NGINX_HTML_DIR/none.conf;
END

    $block->set_value(user_files => <<'END' . ($block->user_files // ''));
>>> none.conf
SecRule ARGS "@contains evil" "id:20,phase:2,deny,log"
>>> patches
# two of them
cve-1  path=/export param=ARGS:file match="\.\./" \
       expires=2099-12-31 owner=orders
cve-2  path=/admin* param=HEADERS:x-mode match=^debug$ expires=2099-12-31 owner="the \"admins\""
cve-3  path=/old param=ARGS match=. expires=2020-01-31 owner=nobody
>>> broken
cve-1  path=/export param=ARGS:file match="(" expires=2099-12-31 owner=orders
END
});

check_problems();
run_tests();

__DATA__

=== TEST 1: inline: refused, with the id in the log
--- config
    location / {
        api_waf none;
        api_waf_patch cve-1 path=/export param=ARGS:file match=\.\./ expires=2099-12-31 owner=orders;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /export?file=../../x
--- error_code: 403
--- problem
status: 403
code: request_blocked
--- access_log
403 /export action=refused why=patch
--- error_log
refused 403 waf patch: cve-1



=== TEST 2: ... its twins: another value, field and path
--- config
    location / {
        api_waf none;
        api_waf_patch cve-1 path=/export param=ARGS:file match=\.\./ expires=2099-12-31 owner=orders;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /export?file=x", "GET /export?name=../x", "GET /exports?file=../x", "GET /export?file=%2e%2e/", "POST /export\nfile=../x", "POST /export\n{\"file\":\"../x\"}"]
--- more_headers eval
["", "", "", "", "Content-Type: application/x-www-form-urlencoded", "Content-Type: application/json"]
--- error_code eval
[200, 200, 200, 403, 403, 200]



=== TEST 3: from a file; a prefix; headers in any case; an expired one
--- config
    location / {
        api_waf none;
        api_waf_patch $TEST_NGINX_HTML_DIR/patches;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /export?file=../x", "GET /admin/x", "GET /admin/x", "GET /old?a=b"]
--- more_headers eval
["", "X-MODE: debug", "X-Mode: debugger", ""]
--- error_code eval
[403, 403, 200, 200]



=== TEST 4: an expired one says so
--- http_config
    api_waf_patch cve-9 path=/ param=ARGS match=. expires=2020-01-31 owner=nobody;
--- config
    location / { api_waf none; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /?a=b
--- response_body
up



=== TEST 5: monitor
--- config
    location / {
        api_waf none mode=monitor;
        api_waf_patch $TEST_NGINX_HTML_DIR/patches;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /export?file=../x
--- response_body
up
--- access_log
200 /export action=monitor why=patch



=== TEST 6: they add up; off takes back what stands above
--- http_config
    api_waf none;
    api_waf_patch $TEST_NGINX_HTML_DIR/patches;
--- config
    location /export { api_waf_patch more path=/export* param=ARGS match=zzz expires=2099-01-01 owner=me; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /admin { api_waf_patch off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /export?file=../x", "GET /export?a=zzz", "GET /admin/x"]
--- more_headers eval
["", "", "X-Mode: debug"]
--- error_code eval
[403, 403, 200]



=== TEST 7: a file that changes, without a reload
--- config
    location / {
        api_waf none;
        api_waf_patch $TEST_NGINX_HTML_DIR/live;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- user_files
>>> live
one path=/a param=ARGS match=bad expires=2099-12-31 owner=me
--- init
my $root = html_dir();
ApiTest::write_file("$root/live.new", "two path=/b param=ARGS match=bad expires=2099-12-31 owner=me\n");
rename "$root/live.new", "$root/live" or die "rename: $!";
sleep 4;
--- request eval
["GET /a?q=bad", "GET /b?q=bad"]
--- error_code eval
[200, 403]



=== TEST 8: a mistake in a file
--- config
    location / { api_waf none; api_waf_patch $TEST_NGINX_HTML_DIR/broken; }
--- must_die
--- error_log eval
qr/line 1: PCRE2 refuses the pattern/



=== TEST 9: no expiry
--- config
    location / { api_waf none; api_waf_patch a path=/ param=ARGS match=x owner=me; }
--- must_die
--- error_log
the patch has no such key: "expires"



=== TEST 10: a day that is none
--- config
    location / { api_waf none; api_waf_patch a path=/ param=ARGS match=x owner=me expires=2026-02-30; }
--- must_die
--- error_log
expires= takes a day



=== TEST 11: a variable that is none
--- config
    location / { api_waf none; api_waf_patch a path=/ param=BODY match=x owner=me expires=2026-02-20; }
--- must_die
--- error_log
param= takes ARGS:NAME, HEADERS:NAME or COOKIES:NAME



=== TEST 12: one that expires while nginx runs says so, once
--- config
    location / {
        api_waf none;
        api_waf_patch $TEST_NGINX_HTML_DIR/brief;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- user_files
>>> brief
brief path=/a param=ARGS match=bad expires=2099-12-31 owner="who knows"
--- init
my $root = html_dir();
my $end = time + 6;
my @t = gmtime $end;
ApiTest::write_file("$root/brief.new", sprintf "brief path=/a param=ARGS "
    . "match=bad expires=%d-%02d-%02dT%02d:%02d:%02dZ owner=\"who knows\"\n",
    $t[5] + 1900, $t[4] + 1, @t[3, 2, 1, 0]);
rename "$root/brief.new", "$root/brief" or die "rename: $!";
sleep $end + 3 - time;
--- request
GET /a?q=bad
--- response_body
up
--- grep_error_log eval
qr/the patch "brief" has expired and stops nothing: "who knows"/
--- grep_error_log_out
the patch "brief" has expired and stops nothing: "who knows"



=== TEST 13: the metric counts those in force and those that are not
--- http_config
    api_zone main 1m;
    api_waf_patch cve-9 path=/ param=ARGS match=. expires=2020-01-31 owner=nobody;
--- config
    location / { api_waf none; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /a { api_waf none; api_waf_patch a path=/ param=ARGS match=. expires=2099-01-31 owner=x; return 200; }
    location /b { api_waf none; api_waf_patch $TEST_NGINX_HTML_DIR/patches; return 200; }
    location /_api/ { api_status; }
--- request eval
["GET /_api/metrics", "GET /_api/"]
--- response_body_like eval
[qr/^apisec_waf_patches\{state="valid"\} 3\napisec_waf_patches\{state="expired"\} 2$/m,
 qr/"patches":\{"valid":3,"expired":2\}/]
