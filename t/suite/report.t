#!/usr/bin/perl

# apisec report: what it tells of a configuration, in Markdown and in HTML,
# which Chromium opens and prints.

use strict;
use warnings;
use lib 't/lib';

use ApiTest::Run;
use Test::More;

my $dir = scratch();

spew("$dir/spec.yaml", <<'YAML');
openapi: 3.0.3
info: { title: t, version: '1' }
components: { securitySchemes: { b: { type: http, scheme: bearer }, c: { type: openIdConnect, openIdConnectUrl: 'https://i.example' } } }
paths:
  '/o/{id}': { get: { operationId: read, security: [{ b: [] }],
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }],
    responses: { default: { description: d } } } }
  /p: { get: { operationId: bare, responses: { default: { description: d } } } }
  '/o/{id}/s': { get: { operationId: scoped, x-owner: team-o,
    security: [{ b: [o:read, o:list] }, { c: [o:admin] }],
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }],
    responses: { default: { description: d } } } }
YAML
spew("$dir/secret", 'x' x 40);
utime 0, time - 800 * 86400, "$dir/secret";
spew("$dir/nginx.conf", <<'CONF');
http {
    api_policy whole owner=<b>platform review_by=2020-01-01;
    api_schema_spec s spec.yaml;
    api_key_store k keys.json pepper=file:secret;
    server {
        listen 127.0.0.1:80;
        location /o/ {
            api_auth key=k; api_schema s; api_bind path:id = claim:sub;
            api_ratelimit each; proxy_pass http://127.0.0.1:1;
            api_exception e1 rule=auth expires=2020-01-01 owner=team-x ticket=T-7;
        }
        location / { api_schema s; proxy_pass http://127.0.0.1:1; }
    }
}
CONF
my @report = ('report', '--conf', "$dir/nginx.conf", '--today', '2026-01-01');

my $md = apisec(@report, '--format', 'markdown');
is($md->{code}, 0, 'Markdown') or diag($md->{err});
my $text = $md->{out} =~ s/\\//gr;
like($text, qr{^\| GET /o/\{id\} \| key=k \| none \| path:id = claim:sub \| each \| s \| not known \| <b>platform \|$}m,
    'an operation with all');
like($text, qr{^\| GET /p \| none \| none \| none \| \*\*none\*\* \| s }m,
    'one with nothing');
like($text, qr{^\| GET /o/\{id\}/s \| key=k \| scope o:read o:list or o:admin \| .* \| team-o \|$}m,
    'one with scopes and an owner in the document');
like($text, qr/^\| API1:2023 .*api_bind at 1 of 2 \(E1\)/m, 'coverage');
like($text, qr/^\| API10:2023 /m, '... of all ten');
like($text, qr/^\| <b>platform \| policy \| whole \| \*\*2020-01-01, overdue\*\*/m,
    'a policy that is overdue');
like($text, qr/^\| team-x \| exception \| e1 \| \*\*2020-01-01, overdue\*\* \| auth  T-7 \|/m,
    'an exception that has ended');
like($text, qr/^\| secret \| \*\*\d{3,}\*\* \| api_key_store/m, 'an old key');
like($text, qr/^\| C36 \| medium \|/m, 'findings');

my $got = apisec(@report, '--output', "$dir/report.html");
is($got->{code}, 0, 'HTML');
my $html = slurp("$dir/report.html");
unlike($html, qr/<b>platform/, 'what is foreign is escaped');
unlike($html, qr/<(?:script|link|img)|(?:src|href)=|url\(/, 'nothing is fetched, nothing runs');
is(scalar(() = $html =~ /<tr>/g), scalar(() = $html =~ m{</tr>}g), 'whole rows');

is(apisec(@report, '--format', 'x')->{code}, 2, 'another format');
is(apisec('report', '--conf', "$dir/none")->{code}, 3, 'no configuration');

SKIP: {
    my ($chromium) = grep { -x } '/usr/bin/chromium', '/usr/bin/chromium-browser';
    skip 'no Chromium here, or nothing that drives it', 4
        if !$chromium || !-d 't/node/node_modules/playwright-core'
        || run('node', '--version')->{code};
    my $look = run('node', 't/node/report.mjs', $chromium, "$dir/report.html",
                   "$dir/report.pdf");
    is($look->{code}, 0, 'Chromium opens it') or diag($look->{err});
    like($look->{out}, qr/^title: API security report$/m, '... by its title');
    like($look->{out}, qr/^tables: 5 faults: 0$/m,
        '... with its tables, and no error');
    like(slurp("$dir/report.pdf"), qr/^%PDF-/, '... and prints it');
}

done_testing();
