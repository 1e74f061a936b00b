#!/usr/bin/perl

# apisec replay of requests with a token that was bound to a key: the record
# does not say so, but what the issuer took does.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Dpop;
use ApiTest::Run;
use ApiTest::Sec;
use ApiTest::Server;
use IO::Socket::INET;
use JSON::PP ();
use Test::More;

my $dir  = scratch();
my $json = JSON::PP->new->canonical->utf8;
mkdir "$dir/tmp";
$ENV{TMPDIR} = "$dir/tmp";

# What changes stands in the lines of the issuer.

sub start {
    my (@lines) = @_;
    return ApiTest::Server->start(workers => 1,
        files => { 'own.secret' => secret('hs256'), 'html/x' => "x\n" },
        http => "api_zone main 2m proofs=512k; api_audit logs/audit.jsonl;\n"
            . 'api_jwt_issuer corp { issuer https://idp.example; audience orders;'
            . " algorithms HS256; key file:own.secret kid=hs256; @lines }",
        server => 'server_name localhost; location /v1/ { api_auth jwt=corp; try_files /x =404; }',
        location => 'return 204;');
}

sub status {
    my ($server, $headers) = @_;
    my $s = IO::Socket::INET->new("127.0.0.1:$server->{port}") or die "connect: $!";
    print {$s} join "\r\n", 'GET /v1/orders HTTP/1.1', 'Host: localhost',
        split(/\n/, $headers), 'Connection: close', '', '';
    my $line = <$s> // '';
    1 while <$s>;
    return $line =~ / (\d{3}) / ? $1 : 0;
}

sub record {
    my ($server) = @_;
    until_true(60, sub { $server->text('logs/audit.jsonl') =~ /"kind":"request"/ })
        or die 'no event';
    spew("$dir/$server->{port}.jsonl", $server->text('logs/audit.jsonl'));
    return "$dir/$server->{port}.jsonl";
}

sub told {
    my ($log, @servers) = @_;
    my $got = apisec('replay', $log, '--format', 'json',
        map { ('--config', "$_->{dir}/nginx.conf") } @servers);
    is($got->{err}, '', 'nothing is complained about');
    my $doc = eval { $json->decode($got->{out}) } // {};
    return join ', ', map { $_->{change} // "? $_->{because}" } @{ $doc->{groups} // [] };
}

# leeway: the proofs of this test are of half a minute ahead

my $dpop  = 'bind dpop required leeway=60s;';
my $bound = start($dpop);
my $more  = start($dpop, 'leeway 20s;');
my $off   = start('leeway 20s;');
my $plain = start('');
my %with  = (uri => 'http://localhost/v1/orders');

is(status($bound, with_dpop(bound(), %with)), 200, 'a bound token is taken');
is(status($plain, bearer()), 200, 'one that is not bound, where none has to be');
my $log = record($bound);

is(told($log, $bound, $more), '', 'another line of the issuer: the same');
is(status($more, with_dpop(bound(), %with)), 200, '... and so it is');

is(told($log, $bound, $off), 'allow -> deny by auth dpop_off',
    'bind is taken away: refused');
is(status($off, with_dpop(bound(), %with)), 401, '... and so it is');

$log = record($plain);
is(told($log, $plain, $bound),
    '? whether its token was bound to a key is not recorded',
    'bind is new: nobody knows');
is(told($log, $plain, $off), '', 'a token without a key stays one');

done_testing();
