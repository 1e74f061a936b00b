# What a worker has found out of a value is used when the value comes again.  An
# exclusion, a lower level or a rule that was not reached teach nothing: what one
# location lets pass another refuses, whichever of them was asked first.

use Test::Nginx::Socket 'no_plan';
use ApiTest;

my $rules = <<'END';
SecRule ARGS|REQUEST_HEADERS "@rx evil" "id:1,phase:2,deny,msg:'evil'"
SecRule ARGS "!@rx ^[a-z0-9 ;=']*$" "id:2,phase:2,deny,msg:'bytes'"
SecRule REQUEST_METHOD "@streq POST" "id:3,phase:2,deny,chain"
    SecRule ARGS "@detectSQLi" ""
END

add_block_preprocessor(sub {
    my $block = shift;
    $block->set_value(user_files => ">>> rules.conf\n$rules");
    $block->set_value(http_config => <<'END');
    api_waf_ruleset own $TEST_NGINX_SERVER_ROOT/html/rules.conf;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        return 200 "up\n";
    }
END
    $block->set_value(config => <<'END');
    location /free {
        api_waf         own;
        api_waf_exclude id=1-2 target=ARGS:q;
        proxy_pass      http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /watched {
        api_waf    own mode=monitor;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location / {
        api_waf    own;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
END
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: excluded first, then not: refused; and again
--- request eval
["GET /free?q=evil", "GET /free?q=evil", "GET /?q=evil", "GET /?q=evil", "GET /free?q=evil", "GET /?q=evil"]
--- error_code eval
[200, 200, 403, 403, 200, 403]



=== TEST 2: the same of a negated rule
--- request eval
["GET /free?q=A_B", "GET /free?q=A_B", "GET /?q=A_B", "GET /?q=A_B", "GET /free?q=A_B"]
--- error_code eval
[200, 200, 403, 403, 200]



=== TEST 3: watched first, then refused; a benign twin passes all the while
--- request eval
["GET /watched?q=evil", "GET /watched?q=good", "GET /?q=good", "GET /?q=evil", "GET /?q=good", "GET /?q=evil"]
--- error_code eval
[200, 200, 200, 403, 200, 403]



=== TEST 4: a link that was not reached has learned nothing
--- request eval
["GET /?q=1'%20or%20'1'='1", "GET /?q=1'%20or%20'1'='1", "POST /?q=1'%20or%20'1'='1\n", "GET /?q=1'%20or%20'1'='1", "POST /?q=1'%20or%20'1'='1\n"]
--- error_code eval
[200, 200, 403, 200, 403]



=== TEST 5: a value under one name, then under another
--- request eval
["GET /free?q=evil", "GET /free?p=evil", "GET /free?q=evil", "GET /free?p=evil"]
--- error_code eval
[200, 403, 200, 403]



=== TEST 6: a header value, whole and cut
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
["X-Note: evi", "X-Note: evil", "X-Note: evi", "X-Note: evil"]
--- error_code eval
[200, 403, 200, 403]
