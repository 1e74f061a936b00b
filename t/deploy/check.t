#!/usr/bin/perl

# The bill of materials against the schema of CycloneDX, the Containerfile
# against somebody else's parser, the manifest against the schemas of Kubernetes;
# and none of them takes what is wrong.  make deploy-test runs this, with the npm
# packages of this folder.

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
    my ($bom, $container, $manifest) = @_;

    for my $file (['bom.json', $bom], ['Containerfile', $container],
        ['kubernetes.yaml', $manifest])
    {
        open my $out, '>', "$dir/$file->[0]" or die $!;
        print $out $file->[1];
        close $out;
    }

    my $said = `cd $dir && node $here/check.mjs bom.json Containerfile kubernetes.yaml 2>&1`;
    return ($said, $? >> 8);
}


my $said = `cd $root && BUILD=$build .ci/dist $dir/dist 2>&1`;
is($?, 0, 'a release') or diag($said);

my ($file) = glob "$dir/dist/*.cdx.json";
my $bom       = slurp($file);
my $container = slurp("$root/docs/examples/deploy/Containerfile");
my $manifest  = slurp("$root/docs/examples/deploy/kubernetes.yaml");

my ($is, $rc) = check($bom, $container, $manifest);
is($is, "bill of materials: valid\nContainerfile: valid\nmanifest: valid\n",
    'all are valid');
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
    ($is, $rc) = check($text, $container, $manifest);
    like($is, $what, '... is seen');
    is($rc, 1, '... and the exit code');
}

($is, $rc) = check($bom, $container =~ s/^USER/USR/mr, $manifest);
like($is, qr/Unknown instruction: USR/, 'a Containerfile with a mistake');
is($rc, 1, '... and the exit code');

for my $worse (
    ['a name with a mistake', qr/readOnlyRootFilesystem/,
        'readOnlyRootFileSystem',
        qr{containers/0/securityContext/readOnlyRootFileSystem is not known}],
    ['a member at another place', qr/^      containers:$/m,
        "      resources: {}\n      replicas: 2\n      containers:",
        qr{/spec/template/spec/replicas is not known}],
    ['a number that is a text', qr/replicas: 2/, 'replicas: two',
        qr{Deployment/spec/replicas type}],
    ['a container without a name', qr/name: gateway\n +image/, 'image',
        qr{containers/0 required .*"name"}],
    ['a kind of another version', qr{apps/v1}, 'apps/v2',
        qr{there is no apps/v2 Deployment}],
    ['a group that is none', qr{^apiVersion: policy/v1}m,
        'apiVersion: policies/v1', qr{there is no policies/v1}],
    ['no YAML', qr/\z/, "\n  - [\n", qr/manifest: (?!valid)/],
    )
{
    my ($title, $what, $by, $like) = @$worse;
    my $text = $manifest =~ s/$what/$by/r;
    isnt($text, $manifest, "a manifest with $title");
    ($is, $rc) = check($bom, $container, $text);
    like($is, $like, '... is seen');
    is($rc, 1, '... and the exit code');
}

done_testing();
