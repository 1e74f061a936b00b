#!/usr/bin/perl

# Some of the Core Rule Set's regression tests beside ModSecurity, and some
# made-up requests; all of them: make conformance-waf.

use strict;
use warnings;
use Test::More;

my $out = `perl t/waf/conformance.pl -n 60 2>&1`;

is($?, 0, 'a sample of them: the same rules');
like($out, qr/^all +\d+/m, 'a table of all');
diag($out) if $?;

$out = `perl t/waf/differential.pl -n 60 -s 3 2>&1`;

is($?, 0, 'made-up requests: the same rules');
like($out, qr/^0 of 60 differ/m, 'in all of them');
diag($out) if $?;

done_testing;
