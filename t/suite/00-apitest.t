# ApiTest: what it mints is what others verify, and its checks can fail.

use strict;
use warnings;

use Cwd qw(realpath);
use File::Basename qw(dirname);
use lib realpath(dirname(__FILE__) . '/../lib');

use ApiTest;
use ApiTest::Keys ();
use File::Temp ();
use JSON::PP ();
use Test::More;

my @algs = qw(HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512
              ES256 ES384 ES512 ES256K EdDSA Ed448);
my %width = (ES256 => 64, ES384 => 96, ES512 => 132, ES256K => 64,
             EdDSA => 64, Ed448 => 114, RS256 => 256);

sub parts { return split /\./, $_[0], -1 }
sub part  { return JSON::PP::decode_json(unb64url((parts($_[0]))[$_[1]])) }

# ---- tokens

for my $alg (@algs) {
    my $token = jwt(alg => $alg, claims => { sub => 'me', exp => 17 });

    is_deeply(part($token, 1), { sub => 'me', exp => 17 }, "$alg: claims");
    is(part($token, 0)->{alg}, $alg, "$alg: header");
    is(length unb64url((parts($token))[2]), $width{$alg}, "$alg: width")
        if $width{$alg};
}

my $verify = <<'NODE';
const c = require('crypto');
const jobs = JSON.parse(require('fs').readFileSync(0));
for (const { name, alg, token, jwk } of jobs) {
    const [h, p, s] = token.split('.');
    const data = Buffer.from(h + '.' + p);
    const sig = Buffer.from(s, 'base64url');
    const md = alg.startsWith('E') && !alg.startsWith('ES')
        ? null : 'sha' + alg.slice(2, 5);
    let ok;
    if (alg.startsWith('HS')) {
        const mac = c.createHmac(md, Buffer.from(jwk.k, 'base64url'));
        ok = mac.update(data).digest().equals(sig);
    } else {
        const key = { key: c.createPublicKey({ key: jwk, format: 'jwk' }) };
        if (alg.startsWith('ES')) key.dsaEncoding = 'ieee-p1363';
        if (alg.startsWith('PS')) {
            key.padding = c.constants.RSA_PKCS1_PSS_PADDING;
            key.saltLength = c.constants.RSA_PSS_SALTLEN_DIGEST;
        }
        ok = c.verify(md, data, key, sig);
    }
    console.log(`${name} ${ok}`);
}
NODE

SKIP: {
    skip 'no node', 1 unless node_available();

    my @jobs = map {
        my $token = jwt(alg => $_, claims => { sub => 'me' });
        { name => $_, alg => $_, token => $token,
          jwk => jwk(part($token, 0)->{kid}) };
    } @algs;

    # and some that must not verify
    push @jobs, { %{ $jobs[3] }, name => 'other-key', jwk => jwk('rsa2048b') },
        { %{ $jobs[6] }, name => 'other-salt',
          token => jwt(alg => 'PS256', salt => 20) },
        { %{ $jobs[9] }, name => 'flipped',
          token => jwt(alg => 'ES256', mutate => sub {
              my ($h, $p, $s) = @_;
              return ($h, $p, $s =~ s/\A(.)/$1 eq 'A' ? 'B' : 'A'/er);
          }) };

    my $said = ApiTest::Keys::command('node', '-e', $verify,
                                      \json(\@jobs));
    is_deeply([split /\n/, $said],
              [map({ "$_ true" } @algs), 'other-key false',
               'other-salt false', 'flipped false'],
              'another implementation verifies');
}

is((parts(jwt(alg => 'none')))[2], '', 'none has no signature');
is(part(jwt(header => { alg => 'HS256', kid => undef, x => 1 }), 0)->{alg},
   'HS256', 'the header may lie');
ok(!exists part(jwt(header => { kid => undef }), 0)->{kid},
   'an undefined member is left out');
like(jwt(raw_header => '{', raw_payload => '', sig => 'x'),
     qr/\Aew\.\.eA\z/, 'raw parts');
is(jwt(alg => 'HS256', secret => pem('rsa2048'), claims => {}),
   jwt(alg => 'HS256', secret => pem('rsa2048'), claims => {}),
   'a secret of one\'s own');
isnt(jwt(alg => 'HS256', secret => pem('rsa2048')), jwt(alg => 'HS256'),
     'another secret signs differently');

ok(!eval { jwt(claim => {}); 1 } && $@ =~ /no argument "claim"/,
   'a misspelt argument dies');
ok(!eval { jwt(alg => 'HS257'); 1 } && $@ =~ /no key for algorithm "HS257"/,
   'an unknown algorithm dies');
ok(eval { jwt(alg => 'RS256', key => 'p256') },
   'any key signs with the digest of any algorithm');
ok(!eval { jwt(key => 'none-such'); 1 } && $@ =~ /no test key "none-such"/,
   'an unknown key dies');

# ---- keys

my $set = JSON::PP::decode_json(jwks('p384', jwk('p256', use => 'sig',
                                                 kid => undef)));
is_deeply([map { $_->{kid} } @{ $set->{keys} }], ['p384', undef], 'jwks');
is($set->{keys}[1]{use}, 'sig', 'jwk: a member of one\'s own');
ok(!grep({ exists $_->{d} } @{ $set->{keys} }), 'jwks has no private member');
like(pem('ed448'), qr/\A-----BEGIN PUBLIC KEY-----/, 'pem');
like(private_pem('ed448'), qr/\A-----BEGIN PRIVATE KEY-----/, 'private_pem');
is(length secret('hs512'), 64, 'secret');
is($ENV{TEST_NGINX_KEYS_DIR}, keys_dir(), 'the folder for configurations');
is((stat key_file('p256'))[2] & 0777, 0600, 'private keys are private');

{
    my $build = File::Temp->newdir;
    my $lib   = dirname($INC{'ApiTest.pm'});
    my $code  = 'print unpack "%32C*", private_pem("p256") . secret("hs256")';

    local $ENV{API_BUILD} = "$build";
    my @out = map {
        open my $fh, '-|', $^X, "-I$lib", '-MApiTest', '-e', $code or die $!;
        $fh;
    } 1 .. 4;
    my %sums = map { (scalar readline $_) => 1 } @out;
    close $_ for @out;

    is(keys %sums, 1, 'four at once make one set of keys');
    is_deeply([map { m{([^/]+)\z} } glob "$build/*"], ['test-keys'],
              'and leave nothing else');
}

# ---- problem+json

my $body = '{"type":"about:blank","status":401,"title":"No \"token\"",'
    . '"code":"auth.none","errors":[{"at":"/a"}]}';

is_deeply([problem_faults($body, status => 401, code => qr/\Aauth\./,
                          detail => undef)], [], 'no fault');

for my $case (
    ['{', qr/not JSON/], ['[1]', qr/not an object/],
    ['{"status":99}', qr/no HTTP status/], ['{"title":{}}', qr/no string/],
    [$body, qr/status is "401", not "403"/, status => 403],
    [$body, qr/has no detail/, detail => 'x'],
    [$body, qr/has code, should not/, code => undef],
    [$body, qr/code is "auth.none"/, code => qr/\Anone/],
) {
    my ($text, $want, @members) = @$case;
    like(join('; ', problem_faults($text, @members)), $want, "fault: $want");
}

like($body, problem_like(code => 'auth.none', status => 401), 'problem_like');
like($body, problem_like(code => qr/\.none/, title => 'No "token"'),
     'problem_like: a pattern');
unlike($body, problem_like(status => 40), 'problem_like: not a prefix');
unlike($body, problem_like(code => 'none'), 'problem_like: not a part');
unlike($body, problem_like(detail => 'x'), 'problem_like: not absent');
unlike($body, problem_like(code => qr/title/), 'problem_like: not elsewhere');
unlike("$body x", problem_like(status => 401), 'problem_like: all of it');

# ---- files and ports

my $dir = File::Temp->newdir;
is(slurp(write_file("$dir/a/b", "x\0\n")), "x\0\n", 'write_file and slurp');
ok(!eval { slurp("$dir/none"); 1 }, 'slurp dies of no file');
is(free_port('A_PORT'), $ENV{TEST_NGINX_A_PORT}, 'free_port');
is(free_port('A_PORT'), free_port('A_PORT'), 'free_port: same name');
isnt(free_port('A_PORT'), free_port('B_PORT'), 'free_port: other name');

# ---- the section "problem"

my $child = write_file("$dir/child.t", <<'CHILD');
use Test::Nginx::Socket 'no_plan';
use ApiTest;
no_shuffle();
check_problems();
run_tests();
__DATA__

=== TEST 1: right
--- config
location /t { return 401 '{"status":401,"code":"a.b"}'; }
--- request eval
["GET /t", "GET /t"]
--- error_code eval
[401, 401]
--- problem eval
["status: 401\ncode: a.b\n! detail\n", "code: /^a/"]

=== TEST 2: wrong
--- config
location /t { return 401 '{"status":401,"code":"a.b"}'; }
--- request
GET /t
--- error_code: 401
--- problem
status: 403
CHILD

delete $ENV{TEST_NGINX_LOAD_MODULES};
my $lib  = dirname($INC{'ApiTest.pm'});
my $said = `cd $dir && TMPDIR=$dir PERL5LIB=$lib $^X $child 2>&1`;
is_deeply([$said =~ /^((?:not )?ok .*problem.*)/mg],
          ['ok 2 - TEST 1: right - problem of request 0',
           'ok 4 - TEST 1: right - problem of request 1',
           'not ok 6 - TEST 2: wrong - problem of request 0'],
          'the problem section') or diag $said;

done_testing();
