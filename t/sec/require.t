# api_require: each test with what passes and what does not, how lines add up
# and how levels inherit them. require-http2.t runs this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

custom_sections('requires');
no_long_string();

# The section "requires": Perl that gives [line, claims, pass or fail] (claims
# as a hash, or as the JSON of members). Each line stands in a location of its
# own.
add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => corp())
        unless defined $block->http_config;
    $block->set_value(user_files => [['in.txt', "in\n"]]);

    my $text = $block->requires // return;
    my @cases = eval "package main; no strict; $text";
    die $block->name . ": requires: $@" if $@;

    my %place;
    $place{ $_->[0] } //= keys %place for @cases;
    my @lines = sort { $place{$a} <=> $place{$b} } keys %place;

    $block->set_value(config => join '', map { "
        location /$place{$_}/ {
            api_auth jwt=corp;
            api_require $_;
            try_files /in.txt =404;
        }" } @lines);
    $block->set_value(request => [map { "GET /$place{$_->[0]}/" } @cases]);
    $block->set_value(more_headers => [map { with($_->[1]) } @cases]);
    $block->set_value(error_code => [map { $_->[2] eq 'pass' ? 200 : 403 }
        @cases]);
    $block->set_value(response_body_like => [map {
        $_->[2] eq 'pass' ? qr/\Ain\n\z/
            : problem_like(status => 403, code => $_->[0] =~ /\bscope /
                ? 'insufficient_scope' : 'forbidden')
    } @cases]);
});

# a good token with these claims
sub with {
    my ($claims) = @_;

    return bearer(claims => $claims) if ref $claims;
    return bearer(raw_payload => json(claims()) =~ s/\}\z/,$claims}/r);
}

sub none { return 'X-None: 1' }

run_tests();

__DATA__

=== TEST 1: scope: all of them
--- requires
(
    ['scope a', { scope => 'a' }, 'pass'],
    ['scope a', { scope => 'b a c' }, 'pass'],
    ['scope a', { scope => ['b', 'a'] }, 'pass'],
    ['scope a', { scp => 'a' }, 'pass'],
    ['scope a', { scp => ['a'] }, 'pass'],
    (map { ['scope a', $_, 'fail'] } {}, { scope => '' }, { scope => 'A' },
        { scope => 'ab' }, { scope => 'a:b' }, { scope => "a\tb" },
        { scope => 'a,b' }, { scope => ['a b'] }, { scope => { a => 1 } },
        { scope => [['a']] }, { scope => 'b', scp => 'a' },
        { scope => '', scp => 'a' }, { scopes => 'a' }, { roles => 'a' }),
    ['scope a', '"scope":null,"scp":"a"', 'pass'],
    ['scope a', '"scope":1', 'fail'],
    ['scope a b', { scope => 'b a' }, 'pass'],
    ['scope a b', { scope => 'a' }, 'fail'],
    ['scope a b', { scope => 'a c' }, 'fail'],
)



=== TEST 2: scope any: one of them
--- requires
(
    ['scope any a b', { scope => 'b' }, 'pass'],
    ['scope any a b', { scope => 'c a' }, 'pass'],
    ['scope any a b', { scope => 'any' }, 'fail'],
    ['scope any a b', {}, 'fail'],
    ['scope any', { scope => 'any' }, 'pass'],
    ['scope any', { scope => 'a' }, 'fail'],
)



=== TEST 3: eq and ne, by the type of the claim
--- requires
(
    ['claim:x eq 5', '"x":5', 'pass'],
    ['claim:x eq 5', '"x":5.0', 'pass'],
    ['claim:x eq 5', '"x":50e-1', 'pass'],
    ['claim:x eq 5', '"x":"5"', 'pass'],
    (map { ['claim:x eq 5', $_, 'fail'] } '"x":6', '"x":"5.0"', '"x":"05"',
        '"x":[5]', '"x":{"x":5}', '"x":null', '"x":true', '"X":5', '"y":5'),
    ['claim:x eq 05', '"x":5', 'fail'],
    ['claim:x eq 05', '"x":"05"', 'pass'],
    ['claim:x eq 9007199254740993', '"x":9007199254740993', 'pass'],
    ['claim:x eq 9007199254740993', '"x":9007199254740992', 'fail'],
    ['claim:x eq true', '"x":true', 'pass'],
    ['claim:x eq true', '"x":"true"', 'pass'],
    ['claim:x eq true', '"x":1', 'fail'],
    ['claim:x eq true', '"x":false', 'fail'],
    ['claim:x eq ""', '"x":""', 'pass'],
    ['claim:x eq ""', '"x":null', 'fail'],
    ['claim:x eq ""', '"y":1', 'fail'],
    ['claim:x eq Bob', '"x":"bob"', 'fail'],
    ['claim:x eq "a b"', '"x":"a b"', 'pass'],
    ['claim:x ne 5', '"x":6', 'pass'],
    ['claim:x ne 5', '"x":"six"', 'pass'],
    (map { ['claim:x ne 5', $_, 'fail'] } '"x":5', '"x":5.0', '"x":"5"',
        '"x":null', '"x":[]', '"x":{}', '"y":1'),
)



=== TEST 4: in, any and contains
--- requires
(
    ['claim:x in a b', '"x":"b"', 'pass'],
    ['claim:x in a b', '"x":"c"', 'fail'],
    ['claim:x in a b', '"x":"a b"', 'fail'],
    ['claim:x in a b', '"x":["a"]', 'fail'],
    ['claim:x in 1 2', '"x":2', 'pass'],
    ['claim:x any a b', '"x":["c","b"]', 'pass'],
    ['claim:x any a b', '"x":"c b"', 'pass'],
    (map { ['claim:x any a b', $_, 'fail'] } '"x":["c"]', '"x":"c"',
        '"x":[]', '"x":["a b"]', '"x":[["a"]]', '"x":{"a":1}', '"x":null'),
    ['claim:x any 1', '"x":[2,1.0]', 'pass'],
    ['claim:x contains a b', '"x":["b","c","a"]', 'pass'],
    ['claim:x contains a b', '"x":"b a"', 'pass'],
    ['claim:x contains a b', '"x":["a"]', 'fail'],
    ['claim:x contains a b', '"x":"ab"', 'fail'],
)



=== TEST 5: prefix, ~ and exists
--- requires
(
    ['claim:x prefix acme/', '"x":"acme/orders"', 'pass'],
    ['claim:x prefix acme/', '"x":"acme/"', 'pass'],
    ['claim:x prefix a b', '"x":"bc"', 'pass'],
    (map { ['claim:x prefix acme/', $_, 'fail'] } '"x":"acme"',
        '"x":"ACME/"', '"x":" acme/"', '"x":["acme/"]', '"x":1', '"x":null'),
    ['claim:x ~ "^[a-z]+@example\.com$"', '"x":"ann@example.com"', 'pass'],
    (map { ['claim:x ~ "^[a-z]+@example\.com$"', $_, 'fail'] }
        '"x":"ANN@example.com"', '"x":"ann@example.com.evil"',
        '"x":"ann@examplexcom"', '"x":1', '"x":["ann@example.com"]',
        '"x":null', '"y":"ann@example.com"'),
    ['claim:x ~ a', '"x":"\u0061"', 'pass'],
    ['claim:x exists', '"x":""', 'pass'],
    ['claim:x exists', '"x":false', 'pass'],
    ['claim:x exists', '"x":[]', 'pass'],
    ['claim:x exists', '"x":null', 'fail'],
    ['claim:x exists', '"X":1', 'fail'],
)



=== TEST 6: orders
--- requires
(
    ['claim:x gt 5', '"x":5.1', 'pass'],
    ['claim:x gt 5', '"x":5', 'fail'],
    ['claim:x gt 5', '"x":"6"', 'fail'],
    ['claim:x gt 5', '"x":null', 'fail'],
    ['claim:x gt 5', '"y":6', 'fail'],
    ['claim:x ge 5', '"x":5.0', 'pass'],
    ['claim:x ge 5', '"x":4.999999999999999999999', 'fail'],
    ['claim:x lt 5', '"x":-7', 'pass'],
    ['claim:x lt 5', '"x":5', 'fail'],
    ['claim:x le 5', '"x":5', 'pass'],
    ['claim:x le 5', '"x":5.00000000000000000001', 'fail'],
    ['claim:x gt 9007199254740992', '"x":9007199254740993', 'pass'],
    ['claim:x gt 9007199254740992', '"x":9007199254740992', 'fail'],
    ['claim:x gt -1e3', '"x":-999', 'pass'],
)



=== TEST 7: paths
--- requires
(
    ['claim:a.b eq x', '"a":{"b":"x"}', 'pass'],
    ['claim:a.b eq x', '"a":{"b":"y"},"b":"x"', 'fail'],
    ['claim:a.b eq x', '"a.b":"x"', 'pass'],
    ['claim:a.b eq x', '"a.b":"y","a":{"b":"x"}', 'fail'],
    ['claim:a[1].b eq x', '"a":[1,{"b":"x"}]', 'pass'],
    ['claim:a[1].b eq x', '"a":[{"b":"x"}]', 'fail'],
    ['claim:a[1].b eq x', '"a":{"1":{"b":"x"}}', 'fail'],
    [q{'claim:["https://x/roles"]' any r},
     '"https://x/roles":["r"]', 'pass'],
    ['claim:https://x/roles any r', '"https://x/roles":["r"]', 'pass'],
    ['claim:https://x/roles any r', '"https://x/roles":["s"]', 'fail'],
)



=== TEST 8: or
--- requires
(
    ['scope admin or claim:team eq ops', { scope => 'admin' }, 'pass'],
    ['scope admin or claim:team eq ops', { team => 'ops' }, 'pass'],
    ['scope admin or claim:team eq ops', { team => 'dev', scope => 'x' },
     'fail'],
    ['scope a or scope b or scope c', { scope => 'c' }, 'pass'],
    ['scope a b or scope c', { scope => 'a' }, 'fail'],
)



=== TEST 9: variables are text
--- config
    location /v1/ {
        api_auth jwt=corp;
        api_require $arg_a eq x;
        api_require $arg_b in y z;
        api_require $arg_c prefix c-;
        api_require $arg_d ~ ^d+$;
        api_require $arg_e ne 1;
        api_require $arg_f exists;
        api_require "$arg_a/$arg_f" eq x/f;
        try_files /in.txt =404;
    }
--- request eval
my %good = (a => 'x', b => 'z', c => 'c-1', d => 'ddd', e => '01', f => 'f');
my $url = sub { my %a = (%good, @_);
    'GET /v1/?' . CORE::join '&', map { "$_=$a{$_}" } sort keys %a };
[$url->(), $url->(a => 'X'), $url->(b => 'x'), $url->(c => 'xc-'),
 $url->(d => 'dx'), $url->(e => '1'), $url->(e => ''), $url->(f => ''),
 $url->(f => 'g')]
--- more_headers eval
[(bearer()) x 9]
--- error_code eval
[200, (403) x 8]



=== TEST 10: values are literal
--- requires
(
    ['claim:x eq "$"', { x => '$' }, 'pass'],
    ['claim:x eq "5$"', { x => '5$' }, 'pass'],
    ['claim:x eq "5$"', { x => '5' }, 'fail'],
    ['claim:x ~ "^a$"', { x => 'a' }, 'pass'],
)



=== TEST 11: lines add up over the levels, in an if and in limit_except too
--- http_config eval
corp() . '
    api_auth jwt=corp; api_require scope a;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        return 404;
    }'
--- config
    api_require scope b;
    location /1/ { try_files /in.txt =404; }
    location /2/ { api_require scope c; try_files /in.txt =404; }
    location /3/ {
        api_require scope c;
        try_files /in.txt =404;
        location /3/4/ { api_require scope d; try_files /in.txt =404; }
    }
    location /5/ {
        if ($arg_x) { api_require scope c; }
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /6/ {
        limit_except GET { api_require scope c; }
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
[map { my $u = $_; map { $u } 1 .. 4 } 'GET /1/', 'GET /2/', 'GET /3/4/',
 'GET /5/', 'GET /5/?x=1', 'GET /6/', 'POST /6/']
--- more_headers eval
[(map { bearer(claims => { scope => $_ }) } 'a b c d', 'a b c', 'a b', 'b')
 x 7]
--- error_code eval
[200, 200, 200, 403,  200, 200, 403, 403,  200, 403, 403, 403,
 404, 404, 404, 403,  404, 404, 403, 403,  404, 404, 404, 403,
 404, 404, 403, 403]



=== TEST 12: off drops what comes from above, not what stands beside it
--- http_config eval
corp() . 'api_auth jwt=corp; api_require scope a;'
--- config
    location /1/ { api_require off; try_files /in.txt =404; }
    location /2/ {
        api_require scope b;
        api_require off;
        try_files /in.txt =404;
        location /2/3/ { api_require scope c; try_files /in.txt =404; }
    }
--- request eval
[map { my $u = $_; map { "GET $u" } 1 .. 3 } '/1/', '/2/', '/2/3/']
--- more_headers eval
[(map { bearer(claims => { scope => $_ }) } 'x', 'b', 'b c') x 3]
--- error_code eval
[200, 200, 200,  403, 200, 200,  403, 403, 200]



=== TEST 13: without api_auth nobody passes a test of a token
--- config
    location /1/ { api_require scope a; try_files /in.txt =404; }
    location /2/ { api_require claim:sub ne x; try_files /in.txt =404; }
    location /3/ { api_auth off; api_require scope a; try_files /in.txt =404; }
    location /4/ { api_require $arg_x eq 1; try_files /in.txt =404; }
    location /5/ {
        api_require $arg_x eq 1 or scope a;
        try_files /in.txt =404;
    }
--- request eval
["GET /1/", "GET /2/", "GET /3/", "GET /4/?x=1", "GET /4/", "GET /5/?x=1",
 "GET /5/"]
--- more_headers eval
[(bearer(claims => { scope => 'a' })) x 7]
--- error_code eval
[403, 403, 403, 200, 403, 200, 403]
--- response_headers eval
[("! WWW-Authenticate") x 7]
--- response_body_like eval
my $none = problem_like(status => 403, code => 'forbidden');
[$none, $none, $none, qr/\Ain\n\z/, $none, qr/\Ain\n\z/, $none]



=== TEST 14: optional lets pass without a token, api_require does not
--- config
    location /v1/ {
        api_auth jwt=corp optional;
        api_require scope a;
        try_files /in.txt =404;
    }
--- request eval
["GET /v1/", "GET /v1/", "GET /v1/"]
--- more_headers eval
[bearer(claims => { scope => 'a' }), bearer(), main::none()]
--- error_code eval
[200, 403, 401]
--- response_headers eval
['! WWW-Authenticate',
 'WWW-Authenticate: Bearer realm="corp", error="insufficient_scope", '
 . 'error_description="The access token lacks a scope", scope="a"',
 'WWW-Authenticate: Bearer realm="corp"']



=== TEST 15: satisfy any does not skip it
--- config
    location /v1/ {
        satisfy any;
        allow all;
        api_auth jwt=corp;
        api_require scope a;
        try_files /in.txt =404;
    }
    location /v2/ {
        satisfy any;
        allow all;
        api_auth jwt=corp;
        api_require $arg_x eq 1;
        try_files /in.txt =404;
    }
--- request eval
["GET /v1/", "GET /v2/", "GET /v2/?x=1"]
--- more_headers eval
[(main::none()) x 3]
--- error_code eval
[401, 403, 200]



=== TEST 16: what the client is told
--- config
    api_auth jwt=corp;
    location /1/ { api_require scope a b; try_files /in.txt =404; }
    location /2/ {
        api_require claim:x eq 1 or scope any a b or scope c;
        try_files /in.txt =404;
    }
    location /3/ { api_require claim:x eq 1; try_files /in.txt =404; }
    location /4/ {
        api_reject problem detail=full;
        api_require claim:x eq 1;
        try_files /in.txt =404;
    }
--- request eval
["GET /1/", "GET /2/", "GET /3/", "GET /4/"]
--- more_headers eval
[(bearer()) x 4]
--- error_code eval
[(403) x 4]
--- response_headers eval
my $bearer = 'WWW-Authenticate: Bearer realm="corp", '
    . 'error="insufficient_scope", error_description=';
[qq{$bearer"The access token lacks a scope", scope="a b"},
 qq{$bearer"The access token lacks a scope", scope="a b"},
 (qq{$bearer"This caller may not do this"}) x 2]
--- response_body_like eval
my $scope = problem_like(code => 'insufficient_scope', status => 403,
                         title => 'The access token lacks a scope');
[$scope, $scope, problem_like(code => 'forbidden', status => 403),
 problem_like(code => 'forbidden', detail => 'api_require claim:x eq 1')]
--- error_log
refused 403 require insufficient_scope: api_require scope a b, support id
refused 403 require not_granted: api_require claim:x eq 1, support id



=== TEST 17: the first line that fails decides
--- config
    location /v1/ {
        api_auth jwt=corp;
        api_require claim:x eq 1;
        api_require scope a;
        try_files /in.txt =404;
    }
--- request eval
["GET /v1/", "GET /v1/", "GET /v1/"]
--- more_headers eval
[bearer(), bearer(claims => { x => 1 }), bearer(claims => { scope => 'a' })]
--- error_code eval
[403, 403, 403]
--- response_body_like eval
my $forbidden = problem_like(code => 'forbidden');
[$forbidden, problem_like(code => 'insufficient_scope'), $forbidden]



=== TEST 18: a token counts under the policy it was verified for
--- http_config eval
corp() . '
    api_jwt_issuer partner {
        issuer https://idp.example; audience invoices; algorithms HS256;
        key file:$TEST_NGINX_KEYS_DIR/hs256.secret;
    }
    api_jwt_issuer more {
        issuer https://more.example; audience orders; algorithms HS256;
        key file:$TEST_NGINX_KEYS_DIR/hs256.secret;
    }'
--- config
    location /v1/ { api_auth jwt=corp; try_files /none @free; }
    location @free { api_auth off; api_require scope a; try_files /in.txt =404; }
    location /v2/ { api_auth jwt=corp; try_files /none @other; }
    location @other {
        api_auth jwt=partner;
        api_require scope a;
        try_files /in.txt =404;
    }
    location /v3/ {
        api_auth jwt=corp;
        try_files /none @both;
    }
    location @both {
        api_auth jwt=more,corp;
        api_require scope a;
        try_files /in.txt =404;
    }
--- request eval
["GET /v1/", "GET /v2/", "GET /v3/"]
--- more_headers eval
my $a = bearer(claims => { scope => 'a', aud => ['orders', 'invoices'] });
[$a, bearer(claims => { scope => 'a' }), $a]
--- error_code eval
[403, 401, 200]



=== TEST 19: monitor says what would have been, and lets pass
--- config
    location /v1/ {
        api_auth jwt=corp mode=monitor;
        api_require scope a;
        add_header X-Why "$api_decision:$api_reason" always;
        try_files /in.txt =404;
    }
    location /v2/ {
        api_mode monitor;
        api_require $arg_x eq 1;
        add_header X-Why "$api_decision:$api_reason" always;
        try_files /in.txt =404;
    }
--- request eval
["GET /v1/", "GET /v1/", "GET /v1/", "GET /v2/", "GET /v2/?x=1"]
--- more_headers eval
[bearer(claims => { scope => 'a' }), bearer(), main::none(), main::none(),
 main::none()]
--- error_code eval
[(200) x 5]
--- response_headers eval
["X-Why: allow:", "X-Why: monitor:insufficient_scope",
 "X-Why: monitor:missing", "X-Why: monitor:not_granted", "X-Why: allow:"]
--- error_log
would refuse 403 require insufficient_scope: api_require scope a
would refuse 401 require no_credential



=== TEST 20: it is checked once, in the main request
--- config
    location /v1/ {
        api_auth jwt=corp;
        api_require scope a;
        mirror /_mirror;
        try_files /in.txt =404;
    }
    location = /_mirror { api_require scope b; try_files /in.txt =404; }
--- request
GET /v1/
--- more_headers eval: bearer(claims => { scope => 'a' })
--- no_error_log
refused



=== TEST 21: nothing to test
--- config
    location /v1/ { api_require scope; }
--- must_die
--- error_log
a test is missing in "api_require scope": write "scope NAME" or "claim:NAME eq VALUE" in



=== TEST 22: nothing behind or
--- config
    location /v1/ { api_require scope a or; }
--- must_die
--- error_log
a test is missing in "api_require scope a or": write "scope NAME" or "claim:NAME eq VALUE" in



=== TEST 23: a scope that is none
--- config
    location /v1/ { api_require scope "a b"; }
--- must_die
--- error_log
"a b" is no scope (RFC 6749 3.3): write each as a word of its own in



=== TEST 24: a scope that would break the challenge
--- config
    location /v1/ { api_require scope 'a"b'; }
--- must_die
--- error_log
"a"b" is no scope (RFC 6749 3.3): write each as a word of its own in



=== TEST 25: an operand that is none
--- config
    location /v1/ { api_require sub eq alice; }
--- must_die
--- error_log
unknown operand "sub": write claim:NAME, key:NAME, path:NAME, query:NAME, header:NAME or a variable in



=== TEST 26: a comparison that is none
--- config
    location /v1/ { api_require claim:sub == alice; }
--- must_die
--- error_log
unknown comparison "=="; there are eq, ne, in, any, contains, prefix, ~, exists, gt, ge, lt, le in



=== TEST 27: too many values
--- config
    location /v1/ { api_require claim:sub eq alice bob; }
--- must_die
--- error_log
"eq" does not take these values: exists takes none; eq, ne, ~, gt, ge, lt and le one, the last four a number; the others one or more in



=== TEST 28: no value
--- config
    location /v1/ { api_require claim:sub in; }
--- must_die
--- error_log
"in" does not take these values:



=== TEST 29: an order of what is no number
--- config
    location /v1/ { api_require claim:age ge ten; }
--- must_die
--- error_log
"ge" does not take these values:



=== TEST 30: nothing is tested
--- config
    location /v1/ { api_require literal:x eq x; }
--- must_die
--- error_log
"literal:x" is the same for every request: nothing is tested in



=== TEST 31: a path that is none
--- config
    location /v1/ { api_require claim:a..b eq 1; }
--- must_die
--- error_log eval
qr/\[emerg\] .*"claim:a\.\.b": .+ in \S+nginx\.conf:\d+$/



=== TEST 32: a regular expression that is none
--- config
    location /v1/ { api_require claim:a ~ "(("; }
--- must_die
--- error_log eval
qr/\[emerg\] .*pcre2?_compile\(\) failed: .+ in "\(\(" .*in \S+nginx\.conf:\d+$/



=== TEST 33: a variable that is none
--- config
    location /v1/ { api_require $nowhere eq 1; }
--- must_die
--- error_log
unknown "nowhere" variable



=== TEST 34: what the client sends, decoded
--- config
    location /v1/ {
        api_auth jwt=corp;
        api_require query:limit le 100;
        api_require query:sort in name "date desc";
        api_require header:X-Client prefix mobile- web-;
        api_require header:X-Client ne web-0;
        try_files /in.txt =404;
    }
--- request eval
[map { "GET /v1/?$_" } 'limit=100&sort=name', 'limit=1e2&sort=date+desc',
 'limit=100.0&s%6frt=date%20desc', 'limit=101&sort=name',
 'limit=0100&sort=name', 'limit=1&limit=1000&sort=name', 'limit=1&Limit=9&sort=name',
 'sort=name', 'limit=1&sort=Name', 'limit=1', 'limit=1&sort=name', 'limit=1&sort=name',
 'limit=1&sort=name', 'limit=1&sort=name']
--- more_headers eval
my $t = bearer();
[("$t\nX-Client: mobile-1") x 10, "$t\nX-Client: web-1", $t,
 "$t\nX-Client: web-0", "$t\nX-Client: web-1\nX-Client: mobile-1"]
--- error_code eval
[(200) x 3, (403) x 7, 200, (403) x 3]



=== TEST 35: text has words, and orders where it is a number
--- config
    location /v1/ {
        api_require header:X-Tags any a b;
        api_require header:X-Tags contains c d;
        api_require $request_length lt 100000;
        api_require $arg_n gt 4.5;
        try_files /in.txt =404;
    }
--- request eval
[map { "GET /v1/?n=$_" } 5, 4.5, '5x', '', 5, 5, 5]
--- more_headers eval
[("X-Tags: c a d") x 4, "X-Tags: c,a,d", "X-Tags: c d", "X-Tags: a d"]
--- error_code eval
[200, (403) x 6]



=== TEST 36: an expression that would take for ever gives up, and does not match
--- config
    location /v1/ {
        api_require header:X-Id ~ "^(a+)+$";
        try_files /in.txt =404;
    }
--- request eval
["GET /v1/", "GET /v1/"]
--- more_headers eval
["X-Id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "X-Id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"]
--- error_code eval
[200, 403]
--- error_log
the expression of "~" in api_require gave up on a value of 41 bytes



=== TEST 37: ... with JIT too
--- main_config
pcre_jit on;
--- config
    location /v1/ {
        api_require header:X-Id ~ "^(a+)+$";
        try_files /in.txt =404;
    }
--- request
GET /v1/
--- more_headers
X-Id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!
--- error_code: 403
--- error_log
the expression of "~" in api_require gave up on a value of 41 bytes
