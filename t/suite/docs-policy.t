#!/usr/bin/perl

# What the documentation says of a configuration is so: each table below
#
#     <!-- policy: NAME -->
#
# is run by apisec policy test against the example of that name on its page.

use strict;
use warnings;
use lib 't/lib';

use ApiTest::Run;
use File::Path qw(make_path);
use JSON::PP ();
use Test::More;

my $dir = scratch();
$ENV{TMPDIR} = $dir;

my $modules = join '', map { "load_module $_;\n" }
    split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
$modules ||= join '', map { 'load_module ' . modules_dir()
    . "/ngx_api_${_}_module.so;\n" } qw(waf sec ratelimit);

make_path("$dir/etc/nginx");
my %files = (
    'customers.openapi.yaml' => slurp('docs/examples/policy/customers.openapi.yaml'),
    'waf.conf'      => qq(SecRule ARGS "\@rx evil" "id:1000001,phase:2,deny"\n),
    'clients.list'  => "alice\nbob\n",
    'office.list'   => "192.0.2.0/24\n",
    'services.list' => "spiffe://prod/orders orders\n",
    'lever.list'    => '',
    'revoked'       => "jti stolen-token\n",
    'mime.types'    => "types { text/html html; }\n",
);
spew("$dir/etc/nginx/$_", $files{$_}) for keys %files;

sub blocks {
    my ($text) = @_;
    my %found;
    while ($text =~ /^<!-- (example|policy): ([\w-]+) -->\n```\w+\n(.*?)^```/msg) {
        $found{$1}{$2} = $3;
    }
    return \%found;
}

my $n = 0;
for my $page (sort glob('docs/*.md docs/guide/*.md docs/directives/*.md docs/guide/*/*.md')) {
    my $is = blocks(slurp($page));
    for my $name (sort keys %{ $is->{policy} // {} }) {
        my $conf = $is->{example}{$name};
        ok(defined $conf, "$page: there is an example $name") or next;
        $n++;

        $conf = "events {}\nhttp {\n$conf\n}\n" if $conf !~ /^\s*http\s*\{/m;
        $conf =~ s/^\s*load_module\s[^;]*;//mg;
        $conf =~ s{/etc/nginx/}{$dir/etc/nginx/}g;
        spew("$dir/nginx.conf", $modules . $conf);
        spew("$dir/$name.yaml", $is->{policy}{$name});

        my $got = apisec('policy', 'test', "$dir/$name.yaml", '--nginx-conf',
            "$dir/nginx.conf", '--format', 'json');
        is($got->{err}, '', "$page: $name: nothing is complained about");
        for my $case (@{ JSON::PP->new->decode($got->{out} || '{}')->{cases} // [] }) {
            ok($case->{ok}, "$page: $case->{name}") or diag explain $case->{steps};
        }
    }
}
cmp_ok($n, '>=', 1, 'there are some');

done_testing();
