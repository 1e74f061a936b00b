# The rules for APIs and Debian's Core Rule Set in one api_waf: no id stands
# twice, each finds what it finds alone, scores add up to one verdict, and
# together they refuse no more requests that are meant well than the Core Rule
# Set does alone.

use strict;
use warnings;
use ApiTest;
use ApiTest::Server;
use Cwd qw(abs_path);
use FindBin;
use File::Temp qw(tempdir);
use IO::Socket::UNIX;
use Test::More;

plan skip_all => 'TEST_NGINX_LOAD_MODULES names no modules'
    if !$ENV{TEST_NGINX_LOAD_MODULES};

$SIG{ALRM} = sub { die "it takes too long\n" };
alarm 300;

my $top = abs_path("$FindBin::Bin/../..");
chomp(my $crs = `cd $top && .ci/crs`);
my $dir = tempdir('api-test-XXXXXX', TMPDIR => 1, CLEANUP => 1);

sub text {
    my ($path) = @_;
    open my $in, '<:raw', "$top/$path" or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}

# Methods that an API has, which the Core Rule Set has to be told of.

write_file("$dir/methods.conf", <<'END');
SecAction "id:900200,phase:1,nolog,pass,t:none,\
    setvar:'tx.allowed_methods=GET HEAD POST OPTIONS PUT PATCH DELETE'"
END

my %sets = (core => 'core', crs => 'crs', both => 'core crs');
my $servers = '';
for my $set (sort keys %sets) {
    for my $threshold ('', 'api_waf_threshold in=1000;') {
        my $name = $set . ($threshold ? '.high' : '');
        $servers .= <<"END";
    server {
        listen unix:$dir/$name.sock;
        location / {
            api_waf $sets{$set};
            $threshold
            proxy_pass http://unix:$dir/up.sock;
        }
        add_header X-Rules "\$api_waf_rules" always;
        add_header X-Score "\$api_waf_score" always;
    }
END
    }
}

my $server = ApiTest::Server->start(
    workers => 1, main => 'user root;', location => 'return 200;',
    http => "api_waf_ruleset crs $crs/modsecurity.conf $dir/methods.conf"
        . " $crs/owasp-crs.load;"
        . "$servers server { listen unix:$dir/up.sock; return 204; }");

# { status, ids, score } of a request, its first line, headers, body.

sub ask {
    my ($set, $text) = @_;
    my ($head, $body) = split /\n\n/, $text, 2;
    my ($first, @fields) = split /\n/, $head;
    $body //= '';
    push @fields, 'Accept: application/json'
        if !grep { /^Accept:/i } @fields;
    push @fields, 'User-Agent: orders-client/1.0'
        if !grep { /^User-Agent:/i } @fields;

    my $socket = IO::Socket::UNIX->new("$dir/$set.sock") or die "$set: $!\n";
    print {$socket} join("\r\n", "$first HTTP/1.1", 'Host: api.example.com',
        'Connection: close', @fields,
        length $body ? 'Content-Length: ' . length $body : (), '', $body);

    local $/;
    my $answer = <$socket> // '';
    my ($status) = $answer =~ m{^HTTP/1.1 (\d+)};
    my ($rules) = $answer =~ /^X-Rules: (\S+)\r$/m;
    my ($score) = $answer =~ /^X-Score: (\S+)\r$/m;
    return { status => $status // 0, score => $score // 0,
        ids => { map { $_ => 1 } split /,/, $rules // '' } };
}

sub refused { my ($got) = @_; return $got->{status} == 403 || $got->{status} == 400 }

# What one of them knows alone, both know together; what both know counts
# twice.

my @attacks = (
    ['core', 'a document database', "POST /login\nContent-Type: application/json\n\n"
        . '{"user":{"$ne":null},"password":{"$ne":null}}'],
    ['core', 'a prototype', "POST /a\nContent-Type: application/json\n\n"
        . '{"__proto__":{"admin":true}}'],
    ['core', 'SQL in a path', 'GET /orders/7%20union%20select%201,2--'],
    ['crs', 'a shell', 'GET /a?f=%3Bcat%20%2Fetc%2Fpasswd'],
    ['crs', 'PHP', 'GET /a?f=%3C%3Fphp%20system%28%24_GET%5B1%5D%29'],
    ['crs', 'a scanner', "GET /a\nUser-Agent: sqlmap/1.0"],
    ['both', 'SQL', "GET /a?q=1%27%20or%20%271%27%3D%271"],
);

for (@attacks) {
    my ($who, $what, $request) = @$_;
    my %got = map { $_ => ask($_, $request) } sort keys %sets;

    ok(refused($got{both}), "$what: refused by both together");
    ok(refused($got{$who}), "... and by $who alone") if $who ne 'both';
    is(!!refused($got{crs}), '', '... not by the Core Rule Set alone')
        if $who eq 'core' && $what ne 'SQL in a path';

    # One of the two ends it by its own rule, before the other has counted all.

    my %alone = (%{$got{core}{ids}}, %{$got{crs}{ids}});
    is_deeply([grep { !$alone{$_} && !/^949/ } sort keys %{$got{both}{ids}}], [],
        '... by rules of theirs alone');
    next if $got{both}{ids}{7609001};
    cmp_ok($got{both}{score}, '>=', $got{$_}{score}, "... with the score of $_, or more")
        for qw(core crs);
}

# Scores of both in one sum, where no threshold ends it before.

my %score = map { $_ => ask("$_.high", $attacks[-1][2])->{score} } keys %sets;
cmp_ok($score{core}, '>', 0, 'ours score');
cmp_ok($score{crs}, '>', 0, 'theirs score');
is($score{both}, $score{core} + $score{crs}, 'the scores of both are added');

# Meant well.

my (%n, @more);
for my $request (split /^===\n/m, text('t/waf/corpus/requests.txt')) {
    next if $request =~ /^#/ || $request !~ /\S/;
    chomp $request;
    my %got = map { $_ => ask($_, $request) } sort keys %sets;
    $n{all}++;
    $n{$_} += refused($got{$_}) ? 1 : 0 for keys %sets;
    push @more, $request
        if refused($got{both}) && !refused($got{core}) && !refused($got{crs});
}

cmp_ok($n{all}, '>', 100, 'there are requests that are meant well');
cmp_ok($n{core}, '<=', 1, 'the rules for APIs refuse one of them');
note("of $n{all}, the Core Rule Set refuses $n{crs}, both together $n{both}");
is($n{both}, $n{crs}, 'with them the Core Rule Set refuses no more than without')
    or diag(join "\n", @more);
done_testing;
