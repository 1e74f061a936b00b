#!/usr/bin/perl

# Seals of two workers behind a full disk: each waits in the lane of the worker
# that made it, and the later one may come to the file first.  The log verifies
# all the same, and does not when one of them is gone.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Event;
use ApiTest::Server;
use Test::More;
use Time::HiRes qw(sleep);

my $apisec = ($ENV{API_BUILD} // 'build') . '/bin/apisec';
plan skip_all => "no $apisec" if !-x $apisec;
plan skip_all => 'a full disk needs root' if $> != 0;

my $disk = "/tmp/audit-order-$$";
mkdir $disk or die "$disk: $!";

END { system 'umount', '-l', $disk if -e "$disk/audit.jsonl"; rmdir $disk }

if (system("mount -t tmpfs -o size=512k tmpfs $disk 2>/dev/null") != 0) {
    rmdir $disk;
    plan skip_all => 'no tmpfs here';
}

my $server = ApiTest::Server->start(workers => 2, main => 'user root;',
    files => { 'html/x' => "x\n" }, location => 'try_files /x =404;');
my $dir = $server->{dir};

mkdir "$dir/state", 0700 or die "state: $!";
write_file("$dir/keys", scalar `$apisec log keygen --name gw.example --key $dir/seal.key --state $dir/state --epoch 1s 2>/dev/null`);

ok($server->reload(main => 'user root;', location => 'try_files /x =404;',
    http => "api_state $dir/state; api_audit_seal key=file:$dir/seal.key "
        . "epoch=1s; api_audit $disk/audit.jsonl;\n"), 'seals are turned on');


sub until_true {
    my ($test, $what) = @_;
    for (1 .. 3000) {
        return if $test->();
        sleep 0.02;
    }
    die "$what: waited in vain\n";
}

# The epoch to be sealed next: a worker has made a seal when it is another.

sub epoch {
    return (slurp("$dir/state/seal.epoch") =~ /^epoch (\d+)/m)[0] // 0;
}

sub seals {
    return grep { $_->{kind} eq 'seal' } events_of(slurp("$disk/audit.jsonl"));
}

# Stopped it is a moment later: until then it may take a connection, that nobody
# would answer.

sub stop {
    my ($pid) = @_;
    kill 'STOP', $pid;
    until_true(sub { slurp("/proc/$pid/stat") =~ /^\d+ \(.*\) T /s }, 'a stop');
    return;
}

# Who was stopped amid a seal has the lock, and nobody makes one: he is let go
# on, and stopped somewhere else.

sub sealed_by {
    my ($who, $other) = @_;
    my $looks = 0;
    stop($other);
    kill 'CONT', $who;
    my $from = epoch();
    until_true(sub {
        return 1 if epoch() > $from;
        return 0 if ++$looks % 500;
        kill 'CONT', $other;
        sleep 0.1;
        stop($other);
        $from = epoch();
        return 0;
    }, 'a seal');
    return;
}

my ($first, $second) = $server->workers;
sealed_by($first, $second);
kill 'CONT', $second;
until_true(sub { seals() }, 'a seal in the file');

system "dd if=/dev/zero of=$disk/ballast bs=4k 2>/dev/null";
stop($second);
$server->get('/x') for 1 .. 10;    # what room its last page has
sealed_by($first, $second);
sealed_by($second, $first);
my $before = -s "$disk/audit.jsonl";

unlink "$disk/ballast";
until_true(sub { -s "$disk/audit.jsonl" > $before }, 'the second writes');
kill 'CONT', $first;

kill 'QUIT', $server->{pid};
waitpid delete $server->{pid}, 0;

my $text  = slurp("$disk/audit.jsonl");
my @sizes = map { $_->{checkpoint}{size} // () } seals();
cmp_ok(scalar(grep { $sizes[$_] < $sizes[$_ - 1] } 1 .. $#sizes), '>', 0,
    "a seal stands behind a later one: @sizes");

my $verify = "$apisec log verify --key $dir/keys $disk/audit.jsonl 2>&1";
my $out    = `$verify`;
unlike($out, qr/changed/i, 'nothing was changed') or diag $out;
is(join('', grep { !/sealed late/ } $out =~ /^(.*missing: .*)$/mg), '',
    'nothing is missing');

my $late = (grep { $sizes[$_] < $sizes[$_ - 1] } 1 .. $#sizes)[0] // 1;
my $n    = 0;
write_file("$disk/audit.jsonl", join '',
    grep { !(/"kind":"seal"/ && /"size":/ && $n++ == $late) } split /^/, $text);
$out = `$verify`;
is($? >> 8, 1, 'without the late one it was changed') or diag $out;

$n = 0;
write_file("$disk/audit.jsonl", $text =~ s/("kind":"seal".*?"mac":"..)(.)/$n++ == $late ? $1 . ($2 eq 'x' ? 'y' : 'x') : "$1$2"/ger);
$out = `$verify`;
is($? >> 8, 1, '... and with another byte in it') or diag $out;

done_testing();
