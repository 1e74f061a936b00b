#!/usr/bin/perl

# apisec report of a log that nginx wrote and sealed: rules watch an attack, a
# patch comes by a reload and refuses it; the report tells how long that took,
# and that the log is as it was written, or that it is not.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::Run qw(apisec run slurp spew);
use ApiTest::Server;
use Test::More;
use Time::HiRes qw(sleep);

plan skip_all => 'TEST_NGINX_LOAD_MODULES does not name all modules'
    if ($ENV{TEST_NGINX_LOAD_MODULES} // '') !~ /waf.*sec/s;

# What is sealed at the end of an epoch may be late while nginx is reloaded: no
# epoch ends in here.

my $left = 3600 - time % 3600;
sleep $left + 1 if $left < 60;

my $server = ApiTest::Server->start(workers => 1, main => 'user root;',
    files => { 'html/export' => "x\n",
        'own.conf' => qq{SecRule ARGS "\@contains ../" "id:20,phase:2,deny,log"\n} },
    location => 'try_files /export =404;');
my $dir = $server->{dir};

mkdir "$dir/state", 0700 or die "state: $!";
my $keygen = apisec('log', 'keygen', '--name', 'gw.example', '--key',
    "$dir/seal.key", '--state', "$dir/state", '--epoch', '1h');
is($keygen->{code}, 0, 'keys for seals') or diag $keygen->{err};
spew("$dir/keys", $keygen->{out});
spew("$dir/half", $keygen->{out} =~ s/^key .*\n//mr);

sub with {
    my ($more) = @_;
    return (main => 'user root;', http => <<"CONF", location => 'try_files /export =404;');
    api_state $dir/state;
    api_audit_seal key=file:$dir/seal.key epoch=1h;
    api_audit logs/audit.jsonl;
    api_waf_ruleset own $dir/own.conf;
    api_waf own mode=$more
CONF
}

my $log = "$dir/logs/audit.jsonl";

sub written {
    my ($what) = @_;
    for (1 .. 1500) {
        return 1 if -e $log && slurp($log) =~ $what;
        sleep 0.02;
    }
    return;
}

ok($server->reload(with('monitor;')), 'rules watch');
is(($server->get('/export?file=../x'))[0], 200, 'an attack passes');
ok(written(qr/"verdict":"monitor"[^\n]*"waf"/), '... and is in the log');
sleep 1.1;
ok($server->reload(with("enforce;\n    api_waf_patch orders-17 path=/export param=ARGS:file match=\\.\\./ expires=2099-01-31 owner=orders;")),
    'a patch');
is(($server->get('/export?file=../x'))[0], 403, '... refuses it');
is(($server->get('/export?file=x'))[0], 200, '... and nothing else');
ok(written(qr/"reason":"patch","detail":"orders-17"/), '... and the log has it');

my $dump = run($server->{nginx}, $server->args('-T'));
is($dump->{code}, 0, 'nginx -T') or diag $dump->{err};
spew("$dir/dump", $dump->{out});
$server->stop;

sub report {
    my (@args) = @_;
    my $got = apisec('report', '--conf', "$dir/dump", '--format', 'markdown', @args);
    is($got->{code}, 0, "report @args") or diag $got->{err};
    return $got->{out} =~ s/\\//gr;
}

my $text = report('--log', $log, '--key', "$dir/keys");
my $verify = apisec('log', 'verify', '--key', "$dir/keys", $log);
my ($last) = $verify->{out} =~ /the last at (\S+)$/m;

is($verify->{code}, 0, 'apisec log verify says that it is whole') or diag $verify->{out};
like($text, qr/^\| \Q$log\E \| verified: it is as it was written \|/m, '... and the report')
    or diag $verify->{out};
like($text, qr/^\| \Q$log\E .*\| \Q$last\E, by \d+ seals \|/m, '... sealed up to when');
like($text, qr/^\| API1:2023 [^|]*\| \S*E3 E4\S* \|.*audit log verified \|$/m, '... which is evidence');
like($text, qr{^\| logs/audit.jsonl \| all \| each 1h \| \S+/nginx.conf:\d+ \|$}m,
    'what the configuration says');
like($text, qr/^\| orders-17 \| orders \| \/export \| 2099-01-31 \| 20\S+Z \(1 in all\) \| 20\S+Z \(configuration loaded, says the log\); 1 refused \| (?:\d+m )?[1-9]\d*s \|$/m,
    'from what rules saw to the patch');
like($text, qr/^Median of the 1 of 1 patches that came after an alert: (?:\d+m )?[1-9]\d*s\.$/m, '... the median');
unlike($text, qr/waf, only watched/, 'it is answered');

for my $less (['--key', "$dir/half"], []) {
    $text = report('--log', $log, @$less);
    like($text, qr/^\| \Q$log\E \| \*\*no fault found, but not verified/m,
        '... is not verified without all keys');
    unlike($text, qr/audit log verified/, '... and is no evidence');
}
like($text, qr/^The log is not verified: these times/m, '... and the times are doubted');

my $whole = slurp($log);
spew("$dir/changed", $whole =~ s/"status":403/"status":200/r);
$text = report('--log', "$dir/changed", '--key', "$dir/keys");
like($text, qr/^\| \Q$dir\E\/changed \| \*\*CHANGED: it is not as it was written\*\* \|/m, 'one byte changed');
my ($line) = grep { (split /^/, $whole)[$_ - 1] =~ /"status":403/ } 1 .. ($whole =~ tr/\n//);
like($text, qr/\*\*\Q$dir\E\/changed:$line: event \d+ of chain \w+ was changed.*\(\d+ in all\)\*\* \|$/m, '... the line');
like($text, qr/audit log NOT whole/, '... is no evidence');
like($text, qr/^The log is not verified: these times/m, '... nor are its times');

spew("$dir/gone", $whole =~ s/^.*"status":403.*\n//mr);
like(report('--log', "$dir/gone", '--key', "$dir/keys"), qr/\*\*CHANGED/, 'a line is gone');

$text = report();
like($text, qr/^Not verified: no log was given/m, 'without a log');
like($text, qr/audit log not looked at/, '... no evidence');
like($text, qr/^\| orders-17 \|.*\| unknown \| 20\S+Z \(date of the file\) \| unknown \|$/m, '... nor times of alerts');

is(apisec('report', '--conf', "$dir/dump", '--key', "$dir/keys")->{code}, 2, '--key without --log');
is(apisec('report', '--conf', "$dir/dump", '--log', "$dir/none")->{code}, 3, 'no such log');

done_testing();
