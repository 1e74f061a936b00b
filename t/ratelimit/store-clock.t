# The clock of a machine is set an hour forth, two days back, a year forth: a
# library in front of libc says the time of day, with what the test adds to it.  Limits
# of one nginx, those it shares with another whose clock is right, bans and the
# log go by a clock that is never set; quotas by the day that the clock says.

use strict;
use warnings;
use ApiTest;
use ApiTest::Redis qw(number until_true);
use ApiTest::Server;
use Digest::SHA qw(sha256_hex);
use File::Temp qw(tempdir);
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => 'TEST_NGINX_LOAD_MODULES names no modules'
    if !$ENV{TEST_NGINX_LOAD_MODULES};
plan skip_all => 'no redis-server could be unpacked' if !ApiTest::Redis::root();

$SIG{ALRM} = sub { die "it takes too long\n" };
alarm 240;

my $dir = tempdir(CLEANUP => 1);
my $off = "$dir/offset";

ApiTest::write_file("$dir/clock.c", <<'END');
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static volatile long *add;

static long
offset(void)
{
    int   fd;
    void *p;

    if (add == NULL) {
        fd = open(getenv("CLOCK_OFFSET"), O_RDONLY);
        p = mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, fd, 0);
        if (fd < 0 || p == MAP_FAILED) abort();
        add = p;
    }

    return *add;
}

int
gettimeofday(struct timeval *tv, void *tz)
{
    static int (*real)(struct timeval *, void *);

    if (!real) *(void **) &real = dlsym(RTLD_NEXT, "gettimeofday");
    real(tv, tz);
    tv->tv_sec += offset();
    return 0;
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
    static int (*real)(clockid_t, struct timespec *);

    if (!real) *(void **) &real = dlsym(RTLD_NEXT, "clock_gettime");
    if (real(id, ts) != 0) return -1;
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
        ts->tv_sec += offset();
    return 0;
}

time_t
time(time_t *t)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    if (t) *t = ts.tv_sec;
    return ts.tv_sec;
}
END

system("cc -shared -fPIC -O1 -o $dir/clock.so $dir/clock.c -ldl") == 0
    or die 'cc';

sub set_clock {
    open my $fh, -e $off ? '+<' : '>', $off or die "$off: $!";
    syswrite $fh, pack('q', $_[0]);
    return;
}

set_clock(0);

sub node {
    my ($url) = @_;
    return ApiTest::Server->start(workers => 1, main => 'user root;',
        http => <<"END", location => 'api_ratelimit p; empty_gif;',
    api_zone suite 64k;
    api_ratelimit_zone z 1m;
    api_ratelimit_zone q 1m;
    api_ratelimit_zone w 1m;
    api_ratelimit_ban_zone 64k;
    api_ratelimit_store s $url timeout=3s;
    api_ratelimit_policy p zone=z key=\$arg_k rate=6r/h burst=5 store=s;
    api_ratelimit_policy w zone=w key=\$arg_k rate=3r/h window=1h;
    api_ratelimit_quota q zone=q key=\$arg_k limit=3 period=day;
END
        server => <<'END');
        server_name localhost;
        location /_api/ { api_status; }
        location /quota { api_ratelimit q; empty_gif; }
        location /window { api_ratelimit w; empty_gif; }
        location /ban {
            api_ratelimit_ban on=404 strikes=2/10m ban=1h key=$arg_k;
        }
END
}

sub ask {
    my ($node, $uri, $n) = @_;
    return join ' ', map { ($node->get($uri))[0] // '-' } 1 .. $n // 1;
}

my $redis = ApiTest::Redis->start;
my $url = "redis://127.0.0.1:$redis->{port}";

my $jumps = do {
    local @ENV{qw(LD_PRELOAD CLOCK_OFFSET)} = ("$dir/clock.so", $off);
    # an nginx with sanitizers wants to be the first, and need not be here
    local $ENV{ASAN_OPTIONS} = join ':', $ENV{ASAN_OPTIONS} // (),
        'verify_asan_link_order=0';
    node($url);
};
my $right = node($url);

sub told { return $redis->ask('PTTL',
    'apisec:{p}:' . substr(sha256_hex($_[0]), 0, 32)) > 0 }

sub date { return (($_[0]->get('/?k='))[1] =~ /^Date: (.*?)\r?$/m)[0] }

# noon, so that an hour does not end the day
my $noon = 12 * 3600 - time % 86400;
set_clock($noon);
until_true('the clock of one is set', sub { date($jumps) =~ / 12:/ });

is(ask($jumps, '/?k=a', 6), '200 200 200 200 200 429', 'a limit');
is(ask($jumps, '/window?k=a', 4), '200 200 200 429', 'a window');
is(ask($jumps, '/quota?k=a', 4), '200 200 200 429', 'a quota');
is(ask($jumps, '/ban?k=a', 3), '404 404 429', 'a ban');
until_true('told', sub { told('a') });

my $n = 0;
for my $jump (3600, -2 * 86400 - 3600) {
    my $name = $jump > 0 ? 'forth' : 'back';
    my $before = date($jumps);
    set_clock($noon + $jump);
    until_true("$name: the clock is set", sub {
        date($jumps) =~ ($jump > 0 ? qr/ 13:/ : qr/ 11:/) });

    is(ask($jumps, '/?k=a', 2), '429 429', "$name: who is over stays over");
    is(ask($jumps, '/window?k=a'), '429', "$name: in a window, too");
    is(ask($jumps, '/ban?k=a'), '429', "$name: who is banned stays banned");
    is(ask($jumps, "/?k=$name", 6), '200 200 200 200 200 429', "$name: another is not");
    is(ask($jumps, "/window?k=$name", 4), '200 200 200 429', "$name: in a window, too");
    is(ask($jumps, "/ban?k=$name", 3), '404 404 429', "$name: a new ban");

    until_true("$name: the store is told", sub { told($name) });
    cmp_ok($redis->ask('PTTL', 'apisec:{p}:' . substr(sha256_hex($name), 0, 32)),
        '<=', 3_001_000, "$name: how long it counts is what was admitted");
    is(ask($right, "/?k=$name"), '200', "$name: the other has not heard of it");
    until_true("$name: and then it has", sub { ask($right, "/?k=$name") eq '429' });
    is(number($jumps, 'failures'), 0, "$name: the store was not lost by it");
}

is(ask($jumps, '/quota?k=a'), '429', 'a quota that is used up does not come again in the past');
set_clock($noon + 86400);
until_true('the next day', sub { ask($jumps, '/quota?k=a') eq '200' });
set_clock($noon);
until_true('the clock is right again', sub { date($jumps) =~ / 12:/ });
is(ask($jumps, '/?k=a'), '429', 'right again: who is over stays over');

# a clock that was a year ahead for a while
set_clock($noon + 400 * 86400);
my $year = 1900 + (gmtime time + 400 * 86400)[5];
until_true('a year ahead', sub { date($jumps) =~ / $year / });
is(ask($jumps, '/quota?k=far', 4), '200 200 200 429', 'a quota of a year to come');
set_clock($noon);
until_true('the clock is right again', sub { date($jumps) =~ / 12:/ && date($jumps) !~ / $year / });
is(ask($jumps, '/quota?k=far', 4), '200 200 200 429', 'holds nobody until then, and begins now');

# what is said once in ten seconds is said, though the clock goes back
$redis->kill9;
until_true('the store is gone', sub { ask($jumps, '/?k=x' . $n++); number($jumps, 'up') eq 'false' });
my $lines = () = $jumps->log =~ /api_ratelimit_store "s": /g;
set_clock($noon - 3600);
sleep 10.5;
until_true('it is said again', sub { ask($jumps, '/?k=x' . $n++);
    my $now = () = $jumps->log =~ /api_ratelimit_store "s": /g; $now > $lines });

unlike($_->log, qr/\[(?:alert|emerg|crit)\]/, 'quiet') for $jumps, $right;

done_testing();
