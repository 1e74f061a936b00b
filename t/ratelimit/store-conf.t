use Test::Nginx::Socket 'no_plan';
use ApiTest;

add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value(config => '') unless defined $block->config;
});

# The password, in a mount that decides the group, as Kubernetes' do.
sub password {
    my ($mode) = @_;
    my $dir = server_root() . '/conf/mount';
    mkdir $_ for $dir, "$dir/..2026";
    write_file("$dir/..2026/password", "sesame\n");
    chmod $mode, "$dir/..2026/password";
    chown $>, 65534, "$dir/..2026/password";
    symlink '..2026', "$dir/..data";
    symlink '..data/password', "$dir/password";
}
sub group_password { password(0440) }
sub open_password  { password(0444) }

no_root_location();
run_tests();

__DATA__

=== TEST 1: no URL that is known
--- http_config
    api_ratelimit_store s http://127.0.0.1;
--- must_die
--- error_log
takes redis://HOST, rediss://HOST or unix:/PATH



=== TEST 2: a password in the URL
--- http_config
    api_ratelimit_store s redis://me:sesame@127.0.0.1;
--- must_die
--- error_log
has a password in its URL
--- no_error_log
sesame



=== TEST 3: a user without a password
--- http_config
    api_ratelimit_store s redis://me@127.0.0.1;
--- must_die
--- error_log
needs a password= for the user in its URL



=== TEST 4: a bare password
--- http_config
    api_ratelimit_store s redis://127.0.0.1 password=sesame;
--- must_die
--- error_log
a secret is not written here but named



=== TEST 5: a database that is no number
--- http_config
    api_ratelimit_store s redis://127.0.0.1/users;
--- must_die
--- error_log
takes the number of a database



=== TEST 6: times out of bounds
--- http_config
    api_ratelimit_store s redis://127.0.0.1 timeout=1ms;
--- must_die
--- error_log
takes a timeout= from 5ms to 60s



=== TEST 7: times out of bounds
--- http_config
    api_ratelimit_store s redis://127.0.0.1 flush=2s;
--- must_die
--- error_log
takes a flush= from 5ms to 1s



=== TEST 8: a prefix with a hash tag of its own
--- http_config
    api_ratelimit_store s redis://127.0.0.1 "prefix=a{b";
--- must_die
--- error_log
takes a prefix= of 64 bytes at most



=== TEST 9: certificates without TLS
--- http_config
    api_ratelimit_store s redis://127.0.0.1 ca=x.pem;
--- must_die
--- error_log
takes ca= with rediss:// only



=== TEST 10: a store that is not there
--- http_config
    api_ratelimit_zone z 1m;
    api_ratelimit_policy p zone=z key=$arg_k rate=1r/s store=none;
--- must_die
--- error_log
there is no store "none"



=== TEST 11: a window
--- http_config
    api_ratelimit_zone z 1m;
    api_ratelimit_store s redis://127.0.0.1;
    api_ratelimit_policy p zone=z key=$arg_k rate=1r/s window=10s store=s;
--- must_die
--- error_log
takes store= without window=



=== TEST 12: twice
--- http_config
    api_ratelimit_store s redis://127.0.0.1;
    api_ratelimit_store s redis://127.0.0.1;
--- must_die
--- error_log
duplicate api_ratelimit_store "s"



=== TEST 13: a host that cannot be
--- http_config
    api_ratelimit_store s redis://127.0.0.1:99999;
--- must_die
--- error_log
the store's host "127.0.0.1:99999" cannot be used



=== TEST 14: sync= without a store
--- http_config
    api_ratelimit_zone z 1m;
    api_ratelimit_policy p zone=z key=$arg_k rate=1r/s sync=always;
--- must_die
--- error_log
takes sync= with store=: it is the store that decides



=== TEST 15: sync= at a rate that no store could be asked at
--- http_config
    api_ratelimit_zone z 1m;
    api_ratelimit_store s redis://127.0.0.1;
    api_ratelimit_policy p zone=z key=$arg_k rate=10001r/s store=s sync=always;
--- must_die
--- error_log
takes sync=always up to 10000r/s



=== TEST 16: a word that it does not know
--- http_config
    api_ratelimit_zone z 1m;
    api_ratelimit_store s redis://127.0.0.1;
    api_ratelimit_policy p zone=z key=$arg_k rate=1r/s store=s sync=never;
--- must_die
--- error_log
"sync=never"



=== TEST 17: a password that another group may read
--- skip_eval: 1: $> != 0
--- http_config
    api_ratelimit_store s redis://127.0.0.1 password=file:$TEST_NGINX_SERVER_ROOT/conf/mount/password;
--- post_setup_server_root eval: \&::group_password
--- must_die
--- error_log
is open to group 65534, which is not that of the workers
--- no_error_log
sesame



=== TEST 18: ... which api_secret_permissions may allow
--- skip_eval: 1: $> != 0
--- http_config
    api_secret_permissions group;
    api_ratelimit_store s redis://127.0.0.1 password=file:$TEST_NGINX_SERVER_ROOT/conf/mount/password;
--- post_setup_server_root eval: \&::group_password
--- config
    location /free { return 204; }
--- request
GET /free
--- error_code: 204



=== TEST 19: ... but not the whole world
--- http_config
    api_secret_permissions group;
    api_ratelimit_store s redis://127.0.0.1 password=file:$TEST_NGINX_SERVER_ROOT/conf/mount/password;
--- post_setup_server_root eval: \&::open_password
--- must_die
--- error_log
is open to everybody



=== TEST 20: permissions set behind the password they are for
--- skip_eval: 1: $> != 0
--- http_config
    api_ratelimit_store t redis://127.0.0.1 password=env:HOME;
    api_secret_permissions group;
--- main_config
    env HOME=sesame;
--- must_die
--- error_log
must stand before the first directive that names a secret
