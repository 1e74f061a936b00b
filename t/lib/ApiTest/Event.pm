package ApiTest::Event;

# Events of api_audit, held against docs/audit-event.schema.json.
#
#     my @events = events_of($text);            # dies at a line that is no JSON
#     is(join(', ', event_faults($event)), '');
#
# What of JSON Schema that schema uses is here; what is not here dies.
#
# Is every request an event, or told of as lost?
#
#     my $sent = many($server, 3000);
#     my ($requests, $lost, @broken) = account(\$text);       # or file names
#
# All servers of tests go through one hook when they stop: each line of each
# *.jsonl file they wrote is an event as the schema says, or the test fails.
# With API_TEST_EVENTS=1 every one of them writes events, asked to or not:
#
#     my @problems = events_problems($dir);
#     my $line     = events_wanted($configuration, @modules);

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();

our @EXPORT = qw(account many events_of event_faults events_problems
    events_wanted);

my $json = JSON::PP->new->utf8;
my $any  = JSON::PP->new->allow_nonref;
my $schema;

my %known = map { $_ => 1 } qw($schema $id title description $ref $defs type
    const enum required properties additionalProperties items oneOf
    minimum maximum minLength maxLength maxItems pattern);


sub schema {
    return $schema //= do {
        open my $in, '<', 'docs/audit-event.schema.json' or die "schema: $!\n";
        local $/;
        $json->decode(<$in>);
    };
}


sub events_of {
    my ($text) = @_;
    return map { $json->decode($_) } grep { length } split /\n/, $text;
}


sub events_problems {
    my ($dir) = @_;
    my @bad;

    for my $file (grep { -f && -s && !/alert/ }
        glob "$dir/*.jsonl $dir/logs/*.jsonl")
    {
        open my $in, '<', $file or next;

        while (my $line = <$in>) {
            my $event = eval { $json->decode($line) };
            push @bad, map {"$file:$.: $_"} $line !~ /\n\z/ ? 'half a line'
                : !$event ? 'no JSON' : event_faults($event);
            last if @bad > 20;
        }
    }

    return @bad;
}


sub events_wanted {
    my ($conf, @modules) = @_;

    return '' if !$ENV{API_TEST_EVENTS} || $conf =~ /(?:^|[;\s])api_audit\s/
        || !grep {/ngx_api_sec_module/} @modules;
    return "    api_audit logs/events.jsonl;\n";
}


sub event_faults {
    my ($event) = @_;
    return faults($event, schema(), 'event');
}


sub faults {
    my ($value, $s, $at) = @_;

    if (my ($name) = ($s->{'$ref'} // '') =~ m{^#/\$defs/(\w+)$}) {
        return faults($value, schema()->{'$defs'}{$name}, $at);
    }

    my @strange = grep { !$known{$_} } keys %$s;
    die "event schema: @strange is not understood\n" if @strange;

    my $type = type_of($value);
    return "$at is a $type" if $type ne ($s->{type} // $type);

    my @bad = limits($value, $s, $at, $type);
    push @bad, members($value, $s, $at) if $type eq 'object';
    push @bad, map { faults($_, $s->{items}, "$at\[]") } @$value
        if $type eq 'array' && $s->{items};

    if ($s->{oneOf}) {
        my @fit = grep { !faults($value, $_, $at) } @{ $s->{oneOf} };
        push @bad, "$at fits " . @fit . ' of oneOf' if @fit != 1;
    }

    return @bad;
}


sub type_of {
    my ($value) = @_;
    return 'object' if ref $value eq 'HASH';
    return 'array'  if ref $value eq 'ARRAY';
    return 'boolean' if ref $value;
    return $any->encode($value) =~ /^"/ ? 'string' : 'integer';
}


sub limits {
    my ($value, $s, $at, $type) = @_;
    my @bad;

    push @bad, "$at is $value"
        if exists $s->{const} && $value ne $s->{const};
    push @bad, "$at is none of the enum: $value"
        if $s->{enum} && !grep { $_ eq $value } @{ $s->{enum} };

    if ($type eq 'string') {
        push @bad, "$at is too long"  if length $value > ($s->{maxLength} // 1e9);
        push @bad, "$at is too short" if length $value < ($s->{minLength} // 0);
        push @bad, "$at: no $s->{pattern}"
            if $s->{pattern} && $value !~ /$s->{pattern}/;
    }

    if ($type eq 'integer') {
        push @bad, "$at is $value"
            if $value !~ /^-?\d+$/ || $value < ($s->{minimum} // -1e18)
            || $value > ($s->{maximum} // 1e18);
    }

    push @bad, "$at has too many items"
        if $type eq 'array' && @$value > ($s->{maxItems} // 1e9);
    return @bad;
}


sub members {
    my ($value, $s, $at) = @_;
    my @bad = map {"$at.$_ is missing"}
        grep { !exists $value->{$_} } @{ $s->{required} // [] };

    for my $name (sort keys %$value) {
        my $part = ($s->{properties} // {})->{$name};

        if ($part) {
            push @bad, faults($value->{$name}, $part, "$at.$name");

        } elsif (exists $s->{additionalProperties}) {
            push @bad, "$at.$name is unknown";
        }
    }

    return @bad;
}


# n requests, up to 500 on one connection; the number of answers.

sub many {
    my ($server, $n, $path) = @_;
    my $got = 0;
    $path //= '/orders/list';
    local $SIG{PIPE} = 'IGNORE';    # a worker may be killed meanwhile

    while ($n > 0) {
        my $socket = $server->connected or last;
        $socket->autoflush(1);
        my $batch = $n > 500 ? 500 : $n;

        print {$socket} "GET $path HTTP/1.1\r\nHost: localhost\r\n"
            . ($_ == $batch ? "Connection: close\r\n" : '') . "\r\n"
            for 1 .. $batch;

        local $/;
        my $answers = <$socket> // '';
        $got += () = $answers =~ m{^HTTP/1\.1 \d\d\d}mg;
        $n -= $batch;
    }

    return $got;
}


# Events of kind request, each once; what events of kind gap say was lost; and
# lines that are none.  Sources are names of files or references to text.  Of
# text each line is parsed; files may have millions, and only gaps are.

sub account {
    my (@sources) = @_;
    my (%seen, %lost, @broken);
    my ($requests, $lost) = (0, 0);

    for my $source (@sources) {
        open my $in, '<', $source or die "$source: $!\n";

        while (my $line = <$in>) {
            next if $line eq "\n";

            my ($kind, $chain, $seq) = $line =~
                /\A\{"v":1,"kind":"(\w+)",.*"chain":"(\w+)","seq":(\d+)(?:,.*)?\}\n\z/;
            my $event = $kind && (ref $source || $kind eq 'gap')
                ? eval { $json->decode($line) } : undef;

            if (!$kind || !$event && ref $source) {
                push @broken, $line;
                next;
            }

            next if $seen{$chain}{$seq}++;
            $requests++ if $kind eq 'request';
            next if $kind ne 'gap';

            my $gap = $event->{gap};
            $lost{ $gap->{chain} } = $gap->{total}
                if $gap->{total} > ($lost{ $gap->{chain} } // 0);
        }
    }

    $lost += $_ for values %lost;
    return ($requests, $lost, @broken);
}


1;
