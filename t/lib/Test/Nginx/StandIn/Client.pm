package Test::Nginx::StandIn::Client;

# Sends the requests of one connection, returns their responses: HTTP/1 over
# a socket of ours, HTTP/2 by curl, as the real library does.

use strict;
use warnings;

use Errno qw(EAGAIN EINTR EWOULDBLOCK);
use Exporter 'import';
use File::Temp ();
use IO::Select ();
use IO::Socket::INET ();
use Test::Nginx::StandIn::Options qw(%opt server_port_for_client);
use Test::Nginx::StandIn::Response;
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(http1 http2 curl_line curl_has_http2);

use constant CURL_TIMED_OUT => 28;


# {responses => [...], timed_out => bool, error => text}
sub http1 {
    my ($requests, %how) = @_;

    my $self = bless { %how, responses => [] }, __PACKAGE__;
    $self->{socket} = IO::Socket::INET->new(
        PeerAddr => $opt{server_addr},
        PeerPort => server_port_for_client(),
        Proto    => 'tcp',
        Timeout  => $how{timeout},
    ) or return { responses => [], error => "cannot connect: $@" };

    local $SIG{PIPE} = 'IGNORE';
    $self->{socket}->blocking(0);
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
        return $self->{timed_out} = $self->{over} = 1;
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

        # nginx logs before it closes: to read on is to find the log written
        $self->{over} = 1 if !@{ $self->{queue} } && !$response->closes;
    }

    return;
}


sub again {
    return $! == EAGAIN || $! == EWOULDBLOCK || $! == EINTR;
}


sub http2 {
    my ($request, %how) = @_;

    my $dir = File::Temp->newdir;
    my @command = curl_command($request, $how{timeout}, $dir);
    my ($code, $out, $err) = run(\@command, $dir);

    my $response = Test::Nginx::StandIn::Response->new($request->{method});
    $response->feed($out);
    $response->end if $response->{state} eq 'head';

    # curl has undone the framing: what follows the head is the body
    $response->{body} .= $response->rest;

    my $late = $code == CURL_TIMED_OUT;
    return {
        responses => [$response],
        timed_out => $late,
        error     => $code && !$late ? $err : undef,
    };
}


sub curl_command {
    my ($request, $timeout, $dir) = @_;

    my @command = (qw(curl -q -i -sS -g --noproxy * --http2-prior-knowledge
                      --path-as-is --max-time), $timeout,
                   '--request-target', $request->{url});
    push @command, $request->{method} eq 'HEAD'
        ? '-I' : ('-X', $request->{method});
    push @command, '-H', $_ for curl_headers($request);

    if (length $request->{body}) {
        my $file = "$dir/body";
        open my $fh, '>:raw', $file or die "cannot write $file: $!\n";
        print {$fh} $request->{body};
        close $fh or die "cannot write $file: $!\n";
        push @command, '--data-binary', "\@$file";
    }

    return (@command, base_url() . '/');
}


# Only the headers that the test names: curl's own ones are taken away. Nor
# has HTTP/2 a Connection header, and curl counts the length itself.
sub curl_headers {
    my ($request) = @_;

    my @headers = grep { !/\A(?:Connection|Content-Length)\s*:/i }
        @{ $request->{headers} };

    for my $own (qw(User-Agent Accept Content-Type Expect)) {
        push @headers, "$own:" unless grep { /\A$own\s*:/i } @headers;
    }

    for (@headers) {
        die "header \"$_\" cannot be sent by curl\n" if /[\0\r\n]/;
        s/\A([^:]+?)\s*:\s*\z/$1;/ if !/\A(?:User-Agent|Accept|Content-Type
                                            |Expect):\z/x;
    }

    return @headers;
}


sub base_url {
    return "http://$opt{server_addr}:" . server_port_for_client();
}


sub run {
    my ($command, $dir) = @_;

    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP __DIE__);
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$dir/out";
        open STDERR, '>', "$dir/err";
        no warnings 'exec';
        exec { $command->[0] } @$command;
        print STDERR "cannot run $command->[0]: $!\n";
        POSIX::_exit(127);
    }

    waitpid $pid, 0;
    my $status = $?;
    return ($status & 127 ? 128 + ($status & 127) : $status >> 8,
            slurp("$dir/out"), slurp("$dir/err"));
}


sub slurp {
    my ($path) = @_;

    open my $fh, '<:raw', $path or return '';
    local $/;
    return <$fh> // '';
}


my $has_http2;

sub curl_has_http2 {
    return $has_http2 //= `curl -q --version 2>/dev/null` =~ /\bHTTP2\b/
        ? 1 : 0;
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
