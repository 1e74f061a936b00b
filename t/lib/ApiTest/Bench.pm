package ApiTest::Bench;

# What benchmarks through nginx have in common: an nginx of its own in the
# foreground, what processes have had of the CPU, and instructions.
#
#     my $bench = ApiTest::Bench->new("$build/bench/whole");
#     my ($pid, $port) = $bench->start('name', load => "load_module ...;",
#         http => '...', server => '...', wrap => ['valgrind', ...],
#         workers => 2);
#     my $ns = cpu_ns($pid, $other);
#     $bench->stop($pid);
#
# What was started and not stopped goes when the program ends.

use strict;
use warnings;

use ApiTest;
use Exporter qw(import);
use File::Path qw(make_path remove_tree);
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep);

our @EXPORT_OK = qw(at callgrind command counted cpu_ns load_modules median
    memory_kib proxy workers_of);

my %running;    # pid => 1

END { local $?; kill 'KILL', keys %running if %running }


sub new {
    my ($class, $root, %env) = @_;

    remove_tree($root);
    make_path($root);
    return bless { root => $root, env => \%env,
        nginx => $ENV{API_NGINX} || '/usr/sbin/nginx' }, $class;
}


# A program, its output in DIR/out.

sub spawn {
    my ($self, $dir, @command) = @_;
    my $pid = fork // die "fork: $!\n";

    if (!$pid) {
        %running = ();
        $ENV{$_} = $self->{env}{$_} for keys %{ $self->{env} };
        open STDOUT, '>', "$dir/out";
        open STDERR, '>&', \*STDOUT;
        exec(@command) or POSIX::_exit(127);
    }

    $running{$pid} = 1;
    return $pid;
}


# Without workers => N there is one process, which is the one to look at.

sub start {
    my ($self, $name, %conf) = @_;
    my $port = free_port("bench_$name");
    my $dir  = "$self->{root}/$name";
    my $text = $self->configuration($dir, $port, %conf);

    make_path("$dir/logs", "$dir/tmp");
    write_file("$dir/nginx.conf", $text);
    my $pid = $self->spawn($dir, @{ $conf{wrap} // [] }, $self->{nginx}, '-p',
        $dir, '-e', "$dir/error.log", '-c', "$dir/nginx.conf");

    for (1 .. 15_000) {
        return ($pid, $port) if IO::Socket::INET->new(
            PeerAddr => "127.0.0.1:$port", Timeout => 5);
        last if waitpid($pid, POSIX::WNOHANG()) == $pid;
        sleep 0.02;
    }
    die "nginx does not start: ",
        map({ -e $_ ? slurp($_) : '' } "$dir/error.log", "$dir/out"), "\n";
}


sub configuration {
    my ($self, $dir, $port, %conf) = @_;
    my $workers = $conf{workers} // 0;
    my $master  = $workers ? 'on' : 'off';
    my $number  = $workers || 1;
    my $spread  = $workers > 1 ? ' reuseport' : '';

    $_ //= '' for @conf{qw(load http server)};
    return <<"END";
$conf{load}
daemon off;
master_process $master;
worker_processes $number;
user root;
pid $dir/nginx.pid;
error_log $dir/error.log error;
events { worker_connections 256; }
http {
    access_log off;
    keepalive_requests 1000000000;
    client_body_buffer_size 128k;
    client_body_temp_path $dir/tmp/a;
    proxy_temp_path $dir/tmp/b;
    fastcgi_temp_path $dir/tmp/c;
    uwsgi_temp_path $dir/tmp/d;
    scgi_temp_path $dir/tmp/e;
    $conf{http}
    server { listen 127.0.0.1:$port$spread; $conf{server} }
}
END
}


# A signal that comes right before nginx waits for events is seen when there is
# one, so that one is sent again.

sub stop {
    my ($self, @pids) = @_;

    for my $pid (@pids) {
        for my $n (0 .. 60_000) {
            kill 'TERM', $pid if $n % 100 == 0;
            last if waitpid $pid, POSIX::WNOHANG();
            sleep 0.01;
        }
        delete $running{$pid};
    }
    return;
}


# load_module lines of ours.

sub load_modules {
    my ($build, @names) = @_;
    @names = qw(waf sec ratelimit) if !@names;
    return join '',
        map {"load_module $build/modules/ngx_api_${_}_module.so;\n"} @names;
}


# The content of http and of server: a location before an upstream on a port.

sub proxy {
    my ($port, $http, $location) = @_;

    return (
        http   => "$http\nupstream api { server 127.0.0.1:$port; keepalive 8; }",
        server => "location / { $location proxy_http_version 1.1;
            proxy_set_header Connection ''; proxy_pass http://api; }",
    );
}


# The one line that a script prints, such as where something is.

sub command {
    my ($what) = @_;
    my $out = `$what`;
    die "$what failed\n" if $? || $out !~ /\S/;
    chomp $out;
    return $out;
}


# Nanoseconds that processes, with all their threads, have had a CPU.

sub cpu_ns {
    my $sum = 0;
    for my $file (map { glob "/proc/$_/task/*/schedstat" } @_) {
        open my $in, '<', $file or next;
        $sum += (split ' ', <$in>)[0];
    }
    return $sum;
}


# Children of a master.

sub workers_of {
    my ($pid) = @_;
    my $list = "/proc/$pid/task/$pid/children";

    for (1 .. 1500) {
        my @workers = -e $list ? split ' ', slurp($list) : ();
        return @workers if @workers;
        sleep 0.02;
    }
    die "no workers of $pid\n";
}


# A field of /proc/PID/status or of smaps_rollup, in KiB.

sub memory_kib {
    my ($pid, $field) = @_;
    my $file = $field =~ /^Vm/ ? 'status' : 'smaps_rollup';
    return slurp("/proc/$pid/$file") =~ /^$field:\s+(\d+)/m ? $1 : 0;
}


# What to put before a program to have its instructions in FILE, once it has
# ended; and how many they were.

sub callgrind {
    my ($file) = @_;
    return ('valgrind', '-q', '--tool=callgrind',
        "--callgrind-out-file=$file");
}

sub counted {
    my ($file) = @_;
    slurp($file) =~ /^(?:summary|totals): (\d+)/m or die "no count\n";
    return $1;
}


sub median { my @s = sort { $a <=> $b } @_; return $s[$#s / 2] }


# The value at a part of sorted ones.

sub at {
    my ($part, @sorted) = @_;
    return $sorted[int($part * $#sorted + 0.5)];
}


1;
