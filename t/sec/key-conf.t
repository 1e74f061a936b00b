# api_key_store: mistakes, who may read the pepper, and a store that changes
# while nginx runs.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::ApiKeys;
use Time::HiRes qw(sleep);

# What a test does to the files before nginx starts and once it runs; then it
# waits for what "until" says to stand in the log.
custom_sections('change', 'until', 'before', 'line');

sub path { return server_root() . "/files/$_[0]" }

sub put {
    my ($name, $text) = @_;
    write_file(path("$name.new"), $text);
    rename path("$name.new"), path($name) or die "$name: $!";
}

sub mode {
    my ($name, $mode) = @_;
    chmod $mode, path($name) or die "$name: $!";
}

sub wait_for {
    my ($text) = @_;
    for (1 .. 500) {
        return 1 if slurp(server_root() . '/logs/error.log') =~ /$text/;
        sleep 0.02;
    }
    return 0;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(post_setup_server_root => sub {
        mkdir server_root() . '/files';
        put('keys.json', key_store(key_entry('AAAAAAAA')));
        put('pepper', pepper());
        mode('pepper', 0600);
        eval($block->before // '1') // die $@;
    });

    my $line = $block->line
        // 'api_key_store partners FILES/keys.json pepper=file:FILES/pepper;';
    $line =~ s{FILES}{\$TEST_NGINX_SERVER_ROOT/files}g;

    $block->set_value(http_config => $line)
        unless defined $block->http_config;
    $block->set_value(config => <<'END') unless defined $block->config;
        location /v1/ {
            api_auth key=partners;
            add_header X-Who "$api_principal";
            try_files /in.txt =404;
        }
END
    $block->set_value(user_files => ">>> in.txt\nin\n");
    $block->set_value(init => sub {
        eval($block->change // '1') // die $@;
        return unless defined $block->until;
        my $until = $block->until =~ s/\s+\z//r;
        Test::More::ok(wait_for($until), $block->name . ' - noticed');
    });
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: a key that is added works without a reload
--- change
put('keys.json', key_store(key_entry('AAAAAAAA'), key_entry('BBBBBBBB')))
--- until: keys.json" has been read again
--- request
GET /v1/
--- more_headers eval
'X-API-Key: ' . api_key('BBBBBBBB')
--- response_headers
X-Who: client-BBBBBBBB



=== TEST 2: a key that is revoked no longer does
--- change
put('keys.json', key_store(key_entry('AAAAAAAA', status => 'revoked')))
--- until: keys.json" has been read again
--- request
GET /v1/
--- more_headers eval
'X-API-Key: ' . api_key('AAAAAAAA')
--- error_code: 401



=== TEST 3: a mistake in the file leaves the last good state
--- change
put('keys.json', key_store(key_entry('BBBBBBBB'),
                           key_entry('AAAAAAAA', exp => 'never')))
--- until: what it held before stays in use
--- request
GET /v1/
--- more_headers eval
'X-API-Key: ' . api_key('AAAAAAAA')
--- response_headers
X-Who: client-AAAAAAAA
--- error_log
keys[1]: bad value of exp; what it held before stays in use



=== TEST 4: a pepper that others can read
--- before
mode('pepper', 0604)
--- must_die
--- error_log eval
qr{the secret "(\S+/pepper)" is open to everybody: run  chmod o= \1 in \S+nginx\.conf:\d+}



=== TEST 5: ... after that chmod
--- before
mode('pepper', 0600)
--- request
GET /v1/
--- more_headers eval
'X-API-Key: ' . api_key('AAAAAAAA')
--- error_code: 200



=== TEST 6: a pepper that a strange group can read
--- skip_eval: 1: $> != 0
--- before
chown(0, 12345, path('pepper')) and mode('pepper', 0640)
--- must_die
--- error_log
is open to group 12345, which is not that of the workers: run  chmod g= 



=== TEST 7: ... as a mount of Kubernetes has it: links, a group, 0440
--- skip_eval: 1: $> != 0
--- line
api_secret_permissions group;
api_key_store partners FILES/keys.json pepper=file:FILES/mount/pepper;
--- before
mkdir path('mount'); mkdir path('mount/..2026');
write_file(path('mount/..2026/pepper'), pepper());
chown(0, 12345, path('mount/..2026/pepper'));
mode('mount/..2026/pepper', 0440);
symlink '..2026', path('mount/..data');
symlink '..data/pepper', path('mount/pepper')
--- request
GET /v1/
--- more_headers eval
'X-API-Key: ' . api_key('AAAAAAAA')
--- response_headers
X-Who: client-AAAAAAAA



=== TEST 8: ... what the link leads to is what counts
--- line
api_secret_permissions group;
api_key_store partners FILES/keys.json pepper=file:FILES/link;
--- before
mode('pepper', 0644); symlink 'pepper', path('link')
--- must_die
--- error_log
/files/link" is open to everybody



=== TEST 9: api_secret_permissions behind the first secret
--- line
api_key_store partners FILES/keys.json pepper=file:FILES/pepper;
api_secret_permissions group;
--- must_die
--- error_log eval
qr/must stand before the first directive that names a secret in \S+nginx\.conf:\d+/



=== TEST 10: a pepper that is written into the configuration
--- line
api_key_store partners FILES/keys.json pepper=0123456789abcdef0123456789abcdef;
--- must_die
--- error_log
a secret is not written here but named: file:PATH, cred:NAME or env:NAME
--- no_error_log
0123456789abcdef



=== TEST 11: no pepper
--- line
api_key_store partners FILES/keys.json;
--- must_die
--- error_log eval
qr/needs "pepper=SOURCE", the secret that the keys are hashed under.* in \S+nginx\.conf:\d+/



=== TEST 12: a short pepper
--- before
put('pepper', 'short'); mode('pepper', 0600)
--- must_die
--- error_log
a pepper has 32 random bytes or more, this one has 5



=== TEST 13: one name twice
--- line
api_key_store partners FILES/keys.json pepper=file:FILES/pepper;
api_key_store partners FILES/keys.json pepper=file:FILES/pepper;
--- must_die
--- error_log
duplicate api_key_store "partners"



=== TEST 14: a parameter that is none
--- line
api_key_store partners FILES/keys.json peper=file:FILES/pepper;
--- must_die
--- error_log
which takes: pepper= header= query=



=== TEST 15: no place to look at
--- line
api_key_store partners FILES/keys.json pepper=file:FILES/pepper header=off;
--- must_die
--- error_log
looks nowhere for a key: write "query=NAME" besides "header=off"



=== TEST 16: a header that is none
--- line
api_key_store partners FILES/keys.json pepper=file:FILES/pepper header=X:Key;
--- must_die
--- error_log
"X:Key" is no name for a header



=== TEST 17: a parameter of the query that is none
--- line
api_key_store partners FILES/keys.json pepper=file:FILES/pepper query=a&b;
--- must_die
--- error_log
"a&b" is no name for a parameter



=== TEST 18: keys in the query are warned of
--- line
api_key_store partners FILES/keys.json pepper=file:FILES/pepper query=key;
--- request eval
'GET /v1/?key=' . api_key('AAAAAAAA')
--- error_code: 200
--- error_log
keys in the query are written to access logs and browser histories



=== TEST 19: a store that is no JSON
--- before
put('keys.json', '{"keys": [')
--- must_die
--- error_log eval
qr/keys\.json": .* in \S+nginx\.conf:\d+/



=== TEST 20: a member that is none
--- before
put('keys.json', key_store(key_entry('AAAAAAAA', epx => 1)))
--- must_die
--- error_log
keys[0]: has a member that is none of id, hash, principal



=== TEST 21: a store that is not there
--- before
unlink path('keys.json')
--- must_die
--- error_log
keys.json": stat() failed (2: No such file or directory)



=== TEST 22: api_auth with a store that nobody has defined
--- config
    location /v1/ { api_auth key=partner; }
--- must_die
--- error_log eval
qr/no api_key_store "partner" for "api_auth" in \S+nginx\.conf:\d+/



=== TEST 23: one store twice
--- config
    location /v1/ { api_auth key=partners,partners; }
--- must_die
--- error_log
"partners" stands twice in "api_auth"
