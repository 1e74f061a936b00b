#!/usr/bin/perl

# Thirty forms of secrets and personal data, in every place of a request and
# of its answer: none is in the log of api_audit, in the metrics, in the status
# document or in what api_inventory shows; nor, of headers and bodies, in
# nginx's error log.  (Lines of nginx itself print the line of the request.)

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Event;
use ApiTest::Server;
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

my $server = ApiTest::Server->start(
    workers => 1,
    main    => 'user root;',
    files   => { 'html/x' => "x\n", 'rules.conf' => <<'EOT' },
SecRule ARGS|ARGS_NAMES|REQUEST_HEADERS|REQUEST_COOKIES "@rx [0-9]{4}" "id:1,phase:2,deny,status:403,log,msg:'number',logdata:'%{MATCHED_VAR}'"
EOT
    http    => "api_zone main 4m; api_audit logs/audit.jsonl;\n"
        . "api_waf_ruleset own rules.conf;\n",
    server  => <<'EOT',
    location /up { return 200 "$http_x_canary $arg_answer"; }
    location /proxied/ {
        api_cors origins=https://app.example;
        api_body json;
        api_waf own;
        proxy_pass http://127.0.0.1:$server_port/up?answer=;
    }
    location /status { api_status; }
EOT
    location => 'api_waf own; try_files /x =404;',
);

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
my %sink = (
    'the record'          => $audit,
    'the status document' => $status,
    'the metrics'         => $metrics,
    # what nginx prints of a request in a line is no header and no body
    'the error log'       => $server->log =~ s/, (?:request|referrer|host|upstream): "[^"]*"//gr,
);

is(join(', ', map { event_faults($_) } events_of($audit)), '',
    'each event is as the schema says');
cmp_ok(scalar events_of($audit), '>=', 6 * @canaries, 'there are as many');

for my $sink (sort keys %sink) {
    my @found = grep {
        my $encoded = s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ger;
        $sink{$sink} =~ /\Q$_\E|\Q$encoded\E/i
    } @canaries;
    is("@found", '', "nothing in $sink");
}

like($audit, qr{"path":"/orders/~[0-9a-f]{16}/lines"}, 'but where it was');

done_testing();
