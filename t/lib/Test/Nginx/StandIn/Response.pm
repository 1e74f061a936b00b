package Test::Nginx::StandIn::Response;

# One HTTP response, fed as its bytes come in. It knows when it is complete,
# so that a kept-alive connection need not be waited for.
#
#     head ──> length ─┐            (Content-Length)
#      ├────> chunk ───┼──> done    (chunked)
#      ├────> stream ──┘            (until end of file)
#      └───────────────┘            (HEAD, 204, 304)

use strict;
use warnings;


sub new {
    my ($class, $method) = @_;

    return bless {
        method => $method, state => 'head', buffer => '',
        head => '', code => '', body => '', headers => [], problem => undef,
    }, $class;
}


my %STEP = (
    head   => \&read_head,
    length => \&read_length,
    chunk  => \&read_chunk,
    stream => \&read_stream,
);


# true when complete; what came after it is then in rest()
sub feed {
    my ($self, $bytes) = @_;

    $self->{buffer} .= $bytes;
    while ($self->{state} ne 'done') {
        $STEP{ $self->{state} }->($self) or last;
    }

    return $self->{state} eq 'done';
}


# the connection has ended
sub end {
    my ($self) = @_;

    return if $self->{state} eq 'done' || $self->{state} eq 'stream';

    $self->{problem} //= $self->{state} eq 'head'
        ? 'no complete response header' : 'response body cut short';
    return;
}


sub rest { return $_[0]{buffer} }


sub read_head {
    my ($self) = @_;

    $self->{buffer} =~ s/\A(.*?\r?\n)\r?\n//s or return 0;
    $self->{head} = $1;

    my ($line, @lines) = split /\r?\n/, $self->{head};
    if ($line !~ m{\AHTTP/\d+(?:\.\d+)? (\d{3})(?: |\z)}) {
        $self->{problem} = "bad status line \"$line\"";
        $self->{state}   = 'stream';
        return 1;
    }

    $self->{code}    = $1;
    $self->{headers} = [map { [/\A([^:]*?)\s*:\s*(.*?)\s*\z/s] } @lines];
    $self->{state}   = $self->framing;
    return 1;
}


sub framing {
    my ($self) = @_;

    return 'done' if $self->{method} eq 'HEAD'
        || $self->{code} =~ /\A(?:204|304)\z/;
    return 'chunk' if ($self->header('Transfer-Encoding') // '')
        =~ /\bchunked\s*\z/i;

    $self->{left} = $self->header('Content-Length');
    return defined $self->{left} && $self->{left} =~ /\A\d+\z/
        ? 'length' : 'stream';
}


sub read_length {
    my ($self) = @_;

    my $part = substr $self->{buffer}, 0, $self->{left}, '';
    $self->{body} .= $part;
    $self->{left} -= length $part;
    $self->{state} = 'done' if $self->{left} == 0;
    return $self->{left} == 0;
}


sub read_stream {
    my ($self) = @_;

    $self->{body} .= $self->{buffer};
    $self->{buffer} = '';
    return 0;
}


sub read_chunk {
    my ($self) = @_;

    my ($head, $size) = $self->{buffer} =~ /\A(([0-9A-Fa-f]+)[^\n]*\n)/;

    if (!defined $head) {
        return 0 unless $self->{buffer} =~ /\n/;
        $self->{problem} = 'bad chunk in the response body';
        $self->{state}   = 'stream';
        return 1;
    }

    return $self->read_trailer(length $head) if hex $size == 0;

    my $need = length($head) + hex($size) + 2;
    return 0 if length $self->{buffer} < $need;

    my $chunk = substr $self->{buffer}, 0, $need, '';
    $self->{body} .= substr $chunk, length $head, hex $size;
    $self->{problem} = 'bad end of a chunk' if $chunk !~ /\r\n\z/;
    return 1;
}


sub read_trailer {
    my ($self, $offset) = @_;

    my $tail = substr $self->{buffer}, $offset;
    $tail =~ s/\A(?:[^\r\n]+\r\n)*\r\n// or return 0;

    $self->{buffer} = $tail;
    $self->{state}  = 'done';
    return 1;
}


# all values of a name in one, undef if there is none
sub header {
    my ($self, $name) = @_;

    my @values = map { $_->[1] }
        grep { defined $_->[0] && lc $_->[0] eq lc $name }
        @{ $self->{headers} };
    return @values ? join ', ', @values : undef;
}


sub closes {
    my ($self) = @_;
    return ($self->header('Connection') // '') =~ /\bclose\b/i;
}

1;
