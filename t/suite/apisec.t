# The command line tool, each command with what it must refuse; a second
# opinion on tokens and keys comes from the npm package jose.

use strict;
use warnings;

use ApiTest::Keys qw(key_file);
use ApiTest::Run;
use Digest::SHA ();
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);
use Test::More;

my $json = JSON::PP->new->canonical->utf8;
my $dir  = scratch();
my $gw   = "$dir/gateway";

sub refused {
    my ($name, $code, $like, @args) = @_;

    my $got = apisec(@args);
    is($got->{code}, $code, "$name: exit code");
    like($got->{err}, $like, "$name: what to write instead");
    is($got->{out}, '', "$name: nothing on standard output");
    return;
}

sub succeeds {
    my ($name, @args) = @_;

    my $got = apisec(@args);
    is($got->{code}, 0, "$name: exit code") or diag($got->{err});
    is($got->{err}, '', "$name: quiet on standard error");
    return $got->{out};
}

sub mode { return sprintf '%04o', (stat $_[0])[2] & 07777 }

sub payload {
    my ($token) = @_;
    my (undef, $claims) = split /\./, $token;
    return $json->decode(MIME::Base64::decode_base64url($claims));
}

# Answers of check-tokens.mjs; none where node is not there.

sub second_opinion {
    my (@questions) = @_;

    spew("$dir/questions.json", $json->encode(\@questions));
    my $got = run('sh', '-c',
        "node t/node/check-tokens.mjs < $dir/questions.json");
    return if $got->{code};
    return @{ $json->decode($got->{out}) };
}


subtest 'help and usage' => sub {
    my $got = apisec();
    is($got->{code}, 2, 'no command: exit code');
    like($got->{err}, qr/^usage: apisec COMMAND/, 'no command: usage');

    my $help = succeeds('help', 'help');
    for my $name (qw(init token key jwks why)) {
        like($help, qr/^    \Q$name\E +\S/m, "help names $name");
        my $page = succeeds("help $name", 'help', $name);
        like($page, qr/^usage: apisec \Q$name\E /, "$name has a page");
        is(succeeds("$name --help", $name, '--help'), $page, 'the same page');
    }

    like(succeeds('version', 'version'), qr/^apisec \d+\.\d+\n\z/, 'version');
    refused('unknown command', 2, qr/apisec help/, 'frobnicate');
    refused('unknown option', 2, qr/apisec help token/, 'token', '--frob');
    refused('one dash', 2, qr/two dashes/, 'token', '-k', 'x');
    refused('no value', 2, qr/write --key FILE/, 'token', '--key');
};


subtest 'init' => sub {
    my $port = two_ports();
    my @args = ('init', $gw, '--port', $port, '--modules', modules_dir());
    my $said = succeeds('init', @args);

    # Made by root, workers are another user, who reads what may change.

    my $group  = $> == 0 ? getgrnam('www-data') : undef;
    my $shared = defined $group ? '0640' : '0600';
    my %mode = ('keys/private.pem' => '0600', 'api-key-pepper' => $shared,
        'api-keys.json' => $shared, 'keys/jwks.json' => '0644',
        'openapi.yaml' => '0644', 'nginx.conf' => '0644',
        'apisec.json' => '0644');
    is((stat "$gw/$_")[5], $group // (split ' ', $))[0], "$_: its group")
        for qw(api-key-pepper api-keys.json);
    is(mode("$gw/$_"), $mode{$_}, "$_: mode $mode{$_}") for sort keys %mode;

    my $set = $json->decode(slurp("$gw/keys/jwks.json"));
    is(scalar @{ $set->{keys} }, 1, 'one key in the set');
    is($set->{keys}[0]{crv}, 'P-256', '... on P-256');
    ok(!exists $set->{keys}[0]{d}, '... without its private part');

    my ($key) = $said =~ /^    (ak_\S+)$/m;
    my ($id, $crc) =
        $key =~ /\Aak_([0-9A-Za-z]{8})_[0-9A-Za-z]{32}_([0-9a-f]{8})\z/;
    my $entry = $json->decode(slurp("$gw/api-keys.json"))->{keys}[0];
    is($entry->{id}, $id, 'the store knows the key by its id');
    is_deeply([sort keys %$entry],
        [qw(exp hash id nbf owner plan principal scopes status)],
        '... with all that a key is granted');
    is($entry->{hash}, 'hmac-sha256:' . Digest::SHA::hmac_sha256_hex($key,
        slurp("$gw/api-key-pepper")), '... and its hash under the pepper');
    is($crc, crc32_hex(substr $key, 0, -9), 'the key ends with its CRC-32');
    for my $file (glob "$gw/* $gw/*/*") {
        next if -d $file;
        unlike(slurp($file), qr/\Q$key\E/, "the key is not in $file");
    }

    refused('not empty', 3, qr/does not exist yet/, @args);
    refused('folder above', 3, qr/folder above/, 'init', "$dir/no/where",
        '--modules', modules_dir());
    refused('no folder', 2, qr/apisec init gateway/, 'init');
    refused('port', 2, qr/1 to 65534/, 'init', "$dir/x", '--port', '70000',
        '--modules', modules_dir());
    refused('modules', 3, qr/--modules build/, 'init', "$dir/x", '--modules',
        '/nonexistent');
    ok(!-e "$dir/x", 'what is refused leaves nothing behind');

    mkdir "$dir/open";
    chmod 0777, "$dir/open";
    refused('writable by all', 3, qr/others may write/, 'init', "$dir/open",
        '--modules', modules_dir());

    mkdir "$dir/it's";
    chmod 0755, "$dir/it's";
    like(succeeds('empty folder', 'init', "$dir/it's", '--modules',
        modules_dir()), qr/nginx -p '\S+it'\\''s' /, 'quoted for the shell');

    run_starter($port, $said);
};

sub crc32_hex {
    my ($bytes) = @_;

    my $crc = ~0 & 0xffffffff;
    for my $byte (unpack 'C*', $bytes) {
        $crc ^= $byte;
        $crc = $crc & 1 ? $crc >> 1 ^ 0xedb88320 : $crc >> 1 for 1 .. 8;
    }
    return sprintf '%08x', ~$crc & 0xffffffff;
}

# What was printed works as printed.

sub run_starter {
    my ($port, $said) = @_;

    my $test = run(nginx(), '-t', '-p', $gw,
        qw(-c nginx.conf -e logs/error.log));
    is($test->{code}, 0, 'nginx -t takes the configuration')
        or diag($test->{err});
    unlike($test->{err}, qr/\[(?:warn|error|alert|emerg)\]/, '... quietly');

    my ($start) = $said =~ /^    nginx (-p .*)$/m;
    is($start, "-p $gw -c nginx.conf -e logs/error.log", 'how to start it');
    is(start_nginx($gw), undef, 'nginx starts');

    my ($token) = $said =~ /^    TOKEN=(\S+)$/m;
    like($said, qr{http://127\.0\.0\.1:$port/orders$}m, 'what to ask');

    my $good = http($port, 'GET', '/orders',
        headers => { Authorization => "Bearer $token" });
    is($good->{status}, 200, 'the token opens the API');
    like($good->{content}, qr/"orders"/, '... which answers');
    is(http($port, 'GET', '/health')->{status}, 200, 'it is healthy');

    my ($key) = $said =~ /^    (ak_\S+)$/m;
    is(http($port, 'GET', '/orders', headers => { 'X-API-Key' => $key })
        ->{status}, 200, 'the API key does too');
    is(http($port, 'GET', '/customers/alice/orders',
            headers => { Authorization => "Bearer $token" })->{status}, 200,
        'her orders are hers');
    is(http($port, 'GET', '/customers/bob/orders',
            headers => { Authorization => "Bearer $token" })->{status}, 403,
        '... and those of somebody else are not');
    check_starter($port);

    my $bad = http($port, 'GET', '/orders');
    is($bad->{status}, 401, 'without it the door is shut');
    my $id = $json->decode($bad->{content})->{support_id};

    until_true(60, sub { slurp("$gw/logs/api-audit.jsonl") =~ /$id/ });
    my $story = succeeds('why', 'why', $id, '--dir', $gw);
    like($story, qr{^Refused: GET /orders, answered 401$}m, 'why: what');
    like($story, qr/^    auth +refused with 401: missing$/m, 'why: reason');
    like($story, qr/it means  No bearer token/, 'why: in words');
    like($story, qr{logs/error\.log:\n    .*refused 401 auth missing},
        'why: the line of the error log');

    my $expired = succeeds('token', 'token', '--dir', $gw, '--ttl', '-1h');
    chomp $expired;
    my $late = http($port, 'GET', '/orders',
        headers => { Authorization => "Bearer $expired" });
    is($late->{status}, 401, 'a token of --ttl -1h is refused');
    like($late->{headers}{'www-authenticate'}, qr/expired/, '... as expired');

    ok(stop_nginx($gw), 'nginx stops');
    return;
}


# What comes with the suite finds nothing to say against a starter.

sub check_starter {
    my ($port) = @_;

    my @site = ('--nginx', nginx(), '--nginx-prefix', $gw, '--nginx-conf',
        'nginx.conf');
    my $found = succeeds('lint', 'lint', @site, '--fail-on', 'low');
    like($found, qr/^0 high, 0 medium, 0 low$/m, 'apisec lint finds nothing')
        or diag($found);

    my $spec = "$gw/openapi.yaml";
    succeeds('schema check', 'schema', 'check', $spec);

    my %scope = (strong => 'orders:read orders:write', weak => '');
    spew("$dir/$_", succeeds('token', 'token', '--dir', $gw, '--scope',
        $scope{$_})) for sort keys %scope;
    is(run('openssl', 'pkey', '-in', "$gw/keys/private.pem", '-pubout',
        '-out', "$dir/public.pem")->{code}, 0, 'the public key');

    my $report = succeeds('attack', 'attack', $spec, '--target',
        "http://127.0.0.1:$port", '--token', "$dir/strong", '--weak-token',
        "$dir/weak", '--public-key', "$dir/public.pem", '--own',
        'customerId=alice', '--other', 'customerId=bob', '--undecided');
    like($report, qr/^all +([5-9]\d) +0 +0 +0$/m,
        'apisec attack: all is refused') or diag($report);

    like(succeeds('report', 'report', @site, '--format', 'markdown'),
        qr/^\| POST \/orders \| jwt=starter key=partners \| scope orders:write /m,
        'apisec report has what holds');
    return;
}


# Where only the module for identity is installed.

subtest 'init without the other modules' => sub {
    my $alone = scratch();
    my $port  = two_ports();

    symlink modules_dir() . '/ngx_api_sec_module.so',
        "$alone/ngx_api_sec_module.so" or die "symlink: $!";
    succeeds('init', 'init', "$alone/gw", '--port', $port, '--modules',
        $alone);

    my $test = run(nginx(), '-t', '-p', "$alone/gw",
        qw(-c nginx.conf -e logs/error.log));
    is($test->{code}, 0, 'nginx -t takes it') or diag($test->{err});
    unlike(slurp("$alone/gw/nginx.conf"), qr/api_waf|api_ratelimit/,
        'and nothing asks for what is not there');
};


my %KEY = (HS256 => 'hs256', HS384 => 'hs384', HS512 => 'hs512',
    RS256 => 'rsa2048', RS384 => 'rsa2048', RS512 => 'rsa2048',
    PS256 => 'rsa2048', PS384 => 'rsa2048', PS512 => 'rsa2048',
    ES256 => 'p256', ES384 => 'p384', ES512 => 'p521', EdDSA => 'ed25519');

sub public_jwk {
    my ($name) = @_;
    my $pem = key_file($name) =~ s/\.pem\z/.pub.pem/r;
    return $json->decode(succeeds("jwks of $name", 'jwks', $pem))->{keys}[0];
}


subtest 'tokens of every algorithm' => sub {
    my (@questions, %kid);

    # once by libjwt where it can, once by OpenSSL, for the sake of typ

    my @all = map { ([$_, 'JWT'], [$_, 'at+jwt']) } sort keys %KEY;

    for my $case (@all) {
        my ($alg, $typ) = @$case;
        my $file  = key_file($KEY{$alg});
        my $token = succeeds("$alg $typ", 'token', '--key', $file, '--alg',
            $alg, '--typ', $typ, qw(--iss https://i --aud a --sub s));
        chomp $token;

        my %question = (token => $token,
            options => { issuer => 'https://i', audience => 'a',
                         algorithms => [$alg], typ => $typ });
        if ($alg =~ /^HS/) {
            $question{secret} = encode_base64url(slurp($file));
        } else {
            $question{jwk} = public_jwk($KEY{$alg});
            delete $question{jwk}{alg};
            $kid{$alg} = $question{jwk}{kid};
        }
        push @questions, \%question;
    }

    # nginx takes one newline at the end of a secret for an editor's

    spew("$dir/line.secret", slurp(key_file('hs256')) . "\n");
    my $token = succeeds('secret with a newline', 'token', '--key',
        "$dir/line.secret", qw(--alg HS256 --iss https://i --aud a --sub s));
    chomp $token;
    push @all, ['HS256', 'JWT'];
    push @questions, { %{ $questions[$#questions] }, token => $token,
        secret => encode_base64url(slurp(key_file('hs256'))),
        options => { algorithms => ['HS256'] } };

    my @answers = second_opinion(@questions)
        or plan skip_all => 'node and jose are not here';

    for my $case (@all) {
        my ($alg, $typ) = @$case;
        my $got = shift @answers;
        is($got->{error}, undef, "$alg $typ: jose verifies it");
        is($got->{header}{alg}, $alg, "$alg $typ: named");
        is($got->{header}{kid}, $kid{$alg}, "$alg $typ: the thumbprint");
        is($got->{claims}{sub}, 's', "$alg $typ: claims");
    }
};


subtest 'claims' => sub {
    my @key = ('--key', key_file('p256'));
    my $now = time;

    my $c = payload(succeeds('plain', 'token', @key));
    is_deeply([sort keys %$c], [qw(exp iat jti)], 'by default: only times');
    cmp_ok(abs($c->{iat} - $now), '<', 10, 'iat is now');
    is($c->{exp} - $c->{iat}, 3600, 'exp is an hour later');

    $c = payload(succeeds('ttl', 'token', @key, qw(--ttl 7d --nbf 5m)));
    is($c->{exp} - $c->{iat}, 7 * 86400, '--ttl 7d');
    cmp_ok(abs($c->{nbf} - $now - 300), '<', 10, '--nbf 5m');

    $c = payload(succeeds('expired', 'token', @key, '--ttl', '-10m'));
    cmp_ok($c->{exp}, '<', $now, '--ttl -10m: expired');
    cmp_ok($c->{iat}, '<', $c->{exp}, '... but issued before that');

    $c = payload(succeeds('no exp', 'token', @key, qw(--ttl none)));
    ok(!exists $c->{exp}, '--ttl none: no exp');

    my $text = "caf\xc3\xa9 \"x\\y\"\n";
    $c = payload(succeeds('own', 'token', @key, qw(--aud a --aud b),
        '--claim', "note=$text", '--claim-json', 'roles=["x",{"y":[1,true]}]',
        '--claim-json', 'n=9007199254740993', '--claim', 'jti=mine'));
    is_deeply($c->{aud}, ['a', 'b'], 'two audiences are an array');
    is($c->{note}, "caf\xe9 \"x\\y\"\n", 'text with all that needs escapes');
    is($json->encode($c->{roles}), '["x",{"y":[1,true]}]', 'JSON');
    is("$c->{n}", '9007199254740993', 'integers are exact');
    is($c->{jti}, 'mine', 'a claim of one\'s own replaces ours');

    my ($header) = map { $json->decode(MIME::Base64::decode_base64url($_)) }
        succeeds('typ', 'token', @key, qw(--typ at+jwt --kid),
            '') =~ /\A([^.]+)/;
    is_deeply($header, { alg => 'ES256', typ => 'at+jwt' },
        '--typ, and no kid');

    refused('JSON', 2, qr/--claim-json x: not JSON at byte \d/, 'token', @key,
        '--claim-json', 'x=nope');
    refused('JSON twice', 2, qr/not JSON/, 'token', @key, '--claim-json',
        'x={"a":1,"a":2}');
    refused('no =', 2, qr/NAME=VALUE/, 'token', @key, '--claim', 'x');
    refused('large number', 3, qr/64 bits/, 'token', @key, '--claim-json',
        'x=99999999999999999999');
    refused('ttl', 2, qr/90s, 15m, 1h or 7d/, 'token', @key, '--ttl', '1w');
    refused('stray word', 2, qr/quotes/, 'token', @key, '--scope', 'a', 'b');
};


subtest 'keys that do not fit' => sub {
    refused('no key', 2, qr/--key private\.pem/, 'token');
    refused('no file', 3, qr/No such file/, 'token', '--key', "$dir/none");
    refused('PS256 with EC', 3, qr/write --alg ES256/, 'token', '--key',
        key_file('p256'), '--alg', 'PS256');
    refused('EdDSA with RSA', 3, qr/write --alg RS256/, 'token', '--key',
        key_file('rsa2048'), '--alg', 'EdDSA');
    refused('small letters', 2, qr/with capitals/, 'token', '--key',
        key_file('p256'), '--alg', 'es256');
    refused('none', 2, qr/HS256 RS256/, 'token', '--key', key_file('p256'),
        '--alg', 'none');
    refused('HS256 with PEM', 3, qr/is no secret.*openssl rand/, 'token',
        '--key', key_file('p256'), '--alg', 'HS256');
    refused('short secret', 3, qr/32 bytes are too few.*openssl rand/,
        'token', '--key', key_file('hs256'), '--alg', 'HS512');
    refused('secret without alg', 3, qr/--alg HS256/, 'token', '--key',
        key_file('hs256'));
    refused('another curve', 3, qr/does not fit ES256: write --alg ES384/,
        'token', '--key', key_file('p384'), '--alg', 'ES256');
    refused('RS256 with EC', 3, qr/write --alg ES256/, 'token', '--key',
        key_file('p256'), '--alg', 'RS256');
    refused('ES256 with RSA', 3, qr/write --alg RS256/, 'token', '--key',
        key_file('rsa2048'), '--alg', 'ES256');
    refused('RSA 1024', 3, qr/2048 and more/, 'token', '--key',
        key_file('rsa1024'));
    refused('no starter', 3, qr/made by  apisec init/, 'token', '--dir',
        $dir);
};


subtest 'jwks' => sub {
    my @names = qw(rsa2048 p256 p384 p521 secp256k1 ed25519 ed448);
    my @files = map { key_file($_) =~ s/\.pem\z/.pub.pem/r } @names;

    my $text = succeeds('all types', 'jwks', @files);
    my $set  = $json->decode($text)->{keys};
    is(scalar @$set, @names, 'a key for each file');
    is_deeply([map { $_->{alg} // '-' } @$set],
        [qw(- ES256 ES384 ES512 ES256K EdDSA EdDSA)],
        'alg where the type leaves no choice');

    my @known = grep { $set->[$_]{crv} // '' ne 'secp256k1' } 0 .. $#$set;
    SKIP: {
        my @answers = second_opinion(map { { jwk => $set->[$_] } } @known)
            or skip 'node and jose are not here', scalar @known;
        is($set->[$_]{kid}, shift(@answers)->{thumbprint},
            "$names[$_]: jose has the same thumbprint") for @known;
    }

    spew("$dir/set.json", $text);
    my $table = succeeds('a set', 'jwks', "$dir/set.json");
    like($table, qr/set\.json: 7 keys$/m, 'counted');
    like($table, qr/^EC   \Q$set->[1]{kid}\E  +ES256$/m, 'listed');

    my $one = $json->decode(succeeds('--alg', 'jwks', '--alg', 'PS256',
        $files[0]))->{keys}[0];
    is($one->{alg}, 'PS256', '--alg');

    refused('alg that cannot be', 1, qr/alg/, 'jwks', '--alg', 'RS256',
        $files[1]);
    refused('alg that is none', 2, qr/capitals/, 'jwks', '--alg', 'rs256',
        $files[0]);
    refused('private', 3, qr/openssl pkey .* -pubout/, 'jwks',
        key_file('p256'));
    refused('secret', 3, qr/neither a public key/, 'jwks', key_file('hs256'));
    refused('weak', 1, qr/1024|2048/, 'jwks',
        key_file('rsa1024') =~ s/\.pem\z/.pub.pem/r);
    refused('twice', 1, qr/kid/, 'jwks', @files[1, 1]);
    refused('both', 2, qr/not both/, 'jwks', $files[0], "$dir/set.json");
    refused('no file named', 2, qr/which file/, 'jwks');

    spew("$dir/bad.json", '{"keys":[{"kty":"EC","kid":"a","kid":"b"}]}');
    refused('a bad set', 1, qr/bad\.json: refused at byte \d+: /, 'jwks',
        "$dir/bad.json");

    spew("$dir/sly.json", $json->encode({ keys =>
        [{ %{ $set->[1] }, kid => "a\e[31mb\n" }] }));
    like(succeeds('hostile kid', 'jwks', "$dir/sly.json"),
        qr/^EC   a\\x1b\[31mb\\n /m, 'no byte of it drives a terminal');
};


my $ID = '0123456789abcdef0123456789abcdef';

sub event {
    my (%more) = @_;
    return $json->encode({
        v => 1, kind => 'request', time => '2026-11-24T10:00:00.123Z',
        support_id => $ID, client => { ip => '127.0.0.1', port => 1 },
        http => { method => 'POST', host => 'api.example', path => '/orders',
            status => 403, server => 's', bytes_in => 5, bytes_out => 9 },
        principal => { type => 'jwt', id => 'alice', issuer => 'corp' },
        verdict => 'deny', by => 'require', reason => 'insufficient_scope',
        decisions => [
            { check => 'auth', verdict => 'allow', reason => 'ok' },
            { check => 'require', verdict => 'deny', status => 403,
              reason => 'insufficient_scope', detail => 'scope a' } ],
        ms => { total => 2 }, chain => '0' x 16, seq => 1,
        node => { host => 'h', pid => 1, key => '0' x 8 }, %more }) . "\n";
}

sub why {
    my ($text, @args) = @_;
    spew("$dir/audit.jsonl", $text);
    return succeeds('why', 'why', @args ? @args : $ID, '--log',
        "$dir/audit.jsonl");
}


subtest 'why' => sub {
    my $other = event(support_id => 'f' x 32);
    my $story = why($other . event() . $other);

    like($story, qr{^Refused: POST /orders, answered 403$}m, 'what');
    like($story, qr/when +2026-11-24T10:00:00\.123Z, in 2 ms/, 'when');
    like($story, qr/who +alice, by a token of issuer corp/, 'who');
    like($story, qr/^    auth +passed$/m, 'what passed');
    like($story, qr/^    require +refused with 403: insufficient_scope$/m,
        'what did not');
    like($story, qr/noted +scope a$/m, 'what was noted');
    like($story, qr/it means +The token is good but lacks a scope/, 'means');
    like($story, qr/to do +The client asks the provider/, 'what to do');
    is(() = $story =~ /^Refused/mg, 1, 'other events are not told');

    is(why(event(), uc $ID), why(event()), 'in capitals it is the same id');
    like(why(event(verdict => 'monitor', decisions =>
        [{ check => 'auth', verdict => 'monitor', status => 401,
           reason => 'expired' }])),
        qr/would have refused \(monitor mode\) with 401: expired/, 'monitor');
    like(why(event(verdict => 'allow', decisions => [])),
        qr/No check was asked for/, 'nothing was asked for');
    like(why(event() =~ s/"principal":\{.*?\},//r),
        qr/who +nobody that was verified/, 'nobody');

    spew("$dir/rotated.log", '');
    spew("$dir/rotated.log.1", event());
    like(succeeds('rotated', 'why', $ID, '--log', "$dir/rotated.log"),
        qr/rotated\.log\.1$/m, 'the rotated file is read too');

    spew("$dir/error.log", "2026/11/24 10:00:00 [info] 1#1: *1 "
        . "ngx_api_sec_module: refused 401 auth expired, support id $ID, "
        . "client: 127.0.0.1, request: \"GET / HTTP/1.1\"\n"
        . "2026/11/24 10:00:00 [error] 1#1: *2 x, client: 127.0.0.1, "
        . "request: \"GET /, support id $ID, client: HTTP/1.1\"\n");
    my $line = succeeds('error log', 'why', $ID, '--log', "$dir/error.log");
    like($line, qr/auth expired, support id/, 'the error log is read too');
    unlike($line, qr/\*2 x/, '... but not what a client put into it');
};


# Reasons are read from the sources: codes of a token, tables of refusals, and
# assignments.

sub reasons {
    my %found;

    my $codes = slurp('ngx_api_sec_module/lib/api_jwt.c');
    $found{"auth $_"} = 1
        for $codes =~ /^    \[API_JWT_(?!OK)\w+\] = "(\w+)",/mg;

    $codes = slurp('ngx_api_sec_module/lib/api_dpop.c');
    $found{"auth $_"} = 1
        for $codes =~ /^    \[API_DPOP_(?!OK)\w+\] = "(\w+)",/mg;

    for my $file (qw(proof dpop mtls)) {
        $codes = slurp("ngx_api_sec_module/ngx_api_sec_$file.c");
        $found{"auth $_"} = 1 for grep { defined } $codes =~
            /proof_fault\(fault, "(\w+)"|_mtls_\w+\[\] = "(\w+)"/g;
    }

    $codes = slurp('ngx_api_sec_module/lib/api_keystore_check.c');
    my ($names) = $codes =~ /\bnames\[\] = \{\s*"ok",(.*?)\}/s;
    $found{"auth $_"} = 1 for $names =~ /"(\w+)"/g;

    for my $path (glob 'ngx_api_sec_module/ngx_api_sec_*.c'
        . ' ngx_api_sec_module/core/ngx/*.c ngx_api_waf_module/ngx_api_waf_*.c')
    {
        my $code = slurp($path);
        $found{lc "$1 $2"} = 1 while $code =~
            /\bNGX_API_CHECK_(\w+),\s*NGX_HTTP_\w+,\s*ngx_string\("(\w+)"\)/g;

        my ($check) = $code =~ /why\.check = NGX_API_CHECK_(\w+)/ or next;
        $found{lc "$check $1"} = 1
            while $code =~ /(?:why(?:\.|->)reason|ctx->error), "(\w+)"/g;
        $found{lc "$check $1"} = 1
            while $code =~ /_status_refuse\(.*?"(\w+)"/gs;

        my ($table) = $code =~ /_reasons\[\] = \{(.*?)\};/s or next;
        $found{lc "$check $_"} = 1
            for grep { $_ ne 'bound' } $table =~ /ngx_string\("(\w+)"\)/g;
    }

    return sort keys %found;
}

subtest 'why: every reason has words' => sub {
    my @reasons = reasons();
    for my $check (qw(auth require bind body cors schema waf)) {
        ok((grep { /^$check / } @reasons), "reasons of $check are found");
    }
    cmp_ok(scalar @reasons, '>=', 38, 'and all in all enough');

    for (@reasons, 'auth no_such_reason') {
        my ($check, $reason) = split;
        my $story = why(event(decisions => [{ check => $check,
            verdict => 'deny', status => 400, reason => $reason }]));
        my $unknown = $story =~ /newer than this program/ ? 1 : 0;
        is($unknown, $reason eq 'no_such_reason' ? 1 : 0, $_);
    }
};


subtest 'why: hostile logs' => sub {
    my $clean = qr/\A[\x20-\x7e\n]*\z/;

    my $bad = "\e]0;x\x07\n\x{202e}\x9b";
    my %hostile = (
        time => $bad, client => { ip => $bad },
        (map { $_ => undef } qw(method host path server id issuer)));

    for my $name (sort keys %hostile) {
        my $whole = $json->decode(event());
        my ($part) = grep { ref $whole->{$_} eq 'HASH'
            && exists $whole->{$_}{$name} } qw(http principal);
        my $story = why(event($hostile{$name} ? ($name => $hostile{$name})
            : ($part => { %{ $whole->{$part} }, $name => $bad })));
        like($story, $clean, "$name: only printable ASCII");
        like($story, qr/\\x1b\]0;x\\x07\\n/, "$name: shown as escapes");
    }

    my %odd = (number => 1e300, null => undef, list => [1],
        object => { a => 1 }, long => "x" x 12_000);
    for my $kind (sort keys %odd) {
        like(why(event(map { $_ => $odd{$kind} }
            qw(http decisions time verdict principal))), $clean,
            "members that are $kind");
    }
    like(why(event(decisions => [{ check => "\e[1m", verdict => "\e[2m",
        reason => "\e[3m", detail => "\e[4m", status => "\e[5m" }])),
        $clean, 'decisions with escapes');
    like(why(event(decisions => [7, [], { check => 7, verdict => 'deny' },
        { check => {}, verdict => [], reason => undef }])), $clean,
        'decisions that are none');

    my $long = '{"x":"' . 'y' x 300_000 . "$ID\"}\n";
    spew("$dir/long.log", "$long$long" . event() . $long);
    my $got = apisec('why', $ID, '--log', "$dir/long.log");
    is($got->{code}, 0, 'the event between lines that are too long is found');
    like($got->{err}, qr/3 lines of more than 65536 bytes/, '... counted');

    my $deep = '[' x 100 . ']' x 100;
    for my $bytes ("{\"support_id\":\"$ID\",\"x\":$deep}\n", "\0" x 1000, "{\"support_id\":\"$ID\"", '{', "\xff$ID\n",
        "{\"support_id\":\"$ID\",\"support_id\":\"$ID\"}\n", $ID, '') {
        spew("$dir/broken.log", $bytes);
        is(apisec('why', $ID, '--log', "$dir/broken.log")->{code}, 1,
            'broken lines are no event');
    }
    spew("$dir/end.log", event() =~ s/\n//r);
    is(apisec('why', $ID, '--log', "$dir/end.log")->{code}, 0,
        'a last line without an end is one');

    refused('not found', 1, qr/no log that was read knows/, 'why', 'f' x 32,
        '--log', "$dir/audit.jsonl");
    refused('no id', 2, qr/one support id/, 'why');
    refused('id with an escape', 2, qr/no support id/, 'why', "\e[31m" x 4);
    refused('short id', 2, qr/no support id/, 'why', 'abc');
    refused('long id', 2, qr/no support id/, 'why', 'a' x 65);
    refused('no such log', 3, qr/No such file/, 'why', $ID, '--log',
        "$dir/none");
    refused('a folder', 3, qr/directory/, 'why', $ID, '--log', $dir);
    refused('empty folder', 3, qr/--log FILE/, 'why', $ID, '--dir', $dir);
};

done_testing();
