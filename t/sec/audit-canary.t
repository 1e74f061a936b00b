#!/usr/bin/perl

# Thirty forms of secrets and personal data, in every place of a request and
# of its answer, with all that judges requests in the way: none is in the log of
# api_audit, in the metrics, in a section of api_status, in the spool of alerts
# or the snapshot of the inventory; nor, of headers and bodies, in nginx's error
# log.  (Lines of nginx itself print the line of the request.)

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Event;
use ApiTest::Sec;
use ApiTest::Server;
use Compress::Zlib ();
use File::Temp qw(tempdir);
use MIME::Base64 ();
use Test::More;
use Time::HiRes qw(sleep);

my @canaries = (
    '4111111111111111', '5500005555555559', '378282246310005',
    'DE89370400440532013000', 'GB29NWBK60161331926819',
    'alice.smith@example.com', 'bob+tag@mail.example', '123-45-6789',
    '+49-170-1234567', '0171/2345678', '19851224-1234', 'AB123456C',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlMTIz',
    'AKIAIOSFODNN7EXAMPLE', 'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
    'glpat-1a2b3c4d5e6f7g8h9i0j', 'xoxb-123456789012-abcdefghij',
    'sk_live_4eC39HqLyjWDarjtT1zdp7dc', 'AIzaSyD4a5b6c7d8e9f0g1h2i3j4k5l6m7n8o9',
    'npm_1234567890abcdefghijklmnopqrstuvwxyz', 'hvs.CAESIJ1234567890abcdef',
    'SG.1a2b3c4d5e6f7g8h9i0j.k1l2m3n4', '550e8400-e29b-41d4-a716-446655440000',
    'd41d8cd98f00b204e9800998ecf8427e', 'Hunter2!Hunter2!', 'P4ssw0rd-2026',
    'QUtJQUlPU0ZPRE5ON0VYQU1QTEU9', 'session=9f8e7d6c5b4a39281706',
    '192.168.77.123', 'passport-X1234567',
);
is(scalar @canaries, 30, 'thirty of them');

my $state = tempdir(CLEANUP => 1);
my $STORE = '{"keys":[]}';
my $SPEC  = <<'END';
openapi: 3.1.0
info: {title: Shop, version: '1'}
servers: [{url: /shop}]
paths:
  /orders/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: string, maxLength: 200}}
      - {name: n, in: query, schema: {type: integer}}
      - {name: X-Count, in: header, schema: {type: integer}}
      - {name: c, in: cookie, schema: {type: integer}}
    get:  {operationId: getOrder, responses: {'200': {description: ok}}}
    post:
      operationId: postOrder
      requestBody:
        content:
          application/json:
            schema:
              type: object
              additionalProperties: false
              properties:
                kind: {enum: [a, b]}
                n: {type: integer}
                text: {type: string, pattern: '^q$'}
          application/x-www-form-urlencoded:
            schema: {type: object, additionalProperties: false, properties: {n: {type: integer}}}
          multipart/form-data:
            schema: {type: object, additionalProperties: false, properties: {n: {type: integer}}}
      responses: {'200': {description: ok}}
END

my $server = ApiTest::Server->start(
    workers => 1,
    main    => 'user root;',
    files   => { 'html/x' => "x\n", 'shop.yaml' => $SPEC,
        'own.secret' => secret('hs256'), 'keys.store' => $STORE,
        'rules.conf' => <<'EOT' },
SecRule ARGS|ARGS_NAMES|REQUEST_HEADERS|REQUEST_COOKIES "@rx [0-9]{4}" "id:1,phase:2,deny,status:403,log,msg:'number',logdata:'%{MATCHED_VAR}'"
EOT
    http    => "api_zone main 8m inventory=2m; api_audit logs/audit.jsonl;\n"
        . "api_state $state;\n"
        . "api_alert_spool logs/alerts.jsonl;\n"
        . "api_inventory nodes=400 min_hits=1;\n"
        . "api_waf_ruleset own rules.conf;\n"
        . "api_schema_spec shop shop.yaml unsupported=warn;\n"
        . "api_key_store partners keys.store pepper=file:own.secret;\n"
        . "api_ratelimit_zone z 1m;\n"
        . "api_ratelimit_policy one zone=z key=\$http_x_canary rate=1r/m burst=3;\n"
        . corp(key => 'file:own.secret kid=hs256')
        . "api_body_decode gzip max=64k ratio=50;\n"
        . "map \$http_authorization \$kind { ~^Bearer jwt; default none; }\n",
    server  => <<'EOT',
    location /up { return 200 "$http_x_canary $arg_answer"; }
    location /proxied/ {
        api_cors origins=https://app.example;
        api_body json;
        api_waf own;
        proxy_pass http://127.0.0.1:$server_port/up?answer=;
    }
    location /status { api_status; }
    location /shop/ {
        api_schema shop;
        api_leak   log max=64k;
        proxy_pass http://127.0.0.1:$server_port/up?answer=$arg_answer;
    }
    location /jwt/ { api_auth jwt=corp; api_require claim:sub eq "x"; try_files /x =404; }
    location /key/ { api_auth key=partners; try_files /x =404; }
    location /list/ { api_ratelimit one; try_files /x =404; }
    location /graphql { api_graphql depth=3 aliases=3; try_files /x =404; }
    location /scan/ { api_behavior scanner over=12 action=alert ttl=60s; return 404; }
    location /learn/ { proxy_pass http://127.0.0.1:$server_port/up?answer=$arg_answer; }
    location /broken/ { proxy_pass http://127.0.0.1:1; }
EOT
    location => 'api_waf own; try_files /x =404;',
);

# Each check that could tell of what it does not like.

sub post {
    my ($path, $type, $body, @more) = @_;
    $server->request("POST $path HTTP/1.1", "Content-Type: $type", @more,
        'Content-Length: ' . length($body) . "\r\n\r\n$body");
    return;
}

sub everywhere {
    my ($canary, $encoded) = @_;

    # the contract: parameters, bodies of each form, their answers

    $server->get("/shop/orders/$encoded");
    $server->get("/shop/orders/1?n=$encoded");
    $server->get("/shop/orders/1?$encoded=1");
    $server->get("/shop/orders/1", "X-Count: $canary", "Cookie: c=$encoded");
    $server->get("/shop/orders/1?answer=$encoded", "X-Canary: $canary");
    $server->get("/learn/items/12?answer=$encoded", "X-Canary: $canary");
    $server->get("/learn/$encoded");
    post('/shop/orders/1', 'application/json', $_) for
        qq({"kind":"$canary"}), qq({"n":"$canary"}), qq({"text":"$canary"}),
        qq({"$canary":1}), qq({"n":1,"n":"$canary"}), qq({"n":$canary}), $canary;
    post('/shop/orders/1', 'application/x-www-form-urlencoded', $_) for
        "n=$encoded", "$encoded=1", $canary;
    post('/shop/orders/1', 'multipart/form-data; boundary=b', "--b\r\n"
        . "Content-Disposition: form-data; name=\"$_\"; filename=\"$canary\"\r\n\r\n"
        . "$canary\r\n--b--\r\n") for 'n', $canary;
    post('/shop/orders/1', 'application/json', Compress::Zlib::memGzip(
        qq({"n":"$canary"})), 'Content-Encoding: gzip');
    post('/shop/orders/1', $canary, '{}');

    # credentials, whole and broken

    my $token = (bearer(claims => { sub => $canary, jti => $canary, scope => $canary,
        aud => $canary, email => $canary }) =~ /(\S+)$/)[0];
    my $kid = (bearer(header => { kid => $canary, typ => $canary }) =~ /(\S+)$/)[0];
    $server->get('/jwt/', "Authorization: Bearer $_") for $token, $kid, $canary, "$canary.$canary.$canary";
    $server->get('/jwt/', "Authorization: $canary");
    $server->get('/key/', "X-API-Key: $_") for $canary, "ak_${canary}_1";

    # limits, GraphQL, behaviours, upstreams that are not there

    $server->get('/list/', "X-Canary: $canary") for 1 .. 5;
    post('/graphql', 'application/json', $_) for
        qq({"query":"{ user(id: \\"$canary\\") { a b c } }"}), qq({"query":"$canary"}),
        qq({"query":"{a{b{c{d{e}}}}}","variables":{"x":"$canary"},"operationName":"$canary"});
    $server->get("/scan/$encoded$_", "X-Canary: $canary") for 1 .. 15;
    $server->get('/broken/', "X-Canary: $canary", "Referer: http://x/?t=$encoded");

    # lines that are no request

    $server->request("GET / HTTP/1.1", "X-\x{1}$canary: 1");
    $server->request("GET / HTTP/1.1", "Content-Length: $canary");
    $server->request("GET / HTTP/1.1", "Transfer-Encoding: $canary");
    $server->request("POST /shop/orders/1 HTTP/1.1", 'Transfer-Encoding: chunked',
        "Content-Type: application/json\r\n\r\n$canary\r\n$canary");
    return;
}


for my $canary (@canaries) {
    my $encoded = $canary =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ger;
    my $body = "{\"$canary\":\"$canary\",\"card\":\"$canary\"}";

    $server->get("/orders/$encoded/lines");
    $server->get("/orders?id=$encoded&$encoded=1&$encoded");
    $server->get('/orders', "X-Canary: $canary", "Authorization: Bearer $canary",
        "Cookie: id=$canary; $encoded=1", "User-Agent: $canary",
        "Referer: https://app.example/?token=$encoded", "X-API-Key: $canary",
        "Origin: https://$encoded.example", "X-Forwarded-For: $canary",
        "Accept: $canary", "Content-Type: $canary");
    $server->request('POST /proxied/ HTTP/1.1', "X-Canary: $canary",
        "Origin: https://$encoded.example",
        'Content-Type: application/json',
        'Content-Length: ' . length($body) . "\r\n\r\n$body");
    $server->request('POST /proxied/ HTTP/1.1',
        "Content-Type: multipart/form-data; boundary=$encoded",
        "Content-Disposition: form-data; name=\"$canary\"",
        "Content-Length: 2\r\n\r\n{]");

    everywhere($canary, $encoded);

    my $socket = $server->connected;
    print {$socket} "GET /orders HTTP/1.1\r\nHost: $encoded.example\r\n"
        . "Connection: close\r\n\r\n";
    1 while <$socket>;
}

for (1 .. 500) {
    last if (() = $server->text('logs/audit.jsonl') =~ /"kind":"request"/g)
        >= 6 * @canaries;
    sleep 0.02;
}

my $audit = $server->text('logs/audit.jsonl');
my (undef, undef, $status)  = $server->get('/status');
my (undef, undef, $metrics) = $server->get('/status/metrics');
my %section = map { $_ => ($server->get("/status/$_"))[2] }
    qw(inventory inventory/openapi limits bans waf alerts keys log json);
sleep 0.2;
kill 'QUIT', $server->{pid};
waitpid delete $server->{pid}, 0;
$audit = $server->text('logs/audit.jsonl');
my @kept = glob "$state/*";
my %sink = (
    'the record'          => $audit,
    'the status document' => $status,
    'the metrics'         => $metrics,
    (map { ("section $_" => $section{$_}) } keys %section),
    (map { ("$_" => slurp($_)) } @kept),
    # what nginx prints of a request in a line is no header and no body, and
    # it quotes a header that it refuses itself
    'the error log'       => $server->log
        =~ s/, (?:request|referrer|host|upstream): "[^"]*"//gr
        =~ s/^.* client (?:sent (?:invalid|unknown)|intended to send) .*\n//mgr,
);

is(join(', ', map { event_faults($_) } events_of($audit)), '',
    'each event is as the schema says');
cmp_ok(scalar events_of($audit), '>=', 6 * @canaries, 'there are as many');

for my $sink (sort keys %sink) {
    my @found = grep {
        my $encoded = s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ger;
        $sink{$sink} =~ /\Q$_\E|\Q$encoded\E/i
    } @canaries, map { MIME::Base64::encode_base64url($_) } @canaries;
    is("@found", '', "nothing in $sink") or diag map {
        my $one = $_;
        map {"$_\n"} ($sink{$sink} =~ /(.{0,150}\Q$one\E.{0,60})/)[0] // ();
    } @found;
}

like($audit, qr{"path":"/orders/~[0-9a-f]{16}/lines"}, 'but where it was');

done_testing();
