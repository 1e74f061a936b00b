# The rules for APIs (ngx_api_waf_module/rules), in nginx: every rule on
# requests that it is for and on others that look alike
# (t/waf/corpus/rules.txt), the table of the documentation, false alarms on
# requests that are meant well.

use strict;
use warnings;
use ApiTest;
use ApiTest::Run;
use ApiTest::Server;
use Cwd qw(abs_path);
use FindBin;
use File::Temp qw(tempdir);
use IO::Socket::UNIX;
use Test::More;

plan skip_all => 'TEST_NGINX_LOAD_MODULES names no modules'
    if !$ENV{TEST_NGINX_LOAD_MODULES};

$SIG{ALRM} = sub { die "it takes too long\n" };
alarm 240;

my $top = abs_path("$FindBin::Bin/../..");

sub text {
    my ($path) = @_;
    open my $in, '<:raw', "$top/$path" or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}

# A server for each level; nothing is refused, what matched is in a header.

my $dir = tempdir('api-test-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $servers = join '', map { <<"END" } 1 .. 3;
    server {
        listen unix:$dir/level$_.sock;
        location / {
            api_waf core mode=monitor;
            api_waf_paranoia $_;
            proxy_pass http://unix:$dir/up.sock;
            add_header X-Rules "\$api_waf_rules" always;
        }
    }
END

my $server = ApiTest::Server->start(
    workers => 1, main => 'user root;', location => 'return 200;',
    http    => "$servers server { listen unix:$dir/up.sock; return 200; }");

# The ids of the rules that match a request: its first line, headers, body.

sub ids {
    my ($text, $level) = @_;
    my ($head, $body) = split /\n\n/, $text, 2;
    my ($first, @fields) = split /\n/, $head;
    $body //= '';

    my $socket = IO::Socket::UNIX->new("$dir/level$level.sock")
        or die "level $level: $!\n";
    print {$socket} join("\r\n", "$first HTTP/1.1", 'Host: api.example.com',
        'Connection: close', @fields,
        length $body ? 'Content-Length: ' . length $body : (), '', $body);

    local $/;
    my $answer = <$socket> // '';
    return ("no answer: $answer") if $answer !~ m{^HTTP/1.1 200 };
    return $answer =~ /^X-Rules: (\S+)\r$/m ? split(/,/, $1) : ();
}

# The same request by apisec waf explain, which says what the log of nginx says.

sub explained {
    my ($text, $level) = @_;
    my ($head, $body) = split /\n\n/, $text, 2;
    my ($first, @fields) = split /\n/, $head;
    $body //= '';
    write_file("$dir/request", join("\r\n", "$first HTTP/1.1",
        'Host: api.example.com', 'Connection: close', @fields,
        length $body ? 'Content-Length: ' . length $body : (), '', $body));
    my $ran = apisec('waf', 'explain', 'core', '--request', "$dir/request",
        '--paranoia', $level, '--detect', '--ids');
    return split /\n/, $ran->{out};
}

# A page has no carriage returns: lines of multipart end in them.

sub crlf {
    my ($head, $body) = split /\n\n/, $_[0], 2;
    $body =~ s/\n/\r\n/g if $head =~ m{multipart/form-data};
    return join "\n\n", $head, defined $body ? $body : ();
}

my %tested;

for my $case (split /^=== /m, text('t/waf/corpus/rules.txt')) {
    next if $case !~ /^(\d+)(?: level (\d))? (.*)\n/;
    my ($id, $level, $what) = ($1, $2 || 1, $3);
    my ($attack, $benign) = split /\n---\n/, substr($case, $+[0]);
    $benign =~ s/\n\n?\z//;
    my $first = !$tested{$id}++;

    my @ids = ids($attack, $level);
    ok((grep { $_ eq $id } @ids), "$id: $what") or diag("@ids\n$attack");

    is(join(' ', sort(explained($attack, $level))), join(' ', sort @ids),
        '... by nginx and by apisec waf explain') if $first;

    # an error alone does not reach the threshold, a warning neither

    my $refused = grep { $_ eq 7609001 || $_ =~ /^76000/ } @ids;
    ok($refused || $id =~ /^(?:7600412|7601013|7601110)$/, '... is refused');

    @ids = ids($benign, $level);
    is("@ids", '', '... and what looks like it is not') or diag($benign);
}

# Each rule that scores has a case, and a row in the documentation with the
# level and the message that it has.

my (%rule, %severity, %owasp, %file);
my $files = '';

for my $path (map { substr $_, 1 + length $top }
    glob "$top/ngx_api_waf_module/rules/*.conf") {
    my $text = text($path);
    $file{$_} = $path =~ s{.*/}{}r for $text =~ /"id:(\d+)/g;
    $files .= $text;
}

while ($files =~ /"id:(\d+),(.*?)"\s*$/msg) {
    my ($id, $text) = ($1, $2);
    next if $text !~ /severity/ || $id == 7609001;
    my ($msg) = $text =~ /msg:'([^']*)'/;
    my ($level) = $text =~ m{paranoia-level/(\d)};
    $rule{$id} = "$level $msg";
    $severity{$id} = lc(($text =~ /severity:'(\w+)'/)[0]);
    ($owasp{$id}) = $text =~ m{OWASP-API/(API\d+)};
}

cmp_ok(scalar keys %rule, '>', 40, 'there are rules');
is(join(' ', grep { !$tested{$_} } sort keys %rule), '7600024',
    'each has a case, but the one for our own limits');

my %row;
for (split /\n/, text('docs/guide/waf-core-rules.md')) {
    $row{$1} = "$2 $3" if /^\| `(\d+)` \| (\d) \| (.*?) \| /;
}
is_deeply(\%row, \%rule, 'the documentation has a row for each');

# A page for each rule, and none for another: it says of the rule what the rule
# says, and its examples are what it says they are.

my %page = map { m{/(\d+)\.md$} ? ($1 => text(substr $_, 1 + length $top)) : () }
    glob "$top/docs/rules/*.md";
is_deeply([sort keys %page], [sort keys %rule], 'a page for each rule');
my $index = text('docs/rules/README.md');

for my $id (sort keys %page) {
    my ($level, $msg) = split / /, $rule{$id} // '', 2;
    my $text = $page{$id};

    like($text, qr/^# $id \Q$msg\E\n\nLevel $level, $severity{$id}\. /,
        "$id: its message, level and severity");
    like($text, qr/OWASP: $owasp{$id}:2023\. `$file{$id}`\./,
        '... its OWASP item and file');
    like($text, qr/^## $_\n\n\S/m, "... has: $_")
        for 'Why', 'An attack', 'What to do';
    like($index, qr/^\| \[$id\]\($id\.md\) \| $level \| $severity{$id} \| $owasp{$id}:2023 \| \Q$msg\E \|$/m,
        '... and is in the index');
    next if $id eq '7600024';

    my ($attack, $benign) = map { s/\n\z//r } $text
        =~ /^## An attack\n\n```http\n(.*?)```\n\n## Meant well\n\n```http\n(.*?)```/ms;
    my @ids = ids(crlf($attack), $level);
    ok((grep { $_ eq $id } @ids), '... its attack is found') or diag("@ids\n$attack");
    is(join(' ', ids(crlf($benign), $level)), '', '... what is meant well is not');
}

# Requests that are meant well.

my ($n, @alarms) = (0);
for my $request (split /^===\n/m, text('t/waf/corpus/requests.txt')) {
    next if $request =~ /^#/ || $request !~ /\S/;
    chomp $request;
    my @ids = ids($request, 1);
    push @alarms, "@ids: $request\n" if @ids;
    $n++;
}

cmp_ok($n, '>', 300, "$n benign requests");
cmp_ok(scalar @alarms, '<=', 1, 'one of them alarms') or diag(@alarms);
note(@alarms);

done_testing();
