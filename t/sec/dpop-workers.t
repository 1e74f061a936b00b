#!/usr/bin/perl

# DPoP proofs are used once in all workers together, and over reloads: also
# those that change the size of the zone.  Nonces of one worker are known to
# the others.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Dpop;
use ApiTest::Sec;
use ApiTest::Server;
use JSON::PP ();
use POSIX ();
use Test::More;

my $workers = 4;

sub config {
    my ($zone, $bind) = @_;
    return (
        http => "$zone\n" . corp(jwks => 'jwks.json', algorithms => 'ES256',
            key => undef, bind => "dpop max_age=10m leeway=60s $bind"),
        location => 'api_auth jwt=corp; try_files /x =404;',
        server => 'location = /status { api_status; }',
    );
}

my $server = ApiTest::Server->start(workers => $workers,
    files => { 'jwks.json' => jwks('p256b'), 'html/x' => "in\n" },
    config('api_zone main 1m;', ''));

my $token = bound('p256', alg => 'ES256', key => 'p256b');
my $uri = "http://localhost/v1";

sub proof { return dpop(token => $token, uri => $uri, @_) }

# each request on a connection of its own, so that each worker has its turn
sub ask {
    my ($proof) = @_;
    return $server->get('/v1', "Authorization: DPoP $token",
        "DPoP: $proof");
}

sub count {
    my ($proof, $times) = @_;
    my %seen;
    for (1 .. $times) {
        my ($code) = ask($proof);
        $seen{ $code // 'none' }++;
    }
    return join ' ', map { "$_:$seen{$_}" } sort keys %seen;
}

is(count(proof(), 1), '200:1', 'a proof');

my $once = proof();
is(count($once, 40), '200:1 401:39', 'a proof is used once, by any worker');

# many at the same time: the race that matters

for my $round (1 .. 5) {
    my $race = proof();
    my @pipes;
    for (1 .. 8) {
        my $pid = open(my $pipe, '-|') // die "fork: $!";
        if (!$pid) {
            my ($code) = ask($race);
            syswrite STDOUT, $code // 'none';
            POSIX::_exit(0);
        }
        push @pipes, $pipe;
    }
    my @codes = map { scalar readline $_ } @pipes;
    is(scalar(grep { $_ eq '200' } @codes), 1, "race $round: one of eight");
}

ok($server->reload(config('api_zone main 1m;', ''), busy => 1), 'a reload');
is(count($once, 8), '401:8', 'it is still used');
is(count(proof(), 1), '200:1', 'a new one is taken');

# the old workers, with the old zone, are to be gone
ok($server->reload(config('api_zone main 2m proofs=64k;', '')),
    'a reload that changes the sizes');
is(count($once, 8), '401:8', 'it is still used');
is(count(proof(), 1), '200:1', 'a new one is taken');

my ($code, undef, $body) = $server->get('/status');
my $proofs = JSON::PP::decode_json($body);
($proofs) = map { $_->{proofs} } grep { ref eq 'HASH' && $_->{proofs} }
    values %{ $proofs->{modules} // $proofs };
cmp_ok($proofs->{places}, '>', 3000, 'api_status: places');
cmp_ok($proofs->{repeated}, '>=', 8, 'api_status: repeated');

unlike($server->log, qr/\[(?:alert|emerg|crit)\]/, 'nothing in the error log');
$server->stop;

# nonces, with another server

$server = ApiTest::Server->start(workers => $workers,
    files => { 'jwks.json' => jwks('p256b'), 'html/x' => "in\n" },
    config('api_zone main 1m;', 'nonce'));

my ($status, $head) = ask(proof());
my ($nonce) = $head =~ /^DPoP-Nonce: (\S+)/mi;
is($status, 401, 'without one');
ok(defined $nonce, 'one is handed out') or diag($head);

my $taken = 0;
for (1 .. 12) {
    my ($got) = ask(proof(claims => { nonce => $nonce }));
    $taken += $got eq '200';
}
is($taken, 12, 'every worker takes it');

unlike($server->log, qr/\[(?:alert|emerg|crit)\]/, 'nothing in the error log');

done_testing();
