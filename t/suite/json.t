#!/usr/bin/perl

# The JSON parser agrees with two others: jansson, which is strict too, and
# node's JSON.parse, on the table of verdicts and on random texts made from it.

use strict;
use warnings;

use FindBin;
use File::Path qw(make_path);
use Test::More;

my $top   = "$FindBin::Bin/../..";
my $build = $ENV{API_BUILD} || "$top/build";
my $table = "$top/t/unit/json/conformance.txt";
my $texts = $ENV{JSON_TEXTS} || 200_000;
my $seed  = $ENV{JSON_SEED} || $ENV{API_SEED} || time;
my $cc    = $ENV{CC} || 'cc';
my $lib   = "$top/ngx_api_sec_module/core/lib";
my $diff  = "$build/bin/diff_json";

make_path("$build/bin");

my @sources = grep { !m{/api_gzip\.c$} } glob "$lib/*.c";
my @command = ($cc, '-std=c11', '-O1', "-I$lib", "-I$top/t/unit", '-o', $diff,
    "$top/t/unit/diff_json.c", "$top/t/unit/ut.c", @sources, '-ljansson');

is(system(@command), 0, 'the comparison builds')
    or BAIL_OUT("failed: @command");

note("seed $seed; repeat with JSON_SEED=$seed");

for my $run (['table', $table], ['random', $table, $texts, $seed]) {
    my $out = `$diff @$run 2>&1`;
    is($?, 0, "jansson agrees: $run->[0]") or diag($out);
    note($out);
}

SKIP: {
    skip 'no node', 1 if system('node --version >/dev/null 2>&1') != 0;

    my $out = `$diff emit $table $texts $seed | node $top/t/unit/json/node.mjs 2>&1`;
    is($?, 0, 'JSON.parse agrees') or diag($out);
    note($out);
}

done_testing();
