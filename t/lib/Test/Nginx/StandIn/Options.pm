package Test::Nginx::StandIn::Options;

# Settings of a test file: what the environment says, and what the file then
# changes by calling the functions exported here.

use strict;
use warnings;

use Cwd ();
use Exporter 'import';
use File::Temp ();
use Test::Nginx::StandIn::Port;

our @SETTERS = qw(
    repeat_each workers log_level worker_connections timeout server_addr
    server_name config_preamble master_on master_off no_shuffle
    no_long_string no_root_location use_hup check_accum_error_log
    env_to_nginx server_port server_port_for_client server_root html_dir
    add_block_preprocessor add_cleanup_handler add_response_body_check
);
our @EXPORT_OK = (@SETTERS, qw(%opt seconds nginx_version));

# Modes of the real library that change what a test means: refused.
my @UNSUPPORTED = qw(
    BENCHMARK CHECK_LEAK USE_STAP USE_RR USE_HTTP3 NO_NGINX_MANAGER
    REUSE_PORT IGNORE_MISSING_DIRECTIVES ERROR_LOG
);

for my $name (@UNSUPPORTED) {
    die "TEST_NGINX_$name is unsupported by the stand-in"
        . " (install the real Test::Nginx to use it)\n"
        if $ENV{"TEST_NGINX_$name"};
}

our %opt = (
    binary             => $ENV{TEST_NGINX_BINARY} || find_nginx(),
    modules            => [split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // ''],
    repeat_each        => 1,
    workers            => 1,
    worker_connections => 128,
    worker_user        => $ENV{TEST_NGINX_WORKER_USER} || 'root',
    log_level          => $ENV{TEST_NGINX_LOG_LEVEL} || 'debug',
    master             => $ENV{TEST_NGINX_MASTER_PROCESS} || 'off',
    server_addr        => '127.0.0.1',
    server_name        => 'localhost',
    preamble           => '',
    event_type         => $ENV{TEST_NGINX_EVENT_TYPE},
    postpone_output    => $ENV{TEST_NGINX_POSTPONE_OUTPUT},
    hup                => $ENV{TEST_NGINX_USE_HUP},
    http2              => $ENV{TEST_NGINX_USE_HTTP2},
    valgrind           => $ENV{TEST_NGINX_USE_VALGRIND},
    verbose            => $ENV{TEST_NGINX_VERBOSE},
    no_clean           => $ENV{TEST_NGINX_NO_CLEAN},
    no_shuffle         => $ENV{TEST_NGINX_NO_SHUFFLE},
    sleep              => $ENV{TEST_NGINX_SLEEP} || 0.015,
    timeout            => $ENV{TEST_NGINX_TIMEOUT} || 3,
    env                => [],
    preprocessors      => [],
    cleanups           => [],
    body_checks        => [],
);


# Debian keeps it where only root's PATH looks
sub find_nginx {
    my ($found) = grep { -x } map { "$_/nginx" }
        split(/:/, $ENV{PATH} // ''), '/usr/sbin';
    return $found // 'nginx';
}


# "50ms", "1.5s", "2"
sub seconds {
    my ($text) = @_;

    $text =~ /\A\s*(\d+(?:\.\d+)?|\.\d+)\s*(ms|s)?\s*\z/
        or die "bad time \"$text\"\n";
    return ($2 // 's') eq 'ms' ? $1 / 1000 : $1;
}


sub value {
    my $key = shift;
    $opt{$key} = shift if @_;
    return $opt{$key};
}


sub repeat_each        { return value('repeat_each', @_) }
sub workers            { return value('workers', @_) }
sub log_level          { return value('log_level', @_) }
sub worker_connections { return value('worker_connections', @_) }
sub timeout            { return value('timeout', @_) }
sub server_addr        { return value('server_addr', @_) }
sub server_name        { return value('server_name', @_) }
sub config_preamble    { return value('preamble', @_) }
sub master_on          { return value('master', 'on') }
sub master_off         { return value('master', 'off') }
sub no_shuffle         { return value('no_shuffle', 1) }
sub no_long_string     { return value('no_long_string', 1) }
sub no_root_location   { return value('no_root', 1) }
sub use_hup            { return value('hup', 1) }
sub check_accum_error_log { return value('accumulate', 1) }

sub add_block_preprocessor  { push @{ $opt{preprocessors} }, @_; return }
sub add_cleanup_handler     { push @{ $opt{cleanups} }, @_; return }
sub add_response_body_check { push @{ $opt{body_checks} }, @_; return }
sub env_to_nginx            { push @{ $opt{env} }, @_; return }


sub server_port {
    $opt{server_port} = shift if @_;
    return $opt{server_port} //= $ENV{TEST_NGINX_SERVER_PORT}
        || $ENV{TEST_NGINX_PORT}
        || Test::Nginx::StandIn::Port::claim();
}


sub server_port_for_client {
    $opt{client_port} = shift if @_;
    return $opt{client_port} // $ENV{TEST_NGINX_CLIENT_PORT} // server_port();
}


# One folder a process, so that prove -j needs no further setting.
sub server_root {
    $opt{root} = shift if @_;
    return $opt{root} //= $ENV{TEST_NGINX_SERVROOT} || own_root();
}


sub own_root {
    my $cwd = Cwd::getcwd();
    return "$cwd/t/servroot_$$" if -d "$cwd/t" && -w "$cwd/t";

    my $dir = File::Temp::tempdir('servroot_XXXXXX', TMPDIR => 1);
    chmod 0755, $dir;
    return $dir;
}


sub html_dir {
    return server_root() . '/html';
}


# "1.22.1" as 1022001, the way nginx's own nginx_version counts
sub nginx_version {
    return $opt{version} //= do {
        open my $out, '-|', "exec \Q$opt{binary}\E -v 2>&1"
            or die "cannot run $opt{binary}: $!\n";
        my $text = do { local $/; <$out> } // '';
        close $out;

        $text =~ m{nginx/(\d+)\.(\d+)\.(\d+)}
            or die "cannot run $opt{binary} -v: $text\n";
        $1 * 1_000_000 + $2 * 1000 + $3;
    };
}

1;
