package ApiTest::Schema;

# What the tests of the contract share: a description, a location that is
# under it, an application that says what came, and a section "calls".

use strict;
use warnings;

use ApiTest qw(json problem_like custom_sections);
use Exporter ();

our @EXPORT = qw(contract try_calls);


# for "eval" sections too, as ApiTest
sub import {
    Exporter::export(__PACKAGE__, 'Test::Base::Filter');
    goto &Exporter::import;
}


# The description, with what is given put in place of words of it.
sub contract {
    my (%with) = @_;

    my $text = <<'END';
openapi: 3.1.0
info: {title: Orders, version: '1'}
servers: [{url: /v1}]
paths:
  /orders:
    get:
      operationId: listOrders
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}
        - {name: tag, in: query, schema: {type: array, items: {type: string, maxLength: 8}}}
        - {name: X-Trace, in: header, schema: {type: string, pattern: '^[a-f0-9]{4}$'}}
        - {name: theme, in: cookie, schema: {enum: [dark, light]}}
      responses: {'200': {description: ok}}
    post:
      operationId: createOrder
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: '#/components/schemas/Order'}}
          application/x-www-form-urlencoded: {schema: {$ref: '#/components/schemas/Order'}}
      responses: {'201': {description: ok}}
  /orders/{orderId}:
    parameters:
      - {name: orderId, in: path, required: true, schema: {type: integer, minimum: 1}}
    get:
      operationId: getOrder
      responses: {'200': {description: ok}}
    delete:
      operationId: deleteOrder
      SECURITY
      responses: {'204': {description: ok}}
  /orders/{orderId}/lines/{line}:
    get:
      operationId: getLine
      parameters:
        - {name: orderId, in: path, required: true, schema: {type: string}}
        - {name: line, in: path, required: true, schema: {type: string}}
      responses: {'200': {description: ok}}
  /customers/{customerId}:
    get:
      operationId: getCustomer
      parameters:
        - {name: customerId, in: path, required: true, schema: {type: string}}
      responses: {'200': {description: ok}}
  /reports:
    get:
      operationId: reports
      x-internal: true
      responses: {'200': {description: ok}}
  /old:
    get:
      operationId: old
      deprecated: true
      x-sunset: 2000-01-01
      responses: {'200': {description: ok}}
  /aging:
    get:
      operationId: aging
      deprecated: true
      x-sunset: 2999-12-31
      responses: {'200': {description: ok}}
components:
  SCHEMES
  schemas:
    Order:
      type: object
      required: [item, quantity]
      properties:
        id: {type: integer, readOnly: true}
        item: {type: string, minLength: 1, maxLength: 20}
        quantity: {type: integer, minimum: 1, maximum: 9}
        note: {type: string}
END

    $text =~ s/^\s*SECURITY\n/$with{security} ? "      $with{security}\n" : ''/me;
    $text =~ s/^\s*SCHEMES\n/$with{schemes} ? "  $with{schemes}\n" : ''/me;
    return $text;
}


# Makes "calls" a section: Perl that gives [request, headers, verdict], where a
# request is a line with its body below, headers are text or undef, and the
# verdict is the status, or [status, code, what the answer has in it]. A block
# without a configuration gets a location that is under the contract.
sub try_calls {
    custom_sections('calls', 'spec');

    main::add_block_preprocessor(sub {
        my ($block) = @_;

        my $spec = defined $block->spec ? $block->spec : contract();
        my $files = $block->user_files // '';
        $block->set_value(user_files => ref $files
            ? [@$files, ['orders.yaml', $spec]]
            : [['orders.yaml', $spec]]);

        my $http = $block->http_config // '';
        $http = "api_schema_spec orders \$TEST_NGINX_HTML_DIR/orders.yaml"
            . " strict;\n$http" unless $http =~ /api_schema_spec/;
        $block->set_value(http_config => $http . application());

        my $up = 'proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;';
        $block->set_value(config => ($block->config
            // "location / { api_schema orders; UP }") =~ s/UP\b/$up/gr);
        set_calls($block) if defined $block->calls;
    });
    return;
}


sub application {
    return <<'END';
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / {
            return 200 "app $request_method $request_uri $http_content_length\n";
        }
    }
END
}


sub set_calls {
    my ($block) = @_;

    my $text  = $block->calls;
    my $calls = eval "package main; no strict; [do { $text }]"
        or die $block->name . ": calls: $@";

    $block->set_value(request => [map { $_->[0] } @$calls]);
    $block->set_value(more_headers => [map { $_->[1] // 'X-None: 1' } @$calls]);
    $block->set_value(error_code =>
        [map { ref $_->[2] ? $_->[2][0] : $_->[2] } @$calls]);
    $block->set_value(response_body_like =>
        [map { answer(ref $_->[2] ? $_->[2] : [$_->[2]]) } @$calls]);
    return;
}


sub answer {
    my ($verdict) = @_;

    my ($status, $code, @has) = @$verdict;
    return qr/\Aapp / if $status == 200 && !defined $code;
    return qr/\Q$code\E/ if $status == 200;

    my $like = problem_like(status => $status, code => $code // qr/./);
    my $ahead = join '', map { qr/(?=.*\Q$_\E)/s } @has;
    return qr/\A$ahead(?:$like)/s;
}

1;
