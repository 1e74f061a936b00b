# api_graphql: what a document may ask for. graphql-http2.t runs this file over
# HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Schema;

our $JSON = 'Content-Type: application/json';

sub post { return "POST /graphql\n" . json({ query => $_[0] }) }

sub nested { return '{' . 'a{' x ($_[0] - 1) . 'b' . '}' x $_[0] }

sub laughs {
    my ($n) = @_;
    return '{...f0}' . join('', map {
        my $next = $_ + 1;
        " fragment f$_ on Q {" . ($_ < $n ? "...f$next ...f$next" : 'a') . '}'
    } 0 .. $n);
}

add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value(config => 'location / {
        api_graphql depth=5 aliases=2 nodes=20; UP
    }') unless defined $block->config;
});

try_calls();
no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: documents
--- calls
[post('{a{b(x:1){c}}}'), $JSON, 200],
[post('query Q($x: Int) {a(x: $x)}'), $JSON, 200],
[post('mutation {a}'), $JSON, 200],
[post('{a'), $JSON, [400, 'invalid_graphql']],
[post(''), $JSON, [400, 'invalid_graphql']],
[post('{...f}'), $JSON, [400, 'invalid_graphql']],
[post('{...f} fragment f on Q {...f}'), $JSON, [400, 'invalid_graphql']],
[post('type Q {a: Int}'), $JSON, [400, 'invalid_graphql']],



=== TEST 2: limits
--- calls
[post(nested(5)), $JSON, 200],
[post(nested(6)), $JSON, [400, 'graphql_limit']],
[post('{x:a y:a}'), $JSON, 200],
[post('{x:a y:a z:a}'), $JSON, [400, 'graphql_limit']],
[post('{' . 'a ' x 20 . '}'), $JSON, 200],
[post('{' . 'a ' x 21 . '}'), $JSON, [400, 'graphql_limit']],
[post(laughs(3)), $JSON, 200],
[post(laughs(40)), $JSON, [400, 'graphql_limit']],
[post('{a(x:"' . 'y' x 70000 . '")}'), $JSON, [400, 'graphql_limit']],



=== TEST 3: introspection
--- calls
[post('{__schema{types{name}}}'), $JSON, [403, 'introspection']],
[post('{a ...f} fragment f on Q {__type(name:"x"){name}}'), $JSON, [403, 'introspection']],
[post('{x:__schema{types{name}}}'), $JSON, [403, 'introspection']],
[post('{__typename}'), $JSON, 200],
[post('{a(x:"__schema")}'), $JSON, 200],



=== TEST 4: ... where it is wanted
--- config
location / { api_graphql introspection=allow; UP }
--- calls
[post('{__schema{types{name}}}'), $JSON, 200],



=== TEST 5: lists of documents
--- config
location / { api_graphql batch=2; UP }
--- calls
["POST /g\n" . '[{"query":"{a}"},{"query":"{b}"}]', $JSON, 200],
["POST /g\n" . '[{"query":"{a}"},{"query":"{b}"},{"query":"{c}"}]', $JSON, [400, 'graphql_limit']],
["POST /g\n" . '[{"query":"{a}"},{"query":"{__schema{a}}"}]', $JSON, [403, 'introspection']],
["POST /g\n" . '[{"query":"{a}"},7]', $JSON, [400, 'invalid_graphql']],
["POST /g\n" . '[]', $JSON, [400, 'invalid_graphql']],



=== TEST 6: one way to find the document
--- calls
["POST /g\n" . '{"variables":{}}', $JSON, [400, 'invalid_graphql']],
["POST /g\n" . '{"query":7}', $JSON, [400, 'invalid_graphql']],
["POST /g\n" . '{"query":"{a}","Query":"{__schema{a}}"}', $JSON, [400, 'invalid_graphql']],
["POST /g\n" . '{"query":"{a}","query":"{__schema{a}}"}', $JSON, [400, 'invalid_graphql']],
["POST /g\n" . '{"query":"{\u0061}"}', $JSON, 200],
["POST /g\n" . '{"query":"{a}"}x', $JSON, [400, 'invalid_graphql']],
["POST /g\n" . '{"query":"{a}"}', 'Content-Type: text/plain', [415, 'unsupported_media_type']],
["POST /g\n" . '{a}', 'Content-Type: application/graphql', 200],
["POST /g\n" . '{__schema{a}}', 'Content-Type: application/graphql', [403, 'introspection']],
["POST /g", $JSON, [400, 'invalid_graphql']],
["PUT /g\n" . '{"query":"{a}"}', $JSON, [405, 'method_not_allowed']],



=== TEST 7: by GET
--- calls
['GET /g?query=%7Ba%7D', undef, 200],
['GET /g?query=%7B__schema%7Ba%7D%7D', undef, [403, 'introspection']],
['GET /g?query=mutation%7Ba%7D', undef, [405, 'method_not_allowed']],
['GET /g?query=%7Ba%7D&query=%7Bb%7D', undef, [400, 'invalid_graphql']],
['GET /g?query=%7Ba%7D&QUERY=%7Bb%7D', undef, [400, 'invalid_graphql']],
['GET /g', undef, [400, 'invalid_graphql']],
["GET /g?query=%7Ba%7D\n" . '{"query":"{__schema{a}}"}', $JSON, [400, 'invalid_graphql']],



=== TEST 8: watched only
--- config
location / { api_graphql depth=1 mode=monitor; UP }
--- request eval
main::post('{a{b}}')
--- more_headers
Content-Type: application/json
--- response_body_like: ^app POST
--- error_log eval
qr/would refuse 400 schema graphql_limit: /



=== TEST 9: a body on the disk
--- config
location / { api_graphql; client_body_in_file_only clean; UP }
--- calls
[post('{a}'), $JSON, 200],
[post('{__schema{a}}'), $JSON, [403, 'introspection']],



=== TEST 10: a page of errors is no second chance
--- config
location / { api_graphql; error_page 403 = @app; UP }
location @app { api_graphql depth=9; UP }
--- calls
[post('{__schema{a}}'), $JSON, [403, 'introspection']],



=== TEST 11: numbers that are none
--- config
location / { api_graphql depth=0; UP }
--- must_die
--- error_log eval
qr/api_graphql takes depth and batch from 1 to 1000/
