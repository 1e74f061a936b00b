# What is known of an API key, in rules and in what the upstream gets.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;
use ApiTest::ApiKeys;
use File::Temp qw(tempdir);

no_long_string();

my $dir = $ENV{TEST_NGINX_STORES} = tempdir(CLEANUP => 1);
chmod 0755, $dir;

write_file("$dir/keys.json", key_store(
    key_entry('AAAAAAAA', principal => 'acme', plan => 'gold',
              owner => 'team-a', scopes => ['orders:read']),
    key_entry('BBBBBBBB', principal => 'tiny', letter => 'y'),
));
write_file("$dir/pepper", pepper() . "\n");
chmod 0600, "$dir/pepper";

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => corp() . <<'END');
    api_key_store partners $TEST_NGINX_STORES/keys.json
                  pepper=file:$TEST_NGINX_STORES/pepper query=key;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        return 200 "u=$http_x_user o=$http_x_owner p=$http_x_plan i=$http_x_id k=$http_x_api_key q=$request_uri\n";
    }
END
    $block->set_value(user_files => ">>> in.txt\nin\n");
});

sub gold { return 'X-API-Key: ' . api_key('AAAAAAAA') }
sub tiny { return 'X-API-Key: ' . api_key('BBBBBBBB', 'y') }

{
    no warnings 'once';
    *Test::Base::Filter::gold = \&gold;
    *Test::Base::Filter::tiny = \&tiny;
    *Test::Base::Filter::gold_key = sub { api_key('AAAAAAAA') };
}

no_root_location();
run_tests();

__DATA__

=== TEST 1: rules
--- config
    location /plan/ { api_auth key=partners; api_require key:plan in gold silver; try_files /in.txt =404; }
    location /owner/ { api_auth key=partners; api_require key:owner prefix team-; try_files /in.txt =404; }
    location /id/ { api_auth key=partners; api_require key:id ~ "^A+$"; try_files /in.txt =404; }
    location /no/ { api_auth key=partners; api_require key:owner ne x; try_files /in.txt =404; }
    location /scope/ { api_auth key=partners; api_require scope orders:read; try_files /in.txt =404; }
--- request eval
[map { "GET /$_/" } (qw(plan owner id no scope)) x 2]
--- more_headers eval
[(gold()) x 5, (tiny()) x 5]
--- error_code eval
[(200) x 5, (403) x 5]



=== TEST 2: the object of the key's owner
--- config
    location / {
        api_auth key=partners;
        api_bind query:owner = key:owner;
        try_files /in.txt =404;
    }
--- request eval
["GET /?owner=team-a", "GET /?owner=team-b", "GET /?owner=team-a", "GET /?owner=team-a"]
--- more_headers eval
[gold(), gold(), tiny(), ""]
--- error_code eval
[200, 403, 403, 401]
--- response_body_like eval
[qr/^in$/, problem_like(status => 403, code => 'forbidden'), problem_like(status => 403, code => 'forbidden'),
 problem_like(status => 401)]



=== TEST 3: a rule of a key, and no credential: told what is missing
--- config
    location / {
        api_auth key=partners optional;
        api_require key:plan exists;
        try_files /in.txt =404;
    }
    location /two/ {
        api_auth key=partners jwt=corp optional;
        api_require key:plan exists or claim:sub exists;
        try_files /in.txt =404;
    }
--- request eval
["GET /", "GET /two/", "GET /two/", "GET /two/"]
--- more_headers eval
["", "", gold(), bearer()]
--- error_code eval
[401, 401, 200, 200]
--- response_body_like eval
[problem_like(status => 401, code => 'missing_key'), problem_like(status => 401, code => 'missing_credential'), qr/in/, qr/in/]



=== TEST 4: a token is no key, a key has no claims
--- config
    location /key/ { api_auth key=partners jwt=corp; api_require key:id exists; try_files /in.txt =404; }
    location /claim/ { api_auth key=partners jwt=corp; api_require claim:sub exists; try_files /in.txt =404; }
--- request eval
["GET /key/", "GET /key/", "GET /claim/", "GET /claim/"]
--- more_headers eval
[gold(), bearer(), gold(), bearer()]
--- error_code eval
[200, 403, 403, 200]



=== TEST 5: to the upstream, without the key itself
--- config
    location / {
        api_auth key=partners;
        api_forward X-User  $api_principal;
        api_forward X-Owner key:owner;
        api_forward X-Plan  key:plan;
        api_forward X-Id    key:id;
        api_forward_token strip;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /a?b=c", "GET /a?key=" . gold_key() . "&b=c", "GET /a?b=c"]
--- more_headers eval
[gold() . "\nX-Plan: platinum", "X-Owner: root", tiny()]
--- response_body eval
["u=acme o=team-a p=gold i=AAAAAAAA k= q=/a?b=c\n", "u=acme o=team-a p=gold i=AAAAAAAA k= q=/a?b=c\n",
 "u=tiny o= p= i=BBBBBBBB k= q=/a?b=c\n"]



=== TEST 6: an identity token of a key
--- config
    location / {
        api_auth key=partners;
        api_identity_token X-User key=file:$TEST_NGINX_KEYS_DIR/p256.pem iss=g claims=tenant;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /a
--- more_headers eval
gold()
--- response_body_like eval
my $claims = qr/[A-Za-z0-9_-]+/;
qr/\Au=ey$claims\.($claims)\.$claims o=(?(?{ my $c = main::unb64url($1); $c =~ m{"sub":"acme"} && $c =~ m{"auth_method":"key"} && $c !~ m{tenant} }) |fail)/
