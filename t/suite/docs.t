# The documentation holds: every example is accepted by nginx, without a
# warning; every directive has an example and its line in the index; every
# link between pages leads somewhere.
#
# An example is a block of ```nginx with a line before it,
#
#     <!-- example: NAME -->
#
# complete as the content of http {}, or as a whole nginx.conf.  A block that
# shows part of a configuration says <!-- fragment --> instead: it is put where
# nginx takes it (in http, a server or a location), beside the definitions of
# @BESIDE that it does not bring along.
#
# Files named below /etc/nginx, /etc/ssl, /var and /run are looked for in a
# folder of this test, where %FILES is; ports become sockets.

use strict;
use warnings;
use lib 't/lib';

use ApiTest;
use ApiTest::ApiKeys;
use ApiTest::Schema;
use File::Basename qw(dirname);
use File::Find qw(find);
use File::Path qw(make_path);
use File::Spec::Functions qw(canonpath catfile);
use File::Temp qw(tempdir);
use Test::More;

my $nginx = $ENV{TEST_NGINX_BINARY} // '/usr/sbin/nginx';
my @modules = split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
my $dir = tempdir(CLEANUP => 1);

my %FILES = (
    'etc/nginx/waf.conf'            => sub {
        qq(SecRule ARGS "\@rx evil" "id:1000001,phase:2,deny"\n) },
    'etc/nginx/mime.types'          => sub { "types { text/html html; }\n" },
    'etc/nginx/jwks.json'           => sub { jwks(qw(rsa2048 p256 ed25519)) },
    'etc/nginx/identity.pem'        => sub { private_pem('p256') },
    'etc/nginx/partner.pem'         => sub { pem('p256b') },
    'etc/nginx/revoked'             => sub { "jti stolen-token\n" },
    'etc/nginx/machines.secret'     => sub { secret('hs256') },
    'etc/nginx/machines-old.secret' => sub { secret('hs256b') },
    'etc/nginx/api-keys.json'       => sub { key_store(key_entry('AAAAAAAA')) },
    'etc/nginx/api-key-pepper'      => sub { pepper() },
    'etc/nginx/services.list'       => sub { "spiffe://prod/orders orders\n" },
    'etc/nginx/seal.key'            => sub { seal_key() },
    'var/lib/nginx/api/seal.epoch'  => sub { seal_epoch() },
    'etc/nginx/audit.key'           => sub { secret('hs512') },
    'etc/nginx/office.list'         => sub { "192.0.2.0/24\n" },
    'etc/nginx/clients.list'        => sub { "alice\nbob\n" },
    'etc/nginx/lever.list'          => sub { '' },
    'etc/nginx/orders.openapi.yaml' => sub {
        contract(security => 'security: [{bearer: []}]', schemes =>
            'securitySchemes: {bearer: {type: http, scheme: bearer}}')
    },
    'etc/nginx/customers.openapi.yaml' => sub {
        slurp('docs/examples/policy/customers.openapi.yaml') },
    'etc/nginx/geo.openapi.yaml'    => sub { contract() },
    'etc/nginx/webhook.schema.json' => sub { '{"type":"object"}' },
    'etc/nginx/keys/idp.json'       => sub { jwks('rsa2048') },
    'etc/nginx/modsecurity.conf'    => sub { "SecRuleEngine On\n" },
    'usr/share/modsecurity-crs/owasp-crs.load' => sub { '' },
    'run/credentials/nginx/api-pepper' => sub { pepper() },
    'run/credentials/nginx/gateway' => sub { secret('hs512') },
    'etc/ssl/certs/ca-certificates.crt' => \&certificate,
    'etc/ssl/api.key'               => sub { private_pem('p256') },
    'etc/ssl/api.pem'               => \&certificate,
);

# What fragments name: [that, as what brings it along says it, its definition].

my @BESIDE = (
    ['api_zone',               'api_zone main 2m;'],
    ['api_jwt_issuer corp',    issuer_of('corp')],
    ['api_jwt_issuer starter', issuer_of('starter')],
    ['api_jwt_issuer idp',     issuer_of('idp')],
    ['api_key_store partners', 'api_key_store partners /etc/nginx/api-keys.json'
        . ' pepper=file:/etc/nginx/api-key-pepper;'],
    ['api_schema_spec orders',
        'api_schema_spec orders /etc/nginx/orders.openapi.yaml;'
        . ' api_schema_security orders bearer jwt=corp,starter;'],
    ['api_schema_spec geo',
        'api_schema_spec geo /etc/nginx/geo.openapi.yaml;'],
    ['api_ratelimit_zone users',  'api_ratelimit_zone users 1m;'],
    ['api_ratelimit_zone logins', 'api_ratelimit_zone logins 1m;'],
    map({ ["api_ratelimit_policy $_", "api_ratelimit_policy $_ zone=users"
        . ' key=$api_principal rate=5r/s;'] }
        qw(per_user per_address per_caller)),
    ['api_waf_ruleset crs', 'api_waf_ruleset crs /etc/nginx/waf.conf;'],
    map { ["upstream $_", "upstream $_ { server 127.0.0.1:3000; }"] }
        qw(orders articles app geo.example.com idp.example.com
           orders.example.com),
);

sub issuer_of {
    my ($name) = @_;
    return "api_jwt_issuer $name { issuer https://$name.example.com; audience"
        . ' orders; algorithms RS256; jwks /etc/nginx/jwks.json; }';
}

my @FOLDERS = qw(logs var/log/nginx var/lib/nginx/api var/www run);


sub certificate {
    my $key = catfile($dir, 'key.pem');
    write_file($key, private_pem('p256'));
    return scalar `openssl req -x509 -new -key $key -subj /CN=api -days 9`;
}


# Of the documentation of Go's signed notes; for no log of anybody.

sub seal_key {
    return 'PRIVATE+KEY+PeterNeumann+c74f20a3+'
        . "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz\n";
}

sub seal_epoch {
    return "apisec-seal-epoch 1\nlength 60\nepoch 1\nlog " . '0' x 16
        . "\nkey " . '0' x 64 . "\n";
}


sub prepare {
    umask 027;
    make_path(map { catfile($dir, $_) } @FOLDERS, 'tmp');
    write_file(catfile($dir, $_), $FILES{$_}->()) for keys %FILES;
    chmod 0600, catfile($dir, 'var/lib/nginx/api/seal.epoch');

    $ENV{CREDENTIALS_DIRECTORY} = catfile($dir, 'run/credentials/nginx');
    $ENV{ORDERS_SECRET} = 'x' x 64;
}


# Its parts: [line, mark, kind, text] of each fenced block.
sub blocks {
    my ($text) = @_;
    my ($mark, $kind, $start, @found, @inside) = ('');
    my $line = 0;

    for (split /\n/, $text) {
        $line++;
        if (defined $kind && /^\s*```\s*$/) {
            push @found, [$start, $mark, $kind, join "\n", @inside, ''];
            ($kind, $mark, @inside) = (undef, '');
        } elsif (defined $kind) {
            push @inside, $_;
        } elsif (/^\s*```(\w*)/) {
            ($kind, $start) = ($1, $line);
        } elsif (/^\s*<!--\s*(.*?)\s*-->\s*$/) {
            $mark = $1;
        } elsif (/\S/) {
            $mark = '';
        }
    }

    return @found;
}


# A configuration that this user can test here.
sub configuration {
    my ($text) = @_;
    my $sockets = 0;

    $text =~ s/^\s*(?:load_module|user|pid|daemon|error_log)\s[^;]*;//mg;
    $text =~ s{\blisten\s+[^\s;]+}{"listen unix:$dir/s" . $sockets++}ge;
    $text =~ s{(?<![\w.:/])/(etc/nginx|etc/ssl|usr/share/modsecurity-crs|var|run)/}{$dir/$1/}g;
    $text =~ s{\bfile:/(etc|run)/}{file:$dir/$1/}g;

    my $main = join '', "pid $dir/pid;\nerror_log $dir/error.log;\n",
        map { "load_module $_;\n" } @modules;
    my $http = join '', map { "${_}_temp_path $dir/tmp;\n" }
        qw(client_body proxy fastcgi uwsgi scgi);

    if ($text =~ s/^(\s*http\s*\{)/$1\n$http/m) {
        $text .= "events { }\n" if $text !~ /^\s*events\b/m;
        return $main . $text;
    }

    $http .= "access_log off;\n";
    return "$main events { }\nhttp {\n$http$text}\n";
}


sub accepts {
    my ($text, $name) = @_;
    my $conf = catfile($dir, 'etc/nginx/nginx.conf');

    write_file($conf, configuration($text));
    my $out = `$nginx -t -e stderr -p $dir -c $conf 2>&1`;

    ok($? == 0 && $out !~ /\[(?:warn|error|crit|alert|emerg)\]/, $name)
        or diag($out, configuration($text));
}


# What nginx says of a fragment, wherever it is put; nothing: it fits.
sub misfit {
    my ($text) = @_;
    my $beside = join "\n", map { $_->[1] }
        grep { $text !~ /\Q$_->[0]\E\b/ } @BESIDE;
    my $server = 'server { listen 127.0.0.1:8080; api_auth jwt=corp;';
    my $conf = catfile($dir, 'etc/nginx/nginx.conf');
    my @said;

    for my $in ($text, "$server\n$text }", "$server location / {\n$text } }",
        "$server location / { api_schema orders;\n$text } }")
    {
        write_file($conf, configuration("$beside\n$in"));
        my $out = `$nginx -t -e stderr -p $dir -c $conf 2>&1`;
        return
            if $? == 0 && $out !~ /\[(?:warn|error|crit|alert|emerg)\]/;
        push @said, $out;
    }

    return @said;
}


sub fits {
    my ($text, $name) = @_;
    my @said = misfit($text);

    return @said ? (fail($name), diag($text, @said)) : pass($name);
}


# The id that a heading gets: lower case, blanks to dashes, no marks.
sub anchor {
    my ($heading) = @_;

    $heading =~ s/\[([^\]]*)\]\([^)]*\)/$1/g;
    $heading =~ s/[^\w\- ]//g;
    return lc($heading) =~ tr/ /-/r;
}


my (%text, %anchors);

find(sub { $text{canonpath($File::Find::name)} = slurp($_) if /\.md\z/ },
     'docs');
$text{'README.md'} = slurp('README.md') if -e 'README.md';

for my $page (keys %text) {
    my $prose = $text{$page} =~ s/^\s*```.*?^\s*```\s*$//gmsr;
    my %seen;

    for my $id (map { anchor($_) } $prose =~ /^#+ +(.+?) *$/mg) {
        my $n = $seen{$id}++;
        $anchors{$page}{ $n ? "$id-$n" : $id } = 1;
    }
}

prepare();


# Examples

for my $wrong ("api_auth jwt=corp, optional;\n", "api_auht jwt=corp;\n",
    "location / {\n    api_auth jwt=nobody;\n}\n")
{
    isnt(scalar(() = misfit($wrong)), 0, 'no fragment: ' . $wrong =~ s/\s+/ /gr);
}

my %examples;

for my $page (sort keys %text) {
    my @plain;

    for (blocks($text{$page})) {
        my ($line, $mark, $kind, $text) = @$_;
        next if $kind ne 'nginx';

        if ($mark eq 'fragment') {
            fits($text, "$page:$line: a fragment");
        } elsif ($mark =~ /^example: ([\w-]+)$/) {
            ok(!$examples{$1}, "$page:$line: $1 is a name of its own");
            $examples{$1} = $page;
            accepts($text, "$page:$line: $1");
        } else {
            push @plain, $line;
        }
    }

    is("@plain", '', "$page: blocks of nginx are examples or fragments");

    # nor is a configuration hidden in a block of another kind

    my @other = map { $_->[0] } grep { $_->[2] eq '' && $_->[3]
        =~ /^\s*(?:api_\w+|proxy_\w+|location|server|http)\b.*[;{]$/m }
        blocks($text{$page});
    push @other, $1 while ($text{$page} =~ s/^```.*?^```$//gmsr)
        =~ /^    ((?:api_\w+|proxy_\w+|listen|location|server)\b.*[;{])$/mg;
    is("@other", '', "$page: all of nginx is in blocks of nginx");
}


# Directives

my @directives;

for my $path (glob 'ngx_api_*/*.c') {
    my $text = slurp($path);
    push @directives, $1 =~ /"(api_\w+)"/g
        while $text =~ /ngx_command_t\s+\w+\[\]\s*=\s*\{(.*?)^\}/msg;
}

cmp_ok(scalar @directives, '>', 10, 'the command tables have been found');

my $index = $text{'docs/directives/README.md'} // '';

for my $name (@directives) {
    like($index, qr/^\| \[`?$name`?\]\([\w.]+#$name\)/m,
         "$name stands in the index");

    my ($page, $part);
    for (sort grep { m{^docs/directives/} } keys %text) {
        ($page, $part) = ($_, $1)
            if $text{$_} =~ /^(## `?$name`? *\n.*?)(?=^## |\z)/ms;
    }

    ok($part, "$name has a page") or next;
    ok(scalar(grep { $_->[3] =~ /^\s*$name[\s;]/m && $_->[1] =~ /^example/ }
              blocks($part)),
       "$page: $name has an example with it");
    for my $fact (qw(Syntax Default Context Modes Errors)) {
        like($part, qr/^\W*$fact\b/m, "$page: $name: $fact");
    }
}


# Links

for my $page (sort keys %text) {
    my $prose = $text{$page} =~ s/^\s*```.*?^\s*```\s*$//gmsr;
    $prose =~ s/`[^`\n]*`//g;
    my @broken;

    for my $link ($prose =~ /\]\(([^)\s]+)\)/g) {
        next if $link =~ /^\w+:/;
        my ($file, $id) = $link =~ /^([^#]*)(?:#(.*))?$/;
        my $to = $file eq '' ? $page : catfile(dirname($page), $file);

        1 while $to =~ s{(?:^|(?<=/))(?!\.\.?/)[^/]+/\.\./}{};
        $to =~ s{^(?:\./)+}{};

        push @broken, $link
            if !-e $to || (defined $id && $text{$to} && !$anchors{$to}{$id});
    }

    is("@broken", '', "$page: its links lead somewhere");
}


# The index of the documentation names every page.

for my $page (sort grep { m{^docs/} && $_ ne 'docs/README.md' } keys %text) {
    my $path = $page =~ s{^docs/}{}r;
    like($text{'docs/README.md'} // '', qr/\]\(\Q$path\E\)/,
         "docs/README.md leads to $path");
}

done_testing();
