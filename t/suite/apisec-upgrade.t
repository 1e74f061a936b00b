# apisec schema upgrade: an OpenAPI 2.0 document as 3.0 and 3.1, which then
# means the same. `make contract` compares it with swagger2openapi besides.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Run;
use File::Temp qw(tempdir);
use JSON::PP qw(decode_json);
use Test::More;

my $dir = tempdir(CLEANUP => 1);

my $TWO = <<'END';
swagger: '2.0'
info: {title: Shop, version: '1'}
host: api.example.com
basePath: /v1/
schemes: [https, http]
consumes: [application/json]
produces: [application/json, application/vnd.shop+json]
securityDefinitions:
  user: {type: basic}
  key: {type: apiKey, in: header, name: X-Key}
  code: {type: oauth2, flow: accessCode, authorizationUrl: 'https://a.example/a', tokenUrl: 'https://a.example/t', scopes: {read: all}}
  app: {type: oauth2, flow: application, tokenUrl: 'https://a.example/t', scopes: {}}
parameters:
  limit: {name: limit, in: query, type: integer, maximum: 10, exclusiveMaximum: true}
  thing: {name: thing, in: body, required: true, schema: {$ref: '#/definitions/Thing'}}
  token: {name: token, in: formData, type: string, maxLength: 4}
responses:
  gone: {description: gone, schema: {$ref: '#/definitions/Problem'}, headers: {X-List: {type: array, items: {type: integer}}}}
definitions:
  Problem: {type: object, properties: {code: {type: integer, x-nullable: true}}}
  Thing:
    type: object
    required: [name]
    discriminator: kind
    properties:
      kind: {type: string}
      name: {type: string, maxLength: 5}
      note: {type: string, x-nullable: true}
      size: {type: number, minimum: 0, exclusiveMinimum: true}
      parts: {type: array, items: {$ref: '#/definitions/Thing'}}
      $ref: {type: string}
paths:
  /things:
    get:
      operationId: list
      security: [{code: [read]}]
      parameters:
        - $ref: '#/parameters/limit'
        - {name: csv, in: query, type: array, items: {type: integer}}
        - {name: multi, in: query, type: array, collectionFormat: multi, items: {type: integer}}
        - {name: pipes, in: query, type: array, collectionFormat: pipes, items: {type: integer}}
        - {name: ssv, in: query, type: array, collectionFormat: ssv, items: {type: integer}}
        - {name: X-Ids, in: header, type: array, items: {type: integer}}
      responses:
        200: {description: ok, schema: {type: array, items: {$ref: '#/definitions/Thing'}}, examples: {application/json: []}}
        410: {$ref: '#/responses/gone'}
    post:
      operationId: make
      parameters: [{$ref: '#/parameters/thing'}]
      responses: {201: {description: ok}}
  /forms/{id}:
    parameters:
      - {name: id, in: path, required: true, type: integer}
      - {name: shared, in: formData, type: string, required: true}
    post:
      operationId: form
      responses: {200: {description: ok}}
    put:
      operationId: tags
      consumes: [application/x-www-form-urlencoded]
      parameters:
        - {name: tags, in: formData, type: array, items: {type: integer}, collectionFormat: csv, required: true}
        - $ref: '#/parameters/token'
      responses: {200: {description: ok}}
    patch:
      operationId: file
      schemes: [https]
      consumes: [multipart/form-data]
      parameters:
        - {name: picture, in: formData, type: file, required: true}
        - {name: title, in: formData, type: string, maxLength: 3}
      responses: {200: {description: ok, schema: {type: file}}}
END

spew("$dir/two.yaml", $TWO);


sub upgraded {
    my ($code, $notes, @args) = @_;
    my $got = apisec('schema', 'upgrade', @args);
    is($got->{code}, $code, "upgrade @args[1 .. $#args]: exit code");
    like($got->{err}, $notes, 'its notes');
    return $got->{out};
}


my @CALLS = (
    [0, 'passes: list', 'GET /v1/things?limit=9&csv=1,2&multi=1&multi=2&pipes=1|2&ssv=1%202', 'X-Ids: 1,2'],
    [1, 'query limit: exclusiveMaximum', 'GET /v1/things?limit=10'],
    [1, 'query csv /1: type', 'GET /v1/things?csv=1,x'],
    [1, 'query csv: duplicate', 'GET /v1/things?csv=1&csv=2'],
    [1, 'query multi /1: type', 'GET /v1/things?multi=1&multi=x'],
    [1, 'query pipes /1: type', 'GET /v1/things?pipes=1|x'],
    [1, 'query ssv /1: type', 'GET /v1/things?ssv=1%20x'],
    [1, 'header X-Ids /1: type', 'GET /v1/things', 'X-Ids: 1,x'],
    [0, 'passes: make', 'POST /v1/things', 'Content-Type: application/json', '{"kind":"Thing","name":"pen","note":null,"size":0.1,"parts":[{"kind":"Thing","name":"x"}]}'],
    [1, '/name: maxLength', 'POST /v1/things', 'Content-Type: application/json', '{"kind":"Thing","name":"pencil"}'],
    [1, '/parts/0: required', 'POST /v1/things', 'Content-Type: application/json', '{"kind":"Thing","name":"pen","parts":[{"kind":"Thing"}]}'],
    [1, '/size: exclusiveMinimum', 'POST /v1/things', 'Content-Type: application/json', '{"kind":"Thing","name":"pen","size":0}'],
    [1, '/name: type', 'POST /v1/things', 'Content-Type: application/json', '{"kind":"Thing","name":null}'],
    [1, 'required', 'POST /v1/things', 'X-None: 1'],
    [1, '415', 'POST /v1/things', 'Content-Type: application/xml', '<a/>'],
    [0, 'passes: form', 'POST /v1/forms/1', 'Content-Type: application/x-www-form-urlencoded', 'shared=1'],
    [1, 'body other: unknown', 'POST /v1/forms/1', 'Content-Type: application/x-www-form-urlencoded', 'other=1'],
    [1, 'body: required', 'POST /v1/forms/1', 'Content-Type: application/x-www-form-urlencoded', ''],
    [0, 'passes: tags', 'PUT /v1/forms/1', 'Content-Type: application/x-www-form-urlencoded', 'tags=1,2&token=abcd'],
    [1, '/tags/1: type', 'PUT /v1/forms/1', 'Content-Type: application/x-www-form-urlencoded', 'tags=1,x'],
    [1, '/token: maxLength', 'PUT /v1/forms/1', 'Content-Type: application/x-www-form-urlencoded', 'tags=1&token=abcde'],
    [0, 'passes: file', 'PATCH /v1/forms/1', 'Content-Type: multipart/form-data; boundary=b', part('picture"; filename="a.png', "\x01\xff") . part('title', 'abc') . "--b--\r\n"],
    [1, '/title: maxLength', 'PATCH /v1/forms/1', 'Content-Type: multipart/form-data; boundary=b', part('picture"; filename="a.png', "\x01\xff") . part('title', 'abcd') . "--b--\r\n"],
    [1, 'path id: type', 'POST /v1/forms/x', 'Content-Type: application/x-www-form-urlencoded', 'shared=1'],
);

sub part {
    my ($name, $text) = @_;
    return "--b\r\nContent-Disposition: form-data; name=\"$name\"\r\n\r\n$text\r\n";
}

for my $to ('3.0', '3.1') {
    my $out = upgraded(0, qr/\A\z/, "$dir/two.yaml", '--to', $to);
    my $doc = decode_json($out);
    my $file = "$dir/three-$to.json";
    spew($file, $out);

    like($doc->{openapi}, qr/\A\Q$to\E\.\d\z/, "it is $to");
    is_deeply([map { $_->{url} } @{$doc->{servers}}],
        ['https://api.example.com/v1', 'http://api.example.com/v1'], 'servers');
    is_deeply($doc->{components}{securitySchemes}{user},
        {type => 'http', scheme => 'basic'}, 'basic');
    is_deeply($doc->{components}{securitySchemes}{code}, {type => 'oauth2',
        flows => {authorizationCode => {authorizationUrl => 'https://a.example/a',
            tokenUrl => 'https://a.example/t', scopes => {read => 'all'}}}},
        'an OAuth flow');
    is_deeply([sort keys %{$doc->{components}{securitySchemes}{app}{flows}}],
        ['clientCredentials'], 'another');
    is_deeply([sort keys %{$doc->{paths}{'/things'}{get}{responses}{200}{content}}],
        ['application/json', 'application/vnd.shop+json'], 'what is produced');
    is_deeply($doc->{paths}{'/things'}{get}{responses}{410},
        {'$ref' => '#/components/responses/gone'}, 'a response elsewhere');
    is_deeply($doc->{components}{schemas}{Thing}{properties}{'$ref'},
        {type => 'string'}, 'a member called $ref');
    is_deeply($doc->{components}{schemas}{Problem}{properties}{code},
        $to eq '3.0' ? {type => 'integer', nullable => JSON::PP::true}
            : {type => ['integer', 'null']}, 'null');
    is_deeply($doc->{paths}{'/forms/{id}'}{patch}{servers},
        [{url => 'https://api.example.com/v1'}], 'a server of one operation');
    is_deeply([grep { /swagger|host|basePath|schemes|consumes|produces|definitions/ }
        keys %$doc], [], 'nothing of 2.0 is left');

    my $checked = apisec('schema', 'check', $file);
    is($checked->{code}, 0, 'the contract takes it') or diag($checked->{err});

    for my $call (@CALLS) {
        my ($code, $says, $line, $header, $body) = @$call;
        spew("$dir/request", join "\r\n", "$line HTTP/1.1", 'Host: a',
            $header // 'X-None: 1', '', $body // '');
        my $got = apisec('schema', 'validate', $file, '--request', "$dir/request");
        is($got->{code}, $code, "$line: exit code") or diag("$got->{out}$got->{err}");
        like($got->{out}, qr/\Q$says\E/, 'and why');
    }
}

# what 3 cannot say

spew("$dir/odd.yaml", <<'END');
swagger: 2.0
info: {title: t, version: '1'}
paths:
  /a:
    get:
      parameters:
        - {name: t, in: query, type: array, collectionFormat: tsv, items: {type: integer}}
      responses: {default: {description: ok, schema: {$ref: 'other.yaml#/definitions/X'}}}
END

my $odd = decode_json(upgraded(1,
    qr{note: get /a: parameter "t": .*collectionFormat.*\n.*note: get /a: \$ref "other.yaml#/definitions/X": upgrade that file, too}s,
    "$dir/odd.yaml"));
is_deeply($odd->{paths}{'/a'}{get}{parameters}[0],
    {name => 't', in => 'query', schema => {type => 'string'}}, 'a string now');
is_deeply($odd->{paths}{'/a'}{get}{responses}{default}{content},
    {'*/*' => {schema => {'$ref' => 'other.yaml#/components/schemas/X'}}},
    'a reference into the other file');
is_deeply($odd->{servers}, [{url => '/'}], 'no host');

upgraded(1, qr{three-3.0.json: no OpenAPI 2.0}, "$dir/three-3.0.json");
upgraded(2, qr{--to takes 3.0 or 3.1}, "$dir/two.yaml", '--to', '4');

spew("$dir/no.yaml", '[');
upgraded(1, qr{no.yaml: .*line}, "$dir/no.yaml");

done_testing();
