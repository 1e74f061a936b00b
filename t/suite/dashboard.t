# The page of api_status, in headless Chromium: it loads, draws, filters, lifts
# a ban, and shows what strangers wrote as text.

use strict;
use warnings;
use ApiTest;
use ApiTest::Server;
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;
use Test::Nginx::StandIn::Port;
use Time::HiRes qw(sleep);

plan skip_all => 'TEST_NGINX_LOAD_MODULES names no modules'
    if !$ENV{TEST_NGINX_LOAD_MODULES};
plan skip_all => 'needs node' if !node_available();
my ($chromium) = grep { -x } map {"$_/chromium"} split /:/, $ENV{PATH};
plan skip_all => 'needs chromium' if !$chromium;

$SIG{ALRM} = sub { die "it takes too long\n" };
alarm 240;

my $dir = tempdir(CLEANUP => 1);
chmod 0755, $dir;
my $up = Test::Nginx::StandIn::Port::named('up');
my $odd = Test::Nginx::StandIn::Port::named('odd');
my $admin = Test::Nginx::StandIn::Port::named('admin');

mkdir "$dir/state", 0700 or die "state: $!";
my $apisec = ($ENV{API_BUILD} // 'build') . '/bin/apisec';
`$apisec log keygen --name gw.example --key $dir/seal.key --state $dir/state --epoch 1s 2>&1`;
is($?, 0, 'a key for seals');

my $server = ApiTest::Server->start(main => 'user root;', workers => 1,
    files => { 'jwks.json' => ApiTest::jwks({ %{ ApiTest::jwk('rsa2048') },
        kid => '<img src=x onerror=alert(4)>' }) }, http => <<"HTTP",
    api_zone main 8m;
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Forwarded-For;
    api_audit logs/audit.jsonl;
    api_audit_seal key=file:$dir/seal.key epoch=1s;
    api_state $dir/state;
    api_ratelimit_zone z 1m;
    api_ratelimit_policy p zone=z key=\$arg_k rate=1r/m burst=3;
    api_jwt_issuer staff {
        issuer https://idp;
        audience a;
        algorithms RS256;
        jwks jwks.json;
    }

    server {
        listen 127.0.0.1:$up;
        large_client_header_buffers 4 16k;
        location / { return 200 "{}"; }
        location /none { return 404; }
        location = /boom { return 500; }
    }

    server {
        listen 127.0.0.1:$odd;
        server_name '"><script>alert(3)</script>';
        api_inventory min_hits=2;
        location / { proxy_pass http://127.0.0.1:$up; }
    }

    # Who may write comes by a unix socket; the browser cannot.

    server {
        listen unix:$dir/admin.sock;
        location /_api/ { api_status write; }
    }
    server {
        listen 127.0.0.1:$admin;
        location /_api/ { proxy_pass http://unix:$dir/admin.sock; }
    }
HTTP
    server => <<"SERVER", location => "proxy_pass http://127.0.0.1:$up;");
        server_name localhost;
        large_client_header_buffers 4 16k;
        api_inventory min_hits=2;
        api_behavior scanner over=5;
        api_policy edge owner=edge-team review_by=2020-01-31;
        api_exception lenient rule=auth.missing scope=path:/excused expires=2099-01-31 owner=edge-team;
        api_exception past rule=limit expires=2020-01-31 owner=other-team ticket=OLD-1;
        location = /limited {
            api_ratelimit p;
            api_ratelimit_ban on=limit strikes=2/1m ban=1h max=1d key=\$arg_k;
            proxy_pass http://127.0.0.1:$up;
        }
        location /excused { api_auth jwt=staff; proxy_pass http://127.0.0.1:$up; }
        location /private { api_auth jwt=staff; proxy_pass http://127.0.0.1:$up; }
SERVER

my $script = '/%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%3E%3Cimg%20src=x%20onerror=alert(2)%3E';
my $turned = '/%E2%80%AEredro';
my $long = '/' . 'very-long-name-of-a-place' x 160;

my $ask = sub {
    my ($port, $path, @headers) = @_;
    return (bless { port => $port, owner => 0 }, 'ApiTest::Server')->get($path, @headers);
};

for my $address ('192.0.2.1', '192.0.2.2') {
    for my $path ('/orders', '/boom', $script, $turned, $long) {
        $server->get($path, "X-Forwarded-For: $address") for 1 .. 3;
    }
}
$ask->($odd, '/stock', "X-Forwarded-For: 192.0.2.$_") for 1, 2, 1, 2;
$server->get("/none/$_", 'X-Forwarded-For: 198.51.100.7') for 1 .. 20;
$server->get('/private');
$server->get('/excused') for 1 .. 3;
$server->get('/limited?k=other', "X-Forwarded-For: 192.0.2.$_") for 1, 2;
$server->get('/limited?k=%3Cb%3Eme%3C/b%3E') for 1 .. 6;


# --- who gets what

my ($code, $head, $body);

($code, $head) = $ask->($admin, '/_api/', 'Accept: */*');
like($head, qr{^Content-Type: application/json\r$}m, 'who takes anything gets JSON');
($code, $head) = $ask->($admin, '/_api/');
like($head, qr{^Content-Type: application/json\r$}m, '... and who says nothing');
($code, $head, $body) = $ask->($admin, '/_api/', 'Accept: text/html,*/*;q=0.8');
is($code, 200, 'a browser');
like($head, qr{^Content-Type: text/html; charset=utf-8\r$}m, '... gets the page');
like($head, qr{^Content-Security-Policy: default-src 'none'; style-src 'sha256-\S{44}'; script-src 'sha256-\S{44}'; connect-src 'self';}m, '... under a policy');
like($head, qr{^X-Content-Type-Options: nosniff}m, '... that is not guessed at');
like($head, qr{^Vary: Accept}m, '... which differs by Accept');
unlike($body, qr{(?:src|href)\s*=\s*["']?(?:https?:)?//}, '... without anything from elsewhere');
is(($ask->($admin, '/_api/ui'))[0], 200, 'it has an address of its own');
is(($ask->($admin, '/_api/ui/x'))[0], 404, '... and only that');
is(($ask->($admin, '/_api/ui', 'Host: evil.example'))[0], 400, 'two hosts');


# --- in a browser

my $pictures = $ENV{DASHBOARD_PICTURES} // '';
make_path($pictures) if $pictures;

my $out = `node t/node/dashboard.mjs http://127.0.0.1:$admin/_api/ $chromium $pictures 2>$server->{dir}/browser.err`;
my $saw = eval { decode_json($out) } or do {
    fail('the browser has come to its end');
    diag($server->text('browser.err'));
    done_testing();
    exit;
};

is($saw->{status}, 200, 'it loads');
is_deeply($saw->{errors}, [], 'nothing on the console');
is_deeply($saw->{requests}, [], 'nothing asked elsewhere');
ok((scalar grep {/^lenient\s+auth\.missing\s+edge-team\s.*2099-01-31\s+3\s/} @{ $saw->{governance} }), 'an exception, whose it is, until when, how often it was used') or diag explain $saw->{governance};
ok((scalar grep {/^past\s+limit\s+other-team\s+OLD-1\s.*expired 2020-01-31\s+0\s+never/} @{ $saw->{governance} }), '... and one that is over') or diag explain $saw->{governance};
ok((scalar grep {/^edge\s+edge-team\s+2020-01-31, overdue/} @{ $saw->{governance} }), 'a policy whose review is overdue');
ok((scalar grep {/audit\.jsonl\s+\d{10}\s+1 s\s+20\d\d-/} @{ $saw->{audit} }), 'up to when the log is sealed') or diag explain $saw->{audit};
like($saw->{keys}, qr/jwks\.json/, 'files of keys, and how old they are');
ok((scalar grep { m{/orders\s+shadow\s+edge-team\s} } @{ $saw->{operations} }), 'whose an operation is') or diag explain $saw->{operations};
is($saw->{whileHidden}, 0, 'while nobody looks nothing is asked');
cmp_ok($saw->{whenShown}, '>', 0, '... and at once when somebody does');
is_deeply([sort map { (split)[0] } @{ $saw->{plots} }], [qw(allow client deny ok server watch)], 'all is plotted');
cmp_ok((split ' ', $_)[1], '>', 10, "a line: $_") for @{ $saw->{plots} };
like($saw->{plotLabels}[0], qr/^Verdicts: allowed [\d.]+ a second/, 'a plot says in words what it shows');
like($saw->{about}, qr/^ready .* release \d/, 'the head');
for my $panel ('Traffic', 'Recent refusals', 'Refused, and why', 'Operations', 'Limits and bans', 'Keys', 'Memory', 'What checks cost', 'Alerts') {
    ok((scalar grep { $_ eq $panel } @{ $saw->{panels} }), "a panel: $panel");
}
ok((scalar grep {/^limit\s+rate\s+denied\s+2/} @{ $saw->{refusals} }), 'what was refused and why') or diag explain $saw->{refusals};
ok((scalar grep {/^auth\s+missing\s+denied\s+1/} @{ $saw->{refusals} }), '... all of it');
ok((scalar grep { m{GET /orders\s.*shadow\s+edge-team\s+[1-9]} } @{ $saw->{operations} }), 'an operation that no contract has') or diag explain $saw->{operations};
is($saw->{filtered}, 1, 'found by its name');
cmp_ok($saw->{shadow}, '>=', 2, 'by its state');
like($saw->{none}, qr/No operation is like that/, 'or not at all');
like($saw->{detail}, qr/response types/, 'an operation in detail, by the keyboard');
like($saw->{keys}, qr/staff.*RSA.*RS256/, 'keys');
like($saw->{limits}, qr/Who owes most/, 'limits');
like($saw->{alerts}, qr/scanner\s*warning\s*.*198\.51\.100/, 'who scans') or diag $saw->{alerts};
ok($saw->{lift}, 'a ban can be lifted');
is($saw->{fault}, '', '... and is');
cmp_ok($saw->{points} // 0, '>=', 2, 'traffic of before the page was opened');
ok((scalar grep {/denied\s+auth\s+missing\s.*401\s+[0-9a-f]{32}/} @{ $saw->{recent} }), 'the last refusals') or diag explain $saw->{recent};
cmp_ok(scalar @{ $saw->{drilled} }, '>=', 1, '... of one operation, in its detail');
is((grep { !/\blimit\s+rate\b|\bban\b/ } @{ $saw->{drilled} }), 0, '... and only those') or diag explain $saw->{drilled};
like($saw->{owes}, qr/^owes (?!0)/, 'what a key owes');
ok($saw->{forgive}, '... can be forgiven');
like($saw->{forgiven}, qr/^owes 0/, '... and is');
is($saw->{paused}, 'true', 'it can be paused');
ok((scalar grep {/<script>alert\(3\)/} @{ $saw->{operations} }), 'a hostile name is shown as it is') or diag explain $saw->{operations};
like($saw->{keys}, qr/<img src=x onerror=alert\(4\)>/, '... also that of a key');
is($saw->{hacked}, 0, '... and does nothing');
isnt($saw->{injected}, 'ran', 'nothing that is put in runs');
is($saw->{nameless}, 0, 'all controls have names');
is($saw->{ids}, 0, 'ids are single');
cmp_ok($saw->{overflow}, '<=', 0, 'it fits a phone');
is($saw->{dark}, 'rgb(18, 22, 29)', 'and the dark');

unlike($server->log, qr/\[(?:alert|emerg|crit)\]/, 'no alerts');

done_testing();
