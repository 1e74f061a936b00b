package Test::Nginx::StandIn::Process;

# One nginx in the foreground, as a child of ours in a process group of its
# own, so that waitpid tells the truth and nothing else is ever signalled.
#
#     start ──pid file──> running ──TERM──> gone
#       │                    │                ^
#       └──exits: failed     └──still there: KILL to the group
#
# nginx writes its pid file after it has opened its listening sockets: from
# then on the kernel queues connections, so there is no need to try one, and
# the logs and counters see our requests only.

use strict;
use warnings;

use POSIX qw(WNOHANG SIGTERM);
use Test::Nginx::StandIn::Options qw(%opt);
use Time::HiRes qw(sleep time);

use constant {
    STEP      => 0.0003,
    AGAIN     => 0.05,
    PDEATHSIG => 1,         # prctl(2)
};

# number of prctl(2); elsewhere a killed test leaves nginx to its END block
my %PRCTL = (x86_64 => 157, aarch64 => 167);

my %alive;


sub start {
    my ($class, %args) = @_;

    my $self = bless { patience => 10, %args }, $class;
    unlink $self->{pid_file};

    $self->{pid}   = $self->spawn;
    $self->{start} = time;
    $alive{ $self->{pid} } = $self;
    return $self;
}


sub spawn {
    my ($self) = @_;

    my $parent = $$;
    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;

    # a signal meant for the test must not run its handlers here
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE __DIE__);

    POSIX::setpgid(0, 0);
    die_with($parent) unless $opt{no_clean};

    open STDIN, '<', '/dev/null';
    open STDOUT, '>>', $self->{stderr};
    open STDERR, '>>', $self->{stderr};

    no warnings 'exec';
    exec { $self->{command}[0] } @{ $self->{command} };
    print STDERR "cannot run $self->{command}[0]: $!\n";
    POSIX::_exit(127);
}


# even a killed test takes its nginx along
sub die_with {
    my ($parent) = @_;

    my $number = $PRCTL{ (POSIX::uname())[4] };
    syscall $number, PDEATHSIG, SIGTERM, 0, 0, 0 if $number;
    POSIX::_exit(127) if getppid != $parent;
    return;
}


# true once nginx listens, false if it ended or ran out of time
sub wait_ready {
    my ($self) = @_;

    while (time - $self->{start} < $self->{patience}) {
        return 1 if -s $self->{pid_file};
        return 0 if $self->gone;
        sleep STEP;
    }

    $self->{late} = 1;
    return 0;
}


# reaps; the status is waitpid's
sub gone {
    my ($self) = @_;

    return 1 if defined $self->{status};
    my $pid = waitpid $self->{pid}, WNOHANG;
    return 0 if $pid == 0;

    $self->{status} = $pid == $self->{pid} ? $? : -1;
    delete $alive{ $self->{pid} };
    return 1;
}


sub wait_gone {
    my ($self, $limit) = @_;

    my $end = time + $limit;
    until ($self->gone) {
        return 0 if time > $end;
        sleep STEP;
    }

    return 1;
}


sub signal {
    my ($self, $name) = @_;
    return $self->gone ? 0 : kill $name, $self->{pid};
}


# The ladder; returns what went wrong, nothing if all went well.
sub stop {
    my ($self) = @_;
    local ($?, $!);

    my $pid   = $self->{pid};
    my $early = $self->gone;

    my $late  = !$self->terminate;

    # a master that died leaves its workers in the group
    kill 'KILL', -$pid if $late || $self->{status};
    $self->wait_gone(5);

    return 'nginx did not end at TERM' if $late;
    return verdict($self->{status}, $early ? 'nginx ended early' : undef);
}


# A single nginx that is told to end just before it goes to sleep in
# epoll_wait sleeps on: it looks only when it wakes. So tell it again.
sub terminate {
    my ($self) = @_;

    my $end = time + $self->{patience};
    while (time < $end) {
        $self->signal('TERM');
        return 1 if $self->wait_gone(AGAIN);
    }

    return 0;
}


sub verdict {
    my ($status, $early) = @_;

    return sprintf 'nginx died of signal %d', $status & 127 if $status & 127;
    return sprintf 'nginx exited with code %d', $status >> 8 if $status;
    return $early;
}


# whatever way the test ends
sub stop_all {
    local ($?, $!);
    $_->stop for values %alive;
    return;
}


# child processes of the master, by parent pid
sub workers {
    my ($self) = @_;

    my @pids;
    for my $file (glob '/proc/[0-9]*/stat') {
        open my $fh, '<', $file or next;
        my $line = <$fh> // next;
        my ($pid, $ppid) = $line =~ /\A(\d+) \(.*\) \S (\d+)/s or next;
        push @pids, $pid if $ppid == $self->{pid};
    }

    return @pids;
}

1;
