# What README.md and the guide for beginners tell to do works: the
# configuration of the one is run, and every command of the other, in order.

use strict;
use warnings;

use ApiTest::Keys qw(build_dir jwk key_file);
use ApiTest::Run;
use JSON::PP ();
use Test::More;

my $json = JSON::PP->new->canonical->utf8;


# [mark, kind, text] of each fenced block, with the comment right before it
sub blocks {
    my ($text) = @_;
    my @found;

    while ($text =~ /(?:^<!-- (.*?) -->\n)?^```(\w*)\n(.*?)^```$/gms) {
        push @found, [$1 // '', $2, $3];
    }
    return @found;
}


subtest 'README.md' => sub {
    my ($block) = grep { $_->[1] eq 'nginx' } blocks(slurp('README.md'));
    my $conf = $block->[2];
    my $lines = () = $conf =~ /\n/g;
    cmp_ok($lines, '<=', 22, 'the configuration is short');

    my $dir  = scratch();
    my $port = two_ports();
    my $modules = modules_dir();

    mkdir "$dir/logs";
    spew("$dir/jwks.json", $json->encode({ keys => [jwk('p256')] }));

    # Only where things are is changed, and a server for upstream added.

    my %where = ('load_module modules' => "load_module $modules",
        '/etc/nginx/jwks.json' => "$dir/jwks.json",
        '/var/log/nginx'  => "$dir/logs",
        'listen 8080'     => "listen 127.0.0.1:$port",
        '127.0.0.1:3000'  => '127.0.0.1:' . ($port + 1));
    for my $there (sort keys %where) {
        is($conf =~ s/\Q$there\E/$where{$there}/g, 1, "\"$there\" is in it");
    }

    my $temp = join ' ', map { "${_}_temp_path tmp;" }
        qw(client_body proxy fastcgi uwsgi scgi);
    $conf =~ s/^http \{/http { access_log off; $temp/m;
    $conf =~ s/\}\s*\z//;
    spew("$dir/nginx.conf", "pid nginx.pid; error_log logs/error.log info;\n"
        . "$conf server { listen 127.0.0.1:" . ($port + 1)
        . "; api_audit off; return 200 'upstream'; } }\n");

    my $test = run(nginx(), '-t', '-p', $dir,
        qw(-c nginx.conf -e logs/error.log));
    is($test->{code}, 0, 'nginx -t') or diag($test->{err});
    is(start_nginx($dir), undef, 'nginx starts') or return;

    my $token = apisec('token', '--key', key_file('p256'), '--kid', 'p256',
        qw(--iss https://idp.example.com --aud orders --scope orders:read))
        ->{out};
    chomp $token;

    my $good = http($port, 'GET', '/', headers =>
        { Authorization => "Bearer $token" });
    is("$good->{status} $good->{content}", '200 upstream', 'a good token');

    my $bad = http($port, 'GET', '/');
    my ($shown) = slurp('README.md') =~ /^(HTTP.*?\n)```/ms;
    my ($head, $body) = split /\n\n/, $shown;
    is($bad->{status}, 401, 'none');
    for my $line ((split /\n/, $head)[1 .. 2]) {
        my ($name, $value) = split /: /, $line;
        is($bad->{headers}{lc $name}, $value, "$name is as shown");
    }

    my ($is, $was) = map { $json->decode($_) } $bad->{content}, $body;
    $was->{support_id} = $is->{support_id};
    is_deeply($is, $was, 'the body is as shown');

    ok(until_true(60, sub {
        slurp("$dir/logs/api-audit.jsonl") =~ /$is->{support_id}/ }),
        'and it is in the audit log');
    ok(stop_nginx($dir), 'nginx stops');
};


subtest 'docs/guide/getting-started.md' => sub {
    my $dir  = scratch();
    my $port = two_ports();
    my $next = $port + 1;

    # Commands are found by name: these, not others that may be installed.

    mkdir "$dir/bin";
    symlink nginx(), "$dir/bin/nginx" or die "symlink: $!";
    symlink build_dir() . '/bin/apisec', "$dir/bin/apisec"
        or die "symlink: $!";
    local $ENV{PATH} = "$dir/bin:$ENV{PATH}";
    local $ENV{no_proxy} = '127.0.0.1';
    my $modules = modules_dir();

    my @run;
    for (blocks(slurp('docs/guide/getting-started.md'))) {
        my ($mark, $kind, $text) = @$_;
        next if $kind ne 'sh';

        if ($text =~ /^make build$/m) {
            is($mark, '', 'building is what led here');
        } elsif ($mark =~ /^run: (.*)/) {
            push @run, [$1, $text];
        } else {
            fail("a block says what it shows: $text");
        }
    }
    cmp_ok(scalar @run, '>=', 10, 'blocks to run');

    for (@run) {
        my ($like, $text) = @$_;
        my ($title) = $text =~ /^(.*)$/m;

        $text =~ s/\b8080\b/$port/g;
        $text =~ s/\b8081\b/$next/g;
        $text =~ s/^apisec init gateway/$& --modules '$modules'/m;

        my $got = run('bash', '-euc', "cd '$dir'; $text");
        is($got->{code}, 0, "$title: goes through") or diag($got->{err});
        like($got->{out} . $got->{err}, qr/$like/s, '... and shows it');
    }

    if (-e "$dir/gateway/nginx.pid") {
        stop_nginx("$dir/gateway");
    }
};

done_testing();
