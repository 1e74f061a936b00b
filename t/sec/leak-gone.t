# api_leak log: who has got what he came for, and goes before the response ends,
# is in the record all the same.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Server;
use IO::Socket::INET;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep);

my $up = Test::Nginx::StandIn::Port::named('gone-up');
my $key = 'AKIAIOSFODNN7EXAMPLE';

my $server = ApiTest::Server->start(workers => 1,
    http => "api_audit logs/audit.jsonl;\n"
        . "server { listen 127.0.0.1:$up; default_type application/json; root html; }\n",
    files => {
        'html/key'  => "\"$key\" " . 'x' x 20_000_000,
        'html/fine' => '"no key" ' . 'x' x 20_000_000,
    },
    location => <<"END");
            return 404;
        }
        location /v1/ {
            api_leak   log;
            proxy_pass http://127.0.0.1:$up/;
            proxy_max_temp_file_size 0;
END

# The first bytes, and away.

sub glimpse {
    my ($path) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$server->{port}")
        or die "connect: $!";
    print $socket "GET $path HTTP/1.1\r\nHost: a\r\n\r\n";
    my $got = '';
    while (length $got < 4096) {
        sysread $socket, my $more, 4096 or last;
        $got .= $more;
    }
    close $socket;
    return $got;
}

sub events {
    return grep { $_->{kind} eq 'request' && $_->{http}{path} =~ m{^/v1} } map { decode_json($_) } split /\n/, $server->text('logs/audit.jsonl');
}

like(glimpse('/v1/fine'), qr/no key/, 'an answer without a key begins');
like(glimpse('/v1/key'), qr/$key/, 'one with a key begins');

for (1 .. 500) {
    last if events() >= 2;
    sleep 0.02;
}

my ($fine, $leak) = events();
is_deeply([grep { $_->{check} eq 'leak' } @{ $fine->{decisions} // [] }], [],
    'no key, no leak') or diag explain $fine;
my ($decision) = grep { $_->{check} eq 'leak' } @{ $leak->{decisions} // [] };
is($decision->{reason}, 'cloud_key', 'the key is in the event')
    or diag explain $leak;
is($decision->{verdict}, 'monitor', '... as let through');
unlike($server->text('logs/audit.jsonl'), qr/AKIA/, '... and not itself');

done_testing();
