#!/usr/bin/perl

# The bill of materials against the schema of CycloneDX, the Containerfile
# against somebody else's parser; and neither takes what is wrong.
# make deb-test runs this, with the npm packages of this folder.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

my $here  = dirname(abs_path(__FILE__));
my $root  = abs_path("$here/../..");
my $build = $ENV{API_BUILD} // "$root/build";
my $dir   = tempdir(CLEANUP => 1);

plan skip_all => 'npm ci in t/deploy' if !-d "$here/node_modules";


sub slurp {
    my ($path) = @_;
    open my $in, '<', $path or die "$path: $!";
    local $/;
    return scalar <$in>;
}


sub check {
    my ($bom, $container) = @_;

    for my $file (['bom.json', $bom], ['Containerfile', $container]) {
        open my $out, '>', "$dir/$file->[0]" or die $!;
        print $out $file->[1];
        close $out;
    }

    my $said = `node $here/check.mjs $dir/bom.json $dir/Containerfile 2>&1`;
    return ($said, $? >> 8);
}


my $said = `cd $root && BUILD=$build .ci/dist $dir/dist 2>&1`;
is($?, 0, 'a release') or diag($said);

my ($file) = glob "$dir/dist/*.cdx.json";
my $bom       = slurp($file);
my $container = slurp("$root/docs/examples/deploy/Containerfile");

my ($is, $rc) = check($bom, $container);
is($is, "bill of materials: valid\nContainerfile: valid\n", 'both are valid');
is($rc, 0, '... and the exit code');

for my $worse (
    ['no format', $bom =~ s/"CycloneDX"/"Other"/r, qr/bomFormat/],
    ['a digest that is none', $bom =~ s/"content" : "\w/"content" : "x/r,
        qr/hashes/],
    ['a member of nobody', $bom =~ s/"scope"/"scopes"/r, qr/components/],
    ['a time that is none', $bom =~ s/"timestamp" : "2/"timestamp" : "x2/r,
        qr/timestamp/],
    )
{
    my ($title, $text, $what) = @$worse;
    isnt($text, $bom, "a bill with $title");
    ($is, $rc) = check($text, $container);
    like($is, $what, '... is seen');
    is($rc, 1, '... and the exit code');
}

($is, $rc) = check($bom, $container =~ s/^USER/USR/mr);
like($is, qr/Unknown instruction: USR/, 'a Containerfile with a mistake');
is($rc, 1, '... and the exit code');

done_testing();
