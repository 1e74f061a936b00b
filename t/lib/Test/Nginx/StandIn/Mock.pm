package Test::Nginx::StandIn::Mock;

# The upstream of the tcp_listen section: one connection, read, reply.

use strict;
use warnings;

use File::Temp ();
use IO::Socket::INET ();
use IO::Socket::UNIX ();
use POSIX ();
use Test::More ();
use Test::Nginx::StandIn::Check qw(is_str);
use Test::Nginx::StandIn::Options qw(%opt seconds);
use Time::HiRes qw(sleep time);

use constant { STEP => 0.002, PATIENCE => 3 };

my %alive;


sub start {
    my ($class, $block) = @_;

    return unless defined $block->tcp_listen;

    my $self = bless {
        block  => $block,
        listen => listener($block),
        dir    => File::Temp->newdir,
    }, $class;

    $self->{pid} = fork // die "fork: $!\n";
    $self->serve if !$self->{pid};

    close $self->{listen};
    $alive{ $self->{pid} } = $self;
    return $self;
}


sub listener {
    my ($block) = @_;

    my $where = $block->tcp_listen;
    $where =~ s/\s+\z//;

    if ($where =~ /\.sock\z/) {
        unlink $where;
        return IO::Socket::UNIX->new(Local => $where, Listen => 5)
            // die $block->name . ": tcp_listen $where: $!\n";
    }

    die $block->name . ": bad tcp_listen \"$where\"\n"
        unless $where =~ /\A\d+\z/;
    return IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $where, Proto => 'tcp',
        Listen => 5, ReuseAddr => 1,
    ) // die $block->name . ": tcp_listen $where: $@\n";
}


# the child: never returns
sub serve {
    my ($self) = @_;

    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP __DIE__);
    $SIG{PIPE} = 'IGNORE';

    my $ok = eval { $self->converse($self->{listen}->accept); 1 };
    print STDERR $self->{block}->name . ": tcp_listen: $@" unless $ok;
    POSIX::_exit($ok ? 0 : 1);
}


sub converse {
    my ($self, $client) = @_;

    my $block = $self->{block};
    my $need  = $block->tcp_query_len // length($block->tcp_query // '') || 1;
    my $query = '';

    while (length $query < $need) {
        sysread($client, $query, 65536, length $query) or last;
        $self->save($query);
    }

    my $reply = $block->tcp_reply;
    $reply = $reply->($query) if ref $reply eq 'CODE';
    sleep seconds($block->tcp_reply_delay)
        if defined $block->tcp_reply_delay;

    for my $part (ref $reply ? @$reply : $reply // ()) {
        syswrite $client, $part;
    }

    # stay until the other side goes, or we are ended
    if (defined $block->tcp_no_close) {
        1 while sysread $client, my $more, 65536;
    }

    close $client;
    return;
}


# whole or not at all: the parent may look at any time
sub save {
    my ($self, $query) = @_;

    open my $fh, '>:raw', "$self->{dir}/new" or die "$!\n";
    print {$fh} $query;
    close $fh or die "$!\n";
    rename "$self->{dir}/new", "$self->{dir}/query" or die "$!\n";
    return;
}


sub query {
    my ($self) = @_;

    open my $fh, '<:raw', "$self->{dir}/query" or return '';
    local $/;
    return <$fh> // '';
}


sub tests {
    my ($self, $block) = @_;

    my $name = $block->name;
    my @tests;

    push @tests, ["$name - tcp_query_len", sub {
        my $want = $block->tcp_query_len;
        Test::More::is(length $self->query_of($want), $want, $_[0]);
    }] if defined $block->tcp_query_len;

    push @tests, ["$name - tcp_query", sub {
        my $want = $block->tcp_query;
        is_str($self->query_of(ref $want ? 1 : length $want), $want, $_[0]);
    }] if defined $block->tcp_query;

    return @tests;
}


sub query_of {
    my ($self, $length) = @_;

    my $end = time + PATIENCE;
    while (length $self->query < $length && time < $end) {
        sleep STEP;
    }

    return $self->query;
}


sub stop {
    my ($self) = @_;
    local ($?, $!);

    delete $alive{ $self->{pid} };
    kill 'KILL', $self->{pid};
    waitpid $self->{pid}, 0;
    return;
}


sub stop_all {
    $_->stop for values %alive;
    return;
}

1;
