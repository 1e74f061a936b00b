#!/usr/bin/perl

# What api_status makes of 600 operations is made in slices: between two of
# them the one worker answers others; the answer is whole and of one moment,
# over HTTP/2 and through a reload too, and who goes away costs no more.
#
# Slices are counted, not timed: the worker is stopped while the requests are
# sent, so that it finds all of them when it goes on.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Sec;
use ApiTest::Server;
use IO::Socket::INET;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep);

my $OPS = 600;
my $SERIES = 500;    # operations that have metrics of their own

my %paths = map {
    my $n = $_;
    "/op$n/{id}" => {
        get => {
            operationId => "op$n",
            parameters  => [{ name => 'id', in => 'path',
                required => JSON::PP::true, schema => { type => 'string' } }],
            responses   => { 200 => { description => 'ok' } },
        },
    };
} 1 .. $OPS + 3;    # three that nobody calls

my $up = Test::Nginx::StandIn::Port::named('slices-h2');
my %conf = (
    workers => 1,
    http    => "api_zone main 16m;\napi_schema_spec big spec.json;\n",
    server  => "server_name api.example;\nlisten 127.0.0.1:$up http2;",
    location => 'return 404; }
        location /op   { api_inventory; api_schema big;
                         try_files /x =404; }
        location /_api/ { api_status;',
);
my $server = ApiTest::Server->start(%conf, files => {
    'html/x'    => "x\n",
    'spec.json' => JSON::PP->new->canonical->encode({
        openapi => '3.1.0', info => { title => 'big', version => '1' },
        paths   => \%paths }) });

for my $n (1 .. $OPS) {
    my ($code) = $server->get("/op$n/7");
    BAIL_OUT("op$n: $code") if $code != 200;
}


sub doc {
    my ($code, undef, $body) = $server->get('/_api/');
    return decode_json($body);
}

sub wait_until {
    my ($what) = @_;
    for (1 .. 1500) {
        return 1 if $what->();
        sleep 0.02;
    }
    return 0;
}

sub worker { return ($server->workers)[0] }

# Connections that are open; what is sent on one, and what comes, to its end.

sub open_to {
    return IO::Socket::INET->new(PeerAddr => "127.0.0.1:$server->{port}",
        Timeout => 30) // BAIL_OUT("connect: $!");
}

sub ask {
    my ($fh, $path, $more) = @_;
    print {$fh} "GET $path HTTP/1.1\r\nHost: localhost\r\n"
        . ($more // "Connection: close\r\n") . "\r\n";
    $fh->flush;
    return;
}

sub answer {
    my ($fh) = @_;
    local $SIG{ALRM} = sub { BAIL_OUT('no answer in two minutes') };
    alarm 120;
    local $/;
    my ($head, $body) = split /\r\n\r\n/, (scalar <$fh> // ''), 2;
    alarm 0;
    return ($head, $body);
}

sub stopped {
    my ($pid) = @_;
    kill 'STOP', $pid;
    return wait_until(sub {
        (ApiTest::Server::slurp_proc("/proc/$pid/stat") // '') =~ /\) T /;
    });
}

my $count = 0;
wait_until(sub {
    ($count) = ($server->get('/_api/inventory?limit=1'))[2]
        =~ /"operations":(\d+)/;
    $count == $OPS;
});
is($count, $OPS, 'all operations are in the inventory');


# One answer: what is in it.

for my $case (['metrics', 40], ['inventory?limit=1000000', 35],
              ['inventory/openapi', 35], ['inventory/overlay', 1])
{
    my ($path, $least) = @$case;
    my $before = doc()->{slices};
    my ($code, $head, $body) = $server->get("/_api/$path");
    my $after = doc()->{slices};

    is($code, 200, "$path: answered");
    is($after->{answers} - $before->{answers}, 1, '... as one answer');
    cmp_ok($after->{made} - $before->{made}, '>=', $least,
           '... in at least so many slices');
    like($head, qr/^Content-Length: @{[length $body]}\r?$/m,
         '... whose length is said');
}

my $metrics = ($server->get('/_api/metrics'))[2];
my %seen;
$seen{$1}++ while $metrics
    =~ /^apisec_operation_duration_seconds_count\{.*operation="(\w+)"\} 1$/mg;
is(scalar keys %seen, $SERIES, 'operations have their series');
is(scalar(grep { $_ > 1 } values %seen), 0, '... once each');

my %names;
$names{$1}++ while $metrics =~ /^# TYPE (\S+)/mg;
is_deeply([grep { $names{$_} > 1 } sort keys %names], [],
          'a family stands once, whatever buffer it is in');
unlike($metrics, qr/\0|\n\n/, 'nothing is lost between buffers');

my $list = decode_json(($server->get('/_api/inventory?limit=1000000'))[2]);
my %ids = map { $_->{id} // $_->{template} => $_->{state} } @{ $list->{items} };
is(scalar @{ $list->{items} }, $OPS + 3, 'each operation is in the list');
is(scalar keys %ids, $OPS + 3, '... once');
is(scalar(grep { $_ eq 'orphan' } values %ids), 3,
   '... and those that nobody calls');

my (%paged, $after);
for (1 .. 20) {
    my $page = decode_json(($server->get('/_api/inventory?limit=90'
        . ($after ? "&after=$after" : '')))[2]);
    $paged{ $_->{id} // $_->{template} }++ for @{ $page->{items} };
    $after = $page->{next} // last;
}
is_deeply([sort keys %paged], [sort keys %ids], 'page by page the same');
is(scalar(grep { $_ > 1 } values %paged), 0, '... none on two pages');

my $orphans = decode_json(($server->get('/_api/inventory?state=orphan'))[2]);
is(scalar @{ $orphans->{items} }, 3, 'a state is picked from all');

my $openapi = decode_json(($server->get('/_api/inventory/openapi'))[2]);
is(scalar keys %{ $openapi->{paths} }, $OPS, 'OpenAPI: each path');
my $overlay = decode_json(($server->get('/_api/inventory/overlay'))[2]);
is_deeply($overlay->{actions}, [], 'an overlay: none is without a contract');

{
    my $fh = open_to();
    ask($fh, '/_api/inventory/openapi', '');
    ask($fh, '/_api/metrics');
    my ($head, $rest) = answer($fh);
    like($rest, qr/\}\nHTTP\/1.1 200 OK\r\n.*\n# TYPE apisec_/s,
         'the connection is kept: what was sent behind it is answered next');
}


# Others are answered between slices.  Both requests are there when the worker
# goes on; which it sees first is the kernel's business, so it is asked again
# when it was the short one.

sub meanwhile {
    my ($path) = @_;

    for my $try (1 .. 20) {
        my $before = doc()->{slices}{made};
        my $pid = worker();
        my ($long, $other) = (open_to(), open_to());

        stopped($pid) or BAIL_OUT('the worker does not stop');
        ask($long, "/_api/$path");
        sleep 0.05;
        ask($other, '/_api/');
        sleep 0.05;
        kill 'CONT', $pid;

        my (undef, $seen) = answer($other);
        my ($head, $body) = answer($long);
        my $during = decode_json($seen)->{slices}{made} - $before;
        my $all = doc()->{slices}{made} - $before;

        next if $during == 0 && $try < 20 && !$before;
        return ($during, $all, $head, length $body);
    }
    return;
}

for my $path (qw(metrics inventory?limit=1000000 inventory/openapi)) {
    my ($during, $all, $head, $len) = meanwhile($path);
    cmp_ok($during, '<=', 2, "$path: who comes is served after two slices");
    cmp_ok($all, '>=', 35, '... of many');
    like($head, qr{^HTTP/1.1 200}, '... and the answer is there');
    like($head, qr/^Content-Length: $len\r?$/m, '... whole');
}


# Over HTTP/2 the same bytes, but for what moves.

my @open = ($server->get('/_api/inventory/openapi'))[2];
my $h2 = `curl -s --max-time 60 --http2-prior-knowledge http://127.0.0.1:$up/_api/inventory/openapi`;
is($h2, $open[0], 'HTTP/2: the same answer');

# One connection at a time is curl's way; eight of them at once.

my $flood = `for i in 1 2 3 4 5 6 7 8; do
    curl -s --max-time 60 --http2-prior-knowledge -o /dev/null -w '%{http_code} ' http://127.0.0.1:$up/_api/metrics &
done; wait`;
is($flood, '200 ' x 8, 'HTTP/2: eight at a time');


# Who goes away: no slice is made for them any more.

{
    my $before = doc()->{slices};
    my $pid = worker();
    my @gone = map { open_to() } 1 .. 5;

    stopped($pid) or BAIL_OUT('the worker does not stop');
    ask($_, '/_api/metrics') for @gone;
    sleep 0.05;
    close $_ for @gone;
    kill 'CONT', $pid;

    ok(wait_until(sub { doc()->{slices}{dropped} == $before->{dropped} + 5 }),
       'five clients went, and their answers with them');
    my $now = doc()->{slices};
    is($now->{answers} - $before->{answers}, 5, '... which had been begun');
    cmp_ok($now->{made} - $before->{made}, '<=', 10,
           '... and cost two slices each at most');
    is(worker(), $pid, 'the worker is the same');
}


# A reload in the middle: the old worker answers, then goes.

{
    my $pid = worker();
    my $long = open_to();

    stopped($pid) or BAIL_OUT('the worker does not stop');
    ask($long, '/_api/inventory?limit=1000000');
    sleep 0.05;
    kill 'HUP', $server->{pid};
    wait_until(sub {
        my @all = split ' ', ApiTest::Server::slurp_proc(
            "/proc/$server->{pid}/task/$server->{pid}/children");
        @all > 1;
    });
    kill 'CONT', $pid;

    my ($head, $body) = answer($long);
    like($head, qr{^HTTP/1.1 200}, 'a reload in the middle: answered');
    is(scalar @{ decode_json($body)->{items} }, $OPS + 3, '... whole');
    ok(wait_until(sub { !kill 0, $pid }), '... and the old worker ends');
}

is_deeply([$server->log =~ /^.*\[(?:emerg|alert|crit|error)\].*$/mg], [],
          'no error');

done_testing();
