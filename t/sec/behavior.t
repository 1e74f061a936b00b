#!/usr/bin/perl

# api_behavior against a running nginx: each behaviour with its benign twin,
# what is done about it, alerts at api_status, in the audit, in the spool.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Sec;
use ApiTest::Server;
use JSON::PP;
use Test::More;

my $up = Test::Nginx::StandIn::Port::named('behavior-up');

sub conf {
    my (%more) = @_;
    return (
        http => "api_zone main 4m;\n"
            . "api_audit logs/audit.jsonl;\n"
            . "api_alert_spool logs/alerts.jsonl;\n"
            . corp(key => 'file:own.secret kid=hs256')
            . <<"END",
server {
    listen 127.0.0.1:$up;
    location /fail    { return 500; }
    location /missing { return 404; }
    location /        { return 200 "in\\n"; }
}
END
        location => <<"END",
            return 404;
        }
        location /objects/ {
            api_auth     jwt=corp optional;
            api_behavior enumeration over=15 action=throttle ttl=60s window=60s;
            proxy_pass   http://127.0.0.1:$up;
        }
        location /login {
            api_behavior stuffing over=10 by=\$arg_user action=ban ttl=60s;
            if (\$arg_password != right) { return 401; }
            proxy_pass   http://127.0.0.1:$up;
        }
        location /scan/ {
            api_behavior scanner over=12 action=tag ttl=60s;
            add_header   X-Threat "\$api_threat" always;
            proxy_pass   http://127.0.0.1:$up/missing/;
        }
        location /monitored/ {
            api_mode     monitor;
            api_behavior enumeration over=15 action=ban;
            proxy_pass   http://127.0.0.1:$up;
        }
        location /errors {
            api_behavior errors over=8;
            proxy_pass   http://127.0.0.1:$up/fail;
        }
        location /usual {
            api_auth      jwt=corp optional;
            api_inventory min_hits=1;
            api_behavior anomaly window=1s warmup=5;
            proxy_pass   http://127.0.0.1:$up;
        }
        location /many/ {
            api_auth     jwt=corp;
            api_behavior enumeration over=10;
            proxy_pass   http://127.0.0.1:$up;
        }
        location /brief/ {
            api_auth     jwt=corp;
            api_behavior enumeration over=10 window=1s ttl=2s action=ban;
            proxy_pass   http://127.0.0.1:$up;
        }
        location /_api/ {
            api_status;
END
        %more,
    );
}

my $server = ApiTest::Server->start(conf(), workers => 1,
    files => { 'own.secret' => secret('hs256') });


sub alerts {
    my ($name) = @_;
    my (undef, undef, $body) = $server->get('/_api/alerts');
    return grep { !$name || $_->{labels}{alertname} eq $name }
        @{ decode_json($body) };
}

# Requests are counted when they end.

sub until_alert {
    my ($name) = @_;
    for (1 .. 250) {
        return 1 if alerts($name);
        select undef, undef, undef, 0.02;
    }
    return 0;
}

my @alice = (bearer());
my @bob = (bearer(claims => { sub => 'bob' }));


# Objects.

for my $round (1 .. 4) {
    $server->get("/objects/$_", @alice) for 1 .. 8;
}
is(scalar alerts('enumeration'), 0, 'who works on a few objects is no news');

$server->get("/objects/$_", @bob) for 100 .. 140;
ok(until_alert('enumeration'), 'who goes through many is');

my ($code, $head, $body) = $server->get('/objects/1', @bob);
is($code, 429, '... and is stopped');
like($head, qr/^Retry-After: [1-6]?\d\r?$/m, '... until');
like($body, qr/"code":"behavior"/, '... with a reason');
is(($server->get('/objects/1', @alice))[0], 200, '... alone');
is(($server->get('/objects/1'))[0], 200, '... nor is the address');

my ($alert) = alerts('enumeration');
is($alert->{annotations}{subject}, 'bob', 'the alert says who');
is($alert->{annotations}{over}, 15, '... over what');
cmp_ok($alert->{annotations}{value}, '>', 15, '... and how much');
like($alert->{startsAt}, qr/^\d{4}-\d\d-\d\dT[\d:]+Z$/, '... since when');
is($alert->{annotations}{count}, 1, '... once');

# Monitor mode.

$server->get("/monitored/$_") for 100 .. 140;
is(($server->get('/monitored/1'))[0], 200, 'monitor mode stops nobody');
like($server->log, qr/would refuse 403 behavior enumeration/, '... it says so');

# Scanners are tagged; those who miss one page are not.

unlike(($server->get('/scan/x'))[1], qr/X-Threat: \S/, 'one miss is no scan');
$server->get("/scan/" . ('a' .. 'z')[$_ % 26] . $_) for 1 .. 30;
ok(until_alert('scanner'), 'many are');
like(($server->get('/scan/x'))[1], qr/^X-Threat: scanner\r?$/m,
     '... and the upstream could be told');

# Names that are tried.

$server->get("/login?user=alice&password=wrong$_") for 1 .. 15;
is(($server->get('/login?user=alice&password=right'))[0], 200,
   'who forgot a password gets in');
$server->get("/login?user=u$_&password=wrong") for 1 .. 30;
ok(until_alert('stuffing'), 'who tries many names');
is(($server->get('/login?user=alice&password=right'))[0], 403,
   '... does not');

# Errors of an operation.

$server->get('/errors') for 1 .. 5;
is(scalar alerts('errors'), 0, 'some errors are no burst');
$server->get('/errors') for 1 .. 10;
ok(until_alert('errors'), 'a burst of errors');

# A ban ends, also for who goes on as usual: what is refused is no new act.

my @carol = (bearer(claims => { sub => 'carol' }));
$server->get("/brief/$_", @carol) for 100 .. 140;
is(($server->get('/brief/x', @carol))[0], 403, 'banned for two seconds');

my $free;
for (1 .. 400) {
    ($free) = $server->get("/brief/$_", @carol);
    last if $free == 200;
    select undef, undef, undef, 0.02;
}
is($free, 200, '... and no longer, whatever was asked meanwhile');

# What is not as usual: two buckets of a second, after some quiet ones.

$server->get('/usual', @alice);

for (1 .. 80) {
    $server->get('/usual') for 1 .. 2;
    select undef, undef, undef, 0.1;
}

my $before = alerts('anomaly');
my $found;

for (1 .. 60) {
    $server->get('/usual') for 1 .. 80;
    ($found) = grep { $_->{labels}{signal} eq 'requests' } alerts('anomaly');
    last if $found;
    select undef, undef, undef, 0.1;
}

is($before, 0, 'as usual');
ok($found, 'and then not');
is($found->{labels}{operation}, 'GET /usual', '... which operation');
cmp_ok($found->{annotations}{value}, '>', 3 * $found->{annotations}{usual},
       '... by how much');

# The audit has no names, the spool has; both are one JSON a line.

sub lines {
    my ($name) = @_;
    return map { decode_json($_) } split /\n/, $server->text($name);
}

my @spool = lines('logs/alerts.jsonl');
cmp_ok(scalar @spool, '>=', 5, 'alerts are in the spool');
is(scalar(grep { ($_->{annotations}{subject} // '') eq 'bob' } @spool), 1,
   '... with whom');

my @noted;
for (1 .. 300) {
    @noted = grep { $_->{kind} eq 'alert' } lines('logs/audit.jsonl');
    last if @noted >= 5;
    select undef, undef, undef, 0.02;
}

cmp_ok(scalar @noted, '>=', 5, 'and in the audit');
is(scalar(grep { $_->{alert}{annotations}{subject} } @noted), 0,
   '... without whom');

my (undef, undef, $metrics) = $server->get('/_api/metrics');
like($metrics, qr/^apisec_alerts_total\{rule="scanner"\} 1$/m, 'counted');
like($metrics, qr/^apisec_alerts_active\{rule="enumeration"\} [23]$/m,
     'and active');
like($metrics, qr/^apisec_denied_total\{check="behavior",reason="enumeration"\} \d+$/m,
     'refusals are counted');

# A flood of scanners drives out nothing, and writes no more than it may. All that
# one of them asks for goes at once, so that enough of them come in a minute.

my $before_flood = () = $server->text('logs/alerts.jsonl') =~ /\n/g;
for my $n (1 .. 150) {
    my $socket = $server->connected or die 'connect';
    my $heads = join "\r\n", 'Host: localhost', "X-Who: w$n",
        bearer(claims => { sub => "w$n" });
    print {$socket} map({"GET /many/missing/$_ HTTP/1.1\r\n$heads\r\n\r\n"} 10 .. 26),
        "GET /many/missing/27 HTTP/1.1\r\nConnection: close\r\n$heads\r\n\r\n";
    $socket->flush;
    1 while <$socket>;
}
my $held;
for (1 .. 300) {
    ($held) = (($server->get('/_api/metrics'))[2] =~ /^apisec_alerts_held_total (\d+)/m);
    last if $held;
    select undef, undef, undef, 0.02;
}
cmp_ok($held, '>=', 1, 'more than so many a minute are held back');
like($server->log, qr/more than 120 alerts in a minute/, '... which is said');
my $after_flood = () = $server->text('logs/alerts.jsonl') =~ /\n/g;
cmp_ok($after_flood - $before_flood, '<=', 240, '... and not written');
is(scalar alerts('stuffing'), 1, 'others keep their place');
cmp_ok(scalar alerts('enumeration'), '<=', 60, '... beside the many');

# A reload forgets nothing.

$server->reload(conf()) or BAIL_OUT($server->log);
is(($server->get('/objects/1', @bob))[0], 429, 'a reload forgets nobody');
unlike($server->log, qr/\[(?:alert|emerg|crit)\]/, 'no alert in the log');

done_testing();
