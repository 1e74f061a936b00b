#!/usr/bin/perl

# apisec policy test: tokens that are bound to a key. A proof of each kind that
# is refused, for its reason, beside the one that is taken.

use strict;
use warnings;
use lib 't/lib';

use ApiTest::Run;
use JSON::PP ();
use Test::More;

my $dir  = scratch();
my $json = JSON::PP->new->canonical->utf8;
$ENV{TMPDIR} = $dir;

my $modules = join '', map { "load_module $_;\n" }
    split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
$modules ||= join '', map { 'load_module ' . modules_dir()
    . "/ngx_api_${_}_module.so;\n" } qw(waf sec ratelimit);

sub issuer {
    my ($name, $bind) = @_;
    return "    api_jwt_issuer $name { issuer https://$name; audience orders;"
        . " algorithms ES256; jwks /nowhere/jwks.json; $bind }\n";
}

my $issuers = join '', map { issuer(@$_) }
    ['plain',  ''],
    ['dpop',   'bind dpop required;'],
    ['either', 'bind dpop;'],
    ['rsa',    'bind dpop required algorithms=PS256,ES256;'],
    ['eddsa',  'bind dpop required algorithms=EdDSA;'],
    ['nonce',  'bind dpop required nonce;'],
    ['front',  'bind dpop required origin=https://api.example.com,https://b.example;'],
    ['mtls',   'bind mtls required;'],
    ['both',   'bind mtls required; bind dpop required;'];
my $locations = join '', map {
    "        location /$_/ { api_auth jwt=$_; proxy_pass http://127.0.0.1:9; }\n"
} qw(plain dpop either rsa eddsa nonce front mtls both);

spew("$dir/nginx.conf", <<"EOC");
${modules}events {}
http {
    api_zone main 4m proofs=1m;
$issuers
    api_introspect idp { uri /_ask; client gw; secret env:NOWHERE; bind dpop; bind mtls; }
    server {
        listen 8443 ssl;
        listen 8080;
        server_name api.example.com;
        ssl_certificate /nowhere/cert.pem;
        ssl_certificate_key /nowhere/key.pem;
        ssl_client_certificate /nowhere/ca.pem;
        ssl_verify_client optional;
$locations
        location /opaque/ { api_auth introspect=idp; proxy_pass http://127.0.0.1:9; }
        location = /_ask { internal; proxy_pass https://127.0.0.1:9/x; }
    }
}
EOC

sub policy {
    my ($cases, @more) = @_;
    spew("$dir/cases.json", $json->encode({ config => 'nginx.conf',
        base => 'https://api.example.com:8443', cases => $cases }));
    return apisec('policy', 'test', "$dir/cases.json", '--format', 'json', @more);
}

my %ok = (verdict => 'allow', status => 200, principal => 'alice');

sub who {
    my ($issuer, %more) = @_;
    return { token => $issuer, claims => { sub => 'alice' }, %more };
}

sub one {
    my ($issuer, $more, $expect, %case) = @_;
    return { request => "GET /$issuer/a?page=2", as => who($issuer, @$more),
        expect => ref $expect ? $expect : { status => 401, reason => "auth.$expect" },
        %case };
}

my @dpop = (bound => 'dpop');
my @mtls = (bound => 'mtls');
my @both = (bound => ['dpop', 'mtls']);
my $cert = { certificate => 'CN=orders' };

my @cases = (
    # What holds with no line of configuration.
    one('plain', [], \%ok),
    one('plain', \@dpop, 'dpop_off'),
    one('plain', \@mtls, \%ok),
    one('plain', [@mtls, proof => 'none'], 'certificate_missing'),
    one('plain', [@mtls, proof => 'other_key'], 'certificate_other'),

    # DPoP: taken, of keys of each kind; what a thief can do.
    one('dpop', \@dpop, \%ok),
    one('rsa', \@dpop, \%ok),
    one('eddsa', \@dpop, \%ok),
    one('front', \@dpop, \%ok),
    one('either', \@dpop, \%ok),
    one('either', [], \%ok),
    one('dpop', [], 'unbound'),
    one('dpop', [@dpop, proof => 'none'], 'dpop_missing'),
    one('dpop', [@dpop, proof => 'bearer'], 'dpop_scheme'),
    one('dpop', [@dpop, proof => 'other_key'], 'dpop_binding'),
    one('dpop', [@dpop, proof => 'other_method'], 'dpop_method'),
    one('dpop', [@dpop, proof => 'other_url'], 'dpop_uri'),
    one('dpop', [@dpop, proof => 'other_token'], 'dpop_token'),
    one('dpop', [@dpop, proof => 'old'], 'dpop_too_old'),
    one('dpop', [@dpop, proof => 'early'], 'dpop_in_future'),
    one('dpop', [@dpop, expired => JSON::PP::true], 'expired'),
    one('dpop', [@dpop, forged => JSON::PP::true], 'signature'),
    one('eddsa', [@dpop, proof => 'other_key'], 'dpop_binding'),

    # One proof twice, and its twin: a proof for each.
    one('dpop', [@dpop, proof => 'reused'],
        { allowed => 1, status => 401, reason => 'auth.dpop_replayed' }, repeat => 3),
    one('dpop', \@dpop, { %ok, allowed => 3 }, repeat => 3),

    # Nonces: a client learns the one it is given.
    one('nonce', \@dpop, { %ok, allowed => 3 }, repeat => 3),
    one('nonce', [@dpop, proof => 'no_nonce'], 'dpop_nonce'),
    one('nonce', [@dpop, proof => 'other_nonce'], 'dpop_nonce'),
    one('nonce', [@dpop, proof => 'other_url'], 'dpop_uri'),

    # Certificates: one that is made, one of the case.
    one('mtls', \@mtls, \%ok),
    one('mtls', [], 'unbound'),
    one('mtls', [@mtls, proof => 'none'], 'certificate_missing'),
    one('mtls', [@mtls, proof => 'other_key'], 'certificate_other'),
    { request => 'GET /mtls/', as => [who('mtls', @mtls), $cert], expect => \%ok },
    { request => 'GET /mtls/', as => [$cert, who('mtls', @mtls)], expect => \%ok },
    { request => 'GET /mtls/', as => [$cert, who('mtls', @mtls, proof => 'none')],
      expect => { status => 401, reason => 'auth.certificate_other' } },

    # Both at once; the one does not stand for the other.
    one('both', \@both, \%ok),
    one('both', \@dpop, 'unbound'),
    one('both', \@mtls, 'unbound'),
    one('both', [@both, proof => 'old'], 'dpop_too_old'),

    # Opaque tokens, about which the server that is asked says what binds them.
    (map { { request => 'GET /opaque/', as => { opaque => 'idp',
        claims => { sub => 'alice' }, @{ $_->[0] } }, expect => $_->[1] } }
        [\@dpop, \%ok], [\@mtls, \%ok],
        [[@dpop, proof => 'other_key'],
            { status => 401, reason => 'auth.dpop_binding' }],
        [[@mtls, proof => 'other_key'],
            { status => 401, reason => 'auth.certificate_other' }]),

    # Another day, and plain HTTP.
    one('dpop', \@dpop, \%ok, time => '2031-05-01'),
    one('nonce', \@dpop, \%ok, time => '2031-05-01'),
    { request => 'POST http://api.example.com:8080/dpop/', as => who('dpop', @dpop),
      body => '{}', expect => \%ok },
);
my $n = 0;
$_->{name} = sprintf 'case %02d', $n++ for @cases;

my $got = policy(\@cases);
is($got->{err}, '', 'nothing is complained about');
is($got->{code}, 0, 'all is as expected');
my @is = @{ $json->decode($got->{out} || '{}')->{cases} // [] };
is(@is, @cases, 'all were asked');
for my $i (0 .. $#is) {
    ok($is[$i]{ok}, $json->encode([@{ $cases[$i] }{qw(request as expect)}]))
        or diag $json->encode($is[$i]{steps});
}


# The twin of an expectation that holds fails: what is looked at is the answer.

$got = policy([
    one('dpop', [@dpop, proof => 'other_key'], \%ok),
    one('dpop', \@dpop, 'dpop_binding')]);
is($got->{code}, 1, 'what is not as expected is told');
is(scalar(grep { !$_->{ok} } @{ $json->decode($got->{out} || '{}')->{cases} // [] }), 2,
    '... of both');


# Mistakes in the table

for my $case (
    [{ bound => 'tls' }, 'bound is dpop, mtls'],
    [{ proof => 'none' }, 'not bound has no proof'],
    [{ bound => 'dpop', proof => 'late' }, 'is one of none, bearer, other_key'],
    [{ bound => 'mtls', proof => 'reused' }, 'is one of none, other_key$'],
    [{ bound => 'mtls' }, 'needs an https://', 'http://api.example.com:8080/'],
) {
    $got = policy([{ request => 'GET ' . ($case->[2] // '/dpop/'),
        as => { token => 'dpop', %{ $case->[0] } }, expect => { status => 200 } }]);
    is($got->{code}, 2, "$case->[1]: exit code 2");
    like($got->{err}, qr/cases\.json:\d+: .*$case->[1]/, '... the line, and what to write');
}

done_testing();
