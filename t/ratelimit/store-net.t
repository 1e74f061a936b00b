# A store by TLS, by name, and several nginx in one store under a load that
# does not fall on them evenly.

use strict;
use warnings;
use ApiTest;
use ApiTest::Redis qw(number until_true);
use ApiTest::Server;
use File::Temp qw(tempdir);
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => 'TEST_NGINX_LOAD_MODULES names no modules'
    if !$ENV{TEST_NGINX_LOAD_MODULES};
plan skip_all => 'no redis-server could be unpacked' if !ApiTest::Redis::root();

$SIG{ALRM} = sub { die "it takes too long\n" };
alarm 240;


sub node {
    my ($url, %more) = @_;
    my $options = $more{store} // 'timeout=3s';
    my $policy = $more{policy} // 'rate=6r/h burst=5';

    return ApiTest::Server->start(
        workers => 1, main => 'user root;',
        http    => <<"END", location => 'api_ratelimit p; empty_gif;',
    api_zone suite 64k;
    api_ratelimit_zone z 1m;
    api_ratelimit_store s $url $options;
    api_ratelimit_policy p zone=z key=\$arg_k $policy store=s;
    @{[$more{http} // '']}
END
        server => 'server_name localhost; location /_api/ { api_status; }');
}

sub ask {
    my ($node, $key, $n) = @_;
    return join ' ', map { ($node->get("/?k=$key"))[0] // '-' } 1 .. $n // 1;
}

# --- TLS: a certificate that is good, of another name, of nobody, expired

my $dir = tempdir(CLEANUP => 1);

sub openssl { system("openssl @_ >/dev/null 2>&1") == 0 or die "openssl @_" }

openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
    . "-keyout $dir/$_.key -out $dir/$_.pem -subj /CN=$_ -days 30 "
    . "-addext basicConstraints=critical,CA:TRUE") for qw(ca other);

sub certificate {
    my ($name, $san, $days) = @_;
    open my $fh, '>', "$dir/$name.ext" or die;
    print $fh "subjectAltName=$san\n";
    close $fh;
    openssl("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
        . "-keyout $dir/$name.key -out $dir/$name.csr -subj /CN=x");
    openssl("x509 -req -in $dir/$name.csr -CA $dir/ca.pem -CAkey $dir/ca.key "
        . "-CAcreateserial -out $dir/$name.pem -days $days "
        . "-extfile $dir/$name.ext");
    return "$dir/$name";
}

my $good = certificate('good', 'DNS:localhost,IP:127.0.0.1', 30);
my $name = certificate('name', 'DNS:example.com', 30);
my $old  = certificate('old', 'DNS:localhost', -1);

sub tls {
    my ($cert) = @_;
    my $port = Test::Nginx::StandIn::Port::named('tls' . rand);
    my $redis = ApiTest::Redis->start('--tls-port', $port, '--port', 0,
        '--tls-cert-file', "$cert.pem", '--tls-key-file', "$cert.key",
        '--tls-ca-cert-file', "$dir/ca.pem", '--tls-auth-clients', 'no',
        '--unixsocket', 'r.sock');
    return ($redis, $port);
}

# The plain port is closed: the socket tells when it is there.
{
    no warnings 'redefine';
    my $plain = \&ApiTest::Redis::connected;
    *ApiTest::Redis::connected = sub {
        return -S "$_[0]{dir}/r.sock"
            ? IO::Socket::UNIX->new(Peer => "$_[0]{dir}/r.sock")
            : $plain->($_[0]);
    };
}

require IO::Socket::UNIX;

my ($redis, $port) = tls($good);

for my $host ('localhost', '127.0.0.1') {
    my $node = node("rediss://$host:$port", store => "timeout=5s ca=$dir/ca.pem");
    ask($node, $host, 3);
    until_true("$host: told by TLS", sub { number($node, 'keys') == 1
        && $redis->ask('DBSIZE') > 0 });
    is(number($node, 'failures'), 0, "$host: without a fault");
    $redis->ask('FLUSHALL');
}

my @bad = (
    ['another CA', "rediss://localhost:$port", 'other', qr/certificate is not trusted/],
    ['no CA of ours', "rediss://localhost:$port", '', qr/certificate is not trusted/],
);
my ($named, $named_port) = tls($name);
push @bad, ['another name', "rediss://localhost:$named_port", 'ca',
    qr/certificate is not its own: localhost/];
push @bad, ['another address', "rediss://127.0.0.1:$named_port", 'ca',
    qr/certificate is not its own: 127\.0\.0\.1/];
my ($expired, $expired_port) = tls($old);
push @bad, ['expired', "rediss://localhost:$expired_port", 'ca',
    qr/certificate is not trusted: certificate has expired/];
my $plain = ApiTest::Redis->start;
push @bad, ['no TLS', "rediss://127.0.0.1:$plain->{port}", 'ca',
    qr/TLS failed|closed the connection|not answer in time/];

for my $case (@bad) {
    my ($what, $url, $ca, $log) = @$case;
    my $node = node($url, store => 'timeout=5s' . ($ca ? " ca=$dir/$ca.pem" : ''));
    until_true("$what: refused", sub { ask($node, 'x' . rand); $node->log =~ $log });
    is(number($node, 'merges'), 0, "$what: nothing is told");
    is(ask($node, 'alone', 6), '200 200 200 200 200 429', "$what: it decides alone");
    unlike($node->log, qr/\[(?:alert|emerg|crit)\]/, "$what: quiet");
}

is($named->ask('DBSIZE') + $expired->ask('DBSIZE'), 0, 'nothing has arrived there');


# --- a name that leads to another address after a while

my $first = ApiTest::Redis->start;
my $second = $first->beside('127.0.0.2');
my $dns = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1') or die;
my $dns_port = $dns->sockport;

my $pid = fork;
if (!$pid) {
    while (1) {
        my $from = recv $dns, my $q, 512, 0;
        my $to = -e "$dir/moved" ? "\x7f\0\0\2" : "\x7f\0\0\1";
        my ($question) = substr($q, 12) =~ /^((?:.*?)\0....)/s;
        my $a = substr($question, -4, 2) eq "\0\1";
        send $dns, substr($q, 0, 2) . "\x81\x80\0\1" . ($a ? "\0\1" : "\0\0")
            . "\0\0\0\0" . $question
            . ($a ? "\xc0\x0c\0\1\0\1\0\0\0\1\0\4$to" : ''), 0, $from;
    }
}
END { kill 'KILL', $pid if $pid }

# the name has to be known when nginx starts: localhost is
my $node = node("redis://localhost:$first->{port}",
    http => "resolver 127.0.0.1:$dns_port ipv6=off valid=1s;");
ask($node, 'dns');
until_true('the first address', sub { $first->ask('DBSIZE') > 0 });

open my $fh, '>', "$dir/moved";
close $fh;
sleep 1.2;
$first->kill9;
until_true('and then the second', sub { ask($node, 'd' . rand); $second->ask('DBSIZE') > 0 }, 60);


# --- three nodes, one key, 95 % of the load on one of them

my $shared = ApiTest::Redis->start;
my ($rate, $burst, $flush) = (100, 50, 0.1);
my @nodes = map { node("redis://127.0.0.1:$shared->{port}",
    policy => "rate=${rate}r/s burst=$burst") } 1 .. 3;

my $began = time;
my %got = (200 => 0, 429 => 0);
my $over = 0;
my $answered = 0;
my $half;
my @sockets = map { $_->connected } @nodes;

while (time - $began < 6) {
    my $i = rand() < 0.95 ? 0 : 1 + int rand 2;
    my $socket = $sockets[$i];

    print {$socket} "HEAD /?k=same HTTP/1.1\r\nHost: localhost\r\n\r\n";
    my $head = '';
    while (my $line = <$socket>) {
        $head .= $line;
        last if $line eq "\r\n";
    }

    my ($code) = $head =~ m{^HTTP/1.1 (\d+)} or last;
    $got{$code}++;
    $answered++;
    my $now = $got{200} - $burst - $rate * (time - $began);
    $over = $now if $now > $over;
    $half //= [time, $got{200}] if time - $began > 3;
}

my $took = time - $began;
my $bound = 2 * ($burst + $rate * ($flush + 0.05));
diag(sprintf '%d requests in %.1f s, %d admitted of %d; %.0f over, %.0f may be',
    $answered, $took, $got{200}, $burst + $rate * $took, $over, $bound);
cmp_ok($answered, '>', 2 * $rate * $took, 'more than twice the limit was asked for');
cmp_ok($over, '<=', $bound, 'admitted within the bound');
cmp_ok($got{200}, '>=', 0.9 * $rate * $took, 'and not much less than the limit');
cmp_ok($got{200} - $half->[1], '<=', 1.1 * $rate * ($took + $began - $half->[0]) + 5,
    'nor more in the long run: what was too much is paid back');

my $merges = 0;
$merges += number($_, 'merges') for @nodes;
diag(sprintf '%.3f operations a request', $merges / $answered);
cmp_ok($merges / $answered, '<=', 0.1, 'at most one operation in ten requests');

done_testing();
