#!/usr/bin/perl

# Queries, multipart bodies and GraphQL documents are read as others read
# them: node's URLSearchParams and formData(), graphql-js.

use strict;
use warnings;

use FindBin;
use File::Path qw(make_path);
use Test::More;

my $top   = "$FindBin::Bin/../..";
my $build = $ENV{API_BUILD} || "$top/build";
my $texts = $ENV{HTTP_TEXTS} || 20_000;
my $seed  = $ENV{HTTP_SEED} || time;
my $cc    = $ENV{CC} || 'cc';
my $lib   = "$top/ngx_api_sec_module/core/lib";
my $diff  = "$build/bin/diff_http";

plan skip_all => 'no node' if system('node --version >/dev/null 2>&1') != 0;

make_path("$build/bin");

my @sources = grep { !m{/api_gzip\.c$} } glob "$lib/*.c";
my @command = ($cc, '-std=c11', '-O1', "-I$lib",
    "-I$top/t/unit", '-o', $diff, "$top/t/unit/diff_http.c",
    "$top/t/unit/ut.c", @sources);

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
