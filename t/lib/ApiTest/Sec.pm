package ApiTest::Sec;

# What the tests of ngx_api_sec_module share: claims that its issuer "corp"
# takes, tokens with them, and a section that tries many tokens.

use strict;
use warnings;

use ApiTest qw(jwt problem_like custom_sections);
use Exporter ();

our @EXPORT = qw(claims token bearer corp try_tokens);


# for "eval" sections too, as ApiTest
sub import {
    Exporter::export(__PACKAGE__, 'Test::Base::Filter');
    goto &Exporter::import;
}

my %VERDICT = (
    400 => ['invalid_request', 'The Authorization header is malformed'],
    401 => ['invalid_token', 'The access token is not valid'],
);


# Claims of a good token; an undefined one is left out.
sub claims {
    my (%more) = @_;

    my %claims = (iss => 'https://idp.example', aud => 'orders',
                  sub => 'alice', exp => time + 3600, %more);
    delete @claims{ grep { !defined $claims{$_} } keys %claims };
    return \%claims;
}


# jwt() with these claims; those in the argument of that name are added.
sub token {
    my (%args) = @_;

    my $more = delete $args{claims} // {};
    return jwt(alg => 'HS256', claims => claims(%$more), %args);
}


sub bearer { return 'Authorization: Bearer ' . token(@_) }


# The issuer of these claims. What is given replaces its line of that name,
# undef takes it away; without jwks it has the key of HS256.
sub corp {
    my (%given) = @_;

    my %line = (issuer => 'https://idp.example', audience => 'orders',
                algorithms => 'HS256', %given);
    $line{key} //= 'file:$TEST_NGINX_KEYS_DIR/hs256.secret kid=hs256'
        unless exists $given{jwks} || exists $given{key};

    return join '', "api_jwt_issuer corp {\n",
        (map { "    $_ $line{$_};\n" } grep { defined $line{$_} }
             sort keys %line), "}\n";
}


my $LOCATION = <<'END';
    location /v1/ {
        api_auth jwt=corp;
        add_header X-Why "$api_auth_result:$api_auth_error" always;
        try_files /in.txt =404;
    }
END


# Makes "tokens" a section: Perl that gives [what, token, verdict] a token, and
# sees what the file has. Each is sent in a request of its own. A token with a
# colon is the lines of headers to send in its place. The verdict is ok, the
# reason of a 401 or 400, or the status of nginx's own refusal. A block
# without a configuration gets the location above, and any of them in.txt.
sub try_tokens {
    custom_sections('tokens');

    main::add_block_preprocessor(sub {
        my ($block) = @_;

        $block->set_value(config => $LOCATION) unless defined $block->config;
        add_file($block, 'in.txt', "in\n");
        set_requests($block) if defined $block->tokens;
    });
    return;
}


sub add_file {
    my ($block, $name, $text) = @_;

    my $files = $block->user_files // [];
    $block->set_value(user_files => ref $files
        ? [@$files, [$name, $text]] : "$files>>> $name\n$text");
    return;
}


sub set_requests {
    my ($block) = @_;

    my $text   = $block->tokens;
    my $tokens = eval "package main; no strict; [do { $text }]"
        or die $block->name . ": tokens: $@";
    my @expect = map { expectation($_->[2]) } @$tokens;

    my %section = (
        request            => [map { "GET /v1/orders\n" } @$tokens],
        more_headers       => [map { header($_->[1]) } @$tokens],
        error_code         => [map { $_->{status} } @expect],
        response_headers   => [map { $_->{headers} } @expect],
        response_body_like => [map { $_->{body} } @expect],
    );

    $block->set_value($_ => $section{$_}) for keys %section;
    return;
}


sub header {
    my ($token) = @_;

    return $token =~ /:/ ? $token : "Authorization: Bearer $token";
}


sub expectation {
    my ($verdict) = @_;

    return { status => 200, headers => "X-Why: ok:\n! WWW-Authenticate",
             body => qr/\Ain\n\z/ } if $verdict eq 'ok';

    return { status => $verdict, body => qr/<center>nginx/,
             headers => '! WWW-Authenticate' } if $verdict =~ /\A\d+\z/;

    my $status = $verdict eq 'invalid_request' ? 400 : 401;
    return missing() if $verdict eq 'missing';

    my ($code, $title) = @{ $VERDICT{$status} };
    $title = 'The access token has expired' if $verdict eq 'expired';

    return {
        status  => $status,
        headers => "X-Why: invalid:$verdict\n"
            . 'WWW-Authenticate: Bearer realm="corp"'
            . qq{, error="$code", error_description="$title"},
        body    => problem_like(status => $status, code => $code,
                                title => $title,
                                support_id => qr/[0-9a-f]{32}/),
    };
}


sub missing {
    return {
        status  => 401,
        headers => "X-Why: missing:missing\n"
            . 'WWW-Authenticate: Bearer realm="corp"',
        body    => problem_like(status => 401, code => 'missing_token'),
    };
}

1;
