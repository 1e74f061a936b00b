package Test::Nginx::StandIn::Sections;

# Which sections the stand-in knows, and which go together. Test::Base takes
# any name without a word, so a misspelt or unsupported section would be a
# check that never runs: here it ends the test file.

use strict;
use warnings;

my %KNOWN = map { $_ => 1 } qw(
    main_config http_config config post_main_config server_name log_level
    user_files init post_setup_server_root

    request raw_request raw_request_middle_delay pipelined_requests
    more_headers http2 curl shutdown timeout abort ignore_response wait

    error_code error_code_like response_body response_body_like
    response_body_unlike response_headers response_headers_like
    raw_response_headers_like raw_response_headers_unlike

    error_log no_error_log grep_error_log grep_error_log_out
    shutdown_error_log access_log no_access_log

    tcp_listen tcp_reply tcp_reply_delay tcp_query tcp_query_len
    tcp_no_close

    must_die reload_fails suppress_stderr
    skip_nginx skip_eval todo SKIP ONLY LAST
);

# what Test::Base itself keeps in a block
my %INTERNAL = map { $_ => 1 } qw(
    name description seq_num is_filtered blocks_object original_values
    _section_map _section_order
);

# sections of which at most one may stand in a block
my @RIVALS = (
    [qw(request raw_request pipelined_requests)],
    [qw(http2 raw_request)],
    [qw(http2 pipelined_requests)],
    [qw(http2 shutdown)],
    [qw(error_code error_code_like)],
    [qw(must_die reload_fails)],
);

# a section that says nothing without another one
my %NEEDS = (
    raw_request_middle_delay => 'raw_request',
    grep_error_log_out       => 'grep_error_log',
    grep_error_log           => 'grep_error_log_out',
    tcp_listen               => 'tcp_reply',
    tcp_reply                => 'tcp_listen',
    tcp_reply_delay          => 'tcp_listen',
    tcp_query                => 'tcp_listen',
    tcp_query_len            => 'tcp_listen',
    tcp_no_close             => 'tcp_listen',
);

# sections that look at a response
my @RESPONSE = qw(
    error_code error_code_like response_body response_body_like
    response_body_unlike response_headers response_headers_like
    raw_response_headers_like raw_response_headers_unlike
);

# sections in which $TEST_NGINX_... would be sent or compared literally
my @LITERAL = qw(
    request raw_request pipelined_requests more_headers user_files
    error_log no_error_log access_log no_access_log
);


# sections that a file's own block preprocessor reads
sub declare {
    $KNOWN{$_} = 1 for @_;
    return;
}


sub check {
    my ($block) = @_;

    my $name = $block->name;
    my $has  = sub { return exists $block->{ $_[0] } };

    for my $section (sort keys %$block) {
        next if $INTERNAL{$section} || $KNOWN{$section};
        die "$name: section \"$section\" is unsupported by the stand-in\n";
    }

    for my $rivals (@RIVALS) {
        my @both = grep { $has->($_) } @$rivals;
        die "$name: sections \"$both[0]\" and \"$both[1]\""
            . " cannot stand together\n" if @both > 1;
    }

    for my $section (sort keys %NEEDS) {
        next if !$has->($section) || $has->($NEEDS{$section});
        die "$name: section \"$section\" needs \"$NEEDS{$section}\"\n";
    }

    die "$name: no --- config section\n" unless $has->('config');

    die "$name: ONLY hides all other blocks, and this is CI\n"
        if $has->('ONLY') && $ENV{CI};

    check_request($block, $has);
    check_literal($block);
    return;
}


# a check that could not run is as bad as an unknown one
sub check_request {
    my ($block, $has) = @_;

    my $name  = $block->name;
    my $sends = grep { $has->($_) } qw(request raw_request
                                       pipelined_requests);
    my @looks = grep { $has->($_) } @RESPONSE;

    if ($has->('must_die')) {
        die "$name: section \"$looks[0]\" never runs with \"must_die\"\n"
            if @looks;
        return;
    }

    die "$name: no request section\n" unless $sends;

    die "$name: section \"$looks[0]\" never runs with \"ignore_response\"\n"
        if @looks && $has->('ignore_response');
    return;
}


sub check_literal {
    my ($block) = @_;

    for my $section (@LITERAL) {
        my $value = $block->{$section} or next;

        for my $text (flatten($value)) {
            next if ref $text || $text !~ /\$\{?TEST_NGINX_/;
            die $block->name . ": \$TEST_NGINX_... is not expanded in"
                . " section \"$section\"; use eval and \$ENV{...}\n";
        }
    }

    return;
}


sub flatten {
    my ($value) = @_;

    return map { flatten($_) } @$value        if ref $value eq 'ARRAY';
    return map { flatten($_) } values %$value if ref $value eq 'HASH';
    return defined $value ? $value : ();
}

1;
