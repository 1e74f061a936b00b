#!/usr/bin/perl

# api_audit: one event a request, as docs/audit-event.schema.json has it, with
# nothing secret in it, whatever the client sends.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Event;
use ApiTest::Server;
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep);

my $token  = jwt(alg => 'HS256', key => 'hs256', claims => {
    iss => 'https://idp', aud => 'orders', sub => 'alice', scope => 'a',
    exp => time + 600 });
my $bearer = "Authorization: Bearer $token";

my $server = ApiTest::Server->start(
    workers => 1,
    files   => { 'own.secret' => secret('hs256'), 'html/x' => "x\n" },
    http    => <<'EOF',
    api_audit logs/audit.jsonl;
    api_jwt_issuer corp {
        issuer https://idp; audience orders;
        algorithms HS256; key file:own.secret;
    }
EOF
    server => <<'EOF',
    api_auth jwt=corp;
    location /off/ { api_audit off; try_files /x =404; }
    location /denied/ {
        api_audit logs/denied.jsonl events=denied; try_files /x =404;
    }
    location /scope/ { api_require scope b; try_files /x =404; }
    location /monitor/ { api_mode monitor; try_files /x =404; }
    location /body/ { api_body json; try_files /x =404; }
    location /return/ { return 204; }
    location /moved/ { rewrite ^ /x break; }
    location /id/ { add_header X-Id $request_id; try_files /x =404; }
EOF
    location => 'try_files /x =404;',
);


# The events that the code brings about.

sub events {
    my ($code, $name) = @_;
    $name //= 'audit';

    my $from = length $server->text("logs/$name.jsonl");
    $code->();
    for (1 .. 300) {
        last if substr($server->text("logs/$name.jsonl"), $from)
            =~ /"kind":"request".*\n/;
        sleep 0.01;
    }

    my $text = substr $server->text("logs/$name.jsonl"), $from;
    like($text, qr/\n\z/, 'whole lines') if length $text;

    return grep { $_->{kind} eq 'request' } map { check($_) } events_of($text);
}


sub check {
    my ($event) = @_;
    is(join(', ', event_faults($event)), '', 'as the schema says');
    return $event;
}


sub reasons {
    my ($event) = @_;
    return join ' ', map {"$_->{check}:$_->{verdict}:$_->{reason}"}
        @{ $event->{decisions} };
}


my ($e) = events(sub { $server->get('/a/b?q=secret', $bearer) });
is($e->{http}{path}, '/a/b', 'the path, without query');
is($e->{http}{status}, 200, 'the status');
is($e->{principal}{id}, 'alice', 'who');
is($e->{principal}{issuer}, 'corp', 'by whose word');
is($e->{verdict}, 'allow', 'the verdict');
is(reasons($e), 'auth:allow:verified', 'the decisions');
is($e->{client}{ip}, '127.0.0.1', 'the client');

($e) = events(sub { $server->get('/scope/', $bearer) });
is(reasons($e), 'auth:allow:verified require:deny:insufficient_scope',
    'two decisions');
is("$e->{verdict} $e->{http}{status}", 'deny 403', 'refused');
is($e->{decisions}[1]{detail}, 'api_require scope b', 'with the line');

($e) = events(sub { $server->get('/monitor/') });
is("$e->{verdict} $e->{http}{status} " . reasons($e),
    'monitor 200 auth:monitor:missing', 'monitor');
is($e->{decisions}[0]{status}, 401, '... with what would have been');

($e) = events(sub { $server->get('/return/') });
is("$e->{verdict} $e->{http}{status} " . reasons($e), 'allow 204 ',
    'a location that answers by return has an event without decision');

($e) = events(sub { $server->get('/moved/1', $bearer) });
like($e->{http}{path}, qr{^/moved/~[0-9a-f]{16}$}, 'a rewritten request bears the path that came');

my ($code, $head, $body);
($e) = events(sub { ($code, $head, $body) = $server->get('/id/') });
is(JSON::PP::decode_json($body)->{support_id}, $e->{support_id},
    'the id of the answer is that of the event');
like($server->log, qr/refused 401 auth missing, support id $e->{support_id}/,
    '... and of the line in the error log');

($e) = events(sub { ($code, $head) = $server->get('/id/', $bearer) });
like($head, qr/^X-Id: $e->{support_id}/m, '... and nginx\'s $request_id');


# About nginx itself

my ($loaded) = grep { $_->{kind} eq 'config' }
    events_of($server->text('logs/audit.jsonl'));
is($loaded->{config}{what}, 'loaded', 'the configuration is told');
is($loaded->{config}{uid}, $>, '... whose it is');
like($loaded->{config}{new}, qr/^[0-9a-f]{16}$/, '... its revision');
is($e->{policy}, $loaded->{config}{new}, '... which events name');
ok((grep { $_->{name} =~ /nginx\.conf$/ && $_->{sha256} =~ /^[0-9a-f]{64}$/ }
    @{ $loaded->{config}{files} }), '... and its files');

# Levels

is(scalar events(sub { $server->get('/off/', $bearer); sleep 0.2 }), 0, 'off');
is(scalar events(sub { $server->get('/denied/', $bearer); sleep 0.2 },
    'denied'), 0, 'events=denied: not what passes');
($e) = events(sub { $server->get('/denied/') }, 'denied');
is($e->{verdict}, 'deny', '... but what does not');


# Hostile requests: one line of valid JSON each

($e) = events(sub { $server->request("GET /a%0A\"b\\\x{1b}[31m\xff/%00 HTTP/1.1") });
is($e->{http}{status}, 400, 'a path that nginx refuses has an event');

($e) = events(sub {
    $server->request("GET /\"},{\"x\":\"%22%0d%0a\xff\xfe\xe2\x80\xae HTTP/1.1", $bearer);
});
like($e->{http}{path}, qr{^/~[0-9a-f]{16}$}, 'what is no word is a pseudonym');

($e) = events(sub { $server->get('/x' x 2500, $bearer) });
is(length $e->{http}{path}, 1024, 'a long path is cut');

($e) = events(sub { $server->request('BROKEN') });
is($e->{http}{status}, 400, 'a broken request has an event, at http level');
($e) = events(sub { $server->request("GET / HTTP/1.1", "Bad Header") });
is($e->{http}{status}, 400, '... so has one with a broken header');

events(sub {
    $server->request('POST /body/ HTTP/1.1', $bearer, 'Cookie: c=cookievalue',
        'Content-Type: application/json', 'X-Key: headervalue',
        "Content-Length: 27\r\n\r\n{\"password\":\"bodyvalue123\"}");
});
my $all = $server->text('logs/audit.jsonl') . $server->log;
my ($payload) = $token =~ /\.(.*)\./;
for my $secret ($payload, 'q=secret"', 'cookievalue', 'headervalue',
    'bodyvalue')
{
    my $events = $server->text('logs/audit.jsonl');
    unlike($events, qr/\Q$secret\E/, "nothing of $secret");
}
unlike($all, qr/\Q$payload\E/, 'no token in the error log either');


# Reopening

rename "$server->{dir}/logs/audit.jsonl", "$server->{dir}/logs/old.jsonl";
my ($last) = events(sub { $server->get('/last', $bearer) }, 'old');
is($last->{http}{path}, '/last', 'a renamed file is written on');
kill 'USR1', $server->{pid};
for (1 .. 100) {
    last if -e "$server->{dir}/logs/audit.jsonl";
    sleep 0.02;
}
sleep 0.2;
($e) = events(sub { $server->get('/first', $bearer) });
is($e->{http}{path}, '/first', 'USR1 opens it anew');
unlike($server->text('logs/old.jsonl'), qr{"/first"}, '... and the old is done');

done_testing();
