#!/usr/bin/perl

# What api_status has revoked is still revoked after a restart, a crash and a
# change of the zone; and where that cannot be, nginx says so and does not run.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Sec;
use ApiTest::Server;
use File::Temp qw(tempdir);
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep);

my $state = tempdir(CLEANUP => 1);
chmod 0700, $state;
my $file = "$state/revocations.snap";
my $root = 'Authorization: Bearer ' . token(claims => { sub => 'root',
    exp => time + 7200, scope => 'apisec:write' });


sub config {
    my (%how) = @_;
    return (
        main   => $> == 0 ? "user root;\n" : '',
        http   => "api_zone main 1m revocations=" . ($how{share} // '64k') . ";\n"
            . 'api_state ' . ($how{state} // $state) . ";\n" . corp(key => 'file:own.secret kid=hs256'),
        server => 'location /_api/ { api_status write; api_auth jwt=corp;'
            . ' api_require scope apisec:write; }',
        location => 'api_auth jwt=corp; try_files /x =404;',
    );
}

my %FILES = ('html/x' => "x\n", 'own.secret' => secret('hs256'));

sub start { return ApiTest::Server->start(files => \%FILES, config(@_)) }

sub change {
    my ($server, $method, $value) = @_;
    my $body = JSON::PP::encode_json({ kind => 'sub', value => $value });
    my ($code) = $server->request("$method /_api/revocations HTTP/1.1", $root,
        'X-Api-Admin: 1', 'Content-Type: application/json',
        'Content-Length: ' . length($body) . "\r\n\r\n$body");
    return $code // 'none';
}

sub asks {
    my ($server, $sub) = @_;
    my ($code) = $server->get('/x', bearer(claims => { sub => $sub }));
    return $code // 'none';
}

sub until_true {
    my ($what) = @_;
    for (1 .. 1000) { return 1 if $what->(); sleep 0.02 }
    return 0;
}

sub kept { my ($name) = @_; return -e $file && slurp($file) =~ /\Q$name\E/ }

# Nobody may be there to bury an orphan.
sub lives {
    my ($pid) = @_;
    open my $in, '<', "/proc/$pid/stat" or return 0;
    return (<$in> // 'Z') !~ /\) Z/;
}

# to the end: a worker that ends writes the file
sub stop {
    my ($old) = @_;
    my @workers = $old->workers;
    $old->stop;
    until_true(sub { !grep { lives($_) } @workers });
    return;
}

# what nginx says that does not start
sub refused {
    my $new = eval { start(@_) } or return $@;

    # it listens before it reads the file: who connects may be too early

    for (1 .. 500) {
        if (waitpid($new->{pid}, 1)) {
            delete $new->{pid};
            return $new->log;
        }

        last if ($new->get('/x'))[0];
        sleep 0.02;
    }

    return 'it starts';
}


# an orderly end

my $server = start();

is(asks($server, 'alice'), 200, 'alice');
is(change($server, 'POST', 'alice'), 201, '... is revoked');
is(asks($server, 'alice'), 401, '... at once');
is(asks($server, 'bob'), 200, 'bob is not');
stop($server);
ok(kept('alice'), 'the file has her');
is((stat $file)[2] & 077, 0, '... and is nobody else\'s');

$server = start();
is(asks($server, 'alice'), 401, 'after a restart she still is');
is(asks($server, 'bob'), 200, 'bob is not');

# what is taken back stays so

is(change($server, 'DELETE', 'alice'), 204, 'taken back');
is(asks($server, 'alice'), 200, '... at once');
is(change($server, 'POST', 'carol'), 201, 'carol');
ok(until_true(sub { kept('carol') && !kept('alice') }), 'it is written while nginx runs');

# an end without a word

kill 'KILL', $server->{pid}, $server->workers;
waitpid $server->{pid}, 0;

$server = start();
is(asks($server, 'carol'), 401, 'after a crash carol is revoked');
is(asks($server, 'alice'), 200, '... and alice is not');

# a smaller share, with and without room

my $n = 0;
$n++ while $n < 60 && change($server, 'POST', "many$n") == 201;
cmp_ok($n, '>', 40, "$n more");
ok(!$server->reload(config(share => '8k')), 'a share that is too small: no reload');
like($server->log, qr/what is kept in "revocations" does not fit into 8192 bytes/, '... and why');
is(asks($server, 'many1'), 401, 'all is as it was');
ok($server->reload(config(share => '128k')), 'a larger share');
is((scalar grep { asks($server, "many$_") != 401 } 0 .. $n - 1), 0, 'nothing is lost');
is(change($server, 'POST', 'dave'), 201, 'one more, in the new zone');
stop($server);
ok(kept('dave'), 'it is kept');

like(refused(share => '16k'), qr/of its \d+ entries \d+ have no room.*what was revoked before is not known/s,
    'a start with too small a share');

# files that are none; and no file

my $good = slurp($file);

for (['cut short', substr($good, 0, length($good) - 9)],
     ['changed', $good =~ s/carol/karol/r],
     ['empty', ''],
     ['another\'s', 'sub alice' x 20])
{
    my ($name, $bytes) = @$_;
    write_file($file, $bytes);
    chmod 0600, $file;
    like(refused(), qr/snapshot .* is not used.*what was revoked before is not known/s, "$name: no start");
}

write_file($file, $good);
chmod 0666, $file;
like(refused(), qr/nobody else may write/, 'writable for all: no start');

chmod 0600, $file;
$server = start();
is(asks($server, 'carol'), 401, 'as it was: all is well');
stop($server);

# without a directory it is said

my %without = config(state => $state);
$without{http} =~ s/api_state .*\n//;
$server = ApiTest::Server->start(files => \%FILES, %without);
SKIP: {
    skip 'this machine has /var/lib/nginx/api', 1 if -d '/var/lib/nginx/api';
    like($server->log . $server->text('stderr'), qr/is forgotten at a restart: the directory of api_state is missing/,
        'no directory: a warning');
}
stop($server);

done_testing();
