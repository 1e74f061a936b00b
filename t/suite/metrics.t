#!/usr/bin/perl

# The metrics of all modules, read by the parsers of Prometheus' own client
# for Python, which is strict, and its OpenMetrics parser stricter; and by
# rules of ours: every family has a help and a type, names end as its type
# wants, no series stands twice, counters only grow.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Sec;
use ApiTest::Server;
use File::Temp;
use Test::More;

# Debian's: the package belongs to it.

my $PYTHON = '/usr/bin/python3';

my $READ = <<'END';
import sys
from prometheus_client.parser import text_string_to_metric_families as text
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics)

parse = openmetrics if sys.argv[1] == 'open' else text
for family in parse(open(sys.argv[2]).read()):
    print('family', family.name, family.type, len(family.documentation))
    for s in family.samples:
        print('sample', family.name, s.name,
              ','.join('%s=%s' % l for l in sorted(s.labels.items())) or '-',
              s.value)
END

my $server = ApiTest::Server->start(
    files    => { 'own.secret' => secret('hs256'), 'html/x' => "x\n" },
    http     => "api_zone main 1m;\n"
        . corp(key => 'file:own.secret kid=hs256'),
    location => 'api_auth jwt=corp; try_files /x =404; } '
        . 'location /_api/ { api_status;',
);


# What a parser makes of it: {name => type}, {series => value}.

sub scrape {
    my ($format, @headers) = @_;

    my ($code, $head, $body) = $server->get('/_api/metrics', @headers);
    is($code, 200, "$format: answered");

    my $file = File::Temp->new;
    print $file $body;
    close $file;

    my (%family, %series);
    open my $out, '-|', $PYTHON, '-c', $READ, $format, "$file"
        or die "$PYTHON: $!";

    while (<$out>) {
        my ($what, $name, @rest) = split;

        if ($what eq 'family') {
            ok(!exists $family{$name}, "$format: $name: one family");
            ok($rest[1] > 5, "$format: $name: has a help");
            $family{$name} = $rest[0];
            next;
        }

        my $key = "$rest[0]\{$rest[1]}";
        ok(!exists $series{$key}, "$format: $key: stands once");
        $series{$key} = $rest[2];
    }

    ok(close $out, "$format: the parser takes it") or diag($body);
    return (\%family, \%series, $head, $body);
}


my ($family, $series, $head, $body) = scrape('text');

like($head, qr{^Content-Type: text/plain; version=0\.0\.4; charset=utf-8}m,
     'the type of the text format');
is($family->{apisec_requests}, 'counter', 'requests are counted');
is($family->{apisec_jwks_keys}, 'gauge', 'keys are a gauge');
cmp_ok($series->{'apisec_jwks_keys{issuer=corp}'}, '==', 1, 'one key');

my @names = $body =~ /^([a-z]\w*)/mg;
is_deeply([grep { !/^apisec_[a-z0-9_]+$/ } @names], [],
          'all names are the suite\'s');

my $denied =
    'apisec_requests_total{module=ngx_api_sec_module,verdict=deny}';
cmp_ok($series->{$denied}, '==', 0, 'nothing has been denied yet');

my ($code) = $server->get('/');
is($code, 401, 'a request without a token');

# It is counted when it ends, which may be after its client has the answer.

for (1 .. 500) {
    my (undef, undef, $text) = $server->get('/_api/metrics');
    last if $text =~ /sec_module",verdict="deny"\} 1$/m;
    select undef, undef, undef, 0.02;
}

my ($open, $later, $open_head, $open_body) = scrape('open',
    'Accept: application/openmetrics-text;version=1.0.0, text/plain;q=0.5');

like($open_head, qr{^Content-Type: application/openmetrics-text}m,
     'OpenMetrics where it is asked for');
like($open_body, qr/^# TYPE apisec_requests counter$/m,
     'counters are named as OpenMetrics wants');
like($open_body, qr/\n# EOF\n\z/, 'and it ends as it has to');
is_deeply($open, $family, 'the same families in both');
cmp_ok($later->{$denied}, '==', 1, 'the refusal has been counted');

for my $name (sort keys %$series) {
    next if $name !~ /_total\{/;
    cmp_ok($later->{$name}, '>=', $series->{$name}, "$name never falls");
}


# What was refused and why, how long checks and requests took.

cmp_ok($later->{'apisec_denied_total{check=auth,reason=missing}'}, '==', 1,
       'the refusal has its reason');
cmp_ok($later->{'apisec_auth_results_total{method=none,result=missing}'},
       '==', 1, 'the authentication has its result');
cmp_ok($later->{'apisec_phase_duration_seconds{phase=auth}'} // 0, '>=', 0,
       'phases are timed');

my ($auth) = $open_body
    =~ /^apisec_phase_duration_seconds_count\{phase="auth"\} (\d+)$/m;
is($auth, 1, 'one call of auth was timed');
like($open_body, qr/^apisec_phase_duration_seconds_count\{phase="schema"\} 0$/m,
     'none of a check that stands nowhere');


# Files of keys have an age, and say when what they hold is not in use.

my ($file, $changed) = $open_body
    =~ /^apisec_file_changed_timestamp_seconds\{file="([^"]*own\.secret)"\} (\d+)$/m;
is($changed, defined $file ? (stat $file)[9] : -1, 'when a file of keys was changed');
like($open_body, qr/^apisec_file_stale\{file="[^"]*own\.secret"\} 0$/m, 'it is in use');


# promtool has opinions of its own; and the rules that are shipped work.

my ($promtool) = `.ci/promtool` =~ /(\S+)/;

SKIP: {
    ok($promtool, 'promtool of Debian') or skip('no promtool', 3);

    my (undef, undef, $text) = $server->get('/_api/metrics');
    my $file = File::Temp->new;
    print $file $text;
    close $file;

    my $said = `$promtool check metrics <$file 2>&1`;
    is($? >> 8, 0, 'promtool check metrics') or diag($said);
    is($said, '', '... has nothing to say');

    $said = `cd docs/examples/alerts &&
        $promtool check rules apisec.rules.yml &&
        $promtool test rules apisec.rules.test.yml 2>&1`;
    is($? >> 8, 0, 'promtool test rules') or diag($said);
}

# Names that the rules use are names there are: metrics-families.t holds the
# table of the page to what is served.

my $page = CORE::join '', map { slurp("docs/directives/$_.md") } qw(status govern);
my $rules = slurp('docs/examples/alerts/apisec.rules.yml');
my %used = map { $_ => 1 } $rules =~ /\b(apisec_\w+)/g;

for my $name (sort keys %used) {
    my $family = $name =~ s/_(?:bucket|sum|count)$//r;
    like($page, qr/`\Q$family\E[`{]/, "$name of the rules is a metric");
}


# Counters only grow: through a reload, and when a worker is killed.

sub responses {
    my (undef, undef, $text) = $server->get('/_api/metrics');
    my $sum = 0;
    $sum += $1 while $text =~ /^apisec_responses_total\{.*\} (\d+)$/mg;
    return $sum;
}

sub until_counted {
    my ($want) = @_;
    my $sum;
    for (1 .. 500) {
        $sum = responses();
        return $sum if $sum >= $want;
        select undef, undef, undef, 0.02;
    }
    return $sum;
}

my $before = responses();
$server->get('/') for 1 .. 20;
cmp_ok(until_counted($before + 20), '>=', $before + 20, 'all are counted');

$before = responses();
$server->reload(
    http     => "api_zone main 1m;\n"
        . corp(key => 'file:own.secret kid=hs256'),
    location => 'api_auth jwt=corp; try_files /x =404; } '
        . 'location /_api/ { api_status;',
) or BAIL_OUT($server->log);
cmp_ok(responses(), '>=', $before, 'nothing is lost by a reload');

$before = responses();
my ($pid) = ($server->get('/_api/'))[2] =~ /"pid":(\d+)/;
kill 'KILL', $pid;
$server->get('/') for 1 .. 5;
cmp_ok(until_counted($before + 5), '>=', $before + 5,
       'nothing is lost by a worker that is killed');

$before = responses();
$server->reload(
    http     => "api_zone main 2m;\n"
        . corp(key => 'file:own.secret kid=hs256'),
    location => 'api_auth jwt=corp; try_files /x =404; } '
        . 'location /_api/ { api_status;',
) or BAIL_OUT($server->log);
cmp_ok(responses(), '>=', $before, 'nor by a zone of another size');

unlike($server->log, qr/\[(?:emerg|crit|error)\]/, 'no error');
is(scalar(() = $server->log =~ /\[alert\]/g), 1, 'but that of the kill');

done_testing();
