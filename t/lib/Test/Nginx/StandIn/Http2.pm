package Test::Nginx::StandIn::Http2;

# One request over HTTP/2 with prior knowledge, RFC 9113, on a connection of
# its own. The real library runs curl here; curl 7.88 forgets a response that
# comes before it has sent the body, which is what a refusal is.
#
#     preface, SETTINGS, HEADERS, DATA... ──> response ──> PING ──> its ack
#
# The PING goes out when the response is complete: nginx answers it after it
# has logged the request.

use strict;
use warnings;

use IO::Select ();
use Test::Nginx::StandIn::Hpack;
use Test::Nginx::StandIn::Response;
use Time::HiRes qw(sleep);

use constant {
    DATA => 0, HEADERS => 1, RST_STREAM => 3, SETTINGS => 4, PING => 6,
    GOAWAY => 7, WINDOW_UPDATE => 8, CONTINUATION => 9,

    END_STREAM => 1, ACK => 1, END_HEADERS => 4, PADDED => 8,
    PRIORITY_FLAG => 32,

    INITIAL_WINDOW_SIZE => 4,

    PREFACE   => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    WINDOW    => 65535,
    MAX_FRAME => 16384,
    LARGEST   => 2**31 - 1,
};

# not for HTTP/2 (RFC 9113, 8.2.2)
my $HOP_BY_HOP = qr/\A(?:connection|keep-alive|transfer-encoding|host)\z/;


sub exchange {
    my ($socket, $request, %how) = @_;

    my $self = bless {
        socket   => $socket,
        select   => IO::Select->new($socket),
        timeout  => $how{timeout},
        response => Test::Nginx::StandIn::Response->new($request->{method}),
        hpack    => Test::Nginx::StandIn::Hpack->new,
        buffer   => '', block => '',
        window   => WINDOW, stream_window => WINDOW, initial => WINDOW,
    }, __PACKAGE__;

    $self->greet;
    $self->send_request($request);
    $self->receive until $self->{over};

    my $response = $self->{response};
    $response->{problem} //= 'no complete response'
        unless $response->{state} eq 'done';
    return {
        responses => [$response],
        timed_out => $self->{timed_out},
        error     => $self->{error},
    };
}


sub greet {
    my ($self) = @_;

    $self->put(PREFACE
        . frame(SETTINGS, 0, 0, pack 'nN', INITIAL_WINDOW_SIZE, LARGEST)
        . frame(WINDOW_UPDATE, 0, 0, pack 'N', LARGEST - WINDOW));
    return;
}


sub frame {
    my ($type, $flags, $stream, $payload) = @_;

    my $length = length $payload;
    return pack('CnCCN', $length >> 16, $length & 0xffff, $type, $flags,
                $stream) . $payload;
}


sub send_request {
    my ($self, $request) = @_;

    my @parts = grep { length $_->{value} } @{ $request->{parts} };
    my $block = Test::Nginx::StandIn::Hpack::encode(fields($request));
    my $type  = HEADERS;
    my $flags = @parts ? 0 : END_STREAM;

    while (length $block || $type == HEADERS) {
        my $part = substr $block, 0, MAX_FRAME, '';
        $flags |= END_HEADERS unless length $block;
        $self->put(frame($type, $flags, 1, $part));
        ($type, $flags) = (CONTINUATION, 0);
    }

    for my $i (0 .. $#parts) {
        sleep $parts[$i]{delay_before} if $i && $parts[$i]{delay_before};
        $self->send_data($parts[$i]{value}, $i == $#parts);
    }

    return;
}


sub fields {
    my ($request) = @_;

    my @fields = map { [/\A([^:]*?)\s*:\s*(.*?)\s*\z/s] }
        @{ $request->{headers} };
    my ($host) = map { $_->[1] } grep { lc $_->[0] eq 'host' } @fields;

    return (
        [':method', $request->{method}], [':scheme', 'http'],
        defined $host ? [':authority', $host] : (),
        [':path', $request->{url}],
        grep { $_->[0] !~ $HOP_BY_HOP } map { [lc $_->[0], $_->[1]] } @fields,
    );
}


# as much as both windows allow; a response may end the sending
sub send_data {
    my ($self, $bytes, $last) = @_;

    utf8::encode($bytes) if utf8::is_utf8($bytes);

    while (length $bytes && !$self->{over} && !$self->{answered}) {
        my $room = $self->{window} < $self->{stream_window}
            ? $self->{window} : $self->{stream_window};

        if ($room <= 0) {
            $self->receive;
            next;
        }

        my $part = substr $bytes, 0, $room < MAX_FRAME ? $room : MAX_FRAME,
            '';
        $self->{$_} -= length $part for qw(window stream_window);
        $self->put(frame(DATA, $last && !length $bytes ? END_STREAM : 0, 1,
                         $part));
    }

    return;
}


sub put {
    my ($self, $bytes) = @_;

    while (length $bytes && !$self->{deaf}) {
        if (!$self->{select}->can_write($self->{timeout})) {
            return $self->{deaf} = $self->{timed_out} = $self->{over} = 1;
        }

        my $n = syswrite $self->{socket}, $bytes;
        next if !defined $n && Test::Nginx::StandIn::Client::again();

        # what nginx has sent before it closed may still be read
        return $self->{deaf} = 1 unless defined $n;
        substr $bytes, 0, $n, '';
    }

    return;
}


sub receive {
    my ($self) = @_;

    if (!$self->{select}->can_read($self->{timeout})) {
        return $self->{timed_out} = $self->{over} = 1;
    }

    my $n = sysread $self->{socket}, $self->{buffer}, 65536,
        length $self->{buffer};
    return if !defined $n && Test::Nginx::StandIn::Client::again();
    return $self->{over} = 1 unless $n;

    while (length $self->{buffer} >= 9) {
        my ($high, $low, $type, $flags, $stream)
            = unpack 'CnCCN', $self->{buffer};
        my $length = $high << 16 | $low;
        last if length $self->{buffer} < 9 + $length;

        my $payload = substr $self->{buffer}, 0, 9 + $length, '';
        $self->take($type, $flags, $stream, substr $payload, 9);
    }

    return;
}


my %TAKE = (
    DATA,          \&take_data,     HEADERS,    \&take_headers,
    CONTINUATION,  \&take_headers,  RST_STREAM, \&take_reset,
    SETTINGS,      \&take_settings, PING,       \&take_ping,
    GOAWAY,        \&take_goaway,   WINDOW_UPDATE, \&take_window,
);

sub take {
    my ($self, $type, $flags, $stream, $payload) = @_;

    my $take = $TAKE{$type} or return;
    return $take->($self, $payload, $flags, $stream, $type);
}


sub take_data {
    my ($self, $payload, $flags) = @_;

    $self->{response}{body} .= unpad($payload, $flags);
    return $self->complete if $flags & END_STREAM;
    return;
}


sub unpad {
    my ($payload, $flags) = @_;

    return $payload unless $flags & PADDED;
    my $pad = ord $payload;
    return substr $payload, 1, length($payload) - 1 - $pad;
}


sub take_headers {
    my ($self, $payload, $flags, $stream, $type) = @_;

    if ($type == HEADERS) {
        $payload = unpad($payload, $flags);
        substr $payload, 0, 5, '' if $flags & PRIORITY_FLAG;
        $self->{ends} = $flags & END_STREAM;
    }

    $self->{block} .= $payload;
    return unless $flags & END_HEADERS;

    my @fields = $self->{hpack}->decode($self->{block});
    $self->{block} = '';

    # after the first come trailers, which no section looks at
    $self->set_head(@fields) if $self->{response}{head} eq '';
    return $self->complete if $self->{ends};
    return;
}


sub set_head {
    my ($self, @fields) = @_;

    my $response = $self->{response};
    my ($status) = map { $_->[1] } grep { $_->[0] eq ':status' } @fields;
    @fields = grep { $_->[0] !~ /\A:/ } @fields;

    return if ($status // '') =~ /\A1/;
    $response->{code}    = $status // '';
    $response->{headers} = \@fields;
    $response->{head}    = "HTTP/2 $response->{code} \r\n"
        . join '', map { "$_->[0]: $_->[1]\r\n" } @fields;
    return;
}


sub complete {
    my ($self) = @_;

    return if $self->{answered};
    $self->{answered} = 1;
    $self->{response}{state} = 'done';
    $self->put(frame(PING, 0, 0, 'all done'));
    return;
}


# NO_ERROR after the response says that the rest of the body is not wanted
sub take_reset {
    my ($self, $payload) = @_;

    return if $self->{answered};
    $self->{error} = 'stream reset, error ' . unpack 'N', $payload;
    $self->{over}  = 1;
    return;
}


sub take_settings {
    my ($self, $payload, $flags) = @_;

    return if $flags & ACK;

    my %settings = unpack '(nN)*', $payload;
    if (defined(my $size = $settings{+INITIAL_WINDOW_SIZE})) {
        $self->{stream_window} += $size - $self->{initial};
        $self->{initial} = $size;
    }

    $self->put(frame(SETTINGS, ACK, 0, ''));
    return;
}


sub take_ping {
    my ($self, $payload, $flags) = @_;

    return $self->{over} = 1 if $flags & ACK;
    $self->put(frame(PING, ACK, 0, $payload));
    return;
}


sub take_goaway {
    my ($self, $payload) = @_;

    my ($last, $error) = unpack 'NN', $payload;
    $self->{error} = "connection refused, error $error"
        if $error && !$self->{answered};
    return;
}


sub take_window {
    my ($self, $payload, $flags, $stream) = @_;

    $self->{ $stream ? 'stream_window' : 'window' } += unpack 'N', $payload;
    return;
}

1;
