# sync=always: the store decides each request, exactly, whichever of several
# nginx it reaches; and whatever happens to the store, a request waits no
# longer than timeout=.

use strict;
use warnings;
use ApiTest;
use ApiTest::Redis qw(number until_true);
use ApiTest::Server;
use IO::Select;
use Test::More;
use Test::Nginx::StandIn::Port;
use Time::HiRes qw(sleep time);

plan skip_all => 'TEST_NGINX_LOAD_MODULES names no modules'
    if !$ENV{TEST_NGINX_LOAD_MODULES};
plan skip_all => 'no redis-server could be unpacked' if !ApiTest::Redis::root();

$SIG{ALRM} = sub { die "it takes too long\n" };
alarm 200;


# An nginx whose limit of 5, and one more each 10 s, is asked for at $url.

sub node {
    my ($url, %more) = @_;
    my $options = $more{store} // 'timeout=10s';
    my $policy = $more{policy} // 'rate=6r/m burst=5';

    return ApiTest::Server->start(
        workers => $more{workers} // 1,
        main    => 'user root;',
        http    => <<"END", location => 'api_ratelimit p; empty_gif;',
    api_zone suite 64k;
    api_ratelimit_zone z 1m;
    api_ratelimit_store s $url $options;
    api_ratelimit_policy p zone=z key=\$arg_k $policy store=s sync=always;
    api_ratelimit_policy q zone=z key=\$arg_q rate=1r/h burst=2;
    @{[$more{http} // '']}
END
        server => <<'END' . ($more{server} // ''));
        server_name localhost;
        location = /free { empty_gif; }
        location = /both { api_ratelimit p q; empty_gif; }
        location = /watch { api_ratelimit p mode=monitor; empty_gif; }
        location /_api/ { api_status; }
END
}

sub url { return "redis://127.0.0.1:$_[0]{port}" }

sub ask {
    my ($node, $key, $n, $path) = @_;
    return join ' ', map { ($node->get(($path // '/') . "?k=$key"))[0] // '-' } 1 .. $n // 1;
}

# Less than $seconds, in one of five tries: a busy machine makes some of them
# slow, waiting makes all of them slow.

sub soon {
    my ($seconds, $what) = @_;

    for (1 .. 5) {
        my $start = time;
        $what->();
        return 1 if time - $start < $seconds;
    }

    return 0;
}

sub quiet { unlike($_[0]->log, qr/\[(?:alert|emerg|crit)\]/, "$_[1]: quiet") }

# A request on a connection of its own, not yet read.
sub send_get {
    my ($node, $path) = @_;
    my $socket = $node->connected;
    print {$socket} "GET $path HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    return $socket;
}

sub answer {
    my ($socket) = @_;
    my $got = '';
    1 while sysread $socket, $got, 65536, length $got;
    return $got =~ m{^HTTP/1.1 (\d+)} ? $1 : '-';
}

my $redis = ApiTest::Redis->start;
my $a = node(url($redis));
my $b = node(url($redis));


# --- exact, at once, on both

is(ask($a, 'one', 3), '200 200 200', 'three here');
is(ask($b, 'one', 3), '200 200 429', 'two there, and no more');
is(ask($a, 'one', 2), '429 429', 'nor here');
is(ask($a, 'two', 1), '200', 'other keys are others');

my $asked = number($b, 'asks');
is(ask($b, 'one', 20), join(' ', (429) x 20), 'who is known to be over');
is(number($b, 'asks'), $asked, '... asks nobody');
is(number($a, 'merges'), 0, 'what was asked is not told again');

my (undef, $head) = $b->get('/?k=one');
like($head, qr/^RateLimit: "p";r=0;t=[1-9]/m, 'the headers are those of the store');
like($head, qr/^Retry-After: (?:[1-9]|10)\r?$/m, 'and so is the wait');


# --- many at once: exactly the burst

my @two = map { node(url($redis), workers => 2, policy => 'rate=1r/h burst=40') } 1, 2;
my @sockets = map { send_get($two[$_ % 2], '/?k=many') } 1 .. 120;
my %got;
$got{answer($_)}++ for @sockets;
is_deeply(\%got, { 200 => 40, 429 => 80 }, '120 at once at two nginx of two workers: 40 pass');
cmp_ok($redis->calls('evalsha'), '<', 120, 'in fewer commands than requests');


# --- a rate that is no whole number of microseconds, a burst to the last

my $third = node(url($redis), policy => 'rate=7r/m burst=100');
is(ask($third, 'third', 101), join(' ', (200) x 100, 429), 'a burst of 100 at 7r/m');


# --- with others, all or none

is(join(' ', map { ($a->get("/both?k=all$_&q=all"))[0] } 1 .. 3), '200 200 429', 'the other limit');
is(ask($a, 'all3', 5), '200 200 200 200 200', 'where another refuses, nothing is charged here');
is(ask($b, 'mine', 5), '200 200 200 200 200', 'used up elsewhere');
is(($a->get('/both?k=mine&q=other'))[0], '429', 'the store refuses');
is(join(' ', map { ($a->get("/both?k=o$_&q=other"))[0] } 1 .. 3), '200 200 429', '... and nothing was charged there');


# --- monitor counts and refuses nobody

is(ask($a, 'seen', 7, '/watch'), join(' ', (200) x 7), 'watched');
is(ask($b, 'seen', 1), '429', 'and counted');


# --- HTTP/2: streams of one connection wait each for itself

SKIP: {
    skip 'no curl with HTTP/2', 2
        if `curl --version 2>/dev/null` !~ /HTTP2/;
    my $port = Test::Nginx::StandIn::Port::named('sync-h2');
    my $h2 = node(url($redis), http => "server { listen 127.0.0.1:$port http2; location / { api_ratelimit p; empty_gif; } }");
    my $statuses = `curl -s --http2-prior-knowledge --parallel --parallel-immediate -o /dev/null -w '%{http_code} ' @{[map { "-o /dev/null 'http://127.0.0.1:$port/?k=h2'" } 1 .. 9]}`;
    is(join(' ', sort split ' ', $statuses), '200 200 200 200 200 429 429 429 429', 'HTTP/2: nine streams');
    quiet($h2, 'h2');
}


# --- given back

my $back = node(url($redis), policy => 'rate=6r/m burst=5 refund=404',
    server => 'location = /none { api_ratelimit p; root /nonexistent; }');
is(ask($back, 'back', 8, '/none'), join(' ', (404) x 8), 'answers that are not counted');
until_true('the store has it back', sub { number($back, 'merges') > 0 });
is(ask($back, 'back', 6), '200 200 200 200 200 429', 'are not');


# --- the script is forgotten

$redis->ask('SCRIPT', 'FLUSH');
is(ask($a, 'flushed', 6), '200 200 200 200 200 429', 'after SCRIPT FLUSH');


# --- slow: requests wait, the worker does not

my $proxy = ApiTest::Redis::Proxy->start($redis);
my $slow = node(url($proxy), store => 'timeout=10s');
ask($slow, 'warm');
$proxy->mode('slow:0.5');
my $parked = send_get($slow, '/?k=parked');
my $t = time;
is(($slow->get('/free'))[0], '200', 'another request meanwhile');
ok(!IO::Select->new($parked)->can_read(0), 'the first still waits') if time - $t < 0.4;
is(answer($parked), '200', 'and is answered');

# A client that leaves; many of them; and the connection works on.
for (1 .. 20) {
    my $s = send_get($slow, "/?k=leaves$_");
    sleep 0.01;
    close $s;
}
is(ask($slow, 'after', 1), '200', 'clients that leave');

my $during = send_get($slow, '/?k=reload');
sleep 0.1;
$slow->reload;
is(answer($during), '200', 'a reload while one waits');
is(ask($slow, 'after', 1), '200', 'the new worker');
quiet($slow, 'slow');


# --- silent: no longer than timeout=, and then on_error=

my %want = (
    local => '200 200 200 200 200 429',
    pass  => '200 200 200 200 200 200',
    deny  => '503 503 503 503 503 503',
);

for my $mode (sort keys %want) {
    my $mute = ApiTest::Redis::Proxy->start($redis);
    my $node = node(url($mute), store => "timeout=300ms on_error=$mode");
    is(ask($node, "warm$mode"), '200', "$mode: while it is there") for 1;
    $mute->mode('silent');
    my $start = time;
    is(ask($node, "mute$mode", 6), $want{$mode}, "$mode: silent");
    cmp_ok(time - $start, '<', 20, "$mode: nobody waits for ever");
    until_true("$mode: it is away", sub { ask($node, 'x' . rand); number($node, 'up') eq 'false' });
    ok(soon(6 * 0.3, sub { ask($node, "away$mode", 6) }),
        "$mode: away, nobody waits for timeout=");
    $mute->mode('pass');
    until_true("$mode: and back", sub { ask($node, 'x' . rand); number($node, 'up') eq 'true' }, 60);
    is(ask($node, "back$mode", 6), '200 200 200 200 200 429', "$mode: it decides again");
    quiet($node, $mode);
}


# --- answers that are none, or refusals

my $odd = ApiTest::Redis::Proxy->start($redis);
my $node = node(url($odd), store => 'timeout=500ms');
ask($node, 'warm');

for my $say ("*0\r\n", "*2\r\n:1\r\n:1\r\n", ":1\r\n", "*1\r\n:-9223372036854775808\r\n",
    "*1\r\n:9223372036854775807\r\n", "-ERR x\r\n", "-OOM x\r\n", "-LOADING x\r\n",
    "-NOSCRIPT x\r\n", "+OK\r\n+OK\r\n", "HTTP/1.1 200 OK\r\n\r\n")
{
    my $name = $say =~ s/[^ -~]+/./gr;
    $odd->mode("say:$say");
    my ($status) = $node->get('/?k=' . rand);
    like($status, qr/^(?:200|429)$/, "$name: decided");
    $odd->mode('pass');
    until_true("$name: and back", sub { ask($node, 'r' . rand); number($node, 'up') eq 'true' }, 60);
}

is(ask($node, 'still', 6), '200 200 200 200 200 429', 'after all this it limits');
quiet($node, 'odd');


# --- killed, started empty

$redis->kill9;
is(ask($a, 'killed', 6), '200 200 200 200 200 429', 'killed: each decides alone');
$redis->run;
until_true('it is found again', sub { ask($a, 'x' . rand); number($a, 'up') eq 'true' }, 60);
is(ask($a, 'killed', 1), '429', 'who is known to be over stays so');
quiet($a, 'killed');

done_testing();
