#!/usr/bin/perl

# apisec report: what it tells of a configuration, in Markdown and in HTML,
# which Chromium opens and prints.

use strict;
use warnings;
use lib 't/lib';

use ApiTest::Run;
use Digest::SHA qw(sha256_hex);
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
    api_audit audit.jsonl events=denied;
    server {
        listen 127.0.0.1:80;
        api_waf_patch of-o path=/o/* param=ARGS match=evil expires=2026-02-01 owner=<b>team-o;
        api_waf_patch of-q path=/q param=ARGS match=evil expires=2026-02-01 owner=team-q;
        api_waf_patch over path=/never param=ARGS match=evil expires=2025-12-31 owner=team-q;
        api_waf_patch patches;
        api_waf_patch lost;
        api_waf_patch late;
        location /o/ {
            api_auth key=k; api_schema s; api_bind path:id = claim:sub;
            api_ratelimit each; api_leak log; proxy_pass http://127.0.0.1:1;
            api_exception e1 rule=auth expires=2020-01-01 owner=team-x ticket=T-7;
        }
        location / { api_schema s; api_waf_patch patches; proxy_pass http://127.0.0.1:1; }
    }
}
CONF
spew("$dir/patches", qq{of-p path=/p param=ARGS match="a b" expires=2026-02-01 owner=team-p\n});
spew("$dir/late", qq{of-r path=/r param=ARGS match=x expires=2026-02-01 owner=team-r\n});
utime 0, 1764547200, "$dir/patches";    # 2025-12-01T00:00:00Z
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
like($text, qr/^\| API1:2023 [^|]*\| E1 E3 \|.*; audit log not looked at \|$/m,
    'the evidence that is reached');
like($text, qr/^\| audit.jsonl \| denied \| \*\*no: api_audit_seal is not there\*\* \| \S+nginx.conf:\d+ \|$/m,
    'a log without seals');
like($text, qr/^Not verified: no log was given/m, '... that nobody has looked at');
like($text, qr/^\| of-p \| team-p \| \/p \| 2026-02-01 \| unknown \| 2025-12-01T00:00:00Z \(date of the file\) \| unknown \|$/m,
    'a patch without a log');
like($text, qr/^\| over .* \*\*2025-12-31, stops nothing\*\* \| unknown /m, 'a patch that is over');
like($text, qr/^Patches not known: \S+\/lost cannot be read here\.$/m, 'a file of patches that is not here');
like($text, qr/^\| C36 \| medium \|/m, 'findings');


# What only watches enforces nothing, and what is off does neither.

my $conf = slurp("$dir/nginx.conf");
for my $case (['monitor', qr/^\| API1:2023 [^|]*\| E2 E3 \| api_bind at 1 of 2 \(E1\), only watching at 1 \(E2\),/m],
              ['$later', qr/^\| API1:2023 [^|]*\| E2 E3 \|/m],
              ['off', qr/^\| API1:2023 [^|]*\| \*\*E3\*\* \| api_bind at 1 of 2 \(E1\), off by api_mode at 1,/m],
              ['off', qr/^\| API8:2023 [^|]*\| E2 \| .*api_audit at 2 of 2 \(E2\) \|/m],
              ['off', qr/^\| API3:2023 [^|]*\| \*\*none\*\* \| .*api_leak at 1 of 2 \(E2\), off by api_mode at 1 \|/m],
              ['enforce', qr/^\| API1:2023 [^|]*\| E1 E3 \|/m],
              ['enforce', qr/^\| API3:2023 [^|]*\| E1 E2 \|/m]) {
    my ($mode, $want) = @$case;
    spew("$dir/mode.conf", $conf =~ s/^http \{/http {\n    api_mode $mode;/r);
    my $out = apisec('report', '--conf', "$dir/mode.conf", '--format', 'markdown')->{out} =~ s/\\//gr;
    like($out, $want, "api_mode $mode");
}
spew("$dir/mode.conf", $conf =~ s/review_by=2020-01-01/review_by=2027-01-01/r);
like(apisec('report', '--conf', "$dir/mode.conf", '--today', '2026-01-01', '--format', 'markdown')->{out} =~ s/\\//gr,
    qr/^\| API1:2023 [^|]*\| E1 E3 E4 \|.*\| api_policy with a review to come at 2 of 2; audit log not looked at \|$/m,
    'a policy whose review is to come is E4');


# A log.  Times are exact, and what is not known is not made up.

my $sum = sha256_hex(slurp("$dir/nginx.conf"));
my $other = sha256_hex('other');
my $seq = 0;

sub event {
    my ($kind, $time, $more) = @_;
    $seq++;
    return qq({"v":1,"kind":"$kind","time":"$time.000Z",$more,"node":{"host":"h","pid":1,"key":"00000000"},"chain":"0123456789abcdef","seq":$seq}\n);
}

sub alert {
    my ($time, $name, $where, $more) = @_;
    return event('alert', $time, qq("alert":{"labels":{"alertname":"$name","fingerprint":"0123456789abcdef","severity":"warning","host":"h.example"$where},"annotations":{"action":"alert","value":1,"over":1,"count":1},"startsAt":"${time}Z"$more}));
}

sub request {
    my ($time, $path, $verdict, $reason) = @_;
    return event('request', $time, qq("support_id":"0","client":{"ip":"::1"},"http":{"method":"GET","host":"h","path":"$path","server":"","status":200,"bytes_in":1,"bytes_out":1},"verdict":"$verdict","decisions":[{"check":"auth","verdict":"allow","reason":"verified"},{"check":"waf","verdict":"$verdict",$reason}],"ms":{"total":1}));
}

sub loaded {
    my ($time, $digest) = @_;
    return event('config', $time, qq("config":{"what":"loaded","new":"0123456789abcdef","files":[{"name":"n","sha256":"$digest"}]}));
}

my $rule = '"reason":"rule","detail":"20"';
spew("$dir/audit.jsonl", join '',
    loaded('2025-11-01T00:00:00', $other),
    request('2025-11-29T00:00:00', '/p', 'allow', $rule),
    request('2025-11-30T00:00:00', '/p', 'monitor', $rule),
    request('2025-11-30T01:00:00', '/p/x', 'monitor', $rule),
    alert('2025-12-10T10:00:00', 'enumeration', ',"operation":"read"', ''),
    alert('2025-12-10T10:00:00', 'enumeration', ',"operation":"read"', ',"endsAt":"2025-12-10T10:05:00Z"'),
    alert('2025-12-10T10:30:00', 'enumeration', ',"operation":"read"', ''),
    alert('2025-12-10T10:40:00', '<img onerror=alert(1)>|!', '', ''),
    loaded('2025-12-10T11:30:00', $sum),
    loaded('2025-12-11T11:30:00', $sum),
    request('2025-12-12T00:00:00', '/q', 'deny', $rule),
    request('2025-12-12T01:00:00', '/o/a', 'deny', '"reason":"patch","detail":"of-o"'),
    request('2025-12-12T02:00:00', '/r', 'deny', '"reason":"patch","detail":"of-r"'),
);
$md = apisec(@report, '--format', 'markdown', '--log', "$dir/audit.jsonl");
is($md->{code}, 0, 'with a log') or diag($md->{err});
$text = $md->{out} =~ s/\\//gr;
like($text, qr/^\| of-o \| <b>team-o \| \/o\/\* \| 2026-02-01 \| 2025-12-10T10:00:00Z \(2 in all\) \| 2025-12-10T11:30:00Z \(configuration loaded, says the log\); 1 refused \| 1h 30m \|$/m,
    'from an alert to a patch of the configuration');
like($text, qr/^\| of-p .*\| 2025-11-30T00:00:00Z \(1 in all\) \| 2025-12-01T00:00:00Z \(date of the file\); 0 refused \| 1d 0h \|$/m,
    '... from what rules saw to one of a file');
like($text, qr/^\| of-q .*\| 2025-12-12T00:00:00Z \(1 in all\) \|.*\| the patch was there before \|$/m,
    '... one that was first');
like($text, qr/^\| over .*\| unknown \| 2025-12-10T11:30:00Z .*\| unknown \|$/m,
    '... one that nothing concerns');
like($text, qr/^\| of-r .*\| unknown \| 2025-12-12T02:00:00Z \(refused a request, says the log\); 1 refused \| unknown \|$/m,
    '... one that was there before its file was changed');
is(scalar(() = $text =~ /^\| of-p /mg), 1, '... and a file that two directives name, once');
like($text, qr/^Median of the 2 of 5 patches that came after an alert: 12h 45m\.$/m, 'the median');
like($text, qr/^The log begins at 2025-11-01T00:00:00Z:/m, 'since when');
like($text, qr/^\| waf, only watched \| \/p\/x \| 1 \|/m, 'what passed and has no patch');
like($text, qr/^\| <img onerror=alert\(1\)>\|! \| h\.example \| 1 \| 2025-12-10T10:40:00Z \| 2025-12-10T10:40:00Z \|$/m,
    'an alert without a patch');
unlike($text, qr/^\| enumeration /m, '... and none that has one');
like($text, qr/^\| \S+audit\.jsonl \| \*\*not sealed: only numbers of events were looked at\*\* \| 13 in 1 chains \| 0 \| \*\*never\*\* \| none \|$/m,
    'not sealed is not verified');
like($text, qr/^The log is not verified: these times/m, '... which the times tell');

my $first = slurp("$dir/audit.jsonl") =~ /\A(?:.*\n){3}(.*\n)/ ? $1 : die;
spew("$dir/less.jsonl", slurp("$dir/audit.jsonl") =~ s/\Q$first\E//r);
like(apisec(@report, '--format', 'markdown', '--log', "$dir/less.jsonl")->{out} =~ s/\\//gr,
    qr/^\| \S+less\.jsonl \| \*\*(?:CHANGED|INCOMPLETE)[^|]*\| 12 in 1 chains .*\| \*\*\S*less\.jsonl:4: /m,
    'an event is gone');

push @report, '--log', "$dir/audit.jsonl";
my $got = apisec(@report, '--output', "$dir/report.html");
is($got->{code}, 0, 'HTML');
my $html = slurp("$dir/report.html");
unlike($html, qr/<b>|<img/, 'what is foreign is escaped');
like($html, qr/&lt;img onerror/, '... and there');
unlike($html, qr/<(?:script|link|img)|(?:src|href)=|url\(/, 'nothing is fetched, nothing runs');
is(scalar(() = $html =~ /<tr>/g), scalar(() = $html =~ m{</tr>}g), 'whole rows');

is(apisec(@report, '--format', 'x')->{code}, 2, 'another format');
is(apisec(@report, '--log', '/dev/null')->{code}, 3, 'a log that is no file');
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
    like($look->{out}, qr/^tables: 9 faults: 0$/m,
        '... with its tables, and no error');
    like(slurp("$dir/report.pdf"), qr/^%PDF-/, '... and prints it');
}

done_testing();
