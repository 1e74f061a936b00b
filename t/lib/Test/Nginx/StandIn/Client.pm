package Test::Nginx::StandIn::Client;

# Sends the requests of one connection, returns their responses.

use strict;
use warnings;

use Errno qw(EAGAIN EINTR EWOULDBLOCK);
use Exporter 'import';
use IO::Select ();
use IO::Socket::INET ();
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Test::Nginx::StandIn::Options qw(%opt server_port_for_client);
use Test::Nginx::StandIn::Http2;
use Test::Nginx::StandIn::Response;
use Time::HiRes qw(sleep);

our @EXPORT_OK = qw(http1 http2 curl_line);


# {responses => [...], timed_out => bool, error => text}
sub http1 {
    my ($requests, %how) = @_;

    my $self = bless { %how, responses => [] }, __PACKAGE__;
    ($self->{socket}, my $error) = connection($how{timeout});
    return { responses => [], error => $error } unless $self->{socket};

    local $SIG{PIPE} = 'IGNORE';
    $self->{select} = IO::Select->new($self->{socket});
    $self->{queue}  = [map { Test::Nginx::StandIn::Response
                             ->new($_->{method}) } @$requests];

    $self->send_packet($_) for map { @{ $_->{packets} } } @$requests;
    shutdown $self->{socket}, $how{shutdown} if defined $how{shutdown};

    $self->receive until $self->{over};
    close $self->{socket};

    $_->end for @{ $self->{queue} };
    return {
        responses => [@{ $self->{responses} }, @{ $self->{queue} }],
        timed_out => $self->{timed_out},
    };
}


# The server may answer and close before it has read all: a failed write
# only ends the writing.
sub send_packet {
    my ($self, $packet) = @_;

    sleep $packet->{delay_before} if $packet->{delay_before};

    my ($bytes, $at) = ($packet->{value}, 0);
    utf8::encode($bytes) if utf8::is_utf8($bytes);

    while ($at < length $bytes && !$self->{deaf}) {
        if (!$self->{select}->can_write($self->{timeout})) {
            return $self->{deaf} = $self->{timed_out} = $self->{over} = 1;
        }

        my $n = syswrite $self->{socket}, $bytes, length($bytes) - $at, $at;
        next if !defined $n && again();

        return $self->{deaf} = 1 unless defined $n;
        $at += $n;
    }

    return;
}


sub receive {
    my ($self) = @_;

    if (!$self->{select}->can_read($self->{timeout})) {
        $self->{timed_out} = !$self->{answered};
        return $self->{over} = 1;
    }

    my $n = sysread $self->{socket}, my $bytes, 65536;
    return if !defined $n && again();
    return $self->{over} = 1 unless $n;

    return $self->deliver($bytes);
}


sub deliver {
    my ($self, $bytes) = @_;

    while (my $response = $self->{queue}[0]) {
        $response->feed($bytes) or return;

        push @{ $self->{responses} }, shift @{ $self->{queue} };
        $bytes = $response->rest;

        # nginx logs before it closes: to have it close, and to read on till
        # then, is to find the log written
        if (!@{ $self->{queue} }) {
            $self->{answered} = 1;
            shutdown $self->{socket}, 1 unless $response->closes;
        }
    }

    return;
}


sub again {
    return $! == EAGAIN || $! == EWOULDBLOCK || $! == EINTR;
}


sub http2 {
    my ($request, %how) = @_;

    my ($socket, $error) = connection($how{timeout});
    return { responses => [], error => $error } unless $socket;

    local $SIG{PIPE} = 'IGNORE';
    return Test::Nginx::StandIn::Http2::exchange($socket, $request, %how);
}


sub connection {
    my ($timeout) = @_;

    my $socket = IO::Socket::INET->new(
        PeerAddr => $opt{server_addr},
        PeerPort => server_port_for_client(),
        Proto    => 'tcp',
        Timeout  => $timeout,
    ) or return (undef, "cannot connect: $@");

    # a packet of a test is to leave as one, at once
    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
    $socket->blocking(0);
    return $socket;
}


sub base_url {
    return "http://$opt{server_addr}:" . server_port_for_client();
}


# the command of the "curl" section, for a person to paste
sub curl_line {
    my ($request) = @_;

    my @words = qw(curl -i -sS);
    push @words, '-X', $request->{method} if $request->{method} ne 'GET';
    push @words, '-H', $_ for grep { !/\A(?:Host: localhost|Connection):?/ }
        @{ $request->{headers} };
    push @words, '--data-binary', $request->{body} if length $request->{body};
    push @words, base_url() . $request->{url};

    return join ' ', map { m{\A[\w./:=\@%+-]+\z} ? $_ : shell_quote($_) }
        @words;
}


sub shell_quote {
    my ($word) = @_;

    $word =~ s/'/'\\''/g;
    return "'$word'";
}

1;
