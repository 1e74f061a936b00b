# The security requirements of a document, met by what api_auth verified; the
# operands path: of api_bind and api_require.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;
use ApiTest::Schema;

our $SECURED = contract(security => 'security: [{token: [orders:delete]}]',
    schemes => 'securitySchemes: {token: {type: http, scheme: bearer},'
        . ' other: {type: http, scheme: bearer}}');

our $HTTP = corp() . corp(issuer => 'https://other.example')
    =~ s/corp/other/r . '
    api_schema_spec orders $TEST_NGINX_HTML_DIR/orders.yaml;
    api_schema_security orders token jwt=corp;
    api_schema_security orders other jwt=other;
';

add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value(spec => $SECURED) unless defined $block->spec;
    $block->set_value(http_config => $HTTP);
    $block->set_value(config => 'location / {
        api_auth jwt=corp,other optional; api_schema orders; UP
    }') unless defined $block->config;
});

try_calls();
no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: of an operation that asks for it
--- calls
['DELETE /v1/orders/7', bearer(claims => {scope => 'orders:read orders:delete'}), 200],
['DELETE /v1/orders/7', bearer(claims => {scope => 'orders:read'}), [403, 'insufficient_scope']],
['DELETE /v1/orders/7', bearer(claims => {scope => 'orders:delete', iss => 'https://other.example'}), [403, 'forbidden']],
['DELETE /v1/orders/7', undef, [401, 'missing_token']],
['DELETE /v1/orders/7', bearer(claims => {exp => 1}), [401, 'invalid_token']],
['DELETE /v1/orders/x', undef, [401, 'missing_token']],
['DELETE /v1/orders/x', bearer(claims => {scope => 'orders:delete'}), [400, 'invalid_parameter']],



=== TEST 2: others ask for nothing
--- calls
['GET /v1/orders/7', undef, 200],
['GET /v1/orders/7', bearer(claims => {exp => 1}), [401, 'invalid_token']],



=== TEST 3: the challenges
--- request eval
['DELETE /v1/orders/7', 'DELETE /v1/orders/7']
--- more_headers eval
['X-None: 1', bearer(claims => {scope => 'orders:read'})]
--- error_code eval
[401, 403]
--- response_headers eval
['WWW-Authenticate: Bearer realm="corp"',
 'WWW-Authenticate: Bearer realm="corp", error="insufficient_scope", error_description="The access token lacks a scope", scope="orders:delete"']



=== TEST 4: one of two, both of two, none
--- spec eval
contract(security => 'security: [{token: [a]}, {other: []}]', schemes => 'securitySchemes: {token: {type: oauth2, flows: {}}, other: {type: http, scheme: bearer}}')
--- calls
['DELETE /v1/orders/7', bearer(claims => {scope => 'a'}), 200],
['DELETE /v1/orders/7', bearer(claims => {scope => 'b'}), [403, 'insufficient_scope']],
['DELETE /v1/orders/7', bearer(claims => {iss => 'https://other.example'}), 200],
['DELETE /v1/orders/7', undef, 401],



=== TEST 5: {} asks for nothing
--- spec eval
contract(security => 'security: [{token: [a]}, {}]', schemes => 'securitySchemes: {token: {type: oauth2, flows: {}}, other: {type: http, scheme: bearer}}')
--- calls
['DELETE /v1/orders/7', undef, 200],



=== TEST 6: satisfy any does not open an operation: who comes in by address is nobody
--- config
location / {
    satisfy any;
    allow all;
    api_auth jwt=corp,other optional;
    api_schema orders;
    UP
}
location /v1/orders/8 {
    satisfy any;
    deny all;
    api_auth jwt=corp,other;
    api_schema orders;
    UP
}
--- calls
['DELETE /v1/orders/7', undef, 401],
['GET /v1/orders/7', undef, 200],
['DELETE /v1/orders/8', bearer(claims => {scope => 'orders:delete'}), 200],
['DELETE /v1/orders/8', bearer(claims => {scope => 'orders:read'}), 403],



=== TEST 7: watched only
--- config
location / { api_auth jwt=corp,other optional; api_schema orders mode=monitor; UP }
--- request
DELETE /v1/orders/7
--- response_body_like: ^app DELETE
--- error_log eval
qr/would refuse 401 schema no_credential/



=== TEST 8: a level that serves none of it fails closed
--- config
api_schema orders;
api_auth off;

location = /other { UP }
--- calls
['GET /other', undef, [404, 'unknown_path']],



=== TEST 9: objects of the path are bound
--- config
location / {
    api_auth jwt=corp;
    api_bind path:customerId = claim:sub;
    api_schema orders;
    UP
}
--- calls
['GET /v1/customers/alice', bearer(), 200],
['GET /v1/customers/bob', bearer(), 403],
['GET /v1/customers/Alice', bearer(), 403],
['GET /v1/customers/%61lice', bearer(), 200],
['GET /v1/orders/7', bearer(), 200],
['GET /v1/nothing/bob', bearer(), [404, 'unknown_path']],



=== TEST 10: ... and where the contract only watches, what is of no operation is nobody's
--- config
location / {
    api_auth jwt=corp;
    api_bind path:customerId = claim:sub;
    api_schema orders mode=monitor;
    UP
}
--- calls
['GET /v1/customers/alice', bearer(), 200],
['GET /v1/customers/bob', bearer(), 403],
['GET /v1/nothing/bob', bearer(), 403],



=== TEST 11: api_require with a parameter of the path
--- config
location / {
    api_auth jwt=corp;
    api_require path:orderId in 7 8;
    api_schema orders;
    UP
}
--- calls
['GET /v1/orders/7', bearer(), 200],
['GET /v1/orders/9', bearer(), 403],



=== TEST 12: a name that no path has
--- config
location / {
    api_auth jwt=corp,other optional;
    api_bind path:nobody = claim:sub;
    api_schema orders;
    UP
}
--- must_die
--- error_log eval
qr/no path of an api_schema has the parameter "nobody"/
