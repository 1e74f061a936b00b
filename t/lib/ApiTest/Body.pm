package ApiTest::Body;

# What the tests of request bodies share: an application behind the server
# that answers with the body that reached it, in brackets, and gzip.

use strict;
use warnings;

use Exporter ();
use IO::Compress::Gzip qw(gzip $GzipError);

our @EXPORT = qw(echo_application use_application gzipped json_of);


# for "eval" sections too, as ApiTest
sub import {
    Exporter::export(__PACKAGE__, 'Test::Base::Filter');
    goto &Exporter::import;
}


# The text "UP" in a configuration becomes the way to it.
sub use_application {
    my ($block) = @_;

    my $up = 'proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;';

    $block->set_value(config => $block->config =~ s/\bUP\b/$up/gr);
    $block->set_value(http_config =>
        echo_application() . ($block->http_config // ''));
    return;
}


sub echo_application {
    return <<'END';
server {
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    client_max_body_size         0;
    client_body_buffer_size      4m;
    client_body_in_single_buffer on;

    location / {
        proxy_pass        http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        proxy_set_header  Accept-Encoding "";
        sub_filter        BODY $request_body;
        sub_filter_types  *;
        add_header        X-App $request_method;
    }

    location /redirect {
        add_header X-Accel-Redirect @second;
        return 200;
    }
}

server {
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    client_max_body_size 0;
    return 200 "[BODY]";
}
END
}


sub gzipped {
    my ($text) = @_;

    gzip(\$text, \my $out, -Minimal => 1) or die "gzip: $GzipError\n";
    return $out;
}


# A JSON text of exactly so many bytes.
sub json_of {
    my ($size) = @_;

    my $frame = '{"a":""}';
    return '{"a":"' . 'x' x ($size - length $frame) . '"}';
}

1;
