# The variables of ngx_api_sec_module: what they show, when, and what they
# never show. Lines in claims are in claim-lines.t; vars-http2.t runs this
# file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

no_long_string();

add_block_preprocessor(sub {
    my ($block) = @_;

    my $more = $block->http_config // '';
    $block->set_value(http_config => corp() . $more) unless $more =~ /issuer/;
    $block->set_value(user_files => [['in.txt', "in\n"]]);
});

# the JSON of members behind those of a good token
sub raw {
    return bearer(raw_payload => json(claims()) =~ s/\}\z/,$_[0]}/r);
}

sub bad  { return bearer(key => 'hs256b', header => { kid => 'hs256' }) }
sub none { return 'X-None: 1' }

run_tests();

__DATA__

=== TEST 1: who, how and with what result
--- config
    location /v1/ {
        api_auth jwt=corp optional;
        add_header X-Who "$api_principal/$api_auth_method" always;
        add_header X-Why "$api_auth_result:$api_auth_error" always;
        add_header X-What "$api_decision:$api_reason" always;
        try_files /in.txt =404;
    }
--- request eval
["GET /v1/", "GET /v1/", "GET /v1/", "GET /v1/"]
--- more_headers eval
[bearer(), main::none(), main::bad(), bearer(claims => { sub => undef })]
--- error_code eval
[200, 200, 401, 200]
--- response_headers eval
["X-Who: alice/jwt\nX-Why: ok:\nX-What: allow:",
 "X-Who: /\nX-Why: missing:missing\nX-What: allow:",
 "X-Who: /\nX-Why: invalid:signature\nX-What: deny:signature",
 "X-Who: /jwt\nX-Why: ok:\nX-What: allow:"]



=== TEST 2: claims of every type
--- config
    location /v1/ {
        api_auth jwt=corp;
        add_header X-Claim "[$api_claim_x]";
        try_files /in.txt =404;
    }
--- request eval
[("GET /v1/") x 20]
--- more_headers eval
[map { main::raw($_) } '"x":"text"', '"x":""', '"x":"a b,c"',
 '"x":"\u0061\"\\\\"', '"x":1', '"x":-1.50e+3', '"x":9007199254740993',
 '"x":true', '"x":false', '"x":null', '"x":[]', '"x":["a","b"]',
 '"x":[1,true,"c"]', '"x":["a,b","c"]', '"x":["a",["b"]]', '"x":{}',
 '"x":{"a":{"b":[1]}}', '"X":"upper"', '"y":"other"', '"x":"\u00fc"']
--- error_code eval
[(200) x 20]
--- response_headers eval
[map { "X-Claim: [$_]" } 'text', '', 'a b,c', 'a"\\', '1', '-1.50e+3',
 '9007199254740993', 'true', 'false', '', '', 'a,b', '1,true,c',
 '["a,b","c"]', '["a",["b"]]', '{}', '{"a":{"b":[1]}}', 'upper', '',
 "\xc3\xbc"]



=== TEST 3: names that differ in case alone: neither is shown
--- config
    location /v1/ {
        api_auth jwt=corp;
        add_header X-Claim "[$api_claim_role][$lower][$upper]";
        try_files /in.txt =404;
    }
--- http_config
    api_claim_set $lower role;
    api_claim_set $upper Role;
--- request
GET /v1/
--- more_headers eval: main::raw('"role":"user","Role":"admin"')
--- response_headers
X-Claim: [][user][admin]
--- error_log
two names differ from "role" in case alone, neither is shown: use api_claim_set



=== TEST 4: paths
--- http_config
    api_claim_set $tenant  org.tenant;
    api_claim_set $second  roles[1];
    api_claim_set $groups  '["https://example.com/groups"][0]';
    api_claim_set $deep    a[0].b.c;
    api_claim_set $whole   a;
    api_claim_set $dotted  x.y;
--- config
    location /v1/ {
        api_auth jwt=corp;
        add_header X-Claim "$tenant|$second|$groups|$deep|$whole|$dotted";
        try_files /in.txt =404;
    }
--- request eval
["GET /v1/", "GET /v1/", "GET /v1/"]
--- more_headers eval
[main::raw('"org":{"tenant":"acme"},"roles":["r0","r1"],"a":[{"b":{"c":7}}],'
           . '"https://example.com/groups":["g0","g1"],"x.y":"whole"'),
 main::raw('"org":"acme","roles":["r0"],"a":{"0":{"b":{"c":7}}},'
           . '"https://example.com/groups":"g0","x":{"y":"part"}'),
 bearer()]
--- error_code eval
[200, 200, 200]
--- response_headers eval
['X-Claim: acme|r1|g0|7|[{"b":{"c":7}}]|whole',
 'X-Claim: ||||{"0":{"b":{"c":7}}}|part', 'X-Claim: |||||']



=== TEST 5: members of the header
--- config
    location /v1/ {
        api_auth jwt=corp;
        add_header X-Header "$api_jwt_header_alg,$api_jwt_header_typ,$api_jwt_header_kid,$api_jwt_header_x,$api_jwt_header_none";
        try_files /in.txt =404;
    }
--- request
GET /v1/
--- more_headers eval: bearer(header => { typ => 'at+jwt', x => [1, 'b'] })
--- response_headers
X-Header: HS256,at+jwt,hs256,1,b,



=== TEST 6: nothing of a token that was not verified
--- http_config
    api_claim_set $tenant org.tenant;
--- config
    api_auth jwt=corp mode=monitor;
    add_header X-Claim "[$api_principal$api_auth_method$api_claim_sub$api_claim_x$tenant$api_jwt_header_alg$api_jwt_header_kid]" always;
    add_header X-Why "$api_auth_result:$api_auth_error" always;
    location /monitor/ { try_files /in.txt =404; }
    location /enforce/ { api_auth jwt=corp; try_files /in.txt =404; }
    location /optional/ { api_auth jwt=corp optional; try_files /in.txt =404; }
    location /off/ { api_auth jwt=corp mode=off; try_files /in.txt =404; }
    location /none/ { api_auth off; try_files /in.txt =404; }
--- request eval
[map { ("GET /$_/") x 4 } qw(monitor enforce optional off none)]
--- more_headers eval
my %x = (claims => { x => 'x', org => { tenant => 't' } });
[(bearer(%x, key => 'hs256b', header => { kid => 'hs256' }),
  bearer(%x, header => { alg => 'none' }),
  bearer(claims => { x => 'x', exp => 1 }),
  bearer(claims => { x => 'x', iss => 'https://stranger.example' })) x 5]
--- error_code eval
[(200) x 4, (401) x 8, (200) x 8]
--- response_headers eval
[(map { "X-Claim: []\nX-Why: invalid:$_" }
  (qw(signature alg_not_allowed expired issuer)) x 3),
 ("X-Claim: []\nX-Why: :") x 8]



=== TEST 7: monitor shows a good one
--- config
    location /v1/ {
        api_auth jwt=corp mode=monitor;
        add_header X-Who "$api_principal,$api_claim_x,$api_jwt_header_alg";
        try_files /in.txt =404;
    }
--- request
GET /v1/
--- more_headers eval: bearer(claims => { x => 'y' })
--- response_headers
X-Who: alice,y,HS256



=== TEST 8: empty before the access phase, and not kept from there
--- config
    location /v1/ {
        set $early "$api_principal$api_claim_sub$api_auth_result$api_decision";
        if ($api_principal) { return 500; }
        api_auth jwt=corp;
        add_header X-Early "[$early]";
        add_header X-Late "$api_principal,$api_claim_sub,$api_auth_result";
        try_files /in.txt =404;
    }
--- request
GET /v1/
--- more_headers eval: bearer()
--- response_headers
X-Early: []
X-Late: alice,alice,ok



=== TEST 9: a map keeps what it saw first, unless it is volatile
--- http_config
    map $api_principal $kept { default "[$api_principal]"; }
    map $api_principal $fresh { volatile; default "[$api_principal]"; }
--- config
    location /v1/ {
        set $early "$kept$fresh";
        api_auth jwt=corp;
        add_header X-Map "$early$kept$fresh";
        try_files /in.txt =404;
    }
--- request
GET /v1/
--- more_headers eval: bearer()
--- response_headers
X-Map: [][][][alice]



=== TEST 10: upstreams, logs, limits of later phases see them
--- http_config
    log_format who "who=$api_principal claim=$api_claim_x why=$api_reason id=$api_support_id/$request_id";
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        return 200 "user=$http_x_user\n";
    }
--- config
    access_log $TEST_NGINX_SERVER_ROOT/logs/access.log who;
    location /v1/ {
        api_auth jwt=corp;
        proxy_set_header X-User $api_principal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /v1/", "GET /v1/"]
--- more_headers eval
[bearer(claims => { x => 'y' }) . "\nX-User: mallory", main::bad()]
--- error_code eval
[200, 401]
--- response_body_like eval
[qr/\Auser=alice\n\z/, problem_like(status => 401)]
--- access_log eval
[qr{^who=alice claim=y why=- id=([0-9a-f]{32})/\1$},
 qr{^who=- claim=- why=signature id=([0-9a-f]{32})/\1$}]



=== TEST 11: R27, a client's header is replaced, on public places too
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        return 200 "user=$http_x_user;\n";
    }
--- config
    proxy_set_header X-User $api_principal;
    location /v1/ {
        api_auth jwt=corp optional;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /public/ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /v1/", "GET /v1/", "GET /public/", "GET /public/"]
--- more_headers eval
["X-User: root", bearer() . "\nX-User: root", "X-User: root",
 bearer() . "\nX-User: root"]
--- error_code eval
[200, 200, 200, 200]
--- response_body eval
["user=;\n", "user=alice;\n", "user=;\n", "user=;\n"]



=== TEST 12: they survive redirects and are seen by subrequests
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location /accel { add_header X-Accel-Redirect /internal/; return 200; }
        location /fail { return 500; }
    }
--- config
    add_header X-Who $api_principal always;
    location /accel { api_auth jwt=corp; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /internal/ { internal; try_files /in.txt =404; }
    location /named { api_auth jwt=corp; try_files /none @named; }
    location @named { try_files /in.txt =404; }
    location /fail {
        api_auth jwt=corp;
        proxy_intercept_errors on;
        error_page 500 =200 @named;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /accel", "GET /named", "GET /fail", "GET /fail"]
--- more_headers eval
[bearer(), bearer(), bearer(), main::none()]
--- error_code eval
[200, 200, 200, 401]
--- response_headers eval
["X-Who: alice", "X-Who: alice", "X-Who: alice", "! X-Who"]



=== TEST 13: after another policy they speak of that one
--- http_config
    api_jwt_issuer partner {
        issuer https://idp.example; audience invoices; algorithms HS256;
        key file:$TEST_NGINX_KEYS_DIR/hs256.secret;
    }
    api_jwt_issuer corp {
        issuer https://idp.example; audience orders; algorithms HS256;
        key file:$TEST_NGINX_KEYS_DIR/hs256.secret;
    }
--- config
    add_header X-Who "$api_principal/$api_auth_result" always;
    location /v1 { api_auth jwt=corp; try_files /none @other; }
    location @other { api_auth jwt=partner; try_files /in.txt =404; }
--- request eval
["GET /v1", "GET /v1"]
--- more_headers eval
[bearer(), bearer(claims => { aud => ['orders', 'invoices'] })]
--- error_code eval
[401, 200]
--- response_headers eval
["X-Who: /invalid", "X-Who: alice/ok"]



=== TEST 14: a configuration cannot write them
--- config
    location /v1/ { set $api_principal root; }
--- must_die
--- error_log
the duplicate "api_principal" variable in



=== TEST 15: api_require reads the claim, whatever a variable of its name says
--- config
    location /v1/ {
        set $api_claim_role admin;
        api_auth jwt=corp;
        api_require claim:role exists;
        try_files /in.txt =404;
    }
--- request
GET /v1/
--- more_headers eval: bearer()
--- error_code: 403



=== TEST 16: the record has no name in a configuration
--- config
    location /v1/ { return 200 "${api record/1}"; }
--- must_die
--- error_log
the closing bracket in "api" variable is missing in



=== TEST 17: ... and with quotes, which let it through, nothing may be set
--- config
    location /v1/ {
        set "$api record/1" $arg_x;
        api_auth jwt=corp;
        try_files /none =404;
    }
--- must_die
--- error_log
the variable "$api record/1" is not for configurations



=== TEST 18: what is no variable
--- http_config
    api_claim_set tenant org.tenant;
--- config
--- must_die
--- error_log
"tenant" is no variable: write "api_claim_set $name claim;" in



=== TEST 19: what is no path
--- http_config
    api_claim_set $tenant org..tenant;
--- config
--- must_die
--- error_log eval
qr/\[emerg\] .*"org\.\.tenant": .+ in \S+nginx\.conf:\d+$/



=== TEST 20: a name that is taken
--- http_config
    api_claim_set $host org.tenant;
--- config
--- must_die
--- error_log
the duplicate "host" variable in



=== TEST 21: one name for two claims
--- http_config
    api_claim_set $tenant org.tenant;
    api_claim_set $tenant tenant;
--- config
--- must_die
--- error_log
the duplicate "tenant" variable in
