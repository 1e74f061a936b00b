#!/usr/bin/perl

# The recipes for rsyslog in docs/guide/audit-log.md, as they stand there, with
# the real program (.ci/rsyslog): what is forwarded arrives byte by byte and
# verifies; datagrams of api_audit arrive as events.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Event;
use ApiTest::Server;
use File::Temp qw(tempdir);
use Test::More;
use Time::HiRes qw(sleep);

my $apisec = ($ENV{API_BUILD} // 'build') . '/bin/apisec';
my ($root) = `.ci/rsyslog 2>/dev/null` =~ /(\S+)/;
plan skip_all => 'no rsyslog' if !$root || !-x $apisec;

my $dir  = tempdir(CLEANUP => 1);
my $port = free_port('rsyslog');
my @recipes = slurp('docs/guide/audit-log.md') =~ /^```rsyslog\n(.*?)^```$/gms;
is(scalar @recipes, 3, 'three recipes');

my $keys = `$apisec log keygen --name gw.example --key $dir/seal.key --state $dir --epoch 1s 2>/dev/null`;
write_file("$dir/keys", $keys);

my ($rsyslog, $server);


sub rsyslog {
    my ($file) = @_;
    my $conf = join "\n", @recipes;
    my %to = (
        '/var/spool/rsyslog'             => $dir,
        '/var/log/nginx/api-audit.jsonl' => $file,
        'logs.example.com'               => '127.0.0.1',
        '0.0.0.0'                        => '127.0.0.1',
        '10514'                          => $port,
        '/var/log/gateways/gw1.jsonl'    => "$dir/received.jsonl",
        '/run/apisec.sock'               => "$dir/socket",
        '/var/log/gateways/syslog.jsonl' => "$dir/datagrams.jsonl",
    );

    for my $from (keys %to) {
        $conf =~ s/\Q$from\E/$to{$from}/ or die "no $from in the recipes";
        $conf =~ s/\Q$from\E/$to{$from}/g;
    }
    write_file("$dir/rsyslog.conf", $conf);

    local $ENV{LD_LIBRARY_PATH} = "$root/usr/lib/x86_64-linux-gnu";
    ($ENV{LD_LIBRARY_PATH}) = map { s{/rsyslog$}{}r } glob "$root/usr/lib/*/rsyslog";
    my @run = ("$root/usr/sbin/rsyslogd", '-f', "$dir/rsyslog.conf", '-i',
        "$dir/rsyslog.pid", '-M', glob "$root/usr/lib/*/rsyslog");

    my $said = `@run -N1 2>&1`;
    is($? >> 8, 0, 'rsyslogd takes them') or diag $said;

    my $pid = fork // die;
    if (!$pid) {
        open STDERR, '>', "$dir/rsyslog.err";
        exec @run, '-n';
        exit 127;
    }
    return $pid;
}


END {
    my $status = $?;
    if ($rsyslog) {
        kill 'TERM', $rsyslog;
        waitpid $rsyslog, 0;
    }
    $? = $status;
}


sub lines {
    my ($file, $n) = @_;
    for (1 .. 600) {
        last if -e $file && (() = slurp($file) =~ /\n/g) >= $n;
        sleep 0.05;
    }
    return -e $file ? slurp($file) : '';
}


$server = ApiTest::Server->start(workers => 2, main => 'user root;',
    files => { 'html/x' => "x\n" }, location => 'try_files /x =404;');
$rsyslog = rsyslog("$server->{dir}/logs/audit.jsonl");
for (1 .. 400) {
    last if -S "$dir/socket";
    sleep 0.05;
}
ok(-S "$dir/socket", 'it runs') or diag slurp("$dir/rsyslog.err");

ok($server->reload(main => 'user root;', location => 'try_files /x =404;',
    http => "api_state $dir; api_audit_seal key=file:$dir/seal.key epoch=1s;\n"
        . "api_audit logs/audit.jsonl;\n",
    server => "location /datagram/ { api_audit syslog:server=unix:$dir/socket,facility=local6,tag=apisec,nohostname;
        try_files /x =404; }"), 'nginx writes');

$server->get("/orders/$_", "User-Agent: \xe2\x82\xac \"quoted\" \\ $_") for 1 .. 200;
$server->get('/' . 'long/' x 700);
$server->get("/datagram/$_") for 1 .. 50;
sleep 1.2;
kill 'QUIT', $server->{pid};
waitpid delete $server->{pid}, 0;

my $log = slurp("$server->{dir}/logs/audit.jsonl");
my $received = lines("$dir/received.jsonl", scalar(() = $log =~ /\n/g));
ok($received eq $log, 'what arrived is what was written, byte by byte')
    or diag substr($received, 0, 500);
my $out = `$apisec log verify --key $dir/keys $dir/received.jsonl 2>&1`;
ok(($? >> 8) == 0 || $out !~ /changed|missing(?!.*sealed late)/, '... and verifies') or diag $out;

my @events = grep { $_->{kind} eq 'request' } events_of(lines("$dir/datagrams.jsonl", 50));
is(scalar @events, 50, 'datagrams too');
is(join(', ', map { event_faults($_) } @events), '', '... are events');

done_testing();
