#!/usr/bin/perl
#
# style.pl FILE...: the layout of nginx's own sources, which no formatter
# reproduces, for the files that include nginx headers.

use strict;
use warnings;

my $bad = 0;
my $name;

sub bad {
    my ($line, $text) = @_;
    print "$name:$line: $text\n";
    $bad++;
}

# What one line must not look like; strings and comments are blanked before.

my @rules = (
    [qr{//},                            'comment with //'],
    [qr/\b(?:if|for|while|switch)\(/,   'no space after the keyword'],
    [qr/\breturn\s*\(.*\);$/,           'parentheses around a return value',
        qr/\breturn\s*\([^()]*(?:\([^()]*\)[^()]*)*\)\s*\S+.*;$/],
    [qr/\)\{/,                          'no space before {'],
    [qr/^\s*else\b/,                    'else stands behind its }'],
    [qr/(?:&&|\|\|)\s*$/,               'the operator begins the next line'],
    [qr/^\s+(?:&&|\|\|).*\{$/,          '{ of a broken condition stands alone'],
    [qr/\(\w+(?:_t|char|int|void|long) \*+\)[\w(&]/, 'no space after a cast'],
    [qr/,\S/,                           'no space after a comma', qr/,["')]/],
    [qr/;\s*[^\s\\]/,                   'two statements', qr/\bfor \(/],
    [qr/\(\s+\S|\S\s+\)/,               'space inside parentheses',
        qr/^\s*[)}]|^#|; \)|^\s+\)|\bfor \(\s+;/],
);

# Blank what the rules must not see, keeping the columns.

sub code_only {
    my ($text) = @_;
    my $blank = sub { my $s = shift; $s =~ s/[^\n]/ /g; $s };
    my $hollow = sub {
        my $s = shift;
        return $s if length($s) < 3;
        return substr($s, 0, 1) . ('_' x (length($s) - 2)) . substr($s, -1);
    };

    $text =~ s{(/\*.*?\*/)|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')}
              {defined $1 ? $blank->($1) : $hollow->($2)}gse;
    return $text;
}

sub check_lines {
    my ($raw, $code) = @_;

    for my $i (0 .. $#$raw) {
        my ($line, $seen) = ($raw->[$i], $code->[$i]);
        my $n = $i + 1;

        bad($n, 'over 79 columns') if length($line) > 79;
        bad($n, 'tab') if $line =~ /\t/;
        bad($n, 'space at the end') if $line =~ /\s$/;

        $seen =~ s/\s+$//;
        for my $rule (@rules) {
            my ($re, $text, $unless) = @$rule;
            next if $seen !~ $re || ($unless && $seen =~ $unless);
            bad($n, $text);
        }
    }
}

# Two blank lines stand around a function, never more than two anywhere; the
# return type stands on a line of its own.

sub check_blocks {
    my ($raw, $code) = @_;
    my $blank = 0;
    my $ended = 0;

    for my $i (0 .. $#$raw) {
        my $n = $i + 1;

        if ($raw->[$i] eq '') {
            $blank++;
            bad($n, 'more than two blank lines') if $blank == 3;
            next;
        }

        if ($ended && $blank != 2 && $raw->[$i] !~ /^#\s*(?:endif|else|elif)/)
        {
            bad($n, 'two blank lines after a function');
        }

        if ($raw->[$i] eq '{' && $i > 1) {
            my $j = $i - 1;
            $j-- while $j > 0 && $code->[$j] =~ /^\s+\S/;

            if ($code->[$j] !~ /^\w+\(/) {
                bad($j + 1, 'a function begins with its name in column 1');

            } elsif ($j > 2 && $raw->[$j - 1] !~ /^\w[\w \*]*$/) {
                bad($j + 1, 'the return type stands on the line before');
            }
        }

        $ended = $raw->[$i] eq '}';
        $blank = 0;
    }

    bad(scalar @$raw, 'blank line at the end') if $blank;
}

for my $path (@ARGV) {
    $name = $path;
    open my $in, '<', $name or die "$name: $!\n";
    my $text = do { local $/; <$in> };

    bad(1, 'no newline at the end') if $text !~ /\n\z/;

    my @raw = split /\n/, $text, -1;
    my @code = split /\n/, code_only($text), -1;
    pop @raw;
    pop @code;

    check_lines(\@raw, \@code);
    check_blocks(\@raw, \@code);
}

exit($bad ? 1 : 0);
