#!/usr/bin/perl

# Round trip: for each operation of a description a valid request passes, and
# each request with one thing wrong in it is refused for that thing.  Here of
# our own description; `make contract` does it with those of large APIs.

use strict;
use warnings;

use FindBin;
use Cwd qw(abs_path);
use Test::More;

my $top   = "$FindBin::Bin/../..";
my $build = $ENV{API_BUILD} || "$top/build";
my $diff  = abs_path($build) . "/bin/diff_contract";
my @specs = @ARGV ? @ARGV : ("$top/t/unit/contract/shop.json");

plan skip_all => 'no node' if system('node --version >/dev/null 2>&1') != 0;

my @command = ('make', '-s', '-C', $top, 'BUILD=' . abs_path($build), $diff);

is(system(@command), 0, 'the comparison builds')
    or BAIL_OUT("failed: @command");

for my $spec (@specs) {
    my ($name) = $spec =~ m{([^/]+)$};
    my $requests = "$build/bin/requests.txt";
    my $left = `node $top/t/unit/contract/requests.mjs $spec 2>&1 >$requests`;
    is($?, 0, "$name: requests are made") or diag($left);
    note("operations, and those without a request: $left");

    my $out = `$diff $spec <$requests 2>&1`;
    is($?, 0, "$name: all as expected") or diag($out);
    note($out);
    like($out, qr/^([1-9][0-9]+) requests, 0 not as expected$/m,
        "$name: there were some");
}

done_testing();
