#!/usr/bin/perl
#
# differential.pl [-n N] [-s SEED]: N made-up requests to ModSecurity and to
# ngx_api_waf_module, under the same rules (see conformance.pl).  A payload,
# good or bad, is changed (encodings, case, comments) and put somewhere (query,
# form, JSON, XML, multipart, cookie, header, path).  The ids of rules must be
# the same; those of the tokenizers, which are not libinjection, do not count
# and are listed.

use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/../lib";
use ApiTest::Waf;
use MIME::Base64 qw(encode_base64);

my %opt = (n => 500, s => 1);
while (defined(my $word = shift)) {
    my ($name) = $word =~ /^-([ns])$/;
    $name && ($ARGV[0] // '') =~ /^\d+$/
        or die "usage: differential.pl [-n N] [-s SEED]\n";
    $opt{$name} = shift;
}

srand $opt{s};

my %tokenizer = map { $_ => 1 } qw(941100 941101 942100 942101);
my %without = (%tokenizer, 949110 => 1);    # the score that follows

my @payloads = (
    'shoes', 'Jane Doe', "O'Brien & Sons", 'a@example.org', '2026-11-25',
    '1 < 2 and 3 > 2', 'SELECT a size', 'price=10%', 'C:\\temp\\a.txt',
    '{"a":1}', 'Grüße', 'https://example.org/a?b=c', '/usr/share/doc', '--',
    'union of select workers', 'x' x 300, '', '0', '-1', '1e5', 'null',
    "1' or '1'='1", '1 UNION SELECT pw FROM users--', "'; DROP TABLE a;--",
    'sleep(5)#', '1 AND 1=1', '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>', 'javascript:alert(1)', '"><svg onload=a>',
    '../../../etc/passwd', '/etc/shadow', '..\\..\\boot.ini', '; cat /etc/passwd',
    '$(id)', '`id`', '|| ping 127.0.0.1', '${jndi:ldap://x/a}', '{{7*7}}',
    '<?php system(1);', 'php://input', 'http://169.254.169.254/', "a\r\nb: c",
    '() { :;}; echo', 'require("child_process")', '__proto__', 'O:1:"a":0:{}',
    'rO0ABXQ', 'java.lang.Runtime', "\xc0\xae\xc0\xae/", '%00', "a\0b",
);

sub pick { return $_[rand @_] }
sub hex_all { my ($s) = @_; $s =~ s/(.)/sprintf '%%%02x', ord $1/gse; return $s }

my @changes = (
    sub { $_[0] }, sub { $_[0] }, sub { $_[0] },
    sub { hex_all($_[0]) },
    sub { my $s = $_[0]; $s =~ s/(\w)/rand() < .5 ? uc $1 : lc $1/ge; $s },
    sub { my $s = $_[0]; $s =~ s{ }{/**/}g; $s },
    sub { my $s = $_[0]; $s =~ s/ /\t/g; $s },
    sub { my $s = $_[0]; $s =~ s/([<>'"])/'&#' . ord($1) . ';'/ge; $s },
    sub { my $s = $_[0]; $s =~ s/([<>'"])/sprintf '%%u%04x', ord $1/ge; $s },
    sub { my $s = $_[0]; $s =~ s/([a-z])/rand() < .2 ? sprintf('\\x%02x', ord $1) : $1/ge; $s },
    sub { encode_base64($_[0], '') },
    sub { $_[0] . $_[0] },
    sub { 'a b c ' . $_[0] . ' d' },
);

sub url { my ($s) = @_; $s =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/gse; return $s }

sub json {
    my ($s) = @_;
    utf8::decode($s) or $s =~ s/[^\x20-\x7e]/?/g;
    $s =~ s/(["\\])/\\$1/g;
    $s =~ s/([\x00-\x1f])/sprintf '\\u%04x', ord $1/ge;
    utf8::encode($s);
    return "\"$s\"";
}

sub xml {
    my ($s) = @_;
    $s =~ s/[^\x20-\x7e]/?/g;
    $s =~ s/&/&amp;/g;
    $s =~ s/</&lt;/g;
    $s =~ s/"/&quot;/g;
    return $s;
}

sub line { my ($s) = @_; $s =~ s/[\x00-\x1f\x7f]/ /g; return $s }

sub http {
    my ($method, $uri, $type, $body, @more) = @_;
    return join "\r\n", "$method $uri HTTP/1.1", 'Host: api.example',
        'User-Agent: differential', 'Accept: */*', 'Connection: close', @more,
        defined $type ? ("Content-Type: $type", 'Content-Length: ' . length $body,
            '', $body) : ('', '');
}

my %places = (
    query => sub { http('GET', '/a?x=1&q=' . url($_[0])) },
    name => sub { http('GET', '/a?' . url($_[0]) . '=1') },
    path => sub { http('GET', '/a/' . url($_[0]) . '/b') },
    form => sub { http('POST', '/a', 'application/x-www-form-urlencoded',
        'x=1&q=' . url($_[0])) },
    json => sub { http('POST', '/a', 'application/json',
        '{"a":[{"b":' . json($_[0]) . '},2,true]}') },
    key => sub { http('POST', '/a', 'application/json',
        '{' . json($_[0] . 'k') . ':"v"}') },
    xml => sub { http('POST', '/a', 'text/xml',
        '<?xml version="1.0"?><a><b>' . xml($_[0]) . '</b></a>') },
    multipart => sub { http('POST', '/a', 'multipart/form-data; boundary=XyZ',
        "--XyZ\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\n$_[0]\r\n"
        . "--XyZ--\r\n") },
    cookie => sub { my $s = line($_[0]); $s =~ s/;//g; $s =~ s/^ +| +$//g;
        http('GET', '/a', undef, undef, "Cookie: a=1; q=$s") },
    header => sub { http('GET', '/a', undef, undef, 'X-Value: ' . line($_[0])) },
    referer => sub { http('GET', '/a', undef, undef, 'Referer: http://x/?q='
        . url($_[0])) },
);

my $pair = ApiTest::Waf->new;
my (%count, %tokens, @differ);

for my $n (1 .. $opt{n}) {
    my $place = pick(sort keys %places);
    my $payload = pick(@changes)->(pick(@payloads));
    my $request = $places{$place}->($payload);
    my ($theirs, $ours) = $pair->ask($request);
    my %t = map { $_ => 1 } grep { !$without{$_} } @{$theirs // []};
    my %o = map { $_ => 1 } grep { !$without{$_} } @{$ours // []};
    my @plus = grep { !$t{$_} } sort keys %o;
    my @minus = grep { !$o{$_} } sort keys %t;

    $count{$place}{requests}++;
    $count{$place}{matched}++ if keys %t > 1;
    $payload =~ s/([^\x20-\x7e])/sprintf '\\x%02x', ord $1/ge;
    note_tokens('ours', $payload, $ours, $theirs);
    note_tokens('ModSecurity', $payload, $theirs, $ours);

    next if !@plus && !@minus;
    $count{$place}{differ}++;
    push @differ, "$place: only ours: @plus, only ModSecurity: @minus: "
        . substr($payload, 0, 80);
}

# Rules of a tokenizer that one side alone has.

sub note_tokens {
    my ($side, $payload, $has, $other) = @_;
    my %other = map { $_ => 1 } @{$other // []};
    my $what = join ' ', grep { $tokenizer{$_} && !$other{$_} } @{$has // []};
    $tokens{"only $side: $what: " . substr $payload, 0, 80}++ if $what;
    return;
}

my $sum = 0;
for my $place (sort keys %count) {
    printf "%-10s %5d requests, %4d with several rules, %4d differ\n", $place,
        $count{$place}{requests}, $count{$place}{matched} // 0,
        $count{$place}{differ} // 0;
    $sum += $count{$place}{differ} // 0;
}
print map { "$_\n" } @differ;
print map { "tokenizer, $_\n" } sort keys %tokens;
printf "%d of %d differ\n", $sum, $opt{n};
exit($sum > $opt{n} / 100 ? 1 : 0);
