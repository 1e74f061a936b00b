package Test::Nginx::Socket;

# The door of the test files. They say "use Test::Nginx::Socket" and get the
# real library when one is installed anywhere in @INC, else the stand-in of
# this folder. TEST_NGINX_STAND_IN=1 asks for the stand-in in any case.

use strict;
use warnings;

use Cwd ();


sub _installed {
    my $here = Cwd::realpath(__FILE__);

    for my $dir (grep { !ref } @INC) {
        my $file = "$dir/Test/Nginx/Socket.pm";
        return $file if -f $file && Cwd::realpath($file) ne $here;
    }

    return;
}


my $real = $ENV{TEST_NGINX_STAND_IN} ? undef : _installed();

if (defined $real) {
    $INC{'Test/Nginx/Socket.pm'} = $real;

    no warnings 'redefine';
    defined do $real or die $@ || "$real: $!";

} else {
    require Test::Nginx::StandIn;
    our @ISA = ('Test::Nginx::StandIn');
}

1;
