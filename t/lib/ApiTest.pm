package ApiTest;

# What the suite's tests need beyond Test::Nginx: tokens, keys, files, and a
# look into problem+json. Works beside the real library and the stand-in.
# docs/guide/testing.md has the list with examples.

use strict;
use warnings;

use ApiTest::Keys qw(build_dir keys_dir key_file jwk slurp spew command);
use Cwd ();
use Digest::SHA ();
use Exporter ();
use File::Basename qw(dirname);
use File::Path qw(make_path);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url decode_base64url);
use Test::More ();
use Test::Nginx::StandIn::Port;

our @EXPORT = qw(
    jwt jwk jwks pem pem_file private_pem key_file secret keys_dir
    json b64url unb64url write_file slurp node_available free_port
    custom_sections problem_like problem_faults check_problems
);

my $json = JSON::PP->new->canonical->utf8;


# $TEST_NGINX_KEYS_DIR stands for the folder of the keys in configurations.
# Test::Base evaluates "eval" sections in a package of its own, which has
# another write_file.
sub import {
    $ENV{TEST_NGINX_KEYS_DIR} = keys_dir();
    Exporter::export(__PACKAGE__, 'Test::Base::Filter',
                     grep { $_ ne 'write_file' } @EXPORT);
    goto &Exporter::import;
}


sub json     { return $json->encode($_[0]) }
sub b64url   { return encode_base64url($_[0]) }
sub unb64url { return decode_base64url($_[0]) }

sub pem         { return slurp(pem_file(@_)) }
sub private_pem { return slurp(key_file(@_)) }
sub secret      { return slurp(key_file(@_)) }


sub pem_file {
    my ($name) = @_;
    return key_file($name) =~ s/\.pem\z/.pub.pem/r;
}


# A JWK Set as JSON text, from names and from what jwk() returned.
sub jwks {
    return json({ keys => [map { ref ? $_ : jwk($_) } @_] });
}


my %KEY_OF = (
    HS256 => 'hs256', HS384 => 'hs384', HS512 => 'hs512',
    RS256 => 'rsa2048', RS384 => 'rsa2048', RS512 => 'rsa2048',
    PS256 => 'rsa2048', PS384 => 'rsa2048', PS512 => 'rsa2048',
    ES256 => 'p256', ES384 => 'p384', ES512 => 'p521',
    ES256K => 'secp256k1', EdDSA => 'ed25519', Ed25519 => 'ed25519',
    Ed448 => 'ed448',
);

my %JWT_ARGUMENT = map { $_ => 1 } qw(
    alg key secret salt header claims raw_header raw_payload sig mutate
);


# A compact JWS. alg and key sign; header members may say otherwise, and an
# undefined one is left out. raw_header and raw_payload are the bytes to
# encode, sig the bytes of the signature; mutate gets the three encoded
# parts and returns those of the token.
sub jwt {
    my (%args) = @_;

    my @unknown = grep { !$JWT_ARGUMENT{$_} } sort keys %args;
    die "jwt: no argument \"$unknown[0]\"\n" if @unknown;

    my $alg = $args{alg} // 'RS256';
    my $key = $args{key} // $KEY_OF{$alg};
    my %header = (alg => $alg, typ => 'JWT', kid => $key,
                  %{ $args{header} // {} });
    delete @header{ grep { !defined $header{$_} } keys %header };

    my $head    = b64url($args{raw_header} // json(\%header));
    my $payload = b64url($args{raw_payload} // json($args{claims} // {}));
    my $sig     = $args{sig}
        // signature($alg, $key, "$head.$payload", \%args);

    my @parts = ($head, $payload, b64url($sig));
    @parts = $args{mutate}->(@parts) if $args{mutate};
    return join '.', @parts;
}


my %signed;

sub signature {
    my ($alg, $key, $input, $args) = @_;

    return '' if $alg eq 'none';
    die "jwt: no key for algorithm \"$alg\"\n"
        unless defined $key || defined $args->{secret};
    return hmac($alg, $args->{secret} // secret($key), $input)
        if $alg =~ /\AHS/;


    my @salt = defined $args->{salt} ? $args->{salt} : ();

    return $signed{ join "\0", $alg, $key, @salt, $input } //=
        command(mint(), $alg, key_file($key), @salt, \$input);
}


sub hmac {
    my ($alg, $secret, $input) = @_;

    my $code = { HS256 => \&Digest::SHA::hmac_sha256,
                 HS384 => \&Digest::SHA::hmac_sha384,
                 HS512 => \&Digest::SHA::hmac_sha512 }->{$alg}
        // die "jwt: no algorithm \"$alg\"\n";
    return $code->($input, $secret);
}


# The signer, t/unit/mint.c: the Makefile builds it, a single test can too.
sub mint {
    my $source = Cwd::realpath(dirname(__FILE__) . '/../unit/mint.c');
    my $mint   = build_dir() . '/bin/mint';
    return $mint if -x $mint && (stat _)[9] >= (stat $source)[9];

    make_path(dirname($mint));
    command($ENV{CC} || 'cc', '-O1', '-o', "$mint.$$", $source, '-lcrypto');
    rename "$mint.$$", $mint or die "cannot make $mint: $!\n";
    return $mint;
}


sub write_file {
    my ($path, $bytes) = @_;

    make_path(dirname($path));
    return spew($path, $bytes);
}


my $node;

sub node_available {
    return $node //= eval { command('node', '--version') =~ /\Av\d/ } ? 1 : 0;
}


# A port for a mock, known to configurations as $TEST_NGINX_NAME:
# free_port('UPSTREAM_PORT') sets TEST_NGINX_UPSTREAM_PORT.
sub free_port {
    my ($name) = @_;
    return $ENV{"TEST_NGINX_$name"} = Test::Nginx::StandIn::Port::named($name);
}


# Sections that only the file's own preprocessors and checks read. The real
# library takes any name.
sub custom_sections {
    my (@names) = @_;

    Test::Nginx::StandIn::Sections->can('declare')
        && Test::Nginx::StandIn::Sections::declare(@names);
    return;
}


# A pattern for response_body_like: an object with these members, in any
# order. Values are compared as JSON, a qr// with a string's inside.
sub problem_like {
    my (%want) = @_;

    my $ahead = join '', map {
        my $value = ref $want{$_} eq 'Regexp'
            ? qr/"(?:(?!").)*?$want{$_}(?:[^"\\]|\\.)*"/
            : quotemeta JSON::PP->new->allow_nonref->encode($want{$_});
        qr/(?=.*[{,]\s*"\Q$_\E"\s*:\s*$value\s*[,}])/s;
    } sort keys %want;

    return qr/\A$ahead\s*\{.*\}\s*\z/s;
}


# What is wrong with a problem+json body (RFC 9457): nothing, or a list. An
# undefined member must be absent, a qr// must match.
sub problem_faults {
    my ($body, %want) = @_;

    my $got = eval { $json->decode($body) };
    return 'not JSON: ' . ($@ =~ s/ at \S+ line.*//sr) if $@;
    return 'not an object' unless ref $got eq 'HASH';

    my @faults;
    push @faults, "status is no HTTP status code"
        if exists $got->{status} && $got->{status} !~ /\A[1-5]\d\d\z/;
    for my $name (grep { exists $got->{$_} } qw(type title detail instance)) {
        push @faults, "$name is no string" if ref $got->{$name};
    }

    push @faults, grep { defined } map {
        member_fault($_, $got, $want{$_})
    } sort keys %want;
    return @faults;
}


sub member_fault {
    my ($name, $got, $want) = @_;

    my $value = $got->{$name};

    if (!defined $want) {
        return exists $got->{$name} ? "has $name, should not" : undef;
    }

    return "has no $name" unless defined $value;
    $value = json($value) if ref $value;

    my $ok = ref $want eq 'Regexp' ? $value =~ $want : $value eq $want;
    return $ok ? undef : "$name is \"$value\", not \"$want\"";
}


# Makes "problem" a section: lines "name: value", "name: /pattern/" or
# "! name"; a list for several requests. One test a request.
sub check_problems {
    custom_sections('problem');

    main::add_response_body_check(sub {
        my ($block, $body, $i) = @_;

        my $section = $block->problem;
        return unless defined $section;

        $section = $section->[$i] if ref $section;
        my @faults = problem_faults($body, problem_lines($section));
        Test::More::ok(!@faults, $block->name . " - problem of request $i");
        Test::More::diag("$_\nbody: $body") for @faults;
    });
    return;
}


sub problem_lines {
    my ($text) = @_;

    return map {
        /\A!\s*(\w+)\s*\z/               ? ($1 => undef)
        : m{\A(\w+):\s*/(.*)/\s*\z}      ? ($1 => qr/$2/s)
        : /\A(\w+):\s*(.*?)\s*\z/        ? ($1 => $2)
        : die "problem: bad line \"$_\"\n"
    } grep { /\S/ } split /\n/, $text;
}

1;
