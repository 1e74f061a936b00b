#!/usr/bin/perl

# Queries, multipart bodies and GraphQL documents are read as others read
# them: node's URLSearchParams and formData(), graphql-js.

use strict;
use warnings;

use FindBin;
use Cwd qw(abs_path);
use Test::More;

my $top   = "$FindBin::Bin/../..";
my $build = $ENV{API_BUILD} || "$top/build";
my $texts = $ENV{HTTP_TEXTS} || 20_000;
my $seed  = $ENV{HTTP_SEED} || $ENV{API_SEED} || time;
my $diff  = abs_path($build) . "/bin/diff_http";

plan skip_all => 'no node' if system('node --version >/dev/null 2>&1') != 0;

my @command = ('make', '-s', '-C', $top, 'BUILD=' . abs_path($build), $diff);

is(system(@command), 0, 'the comparison builds')
    or BAIL_OUT("failed: @command");

note("seed $seed; repeat with HTTP_SEED=$seed");

for my $kind (qw(urlencoded multipart graphql)) {
    my $out = `$diff $kind $top/t/fuzz/corpus/$kind $texts $seed \\
        | node $top/t/unit/http/node.mjs $kind $top/t/node/node_modules 2>&1`;
    is($?, 0, "no difference: $kind") or diag($out);
    note($out);
    like($out, qr/"inputs":$texts/, 'all were compared');
}

done_testing();
