#!/usr/bin/perl

# Paths are normalised as nginx does it: the same $uri, or the same refusal.

use strict;
use warnings;

use FindBin;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use IO::Socket::UNIX;
use Test::More;

my $top   = "$FindBin::Bin/../..";
my $build = $ENV{API_BUILD} || "$top/build";
my $nginx = $ENV{TEST_NGINX_BINARY} || $ENV{API_NGINX} || '/usr/sbin/nginx';
my $texts = $ENV{PATH_TEXTS} || 4_000;
my $seed  = $ENV{PATH_SEED} || $ENV{API_SEED} || time;
my $diff  = abs_path($build) . "/bin/diff_http";

my @command = ('make', '-s', '-C', $top, 'BUILD=' . abs_path($build), $diff);

is(system(@command), 0, 'the comparison builds')
    or BAIL_OUT("failed: @command");

my $dir = tempdir(CLEANUP => 1);
my @socket = map { "$dir/$_.sock" } qw(on off);

sub server {
    my ($socket, $merge) = @_;
    return "server { listen unix:$socket; merge_slashes $merge;"
        . ' location / { return 200 "$uri"; } }';
}

open my $conf, '>', "$dir/nginx.conf" or die $!;
print $conf <<"CONF";
daemon off; master_process off; pid $dir/pid; error_log $dir/error.log;
events { }
http {
    access_log off; keepalive_requests 1000000;
    client_body_temp_path $dir/b; proxy_temp_path $dir/p;
    fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
    @{[server($socket[0], 'on')]}
    @{[server($socket[1], 'off')]}
}
CONF
close $conf;

my $pid = fork // die $!;

if ($pid == 0) {
    delete $ENV{NGINX};
    exec $nginx, '-p', $dir, '-c', "$dir/nginx.conf",
        '-e', "$dir/error.log" or exit 1;
}

END { kill 'QUIT', $pid if $pid }

my %connection;

sub connected {
    my ($path) = @_;

    for (1 .. 300) {
        my $s = IO::Socket::UNIX->new(Peer => $path);
        return $s if $s;
        select undef, undef, undef, 0.1;
    }

    BAIL_OUT("nginx does not listen on $path");
}

# The $uri that nginx makes of a target, undef when it answers 400.

sub ask {
    my ($path, $target) = @_;
    my $s = $connection{$path} ||= connected($path);

    local $/ = "\r\n";
    print $s "GET $target HTTP/1.1\r\nHost: x\r\n\r\n";
    $s->flush;

    my $status = <$s>;
    my $length;

    while (defined(my $line = <$s>)) {
        $length = $1 if $line =~ /^Content-Length: (\d+)/i;
        last if $line eq "\r\n";
    }

    my $body = '';
    while (length $body < $length) {
        read $s, $body, $length - length $body, length $body or last;
    }

    return $body if $status =~ / 200 /;

    delete $connection{$path};
    return undef;
}

note("seed $seed; repeat with PATH_SEED=$seed");
open my $in, '-|', $diff, 'path', "$top/t/fuzz/corpus/path", $texts, $seed
    or die $!;

my ($asked, $different, $refused) = (0, 0, 0);

while (my $line = <$in>) {
    chomp $line;
    my ($target, @ours) = split /\t/, $line;
    $target = pack 'H*', $target;

    # what no request line can hold is not asked

    next if $target !~ m{^/} || $target =~ /[\x00-\x20\x7f]/;

    for my $i (0, 1) {
        my $theirs = ask($socket[$i], $target);
        my $mine = $ours[$i] eq '-' ? undef : pack 'H*', $ours[$i];
        $asked++;
        $refused++ if !defined $theirs;
        next if ($mine // "\0") eq ($theirs // "\0");
        diag(sprintf '%s: nginx %s, we %s', $target, $theirs // '400',
            $mine // 'refuse') if $different++ < 10;
    }
}

ok(close $in, 'all were made');
is($different, 0, "no difference in $asked paths");
cmp_ok($asked, '>', $texts / 4, 'many were asked');
cmp_ok($refused, '>', 0, 'some of them are refused');

done_testing();
