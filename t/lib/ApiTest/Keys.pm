package ApiTest::Keys;

# The test keys: made once, kept in build/test-keys, never in the repo.
#
#     NAME.pem       private key        NAME.pub.pem   public key
#     NAME.secret    bytes of an HMAC secret

use strict;
use warnings;

use Cwd ();
use Exporter 'import';
use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);
use File::Spec ();
use File::Temp ();
use MIME::Base64 qw(encode_base64url);

our @EXPORT_OK = qw(build_dir keys_dir key_file jwk slurp spew command);

my %GENPKEY = (
    rsa2048   => [qw(-algorithm RSA -pkeyopt rsa_keygen_bits:2048)],
    rsa2048b  => [qw(-algorithm RSA -pkeyopt rsa_keygen_bits:2048)],
    rsa1024   => [qw(-algorithm RSA -pkeyopt rsa_keygen_bits:1024)],
    p256      => [qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-256)],
    p256b     => [qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-256)],
    p384      => [qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-384)],
    p521      => [qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-521)],
    secp256k1 => [qw(-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1)],
    ed25519   => [qw(-algorithm ED25519)],
    ed448     => [qw(-algorithm ED448)],
);

my %SECRET = (hs256 => 32, hs256b => 32, hs384 => 48, hs512 => 64);

my %CURVE = (
    p256 => 'P-256', p256b => 'P-256', p384 => 'P-384', p521 => 'P-521',
    secp256k1 => 'secp256k1', ed25519 => 'Ed25519', ed448 => 'Ed448',
);

my $dir;


sub names { return sort keys %GENPKEY, keys %SECRET }


# the repository's build/, or a folder of our own where that is not ours
sub build_dir {
    my $root  = Cwd::realpath(dirname(__FILE__) . '/../../..');
    my $build = $ENV{API_BUILD} || "$root/build";

    eval { make_path($build); 1 };
    return $build if -d $build && -w $build;

    $build = File::Spec->tmpdir . "/api-test-build-$>";
    mkdir $build, 0700;
    die "$build is not ours\n" unless (lstat $build)[4] == $> && -d _;
    return $build;
}


# Several test files may get here at once: each makes its own set aside, and
# one rename wins.
sub keys_dir {
    return $dir if defined $dir;

    my $want = build_dir() . '/test-keys';
    if (!-d $want) {
        my $new = "$want.new.$$";
        make_keys($new);
        rename $new, $want or remove_tree($new);
    }

    for my $name (names()) {
        die "$want lacks a readable key $name: remove that folder\n"
            unless -r file_in($want, $name);
    }

    return $dir = $want;
}


sub make_keys {
    my ($to) = @_;

    make_path($to);

    for my $name (sort keys %GENPKEY) {
        my $private = "$to/$name.pem";
        command('openssl', 'genpkey', @{ $GENPKEY{$name} },
                '-out', $private);
        command('openssl', 'pkey', '-in', $private, '-pubout',
                '-out', "$to/$name.pub.pem");
        chmod 0600, $private;
    }

    for my $name (sort keys %SECRET) {
        open my $fh, '<:raw', '/dev/urandom' or die "/dev/urandom: $!\n";
        sysread($fh, my $bytes, $SECRET{$name}) == $SECRET{$name}
            or die "/dev/urandom: $!\n";

        # no NUL, where a variable of the environment ends, and no white space
        # at an end, in case a reader of the file trims it
        $bytes =~ tr/\0/\1/;
        substr($bytes, $_, 1) |= "\x80" for 0, -1;
        spew("$to/$name.secret", $bytes);
        chmod 0600, "$to/$name.secret";
    }

    return;
}


sub file_in {
    my ($where, $name) = @_;

    return "$where/$name.secret" if $SECRET{$name};
    return "$where/$name.pem"    if $GENPKEY{$name};
    die "no test key \"$name\"; there are: ", join(' ', names()), "\n";
}


sub key_file {
    my ($name) = @_;
    return file_in(keys_dir(), $name);
}


# The public JWK (RFC 7517), or the oct one. Overrides replace members, an
# undefined one takes its member away.
sub jwk {
    my ($name, %overrides) = @_;

    my %jwk = (kid => $name, members($name), %overrides);
    delete @jwk{ grep { !defined $jwk{$_} } keys %jwk };
    return \%jwk;
}


my %members;

sub members {
    my ($name) = @_;

    my $file = key_file($name);
    $members{$name} //= $SECRET{$name}
        ? { kty => 'oct', k => encode_base64url(slurp($file)) }
        : public_members($name, $file);
    return %{ $members{$name} };
}


sub public_members {
    my ($name, $file) = @_;

    my $der  = command('openssl', 'pkey', '-in', $file, '-pubout',
                       '-outform', 'DER');
    my $bits = key_bits($der);
    my $curve = $CURVE{$name};

    if (!$curve) {
        my ($n, $e) = map { s/\A\0+//r } der_list(der_list($bits));
        return { kty => 'RSA', n => encode_base64url($n),
                 e => encode_base64url($e) };
    }

    return { kty => 'OKP', crv => $curve, x => encode_base64url($bits) }
        if $curve =~ /\AEd/;

    my $width = (length($bits) - 1) / 2;
    my ($x, $y) = unpack "x a$width a$width", $bits;
    return { kty => 'EC', crv => $curve, x => encode_base64url($x),
             y => encode_base64url($y) };
}


# SubjectPublicKeyInfo ::= SEQUENCE { algorithm, BIT STRING }
sub key_bits {
    my ($der) = @_;

    my (undef, $bits) = der_list(der_list($der));
    return substr $bits, 1;     # after the count of unused bits
}


# the contents of the DER values that stand side by side in a string
sub der_list {
    my ($der) = @_;

    my @values;
    while (length $der) {
        my (undef, $len, $rest) = unpack 'C C a*', $der;

        if ($len & 0x80) {
            my $n = $len & 0x7f;
            $len  = hex unpack 'H*', substr $rest, 0, $n, '';
        }

        push @values, substr $rest, 0, $len, '';
        $der = $rest;
    }

    return wantarray ? @values : $values[0];
}


# Runs a program without a shell; $input goes to its standard input when the
# last argument is a reference to it.
sub command {
    my $input = ref $_[-1] ? ${ pop() } : '';
    my @command = @_;

    my $tmp = File::Temp->newdir;
    spew("$tmp/in", $input);

    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDIN, '<', "$tmp/in";
        open STDOUT, '>', "$tmp/out";
        open STDERR, '>', "$tmp/err";
        no warnings 'exec';
        exec { $command[0] } @command;
        print STDERR "cannot run $command[0]: $!\n";
        require POSIX;
        POSIX::_exit(127);
    }

    waitpid $pid, 0;
    die "@command: ", slurp("$tmp/err") if $?;
    return slurp("$tmp/out");
}


sub slurp {
    my ($path) = @_;

    open my $fh, '<:raw', $path or die "cannot read $path: $!\n";
    local $/;
    return <$fh> // '';
}


sub spew {
    my ($path, $bytes) = @_;

    open my $fh, '>:raw', $path or die "cannot write $path: $!\n";
    print {$fh} $bytes or die "cannot write $path: $!\n";
    close $fh or die "cannot write $path: $!\n";
    return $path;
}

1;
