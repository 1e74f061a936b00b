package Test::Nginx::StandIn::Check;

# The expectations of a block as a list of tests, [name, code], so that they
# can be run, or only counted when the block is skipped.

use strict;
use warnings;

use Exporter 'import';
use Test::LongString ();
use Test::More ();
use Test::Nginx::StandIn::Config qw(expand);
use Test::Nginx::StandIn::Log;
use Test::Nginx::StandIn::Options qw(%opt server_port_for_client);
use Test::Nginx::StandIn::Request qw(indexed);

our @EXPORT_OK = qw(response_tests log_tests is_str);


# Test::LongString shows where two long texts part; not all want that
sub is_str ($$;$) {
    my ($got, $want, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return Test::More::like($got, $want, $name) if ref $want eq 'Regexp';
    return Test::More::is($got, $want, $name) if $opt{no_long_string};
    return Test::LongString::is_string($got, $want, $name);
}


# in the order in which the tests of one response run
my @RESPONSE = (
    \&status_tests, \&header_tests, \&header_like_tests, \&raw_header_tests,
    \&body_tests,
);


sub response_tests {
    my ($block, $response, $i, $count) = @_;

    return if defined $block->ignore_response;

    my $name  = $block->name . ($count > 1 ? " - request $i" : '');
    my $value = sub { indexed($block, $_[0], $i, $count) };
    return map { $_->($name, $value, $response) } @RESPONSE;
}


sub status_tests {
    my ($name, $value, $response) = @_;

    if (defined(my $like = $value->('error_code_like'))) {
        return ["$name - status code like $like", sub {
            Test::More::like($response->{code}, qr/$like/sm, $_[0]);
        }];
    }

    my $want = $value->('error_code') // 200;
    die "$name: bad error_code \"$want\"\n" unless $want =~ /\A\d*\s*\z/;
    $want =~ s/\s+\z//;

    return ["$name - status code $want", sub {
        Test::More::is($response->{code}, $want, $_[0]);
    }];
}


# "Name: value" lines and "! Name" ones; the latter must be absent
sub header_lines {
    my ($name, $text) = @_;

    return unless defined $text;

    my @lines = grep { /\S/ && !/\A\s*#/ } split /\r?\n/, $text;
    die "$name: no response header to look at\n" unless @lines;

    return map {
        /\A\s*!\s*([^\s:]+)\s*\z/   ? [$1, undef]
        : /\A\s*([^\s:]+)\s*:\s*(.*?)\s*\z/s ? [$1, $2]
        : die "$name: bad response header line \"$_\"\n"
    } @lines;
}


sub header_tests {
    my ($name, $value, $response) = @_;

    my @tests;
    for my $pair (header_lines($name, $value->('response_headers'))) {
        my ($header, $want) = @$pair;
        $want = in_response($want, $name);

        push @tests, ["$name - header $header", sub {
            Test::More::is($response->header($header), $want, $_[0]);
        }];
    }

    return @tests;
}


sub header_like_tests {
    my ($name, $value, $response) = @_;

    my @tests;
    for my $pair (header_lines($name, $value->('response_headers_like'))) {
        my ($header, $like) = @$pair;
        die "$name: \"! $header\" belongs in response_headers\n"
            unless defined $like;

        push @tests, ["$name - header $header like $like", sub {
            Test::More::like($response->header($header) // '',
                             qr/^$like$/s, $_[0]);
        }];
    }

    return @tests;
}


sub raw_header_tests {
    my ($name, $value, $response) = @_;

    my @tests;
    my $like = $value->('raw_response_headers_like');
    push @tests, ["$name - raw headers like", sub {
        Test::More::like($response->{head}, qr/$like/s, $_[0]);
    }] if defined $like;

    my $unlike = $value->('raw_response_headers_unlike');
    push @tests, ["$name - raw headers unlike", sub {
        Test::More::unlike($response->{head}, qr/$unlike/s, $_[0]);
    }] if defined $unlike;

    return @tests;
}


sub body_tests {
    my ($name, $value, $response) = @_;

    my @tests;
    my $want = $value->('response_body');
    push @tests, ["$name - response body", sub {
        is_str($response->{body}, in_response($want, $name), $_[0]);
    }] if defined $want;

    my $like = $value->('response_body_like');
    push @tests, ["$name - response body like", sub {
        Test::More::like($response->{body}, pattern($like), $_[0]);
    }] if defined $like;

    my $unlike = $value->('response_body_unlike');
    push @tests, ["$name - response body unlike", sub {
        Test::More::unlike($response->{body}, pattern($unlike), $_[0]);
    }] if defined $unlike;

    return @tests;
}


# a section's text ends with a newline that the pattern does not mean
sub pattern {
    my ($text) = @_;

    return $text if ref $text;
    $text =~ s/\n\z//;
    return qr/$text/s;
}


sub in_response {
    my ($text, $name) = @_;

    return $text if ref $text || !defined $text;
    $text =~ s/\$(?:ServerPort\b|\{ServerPort\})/server_port_for_client()/ge;
    return expand($text, $name);
}


# Tests on what the block left in the logs; $repeat counts repeat_each.
# First those that look for something: they wait for it to be written.
sub log_tests {
    my ($block, $logs, $repeat) = @_;

    my $name = $block->name;
    return (
        found_tests($name, $logs, 'error_log', 'error', $block->error_log),
        found_tests($name, $logs, 'access_log', 'access',
                    $block->access_log),
        grep_tests($block, $logs->{error}, $repeat),
        absent_tests($name, $logs, 'no_error_log', 'error',
                     $block->no_error_log),
        absent_tests($name, $logs, 'no_access_log', 'access',
                     $block->no_access_log),
    );
}


sub found_tests {
    my ($name, $logs, $section, $which, $value) = @_;

    return unless defined $value;

    my @tests;
    for my $want (Test::Nginx::StandIn::Log::patterns($value,
                                                      "$name: $section")) {
        push @tests, ["$name - $which log has \"$want\"", sub {
            my $found = sub {
                Test::Nginx::StandIn::Log::has_line($_[0], $want);
            };
            my $text = $logs->{$which}->text_when($found);
            Test::More::ok($found->($text), $_[0]);
        }];
    }

    return @tests;
}


sub absent_tests {
    my ($name, $logs, $section, $which, $value) = @_;

    return unless defined $value;

    my @tests;
    for my $bad (Test::Nginx::StandIn::Log::patterns($value,
                                                     "$name: $section")) {
        push @tests, ["$name - $which log lacks \"$bad\"", sub {
            my @lines = grep { Test::Nginx::StandIn::Log::has_line($_, $bad) }
                split /\n/, $logs->{$which}->text;
            Test::More::ok(!@lines, $_[0])
                or Test::More::diag("found: $lines[0]");
        }];
    }

    return @tests;
}


sub grep_tests {
    my ($block, $log, $repeat) = @_;

    my $name    = $block->name;
    my $pattern = $block->grep_error_log;
    return unless defined $pattern;

    die "$name: grep_error_log is of one line; add \"chop\"\n"
        if !ref $pattern && $pattern =~ /\n/;

    my $want = $block->grep_error_log_out;
    $want = $want->[$repeat] if ref $want eq 'ARRAY';
    die "$name: no grep_error_log_out for round $repeat\n"
        unless defined $want;

    return ["$name - grep_error_log_out", sub {
        my $grep = sub {
            Test::Nginx::StandIn::Log::grep_lines($_[0], $pattern);
        };
        my $text = $log->text_when(sub {
            my $got = $grep->($_[0]);
            ref $want ? $got =~ $want : $got eq $want;
        });
        is_str($grep->($text), $want, $_[0]);
    }];
}

1;
