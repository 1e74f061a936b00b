# The id of an answer is nginx's $request_id, whoever asks for it first: nginx,
# which takes it from OpenSSL, or a refusal, which has it made in stock.  No two
# are the same, of no two workers, and not after a reload.

use strict;
use warnings;
use ApiTest;
use ApiTest::Server;
use Test::More;

plan skip_all => 'TEST_NGINX_LOAD_MODULES names no modules'
    if !$ENV{TEST_NGINX_LOAD_MODULES};

$SIG{ALRM} = sub { die "it takes too long\n" };
alarm 120;

my %conf = (
    http => <<'END', location => 'api_ratelimit p; empty_gif;',
    log_format ids "$status $request_id $api_support_id";
    access_log logs/ids.log ids;
    map $request_id $asked { default $request_id; }
    api_ratelimit_zone   z 1m;
    api_ratelimit_policy p zone=z key=all rate=1r/d;
END
    server => <<'END');
        location = /first {
            set        $first $request_id;
            add_header X-First $first always;
            add_header X-Last $asked always;
            api_ratelimit p;
            empty_gif;
        }
        location = /last {
            add_header X-Last $asked always;
            api_ratelimit p;
            empty_gif;
        }
        location = /redirected {
            error_page 429 = @other;
            api_ratelimit p;
            empty_gif;
        }
        location @other {
            add_header X-Last $request_id always;
            return 429 "$api_support_id\n";
        }
END

my $server = ApiTest::Server->start(workers => 3, %conf);
is(($server->get('/'))[0], 200, 'one passes');

sub id { my ($body) = @_; return ($body =~ /"support_id":"([0-9a-f]{32})"/)[0] // 'none' }

my (undef, $head, $body) = $server->get('/first');
like($head, qr/^X-First: ${\id($body)}\r?$/m, 'nginx asked first: its id');
like($head, qr/^X-Last: ${\id($body)}\r?$/m, '... and later, too');

(undef, $head, $body) = $server->get('/last');
like($head, qr/^X-Last: ${\id($body)}\r?$/m, 'the refusal first: nginx has it, too');

(undef, $head, $body) = $server->get('/redirected');
like($body, qr/^[0-9a-f]{32}\n\z/, 'over an internal redirect');
like($head, qr/^X-Last: ${\($body =~ s!\n!!r)}\r?$/m, '... it stays');

my %seen;
my $n = 0;

for my $round (1 .. 2) {
    for (1 .. 300) {
        my (undef, undef, $body) = $server->get('/');
        $seen{ id($body) }++;
        $n++;
    }
    ok($server->reload, 'a reload') if $round == 1;
}

is(scalar keys %seen, $n, "$n refusals, $n ids");
ok(!$seen{none}, 'all of 32 digits');

my @bad = grep { !/^\d+ ([0-9a-f]{32}) \1$/ } split /\n/, $server->text('logs/ids.log');
is("@bad[0 .. ($#bad > 2 ? 2 : $#bad)]", '', 'both variables are the same in the log');

done_testing();
