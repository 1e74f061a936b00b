# api_mtls, api_auth mtls= and bind mtls: client certificates.  Another server
# of the same nginx is the TLS client: /NAME/... is sent with the certificate
# NAME; HTTP/2 is spoken by curl.

use Test::Nginx::Socket 'no_plan';
use ApiTest;
use ApiTest::Sec;
use ApiTest::Certs;

no_long_string();
free_port('TLS_PORT');
$ENV{TEST_NGINX_CERTS} = make_certs();

custom_sections('mtls', 'tls', 'location', 'h2', 'allow');

our $ISSUER = corp();

sub with_cnf {
    my ($name) = @_;
    return token(claims => { cnf => { 'x5t#S256' => thumbprint($name) } });
}

sub allow_file { return certs_dir() . '/allow' }

add_block_preprocessor(sub {
    my ($block) = @_;

    write_file(allow_file(), $block->allow // '');

    my $mtls = $block->mtls // 'principal san_uri;';
    my $tls = $block->tls // 'ssl_verify_client optional;';
    my $location = $block->location // 'api_auth mtls=mesh;';

    $block->set_value(http_config => $main::ISSUER . <<"END")
    api_mtls mesh { $mtls }
    server {
        listen 127.0.0.1:\$TEST_NGINX_TLS_PORT ssl http2;
        ssl_certificate     \$TEST_NGINX_CERTS/server.pem;
        ssl_certificate_key \$TEST_NGINX_CERTS/server.key;
        ssl_client_certificate \$TEST_NGINX_CERTS/ca.pem;
        ssl_verify_depth 2;
        $tls
        location /v1/ {
            $location
            add_header X-Who "\$api_auth_result:\$api_auth_method:\$api_principal" always;
            add_header X-Why "\$api_auth_error" always;
            try_files /in.txt =404;
        }
    }
END
        unless defined $block->http_config;

    $block->set_value(config => <<'END') unless defined $block->config;
        proxy_ssl_session_reuse off;
        proxy_set_header Host localhost;
        location ~ ^/(?<cert>[\w-]+)/ {
            proxy_ssl_certificate     $TEST_NGINX_CERTS/$cert.pem;
            proxy_ssl_certificate_key $TEST_NGINX_CERTS/$cert.key;
            rewrite ^ /v1/orders break;
            proxy_pass https://127.0.0.1:$TEST_NGINX_TLS_PORT;
        }
        location ^~ /none {
            proxy_pass https://127.0.0.1:$TEST_NGINX_TLS_PORT/v1/orders;
        }
END
    $block->set_value(user_files => ">>> in.txt\nin\n");

    return unless defined $block->h2;

    # lines: CERT|- STATUS WHO [HEADER]
    $block->set_value(init => sub {
        my $port = $ENV{TEST_NGINX_TLS_PORT};
        for my $line (grep { /\S/ } split /\n/, $block->h2) {
            my ($cert, $status, $who, $more) = split ' ', $line, 4;
            my @more = defined $more
                ? ('-H', eval "package main; $more" // die $@) : ();
            my $dir = certs_dir();
            my @cert = $cert eq '-' ? ()
                : ('--cert', "$dir/$cert.pem", '--key', "$dir/$cert.key");
            my @urls = ("https://localhost:$port/v1/orders") x 2;
            open my $pipe, '-|', 'curl', '-s', '--http2', '--cacert',
                "$dir/ca.pem", @cert, @more, '-D', '-', '-o', '/dev/null',
                '-o', '/dev/null', @urls or die $!;
            my $got = join '', <$pipe>;
            my @status = $got =~ m{^HTTP/2 (\d+)}mg;
            my @who = $got =~ /^x-who: (.*?)\r?$/mg;
            Test::More::is("@status", "$status $status",
                $block->name . ": $cert: status");
            Test::More::is("@who", "$who $who", $block->name . ": $cert: who");
        }
    });
});

sub refused {
    my ($code, $title) = @_;
    return problem_like(status => 401, code => $code, title => $title,
                        support_id => qr/.{32}/);
}

our $BAD = 'The client certificate is not accepted';

run_tests();

__DATA__

=== TEST 1: a certificate names its client by a URI
--- request
GET /uri/
--- response_headers
X-Who: ok:mtls:spiffe://prod/orders
--- response_body
in



=== TEST 2: none
--- request
GET /none
--- error_code: 401
--- response_headers
X-Why: missing
WWW-Authenticate: Certificate realm="mesh"
--- response_body_like eval
main::refused('missing_certificate', 'A client certificate is required')



=== TEST 3: one of a CA that is not trusted is refused by nginx itself
--- request
GET /stranger/
--- error_code: 400
--- response_body_like: The SSL certificate error



=== TEST 4: ... and by us, where nginx lets it pass
--- tls: ssl_verify_client optional_no_ca;
--- request eval
['GET /stranger/', 'GET /self/', 'GET /uri/']
--- error_code eval
[401, 401, 200]
--- response_headers eval
['X-Why: certificate_unverified', 'X-Why: certificate_unverified',
 'X-Who: ok:mtls:spiffe://prod/orders']
--- response_body_like eval
[(main::refused('invalid_certificate', $main::BAD)) x 2, 'in']
--- error_log
certificate_unverified: ssl_client_verify is FAILED:



=== TEST 5: a header is no certificate
--- request
GET /none
--- more_headers eval
CORE::join "\n", map { "$_: SUCCESS" } 'X-SSL-Client-Verify', 'SSL-Client-Verify',
    'X-Client-Verify', 'X-Forwarded-Client-Cert', 'X-SSL-Client-Cert',
    'Client-Cert'
--- error_code: 401
--- response_headers
X-Why: missing



=== TEST 6: a certificate without a name of that kind, or with several
--- request eval
['GET /dns/', 'GET /subject/', 'GET /uris/']
--- error_code eval
[401, 401, 401]
--- response_headers eval
['X-Why: certificate_name', 'X-Why: certificate_name',
 'X-Why: certificate_names']



=== TEST 7: DNS names, in lower case; a wildcard is none, a common name neither
--- mtls: principal san_dns;
--- request eval
['GET /dns/', 'GET /wild/', 'GET /subject/']
--- error_code eval
[200, 401, 401]
--- response_headers eval
['X-Who: ok:mtls:orders.example', 'X-Why: certificate_name',
 'X-Why: certificate_name']



=== TEST 8: subjects
--- mtls: principal subject;
--- request
GET /subject/
--- response_headers
X-Who: ok:mtls:CN=orders,O=Acme\, Ltd



=== TEST 9: allow: who may, and under which name
--- mtls: principal san_uri; allow $TEST_NGINX_CERTS/allow;
--- allow
spiffe://prod/orders
spiffe://prod/billing  billing-service
--- request eval
['GET /uri/', 'GET /uri2/', 'GET /uris/', 'GET /dns/']
--- error_code eval
[200, 200, 200, 401]
--- response_headers eval
['X-Who: ok:mtls:spiffe://prod/orders', 'X-Who: ok:mtls:billing-service',
 'X-Who: ok:mtls:spiffe://prod/orders', 'X-Why: certificate_name']



=== TEST 10: allow: an empty list lets nobody in
--- mtls: principal san_uri; allow $TEST_NGINX_CERTS/allow;
--- request
GET /uri/
--- error_code: 401
--- response_headers
X-Why: certificate_not_allowed
--- response_body_like eval
main::refused('invalid_certificate', $main::BAD)



=== TEST 11: a token or a certificate
--- location: api_auth jwt=corp mtls=mesh;
--- request eval
['GET /uri/', 'GET /none', 'GET /none', 'GET /uri/']
--- more_headers eval
['X-None: 1', bearer(), 'X-None: 1', 'Authorization: Bearer x.y.z']
--- error_code eval
[200, 200, 401, 401]
--- response_headers eval
['X-Who: ok:mtls:spiffe://prod/orders', 'X-Who: ok:jwt:alice',
 'WWW-Authenticate: Bearer realm="corp", Certificate realm="corp"',
 'X-Why: malformed']



=== TEST 12: a token and a certificate
--- location: api_auth mtls=mesh jwt=corp all;
--- request eval
['GET /uri/', 'GET /uri/', 'GET /none']
--- more_headers eval
[bearer(), 'X-None: 1', bearer()]
--- error_code eval
[200, 401, 401]



=== TEST 13: optional
--- location: api_auth mtls=mesh optional;
--- request
GET /none
--- response_headers
X-Who: missing::



=== TEST 14: a token that is bound to a certificate, with it, without it, with another
--- location: api_auth jwt=corp;
--- request eval
['GET /uri/', 'GET /none', 'GET /uri2/', 'GET /uri/']
--- more_headers eval
my $bound = 'Authorization: Bearer ' . main::with_cnf('uri');
[$bound, $bound, $bound, bearer()]
--- error_code eval
[200, 401, 401, 200]
--- response_headers eval
['X-Who: ok:jwt:alice', 'X-Why: certificate_missing',
 'X-Why: certificate_other', 'X-Who: ok:jwt:alice']
--- response_body_like eval
['in', (main::refused('invalid_token', 'The access token is not valid')) x 2,
 'in']



=== TEST 15: ... the token says which, no CA has to
--- location: api_auth jwt=corp;
--- tls: ssl_verify_client optional_no_ca;
--- request eval
['GET /self/', 'GET /stranger/', 'GET /uri/']
--- more_headers eval
my $bound = 'Authorization: Bearer ' . main::with_cnf('self');
[$bound, $bound, $bound]
--- error_code eval
[200, 401, 401]



=== TEST 16: bind mtls required: a token that is bound to nothing is refused
--- http_config eval
corp(bind => 'mtls required') . <<'END';
    server {
        listen 127.0.0.1:$TEST_NGINX_TLS_PORT ssl http2;
        ssl_certificate     $TEST_NGINX_CERTS/server.pem;
        ssl_certificate_key $TEST_NGINX_CERTS/server.key;
        ssl_client_certificate $TEST_NGINX_CERTS/ca.pem;
        ssl_verify_client optional;
        location /v1/ {
            api_auth jwt=corp;
            add_header X-Why "$api_auth_error" always;
            try_files /in.txt =404;
        }
    }
END
--- request eval
['GET /uri/', 'GET /uri/']
--- more_headers eval
['Authorization: Bearer ' . main::with_cnf('uri'), bearer()]
--- error_code eval
[200, 401]
--- response_headers eval
['! X-Why', 'X-Why: unbound']



=== TEST 17: without TLS a bound token is never taken
--- config
    location /plain/ {
        api_auth jwt=corp;
        add_header X-Why "$api_auth_error" always;
        try_files /in.txt =404;
    }
--- request
GET /plain/
--- more_headers eval
'Authorization: Bearer ' . main::with_cnf('uri')
--- error_code: 401
--- response_headers
X-Why: certificate_missing



=== TEST 18: over HTTP/2, twice on a connection
--- h2
uri 200 ok:mtls:spiffe://prod/orders
uri2 200 ok:mtls:spiffe://prod/billing
uris 401 invalid::
- 401 missing::
--- request
GET /uri/
--- response_headers
X-Who: ok:mtls:spiffe://prod/orders



=== TEST 19: a bound token over HTTP/2
--- location: api_auth jwt=corp;
--- h2
uri 200 ok:jwt:alice 'Authorization: Bearer ' . with_cnf('uri')
uri2 401 invalid:: 'Authorization: Bearer ' . with_cnf('uri')
- 401 invalid:: 'Authorization: Bearer ' . with_cnf('uri')
--- request
GET /none
--- error_code: 401



=== TEST 20: a server that never asks is warned of
--- tls: ssl_verify_client off;
--- request
GET /uri/
--- error_code: 401
--- grep_error_log eval
qr/"api_auth" in \S+nginx\.conf:\d+ wants a client certificate/
--- grep_error_log_out eval
qr/\A"api_auth" in \S+ wants a client certificate\n\z/



=== TEST 21: no line principal
--- mtls: allow $TEST_NGINX_CERTS/allow;
--- must_die
--- error_log
api_mtls "mesh" needs a line "principal": san_uri, san_dns or subject



=== TEST 22: a principal that is none
--- mtls: principal cn;
--- must_die
--- error_log
"principal" takes san_uri, san_dns or subject, once



=== TEST 23: a line that is none
--- mtls: principal san_uri; deny x;
--- must_die
--- error_log
unknown line "deny" in api_mtls, which takes: principal allow



=== TEST 24: allow twice
--- mtls: principal san_uri; allow a; allow b;
--- must_die
--- error_log
"allow" takes the path of a file, once



=== TEST 25: a list that is not there
--- mtls: principal san_uri; allow $TEST_NGINX_CERTS/none;
--- must_die
--- error_log
none": stat() failed (2: No such file or directory)



=== TEST 26: one name twice
--- mtls: principal san_uri; } api_mtls mesh { principal san_dns;
--- must_die
--- error_log
duplicate api_mtls "mesh"



=== TEST 27: a name that nobody has defined
--- location: api_auth mtls=other;
--- must_die
--- error_log
no api_mtls "other" for "api_auth"
