#!/usr/bin/perl

# The schema engine agrees with ajv on values made to fit the schemas of a
# document and on values with something changed: a sample of our own, or the
# documents named (make contract: GitHub, Stripe, Kubernetes).

use strict;
use warnings;

use FindBin;
use File::Path qw(make_path);
use Test::More;

my $top   = "$FindBin::Bin/../..";
my $build = $ENV{API_BUILD} || "$top/build";
my $seed  = $ENV{SCHEMA_SEED} || $ENV{API_SEED} || time;
my $count = $ENV{SCHEMA_COUNT} || 300;
my $cc    = $ENV{CC} || 'cc';
my $core  = "$top/ngx_api_sec_module/core/lib";
my $sec   = "$top/ngx_api_sec_module/lib";
my $diff  = "$build/bin/diff_schema";
my @files = @ARGV ? @ARGV : "$top/t/unit/schema_sample.json";

plan skip_all => 'no ajv (.ci/node)' if !-d "$top/t/node/node_modules/ajv";

make_path("$build/bin");

my @sources = (glob("$core/*.c"), grep { m{/api_(?:schema|regex|format|doc|tape
    |value|decimal|uri|problem)[^/]*\.c$}x } glob "$sec/*.c");
my @command = ($cc, '-std=c11', '-O1', "-I$core", "-I$sec", "-I$top/t/unit",
    '-o', $diff, "$top/t/unit/diff_schema.c", "$top/t/unit/ut.c", @sources,
    qw(-lyaml -lpcre2-8 -lz -lcrypto -lm));

is(system(@command), 0, 'the comparison builds')
    or BAIL_OUT("failed: @command");

note("seed $seed; repeat with SCHEMA_SEED=$seed");

for my $file (@files) {
    my $out = `node $top/t/node/diff-schema.mjs $diff \\
        $top/t/unit/diff_schema.known $seed $count $file 2>&1`;
    is($?, 0, "ajv agrees: $file") or diag(substr $out, 0, 4000);
    note((split /\n/, $out)[-1]);
}

done_testing();
