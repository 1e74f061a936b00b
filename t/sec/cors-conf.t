# Mistakes in api_cors, each with the line that says what to write.

use Test::Nginx::Socket 'no_plan';
use ApiTest;

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(must_die => '');
    $block->set_value(config =>
        "location / { api_cors " . ($block->cors =~ s/\s+\z//r) . "; }");
});

custom_sections('cors');
run_tests();

__DATA__

=== TEST 1: no origins
--- cors: credentials
--- error_log
"api_cors" directive needs origins=



=== TEST 2: everybody with credentials
--- cors: origins=* credentials
--- error_log
origins=* with credentials would let every site act as its visitor: write the origins out



=== TEST 3: null with credentials
--- cors: origins=https://a.example,null credentials
--- error_log
origin "null" with credentials would let every site act as its visitor



=== TEST 4: everybody and somebody
--- cors: origins=*,https://a.example
--- error_log
takes "*" as the only origin



=== TEST 5: a path
--- cors: origins=https://a.example/
--- error_log
origin "https://a.example/" has a path or a slash at its end



=== TEST 6: no scheme
--- cors: origins=a.example
--- error_log
origin "a.example" is none: write scheme://host[:port]



=== TEST 7: capital letters
--- cors: origins=https://A.example
--- error_log
origin "https://A.example" has capital letters



=== TEST 8: the port of the scheme
--- cors: origins=https://a.example:443
--- error_log
origin "https://a.example:443" names the port of its scheme



=== TEST 9: no port at all
--- cors: origins=https://a.example:
--- error_log
has no valid port



=== TEST 10: a port that is none
--- cors: origins=http://a.example:65536
--- error_log
has no valid port



=== TEST 11: a user
--- cors: origins=https://u@a.example
--- error_log
has a user in it



=== TEST 12: an asterisk in the middle
--- cors: origins=https://a.*.example
--- error_log
an asterisk stands only for the first label



=== TEST 13: a part of a label
--- cors: origins=https://a*.example.com
--- error_log
an asterisk stands only for the first label



=== TEST 14: a whole top-level domain
--- cors: origins=https://*.com
--- error_log
origin "https://*.com" leaves a whole top-level domain open



=== TEST 15: an empty host
--- cors: origins=https://:8443
--- error_log
has no valid host



=== TEST 16: an empty origin
--- cors: origins=https://a.example,
--- error_log
empty name in the list



=== TEST 17: a method in small letters
--- cors: origins=* methods=get
--- error_log
the method "get" must be written in capital letters



=== TEST 18: a header name that is none
--- cors: origins=* "headers=X Y"
--- error_log
"X Y" is no name of a header



=== TEST 19: all methods with credentials
--- cors: origins=https://a.example methods=* credentials
--- error_log
with credentials takes no "*" in methods=, headers= or expose=



=== TEST 20: a time that is none
--- cors: origins=* max_age=soon
--- error_log
invalid value in "max_age=soon"



=== TEST 21: an unknown parameter
--- cors: origins=* origin=https://a.example
--- error_log
unknown parameter "origin=https://a.example" of "api_cors"



=== TEST 22: twice
--- cors: origins=*; api_cors off
--- error_log
"api_cors" directive is duplicate



=== TEST 23: more behind off
--- cors: off credentials
--- error_log
"api_cors" directive off takes nothing more



=== TEST 24: not in an if
--- cors: origins=*; if ($arg_a) { api_cors off; }
--- error_log
"api_cors" directive is not allowed here



=== TEST 25: an IPv6 address that is none
--- cors: origins=http://[::g]:81
--- error_log
has no valid host
