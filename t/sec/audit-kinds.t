#!/usr/bin/perl

# Each kind of event, and which requests have one: events=sample:N takes one of
# N, always= those operations, denied what was refused.  (That all are as the
# schema says is looked at when the server stops: ApiTest::Event.)

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Event;
use ApiTest::Sec;
use ApiTest::Server;
use Digest::SHA ();
use File::Temp qw(tempdir);
use Test::More;
use Time::HiRes qw(sleep);

my $SPEC = <<'END';
openapi: 3.1.0
info: {title: Shop, version: '1'}
paths:
  /pay:    {get: {operationId: pay,    responses: {'200': {description: ok}}}}
  /browse: {get: {operationId: browse, responses: {'200': {description: ok}}}}
END

# One server for all.

my $state = tempdir(CLEANUP => 1);

sub server {
    my (%files) = @_;
    return ApiTest::Server->start(
        workers => 2,
        main    => 'user root;',
        files   => {
            'html/x'     => "x\n",
            'shop.yaml'  => $SPEC,
            'jwks.json'  => jwks('p256'),
            'levers'     => "a b\n",
            'own.secret' => secret('hs256'),
            'patches'    => "cve-1 path=/x param=ARGS match=a expires=2099-12-31 owner=o\n",
            'friends'    => "192.0.2.1\n",
            'none.conf'  => "",
        },
        http => "api_zone main 4m; api_audit logs/audit.jsonl;\n"
            . "api_state $state;\n"
            . "api_ratelimit_ban_zone 64k;\n"
            . "api_ratelimit_ban_allow friends;\n"
            . "api_waf_ruleset none none.conf;\n"
            . "api_schema_spec shop shop.yaml;\n"
            . "api_list levers levers key=\$arg_name;\n"
            . corp(key => 'file:own.secret kid=hs256')
            . "api_jwt_issuer rotated { issuer https://two; audience orders;\n"
            . "    algorithms ES256; jwks jwks.json; }\n",
        server => <<'END',
    location /_api/ {
        api_status  write;
        api_auth    jwt=corp;
        api_require scope apisec:write;
    }
    location /no {
        api_ratelimit_ban on=auth strikes=3/10m ban=1m max=1h;
        api_auth jwt=corp;
        try_files /x =404;
    }
    location /sampled/ {
        api_audit logs/sampled.jsonl events=sample:10;
        try_files /x =404;
    }
    location /sampled/no/ {
        api_audit logs/sampled.jsonl events=sample:10;
        api_auth jwt=corp;
        try_files /x =404;
    }
    location ~ ^/(?:pay|browse)$ {
        api_audit  logs/always.jsonl events=denied always=pay;
        api_schema shop;
        try_files  /x =404;
    }
    location /waf/ {
        api_waf       none;
        api_waf_patch patches;
        try_files     /x =404;
    }
    location /scan/ {
        api_behavior scanner over=12 action=alert ttl=60s;
        return 404;
    }
END
        location => 'try_files /x =404;',
        %files,
    );
}

my $server = server();


# Events of that kind in the file, once there are n of them.

sub events {
    my ($kind, $n, $test, $name) = @_;
    my @events;

    for (1 .. 300) {
        my $text = $server->text('logs/' . ($name // 'audit') . '.jsonl');
        $text =~ s/[^\n]*\z//;
        @events = grep { $_->{kind} eq $kind && (!$test || $test->($_)) } events_of($text);
        last if @events >= $n;
        sleep 0.1;
    }

    return @events;
}


subtest 'the configuration, with its documents' => sub {
    my ($e) = events('config', 1, sub { $_[0]{config}{what} eq 'loaded' });
    ok($e, 'is told') or return;
    my %file = map { $_->{name} => $_ } @{ $e->{config}{files} };
    my ($spec) = grep {/shop\.yaml$/} keys %file;
    ok($spec, 'the document of api_schema_spec is among its files');
    is($file{$spec}{sha256}, Digest::SHA::sha256_hex($SPEC), '... with its digest');
    is($file{$spec}{owner}, $>, '... and its owner');

    my $before = $e->{config}{new};
    $server->write('shop.yaml', $SPEC . "# changed\n");
    ok($server->reload, 'reload');
    my (undef, $new) = events('config', 2, sub { $_[0]{config}{what} eq 'loaded' });
    is($new->{config}{old}, $before, 'the next one names the one before');
    isnt($new->{config}{new}, $before, '... and is another, for the document is');
};


subtest 'keys that change while it runs' => sub {
    $server->write('jwks.json', jwks('p256', 'p256b'));
    my ($e) = events('config', 1, sub { $_[0]{config}{what} eq 'keys' });
    is($e->{config}{issuer}, 'rotated', 'of which issuer');
    isnt($e->{config}{old}, $e->{config}{new}, '... other ones than before');
    like($e->{config}{new}, qr/^~[0-9a-f]{16}$/, '... by a digest that nobody can try keys with');

    my $is_file = sub { my ($f) = @_; return sub { ($_[0]{config}{name} // '') =~ /\Q$f\E$/ } };
    ($e) = events('config', 1, $is_file->('jwks.json'));
    ok($e->{config}{holds}, 'the file too') or diag explain $e;

    $server->write('levers', "a c\n");
    ($e) = events('config', 1, $is_file->('levers'));
    is($e->{config}{owner}, $>, 'a list');

    # ... of the two other modules too

    my %new = (patches => "cve-2 path=/y param=ARGS match=b expires=2099-12-31 owner=o\n",
        friends => "192.0.2.2\n");
    for my $name (sort keys %new) {
        $server->write($name, $new{$name});
        ($e) = events('config', 1, $is_file->($name));
        ok($e && $e->{config}{holds}, "$name");
        $server->write($name, "$new{$name}?\n");
        (undef, my $bad) = events('config', 2, $is_file->($name));
        ok($bad && !$bad->{config}{holds}, '... refused');
        is($bad->{config}{old}, $e->{config}{new}, '... and what holds');
        isnt($e->{config}{old}, $e->{config}{new}, '... which is another than before');
    }

    $server->write('jwks.json', '{"keys":');
    (undef, $e) = events('config', 2, $is_file->('jwks.json'));
    ok(defined $e && !$e->{config}{holds}, 'a file that is refused');
    sleep 0.5;
    is(scalar events('config', 0, $is_file->('levers')), 1, 'one process tells');
};


subtest 'writes to api_status' => sub {
    my $admin = bearer(claims => { scope => 'apisec:write' });
    my $body  = '{"kind":"jti","value":"j1"}';
    $server->get('/_api/keys', $admin);
    my ($code) = $server->request('POST /_api/revocations HTTP/1.1', $admin,
        'X-Api-Admin: 1', 'Content-Type: application/json',
        'Content-Length: ' . length($body) . "\r\n\r\n$body");
    my ($e) = events('admin', 1);
    cmp_ok($code, '<', 300, 'it was done');
    is("$e->{admin}{section} $e->{admin}{method} $e->{admin}{status}",
        "revocations POST $code", 'section, method and status');
    ok($e, 'an event') or return;
    my ($who) = events('request', 1, sub { $_[0]{support_id} eq $e->{admin}{support_id} });
    is($who->{principal}{id}, 'alice', 'who it was says the request')
        or diag explain $who;
    sleep 0.3;
    is(scalar events('admin', 0), 1, 'a reader writes none');
};


subtest 'a ban' => sub {
    $server->get('/no') for 1 .. 3;
    my ($e) = events('ban', 1);
    is("$e->{ban}{mode} $e->{ban}{seconds}", 'enforce 60', 'mode and time');
    my ($who) = events('request', 1, sub { $_[0]{support_id} eq $e->{ban}{support_id} });
    is($who->{reason}, 'missing', 'for which request');
    my ($code) = $server->get('/no');
    is($code, 429, '... and it is banned');
};


subtest 'an alert' => sub {
    $server->get("/scan/a" . ('x' x $_)) for 1 .. 30;
    my ($e) = events('alert', 1);
    is($e->{alert}{labels}{alertname}, 'scanner', 'of which behaviour');
    is($e->{alert}{annotations}{action}, 'alert', '... what is done');
    ok(!exists $e->{alert}{annotations}{subject}, '... and not who it is');
};


subtest 'events=sample:10' => sub {
    many($server, 4000, '/sampled/');
    many($server, 50, '/sampled/no/');
    my @refused = events('request', 50, sub { $_[0]{verdict} eq 'deny' }, 'sampled');
    is(scalar @refused, 50, 'each that was refused');
    is((grep { exists $_->{sample} } @refused), 0, '... which stand for themselves');

    # 400 are expected; the deviation is 19, and five of them once in 1.7 million

    my @some = events('request', 0, sub { $_[0]{verdict} eq 'allow' }, 'sampled');
    cmp_ok(abs(@some - 400), '<', 95, scalar(@some) . ' of 4000 others');
    is((grep { $_->{sample} != 10 } @some), 0, '... which say that they stand for 10');
};


subtest 'always=' => sub {
    $server->get('/browse') for 1 .. 5;
    $server->get('/pay') for 1 .. 5;
    $server->get('/browse?x=1');
    my @events = events('request', 6, undef, 'always');
    is(join(' ', sort map {"$_->{api}{operation}:$_->{verdict}"} @events),
        join(' ', 'browse:deny', ('pay:allow') x 5),
        'an operation, and what was refused');
};

done_testing();
