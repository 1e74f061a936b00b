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

unlike($server->log, qr/\[(?:alert|emerg|crit|error)\]/, 'no error');

done_testing();
