# Every way to build: against Debian's nginx-dev as an unprivileged user,
# against a plain read-only source tree, and compiled in.  In each the modules
# load, show only what nginx looks up, and stand in the same order.  Two that
# share no symbol share what they read of a body.

use strict;
use warnings;
use lib 't/lib';
use ApiTest::Elf qw(weaknesses);
use ApiTest::Server;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

my $root = abs_path(dirname(__FILE__) . '/../..');
my $build = ($ENV{API_BUILD} // "$root/build") . '/matrix';
my $nginx = $ENV{TEST_NGINX_BINARY} // '/usr/sbin/nginx';
my @names = map { "ngx_api_${_}_module" } qw(waf sec ratelimit);
my $dir = tempdir(CLEANUP => 1);

chmod 0755, $dir;
delete @ENV{qw(BUILD NGX_SRC NGX_FLAGS CC_OPT LD_OPT MAKEFLAGS)};

sub run {
    my ($title, $command) = @_;
    my $out = `($command) 2>&1`;
    return ok($? == 0, $title) || diag($out) && 0;
}

# What nginx -t says when it is to print its modules, or dies of.

sub modules_of {
    my ($binary, @load) = @_;

    open my $conf, '>', "$dir/nginx.conf" or die "nginx.conf: $!";
    print $conf map { "load_module $_;\n" } @load;
    print $conf "error_log stderr notice;\npid $dir/pid;\nevents { }\n"
        . "http {\n    access_log off;\n"
        . join('', map { "    ${_}_temp_path $dir/$_;\n" }
            qw(client_body proxy fastcgi uwsgi scgi))
        . "    server { listen unix:$dir/socket; }\n}\n";
    close $conf or die "nginx.conf: $!";

    my $out = `$binary -t -e stderr -p $dir -c $dir/nginx.conf 2>&1`;
    diag($out) if $?;
    return [$out =~ /order: (\S+)/g];
}

# From the first of ours to the copy filter, which must follow.

sub order_of {
    my ($modules) = @_;
    my $text = join ' ', @$modules;
    return $text =~ /(ngx_api_(?:waf|sec|ratelimit)_module .*?
                      ngx_http_copy_filter_module)\b/x ? $1 : $text;
}

my $order = join ' ', @names, 'ngx_http_copy_filter_module';

# The libraries of which a module uses something must be among those it says
# it needs: that nginx happens to have brought them is no promise.

sub undeclared {
    my ($path) = @_;
    my @needed = `readelf -dW $path` =~ /NEEDED.*\[(.*)\]/g;
    my %used = map { s/\@.*//sr => 1 }
        map { (split)[1] } `nm -D --undefined-only $path`;
    my @missing;

    for my $line (`ldd $nginx`) {
        my ($name, $file) = $line =~ /(\S+) => (\S+)/ or next;
        my @provides = map { s/\@.*//sr }
            map { (split)[2] } `nm -D --defined-only $file`;

        push @missing, $name
            if (grep { $used{$_} } @provides) && !grep { $_ eq $name } @needed;
    }

    return join ' ', @missing;
}

# The exports of a module, and the flags that harden it.

sub check_object {
    my ($path) = @_;
    my ($name) = $path =~ m{/(\w+)\.so$};

    is(join(' ', sort map { (split)[2] } `nm -D --defined-only $path`),
       'ngx_module_names ngx_module_order ngx_modules', "$name: its exports");
    is(undeclared($path), '', "$name: names the libraries it uses");
    is(join(', ', weaknesses($path)), '', "$name: hardened");
}

# reader: another module with a copy of the core, behind sec.  What sec has
# parsed is not parsed again, what one has begun the other ends, and behind the
# last of them nothing is held.

sub test_two_readers {
    my (@load) = @_;

    my $server = ApiTest::Server->start(
        modules => \@load,
        workers => 1,
        http    => 'client_body_buffer_size 1k;',
        server  => 'location @all { read_body on; empty_gif; }'
            . ' location /begun/ { api_body any mode=monitor;'
            . ' api_body_limit 10; try_files /none @all; }'
            . ' location /alone/ { read_body on; empty_gif; }',
        location => 'api_body json; read_body on; empty_gif;',
    );

    my $body = '{"a":"' . 'x' x 20_000 . '"}';
    my $said = sub {
        my ($path) = @_;
        my $from   = length $server->log;
        my $socket = $server->connected;

        print {$socket} "POST $path HTTP/1.1\r\nHost: a\r\nConnection: close"
            . "\r\nContent-Type: application/json\r\nContent-Length: "
            . length($body) . "\r\n\r\n$body";
        local ($/, $@, $SIG{ALRM}) = (undef, '', sub { die "no answer\n" });
        alarm 30;
        my ($code) = (eval { scalar <$socket> } // '') =~ / (\d+)/;
        alarm 0;
        return join '; ', $code // 'no answer',
            substr($server->log, $from) =~ /reader: (.*?)[,\n] client/g;
    };

    my $length = length $body;

    is($said->('/'), "405; $length bytes, parsed before, held before, json 0"
        . '; 0 bytes are left', 'a body that two modules look at');
    is($said->('/alone/'), "405; $length bytes, parsed now, held before, "
        . 'json 0; 0 bytes are left', '... that one of them alone looks at');
    is($said->('/begun/'), "405; $length bytes, parsed now, held before, "
        . 'json 0; 0 bytes are left', '... that the second reads, not the '
        . 'first that knew of it');
    return;
}

my $probe = "--add-dynamic-module=$root/t/build/order";

# Debian's tree; as nobody, who can read nothing but a copy.

sub test_nginx_dev {
    my $copy = "$dir/copy";
    my $as = '';

    if ($> == 0) {
        $as = 'setpriv --reuid=nobody --regid=nogroup --clear-groups env'
            . ' HOME=/nonexistent CCACHE_DISABLE=1';
    }

    mkdir $copy;
    run('a copy of the sources', "cd $root && cp -r config .ci ngx_api_*"
        . " $copy && mkdir -p $copy/t/build && cp -r t/build/order"
        . " t/build/reader $copy/t/build && chmod -R a+rX $copy && mkdir $copy/build"
        . ($> == 0 ? " && chown nobody $copy/build" : ''))
        or return;

    run('built for nginx-dev by an unprivileged user',
        "cd $copy && ADDONS='--add-dynamic-module=$copy/t/build/order"
        . " --add-dynamic-module=$copy/t/build/reader'"
        . " $as .ci/build modules") or return;

    my @so = map { "$copy/build/modules/$_.so" } @names;
    check_object($_) for @so;

    my $print = "$copy/build/modules.objs/ngx_api_order_module.so";

    for my $i ([0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1],
               [2, 1, 0])
    {
        is(order_of(modules_of($nginx, @so[@$i], $print)), $order,
           "the same order when loaded as @$i");
    }

    test_two_readers(@so, "$copy/build/modules.objs/ngx_api_reader_module.so");
}

sub test_plain_tree {
    my ($tree) = @_;
    my $newest = sub { `find $tree -newer $dir/mark` };

    run('a mark', "touch $dir/mark");

    run('built for a plain tree', "cd $root && NGX_SRC=$tree"
        . " BUILD=$build/plain ADDONS=$probe .ci/build modules") or return;

    my @so = map { "$build/plain/modules/$_.so" } @names;
    check_object($_) for @so;
    is(order_of(modules_of($nginx, @so,
           "$build/plain/modules.objs/ngx_api_order_module.so")), $order,
       "the plain tree's modules fit the packaged nginx of that version");

    run('compiled in', "cd $root && NGX_SRC=$tree BUILD=$build/plain"
        . " CC_OPT=-O0 ADDONS=--add-module=$root/t/build/order"
        . " .ci/build static") or return;

    is(order_of(modules_of("$build/plain/static/nginx")), $order,
       'the same order when compiled in');
    is($newest->(), '', 'nothing was written into the tree');

    like(`nm -D --defined-only $build/plain/static/nginx`,
         qr/ ngx_http_add_variable$/m,
         'nginx keeps its symbols for other modules');
}

test_nginx_dev();

my $tree = `cd $root && .ci/nginx-src 2>$dir/fetch`;

SKIP: {
    skip('no nginx source to be had: ' . `tail -n 1 $dir/fetch`, 1) if $?;
    chomp $tree;
    test_plain_tree($tree);
}

done_testing();
