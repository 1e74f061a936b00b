package Test::Nginx::StandIn::Server;

# The nginx of the current block: started anew for each, or reloaded by HUP.
# Whatever is wrong with nginx itself comes back as text; the caller makes a
# failed test of it.

use strict;
use warnings;

use Test::Nginx::StandIn::Config qw(nginx_conf make_root write_user_files
                                    spew);
use Test::Nginx::StandIn::Log;
use Test::Nginx::StandIn::Options qw(%opt nginx_version server_root);
use Test::Nginx::StandIn::Process;
use Time::HiRes qw(sleep time);

use constant {
    STEP        => 0.002,
    PATIENCE    => 10,
    ERROR_LOG_OPTION => 1_019_005,      # nginx -e
};


sub new {
    my ($class) = @_;

    my $logs = server_root() . '/logs';
    return bless {
        logs => {
            map { $_ => Test::Nginx::StandIn::Log->new("$logs/$_.log") }
                qw(error access stderr)
        },
    }, $class;
}


sub logs { return $_[0]{logs} }


# undef when the block can begin, else why not
sub begin {
    my ($self, $block, $http2) = @_;

    my $must_die = defined $block->must_die;

    return $self->reload($block, $http2)
        if $opt{hup} && $self->{process} && !$must_die;

    $self->end;
    my $root = make_root();
    write_user_files($block);
    $self->run_code($block, 'post_setup_server_root');
    spew("$root/conf/nginx.conf", nginx_conf($block, $http2));

    $_->rewind for values %{ $self->{logs} };
    $self->{process} = Test::Nginx::StandIn::Process->start(
        command  => [$self->command($root, $must_die)],
        stderr   => "$root/logs/stderr.log",
        pid_file => "$root/logs/nginx.pid",
        patience => $self->patience,
    );

    return if $must_die || $self->{process}->wait_ready;
    return $self->failed_start;
}


sub patience {
    return $opt{valgrind} ? PATIENCE * 6 : PATIENCE;
}


sub command {
    my ($self, $root, $plain) = @_;

    my @nginx = ($opt{binary}, '-p', "$root/", '-c', "$root/conf/nginx.conf");
    push @nginx, '-e', "$root/logs/error.log"
        if nginx_version() >= ERROR_LOG_OPTION;

    return @nginx if $plain || !$opt{valgrind};
    return (valgrind($root), @nginx);
}


sub valgrind {
    my ($root) = @_;

    my @command = ('valgrind', '-q', "--log-file=$root/logs/valgrind.%p");
    push @command, $opt{valgrind} =~ /\A\d+\z/
        ? qw(--tool=memcheck --leak-check=full --show-possibly-lost=no)
        : split ' ', $opt{valgrind};
    push @command, qw(--num-callers=100 --gen-suppressions=all);

    push @command, "--suppressions=$_"
        for grep { -f } qw(valgrind.suppress t/valgrind.suppress);
    return @command;
}


sub failed_start {
    my ($self) = @_;

    my $late = $self->{process}{late} ? ' in time' : '';
    my $said = $self->{logs}{stderr}->text;
    $said = $self->{logs}{error}->text if $said !~ /\S/;

    delete($self->{process})->stop;
    return "nginx did not start$late: $said";
}


# sections of Perl run beside the functions a test file has
sub run_code {
    my ($self, $block, $section) = @_;

    my $code = $block->$section;
    return unless defined $code;
    return $code->($block) if ref $code eq 'CODE';

    eval "package Test::Nginx::StandIn; $code; 1"
        or die $block->name . ": $section failed: $@";
    return;
}


# The new configuration is in force when workers of the old one are gone.
sub reload {
    my ($self, $block, $http2) = @_;

    my $process = $self->{process};
    my %old     = map { $_ => 1 } $process->workers;

    write_user_files($block);
    spew(server_root() . '/conf/nginx.conf', nginx_conf($block, $http2));
    $_->mark for values %{ $self->{logs} };
    $process->signal('HUP') or return 'nginx is gone';

    my $end = time + $self->patience;
    while (time < $end) {
        my @now = $process->workers;

        return if @now && !grep { $old{$_} } @now;
        return 'nginx is gone' if $process->gone;
        return $self->refused_reload($block)
            if $self->{logs}{error}->text =~ /\[emerg\]/;
        sleep STEP;
    }

    return 'nginx did not reload in time';
}


sub refused_reload {
    my ($self, $block) = @_;

    return if defined $block->reload_fails;
    return 'nginx refused to reload: ' . $self->{logs}{error}->text;
}


# For must_die: the wait status, undef if nginx is up and running.
sub exit_status {
    my ($self) = @_;

    my $process = delete $self->{process};

    if ($process->wait_ready || $process->{late}) {
        $process->stop;
        return;
    }

    return $process->{status};
}


# Ends nginx; returns all that is wrong with it or with what it leaves.
sub end {
    my ($self) = @_;

    my $process = delete $self->{process} or return;
    return grep { defined } $process->stop, $self->reports;
}


# Once a server: its logs and stderr from the first line on.
sub reports {
    my ($self) = @_;

    my @reports;
    for my $which (qw(error stderr)) {
        my $log = $self->{logs}{$which};
        $log->rewind;
        push @reports, Test::Nginx::StandIn::Log::reports($log->text);
    }

    for my $file (glob server_root() . '/logs/valgrind.*') {
        my $text = Test::Nginx::StandIn::Log->new($file)->text;
        push @reports, "valgrind: $text" if $text =~ /\S/;
    }

    return @reports;
}

1;
