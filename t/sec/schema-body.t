# api_schema_body: a JSON Schema for the bodies of a location.
# schema-body-http2.t runs this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Body qw(gzipped);
use ApiTest::Schema;

our $JSON = 'Content-Type: application/json';
our $GOOD = '{"item":"pen","quantity":2}';
our $BAD  = '{"item":"pen","quantity":10}';
our $MORE = '{"item":"pen","quantity":2,"admin":true}';
our $LAST = '{"item":"pen","note":"' . 'x' x 20000 . '","quantity":10}';

our $ORDER = '{"type":"object","required":["item"],"properties":{"id":{"type":"integer","readOnly":true},"item":{"type":"string"},"quantity":{"type":"integer","maximum":9},"note":{"type":"string"}}}';

add_block_preprocessor(sub {
    my ($block) = @_;
    my $text = $block->files // '';
    my @more = eval "package main; no strict; ($text)";
    die $@ if $@;
    $block->set_value(user_files => [['order.json', $::ORDER],
        ['exclusive.json', '{"minimum":1,"exclusiveMinimum":true}'],
        ['tuple.json', '{"items":[{"type":"string"},{"type":"integer"}]}'],
        ['prefix.yaml', "prefixItems: [{type: string}, {type: integer}]\n"],
        ['loop.json', '{"$ref":"#"}'],
        ['bad.json', '{"type":"strin","pattern":"(("}'],
        ['refers.json', '{"$ref":"parts/item.json#/definitions/item"}'],
        ['parts/item.json', '{"definitions":{"item":{"type":"string"}}}'],
        ['named.json', '{"$schema":"http://json-schema.org/draft-04/schema#","minimum":1,"exclusiveMinimum":true}'],
        @more]);
});
custom_sections('files');
try_calls();
no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: what the schema says, and nothing of other requests
--- config
location / { api_schema_body ../html/order.json; UP }
--- calls
["POST /any\n$GOOD", $JSON, 200],
["PUT /any?x=1\n$GOOD", 'Content-Type: application/vnd.x+json', 200],
["PATCH /any\n$GOOD", 'Content-Type: application/json; charset=utf-8', 200],
["DELETE /any\n$GOOD", $JSON, 200],
['GET /any', undef, 200],
['DELETE /any', undef, 200],
["POST /any\n$MORE", $JSON, 200],
["POST /any\n$BAD", $JSON, [422, 'invalid_body', '"pointer":"/quantity"', '"keyword":"maximum"']],
["POST /any\n{}", $JSON, [422, 'invalid_body', '"keyword":"required"']],
["DELETE /any\n$BAD", $JSON, [422, 'invalid_body']],
["GET /any\n$BAD", $JSON, [422, 'invalid_body']],
["POST /any\n{\"item\":\"pen\",\"id\":1}", $JSON, [422, 'invalid_body', '"keyword":"readOnly"']],
["POST /any\n{\"item\":\"pen\",\"item\":\"x\"}", $JSON, [400, 'malformed_body']],
["POST /any\n{\"item\":", $JSON, [400, 'malformed_body']],
["POST /any\n$GOOD", 'Content-Type: text/plain', [415, 'unsupported_media_type']],
["POST /any\n$GOOD", 'Content-Type: application/json; charset=utf-16', [415, 'unsupported_media_type']],
["POST /any\n$GOOD", undef, [415, 'unsupported_media_type']],
['POST /any', undef, [400, 'invalid_body', '"keyword":"required"']],
['POST /any', $JSON, [400, 'invalid_body', '"keyword":"required"']],



=== TEST 2: strict
--- config
location / { api_schema_body ../html/order.json strict; UP }
--- calls
["POST /any\n$GOOD", $JSON, 200],
["POST /any\n$MORE", $JSON, [422, 'invalid_body', '"pointer":"/admin"']],



=== TEST 3: drafts
--- config
location /4 { api_schema_body ../html/exclusive.json draft=4; UP }
location /7 { api_schema_body ../html/tuple.json draft=7; UP }
location /20 { api_schema_body ../html/prefix.yaml; UP }
location /named { api_schema_body ../html/named.json draft=2020-12; UP }
--- calls
["POST /4\n2", $JSON, 200],
["POST /4\n1", $JSON, [422, 'invalid_body', '"keyword":"exclusiveMinimum"']],
["POST /7\n[\"a\",1]", $JSON, 200],
["POST /7\n[\"a\",\"b\"]", $JSON, [422, 'invalid_body', '"pointer":"/1"']],
["POST /20\n[\"a\",1]", $JSON, 200],
["POST /20\n[\"a\",\"b\"]", $JSON, [422, 'invalid_body', '"pointer":"/1"']],
["POST /named\n2", $JSON, 200],
["POST /named\n1", $JSON, [422, 'invalid_body']],



=== TEST 4: references to other files, below the root
--- config
location / { api_schema_body ../html/refers.json root=../html; UP }
--- calls
["POST /\n\"a\"", $JSON, 200],
["POST /\n1", $JSON, [422, 'invalid_body']],



=== TEST 5: inherited, off, modes, limits
--- config
location / { api_schema_body ../html/order.json; UP
    location /off { api_schema_body off; UP }
    location /in { UP }
    location /short { api_schema_limit string=8; UP }
}
location /m { api_schema_body ../html/order.json mode=monitor; UP }
location /v { api_schema_body ../html/order.json mode=$http_x_lever; UP }
location /c { api_mode monitor; api_schema_body ../html/order.json; UP }
--- calls
["POST /off\n$BAD", $JSON, 200],
["POST /in\n$BAD", $JSON, [422, 'invalid_body']],
["POST /short\n$GOOD", $JSON, 200],
["POST /short\n{\"item\":\"012345678\"}", $JSON, [413, 'body_too_large']],
["POST /m\n$BAD", $JSON, 200],
["POST /v\n$BAD", "$JSON\nX-Lever: off", 200],
["POST /v\n$BAD", "$JSON\nX-Lever: monitor", 200],
["POST /v\n$BAD", $JSON, [422, 'invalid_body']],
["POST /c\n$BAD", $JSON, 200],



=== TEST 6: beside a contract, and api_body
--- config
location / { api_body json; api_schema orders; api_schema_body ../html/order.json strict; UP }
--- calls
["POST /v1/orders\n$GOOD", $JSON, 200],
["POST /v1/orders\n$BAD", $JSON, [422, 'invalid_body']],
['GET /v1/orders', undef, 200],
['GET /v1/none', undef, [404, 'unknown_path']],



=== TEST 7: in pieces, on the disk, compressed
--- config
location / { client_body_buffer_size 1k; api_schema_body ../html/order.json; api_body_decode gzip max=64k ratio=500; UP }
--- calls
["POST /\n$LAST", $JSON, [422, 'invalid_body', '"pointer":"/quantity"']],
["POST /\n" . gzipped($GOOD), "$JSON\nContent-Encoding: gzip", 200],
["POST /\n" . gzipped($BAD), "$JSON\nContent-Encoding: gzip", [422, 'invalid_body']],



=== TEST 8: redirects are no way around it
--- config
location / { api_schema_body ../html/order.json; error_page 422 415 = @app; try_files /none @second; }
location @app { api_schema_body ../html/order.json; UP }
location @second { api_schema_body ../html/order.json strict; UP }
--- calls
["POST /\n$GOOD", $JSON, 200],
["POST /\n$MORE", $JSON, [422, 'invalid_body']],
["POST /\n$BAD", $JSON, [422, 'invalid_body']],
["POST /\n$BAD", 'Content-Type: text/plain', 415],



=== TEST 9: limit_except and if
--- config
location / {
    limit_except GET { api_schema_body ../html/order.json; }
    UP
}
location /if { if ($arg_x) { api_schema_body ../html/order.json; UP } UP }
--- calls
["POST /\n$GOOD", $JSON, 200],
["POST /\n$BAD", $JSON, [422, 'invalid_body']],
["GET /\n$BAD", $JSON, 200],
["POST /if\n$BAD", $JSON, 200],
["POST /if?x=1\n$BAD", $JSON, [422, 'invalid_body']],



=== TEST 10: what the log says
--- config
location / { api_schema_body ../html/order.json; UP }
--- request eval
"POST /\n$::BAD"
--- more_headers
Content-Type: application/json
--- error_code: 422
--- error_log
refused 422 schema body: body /quantity: maximum



=== TEST 11: mistakes of a schema, with their place
--- config
location / { api_schema_body ../html/bad.json; }
--- must_die
--- error_log eval
[qr{api_schema_body "../html/bad.json": bad.json:1: /type: \S.* in \S+nginx.conf:\d+}, qr{bad.json:1: /pattern}]



=== TEST 12: ... one that leads nowhere
--- config
location / { api_schema_body ../html/loop.json; }
--- must_die
--- error_log eval
qr{api_schema_body "../html/loop.json": loop.json:1:}



=== TEST 13: no such draft, no such file, twice
--- config
location / { api_schema_body ../html/order.json draft=5; }
--- must_die
--- error_log eval
qr{draft.*2019-09.* in \S+:\d+}



=== TEST 14: no such file
--- config
location / { api_schema_body ../html/none.json; }
--- must_die
--- error_log eval
qr{none.json" .*No such file.* in \S+:\d+}



=== TEST 15: twice
--- config
location / { api_schema_body ../html/order.json; api_schema_body off; }
--- must_die
--- error_log eval
qr{"api_schema_body" directive is duplicate in \S+:\d+}
