#!/usr/bin/perl

# .ci/limited: a test is ended with all that it started when it hangs, and when
# who runs it is told to stop, as by Ctrl-C.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;
use Time::HiRes qw(sleep time);

my $limited = abs_path(dirname(__FILE__) . '/../..') . '/.ci/limited';
my $dir = tempdir(CLEANUP => 1);

sub write_test {
    my ($name, $text) = @_;
    open my $out, '>', "$dir/$name" or die "$name: $!";
    print $out $text;
    close $out or die "$name: $!";
    return "$dir/$name";
}

# One that hangs, with a process of its own; both are written down.

my $hangs = write_test('hangs.t', <<"END");
my \$pid = fork // die;
exec 'sleep', '600' if !\$pid;
open my \$out, '>', "$dir/new" or die;
print \$out "\$\$ \$pid\\n";
close \$out;
rename "$dir/new", "$dir/pids";
sleep 600;
END

sub until_true {
    my ($check) = @_;
    my $until = time + 120;
    while (time < $until) {
        my $got = $check->();
        return $got if $got;
        sleep 0.05;
    }
    return;
}

# One that has ended and that nobody has asked for is none.

sub runs {
    my ($pid) = @_;
    open my $in, '<', "/proc/$pid/stat" or return 0;
    return (<$in> // ') Z') !~ /\) [ZX]/;
}

# By prove, in a group of its own as a terminal has it, where signals do what
# they do: its pid, and the two if it came to that.

sub started {
    my ($limit) = @_;
    unlink "$dir/pids";
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        setpgrp;
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        $ENV{LIMIT} = $limit;
        open STDOUT, '>', "$dir/out";
        open STDERR, '>', "$dir/out";
        exec 'prove', '--exec', $limited, $hangs;
        die "exec: $!";
    }
    until_true(sub { -e "$dir/pids" || !runs($pid) });
    open my $in, '<', "$dir/pids" or return $pid;
    return ($pid, split ' ', <$in>);
}

sub ended {
    my ($name, @pids) = @_;
    ok(until_true(sub { !grep { runs($_) } @pids }), $name);
    kill 'KILL', @pids;
    return;
}

my $out = `$limited @{[write_test('good.t', qq{print "1..1\\nok 1\\n"})]}`;
is($?, 0, 'one that ends well');
is($out, "1..1\nok 1\n", '... and what it says');
system $limited, write_test('bad.t', 'exit 3');
is($? >> 8, 3, 'one that does not');

my ($pid, @its);

for my $limit (2, 20, 200) {
    ($pid, @its) = started($limit);
    waitpid $pid, 0;
    last if @its;    # it had begun by then
}

is(@its, 2, 'one that hangs');
isnt($?, 0, '... fails');
ended('... and is ended with what it started', @its);

for my $signal (qw(INT TERM HUP)) {
    ($pid, @its) = started(600);
    is(@its, 2, 'one that runs');
    kill $signal, -$pid;
    waitpid $pid, 0;
    isnt($?, 0, "... is told to stop by $signal, which is no success");
    ended('... and is ended with what it started', @its);
}

done_testing;
