use Test::Nginx::Socket 'no_plan';
use ApiTest;

# List files stand beside html/: $list{name} is text.
my %list = (
    partners => <<'END',
# who may do more
10.0.0.0/8        internal
127.0.0.0/8       local
127.0.0.1         "this one"
2001:db8::/32     lab
gold-partner      gold
"Acme Ltd."       silver
bare
void              ""
END
    api_on  => "api enforce\n",
    api_off => "api monitor\n",
    bad     => "10.0.0.1/8 x\n",
);

add_block_preprocessor(sub {
    my ($block) = @_;

    my %files = map { ("../lists/$_" => $list{$_}) } keys %list;
    $block->set_value(user_files =>
        [map { [$_ => $files{$_}] } sort keys %files]);

    $block->set_value(http_config =>
        ($block->http_config // '') =~ s{LISTS}{\$TEST_NGINX_SERVER_ROOT/lists}gr);

    $block->set_value(config => <<'END') unless defined $block->config;
    location / { return 200 "[$api_list_partners]\n"; }
END
});

no_root_location();
run_tests();

__DATA__

=== TEST 1: the address of the client, by the longest prefix
--- http_config
    api_list partners LISTS/partners;
--- request
GET /
--- response_body
[this one]



=== TEST 2: a value of the request
--- http_config
    api_list partners LISTS/partners key=$arg_k;
--- request eval
["GET /?k=gold-partner", "GET /?k=10.1.2.3", "GET /?k=2001:db8::5",
 "GET /?k=bare", "GET /?k=Gold-partner", "GET /?k=11.1.2.3", "GET /",
 "GET /?k=void"]
--- response_body eval
["[gold]\n", "[internal]\n", "[lab]\n", "[1]\n", "[]\n", "[]\n", "[]\n",
 "[]\n"]



=== TEST 3: a key made of several
--- http_config
    api_list partners LISTS/partners key=$arg_a-partner;
--- request eval
["GET /?a=gold", "GET /?a=iron"]
--- response_body eval
["[gold]\n", "[]\n"]



=== TEST 4: a constant key is a lever for api_mode: enforce
--- http_config
    api_list lever LISTS/api_on key=api;
    api_mode $api_list_lever;
--- config
    location / { api_body json; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/up/; }
    location /up/ { return 200 "up\n"; }
--- request
POST /
{
--- more_headers
Content-Type: application/json
--- error_code: 400



=== TEST 5: the lever in the other position
--- http_config
    api_list lever LISTS/api_off key=api;
    api_mode $api_list_lever;
--- config
    location / { api_body json; proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/up/; }
    location /up/ { return 200 "up\n"; }
--- request
POST /
{
--- more_headers
Content-Type: application/json
--- response_body
up
--- error_log
would refuse 400 body json



=== TEST 6: defined behind its use
--- config
    location / { return 200 "[$api_list_late]\n"; }
--- http_config
    map $api_list_late $m { default 1; }
    api_list late LISTS/partners key=bare;
--- request
GET /
--- response_body
[1]



=== TEST 7: a list that is not defined
--- config
    location / { return 200 "$api_list_partner"; }
--- http_config
    api_list partners LISTS/partners;
--- must_die
--- error_log
unknown "api_list_partner" variable



=== TEST 8: one name twice
--- http_config
    api_list partners LISTS/partners;
    api_list partners LISTS/api_on;
--- must_die
--- error_log
there is an api_list "partners" already



=== TEST 9: a name that is none
--- http_config
    api_list my-partners LISTS/partners;
--- config
--- must_die
--- error_log
"my-partners" is no name for a list



=== TEST 10: an empty name
--- http_config
    api_list "" LISTS/partners;
--- config
--- must_die
--- error_log
"" is no name for a list



=== TEST 11: no such file
--- http_config
    api_list partners LISTS/none;
--- must_die
--- error_log eval
qr{lists/none": stat\(\) failed \(2: No such file or directory\) in .*nginx\.conf:\d+}



=== TEST 12: a mistake in the file names file and line
--- http_config
    api_list partners LISTS/bad;
--- must_die
--- error_log eval
qr{lists/bad": line 1: .* in .*nginx\.conf:\d+}



=== TEST 13: an unknown parameter
--- http_config
    api_list partners LISTS/partners keys=$arg_k;
--- must_die
--- error_log
unknown parameter "keys=$arg_k" of "api_list", which takes: key=



=== TEST 14: an empty key
--- http_config
    api_list partners LISTS/partners key=;
--- must_die
--- error_log
invalid value in "key="



=== TEST 15: a key with an unknown variable
--- http_config
    api_list partners LISTS/partners key=$nothing_of_the_kind;
--- must_die
--- error_log
unknown "nothing_of_the_kind" variable



=== TEST 16: a folder is no file
--- http_config
    api_list partners LISTS;
--- must_die
--- error_log
is no regular file



=== TEST 17: not in a server
--- config
    api_list partners /dev/null;
--- must_die
--- error_log
"api_list" directive is not allowed here
