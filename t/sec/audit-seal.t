#!/usr/bin/perl

# api_audit_seal: what nginx wrote verifies, over reload, reopening, a killed
# worker and a restart; after one byte is changed, or one line is gone, it does
# not.

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

my $server = ApiTest::Server->start(
    workers => 2,
    main    => 'user root;',
    files   => { 'html/x' => "x\n" },
    location => 'try_files /x =404;',
);
my $dir = $server->{dir};

mkdir "$dir/state", 0700 or die "state: $!";
my $keys = `$apisec log keygen --name gw.example --key $dir/seal.key --state $dir/state --epoch 1s 2>/dev/null`;
is($?, 0, 'keygen');
like($keys, qr/\Avkey gw\.example\+[0-9a-f]{8}\+\S{44}\nkey 1 \d+ [0-9a-f]{64}\n\z/,
    '... prints what checks logs');
is((stat "$dir/$_")[2] & 0777, 0600, "$_ is its owner's")
    for qw(seal.key state/seal.epoch);
write_file("$dir/keys", $keys);

my %conf = (
    main => 'user root;',
    http => "api_state $dir/state; api_audit_seal key=file:$dir/seal.key "
        . "epoch=1s; api_audit logs/audit.jsonl;\n",
    location => 'try_files /x =404;',
);

ok($server->reload(%conf), 'it is turned on by a reload');


sub some {
    my ($n) = @_;
    $server->get("/orders/$_") for 1 .. $n;
    return;
}

# Exit code and text; epochs that a busy machine sealed late are no fault.

sub verify {
    my (@args) = @_;
    my $out = `$apisec log verify @args 2>&1`;
    my $rc  = $? >> 8;
    my @other = grep { !/were sealed late/ } $out =~ /^(.*missing:.*)$/mg;
    return ($rc == 4 && !@other ? 0 : $rc, $out);
}


some(20);
sleep 1.5;
ok($server->reload(%conf), 'reload');
some(10);

rename "$dir/logs/audit.jsonl", "$dir/logs/one.jsonl";
kill 'USR1', $server->{pid};
for (1 .. 500) {
    last if -e "$dir/logs/audit.jsonl";
    sleep 0.02;
}
some(10);

my ($victim) = $server->workers;
kill 'KILL', $victim;
for (1 .. 500) {
    last if $server->workers == 2 && !grep { $_ == $victim } $server->workers;
    sleep 0.02;
}
some(10);
sleep 1.5;

kill 'QUIT', $server->{pid};
waitpid delete $server->{pid}, 0;

my $again = "$server->{nginx} -p $dir -e $dir/logs/error.log -c $dir/nginx.conf";
my $pid = fork // die;
exec split ' ', $again if !$pid;
for (1 .. 500) { last if $server->connected; sleep 0.02; }
$server->{pid} = $pid;
some(5);
kill 'QUIT', $pid;
waitpid delete $server->{pid}, 0;

my @files = ("$dir/logs/one.jsonl", "$dir/logs/audit.jsonl");
my ($rc, $out) = verify('--key', "$dir/keys", @files);
is($rc, 0, 'all of it verifies') or diag $out;
like($out, qr/\(55 requests\)/, '... each request');

my @events = map { events_of(slurp($_)) } @files;
is(join(', ', map { event_faults($_) } @events), '', 'events are as the schema says');

# Where a reload takes its old workers away before the new ones have begun, a log
# ends there, too.

cmp_ok(scalar(grep { $_->{kind} eq 'seal' && $_->{checkpoint}{stop} } @events),
    '>=', 2, 'two logs with a last seal');
ok((grep { $_->{prev} } @events) >= 1, 'a new file names the seal before it');

($rc, $out) = verify('--key', "$dir/keys", $files[1]);
is($rc, 4, 'the second file alone is incomplete');
($rc, $out) = verify('--part', '--key', "$dir/keys", $files[1]);
is($rc, 0, '... or a part') or diag $out;


# How old is the last seal?

($rc, $out) = verify('--key', "$dir/keys", '--not-older', '1h', @files);
is($rc, 0, 'young enough') or diag $out;
sleep 2.1;
($rc, $out) = verify('--key', "$dir/keys", '--not-older', '1s', @files);
is($rc, 4, 'too old');
like($out, qr/missing: the last seal is \d+ seconds old, 1 may be/, '... says so');
($rc, $out) = verify('--not-older', 'soon', @files);
is($rc, 2, 'no time') or diag $out;

# As many files as there are

my $n = 0;
for my $file (@files) {
    write_file(sprintf("$dir/part.%03d", $n++), $_)
        for split /^/, slurp($file);
}
($rc, $out) = verify('--key', "$dir/keys", glob "$dir/part.*");
cmp_ok($n, '>', 40, "$n files");
is($rc, 0, '... verify') or diag $out;


# An anchor: the note of a seal, kept elsewhere

my ($seal) = grep { $_->{kind} eq 'seal' } reverse @events;
my $note = $seal->{checkpoint}{note};
utf8::encode($note);
write_file("$dir/note", $note);
($rc, $out) = verify('--key', "$dir/keys", '--checkpoint', "$dir/note", @files);
is($rc, 0, 'a checkpoint is in it') or diag $out;
write_file("$dir/other", $note =~ s/^(\S+\n)\d+/${1}99/r);
($rc, $out) = verify('--checkpoint', "$dir/other", @files);
is($rc, 1, 'another one is not');


# Changed

my $text = slurp($files[0]);

sub changed {
    my ($what, $bytes, $expect) = @_;
    write_file($files[0], $bytes);
    my ($code, $why) = verify('--key', "$dir/keys", @files);
    is($code, 1, $what);
    like($why, $expect, "... and says where");
    write_file($files[0], $text);
    return;
}

my @lines = split /^/, $text;
changed('a status', $text =~ s/"status":200/"status":201/r,
    qr{one\.jsonl:\d+: changed: event \d+ of chain \w+ was changed});
changed('a line is gone', join('', @lines[0 .. 9, 11 .. $#lines]),
    qr{one\.jsonl:\d+: changed: before this line 1 events of chain});
changed('a line is put in', join('', @lines[0 .. 9], $lines[2] =~ s/GET/PUT/r,
    @lines[10 .. $#lines]), qr{one\.jsonl:11: changed: event \d+ of chain \w+ stands here again});
changed('the end is cut off', join('', @lines[0 .. 19]), qr{changed: });

write_file("$dir/wrong", $keys =~ s/^(key .*)([0-9a-f]{2})$/$1 . ($2 eq '00' ? '01' : '00')/mer);
($rc, $out) = verify('--key', "$dir/wrong", @files);
is($rc, 1, 'keys of somebody else');

unlike($server->log =~ s/^.*exited on signal 9.*\n//mr, qr/\[(?:alert|emerg|crit)\]/,
    'no alert');
my ($key) = $keys =~ /^key \d+ \d+ (\w+)/m;
unlike($server->log . slurp($files[0]), qr/\Q$key\E/, 'no key in a log');
isnt(($keys =~ /(\w+)\n\z/)[0], (slurp("$dir/state/seal.epoch") =~ /^key (\w+)/m)[0],
    'the first key is not kept');

done_testing();
