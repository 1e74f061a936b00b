# The page on false positives, step by step, with Debian's Core Rule Set: watch,
# count, exclude one field of some rules, enforce.

use Test::Nginx::Socket 'no_plan';
use ApiTest;

chomp(my $crs = `.ci/crs`);
open my $page, '<', 'docs/guide/waf-tuning.md' or die "the page: $!\n";
my ($format) = do { local $/; <$page> } =~ /^(log_format waf .*?;)$/ms or die "no log_format in the page\n";

add_block_preprocessor(sub {
    my $block = shift;
    $block->set_value(http_config => <<"END" . ($block->http_config // ''));
    api_waf_ruleset crs $crs/modsecurity.conf $crs/owasp-crs.load;
    $format
    access_log logs/access.log waf if=\$api_waf_rules;
    server {
        listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
        access_log off;
        return 200 "up\\n";
    }
END
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: watch: the rules and the field are in the log, the request passes
--- config
    location / { api_waf crs mode=monitor; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
POST /v1/articles
{"html":"<p onclick=\"go()\">Hello</p><script src=a.js></script>","search":"shoes"}
--- more_headers
Content-Type: application/json
Accept: */*
User-Agent: editor/1.0
--- response_body
up
--- access_log eval
qr/^\S+ 200 monitor \d+ 941100,941110,\S*949110 ARGS:json\.html\S* "POST \/v1\/articles" [0-9a-f]{32}$/m



=== TEST 2: what nothing matches is not in it
--- config
    location / { api_waf crs mode=monitor; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
POST /v1/articles
{"html":"Hello"}
--- more_headers
Content-Type: application/json
Accept: */*
User-Agent: editor/1.0
--- no_access_log
200 passed



=== TEST 3: exclude that field, and enforce: it passes, others and its neighbours do not
--- config
    location /v1/articles {
        api_waf         crs;
        api_waf_exclude id=941100-941380 target=ARGS:json.html;
        api_waf_exclude tag=attack-sqli  target=ARGS:json.search;
        proxy_pass      http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["POST /v1/articles\n" . '{"html":"<p onclick=\"go()\">Hello</p><script src=a.js></script>"}',
 "POST /v1/articles\n" . '{"search":"1\' or \'1\'=\'1"}',
 "POST /v1/articles\n" . '{"title":"<script src=a.js></script>"}',
 "POST /v1/articles\n" . '{"html":"1\' or \'1\'=\'1"}',
 "POST /v1/articles\n" . '{"search":"<script src=a.js></script>"}']
--- more_headers eval
[("Content-Type: application/json\nAccept: */*\nUser-Agent: editor/1.0") x 5]
--- error_code eval
[200, 200, 403, 403, 403]



=== TEST 4: a high threshold lets a single match pass, and refuses many
--- config
    location / {
        api_waf           crs;
        api_waf_threshold in=20;
        proxy_pass        http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /?q=%3Cp%20onclick%3D%22go%28%29%22%3E", "GET /?q=%3Cscript%3Ealert(document.cookie)%3C/script%3E&r=1%27%20or%20%271%27=%271"]
--- more_headers eval
[("Accept: */*\nUser-Agent: editor/1.0") x 2]
--- error_code eval
[200, 403]
