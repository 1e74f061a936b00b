#!/usr/bin/perl

# Tokens of a real OpenID provider (npm oidc-provider) that are bound to a key:
# by DPoP (RFC 9449) and to a TLS client certificate (RFC 8705).  The provider
# reads our proofs and certificates with code of its own, and the thumbprints
# it puts into cnf are compared with those that perl computes.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Certs;
use ApiTest::Dpop;
use ApiTest::Provider;
use ApiTest::Server;
use JSON::PP qw(decode_json);
use Test::More;

plan skip_all => 'no node' if !node_available();

make_certs();

my $idp   = ApiTest::Provider->start(tls => 1);
my $port  = $idp->port;
my $tls   = free_port('GATEWAY_TLS');
my $certs = certs_dir();

my $server = ApiTest::Server->start(
    workers => 2,
    files   => { 'html/x' => "in\n", 'secret' => "gateway:s3cret\n" },
    http    => <<"EOF",
    api_secret_permissions warn;
    api_zone main 2m;
    api_auth_budget off;
    api_jwt_issuer idp {
        issuer http://127.0.0.1:$port; audience urn:jwt;
        algorithms ES256; typ at+jwt;
        jwks uri:/_jwks;
        bind dpop max_age=10m leeway=60s origin=https://api.example;
        bind mtls;
    }
    api_introspect idp {
        uri /_introspect; client gateway; secret file:secret; cache 1m;
        bind dpop max_age=10m leeway=60s origin=https://api.example;
        bind mtls;
    }
EOF
    server => <<"EOF",
    listen 127.0.0.1:$tls ssl http2;
    ssl_certificate     $certs/server.pem;
    ssl_certificate_key $certs/server.key;
    ssl_verify_client   optional_no_ca;
    location = /_jwks { internal; proxy_pass http://127.0.0.1:$port/jwks; }
    location = /_introspect {
        internal;
        proxy_pass http://127.0.0.1:$port/token/introspection;
    }
EOF
    location => <<'EOF',
        api_auth jwt=idp introspect=idp;
        add_header X-Who "$api_auth_method $api_principal $api_auth_error" always;
        try_files /x =404;
EOF
);


# A request over TLS, by HTTP/2 or not, with that certificate: what became of
# it, "200 jwt shop".
sub ask {
    my ($how, $cert, @headers) = @_;
    open my $pipe, '-|', 'curl', '-s', '-m', 60, "--$how", '--cacert',
        "$certs/ca.pem",
        ($cert ? ('--cert', "$certs/$cert.pem", '--key', "$certs/$cert.key")
            : ()),
        (map { ('-H', $_) } @headers), '-D', '-', '-o', '/dev/null',
        "https://localhost:$tls/x" or die "curl: $!";
    local $/;
    my $got = <$pipe> // '';
    my ($version, $status) = $got =~ m{^HTTP/(\S+) (\d+)};
    my ($who) = $got =~ /^x-who: (.*?)\s*$/mi;
    return "HTTP/$version" if $version ne ($how eq 'http2' ? '2' : '1.1');
    return join ' ', $status, ($who // '') =~ s/\s+$//r;
}

sub proof {
    my ($token, %more) = @_;
    return 'DPoP: ' . dpop(token => $token, uri => 'https://api.example/x',
        %more);
}

sub cnf_of {
    my ($token) = @_;
    my (undef, $payload) = split /\./, $token;
    return decode_json(unb64url($payload))->{cnf};
}


# DPoP: the provider binds a token to the key of the proof that came with the
# request for it

for my $kind (['jwt', 'ES256', 'p256', 1], ['jwt', 'EdDSA', 'ed25519', 1],
    ['introspect', 'ES256', 'p256', 0])
{
    my ($method, $alg, $key, $jwt) = @$kind;
    my $name   = "DPoP, $method, $alg";
    my @by     = (alg => $alg, key => $key);
    my $answer = $idp->token(jwt => $jwt, headers => ['DPoP: ' . dpop(@by,
        method => 'POST', uri => $idp->issuer . '/token')]);
    my $token = $answer->{access_token} // '';
    my $who   = "200 $method shop";

    is($answer->{token_type}, 'DPoP', "$name: a bound token is issued")
        or diag(explain($answer));
    is(cnf_of($token)->{jkt}, jkt($key), "$name: to that key") if $jwt;

    for my $how ('http1.1', 'http2') {
        my @dpop = "Authorization: DPoP $token";
        my @use  = (@dpop, proof($token, @by));

        is(ask($how, undef, @use), $who, "$name, $how: with its key");
        like(ask($how, undef, @use), qr/^401 .*dpop_replayed$/,
            "$name, $how: the request as it was, once more");
        like(ask($how, undef, "Authorization: Bearer $token"),
            qr/^401 .*dpop_scheme$/, "$name, $how: stolen, as a bearer token");
        like(ask($how, undef, @dpop), qr/^401 .*dpop_missing$/,
            "$name, $how: stolen, without a proof");
        like(ask($how, undef, @dpop, proof($token, key => 'p256b')),
            qr/^401 .*dpop_binding$/, "$name, $how: with the thief's key");
        like(ask($how, undef, @dpop,
                proof($token, @by, uri => 'https://api.example/y')),
            qr/^401 .*dpop_uri$/, "$name, $how: a proof of another request");
        like(ask($how, 'uri', @dpop), qr/^401 .*dpop_missing$/,
            "$name, $how: a certificate is no proof");
        is(ask($how, undef, @dpop, proof($token, @by)), $who,
            "$name, $how: its key again");
    }
}

is($idp->token(jwt => 1, headers => ['DPoP: ' . dpop(
    method => 'POST', uri => 'https://elsewhere/token')])->{error},
    'invalid_dpop_proof', 'the provider does look at proofs');


# mTLS: to the certificate of the connection that the request came on

for my $jwt (1, 0) {
    my $method = $jwt ? 'jwt' : 'introspect';
    my $name   = "mTLS, $method";
    my $answer = $idp->token(jwt => $jwt, login => 'bank:bank-secret',
        cert => 'self');
    my $token = $answer->{access_token} // '';
    my @use   = ("Authorization: Bearer $token");

    is($answer->{status}, 200, "$name: a bound token is issued")
        or diag(explain($answer));
    is(cnf_of($token)->{'x5t#S256'}, thumbprint('self'),
        "$name: to that certificate") if $jwt;

    for my $how ('http1.1', 'http2') {
        is(ask($how, 'self', @use), "200 $method bank",
            "$name, $how: with its certificate");
        like(ask($how, 'uri', @use), qr/^401 .*certificate_other$/,
            "$name, $how: stolen, with another one");
        like(ask($how, undef, @use), qr/^401 .*certificate_missing$/,
            "$name, $how: stolen, without one");
        like(ask($how, undef, "Authorization: DPoP $token", proof($token)),
            qr/^401 .*dpop_unbound$/, "$name, $how: a proof is no certificate");
        is(ask($how, 'self', @use), "200 $method bank",
            "$name, $how: its certificate again");
    }

    my ($status, $head) = $server->get('/x', @use);
    is($status, 401, "$name: stolen, on a connection without TLS");
    like($head, qr/^X-Who: .*certificate_missing/mi, '... for that reason');
}

is($idp->token(jwt => 1, login => 'bank:bank-secret', cert => '')->{error},
    'invalid_grant', 'the provider does look at certificates');


# who is not bound is let in as ever

for my $jwt (1, 0) {
    my $token  = $idp->token(jwt => $jwt)->{access_token};
    my $method = $jwt ? 'jwt' : 'introspect';

    for my $how ('http1.1', 'http2') {
        is(ask($how, undef, "Authorization: Bearer $token"),
            "200 $method shop", "$method, $how: a token bound to nothing");
    }
}

unlike($server->log, qr/\[(?:alert|emerg|crit)\]/, 'and nothing is alarming');

done_testing();
