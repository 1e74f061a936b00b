#!/usr/bin/perl

# Whatever things are called, what is scraped is valid and whole: names that
# are long, that have quotes, line feeds and bytes that are no UTF-8 in them,
# names that begin alike, one thing that is named in several places. Read by
# the strict parsers of Prometheus' client for Python, and by promtool.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Sec;
use ApiTest::Server;
use File::Temp;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep);
use Time::Local qw(timegm);

my $long = 'n' x 700;
my %odd  = (
    quotes  => qq{a"b\\c\\},
    lines   => "a\nb\r\n# TYPE x counter\nx 1\n",
    unicode => "\x{e9}\x{2028}\x{1f600}\x{0}\x{7f}",
    brace   => 'x",operation="y"} 7',
    long    => "$long-1",
    alike   => "$long-2",
);

my $n    = 0;
my %path = map {
    ("/op" . $n++ => { get => { operationId => $odd{$_},
        responses => { default => { description => 'd' } } } })
} sort keys %odd;
my $spec = JSON::PP->new->utf8->canonical->encode({ openapi => '3.0.3',
    info => { title => 't', version => '1' }, paths => \%path });

# What nginx takes between quotes; a backslash is one before a quote only.

my $owner = qq{x\xff\xfe\x01"} . 'y' x 600;
my $quoted = $owner =~ s/"/\\"/gr;

# A policy in several places is one series, and of the review that is first.

my @review = (
    [falls => '2099-01-01', '2098-01-01'],
    [grows => '2098-01-01', '2099-01-01'],
    [late  => undef, '2098-01-01'],
    [early => '2098-01-01', undef],
    [three => '2099-01-01', '2098-01-01', '2097-01-01'],
    [never => undef, undef],
);
my %first = ((map { $_ => '2098-01-01' } qw(falls grows late early)),
    three => '2097-01-01');
my $places = join '', map {
    my ($id, @days) = @$_;
    map { "location /$id$_ { api_policy $id owner=o"
        . ($days[$_] ? " review_by=$days[$_]" : '') . "; return 204; }\n" } 0 .. $#days;
} @review;

my $server = ApiTest::Server->start(
    files => {
        'own.secret' => secret('hs256'), 'spec.json' => $spec,
        'html/x' => "x\n",
        ('f' x 200) . '-1.secret' => secret('hs256'),
        ('f' x 200) . '-2.secret' => secret('hs256'),
    },
    http => "api_zone main 8m;\napi_schema_spec $long spec.json;\n"
        . join('', map {
            "api_jwt_issuer $long$_ { issuer https://$_; audience orders;\n"
            . 'algorithms HS256; key file:' . 'f' x 200 . "-$_.secret; }\n"
        } 1, 2),
    server   => "server_name api.example;\n$places",
    location => <<"END",
        api_inventory;
        api_schema $long;
        api_policy $long owner="$quoted" review_by=2099-01-01;
        try_files /x =404;
    }
    location /e1 {
        api_auth jwt=${long}1,${long}2;
        api_policy $long owner="$quoted" review_by=2099-01-01;
        api_exception ${long}1 rule=auth.missing expires=2099-01-31
                      owner="$quoted";
        api_exception ${long}2 rule=auth.expired expires=2099-01-31
                      owner="$quoted";
        try_files /x =404;
    }
    location /_api/ {
        api_status;
END
);

for (0 .. $n - 1) {
    is(($server->get("/op$_"))[0], 200, "op$_ is called");
}

is(($server->get('/e1'))[0], 200, 'an exception is used');

my $text = '';

sub scraped {
    my (@headers) = @_;
    my ($code, undef, $body) = $server->get('/_api/metrics', @headers);
    is($code, 200, 'it is scraped') or diag($server->log);
    return $body;
}

for (1 .. 1500) {
    $text = ($server->get('/_api/metrics'))[2];
    last if ($n == (() = $text =~ /^apisec_operation_responses_total\{/mg));
    sleep 0.02;
}

my $READ = <<'END';
import sys
from prometheus_client.parser import text_string_to_metric_families as text
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics)
parse = openmetrics if sys.argv[1] == 'open' else text
seen = set()
for family in parse(open(sys.argv[2], newline='').read()):
    assert family.name not in seen, family.name
    seen.add(family.name)
    for s in family.samples:
        key = (s.name, tuple(sorted(s.labels.items())))
        assert key not in seen, key
        seen.add(key)
        if s.name == 'apisec_operation_responses_total':
            print(s.labels['operation'].encode().hex())
END

# A day is over with its last second.

my $review = scraped();
for my $id (map { $_->[0] } @review) {
    my @is = $review =~ /^apisec_policy_review_timestamp_seconds\{policy="$id",owner="o"\} (\d+)$/mg;
    my ($year) = split /-/, $first{$id} // '';
    is("@is", $year ? timegm(0, 0, 0, 2, 0, $year) : 0, "the first review of $id");
}

my ($promtool) = `.ci/promtool` =~ /(\S+)/;

for my $case (['text'], ['open',
    'Accept: application/openmetrics-text;version=1.0.0'])
{
    my ($format, @accept) = @$case;
    my $file = File::Temp->new;
    print $file scraped(@accept);
    close $file;

    my @out = `/usr/bin/python3 -c '@{[$READ =~ s/'/'\\''/gr]}' $format $file 2>&1`;
    is($?, 0, "$format: each series stands once") or diag(@out);
    my @ids = map { pack "H*", /(\w+)/ } @out;
    is(scalar @ids, $n, "$format: each operation has its own");

    my %ids = map { $_ => 1 } @ids;
    ok($ids{ $odd{quotes} }, "$format: quotes come back as they were");
    ok($ids{ $odd{brace} }, "$format: nobody writes labels of his own");
    is(scalar(grep { /^n{100,}~[0-9a-f]{16}$/ } @ids), 2,
       "$format: two long names that begin alike are two");

    is(`$promtool check metrics <$file 2>&1`, '', 'promtool has nothing to say')
        if $format eq 'text';
}

unlike($server->log, qr/\[(?:emerg|alert|crit|error)\]/, 'no error');

done_testing();
