# Mistakes in bans: where, and what to write instead.

use Test::Nginx::Socket 'no_plan';
use ApiTest;

no_root_location();
run_tests();

__DATA__

=== TEST 1: mistakes
--- config
    api_ratelimit_ban strikes=5/10m ban=1m;
--- must_die
--- error_log
needs on=: what counts as a strike



=== TEST 2: mistakes
--- config
    api_ratelimit_ban on=cors strikes=5/10m ban=1m;
--- must_die
--- error_log
on=cors is nothing that counts: write auth



=== TEST 3: mistakes
--- config
    api_ratelimit_ban on=auth;
--- must_die
--- error_log
needs strikes=N/TIME and ban=TIME



=== TEST 4: mistakes
--- config
    api_ratelimit_ban on=auth strikes=5 ban=1m;
--- must_die
--- error_log
strikes=5 is no number in a time



=== TEST 5: mistakes
--- config
    api_ratelimit_ban on=auth strikes=5/1m ban=2m max=1m;
--- must_die
--- error_log
needs a max= that is not below ban=



=== TEST 6: mistakes
--- config
    api_ratelimit_ban on=auth strikes=5/1m ban=2m key=all;
--- must_die
--- error_log
needs a variable in key=



=== TEST 7: mistakes
--- config
    api_ratelimit_ban on=auth strikes=5/1m ban=2m at=identity;
--- must_die
--- error_log
needs a key= with at=identity



=== TEST 8: mistakes
--- config
    api_ratelimit_ban on=auth strikes=5/1m ban=2m status=200;
--- must_die
--- error_log
takes a status from 400 to 599



=== TEST 9: mistakes
--- config
    api_ratelimit_ban on=none ban=2m;
--- must_die
--- error_log
takes no strikes=, ban= and max= with on=none



=== TEST 10: mistakes
--- http_config
    api_ratelimit_ban_allow 192.0.2.1/24;
--- config
--- must_die
--- error_log
write 192.0.2.0/24



=== TEST 11: mistakes
--- http_config
    api_ratelimit_ban_allow 192.0.2.0/33;
--- config
--- must_die
--- error_log
has no prefix length of its kind



=== TEST 12: mistakes
--- user_files
>>> allow.txt
10.0.0.0/8
office
--- http_config
    api_ratelimit_ban_allow $TEST_NGINX_HTML_DIR/allow.txt;
--- config
--- must_die
--- error_log
1 entries are no address or network



=== TEST 13: mistakes
--- http_config
    api_ratelimit_ban_zone 1k;
--- config
--- must_die
--- error_log
is no size for bans: write 64k or more



=== TEST 14: mistakes
--- http_config
    api_ratelimit_ban_zone 1m; api_ratelimit_ban_zone 1m;
--- config
--- must_die
--- error_log
is duplicate



=== TEST 15: mistakes
--- http_config
    api_ratelimit_ban on=401 strikes=1/1m ban=1m;
    api_ratelimit_ban on=402 strikes=1/1m ban=1m;
    api_ratelimit_ban on=403 strikes=1/1m ban=1m;
    api_ratelimit_ban on=404 strikes=1/1m ban=1m;
    api_ratelimit_ban on=405 strikes=1/1m ban=1m;
--- config
    api_ratelimit_ban on=406 strikes=1/1m ban=1m;
    api_ratelimit_ban on=407 strikes=1/1m ban=1m;
    api_ratelimit_ban on=408 strikes=1/1m ban=1m;
    api_ratelimit_ban on=409 strikes=1/1m ban=1m;
--- must_die
--- error_log
more than 8 lines of api_ratelimit_ban
