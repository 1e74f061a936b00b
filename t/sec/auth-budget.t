# api_auth_budget: bad credentials that are dear to check are counted, good
# ones are not. auth-budget-http2.t runs this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

no_long_string();
no_root_location();
custom_sections('budget');

our $N = 0;
sub good { return 'Authorization: Bearer ' . token(claims => { jti => 'n' . $N++ }) }
sub bad  { return 'Authorization: Bearer ' . token(key => 'hs256b', header => { kid => 'hs256' }, claims => { jti => 'n' . $N++ }) }
sub cheap { return 'Authorization: Bearer ' . token(claims => { exp => 1, jti => 'n' . $N++ }) }
our $KNOWN = good();

add_block_preprocessor(sub {
    my ($block) = @_;
    my $budget = $block->budget // '';

    $block->set_value(http_config => corp() . "$budget
        set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;")
        unless defined $block->http_config;
    $block->set_value(config => <<'END') unless defined $block->config;
    add_header X-Why "$api_auth_error" always;
    location / { api_auth jwt=corp; try_files /in.txt =404; }
    location /monitor { api_auth jwt=corp mode=monitor; try_files /in.txt =404; }
END
    $block->set_value(user_files => [['in.txt', "in\n"]]);
});

run_tests();

__DATA__

=== TEST 1: so many, then none that is new; what is known passes, and who comes from elsewhere
--- budget: api_auth_budget 3r/h;
--- request eval
[("GET /") x 8]
--- more_headers eval
[$::KNOWN, main::bad(), main::bad(), main::bad(), main::bad(), main::good(), $::KNOWN,
 main::good() . "\nX-Real-IP: 192.0.2.1"]
--- error_code eval
[200, 401, 401, 401, 429, 429, 200, 200]
--- response_headers eval
["! X-Why", ("X-Why: signature") x 3, ("X-Why: budget\nRetry-After: 1\n! WWW-Authenticate") x 2, "! X-Why", "! X-Why"]
--- response_body_like eval
['in', ('.') x 3, (ApiTest::problem_like(status => 429, code => 'too_many_failures', title => 'Too many bad credentials')) x 2, 'in', 'in']



=== TEST 2: good ones cost nothing, nor do those refused before the check
--- budget: api_auth_budget 2r/h;
--- request eval
[("GET /") x 21]
--- more_headers eval
[(map { main::good() } 1 .. 10), (map { main::cheap() } 1 .. 10), main::bad()]
--- error_code eval
[(200) x 10, (401) x 11]



=== TEST 3: of IPv6 a /64 is one
--- budget: api_auth_budget 2r/h;
--- request eval
[("GET /") x 4]
--- more_headers eval
[map { main::bad() . "\nX-Real-IP: $_" } '2001:db8::1', '2001:db8::2', '2001:db8::ffff:3', '2001:db8:0:1::1']
--- error_code eval
[401, 401, 429, 401]



=== TEST 4: where one socket takes both, an address of IPv4 is one, not all of them
--- budget: api_auth_budget 2r/h;
--- request eval
[("GET /") x 4]
--- more_headers eval
[map { main::bad() . "\nX-Real-IP: ::ffff:192.0.2.$_" } 1, 1, 1, 2]
--- error_code eval
[401, 401, 429, 401]



=== TEST 5: per worker
--- budget: api_auth_budget 2r/h per=worker;
--- request eval
[("GET /") x 3]
--- more_headers eval
[map { main::bad() . "\nX-Real-IP: 192.0.2.$_" } 1 .. 3]
--- error_code eval
[401, 401, 429]



=== TEST 6: 50 in a second without a line
--- request eval
[("GET /") x 120]
--- more_headers eval
[map { main::bad() } 1 .. 120]
--- error_code_like eval
[('401') x 50, ('401|429') x 70]
--- grep_error_log eval
qr/refused 401 auth signature/
--- grep_error_log_out eval
qr/\A(?:refused 401 auth signature\n){50,120}\z/



=== TEST 7: off
--- budget: api_auth_budget off;
--- request eval
[("GET /") x 60]
--- more_headers eval
[map { main::bad() } 1 .. 60]
--- error_code eval
[(401) x 60]



=== TEST 8: monitor lets pass, and checks no more
--- budget: api_auth_budget 1r/h;
--- request eval
["GET /monitor", "GET /monitor"]
--- more_headers eval
[main::bad(), main::bad()]
--- response_headers eval
["X-Why: signature", "X-Why: budget"]



=== TEST 9: server replaces http
--- http_config eval
main::corp() . "api_auth_budget off;"
--- config
    api_auth_budget 1r/d;
    location / { api_auth jwt=corp; try_files /in.txt =404; }
--- request eval
["GET /", "GET /"]
--- more_headers eval
[main::bad(), main::bad()]
--- error_code eval
[401, 429]



=== TEST 10: no rate
--- budget: api_auth_budget 50;
--- must_die
--- error_log
"50" is no rate: write 50r/s, 600r/m, 10r/5m or off



=== TEST 11: none at all
--- budget: api_auth_budget 0r/s;
--- must_die
--- error_log
"0r/s" is no rate



=== TEST 12: per what
--- budget: api_auth_budget 5r/s per=user;
--- must_die
--- error_log
invalid value in "per=user"
