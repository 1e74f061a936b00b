# api_schema_response: what an upstream answers is as described.
# schema-response-http2.t runs this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Schema;

our $SPEC = <<'END';
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /v1/things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: getThing
      responses:
        '200':
          description: ok
          headers: {X-Total: {schema: {type: integer}}}
          content:
            application/json:
              schema:
                type: object
                required: [id]
                properties:
                  id: {type: integer}
                  name: {type: string}
                  made: {type: string, readOnly: true}
                  password: {type: string, writeOnly: true}
        '204': {description: none}
        '404': {description: none, content: {application/problem+json: {schema: {type: object, required: [status], properties: {status: {type: integer}}}}}}
    post:
      operationId: postThing
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses:
        '200': {description: ok, content: {application/json: {schema: {type: object, required: [id], properties: {id: {}, made: {}}}}}}
  /v1/images/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: getImage
      responses: {'200': {description: ok, content: {image/png: {schema: {type: string, format: binary}}}}}
  /v1/events:
    get:
      operationId: events
      responses: {'200': {description: ok, content: {text/event-stream: {}}}}
END

# what the application answers to /v1/things/NAME
our %ANSWERS = (
    good    => [200, '{"id":1,"made":"x"}'],
    none    => [204, ''],
    type    => [200, '{"id":"stolen-1"}'],
    extra   => [200, '{"id":1,"stolen":2}'],
    secret  => [200, '{"id":1,"password":"stolen"}'],
    syntax  => [200, '{"id":1,"name":"stolen'],
    twice   => [200, '{"id":1,"id":"stolen"}'],
    trace   => [500, '{"trace":"stolen"}'],
    missing => [404, '{"status":404}', 'application/problem+json'],
    bad404  => [404, '{"stolen":404}', 'application/problem+json'],
    html    => [200, '<p>stolen', 'text/html'],
    empty   => [200, ''],
    total   => [200, '{"id":2}', undef, 'add_header X-Total 7;'],
    badtot  => [200, '{"id":2}', undef, 'add_header X-Total stolen;'],
    cookie  => [200, '{"id":"stolen"}', undef,
                'add_header Set-Cookie stolen=1; add_header X-Stolen 1;'],
    large   => [200, '{"id":1,"name":"' . 'x' x 3000 . '"}'],
);

sub app {
    my ($more) = @_;
    my $text = "server { listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_2; $more\n"
        . "location / { return 200 'else'; }\n";
    for my $name (sort keys %ANSWERS) {
        my ($status, $body, $type, $add) = @{$ANSWERS{$name}};
        my $file = $status == 200 && length $body;
        $add //= '';
        $type //= 'application/json';
        $text .= "location /v1/things/$name { default_type $type; $add "
            . "return $status '$body'; }\n";
    }
    return $text . <<'END';
    location /v1/images/ { default_type image/png; return 200 "anything"; }
    location /v1/images/text { default_type text/plain; return 200 "stolen"; }
    location /v1/events { default_type text/event-stream; return 200 "data: x\n\n"; }
}
END
}

custom_sections('app', 'answers');

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(user_files => [['orders.yaml', $::SPEC],
        ['v1/things/static', '{"id":1,"name":"static"}'],
        ['v1/things/bad', '{"id":"stolen"}'],
        ['page.html', "the page\n"]]);
    $block->set_value(http_config => ($block->http_config // '') . "\n"
        . "api_schema_spec orders \$TEST_NGINX_HTML_DIR/orders.yaml strict;\n"
        . app($block->app // ''));

    my $up = 'proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;';
    my $config = $block->config // <<'END';
location / { api_schema orders; api_schema_response 2k; UP }
END
    $block->set_value(config => $config =~ s/UP\b/$up/gr);
    answers($block) if defined $block->answers;
});

# "METHOD name STATUS text": what comes of the request for /v1/things/name; a
# refusal has nothing of the upstream in it
sub answers {
    my ($block) = @_;

    my (@req, @code, @like, @unlike, @raw);
    for (grep { /\S/ } split /\n/, $block->answers) {
        my ($method, $name, $status, $text) = split ' ', $_, 4;
        my $path = $name =~ m{^/} ? $name : "/v1/things/$name";
        push @req, "$method $path" . ($method eq 'POST' ? "\n{}" : '');
        push @code, $status;
        push @like, $status == 502
            ? problem_like(status => 502, code => $text // 'invalid_response')
            : defined $text ? qr/$text/ : qr/\A\z/;
        push @unlike, 'stolen';
        push @raw, $status == 502 ? 'stolen' : 'no-such-thing-in-it';
    }
    my %is = (request => \@req, error_code => \@code,
        response_body_like => \@like, raw_response_headers_unlike => \@raw,
        more_headers => [map { /^POST/ ? 'Content-Type: application/json'
            : 'X-None: 1' } @req]);
    $is{response_body_unlike} = \@unlike
        unless ($block->config // '') =~ /monitor|off/;
    defined $block->$_ or $block->set_value($_ => $is{$_}) for keys %is;
    return;
}

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: what is described passes, anything else is a 502 with nothing of it
--- answers
GET good    200 "id":1
GET none    204
GET missing 404 "status":404
GET total   200 "id":2
GET type    502
GET extra   502
GET secret  502
GET syntax  502
GET twice   502
GET trace   502
GET bad404  502
GET html    502
GET empty   502
GET badtot  502
GET cookie  502
POST good   200 "id":1
POST html   502



=== TEST 2: HEAD has no body, and the rest of it is looked at
--- answers
HEAD good   200
HEAD empty  200
HEAD type   200



=== TEST 3: ... its status and headers are, and none has a media type without one
--- request eval
["HEAD /v1/things/trace", "HEAD /v1/things/badtot", "HEAD /v1/things/cookie"]
--- error_code eval
[502, 502, 200]
--- response_headers eval
["! X-Total", "! X-Total", "Set-Cookie: stolen=1"]



=== TEST 4: larger than it may be, with a length and without
--- config
location / { api_schema orders; api_schema_response 2k; UP }
location /v1/things/good { api_schema orders; api_schema_response 16; UP }
--- answers
GET large 502
GET good  502
--- error_log eval
qr/refused 502 schema response_too_large/



=== TEST 5: ... in pieces
--- app
ssi on; ssi_types *;
--- config
location / { proxy_http_version 1.1; api_schema orders; api_schema_response 2k; UP }
location /v1/things/good { proxy_http_version 1.1; api_schema orders; api_schema_response 16; UP }
--- answers
GET large 502
GET good  502
GET type  502
GET total 200 "id":2
GET empty 502
POST large 502



=== TEST 6: compressed by the upstream
--- app
gzip on; gzip_types *; gzip_min_length 1; gzip_http_version 1.0; gzip_proxied any;
--- config
location / { proxy_set_header Accept-Encoding gzip; gunzip on; api_schema orders; api_schema_response 8k; UP }
location /v1/things/large { proxy_set_header Accept-Encoding gzip; gunzip on; api_schema orders; api_schema_response 1k; UP }
--- answers
GET good  200 "id":1
GET type  502
GET large 502
GET extra 502



=== TEST 7: ... in a way nobody here knows
--- app
add_header Content-Encoding br;
--- answers
GET good 502
--- error_log eval
qr/refused 502 schema response_coding/



=== TEST 8: compressed by nginx, behind us
--- config
location / { gzip on; gzip_types application/json; gzip_min_length 1; api_schema orders; api_schema_response 8k; UP }
--- request eval
["GET /v1/things/good", "GET /v1/things/type"]
--- more_headers eval
[("Accept-Encoding: gzip") x 2]
--- error_code eval
[200, 502]
--- response_headers eval
["Content-Encoding: gzip", "! Content-Encoding"]



=== TEST 9: monitor lets all pass, and says what it saw
--- config
location / { api_schema orders; api_schema_response 2k mode=monitor; UP }
--- request eval
["GET /v1/things/type", "GET /v1/things/trace", "GET /v1/things/large", "GET /v1/things/good"]
--- error_code eval
[200, 500, 200, 200]
--- response_body_like eval
["stolen", "stolen", "xxx", '"id":1']
--- grep_error_log eval: qr/(would refuse|refused) 502 schema \w+(: [^,]*)?/
--- grep_error_log_out eval
"would refuse 502 schema response_body: body /id: type: must be of type integer\n"
 . "would refuse 502 schema response_status: body: status: the operation has no response of status 500\n"
 . "would refuse 502 schema response_too_large: the response is larger than api_schema_response allows\n"



=== TEST 10: the ceilings
--- config
location /v1/things/type { api_mode monitor; api_schema orders; api_schema_response 2k; UP }
location /v1/things/extra { api_schema orders mode=monitor; api_schema_response 2k; UP }
location /v1/things/secret { api_schema orders; api_schema_operation getThing mode=monitor; api_schema_response 2k; UP }
location /v1/things/html { api_schema orders mode=off; api_schema_response 2k; UP }
location /v1/things/trace { api_schema_response 2k; UP }
location / { api_schema orders; api_schema_response 2k; UP }
--- request eval
[map { "GET /v1/things/$_" } qw(type extra secret html trace twice)]
--- error_code eval
[200, 200, 200, 200, 500, 502]



=== TEST 11: inheritance, off, a variable
--- http_config
api_schema_response 2k mode=$lever;
map $http_x_lever $lever { off off; monitor monitor; default ''; }
--- config
api_schema orders;
location / { UP }
location /v1/things/html { api_schema_response off; UP }
--- request eval
["GET /v1/things/type", "GET /v1/things/html", "GET /v1/things/type", "GET /v1/things/type"]
--- more_headers eval
["X-None: 1", "X-None: 1", "X-Lever: off", "X-Lever: monitor"]
--- error_code eval
[502, 200, 200, 200]



=== TEST 12: bytes that no schema looks at, and streams, pass as they are
--- answers
GET /v1/images/1 200 anything
GET /v1/events   200 data:
GET /v1/images/text 502
--- error_log
operation "events" (line 35 of the document) streams its response



=== TEST 13: what nginx itself answers is no response of the API
--- config
location / { api_schema orders; api_schema_response 2k; error_page 502 404 /page.html; UP }
location /v1/things/good { api_schema orders; api_schema_response 2k; proxy_pass http://127.0.0.1:1; }
location /v1/things/missing { api_schema orders; api_schema_response 2k; error_page 502 /page.html; proxy_pass http://127.0.0.1:1; }
location = /page.html { root html; api_schema orders; api_schema_response 2k; }
location /v1/things/none { api_schema orders; api_schema_response 2k; limit_except POST { deny all; } UP }
location /v1/things/total { api_schema orders; api_schema_response 2k; proxy_intercept_errors on; error_page 404 = @else; UP }
location @else { api_schema orders; api_schema_response 2k; UP }
--- request eval
[map { "GET $_" } "/v1/things/type", "/v1/things/good", "/v1/things/missing", "/v1/things/none", "/v1/nothing"]
--- error_code eval
[502, 502, 502, 403, 404]
--- response_body_like eval
['invalid_response', "502 Bad Gateway", 'the page', "403 Forbidden", 'the page']



=== TEST 14: where an error_page leads, the answer is looked at
--- config
location / { api_schema orders; api_schema_response 2k; proxy_intercept_errors on; error_page 500 =200 @bad; UP }
location /v1/things/missing { api_schema orders; api_schema_response 2k; proxy_intercept_errors on; error_page 404 =200 @good; UP }
location @bad { api_schema orders; api_schema_response 2k; rewrite ^ /v1/things/type break; UP }
location @good { api_schema orders; api_schema_response 2k; rewrite ^ /v1/things/good break; UP }
--- answers
GET trace 502
GET missing 200 "id":1



=== TEST 15: redirects of the upstream
--- http_config
server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { add_header X-Accel-Redirect $arg_to; return 200 "x"; } }
--- config
location / { rewrite ^ /x?to=/in/$uri break; api_schema orders; api_schema_response 2k; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_3; }
location /in/ { internal; rewrite ^/in/(.*) /$1 break; api_schema orders; api_schema_response 2k; UP }
--- answers
GET type 502
GET good 200 "id":1



=== TEST 16: files, a range of them, one that the client has
--- config
location / { root html; default_type application/json; api_schema orders; api_schema_response 2k; }
--- request eval
["GET /v1/things/static", "GET /v1/things/bad", "GET /v1/things/static", "GET /v1/things/static", "GET /v1/things/none"]
--- more_headers eval
["X-None: 1", "X-None: 1", "Range: bytes=0-3", "If-None-Match: *", "X-None: 1"]
--- error_code eval
[200, 502, 200, 304, 404]
--- response_body_like eval
['\A\{"id":1,"name":"static"\}', 'invalid_response', '\A\{"id":1,"name":"static"\}', '\A\z', '404 Not Found']



=== TEST 17: the verdict in variables, and the headers of the refusal
--- config
location / { api_schema orders; api_schema_response 2k; add_header X-Result "$api_schema_result $api_decision $api_reason." always; api_cors origins=https://a.example; UP }
--- request eval
["GET /v1/things/cookie", "GET /v1/things/good"]
--- more_headers eval
[("Origin: https://a.example") x 2]
--- error_code eval
[502, 200]
--- response_headers eval
["X-Result: refused deny response_body.\nAccess-Control-Allow-Origin: https://a.example\n! Set-Cookie\n! X-Stolen",
 "X-Result: passed allow .\nAccess-Control-Allow-Origin: https://a.example"]



=== TEST 18: several on one connection
--- pipelined_requests eval
["GET /v1/things/good", "GET /v1/things/total", "GET /v1/things/type"]
--- error_code eval
[200, 200, 502]
--- response_body_like eval
['"id":1', '"id":2', 'invalid_response']



=== TEST 19: no memory for it
--- http_config
api_body_budget 64;
--- answers
GET large 502
GET good  502
--- error_log eval
[qr/refused 502 schema body_budget/]



=== TEST 20: an upstream that goes in the middle of its answer
--- config
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_CUT_PORT; api_schema orders; api_schema_response 2k; }
--- tcp_listen eval: free_port('CUT_PORT')
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"id\":1,\"name\":\"stolen"
--- request
GET /v1/things/x
--- error_code: 502
--- response_body_like eval
problem_like(status => 502, code => 'invalid_response')
--- error_log
refused 502 schema response_cut



=== TEST 21: ... unbuffered
--- config
location / { proxy_buffering off; proxy_pass http://127.0.0.1:$TEST_NGINX_CUT_PORT; api_schema orders; api_schema_response 2k; }
--- tcp_listen eval: free_port('CUT_PORT')
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"id\":1,\"name\":\"stolen"
--- request
GET /v1/things/x
--- error_code: 502
--- response_body_like eval
problem_like(status => 502, code => 'invalid_response')
--- error_log
refused 502 schema response_cut



=== TEST 22: ... what comes whole passes
--- config
location / { proxy_buffering off; api_schema orders; api_schema_response 2k; UP }
--- answers
GET good 200 "id":1
GET type 502



=== TEST 23: a change of protocol is a response like any other
--- config
location / {
    proxy_pass http://127.0.0.1:$TEST_NGINX_CUT_PORT; proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
    api_schema orders; api_schema_response 2k;
}
--- tcp_listen eval: free_port('CUT_PORT')
--- tcp_reply eval
"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nstolen"
--- raw_request eval
"GET /v1/things/x HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade, close\r\n\r\n"
--- error_code: 502
--- response_headers
! Upgrade
--- response_body_like eval
problem_like(status => 502, code => 'invalid_response')



=== TEST 24: a refusal without a body
--- config
location / { api_reject empty; api_schema orders; api_schema_response 2k; UP }
--- request eval
["GET /v1/things/type", "GET /v1/things/good", "GET /v1/things/trace"]
--- error_code eval
[502, 200, 502]
--- response_body_like eval
['\A\z', '"id":1', '\A\z']



=== TEST 25: mistakes
--- config
location / { api_schema orders; api_schema_response; UP }
--- must_die
--- error_log eval
qr/invalid number of arguments in "api_schema_response" directive in \S+:\d+/



=== TEST 26: ... no size
--- config
location / { api_schema orders; api_schema_response on; UP }
--- must_die
--- error_log eval
qr/"api_schema_response" directive takes a size above 0 first, for example 256k, or off in \S+:\d+/



=== TEST 27: ... twice
--- config
location / { api_schema_response 1k; api_schema_response off; }
--- must_die
--- error_log eval
qr/"api_schema_response" directive is duplicate in \S+:\d+/



=== TEST 28: ... more than off
--- config
location / { api_schema_response off mode=monitor; }
--- must_die
--- error_log eval
qr/"api_schema_response" directive off takes nothing more in \S+:\d+/
