#!/usr/bin/perl

# api_audit_encrypt: who it was is in no event for whoever has the log, and in
# each for the reader; another implementation (node:crypto) opens it too.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Event;
use ApiTest::Sec;
use ApiTest::Server;
use File::Temp qw(tempdir);
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep);

my $apisec = ($ENV{API_BUILD} // 'build') . '/bin/apisec';
plan skip_all => "no $apisec" if !-x $apisec;

my $keys   = tempdir(CLEANUP => 1);
my $reader = `$apisec log keygen --reader $keys/reader.key 2>/dev/null`;
chomp $reader;
like($reader, qr/^apisec-log-reader\+[\w-]{43}$/, 'keygen prints the recipient');
is((stat "$keys/reader.key")[2] & 0777, 0600, '... the other half is its owner\'s');
my $other = `$apisec log keygen --reader $keys/other.key 2>/dev/null`;

my $seal = `$apisec log keygen --name gw.example --key $keys/seal.key --state $keys --epoch 60s 2>/dev/null`;
write_file("$keys/verify", $seal);

my $server = ApiTest::Server->start(
    workers  => 2,
    main     => 'user root;',
    files    => { 'own.secret' => secret('hs256'), 'html/x' => "x\n" },
    http     => "api_state $keys; api_audit_seal key=file:$keys/seal.key;\n"
        . "api_audit logs/audit.jsonl;\n"
        . "api_audit_encrypt recipient=$reader client principal path host agent;\n"
        . corp(key => 'file:own.secret kid=hs256'),
    server   => <<'END',
    api_auth jwt=corp optional;
    location /less/ { api_audit_redact principal; try_files /x =404; }
END
    location => 'try_files /x =404;',
);

my $bearer = bearer(claims => { sub => 'alice@example.com' });
my @agents = ('curl/7.88.1', "hostile \xff\"\\ agent", 'x' x 3000);

$server->request("GET /orders/4711 HTTP/1.1", $bearer, "User-Agent: $_") for @agents;
$server->get('/less/4711', $bearer);
$server->get('/' . 'y/7' x 2000, $bearer);
$server->get('/anybody');

# Each byte is six in JSON: who fills a box up is in it all the same.

my $fill = "\xff" x 300;
$server->request("GET /$fill HTTP/1.1", $bearer, "User-Agent: $fill");
$server->get("/n/$_", $bearer) for 1 .. 50;

for (1 .. 500) {
    last if (() = $server->text('logs/audit.jsonl') =~ /"kind":"request"/g) >= 57;
    sleep 0.02;
}
kill 'QUIT', $server->{pid};
waitpid delete $server->{pid}, 0;

my $log    = "$server->{dir}/logs/audit.jsonl";
my $text   = slurp($log);
my @events = grep { $_->{kind} eq 'request' } events_of($text);

is(join(', ', map { event_faults($_) } events_of($text)), '', 'events are as the schema says');
is(scalar @events, 57, 'each request has one');
is((grep { !$_->{box} } @events), 0, '... with a box');
unlike($text, qr/alice|127\.0\.0\.1|4711/, 'nobody is named in it');
my %who = map { ($_->{principal} // {})->{id} => 1 } grep { $_->{principal} } @events;
is(scalar keys %who, 1, '... but by one pseudonym');
is(scalar keys %{ { map { ("$_->{box}{by} $_->{box}{n}" => 1) } @events } }, 57,
    'no box comes twice');

my $out = `$apisec log verify --key $keys/verify $log 2>&1`;
is($? >> 8, 0, 'the log verifies as it is') or diag $out;

my $plain = `$apisec log decrypt --key $keys/reader.key $log 2>$keys/err`;
is($? >> 8, 0, 'decrypt');
like(slurp("$keys/err"), qr/^57 opened, \d+ without a box for this key, 0 that do not open$/m, '... tells how many');
my @opened = map { $_->{box} } grep { $_->{kind} eq 'request' } events_of($plain);

my ($curl) = grep { ($_->{'http.agent'} // '') eq 'curl/7.88.1' } @opened;
is($curl->{'principal.id'}, 'alice@example.com', 'who');
is($curl->{'client.ip'}, '127.0.0.1', 'from where');
is($curl->{'http.path'}, '/orders/4711', 'for what');
is($curl->{'http.agent'}, 'curl/7.88.1', 'by what');
my ($less) = grep { ($_->{'http.path'} // '') eq '/less/4711' } @opened;
ok($less && !exists $less->{'principal.id'}, 'what is redacted is not in it either');
is((grep { !defined } map { $_->{'client.ip'} } @opened), 0, 'each has somebody');

$out = `$apisec log decrypt --key $keys/other.key $log 2>/dev/null`;
is($out, $text, 'another reader sees it as it is');
$out = `$apisec log decrypt --key $keys/verify $log 2>&1`;
is($? >> 8, 3, 'what is no key of a reader') or diag $out;


# Changed, and moved to another event

sub opens {
    my ($changed) = @_;
    write_file("$keys/changed", $changed);
    my $got = `$apisec log decrypt --key $keys/reader.key $keys/changed 2>&1 >/dev/null`;
    return ($? >> 8) . ' ' . ($got =~ /, (\d+) that do not open/)[0];
}

my ($one, $two) = grep {/"kind":"request"/} split /^/, $text;
is(opens($one), '0 0', 'one event alone');
is(opens($one =~ s/("data":".)(.)/$1 . ($2 eq 'A' ? 'B' : 'A')/er), '1 1', 'one character is changed');
my ($box) = $two =~ /("box":\{[^}]*\})/;
is(opens($one =~ s/"box":\{[^}]*\}/$box/r), '1 1', 'a box of another event');

# A box may come from anybody: nothing but an object without controls is shown

SKIP: {
    my $nodes = node_available();
    skip 'no node', 2 if !$nodes;
    my @theirs = map { JSON::PP::decode_json($_) }
        split /\n/, `node t/node/box.mjs $keys/reader.key <$log`;
    is(scalar @theirs, 57, 'another implementation opens them');
    is_deeply(\@theirs, \@opened, '... to the same');
}


# Mistakes

for my $mistake (
    ['api_audit_encrypt client principal;', qr/takes recipient= first/],
    ["api_audit_encrypt recipient=$reader query;", qr/takes client, principal, agent, path and host/],
    ['api_audit_encrypt recipient=somebody client;', qr/has no key of a reader in recipient=/],
    ['api_audit_encrypt recipient=' . slurp("$keys/reader.key") =~ s/\n//r . ' client;',
        qr/takes the public key of the reader/],
    ['api_audit_encrypt recipient=apisec-log-reader+' . 'A' x 43 . ' client;',
        qr/cannot be done with that key/],
    ["api_audit_encrypt recipient=file:$keys/none client;", qr/none.*No such file/],
    ["api_audit_encrypt recipient=$reader client;\napi_audit_encrypt recipient=$reader client;",
        qr/is duplicate/],
) {
    $server->configure(location => 'return 204;', http => $mistake->[0]);
    my $dir = $server->{dir};
    my $said = `$server->{nginx} -t -p $dir -e $dir/logs/e -c $dir/nginx.conf 2>&1`;
    like($said, qr/\[emerg\].*$mistake->[1].*nginx\.conf:\d+/s, "refused: $mistake->[1]");
}

write_file("$keys/pub", $reader);
$server->configure(location => 'return 204;', http =>
    "api_audit logs/a.jsonl; api_audit_encrypt recipient=file:$keys/pub client;");
my $dir = $server->{dir};
like(`$server->{nginx} -t -p $dir -e $dir/logs/e -c $dir/nginx.conf 2>&1`, qr/is successful/, 'a key in a file');

done_testing();
