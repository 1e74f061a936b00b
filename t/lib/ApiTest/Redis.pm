package ApiTest::Redis;

# A real redis-server (.ci/redis) on a port of 127.0.0.1, that a test starts,
# asks, stops, wakes and kills.
#
#     my $redis = ApiTest::Redis->start('--requirepass', 'secret');
#     $redis->ask('GET', 'key');
#
# and a proxy in front of it that does what networks do:
#
#     my $proxy = ApiTest::Redis::Proxy->start($redis, mode => 'slow:0.05');
#
# What a node says of its store "s", and waiting for that to change:
#
#     until_true('it is up', sub { number($node, 'up') eq 'true' });

use strict;
use warnings;

use Exporter qw(import);
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use Test::More ();
use Test::Nginx::StandIn::Port;
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(number until_true);

my $count = 0;
my $root;


# The folder it is unpacked in, or nothing.

sub root {
    $root //= (`.ci/redis 2>/dev/null` =~ /(\S+)/ ? $1 : '');
    return $root;
}


# A figure of the store "s" in the status of an ApiTest::Server; -1 for none.

sub number {
    my ($node, $name) = @_;
    my (undef, undef, $body) = $node->get('/_api/');
    my ($n) = ($body // '')
        =~ /"stores":\{"s":\{[^}]*"$name":(\d+|true|false)/;
    return $n // -1;
}


# A test that passes as soon as $true is; seconds: how long it may take.

sub until_true {
    my ($what, $true, $seconds) = @_;
    my $end = time + ($seconds // 30);

    while (time < $end) {
        return Test::More::pass($what) if $true->();
        sleep 0.05;
    }

    return Test::More::fail($what);
}


sub start {
    my ($class, @args) = @_;

    my $self = bless {
        dir   => tempdir('api-redis-XXXXXX', TMPDIR => 1, CLEANUP => 1),
        host  => '127.0.0.1',
        port  => Test::Nginx::StandIn::Port::named('redis' . $count++),
        owner => $$,
    }, $class;

    $self->run(@args);
    return $self;
}


# Another one, at another address and the same port.

sub beside {
    my ($self, $host) = @_;

    my $other = bless { %$self, host => $host,
        dir => tempdir('api-redis-XXXXXX', TMPDIR => 1, CLEANUP => 1),
    }, ref $self;

    $other->run;
    return $other;
}


# Again, on the same port, with nothing in it.

sub run {
    my ($self, @args) = @_;
    my $root = root();
    my @port = grep({ $_ eq '--tls-port' } @args) ? () : ('--port', $self->{port});

    my $pid = fork // die "fork: $!";
    if (!$pid) {
        $ENV{LD_LIBRARY_PATH} = join ':', glob "$root/usr/lib/*";
        open STDOUT, '>', "$self->{dir}/log";
        open STDERR, '>&', \*STDOUT;
        chdir $self->{dir};
        exec "$root/usr/bin/redis-server", @port, '--bind', $self->{host},
            '--save', '', '--appendonly', 'no', '--enable-debug-command',
            'yes', @args;
        exit 127;
    }

    $self->{pid} = $pid;

    for (1 .. 500) {
        return $self if $self->connected;
        die "redis-server does not start: $self->{dir}/log"
            if waitpid($pid, 1) == $pid;
        sleep 0.02;
    }

    die "redis-server does not answer\n";
}


sub connected {
    my ($self) = @_;
    return IO::Socket::INET->new(PeerAddr => "$self->{host}:$self->{port}",
        Timeout => 5);
}


# A command; the answer as one text: errors with their -, lists by spaces.

sub ask {
    my ($self, @words) = @_;
    my $socket = $self->connected or return;

    if (ref $words[0]) {
        my $auth = shift @words;
        print {$socket} encode('AUTH', @$auth);
        answer($socket);
    }

    print {$socket} encode(@words);
    return answer($socket);
}


sub encode {
    return join '', '*' . @_ . "\r\n", map { '$' . length($_) . "\r\n$_\r\n" } @_;
}


sub answer {
    my ($socket) = @_;
    my $line = <$socket> // return;
    $line =~ s/\r\n//;

    return $1 if $line =~ /^[+:](.*)/;
    return $line if $line =~ /^-/;

    if ($line =~ /^\$(-?\d+)/) {
        return undef if $1 < 0;
        read $socket, my $bytes, $1 + 2;
        return substr $bytes, 0, -2;
    }

    my ($n) = $line =~ /^\*(\d+)/;
    return join ' ', map { answer($socket) // '' } 1 .. $n // 0;
}


# One number of INFO.

sub info {
    my ($self, $name) = @_;
    my $text = $self->ask('INFO', 'everything') // '';
    return $text =~ /^\Q$name\E:(?:calls=)?(\d+)/m ? $1 : 0;
}


sub calls { my ($self, $command) = @_; return $self->info("cmdstat_$command") }

sub pause { kill 'STOP', $_[0]{pid}; return }

sub wake { kill 'CONT', $_[0]{pid}; return }


sub kill9 {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    kill 'KILL', $pid;
    waitpid $pid, 0;
    return;
}


sub DESTROY {
    my ($self) = @_;
    local ($?, $!, $@);
    $self->kill9 if $self->{owner} == $$;
    return;
}


package ApiTest::Redis::Proxy;

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(sleep time);


# mode: pass; slow:SECONDS before each answer; bytes (one at a time); silent
# (nothing comes back); reset (at the first answer); cut (half an answer, then
# the end); say:TEXT (instead of the first answer).  A file holds it, so that
# it changes while the proxy runs.

sub start {
    my ($class, $redis, %args) = @_;

    my $self = bless {
        redis => $redis,
        port  => Test::Nginx::StandIn::Port::named('proxy' . $count++),
        file  => "$redis->{dir}/mode",
        owner => $$,
    }, $class;

    $self->mode($args{mode} // 'pass');

    my $listen = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $self->{port},
        Listen => 50, ReuseAddr => 1) or die "proxy: $!";

    my $pid = fork // die "fork: $!";
    if (!$pid) {
        $SIG{PIPE} = 'IGNORE';    # who no longer waits for a late answer
        eval { $self->serve($listen) };
        require POSIX;
        POSIX::_exit(0);
    }

    $self->{pid} = $pid;
    return $self;
}


sub mode {
    my ($self, $mode) = @_;
    open my $fh, '>', "$self->{file}.new" or die;
    print $fh $mode;
    close $fh;
    rename "$self->{file}.new", $self->{file};
    return;
}


sub now_mode {
    my ($self) = @_;
    open my $fh, '<', $self->{file} or return 'pass';
    local $/;
    return scalar <$fh>;
}


sub serve {
    my ($self, $listen) = @_;
    my $select = IO::Select->new($listen);
    my %peer;

    my $drop = sub {
        my ($socket) = @_;
        for my $s ($socket, delete $peer{$socket}) {
            next if !$s;
            delete $peer{$s};
            $select->remove($s);
            close $s;
        }
    };

    while (1) {
        for my $socket ($select->can_read(1)) {
            if ($socket == $listen) {
                my $client = $listen->accept or next;
                my $server = $self->{redis}->connected;
                if (!$server) { close $client; next }
                ($peer{$client}, $peer{$server}) = ($server, $client);
                $self->{server}{$server} = 1;
                $select->add($client, $server);
                next;
            }

            next if !defined fileno $socket;    # went with its peer just now

            my $n = sysread $socket, my $bytes, 65536;
            if (!$n) { $drop->($socket); next }

            my $to = $peer{$socket} or next;

            if (!$self->{server}{$socket}) {
                syswrite $to, $bytes;
                next;
            }

            $self->back($to, $bytes) or $drop->($to);
        }
    }

    return;
}


# An answer on its way; false: the connection ends.

sub back {
    my ($self, $to, $bytes) = @_;
    my $mode = $self->now_mode;

    return 1 if $mode eq 'silent';

    if ($mode =~ /^slow:(.*)/) {
        sleep $1;
        syswrite $to, $bytes;

    } elsif ($mode eq 'bytes') {
        for my $c (split //, $bytes) {
            syswrite $to, $c;
            sleep 0.0005;
        }

    } elsif ($mode eq 'reset') {
        setsockopt $to, Socket::SOL_SOCKET(), Socket::SO_LINGER(),
            pack 'll', 1, 0;
        return 0;

    } elsif ($mode eq 'cut') {
        syswrite $to, substr $bytes, 0, length($bytes) / 2;
        return 0;

    } elsif ($mode =~ /^say:(.*)/s) {
        syswrite $to, $1;

    } else {
        syswrite $to, $bytes;
    }

    return 1;
}


sub DESTROY {
    my ($self) = @_;
    local ($?, $!, $@);
    return if $self->{owner} != $$;
    kill 'KILL', $self->{pid};
    waitpid $self->{pid}, 0;
    return;
}


1;
