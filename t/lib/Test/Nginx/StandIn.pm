package Test::Nginx::StandIn;

# A stand-in for Test::Nginx::Socket: the part of its documented language
# that this suite's tests speak, on the same Test::Base, made for speed
# (nginx in the foreground, a child of ours) and for parallel runs (a port
# and a folder per process). What it does not support ends the test file.
# docs/guide/testing.md tells how to use it.

use strict;
use warnings;

use ApiTest::Event ();
use Test::Base ();
use Test::More ();

use Test::Nginx::StandIn::Check qw(response_tests log_tests is_str);
use Test::Nginx::StandIn::Client qw(http1 http2 curl_line);
use Test::Nginx::StandIn::Log;
use Test::Nginx::StandIn::Mock;
use Test::Nginx::StandIn::Options qw(%opt seconds nginx_version server_root);
use Test::Nginx::StandIn::Options @Test::Nginx::StandIn::Options::SETTERS;
use Test::Nginx::StandIn::Process;
use Test::Nginx::StandIn::Request qw(build);
use Test::Nginx::StandIn::Response;
use Test::Nginx::StandIn::Sections;
use Test::Nginx::StandIn::Server;

use File::Path qw(remove_tree);
use List::Util qw(shuffle);
use Time::HiRes qw(sleep);

our @ISA    = ('Test::Base');
our @EXPORT = (qw(run_tests run_test bail_out is_str),
               @Test::Nginx::StandIn::Options::SETTERS);

my $owner = $$;
my $server;


# The blocks in file order when asked, else shuffled, so that no block comes
# to lean on the one before it.
sub run_tests () {
    my @blocks = Test::Base::blocks();
    my $seed   = $ENV{TEST_NGINX_SEED} // $ENV{API_SEED} // int rand 2**31;

    if (!$opt{no_shuffle}) {
        srand $seed;
        @blocks = shuffle @blocks;
    }

    die "no test block\n" unless @blocks;
    run_test($_) for @blocks;
    end_server($blocks[-1]->name);

    Test::More::diag("block order: TEST_NGINX_SEED=$seed")
        unless $opt{no_shuffle} || Test::More->builder->is_passing;
    $_->() for @{ $opt{cleanups} };
    return;
}


sub run_test ($) {
    my ($block) = @_;

    $_->($block) for @{ $opt{preprocessors} };
    Test::Nginx::StandIn::Sections::check($block);

    # asked for here, for with HUP one process lives through all blocks
    local $opt{master} = $opt{hup} ? 'on' : $opt{master};

    return if skipped($block);

    $server //= Test::Nginx::StandIn::Server->new;
    return run_must_die($block) if defined $block->must_die;

    my $problem = start($block);
    if (defined $problem) {
        Test::More::fail($block->name . ' - start nginx');
        Test::More::diag($problem);
        return;
    }

    $server->run_code($block, 'init');
    run_round($block, $_) for 0 .. $opt{repeat_each} - 1;
    end_server($block->name) unless $opt{hup};
    return;
}


sub start {
    my ($block) = @_;

    end_server($block->name) unless $opt{hup};
    my $problem = $server->begin($block, is_http2($block));
    return $problem;
}


sub end_server {
    my ($name) = @_;

    return if !$server || $opt{no_clean};
    for my $report ($server->end) {
        Test::More::fail("$name - nginx in good health");
        Test::More::diag($report);
    }

    for my $problem (ApiTest::Event::events_problems(server_root())) {
        Test::More::fail("$name - events as their schema says");
        Test::More::diag($problem);
    }

    return;
}


# What HTTP/2 cannot say stays HTTP/1 when all else is to be HTTP/2.
sub is_http2 {
    my ($block) = @_;

    return 1 if defined $block->http2;
    return 0 if !$opt{http2}
        || grep { defined } $block->must_die, $block->raw_request,
                            $block->pipelined_requests, $block->shutdown;

    return !grep { $_->{version} eq 'HTTP/1.0' } map { @$_ } build($block);
}


sub skipped {
    my ($block) = @_;

    my $name = $block->name;

    if (defined(my $todo = $block->todo)) {
        my ($count, $why) = counted($name, 'todo', $todo);
        return skip_tests($count, $why, \&Test::More::todo_skip);
    }

    if (defined(my $skip = $block->skip_eval)) {
        my ($count, $code) = counted($name, 'skip_eval', $skip);
        my $answer = eval "package main; no strict; $code";
        die "$name: skip_eval failed: $@" if $@;
        return skip_tests($count, "$code") if $answer;
    }

    if (defined(my $skip = $block->skip_nginx)) {
        my ($count, $range) = counted($name, 'skip_nginx', $skip);
        return skip_tests($count, "nginx $range") if in_range($name, $range);
    }

    return 0;
}


# "N: text"
sub counted {
    my ($name, $section, $text) = @_;

    $text =~ /\A\s*([1-9]\d*)\s*:\s*(.*?)\s*\z/s
        or die "$name: bad $section section, want \"N: ...\"\n";
    return ($1, $2);
}


sub in_range {
    my ($name, $range) = @_;

    my ($op, $major, $minor, $patch)
        = $range =~ /\A(<=?|>=?|==|!=)\s*(\d+)\.(\d+)\.(\d+)\z/
        or die "$name: bad version range \"$range\"\n";
    my $order = nginx_version()
        <=> $major * 1_000_000 + $minor * 1000 + $patch;

    return { '<' => $order < 0, '<=' => $order <= 0, '>' => $order > 0,
             '>=' => $order >= 0, '==' => $order == 0, '!=' => $order != 0,
           }->{$op};
}


sub skip_tests {
    my ($count, $why, $skip) = @_;

    $skip //= \&Test::More::skip;

    # each leaves the block whose label it knows
    SKIP: {
        TODO: {
            $skip->($why, $count);
        }
    }

    return 1;
}


sub run_must_die {
    my ($block) = @_;

    my $name = $block->name;
    end_server($name);

    for my $round (0 .. $opt{repeat_each} - 1) {
        my $problem = $server->begin($block, is_http2($block));
        die "$name: $problem" if defined $problem;
        must_die_test($block, $server->exit_status);
        run_all(log_tests($block, $server->logs, $round));
        health($name, $server->reports);
    }

    return;
}


sub must_die_test {
    my ($block, $status) = @_;

    my $name = $block->name . ' - nginx must die';
    my $want = $block->must_die =~ s/\s+\z//r;

    return Test::More::fail("$name, yet it runs") unless defined $status;
    return Test::More::fail("$name, yet not of a signal") if $status & 127;
    return Test::More::is($status >> 8, $want, "$name with code $want")
        if $want =~ /\A\d+\z/;
    return Test::More::isnt($status >> 8, 0, $name);
}


# One pass over the requests of a block, then its logs.
sub run_round {
    my ($block, $round) = @_;

    my $logs = $server->logs;
    if ($round > 0 && !$opt{accumulate}) {
        $_->mark for @$logs{qw(error access)};
    }

    my $mock = Test::Nginx::StandIn::Mock->start($block);
    my @responses = send_all($block);
    my $count = @responses;

    for my $i (0 .. $#responses) {
        run_all(response_tests($block, $responses[$i], $i, $count));
        next if defined $block->ignore_response;
        $_->($block, $responses[$i]{body}, $i, $round, 0)
            for @{ $opt{body_checks} };
    }

    sleep seconds($block->wait) if defined $block->wait;
    run_all($mock->tests($block)) if $mock;
    $mock->stop if $mock;

    run_all(log_tests($block, $logs, $round));
    shutdown_tests($block, $round);
    warn_of_alerts($block);
    return;
}


sub send_all {
    my ($block) = @_;

    my $timeout = seconds($block->timeout // $opt{timeout});
    my $how = {
        timeout  => $timeout,
        shutdown => defined $block->shutdown
            ? $block->shutdown =~ /(\d)/ ? $1 : 1 : undef,
    };

    my @responses;
    for my $requests (build($block)) {
        warn_curl($block, $requests->[0]) if defined $block->curl;
        die $block->name . ": HTTP/1.0 with an http2 section\n"
            if defined $block->http2
            && $requests->[0]{version} eq 'HTTP/1.0';

        my $result = is_http2($block)
            ? http2($requests->[0], %$how) : http1($requests, %$how);

        complain($block, $result);
        my @got = @{ $result->{responses} };
        push @got, Test::Nginx::StandIn::Response->new('')
            while @got < @$requests;
        push @responses, @got;
    }

    return @responses;
}


sub complain {
    my ($block, $result) = @_;

    my $name = $block->name;

    Test::More::fail("ERROR: client socket timed out - $name")
        if $result->{timed_out} && !defined $block->abort;

    return if defined $block->ignore_response;

    Test::More::diag("$name: $result->{error}") if $result->{error};
    for my $response (@{ $result->{responses} }) {
        Test::More::diag("$name: $response->{problem}")
            if defined $response->{problem};
    }

    return;
}


sub warn_curl {
    my ($block, $request) = @_;

    die $block->name . ": the curl section cannot show a raw_request\n"
        unless defined $request->{url};
    Test::More::diag(curl_line($request));
    return;
}


sub run_all {
    my (@tests) = @_;

    for my $test (@tests) {
        my ($name, $code) = @$test;
        local $Test::Builder::Level = $Test::Builder::Level + 1;
        $code->($name);
    }

    return;
}


# what nginx logs while it ends: only after the last round
sub shutdown_tests {
    my ($block, $round) = @_;

    my $want = $block->shutdown_error_log;
    return if !defined $want || $round < $opt{repeat_each} - 1;

    my $name = $block->name;

    my $log = $server->logs->{error};
    $log->mark;
    my $from = $log->{from};
    health($name, $server->end);
    $log->{from} = $from;

    for my $pattern (Test::Nginx::StandIn::Log::patterns($want, $name)) {
        Test::More::ok(
            Test::Nginx::StandIn::Log::has_line($log->text, $pattern),
            "$name - shutdown log has \"$pattern\"");
    }

    return;
}


sub health {
    my ($name, @reports) = @_;

    for my $report (@reports) {
        Test::More::fail("$name - nginx in good health");
        Test::More::diag($report);
    }

    return;
}


sub warn_of_alerts {
    my ($block) = @_;

    my @alerts = grep { /\[(?:alert|crit|emerg)\]/ }
        split /\n/, $server->logs->{error}->text;
    my @wanted = defined $block->error_log
        ? Test::Nginx::StandIn::Log::patterns($block->error_log, '') : ();

    for my $line (@alerts) {
        next if grep { Test::Nginx::StandIn::Log::has_line($line, $_) }
            @wanted;
        Test::More::diag('WARNING: ' . $block->name . " - $line");
    }

    return;
}


sub bail_out (@) {
    Test::Nginx::StandIn::Process::stop_all();
    Test::More::BAIL_OUT(@_);
    return;
}


# However the test ends, nginx ends first. exit() in a handler leads to END.
for my $signal (qw(INT TERM HUP)) {
    $SIG{$signal} = sub { exit 1 };
}

END {
    # a forked child that forgot _exit must not touch its parent's server
    clean_up() if $$ == $owner;
}


sub clean_up {
    my $code = $?;
    local $?;

    Test::Nginx::StandIn::Mock::stop_all();
    return unless $server;

    if ($opt{no_clean}) {
        Test::More::diag('nginx is left running: port ' . server_port()
                         . ', folder ' . server_root());
        return;
    }

    Test::Nginx::StandIn::Process::stop_all();
    return leave_root($code == 0);
}


# a failed test leaves its folder behind for the reader
sub leave_root {
    my ($passed) = @_;

    return remove_tree(server_root())
        if $passed && Test::More->builder->is_passing;
    Test::More::diag('logs are in ' . server_root() . '/logs');
    return;
}

1;
