# Every subset of the three modules loads, in every order, and nginx accepts
# a configuration with it: none needs another one, or a place in the file.

use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;

my @modules = split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
my $nginx = $ENV{TEST_NGINX_BINARY} // 'nginx';

plan skip_all => 'TEST_NGINX_LOAD_MODULES names no modules' if !@modules;

my $dir = tempdir(CLEANUP => 1);
mkdir "$dir/logs";

# All orders of all non-empty subsets.

sub orders {
    my ($chosen, @rest) = @_;
    my @all = @$chosen ? ($chosen) : ();

    for my $i (0 .. $#rest) {
        my @others = @rest;
        my ($next) = splice(@others, $i, 1);
        push @all, orders([@$chosen, $next], @others);
    }

    return @all;
}

sub check {
    my (@loaded) = @_;

    open my $conf, '>', "$dir/nginx.conf" or die "nginx.conf: $!";
    print $conf map { "load_module $_;\n" } @loaded;
    print $conf <<"    END";
pid $dir/nginx.pid;
events { }
http {
    access_log off;
    client_body_temp_path $dir/body;
    proxy_temp_path $dir/proxy;
    fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi;
    scgi_temp_path $dir/scgi;
    server { listen unix:$dir/socket; }
}
    END
    close $conf or die "nginx.conf: $!";

    my $out = `$nginx -t -e stderr -p $dir -c $dir/nginx.conf 2>&1`;
    my $names = join ', ', map { m{ngx_api_(\w+)_module} ? $1 : $_ } @loaded;
    ok($? == 0, $names) or diag($out);
    unlike($out, qr/\[(?:warn|error|crit|alert|emerg)\]/, "$names: quietly");
}

my @orders = orders([], @modules);

is(scalar @orders, 15, 'seven subsets in all their orders')
    if @modules == 3;

check(@$_) for @orders;

done_testing();
