#!/usr/bin/perl

# How what a request costs grows with the configuration: 10 to 10 000
# locations, operations of a description, API keys, callers by token; and with
# a second worker. Beside it what nginx takes to start, and its memory.
#
#     scale.pl [--md FILE] [--svg FILE]
#
# Instructions are counted by callgrind, while events are handled: what a
# look-up costs shows there, and on a busy machine too. Each request is one
# that was sent before. A request may take no more than $DOUBLING of itself
# more each time the configuration doubles (that is log n); starting, no more
# than $LINEAR times as long for ten times as many. nginx sorts locations by
# insertion, which is its own square: what it takes alone is taken off.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use ApiTest;
use ApiTest::ApiKeys;
use ApiTest::Bench qw(at callgrind counted cpu_ns load_modules median
    memory_kib workers_of);
use Getopt::Long;
use IO::Socket::INET;
use Time::HiRes qw(time);

my ($md, $svg);
GetOptions('md=s' => \$md, 'svg=s' => \$svg)
    or die "usage: scale.pl [--md FILE] [--svg FILE]\n";

my $DOUBLING = 0.02;
my $LINEAR   = 15;
my @SIZES    = (10, 100, 1000, 10_000);

my $build  = $ENV{API_BUILD} or die "API_BUILD is not set\n";
my $rounds = $ENV{BENCH_ROUNDS} || 5;
my $n      = $ENV{BENCH_REQUESTS} || 400;
my $bench  = ApiTest::Bench->new("$build/bench/scale");
my $root   = $bench->{root};
my $ours   = load_modules($build);
my $missed = 0;

$| = 1;
write_file("$root/secret", secret('hs256'));
write_file("$root/pepper", pepper());
chmod 0600, "$root/secret", "$root/pepper";


# A caller by number.

sub token {
    my ($i) = @_;
    return jwt(alg => 'HS256', key => 'hs256', claims => {
        iss => 'https://idp.example', aud => 'orders', sub => "user-$i",
        scope => 'orders:read', exp => time + 86400 });
}

my @token;
sub bearer { return 'Authorization: Bearer ' . ($token[$_[0]] //= token($_[0])) }

my $issuer = "api_jwt_issuer idp { issuer https://idp.example;
    audience orders; algorithms HS256; key file:$root/secret; }\n";
my $rates  = 'api_ratelimit_zone r 16m; api_ratelimit_policy p zone=r
    key=$api_principal rate=100000r/s burst=100000;';
my $all    = 'api_auth jwt=idp; api_require scope orders:read;
    api_ratelimit p; api_waf core;';


# What grows: [name, sub: n => content of http, of server; request i of n].
# A size of its own that a table is asked to have is said here.

my %grows = (
    'locations, nginx alone' => [sub {
        my ($size) = @_;
        return ('', '', join '', map {"location /l$_/ { empty_gif; }\n"}
            0 .. $size - 1);
    }, sub { ("/l$_[0]/x", 'X-None: 1') }],

    'locations, all of ours in each' => [sub {
        my ($size) = @_;
        return ($ours, "$issuer $rates", join '',
            map {"location /l$_/ { $all empty_gif; }\n"} 0 .. $size - 1);
    }, sub { ("/l$_[0]/x", bearer(0)) }],

    'operations of a description' => [sub {
        my ($size) = @_;
        write_file("$root/api-$size.json", description($size));
        return ($ours, "api_schema_spec s $root/api-$size.json;",
            'location / { api_schema s; empty_gif; }');
    }, sub { ("/v1/things-$_[0]/42/parts?limit=7", 'X-None: 1') }],

    'API keys in a store' => [sub {
        my ($size) = @_;
        write_file("$root/keys-$size.json", key_store(
            map { key_entry(sprintf('%08d', $_), scopes => ['orders:read']) }
                0 .. $size - 1));
        return ($ours, "$rates api_key_store partners $root/keys-$size.json
            pepper=file:$root/pepper;", 'location / { api_auth key=partners;
            api_require scope orders:read; api_ratelimit p; empty_gif; }');
    }, sub { ('/', 'X-API-Key: ' . api_key(sprintf '%08d', $_[0])) }],

    'callers, a token each' => [sub {
        return ($ours, "api_zone main 32m; $issuer $rates",
            "location / { $all empty_gif; }");
    }, sub { ('/', bearer($_[0])) }],
);

my @order = ('locations, nginx alone', 'locations, all of ours in each',
    'operations of a description', 'API keys in a store',
    'callers, a token each');


sub description {
    my ($size) = @_;
    return json({ openapi => '3.1.0', info => { title => 't', version => '1' },
        paths => { map { ("/v1/things-$_/{id}/parts" => { get => {
            parameters => [
                { name => 'id', in => 'path', required => \1,
                    schema => { type => 'integer' } },
                { name => 'limit', in => 'query',
                    schema => { type => 'integer', minimum => 1 } } ],
            responses => { 200 => { description => 'd' } } } }) }
            0 .. $size - 1 } });
}


# Requests by number, spread over all that there is; microseconds of each.

sub ask {
    my ($port, $request, $size, @which) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port")
        or die "connect: $!\n";
    my @took;

    for my $i (@which) {
        my ($uri, $field) = $request->($i * 7919 % $size);
        my $text = "GET $uri HTTP/1.1\r\nHost: a.example\r\n"
            . "User-Agent: curl/7.88.1\r\nAccept: */*\r\n$field\r\n\r\n";
        my $from = time;
        print {$socket} $text;
        $socket->flush;

        my $got = '';
        while ($got !~ /\r\n\r\nGIF89a.*;\z/s) {
            sysread($socket, my $part, 65536) or die "nginx is gone: $got\n";
            $got .= $part;
            die "refused: $got\n" if $got =~ m{^HTTP/1.1 [345]};
        }
        push @took, (time - $from) * 1e6;
    }
    return @took;
}


# What a request costs that was sent before, in instructions.

sub instructions {
    my ($conf, $request, $size) = @_;
    my $file = "$root/callgrind";
    my ($pid, $port) = $bench->start('counted', %$conf,
        wrap => [callgrind($file),
            '--toggle-collect=ngx_process_events_and_timers']);

    # all of them once; the spread is one that meets each number once
    ask($port, $request, $size, 0 .. $size - 1);
    system("callgrind_control -z $pid >/dev/null 2>&1") == 0
        or die "callgrind_control\n";
    ask($port, $request, $size, 0 .. $n - 1);
    $bench->stop($pid);
    return counted($file) / $n;
}


# Milliseconds of CPU until it listens, the best of three, and how it runs then.

sub started {
    my (%conf) = @_;
    my ($pid, $port, $best);

    for my $try (1 .. 3) {
        $bench->stop($pid) if $pid;
        ($pid, $port) = $bench->start('native', %conf);
        my $ms = cpu_ns($pid) / 1e6;
        $best = $ms if !defined $best || $ms < $best;
    }
    return ($pid, $port, $best);
}


sub measure {
    my ($name, $size) = @_;
    my ($make, $request) = @{ $grows{$name} };
    my ($load, $http, $server) = $make->($size);
    my %conf = (load => $load, http => $http, server => $server);

    my ($pid, $port, $start) = started(%conf);
    my %got = (start => $start, rss => memory_kib($pid, 'Pss'));

    ask($port, $request, $size, 0 .. $size - 1);
    for my $round (1 .. $rounds) {
        my $before = cpu_ns($pid);
        my @took = sort { $a <=> $b } ask($port, $request, $size, 0 .. $n - 1);
        my $us = (cpu_ns($pid) - $before) / $n / 1000;
        next if defined $got{us} && $got{us} <= $us;
        @got{qw(us p50 p99)} = ($us, at(0.5, @took), at(0.99, @took));
    }
    $bench->stop($pid);

    $got{ir} = instructions(\%conf, $request, $size);
    return \%got;
}


my @lines = ('| what grows | how many | instructions | CPU | a CPU second '
    . '| p50 | p99 | start, CPU | memory |', '|---|---|---|---|---|---|---|---|---|');
my %result;

for my $name (@order) {
    for my $size (@SIZES) {
        my $got = $result{$name}{$size} = measure($name, $size);

        push @lines, sprintf '| %s | %d | %.0f | %.1f us | %.0f | %.0f us '
            . '| %.0f us | %.0f ms | %.1f MB |', $name, $size,
            $got->{ir}, $got->{us}, 1e6 / $got->{us}, $got->{p50},
            $got->{p99}, $got->{start}, $got->{rss} / 1024;
        print "$lines[-1]\n";
    }
}


# Whether it grows as it may.

print "\n";

for my $name (@order) {
    my ($few, $many) = @{ $result{$name} }{ @SIZES[0, -1] };
    my $doublings = log($SIZES[-1] / $SIZES[0]) / log(2);
    my $growth = ($many->{ir} / $few->{ir} - 1) / $doublings;
    my $alone = $name eq $order[1] ? $result{ $order[0] } : undef;
    my ($tenth, $whole) = map { $result{$name}{$_}{start}
        - ($alone ? $alone->{$_}{start} : $few->{start}) } @SIZES[-2, -1];
    my $slower = $tenth > 0 ? $whole / $tenth : 0;
    my $bad = $growth > $DOUBLING || ($whole > 100 && $slower > $LINEAR);

    $missed = 1 if $bad && $name !~ /nginx alone/;
    printf "%-32s a doubling costs %5.2f %% of a request (budget %.0f), ten "
        . "times as many %4.1f x the start (%.0f): %s\n", $name, 100 * $growth,
        100 * $DOUBLING, $slower, $LINEAR, $bad ? 'MISSED' : 'met';
}

my ($plain, $with) = map { my $r = $result{$_};
    ($r->{ $SIZES[-1] }{rss} - $r->{ $SIZES[0] }{rss})
        / ($SIZES[-1] - $SIZES[0]) } @order[0, 1];
printf "a location takes %.1f KiB of nginx alone, %.1f KiB with all of ours\n",
    $plain, $with;


# A second worker: the same requests by wrk, on as many connections.

my %workers;
my ($make, $request) = @{ $grows{'callers, a token each'} };
my ($load, $http, $server) = $make->(1);

for my $workers (1, 2) {
    my ($pid, $port) = $bench->start("workers$workers", load => $load,
        http => $http, server => $server, workers => $workers);
    my @pids = workers_of($pid);
    $workers{$workers} = { pid => $pid, port => $port, pids => \@pids };
}

for my $round (0 .. $rounds) {
    for my $workers (1, 2) {
        my $w = $workers{$workers};
        my $before = cpu_ns(@{ $w->{pids} });
        my $out = `wrk -t1 -c16 -d1s --latency -H '@{[ bearer(0) ]}' http://127.0.0.1:$w->{port}/`;
        my ($sent) = $out =~ /(\d+) requests in/ or die "wrk: $out\n";
        die "refused: $out\n" if $out =~ /Non-2xx/;
        next if !$round;

        push @{ $w->{us} },
            (cpu_ns(@{ $w->{pids} }) - $before) / $sent / 1000;
        push @{ $w->{$_} }, $out =~ /^\s+$_%\s+(\S+)/m for 50, 99;
    }
}

print "\n";
for my $workers (1, 2) {
    my $w = $workers{$workers};
    push @lines, sprintf '| workers, one caller | %d | | %.1f us | %.0f | %s '
        . '| %s | | |', $workers, median(@{ $w->{us} }),
        1e6 / median(@{ $w->{us} }),
        map { my @s = sort @{ $w->{$_} }; $s[$#s / 2] } 50, 99;
    print "$lines[-1]\n";
}
printf "two workers: %.2f of the CPU of one\n",
    median(@{ $workers{2}{us} }) / median(@{ $workers{1}{us} });

$bench->stop(map { $_->{pid} } values %workers);
write_file($md,  join '', map {"$_\n"} @lines) if $md;
write_file($svg, picture()) if $svg;
exit $missed;


# Where to write beside lines that end at these heights: 15 apart, at least.

sub places {
    my @at = @_;
    my $last;

    for my $i (sort { $at[$a] <=> $at[$b] } 0 .. $#at) {
        $at[$i] = $last + 15 if defined $last && $at[$i] < $last + 15;
        $last = $at[$i];
    }
    return @at;
}


# Instructions of a request against the size, on logarithmic scales.

sub picture {
    my ($left, $top, $width, $height) = (70, 40, 420, 240);
    my @colour = map {"#$_"} qw(888888 1a7f4b 4a78b5 c2571a 8250a8);
    my @all = sort { $a <=> $b }
        map { map { $_->{ir} } values %{ $result{$_} } } @order;
    my ($low, $high) = ($all[0] * 0.8, $all[-1] * 1.25);
    my $x = sub { $left + $width * log($_[0] / $SIZES[0])
        / log($SIZES[-1] / $SIZES[0]) };
    my $y = sub { $top + $height * (1 - log($_[0] / $low)
        / log($high / $low)) };

    my $out = sprintf qq(<svg xmlns="http://www.w3.org/2000/svg" width="800" )
        . qq(height="330" font-family="sans-serif" font-size="13">\n)
        . qq(<rect width="800" height="330" fill="#fff"/>\n)
        . qq(<text x="10" y="20" font-weight="bold">Instructions of a request, )
        . qq(by the size of what is configured (logarithmic)</text>\n);

    for my $size (@SIZES) {
        $out .= sprintf qq(<path d="M%.0f %d V%d" stroke="#ddd"/>)
            . qq(<text x="%.0f" y="%d" text-anchor="middle">%d</text>\n),
            $x->($size), $top, $top + $height, $x->($size),
            $top + $height + 18, $size;
    }
    my @from = places(map { $y->($result{$_}{ $SIZES[0] }{ir}) } @order);
    my @to   = places(map { $y->($result{$_}{ $SIZES[-1] }{ir}) } @order);

    for my $i (0 .. $#order) {
        my $r = $result{ $order[$i] };
        my $line = join ' ', map { sprintf '%.0f,%.0f', $x->($_),
            $y->($r->{$_}{ir}) } @SIZES;
        $out .= qq(<polyline points="$line" fill="none" )
            . qq(stroke="$colour[$i]" stroke-width="2"/>\n)
            . sprintf qq(<text x="%d" y="%.0f" text-anchor="end">%.0f</text>)
            . qq(<text x="%d" y="%.0f" fill="%s">%.0f  %s</text>\n), $left - 8,
            $from[$i] + 4, $r->{ $SIZES[0] }{ir}, $left + $width + 8,
            $to[$i] + 4, $colour[$i], $r->{ $SIZES[-1] }{ir}, $order[$i];
    }
    return "$out</svg>\n";
}
