# What api_status takes from who may write: the frame around a section, with
# the bans of ngx_api_ratelimit_module behind it.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

my $CONFIG = <<'END';
    location /_api/ {
        api_status  write;
        api_auth    jwt=corp;
        api_require scope apisec:write;
    }
    location /up/ { return 200 "up\n"; }
END

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(config => $CONFIG) unless defined $block->config;
    $block->set_value(http_config => corp() . <<'END');
    api_zone main 1m;
    api_ratelimit_ban on=auth strikes=100/1m ban=1m max=1h;
END
    $block->set_value(http_config => $block->http_config
                      . "api_ratelimit_net ipv4=24 ipv6=56;\n")
        if $block->name =~ /api_ratelimit_net/;
});

sub admin {
    my (@more) = @_;
    return join "\n", bearer(claims => { scope => 'apisec:write' }),
        'X-Api-Admin: 1', @more;
}

{
    no warnings 'once';
    *Test::Base::Filter::admin = \&admin;
    *Test::Base::Filter::ban = sub { qq({"address":"192.0.2.$_[0]","for":3600}) };
}

no_root_location();
run_tests();

__DATA__

=== TEST 1: made, listed, seen, lifted
--- request eval
["POST /_api/bans\n" . ban(1), "GET /_api/bans", "GET /_api/bans/192.0.2.1", "DELETE /_api/bans/192.0.2.1", "GET /_api/bans/192.0.2.1"]
--- more_headers eval
[admin('Content-Type: application/json'), (admin()) x 4]
--- error_code_like eval
[qr/^20[014]$/, qr/^200$/, qr/^200$/, qr/^20[04]$/, qr/^404$/]
--- response_body_like eval
[qr//, qr/192\.0\.2\.1/, qr/192\.0\.2\.1/, qr//, qr/"type":"about:blank"/]
--- error_log eval
[qr/\[notice\].*api_status: POST "bans\/" by "alice": 20/, qr/\[notice\].*api_status: DELETE "bans\/192\.0\.2\.1" by "alice": 20/]



=== TEST 2: the same over HTTP/2
--- http2
--- request eval
["POST /_api/bans\n" . ban(2), "GET /_api/bans/192.0.2.2"]
--- more_headers eval
[admin("Content-Type: application/json"), admin()]
--- error_code_like eval
[qr/^20[014]$/, qr/^200$/]



=== TEST 3: another type, or none, which a form could send
--- request eval
[("POST /_api/bans\n" . ban(3)) x 5]
--- more_headers eval
[admin('Content-Type: text/plain'), admin('Content-Type: application/x-www-form-urlencoded'), admin(),
 admin('Content-Type: application/jsonx'), admin('Content-Type: application/json; charset=utf-8')]
--- error_code_like eval
[(qr/^415$/) x 4, qr/^20[014]$/]



=== TEST 4: nothing that is no strict JSON
--- request eval
["POST /_api/bans\n{", "POST /_api/bans\n" . '{"address":"192.0.2.4","address":"192.0.2.5"}', "POST /_api/bans\n\x{ff}"]
--- more_headers eval
[(admin('Content-Type: application/json')) x 3]
--- error_code eval
[400, 400, 400]
--- response_body_like eval
[qr/"title":"The body is no JSON: \w+ at byte 1","status":400/, qr/"title":"The body is no JSON: duplicate_name at byte \d+"/, qr/at byte 0"/]



=== TEST 5: nothing, and too much
--- request eval
["POST /_api/bans", "POST /_api/bans\n" . '"' . 'x' x 65540 . '"', "POST /_api/bans\n" . ban(5) . ' ' x 10 . "\t"]
--- more_headers eval
[admin(), admin('Content-Type: application/json'), admin('Content-Type: application/json')]
--- error_code_like eval
[qr/^400$/, qr/^413$/, qr/^20[014]$/]
--- response_body_like eval
[qr/"status":400/, qr/"title":"64 KiB may be sent","status":413/, qr//]



=== TEST 6: a length is needed
--- raw_request eval
"POST /_api/bans HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" . CORE::join("\r\n", split /\n/, admin('Content-Type: application/json'))
. "\r\nTransfer-Encoding: chunked\r\n\r\n" . "5\r\n{\"a\":\r\n0\r\n\r\n"
--- error_code: 411



=== TEST 7: a body that has gone to a file
--- config
    location /_api/ {
        client_body_in_file_only on;
        api_status  write;
        api_auth    jwt=corp;
        api_require scope apisec:write;
    }
--- request eval
["POST /_api/bans\n" . ban(7), "GET /_api/bans/192.0.2.7"]
--- more_headers eval
[admin('Content-Type: application/json'), admin()]
--- error_code_like eval
[qr/^20[014]$/, qr/^200$/]



=== TEST 8: a body that api_body has read before
--- config
    location /_api/ {
        api_body    json;
        client_body_buffer_size 16;
        api_status  write;
        api_auth    jwt=corp;
        api_require scope apisec:write;
    }
--- request eval
["POST /_api/bans\n" . ban(8), "GET /_api/bans/192.0.2.8"]
--- more_headers eval
[admin('Content-Type: application/json'), admin()]
--- error_code_like eval
[qr/^20[014]$/, qr/^200$/]



=== TEST 9: sent in pieces
--- raw_request eval
my $body = ban(9);
my $head = "POST /_api/bans HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " . length($body) . "\r\n"
    . CORE::join("\r\n", split /\n/, admin('Content-Type: application/json')) . "\r\n\r\n";
[$head, substr($body, 0, 5), substr($body, 5)]
--- raw_request_middle_delay: 0.05
--- error_code_like: ^20[014]$



=== TEST 10: what is refused leaves the connection in order
--- pipelined_requests eval
["POST /_api/bans\n" . ban(10), "GET /up/"]
--- more_headers eval
[admin('Content-Type: text/plain'), 'X-None: 1']
--- error_code eval
[415, 200]
--- response_body_like eval
[qr/415/, qr/^up$/]



=== TEST 11: what a stranger writes into a path is no line of its own in the log
--- request
DELETE /_api/bans/a%0d%0a%22x%1b[31m
--- more_headers eval
admin()
--- error_code_like: ^40\d$
--- error_log eval
qr/api_status: DELETE "bans\/a\\r\\n\\"x\\x1b\[31m" by "alice"/



=== TEST 12: by hand as by strikes: a client is what api_ratelimit_net says
--- config
    set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;
    location /_api/ {
        api_ratelimit_ban off;
        api_status  write;
        api_auth    jwt=corp;
        api_require scope apisec:write;
    }
    location /up/ { try_files /x =204; }
--- request eval
["POST /_api/bans\n" . '{"address":"2001:db8:0:12::7","for":3600}', "GET /up/", "GET /up/",
 "POST /_api/bans\n" . '{"address":"192.0.2.77","for":3600}', "GET /up/", "GET /up/",
 "GET /_api/bans/2001:db8:0:ff::1", "GET /_api/bans/2001:db8::/56", "GET /_api/bans/2001:db8::/64",
 "DELETE /_api/bans/2001:db8::/56", "GET /up/"]
--- more_headers eval
[admin('Content-Type: application/json'), 'X-Real-IP: 2001:db8:0:ab::1', 'X-Real-IP: 2001:db8:0:100::1',
 admin('Content-Type: application/json'), 'X-Real-IP: 192.0.2.1', 'X-Real-IP: 192.0.3.77',
 (admin()) x 4, 'X-Real-IP: 2001:db8:0:ab::1']
--- error_code eval
[201, 429, 204, 201, 429, 204, 200, 200, 400, 204, 204]
