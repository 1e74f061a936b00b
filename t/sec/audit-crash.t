#!/usr/bin/perl

# Everything is killed at once, the master too, while one worker has events
# that another one has sealed already.  That is no change, and apisec log verify
# says what it is; somebody who changes the log then is found all the same.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Event;
use ApiTest::Server;
use Fcntl qw(:DEFAULT F_SETLK F_SETLKW F_WRLCK F_UNLCK);
use Test::More;
use Time::HiRes qw(sleep);

my $apisec = ($ENV{API_BUILD} // 'build') . '/bin/apisec';
plan skip_all => "no $apisec" if !-x $apisec;

my $LOG    = 'logs/audit.log';
my $server = ApiTest::Server->start(
    workers  => 2,
    main     => 'user root;',
    files    => { 'html/x' => "x\n" },
    location => 'try_files /x =404;',
);
my $dir = $server->{dir};

mkdir "$dir/state", 0700 or die "state: $!";
write_file("$dir/keys", scalar
    `$apisec log keygen --name gw.example --key $dir/seal.key --state $dir/state --epoch 1s 2>/dev/null`);

my %conf = (
    main => 'user root;',
    http => "api_state $dir/state; api_audit_seal key=file:$dir/seal.key "
        . "epoch=1s; api_audit $LOG;\n",
    location => 'try_files /x =404;',
);

ok($server->reload(%conf), 'seals are turned on');


sub until_true {
    my ($test, $what) = @_;
    for (1 .. 6000) {
        return if $test->();
        sleep 0.01;
    }
    die "$what: waited in vain\n";
}

sub events { return events_of(slurp("$dir/$LOG")) }

# The processes stop at once, or go on.

sub halt {
    for my $pid (@_) {
        kill 'STOP', $pid;
        until_true(sub {
            ApiTest::Server::slurp_proc("/proc/$pid/stat") =~ /\) T /
        }, 'a process that stops');
    }
    return;
}

# Nobody but us writes to the log.

sub lock_log {
    my ($fh, $type) = @_;
    fcntl($fh, F_SETLKW, pack 's s x4 q q l x4', $type, 0, 0, 0, 0) or die "lock: $!";
    return;
}

sub verify {
    my ($file) = @_;
    my $out = `$apisec log verify --key $dir/keys $file 2>&1`;
    return ($? >> 8, $out);
}

sub restart {
    delete $server->{pid};
    my $pid = fork // die;
    if (!$pid) {
        open STDERR, '>>', "$dir/stderr";
        exec $server->{nginx}, $server->args;
    }
    until_true(sub { $server->connected }, 'another start');
    $server->{pid} = $pid;
    return;
}


# Both workers have a chain, and the log has it.

my ($busy, $sealing) = $server->workers;
my %chain;

for my $pid ($busy, $sealing) {
    my ($other) = grep { $_ != $pid } $busy, $sealing;
    halt($other);
    $server->get('/orders');
    kill 'CONT', $other;
    until_true(sub {
        ($chain{$pid}) = map { $_->{chain} }
            grep { $_->{kind} eq 'request' && $_->{node}{pid} == $pid } events();
    }, "the chain of $pid");
}

# Three events wait in the lane of the one, and it is stopped; the other one
# seals them, and the log has that.

open my $log, '+<', "$dir/$LOG" or die "$LOG: $!";
lock_log($log, F_WRLCK);
halt($sealing);
$server->get('/orders/lost') for 1 .. 3;
halt($busy);
kill 'CONT', $sealing;
lock_log($log, F_UNLCK);

my ($there) = map { $_->{seq} } grep { $_->{chain} eq $chain{$busy} } reverse events();
my $head;
until_true(sub {
    my ($seal) = grep { $_->{kind} eq 'seal' } reverse events();
    ($head) = grep { $_->[0] eq $chain{$busy} && $_->[1] >= $there + 3 } @{ $seal->{checkpoint}{heads} };
}, 'a seal about what is on its way');
cmp_ok($head->[3] // 0, '>=', 3, 'the seal says that events are on their way');

# ... and perhaps a seal of its own

my $gone = $head->[1] - $there;
is((map { $_->{seq} } grep { $_->{chain} eq $chain{$busy} } reverse events())[0],
    $there, '... and they are not there');

halt($server->{pid});
kill 'KILL', $server->{pid}, $busy, $sealing;
waitpid $server->{pid}, 0;
until_true(sub { !-e "/proc/$busy" && !-e "/proc/$sealing" }, 'all are gone');

restart();
$server->get('/orders') for 1 .. 5;
my $pid = delete $server->{pid};
kill 'QUIT', $pid;
waitpid $pid, 0;

my ($rc, $out) = verify("$dir/$LOG");
is($rc, 4, 'the log is incomplete, and not changed') or diag $out;
like($out, qr/missing: the last $gone of \d+ sealed events of chain $chain{$busy} had not come to the log/,
    '... says what is lost');
like($out, qr/missing: log \w+ has no seal behind this one/, '... that nginx was killed');
like($out, qr/^\d+ events are unproven/m, '... how many are unproven');
unlike($out, qr/changed:/, '... and nothing else');


# Somebody who changes it then

my $text  = slurp("$dir/$LOG");
my @lines = split /^/, $text;

sub changed {
    my ($what, @with) = @_;
    write_file("$dir/changed", join '', @with);
    my ($code, $why) = verify("$dir/changed");
    is($code, 1, $what) or diag $why;
    return;
}

my $sealed = ($head->[1] - $head->[3]);
my ($last) = grep { $lines[$_] =~ /"chain":"$chain{$busy}","seq":$sealed,/ } 0 .. $#lines;

if (defined $last) {
    changed('one more is gone', grep {
        !/"chain":"$chain{$busy}","seq":(\d+),/ || $1 < $sealed } @lines);
}

changed('the number of them is greater', map {
    s/(\["$chain{$busy}",\d+,"[\w-]+",)(\d+)\]/$1 . ($2 + 1) . ']'/er } @lines);
changed('an event of the other one', map {
    /"kind":"request".*"chain":"$chain{$sealing}"/ ? s/"GET"/"PUT"/r : $_ } @lines);


# Half a line: the next start begins a new one.

write_file("$dir/$LOG", substr $text, 0, -30);
restart();
$server->get('/orders');
$pid = delete $server->{pid};
kill 'QUIT', $pid;
waitpid $pid, 0;

my @broken = grep { !eval { events_of($_); 1 } } split /^/, slurp("$dir/$LOG");
is(scalar @broken, 1, 'half a line stays alone');
($rc, $out) = verify("$dir/$LOG");
like($out, qr/missing: half a line: nginx was killed while it wrote it/, '... and is called that');

done_testing();
