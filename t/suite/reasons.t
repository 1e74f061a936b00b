#!/usr/bin/perl

# A page for every reason and for every rule of our own: none is missing, none
# is of something that is gone. (Those of checks are held by lint.t.)

use strict;
use warnings;
use lib 't/lib';

use ApiTest::Run;
use Test::More;

my %reason = map { my ($check, $reason, @words) = split /\t/;
    ("$check.$reason" => [$check, @words]) }
    split /\n/, apisec('why', '--list')->{out};
cmp_ok(scalar keys %reason, '>', 130, 'apisec knows the reasons');

# Those that the code gives are known: names of kinds stand in tables.

my %table = (
    leak     => ['ngx_api_sec_module/ngx_api_sec_leak_find.c', '_leak_reasons'],
    behavior => ['ngx_api_sec_module/ngx_api_sec_behavior_conf.c',
                 '_behavior_names'],
    waf      => ['ngx_api_waf_module/ngx_api_waf_answer.c', '_waf_nos'],
);

for my $check (sort keys %table) {
    my ($file, $name) = @{ $table{$check} };
    my ($text) = slurp($file) =~ /\Q$name\E\[[^\]]*\] = \{\n(.*?)^\};/ms;
    my @names = $check eq 'waf'
        ? $text =~ /NGX_API_CHECK_WAF, \w+,\s+ngx_string\("(\w+)"\)/g
        : $text =~ /ngx_string\("(\w+)"\)/g;
    push @names, slurp('ngx_api_sec_module/ngx_api_sec_leak.c')
        =~ /_leak_unseen = ngx_string\("(\w+)"\)/ if $check eq 'leak';
    push @names, slurp('ngx_api_waf_module/ngx_api_waf_patch.c')
        =~ /NGX_API_CHECK_WAF, \w+,\s+ngx_string\("(\w+)"\)/g
        if $check eq 'waf';
    cmp_ok(scalar @names, '>', 4, "$file has reasons");
    is_deeply([sort @names],
        [sort map { s/^\w+\.//r } grep { /^$check\./ } keys %reason],
        "... all of them are known, and no others");
}

my %page;
for my $path (glob 'docs/reasons/*.md') {
    my ($check) = $path =~ m{/(\w+)\.md$};
    next if $check eq 'README';
    my $text = slurp($path);

    like($text, qr/^# $check: \w/m, "$path is about $check");
    like($text, qr/^OWASP: API\d+:2023\. /m, '... with its OWASP item');
    like($text, qr/^## $_\n\n\S/m, "... has: $_") for 'Why', 'An attack';
    like(slurp('docs/reasons/README.md'), qr/\]\($check\.md\)/,
        '... and is in the index');

    for my $part (split /^(?=### )/m, $text) {
        next if $part !~ /^### (\S+)\n\n(.*?)\n\n(.*?)\n\z/s
             && $part !~ /^### (\S+)\n\n(.*?)\n\n(.*?)\n$/s;
        my ($id, @words) = ($1, map { s/\s+\z//r =~ s/\s+/ /gr } $2, $3);
        ok(!$page{$id}++, "$id once");
        is_deeply(\@words, [map { s/\s+/ /gr }
            @{ $reason{$id} // [] }[1, 2]], '... as apisec why says it');
    }
}
is_deeply([sort keys %page], [sort grep { !/^\*/ } keys %reason],
    'a page for each reason, and for no other');


# Rules of ours.

my (%rule, %all);
for my $path (glob 'ngx_api_waf_module/rules/*.conf') {
    my $text = slurp($path);
    for (split /^(?=Sec(?:Rule|Action)\b)/m, $text) {
        my ($id) = /\bid:(\d+)/ or next;
        $all{$id}++;
        $rule{$id} = $path if /\bmsg:/;    # others only count
    }
}
my $core = slurp('docs/guide/waf-core-rules.md');
my %told;
while ($core =~ /\b(76\d{5})(?: to (76\d{5}))?/g) {
    my ($from, $to) = ($1, $2 // $1);
    next if $to - $from > 20;       # what is set aside for them
    $told{$_}++ for $from .. $to;
}
for my $id (sort keys %rule) {
    ok($told{$id}, "rule $id ($rule{$id}) is described");
}
is(join(' ', grep { !$all{$_} } sort keys %told),
    '', 'none is described that is not there');

done_testing();
