# The lab: every attack works without the gateway and none with it; it says so
# when that is not how it is, and cleans up after itself.

use strict;
use warnings;

use ApiTest::Keys qw(build_dir);
use ApiTest::Run;
use Cwd qw(getcwd);
use File::Copy qw(copy);
use File::Path qw(make_path);
use Test::More;

my $root = getcwd();
my $tmp  = scratch();
my $lab  = 'docs/examples/lab';

$ENV{API_BUILD}   = build_dir();
$ENV{API_MODULES} = modules_dir();
$ENV{API_NGINX}   = nginx();
$ENV{TMPDIR}      = $tmp;
$ENV{LAB}         = 'once';

sub leftovers {
    return join ' ', glob "$tmp/parcels-lab*";
}


subtest 'as it is' => sub {
    my $got = run("$lab/lab.mjs");
    my $out = $got->{out};

    is($got->{code}, 0, 'exit code') or diag($out, $got->{err});
    is($got->{err}, '', 'quiet on standard error');
    like($out, qr/\AThe lab will, on 127\.0\.0\.1 only/, 'says what it does');

    my @titles = $out =~ /^(\d+\. .*)$/mg;
    is(scalar @titles, 10, 'ten exercises');

    for my $row (qw(without with honest)) {
        my @rows = $out =~ /^ {3}ok {4}$row: .*$/mg;
        is(scalar @rows, 10, "ten good rows: $row");
    }

    my %item = map { $_ => 1 } $out =~ /^ {3}API(\d+):2023 /mg;
    cmp_ok(scalar keys %item, '>=', 8, 'items of the OWASP list');

    my @pages = $out =~ m{^ {3}docs/(\S+)$}mg;
    is(scalar @pages, 10, 'a page each');
    ok(-s "docs/$_", "docs/$_") for @pages;

    my $guide = slurp('docs/guide/lab.md');
    for (@titles) {
        s/^\d+\. //;
        like($guide, qr/\Q$_\E/, "in the guide: $_");
    }

    is(leftovers(), '', 'its folder is gone');
};


# A copy whose gateway only watches, or is none, must be noticed.

sub copy_with {
    my ($edit) = @_;

    my $copy = scratch();
    make_path("$copy/$lab");
    for my $file (glob "$lab/*") {
        copy($file, "$copy/$file") or die "$file: $!";
    }
    chmod 0755, "$copy/$lab/lab.mjs";
    $edit->("$copy/$lab");

    return run("$copy/$lab/lab.mjs");
}

subtest 'a gateway that only watches' => sub {
    my $got = copy_with(sub {
        my $conf = "$_[0]/nginx.conf.in";
        spew($conf, slurp($conf) =~ s/(api_zone lab 2m;)/$1 api_mode monitor;/r);
    });

    is($got->{code}, 1, 'exit code');
    my @wrong = $got->{out} =~ /^ {3}WRONG with: /mg;
    is(scalar @wrong, 10, 'each row says so');
    like($got->{out}, qr/^10 of 10 exercises did NOT/m, 'counted');
    is(leftovers(), '', 'its folder is gone');
};

subtest 'an API that is not weak' => sub {
    my $got = copy_with(sub {
        my $api = "$_[0]/weak-api.mjs";
        spew($api, slurp($api) =~ s/(async function serve\(request\) \{)/$1
    throw new Refused(403, 'no');/r);
    });

    is($got->{code}, 1, 'exit code');
    my @wrong = $got->{out} =~ /^ {3}WRONG without: /mg;
    is(scalar @wrong, 10, 'each row says so');
};

subtest 'something is missing' => sub {
    local $ENV{API_BUILD} = "$tmp/nowhere";
    my $got = run("$lab/lab.mjs");

    is($got->{code}, 2, 'exit code');
    like($got->{err}, qr/there is no .*: run  make lab/, 'what to do');
};

done_testing();
