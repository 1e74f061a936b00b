# apisec schema: what nginx would say, on the command line.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Run;
use ApiTest::Schema;
use File::Temp qw(tempdir);
use Test::More;

my $dir = tempdir(CLEANUP => 1);
my $spec = "$dir/orders.yaml";

spew($spec, contract(security => 'security: [{token: [a, b]}, {}]',
    schemes => 'securitySchemes: {token: {type: oauth2, flows: {}}}'));


sub says {
    my ($what, $code, $out, $err, @args) = @_;

    my $got = apisec('schema', @args);
    is($got->{code}, $code, "$what: exit code") or diag($got->{err});
    like($got->{out}, $out, "$what: output");
    like($got->{err}, $err, "$what: errors");
    return;
}


sub asks {
    my ($what, $code, $out, $request, @args) = @_;

    spew("$dir/request", $request);
    says($what, $code, $out, qr/\A\z/, 'validate', $spec, '--request',
        "$dir/request", @args);
    return;
}


says('check', 0, qr/\AOrders 1: 9 operations, 1 with security, 2 deprecated,/,
    qr/\A\z/, 'check', $spec);
says('routes', 0, qr{^DELETE +/v1/orders/\{orderId\} +deleteOrder  \[token: a b or nobody\]$}m,
    qr/\A\z/, 'routes', $spec);
says('routes with a base', 0, qr{^GET +/api/orders +listOrders$}m, qr/\A\z/,
    'routes', $spec, '--base', '/api');

my $post = "POST /v1/orders HTTP/1.1\r\nHost: a\r\n"
    . "Content-Type: application/json\r\n\r\n";

asks('a good request', 0, qr/\Apasses: createOrder\n\z/,
    "$post\{\"item\":\"pen\",\"quantity\":9}");
asks('another body', 1, qr{\Arefused: 422 body\n    body /quantity: maximum: .*9\n}s,
    "$post\{\"item\":\"pen\",\"quantity\":10}");
asks('one member more', 0, qr/passes/,
    "$post\{\"item\":\"pen\",\"quantity\":9,\"x\":1}");
asks('... strictly', 1, qr{/x: },
    "$post\{\"item\":\"pen\",\"quantity\":9,\"x\":1}", '--strict');
asks('lines with LF', 1, qr/415 media_type/,
    "POST /v1/orders\nContent-Type: text/plain\n\nx");
asks('another method', 1, qr/\Arefused: 405 method \(Allow: GET, POST, HEAD\)$/m,
    "PUT /v1/orders\n\n");
asks('another path', 1, qr/\Arefused: 404 path$/m, "GET /orders\n\n");
asks('a path with two readings', 1, qr/400 two_readings/,
    "GET /v1/x/../orders\n\n");
asks('an unknown parameter', 1, qr/query y: unknown/,
    "GET /v1/orders?y=1\n\n");
asks('... ignored', 0, qr/passes: listOrders/, "GET /v1/orders?y=1\n\n",
    '--unknown-query');

spew("$dir/bad.yaml", contract() =~ s/minLength: 1/minLength: x/r
    =~ s/maximum: 100/maximum: true/r);
says('mistakes', 1, qr/\A\z/,
    qr{error: bad\.yaml:\d+: /paths/~1orders/get/parameters/0/schema/maximum.*^error: bad\.yaml:\d+: /components/schemas/Order/properties/item/minLength}ms,
    'check', "$dir/bad.yaml");
says('no YAML', 1, qr/\A\z/, qr/line 2/, 'check', do {
    spew("$dir/no.yaml", '[');
    "$dir/no.yaml";
});

spew("$dir/parts.yaml", contract() =~ s{'#/components/schemas/Order'}
    {'order.yaml'}gr);
spew("$dir/order.yaml", "type: object\n");
says('no root', 1, qr/\A\z/, qr/error: parts\.yaml/, 'check',
    "$dir/parts.yaml");
says('a root', 0, qr/operations/, qr/\A\z/, 'check', "$dir/parts.yaml",
    '--root', $dir);
symlink '/etc/passwd', "$dir/link.yaml" or die "symlink: $!\n";
spew("$dir/out.yaml", contract() =~ s{'#/components/schemas/Order'}
    {'link.yaml'}gr);
says('a link out of the root', 1, qr/\A\z/, qr/out of the root/, 'check',
    "$dir/out.yaml", '--root', $dir);

says('no command', 2, qr/\A\z/, qr/check, routes, validate or upgrade/);
says('no file', 3, qr/\A\z/, qr/no such file/, 'check', "$dir/none");
says('no request', 2, qr/\A\z/, qr/needs --request FILE/, 'validate', $spec);

done_testing();
