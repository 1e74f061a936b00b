package ApiTest::Run;

# For tests of whole programs: run one and see all it said, start an nginx
# from a folder, ask it.

use strict;
use warnings;

use ApiTest::Keys qw(build_dir slurp spew);
use Exporter 'import';
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use HTTP::Tiny ();
use Test::Nginx::StandIn::Port;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(
    run apisec nginx modules_dir two_ports start_nginx stop_nginx http
    until_true gone slurp spew scratch
);

my %running;


# A new folder that everybody may enter, as nginx's workers have to.
sub scratch {
    my $dir = tempdir(CLEANUP => 1);
    chmod 0755, $dir;
    return $dir;
}


# { code, out, err } of a program; code is -1 when a signal ended it.
sub run {
    my @command = @_;
    my $dir = tempdir(CLEANUP => 1);

    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDIN,  '<', '/dev/null' or die "null: $!";
        open STDOUT, '>', "$dir/out"  or die "out: $!";
        open STDERR, '>', "$dir/err"  or die "err: $!";
        exec { $command[0] } @command or exit 127;
    }
    waitpid $pid, 0;

    return {
        code => $? & 127 ? -1 : $? >> 8,
        out  => slurp("$dir/out"),
        err  => slurp("$dir/err"),
    };
}


sub apisec { return run(build_dir() . '/bin/apisec', @_) }
sub nginx  { return $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx' }


sub modules_dir {
    my ($first) = split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
    return defined $first ? dirname($first) : build_dir() . '/modules';
}


# N, when N and N + 1 are free
sub two_ports {
    for (1 .. 100) {
        my $port = Test::Nginx::StandIn::Port::claim();
        return $port if Test::Nginx::StandIn::Port::is_free($port + 1);
    }
    die "no two free ports\n";
}


sub until_true {
    my ($seconds, $code) = @_;

    my $end = time + $seconds;
    until ($code->()) {
        return 0 if time > $end;
        sleep 0.05;
    }
    return 1;
}


# nginx of the folder, in the background as it goes there by itself; what
# nginx said when it did not start, otherwise nothing
sub start_nginx {
    my ($dir) = @_;

    my $got = run(nginx(), '-p', $dir, qw(-c nginx.conf -e logs/error.log));
    return "code $got->{code}: $got->{err}" if $got->{code};

    $running{$dir} = 1;
    return;
}


# true when it is gone
sub stop_nginx {
    my ($dir) = @_;

    delete $running{$dir};
    my $pid = slurp("$dir/nginx.pid") + 0;
    kill QUIT => $pid;
    return until_true(10, sub { gone($pid) });
}


# also when nobody has waited for it yet
sub gone {
    my ($pid) = @_;

    return 1 if !kill 0, $pid;
    return eval { slurp("/proc/$pid/stat") } =~ /\) Z /;
}

END {
    my $code = $?;
    stop_nginx($_) for keys %running;
    $? = $code;
}


# { status, headers, content } as HTTP::Tiny has them
sub http {
    my ($port, $method, $path, %options) = @_;

    my $client = HTTP::Tiny->new(no_proxy => ['127.0.0.1'], timeout => 60);
    return $client->request($method, "http://127.0.0.1:$port$path",
                            \%options);
}

1;
