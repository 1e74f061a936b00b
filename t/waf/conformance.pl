#!/usr/bin/perl
#
# conformance.pl [-n N] [-t PATTERN] [-v]: the regression tests of the Core Rule Set, sent
# to ModSecurity and to ngx_api_waf_module, both in Debian's nginx with the
# same rule files (Debian's modsecurity.conf and modsecurity-crs, paranoia
# level 4, DetectionOnly).  Compared are the sets of ids of the rules that
# matched.  Every difference is listed; those that t/waf/differences does not
# explain, by the title of the test, count against the gate.
#
#   -n N   every N-th test only
#   -t P   tests whose titles fit, like 942100-1[0-3]
#   -v     equal ones too, with what both say

use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/../lib";
use ApiTest::Waf;

my %opt = options(@ARGV);
my $pair = ApiTest::Waf->new;
my @tests = ApiTest::Waf::regression_tests();
my $known = known("$Bin/differences");
my (%count, @differ);

my @kinds = qw(equal stricter named differ unseen);

@tests = grep { $_->{title} =~ /^(?:$opt{t})/ } @tests if length $opt{t};
@tests = @tests[grep { $_ % $opt{n} == 0 } 0 .. $#tests];

for my $test (@tests) {
    my ($theirs, $ours) = $pair->ask($test->{request});
    my $kind = compare($test, $theirs, $ours);
    $count{$kind}++;
    $count{$test->{group}}{$kind}++;
}

report();
exit(passed() ? 0 : 1);


sub options {
    my %o = (n => 1, t => '', v => 0);
    while (defined(my $word = shift)) {
        if ($word eq '-v') {
            $o{v} = 1;
        } elsif ($word eq '-n' && ($_[0] // '') =~ /^[1-9]\d*$/) {
            $o{n} = shift;
        } elsif ($word eq '-t' && @_) {
            $o{t} = shift;
        } else {
            die "usage: conformance.pl [-n N] [-t PATTERN] [-v]\n";
        }
    }
    return %o;
}

# Lines "SIDE RULE[,RULE...] [TITLE-PATTERN]: why"; SIDE is + for ids that only
# ours has (it is stricter), - for those that only ModSecurity has (what is
# named there).

sub known {
    my ($path) = @_;
    my @known;
    open my $in, '<', $path or die "$path: $!\n";
    while (<$in>) {
        next if /^\s*(#|$)/;
        /^([+-]) (\S+)(?: (\S+))?: (.+)$/ or die "$path: line $.: $_";
        push @known, { side => $1, why => $4, title => $3 // '.',
                       ids => { map { $_ => 1 } split /,/, $2 } };
    }
    return \@known;
}

sub explained {
    my ($title, $side, @ids) = @_;
    my %why;
    for my $id (@ids) {
        my ($k) = grep { $_->{side} eq $side && $_->{ids}{$id}
                         && $title =~ /^(?:$_->{title})/ } @$known;
        return undef if !$k;
        $why{$k->{why}} = 1;
    }
    return join '; ', sort keys %why;
}

sub compare {
    my ($test, $theirs, $ours) = @_;

    if (!defined $theirs && !defined $ours) {
        return 'unseen';        # nginx itself refused it, twice
    }

    my %t = map { $_ => 1 } @{$theirs // []};
    my %o = map { $_ => 1 } @{$ours // []};
    my @plus = grep { !$t{$_} } sort keys %o;
    my @minus = grep { !$o{$_} } sort keys %t;

    if (!@plus && !@minus) {
        print "equal     $test->{title}: @{[sort keys %o]}\n" if $opt{v};
        return 'equal';
    }

    my @why = (@plus ? explained($test->{title}, '+', @plus) : '',
               @minus ? explained($test->{title}, '-', @minus) : '');
    my $kind = (grep { !defined } @why) ? 'differ'
        : @minus ? 'named' : 'stricter';

    push @differ, sprintf "%-9s %s%s%s%s%s", $kind, $test->{title},
        @plus ? "  only ours: @plus" : '',
        @minus ? "  only ModSecurity: @minus" : '',
        $opt{v} ? "  both: @{[grep { $t{$_} } sort keys %o]}" : '',
        $kind ne 'differ' ? '  ' . join '; ', grep { length } @why : '';
    return $kind;
}

sub report {
    my $format = "%-48s %6s %6s %9s %9s %6s %6s\n";
    printf $format, 'group', 'tests', @kinds;

    for my $group (sort grep { ref $count{$_} } keys %count) {
        row($format, $group, $count{$group});
    }

    row($format, 'all', \%count);
    print map { "$_\n" } @differ;
}

sub row {
    my ($format, $name, $c) = @_;
    my $sum = 0;
    $sum += $c->{$_} // 0 for @kinds;
    printf $format, $name, $sum, map { $c->{$_} // 0 } @kinds;
}

sub passed {
    my $seen = 0;
    $seen += $count{$_} // 0 for qw(equal stricter named differ);
    return 0 if !$seen;

    my $share = 1 - ($count{differ} // 0) / $seen;
    printf "%d tests were seen by both: the same rules in %.2f %%, stricter in "
        . "%.2f %%\n", $seen, map { 100 * ($count{$_} // 0) / $seen }
        qw(equal stricter);
    printf "equal, stricter or named in %.2f %%; the gate is 99.9 %%\n",
        100 * $share;
    return $share >= 0.999;
}
