# A reload finds memory that another release has laid out in another way: it is
# refused with what to do, and the old workers go on.  The other release is
# played by who writes one number into the memory of the running master, as the
# owner of a process may.

use strict;
use warnings;
use ApiTest;
use ApiTest::Server;
use Test::More;

plan skip_all => 'TEST_NGINX_LOAD_MODULES names no modules'
    if !$ENV{TEST_NGINX_LOAD_MODULES};

$SIG{ALRM} = sub { die "it takes too long\n" };
alarm 240;

# Each place in memory that processes share where `from` stands, on a border of
# 4 bytes, becomes `to`.  How many there were, or undef: it is not allowed.
sub poke {
    my ($pid, $from, $to) = @_;
    my $n = 0;

    open my $maps, '<', "/proc/$pid/maps" or return;
    open my $mem, '+<:raw', "/proc/$pid/mem" or return;

    while (<$maps>) {
        my ($begin, $end) = /^(\w+)-(\w+) rw-s .*\/dev\/zero/ or next;
        no warnings 'portable';    # addresses have 48 bits
        ($begin, $end) = (hex $begin, hex $end);

        sysseek $mem, $begin, 0 or return;
        my $got = sysread $mem, my $bytes, $end - $begin;
        return if !defined $got;

        for (my $at = 0; ($at = index $bytes, $from, $at) >= 0; $at++) {
            next if $at % 4;
            sysseek $mem, $begin + $at, 0 or return;
            syswrite $mem, $to or return;
            $n++;
        }
    }

    return $n;
}

my @kinds = (
    ['bans', 'BAN1', 'the zone of api_ratelimit_ban is of another release: restart nginx', <<'END'],
    api_ratelimit_ban_zone 64k;
    api_ratelimit_ban on=404 strikes=1/10m ban=10m;
END
    ['a zone of limits', pack('L', 0x314c5a52),
        'api_ratelimit_zone "z" holds something else: give it another name, or restart nginx', <<'END'],
    api_ratelimit_zone z 64k;
    api_ratelimit_policy p zone=z key=$remote_addr rate=1r/h at=address;
    api_ratelimit p;
END
    ['what a store is told', pack('L', 0x4c4c4554),
        'the shared memory of api_ratelimit_store "s" is that of another version: restart nginx', <<'END'],
    api_ratelimit_store s redis://127.0.0.1:1;
    api_ratelimit_zone z 64k;
    api_ratelimit_policy p zone=z key=$remote_addr rate=1r/h at=address store=s;
    api_ratelimit p;
END
);

for my $kind (@kinds) {
    my ($name, $magic, $message, $http) = @$kind;
    my $server = ApiTest::Server->start(http => $http, location => 'return 404;', server => <<'END');
        location = /x { empty_gif; }
END
    is(($server->get('/x'))[0], '200', "$name: at first") if $name ne 'bans';
    is(($server->get('/y'))[0], '404', "$name: at first") if $name eq 'bans';

    my $n = poke($server->{pid}, $magic, "\0OLD");

    SKIP: {
        skip 'the memory of another process may not be written here', 4 if !defined $n;
        is($n, 1, "$name: one place says which release it is");
        ok(!$server->reload, "$name: the reload is refused");
        like($server->log, qr/\Q$message/, "$name: why, and what to do");
        is(($server->get('/x'))[0], '429', "$name: and the old workers go on as they did");
        poke($server->{pid}, "\0OLD", $magic);
        ok($server->reload, "$name: the right release, and it reloads");
        is(($server->get('/x'))[0], '429', "$name: with what was known");
    }

    $server->stop;
}

done_testing();
