# What one module holds for a request while another refuses it, or while the
# request waits and its client leaves, or nginx is reloaded: it is given back.
# A limit of requests at a time says so: whoever may be there alone finds that
# nobody is.

use strict;
use warnings;
use ApiTest;
use ApiTest::Sec qw(claims);
use ApiTest::Server;
use IO::Socket::INET;
use Test::More;
use Test::Nginx::StandIn::Port;
use Time::HiRes qw(sleep);

plan skip_all => 'TEST_NGINX_LOAD_MODULES names no modules'
    if !$ENV{TEST_NGINX_LOAD_MODULES};

$SIG{ALRM} = sub { die "it takes too long\n" };
alarm 240;
$SIG{PIPE} = 'IGNORE';

my $http2 = Test::Nginx::StandIn::Port::named('http2');
my $keys = ApiTest::keys_dir();

# who answers nothing: a key server, an upstream and a store
my $silent = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 128, ReuseAddr => 1)
    or die "listen: $@";
my $away = $silent->sockport;

my %conf = (workers => 2, main => 'user root;', location => 'return 404;',
    files => { 'own.secret' => 'client secret', 'rules.conf' => <<'RULES' },
SecRuleEngine On
SecRequestBodyAccess On
SecRule ARGS|REQUEST_BODY "@contains attack" "id:1,phase:2,deny,status:403"
RULES
    http => <<"END", server => <<"SERVER");
    api_zone suite 2m;
    api_body_budget 600k;
    api_body_limit 200k;
    api_jwt_issuer near {
        issuer https://idp.example; audience orders; algorithms HS256;
        key file:$keys/hs256.secret kid=hs256;
    }
    api_jwt_issuer far {
        issuer https://idp.example; audience orders; algorithms ES256;
        jwks uri:/_away;
    }
    api_introspect idp { uri /_away; client us; secret file:own.secret; }
    api_waf_ruleset own rules.conf;
    api_ratelimit_zone lanes 128k;
    api_ratelimit_zone rates 128k;
    api_ratelimit_store s redis://127.0.0.1:$away timeout=60s;
    api_ratelimit_concurrency here zone=lanes key=\$arg_k limit=\$arg_l at=address;
    api_ratelimit_policy once zone=rates key=\$arg_r rate=1r/h;
    api_ratelimit_policy slow zone=rates key=\$arg_r rate=1r/m burst=1000 delay=0;
    api_ratelimit_policy told zone=rates key=\$arg_r rate=1r/s burst=1000 store=s sync=always;
    api_ratelimit here;
END
        listen 127.0.0.1:$http2 http2;
        location = /_away { internal; proxy_pass http://127.0.0.1:$away; proxy_read_timeout 60s; }
        location = /free { empty_gif; }
        location = /auth { api_auth jwt=near; error_page 405 =200 /free; empty_gif; }
        location = /body { api_body_limit 10k; api_waf own; error_page 405 =200 /free; empty_gif; }
        location = /waf { api_waf own; error_page 405 =200 /free; empty_gif; }
        location = /limit { api_ratelimit once; error_page 405 =200 /free; empty_gif; }
        location = /delay { api_ratelimit slow; empty_gif; }
        location = /store { api_ratelimit told; empty_gif; }
        location = /keys { api_auth jwt=far; empty_gif; }
        location = /asks { api_auth introspect=idp; empty_gif; }
        location = /upstream { proxy_pass http://127.0.0.1:$away; }
        location = /reads { api_waf own; proxy_pass http://127.0.0.1:$away; }
SERVER

my $server = ApiTest::Server->start(%conf);
my $alive = 'Authorization: Bearer ' . jwt(alg => 'ES256', key => 'p256', claims => claims());

sub until_true {
    my ($what, $true) = @_;

    for (1 .. 1500) {
        return pass($what) if $true->();
        sleep 0.02;
    }

    return fail($what);
}

sub post {
    my ($uri, $body, @headers) = @_;
    my $socket = $server->connected or die;

    print {$socket} join("\r\n", "POST $uri HTTP/1.1", 'Host: localhost', 'Connection: close',
        'Content-Type: application/x-www-form-urlencoded', 'Content-Length: ' . length $body,
        @headers), "\r\n\r\n$body";
    local $/;

    return (<$socket> // '') =~ m{^HTTP/1\.1 (\d+)} ? $1 : '-';
}

sub alone { return (($server->get("/free?k=$_[0]&l=1"))[0] // '-') eq '200' }


# --- refused by one, held by another

my $good = 'a=' . 'b' x 150_000;
my %refused = (
    auth  => [401, '', "Authorization: Bearer x"],
    body  => [413, 'a=' . 'b' x 100_000],
    waf   => [403, $good . '&c=attack'],
    limit => [429, $good],
);

post('/limit?k=first&l=9&r=r', 'x');

for my $by (sort keys %refused) {
    my ($status, $body, @headers) = @{ $refused{$by} };
    my %got;

    $got{ post("/$by?k=$by&l=99&r=r", $body, @headers) }++ for 1 .. 20;
    is_deeply(\%got, { $status => 20 }, "$by refuses");
    until_true("$by: nobody is left", sub { alone($by) });
    is(post('/waf?k=good&l=9', $good), '200', "$by: no body is left");
}


# --- over HTTP/2, good and bad at once

SKIP: {
    skip 'a curl without HTTP/2', 4 if `curl --version` !~ /HTTP2/;

    my $url = "http://127.0.0.1:$http2";
    my $line = join ' ', map {
        ("-o /dev/null $url/free?k=h2&l=200", "-o /dev/null $url/auth?k=h2&l=200",
         "-o /dev/null $url/waf?k=h2&l=200&c=attack", "-o /dev/null $url/limit?k=h2&l=200&r=r")
    } 1 .. 25;
    my %got;

    $line =~ s/&/\\&/g;
    $got{$_}++ for split ' ', `curl -s --http2-prior-knowledge --parallel --parallel-immediate --parallel-max 100 -w '%{http_version}:%{http_code} ' $line`;
    is_deeply(\%got, { '2:200' => 25, '2:401' => 25, '2:403' => 25, '2:429' => 25 },
        'a hundred streams, each with its own answer');
    until_true('and nobody is left', sub { alone('h2') });
}


# --- streams that are reset as soon as they are opened

sub frame {
    my ($type, $flags, $stream, $body) = @_;
    return substr(pack('N', length $body), 1) . pack('CCN', $type, $flags, $stream) . $body;
}

# a string of HPACK
sub sized {
    my ($text) = @_;
    my $more = length($text) - 127;
    my $bytes = '';

    return chr(length $text) . $text if $more < 0;
    for (; $more > 127; $more >>= 7) { $bytes .= chr($more & 127 | 128) }

    return "\x7f$bytes" . chr($more) . $text;
}

sub opened {
    my ($stream, $path, $value) = @_;
    my $block = "\x82\x86\x04" . sized($path) . "\x01" . sized('localhost');

    $block .= "\x0f\x08" . sized($value) if $value;    # authorization
    return frame(1, 5, $stream, $block);
}

sub resets {
    my ($n, @what) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$http2") or die "$@";

    print {$socket} "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(4, 0, 0, ''), map {
        opened($_ * 2 - 1, @what) . frame(3, 0, $_ * 2 - 1, pack 'N', 8)
    } 1 .. $n;
    $socket->flush;

    return $socket;
}

# has the server answered on this stream?
sub answered {
    my ($socket, $stream) = @_;

    while (1) {
        read($socket, my $head, 9) == 9 or return 0;
        my ($length, $type, undef, $of) = unpack 'N C C N', "\0$head";
        read($socket, my $body, $length) == $length or return 0;
        return 1 if $type == 1 && $of == $stream;
    }
}

for my $by (qw(delay store asks upstream)) {
    my $socket = resets(50, "/$by?k=reset&l=999&r=reset$by", 'Bearer opaque');
    until_true("50 resets in $by: nobody is left", sub { alone('reset') });
}

# the one who asks for keys does so for all, and stays

my $asking = resets(50, '/keys?k=keys&l=999', $alive =~ s/.*: //r);
until_true('50 resets in keys: one is left', sub {
    (($server->get("/free?k=keys&l=2"))[0] // '-') eq '200' });
unlike($server->log, qr/takes too long|refused 503 auth/, 'before any has waited to its end');
undef $asking;

my $reset = resets(1, '/limit?k=reset&l=999&r=cost');
print {$reset} opened(3, '/free?k=x&l=99');
$reset->flush;
ok(answered($reset, 3), 'a stream behind one that was reset');
is(post('/limit?k=x&l=99&r=cost', 'x'), '429', 'which has been counted');


# --- who waits, and whose client leaves before a reload, behind it, or never

my @waits = (
    ['delay', 'GET /delay?%s HTTP/1.1'],
    ['store', 'GET /store?%s HTTP/1.1'],
    ['keys', 'GET /keys?%s HTTP/1.1', $alive],
    ['asks', 'GET /asks?%s HTTP/1.1', 'Authorization: Bearer opaque'],
    ['upstream', 'GET /upstream?%s HTTP/1.1'],
    ['reads', 'POST /reads?%s HTTP/1.1', 'Content-Length: 100000',
        'Content-Type: application/x-www-form-urlencoded'],
);

my @old = $server->workers;
my (%before, %behind);

for my $wait (@waits) {
    my ($name, $line, @headers) = @$wait;

    for (1 .. 8) {
        my $socket = $server->connected or die;
        print {$socket} join("\r\n", sprintf($line, "k=$name&l=99&r=wait"), 'Host: localhost',
            @headers), "\r\n\r\n", $name eq 'reads' ? 'a=' . 'b' x (1000 * $_) : '';
        push @{ ($_ & 1 ? \%before : \%behind)->{$name} }, $socket;
    }
}

for my $wait (@waits) {
    until_true("$wait->[0]: they wait", sub { !alone($wait->[0]) });
}

sleep 0.3;    # those that have been accepted last get as far as they can
%before = ();
ok($server->reload(%conf, busy => 1), 'a reload while they wait');
%behind = ();
close $silent;

for my $wait (@waits) {
    until_true("$wait->[0]: nobody is left", sub { alone($wait->[0]) });
}

until_true('the old workers go', sub { !grep { -e "/proc/$_" } @old });
is(post('/waf?k=good&l=9', $good), '200', 'no body is left');

$server->stop;
unlike($server->log, qr/\[(?:alert|emerg|crit)\]/, 'quiet');

done_testing();
