#!/usr/bin/perl

# apisec attack: against an API that is weak it finds what is weak, against the
# same API behind the gateway nothing; it speaks to loopback alone, and keeps
# its budgets.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Certs;
use ApiTest::Run;
use ApiTest::Sec;
use ApiTest::Server;
use JSON::PP qw(decode_json);
use Test::More;

my $tmp  = scratch();
my $spec = 'docs/examples/lab/parcels.openapi.yaml';

plan skip_all => 'no node' if system('node --version >/dev/null 2>&1') != 0;

my $pid = fork // die "fork: $!";

if (!$pid) {
    open STDOUT, '>', "$tmp/ports" or die "ports: $!";
    exec 'node', 'docs/examples/lab/weak-api.mjs';
    exit 127;
}

END { kill 'TERM', $pid if $pid }

until_true(60, sub { -s "$tmp/ports" }) or BAIL_OUT('the API does not start');
my ($api) = slurp("$tmp/ports") =~ /^(\d+) /;

my $pass = "proxy_pass http://127.0.0.1:$api;";
my $open = ApiTest::Server->start(location => $pass);

sub gateway {
    my ($mode, $burst) = (@_, 250);

    return ApiTest::Server->start(
        files =>
            { 'own.secret' => secret('hs256'), 'api.yaml' => slurp($spec) },
        http => corp(key => 'file:own.secret kid=hs256') . "
            api_mode             $mode;
            api_schema_spec      parcels api.yaml strict;
            api_schema_security  parcels token jwt=corp;
            api_zone             z 1m;
            api_ratelimit_zone   r 1m;
            api_ratelimit_policy p zone=r key=\$api_principal rate=30r/s
                                 burst=$burst;",
        location => "
            api_auth      jwt=corp optional;
            api_bind      path:customerId = claim:sub;
            api_schema    parcels;
            api_ratelimit p;
            $pass",
    );
}

my $behind = gateway('enforce');

sub file_of {
    my ($name, $text) = @_;
    spew("$tmp/$name", $text);
    return "$tmp/$name";
}

my @scopes = ('parcels:read', 'parcels:read parcels:admin');
my $good = file_of('good', token(claims => { scope => $scopes[1] }) . "\n");
my $weak = file_of('weak', token(claims => { scope => '' }));
my $pem  = file_of('pem',  "-----BEGIN PUBLIC KEY-----\nAAAA\n");

my @caller = ('--token', $good, '--weak-token', $weak, '--public-key', $pem,
    '--own', 'customerId=alice', '--other', 'customerId=bob');

sub attack {
    my ($server, @options) = @_;
    my $got = apisec('attack', $spec,
        '--target', "http://127.0.0.1:$server->{port}", @options);
    $got->{json} = eval { decode_json($got->{out}) } // {};
    return $got;
}

sub kinds {
    my ($got, $outcome) = @_;
    my %n;
    $n{ $_->{id} }++
        for grep { $_->{outcome} eq $outcome } @{ $got->{json}{attacks} };
    return \%n;
}


subtest 'an API that is weak' => sub {
    my $got = attack($open, @caller, '--format', 'json');

    is($got->{code}, 1, 'exit code') or diag($got->{err});
    is($got->{err}, '', 'quiet on standard error');

    my $accepted = kinds($got, 'accepted');
    ok($accepted->{$_}, "accepted: $_")
        for qw(tampered-token alg-none alg-confusion wrong-scope
               foreign-object method-override extra-member wrong-type
               over-bound media-type duplicate-member unknown-parameter
               no-limit);

    my $refused = kinds($got, 'refused');
    ok($refused->{$_}, "and this is refused: $_")
        for qw(no-token undocumented-path);
};


subtest 'the same behind the gateway' => sub {
    my $got = attack($behind, @caller, '--burst', '400', '--format', 'json');

    is($got->{code}, 0, 'exit code');
    is_deeply(kinds($got, 'accepted'), {}, 'nothing is accepted')
        or diag($got->{out});
    is_deeply(kinds($got, 'undecided'), {}, 'nothing is undecided')
        or diag($got->{out});

    my $refused = kinds($got, 'refused');
    is(scalar keys %$refused, 21, 'all kinds but one: nothing is internal');

    my %wanted = (
        'no-token'            => 401, 'bad-token'           => 401,
        'tampered-token'      => 401, 'alg-none'            => 401,
        'alg-confusion'       => 401, 'wrong-scope'         => 403,
        'foreign-object'      => 403, 'undocumented-method' => 405,
        'extra-member'        => 422, 'big-body'            => 413,
        'media-type'          => 415, 'broken-body'         => 400,
        'duplicate-member'    => 400, 'unknown-parameter'   => 400,
        'undocumented-path'   => 404, 'no-limit'            => 429,
    );

    for my $a (@{ $got->{json}{attacks} }) {
        my $status = $wanted{ $a->{id} } // next;
        is($a->{status}, $status, "$a->{id} $a->{operation} $a->{detail}");
    }

    my ($first) = grep { $_->{id} eq 'no-token' } @{ $got->{json}{attacks} };
    like($first->{support_id}, qr/^[0-9a-f]{32}$/, 'with its support id');
    is($first->{owasp}, 'API2:2023', 'and its item');
};


# A limit is no proof that a request is refused for what is wrong with it.

subtest 'behind a limit that is met on the way' => sub {
    my $got = attack(gateway('enforce', 20), @caller, '--format', 'json');

    is($got->{code}, 0, 'exit code');
    is_deeply(kinds($got, $_), {}, "nothing is $_")
        for 'accepted', 'undecided', 'not sent';

    my @limited = grep { $_->{status} == 429 } @{ $got->{json}{attacks} };
    is(join(' ', map { $_->{id} } @limited), 'no-limit',
        'and 429 is the answer to nothing else');
};


subtest 'a gateway that only watches' => sub {
    my $got = attack(gateway('monitor'), @caller, '--format', 'json');

    is($got->{code}, 1, 'exit code');
    ok(kinds($got, 'accepted')->{$_}, "accepted: $_")
        for qw(extra-member unknown-parameter wrong-type);
};


subtest 'without a token nothing is proved' => sub {
    my $got = attack($behind, '--format', 'json', '--burst', '0');

    is($got->{code}, 0, 'exit code');
    my $undecided = kinds($got, 'undecided');
    ok($undecided->{'no-token'}, 'no-token: the valid request is refused too');

    is(attack($behind, '--burst', '0', '--undecided')->{code}, 1,
        '--undecided: exit code');
};


subtest 'text' => sub {
    my $got = attack($open, @caller);

    like($got->{out}, qr{^ACCEPTED \s+ API2:2023 \s alg-none \s+ GET \s \S+\n
                          \s+ takes\ a\ token\ that\ is\ not\ signed,\ expected
                          \ 401,\ got\ 200;\ the\ valid\ request:\ 200\n
                          \s+ see\ docs/directives/jwt\.md$}mx, 'a finding');
    like($got->{out}, qr/^alg-none +API2:2023 +\d+ +[1-9]\d* +\d+ +0$/m, 'a row');
    like($got->{out}, qr/^NOT all was refused at http/m, 'the end');

    my %pages = map { $_ => 1 } $got->{out} =~ /see docs\/(\S+)$/mg;
    ok(-s "docs/$_", "there is docs/$_") for sort keys %pages;
};


subtest 'SARIF and JUnit' => sub {
    my $sarif = attack($open, @caller, '--format', 'sarif')->{json};

    is($sarif->{version}, '2.1.0', 'version');
    my ($run) = @{ $sarif->{runs} };
    my @rules = @{ $run->{tool}{driver}{rules} };
    is(scalar @rules, 22, 'rules');
    cmp_ok(scalar @{ $run->{results} }, '>', 20, 'results');

    for my $r (@{ $run->{results} }) {
        is($rules[$r->{ruleIndex}]{id}, $r->{ruleId}, "rule $r->{ruleId}");
        my $place = $r->{locations}[0]{physicalLocation};
        cmp_ok($place->{region}{startLine}, '>', 0, 'a line');
    }

    my $junit = attack($open, @caller, '--format', 'junit')->{out};
    my ($tests, $failures) = $junit =~ /tests="(\d+)" failures="(\d+)"/;
    is(scalar(() = $junit =~ /<testcase /g), $tests,    'cases');
    is(scalar(() = $junit =~ /<failure /g),  $failures, 'failures');
    my @bare = grep { /<|&(?!(?:amp|lt|gt|quot);)/ } $junit =~ /="([^"]*)"/g;
    is("@bare", '', 'escaped');
};


subtest 'budgets' => sub {
    my $got = attack($open, @caller, '--max', '12', '--format', 'json');
    is($got->{code}, 0, '--max 12: exit code');
    cmp_ok(kinds($got, 'not sent')->{'no-token'}, '>', 0, 'some are not sent');

    my $sent = grep { $_->{status} } @{ $got->{json}{attacks} };
    cmp_ok($sent, '<=', 12, 'as many as allowed');

    is(attack($open, '--max', '12', '--undecided')->{code}, 1,
        '--undecided: exit code');

    $got = attack($open, @caller, '--read-only', '--format', 'json');
    my @writes = grep { $_->{method} eq 'DELETE' && $_->{id} eq 'no-token' }
        @{ $got->{json}{attacks} };
    is(scalar @writes, 0, '--read-only');
};


subtest 'whom it speaks to' => sub {
    for my $url ('http://192.0.2.1:8080', 'https://[2001:db8::1]/') {
        my $got = apisec('attack', $spec, '--target', $url);
        is($got->{code}, 2, "$url: exit code");
        like($got->{err}, qr/is not this machine: attacks go to loopback/,
            'why');
    }

    my $got = apisec('attack', $spec, '--target', 'http://192.0.2.1:1',
        '--i-am-allowed', '192.0.2.2');
    is($got->{code}, 2, 'allowed for another host: exit code');

    $got = apisec('attack', $spec, '--target', 'http://[::1]:1', '--max', '3');
    is($got->{code}, 0, 'IPv6 loopback') or diag($got->{err});

    for my $url ('ftp://127.0.0.1', '127.0.0.1:80', 'http://a@127.0.0.1',
        'http://127.0.0.1/x?y', "http://127.0.0.1/x\r\ny: z")
    {
        $got = apisec('attack', $spec, '--target', $url);
        is($got->{code}, 2, 'no target: exit code');
    }
};


subtest 'TLS' => sub {
    my $dir   = make_certs();
    my ($tls) = two_ports();

    my $server = ApiTest::Server->start(
        location => $pass,
        http     => "server { listen 127.0.0.1:$tls ssl;
            ssl_certificate $dir/server.pem; ssl_certificate_key $dir/server.key;
            location / { $pass } }",
    );

    my @attack = ('attack', $spec, '--max', '20', '--token', $good, '--format',
        'json', '--target');
    my $got = apisec(@attack, "https://localhost:$tls", '--cacert',
        "$dir/ca.pem");
    like($got->{out}, qr/"status":\s*[1-9]/, 'is answered') or diag($got->{err});

    for my $case (['a certificate of nobody we know', 'stranger-ca',
                   'localhost'], ['another name', 'ca', '127.0.0.1'])
    {
        my ($name, $ca, $host) = @$case;
        $got = apisec(@attack, "https://$host:$tls", '--cacert',
            "$dir/$ca.pem");
        unlike($got->{out}, qr/"status":\s*[1-9]/, "$name: nothing is sent");
        is(kinds({ json => decode_json($got->{out}) }, 'accepted')
            ->{'no-token'}, undef, '... and nothing is claimed');
    }
};


subtest 'what it needs' => sub {
    for my $case (
        [[],                                    qr/attack takes one FILE/],
        [[$spec],                               qr/attack takes one FILE/],
        [[$spec, '--burst', 'x'],               qr/--burst takes a number/],
        [[$spec, '--time', '-1s'],              qr/--time takes/],
        [[$spec, '--own', 'customerId'],        qr/NAME=VALUE is meant/],
        [[$spec, '--format', 'html'],           qr/--format takes text/],
        [[$spec, '--token', "$tmp/none"],       qr/none/],
        [["$tmp/no.yaml"],                      qr/no such file/],
      )
    {
        my ($args, $why) = @$case;
        my @target = @$args && "@$args" ne $spec
            ? ('--target', "http://127.0.0.1:$open->{port}") : ();
        my $got = apisec('attack', @$args, @target);
        cmp_ok($got->{code}, '>=', 2, "@$args: exit code");
        like($got->{err}, $why, 'why');
    }
};

done_testing();
