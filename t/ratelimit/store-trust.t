# A store with TLS trusts the certificates of the system.  Where there are none,
# nginx -t says so: it would trust nobody.

use strict;
use warnings;
use ApiTest;
use ApiTest::Server;
use File::Temp qw(tempdir);
use Test::More;

plan skip_all => 'TEST_NGINX_LOAD_MODULES names no modules'
    if !$ENV{TEST_NGINX_LOAD_MODULES};

$SIG{ALRM} = sub { die "it takes too long\n" };
alarm 240;

my $server = ApiTest::Server->start(http => '', location => 'return 204;');
my $dir = tempdir(CLEANUP => 1);
my $none = 'needs ca=: there are no certificates of the system';

mkdir "$dir/$_" or die for qw(empty hashed);
ApiTest::write_file("$dir/empty/README", "none yet\n");
ApiTest::write_file("$dir/hashed/0a1b2c3d.0", "one\n");
ApiTest::write_file("$dir/all.pem", "all\n");

# what nginx -t says with certificates in this file and this directory
sub says {
    local @ENV{qw(SSL_CERT_FILE SSL_CERT_DIR)} = @_;

    $server->configure(location => 'return 204;', http => <<'END');
    api_ratelimit_store s rediss://127.0.0.1:1;
    api_ratelimit_zone z 1m;
    api_ratelimit_policy p zone=z key=$remote_addr rate=1r/s store=s;
    api_ratelimit p;
END
    open my $pipe, '-|', 'sh', '-c', '"$@" 2>&1', 'sh', $server->{nginx}, $server->args('-t')
        or die;
    local $/;

    return scalar <$pipe>;
}

SKIP: {
    my $says = says("$dir/no", "$dir/no");
    skip 'an nginx without TLS', 4 if $says =~ /needs an nginx with TLS/;

    like($says, qr/\Q$none\E in .*nginx.conf:\d+/, 'neither file nor directory');
    like(says("$dir/no", "$dir/empty"), qr/\Q$none/, 'an empty directory');
    unlike(says("$dir/no", "$dir/hashed"), qr/needs ca=/, 'one with a certificate');
    unlike(says("$dir/all.pem", "$dir/no"), qr/needs ca=/, 'a file');
}

done_testing();
