#!/usr/bin/perl

# apisec doctor: what is wrong with a gateway is said, with where and what to
# do; what is right next to it is not complained of; and a gateway that runs is
# asked.

use strict;
use warnings;
use lib 't/lib';

use ApiTest qw(jwks);
use ApiTest::Server;
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;

my $build  = $ENV{API_BUILD} // 'build';
my $apisec = "$build/bin/apisec";
my $dir    = tempdir(CLEANUP => 1);
chmod 0755, $dir;

# As root the workers are somebody else, as anybody they are of that user.

my $root  = $> == 0;
my $user  = $root ? 'nobody' : scalar getpwuid $>;
my $group = $root ? 'nogroup' : scalar getgrgid $);
my $gid   = getgrnam $group;


sub put {
    my ($name, $bytes, $mode) = @_;
    open my $out, '>', "$dir/$name" or die "$name: $!";
    print $out $bytes;
    close $out;
    chmod $mode // 0640, "$dir/$name";
    chown $>, $gid, "$dir/$name";
    return "$dir/$name";
}


# Advisories that know nothing, for all that is not about them.

my $none = put('none.json', encode_json({ format => 1, date => '2999-01-01',
    suite => 'none at all', debian => [], nginx => [] }));

# The findings of a configuration, and the exit code.

sub doctor {
    my ($conf, @options) = @_;
    @options = ("--advisories $none") if !@options;
    my $out = `$apisec doctor --json --conf @{[put('nginx.conf', $conf)]} \\
        --pid $dir/none @options 2>$dir/stderr`;
    my $rc = $? >> 8;
    my $is = eval { decode_json($out) } or diag($out, `cat $dir/stderr`);
    return ($is, $rc);
}


sub of {
    my ($is, $check) = @_;
    return grep { $_->{check} eq $check } @{ $is->{findings} };
}


# A configuration of which one line is at stake.

sub site {
    my (%at) = @_;
    $_ //= '' for @at{qw(main http server location)};
    return "user $user $group;\nload_module modules/ngx_api_sec_module.so;\n$at{main}\n"
        . 'events { worker_connections 100; }' . "\nhttp {\n$at{http}\n"
        . "server {\nlisten 127.0.0.1:1;\n$at{server}\n"
        . "location / {\n$at{location}\n}\n}\n}\n";
}


put('good.secret',   'x' x 32, 0640);
put('open.secret',   'x' x 32, 0644);
chown 0, 0, put('roots.secret', 'x' x 32, 0640);
put('group.secret',  'x' x 32, 0660);
mkdir "$dir/state", 0750;
chown scalar getpwnam($user), $gid, "$dir/state";
mkdir "$dir/world", 0777;
chmod 0777, "$dir/world";
put('world/key.secret', 'x' x 32, 0640);
mkdir "$dir/open", 0755;

my $audit = "api_audit $dir/audit.jsonl";
my $limit = 'api_ratelimit_policy p zone=z rate=1r/s key=';

# title, where, check, verdict, what is said, what to do

my @cases = (
    ['a secret for everybody',
        { http => "api_key_store k $dir/k pepper=file:$dir/open.secret;" },
        'secrets', 'fail', qr/everybody can read .*open\.secret \(0644\)/,
        qr/^chmod o-rwx \S+open\.secret\z/],
    ['... for a few',
        { http => "api_key_store k $dir/k pepper=file:$dir/good.secret;" },
        'secrets', 'pass', qr/^1 secrets in files/],
    ['... by a relative path',
        { http => 'api_key_store k k pepper=file:open.secret;' },
        'secrets', 'fail', qr/everybody can read/],
    ['a secret that its group writes',
        { http => "api_audit_key file:$dir/group.secret;" },
        'secrets', 'warn', qr/its group can write/, qr/^chmod g-w /],
    ['a secret that is not there',
        { http => "api_audit_key file:$dir/no.secret;" },
        'secrets', 'fail', qr/no\.secret: No such file/],
    ['a secret that anybody can replace',
        { http => "api_audit_key file:$dir/world/key.secret;" },
        'secrets', 'fail', qr/can put another file in the place of/,
        qr/^chmod o-w /],
    ['a key in a block',
        { http => "api_jwt_issuer a { key file:$dir/open.secret; }" },
        'secrets', 'fail', qr/everybody can read/],
    ['the key of a certificate',
        { server => "ssl_certificate_key $dir/open.secret;" },
        'secrets', 'fail', qr/everybody can read/],
    ['... named by a variable', { server => 'ssl_certificate_key $key;' },
        'secrets', 'pass', qr/^0 secrets/],
    ['a secret that the workers cannot read',
        { http => "api_audit_key file:$dir/roots.secret;" }, 'secrets',
        $root ? 'warn' : 'pass', $root ? qr/cannot read/ : qr/^1 secrets/,
        $root ? qr/^chgrp \d+ / : undef],
    ['file: in a directive of others', { http => 'set $x file:/nowhere;' },
        'secrets', 'pass', qr/^0 secrets/],

    ['no state, and nothing needs it', {}, 'state', 'pass', qr/nothing needs/],
    ['state', { http => "api_state $dir/state;" }, 'state', 'pass',
        qr/own\z/],
    ['... that is open', { http => "api_state $dir/open;" }, 'state', 'fail',
        qr/open to everybody \(0755\)/, qr/^chmod 0750 /],
    ['... that is not there', { http => "api_state $dir/nowhere;" }, 'state',
        'fail', qr/No such file/, qr/^install -d -m 0750 -o \S+ /],

    ['rules without a compiler', { location => 'api_waf core;' }, 'patterns',
        'warn', qr/without api_waf_compiler/, qr/^api_waf_compiler /],
    ['rules that are off', { location => 'api_waf off;' }, 'patterns', 'pass',
        qr/no rules/],
    ['a compiler that has made nothing', { location => 'api_waf core;',
        http => "api_waf_compiler /bin/true; api_state $dir/state;" },
        'patterns', 'warn', qr/no database/],

    ['an audit log', { http => "$audit;" }, 'log', 'pass', qr/^1 files/],
    ['... nowhere', { http => 'api_audit /nowhere/at/all.jsonl;' }, 'log',
        'fail', qr{/nowhere/at: No such file}],
    ['... on standard output', { http => 'api_audit stdout;' }, 'log', 'pass',
        qr/^0 files/],

    ['a thread pool that is not there', { http => "$audit threads=slow;" },
        'threads', 'fail', qr/no thread pool is named slow/,
        qr/^thread_pool slow threads=2;/],
    ['... that is', { main => 'thread_pool slow threads=2;',
        http => "$audit threads=slow;" }, 'threads', 'pass', qr/is there/],

    ['a limit by what the client writes',
        { http => $limit . '$http_x_forwarded_for;' }, 'addresses', 'fail',
        qr/written by the client/, qr/api_client_net/],
    ['... by its address', { http => $limit . '$binary_remote_addr;' },
        'addresses', 'pass', qr/1 limits and bans, 1 of them by address/],
    ['everybody is a proxy', { http => 'set_real_ip_from 0.0.0.0/0;' },
        'addresses', 'fail', qr/everybody is trusted/],
    ['... by IPv6', { http => 'set_real_ip_from ::/0;' }, 'addresses', 'fail',
        qr/everybody is trusted/],
    ['... one is', { http => 'set_real_ip_from 192.0.2.1;',
        server => 'real_ip_header X-Forwarded-For;' }, 'addresses', 'pass',
        qr/none by what a client writes/],
    ['... named further inside', { http => 'real_ip_header X-Real-IP;',
        server => 'set_real_ip_from 192.0.2.1;' }, 'addresses', 'pass', qr/none/],
    ['a header of nobody', { server => 'real_ip_header X-Forwarded-For;' },
        'addresses', 'warn', qr/without set_real_ip_from/],

    ['too few open files', { main => 'worker_rlimit_nofile 50;' },
        'descriptors', 'fail', qr/100 connections and 50 open files/,
        qr/^worker_rlimit_nofile 264;/],
    ['... for proxied ones', { main => 'worker_rlimit_nofile 200;' },
        'descriptors', 'warn', qr/need 264/],
    ['... enough', { main => 'worker_rlimit_nofile 264;' }, 'descriptors',
        'pass', qr/enough/],
    ['core dumps', { main => 'worker_rlimit_core 500m;' }, 'core', 'fail',
        qr/writes its memory/, qr/^worker_rlimit_core 0;/],
    ['... none', { main => 'worker_rlimit_core 0;' }, 'core', 'pass', qr/no/],
);

for my $case (@cases) {
    my ($title, $at, $check, $verdict, $says, $remedy) = @$case;
    my ($is, $rc) = doctor(site(%$at));
    my @found = of($is, $check);

    is(scalar(grep { $_->{verdict} eq $verdict && $_->{text} =~ $says } @found),
        1, "$title: $verdict") or diag(explain(\@found));
    is($rc, 1, '... and the exit code') if $verdict eq 'fail';

    next if !$remedy;
    like((map { $_->{remedy} // '' } grep { $_->{text} =~ $says } @found)[0],
        $remedy, '... and what to do');
    like((map { $_->{at} // '' } grep { $_->{text} =~ $says } @found)[0],
        qr/nginx\.conf:\d+\z/, '... and where');
}

{
    my ($is) = doctor(site() =~ s/^user .*?;/user root;/r);
    my ($found) = of($is, 'workers');
    is($found->{verdict}, 'fail', 'workers that are root');
}


# Warnings count when that is asked for.

my $warns = site(location => 'api_waf core;', main => 'worker_rlimit_core 0;'
    . ' worker_rlimit_nofile 999;');
is((doctor($warns))[1], 0, 'a warning is no failure');
is((doctor($warns, "--advisories $none --strict"))[1], 1,
    '... with --strict it is');
is(system("$apisec doctor nonsense >/dev/null 2>&1") >> 8, 2, 'usage');
is(system("$apisec doctor --conf @{[put('broken.conf', 'http {')]}"
    . ' >/dev/null 2>&1') >> 8, 1, 'a configuration that is none');


# A number that is another program's by now.

{
    my $pid = put('pid', "$$\n");
    my $out = `$apisec doctor --json --conf $dir/nginx.conf --pid $pid`;
    my ($ready) = of(decode_json($out), 'ready');
    is($ready->{text}, 'nginx does not run', 'the pid file of a dead nginx');
}


# Advisories

my $suite = join ' ', `. /etc/os-release; echo \$ID; echo \$VERSION_CODENAME`
    =~ /(\S+)/g;
my $dpkg  = `dpkg-query -W -f '\${Version}' dpkg`;
my @today = gmtime;
my $today = sprintf '%d-%02d-%02d', $today[5] + 1900, $today[4] + 1,
    $today[3];

sub advised {
    my (%file) = @_;
    my $file = put('advisories.json', encode_json({ format => 1,
        date => $today, suite => $suite, nginx => [], debian => [], %file }));
    my ($is) = doctor(site(), "--advisories $file");
    return map {"$_->{verdict}: $_->{text}"} of($is, 'versions');
}

sub of_dpkg {
    my (@fixes) = @_;
    return debian => [{ package => 'dpkg', source => 'dpkg',
        fixes => [map { { version => $_->[0], ids => [$_->[1]] } } @fixes] }];
}

like((advised(of_dpkg(["$dpkg+1", 'CVE-2999-1'])))[0],
    qr/^fail: dpkg \S+ lacks the fixes of CVE-2999-1\z/, 'a fix is lacking');
like((advised(of_dpkg(["$dpkg", 'CVE-2999-1'], ["$dpkg~1", 'CVE-2999-2'])))[0],
    qr/^pass: 1 packages have all fixes/, '... it is there');
like((advised(of_dpkg(["$dpkg+2", 'CVE-2999-3'], ["$dpkg+1", 'CVE-2999-4'])))[0],
    qr/CVE-2999-3, CVE-2999-4/, '... two are');
like((advised(of_dpkg(), suite => 'debian none'))[0],
    qr/^skip: packages: the advisories are for debian none/, 'another system');
like((advised(date => '2020-01-01'))[0], qr/^warn: .* days old/, 'an old file');
like((advised(date => ''))[0], qr/^warn: .*not in the past/, 'no date');
like((advised(format => 2))[0], qr/^warn: .*no file of advisories/,
    'a file of the future');

{
    my ($is) = doctor(site(), '--advisories /nowhere');
    like((of($is, 'versions'))[0]{text}, qr/no advisories/, 'no file');
    ($is) = doctor(site(), ' ');
    my @own = of($is, 'versions');
    ok(!(grep { $_->{text} =~ /no advisories|no file of/ } @own),
        'apisec brings a file of its own') or diag(explain(\@own));
}


# Versions, as dpkg compares them.

{
    my $seed = $ENV{DOCTOR_SEED} // $ENV{API_SEED} // time;
    srand $seed;
    my @parts = ('0', '1', '2', '10', '09', 'a', 'b', '~', '+', '.', '-', 'deb',
        '~rc1', '+deb12u1', '00');
    my @versions = map { '1' . join('', map { $parts[rand @parts] }
            0 .. rand 6) . int rand 3 } 1 .. 40;
    my $lines = '';

    for (1 .. 60) {
        my ($a, $b) = @versions[rand @versions, rand @versions];
        my $sign = system('dpkg', '--compare-versions', $a, 'lt', $b) == 0 ? -1
            : system('dpkg', '--compare-versions', $a, 'gt', $b) == 0 ? 1 : 0;
        $lines .= "$a $sign $b\n";
    }

    my $file = put('pairs', $lines);
    my $test = "$build/unit/test_debver";

SKIP: {
        skip('no unit tests are built', 1) if !-x $test;
        my $out = `$test $file 2>&1`;
        is($?, 0, 'dpkg orders versions the same way')
            or diag("DOCTOR_SEED=$seed\n", $out =~ /^(not ok.*)$/mg);
    }
}


# A gateway that runs.

SKIP: {
    skip('no modules', 1) if !$ENV{TEST_NGINX_LOAD_MODULES};

    my $at     = 'allow 127.0.0.1; deny all;';
    my $server = ApiTest::Server->start(
        http   => "api_zone main 1m; api_state $dir/state;\n"
            . 'api_ratelimit_zone few 64k; api_ratelimit_policy p zone=few'
            . ' key=$arg_k rate=1r/h burst=5 at=address;',
        server => "location = /ready { api_health ready; $at }"
            . " location /_api/ { api_status; $at }",
        location => 'api_ratelimit p; empty_gif;',
    );

    my $ask = sub {
        my (@options) = @_;
        my $out = `$apisec doctor --json --nginx $server->{nginx} \\
            --nginx-prefix $server->{dir} \\
            --nginx-conf $server->{dir}/nginx.conf @options 2>$dir/stderr`;
        my $is = eval { decode_json($out) } or diag($out, `cat $dir/stderr`);
        return map { $_->{check} => "$_->{verdict}: $_->{text}" }
            @{ $is->{findings} };
    };

    my %is = $ask->();
    like($is{ready}, qr/^pass: requests may come/, 'it is ready');
    like($is{zones}, qr/^pass: [1-9]\d* tables, with room/, 'its memory');
    like($is{modules}, qr/^pass: 3 modules, as they are/, 'its modules');
    like($is{descriptors}, qr/^(?:pass|warn)/, 'its open files');
    like($is{core}, qr/^(?:pass|warn)/, 'its core dumps');
    like($is{confined}, qr/^(?:pass|warn)/, 'its rights');

    my %by = $ask->("--status http://127.0.0.1:$server->{port}/_api/");
    like($by{zones}, qr/^pass/, 'asked where it is told to');

    # a share of the zone: revoked until there is hardly a place left

    my $revoked = ApiTest::Server->start(
        files => { 'jwks.json' => jwks('p256') },
        http  => "api_zone main 1m revocations=8k;\n"
            . 'api_jwt_issuer corp { issuer https://idp; audience a;'
            . " algorithms ES256; jwks jwks.json; }\n"
            . "server { listen unix:$dir/admin.sock; location /_api/ { api_status write; } }",
        server => "location /_api/ { api_status; $at }",
        location => 'api_auth jwt=corp; empty_gif;',
    );
    my $zones = sub {
        my $out = `$apisec doctor --json --nginx $revoked->{nginx} \\
            --nginx-prefix $revoked->{dir} --nginx-conf $revoked->{dir}/nginx.conf \\
            --status http://127.0.0.1:$revoked->{port}/_api/ 2>$dir/stderr`;
        my $is = eval { decode_json($out) } or diag($out, `cat $dir/stderr`);
        return join "\n", map {"$_->{verdict}: $_->{text}"}
            grep { $_->{check} eq 'zones' } @{ $is->{findings} };
    };
    like($zones->(), qr/^pass: /, 'a share with room');
    `curl -sf --unix-socket $dir/admin.sock -H 'X-Api-Admin: 1' -H 'Content-Type: application/json' -d '{"kind":"jti","value":"n$_"}' http://localhost/_api/revocations`
        for 1 .. 60;
    like($zones->(), qr/^warn: revocations is (?:8[1-9]|9\d|100) % full/m,
        '... and one that is nearly full');

    # ... of operations, and collections of the WAF, which are full when some
    # have to give way

    my $paths = join ',', map {
        "\"/p$_\":{\"get\":{\"responses\":{\"default\":{\"description\":\"d\"}}}}"
    } 1 .. 60;
    my $small = ApiTest::Server->start(
        workers => 1,
        files => {
            'spec.json' => '{"openapi":"3.0.3","info":{"title":"t",'
                . "\"version\":\"1\"},\"paths\":{$paths}}",
            'r.conf' => "SecRuleEngine On\nSecAction "
                . "\"id:1,phase:1,pass,nolog,initcol:ip=%{ARGS.k}\"\nSecAction "
                . "\"id:2,phase:1,pass,nolog,setvar:ip.x=+1\"\n",
        },
        http => "api_zone main 1m inventory=64k; api_waf_collections 8k;\n"
            . "api_schema_spec s spec.json; api_waf_ruleset r r.conf;\n",
        server => "location /_api/ { api_status; $at }"
            . 'location /w { api_waf r; empty_gif; }',
        location => 'api_schema s; api_inventory; empty_gif;',
    );
    my $shares = sub {
        my $out = `$apisec doctor --json --nginx $small->{nginx} \\
            --nginx-prefix $small->{dir} --nginx-conf $small->{dir}/nginx.conf \\
            --status http://127.0.0.1:$small->{port}/_api/ 2>$dir/stderr`;
        my $is = eval { decode_json($out) } or diag($out, `cat $dir/stderr`);
        return join "\n", map {"$_->{verdict}: $_->{text}"}
            grep { $_->{check} eq 'zones' } @{ $is->{findings} };
    };
    like($shares->(), qr/^pass: /, 'shares of operations and collections with room');
    $small->get("/p$_") for 1 .. 60;
    $small->get("/w?k=$_") for 1, 2;
    my $full = $shares->();
    unlike($full, qr/collections/, '... hardly used');
    like($full, qr/^warn: inventory_\w+ is \d+ % full/m, '... operations are many');
    $small->get("/w?k=k$_") for 1 .. 200;
    like($shares->(), qr/^warn: collections has forgotten \d+ entries/m,
        '... members had to give way');

    %by = $ask->("--status http://127.0.0.1:$server->{port}/");
    like($by{zones}, qr/^(?:skip|fail)/, '... which is something else');
    %by = $ask->('--status ftp://127.0.0.1/');
    like($by{zones}, qr/^fail: .*is no URL of an address/, '... no URL');

    # where every listener speaks TLS

    my $port = Test::Nginx::StandIn::Port::named('doctor-tls');
    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
        . " -keyout $dir/tls.key -out $dir/tls.pem -subj /CN=gw -days 9 2>/dev/null") == 0
        or die 'openssl';
    my $tls = ApiTest::Server->start(
        http => "api_zone main 1m; api_state $dir/state; server {"
            . " listen 127.0.0.1:$port ssl; server_name gw.example;"
            . " ssl_certificate $dir/tls.pem; ssl_certificate_key $dir/tls.key;"
            . " location = /ready { api_health ready; $at }"
            . " location /_api/ { api_status; $at } }",
        location => 'empty_gif;',
    );
    my $over = sub {
        my $out = `$apisec doctor --json --nginx $tls->{nginx} \\
            --nginx-prefix $tls->{dir} --nginx-conf $tls->{dir}/nginx.conf @_`;
        return map { $_->{check} => "$_->{verdict}: $_->{text}" }
            @{ decode_json($out)->{findings} };
    };
    %by = $over->();
    like($by{ready}, qr/^pass: requests may come/, 'over TLS: it is ready');
    like($by{zones}, qr/^pass: \d+ tables, with room/, '... its memory');
    %by = $over->("--status https://127.0.0.1:$port/_api/");
    like($by{zones}, qr/^pass/, '... asked where it is told to');
    %by = $over->("--status http://127.0.0.1:$port/_api/");
    unlike($by{zones}, qr/^pass/, '... and not without');
    $tls->stop;

    # a table that fills up

    $server->get("/?k=$_") for 1 .. 4000;
    %by = $ask->();
    like($by{zones}, qr/^warn: few (?:is \d+ % full|has forgotten)/,
        'a table that is full');

    # a module that was replaced by another file

    my @modules = map {"$dir/" . s{.*/}{}r} @{ $server->{modules} };
    system('cp', @{ $server->{modules} }, $dir) == 0 or die;
    $server->stop if $server->can('stop');
    my $other = ApiTest::Server->start(modules => \@modules,
        location => 'empty_gif;');
    my $said = sub {
        my $out = `$apisec doctor --json --nginx $other->{nginx} \\
            --nginx-prefix $other->{dir} --nginx-conf $other->{dir}/nginx.conf`;
        return (grep { $_->{check} eq 'modules' }
            @{ decode_json($out)->{findings} })[0];
    };
    is($said->()->{verdict}, 'pass', 'modules that are on the disk');
    system('cp', $modules[0], "$dir/new") == 0 or die;
    rename "$dir/new", $modules[0] or die $!;
    is($said->()->{verdict}, 'fail', '... and one that was replaced');
    is($said->()->{remedy}, 'systemctl restart nginx', '... what to do');
}

done_testing();
