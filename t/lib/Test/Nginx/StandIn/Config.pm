package Test::Nginx::StandIn::Config;

# The nginx.conf of one block, and the files that stand beside it.

use strict;
use warnings;

use ApiTest::Event ();
use Exporter 'import';
use File::Basename qw(dirname);
use File::Path qw(make_path);
use Test::Nginx::StandIn::Options qw(%opt nginx_version server_root html_dir
                                     server_port);
use Test::Nginx::StandIn::Port;
use Time::Local ();

our @EXPORT_OK = qw(expand nginx_conf make_root write_user_files spew);

use constant {
    HTTP2_DIRECTIVE => 1_025_001,   # "http2 on", before it "listen ... http2"
};

# nginx's folders for what it spills to disk
my @TEMP = qw(client_body proxy fastcgi uwsgi scgi);


# $TEST_NGINX_NAME and ${TEST_NGINX_NAME}
sub expand {
    my ($text, $where) = @_;
    return unless defined $text;

    $text =~ s{\$(?:(TEST_NGINX_\w+)|\{(TEST_NGINX_\w+)\})}
              {variable($1 // $2, $where)}ge;
    return $text;
}


my %BUILT_IN = (
    TEST_NGINX_SERVER_PORT => \&server_port,
    TEST_NGINX_SERVER_ROOT => \&server_root,
    TEST_NGINX_HTML_DIR    => \&html_dir,
);


sub variable {
    my ($name, $where) = @_;

    return $BUILT_IN{$name}->() if $BUILT_IN{$name};
    return Test::Nginx::StandIn::Port::named($1)
        if $name =~ /\ATEST_NGINX_RAND_PORT_(\d+)\z/;
    return $ENV{$name} if defined $ENV{$name};

    die "$where: no environment variable $name\n";
}


sub nginx_conf {
    my ($block, $http2) = @_;

    my $name    = $block->name;
    my $section = sub { expand($block->{ $_[0] }[0], $name) // '' };
    my $level   = $block->log_level // $opt{log_level};
    my $host    = $block->server_name // $opt{server_name};
    my $root    = server_root();

    return join '', head($root, $level),
        $section->('main_config'), "\n", events(), "http {\n", http($root),
        ApiTest::Event::events_wanted($section->('http_config'),
                                      @{ $opt{modules} }),
        $section->('http_config'), "\n    server {\n", listen_lines($http2),
        "        server_name '$host';\n",
        "        client_max_body_size 30M;\n\n",
        "$opt{preamble}\n", $section->('config'), "\n", root_location(),
        "    }\n}\n", $section->('post_main_config'), "\n";
}


sub head {
    my ($root, $level) = @_;

    my $text = '';
    $text .= "load_module $_;\n" for @{ $opt{modules} };
    $text .= "daemon off;\nmaster_process $opt{master};\n";
    $text .= "worker_processes $opt{workers};\n";
    $text .= "pid $root/logs/nginx.pid;\n";
    $text .= "error_log $root/logs/error.log $level;\n";
    $text .= "env $_;\n" for @{ $opt{env} };

    # nginx warns of the directive where it has no effect
    $text .= "user $opt{worker_user};\n" if $> == 0 && $opt{master} eq 'on';
    return $text;
}


sub events {
    my $use = $opt{event_type} ? "    use $opt{event_type};\n" : '';

    return "events {\n    accept_mutex off;\n"
        . "    worker_connections $opt{worker_connections};\n$use}\n\n";
}


sub http {
    my ($root) = @_;

    my $text = "    access_log $root/logs/access.log;\n"
        . "    default_type text/plain;\n    keepalive_timeout 68;\n";

    $text .= "    ${_}_temp_path $root/${_}_temp;\n" for @TEMP;

    $text .= "    postpone_output $opt{postpone_output};\n"
        if $opt{postpone_output};
    return $text;
}


sub listen_lines {
    my ($http2) = @_;

    my $line = '        listen ' . $opt{server_addr} . ':' . server_port();

    return "$line;\n" unless $http2;
    return nginx_version() >= HTTP2_DIRECTIVE
        ? "$line;\n        http2 on;\n" : "$line http2;\n";
}


sub root_location {
    return '' if $opt{no_root};
    return "        location / {\n            root html;\n"
        . "            index index.html index.htm;\n        }\n";
}


sub make_root {
    my $root = server_root();

    # folders that nginx and we would make again are kept, empty
    my %keep = map { ("$root/$_" => 1) } qw(conf logs html),
        map { "${_}_temp" } @TEMP;

    empty($root, \%keep) if -d $root;
    make_path(map { "$root/$_" } qw(conf logs html));
    spew("$root/html/index.html",
         '<html><head><title>It works!</title></head>'
         . '<body>It works!</body></html>');
    return $root;
}


# File::Path's remove_tree is three times as slow, and this runs every block
sub empty {
    my ($dir, $keep) = @_;

    opendir my $dh, $dir or die "cannot read $dir: $!\n";
    for my $name (grep { !/\A\.\.?\z/ } readdir $dh) {
        my $path = "$dir/$name";

        if (!-l $path && -d _) {
            empty($path);
            next if $keep->{$path};
            rmdir $path or die "cannot remove $path: $!\n";
        } else {
            unlink $path or die "cannot remove $path: $!\n";
        }
    }

    return;
}


sub write_user_files {
    my ($block) = @_;

    my $files = $block->user_files;
    return unless defined $files;

    for my $file (ref $files ? @$files : parse_user_files($files)) {
        my ($name, $body, $date) = @$file;
        my $path = $name =~ m{\A/} ? $name : html_dir() . "/$name";

        make_path(dirname($path));
        spew($path, $body);
        next unless defined $date;

        my $when = parse_date($date);
        utime $when, $when, $path or die "utime $path: $!\n";
    }

    return;
}


# ">>> name [date]" starts a file, the lines up to the next one fill it
sub parse_user_files {
    my ($text) = @_;

    my ($junk, @parts) = split /^>>>[ \t]*(\S+)(?:[ \t]+(\S+))?[ \t]*\n/m,
        $text;
    die "user_files: text before the first \">>> name\" line\n"
        if $junk =~ /\S/;

    my @files;
    while (@parts) {
        my ($name, $date, $body) = splice @parts, 0, 3;
        push @files, [$name, $body // '', $date];
    }

    die "user_files: no \">>> name\" line\n" unless @files;
    return @files;
}


# touch's form: YYYYMMDDhhmm[.ss], local time
sub parse_date {
    my ($date) = @_;

    my ($y, $mon, $d, $h, $min, $s) = $date
        =~ /\A(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d\d?))?\z/
        or die "user_files: bad date \"$date\", want YYYYMMDDhhmm.ss\n";
    return Time::Local::timelocal($s // 0, $min, $h, $d, $mon - 1, $y);
}


sub spew {
    my ($path, $text) = @_;

    open my $fh, '>:raw', $path or die "cannot write $path: $!\n";
    print {$fh} $text or die "cannot write $path: $!\n";
    close $fh or die "cannot write $path: $!\n";
    return;
}

1;
