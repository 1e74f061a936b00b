package ApiTest::Dpop;

# DPoP proofs (RFC 9449) and tokens that are bound to their keys.  Thumbprints
# are computed here, apart from the code under test.

use strict;
use warnings;

use ApiTest qw(jwt jwk json b64url);
use ApiTest::Sec qw(token);
use Digest::SHA qw(sha256);
use Exporter ();

our @EXPORT = qw(jkt dpop bound with_dpop);

my $jti = 0;


# for "eval" sections too, as ApiTest
sub import {
    Exporter::export(__PACKAGE__, 'Test::Base::Filter');
    goto &Exporter::import;
}


# RFC 7638: the members that make the key, in the order of their names.
sub jkt {
    my ($name) = @_;

    my $key  = jwk($name);
    my %want = map { $_ => $key->{$_} }
        grep { exists $key->{$_} } qw(crv e kty n x y);
    return b64url(sha256(json(\%want)));
}


# A proof; `claims` and `header` as in jwt().  Each has a jti of its own, and is
# of half a minute ahead: what was made before nginx started is refused, and
# machines may be slow.  So the issuer needs leeway=60s.
sub dpop {
    my (%args) = @_;

    my $key   = delete $args{key} // 'p256';
    my $token = delete $args{token};
    my %claims = (
        jti => "$$-" . ++$jti . '-' . time,
        htm => delete $args{method} // 'GET',
        htu => delete $args{uri} // 'http://localhost/v1/orders',
        iat => time + 30,
        (defined $token ? (ath => b64url(sha256($token))) : ()),
        %{ delete $args{claims} // {} },
    );
    delete @claims{ grep { !defined $claims{$_} } keys %claims };

    my $header = delete $args{header} // {};
    my $jwk = exists $header->{jwk} ? delete $header->{jwk}
        : jwk($key, kid => undef, use => undef, alg => undef);

    return jwt(alg => 'ES256', key => $key, claims => \%claims, %args,
               header => { typ => 'dpop+jwt', kid => undef,
                           defined $jwk ? (jwk => $jwk) : (), %$header });
}


# A token that is bound to a key.
sub bound {
    my ($key, %args) = @_;

    my $claims = delete $args{claims} // {};
    return token(claims => { cnf => { jkt => jkt($key // 'p256') },
                             %$claims }, %args);
}


# The headers of a request with both.
sub with_dpop {
    my ($token, %args) = @_;
    return "Authorization: DPoP $token\nDPoP: "
        . dpop(token => $token, %args);
}

1;
