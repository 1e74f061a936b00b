#!/usr/bin/perl
#
# rules.pl: who may include what, how long files and functions may be, and
# what request code may do with a configuration.  Run at the root.

use strict;
use warnings;
use File::Basename qw(basename dirname);

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

my @files = sort glob 'ngx_api_*/*.[ch] ngx_api_*/lib/*.[ch]'
    . ' ngx_api_*/core/*/*.[ch] ngx_api_*/tools/*.[ch]'
    . ' ngx_api_*/tools/lib/*.[ch] t/*/*.[ch]';

my %text = map { $_ => slurp($_) } @files;
my %room = map { $_ => dirname($_) } @files;
my %header = map { basename($_) => $_ } grep { /\.h$/ } @files;


# nginx puts all objects of folders of one name into one folder, and puts all
# our folders on one include path: a name may stand only once.

my %seen;
for my $path (@files) {
    my $name = basename($path);
    bad("$path: $seen{$name} bears this name too") if $seen{$name};
    $seen{$name} = $path;
}


sub is_pure {
    return $_[0] =~ m{/lib$};
}

# The rooms a room may include headers from, besides itself.

sub may_include {
    my ($room) = @_;
    my $core = 'ngx_api_sec_module/core';

    my @libs = ("$core/lib", map { "ngx_api_${_}_module/lib" }
        qw(sec ratelimit waf));

    return @libs if $room =~ m{/tools/lib$};
    return (@libs, "$room/lib") if $room =~ m{/tools$};
    return ("$core/lib") if is_pure($room);
    return ("$core/lib") if $room eq "$core/ngx";
    return ("$core/lib", "$core/ngx", "$room/lib")
        if $room =~ /^ngx_api_\w+_module$/;
    return;         # tests include what they test
}

for my $path (@files) {
    my $room = $room{$path};
    next if $room =~ m{^t/};
    my %may = map { $_ => 1 } $room, may_include($room);

    while ($text{$path} =~ /^\s*#\s*include\s*([<"])([^>"]+)[>"]/mg) {
        my ($how, $name) = ($1, $2);

        if ($header{$name}) {
            bad("$path: <$name> is ours, include it with quotes")
                if $how eq '<';
            bad("$path: must not include $header{$name}")
                if !$may{dirname($header{$name})};

        } elsif ($how eq '"') {
            bad("$path: no such header: $name");
        }

        bad("$path: $name outside jwk, jws, cert, seal and digest") if is_pure($room)
            && $name =~ m{^openssl/}
            && $path !~ m{/api_(?:jwk|jws|cert|seal|transform_digest)};
    }

    bad("$path: hiredis outside api_resp") if $text{$path} =~ /<hiredis\//
        && $path !~ m{/api_resp\.c$};
    bad("$path: knows nginx: $1") if (is_pure($room) || $room =~ m{/tools$})
        && without_strings(strip($text{$path})) =~ /\b((?:ngx|NGX)_\w+)/;
}


# To write the name of a module is not to know it.

sub without_strings {
    my ($code) = @_;
    return $code =~ s/"(?:[^"\\\n]|\\.)*"/""/gr;
}

sub strip {
    my ($text) = @_;
    $text =~ s{/\*.*?\*/}{$& =~ tr/\n//cdr}gse;
    return $text;
}

# A body is what stands between a { and a } in column 1; a table in it is no
# part of what has to be followed.

for my $path (@files) {
    my $lines = $text{$path} =~ tr/\n//;
    bad("$path: $lines lines, 600 may be") if $lines > 600;

    while ($text{$path} =~ /^(\w+)\([^;{}]*\)\s*^\{\n(.*?)^\}/msg) {
        my ($name, $body) = ($1, $2);
        $body =~ s/ = \{\n.*?^\s*\};\n//msg;
        my $count = $body =~ tr/\n//;
        bad("$path: $name has $count lines, 60 may be") if $count > 60;
    }
}


# A configuration is read-only once nginx has started: whoever is handed a
# request sees it through a pointer to const.

for my $path (grep { $room{$_} !~ m{^t/} && !is_pure($room{$_}) } @files) {
    my $code = strip($text{$path});

    while ($code =~ /^(\w+\([^;{}]*\))\s*^\{\n(.*?)^\}/msg) {
        my ($head, $body) = ($1, $2);
        next if $head !~ /\bngx_http_request_t\b/;

        for my $line (split /\n/, "$head\n$body") {
            next if $line !~ /\bngx_api_\w*conf_t\s*\*/;
            next if $line =~ /\bconst\s+ngx_api_\w*conf_t\b/;
            $line =~ s/^\s+//;
            bad("$path: not const in request code: $line");
        }
    }
}

exit($bad ? 1 : 0);
