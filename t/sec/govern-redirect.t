#!/usr/bin/perl

# api_exception and the WAF, where a request is looked at more than once: in
# slices, and again in the location that an internal redirect leads to.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Event;
use ApiTest::Server;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep);

my $rules = <<'END';
SecRuleEngine On
SecRequestBodyAccess On
SecRule ARGS "@contains evil" "id:100,phase:2,deny,status:403"
SecRule ARGS "@rx (a|b|c)+d{2}x[^y]+z{3}" "id:101,phase:2,deny,status:403,t:urlDecodeUni,t:lowercase,t:htmlEntityDecode"
END

my $day = 'expires=2099-01-31 owner=team-a';

my $server = ApiTest::Server->start(
    workers => 1,
    files   => { 'rules.conf' => $rules, 'html/x' => "x\n" },
    http    => <<'EOF',
    api_audit logs/audit.jsonl;
    api_waf_ruleset own rules.conf;
    client_max_body_size 20m;
    client_body_buffer_size 8m;
EOF
    server => <<"EOF",
    api_waf own;
    api_body_limit 8m;
    location /all/ { api_exception e-all rule=waf $day; proxy_pass http://127.0.0.1:\$server_port/up/; }
    location /none/ { proxy_pass http://127.0.0.1:\$server_port/up/; }
    location /up/ { api_waf off; return 200 ok; }
    location /one/ {
        api_exception e-one rule=waf.100 $day;
        try_files /missing /strict/x;
    }
    location /watched/ {
        api_exception e-watched rule=waf $day;
        try_files /missing /strict/x;
    }
    location /both/ {
        api_exception e-both1 rule=waf.100 $day;
        try_files /missing /loose/x;
    }
    location /strict/ { try_files /x =404; }
    location /loose/ { api_exception e-both2 rule=waf.100 $day; try_files /x =404; }
EOF
    location => 'try_files /x =404;',
);

sub status {
    my ($uri) = @_;
    my ($code) = $server->get($uri);
    return $code;
}

is(status("/$_/?a=evil"), 403, "$_: excepted there, and not where it leads to")
    for 'one', 'watched';
is(status("/$_/?a=good"), 200, "$_: what needs no exception") for 'one', 'watched';
is(status('/both/?a=evil'), 200, 'excepted in both');
is(status('/strict/?a=evil'), 403, 'excepted in none');

# A body of many slices.  Each slice goes on where the last one stopped: one
# that begins anew would take all memory there is for bodies.

sub slices {
    my ($uri) = @_;
    my $from = length $server->text('logs/audit.jsonl');
    my $body = join '&', map { "p$_=" . 'abcabc' x 400 } 1 .. 900;
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$server->{port}")
        or die "connect: $!";
    print {$s} "POST $uri HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        . "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
        . length($body) . "\r\n\r\n$body";
    my $line = <$s>;

    my @e;
    for (1 .. 2000) {
        @e = grep { $_->{kind} eq 'request' && $_->{http}{path} eq $uri }
            events_of(substr($server->text('logs/audit.jsonl'), $from) =~ s/[^\n]*\z//r);
        last if @e;
        sleep 0.01;
    }
    return ($line, $e[0]);
}

for my $uri ('/none/', '/all/') {
    my ($line, $e) = slices($uri);
    like($line, qr/ 200 /, "$uri: many slices");
    is($e->{verdict}, 'allow', '... of a good request') or diag explain $e;
}

done_testing();
