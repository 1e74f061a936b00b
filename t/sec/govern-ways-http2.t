# govern-ways.t once more, over HTTP/2.

use strict;
use warnings;

use Cwd qw(realpath);
use File::Basename qw(dirname);

BEGIN { $ENV{TEST_NGINX_USE_HTTP2} = 1 }

my $file = realpath(dirname(__FILE__) . '/govern-ways.t');
do $file;
die $@ if $@;
