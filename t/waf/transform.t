#!/usr/bin/perl

# Every transformation makes the same of a value as ModSecurity does, which is
# asked through its own library (.ci/modsecurity), on values made at random.

use strict;
use warnings;

use Cwd qw(abs_path);
use FindBin;
use Test::More;

my $top    = abs_path("$FindBin::Bin/../..");
my $build  = abs_path($ENV{API_BUILD} || "$top/build");
my $diff   = "$build/bin/diff_transform";
my $values = $ENV{TRANSFORM_VALUES} || 4000;
my $seed   = $ENV{TRANSFORM_SEED} || $ENV{API_SEED} || time;

chdir $top or die "$top: $!\n";

my $out = `make BUILD='$build' '$diff' 2>&1`;
is($?, 0, 'the comparison builds') or BAIL_OUT($out);

my ($lib) = `.ci/modsecurity` =~ /(\S+)/;
ok($lib, 'ModSecurity is here') or BAIL_OUT('no ModSecurity to compare with');

note("seed $seed; repeat with TRANSFORM_SEED=$seed");
$ENV{LD_LIBRARY_PATH} = $lib;

my @lines = `$diff $values $seed 2>&1`;
is($?, 0, 'no difference') or diag(@lines[0 .. ($#lines > 20 ? 20 : $#lines)]);
like($lines[-1], qr/^$values values, 36 transformations/,
    'all of them were compared');

done_testing();
