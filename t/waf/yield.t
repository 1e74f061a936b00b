#!/usr/bin/perl

# Two megabytes of text under the Core Rule Set, and one worker: while they are
# looked at, in one scan and in the rules behind it, others get their answers;
# on the way in and on the way out.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Single;
use File::Temp qw(tempdir);
use IO::Select;
use Test::More;
use Time::HiRes qw(sleep time);

my $dir = tempdir(CLEANUP => 1);
my $port = free_port('YIELD');
my $up = free_port('YIELD_UP');
my $h2 = free_port('YIELD_H2');
chomp(my $crs = `.ci/crs`);

write_file("$dir/on.conf", "SecRuleEngine On\nSecAuditEngine Off\n"
    . "SecArgumentsLimit 5000\n");
write_file("$dir/out.conf", join '', "SecResponseBodyAccess On\n"
    . "SecResponseBodyLimit 4194304\nSecResponseBodyMimeType text/plain\n", map({
        "SecRule RESPONSE_BODY \"!\@rx word$_\$\" \"id:$_,phase:4,pass,nolog\"\n"
    } 10 .. 25), "SecRule RESPONSE_BODY \"\@contains the secret word\" "
    . "\"id:7,phase:4,deny,status:403,msg:'secret'\"\n");
write_file("$dir/half.conf", "SecResponseBodyLimit 1048576\n"
    . "SecResponseBodyLimitAction ProcessPartial\n");
single($dir, $port, <<"END");
    api_waf_ruleset crs $crs/modsecurity.conf $dir/on.conf $crs/owasp-crs.load;
    api_waf_ruleset out $crs/modsecurity.conf $dir/on.conf $crs/owasp-crs.load
        $dir/out.conf;
    api_waf_ruleset half $crs/modsecurity.conf $dir/on.conf
        $crs/owasp-crs.load $dir/out.conf $dir/half.conf;
    default_type text/plain;
    server {
        listen 127.0.0.1:$port;
        listen 127.0.0.1:$h2 http2;
        location /file/ { api_waf out; alias $dir/; }
        location /out/ { api_waf out; proxy_pass http://127.0.0.1:$up/; }
        location /direct/ { api_waf out; proxy_buffering off;
            proxy_pass http://127.0.0.1:$up/; }
        location /half/ { api_waf half; proxy_pass http://127.0.0.1:$up/; }
        location /watch/ { api_waf out mode=monitor;
            proxy_pass http://127.0.0.1:$up/; }
        location = /ping { return 200 "pong\\n"; }
        location / { api_waf crs; proxy_pass http://127.0.0.1:$up; }
    }
    server {
        listen 127.0.0.1:$up;
        location / { return 200 "ok\\n"; }
        location ~ txt { root $dir; }
    }
END

# Status and body.

sub answer { return (answered($_[0]))[0, 2] }

sub posted {
    my ($body) = @_;
    return "POST /orders HTTP/1.1\r\nHost: api.example.com\r\n"
        . "User-Agent: t\r\nAccept: */*\r\nContent-Type: application/json\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}

sub asked {
    my ($path) = @_;
    return "GET $path HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: t\r\n"
        . "Accept: */*\r\n\r\n";
}

# Answers that another connection gets until this one has its own.

sub others {
    my ($request) = @_;
    my $long = connected();
    my $other = connected();
    my $wait = IO::Select->new($long);
    my ($n, $last, $gap) = (0, time, 0);

    put($long, $request);

    while (!$wait->can_read(0)) {
        syswrite $other, "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n";
        die "no answer\n" if (answer($other))[0] != 200;
        $n++;
        my $now = time;
        $gap = $now - $last if $now - $last > $gap;
        $last = $now;
    }

    note sprintf 'the longest took %.0f ms', $gap * 1000;
    return ($n, answer($long));
}

my $prose = 'The customer asked whether the order could come to a second '
    . 'address, as the warehouse in Hamburg is closed until next week. We '
    . 'said that a change is possible while the parcel is still here. ';

my $many = '{' . join(',', map { "\"n$_\":\"" . $prose x 12 . '"' } 1 .. 900)
    . '}';
cmp_ok(length $many, '>', 2_000_000, 'two megabytes, 900 values');
my ($n, $status, $body) = others(posted($many));
is($status, 200, 'pass the rules');
cmp_ok($n, '>=', 4, "meanwhile another connection has its answers ($n)");

my $one = '{"n":"' . $prose x 11000 . '"}';
cmp_ok(length $one, '>', 2_000_000, 'two megabytes, one value');
($n, $status) = others(posted($one));
is($status, 200, 'pass the rules');
cmp_ok($n, '>=', 3, "meanwhile another connection has its answers ($n)");

# Responses: held until they have been looked at, then sent as they came.

my $text = join "\n", map { "$_ $prose" } 1 .. 11000;
cmp_ok(length $text, '>', 2_000_000, 'two megabytes of a response');
write_file("$dir/good.txt", $text);
write_file("$dir/bad.txt", "$text the secret word\n");

for my $way (qw(file out direct half)) {
    ($n, $status, $body) = others(asked("/$way/good.txt"));
    is($status, 200, "$way: it passes");
    ok($body eq $text, 'whole');
    cmp_ok($n, '>=', 4, "meanwhile another connection has its answers ($n)");
}

for my $way (qw(file out direct)) {
    ($n, $status, $body) = others(asked("/$way/bad.txt"));
    is($status, 403, "$way: what a rule refuses is not sent");
    unlike($body, qr/secret word|customer/, 'nothing of it');
    cmp_ok($n, '>=', 4, "meanwhile another connection has its answers ($n)");
}

# The same over HTTP/2.

for my $way (qw(out direct half)) {
    my $got = `curl -s --http2-prior-knowledge -A t http://127.0.0.1:$h2/$way/good.txt`;
    ok($got eq $text, "HTTP/2, $way: whole");
}

like(`curl -s -i --http2-prior-knowledge -A t http://127.0.0.1:$h2/out/bad.txt`,
    qr{^HTTP/2 403 (?!.*secret word)}s, 'HTTP/2: what a rule refuses is not sent');

# In monitor it is sent at once, and what comes next on the connection waits.

my $s = connected();
put($s, asked('/watch/bad.txt') . asked('/ping'));
($status, $body) = answer($s);
is($status, 200, 'monitor: it passes');
like($body, qr/^1 The customer .* the secret word\n/s, 'whole');

# Who goes away while a response is looked at takes it along.

for (1 .. 3) {
    $s = connected();
    put($s, asked('/out/good.txt'));
    sleep 0.02;
    close $s;
}

($status) = answer(do { my $c = connected(); put($c, asked('/ping')); $c });
is($status, 200, 'who goes away in the middle is no harm');
unlike(slurp("$dir/error.log"), qr/\[(?:alert|emerg|crit)\]|signal/,
    'nothing is wrong');

done_testing();
