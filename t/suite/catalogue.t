#!/usr/bin/perl

# docs/guide/token-attacks.md says where each attack is tested, and
# docs/guide/waf-bypasses.md where each way around the WAF: all rows are there,
# each test they name is, and the files for HTTP/2 run a file of the row.

use strict;
use warnings;
use Test::More;

my $page = slurp('docs/guide/token-attacks.md');
my $ways = slurp('docs/guide/waf-bypasses.md');
my %seen;


sub slurp {
    my ($path) = @_;
    open my $fh, '<', $path or return;
    local $/;
    return scalar <$fh>;
}

sub path_of {
    my ($file) = @_;
    return (grep { -f } map { "t/$_/$file" } qw(sec waf suite unit))[0];
}

# The tests of a cell, `file` "title", "title"; `file` ...: [path, title].
sub named {
    my ($cell) = @_;
    my @named;
    for my $part (split /;\s*(?=`)/, $cell) {
        my ($file, $titles) = $part =~ /\A\s*`([^`]+)`\s*(.*)\z/s
            or return ["no file in: $part"];
        my @titles = $titles =~ /"([^"]+)"/g;
        push @named, map { [$file, $_] } @titles ? @titles : undef;
    }
    return @named;
}

# Why a test that is named is none; '' when it is.
sub fault {
    my ($file, $title) = @_;
    my $path = path_of($file) or return "no file $file";
    return "no test named in $file" if !defined $title;
    my $text = slurp($path);

    return $text =~ /^=== TEST \d+: (?:R\d+, )?\Q$title\E$/m
        || $text =~ /^=== TEST \d+: \Q$title\E$/m ? '' : "$file has no \"$title\""
        if $text =~ /^=== TEST/m;
    return index($text, $title) >= 0 ? '' : "$file has no \"$title\"";
}

# Rows of a page whose names fit; what may go without HTTP/2.
sub rows {
    my ($text, $names, $without) = @_;
    row($_, $without) for grep { /^\| (?:$names)/ } split /\n/, $text;
}

sub row {
    my ($line, $without) = @_;
    my ($id, $attack, $tests, $http2) = $line
        =~ /\A\| (\S+) \| (.*?) \| (.*?) \| (.*?) ?\|\z/ or do {
            fail("a row of four cells: $line");
            return;
        };
    my @named  = named($tests);
    my @faults = grep { length } map { fault(@$_) } @named;

    is("@faults", '', "$id: " . @named . ' tests');
    ok(!$seen{$id}++, "$id stands once");

    my ($file) = $http2 =~ /\A`([^`]+)`\z/;
    if (defined $file) {
        my $text = slurp(path_of($file) // '') // '';
        my ($run) = $text =~ m{/([\w-]+\.t)'};
        like($text, qr/TEST_NGINX_USE_HTTP2/, "$id: $file is for HTTP/2");
        ok((grep { $_->[0] eq ($run // '') } @named),
            "$id: $file runs a file of the row");
    } else {
        like($tests, qr/\A(?:[^`]*`(?:$without)`[^`]*)+\z/,
            "$id: only what has no requests is without HTTP/2");
    }
}

# Chunks and dropped headers are of HTTP/1.1; a matrix and places have HTTP/2 within,
# or are about what is behind the framing.
rows($page, 'R\d|C\d|flips', 'test_\w+\.c|[\w-]*workers\.t');
rows($ways, 'W\d', 'test_\w+\.c|bypass-(?:chunks|headers)\.t|placements\.t|matrix\.t');

is_deeply([sort keys %seen],
    [sort((map {"R$_"} 1 .. 30), (map {"C$_"} 1 .. 14),
        (map {"W$_"} 1 .. 18), 'flips')],
    'each attack has its row');

# ... and a title of the catalogue that nobody names is not forgotten

for my $file (qw(jwt-attacks.t issuer.t token-cache.t)) {
    my $text = slurp("t/sec/$file");
    my @lost = grep { index($page, "\"$_\"") < 0 }
        $text =~ /^=== TEST \d+: (R\d+, .*)$/mg;
    is(join(' / ', @lost), '', "$file: each of its attacks is on the page");
}

{
    my @lost = grep { index($ways, "\"$_\"") < 0 }
        slurp('t/waf/bypass.t') =~ /^=== TEST \d+: (.*)$/mg;
    is(join(' / ', @lost), '', 'bypass.t: each of its ways is on the page');
}

done_testing();
