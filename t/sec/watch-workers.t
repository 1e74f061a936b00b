# Watched files in several workers, which run as another user.

BEGIN { $ENV{TEST_NGINX_WORKER_USER} = 'nobody nogroup' }

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use Time::HiRes qw(sleep);

master_on();
workers(2);

custom_sections('change', 'mode');

sub log_count {
    my ($text) = @_;
    my $log = slurp(server_root() . '/logs/error.log');
    return scalar(() = $log =~ /$text/g);
}

sub wait_for {
    my ($text, $n) = @_;
    for (1 .. 150) {
        return 1 if log_count($text) >= $n;
        sleep 0.02;
    }
    return 0;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(post_setup_server_root => sub {
        my $file = server_root() . '/list';
        write_file($file, "k old\n");
        chmod oct($block->mode // '0644'), $file or die;
    });

    $block->set_value(http_config =>
        'api_list l $TEST_NGINX_SERVER_ROOT/list key=$arg_k;');
    $block->set_value(config => <<'END');
    location / { return 200 "[$api_list_l]\n"; }
END

    $block->set_value(init => sub {
        eval($block->change // '1') // die $@;
    }) if defined $block->change;
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: every worker reads it, once
--- change
write_file(server_root() . '/list', "k new\n");
Test::More::ok(wait_for('has been read again', 2), 'both workers have read it');
sleep 1.2;
Test::More::is(log_count('has been read again'), 2, '... once each'); 1
--- request eval
[("GET /?k=k") x 6]
--- response_body eval
[("[new]\n") x 6]



=== TEST 2: the master may read what the workers may not: told at the start
--- skip_eval: 5: $> != 0
--- mode: 0600
--- change
Test::More::ok(wait_for('is not readable for the user of the workers', 1), 'told'); 1
--- request
GET /?k=k
--- response_body
[old]
--- grep_error_log eval
qr/\[warn\] .*list" is not readable for the user of the workers: a change of it needs a reload/
--- grep_error_log_out eval
qr/\A[^\n]+\n\z/



=== TEST 3: ... and again when it changes
--- skip_eval: 4: $> != 0
--- mode: 0600
--- change
write_file(server_root() . '/list', "k new\n");
Test::More::ok(wait_for('stays in use', 2), 'told by both workers'); 1
--- request
GET /?k=k
--- response_body
[old]
--- error_log eval
qr/list": open\(\) failed \(13: Permission denied\); what it held before stays in use/



=== TEST 4: what the workers may read is not worth a line
--- change
sleep 0.2; 1
--- request
GET /?k=k
--- response_body
[old]
--- no_error_log
is not readable
