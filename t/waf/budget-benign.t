# api_waf_budget never refuses what is meant well: long texts, sources of
# programs, tables, numbers, files in base64, in each form that bodies have,
# under the rules for APIs, under the Core Rule Set, and under both.

use strict;
use warnings;
use ApiTest;
use ApiTest::Server;
use Cwd qw(abs_path);
use FindBin;
use File::Temp qw(tempdir);
use IO::Socket::UNIX;
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use Test::More;

plan skip_all => 'TEST_NGINX_LOAD_MODULES names no modules'
    if !$ENV{TEST_NGINX_LOAD_MODULES};

my $top = abs_path("$FindBin::Bin/../..");
chomp(my $crs = `cd $top && .ci/crs`);
my $dir = tempdir('api-test-XXXXXX', TMPDIR => 1, CLEANUP => 1);

my %sets = (core => 'core', crs => 'crs', both => 'core crs');
my $servers = '';
for my $set (sort keys %sets) {
    $servers .= <<"END";
    server {
        listen unix:$dir/$set.sock;
        api_waf $sets{$set} mode=monitor;
        location / { proxy_pass http://unix:$dir/up.sock; }
        location = /tight {
            api_waf_budget 1 base=1;
            proxy_pass http://unix:$dir/up.sock;
        }
    }
END
}

my $server = ApiTest::Server->start(
    workers => 1, main => 'user root;', location => 'return 200;',
    http => "api_waf_ruleset crs $crs/modsecurity.conf $crs/owasp-crs.load;"
        . " client_max_body_size 4m; api_body_limit 4m;"
        . " $servers server { listen unix:$dir/up.sock; return 204; }");

sub post {
    my ($set, $path, $type, $body) = @_;
    my $socket = IO::Socket::UNIX->new("$dir/$set.sock") or die "$set: $!\n";
    print {$socket} join("\r\n", "POST $path HTTP/1.1", 'Host: api.example.com',
        'Connection: close', 'Accept: */*', 'User-Agent: orders/1.0',
        "Content-Type: $type", 'Content-Length: ' . length $body, '', $body);
    local $/;
    my ($status) = (<$socket> // '') =~ m{^HTTP/1.1 (\d+)};
    return $status // 0;
}


# --- what is sent

srand 7;

my $json = JSON::PP->new->utf8->canonical;

sub text {
    my $all = '';
    for my $path (map { glob "$top/$_" } @_) {
        open my $in, '<:raw', $path or die "$path: $!\n";
        local $/;
        $all .= <$in>;
    }
    die "nothing in @_\n" if $all eq '';
    return $all;
}

my @words = grep { /^\w+[.,]?\z/ } split ' ', text('docs/guide/*.md');

sub prose {
    my ($n) = @_;
    my $text = '';
    $text .= $words[rand @words] . ' ' while length $text < $n;
    return substr $text, 0, $n;
}

sub escaped { return $_[0] =~ s/([^\w.-])/sprintf '%%%02X', ord $1/ger }
sub bytes { return join '', map { chr rand 256 } 1 .. $_[0] }
sub value { return ['application/json', $json->encode({ text => $_[0] })] }
sub items { return ['application/json', $json->encode([@_])] }
sub wide { return ['application/json', JSON::PP->new->utf8->encode({ text => $_[0] })] }

sub parts {
    return ['multipart/form-data; boundary=b',
        join('', map { "--b\r\n$_\r\n" } @_) . "--b--\r\n"];
}

my %sent = (
    'prose' => value(prose(250000)),
    'a page of documentation' => value(text('docs/guide/errors.md')),
    'sources in C' => value(text('ngx_api_waf_module/lib/api_sqli*.c')),
    'sources in JavaScript' => value(text('t/soak/*.mjs', 'docs/examples/lab/*.mjs')),
    'scripts of a shell' => value(text('.ci/*')),
    'JSON as text' => value(text('t/node/package-lock.json')),
    'JSON' => ['application/json', text('t/node/package-lock.json')],
    'Cyrillic' => wide(join ' ', map { join '', map { chr(0x430 + rand 32) } 1 .. 8 } 1 .. 8000),
    'Chinese' => wide(join '', map { chr(0x4e00 + rand 5000) } 1 .. 20000),
    'numbers' => items(map { int rand 1000 } 1 .. 60000),
    'places on a map' => items(map { [rand() * 180, rand() * 90] } 1 .. 8000),
    'orders' => items(map { { id => $_, name => prose(12), price => rand() * 10 } } 1 .. 2000),
    'empty values' => items(map { { a => '', b => undef, c => [] } } 1 .. 8000),
    'addresses' => items(map { "https://cdn.example.com/a/$_.png?w=300&h=200" } 1 .. 3000),
    'people' => items(map { { email => "user$_\@example.org", phone => "+49 30 $_" } } 1 .. 3000),
    'queries in a log' => items(map { "select name from orders where id = $_ or name like '%a%'" } 1 .. 1500),
    'faces' => items(map { "ok :) ;-) <3 (-: $_" } 1 .. 4000),
    'a file in base64' => value(encode_base64(bytes(300000), '')),
    'a picture' => value('data:image/png;base64,' . encode_base64(bytes(300000), '')),
    'a form of many fields' => ['application/x-www-form-urlencoded',
        join '&', map { "field$_=" . escaped(prose(20)) } 1 .. 900],
    'a form with a long text' => ['application/x-www-form-urlencoded', 'text=' . escaped(prose(120000))],
    'a form with a page' => ['application/x-www-form-urlencoded', 'page=' . escaped(text('docs/guide/a*.md'))],
    'parts' => parts(map { "Content-Disposition: form-data; name=\"f$_\"\r\n\r\n" . prose(200) } 1 .. 300),
    'a file' => parts("Content-Disposition: form-data; name=\"f\"; filename=\"a.bin\"\r\n"
        . "Content-Type: application/octet-stream\r\n\r\n" . bytes(600000)),
    'XML' => ['application/xml', '<o>' . join('', map { "<i id=\"$_\"><n>" . prose(14) . '</n></i>' } 1 .. 4000) . '</o>'],
    'lines of JSON' => ['application/x-ndjson', join "\n", map { $json->encode({ id => $_, t => prose(30) }) } 1 .. 4000],
    'a table' => ['text/csv', join "\n", map { join ',', $_, prose(10), rand() * 100, '2026-01-02' } 1 .. 8000],
    'YAML' => ['application/yaml', join '', map { "- id: $_\n  name: a\n" } 1 .. 2000],
    'a stack of calls' => ['text/plain', join "\n", map { "\tat com.example.Orders.get(Orders.java:$_)" } 1 .. 2000],
    'GraphQL' => ['application/json', $json->encode({ query => 'query Q($a: ID!) { '
        . join(' ', map { "o$_: order(id: \$a) { id lines { sku } }" } 1 .. 200) . ' }', variables => { a => 1 } })],
);

my @names = sort keys %sent;

for my $set (sort keys %sets) {
    for my $i (0 .. $#names) {
        is(post($set, "/$set/$i", @{ $sent{$names[$i]} }), 204, "$set: $names[$i]");
    }
    is(post($set, '/tight', @{ $sent{'a page of documentation'} }), 204, "$set: beyond a budget");
}

$server->stop;
my @over = $server->log =~ m{an inspection by .*?size allows.*?"POST (\S+) }g;

is((grep { $_ eq '/tight' } @over), 3, 'what is beyond a budget is told, once for all phases');
is(join(', ', map { m{^/(\w+)/(\d+)} ? "$1: $names[$2]" : () } @over), '',
    'nothing that is meant well is beyond the default');

done_testing();
