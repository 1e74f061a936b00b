#!/usr/bin/perl

# apisec alert forward: each alert once, in order, again when it fails, from
# where it was left.

use strict;
use warnings;

use File::Temp qw(tempdir);
use IO::Socket::INET;
use JSON::PP;
use Test::More;

my $dir = tempdir(CLEANUP => 1);
my $apisec = ($ENV{API_BUILD} // 'build') . '/bin/apisec';
my $spool = "$dir/alerts.jsonl";


sub put {
    my ($name, $bytes, $mode) = @_;
    open my $out, $mode // '>', "$dir/$name" or die $!;
    print $out $bytes;
    close $out;
    return;
}

sub text {
    my ($name) = @_;
    open my $in, '<', "$dir/$name" or return '';
    local $/;
    return scalar <$in> // '';
}

sub alert {
    my ($id, %more) = @_;
    return JSON::PP->new->canonical->encode({ labels => { fingerprint => $id }, %more }) . "\n";
}

sub forward {
    my (@args) = @_;
    my $out = `$apisec alert forward $spool @args --once 2>&1`;
    return ($? >> 8, $out);
}

put('take', "#!/bin/sh\ncat >>$dir/taken\n");
put('refuse', "#!/bin/sh\ncat >/dev/null\necho x >>$dir/tries\nexit 1\n");
put('second', "#!/bin/sh\nif [ -e $dir/tried ]; then cat >>$dir/taken; exit 0"
    . "; fi\ncat >/dev/null\ntouch $dir/tried\nexit 1\n");
chmod 0755, map {"$dir/$_"} qw(take refuse second);

my ($code, $out) = forward("--exec $dir/take");
is($code, 0, 'a spool that is not there yet');

put('alerts.jsonl', alert('a') . alert('b') . '{"half":');
($code) = forward("--exec $dir/take");
is($code, 0, 'two alerts, and half of one');
is(text('taken'), alert('a') . alert('b'), 'two are delivered');

($code) = forward("--exec $dir/take");
is(text('taken'), alert('a') . alert('b'), 'and not again');

put('alerts.jsonl', "1}\n", '>>');
($code) = forward("--exec $dir/take");
is(text('taken'), alert('a') . alert('b') . "{\"half\":1}\n",
   'the third when it is whole');

# Again when it fails; nothing overtakes.

put('taken', '');
put('alerts.jsonl', alert('c') . alert('d'), '>>');
($code) = forward("--exec $dir/second");
is($code, 0, 'a program that fails once');
is(text('taken'), alert('c') . alert('d'), 'has both, in order');

put('alerts.jsonl', alert('e'), '>>');
($code, $out) = forward("--exec $dir/refuse");
is($code, 3, 'one that always fails');
like($out, qr/not delivered, kept for the next time/, '... is told');
cmp_ok(length text('tries'), '>=', 3 * 2, '... after several tries');

put('taken', '');
($code) = forward("--exec $dir/take");
is(text('taken'), alert('e'), 'it comes next time');

# The same within a minute is left out; when it is over, it is another.

put('taken', '');
put('alerts.jsonl', alert('f') . alert('f', n => 2)
    . alert('f', endsAt => '2026-11-25T10:00:00Z'), '>>');
($code) = forward("--exec $dir/take");
is(text('taken'), alert('f') . alert('f', endsAt => '2026-11-25T10:00:00Z'),
   'once, and once that it is over');

# Another file under the name: from its beginning.

put('taken', '');
rename $spool, "$spool.1";
put('alerts.jsonl', alert('g'));
($code) = forward("--exec $dir/take");
is(text('taken'), alert('g'), 'a spool that was rotated');

# By HTTP.

my $listen = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1')
    or die $!;
my $url = 'http://127.0.0.1:' . $listen->sockport . '/hook';

my $pid = fork // die $!;
if (!$pid) {
    for my $answer ('503 Later', '200 OK') {
        my $c = $listen->accept or exit 1;
        my ($head, $length) = ('', 0);
        while (my $line = <$c>) {
            $head .= $line;
            $length = $1 if $line =~ /^Content-Length: (\d+)/i;
            last if $line eq "\r\n";
        }
        my $body;
        read $c, $body, $length;
        put('posted', $head . $body) if $answer =~ /^200/;
        print $c "HTTP/1.1 $answer\r\nContent-Length: 0\r\n"
            . "Connection: close\r\n\r\n";
        close $c;
    }
    exit 0;
}

put('alerts.jsonl', alert('h'), '>>');
($code, $out) = forward("--webhook $url");
waitpid $pid, 0;
is($code, 0, 'a webhook, at the second try') or diag($out);
like(text('posted'), qr{^POST /hook .*^Content-Type: application/json.*\Q${\alert('h')}\E\z}ms,
     '... gets the alert');

# Mistakes.

is((forward(''))[0], 2, 'neither program nor webhook');
is((forward("--exec x --webhook $url"))[0], 2, 'both');
is((forward('--webhook ftp://x'))[0], 2, 'no URL of HTTP');
is((forward("--exec $dir/take --every 0s"))[0], 2, 'no time');

# Moved away, as logrotate does: what was not delivered yet comes first.

put('taken', '');
unlink "$spool.pos";
put('alerts.jsonl', alert('m1'));
($code) = forward("--exec $dir/take");
put('alerts.jsonl', alert('m2'), '>>');
rename $spool, "$spool.1" or die $!;
put('alerts.jsonl', alert('m3'));
($code) = forward("--exec $dir/take");
is(text('taken'), alert('m1') . alert('m2') . alert('m3'), 'a spool that was moved is read to its end');
($code) = forward("--exec $dir/take");
is(text('taken'), alert('m1') . alert('m2') . alert('m3'), '... once');

# The position is kept in no file that a link leads to.

put('precious', "mine\n");
symlink "$dir/precious", "$spool.pos.tmp" or die $!;
put('alerts.jsonl', alert('m4'), '>>');
($code) = forward("--exec $dir/take");
is($code, 0, 'a link where the position would be written');
is(text('precious'), "mine\n", '... is not followed');
ok(!-l "$spool.pos", '... nor takes its place');

# A program that does not end.

put('stuck', "#!/bin/sh\ncat >/dev/null\nif [ -e $dir/was ]; then exit 0; fi\n"
    . "touch $dir/was\nexec sleep 600\n");
chmod 0755, "$dir/stuck";
put('alerts.jsonl', alert('m5'), '>>');
($code) = forward("--exec $dir/stuck --timeout 1s");
is($code, 0, 'a program that hangs is killed, and tried again');

# What would read files of the host, or take a pattern for many.

($code, $out) = forward('--webhook file:///etc/passwd');
is($code, 2, 'a URL of another scheme');
($code, $out) = forward("--webhook '-K/etc/passwd'");
is($code, 2, 'an option of curl');
($code, $out) = forward('--exec /bin/true --timeout 0s');
is($code, 2, 'no time at all');

done_testing();
