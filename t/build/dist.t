#!/usr/bin/perl

# A release: the archive has what is committed and nothing else, the bill of
# materials what was built and what that needs, the checksums both; and a second
# one of the same commit is the same, to the byte.

use strict;
use warnings;

use Cwd qw(abs_path);
use Digest::SHA;
use File::Basename qw(basename dirname);
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;

my $root  = abs_path(dirname(__FILE__) . '/../..');
my $build = $ENV{API_BUILD} // "$root/build";
my $dir   = tempdir(CLEANUP => 1);
my @files = ((map {"$build/modules/ngx_api_${_}_module.so"}
        qw(waf sec ratelimit)), "$build/bin/apisec");

plan skip_all => 'no git repository' if !-e "$root/.git";


sub slurp {
    my ($path) = @_;
    open my $in, '<:raw', $path or die "$path: $!";
    local $/;
    return scalar <$in>;
}


sub dist {
    my ($to, $env) = @_;
    my $said = `cd $root && BUILD=$build $env .ci/dist $dir/$to 2>&1`;
    is($?, 0, "a release, $to") or diag $said;
    return map { basename($_) => slurp($_) } glob "$dir/$to/*";
}


my %one = dist('one', 'TZ=UTC');
my %two = dist('two', 'TZ=Pacific/Kiritimati LC_ALL=C');

is(join(' ', sort keys %two), join(' ', sort keys %one), 'the same names');
is(join(' ', grep { $one{$_} ne $two{$_} } keys %one), '', 'the same bytes');

my ($archive) = grep {/\.tar\.gz\z/} keys %one;
my ($bom)     = grep {/\.cdx\.json\z/} keys %one;
like($archive, qr/^nginx-api-security-\d[\w.+]*\.tar\.gz\z/, 'its name');


# The checksums, and that they see a byte that was changed.

is(system("cd $dir/one && sha256sum --quiet --strict -c SHA256SUMS >/dev/null"),
    0, 'the checksums hold');
open my $file, '>>', "$dir/two/$bom" or die $!;
print $file ' ';
close $file;
isnt(system("cd $dir/two && sha256sum --quiet -c SHA256SUMS >/dev/null 2>&1"),
    0, '... and no longer when a byte was added');


# The archive.

my ($name) = $archive =~ /^(.*)\.tar\.gz\z/;
my @in = `tar -tzf '$dir/one/$archive'`;
my @committed = map {"$name/$_"} sort `git -C $root ls-tree -r --name-only HEAD`;
chomp(@in, @committed);
@in = sort grep { !m{/\z} } @in;
is_deeply(\@in, \@committed, 'what is committed, and nothing else');


# The bill of materials.

my $is = decode_json($one{$bom});
is("$is->{bomFormat} $is->{specVersion}", 'CycloneDX 1.5', 'CycloneDX');
like($is->{serialNumber}, qr/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}
    -[89ab][0-9a-f]{3}-[0-9a-f]{12}\z/x, 'a serial number');

my %component = map { $_->{'bom-ref'} => $_ } @{ $is->{components} };
my %depends   = map { $_->{ref} => $_->{dependsOn} } @{ $is->{dependencies} };
is(scalar(keys %component), scalar(@{ $is->{components} }),
    'every reference is one component');

for my $path (@files) {
    my $ref = basename($path);
    is($component{$ref}{hashes}[0]{content},
        Digest::SHA->new(256)->addfile($path, 'b')->hexdigest,
        "$ref: the file that was built");

    for my $soname (`readelf -dW $path` =~ /\(NEEDED\).*\[(.+)\]/g) {
        my ($stem) = $soname =~ /^(lib[a-z]+)/;
        $stem = 'zlib'    if $stem eq 'libz';
        $stem = 'libssl'  if $stem eq 'libcrypto';
        $stem = 'libc6'   if $stem eq 'libm' || $stem eq 'libc';
        ok((grep {m{^deb/\Q$stem\E}} @{ $depends{$ref} }),
            "... and $soname, which it needs");
    }
}

for my $ref (map {@$_} values %depends) {
    next if $component{$ref};
    fail("$ref: depended on, and nowhere");
}

for my $library (grep { $_->{group} } values %component) {
    my $version = `dpkg-query -W -f '\${Version}' $library->{name}`;
    is($library->{version}, $version, "$library->{name}: its version");
    my $escaped = $version =~ s/([^A-Za-z0-9.\-_~])/sprintf '%%%02X', ord $1/ger;
    like($library->{purl}, qr{^pkg:deb/debian/\Q$library->{name}\E\@\Q$escaped\E
        \?arch=\w+&distro=debian-\d+\z}x, '... as others name it');
}

done_testing();
