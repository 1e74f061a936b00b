#!/usr/bin/perl

# api_audit when processes come and go: more of them end in one epoch than a
# seal has room for, the last one writes what others left, and a standard
# output that is a pipe or a socket is never waited for.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Event;
use ApiTest::Server;
use Fcntl qw(F_GETFL O_NONBLOCK);
use IO::Select;
use POSIX ();
use Socket;
use Test::More;
use Time::HiRes qw(sleep time);

my $apisec = ($ENV{API_BUILD} // 'build') . '/bin/apisec';
my $BODY   = 'try_files /x =404;';


sub stop {
    my ($server) = @_;
    my $pid = delete $server->{pid};
    kill 'QUIT', $pid;
    waitpid $pid, 0;
    return;
}


SKIP: {
    skip "no $apisec", 1 if !-x $apisec;

    subtest 'eighty processes end in one epoch' => sub {
        my $server = ApiTest::Server->start(workers => 2,
            main => 'user root;', files => { 'html/x' => "x\n" },
            location => $BODY);
        my $dir = $server->{dir};

        mkdir "$dir/state", 0700 or die "state: $!";
        my $keys = `$apisec log keygen --name gw.example --key $dir/seal.key --state $dir/state --epoch 1h 2>/dev/null`;
        write_file("$dir/keys", $keys);

        my %conf = (main => 'user root;', location => $BODY, http =>
            "api_state $dir/state; api_audit_seal key=file:$dir/seal.key "
            . "epoch=1h; api_audit logs/audit.jsonl;\n");

        ok($server->reload(%conf), 'seals are turned on');
        for my $round (1 .. 40) {
            $server->get('/orders');
            $server->reload or die 'no reload';
        }
        $server->get('/orders');
        stop($server);

        my $out = `$apisec log verify --key $dir/keys $dir/logs/audit.jsonl 2>&1`;
        my $rc  = $? >> 8;
        my @other = grep { !/were sealed late/ }    # the hour may have ended
            $out =~ /^(.*(?:missing|changed):.*)$/mg;
        is("@other", '', 'each chain is sealed to its end') or diag $out;
        like($out, qr/^(?:ok|INCOMPLETE): .*\(41 requests\)/m, 'all are in it');
        unlike($server->log, qr/\[alert\]/, 'no alert');

        my (%tail, %sealed);
        for my $event (events_of(slurp("$dir/logs/audit.jsonl"))) {
            $tail{ $event->{chain} } = $event->{seq} if $event->{kind} ne 'seal';
            $sealed{ $_->[0] } = $_->[1] for @{ ($event->{checkpoint} // {})->{heads} // [] };
        }
        my @bare = grep { ($sealed{$_} // 0) < $tail{$_} } keys %tail;
        cmp_ok(scalar keys %tail, '>', 40, 'many chains');
        is("@bare", '', 'a seal is about the end of each');
    };
}


# The standard output, read by us; who reads nothing makes nobody wait.

sub on_stdout {
    my ($reader, $writer, $name) = @_;

    open my $saved, '>&', \*STDOUT or die $!;
    open STDOUT, '>&', $writer or die $!;
    my $server = ApiTest::Server->start(workers => 2, main => 'user root;',
        files => { 'html/x' => "x\n" }, location => $BODY,
        http => 'api_audit stdout buffer=64k on_error=pass;');
    open STDOUT, '>&', $saved or die $!;
    close $writer;

    my $sent = many($server, 3000);
    is($sent, 3000, "$name: requests are answered while nobody reads");
    my $start = time;
    $sent += many($server, 1);
    cmp_ok(time - $start, '<', 5, '... and do not wait');

    my $text   = '';
    my $select = IO::Select->new($reader);
    my $read   = sub {
        my ($wait) = @_;
        while ($select->can_read($wait)) {
            sysread $reader, my $part, 65536 or return 0;
            $text .= $part;
        }
        return 1;
    };

    # until all lanes are empty, and events tell of what was lost

    for (1 .. 100) {
        $read->(0.3);
        $sent += many($server, 1);
        last if $text =~ /"kind":"gap"/ && $_ > 4;
    }

    my $pid = delete $server->{pid};
    kill 'QUIT', $pid;
    for (1 .. 1000) {
        $read->(0.02) or last;
    }
    waitpid $pid, 0;

    like($text, qr/\n\z/, "$name: lines are whole");
    my @events = eval { events_of($text) };
    is($@, '', '... and JSON');
    is(join(', ', map { event_faults($_) } @events), '', '... as the schema says');
    my ($requests, $lost) = account(\$text);
    cmp_ok($lost, '>', 0, '... some were lost');
    is($requests + $lost, $sent, '... and all are accounted for');
    like($server->log, qr/\[alert\].*events of this process are lost/,
        '... in the error log too');
    return;
}

subtest 'stdout is a pipe' => sub {
    pipe my $reader, my $writer or die $!;
    on_stdout($reader, $writer, 'pipe');
};

subtest 'stdout is a socket, as that of a service of systemd' => sub {
    socketpair my $reader, my $writer, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die $!;
    on_stdout($reader, $writer, 'socket');
};

SKIP: {
    skip 'another user needs root', 1 if $> != 0;

    # A container without root: the pipe is another's, and is not opened anew.

    subtest 'stdout is a pipe of another user' => sub {
        pipe my $reader, my $writer or die $!;
        open my $saved, '>&', \*STDOUT or die $!;
        open STDOUT, '>&', $writer or die $!;

        my $dir = ApiTest::Server::tempdir('api-test-XXXXXX', TMPDIR => 1, CLEANUP => 1);
        my $nobody = getpwnam 'nobody';
        mkdir "$dir/$_" for qw(logs tmp html);
        write_file("$dir/nginx.conf", join '', (map {"load_module $_;\n"}
            split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // ''),
            "daemon off; master_process off; pid logs/p; error_log logs/error.log;\n",
            "events { } http { access_log off; ", (map {"${_}_temp_path tmp/$_; "}
            qw(client_body proxy fastcgi uwsgi scgi)),
            "api_audit stdout; server { listen unix:$dir/s; return 204; } }");
        chown $nobody, -1, $dir, glob "$dir/*";
        chmod 0600, "$dir/nginx.conf";

        my $pid = fork // die;
        if (!$pid) {
            $) = 65534; $> = $< = $nobody; POSIX::setuid($nobody);
            exec $ENV{TEST_NGINX_BINARY} // '/usr/sbin/nginx', '-p', $dir, '-e',
                "$dir/logs/error.log", '-c', "$dir/nginx.conf";
        }
        open STDOUT, '>&', $saved or die $!;

        for (1 .. 500) { last if -S "$dir/s"; sleep 0.02 }
        ok(-S "$dir/s", 'it starts') or diag slurp("$dir/logs/error.log");
        ok(fcntl($writer, F_GETFL, 0) & O_NONBLOCK, 'and does not wait for a pipe that is full');
        kill 'QUIT', $pid;
        waitpid $pid, 0;
        close $writer;
        local $/;
        like(<$reader>, qr/"kind":"config"/, 'events come');
    };
}

done_testing();
