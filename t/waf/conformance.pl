#!/usr/bin/perl
#
# conformance.pl [-n N] [-v]: the regression tests of the Core Rule Set, sent
# to ModSecurity and to ngx_api_waf_module, both in Debian's nginx with the
# same rule files (Debian's modsecurity.conf and modsecurity-crs, paranoia
# level 4, DetectionOnly).  Compared are the sets of ids of the rules that
# matched.  Every difference is listed; those that t/waf/differences does not
# explain count against the gate.
#
#   -n N   every N-th test only
#   -v     equal ones too

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
    my %o = (n => 1, v => 0);
    while (defined(my $word = shift)) {
        if ($word eq '-v') {
            $o{v} = 1;
        } elsif ($word eq '-n' && ($_[0] // '') =~ /^[1-9]\d*$/) {
            $o{n} = shift;
        } else {
            die "usage: conformance.pl [-n N] [-v]\n";
        }
    }
    return %o;
}

# Lines "SIDE RULE[,RULE...] [TITLE-PATTERN]: why"; SIDE is + for ids that only
# ours has, - for those that only ModSecurity has.

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
        print "equal   $test->{title} (@{[sort keys %o]})\n" if $opt{v};
        return 'equal';
    }

    my @why = (@plus ? explained($test->{title}, '+', @plus) : '',
               @minus ? explained($test->{title}, '-', @minus) : '');
    my $kind = (grep { !defined } @why) ? 'differ' : 'explained';

    push @differ, sprintf "%-9s %s%s%s%s", $kind, $test->{title},
        @plus ? "  only ours: @plus" : '',
        @minus ? "  only ModSecurity: @minus" : '',
        $kind eq 'explained' ? '  ' . join '; ', grep { length } @why : '';
    return $kind;
}

sub report {
    my $format = "%-40s %7s %7s %9s %7s %7s\n";
    printf $format, 'group', 'tests', 'equal', 'explained', 'differ', 'unseen';

    for my $group (sort grep { ref $count{$_} } keys %count) {
        row($format, $group, $count{$group});
    }

    row($format, 'all', \%count);
    print map { "$_\n" } @differ;
}

sub row {
    my ($format, $name, $c) = @_;
    my $sum = 0;
    $sum += $c->{$_} // 0 for qw(equal explained differ unseen);
    printf $format, $name, $sum, map { $c->{$_} // 0 }
        qw(equal explained differ unseen);
}

sub passed {
    my $seen = ($count{equal} // 0) + ($count{explained} // 0)
        + ($count{differ} // 0);
    my $share = $seen ? 1 - ($count{differ} // 0) / $seen : 0;
    printf "%.2f %% of %d with the same rules, or a difference that is "
        . "explained; the gate is 99.9 %%\n", 100 * $share, $seen;
    return $seen && $share >= 0.999;
}
