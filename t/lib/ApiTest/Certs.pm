package ApiTest::Certs;

# Certificates for tests: a CA, another that nobody trusts, a server, clients.
# Made in a folder that goes with the test; keys are those of ApiTest::Keys
# where it does not matter.

use strict;
use warnings;

use ApiTest qw(b64url);
use ApiTest::Keys qw(command spew slurp);
use Digest::SHA qw(sha256);
use Exporter 'import';
use File::Temp qw(tempdir);
use MIME::Base64 qw(decode_base64);

our @EXPORT = qw(certs_dir make_cert make_certs thumbprint);

my $dir;

sub certs_dir {
    if (!defined $dir) {
        $dir = tempdir(CLEANUP => 1);
        chmod 0755, $dir;
    }
    return $dir;
}

sub key {
    my ($name) = @_;
    my $file = certs_dir() . "/$name.key";
    command(qw(openssl genpkey -algorithm EC -pkeyopt
               ec_paramgen_curve:P-256 -out), $file);
    chmod 0644, $file;
    return $file;
}


# NAME.pem and NAME.key; by `ca`, or by itself.  `san` as openssl writes it.
sub make_cert {
    my ($name, %args) = @_;

    my $d   = certs_dir();
    my $key = key($name);
    my $ext = "$d/$name.ext";
    my $is_ca = $args{is_ca} ? 'TRUE' : 'FALSE';

    spew($ext, "basicConstraints=critical,CA:$is_ca\n"
        . (defined $args{san} ? "subjectAltName=$args{san}\n" : ''));
    command(qw(openssl req -new -key), $key, '-subj',
            $args{subject} // "/CN=$name", '-out', "$d/$name.csr");

    my @by = $args{ca}
        ? ('-CA', "$d/$args{ca}.pem", '-CAkey', "$d/$args{ca}.key",
           '-CAcreateserial')
        : ('-signkey', $key);
    command(qw(openssl x509 -req -in), "$d/$name.csr", @by, '-days',
            $args{days} // 9, '-extfile', $ext, '-out', "$d/$name.pem");
    return;
}


sub make_certs {
    make_cert('ca', is_ca => 1);
    make_cert('stranger-ca', is_ca => 1);
    make_cert('server', ca => 'ca', san => 'DNS:localhost');
    make_cert('uri', ca => 'ca', san => 'URI:spiffe://prod/orders');
    make_cert('uri2', ca => 'ca', san => 'URI:spiffe://prod/billing');
    make_cert('uris', ca => 'ca',
              san => 'URI:spiffe://prod/a,URI:spiffe://prod/orders');
    make_cert('dns', ca => 'ca', san => 'DNS:Orders.Example');
    make_cert('wild', ca => 'ca', san => 'DNS:*.example');
    make_cert('subject', ca => 'ca', subject => '/O=Acme, Ltd/CN=orders');
    make_cert('stranger', ca => 'stranger-ca',
              san => 'URI:spiffe://prod/orders');
    make_cert('self', san => 'URI:spiffe://prod/orders');
    return certs_dir();
}


# x5t#S256 of RFC 8705.
sub thumbprint {
    my ($name) = @_;
    my $pem = slurp(certs_dir() . "/$name.pem");
    my ($body) = $pem =~ /BEGIN CERTIFICATE-----(.*?)-----END/s;
    return b64url(sha256(decode_base64($body)));
}

1;
