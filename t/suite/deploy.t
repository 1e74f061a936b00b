#!/usr/bin/perl

# The confinement of nginx.service, by the judgement of those it is for:
# systemd rates the unit, AppArmor reads the profile; and an nginx with no more
# rights than the drop-in leaves it does all that a master does.

use strict;
use warnings;
use lib 't/lib';

use ApiTest::Server;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;

my $root   = abs_path(dirname(__FILE__) . '/../..');
my $dropin = "$root/.packaging/systemd/50-api-hardening.conf";
my $dir    = tempdir(CLEANUP => 1);
my ($unit) = grep {-e} map {"$_/systemd/system/nginx.service"}
    qw(/lib /usr/lib);


sub slurp {
    my ($path) = @_;
    open my $in, '<', $path or die "$path: $!";
    local $/;
    return scalar <$in>;
}


# The exposure of the unit with this text as its drop-in.

sub exposure {
    my ($name, $text) = @_;
    my $to = "$dir/$name/lib/systemd/system";

    make_path("$to/nginx.service.d");
    system('cp', $unit, $to) == 0 or die 'nginx.service';

    if (defined $text) {
        open my $out, '>', "$to/nginx.service.d/50.conf" or die $!;
        print $out $text;
        close $out;
    }

    my $said = `systemd-analyze security --no-pager --offline=true \\
        --root=$dir/$name nginx.service 2>&1`;
    my ($level) = $said =~ /exposure level for nginx\.service: ([\d.]+)/;
    return ($level // 99, $said);
}


my $text = slurp($dropin);
my ($without)    = exposure('without');
my ($with, $how) = exposure('with', $text);

cmp_ok($without, '>=', 9, "nginx.service as it comes: $without");
cmp_ok($with, '<=', 2.8, "... with the drop-in: $with");
unlike($how, qr/nginx\.service.*(?:Unknown|Failed to parse|Invalid)/i,
    'systemd knows all that is said') or diag($how);

# Each line counts, or has another reason to be there.

my %other = map { $_ => 1 } qw(ReadWritePaths LimitCORE LimitNOFILE
    AppArmorProfile Restart RestartSec SystemCallErrorNumber);

for my $line ($text =~ /^(\w+=.*)$/mg) {
    my ($name) = $line =~ /^(\w+)/;
    next if $other{$name} || $name =~ /Capabilit/;

    my ($less) = exposure("less-$name", $text =~ s/^\Q$line\E$//mr);
    cmp_ok($less, '>=', $with, "$line: not worse with it");
}

my ($open) = exposure('open', $text =~ s/^CapabilityBoundingSet=.*$//mgr);
cmp_ok($open, '>', $with, 'without the bounding set it is worse');


# The profile.

my $profile = "$root/.packaging/apparmor/nginx-api";
is(system("apparmor_parser -Q -K $profile >$dir/said 2>&1"), 0,
    'AppArmor takes the profile') or diag(slurp("$dir/said"));

open my $broken, '>', "$dir/broken" or die $!;
print $broken slurp($profile) =~ s/capability kill,/capability kil,/r;
close $broken;
isnt(system("apparmor_parser -Q -K $dir/broken >/dev/null 2>&1"), 0,
    '... and not one with a mistake');

my ($caps)  = join ' ', $text =~ /^CapabilityBoundingSet=(.*)$/mg;
my @dropin  = sort map { lc s/^CAP_//r } split ' ', $caps;
my @profile = slurp($profile) =~ /^\s+capability (\w+),/mg;
@profile = sort @profile;
is("@profile", "@dropin", 'profile and drop-in leave the same capabilities');


# A master with these rights and no others.

SKIP: {
    skip('needs root', 1) if $> != 0;
    skip('no modules', 1) if !$ENV{TEST_NGINX_LOAD_MODULES};

    my $bounds = join ',', '-all', map {"+$_"} @dropin;
    my $nginx  = $ENV{TEST_NGINX_BINARY} // '/usr/sbin/nginx';

    open my $out, '>', "$dir/nginx" or die $!;
    print $out "#!/bin/sh\nexec setpriv --bounding-set=$bounds"
        . " --inh-caps=-all --no-new-privs $nginx \"\$@\"\n";
    close $out;
    chmod 0755, "$dir/nginx";
    local $ENV{TEST_NGINX_BINARY} = "$dir/nginx";

    my $server = ApiTest::Server->start(
        main     => 'user www-data; worker_shutdown_timeout 1s;',
        http     => 'api_zone main 1m; api_audit logs/audit.jsonl;',
        location => 'api_body json; empty_gif;',
    );

    my $pid    = slurp("$server->{dir}/logs/nginx.pid") =~ s/\s//gr;
    my $status = slurp("/proc/$pid/status");
    like($status, qr/^NoNewPrivs:\s+1$/m, 'nginx runs without new privileges');
    is(sprintf('%b', hex(($status =~ /^CapBnd:\s+(\w+)/m)[0])) =~ tr/1//,
        scalar(@dropin), '... and with the capabilities of the drop-in');

    my $workers = sub { map { (split)[0] }
        grep { (split)[1] == $pid } `ps -e -o pid= -o ppid=` };
    my @old = $workers->();
    is(($server->get('/'))[0], 200, 'it answers');
    is((stat "/proc/$old[0]")[4], scalar getpwnam('www-data'),
        'its workers are of another user');

    my $settle = sub {
        my ($is) = @_;
        for (1 .. 600) {
            return 1 if $is->();
            select undef, undef, undef, 0.05;
        }
        return 0;
    };

    kill USR1 => $pid;
    ok($settle->(sub { slurp("$server->{dir}/logs/error.log")
        =~ /reopening logs/ }), 'it opens its logs anew');
    unlike(slurp("$server->{dir}/logs/error.log"),
        qr/(?:chown|chmod|open)\(\).*failed/, '... which it may');

    kill HUP => $pid;
    ok($settle->(sub { !grep { my $w = $_; grep { $_ == $w } @old }
        $workers->() }), 'it takes up a configuration');
    is(($server->get('/'))[0], 200, '... and answers');

    # a worker that hangs: only CAP_KILL reaches a process of another user

    my ($hangs) = $workers->();
    kill STOP => $hangs;
    kill TERM => $pid;
    ok($settle->(sub { !-e "/proc/$hangs"
        || slurp("/proc/$hangs/status") =~ /^State:\s+Z/m }),
        'it ends, and a worker that hangs with it');
}

done_testing();
