# token-cache.t once more, over HTTP/2.

use strict;
use warnings;

use Cwd qw(realpath);
use File::Basename qw(dirname);

BEGIN { $ENV{TEST_NGINX_USE_HTTP2} = 1 }

my $file = realpath(dirname(__FILE__) . '/token-cache.t');
do $file;
die $@ if $@;
