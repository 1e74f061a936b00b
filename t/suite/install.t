#!/usr/bin/perl

# make install and uninstall: what goes where, with which modes, and that a
# running nginx keeps the file it has mapped; the last word is of the restart.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

my $root  = abs_path(dirname(__FILE__) . '/../..');
my $build = $ENV{API_BUILD} // "$root/build";
my $dir   = tempdir(CLEANUP => 1);
my @so    = map {"ngx_api_${_}_module.so"} qw(waf sec ratelimit);
my $to    = '/opt/nginx/modules';

plan skip_all => 'nothing is built' if !-e "$build/modules/$so[1]";

delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS)};


sub run_make {
    my ($what) = @_;
    my $said = `make -C $root $what BUILD=$build DESTDIR=$dir PREFIX=/opt \\
        MODULES_PATH=$to 2>&1`;
    is($?, 0, "make $what") or diag $said;
    return $said;
}


sub mode { return sprintf '%o', (stat shift)[2] & 07777 }


umask 077;
my $said = run_make('install');

for my $name (@so) {
    is(mode("$dir$to/$name"), '644', "$name: for everybody to read");
    like($said, qr{^ +load_module $to/$name;$}m, '... and how to load it');
}

is(mode("$dir/opt/bin/apisec"), '755', 'apisec');
is(mode("$dir/opt/lib/apisec/clock.so"), '644', '... what it preloads');
is(mode("$dir/opt/share/apisec/advisories.json"), '644',
    '... and what it knows of vulnerabilities');

my @rules = glob "$dir$to/ngx_api_waf_rules/*.conf";
is(scalar @rules, scalar(() = glob "$root/ngx_api_waf_module/rules/*.conf"),
    'the rules for APIs beside the modules');
is(mode($rules[0]), '644', '... for everybody to read');
like($said, qr/when it is restarted, not when it\nis reloaded/,
    'a new module file needs a restart');

# written in place, a file would change under a nginx that runs from it

open my $mapped, '<', "$dir$to/$so[0]" or die "$so[0]: $!";
run_make('install');
isnt((stat $mapped)[1], (stat "$dir$to/$so[0]")[1],
    'a second install makes new files');

run_make('uninstall');
is(join(' ', glob "$dir$to/* $dir/opt/bin/* $dir/opt/share/*"), '', 'nothing is left');

done_testing();
