# Mistakes in bind dpop: where, and what to write instead.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

custom_sections('bind');

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => 'api_zone main 1m;'
        . corp(bind => $block->bind)) unless defined $block->http_config;
    $block->set_value(config => 'location /v1/ { api_auth jwt=corp; }');
});

run_tests();

__DATA__

=== TEST 1: bind dpop without a zone
--- http_config eval
corp(bind => 'dpop')
--- must_die
--- error_log
"bind dpop" in "corp" needs shared memory



=== TEST 2: a word that is none
--- bind: dpop strict
--- must_die
--- error_log
unknown parameter "strict" of "bind", which takes: required nonce max_age= leeway= algorithms= origin=



=== TEST 3: a way to bind that is none
--- bind: tls
--- must_die
--- error_log
"bind" takes mtls, dpop or off first



=== TEST 4: off besides another line
--- bind: dpop; bind off
--- must_die
--- error_log
"bind off" stands besides other lines



=== TEST 5: one line twice
--- bind: dpop; bind dpop
--- must_die
--- error_log
this line "bind" stands twice, or besides "bind off;"



=== TEST 6: an algorithm that makes no sense in a proof
--- bind: dpop algorithms=HS256
--- must_die
--- error_log
"HS256" is no algorithm for a DPoP proof



=== TEST 7: an origin with a path
--- bind: dpop origin=https://api.example/v1
--- must_die
--- error_log
"https://api.example/v1" is no origin: write https://api.example.com, without a path



=== TEST 8: proofs that live too long
--- bind: dpop max_age=1h
--- must_die
--- error_log
"bind dpop" takes a max_age of 1s to 10m and a leeway of 1m at most
