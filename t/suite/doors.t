#!/usr/bin/perl

# The modules meet without a common symbol: the decision record and its
# variables in every subset, the zone and the configuration door across .so
# files, and the zone over reloads.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Server;
use Test::More;

my @all = split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
plan skip_all => 'the modules are compiled in' if @all != 3;

my %so = map { /ngx_api_(\w+?)_module/ ? ($1 => $_) : () } @all;
my $auth = <<'EOF';
    api_jwt_issuer corp {
        issuer https://idp; audience orders;
        algorithms HS256; key file:own.secret;
    }
EOF
my %files = ('own.secret' => secret('hs256'), 'html/x' => "x\n");
my $bearer = 'Authorization: Bearer ' . jwt(alg => 'HS256', key => 'hs256',
    claims => { iss => 'https://idp', aud => 'orders', exp => time + 600 });


sub modules { return [map { $so{$_} } @_] }


# Every subset by itself: the shared variables are there, once.

sub subset {
    my (@names) = @_;
    my $sec = grep { $_ eq 'sec' } @names;

    my $server = ApiTest::Server->start(
        modules  => modules(@names),
        files    => \%files,
        http     => $sec ? "api_zone main 1m;\n$auth" : '',
        location => ($sec ? 'api_auth jwt=corp optional;' : '')
            . ' add_header X-Id $api_support_id;'
            . ' add_header X-Decision "[$api_decision]";'
            . ' add_header X-Same $request_id;'
            . ' try_files /x =404;',
    );

    my (undef, $head) = $server->get('/');
    my ($id)   = $head =~ /^X-Id: (\w+)/m;
    my ($same) = $head =~ /^X-Same: (\w+)/m;
    my $want   = $sec ? '[allow]' : '[]';

    like($id // '', qr/^[0-9a-f]{32}$/, "@names: a support id");
    is($id, $same, '... which is $request_id');
    like($head, qr/^X-Decision: \Q$want\E/m, '... and the decision');
    unlike($server->log, qr/\[(?:alert|emerg|crit|error)\]/, '... no error');
    return;
}


sub health {
    my ($server) = @_;
    my (undef, undef, $body) = $server->get('/ready');
    return JSON::PP::decode_json($body);
}


sub counts {
    my ($server) = @_;
    my $modules = health($server)->{modules};
    return join ' ', map { $modules->{"ngx_api_${_}_module"}{requests} // '-' }
        qw(sec ratelimit waf);
}


for my $set (1 .. 7) {
    my @names = ('waf', 'sec', 'ratelimit');
    subset(grep { $set & (1 << ($_ eq 'sec' ? 0 : $_ eq 'waf' ? 1 : 2)) }
            @names);
}

my $ready = 'location = /ready { api_health ready; }';
my %conf = (
    http     => "api_zone main 1m;\n$auth",
    server   => $ready,
    location => 'api_auth jwt=corp; try_files /x =404;',
);
my $server = ApiTest::Server->start(%conf, files => \%files, workers => 2);

is(counts($server), '0 0 0', 'three modules see each other; nothing counted');
$server->get('/', $bearer) for 1 .. 5;
$server->get('/') for 1 .. 3;
is(counts($server), '8 8 8', 'what sec decides, all count in one zone');

my %tenants = map { $_->{name} => 1 } @{ health($server)->{zone}{tenants} };
is(join(' ', sort keys %tenants), 'metrics ratelimit revocations sec tokens waf', 'each has its tenant');
is(health($server)->{modules}{ngx_api_sec_module}{deny}, 3, 'and by verdict');

ok($server->reload(%conf), 'a reload');
is(counts($server), '8 8 8', '... keeps the counts');

ok($server->reload(%conf, http => "api_zone main 2m;\n$auth"),
    'a reload with a larger zone');
is(counts($server), '8 8 8', '... brings them over');
is(health($server)->{zone}{size}, 2 * 1024 * 1024, '... to the new zone');
$server->get('/', $bearer);
is(counts($server), '9 9 9', '... where counting goes on');

ok($server->reload(%conf, http => "api_zone main 512k;\n$auth"),
    'a reload with a smaller zone');
is(counts($server), '9 9 9', '... brings them over too');

ok(!$server->reload(%conf, http => "api_zone main 4m;\n$auth",
        server => "$ready listen 127.0.0.1:1x;"),
    'a reload that fails');
$server->get('/', $bearer);
is(counts($server), '10 10 10', '... leaves the old zone counting');

ok($server->reload(%conf, http => "api_zone other 1m;\n$auth"),
    'a zone with another name');
is(counts($server), '0 0 0', '... is another zone');

for my $pid ($server->workers) {
    kill 'KILL', $pid;
}
Time::HiRes::sleep(0.3);
$server->get('/', $bearer);
is(counts($server), '1 1 1', 'killed workers leave no lock behind');

done_testing();
