# What a WAF reads in pieces: bodies in chunks of a byte, with extensions,
# with trailers, in packets with a pause.

use Test::Nginx::Socket 'no_plan';
use ApiTest;

add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value(http_config => <<'END');
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        access_log off;
        return 200 "up\n";
    }
END
    $block->set_value(config => <<'END');
    location / {
        api_waf core;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
END
});

my $head = "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    . "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

sub chunked {
    my ($body, $size, $extension) = @_;
    return $head
        . CORE::join('', map { sprintf("%x%s\r\n%s\r\n", length, $extension // '', $_) }
            unpack "(a$size)*", $body)
        . "0\r\n\r\n";
}

our $attack = q({"q":"1' or '1'='1"});
our $benign = q({"q":"O'Brien or x"});

no_root_location();
run_tests();

__DATA__

=== TEST 1: chunks of a byte
--- raw_request eval
main::chunked($main::attack, 1)
--- error_code: 403
--- error_log
by 7600110



=== TEST 2: ... of a benign body
--- raw_request eval
main::chunked($main::benign, 1)
--- error_code: 200
--- no_error_log
waf



=== TEST 3: chunks with extensions
--- raw_request eval
main::chunked($main::attack, 3, ";x=y")
--- error_code: 403
--- error_log
by 7600110



=== TEST 4: ... of a benign body
--- raw_request eval
main::chunked($main::benign, 3, ";x=y")
--- error_code: 200



=== TEST 5: in packets, in the middle of an escape
--- raw_request eval
my $r = main::chunked('{"q":"1\u0027 or \u00271\u0027=\u00271"}', 100);
my $i = index $r, "u0027";
[substr($r, 0, $i), substr($r, $i, 3), substr($r, $i + 3)]
--- raw_request_middle_delay: 0.05
--- error_code: 403
--- error_log
by 7600110



=== TEST 6: ... of a benign body
--- raw_request eval
my $r = main::chunked('{"q":"1\u0027s or \u00e9"}', 100);
my $i = index $r, "u0027";
[substr($r, 0, $i), substr($r, $i, 3), substr($r, $i + 3)]
--- raw_request_middle_delay: 0.05
--- error_code: 200



=== TEST 7: a length beside chunks is nginx's to refuse
--- raw_request eval
my $r = main::chunked($main::attack, 100);
$r =~ s/Transfer/Content-Length: 2\r\nTransfer/;
$r
--- error_code: 400
