package Test::Nginx::StandIn::Request;

# From the sections of a block to the bytes of its requests.
#
# A request is {method, url, version, headers, body, parts, packets}: packets
# is what HTTP/1 sends, [{value, delay_before}, ...], and parts the same of
# the body alone, for HTTP/2.

use strict;
use warnings;

use Exporter 'import';
use Test::Nginx::StandIn::Options qw(%opt);

our @EXPORT_OK = qw(build indexed);


# connections of a block: each a list of requests
sub build {
    my ($block) = @_;

    my $name = $block->name;

    return [raw($block)] if defined $block->raw_request;

    if (defined(my $list = $block->pipelined_requests)) {
        die "$name: pipelined_requests must be a list\n"
            if ref $list ne 'ARRAY' || !@$list;

        my $last = $#$list;
        return [map { one($block, $list->[$_], $_, $last + 1,
                          $_ == $last ? 'close' : 'keep-alive') } 0 .. $last];
    }

    my $spec = $block->request;
    return [one($block, $spec, 0, 1, 'close')] unless ref $spec;

    die "$name: request must be text or a list\n"
        if ref $spec ne 'ARRAY' || !@$spec;
    return map { [one($block, $spec->[$_], $_, scalar @$spec, 'close')] }
        0 .. $#$spec;
}


# A section's value for request $i. Several requests want a list, as the
# real library does; one request takes either.
sub indexed {
    my ($block, $section, $i, $count) = @_;

    my $value = $block->$section;
    return $value unless defined $value;

    if (ref $value ne 'ARRAY') {
        return $value if $count == 1;
        die $block->name . ": with $count requests \"$section\""
            . " must be a list\n";
    }

    die $block->name . ": \"$section\" has " . @$value
        . " values for $count requests\n" if @$value != $count;
    return $value->[$i];
}


sub raw {
    my ($block) = @_;

    my $spec  = $block->raw_request;
    my $delay = $block->raw_request_middle_delay // $opt{sleep};
    my @parts = ref $spec ? @$spec : $spec;

    die $block->name . ": raw_request must be text or a list of texts\n"
        if !@parts || grep { ref || !defined } @parts;

    my ($method) = $parts[0] =~ /\A(\w+)/;
    my @packets  = map { { value => $_, delay_before => $delay } } @parts;

    $packets[0]{delay_before} = 0;
    return { method => $method // '', packets => \@packets };
}


sub one {
    my ($block, $spec, $i, $count, $connection) = @_;

    my @packets = map { packet($block, $_) }
        ref $spec eq 'ARRAY' ? @$spec : $spec;
    my $more = header_lines($block, indexed($block, 'more_headers',
                                            $i, $count));
    my $request = parse($block->name, shift(@packets)->{value});

    set_body($block, $request, \@packets, $more);
    $request->{headers} = headers($block, $request, $more, $connection);

    my $head = "$request->{method} $request->{url} $request->{version}\r\n"
        . join('', map { "$_\r\n" } @{ $request->{headers} }) . "\r\n";

    $request->{parts}   = [{ value => $request->{start} }, @packets];
    $request->{packets} = [{ value => $head . $request->{start},
                             delay_before => 0 }, @packets];
    return $request;
}


sub packet {
    my ($block, $spec) = @_;

    return { value => $spec, delay_before => $opt{sleep} } unless ref $spec;

    die $block->name . ": a packet must be text or {value, delay_before}\n"
        if ref $spec ne 'HASH' || !defined $spec->{value}
           || grep { !/\A(?:value|delay_before)\z/ } keys %$spec;

    return { delay_before => $opt{sleep}, %$spec };
}


# "METHOD [url [HTTP/x.y]]", then the body; blank and # lines before it are
# for the reader
sub parse {
    my ($name, $text) = @_;

    $text =~ s/\A(?:[ \t]*(?:\#[^\n]*)?\n)+//;
    my ($line, $body) = split /\n/, $text, 2;

    my ($method, $url, $version, @junk) = split ' ', $line // '';
    die "$name: no request line\n" unless defined $method;
    die "$name: bad request line \"$line\"; use raw_request for such\n"
        if @junk || defined $version && $version !~ m{\AHTTP/\d\.\d\z};

    return {
        method  => $method,
        url     => $url // '/',
        version => $version // 'HTTP/1.1',
        start   => $body // '',
    };
}


# Where we count the length, the body is stripped at both ends, as in the
# real library; give Content-Length to send white space there.
sub set_body {
    my ($block, $request, $packets, $more) = @_;

    my $framed = grep { /\A(?:Content-Length|Transfer-Encoding)\s*:/i } @$more;
    my $rest   = join '', map { $_->{value} } @$packets;

    if (!$framed && @$packets) {
        die $block->name . ": white space at an end of a body in packets;"
            . " give Content-Length\n"
            if "$request->{start}$rest" =~ /\A\s|\s\z/;

    } elsif (!$framed) {
        $request->{start} =~ s/\A\s+|\s+\z//g;
    }

    $request->{body}   = $request->{start} . $rest;
    $request->{framed} = $framed;
    return;
}


sub header_lines {
    my ($block, $text) = @_;

    return [] unless defined $text;

    my @lines = grep { /\S/ && !/\A\s*#/ } split /\r?\n/, $text;
    for my $line (@lines) {
        die $block->name . ": more_headers line \"$line\" has no colon\n"
            unless $line =~ /:/;
    }

    return \@lines;
}


sub headers {
    my ($block, $request, $more, $connection) = @_;

    my $given = sub { my ($h) = @_; grep { /\A\Q$h\E\s*:/i } @$more };
    my $host  = $block->server_name // $opt{server_name};

    my @headers;
    push @headers, "Host: $host"             unless $given->('Host');
    push @headers, "Connection: $connection" unless $given->('Connection');
    push @headers, @$more;
    push @headers, 'Content-Length: ' . length $request->{body}
        if length $request->{body} && !$request->{framed};
    return \@headers;
}

1;
