# The stand-in's own HTTP/2 client: header compression, flow control, and
# the answer that comes before the body is sent. The real library has curl.

BEGIN {
    delete $ENV{TEST_NGINX_LOAD_MODULES};
    $ENV{TEST_NGINX_STAND_IN} = 1;
}

use Test::Nginx::Socket 'no_plan';
use Test::Nginx::StandIn::Hpack;

# bytes that stand for themselves in a quoted word of the configuration, at
# the end of a header value; the first half makes Huffman coding worth while
our @bytes  = grep { !/\A(?:34|36|92|127|133|160)\z/ } 33 .. 255;
our $add    = join "\n", map {
    sprintf 'add_header X-%d "%s%s";', $_, 'a' x 30, chr $_
} @bytes;
our $expect = join "\n", map {
    sprintf 'X-%d: %s%s', $_, 'a' x 30, chr $_
} @bytes;

no_root_location();
run_tests();

# ---- RFC 7541, appendix C: examples of the dynamic table

my $hpack = Test::Nginx::StandIn::Hpack->new;
for my $case (
    ['828684418cf1e3c2e5f23a6ba0ab90f4ff',
     ':method GET :scheme http :path / :authority www.example.com'],
    ['828684be5886a8eb10649cbf',
     ':method GET :scheme http :path / :authority www.example.com'
     . ' cache-control no-cache'],
    ['828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
     ':method GET :scheme https :path /index.html'
     . ' :authority www.example.com custom-key custom-value'],
) {
    my ($hex, $want) = @$case;
    is(join(' ', map { @$_ } $hpack->decode(pack 'H*', $hex)), $want,
       'RFC 7541, C.4');
}

is($hpack->{size}, 164, 'the table is as large as it says');
$hpack->decode("\x20");
is($hpack->{size}, 0, 'a limit of 0 empties it');

for my $bad ("\x80", "\xff\xff", "\x00\x05ab", "\xbe", "\x40") {
    ok(!eval { Test::Nginx::StandIn::Hpack->new->decode($bad); 1 },
       'a bad block dies: ' . unpack 'H*', $bad);
}

__DATA__

=== TEST 1: every byte in a header, and a large response
--- http2
--- http_config
server {
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    location / { root html; }
}
--- config eval
"location / {
    proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    $::add
}"
--- user_files eval
[["big", "x" x 3_000_000]]
--- request
GET /big
--- response_headers eval
$::expect
--- response_body eval
"x" x 3_000_000

=== TEST 2: a large body in packets, larger than the window
--- http2
--- http_config
client_max_body_size 0;
server {
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    location / { return 200 "$content_length\n"; }
}
--- config
location / {
    client_max_body_size 0;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- request eval
[["POST /x\n" . "y" x 1_000_000, "z" x 1_000_000,
  { value => "u", delay_before => 0.02 }], "GET /a"]
--- response_body eval
["2000001\n", "\n"]

=== TEST 3: refusals that come before the body
--- http2
--- config
location /no { add_header X-No no always; return 403 "no\n"; }
--- request eval
[("POST /no\n" . "x" x 100) x 60]
--- error_code eval
[(403) x 60]
--- response_body eval
[map { "no\n" } 1 .. 60]
--- response_headers eval
[map { "X-No: no" } 1 .. 60]

=== TEST 4: a refusal in the middle of a large body
--- http2
--- config
location /no { client_max_body_size 1k; proxy_pass http://127.0.0.1:1; }
--- more_headers
Transfer-Encoding: chunked
--- request eval
"POST /no\n" . "x" x 500_000
--- error_code: 413

=== TEST 5: a header larger than a frame
--- http2
--- http_config
large_client_header_buffers 4 64k;
--- config
location / { return 200 "$http_x"; }
--- request
GET /
--- more_headers eval
"X: " . "v" x 40_000
--- response_body eval
"v" x 40_000

=== TEST 6: the log is written when the answer is there
--- http2
--- config
location / { return 204; }
--- request
GET /
--- error_code: 204
--- no_access_log
GET / HTTP/1.1
--- access_log
"GET / HTTP/2.0" 204
