# apisec key: what it makes, what it refuses, and that a store is never half
# written.  Hashes are computed once more by Digest::SHA.

use strict;
use warnings;

use ApiTest::Keys qw(build_dir);
use ApiTest::Run;
use Compress::Zlib ();
use Digest::SHA qw(hmac_sha256_hex);
use JSON::PP ();
use Test::More;

my $json  = JSON::PP->new->canonical->utf8;
my $APISEC = build_dir() . '/bin/apisec';
my $dir   = scratch();
my $store = "$dir/keys.json";
my @FILES = ('--store', $store, '--pepper', "$dir/pepper");
my $EMPTY = qq({"keys": []}\n);

spew("$dir/pepper", ('0123456789abcdef' x 4) . "\n");
chmod 0600, "$dir/pepper";
fresh();

sub fresh { spew($store, $EMPTY); chmod 0640, $store; return }
sub keys_of { return $json->decode(slurp($store))->{keys} }
sub mode { return sprintf '%04o', (stat $_[0])[2] & 07777 }

sub key { return apisec('key', @_) }

sub good {
    my ($name, @args) = @_;
    my $got = key(@args);
    is($got->{code}, 0, "$name: exit code") or diag($got->{err});
    is($got->{err}, '', "$name: quiet on standard error");
    return $got->{out};
}

sub refused {
    my ($name, $code, $like, @args) = @_;
    my $before = slurp($store);
    my $got = key(@args);
    is($got->{code}, $code, "$name: exit code");
    like($got->{err}, $like, "$name: what to write instead");
    is($got->{out}, '', "$name: nothing on standard output");
    is(slurp($store), $before, "$name: the store is as it was");
    return;
}

# the verdict of "key check"
sub check {
    my ($key) = @_;
    spew("$dir/key.txt", "$key\n");
    return run('sh', '-c', 'exec "$0" key check "$@" < ' . "$dir/key.txt",
        $APISEC, @FILES);
}


subtest 'new' => sub {
    my $out = good('new', 'new', @FILES, '--principal', 'acme', '--plan',
        'gold', '--owner', 'a@b.example', '--scope', 'orders:read orders:x',
        '--ttl', '30d');

    like($out, qr/\Aak_[0-9A-Za-z]{8}_[0-9A-Za-z]{32}_[0-9a-f]{8}\n\z/,
        'prints the key and nothing else');
    chomp(my $key = $out);

    my ($body, $crc) = $key =~ /(.*)_(.*)/;
    is($crc, sprintf('%08x', Compress::Zlib::crc32($body)), 'its checksum');

    my ($entry) = @{ keys_of() };
    is($entry->{hash}, 'hmac-sha256:'
        . hmac_sha256_hex($key, '0123456789abcdef' x 4), 'its hash');
    is($entry->{principal}, 'acme', 'principal');
    is($entry->{plan}, 'gold', 'plan');
    is($entry->{owner}, 'a@b.example', 'owner');
    is_deeply($entry->{scopes}, ['orders:read', 'orders:x'], 'scopes');
    is($entry->{exp} - $entry->{nbf}, 30 * 86400, 'lifetime');
    cmp_ok(abs($entry->{nbf} - time), '<', 60, 'from now on');
    is($entry->{status}, 'active', 'active');
    unlike(slurp($store), qr/\Q$key\E|@{[substr $key, 12, 32]}/,
        'the store has no secret');
    is(mode($store), '0640', 'the mode of the store is as it was');

    my $got = check($key);
    is($got->{code}, 0, 'check: exit code');
    is($got->{out}, "ok\t$entry->{id}\tacme\n", 'check: whose it is');

    $got = check($key =~ s/_(.)/_x$1/r);
    is($got->{code}, 1, 'another key: exit code');
    is($got->{out}, "key_malformed\n", 'another key: verdict');

    good('without an end', 'new', @FILES, '--principal', 'b', '--ttl',
        'none');
    ok(!exists keys_of()->[1]{exp}, 'no exp');
};


subtest 'two live keys of a client, and no third' => sub {
    fresh();
    my @keys = map { good("key $_", 'new', @FILES, '--principal', 'acme') }
        1, 2;
    refused('a third', 1, qr/"acme" has 2 keys that work: revoke one/,
        'new', @FILES, '--principal', 'acme');
    good('by force', 'new', @FILES, '--principal', 'acme', '--force');
    good('somebody else', 'new', @FILES, '--principal', 'other');

    is(check($_ =~ s/\n//r)->{code}, 0, 'both work') for @keys;
};


subtest 'rotate' => sub {
    fresh();
    chomp(my $old = good('new', 'new', @FILES, '--principal', 'acme',
        '--plan', 'gold', '--scope', 'a b'));
    my $id = keys_of()->[0]{id};

    chomp(my $new = good('rotate', 'rotate', $id, @FILES, '--overlap', '1h'));
    isnt($new, $old, 'another key');

    my @entries = @{ keys_of() };
    is(scalar @entries, 2, 'both stand in the store');
    is($entries[1]{$_}, $entries[0]{$_}, "$_ is the same")
        for qw(principal plan);
    is_deeply($entries[1]{scopes}, ['a', 'b'], 'scopes too');
    cmp_ok(abs($entries[0]{exp} - time - 3600), '<', 60,
        'the old one ends in an hour');

    is(check($_)->{code}, 0, 'both work until then') for $old, $new;

    refused('once more', 1, qr/has 2 keys that work/, 'rotate',
        $entries[1]{id}, @FILES);
    good('revoke', 'revoke', $id, '--store', $store);
    is(check($old)->{out}, "key_revoked\t$id\tacme\n", 'the old one is over');
    is(check($new)->{code}, 0, 'the new one is not');

    refused('a revoked one', 1, qr/the key is revoked: make a new one/,
        'rotate', $id, @FILES);
    refused('no such id', 1, qr/no key has the id "NOBODY00"/, 'rotate',
        'NOBODY00', @FILES);
    refused('no such id', 1, qr/no key has the id/, 'revoke', 'NOBODY00',
        '--store', $store);

    good('at once', 'rotate', $entries[1]{id}, @FILES, '--overlap', '0');
    is(check($new)->{out} =~ s/\t.*//sr, 'key_expired',
        'without overlap the old one ends at once');
};


subtest 'list' => sub {
    fresh();
    good('new', 'new', @FILES, '--principal', 'acme', '--owner', 'team a',
        '--nbf', '1h');
    good('new', 'new', @FILES, '--principal', 'b');
    good('revoke', 'revoke', keys_of()->[1]{id}, '--store', $store);

    my @lines = split /\n/, good('list', 'list', '--store', $store);
    like($lines[0], qr/\A\w{8}\tto come\tacme\t-\tteam a\t20\S+Z\t20\S+Z\t-\z/,
        'a key that is to come');
    like($lines[1], qr/\A\w{8}\trevoked\tb\t/, 'a revoked one');
    unlike("@lines", qr/hmac/, 'no hashes');
};


subtest 'a starter' => sub {
    is(apisec('init', "$dir/gw", '--port', 18080,
        '--modules', modules_dir())->{code}, 0, 'init');
    like(good('list', 'list', '--dir', "$dir/gw"), qr/\tpartner\t/,
        'its key is listed');
    like(good('new', 'new', '--dir', "$dir/gw", '--principal', 'acme'),
        qr/\Aak_/, 'another is made');
};


subtest 'a link stays, owner and mode too' => sub {
    fresh();
    symlink 'keys.json', "$dir/link.json" or die;
    chmod 0604, $store;
    chown 0, 12345, $store if $> == 0;

    good('new', 'new', '--store', "$dir/link.json", '--pepper',
        "$dir/pepper", '--principal', 'acme');
    is(readlink "$dir/link.json", 'keys.json', 'the link');
    is(scalar @{ keys_of() }, 1, 'what it leads to was changed');
    is(mode($store), '0604', 'mode');
    is((stat $store)[5], 12345, 'group') if $> == 0;
    is_deeply([grep { !/^(keys|link)/ } glob("$dir/.keys*")], [],
        'nothing is left behind');
};


subtest 'several at once' => sub {
    fresh();
    my @pids;
    for my $n (1 .. 8) {
        my $pid = fork // die;
        if (!$pid) {
            open STDOUT, '>', '/dev/null';
            exec { $APISEC } $APISEC, 'key', 'new', @FILES, '--principal',
                "client$n";
            exit 9;
        }
        push @pids, $pid;
    }

    my $failed = 0;
    for (@pids) { waitpid $_, 0; $failed++ if $? }
    is($failed, 0, 'all eight succeed');
    is(join(' ', sort map { $_->{principal} } @{ keys_of() }),
        join(' ', map { "client$_" } 1 .. 8), 'none is lost');
};


subtest 'refused' => sub {
    fresh();
    my @new = ('new', @FILES, '--principal', 'acme');

    refused('no verb', 2, qr/write new, rotate ID, revoke ID, list or check/);
    refused('unknown verb', 2, qr/apisec help key/, 'frob', @FILES);
    refused('new without principal', 2, qr/write --principal NAME/, 'new',
        @FILES);
    refused('new with an id', 2, qr/help key/, 'new', 'x', @FILES);
    refused('revoke without id', 2, qr/help key/, 'revoke', @FILES);
    refused('no store', 2, qr/write --store FILE --pepper FILE/, 'new',
        '--principal', 'a');
    refused('no store', 2, qr/write --store FILE$/, 'list');
    refused('a time that is none', 2, qr/--ttl soon: write/, @new, '--ttl',
        'soon');
    refused('a negative one', 2, qr/--ttl -1h: write/, @new, '--ttl', '-1h');
    refused('a principal that is none', 1, qr/keys\[0\].*principal/, 'new',
        @FILES, '--principal', "a\nb");
    refused('an empty one', 1, qr/principal/, 'new', @FILES, '--principal',
        '');
    refused('no such store', 3, qr/No such file/, 'new', '--store',
        "$dir/none", '--pepper', "$dir/pepper", '--principal', 'a');
    refused('no such pepper', 3, qr/No such file/, 'new', '--store', $store,
        '--pepper', "$dir/none", '--principal', 'a');

    spew("$dir/short", "short\n");
    refused('a short pepper', 3, qr/32 random bytes or more/, 'new',
        '--store', $store, '--pepper', "$dir/short", '--principal', 'a');

    for my $text ('', '{"keys": [', '{"keys": [], "x": 1}', '[]',
        '{"keys": [{"id": "AAAAAAAA"}]}')
    {
        spew($store, $text);
        refused("a store that is \"$text\"", 1, qr/\Q$store\E: ./, @new);
        refused("... to list", 1, qr/\Q$store\E: ./, 'list', '--store',
            $store);
    }

    fresh();
    my $got = run('sh', '-c', 'exec "$0" key check "$@" < /dev/null',
        $APISEC, @FILES);
    is($got->{code}, 2, 'check without a key');
    is(check('x' x 4000)->{out}, "key_malformed\n", 'check of a long line');
};

done_testing();
