# A changed document is read at the next reload, a broken one stops it and the
# old one stays in force; requests that are on their way end under the one they
# began with, and none is lost.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Schema;
use ApiTest::Server;
use Test::More;

my $first = contract();
my %conf = (http => 'api_schema_spec orders orders.yaml strict;'
        . ' api_schema_spec parts parts.yaml root=.;',
    location => 'api_schema orders; try_files /x =404;');
my $parts = <<'END';
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /parts:
    get:
      parameters: [{name: n, in: query, schema: {$ref: 'n.yaml'}}]
      responses: {'200': {description: ok}}
END

my $server = ApiTest::Server->start(%conf, files => {
    'orders.yaml' => $first, 'parts.yaml' => $parts,
    'n.yaml' => "type: integer\n", 'html/x' => 'in' });

sub gets {
    my ($path, $want, $what) = @_;
    my ($code) = $server->get($path);
    is($code, $want, $what);
    return;
}

gets('/v1/orders?limit=100', 200, 'the first document takes it');
gets('/v1/orders?limit=101', 400, 'and refuses that');
gets('/v1/new', 404, 'and does not know the path');

$server->write('orders.yaml', $first =~ s/maximum: 100/maximum: 5/r
    =~ s{^  /reports:}{  /new: {get: {responses: {'200': {description: ok}}}}\n  /reports:}mr);
gets('/v1/orders?limit=100', 200, 'a changed file alone changes nothing');

ok($server->reload(%conf), 'reload');
gets('/v1/orders?limit=5', 200, 'the second takes it');
gets('/v1/orders?limit=6', 400, 'and refuses what the first took');
gets('/v1/new', 200, 'and knows the new path');

for my $broken (
    ['no YAML', 'orders.yaml', '['],
    ['a mistake in a schema', 'orders.yaml', $first =~ s/maximum: 100/maximum: x/r],
    ['an operation less, that is named elsewhere', 'orders.yaml',
        $first =~ s/operationId: getOrder/operationId: gotOrder/r],
    ['a broken part', 'n.yaml', "type: intger\n"],
) {
    my ($what, $file, $text) = @$broken;
    my $was = $server->text($file);
    my %more = (%conf, location => "api_schema_operation getOrder mode=monitor; $conf{location}");
    $server->write($file, $text);
    ok(!$server->reload(%more), "$what: no reload");
    gets('/v1/orders?limit=5', 200, '... it goes on');
    gets('/v1/orders?limit=6', 400, '... under the document before');
    $server->write($file, $was);
}

ok($server->reload(%conf), 'mended');
gets('/v1/orders?limit=6', 400, 'and in force');

# the master gives back what a reload before held
my $rss;
for my $n (1 .. 30) {
    $server->reload(%conf) or last;
    $rss = $server->rss if $n == 10;
}

SKIP: {
    skip 'a sanitizer keeps what is freed', 1 if $ENV{ASAN_OPTIONS};
    cmp_ok($server->rss, '<=', $rss * 1.02, 'the master does not grow');
}

done_testing();
