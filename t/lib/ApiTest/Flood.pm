package ApiTest::Flood;

# Many requests with tokens that differ and are bad, down one connection.

use strict;
use warnings;

use ApiTest qw(b64url);
use Exporter 'import';
use IO::Socket::INET;
use Time::HiRes qw(sleep);

our @EXPORT = qw(forged flood the_worker worker_cpu);

my $BATCH = 40;
my $serial = 0;


# n tokens like this one, with signatures of its length: each is another, and
# each is as dear to check as a good one: its numbers are in their ranges.
sub forged {
    my ($token, $n) = @_;
    my ($signed, $sig) = $token =~ /\A(.*)\.([^.]*)\z/ or die 'no token';
    my $len = int(length($sig) * 3 / 4);

    return map {
        my $bytes = pack('N', 1 + $serial++) x (1 + $len / 4);
        "$signed." . b64url("\1" . substr($bytes, 0, $len - 2) . "\0");
    } 1 .. $n;
}


# Send them in batches of 40, from that address of this machine; between two of
# them meanwhile is called.  An empty one is a request without a token.  How many answers there were, by status and X-Why.
sub flood {
    my ($port, $from, $tokens, $meanwhile) = @_;
    my %seen;
    my @rest = @$tokens;
    my $s = connected($port, $from);

    while (my @batch = splice @rest, 0, $BATCH) {
        print {$s} map {
            "GET /x HTTP/1.1\r\nHost: localhost\r\n"
                . (length $_ ? "Authorization: Bearer $_\r\n" : '') . "\r\n"
        } @batch;
        $seen{$_}++ for answers($s, scalar @batch);
        $meanwhile->() if $meanwhile;
    }

    return \%seen;
}


sub connected {
    my ($port, $from) = @_;
    return IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port",
        LocalAddr => $from, Proto => 'tcp') || die "connect: $!";
}


# n answers of a connection that stays: "401 signature".
sub answers {
    my ($s, $n) = @_;
    my ($buf, @got) = ('');

    while (@got < $n) {
        if ($buf =~ /\A(.*?\r\n)\r\n/s) {
            my $head = $1;
            my ($len) = $head =~ /^Content-Length: (\d+)/mi
                or die "no length: $head";
            if (length $buf >= length($head) + 2 + $len) {
                substr $buf, 0, length($head) + 2 + $len, '';
                push @got, join ' ', $head =~ /\AHTTP\S+ (\d+)/,
                    $head =~ /^X-Why: (\S+)/m;
                next;
            }
        }
        sysread $s, $buf, 65536, length $buf
            or die 'the connection ended after ' . @got . " answers: $buf";
    }

    return @got;
}


# The pid of the only worker, which the master may still be about to make.
sub the_worker {
    my ($server) = @_;
    for (1 .. 1000) {
        my ($pid) = $server->workers;
        return $pid if $pid;
        sleep 0.02;
    }
    die 'no worker';
}


# Seconds of CPU that a process has used.
sub worker_cpu {
    my ($pid) = @_;
    open my $fh, '<', "/proc/$pid/schedstat" or die "schedstat: $!";
    return (split ' ', scalar <$fh>)[0] / 1e9;
}

1;
