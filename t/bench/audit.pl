#!/usr/bin/perl

# An event of api_audit, sealed and not, beside a JSON access_log with as many
# members and beside none: CPU of the worker for a request, in one run. Then
# how fast the log is verified.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use ApiTest;
use ApiTest::Server;
use Time::HiRes qw(sleep);

my $build  = $ENV{API_BUILD} // 'build';
my $rounds = $ENV{BENCH_ROUNDS} // 5;
my $n      = $ENV{BENCH_REQUESTS} // 20_000;
my $missed = 0;

$ENV{TEST_NGINX_LOAD_MODULES} //= join ' ',
    map {"$build/modules/ngx_api_${_}_module.so"} qw(waf sec ratelimit);

my $format = join ',', map {qq("$_":"\$$_")} qw(time_iso8601 request_id
    remote_addr remote_port request_method host uri args server_protocol
    server_name status request_length bytes_sent http_user_agent request_time
    pid upstream_status http_referer connection connection_requests);

my $off = "location /none { access_log off; return 204; }\n";
my $stock = <<'EOT';
    location /log    { access_log logs/stock.log stock; return 204; }
    location /buffer { access_log logs/buffer.log stock buffer=64k flush=1s; return 204; }
EOT

sub start {
    my (%more) = @_;
    return ApiTest::Server->start(workers => 1, main => 'user root;',
        files => { 'html/x' => '' }, location => 'try_files /x =404;',
        http => "log_format stock escape=json '{$format}'; $more{http}",
        server => "$off $stock $more{server}");
}


# Nanoseconds that the worker has had a CPU.

sub cpu {
    my ($pid) = @_;
    open my $in, '<', "/proc/$pid/schedstat" or die "schedstat: $!";
    return (split ' ', <$in>)[0];
}


sub ask {
    my ($server, $path) = @_;
    my $socket = $server->connected or die 'nginx is gone';
    my $one = "GET $path?page=1 HTTP/1.1\r\nHost: api.example.com\r\n"
        . "User-Agent: curl/7.88.1\r\n\r\n";

    for (1 .. $n / 200) {
        print {$socket} $one x 200;
        $socket->flush;
        my ($answers, $got) = ('', 0);
        while ($got < 200) {
            sysread $socket, my $part, 65536 or die 'nginx is gone';
            $answers .= $part;
            $got = () = $answers =~ /204 No/g;
        }
    }
    return;
}


# The best of several: what else runs here only makes it slower.

sub best {
    return (sort { $a <=> $b } @_)[0];
}


sub measure {
    my ($server, @paths) = @_;
    my ($pid, %took);
    sleep 0.02 until ($pid) = $server->workers;

    for (1 .. $rounds) {
        for my $path (@paths) {
            my $before = cpu($pid);
            ask($server, "/$path");
            sleep 0.3;    # what is written behind the answer
            push @{ $took{$path} }, (cpu($pid) - $before) / $n / 1000;
        }
    }

    return map { $_ => best(@{ $took{$_} }) } @paths;
}


sub row {
    my ($name, $us, $none, $log, $budget) = @_;
    my $own = $us - $none;
    my $ratio = $own / ($log - $none);
    my $mark = !$budget ? '' : $ratio <= $budget ? "budget $budget"
        : "MISSES ITS BUDGET OF $budget";

    $missed = 1 if $mark =~ /MISSES/;
    printf "%-34s %6.2f us  %6.2f over none  x %.2f of access_log  %s\n",
        $name, $us, $own, $ratio, $mark;
    return;
}


my $keys = ApiTest::Server->start(workers => 1, files => { 'html/x' => '' },
    location => 'try_files /x =404;');
my $dir = $keys->{dir};
mkdir "$dir/state", 0700 or die "state: $!";
my $printed = `$build/bin/apisec log keygen --name bench --key $dir/seal.key --state $dir/state 2>/dev/null`;
write_file("$dir/keys", $printed);

my $seal = "api_state $dir/state; api_audit_seal key=file:$dir/seal.key;";
my $audit = 'location /audit { api_audit logs/audit.jsonl; access_log off; return 204; }';

my $plain = start(http => '', server => $audit);
my %plain = measure($plain, qw(none log buffer audit));
my $sealed = start(http => $seal, server => $audit);
my %sealed = measure($sealed, qw(none log audit));

my $reader = `$build/bin/apisec log keygen --reader $dir/reader.key 2>/dev/null`;
chomp $reader;
my $boxed = start(http => "$seal api_audit_encrypt recipient=$reader client principal path;",
    server => $audit);
my %boxed = measure($boxed, qw(none log audit));

printf "%-34s %6.2f us\n", 'no log', $plain{none};
row('access_log, JSON', @plain{qw(log none log)});
row('access_log, JSON, buffer=64k', @plain{qw(buffer none log)});
row('api_audit', @plain{qw(audit none log)}, 1.00);
row('api_audit, sealed', @sealed{qw(audit none log)}, 1.00);
row('api_audit, sealed, encrypted', @boxed{qw(audit none log)});

$sealed->stop;
my $log = "$sealed->{dir}/logs/audit.jsonl";
my $size = (-s $log) / 1e6;
my @speed;
for (1 .. 5) {
    my @before = times;    # of the processor, for others wait in line for it
    system("$build/bin/apisec log verify --key $dir/keys $log >/dev/null");
    my @after = times;
    push @speed, ($after[2] + $after[3] - $before[2] - $before[3]) / $size;
}
my $speed = 1 / best(@speed);
printf "\napisec log verify: %.0f MB/s of %.0f MB, budget 200%s\n", $speed,
    $size, $speed < 200 ? ': MISSED' : '';
$missed = 1 if $speed < 200;

exit $missed;
