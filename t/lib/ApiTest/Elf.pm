package ApiTest::Elf;

# What hardens a shared object or a program, and whether it has it: read from
# the file itself by readelf, so that it holds for a build as for a package.

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(weaknesses build_id);


# A symbol counts whatever its version.

sub undefined {
    my ($path) = @_;
    my @lines = `readelf --dyn-syms -W '$path' 2>/dev/null`;

    return map { /\bUND\s+(\w+)/ ? $1 : () } @lines;
}


# Each weakness is a word; an empty list is a hardened file.  On other
# processors than those of the list nothing is asked of branch protection.

sub weaknesses {
    my ($path) = @_;

    my $header   = `readelf -hW '$path' 2>/dev/null`;
    my $dynamic  = `readelf -dW '$path' 2>/dev/null`;
    my $segments = `readelf -lW '$path' 2>/dev/null`;
    my @wants    = undefined($path);
    my @found;

    return 'unreadable' if $? || $dynamic !~ /Dynamic section/;

    push @found, 'position'  if $header !~ /Type:\s+DYN/;
    push @found, 'pie'       if $segments =~ /\bINTERP\b/
        && $dynamic !~ /FLAGS_1.*\bPIE\b/;
    push @found, 'relro'     if $segments !~ /GNU_RELRO/;
    push @found, 'now'       if $dynamic !~ /\bBIND_NOW\b|FLAGS_1.*\bNOW\b/;
    push @found, 'execstack' if $segments !~ /GNU_STACK.*\sRW\s/;
    push @found, 'textrel'   if $dynamic =~ /TEXTREL/;
    push @found, 'rpath'     if $dynamic =~ /\((?:RPATH|RUNPATH)\)/;
    push @found, 'writable code'
        if $segments =~ /^\s+LOAD.*\sRWE\s/m;
    push @found, 'stack protector'
        if !grep { $_ eq '__stack_chk_fail' } @wants;
    push @found, 'fortify'
        if !grep { /^__\w+_chk$/ && $_ ne '__stack_chk_fail' } @wants;

    return @found;
}


sub build_id {
    my ($path) = @_;
    return `readelf -nW '$path' 2>/dev/null` =~ /Build ID: (\w+)/ ? $1 : '';
}


1;
