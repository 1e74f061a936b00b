# Tokens seen before: what is remembered, and what is looked at all the same.
# Every block counts what it verified; token-cache-http2.t runs this file over
# HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;
use IO::Socket::INET;
use Test::Nginx::StandIn::Http2;
use Time::HiRes qw(sleep time);

no_long_string();
no_root_location();
custom_sections('before', 'change', 'until');

our $CORP = corp();

sub put {
    my ($name, $text) = @_;
    my $path = server_root() . "/files/$name";
    write_file("$path.new", $text);
    rename "$path.new", $path or die "$path: $!";
    return 1;
}

sub wait_for {
    my ($text) = @_;
    for (1 .. 250) {
        return 1 if slurp(server_root() . '/logs/error.log') =~ /$text/;
        sleep 0.02;
    }
    return 0;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => 'api_zone main 1m; api_auth_budget off;' . corp())
        unless defined $block->http_config;
    $block->set_value(config => <<'CONF') unless defined $block->config;
    location / {
        api_auth jwt=corp;
        add_header X-Seen "$api_token_cache" always;
        add_header X-Who "$api_principal/$api_claim_role/$api_jwt_header_kid" always;
        try_files /in.txt =404;
    }
CONF
    my $files = $block->user_files // [];
    $block->set_value(user_files => [@$files, ['in.txt', "in\n"]]);

    $block->set_value(post_setup_server_root => sub {
        mkdir server_root() . '/files';
        eval($block->before // '1') // die $@;
    });
});

# "200 memo": the status, and X-Seen
sub status_of {
    my ($token, $path) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . server_port())
        or die "$@";

    if ($ENV{TEST_NGINX_USE_HTTP2}) {
        my $got = Test::Nginx::StandIn::Http2::exchange($s, {
            method => 'GET', url => $path // '/', parts => [],
            headers => ['Host: localhost', "Authorization: Bearer $token"],
        }, timeout => 60);
        my $answer = $got->{responses}[0];
        return join ' ', $answer->{code}, $answer->header('X-Seen') // ();
    }

    print {$s} 'GET ', $path // '/', " HTTP/1.1\r\nHost: localhost\r\n",
        "Connection: close\r\nAuthorization: Bearer $token\r\n\r\n";
    my $answer = join '', <$s>;
    return join ' ', $answer =~ m{^HTTP/1.1 (\d+)},
        $answer =~ /^X-Seen: (\w+)/m;
}

our ($OLD, $NEW) = map { token(alg => 'ES256', key => $_) } qw(p256 p256b);
our $TOKEN = token(claims => { role => 'buyer', name => "a\x{e9}\"b" });
sub auth { return "Authorization: Bearer $_[0]" }

run_tests();

__DATA__

=== TEST 1: the second time it is known, and says the same of itself
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
[(main::auth($::TOKEN)) x 3]
--- response_headers eval
["X-Seen: miss\nX-Who: alice/buyer/hs256",
 ("X-Seen: memo\nX-Who: alice/buyer/hs256") x 2]



=== TEST 2: without a zone each worker remembers for itself
--- http_config eval: $::CORP
--- request eval
["GET /", "GET /"]
--- more_headers eval
[(main::auth($::TOKEN)) x 2]
--- response_headers eval
["X-Seen: miss", "X-Seen: memo"]



=== TEST 3: cache off
--- http_config eval
"api_zone main 1m;" . corp(cache => 'off')
--- request eval
["GET /", "GET /"]
--- more_headers eval
[(main::auth($::TOKEN)) x 2]
--- response_headers eval
["! X-Seen\nX-Who: alice/buyer/hs256", "! X-Seen\nX-Who: alice/buyer/hs256"]



=== TEST 4: a refusal is never remembered, in monitor neither
--- config
    location / {
        api_auth jwt=corp;
        add_header X-Seen "$api_token_cache" always;
        try_files /in.txt =404;
    }
    location /monitor {
        api_auth jwt=corp mode=monitor;
        add_header X-Seen "$api_token_cache" always;
        try_files /in.txt =404;
    }
--- request eval
["GET /", "GET /", "GET /monitor", "GET /monitor", "GET /"]
--- more_headers eval
my $bad = main::auth(token(key => 'hs256b', header => { kid => 'hs256' }));
[($bad) x 5]
--- error_code eval
[401, 401, 200, 200, 401]
--- response_headers eval
[("X-Seen: miss") x 5]



=== TEST 5: one token, two policies: what is remembered is the signature, not the way in
--- http_config eval
"api_zone main 1m;" . corp() . corp(audience => 'invoices') =~ s/corp/other/r
    . corp(issuer => 'https://else.example') =~ s/corp/else/r
    . corp(typ => 'at+jwt') =~ s/corp/typed/r
    . corp(algorithms => 'HS512', key => 'file:$TEST_NGINX_KEYS_DIR/hs512.secret') =~ s/corp/alg/r
--- config
    add_header X-Why "$api_auth_result:$api_auth_error" always;
    location / { api_auth jwt=corp; try_files /in.txt =404; }
    location /aud { api_auth jwt=other; try_files /in.txt =404; }
    location /iss { api_auth jwt=else; try_files /in.txt =404; }
    location /typ { api_auth jwt=typed; try_files /in.txt =404; }
    location /alg { api_auth jwt=alg; try_files /in.txt =404; }
--- request eval
["GET /", "GET /aud", "GET /iss", "GET /typ", "GET /alg", "GET /"]
--- more_headers eval
[(main::auth($::TOKEN)) x 6]
--- error_code eval
[200, 401, 401, 401, 401, 200]
--- response_headers eval
["X-Why: ok:", "X-Why: invalid:audience", "X-Why: invalid:issuer",
 "X-Why: invalid:typ", "X-Why: invalid:alg_not_allowed", "X-Why: ok:"]



=== TEST 6: same rules, another key: nothing carries over
--- http_config eval
"api_zone main 1m;" . corp() . corp(key => 'file:$TEST_NGINX_KEYS_DIR/hs256b.secret') =~ s/corp/other/r
--- config
    add_header X-Why "$api_auth_error:$api_token_cache" always;
    location / { api_auth jwt=corp; try_files /in.txt =404; }
    location /key { api_auth jwt=other; try_files /in.txt =404; }
--- request eval
["GET /", "GET /key", "GET /", "GET /key"]
--- more_headers eval
[(main::auth($::TOKEN)) x 4]
--- error_code eval
[200, 401, 200, 401]
--- response_headers eval
["X-Why: :miss", "X-Why: signature:miss", "X-Why: :memo",
 "X-Why: signature:miss"]



=== TEST 7: other spellings of a token that is known
--- request eval
[("GET /") x 8]
--- more_headers eval
my $t = main::token();
my $spare = $t;
my %next = (A => 'B', E => 'F', I => 'J', M => 'N', Q => 'R', U => 'V', Y => 'Z',
    c => 'd', g => 'h', k => 'l', o => 'p', s => 't', w => 'x', 0 => 1, 4 => 5, 8 => 9);
$spare =~ s/(.)\z/$next{$1} \/\/ die "last is $1"/e;
[map { main::auth($_) } $t, "$t=", "$t==", $spare, $t =~ tr|-_|+/|r . '+', "$t.", $t =~ s/\./../r, $t]
--- error_code eval
[200, 401, 401, 401, 401, 401, 401, 200]



=== TEST 8: a key that is taken out of a file
--- http_config eval
"api_zone main 1m;" . corp(jwks => '$TEST_NGINX_SERVER_ROOT/files/jwks', algorithms => 'ES256')
--- before
main::put('jwks', ApiTest::jwks('p256', 'p256b'))
--- config
    add_header X-Seen "$api_token_cache" always;
    location / { api_auth jwt=corp; try_files /in.txt =404; }
    location /swap {
        api_auth jwt=corp;
        try_files /in.txt =404;
    }
--- init
Test::More::is(main::status_of($::OLD), '200 miss', 'the key is there');
Test::More::is(main::status_of($::OLD), '200 memo', '... and the token known');
Test::More::is(main::status_of($::NEW), '200 miss', 'so is the other');
main::put('jwks', ApiTest::jwks('p256b'));
Test::More::ok(main::wait_for('files/jwks" has been read again'), 'the key is out');
Test::More::is(main::status_of($::OLD), '401 miss', 'a token of it is refused');
Test::More::is(main::status_of($::NEW), '200 miss', 'the other is verified anew');
main::put('jwks', ApiTest::jwks('p256', 'p256b'));
sleep 0.3;
for (1 .. 200) { last if main::status_of($::OLD) =~ /^200/; sleep 0.02 }
Test::More::is(main::status_of($::OLD), '200 memo', 'it is back');
1
--- request
GET /swap
--- more_headers eval
main::auth($::NEW)
--- error_code: 200



=== TEST 9: every bit flipped of a token that is known
--- init
my $KNOWN = $::TOKEN;
Test::More::like(main::status_of($KNOWN), qr/^200/, 'known');
my @bad;
for my $i (0 .. length($KNOWN) - 1) {
    my $flipped = $KNOWN;
    substr($flipped, $i, 1) ^= "\1";
    next if substr($flipped, $i, 1) !~ /[\w.~+\/=-]/;
    my $status = main::status_of($flipped);
    push @bad, "$i: $status" if $status !~ /^40[01]/;
}
Test::More::is("@bad", '', 'nothing else is'); 1
--- request
GET /
--- more_headers eval
main::auth($::TOKEN)
--- response_headers
X-Seen: memo



=== TEST 10: exp passes while the token is known
--- http_config eval
"api_zone main 1m;" . corp(leeway => '0')
--- init
my $exp = time + 8;
my ($early, $late) = map { main::token(claims => { exp => $_ }) } $exp, $exp + 3600;
my @said = map { main::status_of($_) } $early, $early, $late;
if (time < $exp) {
    Test::More::is("@said", '200 miss 200 memo 200 miss', 'both are known');
}
Time::HiRes::sleep(1) while time <= $exp;
Test::More::like(main::status_of($early), qr/^401/, 'the one is over');
Test::More::like(main::status_of($early), qr/^401/, '... and stays so');
Test::More::is(main::status_of($late), '200 memo', 'the other is still known');
1
--- request
GET /
--- more_headers eval
main::auth($::TOKEN)
--- error_code: 200



=== TEST 11: what is remembered runs out, here and in the zone
--- http_config eval
"api_zone main 1m;" . corp(cache => '6s')
--- init
my $begun = time;
my @said = map { main::status_of($::TOKEN) } 1 .. 2;
Test::More::is($said[0], '200 miss', 'verified');
Test::More::is($said[1], '200 memo', 'known') if time - $begun < 5;
sleep 7;
Test::More::is(main::status_of($::TOKEN), '200 miss', 'verified again');
1
--- request
GET /
--- more_headers eval
main::auth($::TOKEN)
--- error_code: 200



=== TEST 12: mistakes
--- http_config eval: corp(cache => '2h')
--- must_die
--- error_log
"cache" takes off or a time from 1s to 1h
