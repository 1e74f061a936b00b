#!/usr/bin/perl

# The Core Rule Set at paranoia 1, by our engine and by Debian's ModSecurity,
# in front of the same proxy_pass: CPU of the worker, the kernel's part with
# it, and instructions counted by callgrind. Every request passes both, and is
# another than those before (ApiTest::Traffic): as in life, or with nothing in it
# that was seen before.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use ApiTest;
use ApiTest::Bench qw(callgrind command counted cpu_ns load_modules median
    memory_kib proxy);
use ApiTest::Traffic qw(requests);
use File::Path qw(make_path);
use Time::HiRes qw(time);

my $build  = $ENV{API_BUILD} or die "API_BUILD is not set\n";
my $rounds = $ENV{BENCH_ROUNDS} || 5;
my $root   = "$build/bench/waf";
my $budget = 0.013;    # of ModSecurity; docs/guide/performance.md
my $crs    = command('.ci/crs');
my $bench  = ApiTest::Bench->new($root,
    LD_LIBRARY_PATH => command('.ci/modsecurity'));

make_path("$root/state");
chmod 0700, "$root/state";

# ModSecurity 3 knows Include, but not IncludeOptional.

write_file("$root/on.conf", "SecRuleEngine On\nSecAuditEngine Off\n");
write_file("$root/theirs.conf", join '', map {"Include $_\n"}
    "$crs/modsecurity.conf", "$root/on.conf",
    slurp("$crs/owasp-crs.load") =~ /^Include(?:Optional)? (.+)$/mg);

my $load = load_modules($build, qw(waf sec));
my $set = "api_waf_ruleset crs $crs/modsecurity.conf $root/on.conf "
    . "$crs/owasp-crs.load;\n";

# name, load_module, http, location

my @cases = (
    ['proxy_pass alone', '', '', ''],
    ['api_waf', $load, $set, 'api_waf crs;'],
    ['api_waf, database', $load, "$set api_state $root/state;\n"
        . " api_waf_compiler $build/bin/apisec;", 'api_waf crs;'],
    ['ModSecurity', "load_module $crs/module.so;\n", '',
        "modsecurity on; modsecurity_rules_file $root/theirs.conf;"],
    ['our rules alone', $load, '', 'api_waf core;'],
);
my $theirs = 3;
my $core   = 4;

# name, kind, nothing was seen before, budgets in microseconds on an idle machine
# of the Core Rule Set and of our rules; where the budget is known to be missed,
# what the share may not grow to

my @requests = (
    ['GET, 4 arguments', 'list', 0, 40],
    ['GET, all new', 'list', 1, 40, undef, 0.018],
    ['JSON, 1 KB, 50 leaves', 'order', 0, 100, 10],
    ['JSON, 1 KB, all new', 'order', 1, 100, 10],
    ['JSON, 12 KB, 686 leaves', 'items', 0, 1000],
    ['JSON, 15 KB of prose', 'prose', 0, 250],
    ['..., with numbers', 'notes', 0, 250, undef, 0.021],
);

# How many requests of a kind ModSecurity gets while others get 200; of how many
# instructions are counted.

my %few = (list => 100, order => 20, items => 3, prose => 20,
    notes => 20);
my %count = (list => 10, order => 6, items => 2, prose => 4,
    notes => 4);


sub start {
    my ($name, $case, $up, @wrap) = @_;
    my (undef, $head, $http, $location) = @$case;

    return $bench->start($name, load => $head, wrap => \@wrap,
        proxy($up, $http, $location));
}


# Requests number from, from + 1, ...

sub ask {
    my ($case, $request, $port, $n, $from) = @_;
    my ($name, $kind, $new) = @$request;
    my $file = requests($root, $kind, $port, $from, $n, $new);
    my $codes = `curl -s -K $file` =~ s/^200\n//gmr;

    die "$case->[0] refuses $name: ", substr($codes, 0, 40), "\n"
        if $codes ne '';
    return;
}


# Microseconds a request: the median of rounds that take turns.

sub cpu {
    my ($up) = @_;
    my (@servers, @us);

    for my $c (0 .. $#cases) {
        push @servers, [start("cpu$c", $cases[$c], $up)];
    }

    for my $q (0 .. $#requests) {
        for my $round (0 .. $rounds) {
            for my $c (0 .. $#cases) {
                my ($pid, $port) = @{ $servers[$c] };
                my $n = $c != $theirs ? 200 : $few{ $requests[$q][1] };
                my $before = cpu_ns($pid);
                ask($cases[$c], $requests[$q], $port, $n, 1 + 200 * $round);
                push @{ $us[$c][$q] }, (cpu_ns($pid) - $before) / 1000 / $n
                    if $round;    # not the first
            }
        }
    }

    $bench->stop(map { $_->[0] } @servers);
    return map { [map { median(@$_) } @$_] } @us;
}


# Instructions a request: of two runs, one with more requests, the difference.
# Those are the same for all; what comes before is what a server has seen already.

sub instructions {
    my ($c, $up) = @_;
    my @ir;

    for my $q (0 .. $#requests) {
        my $count = $count{ $requests[$q][1] };
        my @total;

        for my $n (0, $count) {
            my $file = "$root/callgrind.$c.$q.$n";
            my ($pid, $port) =
                start("cg$c", $cases[$c], $up, callgrind($file));
            ask($cases[$c], $requests[$q], $port, $c != $theirs ? 40 : 2, 1);
            ask($cases[$c], $requests[$q], $port, $n, 1001) if $n;
            $bench->stop($pid);
            push @total, counted($file);
        }

        $ir[$q] = ($total[1] - $total[0]) / $count;
    }

    return \@ir;
}


my ($above, $up) = $bench->start('up',
    server => 'location / { return 200 "ok\n"; }');
my (@load, @rss);

for my $c (0 .. $#cases) {
    for my $again (0, 1) {    # the second finds a database
        my $before = time;
        my ($pid) = start("load$c", $cases[$c], $up);
        $load[$c][$again] = time - $before;
        $rss[$c] = memory_kib($pid, 'VmRSS') / 1024;
        $bench->stop($pid);
    }
}

my @us = cpu($up);
my @ir = map { $ENV{BENCH_NO_CALLGRIND} ? undef : instructions($_, $up) }
    0 .. $#cases;
$bench->stop($above);

my $missed = 0;

printf "%-24s %-18s %10s %9s %13s %9s\n", 'request', '', 'us', 'of theirs',
    'instructions', 'of theirs';

for my $q (0 .. $#requests) {
    for my $c (0 .. $#cases) {
        my $mine = $us[$c][$q] - $us[0][$q];
        my $cost = $us[$theirs][$q] - $us[0][$q];
        my $share = $c == 1 || $c == 2 ? $mine / $cost : undef;
        my $ir = $ir[0] && $share ? ($ir[$c][$q] - $ir[0][$q])
            / ($ir[$theirs][$q] - $ir[0][$q]) : undef;
        my $verdict = '';

        if (defined $share) {
            my $value = $ir // $share;
            $verdict = sprintf '<= %.1f %% %s, %d us %s', 100 * $budget,
                $value <= $budget ? 'met' : 'MISSED', $requests[$q][3],
                $mine <= $requests[$q][3] ? 'met' : 'missed';
            $missed = 1 if $value > ($requests[$q][5] // $budget);
        }

        my $own = $requests[$q][4];
        $verdict = "$own us " . ($mine <= $own ? 'met' : 'missed')
            if $own && $c == $core;

        printf "%-24s %-18s %10.1f %9s %13s %9s  %s\n",
            $c ? '' : $requests[$q][0], $cases[$c][0], $us[$c][$q],
            defined $share ? sprintf('%.2f %%', 100 * $share) : '',
            $ir[0] ? sprintf('%.0f', $ir[$c][$q]) : '',
            defined $ir ? sprintf('%.2f %%', 100 * $ir) : '', $verdict;
    }
}

print "\n";
printf "%-18s loads in %.2f s, again in %.2f s; %.1f MB resident\n",
    $cases[$_][0], @{ $load[$_] }, $rss[$_] for 0 .. $#cases;

exit $missed;
