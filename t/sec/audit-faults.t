#!/usr/bin/perl

# api_audit while things go wrong: a worker is killed, the disk is full, nobody
# reads the FIFO, reloads and reopenings follow each other.  Always: events and
# losses that are told of are together the requests that ended.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Event;
use ApiTest::Server;
use Fcntl qw(O_RDONLY O_NONBLOCK O_RDWR);
use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $BODY = 'try_files /x =404;';


sub server {
    my (%more) = @_;
    return ApiTest::Server->start(workers => 2, main => 'user root;',
        files => { 'html/x' => "x\n" }, location => $BODY, %more);
}


sub stop {
    my ($server) = @_;
    my $pid = delete $server->{pid};
    kill 'QUIT', $pid;
    waitpid $pid, 0;
    return;
}


sub until_true {
    my ($test) = @_;
    for (1 .. 1000) {
        return 1 if $test->();
        sleep 0.02;
    }
    return 0;
}


subtest 'workers are killed, reloads and reopenings come between' => sub {

    # room for all of a round: on a busy machine others would be left out too

    my $server = server(http => 'api_audit logs/audit.jsonl buffer=4m on_error=pass;');
    my ($sent, $files) = (0, 0);

    for my $round (1 .. 6) {
        my @clients = map {
            my $pid = open my $out, '-|' // die;
            if (!$pid) {
                my $got = many($server, 2000);
                syswrite STDOUT, $got;
                POSIX::_exit(0);
            }
            $out;
        } 1 .. 2;

        sleep 0.05;

        if ($round % 3 == 1) {
            my ($victim) = $server->workers;
            kill 'KILL', $victim if $victim;

        } elsif ($round % 3 == 2) {
            $server->reload;

        } else {
            rename "$server->{dir}/logs/audit.jsonl",
                "$server->{dir}/logs/old." . $files++;
            kill 'USR1', $server->{pid};
        }

        for my $out (@clients) {
            local $/;
            $sent += <$out> // 0;
            close $out;
        }
        until_true(sub { $server->workers == 2 });
    }

    stop($server);

    my $text = join '', map { $server->text("logs/old.$_") } 0 .. $files - 1;
    my ($requests, $lost, $wrong) =
        account(\($text . $server->text('logs/audit.jsonl')));

    is($wrong, undef, 'no line is torn or mixed');
    cmp_ok($sent, '>', 5000, 'there was something to write');

    # two workers were killed, each with two clients at most: an answer was on
    # its way, and the request not yet at its end

    cmp_ok($requests + $lost, '>=', $sent - 4, 'each answer has its event, or '
        . "is told as lost ($requests and $lost for $sent)");
    cmp_ok($lost, '<=', $sent / 100, "... and these are few: $lost that killed workers had begun");
};


subtest 'nobody reads the FIFO' => sub {
    my $fifo = "/tmp/audit-fifo-$$";
    POSIX::mkfifo($fifo, 0600) or die "mkfifo: $!";

    my $server = server(workers => 1,
        http => "api_audit $fifo buffer=64k on_error=pass;");

    my $sent = many($server, 1500);
    is($sent, 1500, 'requests are answered');

    my @times;
    for (1 .. 50) {
        my $start = time;
        $sent += many($server, 1);
        push @times, time - $start;
    }
    @times = sort { $a <=> $b } @times;
    cmp_ok($times[-5], '<', 0.5, 'and do not wait');

    # somebody comes and reads

    sysopen my $in, $fifo, O_RDONLY | O_NONBLOCK or die "fifo: $!";
    my $text = '';
    my $read = sub {
        while (sysread $in, my $part, 65536) { $text .= $part }
    };

    until_true(sub { $read->(); $text =~ /"kind":"gap"/ });
    $sent += many($server, 10);
    stop($server);
    $read->();
    unlink $fifo;

    my ($requests, $lost, $wrong) = account(\$text);
    is($wrong, undef, 'lines are whole');
    cmp_ok($lost, '>', 0, 'some were lost');
    is($requests + $lost, $sent, 'all are accounted for');
};


subtest 'on_error=deny and degrade' => sub {
    my $fifo = "/tmp/audit-deny-$$";
    POSIX::mkfifo($fifo, 0600) or die "mkfifo: $!";

    my $server = server(workers => 1,
        http   => "api_audit $fifo buffer=64k on_error=deny;",
        server => "location /degrade/ { api_audit $fifo; try_files /x =404; }
            location /off/ { api_audit off; try_files /x =404; }
            location /return/ { return 200 'no check before it'; }");

    my ($code) = $server->get('/orders');
    is($code, 200, 'while it can be written requests pass');
    many($server, 600);

    my $body;
    ($code, undef, $body) = $server->get('/orders');
    is($code, 503, 'no request without its event');
    like($body, problem_like(status => 503, code => 'unavailable'),
        '... says so');
    ($code) = $server->get('/degrade/');
    is($code, 200, 'degrade lets it pass');
    ($code) = $server->get('/off/');
    is($code, 200, 'api_audit off too');
    ($code) = $server->get('/return/');
    is($code, 200, '... and return, which comes before all checks');

    sysopen my $in, $fifo, O_RDONLY | O_NONBLOCK or die "fifo: $!";
    my $text = '';
    ok(until_true(sub {
        while (sysread $in, my $part, 65536) { $text .= $part }
        ($code) = $server->get('/orders');
        return $code == 200;
    }), 'when somebody reads it goes on');

    ok(until_true(sub {
        while (sysread $in, my $part, 65536) { $text .= $part }
        return $text =~ /"reason":"unwritable"/;
    }), 'what was refused is in it');
    like($server->log, qr/refused 503 audit unwritable/, '... and in the log');
    stop($server);
    unlink $fifo;
};


SKIP: {
    my $disk = "/tmp/audit-disk-$$";
    skip 'a full disk needs root', 1 if $> != 0;
    mkdir $disk or die "$disk: $!";
    if (system('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', $disk) != 0) {
        rmdir $disk;
        skip 'no tmpfs here', 1;
    }

    subtest 'the disk is full' => sub {
        my $server = server(workers => 2,
            http => "api_audit $disk/audit.jsonl buffer=64k on_error=pass;");

        my $began = time;
        my $sent = many($server, 3000);
        is($sent, 3000, 'requests are answered');
        like($server->log, qr/\[alert\].*cannot be written.*No space/,
            'the error log says so');
        my $said = () = $server->log =~ /cannot be written/g;
        my $minutes = 1 + int((time - $began) / 60);
        ok($said >= 2 && $said <= 2 * $minutes, '... once a minute, each worker')
            or diag "$said times in $minutes minutes";

        my $text = slurp("$disk/audit.jsonl");
        like($text, qr/\n\z/, 'no line is torn');

        # More room, and nothing taken away from under who writes.

        is(system('mount', '-o', 'remount,size=16m', $disk), 0, 'a larger disk');
        ok(until_true(sub { -s "$disk/audit.jsonl" > length $text }),
            'there is room again');
        ok(until_true(sub { slurp("$disk/audit.jsonl") =~ /"kind":"gap"/ }),
            'what was lost is told');

        stop($server);
        $text = slurp("$disk/audit.jsonl");
        my (undef, $lost, $wrong) = account(\$text);
        is($wrong, undef, 'lines are whole');
        cmp_ok($lost, '>', 0, 'what was lost is told');
    };

    system 'umount', $disk;
    rmdir $disk;
}


subtest 'threads' => sub {
    my $server = server(workers => 2,
        main => "user root;\nthread_pool audit threads=1;",
        http => 'api_audit logs/audit.jsonl threads=audit buffer=64k;');

    my $sent = many($server, 3000);
    rename "$server->{dir}/logs/audit.jsonl", "$server->{dir}/logs/old";
    kill 'USR1', $server->{pid};
    $sent += many($server, 3000);
    $server->reload;
    $sent += many($server, 1000);
    stop($server);

    my ($requests, $lost, $wrong) = account(
        map { "$server->{dir}/logs/$_" } 'old', 'audit.jsonl');
    is($wrong, undef, 'lines are whole');
    is($requests + $lost, $sent, "all are accounted for ($lost lost)");
};


subtest 'syslog, and stdout' => sub {
    my $socket = IO::Socket::INET->new(Proto => 'udp',
        LocalAddr => '127.0.0.1', LocalPort => 0) or die "udp: $!";
    my $port = $socket->sockport;

    my $server = server(workers => 1, http =>
        "api_audit syslog:server=127.0.0.1:$port,facility=local6,tag=apisec;");
    $server->get('/orders');

    my $ready = '';
    vec($ready, fileno $socket, 1) = 1;
    ok(select($ready, undef, undef, 20), 'a datagram');
    $socket->recv(my $datagram, 8192);
    like($datagram, qr/\A<182>.* apisec: \{"v":1,.*\}\z/, '... is an event');
    is(join(', ', event_faults((events_of($datagram =~ s/^.*? apisec: //r))[0])),
        '', '... as the schema says');
    stop($server);
};

done_testing();
