#!/usr/bin/perl

# Databases of patterns under api_state: made by the compiler that is named,
# read when nginx starts, and read only where nobody else could have written.
# Whatever becomes of one, rules refuse as they did.

use strict;
use warnings;
use lib 't/lib';

use ApiTest::Keys qw(build_dir);
use ApiTest::Run;
use File::Path qw(make_path remove_tree);
use JSON::PP qw(decode_json);
use Test::More;

my $dir = scratch();
my $port = two_ports();
my $state = "$dir/state";
my $waf = "$state/waf";
my $compiler = build_dir() . '/bin/apisec';
my $built_in = 'literals';

make_path($state, "$dir/logs");
chmod 0750, $state;

# A pattern that literals alone leave to be looked at, so that there is
# something in a database.

spew("$dir/rules.conf", <<'END');
SecRule ARGS "@rx (?i)\bunion\s+(?:all\s+)?select\b" "id:1,phase:2,deny"
SecRule ARGS "@rx [a-f]{3}[0-9]{4,8}z" "id:2,phase:2,deny"
END

sub configure {
    my (%arg) = @_;
    my $load = join "\n", map { 'load_module ' . modules_dir() . "/$_.so;" }
        qw(ngx_api_waf_module ngx_api_sec_module);
    my $made = $arg{compiler} ? "api_waf_compiler $compiler;" : '';
    spew("$dir/nginx.conf", <<"END");
$load
worker_processes 1;
pid $dir/nginx.pid;
error_log $dir/logs/error.log info;
events { worker_connections 32; }
http {
    access_log off;
    client_body_temp_path $dir/b; proxy_temp_path $dir/p;
    fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
    api_zone  main 1m;
    api_state $state;
    $made
    api_waf_ruleset own $dir/rules.conf;
    server {
        listen 127.0.0.1:$port;
        location /      { api_waf own; try_files /none =204; }
        location /_api/ { api_status; }
    }
}
END
    return;
}

sub files {
    opendir my $in, $waf or return;
    return sort grep { !/^\.\.?$/ } readdir $in;
}

# Start, ask, stop: what is in use, and that rules refuse; what was logged.

sub go {
    my ($what, $engine, $said, %arg) = @_;

    configure(%arg);
    spew("$dir/logs/error.log", '');
    my $failed = start_nginx($dir);
    ok(!defined $failed, "$what: nginx starts") or diag($failed);

    my $status = decode_json(http($port, GET => '/_api/')->{content});
    my ($set) = map { @{$_->{rulesets} // []} }
        $status->{modules}{ngx_api_waf_module};
    my $used = $set->{prefilter} // '';
    ok($engine eq $built_in ? $used eq $built_in : $used ne $built_in,
        "$what: by " . ($engine eq $built_in ? 'the literals' : 'the library'))
        or diag($used);

    my %answer = map { $_ => http($port, GET => "/?a=$_")->{status} }
        qw(UNION+all%0Aselect union+of+selectors abc12345z abc123z);
    is(join(' ', @answer{qw(UNION+all%0Aselect abc12345z)}), '403 403',
        "$what: attacks are refused");
    is(join(' ', @answer{qw(union+of+selectors abc123z)}), '204 204',
        "$what: their twins pass");

    ok(stop_nginx($dir), "$what: nginx ends");
    my $log = slurp("$dir/logs/error.log");
    if ($said) {
        like($log, $said, "$what: it is said");
    } else {
        unlike($log, qr/\[(?:warn|error|alert|emerg|crit)\]/, "$what: nothing is said")
            or diag($log);
    }
    return;
}

my $file = sub { my ($one) = grep { /\.hs\z/ } files(); return "$waf/$one" };

sub change {
    my ($at, $bytes) = @_;
    open my $io, '+<', $file->() or die "open: $!\n";
    seek $io, $at, $at < 0 ? 2 : 0;
    print $io $bytes;
    close $io or die "close: $!\n";
    return;
}

go('no database, no compiler', $built_in, undef);
is_deeply([files()], [], 'and none was made');

go('none yet', 'library', undef, compiler => 1);
is(scalar(my @made = files()), 1, 'one file was made');
is((stat $file->())[2] & 07777, 0600, 'for its owner alone');
is((stat $waf)[2] & 07777, 0700, 'in a folder for its owner alone');
my $name = $file->();

go('the one that is there', 'library', undef);
my $good = slurp($name);

# Changed, cut short, of another version of the library or of its format.

my %bad = (
    'a changed byte' => [sub { change(-8, 'x') }, qr/"\Q$name\E" is not used: changed since it was made/],
    'cut short' => [sub { truncate $name, length($good) - 9 }, qr/is not used: cut short or too long/],
    'nothing of it' => [sub { truncate $name, 0 }, qr/is not used: cut short/],
    'another format' => [sub { change(0, 'NOTOURS!') }, qr/is not used: no pattern database, or one of another version/],
    'another library' => [sub { my ($at) = $good =~ /\d+\.\d+\.\d+ /g ? $-[0] : die 'no version';
        change($at, '0') }, qr/is not used: made by another library/],
);

for my $what (sort keys %bad) {
    my ($spoil, $said) = @{$bad{$what}};
    spew($name, $good);
    chmod 0600, $name;
    $spoil->();
    go($what, $built_in, $said);
    go("$what, with the compiler", 'library', $said, compiler => 1);
    is(length slurp($name), length $good, "$what: it was made anew");
    go("$what, after that", 'library', undef);
}

# What others could have written is not used, nor written over.

SKIP: {
    skip 'only root can give files away', 12 if $>;
    chown 65534, -1, $name;
    go('a file of another user', $built_in, qr/"\Q$name\E" is not used: others than the user .* chown/, compiler => 1);
    chown 0, -1, $name;
    chown 65534, -1, $waf;
    go('a folder of another user', $built_in, qr/"\Q$waf\E" is not used/, compiler => 1);
    chown 0, -1, $waf;
}

chmod 0660, $name;
go('a file that a group may write', $built_in, qr/chmod 0600/, compiler => 1);
chmod 0600, $name;
chmod 0755, $waf;
go('a folder that all may read', $built_in, qr/chmod 0700/, compiler => 1);
chmod 0700, $waf;
rename $name, "$dir/elsewhere";
symlink "$dir/elsewhere", $name;
go('a link', $built_in, undef, compiler => 1);
unlink $name;

# A state that cannot be written: not even by root, without its privilege.

remove_tree($waf);
configure(compiler => 1);
chmod 0550, $state;
my $tried = run('setpriv', '--bounding-set=-dac_override,-dac_read_search',
    nginx(), '-t', '-p', $dir, '-c', 'nginx.conf', '-e', "$dir/logs/error.log");
is($tried->{code}, 0, 'a state that is read-only: nginx would start');
like($tried->{err}, qr/made no database for "own": the prefilter built in is used/,
    '... and it is said');
chmod 0750, $state;
is_deeply([files()], [], '... and there is no file');

# Two that start at once.

remove_tree($waf);
configure(compiler => 1);
my @pids = map {
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDERR, '>', "$dir/two.$_";
        exec nginx(), '-t', '-p', $dir, '-c', 'nginx.conf', '-e', "$dir/two.$_";
    }
    $pid;
} 1 .. 3;
my @codes = map { waitpid $_, 0; $? } @pids;
is_deeply(\@codes, [0, 0, 0], 'three at once: all start');
is_deeply([files()], [$name =~ s{.*/}{}r], 'and there is one file, whole')
    or diag(join ' ', files());
go('what they made', 'library', undef);

done_testing;
