#!/usr/bin/perl

# docs/guide/errors.md has every message with which a directive of ours fails or
# warns in nginx -t: its longest part that is no %V must stand there.

use strict;
use warnings;

use Test::More;

my $page = slurp('docs/guide/errors.md');
my $seen = 0;

$page =~ s/\s+/ /g;


sub slurp {
    my ($file) = @_;
    open my $fh, '<', $file or die "$file: $!\n";
    local $/;
    return <$fh>;
}


sub text {
    my ($c) = @_;
    my $text = join '', $c =~ /"((?:[^"\\]|\\.)*)"/g;

    return $text =~ s/\\(.)/$1/gr =~ s/\s+/ /gr;
}


sub check {
    my ($file, $message) = @_;
    my ($part) = sort { length $b <=> length $a } split /%(?:\*?s|u?\w)/,
        $message;

    $part = ($part // '') =~ s/^[\s"]+|[\s"]+$//gr;
    return if length $part < 9;

    $seen++;
    ok(index($page, $part) >= 0, "$file: $part");
    return;
}


for my $file (glob 'ngx_api_*_module/*.c ngx_api_sec_module/core/ngx/*.c') {
    my $c = slurp($file);

    while ($c =~ /ngx_(?:conf_)?log_error\((?:level|NGX_LOG_EMERG|NGX_LOG_WARN, cf)(.*?)\);/gs) {
        check($file, text($1));
    }

    while ($c =~ /return ((?:"(?:[^"\\]|\\.)*"\s*)+);/g) {
        check($file, text($1));
    }
}

cmp_ok($seen, '>', 60, 'messages were found');

done_testing();
