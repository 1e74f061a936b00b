#!/usr/bin/perl

# The confinement of nginx.service, by the judgement of those it is for:
# systemd rates the unit, AppArmor reads the profile; and an nginx with no more
# rights, and no more system calls, than the drop-in leaves it does all that a
# master does.

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


# The filter of system calls, as systemd would make it: a program that allows
# what the groups of the drop-in have, and then becomes another one.

sub calls_of {
    my ($group, $seen) = @_;
    return if $seen->{$group}++;

    for my $line (`systemd-analyze syscall-filter --no-pager $group`) {
        my ($name) = $line =~ /^\s+(\@?[\w-]+)\s*$/ or next;
        $name =~ /^@/ ? calls_of($name, $seen) : ($seen->{$name} = 1);
    }

    return;
}


sub filter {
    my ($to, @groups) = @_;
    my %seen;
    calls_of($_, \%seen) for @groups;
    my @names = grep {/^\w/} sort keys %seen;

    open my $out, '>', "$to.c" or die $!;
    print $out <<'C', map({"#ifdef SYS_$_\nSYS_$_,\n#endif\n"} @names), <<'C';
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
static const unsigned allowed[] = {
C
};
#define N (sizeof(allowed) / sizeof(allowed[0]))
static struct sock_filter rules[2 * N + 2];
int main(int argc, char **argv)
{
    unsigned i, n = 0;
    struct sock_fprog program = { sizeof(rules) / sizeof(rules[0]), rules };
    rules[n++] = (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
    for (i = 0; i < N; i++) {
        rules[n++] = (struct sock_filter)
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
        rules[n++] = (struct sock_filter)
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    rules[n++] = (struct sock_filter)
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
    {
        return 126;
    }
    if (argc < 2) {
        return syscall(SYS_ptrace, 0, 0, 0, 0) == 0 ? 0 : errno == EPERM;
    }
    execv(argv[1], argv + 1);
    return 127;
}
C
    close $out;
    system("gcc -O1 -o $to $to.c 2>$to.err") == 0 or die slurp("$to.err");
    return scalar @names;
}


my ($groups) = $text =~ /^SystemCallFilter=(.*)$/m;
cmp_ok(filter("$dir/filter", split ' ', $groups), '>', 200,
    "system calls of $groups");
is(system("$dir/filter /bin/true"), 0, 'a program runs with these alone');
is(system("$dir/filter") >> 8, 1, '... and no other call: not to be traced');
filter("$dir/wider", split(' ', $groups), '\@debug');
is(system("$dir/wider") >> 8, 0, '... which it is where that is allowed');


# A master with these rights and no others.

SKIP: {
    skip('needs root', 1) if $> != 0;
    skip('no modules', 1) if !$ENV{TEST_NGINX_LOAD_MODULES};

    my $bounds = join ',', '-all', map {"+$_"} @dropin;
    my $nginx  = $ENV{TEST_NGINX_BINARY} // '/usr/sbin/nginx';

    open my $out, '>', "$dir/nginx" or die $!;
    print $out "#!/bin/sh\nexec setpriv --bounding-set=$bounds"
        . " --inh-caps=-all --no-new-privs $dir/filter $nginx \"\$@\"\n";
    close $out;
    chmod 0755, "$dir/nginx";
    local $ENV{TEST_NGINX_BINARY} = "$dir/nginx";

    my $server = ApiTest::Server->start(
        main     => 'user www-data; worker_shutdown_timeout 1s;',
        http     => 'api_zone main 1m; api_audit logs/audit.jsonl;',
        location => 'api_body json; api_waf core; empty_gif;',
    );

    my $pid    = slurp("$server->{dir}/logs/nginx.pid") =~ s/\s//gr;
    my $status = slurp("/proc/$pid/status");
    like($status, qr/^NoNewPrivs:\s+1$/m, 'nginx runs without new privileges');
    like($status, qr/^Seccomp:\s+2$/m, '... and with the filter');
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
