# SecLang: the page of what is supported beside the code; apisec waf check and
# explain, with rules of our own and with the whole of Debian's Core Rule Set.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Run;
use File::Temp qw(tempdir);
use Test::More;

my $lib = 'ngx_api_waf_module/lib';
my $page = slurp('docs/guide/waf-seclang.md');
my $dir = tempdir(CLEANUP => 1);


sub section {
    my ($title) = @_;
    my ($text) = $page =~ /^## \Q$title\E\n(.*?)(?=^## |\z)/ms
        or die "no section $title";
    return $text;
}

sub words {
    my ($text, $pattern) = @_;
    my %w;
    while ($text =~ /`([^`\n]+)`/g) {
        my $word = $1;
        $w{$word} = 1 if $word =~ /\A(?:$pattern)\z/;
    }
    return [sort keys %w];
}

sub names {
    my ($file, $pattern) = @_;
    my %n = map { $_ => 1 } slurp("$lib/$file") =~ /$pattern/g;
    return [sort keys %n];
}

is_deeply(words(section('Directives'), 'Sec\w+|Include\w*'),
    names('api_seclang_directive.c',
        qr/API_D\w*\(\s*"(\w+)"/), 'directives: page and code');

is_deeply(words(section('Targets'), '[A-Z][A-Z_]+'),
    [sort grep { defined } @{names('api_waf_value.c',
        qr/API_WAF_VAR\((\w+), (?:DICT|SCALAR|STORE)/)}],
    'variables: page and code');

my ($actions, $ctl) = split /^ctl:/m, section('Actions'), 2;
my %refused = map { $_ => 1 } @{words($actions =~ /Refused: (.*?)\.\n/s, '\w+')};

is_deeply([grep { !$refused{$_} } @{words($actions, '\w+')}],
    names('api_seclang_action.c', qr/API_DO\w*\("(\w+)"/),
    'actions: page and code');

my $text = slurp("$lib/api_seclang_ctl.c");
my %ctl = map { $_ => 1 } $text =~ /^    \{ "(\w+)", (?:api_seclang_\w+, )?API_WAF_DO/mg;
my ($idle) = $text =~ /api_seclang_ctl_idle\[\] = \{(.*?)\}/s;
$ctl{$_} = 1 for $idle =~ /"(\w+)"/g;
is_deeply([grep { $_ ne 'api_waf' } @{words($ctl =~ /\A(.*?)\n\n/s, '[a-z]\w+')}],
    [sort keys %ctl], 'ctl: page and code');

for my $name (sort keys %refused) {
    spew("$dir/rules", "SecRule ARGS x \"id:1,phase:2,$name:x\"\n");
    is(apisec('waf', 'check', "$dir/rules")->{code}, 1, "$name is refused");
}


sub check {
    my ($what, $code, $out, $err, @rules) = @_;

    my $got = apisec('waf', 'check', @rules);
    is($got->{code}, $code, "$what: exit code") or diag($got->{err});
    like($got->{out}, $out, "$what: output");
    like($got->{err}, $err, "$what: errors");
    return;
}

sub explains {
    my ($what, $code, $out, $request, @args) = @_;

    spew("$dir/request", $request);
    my $got = apisec('waf', 'explain', @args, '--request', "$dir/request");
    is($got->{code}, $code, "$what: exit code") or diag($got->{err});
    like($got->{out}, $out, $what);
    return;
}

spew("$dir/rules", <<'RULES');
SecRule ARGS "@rx (evil)" \
    "id:1,phase:2,deny,status:406,capture,t:urlDecode,t:lowercase,\
    severity:CRITICAL,msg:'Found %{tx.1}',logdata:'%{MATCHED_VAR_NAME}',\
    setvar:tx.anomaly_score=+5"
SecRule REQUEST_METHOD "@streq DELETE" "id:2,phase:1,pass,nolog"
SecRule RESPONSE_BODY "secret" "id:3,phase:4,deny"
SecAuditLog /var/log/x
RULES
spew("$dir/bad", "# one\nSecRule ARGS \"\@rx (\" \"id:1,phase:2\"\n");

check('rules', 0,
    qr{\Anote: \Q$dir\E/rules:7: SecAuditLog has no effect.*\n3 rules, 0 of them removed; in phases 1 to 5: 1 1 0 1 0\nby paranoia level: 3 always, 0 from 1 on, 2: 0, 3: 0, 4: 0; the files ask for 1\n},
    qr/\A\z/, "$dir/rules");

spew("$dir/odd", <<'RULES');
SecRule GEO:COUNTRY_CODE "@streq XX" "id:1,phase:2,deny"
SecRule FILES_TMPNAMES "@rx x" "id:2,phase:2,deny"
SecRule REMOTE_ADDR "@geoLookup" "id:3,phase:2,deny"
SecRule ARGS "!@rx ^[a-z]+$" "id:4,phase:2,deny"
SecRule ARGS "@rx ^\w+$" "id:5,phase:2,deny"
SecRule ARGS "@rx select.+from" "id:6,phase:2,deny"
SecRule ARGS:one "!@rx ^[a-z]+$" "id:7,phase:2,deny"
SecRule ARGS "@rx [<>]" "id:8,phase:2,deny"
RULES

my $odd = apisec('waf', 'check', "$dir/odd")->{out};
like($odd, qr{^note: \Q$dir\E/odd:1: GEO is always empty}m,
    'a rule on GEO can never match, and it is said');
like($odd, qr{^note: \Q$dir\E/odd:2: FILES_TMPNAMES is always empty}m,
    'nor one on FILES_TMPNAMES');
like($odd, qr{^note: \Q$dir\E/odd:3: rule 3: never matches: there is no database}m,
    'nor one with @geoLookup');
is_deeply([$odd =~ /^slow: \S+ rule (\d+): /mg], [4, 5],
    'slow: patterns that words do not escape, and no others');

check('a mistake', 1, qr/\A\z/, qr{\Aapisec: \Q$dir\E/bad:2: \@rx: }, "$dir/bad");
check('no file', 1, qr/\A\z/, qr/no such file/, "$dir/none");
check('several, and a pattern', 1, qr/\A\z/, qr/id 1 is taken by/,
    "$dir/rules", "$dir/rule[s]");

my $get = "GET /?q=%s HTTP/1.1\r\nHost: a\r\n\r\n";

explains('an attack', 1, qr/\A1  phase 2  CRITICAL  Found evil
    ARGS:q = "%EVIL\\x01"
        urlDecode,lowercase: "%evil\\x01"
        \@rx
    logdata: ARGS:q
    score: 5
refused: 406 by rule 1 in phase 2, score 5
\z/, sprintf($get, '%25EVIL%01'), "$dir/rules");
explains('its benign twin', 0, qr/\Apasses, score 0\n\z/, sprintf($get, 'live'),
    "$dir/rules");
explains('monitor', 0, qr/^would be refused: 406 by rule 1/m,
    sprintf($get, 'evil'), "$dir/rules", '--detect');
for my $path (qw(/ /z /zz /abc)) {
    spew("$dir/path", "SecRule REQUEST_FILENAME \"\@streq $path\" \"id:1,phase:1,deny\"\n");
    explains("the target $path ends before the protocol", 1, qr/^refused/m,
        "GET $path HTTP/1.1\r\nHost: a\r\n\r\n", "$dir/path");
}
explains('nolog is not shown', 0, qr/\Apasses/, "DELETE / HTTP/1.1\n\n",
    "$dir/rules");
explains('but with --all', 0, qr/\A2  phase 1\n/, "DELETE / HTTP/1.1\n\n",
    "$dir/rules", '--all');
explains('--ids', 1, qr/\A1\n\z/, sprintf($get, 'evil'), "$dir/rules", '--ids');

spew("$dir/answer", "HTTP/1.1 200 OK\nContent-Type: text/plain\n\nthe secret");
explains('an answer', 1, qr/^refused: 403 by rule 3 in phase 4/m,
    sprintf($get, 'a'), "$dir/rules", '--response', "$dir/answer");

is(apisec('waf', 'explain', "$dir/rules")->{code}, 2, 'no --request');
is(apisec('waf', 'frob')->{code}, 2, 'no such command');


# The whole set, by one file of Debian's.

chomp(my $crs = `.ci/crs`);
ok($? == 0 && -d $crs, 'the Core Rule Set') or done_testing(), exit;

my @crs = ("$crs/modsecurity.conf", "$crs/owasp-crs.load");

check('Debian\'s Core Rule Set and modsecurity.conf', 0,
    qr/^641 rules, 0 of them removed; in phases 1 to 5: 149 394 24 58 16\nby paranoia level: 257 always, 214 from 1 on, 2: 97, 3: 66, 4: 7; the files ask for 1\nSecRuleEngine DetectionOnly, request bodies on, response bodies on\n\z/m,
    qr/\A\z/, @crs);

my $post = "POST /orders HTTP/1.1\r\nHost: www.example.com\r\nAccept: */*\r\n"
    . "User-Agent: test\r\nContent-Type: application/json\r\n"
    . "Content-Length: 100\r\n\r\n";

explains('a good order', 0, qr/\Apasses, score 0\n\z/,
    "$post\{\"item\":\"pen\",\"note\":\"before noon, please\"}", @crs);
explains('script in JSON', 1,
    qr/^941110  phase 2  CRITICAL .*\n    ARGS:json\.a\.array_1\.b = "<script>.*^refused: 403 by rule 949110 in phase 2, score \d+\n\z/ms,
    "$post\{\"a\":[1,{\"b\":\"<script>alert(1)</script>\"}]}", @crs);
explains('paranoia 1 lets pass', 0, qr/\Apasses/,
    "$post\{\"a\":\"see !!!! and ???? and ----\"}", @crs);
explains('what paranoia 4 does not', 1, qr/^refused/m,
    "$post\{\"a\":\"see !!!! and ???? and ----\"}", @crs, '--paranoia', 4);

done_testing();
