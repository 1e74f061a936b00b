# Chunked bodies under the contract, byte by byte over a socket of our own,
# and those that a client holds back.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Schema;

try_calls();
no_root_location();
run_tests();

__DATA__

=== TEST 1: chunks of one byte
--- raw_request eval
my $body = '{"item":"pen","quantity":2}';
"POST /v1/orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
. CORE::join('', map { "1\r\n$_\r\n" } split //, $body) . "0\r\n\r\n"
--- response_body_like: ^app POST



=== TEST 2: ... that are not as described
--- raw_request eval
my $body = '{"item":"pen","quantity":99}';
"POST /v1/orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
. CORE::join('', map { "1\r\n$_\r\n" } split //, $body) . "0\r\n\r\n"
--- error_code: 422



=== TEST 3: no chunk at all
--- raw_request eval
"POST /v1/orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
--- error_code: 400



=== TEST 4: ... where no body belongs, is none
--- raw_request eval
"GET /v1/orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
--- response_body_like: ^app GET



=== TEST 5: ... and a chunk there is one too many
--- raw_request eval
"GET /v1/orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
--- error_code: 400



=== TEST 6: who waits to send is told at once
--- raw_request eval
"POST /v1/orders?x=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 27\r\nExpect: 100-continue\r\n\r\n"
--- error_code: 400



=== TEST 7: two media types
--- raw_request eval
"POST /v1/orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 27\r\n\r\n{\"item\":\"pen\",\"quantity\":2}"
--- error_code: 415
