use Test::Nginx::Socket 'no_plan';

# Each mistake fails nginx -t, and says what to write instead.
add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(must_die => '');
    $block->set_value(config => $block->config // '');
    $block->set_value(request => 'GET /');
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: a size
--- http_config
    api_ratelimit_zone users 1k;
--- error_log eval
qr/"1k" is no size for a zone of limits: write 32k or more, for example 10m in .*nginx.conf:\d+/



=== TEST 2: a zone twice
--- http_config
    api_ratelimit_zone users 1m;
    api_ratelimit_zone users 2m;
--- error_log
duplicate api_ratelimit_zone "users"



=== TEST 3: on_full
--- http_config
    api_ratelimit_zone users 1m on_full=panic;
--- error_log
invalid value in "on_full=panic": write one of: evict share deny



=== TEST 4: no such zone
--- http_config
    api_ratelimit_policy p zone=users key=$remote_addr rate=1r/s;
--- error_log eval
qr/there is no zone "users": add "api_ratelimit_zone users 10m;" in .*nginx.conf:\d+/



=== TEST 5: a zone holds one kind
--- http_config
    api_ratelimit_zone users 1m;
    api_ratelimit_policy p zone=users key=$remote_addr rate=1r/s;
    api_ratelimit_policy w zone=users key=$remote_addr rate=1r/s window=1m;
--- error_log eval
qr/api_ratelimit_zone "users" holds rates already, and windows need one of their own in .*nginx.conf:\d+/



=== TEST 6: a name
--- http_config
    api_ratelimit_policy a"b zone=users key=$remote_addr rate=1r/s;
--- error_log
"a"b" is no name for a limit, which clients read: write up to 64 of a-z, A-Z, 0-9, _, - and .



=== TEST 7: a name twice
--- http_config
    api_ratelimit_zone users 1m;
    api_ratelimit_policy p zone=users key=$remote_addr rate=1r/s;
    api_ratelimit_policy p zone=users key=$remote_addr rate=2r/s;
--- error_log eval
qr/there is a limit "p" already, in .*nginx.conf:\d+ in .*nginx.conf:\d+/



=== TEST 8: what is missing
--- http_config
    api_ratelimit_policy p zone=users rate=1r/s;
--- error_log
the limit "p" needs zone=NAME and key=VALUE, for example zone=users key=$api_principal



=== TEST 9: a rate
--- http_config
    api_ratelimit_policy p zone=users key=$remote_addr;
--- error_log
"api_ratelimit_policy" directive needs a rate, for example rate=100r/s



=== TEST 10: a rate that is one
--- http_config
    api_ratelimit_policy p zone=users key=$remote_addr rate=100;
--- error_log
"rate=100" is no rate: what is counted must follow the number



=== TEST 11: an unknown parameter
--- http_config
    api_ratelimit_policy p zone=users key=$remote_addr rate=1r/s bursts=5;
--- error_log
unknown parameter "bursts=5"



=== TEST 12: a burst
--- http_config
    api_ratelimit_policy p zone=users key=$remote_addr rate=1r/s burst=0;
--- error_log
"burst=0" is none: write how much may come at once, from 1 on



=== TEST 13: a burst that lasts too long
--- http_config
    api_ratelimit_policy p zone=users key=$remote_addr rate=1r/366d burst=1000;
--- error_log
has a burst that at this rate takes more than 73 years: lower one of them



=== TEST 14: a cost
--- http_config
    api_ratelimit_policy p zone=users key=$remote_addr rate=1r/s cost=many;
--- error_log
"cost=many" is no number



=== TEST 15: a cost over the burst
--- http_config
    api_ratelimit_policy p zone=users key=$remote_addr rate=1r/s burst=2 cost=3;
--- error_log
has a cost that is larger than the burst, so that no request would ever pass



=== TEST 16: a status
--- http_config
    api_ratelimit_policy p zone=users key=$remote_addr rate=1r/s status=200;
--- error_log
"status=200" refuses nobody: write one from 400 to 599



=== TEST 17: statuses of responses
--- http_config
    api_ratelimit_policy p zone=users key=$remote_addr rate=1r/s charge=401,6xx;
--- error_log
"6xx" is no status of a response: write 401, or 4xx for all from 400 to 499



=== TEST 18: charge and refund
--- http_config
    api_ratelimit_policy p zone=users key=$remote_addr rate=1r/s charge=401 refund=200;
--- error_log
takes charge= or refund=: what is counted, or what is not



=== TEST 19: bytes and requests
--- http_config
    api_ratelimit_policy p zone=users key=$remote_addr rate=1r/s burst=1m charge=bytes;
--- error_log
counts bytes with charge=bytes and a rate in b, k, m or g (rate=512k/s charge=bytes), and requests otherwise



=== TEST 20: bytes without charge=
--- http_config
    api_ratelimit_policy p zone=users key=$remote_addr rate=1k/s;
--- error_log
counts bytes with charge=bytes and a rate in b, k, m or g



=== TEST 21: bytes without a burst
--- http_config
    api_ratelimit_policy p zone=users key=$remote_addr rate=1k/s charge=bytes;
--- error_log
needs a burst with charge=bytes



=== TEST 22: a window has no burst
--- http_config
    api_ratelimit_policy p zone=users key=$remote_addr rate=1r/s window=1m burst=5;
--- error_log
takes burst= and delay= without window=: a window has neither



=== TEST 23: a window of whole requests
--- http_config
    api_ratelimit_policy p zone=users key=$remote_addr rate=5r/10m window=3m;
--- error_log
needs a rate and a window that make a whole number of requests together



=== TEST 24: a delay that is never reached
--- http_config
    api_ratelimit_policy p zone=users key=$remote_addr rate=1r/s burst=3 delay=2;
--- error_log
has a delay= that is never reached: with burst=N, requests wait from delay=0 to delay=N-2 on



=== TEST 25: no such limit
--- config
    location / { api_ratelimit users; }
--- error_log eval
qr/there is no limit "users": define it with "api_ratelimit_policy users zone= key= rate=;", api_ratelimit_quota or api_ratelimit_concurrency in .*nginx.conf:\d+/



=== TEST 26: a switch without a name
--- config
    location / { api_ratelimit mode=monitor; }
--- error_log
needs the name of a limit: write "api_ratelimit NAME;"



=== TEST 27: the place of mode=
--- config
    location / { api_ratelimit mode=monitor a; }
--- error_log
takes mode= at its end: it holds for all names before it



=== TEST 28: a name twice in a switch
--- config
    location / { api_ratelimit a b a; }
--- error_log
"a" stands twice: write it once



=== TEST 29: off with a name
--- config
    location / { api_ratelimit off a; }
--- error_log
off takes nothing more



=== TEST 30: headers
--- config
    location / { api_ratelimit_headers some; }
--- error_log
takes draft, legacy, both or off first



=== TEST 31: bits of a client's network
--- http_config
    api_ratelimit_net ipv6=4;
--- error_log
takes ipv4= from 8 to 32 and ipv6= from 16 to 128: how many bits of an address are one client



=== TEST 32: a zone of another use
--- http_config
    api_ratelimit_zone users 1m;
    limit_req_zone $remote_addr zone=users:1m rate=1r/s;
--- error_log
the shared memory zone "users" is already declared for a different use



=== TEST 33: a quota without a period
--- http_config
    api_ratelimit_quota q zone=z key=$remote_addr limit=5;
--- error_log
needs limit= and period= of hour, day, week, month or up to 366d



=== TEST 34: a period that is none
--- http_config
    api_ratelimit_quota q zone=z key=$remote_addr limit=5 period=year;
--- error_log
needs limit= and period= of hour, day, week, month or up to 366d



=== TEST 35: a limit that is none
--- http_config
    api_ratelimit_quota q zone=z key=$remote_addr limit=5g period=day;
--- error_log
"limit=5g" is none: write a number up to 281474976710655, for bytes also 50g



=== TEST 36: bytes of some responses
--- http_config
    api_ratelimit_quota q zone=z key=$remote_addr limit=5 period=day unit=bytes charge=200;
--- error_log
counts bytes with unit=bytes, and then all of them



=== TEST 37: no such time zone
--- http_config
    api_ratelimit_quota q zone=z key=$remote_addr limit=5 period=day tz=Europe/Atlantis;
--- error_log
there is no time zone "Europe/Atlantis" below /usr/share/zoneinfo/: write one like Europe/Berlin, or install the package tzdata



=== TEST 38: a path is no time zone
--- http_config
    api_ratelimit_quota q zone=z key=$remote_addr limit=5 period=day tz=../../../etc/passwd;
--- error_log
there is no time zone "../../../etc/passwd" below



=== TEST 39: nor is what is no time zone file
--- http_config
    api_ratelimit_quota q zone=z key=$remote_addr limit=5 period=day tz=Europe;
--- error_log
there is no time zone "Europe" below



=== TEST 40: a cost over the quota
--- http_config
    api_ratelimit_quota q zone=z key=$remote_addr limit=5 period=day cost=6;
--- error_log
has a cost that is larger than the limit, so that no request would ever pass



=== TEST 41: concurrency without a limit
--- http_config
    api_ratelimit_concurrency c zone=z key=$remote_addr;
--- error_log
"api_ratelimit_concurrency" directive needs a limit, for example limit=10



=== TEST 42: a limit of none
--- http_config
    api_ratelimit_concurrency c zone=z key=$remote_addr limit=0;
--- error_log
"limit=0" is none: write how many may be under way at once, from 1 on



=== TEST 43: concurrency forgets nobody
--- http_config
    api_ratelimit_zone z 1m on_full=evict;
    api_ratelimit_concurrency c zone=z key=$remote_addr limit=5;
--- error_log
api_ratelimit_zone "z" holds concurrency: nobody who is there can be forgotten, so it takes on_full=deny alone



=== TEST 44: quotas and rates in one zone
--- http_config
    api_ratelimit_zone z 1m;
    api_ratelimit_policy p zone=z key=$remote_addr rate=1r/s;
    api_ratelimit_quota q zone=z key=$remote_addr limit=5 period=day;
--- error_log
api_ratelimit_zone "z" holds rates already, and quotas need one of their own
