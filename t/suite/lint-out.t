#!/usr/bin/perl

# What apisec lint writes, of one configuration with findings of several
# checks; what it refuses; and what a baseline takes away.

use strict;
use warnings;
use lib 't/lib';

use ApiTest::Lint;
use ApiTest::Run;
use JSON::PP ();
use Test::More;

my $dir  = folder();
my $json = JSON::PP->new->canonical->utf8;
my $auth = 'api_auth jwt=corp;';
my $pass = 'proxy_pass http://127.0.0.1:1;';
my @list = split /\n/, apisec('lint', '--list')->{out};

my $mixed = conf(issuer('') . 'merge_slashes off; api_audit a.jsonl;'
    . server("location /a<b>|\"x { $auth $pass } location /b { return 200; }",
             '*:9'));
$mixed =~ s/location \S+"x/location '\/a<b>|"x'/;
spew("$dir/mixed.conf", $mixed);
my @lint = ('lint', '--conf', "$dir/mixed.conf");

subtest 'text and exit codes' => sub {
    my $got = apisec(@lint);
    is($got->{code}, 1, 'something of high severity is new');
    like($got->{out}, qr/^C06 high: .*OWASP API8:2023$/m, 'a headline');
    like($got->{out}, qr{^  \S+mixed.conf:\d+: merge_slashes}m, 'file and line');
    like($got->{out}, qr/^\d+ high, \d+ medium, \d+ low$/m, 'a sum');
    is(apisec(@lint, '--fail-on', 'none')->{code}, 0, '--fail-on none');
    is(apisec(@lint, '--check', 'C17')->{code}, 0, 'medium is not high');
    is(apisec(@lint, '--check', 'C17', '--fail-on', 'medium')->{code}, 1,
        '... but it is medium');
    is(apisec(@lint, '--check', 'token-rules', '--fail-on', 'low')->{code}, 1,
        'by name');
    is(apisec(@lint, '--output', "$dir/out")->{out}, '', 'into a file');
    like(slurp("$dir/out"), qr/^C06/m, '... it is there');
};

subtest 'refused' => sub {
    my @wrong = (
        [2, qr/write text, json/, '--format', 'x'],
        [2, qr/write low, medium/, '--fail-on', 'x'],
        [2, qr/there is no check C99/, '--check', 'C99'],
        [2, qr/YEAR-MONTH-DAY/, '--today', 'soon'],
        [2, qr/PROGRAM=VERSION/, '--version', 'nginx'],
        [2, qr/write a time/, '--key-age', 'old'],
        [2, qr/--conf FILE/, 'nginx.conf'],
        [3, qr/no file of an inventory/, '--inventory', "$dir/mixed.conf"],
        [3, qr/not SARIF/, '--baseline', "$dir/keys.json"],
        [3, qr/No such file/, '--baseline', "$dir/none"],
        [3, qr/No such file/, '--output', "$dir/none/x"],
    );
    for my $case (@wrong) {
        my ($code, $like, @args) = @$case;
        my $got = apisec(@lint, @args);
        is($got->{code}, $code, "@args: exit code");
        like($got->{err}, $like, '... and why');
    }
    spew("$dir/broken.conf", "http {\n server { listen 80;\n");
    my $got = apisec('lint', '--conf', "$dir/broken.conf");
    is($got->{code}, 1, 'a broken configuration');
    like($got->{err}, qr{broken.conf:2: the block is not closed}, '... where');
    $got = apisec('lint', '--nginx', '/none');
    is($got->{code}, 3, 'no nginx');
};

subtest 'by running nginx' => sub {
    spew("$dir/nginx.conf", conf(issuer('')));
    my $got = apisec('lint', '--nginx', nginx(), '--nginx-prefix', $dir,
        '--nginx-conf', "$dir/nginx.conf", '--fail-on', 'medium');
    is($got->{code}, 1, 'a finding') or diag($got->{err});
    like($got->{out}, qr/^C17 medium/m, '... the right one');
};

subtest 'SARIF and its baseline' => sub {
    my $sarif = apisec(@lint, '--format', 'sarif', '--output', "$dir/1.sarif");
    is($sarif->{code}, 1, 'written');
    my $check = run('node', 't/node/check-sarif.mjs', "$dir/1.sarif");
    is($check->{code}, 0, 'the schema of SARIF 2.1.0 takes it')
        or diag($check->{out}, $check->{err});
    my $run = $json->decode(slurp("$dir/1.sarif"))->{runs}[0];
    is(scalar @{ $run->{tool}{driver}{rules} }, scalar @list, 'all rules');
    ok((grep { "@{ $_->{properties}{tags} }" =~ /owasp:API8:2023/ }
        @{ $run->{tool}{driver}{rules} }), 'with their OWASP items');
    for my $r (@{ $run->{results} }) {
        is($run->{tool}{driver}{rules}[$r->{ruleIndex}]{id}, $r->{ruleId},
            'a rule is where its index says');
    }

    spew("$dir/mixed.conf", "# a line more\n$mixed");
    my $again = apisec(@lint, '--baseline', "$dir/1.sarif", '--fail-on', 'low');
    is($again->{code}, 0, 'nothing is new when lines have moved');
    like($again->{out}, qr/^0 high, 0 medium, 0 low; \d+ of the baseline/m,
        '... and that is said');
    spew("$dir/mixed.conf", $mixed =~ s/return 200;/$pass/r);
    $again = apisec(@lint, '--baseline', "$dir/1.sarif", '--fail-on', 'low',
                    '--format', 'sarif', '--output', "$dir/2.sarif");
    is($again->{code}, 1, 'what is new counts');
    my %state;
    $state{$_->{baselineState}}++
        for @{ $json->decode(slurp("$dir/2.sarif"))->{runs}[0]{results} };
    ok($state{new} && $state{unchanged}, 'new and unchanged') or diag(%state);
    spew("$dir/mixed.conf", $mixed);
};

subtest 'JUnit and Markdown' => sub {
    apisec(@lint, '--format', 'junit', '--output', "$dir/junit.xml");
    my $xml = slurp("$dir/junit.xml");
    my ($tests, $failures) = $xml =~ /tests="(\d+)" failures="(\d+)"/;
    is(scalar(() = $xml =~ /<testcase /g), $tests, 'as many cases as it says');
    is(scalar(() = $xml =~ /<failure /g), $failures, '... and failures');
    like($xml, qr{/a&lt;b&gt;\|&quot;x}, 'escaped');
    my $lint = run('xmllint', '--noout', "$dir/junit.xml");
    is($lint->{code}, 0, 'well-formed') if $lint->{code} != 127;

    my $md = apisec(@lint, '--format', 'markdown')->{out};
    like($md, qr/^\| \[C06\]/m, 'a row');
    like($md, qr{/a\\<b\\>\\\|"x}, 'escaped');
    my ($row) = $md =~ /^(\| \[C06.*)/m;
    is(scalar(() = $row =~ /(?<!\\)\|/g), 6, 'five cells');
};

done_testing();
