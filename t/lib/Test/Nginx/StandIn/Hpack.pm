package Test::Nginx::StandIn::Hpack;

# Header compression for HTTP/2, RFC 7541: a plain encoder (literals only)
# and a complete decoder.

use strict;
use warnings;

# Lengths of the Huffman codes of 0..255 and of the end of the string. The
# code is canonical, so that its lengths tell it all (appendix B).
my @LENGTHS = (
    13, 23, (28) x 7, 24, 30, 28, 28, 30, (28) x 8, 30, (28) x 9,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, (6) x 7, 7, 8, 15, 6, 12, 10,
    13, 6, (7) x 22, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
);

# appendix A, "name" or "name value"
my @STATIC = map { [/\A(:?[^ ]+)(?: (.*))?\z/] } (
    ':authority', ':method GET', ':method POST', ':path /',
    ':path /index.html', ':scheme http', ':scheme https', ':status 200',
    ':status 204', ':status 206', ':status 304', ':status 400',
    ':status 404', ':status 500', 'accept-charset',
    'accept-encoding gzip, deflate', 'accept-language', 'accept-ranges',
    'accept', 'access-control-allow-origin', 'age', 'allow',
    'authorization', 'cache-control', 'content-disposition',
    'content-encoding', 'content-language', 'content-length',
    'content-location', 'content-range', 'content-type', 'cookie', 'date',
    'etag', 'expect', 'expires', 'from', 'host', 'if-match',
    'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since',
    'last-modified', 'link', 'location', 'max-forwards',
    'proxy-authenticate', 'proxy-authorization', 'range', 'referer',
    'refresh', 'retry-after', 'server', 'set-cookie',
    'strict-transport-security', 'transfer-encoding', 'user-agent', 'vary',
    'via', 'www-authenticate',
);

my %SYMBOL = huffman_codes();


# bits as text => symbol
sub huffman_codes {
    my ($code, $length, %symbol) = (0, 5);

    for my $s (sort { $LENGTHS[$a] <=> $LENGTHS[$b] || $a <=> $b }
               0 .. $#LENGTHS) {
        $code <<= $LENGTHS[$s] - $length;
        $length = $LENGTHS[$s];
        $symbol{ sprintf "%0${length}b", $code++ } = $s;
    }

    return %symbol;
}


sub encode {
    my (@fields) = @_;

    return join '', map {
        "\0" . join '', map { integer(length, 7, 0) . $_ } @$_
    } @fields;
}


sub integer {
    my ($n, $bits, $first) = @_;

    my $max = (1 << $bits) - 1;
    return chr($first | $n) if $n < $max;

    my $out = chr($first | $max);
    for ($n -= $max; $n >= 128; $n >>= 7) {
        $out .= chr($n % 128 | 128);
    }

    return $out . chr $n;
}


# One a connection: the dynamic table lives as long as it.
sub new {
    my ($class) = @_;
    return bless { table => [], size => 0, limit => 4096 }, $class;
}


sub decode {
    my ($self, $block) = @_;

    my @fields;
    while (length $block) {
        my $first = ord $block;

        if ($first & 0x80) {
            push @fields, $self->entry(read_integer(\$block, 7));

        } elsif ($first & 0x40) {
            my $field = $self->literal(\$block, 6);
            push @fields, $field;
            $self->remember($field);

        } elsif ($first & 0x20) {
            $self->{limit} = read_integer(\$block, 5);
            $self->evict;

        } else {
            push @fields, $self->literal(\$block, 4);
        }
    }

    return @fields;
}


sub entry {
    my ($self, $index) = @_;

    my $entry = $index <= @STATIC
        ? $STATIC[$index - 1] : $self->{table}[$index - @STATIC - 1];
    die "HPACK: no entry $index\n" unless $index && $entry;
    return [$entry->[0], $entry->[1] // ''];
}


sub literal {
    my ($self, $block, $bits) = @_;

    my $index = read_integer($block, $bits);
    my $name  = $index ? $self->entry($index)->[0] : read_string($block);
    return [$name, read_string($block)];
}


sub remember {
    my ($self, $field) = @_;

    unshift @{ $self->{table} }, $field;
    $self->{size} += cost($field);
    $self->evict;
    return;
}


sub evict {
    my ($self) = @_;

    while ($self->{size} > $self->{limit}) {
        $self->{size} -= cost(pop @{ $self->{table} });
    }

    return;
}


sub cost { return 32 + length($_[0][0]) + length $_[0][1] }


sub read_integer {
    my ($block, $bits) = @_;

    my $max = (1 << $bits) - 1;
    my $n   = octet($block) & $max;
    return $n if $n < $max;

    my ($shift, $more) = (0, 0);
    do {
        $more   = octet($block);
        $n     += ($more & 127) << $shift;
        $shift += 7;
    } while ($more & 128);

    return $n;
}


sub read_string {
    my ($block) = @_;

    my $huffman = ord($$block) & 0x80;
    my $length  = read_integer($block, 7);
    die "HPACK: string cut short\n" if length $$block < $length;

    my $text = substr $$block, 0, $length, '';
    return $huffman ? unhuffman($text) : $text;
}


sub octet {
    my ($block) = @_;

    die "HPACK: block cut short\n" unless length $$block;
    return ord substr $$block, 0, 1, '';
}


sub unhuffman {
    my ($bytes) = @_;

    my ($out, $code) = ('', '');
    for my $bit (split //, unpack 'B*', $bytes) {
        $code .= $bit;
        next unless exists $SYMBOL{$code};

        $out .= chr $SYMBOL{$code};
        $code = '';
    }

    die "HPACK: bad padding\n" unless $code =~ /\A1{0,7}\z/;
    return $out;
}

1;
