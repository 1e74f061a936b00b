#!/usr/bin/perl

# apisec lint: for each check a configuration that it finds fault with, and one
# that does the same well. nginx takes all of them.

use strict;
use warnings;
use lib 't/lib';

use ApiTest::Lint;
use ApiTest::Run;
use JSON::PP ();
use Test::More;

my $dir  = folder();
my $json = JSON::PP->new->canonical->utf8;
my %seen;

sub spec {
    my ($paths, $info) = @_;
    return <<"YAML";
openapi: 3.0.3
info: { title: t, version: '1', x-owner: team${\($info // '')} }
components:
  securitySchemes:
    oauth: { type: http, scheme: bearer }
    key: { type: apiKey, in: query, name: k }
    o2:
      type: oauth2
      flows:
        clientCredentials: { tokenUrl: 'https://x', scopes: { a: a, admin: b } }
paths:
$paths
YAML
}

my $ok = 'responses: { default: { description: d, content: { application/json:'
    . ' { schema: { type: object, additionalProperties: false } } } },'
    . ' "200": { description: d, content: { application/json: { schema:'
    . ' { type: object } } } } }';
my $get = "  /o: { get: { operationId: list, security: [{ oauth: [] }], $ok } }";
my $one = "  '/o/{id}': { get: { operationId: one, security: [{ oauth: [] }],"
    . ' parameters: [{ name: id, in: path, required: true,'
    . " schema: { type: integer } }], $ok } }";

sub post {
    my ($schema, $more) = @_;
    return '  /o: { post: { operationId: make, security: [{ oauth: [] }], '
        . ($more // '') . 'requestBody: { content: { application/json: {'
        . " schema: $schema } } }, $ok } }";
}

my $auth = 'api_auth jwt=corp;';
my $pass = 'proxy_pass http://127.0.0.1:1;';
my $named = 'api_schema_spec s spec.yaml; api_schema_security s oauth'
    . ' jwt=corp; api_schema_security s o2 jwt=corp;';
my $zone = 'api_ratelimit_zone z 1m; api_ratelimit_policy each zone=z'
    . ' key=$api_principal rate=5r/s empty=deny;';

sub enforced { return issuer() . $named
    . server("location / { $auth api_schema s; $_[0] $pass }") }

sub findings {
    my ($id, $f) = @_;

    spew("$dir/spec.yaml", $f->{spec}) if $f->{spec};
    unlink "$dir/spec.yaml" if !$f->{spec};
    $f->{prepare}->() if $f->{prepare};
    spew("$dir/nginx.conf", conf($f->{conf}));

    if (!$f->{only_lint}) {
        my $t = run(nginx(), '-t', '-q', '-p', $dir, '-c', "$dir/nginx.conf",
                    '-e', "$dir/error.log");
        is($t->{code}, 0, "$id: nginx takes the configuration")
            or diag($t->{err});
    }
    my $got = apisec('lint', '--conf', "$dir/nginx.conf", '--format', 'json',
                     '--fail-on', 'none', '--check', $id, @{ $f->{args} // [] });
    is($got->{code}, 0, "$id: lint runs") or diag($got->{err});
    return @{ $json->decode($got->{out} || '{"findings":[]}')->{findings} };
}

sub check {
    my ($id, $like, $bad, $good) = @_;

    subtest "$id: $like" => sub {
        my @bad = findings($id, $bad);
        ok(scalar @bad, 'the bad one is found');
        ok((grep { $_->{text} =~ $like } @bad), '... for what is bad in it')
            or diag(map { "$_->{text}\n" } @bad);
        ok((!grep { $_->{check} ne $id || $_->{line} < 1 } @bad),
            '... with id and line');
        my @good = findings($id, $good);
        is(scalar @good, 0, 'the good one is not')
            or diag(map { "$_->{text}\n" } @good);
    };
    $seen{$id} = 1;
    return;
}


check('C01', qr/operation list asks for credentials/,
    { only_lint => 1, spec => spec($get), conf => 'api_schema_spec s spec.yaml;'
        . server("location / { api_schema s; $pass }") },
    { spec => spec($get), conf => enforced('') });

check('C01', qr/operation list/,
    { spec => spec($get), conf => issuer() . $named . server(
        "location / { $auth api_schema s; $pass }"
        . " location ~ ^/o\$ { $pass }") },
    { spec => spec($get), conf => issuer() . $named
        . server("location / { $auth api_schema s; $pass } location ~ ^/p\$ {"
        . " $pass }") });

check('C02', qr/operation list asks nobody/,
    { spec => spec("  /o: { get: { operationId: list, $ok } }"),
      conf => enforced('') },
    { spec => spec("  /o: { get: { operationId: list, x-public: true, $ok } }"),
      conf => enforced('') });

check('C03', qr{location /x hands on},
    { conf => server("location /x { $pass }", '*:9') },
    { spec => spec($get), conf => issuer() . $named
        . server("location /x { $auth api_schema s; $pass }"
        . " location /y { internal; $pass }", '*:9') });

check('C04', qr/list of .o comes here/,
    { spec => spec($get), conf => issuer() . $named . server(
        "location / { $auth api_schema s; $pass } location ~ o\$ { $pass }") },
    { spec => spec($get), conf => issuer() . $named . server(
        "location ^~ /o { $auth api_schema s; $pass } location ~ o\$ { $pass }") });

check('C05', qr/api_auth holds at one/,
    { conf => issuer() . server(
        "location /a/ { $auth $pass } location /b/ { $pass }") },
    { conf => issuer() . server(
        "location /a/ { $auth $pass } location /b/ { $auth $pass }"
        . " location /c/ { internal; $pass }") });

check('C06', qr/leads out of the alias/,
    { conf => server('location /f { alias /srv/f/; }') },
    { conf => server('location /f/ { alias /srv/f/; }') });

check('C06', qr/merge_slashes off/,
    { conf => 'merge_slashes off;' . server("location /f { $pass }") },
    { conf => server("location /f { $pass }") });

check('C07', qr/takes any \{id\}/,
    { spec => spec($one), conf => enforced('') },
    { spec => spec($one), conf => enforced('api_bind path:id = claim:sub;') });

check('C08', qr/for administrators/,
    { spec => spec("  /admin/x: { get: { operationId: adm, security:"
        . " [{ o2: [a] }], $ok } }\n  /y: { get: { operationId: y, security:"
        . " [{ o2: [a] }], $ok } }"), conf => enforced('') },
    { spec => spec("  /admin/x: { get: { operationId: adm, security:"
        . " [{ o2: [admin] }], $ok } }\n  /y: { get: { operationId: y,"
        . " security: [{ o2: [a] }], $ok } }"), conf => enforced('') });

check('C09', qr/additionalProperties/,
    { spec => spec(post('{ type: object, properties: { a: { type: integer } } }')),
      conf => enforced('') },
    { spec => spec(post('{ type: object, additionalProperties: false,'
        . ' properties: { a: { type: integer } } }')), conf => enforced('') });

check('C10', qr/answers with password/,
    { spec => spec('  /o: { get: { operationId: list, security: [{ oauth: []'
        . ' }], responses: { "200": { description: d, content: {'
        . ' application/json: { schema: { type: object, properties: {'
        . ' password: { type: string } } } } } } } } }'),
      conf => enforced('') },
    { spec => spec('  /o: { get: { operationId: list, security: [{ oauth: []'
        . ' }], responses: { "200": { description: d, content: {'
        . ' application/json: { schema: { type: object, properties: {'
        . ' password: { type: string, writeOnly: true } } } } } } } } }'),
      conf => enforced('') });

check('C11', qr/a has no maxLength/,
    { spec => spec(post('{ type: object, properties: { a: { type: string } } }')),
      conf => enforced('') },
    { spec => spec(post('{ type: object, properties: { a: { type: string,'
        . ' maxLength: 9 } } }')), conf => enforced('') });

check('C11', qr/client_max_body_size 0/,
    { conf => server("client_max_body_size 0; location / { $pass }") },
    { conf => server("client_max_body_size 1m; location / { $pass }") });

check('C12', qr/has no limit/,
    { spec => spec($get), conf => enforced('') },
    { spec => spec($get), conf => $zone . enforced('api_ratelimit each;') });

check('C12', qr/secrets are guessed/,
    { spec => spec(post('{ type: object }') =~ s{/o:}{/login:}r),
      conf => $zone . enforced('api_ratelimit each;') },
    { spec => spec(post('{ type: object }') =~ s{/o:}{/login:}r),
      conf => $zone . 'api_ratelimit_policy slow zone=z key=$api_principal'
        . ' rate=5r/10m;' . enforced('api_ratelimit each slow;') });

check('C13', qr/business flow/,
    { spec => spec(post('{ type: object }', 'x-business-flow: buy, ')),
      conf => enforced('') },
    { spec => spec(post('{ type: object }', 'x-business-flow: buy, ')),
      conf => $zone . enforced('api_ratelimit each;') });

check('C14', qr/takes an address in callbackUrl/,
    { spec => spec(post('{ type: object, properties: { callbackUrl:'
        . ' { type: string, maxLength: 200 } } }')), conf => enforced('') },
    { spec => spec(post('{ type: object, properties: { callbackUrl:'
        . " { type: string, pattern: '^https://a\\.example/' } } }")),
      conf => enforced('') });

check('C14', qr/\$arg_/,
    { conf => 'resolver 127.0.0.1;'
        . server('location / { proxy_pass http://$arg_to; }') },
    { conf => server("location / { $pass }") });

check('C15', qr/without TLS/,
    { conf => server("location / { $pass }", '*:9') },
    { conf => server("location / { $pass }") });

check('C15', qr/TLSv1.1 is taken/,
    { only_lint => 1, conf => server("ssl_protocols TLSv1.1 TLSv1.2;"
        . " location / { $pass }", '127.0.0.1:9 ssl') },
    { only_lint => 1, conf => server("ssl_protocols TLSv1.2 TLSv1.3; add_header"
        . " Strict-Transport-Security max-age=9 always; location / { $pass }",
        '*:9 ssl') });

check('C16', qr/every origin/,
    { conf => issuer() . server(
        "location / { $auth api_cors origins=*; $pass }") },
    { conf => issuer() . server(
        "location / { $auth api_cors origins=https://a.example; $pass }") });

check('C16', qr/sent back/,
    { conf => server('location / { add_header Access-Control-Allow-Origin'
        . " \$http_origin; $pass }") },
    { conf => server('location / { add_header Access-Control-Allow-Origin'
        . " https://a; $pass }") });

check('C17', qr/any lifetime/,
    { conf => issuer('') }, { conf => issuer() });

check('C17', qr/two minutes/,
    { conf => issuer('max_lifetime 1h; leeway 5m;') },
    { conf => issuer('max_lifetime 1h; leeway 60s;') });

check('C18', qr/Basic/,
    { conf => server("location / { auth_basic x; auth_basic_user_file f;"
        . " $pass }") },
    { conf => server("location / { $pass }") });

check('C18', qr/key in the query/,
    { only_lint => 1, spec => spec('  /o: { get: { operationId: list, security:'
        . " [{ key: [] }], $ok } }"), conf => enforced('') },
    { spec => spec($get) =~ s/in: query/in: header/r, conf => enforced('') });

check('C18', qr/everybody may read/,
    { only_lint => 1, prepare => sub { chmod 0644, "$dir/secret" },
      conf => 'api_key_store k keys.json pepper=file:secret;' },
    { prepare => sub { chmod 0640, "$dir/secret" },
      conf => 'api_key_store k keys.json pepper=file:secret;' });

check('C18', qr/written into/,
    { conf => server('location / { proxy_set_header Authorization'
        . " 'Basic c2VjcmV0'; $pass }") },
    { conf => server('location / { proxy_set_header Authorization'
        . " \$http_authorization; $pass }") });

check('C19', qr/mode=monitor/,
    { conf => issuer() . server("location / { api_auth jwt=corp mode=monitor;"
        . " $pass }") },
    { conf => issuer() . server("location / { $auth $pass }") });

check('C19', qr/answered as a success/,
    { conf => issuer() . server("error_page 401 =200 /x; location / { $auth"
        . " $pass }") },
    { conf => issuer() . server("error_page 401 /x; location / { $auth"
        . " $pass }") });

check('C20', qr/api_audit is off/,
    { conf => server("location / { $pass }", '*:9') },
    { conf => 'api_audit audit.jsonl;' . server("location / { $pass }", '*:9') });

check('C20', qr/log_format x writes secrets/,
    { conf => 'log_format x "$remote_addr $http_authorization";' },
    { conf => 'log_format x "$remote_addr $status";' });

check('C21', qr/api_status answers everybody/,
    { conf => server('location /s { api_status metrics; }', '*:9'),
      only_lint => 1 },
    { conf => server('location /s { allow 127.0.0.1; deny all;'
        . ' api_status metrics; }', '*:9') });

check('C23', qr/nobody owns s/,
    { spec => spec($get) =~ s/, x-owner: team//r, conf => enforced('') },
    { spec => spec($get), conf => enforced('') });

check('C23', qr/reviewed by 2026-01-01/,
    { spec => spec($get, ', x-review-by: "2026-01-01"'),
      conf => enforced(''), args => ['--today', '2026-01-03'] },
    { spec => spec($get, ', x-review-by: "2026-01-01"'),
      conf => enforced(''), args => ['--today', '2026-01-01'] });

spew("$dir/other.yaml", spec($get) . "# changed\n");
spew("$dir/same.yaml", spec($get));

check('C23', qr/not what the configuration loads/,
    { spec => spec($get), conf => enforced(''),
      args => ['--spec', "s=$dir/other.yaml"] },
    { spec => spec($get), conf => enforced(''),
      args => ['--spec', "s=$dir/same.yaml"] });

my $patch = 'api_waf_patch p1 path=/x param=ARGS:a match=b owner=me expires=';
check('C24', qr/patch p1 has expired/,
    { conf => server("location / { ${patch}2026-01-01; $pass }"),
      args => ['--today', '2026-02-01'] },
    { conf => server("location / { ${patch}2026-01-01; $pass }"),
      args => ['--today', '2025-12-01'] });

my $exception = 'api_exception e rule=auth owner=me expires=2026-01-31';
check('C24', qr/exception e has expired/,
    { conf => server("location / { $exception ticket=T-1; $pass }"),
      args => ['--today', '2026-02-01'] },
    { conf => server("location / { $exception ticket=T-1; $pass }"),
      args => ['--today', '2026-01-31'] });

check('C24', qr/more than three months/,
    { conf => server("location / { $exception ticket=T-1; $pass }"),
      args => ['--today', '2025-06-01'] },
    { conf => server("location / { $exception ticket=T-1; $pass }"),
      args => ['--today', '2025-12-01'] });

check('C24', qr/has no ticket/,
    { conf => server("location / { $exception; $pass }"),
      args => ['--today', '2026-01-01'] },
    { conf => server("location / { $exception ticket=T-1; $pass }"),
      args => ['--today', '2026-01-01'] });

check('C24', qr/more than one operation/,
    { conf => "$exception ticket=T-1;", args => ['--today', '2026-01-01'] },
    { conf => "api_schema_spec s spec.yaml; $exception ticket=T-1"
        . ' scope=operation:one;', spec => spec($one),
      args => ['--today', '2026-01-01'] });

check('C24', qr/policy p was to be reviewed/,
    { conf => 'api_policy p owner=me review_by=2026-01-31;',
      args => ['--today', '2026-02-01'] },
    { conf => 'api_policy p owner=me review_by=2026-01-31;',
      args => ['--today', '2026-01-31'] });

check('C25', qr/anybody may say/,
    { conf => 'set_real_ip_from 0.0.0.0/0;' },
    { conf => 'set_real_ip_from 10.0.0.0/8;' });

check('C25', qr/X-Forwarded-For/,
    { conf => 'api_ratelimit_zone z 1m; api_ratelimit_policy p zone=z'
        . ' key=$http_x_forwarded_for rate=1r/s;' },
    { conf => 'api_ratelimit_zone z 1m; api_ratelimit_policy p zone=z'
        . ' key=$api_client_net rate=1r/s;' });

check('C26', qr/id=920 is taken out/,
    { only_lint => 1, conf => 'api_waf core; api_waf_exclude id=920;' },
    { only_lint => 1, conf => server('location / { api_waf core;'
        . " api_waf_exclude id=920; $pass }") });

check('C27', qr/room for 8192 callers/,
    { conf => 'api_ratelimit_zone z 256k;' },
    { conf => 'api_ratelimit_zone z 1m;' });

check('C28', qr/does not say how/,
    { spec => spec('  /o: { get: { operationId: list, security:'
        . ' [{ oauth: [] }], responses: { "200": { description: d } } } }'),
      conf => enforced('') },
    { spec => spec($get), conf => enforced('') });

check('C28', qr/server_tokens/,
    { only_lint => 1, conf => server("server_tokens"
        . " on; location / { $pass }", '*:9') },
    { conf => server("location / { $pass }", '*:9') });

check('C29', qr/somebody else/,
    { conf => server('location /out/ { internal;'
        . ' proxy_pass https://192.0.2.1/; }') },
    { spec => spec($get), conf => issuer() . $named . server('location /out/ { internal;'
        . ' api_auth jwt=corp; api_schema s; api_schema_response 1m;'
        . ' proxy_pass https://192.0.2.1/; }') });

check('C30', qr/CVE-2021-23017/,
    { conf => '', args => ['--version', 'nginx=1.18.0'] },
    { conf => '', args => ['--version', 'nginx=1.28.0',
                           '--version', 'openssl=3.5.1'] });

# The table is that of apisec doctor, or one that is given.

spew("$dir/advisories.json", $json->encode({ format => 1, date => '2026-01-01',
    suite => 'none', debian => [],
    nginx => [{ version => '9.9.9', ids => ['CVE-1999-0001'] }] }));
check('C30', qr/CVE-1999-0001 is mended in 9\.9\.9/,
    { conf => '', args => ['--version', 'nginx=1.28.0', '--advisories', "$dir/advisories.json"] },
    { conf => '', args => ['--version', 'nginx=9.9.9', '--advisories', "$dir/advisories.json"] });

my $cache = "proxy_cache_path $dir/c keys_zone=c:1m;";
check('C31', qr/kept for all/,
    { conf => $cache . issuer() . server("location / { $auth proxy_cache c;"
        . " $pass }") },
    { conf => $cache . issuer() . server("location / { $auth proxy_cache c;"
        . " proxy_cache_key \$api_principal\$request_uri; $pass }") });

check('C32', qr/satisfy any/,
    { conf => issuer() . server("location / { satisfy any; allow 10.0.0.0/8;"
        . " deny all; $auth $pass }") },
    { conf => issuer() . server("location / { satisfy all; allow 10.0.0.0/8;"
        . " deny all; $auth $pass }") });

check('C32', qr/return answers before api_auth/,
    { conf => issuer() . server("location / { $auth return 200; }") },
    { conf => issuer() . server("location / { $auth $pass } location = /x"
        . " { return 200; }") });

check('C33', qr/api_auth holds around/,
    { conf => issuer() . server("location / { $auth $pass location /x {"
        . " api_auth off; $pass } }") },
    { conf => issuer() . server("location / { $auth $pass location /x {"
        . " $pass } }") });

check('C34', qr/under no limit/,
    { conf => $zone =~ s/ empty=deny//r . issuer() . server("location / {"
        . " api_auth jwt=corp optional; api_ratelimit each; $pass }") },
    { conf => $zone . issuer() . server("location / { api_auth jwt=corp"
        . " optional; api_ratelimit each; $pass }") });

check('C35', qr/taken from the query/,
    { conf => issuer('max_lifetime 1h; token query=t;') },
    { conf => issuer('max_lifetime 1h; token header=X-T;') });

check('C36', qr/secret has not changed for/,
    { prepare => sub { utime 0, time - 500 * 86400, "$dir/secret" },
      conf => 'api_key_store k keys.json pepper=file:secret;' },
    { prepare => sub { utime 0, time, "$dir/secret" },
      conf => 'api_key_store k keys.json pepper=file:secret;' });

check('C37', qr/proxy_ssl_verify is not on/,
    { conf => server('location / { proxy_pass https://127.0.0.1:1; }') },
    { conf => server('location / { proxy_ssl_verify on;'
        . " proxy_ssl_trusted_certificate $dir/ca; proxy_pass"
        . ' https://127.0.0.1:1; }'), only_lint => 1 });

check('C37', qr/without TLS/,
    { conf => server('location / { proxy_pass http://192.0.2.1; }') },
    { conf => server("location / { $pass }") });


# C22 needs what was served: the inventory of an nginx that has run.

sub serve {
    my ($spec) = @_;
    my $port = two_ports();
    my $up = $port + 1;

    unlink glob "$dir/state/*";
    spew("$dir/spec.yaml", $spec);
    spew("$dir/nginx.conf", conf("api_zone main 8m; api_inventory min_hits=1;"
        . ' api_schema_spec s spec.yaml;' . server("location / { api_schema s;"
        . " proxy_pass http://127.0.0.1:$up; }", "127.0.0.1:$port")
        . server('default_type application/json; location / {'
        . ' api_inventory off; return 200 "{}"; }', "127.0.0.1:$up")));
    is(start_nginx($dir), undef, 'nginx starts');
    for (1 .. 3) {
        is(http($port, 'GET', '/old')->{status}, 200, 'served');
    }
    stop_nginx($dir);
    return "$dir/state/inventory.snap";
}

subtest 'C22: what was served' => sub {
    my $old = "  /old: { get: { operationId: old, deprecated: true, $ok } }";
    my $snap = serve(spec($old));
    ok(-s $snap, 'nginx has left an inventory');

    my %conf = (conf => $named . issuer() . server("location / { $auth $pass }"),
                args => ['--inventory', $snap]);
    my @bad = findings('C22', { %conf, spec => spec($old) });
    ok((grep { $_->{text} =~ m{GET /old is served, and is a zombie} } @bad),
        'the bad one is found') or diag(map { "$_->{text}\n" } @bad);
    my @good = findings('C22', { %conf,
        spec => spec($old =~ s/deprecated: true, //r) });
    is(scalar @good, 0, 'the good one is not')
        or diag(map { "$_->{text}\n" } @good);
    $seen{C22} = 1;
};


# Every check is here, and its page is there: no more and no fewer.

my @list = map { [split /\t/] } split /\n/, apisec('lint', '--list')->{out};
is_deeply([sort keys %seen], [map { $_->[0] } @list],
    'each check has its two configurations');
is_deeply([sort map { m{(C\d+)\.md$} } glob 'docs/checks/C*.md'],
    [map { $_->[0] } @list], 'each check has its page');

for my $row (@list) {
    my ($id, $severity, $owasp, $name, $title) = @$row;
    my $page = slurp("docs/checks/$id.md");

    like($page, qr/^# $id \Q$name\E$/m, "$id: the page has its name");
    like($page, qr/^\Q$title\E\.$/m, '... says what it is');
    like($page, qr/^Severity $severity\. OWASP: \Q$owasp\E/m, '... how bad');
    like($page, qr/^## $_$/m, "... has: $_")
        for 'Why', 'An attack', 'What to do';
}

done_testing();
