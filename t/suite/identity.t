#!/usr/bin/perl

# Tokens that api_identity_token sends upstream, read by somebody else's code
# (the npm package jose) with the keys that api_jwks serves; how they are kept,
# and how the key changes while nginx runs.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Sec;
use ApiTest::Server;
use File::Temp qw(tempdir);
use JSON::PP qw(decode_json);
use Test::More;

plan skip_all => 'no node' if !node_available();
plan skip_all => 'npm ci in t/node has not been run'
    if !-e 't/node/node_modules/jose/package.json';

my $dir = tempdir(CLEANUP => 1);
my $ISS = 'https://gateway.example';


sub config {
    my ($line, @more) = @_;
    my $up = free_port('IDENTITY_UP');

    return (
        http => corp(key => 'file:own.secret kid=hs256') . "
    server {
        listen 127.0.0.1:$up;
        location / { return 200 \$http_x_identity; }
        location /auth { return 200 \$http_authorization; }
    }",
        location => "
        api_auth           jwt=corp;
        api_identity_token $line;
        proxy_pass         http://127.0.0.1:$up;
    }
    location = /jwks { api_jwks;" . join '', @more);
}


# What jose makes of a token with these keys.

sub verified {
    my ($token, $jwks, %options) = @_;

    write_file("$dir/questions.json", json([{ token => $token,
        jwks => $jwks, options => { issuer => $ISS, %options } }]));
    my $out = `node t/node/check-tokens.mjs < $dir/questions.json`;
    return decode_json($out)->[0];
}

sub keys_of {
    my ($server) = @_;
    my ($code, $head, $body) = $server->get('/jwks');

    is($code, 200, 'api_jwks answers');
    like($head, qr{^Content-Type: application/jwk-set\+json\r}m, 'its type');
    like($head, qr{^Cache-Control: public, max-age=60\r}m, 'it may be kept');
    return decode_json($body);
}

sub identity {
    my ($server, %claims) = @_;
    my ($code, undef, $body) =
        $server->get('/', bearer(claims => \%claims));

    is($code, 200, 'a request of a known caller') or diag($server->log);
    return $body;
}


my @ALGS = (['rsa2048', 'RS256'], ['p256', 'ES256'], ['p384', 'ES384'],
            ['p521', 'ES512']);

for (@ALGS) {
    my ($key, $alg) = @$_;
    my $server = ApiTest::Server->start(
        files => { 'own.secret' => secret('hs256'),
                   'id.pem.secret' => private_pem($key) },
        config("X-Identity key=file:id.pem.secret iss=$ISS aud=orders"
            . ' ttl=2m claims=tenant,org.unit,roles'),
    );

    my $jwks = keys_of($server);
    is(scalar @{ $jwks->{keys} }, 1, "$alg: one key");
    ok(!exists $jwks->{keys}[0]{d}, "$alg: its public half");

    my $token = identity($server, tenant => 7, roles => ['a', "\x{e4}"],
                         org => { unit => undef, other => 1 });
    my $now    = time;
    my $answer = verified($token, $jwks, audience => 'orders');
    my $claims = $answer->{claims} // {};
    my ($iat, $exp) = delete @$claims{qw(iat exp)};

    is_deeply($answer->{header}, { alg => $alg, typ => 'JWT',
        kid => $jwks->{keys}[0]{kid} }, "$alg: jose takes it")
        or diag(explain($answer));
    is_deeply($claims, { iss => $ISS, sub => 'alice', aud => 'orders',
        auth_method => 'jwt', tenant => 7, 'org.unit' => undef,
        roles => ['a', "\x{e4}"] }, "$alg: who it is about");
    cmp_ok(abs($iat - $now), '<', 60, "$alg: made now");
    is($exp - $iat, 120, "$alg: for two minutes");

    like(verified($token, $jwks, audience => 'other')->{error},
         qr/CLAIM/, "$alg: not for somebody else");
    like(verified($token =~ s/\.\K(.)/$1 eq 'e' ? 'f' : 'e'/er, $jwks)
         ->{error}, qr/./, "$alg: a changed one is refused");
}


# What is sent when, and to whom

my $server = ApiTest::Server->start(
    workers => 1,
    main    => "user root;\n",    # else the workers cannot read a new key
    files   => { 'own.secret' => secret('hs256'),
                 'id.pem.secret' => private_pem('p256') },
    config("X-Identity key=file:id.pem.secret iss=$ISS claims=n", '
    }
    location /public/ {
        api_auth   off;
        proxy_pass http://127.0.0.1:' . free_port('IDENTITY_UP') . ';
    }
    location /optional/ {
        api_auth   jwt=corp optional;
        api_identity_token X-Identity key=file:id.pem.secret iss=o;
        proxy_pass http://127.0.0.1:' . free_port('IDENTITY_UP') . ';
    }
    location /off/ {
        api_identity_token off;
        proxy_pass http://127.0.0.1:' . free_port('IDENTITY_UP') . ';
    }
    location /auth {
        api_auth   jwt=corp optional;
        api_identity_token Authorization key=file:id.pem.secret iss=a;
        proxy_pass http://127.0.0.1:' . free_port('IDENTITY_UP') . ';'),
);

my $one = identity($server, n => 1);
is(identity($server, n => 1), $one, 'the same caller: the same token');
isnt(identity($server, n => 2), $one, 'other claims: another one');
isnt(identity($server, n => 1, sub => 'bob'), $one, 'another caller too');
is(identity($server, n => 1), $one, 'it is still kept');

# many callers, who come again: hardly any token is made twice

my @callers = map { bearer(claims => { n => 1, sub => "u$_" }) } 1 .. 600;
my @first = map { ($server->get('/', $_))[2] } @callers;
my @again = map { ($server->get('/', $_))[2] } @callers;
my $kept = grep { length $first[$_] && $first[$_] eq $again[$_] } 0 .. 599;

cmp_ok($kept, '>=', 570, "of 600 callers $kept got the token they had");

my $short = identity($server, n => 1, exp => time + 20);
my $jwks  = keys_of($server);
my $until = verified($short, $jwks)->{claims}{exp};
cmp_ok($until, '<=', time + 20, 'it does not outlive the one that was shown');

$short = identity($server, n => 1, exp => time + 20.5);
$until = verified($short, $jwks)->{claims}{exp};
cmp_ok($until, '<=', time + 20, '... nor one that ends within a second');

for (['/', 401], ['/public/', 200], ['/optional/', 200], ['/off/', 200]) {
    my ($uri, $want) = @$_;
    my ($code, undef, $body) = $server->get($uri, "X-Identity: $one");
    is($code, $want, "$uri without a token");
    is($body, '', "$uri: what the client says is gone") if $code == 200;
}

my (undef, undef, $body) = $server->get('/off/', bearer());
is($body, '', 'off: none is sent');

(undef, undef, $body) = $server->get('/auth', bearer());
my ($in_auth) = $body =~ /\ABearer (\S+)\z/;
is(verified($in_auth, $jwks, issuer => 'a')->{claims}{sub}, 'alice',
   'in Authorization, in place of the client\'s');
my $none = 'Authorization: Basic ' . 'YTpi';
(undef, undef, $body) = $server->get('/auth', $none);
is($body, '', 'nobody: none, and the client\'s does not pass for one');

(undef, undef, $body) = $server->get('/', bearer(claims => { sub => undef }));
is($body, '', 'a token without sub: nobody to tell of');

my ($code) = $server->get('/',
    bearer(raw_payload => json(claims()) =~ s/\}\z/,"n":1e999}/r));
is($code, 500, 'claims that cannot be signed are no reason to let pass');
like($server->log, qr/api_identity_token: libjwt does not take the claims/,
     '... and the log says so');


# The key changes while nginx runs: the new one is published first.

my $old = $jwks->{keys}[0]{kid};
$server->write('id.pem.secret', private_pem('p384'));

my %first;
for (1 .. 1200) {
    my (undef, undef, $set) = $server->get('/jwks');
    my @kids = map { $_->{kid} } @{ decode_json($set)->{keys} };
    my ($head) = split /\./, identity_quiet($server);
    my $signed = decode_json(unb64url($head))->{kid};

    $first{published} //= $_ if @kids > 1;
    $first{signed}    //= $_ if $signed ne $old;
    last if $first{signed};
    select undef, undef, undef, 0.05;
}

sub identity_quiet {
    my ($server) = @_;
    return ($server->get('/', bearer(claims => { n => 1 })))[2];
}

ok($first{published}, 'the new key is published');
ok($first{signed} && $first{published} < $first{signed},
   'before it signs');

my $both = keys_of($server);
is(scalar @{ $both->{keys} }, 2, 'both are published');
ok(verified($one, $both)->{claims}, 'a token of before is good');
ok(verified(identity_quiet($server), $both)->{claims}, 'and one of now');

$server->write('id.pem.secret', "no key\n");
for (1 .. 600) {
    last if $server->log =~ /no private key/;
    select undef, undef, undef, 0.05;
}

ok(verified(identity_quiet($server), $both)->{claims},
   'a file that is no key leaves the last one in use');
like($server->log, qr/id\.pem\.secret.*no private key in PEM/,
     '... and is logged');
unlike($server->log, qr/BEGIN|PRIVATE/, 'nothing of a key is in the log');

done_testing();
