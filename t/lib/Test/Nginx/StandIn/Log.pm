package Test::Nginx::StandIn::Log;

# The log files of a server, read from where the current request began.

use strict;
use warnings;

use Time::HiRes qw(sleep time);

use constant {
    STEP     => 0.005,
    PATIENCE => 1,      # nginx may log a moment after the client has all
};


sub new {
    my ($class, $path) = @_;
    return bless { path => $path, from => 0 }, $class;
}


sub rewind {
    my ($self) = @_;
    $self->{from} = 0;
    return;
}


# from now on only what is written later counts
sub mark {
    my ($self) = @_;
    $self->{from} = -s $self->{path} // 0;
    return;
}


sub text {
    my ($self) = @_;

    open my $fh, '<:raw', $self->{path} or return '';
    seek $fh, $self->{from}, 0;
    my $text = do { local $/; <$fh> } // '';
    close $fh;
    return $text;
}


# the text, once it satisfies the test or time is up
sub text_when {
    my ($self, $test) = @_;

    my $end = time + PATIENCE;
    while (1) {
        my $text = $self->text;
        return $text if $test->($text) || time > $end;
        sleep STEP;
    }
}


# Patterns of a section: lines of literal text, one qr//, or a list of both.
sub patterns {
    my ($value, $where) = @_;

    return $value if ref $value eq 'Regexp';

    my @patterns = ref $value eq 'ARRAY' ? @$value : split /\n+/, $value;
    die "$where: no pattern\n" unless @patterns;

    for my $pattern (@patterns) {
        die "$where: a pattern must be text or qr//\n"
            if !defined $pattern || ref $pattern && ref $pattern ne 'Regexp';
        die "$where: an empty pattern matches every line\n"
            if $pattern eq '';
        die "$where: a pattern of several lines matches no line\n"
            if !ref $pattern && $pattern =~ /\n./;
    }

    return map { ref ? $_ : s/\n\z//r } @patterns;
}


sub has_line {
    my ($text, $pattern) = @_;

    my $re = ref $pattern ? $pattern : qr/\Q$pattern\E/;
    for my $line (split /\n/, $text) {
        return 1 if $line =~ $re;
    }

    return 0;
}


# every match in every line, each ended by a newline
sub grep_lines {
    my ($text, $pattern) = @_;

    my $re  = ref $pattern ? $pattern : qr/\Q$pattern\E/;
    my $out = '';

    for my $line (split /\n/, $text) {
        $out .= "$&\n" while $line =~ /$re/g;
    }

    return $out;
}


my $SANITIZER = qr/
    AddressSanitizer | LeakSanitizer | ThreadSanitizer
  | MemorySanitizer | UndefinedBehaviorSanitizer | runtime[ ]error:
/x;
my $CRASH = qr/
    Assertion[ ].*[ ]failed
  | exited[ ]on[ ]signal[ ](?:4|6|7|8|11)\b
/x;


# lines that fail a test whatever it looks for
sub reports {
    my ($text) = @_;
    return grep { /$SANITIZER|$CRASH/ } split /\n/, $text;
}

1;
