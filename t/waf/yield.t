#!/usr/bin/perl

# Two megabytes of text under the Core Rule Set, and one worker: while they are
# looked at, in one scan and in the rules behind it, others get their answers.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep time);

my $nginx = $ENV{TEST_NGINX_BINARY} // '/usr/sbin/nginx';
my $modules = join "\n", map { "load_module $_;" }
    split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
my $dir = tempdir(CLEANUP => 1);
my $port = free_port('YIELD');
my $up = free_port('YIELD_UP');
chomp(my $crs = `.ci/crs`);

write_file("$dir/on.conf", "SecRuleEngine On\nSecAuditEngine Off\n"
    . "SecArgumentsLimit 5000\n");
write_file("$dir/nginx.conf", <<"END");
$modules
daemon off;
master_process off;
pid $dir/pid;
error_log $dir/error.log notice;
events { worker_connections 64; }
http {
    access_log off;
    client_max_body_size 8m;
    client_body_buffer_size 4m;
    client_body_temp_path $dir/b; proxy_temp_path $dir/p;
    fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
    api_body_limit 4m;
    api_state $dir;
    api_waf_ruleset crs $crs/modsecurity.conf $dir/on.conf $crs/owasp-crs.load;
    server {
        listen 127.0.0.1:$port;
        location = /ping { return 200 "pong\\n"; }
        location / { api_waf crs; proxy_pass http://127.0.0.1:$up; }
    }
    server { listen 127.0.0.1:$up; return 200 "ok\\n"; }
}
END

my $pid = fork // die "fork: $!\n";
if (!$pid) {
    open STDERR, '>', "$dir/stderr";
    exec $nginx, '-p', $dir, '-e', "$dir/error.log", '-c', "$dir/nginx.conf";
    die "exec: $!\n";
}

END { local $?; kill 'TERM', $pid if $pid; waitpid $pid, 0 if $pid }

sub connected {
    for (1 .. 1200) {
        my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
        return $s if $s;
        die "nginx does not start: ", slurp("$dir/error.log")
            if waitpid($pid, 1) == $pid;
        sleep 0.05;
    }
    die "nginx does not start\n";
}

# An answer with Content-Length: status and body.

sub answer {
    my ($s) = @_;
    my $text = '';
    while ($text !~ /\r\n\r\n/ || length($text) < $+[0]
        + ($text =~ /\nContent-Length: (\d+)/i ? $1 : 0))
    {
        sysread $s, $text, 65536, length $text or last;
        $text =~ /\r\n\r\n/;
    }
    return $text =~ m{^HTTP/1\.1 (\d+)} ? $1 : 0;
}

sub post {
    my ($s, $body) = @_;
    my $text = "POST /orders HTTP/1.1\r\nHost: api.example.com\r\n"
        . "User-Agent: t\r\nAccept: */*\r\nContent-Type: application/json\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
    while (length $text) {
        my $n = syswrite $s, $text or die "write: $!\n";
        substr $text, 0, $n, '';
    }
    return;
}

# Answers that another connection gets until this one has its own.

sub others {
    my ($body) = @_;
    my $long = connected();
    my $other = connected();
    my $wait = IO::Select->new($long);
    my ($n, $last, $gap) = (0, time, 0);

    post($long, $body);

    while (!$wait->can_read(0)) {
        syswrite $other, "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n";
        die "no answer\n" if answer($other) != 200;
        $n++;
        my $now = time;
        $gap = $now - $last if $now - $last > $gap;
        $last = $now;
    }

    return ($n, answer($long), $gap);
}

my $prose = 'The customer asked whether the order could come to a second '
    . 'address, as the warehouse in Hamburg is closed until next week. We '
    . 'said that a change is possible while the parcel is still here. ';

my $many = '{' . join(',', map { "\"n$_\":\"" . $prose x 12 . '"' } 1 .. 900)
    . '}';
cmp_ok(length $many, '>', 2_000_000, 'two megabytes, 900 values');
my ($n, $status, $gap) = others($many);
is($status, 200, 'pass the rules');
cmp_ok($n, '>=', 8, "meanwhile another connection has its answers ($n)");
note sprintf 'the longest took %.0f ms', $gap * 1000;

my $one = '{"n":"' . $prose x 11000 . '"}';
cmp_ok(length $one, '>', 2_000_000, 'two megabytes, one value');
($n, $status, $gap) = others($one);
is($status, 200, 'pass the rules');
cmp_ok($n, '>=', 3, "meanwhile another connection has its answers ($n)");
note sprintf 'the longest took %.0f ms', $gap * 1000;

done_testing();
