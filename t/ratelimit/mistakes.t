# What nginx -t says of mistakes in directives of limits that no other file has.

use Test::Nginx::Socket 'no_plan';
use ApiTest;

add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value(config => '') unless defined $block->config;
    $block->set_value(http_config => "api_ratelimit_zone z 1m;\n" . $block->http_config);
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: more bans than a place remembers
--- http_config
    api_ratelimit_ban on=400 strikes=2/1m ban=1m key=$arg_a;
    api_ratelimit_ban on=401 strikes=2/1m ban=1m key=$arg_b;
    api_ratelimit_ban on=402 strikes=2/1m ban=1m key=$arg_c;
    api_ratelimit_ban on=403 strikes=2/1m ban=1m key=$arg_d;
    api_ratelimit_ban on=404 strikes=2/1m ban=1m key=$arg_e;
    api_ratelimit_ban on=405 strikes=2/1m ban=1m key=$arg_f;
    api_ratelimit_ban on=406 strikes=2/1m ban=1m key=$arg_g;
    api_ratelimit_ban on=407 strikes=2/1m ban=1m key=$arg_h;
--- config
    api_ratelimit_ban on=408 strikes=2/1m ban=1m key=$arg_i;
    location /x { return 204; }
--- must_die
--- error_log
has more than 8 lines of api_ratelimit_ban in one place: merge some, or drop those from above by off



=== TEST 2: a network with bits behind its prefix
--- http_config
    api_ratelimit_ban on=400 strikes=2/1m ban=1m;
    api_ratelimit_ban_allow 192.0.2.1/24;
--- must_die
--- error_log
has bits set behind its prefix: write 192.0.2.0/24



=== TEST 3: a prefix that is too long
--- http_config
    api_ratelimit_ban on=400 strikes=2/1m ban=1m;
    api_ratelimit_ban_allow 192.0.2.0/33;
--- must_die
--- error_log
has no prefix length of its kind: write 0 to 32, or 0 to 128 for IPv6



=== TEST 4: a word that the zone of bans does not know
--- http_config
    api_ratelimit_ban_zone 1m snapshots;
--- must_die
--- error_log
takes a size and the word snapshot



=== TEST 5: a snapshot whose name would be a path
--- http_config
    api_ratelimit_zone a/b 1m snapshot;
    api_ratelimit_policy p zone=a/b key=$arg_k rate=1r/s;
--- must_die
--- error_log
api_ratelimit_zone "a/b": a name with a slash is no name of a snapshot



=== TEST 6: refunds of bytes
--- http_config
    api_ratelimit_policy p zone=z key=$arg_k rate=1r/s charge=bytes refund=2xx;
--- must_die
--- error_log
takes refund= without charge=bytes



=== TEST 7: bytes in a window
--- http_config
    api_ratelimit_policy p zone=z key=$arg_k rate=10k/s charge=bytes window=1m;
--- must_die
--- error_log
counts bytes without window=



=== TEST 8: a window of years
--- http_config
    api_ratelimit_policy p zone=z key=$arg_k rate=1r/s window=367d;
--- must_die
--- error_log
takes a window of 366 days at most



=== TEST 9: bytes that wait
--- http_config
    api_ratelimit_policy p zone=z key=$arg_k rate=10k/s burst=10k charge=bytes delay=5;
--- must_die
--- error_log
takes no delay= with charge=bytes



=== TEST 10: a snapshot and no directory for it
--- skip_eval: 2: -d '/var/lib/nginx/api'
--- http_config
    api_ratelimit_zone s 1m snapshot;
    api_ratelimit_policy p zone=s key=$arg_k rate=1r/s;
--- must_die
--- error_log
"snapshot" needs the directory of api_state: run install -d -o USER -m 0700 /var/lib/nginx/api



=== TEST 11: a file of the system that is no time zone
--- http_config
    api_ratelimit_quota q zone=z key=$remote_addr limit=1 period=day tz=leapseconds;
--- must_die
--- error_log
"/usr/share/zoneinfo/leapseconds" is no time zone file (TZif, version 2 or later)



=== TEST 12: a time zone that counts leap seconds, which the clock does not
--- http_config
    api_ratelimit_quota q zone=z key=$remote_addr limit=1 period=day tz=right/Europe/Berlin;
--- must_die
--- error_log
"/usr/share/zoneinfo/right/Europe/Berlin" is a time zone with leap seconds



=== TEST 13: counts of two periods share one
--- http_config
    api_ratelimit_zone s 1m on_full=share;
    api_ratelimit_quota a zone=s key=$arg_k limit=1 period=day;
    api_ratelimit_quota b zone=s key=$arg_k limit=1 period=month;
--- must_die
--- error_log eval
qr/api_ratelimit_zone "s" has on_full=share, and "b" counts in another period or unit than "a": give it a zone of its own in .*nginx.conf:\d+/



=== TEST 14: ... and requests with bytes
--- http_config
    api_ratelimit_zone s 1m on_full=share;
    api_ratelimit_quota a zone=s key=$arg_k limit=1 period=day;
    api_ratelimit_quota b zone=s key=$arg_k limit=1g period=day unit=bytes;
--- must_die
--- error_log
"b" counts in another period or unit than "a"



=== TEST 15: ... and windows
--- http_config
    api_ratelimit_zone s 1m on_full=share;
    api_ratelimit_policy a zone=s key=$arg_k rate=10r/m window=1m;
    api_ratelimit_policy b zone=s key=$arg_k rate=10r/m window=2m;
--- must_die
--- error_log
"b" counts in another period or unit than "a"



=== TEST 16: their like, and rates of all kinds, may
--- http_config
    api_ratelimit_zone s 1m on_full=share;
    api_ratelimit_quota a zone=s key=$arg_k limit=1 period=day tz=Europe/Berlin;
    api_ratelimit_quota b zone=s key=$arg_k limit=9 period=day tz=Europe/Berlin;
    api_ratelimit_zone t 1m on_full=share;
    api_ratelimit_policy c zone=t key=$arg_k rate=10r/m;
    api_ratelimit_policy d zone=t key=$arg_k rate=1k/s burst=1m charge=bytes;
--- config
    location /x { return 204; }
--- request
GET /x
--- error_code: 204
