# api_mode and mode=: enforce, monitor, off, by variable, as a ceiling. The
# lever of an api_list is in list.t; mode-http2.t runs this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

no_long_string();

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => corp() . ($block->http_config // ''));
    $block->set_value(user_files => [['in.txt', "in\n"]]);
});

# lines of more_headers: a good token, a bad one, none
sub bad   { return bearer(key => 'hs256b', header => { kid => 'hs256' }) }
sub none  { return 'X-None: 1' }
sub three { return (bearer(), bad(), none()) }

# what X-Seen of the configurations below says of these three
our @ENFORCE = ('ok:/allow:', 'invalid:signature/deny:signature',
                'missing:missing/deny:missing');
our @MONITOR = ('ok:/allow:', 'invalid:signature/monitor:signature',
                'missing:missing/monitor:missing');
our @OFF = (':/:') x 3;
our $SEEN = 'add_header X-Seen'
    . ' "$api_auth_result:$api_auth_error/$api_decision:$api_reason" always;'
    . 'try_files /in.txt =404;';

sub seen { return map { "X-Seen: $_" } @_ }

run_tests();

__DATA__

=== TEST 1: api_auth mode=
--- config eval
CORE::join '', map {
    "location /$_/ { api_auth jwt=corp mode=$_; $::SEEN }"
} qw(enforce monitor off)
--- request eval
[map { ("GET /$_/") x 3 } qw(enforce monitor off)]
--- more_headers eval
[(main::three()) x 3]
--- error_code eval
[200, 401, 401, (200) x 6]
--- response_headers eval
[main::seen(@::ENFORCE, @::MONITOR, @::OFF)]



=== TEST 2: api_mode is a ceiling: the weaker one is in force
--- config eval
CORE::join '', map { my $mode = $_; map {
    "location /$mode/$_/ { api_mode $mode; api_auth jwt=corp mode=$_; $::SEEN }"
} qw(enforce monitor off) } qw(enforce monitor off)
--- request eval
[map { my $mode = $_; map { "GET /$mode/$_/" } qw(enforce monitor off) }
 qw(enforce monitor off)]
--- more_headers eval
[(main::bad()) x 9]
--- error_code eval
[401, (200) x 8]
--- response_headers eval
[map { main::seen({ e => $::ENFORCE[1], m => $::MONITOR[1], o => $::OFF[1] }
                  ->{$_}) } qw(e m o m m o o o o)]



=== TEST 3: a lower level replaces it, also by a stronger one
--- http_config
    api_mode monitor;
--- config eval
"api_auth jwt=corp;
location /http/ { $::SEEN }
location /off/ { api_mode off; $::SEEN
    location /off/enforce/ { api_mode enforce; $::SEEN } }
location /if/ {
    if (\$arg_x) { api_mode enforce; }
    $::SEEN
}
location /limit/ {
    limit_except GET { api_mode enforce; }
    $::SEEN
}"
--- request eval
["GET /http/", "GET /off/", "GET /off/enforce/", "GET /limit/",
 "DELETE /limit/", "GET /if/?x=1"]
--- more_headers eval
[(main::bad()) x 6]
--- error_code eval
[200, 200, 401, 200, 401, 401]



=== TEST 4: by a variable, for each request
--- config eval
"location /own/ { api_auth jwt=corp mode=\$arg_mode; $::SEEN }
 location /all/ { api_auth jwt=corp; api_mode \$arg_mode; $::SEEN }"
--- request eval
[map { my $u = $_; map { "GET $u?mode=$_" } qw(enforce monitor off) }
 '/own/', '/all/']
--- more_headers eval
[(main::bad()) x 6]
--- error_code eval
[401, 200, 200, 401, 200, 200]
--- response_headers eval
[(main::seen($::ENFORCE[1], $::MONITOR[1], $::OFF[1])) x 2]



=== TEST 5: what is no mode is enforce
--- config eval
"location /own/ { api_auth jwt=corp mode=\$arg_mode; $::SEEN }
 location /all/ { api_auth jwt=corp; api_mode \"x\$arg_mode\"; $::SEEN }"
--- request eval
[(map { "GET /own/?mode=$_" } '', 'OFF', 'off%20', 'monitor,off', '0',
  'offx', 'mon'), "GET /own/", "GET /all/?mode=off"]
--- more_headers eval
[(main::bad()) x 9]
--- error_code eval
[(401) x 9]



=== TEST 6: a share of the clients by split_clients
--- http_config
    split_clients "$arg_client" $rollout {
        30%     enforce;
        *       monitor;
    }
--- config eval
"location /v1/ { api_auth jwt=corp; api_mode \$rollout;
    add_header X-Share \$rollout always; try_files /in.txt =404; }"
--- request eval
[map { "GET /v1/?client=$_" } 1 .. 40]
--- more_headers eval
[(main::bad()) x 40]
--- error_code_like eval
[('^(?:200|401)$') x 40]
--- raw_response_headers_like eval
[('\A(?:HTTP/\S+ 200.*X-Share: monitor|HTTP/\S+ 401.*X-Share: enforce)|'
  . '\A(?:HTTP/\S+ 200.*x-share: monitor|HTTP/\S+ 401.*x-share: enforce)')
 x 40]
--- access_log eval
[qr/" 401 /, qr/" 200 /]



=== TEST 7: an emergency lever by map
--- http_config
    map $http_x_lever $lever { default enforce; "pulled" monitor; }
    map $remote_addr $everybody { default monitor; }
--- config eval
"location /v1/ { api_auth jwt=corp; api_mode \$lever; $::SEEN }
 location /v2/ { api_auth jwt=corp; api_mode \$everybody; $::SEEN }"
--- request eval
["GET /v1/", "GET /v1/", "GET /v2/"]
--- more_headers eval
[main::bad(), main::bad() . "\nX-Lever: pulled", main::none()]
--- error_code eval
[401, 200, 200]



=== TEST 8: monitor logs what would have been, and adds no challenge
--- config
    api_reject problem detail=full;
    location /v1/ { api_auth jwt=corp mode=monitor; try_files /in.txt =404; }
--- request eval
["GET /v1/", "GET /v1/"]
--- more_headers eval
[main::bad(), "Authorization: Bearer a b"]
--- error_code eval
[200, 200]
--- response_body eval
["in\n", "in\n"]
--- response_headers eval
["! WWW-Authenticate", "! WWW-Authenticate"]
--- error_log
would refuse 401 auth signature: the signature is wrong (1 key tried), support id
would refuse 400 auth invalid_request
--- no_error_log
: refused



=== TEST 9: off does not look at the token
--- config
    location /v1/ { api_auth jwt=corp mode=off; try_files /in.txt =404; }
    location /v2/ { api_auth jwt=corp; api_mode off; try_files /in.txt =404; }
--- request eval
["GET /v1/", "GET /v2/"]
--- more_headers eval
["Authorization: Bearer a b", main::bad()]
--- error_code eval
[200, 200]
--- no_error_log
refuse



=== TEST 10: api_require follows
--- config
    location /monitor/ {
        api_auth jwt=corp mode=monitor; api_require scope a;
        try_files /in.txt =404;
    }
    location /off/ {
        api_auth jwt=corp; api_mode off; api_require scope a;
        try_files /in.txt =404;
    }
    location /enforce/ {
        api_auth jwt=corp; api_require scope a; try_files /in.txt =404;
    }
--- request eval
["GET /monitor/", "GET /off/", "GET /enforce/"]
--- more_headers eval
[(bearer()) x 3]
--- error_code eval
[200, 200, 403]



=== TEST 11: enforced behind monitor: the verdict is not carried over
--- config
    location /v1/ { api_auth jwt=corp mode=monitor; try_files /none @enforce; }
    location @enforce { api_auth jwt=corp; try_files /in.txt =404; }
--- request eval
["GET /v1/", "GET /v1/"]
--- more_headers eval
[main::bad(), bearer()]
--- error_code eval
[401, 200]



=== TEST 12: ... nor within one policy, whose mode has changed
--- config
    api_auth jwt=corp;
    location /v1/ { api_mode monitor; try_files /none @enforce; }
    location @enforce { api_mode enforce; try_files /in.txt =404; }
--- request eval
["GET /v1/", "GET /v1/"]
--- more_headers eval
[main::bad(), bearer()]
--- error_code eval
[401, 200]



=== TEST 13: a mode that is none
--- config
    location /v1/ { api_mode on; }
--- must_die
--- error_log
unknown mode "on": write enforce, monitor, off or a variable that holds one of them in



=== TEST 14: twice in one place
--- config
    location /v1/ { api_mode off; api_mode monitor; }
--- must_die
--- error_log
"api_mode" directive is duplicate in



=== TEST 15: two values
--- config
    location /v1/ { api_mode off monitor; }
--- must_die
--- error_log
invalid number of arguments in "api_mode" directive in
