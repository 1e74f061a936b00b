package ApiTest::Lint;

# Configurations for apisec lint: in a folder of their own, with all that each
# needs to be well, so that a finding is the fixture's own.

use strict;
use warnings;

use ApiTest::Keys qw(jwk);
use ApiTest::Run;
use Exporter qw(import);
use JSON::PP ();

our @EXPORT = qw(conf folder issuer server);

my $dir;


# With a key, a secret and a key store in it.

sub folder {
    return $dir if $dir;

    $dir = scratch();
    mkdir "$dir/state", 0700;
    mkdir "$dir/logs";
    spew("$dir/jwks.json",
        JSON::PP->new->canonical->utf8->encode({ keys => [jwk('p256')] }));
    spew("$dir/secret", 'x' x 40);
    spew("$dir/keys.json", '{"keys": []}');
    chmod 0640, "$dir/secret", "$dir/keys.json";
    return $dir;
}


sub modules {
    my @files = split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
    @files = map { modules_dir() . "/ngx_api_${_}_module.so" }
        qw(waf sec ratelimit) if !@files;
    return join '', map {"load_module $_;\n"} @files;
}


sub issuer {
    my ($more) = @_;
    return "api_jwt_issuer corp { issuer https://idp; audience a;"
        . ' algorithms ES256; jwks jwks.json; ' . ($more // 'max_lifetime 1h;')
        . ' }';
}


# A whole nginx.conf, around the content of http.

sub conf {
    my ($body) = @_;
    my $dir = folder();
    return "user root;\n" . modules() . "pid $dir/nginx.pid;\nevents {}\n"
        . "http {\naccess_log off; server_tokens off; api_state $dir/state;\n"
        . join('', map {"${_}_temp_path $dir/tmp;\n"}
            qw(client_body proxy fastcgi uwsgi scgi))
        . "$body\n}\n";
}


sub server {
    my ($body, $listen) = @_;
    return 'server { listen ' . ($listen // '127.0.0.1:9') . "; $body }";
}


1;
