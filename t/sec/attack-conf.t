# Mistakes that would open a door, or close it without a word.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;
use File::Temp qw(tempdir);

no_root_location();
no_long_string();

my $dir = tempdir(CLEANUP => 1);
chmod 0755, $dir;

# a file of this text, as secrets are kept
my $files = 0;

sub file {
    my ($text, $mode) = @_;

    my $file = "$dir/" . $files++;
    write_file($file, $text);
    chmod $mode // 0640, $file;
    return $file;
}

run_tests();

__DATA__

=== TEST 1: a public key is no secret because of what stands before it
--- http_config eval
corp(algorithms => 'RS256 HS256',
     key => 'file:' . main::file("\n" . pem('rsa2048')))
--- config
    location / { api_auth jwt=corp; }
--- must_die
--- error_log
a PEM is no secret



=== TEST 2: ... and its twin
--- http_config eval
corp(algorithms => 'RS256', key => 'file:' . main::file(pem('rsa2048')))
--- config
    location / { api_auth jwt=corp; try_files /in.txt =404; }
--- user_files
>>> in.txt
in
--- request
GET /
--- more_headers eval
bearer(alg => 'RS256', key => 'rsa2048')
--- response_body
in



=== TEST 3: two with one issuer: tokens could not tell them apart
--- http_config eval
corp() . corp() =~ s/corp/more/r
--- config
    location / { api_auth jwt=corp,more; }
--- must_die
--- error_log eval
qr/api_jwt_issuer "corp" and "more" have the same "issuer": "api_auth" in .*:\d+ takes one/



=== TEST 4: ... each in a place of its own
--- http_config eval
corp() . corp() =~ s/corp/more/r
--- config
    location / { api_auth jwt=corp; }
    location /more { api_auth jwt=more; }
--- request eval
["GET /", "GET /more"]
--- error_code eval
[401, 401]



=== TEST 5: one name twice
--- http_config eval: corp()
--- config
    location / { api_auth jwt=corp,corp; }
--- must_die
--- error_log
"corp" stands twice in "api_auth"



=== TEST 6: a JWK set of secrets is a secret
--- http_config eval: corp(jwks => main::file(jwks('hs256'), 0644))
--- config
    location / { api_auth jwt=corp; }
--- must_die
--- error_log
is open to everybody: run  chmod o=



=== TEST 7: ... kept like one
--- http_config eval: corp(jwks => main::file(jwks('hs256'), 0640))
--- config
    location / { api_auth jwt=corp; try_files /in.txt =404; }
--- user_files
>>> in.txt
in
--- request
GET /
--- more_headers eval
bearer()
--- response_body
in



=== TEST 8: what looks like a variable in a value, and would always differ
--- http_config eval: corp()
--- config
    location / { api_auth jwt=corp; api_require claim:tenant ne $arg_tenant; }
--- must_die
--- error_log
"$arg_tenant" is text here, no variable is replaced in it: variables stand on the left



=== TEST 9: a leeway that makes expired tokens good
--- http_config eval: corp(leeway => '11m')
--- config
--- must_die
--- error_log
a leeway makes up for clocks that differ, not for tokens that live too short: write 10m at most



=== TEST 10: one that does not
--- http_config eval: corp(leeway => '10m')
--- config
    location / { api_auth jwt=corp; try_files /in.txt =404; }
--- user_files
>>> in.txt
in
--- more_headers eval
bearer()
--- request
GET /
--- response_body
in



=== TEST 11: an audit file with a variable would be one of that literal name
--- http_config
api_audit logs/$host.jsonl;
--- config
--- must_die
--- error_log
takes a path without variables: one file for all requests of a location



=== TEST 12: the record of a request, written by a configuration
--- config
location / { set "$api record/1" $arg_forged; api_body json; }
--- must_die
--- error_log
[emerg]
the variable "$api record/1" is not for configurations



=== TEST 13: ... by a map
--- http_config
map $arg_forged "$API record/1" { default $arg_forged; }
--- config
--- must_die
--- error_log
the variable "$api record/1" is not for configurations



=== TEST 14: ... and its twin: another name is free
--- config
location / { set "$api record/2" mine; add_header X "[${api_decision}]";
             api_body json; return 200 "$arg_x\n"; }
--- request
GET /?x=1
--- response_body
1
