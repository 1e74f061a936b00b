# The demo tells good from bad, fails when the gateway does not, cleans up
# after itself, and can be left with Ctrl-C.

use strict;
use warnings;

use ApiTest::Keys qw(build_dir);
use ApiTest::Run;
use Cwd qw(getcwd);
use File::Copy qw(copy);
use File::Path qw(make_path);
use JSON::PP;
use Test::More;

plan skip_all => 't/node is not installed'
    if !-e 't/node/node_modules/jose/package.json';

my $root = getcwd();
my $tmp  = scratch();

$ENV{API_BUILD}   = build_dir();
$ENV{API_MODULES} = modules_dir();
$ENV{API_NGINX}   = nginx();
$ENV{TMPDIR}      = $tmp;

sub leftovers {
    return join ' ', grep { !m{/output$} } glob "$tmp/orders-demo*";
}

sub nothing_left {
    my ($name, $out) = @_;

    is(leftovers(), '', "$name: its folder is gone");
    my ($port, $api) = $out =~ /127\.0\.0\.1:(\d+), the API on \S+:(\d+)\.$/m;
    is(http($_, 'GET', '/')->{status}, 599, "$name: nobody listens on $_")
        for $port, $api;
    return;
}


# The page of api_status shows what the demo has asked for.

sub on_the_page {
    my ($port) = @_;
    my ($chromium) = grep {-x} map {"$_/chromium"} split /:/, $ENV{PATH};
    SKIP: {
        skip 'needs chromium', 1 if !$chromium;
        my $pictures = $ENV{DASHBOARD_PICTURES} // '';
        my $saw = eval {
            decode_json(scalar `node t/node/dashboard-demo.mjs http://127.0.0.1:$port/_look/ $chromium $pictures 2>$tmp/browser.err`);
        };
        ok($saw, 'a browser shows the page') or diag slurp("$tmp/browser.err");
        is_deeply($saw->{errors}, [], '... without a fault');
        for my $want (qr{\bGET /beta/orders/\{id\}/export\b.*\bshadow\b},
            qr{\bPOST /v1/orders\b.*\bdocumented\b}, qr{\bGET /v1/search\b}) {
            ok((grep { /$want/ } @{ $saw->{operations} }), "... an operation like $want")
                or diag explain $saw->{operations};
        }
        for my $want (qr/^auth\s+expired\s/, qr/^schema\s+body\s/, qr/^waf\s+rule\s/, qr/^limit\s+quota\s/) {
            ok((grep { /$want/ } @{ $saw->{refusals} }), "... a refusal like $want")
                or diag explain $saw->{refusals};
        }
    }
    return;
}


subtest 'once' => sub {
    local $ENV{DEMO} = 'once';
    my $got = run('docs/examples/orders/demo');
    my $out = $got->{out};

    is($got->{code}, 0, 'exit code') or diag($out, $got->{err});
    is($got->{err}, '', 'quiet on standard error');
    like($out, qr/\AThis demo will, on 127\.0\.0\.1 only/, 'says what it does');

    my @rows = $out =~ /^(?:ok|WRONG) .*$/mg;
    cmp_ok(scalar @rows, '>=', 26, 'rows');
    is((grep { /^WRONG/ } @rows), 0, 'all of them right');
    like($out, qr/^All ${\scalar @rows} requests were answered/m, 'counted');

    for my $answer ('"pointer":"/isAdmin"', '"pointer":"/lines/0/quantity"',
                    '"code":"unknown_path"', '"parameter":"debug"')
    {
        like($out, qr/^ +answer: \{.*\Q$answer\E/m, "an answer with $answer");
    }

    for my $what (qw(libjwt RS256 PS256 EdDSA expired audience signature
                     alg_not_allowed insufficient_scope other_owner
                     two_readings json body path parameter method
                     media_type internal sunset key_revoked revoked dpop_scheme
                     dpop_binding dpop_replayed key_unknown)) {
        ok((grep { /\b$what\b/ } @rows), "a row with $what");
    }

    my %audit = map { $_ => 1 } $out =~ /audit: .*"support_id":"(\w+)"/g;
    my @ours = grep { !/by the API$/ } @rows;
    my @ids = map { /(\w+)$/ } @ours;
    is((grep { !$audit{$_} } @ids), 0, 'each with its line of the audit log');
    is(scalar keys %audit, scalar @ours, '... of its own');

    like($out, qr/^ok .*\bold key: (?:[2-9]|\d\d+), refused +0, /m,
         'traffic while the key changes');
    like($out, qr/^\ +X-Token-Cache:\ (?:hit|memo)\n\n
                  .*\/_api\/revocations\ .*\n\n
                  ok\ .*\ 401,\ .*\ revoked\ /mx,
         'a token that was remembered, revoked, refused');
    like($out, qr/^ok .*shadow endpoint.*\n(?:      shadow: .*\n)*      shadow: "method":"GET","template":"\/beta\/orders\/\{id\}\/export"/m,
        'the shadow endpoint is named');
    like($out, qr/^ok .*whose a documented one is +team-prices/m, 'and owners are');
    like($out, qr/^    Refused: GET \/orders, answered 401$/m, 'why is shown');
    nothing_left('once', $out);
};


# A copy of the demo whose gateway only watches must be noticed.

subtest 'a gateway that lets all pass' => sub {
    my $copy = scratch();
    make_path("$copy/docs/examples/orders");
    for my $name (qw(t .ci)) {
        symlink "$root/$name", "$copy/$name" or die "symlink: $!";
    }

    for my $name (qw(demo orders-api.mjs nginx.conf.in orders.openapi.yaml)) {
        copy("docs/examples/orders/$name", "$copy/docs/examples/orders/$name")
            or die "$name: $!";
    }
    chmod 0755, "$copy/docs/examples/orders/demo";

    my $conf = "$copy/docs/examples/orders/nginx.conf.in";
    spew($conf, slurp($conf) =~ s/(api_zone demo 4m;)/$1 api_mode monitor;/r);

    local $ENV{DEMO} = 'once';
    my $got = run("$copy/docs/examples/orders/demo");
    my $wrong = () = $got->{out} =~ /^WRONG/mg;

    is($got->{code}, 1, 'exit code');
    my $refused = () = $got->{out} =~ /, expected 4\d\d  (?!by the API)/g;

    cmp_ok($refused, '>=', 14, 'there is much to refuse');
    is($wrong, $refused, 'all that should have been refused is called wrong');
    like($got->{out}, qr/^$wrong of \d+ requests were NOT/m, 'counted');
    nothing_left('monitor', $got->{out});
};


subtest 'until Ctrl-C' => sub {
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        delete $ENV{DEMO};
        $SIG{INT} = 'DEFAULT';
        open STDIN,  '<', '/dev/null'  or die "null: $!";
        open STDOUT, '>', "$tmp/output" or die "output: $!";
        exec 'docs/examples/orders/demo' or exit 127;
    }

    ok(until_true(300, sub {
        -e "$tmp/output" && slurp("$tmp/output") =~ /until Ctrl-C/ }),
        'it stays');

    my $out = slurp("$tmp/output");
    my ($port) = $out =~ /nginx listens on 127\.0\.0\.1:(\d+)/;
    is(http($port, 'GET', '/orders')->{status}, 401, 'and answers');
    ok(until_true(120, sub {
        http($port, 'GET', '/health')->{status} == 200 }), 'in good health');
    on_the_page($port);

    kill INT => $pid;
    waitpid $pid, 0;
    is($?, 0, 'it ends well');
    nothing_left('Ctrl-C', $out);
};

done_testing();
