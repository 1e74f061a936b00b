# Attacks of every class (t/waf/corpus/payloads.txt) at every place of a request
# where a value can stand, under api_waf core at level 1: each is refused but
# where the corpus says that it is not, and what it says so of does pass, so that
# a limit that is none any more is noticed. At the same places, what is meant
# well: the benign values that the tokenizers are measured with.

use strict;
use warnings;
use ApiTest;
use ApiTest::Server;
use Cwd qw(abs_path);
use FindBin;
use File::Temp qw(tempdir);
use IO::Socket::UNIX;
use MIME::Base64 qw(encode_base64 encode_base64url);
use Test::More;

plan skip_all => 'TEST_NGINX_LOAD_MODULES names no modules'
    if !$ENV{TEST_NGINX_LOAD_MODULES};

$SIG{ALRM} = sub { die "it takes too long\n" };
alarm 500;

my $top = abs_path("$FindBin::Bin/../..");
my $dir = tempdir('api-test-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $server = ApiTest::Server->start(
    workers => 1, main => 'user root;', location => 'return 200;',
    http    => <<"END");
    large_client_header_buffers 4 32k;
    server {
        listen unix:$dir/waf.sock;
        location / { api_waf core; proxy_pass http://unix:$dir/up.sock; }
    }
    server { listen unix:$dir/up.sock; return 200; }
END

# A value as it is written at a place.

sub percent { return $_[0] =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/ger }
sub base64 { return encode_base64($_[0], '') }

sub xml {
    my %e = ('&' => 'amp', '<' => 'lt', '>' => 'gt', '"' => 'quot');
    return $_[0] =~ s/([&<>"])/&$e{$1};/gr;
}

sub escaped {
    return $_[0] =~ s/([\x00-\x1f"\\\x7f])/sprintf '\\u%04x', ord $1/ger;
}

sub all_escaped { return $_[0] =~ s/([\x00-\x7f])/sprintf '\\u%04x', ord $1/ger }
sub line { return $_[0] =~ s/[\r\n\0]/ /gr }

# Requests: a line, a header or none, a body.

sub get { return ["GET $_[0]", $_[1] // 'Accept: */*', ''] }

sub post {
    my ($type, $body) = @_;
    return ['POST /x', "Content-Type: $type", $body];
}

sub in_json { return post('application/json', @_) }
sub form { return post('application/x-www-form-urlencoded', @_) }
sub document { return post('application/xml', @_) }
sub yaml { return post('application/yaml', @_) }

sub multipart {
    my ($how, $body) = @_;
    return post('multipart/form-data; boundary=AbC', "--AbC\r\n"
        . "Content-Disposition: form-data; $how\r\n\r\n$body\r\n--AbC--\r\n");
}

my %place = (
    query => sub { get('/x?id=1&q=' . percent($_[0])) },
    query2 => sub { get('/x?q=' . percent(percent($_[0]))) },
    qname => sub { get('/x?' . percent($_[0]) . '=1') },
    path => sub { get('/orders/' . percent($_[0]) . '/x') },
    header => sub { get('/x', 'X-Filter: ' . line($_[0])) },
    cookie => sub { get('/x', 'Cookie: s=1; q=' . percent($_[0])) },
    form => sub { form('a=1&q=' . percent($_[0])) },

    json => sub { in_json(qq({"a":1,"q":"@{[escaped($_[0])]}"})) },
    jsonu => sub { in_json(qq({"q":"@{[all_escaped($_[0])]}"})) },
    jsondeep => sub { in_json(qq({"a":[{"b":{"q":["x","@{[escaped($_[0])]}"]}}]})) },
    jsonkey => sub { in_json(qq({"@{[escaped($_[0])]}":1})) },
    jsonroot => sub { in_json(qq("@{[escaped($_[0])]}")) },
    jsonstr => sub {
        my $inner = qq({"q":"@{[escaped($_[0])]}"});
        in_json(qq({"p":"@{[escaped($inner)]}"}));
    },
    jsonform => sub { form(qq({"q":"@{[escaped($_[0])]}"})) },
    jsontext => sub { post('text/plain', qq({"q":"@{[escaped($_[0])]}"})) },
    ndjson => sub {
        post('application/x-ndjson', qq({"a":1}\n{"q":"@{[escaped($_[0])]}"}\n));
    },
    gqlarg => sub {
        my $query = qq({user(id:"@{[escaped($_[0])]}"){name}});
        in_json(qq({"query":"@{[escaped($query)]}"}));
    },
    gqlvar => sub {
        in_json(q({"query":"query($i:ID!){user(id:$i){name}}","variables":)
            . qq({"i":"@{[escaped($_[0])]}"}}));
    },

    multipart => sub { multipart('name="q"', $_[0]) },
    filename => sub {
        my $name = $_[0] =~ s/["\r\n\0]/_/gr;
        multipart(qq(name="f"; filename="$name"), 'x');
    },

    xml => sub {
        document('<a><id>1</id><n>bob</n><q>' . xml($_[0]) . '</q><z>y</z></a>');
    },
    xml1 => sub { document('<q>' . xml($_[0]) . '</q>') },
    xmlattr => sub { document('<a id="1" q="' . xml($_[0]) . '"/>') },
    cdata => sub { document("<a><id>1</id><q><![CDATA[$_[0]]]></q></a>") },

    text => sub { post('text/plain', $_[0]) },
    textline => sub { post('text/plain', "hello world\n$_[0]\nbye") },
    notype => sub { ['POST /x', 'Accept: */*', $_[0]] },
    octet => sub { post('application/octet-stream', $_[0]) },
    formtext => sub { post('text/plain', 'a=1&q=' . percent($_[0])) },
    csv => sub {
        post('text/csv', qq(id,name\n1,"@{[$_[0] =~ s/"/""/gr]}"\n2,bob\n));
    },
    yaml => sub { yaml("id: 1\nq: '@{[$_[0] =~ s/'/''/gr]}'\nz: end\n") },
    yamld => sub { yaml(qq(id: 1\nl:\n- x\n- "@{[escaped($_[0])]}"\n)) },
    yamlb => sub { yaml("id: 1\nq: |\n  @{[$_[0] =~ s/\n/\n  /gr]}\nz: end\n") },

    b64json => sub { in_json(qq({"q":"@{[base64($_[0])]}"})) },
    b64query => sub { get('/x?q=' . percent(base64($_[0]))) },
    b64url => sub { get('/x?q=' . encode_base64url($_[0])) },
    b64cookie => sub { get('/x', 'Cookie: q=' . percent(base64($_[0]))) },
    b64xml => sub {
        document('<a><id>1</id><q>' . base64($_[0]) . '</q></a>');
    },
);

# Classes that are attacks at these places, others are none there.

my %only = (
    header   => 'sqli xss rce ssti lfi ldap ssrf jwt',
    path     => 'sqli xss ssti lfi',
    qname    => 'sqli xss',
    jsonkey  => 'sqli xss',
    filename => 'sqli xss rce ssti lfi',
);

# 403 and 400 are refusals; nothing: no answer.

sub status {
    my ($line, $header, $body) = @{ $_[0] };
    my $socket = IO::Socket::UNIX->new("$dir/waf.sock") or die "connect: $!\n";
    print {$socket} join("\r\n", "$line HTTP/1.1", 'Host: api.example.com',
        'Connection: close', $header,
        length $body ? 'Content-Length: ' . length $body : (), '', $body);
    local $/;
    return (<$socket> // '') =~ m{^HTTP/1\.1 (\d+) } ? $1 : '';
}

sub lines {
    my ($file) = @_;
    open my $in, '<:raw', "$top/t/waf/corpus/$file" or die "$file: $!\n";
    chomp(my @lines = <$in>);
    return grep { !/^(#|$)/ } @lines;
}

sub bytes { return $_[0] =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger }

my ($class, @cases);

for (lines('payloads.txt')) {
    if (/^== (\w+)/) {
        $class = $1;
    } elsif (/^    not (.+)/) {
        $cases[-1]{not} = { map { $_ => 1 } split ' ', $1 };
    } else {
        push @cases, { class => $class, text => $_, not => {} };
    }
}

my ($sent, $refused) = (0, 0);

for my $case (@cases) {
    my @wrong;

    for my $place (sort keys %place) {
        my $only = $only{$place};
        next if $only && " $only " !~ / $case->{class} /;

        my $status = status($place{$place}->(bytes($case->{text})));
        my $no = $status =~ /^40[03]$/;
        $sent++;
        $refused += $no;
        push @wrong, "$place: $status"
            if $case->{not}{$place} ? $status ne '200' : !$no;
    }

    is("@wrong", '', "$case->{class}: $case->{text}");
}

cmp_ok($sent, '>', 9_000, "$sent attacks");
cmp_ok($refused / $sent, '>', 0.99, "$refused of them are refused");

# What is meant well, by the values that alarm at most.

my %alarms = ('sqli-benign.txt' => 1, 'xss-benign.txt' => 5);

for my $file (sort keys %alarms) {
    my ($n, %alarm) = (0);

    for my $text (lines($file)) {
        my $value = bytes($text =~ s/\+/ /gr);

        for my $place (sort keys %place) {
            next if $place eq 'filename' && $value =~ /['\\\/]/;
            next if $place eq 'yamlb' && $value =~ /^[\s%]|^-|[^\x20-\x7e]/;
            next if $place eq 'jsonform';    # is none that is meant well
            next if $place eq 'cdata' && $value =~ /\]\]>/;
            my $status = status($place{$place}->($value));
            $n++;
            push @{ $alarm{$text} }, "$place: $status" if $status ne '200';
        }
    }

    cmp_ok(scalar keys %alarm, '<=', $alarms{$file},
        "$file: $n requests") or diag(map { "$_: @{$alarm{$_}}\n" } keys %alarm);
    note(map { "$_: @{$alarm{$_}}\n" } sort keys %alarm);
}

done_testing();
