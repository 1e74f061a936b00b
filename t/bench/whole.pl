#!/usr/bin/perl

# What a protected request costs as a whole, and what it costs by what people
# put together otherwise: ModSecurity, limit_req, and auth_request to a service
# that verifies tokens. One run, one upstream, one client on one connection;
# CPU of all processes that belong to a case. Each request is another than those
# before, as in life (ApiTest::Traffic); the token is the caller's, one.
#
#     whole.pl [--svg FILE] [--md FILE]

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use ApiTest;
use ApiTest::Bench qw(at command cpu_ns load_modules proxy);
use ApiTest::Traffic qw(request);
use File::Path qw(make_path);
use Getopt::Long;
use IO::Socket::INET;
use Time::HiRes qw(sleep time);

my ($svg, $md);
GetOptions('svg=s' => \$svg, 'md=s' => \$md)
    or die "usage: whole.pl [--svg FILE] [--md FILE]\n";

my $build  = $ENV{API_BUILD} or die "API_BUILD is not set\n";
my $rounds = $ENV{BENCH_ROUNDS} || 5;
my $n      = $ENV{BENCH_REQUESTS} || 400;
my $root   = "$build/bench/whole";
my $crs    = command('.ci/crs');
my $bench  = ApiTest::Bench->new($root,
    LD_LIBRARY_PATH => command('.ci/modsecurity'));

make_path("$root/state");
chmod 0700, "$root/state";


# Two kinds of requests: a list, and an order of 1 KB, by a known caller.

my $token = jwt(alg => 'ES256', claims => { iss => 'https://idp.example',
    aud => 'orders', sub => 'alice', scope => 'orders:read orders:write',
    exp => time + 86400 });
my %kind = (GET => 'list', POST => 'order');

sub message {
    my ($what, $number) = @_;
    my ($query, $body, $client) = request($kind{$what}, $number);

    return "$what /orders$query HTTP/1.1\r\nHost: api.example.com\r\n"
        . "User-Agent: $client\r\nAccept: */*\r\n"
        . "Authorization: Bearer $token\r\n"
        . (defined $body ? "Content-Type: application/json\r\n"
            . 'Content-Length: ' . length($body) . "\r\n" : '')
        . "\r\n" . ($body // '');
}

write_file("$root/jwks.json", jwks('p256'));
write_file("$root/api.json", json({
    openapi => '3.1.0', info => { title => 'Orders', version => '1' },
    paths => { '/orders' => {
        get => { operationId => 'list', parameters => [
            (map { { name => $_, in => 'query',
                    schema => { type => 'integer', minimum => 1 } } }
                qw(page limit)),
            (map { { name => $_, in => 'query',
                    schema => { type => 'string', maxLength => 20 } } }
                qw(sort customer)) ],
            responses => { 200 => { description => 'orders' } } },
        post => { operationId => 'create', requestBody => { required => \1,
            content => { 'application/json' => {
                schema => { '$ref' => '#/components/schemas/Order' } } } },
            responses => { 200 => { description => 'order' } } },
    } },
    components => { schemas => {
        Order => JSON::PP::decode_json(slurp('t/bench/order.schema.json')) } },
}));

write_file("$root/theirs.conf", join '', map {"Include $_\n"}
    "$crs/modsecurity.conf", "$root/on.conf",
    slurp("$crs/owasp-crs.load") =~ /^Include(?:Optional)? (.+)$/mg);
write_file("$root/on.conf", "SecRuleEngine On\nSecAuditEngine Off\n");


# The cases

my $ours = load_modules($build);

my $issuer = "api_jwt_issuer idp { issuer https://idp.example; audience orders;
    algorithms ES256; jwks $root/jwks.json; }\n";
my $zone   = "api_zone main 8m;\n";
my $spec   = "api_schema_spec orders $root/api.json;\n";
my $rates  = "api_ratelimit_zone r 4m; api_ratelimit_policy p zone=r
    key=\$api_principal rate=100000r/s burst=100000;\n";
my $byaddr = "api_ratelimit_zone r 4m; api_ratelimit_policy p zone=r
    key=\$binary_remote_addr rate=100000r/s burst=100000;\n";
my $set    = "api_waf_ruleset crs $crs/modsecurity.conf $root/on.conf
    $crs/owasp-crs.load; api_state $root/state;\n";
my $auth   = 'api_auth jwt=idp; api_require scope orders:read;';

my @cases = (
    ['proxy_pass alone', '', '', ''],
    ['authentication, authorization', $ours, "$zone $issuer", $auth],
    ['contract', $ours, "$zone $spec", 'api_schema orders;'],
    ['limit', $ours, "$zone $byaddr", 'api_ratelimit p;'],
    ['audit', $ours, "$zone api_audit $root/audit.jsonl;", ''],
    ['WAF, core rules', $ours, $zone, 'api_waf core;'],
    ['WAF, Core Rule Set', $ours, "$zone $set", 'api_waf crs;'],
    ['all, core rules', $ours,
        "$zone $issuer $spec $rates api_audit $root/audit2.jsonl;",
        "$auth api_schema orders; api_ratelimit p; api_waf core;"],
    ['all, Core Rule Set', $ours,
        "$zone $issuer $spec $rates $set api_audit $root/audit3.jsonl;",
        "$auth api_schema orders; api_ratelimit p; api_waf crs;"],
    ['limit_req, auth_request', '',
        'limit_req_zone $binary_remote_addr zone=r:4m rate=100000r/s;',
        'limit_req zone=r burst=100000 nodelay; auth_request /verify;',
        'verifier'],
    ['... and ModSecurity, Core Rule Set', "load_module $crs/module.so;\n",
        'limit_req_zone $binary_remote_addr zone=r:4m rate=100000r/s;',
        "limit_req zone=r burst=100000 nodelay; auth_request /verify;
         modsecurity on; modsecurity_rules_file $root/theirs.conf;",
        'verifier'],
);


# A verifier as people write one: the npm package jose in a small server.

sub start_verifier {
    my $dir = "$root/verifier";
    make_path($dir);
    my $pid = $bench->spawn($dir, 'node', 't/node/verifier.mjs', "$root/jwks.json");

    for (1 .. 1500) {
        my ($port) = (-e "$dir/out" ? slurp("$dir/out") : '') =~ /^(\d+)$/m;
        return ($pid, $port) if $port;
        sleep 0.02;
    }
    die "the verifier does not start\n";
}


# Microseconds of each of the requests on one connection.

sub ask {
    my ($port, @messages) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port")
        or die "connect: $!\n";
    my @took;

    for my $message (@messages) {
        my $from = time;
        print {$socket} $message;
        $socket->flush;

        my $got = '';
        while ($got !~ /\r\n\r\n/ || $got !~ /ok\n/) {
            sysread($socket, my $part, 65536) or die "nginx is gone: $got\n";
            $got .= $part;
            die "refused: $got\n" if $got =~ m{^HTTP/1.1 [345]};
        }
        push @took, (time - $from) * 1e6;
    }
    return @took;
}


my ($up_pid, $up) = $bench->start('upstream', server =>
    'location / { default_type text/plain; return 200 "ok\n"; }');
my ($verifier_pid, $verifier) = start_verifier();
my $verify = "location = /verify { internal; proxy_pass http://verifier;
    proxy_pass_request_body off; proxy_set_header Content-Length '';
    proxy_http_version 1.1; proxy_set_header Connection ''; }";

my $service =
    "upstream verifier { server 127.0.0.1:$verifier; keepalive 8; }";

for my $i (0 .. $#cases) {
    my ($name, $load, $http, $location, $beside) = @{ $cases[$i] };
    my %conf = proxy($up, "$http $service", $location);
    $conf{server} .= $verify if $beside;
    my ($pid, $port) = $bench->start("case$i", load => $load, %conf);

    $cases[$i] = { name => $name, port => $port,
        pids => [$pid, $beside ? $verifier_pid : ()] };
    ask($port, map { my $what = $_; map { message($what, $_) } 1 .. 20 }
        qw(GET POST));
}


# Rounds go around all cases, so that a busy minute meets all of them; the best
# counts: what else runs here only makes it slower.

for my $round (1 .. $rounds) {
    my %messages = map { my $what = $_;
        ($what => [map { message($what, $round * $n + $_) } 1 .. $n]) }
        qw(GET POST);

    for my $case (@cases) {
        for my $what (qw(GET POST)) {
            my $from = cpu_ns(@{ $case->{pids} });
            my @took = ask($case->{port}, @{ $messages{$what} });
            my $cost = (cpu_ns(@{ $case->{pids} }) - $from) / $n / 1000;

            my $best = $case->{$what};
            next if $best && $best->{cpu} <= $cost;
            @took = sort { $a <=> $b } @took;
            $case->{$what} = { cpu => $cost, p50 => at(0.5, @took),
                p99 => at(0.99, @took) };
        }
    }
}


my @lines = ('| | GET: CPU | a CPU second | p50 | p99 | 1 KB: CPU | a CPU second | p50 | p99 |',
    '|---|---|---|---|---|---|---|---|---|');

for my $case (@cases) {
    push @lines, sprintf '| %s | %s |', $case->{name}, join ' | ', map {
        my $got = $case->{$_};
        (sprintf('%.0f us', $got->{cpu}), sprintf('%.0f', 1e6 / $got->{cpu}),
            sprintf('%.0f us', $got->{p50}), sprintf('%.0f us', $got->{p99}))
    } qw(GET POST);
}

print map {"$_\n"} @lines;
write_file($md,  join '', map {"$_\n"} @lines) if $md;
write_file($svg, picture()) if $svg;

my ($all, $stack) = map { my $name = $_;
    (grep { $_->{name} eq $name } @cases)[0] } 'all, Core Rule Set',
    '... and ModSecurity, Core Rule Set';
printf "\nall, Core Rule Set, of the stack beside it: GET %.1f %%, "
    . "1 KB %.1f %%\n", map {
        100 * $all->{$_}{cpu} / $stack->{$_}{cpu} } qw(GET POST);


# Bars of the 1 KB request, on a logarithmic scale.

sub picture {
    my ($left, $width, $row) = (250, 420, 26);
    my $height = @cases * $row + 50;
    my ($min, $max) = (10, 100_000);
    my $scale = sub { $width * log($_[0] / $min) / log($max / $min) };
    my $out = qq(<svg xmlns="http://www.w3.org/2000/svg" width="760" )
        . qq(height="$height" font-family="sans-serif" font-size="13">\n)
        . qq(<rect width="760" height="$height" fill="#fff"/>\n)
        . qq(<text x="10" y="20" font-weight="bold">CPU of a POST of 1 KB, )
        . qq(microseconds (logarithmic)</text>\n);
    my $y = 34;

    for my $case (@cases) {
        my $cost = $case->{POST}{cpu};
        my $long = $scale->($cost);
        my $fill = $case->{name} =~ /auth_request|ModSecurity/ ? '#c2571a'
            : $case->{name} =~ /^all/ ? '#1a7f4b' : '#4a78b5';
        $out .= sprintf qq(<text x="%d" y="%d" text-anchor="end">%s</text>)
            . qq(<rect x="%d" y="%d" width="%.0f" height="16" fill="%s"/>)
            . qq(<text x="%.0f" y="%d">%.0f</text>\n),
            $left - 8, $y + 13, $case->{name}, $left, $y, $long, $fill,
            $left + $long + 6, $y + 13, $cost;
        $y += $row;
    }
    return "$out</svg>\n";
}
