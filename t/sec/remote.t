# Key sets from elsewhere: jwks uri:/LOCATION. remote-http2.t runs this file
# over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;
use IO::Socket::INET;
use Time::HiRes qw(sleep time);

no_long_string();
no_root_location();
custom_sections('before', 'jwks');

free_port($_) for qw(PLAIN_PORT H2_PORT SILENT_PORT PROBE_PORT);

sub put {
    my ($name, $text) = @_;
    my $path = server_root() . "/files/$name";
    write_file("$path.new", $text);
    rename "$path.new", $path or die "$path: $!";
    return 1;
}

sub logged {
    my ($text, $file) = @_;
    my $log = slurp(server_root() . '/logs/' . ($file // 'error.log'));
    return scalar(() = $log =~ /$text/g);
}

# Requests that the provider has had.
sub fetches { return logged('GET', 'provider.log') }

sub until_true {
    my ($test) = @_;
    for (1 .. 500) { return 1 if $test->(); sleep 0.02 }
    return 0;
}

sub send_request {
    my ($token, $path) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ENV{TEST_NGINX_PLAIN_PORT}")
        or die "$@";
    print {$s} 'GET ', $path // '/', " HTTP/1.1\r\nHost: client.example\r\n",
        "Cookie: secret=1\r\nX-Mine: 1\r\nConnection: close\r\n",
        "Authorization: Bearer $token\r\n\r\n";
    return $s;
}

# Over HTTP/2, where nginx sees a client leave while its request waits.
sub send_h2 {
    my ($token, $path) = (@_, '/');
    my $value = "Bearer $token";
    my ($length, $n) = ("\x7f", length($value) - 127);
    for (; $n > 127; $n >>= 7) { $length .= chr($n & 127 | 128) }
    my $block = "\x82\x86\x04" . chr(length $path) . "$path\x01\x09localhost\x0f\x08$length" . chr($n) . $value;
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ENV{TEST_NGINX_H2_PORT}")
        or die "$@";
    print {$s} "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\0\0\0\4\0\0\0\0\0",
        substr(pack('N', length $block), 1), "\1\5\0\0\0\1", $block;
    $s->flush;
    return $s;
}

# The status that has come, all of it: END_STREAM. nginx writes it first, by
# its index or as three letters.
sub status_h2 {
    my ($s) = @_;
    my $status;
    while (read($s, my $head, 9) == 9) {
        my ($a, $b, $type, $flags) = unpack 'nCCC', $head;
        read $s, my $frame, $a * 256 + $b;
        ($status) = substr($frame, 0, 8) =~ /(\d{3})/ if $type == 1;
        last if $type < 2 && $flags & 1;
    }
    return $status;
}

# "200 miss" or "401 key_unknown"
sub answer {
    my ($s) = @_;
    my $answer = join '', <$s>;
    return join ' ', $answer =~ m{^HTTP/1.1 (\d+)},
        $answer =~ /^X-Why: ([a-z_]+)/m;
}

sub ask { return answer(send_request(@_)) }

our $OLD = token(alg => 'ES256', key => 'p256');
our $NEW = token(alg => 'ES256', key => 'p256b');
our $RSA = token(alg => 'RS256', key => 'rsa2048');
our $FORGED = token(alg => 'ES256', key => 'p256b', header => { kid => 'p256' });
our $HMAC = token(alg => 'HS256', key => 'hs256');

sub stranger {
    return token(alg => 'ES256', key => 'p256b', header => { kid => "k$_[0]" });
}

# The status of a health check, which has no credential; its body at the
# length that it tells, for the connection may have more to do.
sub probe {
    my ($port, $method) = ($_[0], $_[1] // 'GET');
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . ($port // $ENV{TEST_NGINX_PLAIN_PORT}))
        or die "$@";
    print {$s} "$method /ready HTTP/1.1\r\nHost: a\r\n\r\n";
    my ($head, $body) = ('', '');
    while (my $line = <$s>) { $head .= $line; last if $line eq "\r\n" }
    read $s, $body, ($head =~ /^Content-Length: (\d+)/m)[0] if $method ne 'HEAD';
    return join ' ', $head =~ m{^HTTP/1.1 (\d+)}, $body =~ /^\{"status":"(\w+)"/;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    my $jwks = $block->jwks // 'uri:/_jwks';
    chomp $jwks;

    $block->set_value(http_config => ($block->http_config // '') . '
    api_zone main 1m;
    map $api_auth_error $why { volatile; "" $api_token_cache; default $api_auth_error; }
    log_format provider "$request host=$http_host accept=$http_accept '
        . 'auth=$http_authorization cookie=$http_cookie mine=$http_x_mine '
        . 'agent=$http_user_agent body=$request_length";
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        access_log $TEST_NGINX_SERVER_ROOT/logs/provider.log provider;
        location / { root $TEST_NGINX_SERVER_ROOT/files; }
        location = /slow { limit_rate 100; alias $TEST_NGINX_SERVER_ROOT/files/jwks; }
        location = /204 { return 204; }
        location = /302 { return 302 /jwks; }
        location = /500 { return 500; }
        location = /empty { return 200 ""; }
        location = /html { return 200 "<html></html>"; }
    }
    ' . corp(jwks => $jwks, algorithms => 'ES256 RS256 HS256'))
        unless ($block->http_config // '') =~ /api_jwt_issuer/;

    $block->set_value(config => <<'CONF' . ($block->config // ''));
    listen 127.0.0.1:$TEST_NGINX_PLAIN_PORT;    # HTTP/1 for ask()
    location / {
        api_auth jwt=corp;
        add_header X-Why "$why" always;
        try_files /in.txt =404;
    }
    location = /_jwks {
        internal;
        proxy_set_header X-Client $http_authorization;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/jwks;
    }
    location ~ ^/_(?<what>slow|204|302|500|empty|html|missing|huge)$ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/$what;
    }
    location = /_down { internal; proxy_pass http://127.0.0.1:1; }
CONF
    $block->set_value(user_files => [['in.txt', "in\n"]]);

    $block->set_value(post_setup_server_root => sub {
        mkdir server_root() . '/files';
        put('jwks', jwks('p256'));
        put('huge', '{"keys":[' . ' ' x 140_000 . ']}');
        eval($block->before // '1') // die $@;
    });
});

run_tests();

__DATA__

=== TEST 1: fetched at first need, then known; nothing of the client's goes along
--- init
Test::More::is(main::ask($::OLD), '200 miss', 'the first waits for the keys');
Test::More::is(main::ask($::OLD), '200 memo', 'the next need not');
Test::More::is(main::ask($::FORGED), '401 signature', 'a wrong signature');
Test::More::is(main::fetches(), 1, 'fetched once');
my $log = ApiTest::slurp(main::server_root() . '/logs/provider.log');
Test::More::like($log, qr{^GET /jwks HTTP/1.[01] host=127.0.0.1:\d+ accept=application/json auth=- cookie=- mine=- agent=- }m,
    'with Host and Accept, and no more');
1
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::OLD"
--- error_log eval
qr/\[notice\] .*api_jwt_issuer "corp": keys have been fetched from "\/_jwks"/



=== TEST 2: an unknown kid: fetched again, not sooner than min_interval
--- jwks: uri:/_jwks min_interval=2s
--- init
Test::More::is(main::ask($::OLD), '200 miss', 'the old key');
main::put('jwks', ApiTest::jwks('p256b', 'p256'));
my $begun = Time::HiRes::time;
my ($first) = main::ask($::NEW);
my $n = main::fetches();
if (Time::HiRes::time - $begun < 1) {
    Test::More::is("$first $n", '401 key_unknown 1', 'too soon: not fetched');
}
Time::HiRes::sleep(2.1);
Test::More::is(main::ask($::NEW), '200 miss', 'later: fetched, and taken');
Test::More::is(main::fetches(), 2, '... at once');
Test::More::is(main::ask($::OLD), '200 miss', 'the set is another: verified anew');
Time::HiRes::sleep(2.1);
my %said;
$begun = Time::HiRes::time;
$said{main::ask(main::stranger($_))}++ for 1 .. 30;
Test::More::is(join(' ', %said), '401 key_unknown 30', 'strangers are refused');
Test::More::cmp_ok(main::fetches(), '<=', 4 + (Time::HiRes::time - $begun),
    '... and cause a fetch now and then, not thirty');
Test::More::is(main::ask($::OLD), '200 memo', '... which changes nothing');
1
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::OLD"



=== TEST 3: past refresh it is fetched in the background
--- jwks: uri:/_jwks refresh=1s min_interval=1s
--- init
Test::More::is(main::ask($::OLD), '200 miss', 'the first key');
main::put('jwks', ApiTest::jwks('p256b'));
Time::HiRes::sleep(2.1);
Test::More::is(main::ask($::OLD), '200 memo', 'the old set still serves');
Test::More::ok(main::until_true(sub { main::logged('keys have been fetched') == 2 }), 'and is replaced');
Test::More::is(main::ask($::OLD), '401 key_unknown', 'the removed key is dead, though its token was known');
Test::More::is(main::ask($::NEW), '200 miss', 'the new one lives');
1
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::NEW"



=== TEST 4: provider gone: the set serves until stale, then no more; and back
--- jwks: uri:/_jwks refresh=1s min_interval=1s stale=4s
--- config
    location = /ready { api_health ready; }
--- init
Test::More::is(main::ask($::OLD), '200 miss', 'keys');
unlink main::server_root() . '/files/jwks';
Time::HiRes::sleep(1.5);
Test::More::is(main::ask($::OLD), '200 memo', 'past refresh: they serve');
Test::More::ok(main::until_true(sub { main::logged('no keys from "/_jwks": status 404; those from before stay in use') }), 'said');
Test::More::ok(main::until_true(sub { main::ask($::OLD) eq '503 keys_unavailable' }), 'past stale: not');
Test::More::is(main::probe(), "503 fail", "and not ready");
Test::More::is(main::logged('no keys from'), 1, 'said once');
main::put('jwks', ApiTest::jwks('p256'));
Test::More::ok(main::until_true(sub { main::ask($::OLD) =~ /^200/ }), 'back');
Test::More::is(main::probe(), "200 pass", "ready again");
Test::More::is(main::logged('keys can be fetched again'), 1, 'said');
1
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::OLD"



=== TEST 5: many who need keys at once: one fetch, all are served
--- jwks: uri:/_slow
--- init
my @s = map { main::send_request($::OLD) } 1 .. 20;
my %said;
$said{(split ' ', main::answer($_))[0]}++ for @s;
Test::More::is(join(' ', %said), '200 20', 'all twenty are let in');
Test::More::is(main::fetches(), 1, 'by one fetch');
1
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::OLD"



=== TEST 6: who waits is refused when the provider fails
--- jwks: uri:/_down
--- request eval
["GET /", "GET /"]
--- more_headers eval
[("Authorization: Bearer $::OLD") x 2]
--- error_code eval
[503, 503]
--- response_headers_like eval
[("X-Why: keys_unavailable\nRetry-After: \\d+\nContent-Type: application/problem\\+json") x 2]
--- response_body_like eval
[(ApiTest::problem_like(status => 503, code => 'unavailable', title => 'The credential cannot be checked now')) x 2]
--- error_log
no keys from "/_down": status 502; there are none



=== TEST 7: answers that are none
--- http_config
    error_log logs/error.log debug;
--- jwks: uri:/_html
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::OLD"
--- error_code: 503
--- error_log
no keys from "/_html":
--- response_headers
X-Why: keys_unavailable



=== TEST 8: ... nothing
--- jwks: uri:/_empty
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::OLD"
--- error_code: 503
--- error_log
no keys from "/_empty":



=== TEST 9: ... a redirect is not followed
--- jwks: uri:/_302
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::OLD"
--- error_code: 503
--- error_log
no keys from "/_302": status 302



=== TEST 10: ... 204
--- jwks: uri:/_204
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::OLD"
--- error_code: 503
--- error_log
no keys from "/_204": status 204



=== TEST 11: ... 500
--- jwks: uri:/_500
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::OLD"
--- error_code: 503
--- error_log
no keys from "/_500": status 500



=== TEST 12: ... too much
--- jwks: uri:/_huge
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::OLD"
--- error_code: 503
--- error_log
no keys from "/_huge": it has more than 131072 bytes



=== TEST 13: ... no such location
--- jwks: uri:/nowhere/_x
--- config
    location /nowhere/ { return 404; }
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::OLD"
--- error_code: 503
--- error_log
no keys from "/nowhere/_x": status 404



=== TEST 14: bad keys are skipped, secrets too, and the rest is used
--- before
put('jwks', jwks('rsa1024', 'p256', { kty => 'oct', kid => 'hs256', k => b64url(secret('hs256')) }))
--- init
Test::More::is(main::ask($::OLD), '200 miss', 'the good one');
Test::More::is(main::ask($::HMAC), '401 key_unknown', 'no secret from elsewhere');
1
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::OLD"
--- error_log eval
qr/\[warn\] .*2 keys from "\/_jwks" are skipped, the last: /



=== TEST 15: more keys than may be
--- jwks: uri:/_jwks max_keys=1
--- before
put('jwks', jwks('p256', 'p256b'))
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::OLD"
--- error_code: 503
--- error_log
no keys from "/_jwks":



=== TEST 16: cheap refusals need no keys
--- jwks: uri:/_jwks
--- request eval
[("GET /") x 3]
--- more_headers eval
["Authorization: Bearer a.b.c",
 "Authorization: Bearer " . main::token(alg => 'ES256', key => 'p256', claims => { exp => 1 }),
 "Authorization: Bearer " . main::token(alg => 'ES384', key => 'p384')]
--- error_code eval
[401, 401, 401]
--- no_error_log
keys have been fetched



=== TEST 17: server= names the server that has the location
--- jwks: uri:/keys server=idp.internal
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        server_name other.internal idp.internal;
        location = /keys { internal; proxy_set_header Host $host; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/jwks; }
    }
--- init
Test::More::is(main::ask($::OLD), '200 miss', 'found there');
my $log = ApiTest::slurp(main::server_root() . '/logs/provider.log');
Test::More::like($log, qr/ host=idp.internal /, 'and its name is the Host'); 1
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::OLD"



=== TEST 18: monitor waits, and lets pass
--- jwks: uri:/_down
--- config
    location /monitor {
        api_auth jwt=corp mode=monitor;
        add_header X-Why "$api_auth_result/$api_auth_error/$api_decision" always;
        try_files /in.txt =404;
    }
--- request
GET /monitor
--- more_headers eval
"Authorization: Bearer $::OLD"
--- response_headers
X-Why: unavailable/keys_unavailable/monitor



=== TEST 19: satisfy any: without keys nobody gets in by a token; others do
--- jwks: uri:/_down
--- config
    location /any {
        satisfy any; deny all; api_auth jwt=corp; try_files /in.txt =404;
    }
    location /open {
        satisfy any; allow all; api_auth jwt=corp; try_files /in.txt =404;
    }
--- request eval
["GET /any", "GET /open"]
--- more_headers eval
[("Authorization: Bearer $::OLD") x 2]
--- error_code eval
[503, 200]



=== TEST 20: a client that leaves while it waits
--- jwks: uri:/_slow
--- init
my $s = main::send_request($::OLD); Time::HiRes::sleep(0.3); close $s;
Test::More::ok(main::until_true(sub { main::logged('keys have been fetched') == 1 }), 'the fetch goes on');
1
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::OLD"



=== TEST 21: one who leaves does not take along the fetch that others wait for
--- jwks: uri:/_slow
--- config
    listen 127.0.0.1:$TEST_NGINX_H2_PORT http2;
--- init
my $leaves = main::send_h2($::OLD);
Time::HiRes::sleep(0.5);
my $stays = main::send_request($::OLD); Time::HiRes::sleep(0.3);
close $leaves;
Test::More::like(main::answer($stays), qr/^200/, 'who stays is let in');
Test::More::is(main::fetches(), 1, 'by that fetch');
1
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::OLD"



=== TEST 22: no zone
--- http_config eval
main::corp(jwks => 'uri:/_jwks')
--- must_die
--- error_log
"jwks uri:" of api_jwt_issuer "corp" needs a zone in which the workers share the keys: write "api_zone main 1m;"



=== TEST 23: no location
--- jwks: uri:https://idp.example/jwks
--- must_die
--- error_log
"uri:https://idp.example/jwks" is no location: write uri:/NAME



=== TEST 24: no such server
--- jwks: uri:/_jwks server=nobody
--- must_die
--- error_log
no server has the server_name "nobody" that "jwks uri:" names with server=



=== TEST 25: no times
--- jwks: uri:/_jwks refresh=0s
--- must_die
--- error_log
refresh= and min_interval= are 1s at least



=== TEST 26: they belong to a uri
--- jwks: $TEST_NGINX_SERVER_ROOT/files/jwks refresh=1m
--- must_die
--- error_log
"jwks" takes no more behind a file, which is read again whenever it changes



=== TEST 26: a fresh nginx that nobody but its health check asks becomes ready
--- config
    location = /ready { api_health ready; }
--- init
Test::More::is(main::probe(), '503 fail', 'no keys yet');
Test::More::ok(main::until_true(sub { main::probe() eq '200 pass' }), 'ready without any other request');
main::probe() for 1 .. 20;
Test::More::is(main::fetches(), 1, 'by one fetch');
Test::More::is(main::ask($::OLD), '200 miss', 'the first token need not wait');
Test::More::is(main::fetches(), 1, '... nor does it fetch');
my $log = ApiTest::slurp(main::server_root() . '/logs/provider.log');
Test::More::like($log, qr{^GET /jwks HTTP/1.[01] host=127.0.0.1:\d+ accept=application/json auth=- cookie=- mine=- agent=- }m,
    'with Host and Accept, and no more');
1
--- request
GET /ready
--- response_body_like
^\{"status":"pass",.*"issuers":\[\{"name":"corp","keys":1,



=== TEST 27: ... HEAD does it too, and no other method
--- config
    location = /ready { api_health ready; }
--- init
Test::More::is(main::probe(undef, 'HEAD'), '503', 'no keys yet');
Test::More::ok(main::until_true(sub { main::probe(undef, 'HEAD') eq '200' }), 'and then');
1
--- request eval
["POST /ready", "HEAD /ready"]
--- error_code eval
[405, 200]
--- error_log
keys have been fetched from "/_jwks"



=== TEST 28: provider down: not ready, and it is left in peace; then it is back
--- jwks: uri:/_jwks min_interval=4s
--- config
    location = /ready { api_health ready; }
--- before
unlink main::server_root() . '/files/jwks'; 1
--- init
my ($begun, %said) = time;
for (1 .. 100) { $said{main::probe()}++; Time::HiRes::sleep(0.02) }
Test::More::is(join(' ', %said), '503 fail 100', 'never ready');
Test::More::cmp_ok(main::fetches(), '>=', 1, 'the provider was asked');
Test::More::cmp_ok(main::fetches(), '<=', 2 + time - $begun, '... once a second at most, not a hundred times');
Test::More::is(main::logged('no keys from'), 1, 'said once');
main::put('jwks', ApiTest::jwks('p256'));
Test::More::ok(main::until_true(sub { main::probe() eq '200 pass' }), 'ready');
Test::More::is(main::logged('keys can be fetched again'), 1, 'said');
1
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::OLD"



=== TEST 29: provider silent: the answer waits for nothing, and it is asked once
--- jwks: uri:/_silent
--- config
    location = /ready { api_health ready; }
    location = /_silent { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_SILENT_PORT; }
--- before
$main::SILENT = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$ENV{TEST_NGINX_SILENT_PORT}",
    Listen => 50, ReuseAddr => 1, Blocking => 0) or die "$@"; 1
--- init
my ($begun, $n, %said) = (time, 0);
$said{main::probe()}++ for 1 .. 20;
Test::More::is(join(' ', %said), '503 fail 20', 'not ready, said at once');
$n++ while $main::SILENT->accept;
Test::More::cmp_ok($n, '<=', 1 + (time - $begun) / 14, 'one asks, the others leave it to him');
Test::More::cmp_ok($n, '>=', 1, '... and he did');
1
--- request
GET /ready
--- error_code: 503



=== TEST 30: a health check in a server of its own: the location is where the tokens are taken
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_PROBE_PORT;
        location = /ready { api_health ready; }
    }
--- init
my $port = $ENV{TEST_NGINX_PROBE_PORT};
Test::More::ok(main::until_true(sub { main::probe($port) eq '200 pass' }), 'ready');
Test::More::is(main::fetches(), 1, 'by one fetch');
1
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::OLD"
--- no_error_log
no keys from



=== TEST 31: a health check over HTTP/2 leaves once it has its answer, and the keys come nevertheless
--- jwks: uri:/_slow
--- config
    location = /ready { api_health ready; }
    listen 127.0.0.1:$TEST_NGINX_H2_PORT http2;
--- init
my $s = main::send_h2($::OLD, '/ready');
Test::More::is(main::status_h2($s), 503, 'no keys yet');
close $s;
Test::More::ok(main::until_true(sub { main::logged('keys have been fetched') }, 60), 'fetched, though the client is gone');
Test::More::is(main::fetches(), 1, 'by one fetch');
Test::More::is(main::probe(), '200 pass', 'ready');
1
--- request
GET /ready
