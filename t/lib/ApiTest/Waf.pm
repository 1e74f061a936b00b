package ApiTest::Waf;

# Two nginx with the same rules: Debian's ModSecurity in one, ours in the
# other.  For t/waf/conformance.pl and its like.

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use File::Path qw(make_path remove_tree);
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64 qw(decode_base64);
use Time::HiRes qw(sleep time);
use YAML::XS ();

my $root = abs_path(dirname(__FILE__) . '/../../..');

# Debian's ModSecurity is a module of Debian's nginx, whichever ours is for.

my %nginx = (
    ours   => $ENV{TEST_NGINX_BINARY} || $ENV{API_NGINX} || '/usr/sbin/nginx',
    theirs => '/usr/sbin/nginx',
);
my $build = $ENV{API_BUILD} || "$root/build";

# Longest wait for an answer and for its line in a log.

my $patience = 60;


# rules: a list of files, or of lines behind "text:"; none: Debian's
# modsecurity.conf and Core Rule Set at paranoia level 4.

sub new {
    my ($class, %arg) = @_;
    my $self = bless { rules => $arg{rules}, mode => $arg{mode} }, $class;

    $self->{crs} = run("$root/.ci/crs");
    $self->{lib} = run("$root/.ci/modsecurity");
    $self->{dir} = "$build/waf-pair.$$";
    remove_tree($self->{dir});
    make_path(map { "$self->{dir}/$_" } qw(theirs ours));
    chmod 0755, $self->{dir};

    $self->{port}{$_} = free_port() for qw(theirs ours up);
    $self->write_rules;
    $self->start($_) for qw(theirs ours);
    return $self;
}

sub run {
    my ($command) = @_;
    my $out = `cd $root && $command`;
    die "$command failed\n" if $? || $out !~ /\S/;
    chomp $out;
    return $out;
}

sub free_port {
    my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')
        or die "no port: $!\n";
    return $s->sockport;
}

sub write_file {
    my ($path, $text) = @_;
    open my $out, '>', $path or die "$path: $!\n";
    print $out $text;
    close $out or die "$path: $!\n";
}

sub write_rules {
    my ($self) = @_;
    my $setup = <<"END";
SecAction "id:900000,phase:1,nolog,pass,t:none,setvar:tx.paranoia_level=4"
SecAuditEngine On
SecAuditLogType Serial
SecAuditLogFormat JSON
SecAuditLogParts AHZ
SecAuditLog $self->{dir}/theirs/audit.log
END
    write_file("$self->{dir}/setup.conf", $setup);

    my @files = @{$self->{rules} // ["$self->{crs}/modsecurity.conf",
        "$self->{dir}/setup.conf", "$self->{crs}/owasp-crs.load"]};
    $self->{files} = \@files;

    # ModSecurity 3 knows Include, but not IncludeOptional

    write_file("$self->{dir}/all.conf", join '', map { "Include $_\n" }
        map { /\.load$/ ? slurp($_) =~ /^Include(?:Optional)? (.+)$/mg : $_ }
        @files);
}

sub config {
    my ($self, $side) = @_;
    my $dir = "$self->{dir}/$side";
    my ($load, $http, $here);

    if ($side eq 'theirs') {
        $load = "load_module $self->{crs}/module.so;";
        $http = '';
        $here = "modsecurity on; modsecurity_rules_file "
            . "$self->{dir}/all.conf;";
    } else {
        $load = join "\n", map { "load_module $build/modules/$_.so;" }
            qw(ngx_api_waf_module ngx_api_sec_module);
        $http = "api_waf_ruleset all @{$self->{files}};"
            . " api_body_limit 64m;";
        $here = 'api_waf all mode=' . ($self->{mode} // 'monitor') . ';';
    }

    # its clients are the two nginx, whose ports may be those of a client of ours

    my $up = $side eq 'ours' ? <<"END" : '';
    server {
        listen 127.0.0.1:$self->{port}{up};
        access_log off;
        return 200 "ok\\n";
    }
END

    return <<"END";
$load
daemon off;
master_process off;
pid $dir/pid;
error_log $dir/error.log warn;
events { worker_connections 64; }
http {
    client_body_temp_path $dir/b;
    proxy_temp_path $dir/p;
    fastcgi_temp_path $dir/f;
    uwsgi_temp_path $dir/u;
    scgi_temp_path $dir/s;
    log_format ids '\$remote_port \$status @{[
        $side eq 'ours' ? '$api_waf_rules' : '-']}';
    access_log $dir/access.log ids;
    large_client_header_buffers 4 64k;
    client_max_body_size 64m;
    keepalive_timeout 5s;
    $http
$up
    server {
        listen 127.0.0.1:$self->{port}{$side};
        location / {
            $here
            proxy_pass http://127.0.0.1:$self->{port}{up};
        }
    }
}
END
}

sub start {
    my ($self, $side) = @_;
    my $dir = "$self->{dir}/$side";

    write_file("$dir/nginx.conf", $self->config($side));
    my $pid = fork // die "fork: $!\n";

    if (!$pid) {
        $ENV{LD_LIBRARY_PATH} = $self->{lib};
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$dir/out";
        open STDERR, '>&', \*STDOUT;
        exec $nginx{$side}, '-p', $dir, '-e', "$dir/error.log", '-c',
            "$dir/nginx.conf";
        die "$nginx{$side}: $!\n";
    }

    $self->{pid}{$side} = $pid;
    my $until = time + 60;

    while (!IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $self->{port}{$side}))
    {
        if (waitpid($pid, 1) == $pid || time > $until) {
            delete $self->{pid}{$side} if kill(0, $pid) == 0;
            die "$side: nginx does not start:\n",
                map { slurp("$dir/$_") } qw(error.log out);
        }
        sleep 0.05;
    }

    open $self->{log}{$side}, '<', "$dir/access.log" or die "$dir: $!\n";
}

sub slurp {
    my ($path) = @_;
    open my $in, '<', $path or return '';
    local $/;
    return <$in> // '';
}

sub DESTROY {
    my ($self) = @_;
    local $?;
    for my $side (keys %{$self->{pid} // {}}) {
        kill 'TERM', $self->{pid}{$side};
        waitpid $self->{pid}{$side}, 0;
    }
    remove_tree($self->{dir}) if $self->{dir} && !$ENV{TEST_NGINX_NO_CLEAN};
}


# Send a request, as bytes, to both.  Returns the ids of rules each saw match,
# or undef where nginx refused the request by itself.

sub ask {
    my ($self, $bytes) = @_;
    return map { $self->ask_one($_, $bytes) } qw(theirs ours);
}

sub ask_one {
    my ($self, $side, $bytes) = @_;

    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $self->{port}{$side}) or die "$side: gone: $!\n";
    my $client = $s->sockport;

    $s->autoflush(1);
    local $SIG{PIPE} = 'IGNORE';
    print $s $bytes;
    my $status = response($s);
    shutdown $s, 2;

    my $line = $self->log_line($side, $client);
    $self->{status}{$side} = $line ? $line->[0] : $status;
    return undef if !$line;

    if ($side eq 'ours') {
        return $line->[1] eq '-' && $line->[0] == 400
            ? undef : [grep { /^\d+$/ } split /,/, $line->[1]];
    }

    return $self->audit($client, $line->[0]);
}

sub response {
    my ($s) = @_;
    my $until = time + $patience;
    my $wait = IO::Select->new($s);
    my $got = '';

    while (time < $until && $wait->can_read($until - time)) {
        sysread($s, $got, 65536, length $got) or last;
        my ($head, $body) = split /\r\n\r\n/, $got, 2;
        next if !defined $body || $head =~ m{^HTTP/1\.1 100};
        last if $head =~ /^Content-Length: (\d+)/mi && length $body >= $1;
        last if $got =~ /\r\n0\r\n\r\n$/;
    }

    return $got =~ m{^HTTP/\S+ (\d+)} ? $1 : 0;
}

sub log_line {
    my ($self, $side, $client) = @_;
    my $until = time + $patience;
    my $log = $self->{log}{$side};

    # a line that goes on in another page of the file may be seen in two pieces

    while (time < $until) {
        seek $log, 0, 1;
        while (my $line = <$log>) {
            $line = (delete $self->{piece}{$side} // '') . $line;
            $self->{piece}{$side} = $line, last if $line !~ /\n\z/;
            return [$2, $3] if $line =~ /^(\d+) (\d+) (\S+)/ && $1 == $client;
        }
        sleep 0.005;
    }

    return;
}

# A line of its log a transaction, which may come a little later than that of
# nginx; a request that nginx refused by itself has none.

sub audit {
    my ($self, $client, $status) = @_;
    my $until = time + ($status == 400 ? 0.2 : $patience);

    $self->{audit} //= do {
        open my $in, '<', "$self->{dir}/theirs/audit.log"
            or die "no audit log: $!\n";
        $in;
    };

    do {
        my $log = $self->{audit};
        seek $log, 0, 1;
        my $got = do { local $/; <$log> } // '';
        $self->{audit_text} = ($self->{audit_text} // '') . $got;

        while ($self->{audit_text} =~ s/^(.*)\n//) {
            my $ids = audit_ids($1, $client);
            return $ids if $ids;
        }
        sleep 0.005;
    } while time < $until;

    return undef;
}

sub audit_ids {
    my ($line, $client) = @_;
    my $t = eval { JSON::PP->new->latin1->decode($line)->{transaction} }
        or return;
    return if $t->{client_port} != $client;
    return [map { $_->{details}{ruleId} } @{$t->{messages} // []}];
}


# The tests of CRS 3.3 as { title, group, request }, in the order of files.

sub regression_tests {
    my $dir = run("$root/.ci/crs") . '/tests';
    my @tests;

    for my $file (sort glob "$dir/*/*.yaml") {
        my $group = basename(dirname($file));
        my $doc = eval { YAML::XS::LoadFile($file) } // next;

        for my $test (@{$doc->{tests}}) {
            my $n = 0;
            for my $stage (@{$test->{stages}}) {
                push @tests, {
                    group => $group,
                    title => $test->{test_title} . ($n++ ? "/$n" : ''),
                    request => request($stage->{stage}{input}),
                };
            }
        }
    }

    return @tests;
}

# As ftw builds them: a form is encoded, its length is counted.

sub request {
    my ($in) = @_;
    my $bytes;

    if (defined $in->{encoded_request}) {
        $bytes = decode_base64($in->{encoded_request});
        return $bytes;
    }

    return octets($in->{raw_request}) if defined $in->{raw_request};

    my %h = %{$in->{headers} // {}};
    my $data = $in->{data};
    $data = join "\r\n", @$data if ref $data;

    if (defined $data && !$in->{stop_magic}) {
        my ($type) = grep { lc eq 'content-type' } keys %h;
        $h{'Content-Type'} = 'application/x-www-form-urlencoded' if !$type;
        $data = form($data) if ($h{$type // 'Content-Type'} // '')
            eq 'application/x-www-form-urlencoded';
        $h{'Content-Length'} = length octets($data)
            if !grep { lc eq 'content-length' } keys %h;
    }

    my $head = join ' ', $in->{method} // 'GET', $in->{uri} // '/',
        $in->{version} // 'HTTP/1.1';
    $head .= "\r\n$_: " . ($h{$_} // '') for sort keys %h;
    return octets("$head\r\n\r\n" . ($data // ''));
}

sub octets {
    my ($text) = @_;
    utf8::encode($text) if utf8::is_utf8($text);
    return $text;
}

sub form {
    my ($data) = @_;
    $data = octets($data);
    my @pairs = map { [split /=/, $_, 2] } grep { length }
        split /&/, decode($data);
    return $data if grep { @$_ < 2 || !length $_->[1] } @pairs or !@pairs;
    return join '&', map { join '=', map { encode($_) } @$_ } @pairs;
}

sub decode {
    my ($s) = @_;
    $s =~ s/%([0-9a-fA-F]{2})/chr hex $1/ge;
    return $s;
}

sub encode {
    my ($s) = @_;
    $s =~ tr/+/ /;
    $s =~ s/([^A-Za-z0-9_.~ -])/sprintf '%%%02X', ord $1/ge;
    $s =~ tr/ /+/;
    return $s;
}

1;
