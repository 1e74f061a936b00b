package Test::Nginx::StandIn::Port;

# Free ports on 127.0.0.1 for one test process among several.
#
# A port is ours while we hold an abstract Unix socket named after it: the
# kernel lets one process in, and lets go when that process ends, however it
# ends. The range lies below the ephemeral ports, so that no outgoing
# connection takes a port between our look and nginx's bind.

use strict;
use warnings;

use Socket qw(AF_UNIX SOCK_STREAM AF_INET INADDR_LOOPBACK
              pack_sockaddr_un pack_sockaddr_in);

use constant { FIRST => 10000, COUNT => 22000, TRIES => 500 };

my @held;
my %by_name;


# the same name gives the same port for the life of the process
sub named {
    my ($name) = @_;
    return $by_name{$name} //= claim();
}


sub claim {
    for (1 .. TRIES) {
        my $port = FIRST + int rand COUNT;
        my $hold = hold($port) or next;

        if (is_free($port)) {
            push @held, $hold;
            return $port;
        }
    }

    die "no free port on 127.0.0.1 after ${\TRIES} tries\n";
}


sub hold {
    my ($port) = @_;

    socket(my $fh, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!\n";
    my $name = pack_sockaddr_un("\0test-nginx-port-$port");
    return bind($fh, $name) ? $fh : undef;
}


sub is_free {
    my ($port) = @_;

    socket(my $fh, AF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
    return bind $fh, pack_sockaddr_in($port, INADDR_LOOPBACK);
}

1;
