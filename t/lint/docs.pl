#!/usr/bin/perl
#
# docs.pl: every directive in a command table has a heading in docs/directives
# with the facts a user looks for, and every heading has its directive.

use strict;
use warnings;

my $bad = 0;

sub bad {
    print "@_\n";
    $bad++;
}

sub slurp {
    my ($path) = @_;
    open my $in, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}

my (%code, %docs);

for my $path (glob 'ngx_api_*/*.c ngx_api_*/core/ngx/*.c') {
    my $text = slurp($path);

    while ($text =~ /ngx_command_t\s+\w+\[\]\s*=\s*\{(.*?)^\}/msg) {
        my $table = $1;
        $code{$1} = $path while $table =~ /"(api_\w+)"/g;
    }
}

bad('no command table found') if !%code;

for my $path (glob 'docs/directives/*.md') {
    for my $part (split /^(?=## )/m, slurp($path)) {
        next if $part !~ /^## `?(api_\w+)`?\s*$/m;
        my $name = $1;

        bad("$path: $name is described in $docs{$name} already")
            if $docs{$name};
        $docs{$name} = $path;

        for my $fact (qw(Syntax Default Context)) {
            bad("$path: $name: no $fact") if $part !~ /\b$fact\b/i;
        }
    }
}

for my $name (sort keys %code) {
    bad("$code{$name}: $name has no heading in docs/directives")
        if !$docs{$name};
}

for my $name (sort keys %docs) {
    bad("$docs{$name}: no command table has $name") if !$code{$name};
}

exit($bad ? 1 : 0);
