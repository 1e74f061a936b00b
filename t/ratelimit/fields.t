#!/usr/bin/perl

# The header fields, read by a parser of structured fields that is not ours:
# each kind of limit, alone and together, passed and refused, with names of
# every character that a name may have.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Server;
use JSON::PP;
use Test::More;

plan skip_all => 'node is not there' if system('node -v >/dev/null 2>&1');
plan skip_all => 'structured-headers is not there'
    if !-d 't/node/node_modules/structured-headers';

my $name = join '', 'A' .. 'Z', 'a' .. 'z', '_', '-', '.';

my $http = <<"EOF";
    api_ratelimit_zone r 1m;
    api_ratelimit_zone w 1m;
    api_ratelimit_zone q 1m;
    api_ratelimit_zone c 1m;
    api_ratelimit_policy $name zone=r key=\$arg_k rate=2r/h burst=2;
    api_ratelimit_policy 0 zone=r key=\$arg_k rate=1000000r/s burst=1000000;
    api_ratelimit_policy b zone=r key=\$arg_k rate=1k/s burst=10m charge=bytes;
    api_ratelimit_policy d zone=r key=\$arg_k rate=\$arg_rate burst=3;
    api_ratelimit_policy year zone=r key=\$arg_k rate=1r/366d;
    api_ratelimit_policy w zone=w key=\$arg_k rate=3r/h window=1h;
    api_ratelimit_quota q zone=q key=\$arg_k limit=2 period=month;
    api_ratelimit_quota big zone=q key=\$arg_k limit=281474976710655
                        period=366d unit=bytes;
    api_ratelimit_concurrency c zone=c key=\$arg_k limit=2;
EOF

my $locations = <<"EOF";
    location /rate { api_ratelimit $name; empty_gif; }
    location /fast { api_ratelimit 0; empty_gif; }
    location /bytes { api_ratelimit b; empty_gif; }
    location /dynamic { api_ratelimit d; empty_gif; }
    location /year { api_ratelimit year; empty_gif; }
    location /window { api_ratelimit w; empty_gif; }
    location /quota { api_ratelimit q; empty_gif; }
    location /big { api_ratelimit big; empty_gif; }
    location /running { api_ratelimit c; empty_gif; }
    location /all { api_ratelimit $name 0 b d year w q big c; empty_gif; }
EOF

my $server = ApiTest::Server->start(http => $http, server => $locations,
    location => 'empty_gif;');

sub check {
    my (@fields) = @_;
    my $file = "$server->{dir}/questions.json";
    open my $out, '>', $file or die $!;
    print {$out} encode_json(\@fields);
    close $out;
    return decode_json(scalar `node t/node/check-limits.mjs < $file`);
}

my @asked;

for my $uri (qw(rate fast bytes dynamic year window quota big running all)) {
    for my $n (1 .. 4) {
        my ($code, $head) = $server->get("/$uri?k=$uri&rate=7r/m");
        my ($policy) = $head =~ /^RateLimit-Policy: (.*?)\r?$/m;
        my ($limit) = $head =~ /^RateLimit: (.*?)\r?$/m;
        push @asked, { uri => "$uri $n", code => $code,
            fields => [$policy // '', $limit // ''] };
    }
}

my $answers = check(map { $_->{fields} } @asked);
my ($passed, $refused) = (0, 0);

for my $n (0 .. $#asked) {
    my $answer = $answers->[$n];

    ok(!$answer->{error} && keys %{ $answer->{limits} },
        "$asked[$n]{uri} $asked[$n]{code}: @{ $asked[$n]{fields} }")
        or diag $answer->{error};
    $asked[$n]{code} == 200 ? $passed++ : $refused++;
}

cmp_ok($passed, '>', 20, 'some passed');
cmp_ok($refused, '>', 5, 'some were refused');

my ($all) = grep { $asked[$_]{uri} eq 'all 1' } 0 .. $#asked;
is(scalar keys %{ $answers->[$all]{limits} }, 9, 'nine limits on a response');
is_deeply($answers->[0]{policies}{$name}, { q => 2, w => 3600 },
    'two in an hour');
is_deeply($answers->[$all]{policies}{b},
    { q => 10485760, w => 10240, qu => 'content-bytes' }, 'bytes');
is_deeply($answers->[$all]{policies}{c},
    { q => 2, qu => 'concurrent-requests' }, 'requests at a time');

# the checker does not take everything

$answers = check(['x;q=1', '"x";r=1'], ['"x";q=1', '"x"'],
    ['"x";q=1;w=0', '"x";r=1'], ['"x";q=1', '"y";r=1'], ['"x"', '"x";r=1'],
    ['"x";q=1.5', '"x";r=1'], ['"x";q=1,', '"x";r=1']);
is(scalar(grep { $_->{error} } @$answers), 7, 'wrong fields are seen');

done_testing();
