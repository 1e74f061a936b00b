# Bans over a restart, a kill, a reload with another size and an upgrade of
# the binary; files that are not to be trusted.

use strict;
use warnings;
use ApiTest;
use ApiTest::Server;
use File::Temp qw(tempdir);
use Test::More;
use Test::Nginx::StandIn::Port;
use Time::HiRes qw(sleep time);

$SIG{ALRM} = sub { die "it takes too long\n" };
alarm 240;

plan skip_all => 'TEST_NGINX_LOAD_MODULES names no modules'
    if !$ENV{TEST_NGINX_LOAD_MODULES};

my $state = tempdir(CLEANUP => 1);
my $snap = "$state/api_ratelimit_ban.snap";
chmod 0700, $state;


sub conf {
    my (%more) = @_;
    my $size = $more{size} // '64k';

    return (main => 'user root;',
        location => "proxy_pass http://unix:$state/app.sock;", http => <<"END");
    api_state $state;
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Forwarded-For;
    api_ratelimit_ban_zone $size snapshot;
    api_ratelimit_ban on=401 strikes=1/1h ban=1h max=1d;
    server { listen unix:$state/app.sock; return 401; }
END
}


sub start { unlink "$state/app.sock"; return ApiTest::Server->start(conf()) }


# Banned already?  With a place that asks and never answers 401.
sub banned {
    my ($server, $address) = @_;
    my ($code, $head) = $server->get('/', "X-Forwarded-For: $address");
    return ($code // 0) == 429 ? ($head =~ /Retry-After: (\d+)/)[0] : 0;
}


# 401 the first time, and from then on banned.
sub ban {
    my ($server, @addresses) = @_;
    return scalar grep { banned($server, $_) } @addresses;
}


sub wait_for {
    my ($what, $true) = @_;

    for (1 .. 600) {
        return pass($what) if $true->();
        sleep 0.05;
    }

    return fail($what);
}


sub saved { return -s $snap }

sub inode { return (stat $snap)[1] . ' ' . (stat _)[9] }


my @some = map {"192.0.2.$_"} 1 .. 20;
my @more = map {"198.51.100.$_"} 1 .. 20;


# a restart

my $server = start();

is(ban($server, @some), 0, 'nobody is banned');
is(ban($server, @some), 20, 'now all are');
$server->stop;
ok(saved(), 'at its end nginx has written a snapshot');
is((stat $snap)[2] & 07777, 0600, 'that only the workers read');

$server = start();
is(ban($server, @some), 20, 'after a restart they still are');
cmp_ok(banned($server, $some[0]), '<=', 3600, 'for what is left of it');
is(ban($server, @more), 0, 'others are not');


# a kill: what was banned a second ago is in the file

my $size = saved();
is(ban($server, @more), 20, 'they are banned');
wait_for('and written soon', sub { saved() > $size });

# the master first, or it starts others
my @pids = ($server->{pid}, $server->workers);
kill 'KILL', $_ for @pids;
waitpid delete $server->{pid}, 0;

$server = start();
is(ban($server, @some, @more), 40, 'after a kill they still are');


# a reload, and one with another size

ok($server->reload(conf()), 'a reload');
is(ban($server, @some, @more), 40, 'keeps them');

ok($server->reload(conf(size => '256k')), 'a reload with another size');
is(ban($server, @some, @more), 40, 'keeps them too');
$server->stop;


# files that are none

my $good = ApiTest::slurp($snap);

sub with_file {
    my ($bytes, $mode) = @_;
    open my $fh, '>', $snap or die;
    print $fh $bytes;
    close $fh;
    chmod $mode // 0600, $snap;
    return start();
}

my @faults = (
    [sub { substr($_[0], 300, 1) ^= "\x01" }, 0600, 'a bit changed',
        qr/is not used: its check does not hold/],
    [sub { substr($_[0], 40, 1) ^= "\x01" }, 0600, 'a bit changed in front',
        qr/is not used: its check does not hold/],
    [sub { $_[0] = substr($_[0], 0, length($_[0]) / 2) }, 0600, 'torn',
        qr/is not used: it ends after \d+ bytes/],
    [sub { $_[0] .= 'x' }, 0600, 'with more behind it',
        qr/is not used: something follows its end/],
    [sub { $_[0] = '' }, 0600, 'empty',
        qr/is not used: it is too short/],
    [sub { $_[0] = 'x' x 5000 }, 0600, 'something else',
        qr/is not used: it is no snapshot/],
    [sub { }, 0666, 'open to everybody',
        qr/is not used: it is no file of the workers/],
);

for my $fault (@faults) {
    my ($spoil, $mode, $what, $log) = @$fault;
    my $bytes = $good;
    $spoil->($bytes);

    $server = with_file($bytes, $mode);
    is(ban($server, $some[0]), 0, "$what: nobody is banned");
    like($server->log, $log, "$what: and it is said");
    $server->stop;
}

$server = with_file($good);
is(ban($server, @some, @more), 40, 'the good one is taken');
$server->stop;

rename $snap, "$snap.real";
symlink "$snap.real", $snap;
$server = start();
is(ban($server, $some[0]), 0, 'a link is not followed');
like($server->log, qr/snapshot .* cannot be opened/, 'and it is said');
$server->stop;
rename "$snap.real", $snap;


# an upgrade of the binary: two nginx with memories of their own.  Only a
# daemon can be upgraded.

sub pid {
    return (split ' ', slurp_or_nothing("$server->{dir}/logs/nginx.pid"))[0]
        // 0;
}

sub gone {
    my ($pid) = @_;
    my ($state) = (slurp_or_nothing("/proc/$pid/stat") =~ /\) (\w)/);
    return !$state || $state eq 'Z';
}

sub slurp_or_nothing {
    open my $fh, '<', $_[0] or return '';
    local $/;
    return scalar <$fh> // '';
}

$server = start();
$server->stop;
unlink "$state/app.sock";

my $text = ApiTest::slurp("$server->{dir}/nginx.conf");
$server->write('nginx.conf', $text =~ s/daemon off/daemon on/r);
system "$server->{nginx} @{[$server->args]} >/dev/null 2>&1 </dev/null";
is($?, 0, 'a daemon');

# a daemon's parent ends before its child has told its number

my $old;
wait_for('its number', sub { $old = pid() });
END { kill 'KILL', grep { $_ } $old, pid_of_new() if defined $old }
is(ban($server, @some, @more), 40, 'as before');

kill 'USR2', $old;

my $new;
sub pid_of_new { return $new }

wait_for('a second master', sub {
    $new = pid();
    return $new && $new != $old
        && slurp_or_nothing("/proc/$new/task/$new/children") =~ /\d+ \d+/;
});

# whoever of the two answers: the other learns of it

my @late = map {"203.0.113.$_"} 1 .. 20;
ban($server, @late);

wait_for('both write', sub {
    my $at = inode();
    sleep 2.5;
    return inode() eq $at;
});

kill 'QUIT', $old;
wait_for('the old one ends', sub { gone($old) });
is(ban($server, @some, @more, @late), 60, 'the new one has all of the bans');

kill 'QUIT', $new;
wait_for('the new one ends', sub { gone($new) });
($old, $new) = ();


# zones of limits: a rate, a window, a quota

sub limits {
    my (%more) = @_;
    my $zones = join '', map {"    api_ratelimit_zone $_ 1m snapshot;\n"}
        qw(rates windows quotas);

    return (main => 'user root;', http => <<"END", server => <<'IN', location => 'empty_gif;');
    api_state $state;
$zones
    api_ratelimit_policy rate   zone=rates   key=\$arg_k rate=5r/d burst=5;
    api_ratelimit_policy window zone=windows key=\$arg_k rate=3r/h window=1h;
    api_ratelimit_quota  quota  zone=quotas  key=\$arg_k limit=4 period=month;
END
    location /rate   { api_ratelimit rate;   empty_gif; }
    location /window { api_ratelimit window; empty_gif; }
    location /quota  { api_ratelimit quota;  empty_gif; }
IN
}

sub passed {
    my ($server, $uri) = @_;
    return scalar grep { ($server->get($uri))[0] == 200 } 1 .. 6;
}

$server = ApiTest::Server->start(limits());
is(passed($server, '/rate?k=a'), 5, 'a rate');
is(passed($server, '/window?k=a'), 3, 'a window');
is(passed($server, '/quota?k=a'), 4, 'a quota');
$server->get("/rate?k=$_") for 1 .. 300;
$server->stop;

$server = ApiTest::Server->start(limits());
is(passed($server, '/rate?k=a'), 0, 'after a restart: the rate');
is(passed($server, '/window?k=a'), 0, '... the window');
is(passed($server, '/quota?k=a'), 0, '... the quota');
is(passed($server, '/rate?k=7'), 4, '... and each key');
is(passed($server, '/rate?k=new'), 5, 'others are new');
unlike($server->log, qr/is not used|\[alert\]|\[emerg\]/, 'quietly');

# written by the clock, not only at the end

my $before = (stat "$state/api_ratelimit_zone.rates.snap")[1];
wait_for('a snapshot while it runs', sub {
    ((stat "$state/api_ratelimit_zone.rates.snap")[1] // 0) != $before });
@pids = ($server->{pid}, $server->workers);
kill 'KILL', $_ for @pids;
waitpid delete $server->{pid}, 0;

$server = ApiTest::Server->start(limits());
is(passed($server, '/rate?k=a'), 0, 'after a kill');
$server->stop;

my $rates = ApiTest::slurp("$state/api_ratelimit_zone.rates.snap");
substr($rates, 64 + 16 + 3, 1) ^= "\x01";    # in the first record
open my $fh, '>', "$state/api_ratelimit_zone.rates.snap" or die;
print $fh $rates;
close $fh;
$server = ApiTest::Server->start(limits());
is(passed($server, '/rate?k=a'), 5, 'one that is damaged is not used');
like($server->log, qr/rates.snap" is not used: its check does not hold/, 'and it is said');
$server->stop;


# workers that end within the same second: what the last one charges counts

{
    my $port = Test::Nginx::StandIn::Port::named('slow-body');
    my $conf = sub {
        unlink "$state/api_ratelimit_zone.bytes.snap" if $_[0];
        return (main => 'user root;', workers => 3, http => <<"END", server =>
    api_state $state;
    api_ratelimit_zone bytes 1m snapshot;
    api_ratelimit_policy b zone=bytes key=\$arg_k rate=1k/h burst=4k charge=bytes;
    server { listen 127.0.0.1:$port; location / { limit_rate 16k; limit_rate_after 1k; root html; } }
END
            "location = /slow { api_ratelimit b; proxy_pass http://127.0.0.1:$port/big; }",
            files => { 'html/big' => 'x' x 12000 });
    };
    $server = ApiTest::Server->start($conf->(1));
    my $socket = $server->connected;
    print {$socket} "GET /slow?k=late HTTP/1.1\r\nHost: localhost\r\n\r\n";
    sysread $socket, my $head, 100;
    kill 'QUIT', $server->{pid};
    waitpid delete $server->{pid}, 0;
    $server = ApiTest::Server->start($conf->(0));
    is(($server->get('/slow?k=other'))[0], '200', 'another key');
    is(($server->get('/slow?k=late'))[0], '429', 'the last worker has written what it charged');
    $server->stop;
}


# a folder that is not there

rename $state, "$state.gone";
my $log = '';
eval { start(); 1 } or $log = $@;
like($log, qr/api_state|is no directory/, 'without its folder nginx says so');
rename "$state.gone", $state;

unlike($server->log, qr/\[alert\]/, 'no alerts');

done_testing();
