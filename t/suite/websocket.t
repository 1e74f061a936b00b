#!/usr/bin/perl

# A WebSocket through the gateway: the token is looked at in the handshake, an
# event is written when it opens and one when it closes, and what is refused
# never reaches the upstream.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Sec;
use ApiTest::Server;
use IO::Socket::INET;
use JSON::PP qw(decode_json);
use Test::More;

my $up = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5)
    or die "listen: $!";
my $port = $up->sockport;


# The upstream: says 101, and gives back what comes.

my $child = fork // die "fork: $!";

if (!$child) {
    while (my $c = $up->accept) {
        my $head = '';
        $head .= <$c> // last until $head =~ /\r\n\r\n\z/;
        my ($user) = $head =~ /^X-User: (\S+)\r/mi;
        print {$c} "HTTP/1.1 101 Switching Protocols\r\n",
            "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            'user ', $user // '-', "\n";
        while (my $line = <$c>) {
            print {$c} "echo $line";
        }
        close $c;
    }
    exit 0;
}

END { kill 'TERM', $child if $child }

my $server = ApiTest::Server->start(
    files    => { 'own.secret' => secret('hs256') },
    http     => 'map $http_upgrade $conn { default upgrade; "" close; }'
        . corp(key => 'file:own.secret kid=hs256', token => 'cookie=session'),
    server   => 'api_audit logs/audit.jsonl;',
    location => "
        api_origin same;
        api_auth jwt=corp;
        api_forward X-User claim:sub;
        api_forward_token strip;
        proxy_http_version 1.1;
        proxy_set_header Upgrade \$http_upgrade;
        proxy_set_header Connection \$conn;
        proxy_pass http://127.0.0.1:$port;",
);


sub open_socket {
    my (@headers) = @_;
    my $socket = $server->connected or die 'connect';

    print {$socket} join("\r\n", 'GET /chat?room=1 HTTP/1.1',
        'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket',
        @headers), "\r\n\r\n";

    my $head = '';
    $head .= <$socket> // last until $head =~ /\r\n\r\n\z/;
    return ($socket, $head);
}

sub events {
    my ($want) = @_;
    my @events;

    for (1 .. 500) {
        @events = grep { $_->{kind} eq 'request' } map { decode_json($_) }
            split /\n/, $server->text('logs/audit.jsonl');
        last if @events >= $want;
        select undef, undef, undef, 0.02;
    }

    return @events;
}

my $cookie = 'Cookie: session=' . token();


# Refused in the handshake

my (undef, $head) = open_socket('Origin: http://localhost');
like($head, qr{^HTTP/1\.1 401 }, 'without a token');

(undef, $head) = open_socket('Origin: http://evil.example', $cookie);
like($head, qr{^HTTP/1\.1 403 }, 'a page of somebody else, with the cookie');

my @events = events(2);
is_deeply([sort map { $_->{http}{status} } @events], [401, 403], 'both are recorded');
ok(!grep({ exists $_->{upgrade} } @events), 'as what they are: no upgrade');


# Open, talk, close

my $socket;
($socket, $head) = open_socket('Origin: http://localhost', $cookie);
like($head, qr{^HTTP/1\.1 101 }, 'the socket is open');
is(scalar <$socket>, "user alice\n", 'the upstream knows who calls');

@events = events(3);
is(scalar @events, 3, 'one event at the 101');
is($events[2]{upgrade}, 'open', 'that says it is open');
is($events[2]{http}{status}, 101, 'with its status');
is($events[2]{principal}{id}, 'alice', 'and who it is');

print {$socket} "hello\n";
is(scalar <$socket>, "echo hello\n", 'what is said gets through');
select undef, undef, undef, 0.1;
is(scalar events(3), 3, 'no event while it is open');

shutdown $socket, 1;
1 while <$socket>;
close $socket;

@events = events(4);
is(scalar @events, 4, 'one event when it closes');
is($events[3]{upgrade}, 'close', 'that says so');
is($events[3]{http}{status}, 101, 'with the same status');
is($events[3]{support_id}, $events[2]{support_id}, 'under the same id');
cmp_ok($events[3]{http}{bytes_out}, '>', $events[2]{http}{bytes_out},
       'and what was sent meanwhile');
unlike($server->text('logs/audit.jsonl'), qr/eyJ|room=/, 'no token, no query');

done_testing();
