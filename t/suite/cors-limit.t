# api_cors beside the limits of the other module: a preflight is answered
# before them and costs nothing, and the page can read why it got a 429.

use Test::Nginx::Socket 'no_plan';
use ApiTest;

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => <<'END');
    api_ratelimit_zone   z 1m;
    api_ratelimit_policy few zone=z key=$remote_addr rate=1r/h at=address;
END
    $block->set_value(config => <<'END');
    location / {
        api_cors      origins=https://app.example.com expose=Retry-After;
        api_ratelimit few;
        try_files     /x =404;
    }
END
    $block->set_value(user_files => ">>> x\nok\n");
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: preflights are not counted, and come through when the rest does not
--- request eval
["OPTIONS /", "OPTIONS /", "GET /", "GET /", "OPTIONS /", "GET /"]
--- more_headers eval
my $from = 'Origin: https://app.example.com';
my $ask = "$from\nAccess-Control-Request-Method: GET";
[$ask, $ask, $from, $from, $ask, 'Origin: https://evil.example']
--- error_code eval
[204, 204, 200, 429, 204, 429]
--- response_headers eval
my $allowed = 'Access-Control-Allow-Origin: https://app.example.com';
[$allowed, $allowed, $allowed,
 "$allowed\nAccess-Control-Expose-Headers: Retry-After\n"
 . "Content-Type: application/problem+json\nVary: Origin",
 $allowed, "! Access-Control-Allow-Origin\nVary: Origin"]
--- raw_response_headers_like eval
["204", "204", "200", "\r\nRetry-After: \\d+", "204", "\r\nRetry-After: \\d+"]



=== TEST 2: the same over HTTP/2
--- http2
--- request eval
["GET /", "GET /", "OPTIONS /"]
--- more_headers eval
my $from = 'Origin: https://app.example.com';
[$from, $from, "$from\nAccess-Control-Request-Method: GET"]
--- error_code eval
[200, 429, 204]
--- response_headers eval
[('Access-Control-Allow-Origin: https://app.example.com') x 3]
