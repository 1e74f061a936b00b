#!/usr/bin/perl

# Whose an operation is: the document's word, else that of the policy of the
# location, for what was learned too. And how long what was learned is kept:
# forget=, in memory and in the file.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Sec;
use ApiTest::Server;
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep);

my $SPEC = <<'END_SPEC';
openapi: 3.1.0
info: { title: Shop, version: "1" }
paths:
  /said:
    get: { operationId: said, x-owner: document,
           responses: { "200": { description: ok } } }
  /silent:
    get: { operationId: silent, responses: { "200": { description: ok } } }
END_SPEC

my $state = tempdir('api-state-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0700, $state;
chown +(getpwnam 'nobody')[2, 3], $state if $> == 0;    # the workers

sub conf {
    my (%more) = @_;
    my $up = Test::Nginx::StandIn::Port::named('owner-up');
    my $forget = $more{forget} // '';
    my $policy = $more{policy} // 'api_policy edge owner=edge-team;';
    return (
        workers => 1,
        http => "api_zone main 4m;\napi_state $state;\n"
            . "api_schema_spec shop shop.yaml base=/v1;\n"
            . "server { listen 127.0.0.1:$up; return 200 ok; }\n",
        server => 'server_name api.example;',
        location => <<"END_CONF",
            return 404;
        }
        location /v1/ {
            $policy
            api_inventory $forget;
            api_schema    shop mode=monitor;
            proxy_pass    http://127.0.0.1:$up;
        }
        location /other/ {
            api_policy    other owner=others;
            api_inventory $forget;
            api_schema    shop mode=monitor path=rewritten;
            rewrite       ^/other(.*) /v1\$1 break;
            proxy_pass    http://127.0.0.1:$up;
        }
        location /learned/ {
            $policy
            api_inventory min_hits=2 $forget;
            proxy_pass    http://127.0.0.1:$up;
        }
        location /_api/ {
            api_status;
END_CONF
    );
}

my $server = ApiTest::Server->start(conf(), files => { 'shop.yaml' => $SPEC });

sub inventory {
    my ($code, undef, $body) = $server->get('/_api/inventory' . ($_[0] // ''));
    return $code == 200 ? decode_json($body) : {};
}

sub ops {
    return map { ("$_->{method} $_->{template}" => $_) }
        grep { $_->{requests} } @{ inventory()->{items} };
}

sub until_seen {
    my ($want) = @_;
    my $got;
    for (1 .. 1500) {
        my $inv = inventory();
        $got = $inv->{other_requests} // 0;
        $got += $_->{requests} for @{ $inv->{items} };
        return $got if $got >= $want;
        sleep 0.02;
    }
    return $got;
}

my $total = 0;

sub ask {
    my (@paths) = @_;
    for (@paths) {
        $total++;
        my ($code) = $server->get($_);
        is($code, 200, "GET $_") if $code != 200;
    }
    is(until_seen($total), $total, "all $total are counted");
    return;
}

# min_span is ten minutes, or two callers: an Address is one, so that what is
# learned here is known by two of them.

sub from {
    my ($addr, $path) = @_;
    $total++;
    my $fh = IO::Socket::INET->new(LocalAddr => $addr,
        PeerAddr => "127.0.0.1:$server->{port}", Timeout => 30) or die $!;
    print $fh "GET $path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    local $/;
    return scalar <$fh>;
}

ask('/v1/said', '/v1/silent');
from("127.0.0.$_", '/learned/thing') for 1, 2, 3, 1, 2;
until_seen($total);

my %op = ops();
is($op{'GET /v1/said'}{owner}, 'document', 'the document comes first');
is($op{'GET /v1/silent'}{owner}, 'edge-team',
   'where it says nothing, the policy of the location');
is($op{'GET /learned/thing'}{owner}, 'edge-team', 'of what was learned too');
is(inventory('/openapi')->{paths}{'/v1/silent'}{get}{'x-apisec'}{owner},
   'edge-team', 'the export says so');

ask('/other/silent', '/v1/silent', '/other/silent');
%op = ops();
is($op{'GET /v1/silent'}{owner}, 'edge-team',
   'an operation of two policies does not change hands by requests');
is($op{'GET /v1/silent'}{requests}, 4, '... and is one');

$server->reload(conf(policy => 'api_policy edge owner=new-team;'))
    or BAIL_OUT($server->log);
ask('/v1/said', '/v1/silent');
from('127.0.0.1', '/learned/thing');
until_seen($total);
%op = ops();
is($op{'GET /v1/silent'}{owner}, 'new-team', 'a policy in other hands');
is($op{'GET /learned/thing'}{owner}, 'new-team', '... what was learned too');
is($op{'GET /v1/said'}{owner}, 'document', '... not what the document says');

$server->reload(conf(policy => '')) or BAIL_OUT($server->log);
ask('/v1/silent');
from('127.0.0.1', '/learned/thing');
until_seen($total);
%op = ops();
is($op{'GET /v1/silent'}{owner}, undef, 'no policy, no owner');
is($op{'GET /learned/thing'}{owner}, undef, '... of what was learned');

# The file, and the command line.

my $apisec = ($ENV{API_BUILD} // 'build') . '/bin/apisec inventory';
$server->reload(conf()) or BAIL_OUT($server->log);
ask('/v1/silent');
$server->stop;
like(`$apisec list $state/inventory.snap`,
     qr{^\S+ +GET +api\.example/v1/silent .*, of edge-team}m,
     'apisec inventory list names the owner');

# A day later than forget=: what was learned has gone, what a contract has is
# there. That it is later is a matter of time passing, never of how much.

sleep 2.1;
$server = ApiTest::Server->start(conf(forget => 'forget=1s'),
    files => { 'shop.yaml' => $SPEC });
%op = ops();
is($op{'GET /learned/thing'}, undef, 'what nobody has called for long is gone');
ok($op{'GET /v1/silent'} && $op{'GET /v1/said'},
   '... those of the contract stay, as old as they are');
is(inventory()->{forgotten}, 1, '... and it is counted');
like(($server->get('/_api/metrics'))[2],
     qr/^apisec_inventory_forgotten_total 1$/m, '... in metrics');

$server->stop;
unlike(`$apisec list $state/inventory.snap`, qr/learned/,
       'it has gone from the file');
like(`$apisec list $state/inventory.snap`, qr{GET +api\.example/v1/said},
     '... and nothing else');

# It may come back; for ever is 0, and the longest line has its way.

$server = ApiTest::Server->start(conf(forget => 'forget=0'),
    files => { 'shop.yaml' => $SPEC });
from("127.0.0.$_", '/learned/thing') for 1, 2, 3, 1, 2;
for (1 .. 1500) {
    %op = ops();
    last if $op{'GET /learned/thing'};
    sleep 0.02;
}
ok($op{'GET /learned/thing'}, 'who calls it again makes it known again');
$server->stop;
sleep 2.1;
my %conf = conf(forget => 'forget=1s');
$conf{location} =~ s/min_hits=2 forget=1s/min_hits=2 forget=0/;
$server = ApiTest::Server->start(%conf, files => { 'shop.yaml' => $SPEC });
%op = ops();
ok($op{'GET /learned/thing'}, 'one line that keeps for ever keeps all');
is_deeply([$server->log =~ /^.*\[(?:emerg|alert|crit|error)\].*$/mg], [],
          'no error');

done_testing();
