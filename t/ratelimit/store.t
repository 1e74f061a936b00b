# Limits of several nginx in one Redis, and everything that happens to it: it
# is killed, stopped, slow, empty, full, of another mind, or no Redis at all.
# A request is answered at once all the while.

use strict;
use warnings;
use ApiTest;
use ApiTest::Redis qw(number until_true);
use ApiTest::Server;
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => 'TEST_NGINX_LOAD_MODULES names no modules'
    if !$ENV{TEST_NGINX_LOAD_MODULES};
plan skip_all => 'no redis-server could be unpacked' if !ApiTest::Redis::root();

$SIG{ALRM} = sub { die "it takes too long\n" };
alarm 900;

my $secret = 'sesame';


# An nginx whose limit of 5, and one more each minute, is kept at $url.

sub node {
    my ($url, %more) = @_;
    my $options = $more{store} // 'timeout=3s';
    my $policy = $more{policy} // 'rate=1r/m burst=5';

    return ApiTest::Server->start(
        workers => $more{workers} // 1,
        files   => $more{files} // {},
        main    => 'user root;',
        http    => <<"END", location => 'api_ratelimit p; empty_gif;',
    api_zone suite 64k;
    api_ratelimit_zone z 1m;
    api_ratelimit_store s $url $options;
    api_ratelimit_policy p zone=z key=\$arg_k $policy store=s;
    @{[$more{http} // '']}
END
        server => <<'END' . ($more{server} // ''));
        server_name localhost;
        location = /free { empty_gif; }
        location /_api/ { api_status; }
END
}

sub url { return "redis://127.0.0.1:$_[0]{port}" }

# Statuses of n requests with a key.
sub ask {
    my ($node, $key, $n) = @_;
    return join ' ', map { ($node->get("/?k=$key"))[0] // '-' } 1 .. $n // 1;
}

sub status {
    my ($node) = @_;
    my (undef, undef, $body) = $node->get('/_api/');
    return $body // '';
}

# Everything that was admitted has been told and answered.
sub settled {
    my ($node, $keys) = @_;
    until_true("told: $keys", sub { number($node, 'keys') >= $keys });
    sleep 0.15;
    return;
}

# The longest of n requests, in ms, to a limited and a free place, but for two:
# a busy machine makes anybody wait, a store would make many.
sub slowest {
    my ($node, $n, $name) = @_;
    my @took;

    for my $i (1 .. $n) {
        my $t = time;
        my ($code) = $node->get($i % 2 ? "/?k=$name$i" : '/free');
        return 1e6 if ($code // 0) != 200;
        push @took, (time - $t) * 1000;
    }

    return (sort { $a <=> $b } @took)[-3];
}

sub quiet { unlike($_[0]->log =~ s{\[alert\] .* exited on signal 9}{}r, qr/\[(?:alert|emerg|crit)\]/, "$_[1]: quiet") }

my $redis = ApiTest::Redis->start;


# --- what it is for

my $a = node(url($redis));
my $b = node(url($redis));

is(ask($a, 'one', 6), '200 200 200 200 200 429', 'one decides at once');
settled($a, 1);
is(ask($b, 'one', 1), '200', 'another has not heard of it');
settled($b, 1);
is(ask($b, 'one', 2), '429 429', '... and then has');

is(ask($a, 'two', 3) . ' ' . ask($b, 'two', 2), '200 200 200 200 200', 'both');
settled($a, 2);
settled($b, 2);

my $sent = number($a, 'merges');
is(ask($a, 'three', 1), '200', 'other keys are others');
ask($a, 'one', 20);
until_true('the third is told', sub { number($a, 'merges') > $sent });
sleep 0.3;
is(number($a, 'merges'), $sent + 1, 'who is refused makes no traffic');

like($redis->ask('KEYS', '*'), qr/^(?:apisec:\{p\}:[0-9a-f]{32} ?)+$/,
    'keys have a prefix, a hash tag and a digest');
unlike($redis->ask('KEYS', '*'), qr/\bone\b/, 'and are not what they stand for');
my ($key) = split ' ', $redis->ask('KEYS', '*');
cmp_ok($redis->ask('PTTL', $key), '>', 0, 'none lives for ever');
is(number($a, 'up'), 'true', 'it is up');


# --- 1, 3, 4: killed, started empty, emptied

$redis->ask('FLUSHALL');
is(ask($a, 'one', 1), '429', 'FLUSHALL frees nobody that the node knows');

$redis->kill9;
cmp_ok(slowest($a, 60, 'killed'), '<', 1000, 'killed: nobody waits');
is(ask($a, 'local', 6), '200 200 200 200 200 429', 'each decides alone');
until_true('it is noticed', sub { ask($a, 'x' . rand); number($a, 'up') eq 'false' });
my @lines = $a->log =~ /api_ratelimit_store "s": .*/g;
cmp_ok(scalar @lines, '<=', 4, 'in a few lines: ' . @lines);

$redis->run;
until_true('it is found again', sub { ask($a, 'x' . rand); number($a, 'up') eq 'true' });
like($a->log, qr/"s": is there again/, 'and said');
until_true('and told what it missed', sub { $redis->ask('DBSIZE') > 3 });
until_true('... also of the key from then', sub {
    my $c = $redis->ask('KEYS', 'apisec:{p}:25bf8e1a2393f1108d37029b3df55932');
    return $c;
});
quiet($a, 'killed');


# --- 2: stopped, and woken: late answers are nobody's

my $quick = node(url($redis), store => 'timeout=200ms');
ask($quick, 'warm');
settled($quick, 1);
$redis->pause;
cmp_ok(slowest($quick, 60, 'paused'), '<', 1000, 'stopped: nobody waits');
until_true('it is noticed', sub { ask($quick, 'y' . rand); number($quick, 'up') eq 'false' });
cmp_ok(number($quick, 'lost'), '>', 0, 'what had no answer is lost, and counted');
is(ask($quick, 'alone', 6), '200 200 200 200 200 429', 'it decides alone');
$redis->wake;
until_true('woken', sub { ask($quick, 'y' . rand); number($quick, 'up') eq 'true' });
is(ask($quick, 'alone', 1), '429', 'nobody is set free by that');
quiet($quick, 'stopped');


# --- 5: the script is forgotten

my $loads = $redis->calls('script|load');
until_true('told before', sub { ask($a, 'v' . rand); number($a, 'up') eq 'true'
    && $redis->calls('evalsha') > 2 });
my $errors = sub { my $n = 0; $n += number($_, "errors") for $a, $b, $quick; $n };
my $before_flush = $errors->();
my ($round, $untold) = (0, 0);

# another node that connects just then brings the script back; and what was
# under way when a connection ended is lost, and counted: then once more
until_true('after SCRIPT FLUSH', sub {
    $round++;
    my $lost = number($a, 'lost');
    $redis->ask('SCRIPT', 'FLUSH');
    ask($a, "flush$round-$_") for 1 .. 5;
    ask($a, "flush$round-3", 4);    # owed for minutes, however late it is told
    my $end = time + 2;
    until ($errors->() > $before_flush) {
        return 0 if time > $end;
        sleep 0.05;
    }
    $end = time + 30;
    until ($redis->ask('KEYS',
        'apisec:{p}:' . substr(digest("flush$round-3"), 0, 32)))
    {
        return 0 if number($a, 'lost') > $lost;
        return $untold = 1 if time > $end;
        sleep 0.05;
    }
    return 1;
}, 120);
is($untold, 0, 'it is told anyway');
cmp_ok($redis->calls('script|load') - $loads, '<=', 2 + $round, 'the script was sent again once');


# --- 6: passwords and rights

$redis->ask('CONFIG', 'SET', 'requirepass', $secret);
$redis->ask([$secret], 'CLIENT', 'KILL', 'TYPE', 'normal');
my $none = node(url($redis));
ask($none, 'auth');
until_true('without a password', sub { ask($none, 'z' . rand);
    $none->log =~ /says: NOAUTH .*remedy: set password=/ });
is(ask($none, 'pw', 6), '200 200 200 200 200 429', 'it decides alone');

my $wrong = node(url($redis), files => { 'p.secret' => "wrong\n" },
    store => 'timeout=3s password=file:p.secret');
ask($wrong, 'auth');
until_true('a wrong one', sub { ask($wrong, 'z' . rand);
    $wrong->log =~ /says: WRONGPASS|says: ERR invalid password/ });
unlike($wrong->log, qr/\bwrong\b/, 'is in no log');

$wrong->write('p.secret', "$secret\n");
until_true('the right one, without a reload',
    sub { ask($wrong, 'z' . rand); number($wrong, 'up') eq 'true' }, 60);

$redis->ask([$secret], 'ACL', 'SETUSER', 'api', 'on', '>apipass', '~other:*',
    '+@all');
my $acl = node("redis://api\@127.0.0.1:$redis->{port}/2",
    files => { 'p.secret' => 'apipass' },
    store => 'timeout=3s password=file:p.secret prefix=mine:');
ask($acl, 'acl');
until_true('a user without rights', sub { ask($acl, 'z' . rand);
    $acl->log =~ /says: .*NOPERM|No permissions/ });
$redis->ask([$secret], 'ACL', 'SETUSER', 'api', '~mine:*');
until_true('with rights, in a database of its own', sub {
    ask($acl, 'z' . rand); $redis->info('db2:keys') || number($acl, 'up') eq 'true' }, 60);
$redis->ask([$secret], 'CONFIG', 'SET', 'requirepass', '');


# --- 7: no memory; 14: a key that is something else; 20: prefixes

$redis->ask('CONFIG', 'SET', 'maxmemory', '1');
$redis->ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
my $oom = node(url($redis));
ask($oom, 'oom');
until_true('out of memory', sub { ask($oom, 'z' . rand); $oom->log =~ /says: .*OOM/ });
is(ask($oom, 'om', 6), '200 200 200 200 200 429', 'it decides alone');
$redis->ask('CONFIG', 'SET', 'maxmemory', '0');
until_true('and recovers', sub { ask($oom, 'z' . rand); number($oom, 'up') eq 'true' }, 60);

$redis->ask('FLUSHALL');
$redis->ask('LPUSH', 'apisec:{p}:' . substr(digest('list'), 0, 32), 'x');
ask($oom, 'list', 5);
until_true('a list where a number should be', sub {
    $redis->ask('TYPE', 'apisec:{p}:' . substr(digest('list'), 0, 32)) eq 'string' });

my $other = node(url($redis), store => 'timeout=3s prefix=other:');
is(ask($other, 'list', 5), '200 200 200 200 200', 'another prefix is another limit');
settled($other, 1);


# --- 8, 9, 10: answers that are refusals

my $proxy = ApiTest::Redis::Proxy->start($redis);
my $proxied = node("redis://127.0.0.1:$proxy->{port}", store => 'timeout=500ms');
ask($proxied, 'p0');
until_true('through a proxy', sub { number($proxied, 'up') eq 'true'
    && number($proxied, 'keys') > 0 });

for my $say ("-READONLY You can't write", '-MOVED 1 127.0.0.1:1',
    '-CLUSTERDOWN x', '-LOADING x', '-BUSY x', '-MISCONF x', '-CROSSSLOT x',
    '-ASK 1 x', '-MASTERDOWN x')
{
    my ($word) = $say =~ /-(\w+)/;
    my $before = number($proxied, 'errors');
    $proxy->mode("say:$say\r\n");
    until_true("$word is counted", sub { ask($proxied, 'q' . rand);
        number($proxied, 'errors') > $before }, 60);
    is(ask($proxied, "alone$word", 6), '200 200 200 200 200 429', "$word: alone");
    $proxy->mode('pass');
    until_true("$word: and back", sub { ask($proxied, 'q' . rand);
        number($proxied, 'up') eq 'true' }, 60);
}


# --- 11, 12, 13: slow, in pieces, silent, reset, half, garbage

my $patient = node("redis://127.0.0.1:$proxy->{port}", store => 'timeout=60s');
ask($patient, 'p0');
until_true('with patience', sub { number($patient, 'keys') > 0 });

for my $mode ('slow:0.005', 'slow:0.05', 'bytes') {
    $proxy->mode($mode);
    my $keys = number($patient, 'keys');
    cmp_ok(slowest($patient, 30, $mode), '<', 1000, "$mode: nobody waits");
    until_true("$mode: all are told", sub { number($patient, 'keys') >= $keys + 15 }, 60);
    is(number($patient, 'failures'), 0, "$mode: and it works");
}

$proxy->mode('pass');

for my $mode ('silent', 'slow:2', 'reset', 'cut', "say:HTTP/1.1 200 OK\r\n\r\n",
    "say:*2147483647\r\n", "say:\$-7\r\n", "say:\$99999999\r\nx",
    "say:*1\r\n*1\r\n*1\r\n:1\r\n", "say:+OK\r\n+OK\r\n+OK\r\n+OK\r\n",
    "say:\0\xff\x80\r\n", "say:*1\r\n:99999999999999999\r\n")
{
    my $name = $mode =~ s/[^ -~]+/./gr;
    my $before = number($proxied, 'failures') + number($proxied, 'errors');
    $proxy->mode($mode);
    cmp_ok(slowest($proxied, 30, "m$before"), '<', 1000, "$name: nobody waits");
    until_true("$name: is noticed", sub { ask($proxied, 'r' . rand);
        number($proxied, 'failures') + number($proxied, 'errors') > $before }, 30)
        if $mode !~ /:1\r\n|\*1\r\n:9/;
    $proxy->mode('pass');
    until_true("$name: and back", sub { ask($proxied, 'r' . rand);
        number($proxied, 'up') eq 'true' }, 60);
}

is(ask($proxied, 'still', 6), '200 200 200 200 200 429', 'after all this it limits');
quiet($proxied, 'proxied');


# --- 15: a clock that jumped forward and back: debts are capped

my $name = 'apisec:{p}:' . substr(digest('clock'), 0, 32);
$redis->ask('SET', $name, int((time + 3600) * 1e6));
is(ask($a, 'clock', 1), '200', 'a TAT an hour ahead');
until_true('is told of', sub { $redis->ask('PTTL', $name) >= 0 });
my $ttl = $redis->ask('PTTL', $name);
cmp_ok($ttl, '<=', 601_000, "is cut to two bursts: $ttl ms");
cmp_ok($ttl, '>', 240_000, '... and no more');


# --- 17: reload and SIGKILL with batches in flight

my $slow = node(url($redis), policy => 'rate=5r/h burst=5');
is(ask($slow, 'kept', 6), '200 200 200 200 200 429', 'before');
ask($slow, "r$_") for 1 .. 30;
ok($slow->reload, 'a reload');
is(ask($slow, 'kept', 1), '429', 'it still knows');
until_true('the old worker has told it', sub { $redis->ask('GET',
    'apisec:{p}:' . substr(digest('r30'), 0, 32)) });
my ($worker) = $slow->workers;
ask($slow, "k$_") for 1 .. 30;
kill 'KILL', $worker;
until_true('a killed worker is replaced', sub {
    my ($w) = $slow->workers; return $w && $w != $worker && $slow->connected });
is(ask($slow, 'kept', 1), '429', 'it still knows');
until_true('and tells', sub { ask($slow, 'n' . rand); number($slow, 'up') eq 'true' });
quiet($slow, 'reloaded');


# --- 19: more keys than there is room for

my $many = node(url($redis));
$redis->pause;
my $pid = fork;
if (!$pid) {
    my $socket = $many->connected;
    for my $n (1 .. 200) {
        print {$socket} join '', map {
            "HEAD /?k=$n-$_ HTTP/1.1\r\nHost: localhost\r\n\r\n" } 1 .. 100;
        my $got = '';
        while (($got =~ tr/H/H/) < 100 || $got !~ /\r\n\r\n\z/) {
            last if !sysread $socket, $got, 65536, length $got;
        }
    }
    require POSIX;
    POSIX::_exit(0);
}
waitpid $pid, 0;
until_true('what has no room is counted', sub { number($many, 'dropped') > 0 });
$redis->wake;
until_true('and it goes on', sub { ask($many, 'n' . rand); number($many, 'up') eq 'true' });
quiet($many, 'many keys');


# --- 23: all workers at once

my $eight = node(url($redis), workers => 4, store => 'timeout=3s');
ask($eight, "w$_") for 1 .. 40;
until_true('four workers', sub { number($eight, 'keys') >= 40 });
is(number($eight, 'failures'), 0, 'without a fault');


# --- on_error

my $gone = ApiTest::Redis->start;
my %by = map { $_ => node(url($gone), store => "timeout=300ms on_error=$_") }
    qw(local share pass deny);
my $second = node(url($gone), store => 'timeout=300ms on_error=share');
ask($_, 'warm') for values %by, $second;
until_true('two nodes know of each other', sub {
    ask($_, 'h' . rand) for $by{share}, $second;
    number($by{share}, 'nodes') == 2 }, 30);
$gone->kill9;

for my $node (values %by) {
    until_true('it is away', sub { ask($node, 'h' . rand); number($node, 'up') eq 'false' }, 60);
}

is(ask($by{local}, 'e', 6), '200 200 200 200 200 429', 'local: the whole limit');
is(ask($by{share}, 'e', 6), '200 200 429 429 429 429', 'share: half of it');
is(ask($by{pass}, 'e', 6), '200 200 200 200 200 200', 'pass: no limit');
is(ask($by{deny}, 'e', 2), '503 503', 'deny: nobody');
like(($by{deny}->get('/?k=e'))[1], qr/^Retry-After: 1\r?$/m, 'and when to come again');


# --- unix socket

my $unix = ApiTest::Redis->start('--unixsocket', 'r.sock');
my $local = node("unix:$unix->{dir}/r.sock");
ask($local, 'u', 3);
settled($local, 1);
is($unix->ask('DBSIZE'), 1, 'a unix socket');

done_testing();


sub digest {
    require Digest::SHA;
    return Digest::SHA::sha256_hex($_[0]);
}
