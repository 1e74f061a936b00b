#!/usr/bin/perl

# Our tokenizers beside libinjection's, which Debian's ModSecurity shows, on
# the corpora in t/waf/corpus: ours miss nothing there that theirs find, and
# take less for an attack that is none.

use strict;
use warnings;

use Cwd qw(abs_path);
use FindBin;
use Test::More;

my $top   = abs_path("$FindBin::Bin/../..");
my $build = abs_path($ENV{API_BUILD} || "$top/build");
my $diff  = "$build/bin/diff_tokenizer";

chdir $top or die "$top: $!\n";

my $out = `make BUILD='$build' '$diff' 2>&1`;
is($?, 0, 'the comparison builds') or BAIL_OUT($out);

my ($lib) = `.ci/modsecurity` =~ /(\S+)/;
ok($lib, 'ModSecurity is here') or BAIL_OUT('no ModSecurity to compare with');
$ENV{LD_LIBRARY_PATH} = $lib;

# What there is of each verdict, "ours theirs".

sub verdicts {
    my ($kind, $file) = @_;
    my (%n, %lines);

    for (`$diff $kind t/waf/corpus/$file.txt`) {
        my ($ours, $theirs) = split /\t/;
        $n{"$ours $theirs"}++;
        push @{ $lines{"$ours $theirs"} }, $_;
    }

    is($?, 0, "$file was read");
    $n{$_} //= 0 for '0 0', '0 1', '1 0', '1 1';
    note(sprintf '%s: both %d, ours alone %d, theirs alone %d, none %d',
        $file, @n{'1 1', '1 0', '0 1', '0 0'});

    return (\%n, \%lines);
}

for my $kind ('sqli', 'xss') {
    my ($n, $lines) = verdicts($kind, $kind);
    is($n->{'0 1'}, 0, "$kind: theirs find nothing that ours miss")
        or diag(@{ $lines->{'0 1'} });
    cmp_ok($n->{'1 0'}, '>', 0, "$kind: ours find more");

    ($n, $lines) = verdicts($kind, "$kind-benign");
    is($n->{'1 0'}, 0, "$kind: no false alarm of ours alone")
        or diag(@{ $lines->{'1 0'} });
    cmp_ok($n->{'0 1'}, '>', $n->{'1 1'} + $n->{'1 0'},
        "$kind: theirs have more of them");
}

# The tables of the documentation: each value, and both verdicts.

open my $page, '<', 'docs/guide/waf-tokenizers.md' or die "docs: $!\n";
my ($kind, @told);

while (<$page>) {
    $kind = lc $1 if /^(SQL|HTML):$/;
    next if !/^\|(.*)\| (yes|no) \| (yes|no) \|/ || !$kind;
    my ($values, $ours, $theirs) = ($1, $2, $3);
    push @told, [$kind eq 'sql' ? 'sqli' : 'xss', $_, $ours, $theirs]
        for $values =~ /`([^`]+)`/g;
}

cmp_ok(scalar @told, '>', 20, 'the tables were read');

for (@told) {
    my ($kind, $value, @said) = @$_;
    my $file = "$build/told.$$";
    (my $line = $value) =~ s/([%+#])/sprintf '%%%02x', ord $1/ge;
    $line =~ tr/ /+/;

    open my $out, '>', $file or die "$file: $!\n";
    print $out "$line\n";
    close $out;

    my ($ours, $theirs) = split /\t/, `$diff $kind $file`;
    unlink $file;
    is_deeply([map { $_ ? 'yes' : 'no' } $ours, $theirs], \@said, $value);
}

done_testing();
