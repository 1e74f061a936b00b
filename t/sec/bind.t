# api_bind: whose object is it?  Each attack stands beside its benign twin.
# bind-http2.t runs this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

custom_sections('binds');
no_long_string();

# The section "binds": Perl that gives [target, verdict, claims, headers...].
# The claims are a hash, undef for no token; the verdict is pass, or the
# reason of the refusal.
my %REASON = (
    other_owner    => [403, 'forbidden'],
    object_missing => [403, 'forbidden'],
    owner_missing  => [403, 'forbidden'],
    two_readings   => [400, 'ambiguous_request'],
    no_credential  => [401, 'missing_token'],
    missing        => [401, 'missing_token'],
);

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => corp())
        unless defined $block->http_config;
    $block->set_value(user_files => [['in.txt', "in\n"]]);

    my $text = $block->binds // return;
    my @cases = eval "package main; no strict; $text";
    die $block->name . ": binds: $@" if $@;

    $block->set_value(request => [map { "GET $_->[0]" } @cases]);
    $block->set_value(more_headers => [map {
        my (undef, undef, $claims, @more) = @$_;
        join "\n", ($claims ? bearer(claims => $claims) : ()), @more,
            'X-None: 1';
    } @cases]);
    $block->set_value(error_code =>
        [map { $_->[1] eq 'pass' ? 200 : $REASON{ $_->[1] }[0] } @cases]);
    $block->set_value(response_headers =>
        [map { 'X-Reason: ' . ($_->[1] eq 'pass' ? '-' : $_->[1]) } @cases]);
    $block->set_value(response_body_like => [map {
        $_->[1] eq 'pass' ? qr/\Ain\n\z/
            : problem_like(status => $REASON{ $_->[1] }[0],
                           code => $REASON{ $_->[1] }[1])
    } @cases]);

    my $config = $block->config;
    $config =~ s/IN;/add_header X-Reason "\${reason}" always; try_files \/in.txt =404;/g;
    $block->set_value(config => $config);
    $block->set_value(http_config => $block->http_config . <<'END');
    map $api_reason $reason { volatile; default $api_reason; "" -; }
END
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: a capture of the path and a claim
--- config
    location ~ ^/customers/(?<cid>[^/]+) {
        api_auth jwt=corp;
        api_bind $cid = claim:sub;
        IN;
    }
--- binds
(
    ['/customers/alice', 'pass', {}],
    ['/customers/alice/orders/7?x=1', 'pass', {}],
    ['/customers/%61lice', 'pass', {}],
    ['/customers/alice', 'other_owner', { sub => 'bob' }],
    ['/customers/bob', 'other_owner', {}],
    ['/customers/Alice', 'other_owner', {}],
    ['/customers/alice%20', 'other_owner', {}],
    ['/customers/alic', 'other_owner', {}],
    ['/customers/alicex', 'other_owner', {}],
    ['/customers/alice,bob', 'other_owner', {}],
    ['/customers/*', 'other_owner', {}],
    ['/customers/null', 'owner_missing', { sub => undef }],
    ['/customers/alice', 'missing', undef],
)



=== TEST 2: a path that can be split in another way
--- config
    location ~ ^/customers/(?<cid>[^/]+) {
        api_auth jwt=corp;
        api_bind $cid = claim:sub;
        IN;
    }
--- binds
(
    ['/customers/alice/x', 'pass', {}],
    ['/customers/alice%2Fx', 'two_readings', {}],
    ['/customers/bob/..%2falice', 'two_readings', {}],
    ['/customers/bob%2f..%2falice', 'two_readings', {}],
    ['/customers/bob/../alice', 'two_readings', {}],
    ['/customers/bob/%2e%2e/alice', 'two_readings', {}],
    ['/customers/./alice', 'two_readings', {}],
    ['/customers//alice', 'two_readings', {}],
    ['/customers/alice;id=bob', 'two_readings', { sub => 'alice;id=bob' }],
    ['/customers/alice%5c..%5cbob', 'two_readings', {}],
    ['/customers/%2561lice', 'two_readings', {}],
    ['/customers/a%2541', 'two_readings', { sub => 'a%41' }],
    ['/customers/alice%09', 'two_readings', { sub => "alice\t" }],
    ['/customers/a%ff', 'two_readings', {}],
    ['/customers/m%c3%bcller', 'pass', { sub => "m\xfcller" }],
    ['/customers/a%3bb', 'pass', { sub => 'a;b' }],
    ['/customers/a+b', 'pass', { sub => 'a+b' }],
    ['/customers/a+b', 'other_owner', { sub => 'a b' }],
    ['/customers/a%20b', 'pass', { sub => 'a b' }],
)



=== TEST 3: a rewrite: the upstream gets what the rule saw
--- config
    location /old/ { rewrite ^/old/(.*)$ /customers/$1 last; }
    location ~ ^/customers/(?<cid>[^/]+) {
        api_auth jwt=corp;
        api_bind $cid = claim:sub;
        IN;
    }
--- binds
(
    ['/old/alice', 'pass', {}],
    ['/old/bob', 'other_owner', {}],
    ['/old/x/../alice', 'pass', {}],
    ['/old/x/../bob', 'other_owner', {}],
)



=== TEST 4: a parameter of the query, decoded once, once there
--- config
    location / {
        api_auth jwt=corp;
        api_bind query:customer = claim:sub;
        IN;
    }
--- binds
(
    ['/?customer=alice', 'pass', {}],
    ['/?a=1&customer=alice&b=2', 'pass', {}],
    ['/?customer=%61lice', 'pass', {}],
    ['/?c%75stomer=alice', 'pass', {}],
    ['/?&&customer=alice&', 'pass', {}],
    ['/?customer=a+b', 'pass', { sub => 'a b' }],
    ['/?customer=a%2bb', 'pass', { sub => 'a+b' }],
    ['/?customer=a%26b', 'pass', { sub => 'a&b' }],
    ['/?customer=a=b', 'pass', { sub => 'a=b' }],
    ['/?customer=bob', 'other_owner', {}],
    ['/?customer=ALICE', 'other_owner', {}],
    ['/?customer=alice%20', 'other_owner', {}],
    ['/?customer=alice/', 'other_owner', {}],
    ['/', 'object_missing', {}],
    ['/?customer', 'object_missing', {}],
    ['/?customer=', 'object_missing', {}],
    ['/?xcustomer=alice', 'object_missing', {}],
    ['/?customer=alice', 'owner_missing', { sub => undef }],
    ['/?customer=alice', 'missing', undef],
)



=== TEST 5: a parameter that two readers read in two ways
--- config
    location / {
        api_auth jwt=corp;
        api_bind query:customer = claim:sub absent=skip;
        IN;
    }
--- binds
(
    ['/?customer=alice', 'pass', {}],
    ['/', 'pass', {}],
    ['/?customer=alice&customer=bob', 'two_readings', {}],
    ['/?customer=bob&customer=alice', 'two_readings', {}],
    ['/?customer=alice&customer=alice', 'two_readings', {}],
    ['/?customer=alice&c%75stomer=bob', 'two_readings', {}],
    ['/?customer=alice&Customer=bob', 'two_readings', {}],
    ['/?CUSTOMER=bob', 'two_readings', {}],
    ['/?customer[]=bob', 'two_readings', {}],
    ['/?customer%5b0%5d=bob', 'two_readings', {}],
    ['/?+customer=bob', 'two_readings', {}],
    ['/?customer%00x=bob', 'two_readings', {}],
    ['/?customer=%2561lice', 'two_readings', {}],
    ['/?customer=alice%00', 'two_readings', {}],
    ['/?customer=%u0061lice', 'two_readings', {}],
    ['/?customer=alice%zz', 'two_readings', {}],
    ['/?customer=alice%0a', 'two_readings', {}],
    ['/?customer=alice;customer=bob', 'two_readings', {}],
    ['/?a=1;customer=bob', 'two_readings', {}],
    ['/?a=1;b=2&customer=alice', 'pass', {}],
    ['/?customer=bob', 'other_owner', {}],
    ['/?customers=bob', 'pass', {}],
    ['/?customer=alice', 'owner_missing', { sub => undef }],
    ['/', 'pass', { sub => undef }],
)



=== TEST 6: more parameters than anybody needs
--- config
    location / {
        api_auth jwt=corp;
        api_bind query:customer = claim:sub;
        IN;
    }
--- binds
(
    ['/?' . 'a&' x 999 . 'customer=alice', 'pass', {}],
    ['/?' . 'a&' x 1000 . 'customer=alice', 'two_readings', {}],
)



=== TEST 7: a header
--- config
    underscores_in_headers on;
    location / {
        api_auth jwt=corp;
        api_bind header:X-Customer = claim:sub;
        IN;
    }
--- binds
(
    ['/', 'pass', {}, 'X-Customer: alice'],
    ['/', 'pass', {}, 'x-CUSTOMER: alice'],
    ['/', 'other_owner', {}, 'X-Customer: bob'],
    ['/', 'other_owner', {}, 'X-Customer: alice, bob'],
    ['/', 'object_missing', {}],
    ['/', 'object_missing', {}, 'X-Customer:'],
    ['/', 'object_missing', {}, 'X-Customers: alice'],
    ['/', 'two_readings', {}, 'X-Customer: alice', 'X-Customer: bob'],
    ['/', 'two_readings', {}, 'X-Customer: alice', 'x-customer: alice'],
    ['/', 'two_readings', {}, 'X-Customer: alice', 'X_Customer: bob'],
    ['/', 'two_readings', {}, 'X_Customer: alice'],
    ['/', 'two_readings', {}, "X-Customer: a\xff"],
    ['/', 'two_readings', {}, 'X-Customer: %61lice'],
)



=== TEST 8: by type: numbers are their digits
--- config
    location / {
        api_auth jwt=corp;
        api_bind query:id = claim:account.id;
        IN;
    }
--- binds
my $id = sub { { account => { id => $_[0] } } };
(
    ['/?id=5', 'pass', $id->(5)],
    ['/?id=5', 'pass', $id->('5')],
    ['/?id=05', 'other_owner', $id->(5)],
    ['/?id=5.0', 'other_owner', $id->(5)],
    ['/?id=5e0', 'other_owner', $id->(5)],
    ['/?id=%2b5', 'other_owner', $id->(5)],
    ['/?id=+5', 'other_owner', $id->(5)],
    ['/?id=5', 'other_owner', $id->(55)],
    ['/?id=5.5', 'other_owner', $id->(5.5)],
    ['/?id=true', 'other_owner', $id->(JSON::PP::true())],
    ['/?id=null', 'owner_missing', $id->(undef)],
    ['/?id=', 'object_missing', $id->('')],
    ['/?id=5', 'owner_missing', $id->('')],
    ['/?id=5', 'other_owner', $id->([5])],
    ['/?id=5', 'owner_missing', { account => 5 }],
)



=== TEST 9: one of a list
--- config
    location / {
        api_auth jwt=corp;
        api_bind query:id in claim:accounts;
        IN;
    }
--- binds
(
    ['/?id=a', 'pass', { accounts => ['b', 'a'] }],
    ['/?id=7', 'pass', { accounts => ['b', 7] }],
    ['/?id=c', 'other_owner', { accounts => ['b', 'a'] }],
    ['/?id=b,a', 'other_owner', { accounts => ['b', 'a'] }],
    ['/?id=a', 'other_owner', { accounts => [] }],
    ['/?id=a', 'other_owner', { accounts => [['a']] }],
    ['/?id=a', 'other_owner', { accounts => 'a' }],
    ['/?id=a', 'other_owner', { accounts => 'a b' }],
    ['/?id=a', 'owner_missing', {}],
)



=== TEST 10: or a scope that may see all of them
--- config
    location /one/ {
        api_auth jwt=corp;
        api_bind query:id = claim:sub or scope support;
        IN;
    }
    location /any/ {
        api_auth jwt=corp;
        api_bind query:id = claim:sub or scope any support audit absent=deny;
        IN;
    }
    location /all/ {
        api_auth jwt=corp;
        api_bind query:id = claim:sub or scope support audit;
        IN;
    }
--- binds
(
    ['/one/?id=alice', 'pass', {}],
    ['/one/?id=bob', 'other_owner', {}],
    ['/one/?id=bob', 'pass', { scope => 'x support' }],
    ['/one/', 'pass', { scope => 'support' }],
    ['/one/?id=bob', 'other_owner', { scope => 'supporter' }],
    ['/any/?id=bob', 'pass', { scope => 'audit' }],
    ['/any/?id=bob', 'other_owner', { scope => 'x' }],
    ['/all/?id=bob', 'other_owner', { scope => 'audit' }],
    ['/all/?id=bob', 'pass', { scope => 'audit support' }],
    ['/one/?id=bob', 'missing', undef],
)



=== TEST 11: lines add up over the levels, in an if and in limit_except too
--- config
    api_auth jwt=corp;
    api_bind header:X-Tenant = claim:tenant;

    location / {
        api_bind query:id = claim:sub;
        IN;

        location /deep/ { api_bind query:team = claim:team; IN; }
        location /off/ { api_bind off; api_bind query:team = claim:team; IN; }
    }
    location /if/ {
        if ($arg_strict) { api_bind query:id = claim:sub; add_header X-Reason "${reason}" always; }
        add_header X-Reason "${reason}" always;
        alias $TEST_NGINX_HTML_DIR/;
    }
    location /limit/ {
        limit_except GET { api_bind query:id = claim:sub; }
        IN;
    }
--- binds
my @t = ('X-Tenant: t');
my $c = { tenant => 't', team => 'x' };
(
    ['/?id=alice', 'pass', $c, @t],
    ['/?id=bob', 'other_owner', $c, @t],
    ['/?id=alice', 'other_owner', $c, 'X-Tenant: u'],
    ['/deep/?id=alice&team=x', 'pass', $c, @t],
    ['/deep/?id=alice&team=y', 'other_owner', $c, @t],
    ['/deep/?id=bob&team=x', 'other_owner', $c, @t],
    ['/deep/?id=alice&team=x', 'other_owner', $c, 'X-Tenant: u'],
    ['/off/?id=bob&team=x', 'pass', $c, 'X-Tenant: u'],
    ['/off/?id=bob&team=y', 'other_owner', $c, 'X-Tenant: u'],
    ['/if/in.txt?id=bob', 'pass', $c, @t],
    ['/if/in.txt?id=bob&strict=1', 'other_owner', $c, @t],
    ['/if/in.txt?id=alice&strict=1', 'pass', $c, @t],
    ['/limit/?id=bob', 'pass', $c, @t],
)



=== TEST 12: limit_except holds for the other methods
--- http_config eval
corp() . <<'END'
server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; return 200 "up\n"; }
END
--- config
    location / {
        api_auth jwt=corp;
        limit_except GET { api_bind query:id = claim:sub; }
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /?id=bob", "DELETE /?id=bob", "DELETE /?id=alice"]
--- more_headers eval
[(bearer()) x 3]
--- error_code eval
[200, 403, 200]



=== TEST 13: satisfy any does not skip it
--- config
    location / {
        satisfy any;
        allow all;
        api_auth jwt=corp;
        api_bind query:id = claim:sub;
        IN;
    }
    location /token/ {
        satisfy any;
        deny all;
        api_auth jwt=corp;
        api_bind query:id = claim:sub;
        IN;
    }
--- binds
(
    ['/?id=alice', 'no_credential', {}],
    ['/token/?id=alice', 'pass', {}],
    ['/token/?id=bob', 'other_owner', {}],
)



=== TEST 14: optional lets pass without a token, api_bind does not
--- config
    location / {
        api_auth jwt=corp optional;
        api_bind query:id = claim:sub;
        IN;
    }
--- binds
(
    ['/?id=alice', 'pass', {}],
    ['/?id=alice', 'no_credential', undef],
    ['/', 'object_missing', {}],
)



=== TEST 15: without api_auth there is no owner
--- config
    location / { api_bind query:id = claim:sub; try_files /in.txt =404; }
--- request
GET /?id=alice
--- more_headers eval
bearer()
--- error_code: 403
--- response_body_like eval
problem_like(status => 403, code => 'forbidden')
--- response_headers
! WWW-Authenticate



=== TEST 16: two things that the client says have to agree
--- config
    location ~ ^/t/(?<tenant>\w+) {
        api_bind $tenant = header:X-Tenant;
        IN;
    }
--- binds
(
    ['/t/a', 'pass', undef, 'X-Tenant: a'],
    ['/t/a', 'other_owner', undef, 'X-Tenant: b'],
    ['/t/a', 'owner_missing', undef],
)



=== TEST 17: a literal, and a variable that says who it is
--- config
    location / {
        api_auth jwt=corp;
        api_bind header:X-Region = literal:eu;
        api_bind query:id = $api_principal;
        IN;
    }
--- binds
(
    ['/?id=alice', 'pass', {}, 'X-Region: eu'],
    ['/?id=alice', 'other_owner', {}, 'X-Region: us'],
    ['/?id=bob', 'other_owner', {}, 'X-Region: eu'],
    ['/?id=', 'object_missing', { sub => undef }, 'X-Region: eu'],
    ['/?id=x', 'owner_missing', { sub => undef }, 'X-Region: eu'],
)



=== TEST 18: the owner that is missing is never skipped
--- config
    location / {
        api_auth jwt=corp;
        api_bind query:id = claim:tenant absent=skip;
        IN;
    }
--- binds
(
    ['/', 'pass', {}],
    ['/?id=', 'pass', {}],
    ['/?id=alice', 'owner_missing', {}],
    ['/?id=alice', 'pass', { tenant => 'alice' }],
)



=== TEST 19: monitor says what would have been, and lets pass
--- config
    location / {
        api_auth jwt=corp mode=monitor;
        api_bind query:id = claim:sub;
        add_header X-Reason "$api_decision:$api_reason";
        try_files /in.txt =404;
    }
--- request eval
["GET /?id=bob", "GET /?id=alice", "GET /?id=alice&id=bob"]
--- more_headers eval
[(bearer()) x 3]
--- response_headers eval
["X-Reason: monitor:other_owner", "X-Reason: allow:", "X-Reason: monitor:two_readings"]
--- response_body eval
["in\n", "in\n", "in\n"]
--- error_log
would refuse



=== TEST 20: the line is the detail, the values are not told
--- config
    api_reject problem detail=full;
    location / {
        api_auth jwt=corp;
        api_bind query:id = claim:sub or scope support;
        try_files /in.txt =404;
    }
--- request
GET /?id=bob
--- more_headers eval
bearer()
--- error_code: 403
--- response_headers
WWW-Authenticate: Bearer realm="corp", error="insufficient_scope", error_description="This caller may not do this"
--- response_body_like eval
qr/"code":"forbidden".*"detail":"api_bind query:id = claim:sub or scope support"/
--- error_log eval
qr/\[info\].* refused.*api_bind query:id = claim:sub or scope support/



=== TEST 21: an error_page of another location has its own rules
--- config
    location / {
        error_page 403 /again/in.txt;
        api_auth jwt=corp;
        api_bind query:id = claim:sub;
        try_files /in.txt =404;
    }
    location /again/ {
        internal;
        api_auth jwt=corp;
        api_bind query:id = claim:sub;
        try_files /in.txt =404;
    }
    location /open/ {
        error_page 403 = /page/;
        api_auth jwt=corp;
        api_bind query:id = claim:sub;
        try_files /in.txt =404;
    }
    location /page/ { internal; try_files /in.txt =404; }
--- request eval
["GET /?id=bob", "GET /open/?id=bob", "GET /open/?id=alice"]
--- more_headers eval
[(bearer()) x 3]
--- error_code eval
[403, 200, 200]
--- response_body_like eval
[qr/^((?!in$).)*$/, qr/^in$/, qr/^in$/]



=== TEST 22: what is written in the configuration has a meaning
--- config
    location / { api_bind query:id claim:sub; }
--- must_die
--- error_log
"api_bind" directive takes OPERAND = OPERAND, or OPERAND in OPERAND, then "or scope NAME ..." and absent=deny or absent=skip if need be, for example: $cid = claim:sub or scope admin



=== TEST 23: a scope without a name
--- config
    location / { api_bind query:id = claim:sub or scope; }
--- must_die
--- error_log
"api_bind" directive takes OPERAND = OPERAND



=== TEST 24: something else than a scope
--- config
    location / { api_bind query:id = claim:sub or claim:role eq admin; }
--- must_die
--- error_log
"api_bind" directive takes OPERAND = OPERAND



=== TEST 25: absent=
--- config
    location / { api_bind query:id = claim:sub absent=pass; }
--- must_die
--- error_log
unknown "absent=pass": write absent=deny or absent=skip in



=== TEST 26: absent=skip would let pass who has no claim
--- config
    location / { api_bind claim:sub = query:id absent=skip; }
--- must_die
--- error_log
absent=skip with "claim:sub" on the left would let everybody pass who has none: what the client names stands on the left in



=== TEST 27: an operand that is none
--- config
    location / { api_bind query:id = sub; }
--- must_die
--- error_log
unknown operand "sub": write claim:NAME, key:NAME, path:NAME, query:NAME, header:NAME or a variable in



=== TEST 28: a variable of nginx that is not decoded
--- config
    location / { api_bind "x-${arg_id}" = claim:sub; }
--- must_die
--- error_log
"x-${arg_id}" is as it was sent, and the first of several: write query:NAME in



=== TEST 29: ... of a header
--- config
    location / { api_bind $HTTP_X_Customer = claim:sub; }
--- must_die
--- error_log
"$HTTP_X_Customer" is as it was sent, and the first of several: write header:NAME in



=== TEST 30: a literal on the left
--- config
    location / { api_bind literal:x = claim:sub; }
--- must_die
--- error_log
"literal:x" is the same for every request: what the client names stands on the left, what it has to be on the right in



=== TEST 31: a list that is none
--- config
    location / { api_bind query:id in header:X-Ids; }
--- must_die
--- error_log
"header:X-Ids" is no list: "in" looks into an array that a claim is in



=== TEST 32: path: without a contract
--- config
    location / { api_bind path:customerId = claim:sub; }
--- must_die
--- error_log eval
qr/"path:customerId" in \S+nginx\.conf:\d+ is a parameter of an OpenAPI document, and no api_schema names one: write such a line, or a named capture of the location \("\(\?<customerId>\[\^\/\]\+\)"\) and "\$customerId"/



=== TEST 33: an attribute that no API key has
--- config
    location / { api_bind query:id = key:name; }
--- must_die
--- error_log
an API key has no "name": write key:id, key:owner or key:plan in



=== TEST 34: the name of a parameter is written decoded
--- config
    location / { api_bind query:a%20b = claim:sub; }
--- must_die
--- error_log
"query:a%20b": the name of a parameter is written decoded, without blanks in



=== TEST 35: a header that is none
--- config
    location / { api_bind "header:X Y" = claim:sub; }
--- must_die
--- error_log
"X Y" is no name of a header in



=== TEST 36: a variable in a name
--- config
    location / { api_bind query:$arg_n = claim:sub; }
--- must_die
--- error_log
"query:$arg_n" is a name, no variable is replaced in it: write the variable alone in



=== TEST 37: gRPC is told in its own way
--- http2
--- config
    location / {
        api_auth jwt=corp;
        api_require scope a or claim:sub eq bob;
        api_bind header:x-customer = claim:sub;
        try_files /in.txt =404;
    }
--- request eval
["POST /\nx", "POST /\nx", "POST /\nx"]
--- more_headers eval
map { [map { "$_\nContent-Type: application/grpc" } @$_] }
[bearer() . "\nx-customer: alice", bearer(claims => { scope => 'a' }) . "\nx-customer: bob",
 bearer(claims => { scope => 'a' }) . "\nx-customer: alice\nx-customer: bob"]
--- error_code eval
[200, 200, 200]
--- response_headers eval
["Content-Type: application/grpc\ngrpc-status: 7", "grpc-status: 7", "grpc-status: 3"]
