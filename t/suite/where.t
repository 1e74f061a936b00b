#!/usr/bin/perl

# Which server and location nginx picks: the model behind apisec where and
# apisec lint, against a live nginx. Each location of a generated configuration
# answers with the line it stands in. WHERE_ROUNDS for more configurations (a
# round is 40 servers with locations of their own), WHERE_SEED to repeat.

use strict;
use warnings;

use ApiTest::Run;
use IO::Socket::INET;
use Test::More;

my $rounds = $ENV{WHERE_ROUNDS} || 2;
my $seed   = $ENV{WHERE_SEED}   || $ENV{API_SEED} || time;
my $asks   = $ENV{WHERE_ASKS}   || 2_500;
my $dir    = scratch();
my @address = qw(127.0.0.1 127.0.0.2);

srand $seed;
note("WHERE_SEED=$seed");

sub pick { return $_[int rand @_] }

my @words = ('a', 'b', 'ab', 'A', 'x.js', 'a b', 'é');
my @regex = ('^/a', 'b$', '\.js$', '^/(a|b)/', 'a+b', '/b/.*a', 'A', '^/a b',
             '/$', '^/[ab]{2}', '(?i)/ab');
my @names = ('a.org', 'b.a.org', '*.a.org', '.a.org', 'www.a.*', 'www.*',
             '"~^(w+)\.a\.org$"', '~\.b\.', '*.b.a.org', 'c.org', '.c.org',
             'WWW.c.org', '""', '_');
my @hosts = ('a.org', 'b.a.org', 'x.b.a.org', 'www.a.org', 'www.a.com',
             'www.x.y', 'ww.a.org', 'q.b.org', 'c.org', 'x.c.org', 'www.c.org',
             'A.ORG', 'a.org.', 'a.org:99', 'nobody', 'wwww.a.org', 'xa.org');


# A word as it could be written, in three ways.

sub word {
    my ($text) = @_;
    return '"' . ($text =~ s/([\\"])/\\$1/gr) . '"'
        if $text eq '' || $text =~ /[\s;{}'"\$]/ || rand() < 0.2;
    return "'" . ($text =~ s/([\\'])/\\$1/gr) . "'" if rand() < 0.1;
    return $text =~ s/\\(?=[trn\\'"])/\\\\/gr;
}

sub path { return '/' . join('/', map { pick(@words) } 1 .. 1 + rand 3)
               . pick('', '', '/') }


# Locations of one block; names of prefixes begin with that of the parent, and
# in an expression there is nothing but expressions.

sub locations {
    my ($out, $prefix, $depth, $static) = @_;
    my %seen;

    for (1 .. 1 + rand($depth ? 3 : 7)) {
        my $kind = $static ? pick('', '', '', '^~', '=', '~', '~*')
                           : pick('~', '~*');
        my $regex = $kind =~ /^~/;
        my $name = $regex ? pick(@regex)
                 : $depth ? $prefix . pick('', '/', 'a', path())
                 : pick('/', path());
        next if $seen{ ($kind eq '=' ? '=' : $regex ? '~' : '') . $name }++;

        my $glued = $kind ne '' && rand() < 0.2 && $name !~ /[\s;{}'"]/;
        my $head = $glued ? "$kind" . word($name) =~ s/^["']|["']$//gr
                          : "$kind " . word($name);
        push @$out, "location $head " . pick('{', "\n{", "# {\n {");
        push @$out, 'add_header X-Loc @LINE@ always;';
        push @$out, pick('return 200 "";', 'proxy_pass http://127.0.0.1:1;');
        locations($out, $name, $depth + 1, !$regex)
            if $depth < 3 && $kind ne '=' && rand() < 0.4;
        push @$out, '}';
    }
    return;
}


# The text of a file: @LINE@ is the line in which the block around began.

sub render {
    my ($name, @parts) = @_;
    my ($line, $text, @open) = (1, '');

    for my $part (@parts) {
        push @open, $line if $part =~ /^(?:location|server)\b/;
        pop @open if $part eq '}';
        $part =~ s/\@LINE\@/$name:$open[-1]/;
        $text .= "$part\n";
        $line += 1 + $part =~ tr/\n//;
    }
    return $text;
}

sub server {
    my ($port) = @_;
    my @out = ('server {', 'add_header X-Loc @LINE@ always;');
    my %seen;

    for (1 .. 1 + rand 2) {
        my $listen = pick((map { "$_:$port" } @address), $port,
                          $port + 1, "*:" . ($port + 1));
        push @out, "listen $listen;" if !$seen{ $listen =~ s/^\*://r }++;
    }
    push @out, 'server_name ' . join(' ', map { pick(@names) } 1 .. 1 + rand 3)
        . ';' if rand() < 0.9;
    locations(\@out, '', 0, 1);
    return (@out, '}');
}


sub start {
    my ($port) = @_;

    mkdir "$dir/conf.d";
    unlink glob "$dir/conf.d/*";
    for my $file (1 .. 8) {
        my $name = "$dir/conf.d/$file.conf";
        spew($name, render($name, map { server($port) } 1 .. 5));
    }
    spew("$dir/nginx.conf", <<"CONF");
daemon off; master_process off; pid $dir/pid; error_log $dir/error.log crit;
events { worker_connections 1024; }
http {
    server_names_hash_bucket_size 128;
    access_log off; keepalive_requests 1000000; default_type text/plain;
    client_body_temp_path $dir/b; proxy_temp_path $dir/p;
    fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
    include conf.d/*.conf;
}
CONF
    my $pid = fork // die $!;
    if (!$pid) {
        delete $ENV{NGINX};
        open STDERR, '>', "$dir/stderr";
        exec nginx(), '-p', $dir, '-c', "$dir/nginx.conf", '-e',
            "$dir/error.log" or exit 1;
    }
    return $pid;
}


my %connection;

sub ask {
    my ($address, $port, $host, $uri) = @_;
    my $key = "$address:$port";

    my $socket = $connection{$key} ||= IO::Socket::INET->new(
        PeerAddr => $address, PeerPort => $port) or return 'no connection';
    print $socket "GET $uri HTTP/1.1\r\nHost: $host\r\n\r\n";

    my $head = '';
    while (my $line = <$socket>) {
        last if $line eq "\r\n";
        $head .= $line;
    }
    my ($status) = $head =~ m{^HTTP/1.1 (\d+)};
    my ($length) = $head =~ /^Content-Length: (\d+)/mi;
    my ($loc)    = $head =~ /^X-Loc: (\S+)/mi;
    read $socket, my $body, $length if $length;
    delete $connection{$key} if $head !~ /^Connection: keep-alive/mi;
    return 'no answer' if !$status;
    return ($loc // "status $status")
        . ($status == 301 ? ' redirect' : ' -');
}

sub encode { return $_[0] =~ s/([^\w\/.*-])/sprintf '%%%02X', ord $1/ger }

sub uri {
    my $uri = encode(path());
    $uri =~ s{/}{pick('//', '/./', '/b/../')}e if rand() < 0.1;
    $uri .= '?a=/b' if rand() < 0.1;
    return pick($uri, $uri, $uri, '/', '/a', '/b', '/a/', '/ab/');
}


for my $round (1 .. $rounds) {
    my $port = two_ports();
    my $pid = start($port);

    %connection = ();
    my $up = until_true(30, sub {
        IO::Socket::INET->new(PeerAddr => $address[0], PeerPort => $port)
            || IO::Socket::INET->new(PeerAddr => $address[0],
                                     PeerPort => $port + 1)
            || waitpid($pid, 1) == $pid });
    my $ok = kill 0, $pid;
    ok($up && $ok, "round $round: nginx takes the configuration")
        or diag(slurp("$dir/stderr"));

    my ($wrong, $count) = (0, 0);
    for my $address (@address) {
        my (@urls, @want);

        for (1 .. $asks / @address) {
            my ($p, $host, $uri) = ($port + int rand 2, pick(@hosts), uri());
            my $want = ask($address, $p, $host, $uri);
            next if $want eq 'no connection';
            $host =~ s/:\d+$//;
            push @urls, "http://$host:$p$uri";
            push @want, $want;
        }
        spew("$dir/urls", join '', map { "$_\n" } @urls);
        my $got = run('sh', '-c', ($ENV{API_BUILD} // 'build')
            . '/bin/apisec where --tsv --address ' . $address
            . " --nginx @{[nginx()]} --nginx-prefix $dir"
            . " --nginx-conf $dir/nginx.conf < $dir/urls");
        my @got = map { my @f = split /\t/;
            ($f[2] eq '-' ? $f[1] : $f[2]) . " $f[3]" } split /\n/, $got->{out};

        is(scalar @got, scalar @want, "round $round, $address: all answered")
            or diag($got->{err});
        for my $i (0 .. $#want) {
            $count++;
            next if ($got[$i] // '') eq $want[$i];
            diag("$urls[$i]: nginx $want[$i], apisec $got[$i]")
                if $wrong++ < 5;
        }
    }
    is($wrong, 0, "round $round: nginx and apisec agree on $count URLs");
    cmp_ok($count, '>', $asks / 4, '... and enough were asked');

    kill 'QUIT', $pid;
    waitpid $pid, 0;
}

done_testing();
