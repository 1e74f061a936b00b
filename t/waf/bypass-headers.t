# Names of headers that nginx drops, or hands on where it is told to: what goes
# upstream was looked at, and what was not looked at does not go there.

use Test::Nginx::Socket 'no_plan';
use ApiTest;

add_block_preprocessor(sub {
    my ($block) = @_;
    my $how = $block->config // '';
    $block->set_value(http_config => <<'END');
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        underscores_in_headers on;
        ignore_invalid_headers off;
        access_log off;
        return 200 "[$http_x_filter]\n";
    }
END
    $block->set_value(config => <<"END");
    $how
    location / {
        api_waf core;
        proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    }
END
    $block->set_value(no_error_log => '[alert]');
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: an underscore: the header does not go upstream
--- request
GET /
--- more_headers
X_Filter: 1' or '1'='1
--- response_body
[]



=== TEST 2: ... and is looked at where it does
--- config
underscores_in_headers on;
--- request
GET /
--- more_headers
X_Filter: 1' or '1'='1
--- error_code: 403
--- error_log
by 7600112



=== TEST 3: ... a benign one
--- config
underscores_in_headers on;
--- request
GET /
--- more_headers
X_Filter: O'Brien
--- response_body
[O'Brien]



=== TEST 4: a dot in the name
--- request
GET /
--- more_headers
X.Filter: 1' or '1'='1
--- response_body
[]



=== TEST 5: ... where it goes upstream
--- config
ignore_invalid_headers off;
--- request
GET /
--- more_headers
X.Filter: 1' or '1'='1
--- error_code: 403
--- error_log
by 7600112



=== TEST 6: each line of a header that comes twice
--- request
GET /
--- more_headers
X-Filter: open
X-Filter: 1' or '1'='1
--- error_code: 403
--- error_log
by 7600112



=== TEST 7: ... benign ones
--- request
GET /
--- more_headers
X-Filter: open
X-Filter: shut
--- response_body_like
^\[open



=== TEST 8: a name in any case
--- request
GET /
--- more_headers
x-FILTER: 1' or '1'='1
--- error_code: 403
--- error_log
by 7600112
