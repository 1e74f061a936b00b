#!/usr/bin/perl

# Workers are killed, reloaded and stopped while nothing can be written: what
# they had, and how much they had lost, is in the lanes they leave.  Exactly:
# events and losses that are told of are together the requests that ended.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Event;
use ApiTest::Server;
use Test::More;
use Time::HiRes qw(sleep);

plan skip_all => 'a full disk needs root' if $> != 0;

my $disk = "/tmp/audit-kills-$$";
mkdir $disk or die "$disk: $!";
END { system 'umount', '-l', $disk if $disk; rmdir $disk if $disk }

if (system("mount -t tmpfs -o size=16m tmpfs $disk 2>/dev/null") != 0) {
    rmdir $disk;
    undef $disk;
    plan skip_all => 'no tmpfs here';
}


sub until_true {
    my ($test, $what) = @_;
    for (1 .. 3000) {
        return if $test->();
        sleep 0.02;
    }
    die "$what: waited in vain\n";
}

sub start {
    my ($audit) = @_;
    unlink "$disk/audit.jsonl";
    return ApiTest::Server->start(workers => 2,
        main => "user root;\nthread_pool audit threads=1;",
        files => { 'html/x' => "x\n" }, location => 'try_files /x =404;',
        http  => "api_audit $disk/audit.jsonl $audit;");
}

sub full {
    system "dd if=/dev/zero of=$disk/ballast bs=64k 2>/dev/null";
    return;
}

# Answers have been sent; the workers are done when they sleep again.

sub idle {
    for my $pid (@_) {
        until_true(sub {
            ApiTest::Server::slurp_proc("/proc/$pid/stat") =~ /\) S /
        }, 'an idle worker');
    }
    return;
}

sub kill_all {
    my ($server, @workers) = @_;
    idle(@workers);
    kill 'KILL', @workers;
    until_true(sub {
        my %now = map { $_ => 1 } $server->workers;
        return keys %now == 2 && !grep { $now{$_} } @workers;
    }, 'new workers');
    return;
}

sub stopped {
    my ($server, $sent, $how) = @_;
    my $pid = delete $server->{pid};
    kill $how // 'QUIT', $pid;
    waitpid $pid, 0;

    my ($requests, $lost, @broken) = account("$disk/audit.jsonl");
    is(scalar @broken, 0, 'no line is torn');
    is($requests + $lost, $sent, "$requests events and $lost losses");
    return $lost;
}


for my $audit ('buffer=64k on_error=pass',
    'buffer=64k on_error=pass threads=audit')
{
    subtest "killed while the disk is full: $audit" => sub {
        my $server = start($audit);
        my $sent   = many($server, 300);

        full();
        for my $round (1 .. 3) {
            $sent += many($server, 1000);
            kill_all($server, $server->workers);
        }
        $sent += many($server, 1000);
        unlink "$disk/ballast";
        $sent += many($server, 100);

        cmp_ok(stopped($server, $sent), '>', 1000, 'many were lost');
    };

    subtest "reloads while the disk is full: $audit" => sub {
        my $server = start($audit);
        my $sent   = many($server, 300);

        full();
        for my $round (1 .. 8) {
            $sent += many($server, 500);
            $server->reload;
            kill_all($server, $server->workers) if $round % 3 == 0;
        }
        unlink "$disk/ballast";
        $sent += many($server, 100);

        cmp_ok(stopped($server, $sent), '>', 1000, 'many were lost');
        unlike($server->log, qr/lanes are taken/, 'there is a lane for each');
    };

    subtest "killed, and nobody comes behind them: $audit" => sub {
        my $server = start($audit);
        full();
        my $sent    = many($server, 1500);
        my @workers = $server->workers;
        idle(@workers);

        # the master ends before it knows: a new worker would take over

        kill 'STOP', $server->{pid};
        kill 'KILL', @workers;
        kill 'TERM', $server->{pid};
        unlink "$disk/ballast";
        kill 'CONT', $server->{pid};

        cmp_ok(stopped($server, $sent, 'TERM'), '>', 500, 'many were lost');
    };
}


# Where each event is left out, there is not one about each.

subtest 'left out while the disk is full' => sub {
    my $server = start('buffer=64k on_error=degrade');
    my $sent   = many($server, 300);

    full();
    until_true(sub {
        $sent += many($server, 20);
        return $server->log =~ /cannot be written/;
    }, 'a disk that is full');
    $sent += many($server, 2000);
    unlink "$disk/ballast";

    cmp_ok(stopped($server, $sent), '>', 1000, 'many were left out');

    # one more when a process ends, and one when another has taken its lane

    my %told;
    $told{"$_->{gap}{chain} " . substr $_->{time}, 0, 19}++
        for grep { $_->{kind} eq 'gap' } events_of(slurp("$disk/audit.jsonl"));
    cmp_ok(scalar keys %told, '>', 0, 'which is told');
    is(scalar(grep { $_ > 3 } values %told), 0, '... once a second and process');
};

# Other numbers of workers have the same zone; another buffer= is another one,
# and the workers before write what is in theirs.

sub configured {
    my ($server, $workers, $audit) = @_;
    $server->{workers} = $workers;
    $server->reload(main => "user root;\nthread_pool audit threads=1;",
        location => 'try_files /x =404;',
        http => "api_audit $disk/audit.jsonl $audit;") or die $server->log;
    return;
}

subtest 'more workers and fewer, while the disk is full' => sub {
    my $audit  = 'buffer=64k on_error=pass';
    my $server = start($audit);
    my $sent   = many($server, 300);

    full();
    for my $workers (4, 1, 3, 2) {
        $sent += many($server, 700);
        configured($server, $workers, $audit);
        $sent += many($server, 300);
        idle($server->workers);
        kill 'KILL', ($server->workers)[0];
        until_true(sub { $server->workers == $workers }, 'workers');
    }
    unlink "$disk/ballast";
    $sent += many($server, 100);

    cmp_ok(stopped($server, $sent), '>', 1000, 'many were lost');
};

subtest 'another buffer' => sub {
    my $server = start('buffer=64k');
    my $sent   = many($server, 2000);

    for my $size (qw(128k 64k 1m)) {
        configured($server, 2, "buffer=$size");
        $sent += many($server, 2000);
    }

    stopped($server, $sent);
};

done_testing();
