# api_forward, api_forward_token: what the upstream is told of the caller, and
# that the caller cannot say it.  forward-http2.t runs this file over HTTP/2.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;

my $UP = <<'END';
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        underscores_in_headers on;
        location / {
            return 200 "u=$http_x_user r=$http_x_roles a=$http_authorization c=$http_cookie d=$http_dpop n=$http_x_none q=$request_uri\n";
        }
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 http2;
        underscores_in_headers on;
        location / {
            add_header X-Seen "u=$http_x_user r=$http_x_roles a=$http_authorization";
            return 200 "x\n";
        }
    }
END

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => ($block->http_config // corp()) . $UP);
    $block->set_value(user_files => [['in.txt', "in\n"]])
        unless defined $block->user_files;
});

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: claims, with the types a header has
--- config
    location / {
        api_auth    jwt=corp;
        api_forward X-User claim:sub;
        api_forward X-Roles claim:roles;
        api_forward X-None claim:none;
        proxy_pass  http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
[("GET /a") x 3]
--- more_headers eval
[bearer(claims => { roles => ['a', 'b'] }), bearer(claims => { sub => "m\xfcller", roles => 7 }),
 bearer(claims => { sub => undef, roles => { x => 1 } })]
--- response_body_like eval
[qr/^u=alice r=a,b a=Bearer \S+ c= d= n= q=\/a$/, qr/^u=m\xc3\xbcller r=7 /, qr/^u= r=\{"x":1\} /]



=== TEST 2: what the client says of itself is gone, also on a public route
--- config
    underscores_in_headers on;
    location / {
        api_auth    jwt=corp optional;
        api_forward X-User claim:sub;
        proxy_pass  http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /public/ {
        api_auth    off;
        api_forward off;
        proxy_pass  http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /other/ {
        proxy_pass  http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /", "GET /public/", "GET /other/", "GET /", "GET /", "GET /"]
--- more_headers eval
["X-User: root", "x-user: root", "X-USER: root\nX-Roles: r", "X_User: root", "X-User: root\nX-User: admin\nX_USER: a",
 bearer() . "\nX-User: root\nX_User: root"]
--- response_body_like eval
[qr/^u= r= /, qr/^u= r= /, qr/^u= r=r /, qr/^u= /, qr/^u= /, qr/^u=alice /]
--- error_log eval
qr/the client sent a header "X-User" of its own, which is taken out/i



=== TEST 3: if, map and log see nothing of it either
--- http_config eval
corp() . 'map $http_x_user $seen { "" no; default yes; }'
--- config
    location / {
        if ($http_x_user) { return 418; }
        add_header X-Seen $seen;
        api_forward X-User literal:gateway;
        proxy_pass  http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- more_headers
X-User: root
--- response_headers
X-Seen: no
--- response_body_like
^u=gateway



=== TEST 4: grpc
--- config
    location / {
        api_auth    jwt=corp;
        api_forward X-User claim:sub;
        api_forward_token strip;
        grpc_pass   grpc://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    }
--- http2
--- request
POST /x
abc
--- more_headers eval
bearer() . "\nX-User: root\nX-Roles: r"
--- response_headers
X-Seen: u=alice r=r a=



=== TEST 5: the same name again replaces, another one adds
--- config
    api_auth    jwt=corp;
    api_forward X-User claim:sub;
    location / {
        api_forward X-Roles claim:roles;
        proxy_pass  http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location /own/ {
            api_forward x-user literal:other;
            proxy_pass  http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
        location /off/ {
            api_forward off;
            api_forward X-Roles literal:one;
            proxy_pass  http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
        location /limit/ {
            limit_except GET { api_forward X-User literal:writer; }
            proxy_pass  http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
        location /if/ {
            if ($arg_x) { api_forward X-User literal:in-if; }
            proxy_pass  http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- request eval
["GET /", "GET /own/", "GET /off/", "GET /limit/", "DELETE /limit/", "GET /if/", "GET /if/?x=1"]
--- more_headers eval
[(bearer(claims => { roles => 'a' })) x 7]
--- response_body_like eval
[qr/^u=alice r=a /, qr/^u=other r=a /, qr/^u= r=one /, qr/^u=alice r=a /, qr/^u=writer r=a /, qr/^u=alice r=a /, qr/^u=in-if r=a /]



=== TEST 6: what could begin a header of its own is not sent
--- config
    location / {
        api_auth    jwt=corp;
        api_forward X-User claim:sub;
        api_forward X-Roles claim:roles;
        proxy_pass  http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- more_headers eval
bearer(claims => { sub => "a\r\nX-Roles: root", roles => 'r' })
--- response_body_like
^u= r=r 
--- error_log
the value for the header "X-User" has control characters in it and is not sent



=== TEST 7: the token stays, or does not reach the upstream
--- config
    location /keep/ {
        api_auth   jwt=corp;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /strip/ {
        api_auth   jwt=corp optional;
        api_forward_token strip;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location /strip/keep/ {
            api_forward_token keep;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- request eval
["GET /keep/", "GET /strip/", "GET /strip/keep/", "GET /strip/", "GET /strip/", "GET /strip/"]
--- more_headers eval
my $t = bearer();
[$t, "$t\nDPoP: x", $t, $t =~ s/Bearer/bEARER/r . "\nCookie: a=1; b=2", "Authorization: Basic YTpi",
 $t =~ s/: Bearer/:\t\x0bBearer/r]
--- response_body_like eval
[qr/ a=Bearer \S+ c= /, qr/ a= c= d= /, qr/ a=Bearer \S+ c= /, qr/ a= c=a=1; b=2 /, qr/ a=Basic YTpi /, qr/ a= c= /]



=== TEST 8: a token in a cookie, in a header and in the query
--- http_config eval
corp(token => 'header=X-Token cookie=session query=access_token')
--- config
    location / {
        api_auth   jwt=corp;
        api_forward X-User claim:sub;
        api_forward_token strip;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
my $t = token();
["GET /", "GET /", "GET /", "GET /%2Fa?x=1&access_token=$t&y=%26#f", "GET /b?access_token=$t", "GET /c?access%5ftoken=$t&z"]
--- more_headers eval
my $t = token();
["Cookie: a=1; session=$t; b=2", "Cookie: session=$t", "X-Token: $t", "X-None: y", "", ""]
--- response_body_like eval
[qr/^u=alice .* a= c=a=1; b=2 .* q=\/$/, qr/ c= d=/, qr/^u=alice /, qr/^u=alice .* n=y q=\/%2Fa\?x=1&y=%26$/,
 qr/^u=alice .* q=\/b$/, qr/^u=alice .* q=\/c\?z$/]
--- suppress_stderr



=== TEST 9: several lines of Cookie
--- http_config eval
corp(token => 'cookie=session')
--- config
    location / {
        api_auth   jwt=corp;
        api_forward_token strip;
        add_header X-Cookie "$cookie_a-$cookie_b-$cookie_session";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- more_headers eval
"Cookie: a=1\nCookie: session=" . token() . "; b=2"
--- response_headers
X-Cookie: 1-2-
--- response_body_like
 c=a=1; b=2 



=== TEST 10: try_files, a named location, the same policy
--- config
    location / {
        api_auth   jwt=corp;
        api_forward X-User literal:first;
        api_forward X-None literal:first;
        api_forward_token strip;
        try_files /nothing @named;
    }
    location @named {
        api_auth   jwt=corp;
        api_forward X-User claim:sub;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- more_headers eval
bearer()
--- response_body_like
^u=alice r= a=Bearer \S+ c= d= n= 



=== TEST 11: X-Accel-Redirect
--- http_config eval
corp() . <<'END'
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_4;
        location / { add_header X-Accel-Redirect /inner/; return 200 "x"; }
    }
END
--- config
    location / {
        api_auth   jwt=corp;
        api_forward X-User literal:first;
        api_forward_token strip;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_4;
    }
    location /inner/ {
        internal;
        api_auth   jwt=corp;
        api_forward X-Roles claim:sub;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /
--- more_headers eval
bearer()
--- response_body_like
^u= r=alice a=Bearer 



=== TEST 12: with a body that has been read
--- config
    location / {
        api_auth   jwt=corp;
        api_body   json;
        client_body_in_file_only on;
        api_forward X-User claim:sub;
        api_forward_token strip;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
POST /
{"a":1}
--- more_headers eval
bearer() . "\nContent-Type: application/json\nX-User: root"
--- response_body_like
^u=alice r= a= 



=== TEST 13: parameters and headers of the client, if need be
--- config
    location / {
        api_forward X-User query:id;
        api_forward X-Roles header:X-Region;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /?id=a%20b", "GET /?id=a&id=b", "GET /"]
--- more_headers eval
["X-Region: eu", "X-Region: eu\nX-Region: us", "X-Region: \xff"]
--- response_body_like eval
[qr/^u=a b r=eu /, qr/^u= r= /, qr/^u= r= /]



=== TEST 14: monitor forwards who was verified, and nothing else
--- config
    location / {
        api_auth   jwt=corp mode=monitor;
        api_forward X-User claim:sub;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /", "GET /", "GET /"]
--- more_headers eval
[bearer(), bearer(key => 'hs256b') . "\nX-User: root", "X-User: root"]
--- response_body_like eval
[qr/^u=alice /, qr/^u= /, qr/^u= /]



=== TEST 15: a header that has a meaning
--- config
    location / { api_forward Content-Length claim:sub; }
--- must_die
--- error_log
"Content-Length" has a meaning in HTTP or for nginx, and is taken out of every request: choose a name of your own, for example X-User in



=== TEST 16: the header of the credential
--- config
    location / { api_forward authorization claim:sub; }
--- must_die
--- error_log
"authorization" has a meaning in HTTP or for nginx



=== TEST 17: no header
--- config
    location / { api_forward "X User" claim:sub; }
--- must_die
--- error_log
"X User" is no name of a header in



=== TEST 18: twice
--- config
    location / { api_forward X-User claim:sub; api_forward x-user claim:id; }
--- must_die
--- error_log
the header "x-user" has a value already at this level in



=== TEST 19: one word
--- config
    location / { api_forward X-User; }
--- must_die
--- error_log
"api_forward" directive takes HEADER OPERAND, for example X-User claim:sub, or off in



=== TEST 20: keep or strip
--- config
    location / { api_forward_token remove; }
--- must_die
--- error_log
"api_forward_token" directive takes keep or strip in



=== TEST 21: strip twice
--- config
    location / { api_forward_token keep; api_forward_token strip; }
--- must_die
--- error_log
"api_forward_token" directive is duplicate in



=== TEST 22: nothing of it is on the wire, with more headers than a part of the list holds
--- config eval
"underscores_in_headers on;
location / {
    api_auth    jwt=corp;
    api_forward X-User claim:sub;
    proxy_http_version 1.1;
    proxy_pass  http://127.0.0.1:" . free_port('UP') . ";
}"
--- tcp_listen eval
free_port('UP')
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /x
--- more_headers eval
bearer() . CORE::join '', "\nX-User: root", (map { "\nA$_: $_\nx_USER: root" } 1 .. 30)
--- response_body
ok
--- tcp_query eval
my $all = CORE::join '.*', map { "\r\nA$_: $_" } 1 .. 30;
qr/\A(?!.*root)GET \/x HTTP.*$all\r\nX-User: alice\r\n/si



=== TEST 23: fastcgi
--- config eval
"underscores_in_headers on;
location / {
    api_auth     jwt=corp;
    api_forward  X-User claim:sub;
    api_forward_token strip;
    fastcgi_pass 127.0.0.1:" . free_port('UP') . ";
}"
--- tcp_listen eval
free_port('UP')
--- tcp_reply eval
my $out = "Status: 200\r\nContent-Type: text/plain\r\n\r\nok\n";
CORE::pack('CCnnCC', 1, 6, 1, CORE::length $out, 0, 0) . $out . CORE::pack('CCnnCC', 1, 3, 1, 8, 0, 0) . "\0" x 8
--- request
GET /x
--- more_headers eval
bearer() . "\nX-User: root\nX_User: root\nX-Other: o"
--- response_body
ok
--- tcp_query eval
qr/\A(?!.*root)(?!.*HTTP_AUTHORIZATION)(?=.*HTTP_X_OTHERo).*HTTP_X_USERalice/s



=== TEST 24: what SSI fetches is of the same caller
--- config
    location / {
        api_auth    jwt=corp;
        api_forward X-User claim:sub;
        api_forward_token strip;
        ssi on;
        ssi_types text/plain;
        root html;
        default_type text/plain;
    }
    location /part { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files
>>> ssi.txt
<!--# include virtual="/part" -->
--- request
GET /ssi.txt
--- more_headers eval
bearer() . "\nX-User: root"
--- response_body_like
^u=alice r= a= 



=== TEST 25: what is mirrored too, without the credential
--- config eval
"location / {
    api_auth    jwt=corp;
    api_forward X-User claim:sub;
    api_forward_token strip;
    mirror      /mirror;
    try_files   /in.txt =404;
}
location = /mirror { internal; proxy_pass http://127.0.0.1:" . free_port('UP') . "; }"
--- tcp_listen eval
free_port('UP')
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /x
--- more_headers eval
bearer() . "\nX-User: root"
--- response_body
in
--- tcp_query eval
qr/\A(?!.*root)(?!.*Authorization).*\r\nX-User: alice\r\n/si
