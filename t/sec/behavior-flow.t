# api_behavior: ways around it. Each attack has a twin that passes;
# behavior-flow-http2.t runs this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest qw(:DEFAULT custom_sections);
use ApiTest::Sec;

our $UP = 'server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    location /none { return 404; }
    location / { return 200 "in\n"; }
}';

# n requests for what is not there, and a last one

sub misses {
    my ($n, $last, $place) = @_;
    return [(map { "GET $place/none/m$_" } 1 .. $n), "GET $last"];
}

our $V4 = sub { return [map {"X-Forwarded-For: $_"} @_] };

add_block_preprocessor(sub {
    my ($block) = @_;
    return if !defined $block->config;
    $block->set_value(http_config => "api_zone main 2m;\n"
        . "set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;\n"
        . corp()
        . "$main::UP\n" . ($block->http_config // ''));
});

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: a scanner is banned
--- config
    location / {
        api_behavior scanner over=10 action=ban;
        proxy_pass   http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
::misses(25, '/fine', '')
--- error_code_like eval
[('404|403') x 25, '403']



=== TEST 2: who misses a few is not
--- config
    location / {
        api_behavior scanner over=10 action=ban;
        proxy_pass   http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
::misses(6, '/fine', '')
--- error_code eval
[(404) x 6, 200]



=== TEST 3: a page that says 200 hides no miss
--- config
    location / {
        api_behavior scanner over=10 action=ban;
        proxy_intercept_errors on;
        error_page   404 =200 /sorry;
        proxy_pass   http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location = /sorry { api_behavior off; internal; return 200 "sorry\n"; }
    location = /after { api_behavior off; api_behavior scanner action=ban; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
::misses(25, '/after', '')
--- error_code_like eval
[('200|403') x 25, '403']



=== TEST 4: ... nor does a named location that answers
--- config
    location / {
        api_behavior scanner over=10 action=ban;
        proxy_intercept_errors on;
        error_page   404 = @other;
        proxy_pass   http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location @other { api_behavior off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
::misses(25, '/fine', '')
--- error_code_like eval
[('404|403') x 25, '403']



=== TEST 5: lines with other windows in one place do not take each other's counts
--- config
    api_behavior scanner over=1000 window=10m;
    location / {
        api_behavior scanner over=10 action=ban;
        proxy_pass   http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
::misses(25, '/fine', '')
--- error_code_like eval
[('404|403') x 25, '403']



=== TEST 6: a line that stands twice counts once
--- config
    api_behavior errors over=1000;
    api_behavior stuffing over=12 action=ban;
    location / {
        api_behavior stuffing over=12 action=ban;
        if ($arg_password != right) { return 401; }
        proxy_pass   http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
[('GET /login?password=wrong') x 9, 'GET /login?password=right']
--- error_code eval
[(401) x 9, 200]



=== TEST 7: addresses of one /64 are one place
--- config
    location / {
        api_behavior scanner over=10 action=ban;
        proxy_pass   http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
::misses(25, '/fine', '')
--- more_headers eval
$::V4->(map {"2001:db8:1:2::$_"} 1 .. 26)
--- error_code_like eval
[('404|403') x 25, '403']



=== TEST 8: ... and of another one another
--- config
    location / {
        api_behavior scanner over=10 action=ban;
        proxy_pass   http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
::misses(25, '/fine', '')
--- more_headers eval
$::V4->((map {"2001:db8:1:2::$_"} 1 .. 25), '2001:db8:1:3::1')
--- error_code_like eval
[('404|403') x 25, '200']



=== TEST 9: IPv4 in IPv6 is IPv4: no stranger pays
--- config
    location / {
        api_behavior scanner over=10 action=ban;
        proxy_pass   http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
::misses(25, '/fine', '')
--- more_headers eval
$::V4->(('::ffff:192.0.2.1') x 25, '::ffff:192.0.2.2')
--- error_code_like eval
[('404|403') x 25, '200']



=== TEST 10: a token from many networks
--- config
    location / {
        api_auth     jwt=corp;
        api_behavior sharing over=5 action=ban;
        proxy_pass   http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
[('GET /') x 16]
--- more_headers eval
[map { ::bearer() . "\nX-Forwarded-For: 198.51.$_.1" } 1 .. 16]
--- error_code_like eval
[('200') x 5, ('200|403') x 10, '403']



=== TEST 11: ... that are written as IPv6
--- config
    location / {
        api_auth     jwt=corp;
        api_behavior sharing over=5 action=ban;
        proxy_pass   http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
[('GET /') x 16]
--- more_headers eval
[map { ::bearer() . "\nX-Forwarded-For: ::ffff:198.51.$_.1" } 1 .. 16]
--- error_code_like eval
[('200') x 5, ('200|403') x 10, '403']



=== TEST 12: from one network, and many tokens from one, are as ever
--- config
    location / {
        api_auth     jwt=corp;
        api_behavior sharing over=5 action=ban;
        proxy_pass   http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
[('GET /') x 32]
--- more_headers eval
[(map { ::bearer() . "\nX-Forwarded-For: 198.51.100.$_" } 1 .. 16),
 (map { ::bearer(claims => { sub => "u$_" }) . "\nX-Forwarded-For: 198.51.100.1" } 1 .. 16)]
--- error_code eval
[(200) x 32]



=== TEST 13: objects in the query, where by= says so
--- config
    location / {
        api_behavior enumeration over=10 action=ban by=$arg_id;
        proxy_pass   http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
[(map {"GET /customer?id=$_"} 1 .. 25), 'GET /customer?id=1']
--- error_code_like eval
[('200|403') x 25, '403']



=== TEST 14: ... one object, and none
--- config
    location / {
        api_behavior enumeration over=10 action=ban by=$arg_id;
        proxy_pass   http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
[(map {"GET /customer/$_?id=7"} 1 .. 25), (map {"GET /customer/$_"} 1 .. 25)]
--- error_code eval
[(200) x 50]
