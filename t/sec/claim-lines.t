use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => corp() . <<'END');
    api_claim_set $city address.city;

    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        return 200 "$http_x_user,$http_x_name,$http_x_city,$http_x_admin\n";
    }
END

    $block->set_value(config => <<'END');
    location /t {
        api_auth         jwt=corp;
        proxy_set_header X-User $api_principal;
        proxy_set_header X-Name $api_claim_name;
        proxy_set_header X-City $city;
        proxy_pass       http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
END
});

run_tests();

__DATA__

=== TEST 1: claims go on in headers
--- request
GET /t
--- more_headers eval
bearer(claims => { name => "J\x{f6}rg", address => { city => 'Ulm' } })
--- response_body eval
"alice,J\xc3\xb6rg,Ulm,\n"



=== TEST 2: an end of line in a claim begins no header of its own
--- request
GET /t
--- more_headers eval
bearer(claims => { name => "x\r\nX-Admin: 1" })
--- response_body
alice,,,
--- error_log
a claim has control characters in it and is not shown in a variable



=== TEST 3: nor in the principal
--- request
GET /t
--- more_headers eval
bearer(claims => { sub => "alice\nX-Admin: 1" })
--- response_body
,,,



=== TEST 4: nor behind a path
--- request
GET /t
--- more_headers eval
bearer(claims => { address => { city => "Ulm\r\nX-Admin: 1" } })
--- response_body
alice,,,



=== TEST 5: nor between the members of an object
--- request
GET /t
--- more_headers eval
bearer(raw_payload => json(claims()) =~ s/\}\z/,"name":{"a":\r\n1}}/r)
--- response_body
alice,,,
