#!/usr/bin/perl

# api_status/history and api_status/recent: the last hour and the last refusals,
# for a page just opened; and what npm says of the descriptions that
# api_inventory exports.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Sec;
use ApiTest::Server;
use JSON::PP;
use POSIX ();
use Test::More;

my $up = Test::Nginx::StandIn::Port::named('recent-up');
my $waf = grep {/waf/} split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';

sub conf {
    my (%more) = @_;
    return (
        http => ($more{zone} // "api_zone main 2m;\n")
            . corp(key => 'file:own.secret kid=hs256')
            . ($waf ? "api_waf_ruleset own rules.conf;\n" : '')
            . "server { listen 127.0.0.1:$up; default_type application/json; location / { return 200 '{}'; } }\n",
        location => <<"END");
            return 404;
        }
        api_inventory min_hits=2;
        location /orders/ {
            api_auth   jwt=corp;
            proxy_pass http://127.0.0.1:$up;
        }
        location /watched/ {
            api_mode   monitor;
            api_auth   jwt=corp;
            proxy_pass http://127.0.0.1:$up;
        }
        @{[ $waf ? "location /waf/ { api_waf own; proxy_pass http://127.0.0.1:$up; }" : '' ]}
        location /_api/ {
            api_inventory off;
            api_status;
END
}

my $server = ApiTest::Server->start(conf(), workers => 2, files => {
    'own.secret' => secret('hs256'),
    'rules.conf' => qq{SecRuleEngine On\nSecRule ARGS "\@contains evil" "id:77,phase:2,deny,status:403,msg:'x'"\n} });

sub section {
    my ($path) = @_;
    my ($code, undef, $body) = $server->get("/_api/$path");
    return $code == 200 ? decode_json($body) : $code;
}

sub until_true {
    my ($what, $code) = @_;
    for (1 .. 500) {
        return pass($what) if $code->();
        select undef, undef, undef, 0.02;
    }
    return fail($what);
}

is_deeply(section('recent')->{items}, [], 'nothing has been refused');

my @tokens = (bearer(), bearer(claims => { sub => 'bob' }));
my $canary = 'canary5c1e';
$server->get("/orders/$_", $tokens[$_ % 2]) for 1 .. 6;
my (undef, undef, $problem) = $server->get("/orders/7?name=$canary");
my $id = decode_json($problem)->{support_id} // decode_json($problem)->{instance} // '';
$server->get("/watched/$canary") for 1 .. 2;
$server->get("/orders/8", 'Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.AAAAAAAA');

until_true('all are there', sub { @{ section('recent')->{items} } >= 4 });
my @items = @{ section('recent')->{items} };
is(scalar @items, 4, 'refusals, and what would have been');
is_deeply([map { "$_->{verdict} $_->{check} $_->{status}" } @items],
    ['deny auth 401', ('monitor auth 401') x 2, 'deny auth 401'], '... the newest first')
    or diag explain \@items;
is($items[3]{reason}, 'missing', '... why');
like($problem, qr/\Q$items[3]{support_id}\E/, '... by the id the client has') ;
unlike(($server->get('/_api/recent'))[2], qr/$canary/, '... and no value of a request');

my ($op) = grep { $_->{template} eq '/orders/{id}' } @{ section('inventory')->{items} };
is($items[3]{operation_id}, $op->{id}, 'an operation of the inventory');
is(scalar @{ section("recent?operation=$op->{id}")->{items} }, 2, '... and its refusals');
is(scalar @{ section('recent?operation=0123456789abcdef')->{items} }, 0, 'another has none');

my $history;
until_true('a piece that is over', sub {
    $history = section('history');
    my ($piece) = grep {defined} @{ $history->{pieces} };
    return $piece;
});
is($history->{piece}, 10, 'pieces of ten seconds');
is(scalar @{ $history->{pieces} }, 359, '... an hour of them');
my @sum;
for my $piece (grep {defined} @{ $history->{pieces} }) {
    $sum[$_] += $piece->[$_] for 0 .. $#$piece;
}
my %sum;
@sum{ @{ $history->{columns} } } = @sum;
cmp_ok($sum{allow}, '>=', 6, 'allowed') or diag explain \%sum;
cmp_ok($sum{deny}, '>=', 2, 'denied');
cmp_ok($sum{monitor}, '>=', 2, 'watched');
cmp_ok($sum{'4xx'}, '>=', 2, 'by status');
is(section('history/x'), 404, 'nothing below it');
is(section('recent/x'), 404, '... nor there');

SKIP: {
    skip 'without the WAF', 3 if !$waf;
    is_deeply(section('recent')->{rules}, [], 'no rule has matched');
    $server->get('/waf/x?q=evil') for 1 .. 3;
    $server->get('/waf/x?q=good');
    until_true('a rule that matches', sub { @{ section('recent')->{rules} } });
    until_true('... is counted', sub {
        my ($rule) = @{ section('recent')->{rules} };
        return $rule->{id} eq '77' && $rule->{requests} == 3;
    });
}

# A worker that is killed takes nothing along; neither does a reload.

for my $worker ($server->workers) {
    my $pid = open my $out, '-|' // die "fork: $!";
    if (!$pid) {
        $server->get('/orders/none') for 1 .. 200;
        POSIX::_exit(0);
    }
    kill 'KILL', $worker;
    close $out;
    until_true('another worker', sub {
        my @now = $server->workers;
        return @now == 2 && !grep { $_ == $worker } @now;
    });
}
cmp_ok(scalar @{ section('recent')->{items} }, '>=', 4, 'killed workers leave it');
cmp_ok(scalar(grep {defined} @{ section('history')->{pieces} }), '>=', 1, '... and the hour');

# A larger zone has it too, a small zone has none.

$server->reload(conf()) or BAIL_OUT($server->log);
cmp_ok(scalar @{ section('recent')->{items} }, '>=', 4, 'a reload keeps it');

SKIP: {
    skip 'needs node', 3 if !-e 't/node/node_modules/@seriousme/openapi-schema-validator/package.json';
    $server->write("$_.json", ($server->get("/_api/inventory/$_"))[2]) for qw(openapi overlay);
    my $out = `node t/node/check-openapi.mjs $server->{dir}/openapi.json $server->{dir}/overlay.json`;
    my $said = eval { decode_json($out) } // {};
    is_deeply($said->{faults}, [], 'OpenAPI 3.1 and Overlay 1.0, says npm') or diag $out;
    cmp_ok($said->{paths} // 0, '>=', 1, '... of what was seen');
    $server->write('openapi.json', '{"openapi":"3.1.0","info":{"title":"a"},"paths":{"x":{"get":{"parameters":[{"name":1}]}}}}');
    isnt(scalar @{ (eval { decode_json(scalar `node t/node/check-openapi.mjs $server->{dir}/openapi.json $server->{dir}/overlay.json`)->{faults} }) // [] }, 0,
        '... which would say if it were none');
}

$server->reload(conf(zone => "api_zone main 4m;\n")) or BAIL_OUT($server->log);
$server->get('/orders/none') for 1 .. 3;
until_true('a larger zone goes on', sub { @{ section('recent')->{items} } >= 3 });
is(ref section('history')->{pieces}, 'ARRAY', '... with the hour');

$server->reload(conf(zone => "api_zone main 512k;\n")) or BAIL_OUT($server->log);
is(section('recent'), 404, 'a zone below 1m has no room for it');
is(section('history'), 404, '... nor for the hour');

unlike($server->log =~ s/^.*exited on signal 9.*\n//mgr, qr/\[(?:alert|emerg|crit)\]/, 'no alert in the log');

done_testing();
