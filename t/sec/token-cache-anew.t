#!/usr/bin/perl

# A token that comes again and again is verified anew when what is remembered
# of it has run out, and when the keys have changed: it stays good each time,
# and one of a key that is gone does not.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Sec;
use ApiTest::Server;
use Test::More;
use Time::HiRes qw(sleep);

my @sets = (jwks('p256', 'rsa2048'), jwks('p256'), jwks('rsa2048', 'p256'));

sub server {
    my (%issuer) = @_;
    return ApiTest::Server->start(
        workers => 1,
        files => { 'jwks.json' => $sets[0], 'html/x' => "x\n" },
        http  => 'api_zone main 1m; api_auth_budget off;'
            . corp(key => undef, jwks => 'jwks.json',
                   algorithms => 'ES256 RS256', %issuer),
        location => '
            api_auth   jwt=corp;
            add_header X-Seen $api_token_cache always;
            try_files  /x =404;',
    );
}

sub good {
    my ($alg) = @_;
    return jwt(alg => $alg, claims => claims());
}

# Other requests in between have the memory of those before them.

sub ask {
    my ($server, $token) = @_;
    my ($code, $head) = $server->get('/x?' . 'y' x (1 + rand 2000),
        "Authorization: Bearer $token");
    my ($seen) = ($head // '') =~ /^X-Seen: (\S*)/m;
    return $code . ' ' . ($seen // '');
}

sub reads {
    my ($server) = @_;
    return scalar(() = $server->log =~ /has been read again/g);
}


subtest 'keys change, the token does not' => sub {
    my $server = server();
    my ($ec, $rsa) = map { good($_) } qw(ES256 RS256);

    for my $round (1 .. 5) {
        my $has_rsa = ($round % 3) != 1;
        my $before  = reads($server);

        like(ask($server, $ec), qr/^200 /, "round $round: good") for 1 .. 3;

        $server->write('jwks.json', $sets[$round % 3]);
        for (1 .. 500) {
            last if reads($server) > $before;
            sleep 0.02;
        }
        is(reads($server), $before + 1, '... the keys are other ones');

        like(ask($server, $ec), qr/^200 /, '... and it is still good')
            for 1 .. 3;
        is(ask($server, $ec), '200 memo', '... and remembered');

        my $code = $has_rsa ? 200 : 401;
        like(ask($server, $rsa), qr/^$code /, "... $code for the other key");
    }
};


subtest 'what is remembered runs out' => sub {
    my $server = server(cache => '1s');
    my $token  = good('ES256');
    my %seen;

    for (1 .. 25) {
        my $answer = ask($server, $token);
        like($answer, qr/^200 /, 'good');
        $seen{$answer}++;
        sleep 0.2;
    }

    cmp_ok($seen{'200 miss'} // 0, '>=', 3, 'verified several times');
};

done_testing();
