#!/usr/bin/perl

# What was built is hardened, each of its files; and the check sees it when one
# is not, weakness by weakness.

use strict;
use warnings;
use lib 't/lib';

use ApiTest::Elf qw(weaknesses);
use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use File::Temp qw(tempdir);
use Test::More;

my $root  = abs_path(dirname(__FILE__) . '/../..');
my $build = $ENV{API_BUILD} // "$root/build";
my $dir   = tempdir(CLEANUP => 1);


# A program and a shared object that lack one thing each.

my $good = '-O2 -fstack-protector-strong -D_FORTIFY_SOURCE=2'
    . ' -Wl,-z,relro,-z,now -Wl,-z,noexecstack';

my @weak = (
    ['nothing', "-shared -fPIC $good", ''],
    ['nothing, as a program', "-pie -fPIE -DMAIN $good", ''],
    ['a place of its own choice', "-no-pie -fno-pie -DMAIN $good",
        'position, pie'],
    ['tables that become read-only', "-shared -fPIC $good -Wl,-z,norelro",
        'relro'],
    ['binding at load', "-shared -fPIC $good -Wl,-z,lazy", 'now'],
    ['a stack of data', "-shared -fPIC $good -Wl,-z,execstack", 'execstack'],
    ['the stack protector', "-shared -fPIC $good -fno-stack-protector",
        'stack protector'],
    ['FORTIFY', "-shared -fPIC $good -U_FORTIFY_SOURCE", 'fortify'],
    ['a path of its own', "-shared -fPIC $good -Wl,-rpath,/tmp", 'rpath'],
);

open my $source, '>', "$dir/weak.c" or die "weak.c: $!";
print $source <<'C';
#include <stdio.h>
#include <string.h>
void weak(char *out, const char *in, unsigned n);
void weak(char *out, const char *in, unsigned n)
{
    char buf[64];
    snprintf(buf, n, "%s", in);
    memcpy(out, buf, sizeof(buf));
}
#ifdef MAIN
int main(int argc, char **argv)
{
    char out[64];
    weak(out, argv[0], (unsigned) argc);
    return out[0];
}
#endif
C
close $source or die "weak.c: $!";

for my $case (@weak) {
    my ($lacks, $flags, $found) = @$case;

    my $said = `gcc $flags -o $dir/weak $dir/weak.c 2>&1`;
    die $said if $?;
    is(join(', ', weaknesses("$dir/weak")), $found, "lacking $lacks");
}

is(join(', ', weaknesses("$dir/weak.c")), 'unreadable',
    'what is no ELF file is not hardened');


# Ours.

my @files = (
    (map {"$build/modules/ngx_api_${_}_module.so"} qw(waf sec ratelimit)),
    "$build/bin/apisec"
);

for my $file (@files) {
    ok(-e $file, basename($file) . ' is built');
    is(join(', ', weaknesses($file)), '', '... and hardened');
}

done_testing();
