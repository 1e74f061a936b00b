package ApiTest::Server;

# An nginx with a master and workers that a plain test starts, reloads and
# stops itself, and a small client that keeps its connection.
#
#     my $server = ApiTest::Server->start(http => "...", location => "...",
#         files => { 'jwks.json' => jwks('p256') });
#     my ($code, $head, $body) = $server->get('/x', 'Authorization: ...');
#     $server->reload(http => ..., location => ...) or die $server->log;

use strict;
use warnings;

use File::Path qw(make_path);
use File::Temp qw(tempdir);
use ApiTest::Event ();
use IO::Socket::INET;
use Scalar::Util qw(weaken);
use Test::Nginx::StandIn::Port;
use Time::HiRes qw(sleep time);

my $count = 0;
my @servers;


sub start {
    my ($class, %conf) = @_;
    my $self = bless {
        dir     => tempdir('api-test-XXXXXX', TMPDIR => 1, CLEANUP => 1),
        port    => Test::Nginx::StandIn::Port::named('server' . $count++),
        nginx   => $ENV{TEST_NGINX_BINARY} // '/usr/sbin/nginx',
        modules => $conf{modules}
            // [split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // ''],
        workers => $conf{workers} // 2,
        owner   => $$,
    }, $class;

    chmod 0755, $self->{dir};
    make_path(map {"$self->{dir}/$_"} qw(logs tmp html));
    $self->write($_, $conf{files}{$_}) for sort keys %{ $conf{files} // {} };
    $self->configure(%conf);

    my $pid = fork // die "fork: $!";
    if (!$pid) {
        open STDERR, '>', "$self->{dir}/stderr";
        exec $self->{nginx}, $self->args;
        exit 127;
    }
    $self->{pid} = $pid;
    push @servers, $self;
    weaken($servers[-1]);

    for (1 .. 400) {
        return $self if $self->connected;
        last if waitpid($pid, 1) == $pid;
        sleep 0.02;
    }

    die 'nginx does not start: ', $self->log, $self->text('stderr');
}


sub args {
    my ($self, @more) = @_;
    my $dir = $self->{dir};
    return ('-p', $dir, '-e', "$dir/logs/error.log", '-c',
        "$dir/nginx.conf", @more);
}


sub configure {
    my ($self, %conf) = @_;
    my $dir  = $self->{dir};
    my $load = join '', map {"load_module $_;\n"} @{ $self->{modules} };
    my $main = $conf{main} // '';
    my $http = $conf{http} // '';
    my $want = ApiTest::Event::events_wanted($http, @{ $self->{modules} });
    my $temp = join '', map {"    ${_}_temp_path tmp/$_;\n"}
        qw(client_body proxy fastcgi uwsgi scgi);

    $_ //= '' for @conf{qw(server location)};
    $self->write('nginx.conf', <<"EOF");
$load
daemon off;
worker_processes $self->{workers};
pid logs/nginx.pid;
error_log logs/error.log info;
$main
events { worker_connections 256; }
http {
    access_log off;
    keepalive_requests 100000;
$temp
$want$http
    server {
        listen 127.0.0.1:$self->{port};
        root html;
        $conf{server}
        location / { $conf{location} }
    }
}
EOF
    return;
}


sub write {
    my ($self, $name, $bytes) = @_;
    open my $fh, '>', "$self->{dir}/$name.new" or die "$name: $!";
    print {$fh} $bytes;
    close $fh;
    chmod 0600, "$self->{dir}/$name.new" if $name =~ /\.secret$/;
    rename "$self->{dir}/$name.new", "$self->{dir}/$name" or die "$name: $!";
    return;
}


sub text {
    my ($self, $name) = @_;
    open my $fh, '<', "$self->{dir}/$name" or return '';
    local $/;
    return scalar <$fh> // '';
}


sub log { return $_[0]->text('logs/error.log') }


sub connected {
    my ($self) = @_;
    return IO::Socket::INET->new(
        PeerAddr => "127.0.0.1:$self->{port}",
        Timeout  => 5,
    );
}


# The workers that are now, not those on their way out.

sub workers {
    my ($self) = @_;
    return grep {
        (slurp_proc("/proc/$_/cmdline") // '') =~ /^nginx: worker process\0*$/
    } split ' ', slurp_proc(
        "/proc/$self->{pid}/task/$self->{pid}/children") // '';
}


sub slurp_proc {
    my ($file) = @_;
    open my $fh, '<', $file or return;
    local $/;
    return scalar <$fh>;
}


# HUP; true when new workers serve alone (busy => 1: when they do), false when
# the old configuration stays.

sub reload {
    my ($self, %conf) = @_;
    my $from = length $self->log;

    $self->configure(%conf) if exists $conf{location};

    my %old = map { $_ => 1 } $self->workers;
    kill 'HUP', $self->{pid};

    for (1 .. 500) {
        my @new = grep { !$old{$_} } $self->workers;
        my $here = grep { -e "/proc/$_" } keys %old;
        return 1 if @new == $self->{workers} && ($here == 0 || $conf{busy});
        return 0 if substr($self->log, $from) =~ /\[emerg\]/;
        sleep 0.02;
    }

    die 'the reload does not end: ', $self->log;
}


# A request; on the connection given, or on one of its own.

sub get {
    my ($self, $uri, @headers) = @_;
    return $self->request("GET $uri HTTP/1.1", @headers);
}


sub request {
    my ($self, $line, @headers) = @_;
    my $socket = $self->connected or return;

    print {$socket} join("\r\n", $line, 'Host: localhost',
        'Connection: close', @headers), "\r\n\r\n";

    local $/;
    my $answer = <$socket> // '';
    my ($head, $body) = split /\r\n\r\n/, $answer, 2;
    my ($code) = ($head // '') =~ m{^HTTP/1\.1 (\d+)};

    return ($code, $head, $body);
}


# Memory of the master, in KiB.

sub rss {
    my ($self) = @_;
    my ($kib) = (slurp_proc("/proc/$self->{pid}/status") // '')
        =~ /^VmRSS:\s*(\d+)/m;
    return $kib;
}


sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;

    kill 'TERM', $pid;
    for (1 .. 1500) {
        return if waitpid($pid, 1);    # -1: somebody has waited for it
        sleep 0.02;
    }
    kill 'KILL', $pid;
    waitpid $pid, 0;
    return;
}


# Events of whoever was started, also when nobody keeps it any more.

my @problems;

sub judge {
    my ($self) = @_;
    push @problems, ApiTest::Event::events_problems($self->{dir});
    return;
}


END {
    my $status = $?;
    for my $server (grep { defined && $_->{owner} == $$ } @servers) {
        $server->stop;
        $server->judge;
    }
    print STDERR map {"# event: $_\n"} @problems;
    $? = $status || (@problems ? 1 : 0);
}


sub DESTROY {
    my ($self) = @_;
    local ($?, $!, $@);
    return if ($self->{owner} // 0) != $$ || ${^GLOBAL_PHASE} eq 'DESTRUCT';
    $self->stop;
    $self->judge;
    return;
}


1;
