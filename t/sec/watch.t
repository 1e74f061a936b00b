# Files that are read again while nginx runs, seen through api_list and
# api_jwt_issuer.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;
use Time::HiRes qw(sleep utime);

our $list = 'list';

# What a test does to its files once nginx runs; $dir holds them. Then up to
# three seconds until the error log has what the block's "until" says.
custom_sections('change', 'until', 'before');

sub put {
    my ($name, $text) = @_;
    my $path = server_root() . "/files/$name";
    write_file("$path.new", $text);
    rename "$path.new", $path or die "$path: $!";
}

sub put_in_place { write_file(server_root() . "/files/$_[0]", $_[1]) }

sub log_has {
    my ($text) = @_;
    my $log = slurp(server_root() . '/logs/error.log');
    return scalar(() = $log =~ /$text/g);
}

sub wait_for {
    my ($text) = @_;
    for (1 .. 150) {
        return 1 if log_has($text);
        sleep 0.02;
    }
    return 0;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(post_setup_server_root => sub {
        mkdir server_root() . '/files';
        eval($block->before // 'put("list", "k old\n")') // die $@;
    });

    $block->set_value(http_config => $block->http_config
        // 'api_list l $TEST_NGINX_SERVER_ROOT/files/list key=$arg_k;');
    $block->set_value(config => <<'END') unless defined $block->config;
    location / { return 200 "[$api_list_l]\n"; }
END

    $block->set_value(init => sub {
        eval($block->change // '1') // die $@;
        return unless defined $block->until;
        my $until = $block->until =~ s/\s+\z//r;
        Test::More::ok(wait_for($until), $block->name . ' - noticed');
    });
});

no_root_location();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: a file that is replaced
--- change
put('list', "k new\n")
--- until: files/list" has been read again
--- request
GET /?k=k
--- response_body
[new]
--- error_log eval
qr/\[notice\] .*files\/list" has been read again/



=== TEST 2: a file that is written in place
--- change
put_in_place('list', "k newer\n")
--- until: files/list" has been read again
--- request
GET /?k=k
--- response_body
[newer]



=== TEST 3: a file of the same size and time, but another one
--- before
put('list', "k old\n"); utime(1e9, 1e9, server_root() . '/files/list')
--- change
my $f = server_root() . '/files/list';
write_file("$f.new", "k NEW\n"); utime(1e9, 1e9, "$f.new"); rename "$f.new", $f
--- until: files/list" has been read again
--- request
GET /?k=k
--- response_body
[NEW]



=== TEST 4: a mistake leaves the last good state, is told once
--- change
put('list', "k new\n10.0.0.1/8 x\n"); wait_for('stays in use'); sleep 2.3; 1
--- request
GET /?k=k
--- response_body
[old]
--- grep_error_log eval
qr/files\/list": line 2: .*; what it held before stays in use/
--- grep_error_log_out eval
qr/\A[^\n]*line 2: bits behind the prefix[^\n]*\n\z/



=== TEST 5: ... and is over when the file is good again
--- change
put('list', "k\n10.0.0.1/8 x\n"); wait_for('stays in use') and put('list', "k good\n")
--- until: files/list" has been read again
--- request
GET /?k=k
--- response_body
[good]



=== TEST 6: a file that is gone
--- change
unlink server_root() . '/files/list'
--- until: failed \(2: No such file or directory\); what it held before stays in use
--- request
GET /?k=k
--- response_body
[old]



=== TEST 7: ... and comes back
--- change
unlink server_root() . '/files/list'; wait_for('stays in use') and put('list', "k back\n")
--- until: files/list" has been read again
--- request
GET /?k=k
--- response_body
[back]



=== TEST 8: a symbolic link is followed, the folder behind it swapped
--- before
my $d = server_root() . '/files';
write_file("$d/v1/list", "k v1\n"); write_file("$d/v2/list", "k v2\n");
symlink 'v1', "$d/..data"; symlink '..data/list', "$d/list"
--- change
my $d = server_root() . '/files';
symlink('v2', "$d/..new") && rename "$d/..new", "$d/..data"
--- until: files/list" has been read again
--- request
GET /?k=k
--- response_body
[v2]



=== TEST 9: a FIFO in its place does not hold up the worker
--- change
my $f = server_root() . '/files/list';
require POSIX; unlink $f; POSIX::mkfifo($f, 0644)
--- until: files/list": is no regular file; what it held before stays in use
--- request
GET /?k=k
--- response_body
[old]



=== TEST 10: a file that grows over what is allowed
--- http_config eval
corp(jwks => '$TEST_NGINX_SERVER_ROOT/files/jwks', algorithms => 'ES256')
--- before
put('jwks', jwks('p256'))
--- config
    location / { api_auth jwt=corp; return 200 "in\n"; }
--- change
put('jwks', ' ' x 300_000)
--- until: files/jwks": has 300000 bytes, more than the 262144 that are allowed here
--- request
GET /
--- error_code: 200



=== TEST 11: keys are changed: the new one counts
--- http_config eval
corp(jwks => '$TEST_NGINX_SERVER_ROOT/files/jwks', algorithms => 'ES256')
--- before
put('jwks', jwks('p256b'))
--- config
    location / { api_auth jwt=corp; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/in/; }
    location /in/ { return 200 "in\n"; }
--- change
put('jwks', jwks('p256'))
--- until: files/jwks" has been read again
--- request
GET /
--- more_headers eval
bearer(alg => 'ES256', key => 'p256')
--- response_body
in



=== TEST 12: ... and the old one does not
--- http_config eval
corp(jwks => '$TEST_NGINX_SERVER_ROOT/files/jwks', algorithms => 'ES256')
--- before
put('jwks', jwks('p256'))
--- config
    location / { api_auth jwt=corp; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/in/; }
    location /in/ { return 200 "in\n"; }
--- change
put('jwks', jwks('p256b'))
--- until: files/jwks" has been read again
--- request
GET /
--- more_headers eval
bearer(alg => 'ES256', key => 'p256')
--- error_code: 401



=== TEST 13: a set of keys without one leaves the old
--- http_config eval
corp(jwks => '$TEST_NGINX_SERVER_ROOT/files/jwks', algorithms => 'ES256')
--- before
put('jwks', jwks('p256'))
--- config
    location / { api_auth jwt=corp; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/in/; }
    location /in/ { return 200 "in\n"; }
--- change
put('jwks', '{"keys":[]}')
--- until: stays in use
--- request
GET /
--- more_headers eval
bearer(alg => 'ES256', key => 'p256')
--- response_body
in



=== TEST 14: nothing changes, nothing is told
--- change
sleep 2.2
--- request
GET /?k=k
--- response_body
[old]
--- no_error_log
has been read again
stays in use



=== TEST 15: a lever: monitor for everything, without a reload
--- http_config
    api_list lever $TEST_NGINX_SERVER_ROOT/files/lever key=api;
    api_mode $api_list_lever;
--- before
put('lever', "api enforce\n")
--- config
    location / { api_body json; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/up/; }
    location /up/ { return 200 "up\n"; }
--- change
put('lever', "api monitor\n")
--- until: files/lever" has been read again
--- request
POST /
{
--- more_headers
Content-Type: application/json
--- response_body
up
--- error_log
would refuse 400 body json



=== TEST 16: ... and back
--- http_config
    api_list lever $TEST_NGINX_SERVER_ROOT/files/lever key=api;
    api_mode $api_list_lever;
--- before
put('lever', "api monitor\n")
--- config
    location / { api_body json; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/up/; }
    location /up/ { return 200 "up\n"; }
--- change
put('lever', "api enforce\n")
--- until: files/lever" has been read again
--- request
POST /
{
--- more_headers
Content-Type: application/json
--- error_code: 400
--- error_log
refused 400 body json
