package ApiTest::Single;

# One nginx in one process, and plain connections to it, for tests that look at
# who is served while something else takes long: bodies of 4 MB are taken.
#
#     single($dir, $port, $http);     # lines of http; ended when the test is
#     my $s = connected();
#     put($s, "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n");
#     my ($status, $head, $body) = answered($s);

use strict;
use warnings;

use ApiTest;
use Exporter qw(import);
use IO::Socket::INET;
use Time::HiRes qw(sleep);

our @EXPORT = qw(single connected put answered);

my ($pid, $dir, $port);


sub single {
    ($dir, $port, my $http) = @_;

    my $nginx   = $ENV{TEST_NGINX_BINARY} // '/usr/sbin/nginx';
    my $modules = join "\n", map { "load_module $_;" }
        split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';

    write_file("$dir/nginx.conf", <<"END_OF_CONF");
$modules
daemon off;
master_process off;
pid $dir/pid;
error_log $dir/error.log notice;
events { worker_connections 64; }
http {
    access_log off;
    client_max_body_size 8m;
    client_body_buffer_size 4m;
    client_body_temp_path $dir/b; proxy_temp_path $dir/p;
    fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
    api_body_limit 4m;
    api_state $dir;
$http
}
END_OF_CONF

    $pid = fork // die "fork: $!\n";

    if (!$pid) {
        open STDERR, '>', "$dir/stderr";
        exec $nginx, '-p', $dir, '-e', "$dir/error.log",
            '-c', "$dir/nginx.conf";
        die "exec: $!\n";
    }

    return;
}


END {
    local $?;

    if ($pid) {
        kill 'TERM', $pid;
        waitpid $pid, 0;
    }
}


sub connected {
    for (1 .. 1200) {
        my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");

        return $s if $s;
        die 'nginx does not start: ', slurp("$dir/error.log")
            if waitpid($pid, 1) == $pid;
        sleep 0.05;
    }

    die "nginx does not start\n";
}


sub put {
    my ($s, $text) = @_;

    while (length $text) {
        my $n = syswrite $s, $text or die "write: $!\n";
        substr $text, 0, $n, '';
    }

    return;
}


# An answer with Content-Length, and not a byte of the next one.  Cut short: 0.

sub answered {
    my ($s) = @_;
    my ($head, $body) = ('', '');

    while ($head !~ /\r\n\r\n/) {
        sysread $s, $head, 1, length $head or return (0, $head, '');
    }

    my ($status) = $head =~ m{^HTTP/1\.1 (\d+)};
    my $size = $head =~ /\nContent-Length: (\d+)/i ? $1 : 0;

    while (length $body < $size) {
        sysread $s, $body, $size - length $body, length $body
            or return (0, $head, $body);
    }

    return ($status // 0, $head, $body);
}


1;
