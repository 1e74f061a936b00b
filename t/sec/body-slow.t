#!/usr/bin/perl

# Slow peers hold no api_body_budget: an upstream that does not answer, and
# clients over HTTP/2 that grant no window for the answer, be it a refusal.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Body;
use ApiTest::Server;
use IO::Socket::INET;
use Test::More;
use Test::Nginx::StandIn::Hpack;
use Test::Nginx::StandIn::Port;

use constant SLOW => 8;

my $h2       = Test::Nginx::StandIn::Port::named('h2');
my $listener = IO::Socket::INET->new(
    LocalAddr => '127.0.0.1:0', Listen => SLOW, ReuseAddr => 1,
) or die "listen: $!";
my $upstream = '127.0.0.1:' . $listener->sockport;

# Budget for one body that is looked at, not for two.

my $server = ApiTest::Server->start(
    workers => 1,
    http    => <<"EOF",
        api_body_budget 250k;
        client_body_buffer_size 1k;
        proxy_read_timeout 120s;
        send_timeout 120s;
        server {
            listen 127.0.0.1:$h2 http2;
            location / { api_body json; empty_gif; }
        }
EOF
    location => "api_body json; proxy_pass http://$upstream;",
);

my $body = json_of(60_000);


sub post {
    return "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        . "Content-Type: application/json\r\nContent-Length: "
        . length($body) . "\r\n\r\n$body";
}


# The whole of a request, as the upstream gets it.

sub take {
    my $socket = $listener->accept or die "accept: $!";
    my $text   = '';

    until ($text =~ /\r\n\r\n/
        && length $' >= ($text =~ /^Content-Length: (\d+)/mi)[0])
    {
        sysread $socket, $text, 65536, length $text or die 'cut off';
    }

    return $socket;
}


sub status {
    my ($socket) = @_;
    local $/;
    return (<$socket> // '') =~ m{^HTTP/1\.1 (\d+)} ? $1 : 'none';
}


# As many as would fill the budget many times, all waiting for the upstream.

sub slow_upstream {
    my (@clients, @taken);

    for (1 .. SLOW) {
        my $client = $server->connected;
        print {$client} post();
        push @clients, $client;
        push @taken, take();
    }

    for my $socket (@taken) {
        print {$socket} "HTTP/1.0 204 No Content\r\n\r\n";
        close $socket;
    }

    return map { status($_) } @clients;
}


sub frame {
    my ($type, $flags, $stream, $payload) = @_;
    return substr(pack('N', length $payload), 1)
        . pack('CCN', $type, $flags, $stream) . $payload;
}


sub bytes {
    my ($socket, $count) = @_;
    my $text = '';

    while (length $text < $count) {
        sysread $socket, $text, $count - length $text, length $text
            or return;
    }

    return $text;
}


# Type and payload of the next frame.

sub next_frame {
    my ($socket) = @_;
    my $head = bytes($socket, 9) // return;
    my $payload = bytes($socket, unpack 'N', "\0" . substr $head, 0, 3);
    return (ord substr($head, 3, 1), $payload // return);
}


# A request on a connection whose streams have no window: the head of the
# answer comes, what follows it cannot. The connection stays open.

sub stalled {
    my ($body) = @_;
    my $socket = IO::Socket::INET->new("127.0.0.1:$h2") or die "h2: $!";
    my $head   = Test::Nginx::StandIn::Hpack::encode(
        [':method', 'POST'], [':scheme', 'http'],
        [':authority', 'localhost'], [':path', '/'],
        ['content-type', 'application/json'],
    );

    print {$socket} "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        frame(4, 0, 0, pack 'nN', 4, 0), frame(1, 4, 1, $head);

    while (length $body) {
        my $part = substr $body, 0, 16_000, '';
        print {$socket} frame(0, length $body ? 0 : 1, 1, $part);
    }

    while (my ($type, $payload) = next_frame($socket)) {
        die 'there is a window' if $type == 0;
        next if $type != 1;

        my ($status) = map { $_->[1] } grep { $_->[0] eq ':status' }
            Test::Nginx::StandIn::Hpack->new->decode($payload);
        return ($status, $socket);
    }

    return 'none';
}


is(join(' ', slow_upstream()), join(' ', (204) x SLOW),
    'while the upstream works');

my (@statuses, @open);

for (1 .. SLOW) {
    my ($status, $socket) = stalled("$body]");
    push @statuses, $status;
    push @open, $socket;
}

is("@statuses", join(' ', (400) x SLOW), 'refused, and reading not why');
is((stalled($body))[0], 405, '... what is valid has its turn after them');
is(scalar(() = $server->log =~ /refused 400 body json/g), SLOW,
    '... each was looked at');
unlike($server->log, qr/body_budget/, 'the budget was not exceeded');

done_testing();
