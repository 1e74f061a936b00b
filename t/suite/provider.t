#!/usr/bin/perl

# A real OpenID provider (npm oidc-provider): its key set and its introspection
# behind internal locations, and its keys rotated while requests come.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Provider;
use ApiTest::Server;
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => 'no node' if !node_available();

my $idp  = ApiTest::Provider->start;
my $port = $idp->port;

sub provider {
    my ($path, $login, $form) = @_;
    return $idp->ask($path, login => $login, form => $form);
}

sub jwt_of { return $idp->token(jwt => 1)->{access_token} }

is((provider('/jwks'))[0], 200, 'the provider runs');

my $server = ApiTest::Server->start(
    workers => 2,
    files   => { 'html/x' => "in\n", 'secret' => "gateway:s3cret\n" },
    http    => <<"EOF",
    api_secret_permissions warn;
    api_zone main 2m;
    api_auth_budget off;
    api_jwt_issuer idp {
        issuer http://127.0.0.1:$port; audience urn:jwt;
        algorithms ES256; typ at+jwt; require sub client_id;
        jwks uri:/_jwks refresh=1s min_interval=1s;
    }
    api_introspect idp {
        uri /_introspect; client gateway; secret file:secret; cache 1s;
    }
EOF
    server => <<"EOF",
    location = /_jwks { internal; proxy_pass http://127.0.0.1:$port/jwks; }
    location = /_introspect {
        internal;
        proxy_pass http://127.0.0.1:$port/token/introspection;
    }
EOF
    location => <<'EOF',
        api_auth jwt=idp introspect=idp;
        api_require scope read;
        add_header X-Who "$api_auth_method $api_principal $api_claim_client_id $api_auth_error" always;
        try_files /x =404;
EOF
);

sub ask {
    my ($token) = @_;
    my ($code, $head) = $server->get('/x', "Authorization: Bearer $token");
    return join ' ', $code, $head =~ /^X-Who: (.*?)\s*$/mi;
}

my $jwt = jwt_of();
my $opaque = $idp->token->{access_token};

like(ask($jwt), qr/^200 jwt shop shop/, 'a JWT of the provider');
like(ask($opaque), qr/^200 introspect \S+ shop/, 'an opaque token');
like(ask('x' x 43), qr/^401 .*inactive/, '... another');
like(ask(substr($jwt, 0, -4) . 'AAAA'), qr/^401 .*signature/,
    'a JWT that was changed');

# keys rotated under load: old tokens and new ones are all let in

my (%codes, $new);
my $begun = time;

while (time - $begun < 4) {
    if (!$new && time - $begun > 1.5) {
        provider('/rotate');
        $new = jwt_of();
    }

    $codes{ (split ' ', ask($jwt))[0] }++;

    # within min_interval of a fetch a new key may be unknown still

    $codes{ (split ' ', ask($new))[0] =~ s/^401$/early/r }++ if $new;
}

delete $codes{early};
is(join(' ', sort keys %codes), '200', 'a rotation under load: let in, all');
like(ask($new), qr/^200/, '... with the new key too');
cmp_ok($codes{200}, '>', 10, "... $codes{200} requests");

provider('/drop');

my $said;
for (1 .. 500) {
    $said = ask($jwt);
    last if $said =~ /^401/;
    sleep 0.02;
}

like($said, qr/^401 .*key_unknown/, 'the old key is gone: though known');
like(ask($new), qr/^200/, '... the new one holds');

provider('/token/revocation', 'shop:shop-secret', "token=$opaque");

for (1 .. 500) {
    $said = ask($opaque);
    last if $said =~ /^401/;
    sleep 0.02;
}

like($said, qr/^401 .*inactive/, 'revoked at the provider: within `cache`');

# provider gone: what is known holds

$idp->stop;

like(ask($new), qr/^200/, 'the provider is gone: the keys serve on');
like(ask('y' x 43), qr/^503 .*introspection_unavailable/,
    '... who would have to be asked about is not let in');

unlike($server->log, qr/\[(?:alert|emerg|crit)\]/, 'and nothing is alarming');

done_testing();
