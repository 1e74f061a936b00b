# Tokens seen before, in several workers: what one has verified another takes
# from the zone, also after a reload and after a worker was killed.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;
use IO::Socket::INET;
use Time::HiRes qw(sleep);

master_on();
workers(2);
no_root_location();

# "200 miss" and the worker's pid
sub ask {
    my ($token) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . server_port())
        or return ('', 0);
    print {$s} "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n",
        "Authorization: Bearer $token\r\n\r\n";
    my $answer = join '', <$s>;
    return (join(' ', $answer =~ m{^HTTP/1.1 (\d+)},
        $answer =~ /^X-Seen: (\w+)/m), $answer =~ /^X-Pid: (\d+)/m);
}

# what each worker said first, until two have answered
sub first_words {
    my ($token) = @_;
    my (%first, @order);
    for (1 .. 2000) {
        my ($said, $pid) = ask($token);
        next if !$pid;
        push @order, $said if !$first{$pid};
        $first{$pid} //= $said;
        last if keys %first == 2;
    }
    return ("@order", sort keys %first);
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => 'api_zone main 1m;' . corp());
    $block->set_value(config => <<'END');
    location / {
        api_auth jwt=corp;
        add_header X-Seen $api_token_cache always;
        add_header X-Pid $pid always;
        try_files /in.txt =404;
    }
END
    $block->set_value(user_files => [['in.txt', "in\n"]]);
});

our $TOKEN = token();
our $MORE = token(claims => { jti => 'more' });
our $LAST = token(claims => { jti => 'last' });

run_tests();

__DATA__

=== TEST 1: verified once, for all workers; a killed worker leaves it good
--- init
my ($words, @pids) = main::first_words($::TOKEN);
Test::More::is($words, '200 miss 200 hit', 'one verifies, the other knows');
my @bad = grep { (main::ask($::TOKEN))[0] ne '200 memo' } 1 .. 20;
Test::More::is(@bad, 0, '... and then each knows by itself');
kill 'KILL', $pids[0];
for (1 .. 500) { last if !kill 0, $pids[0]; Time::HiRes::sleep 0.02 }
($words) = main::first_words($::MORE);
Test::More::is($words, '200 miss 200 hit', 'one was killed: the same again');
my %said;
for (1 .. 40) { my ($said, $pid) = main::ask($::TOKEN); $said{$said}++ if $said }
Test::More::ok(!$said{'200 miss'}, 'what was known still is'); 1
--- request
GET /
--- more_headers eval
"Authorization: Bearer $::TOKEN"
--- error_code: 200
