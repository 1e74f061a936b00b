# Every input that is kept for a fuzz target runs through it, with all that
# the target asserts, under the sanitizers of the unit tests.

use strict;
use warnings;
use File::Basename qw(basename);
use Test::More;

my $build = $ENV{API_BUILD} // 'build';
my @targets = map { /fuzz_(\w+)\.c$/ } glob 't/fuzz/fuzz_*.c';

plan skip_all => 'no fuzz targets' if !@targets;

for my $name (@targets) {
    my @files = glob "t/fuzz/corpus/$name/*";
    ok(@files > 0, "$name has a corpus");

    my $out = `$build/replay/$name t/fuzz/corpus/$name 2>&1`;
    ok($? == 0, "$name: " . @files . ' inputs') or diag($out);
}

done_testing();
