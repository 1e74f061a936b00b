#!/usr/bin/perl

# The packages, as a person meets them who installs them on a fresh Debian:
# .ci/deb-test makes one, with processes and a network of its own, and runs
# this.  Installed, configured by what the example says, used, upgraded under
# traffic, removed, purged; and then there is nothing of them.

use strict;
use warnings;

use ApiTest::Elf qw(weaknesses);
use File::Basename qw(basename);
use JSON::PP;
use Test::More;

my $root = $ENV{DEB_ROOT} or plan skip_all => 'make deb-test runs this';
my $debs = $ENV{DEB_DIR}  or plan skip_all => 'make deb-test runs this';

my ($version) = map {/_([^_]+)_/} glob "$debs/apisec-common_*.deb";
my @modules  = map {"ngx_api_${_}_module.so"} qw(waf sec ratelimit);
my @packages = ((map {"libnginx-mod-http-api-$_"} qw(sec ratelimit waf)),
    qw(apisec apisec-common apisec-hardening));

$ENV{PATH}            = '/usr/sbin:/usr/bin:/sbin:/bin';
$ENV{LC_ALL}          = 'C';
$ENV{DEBIAN_FRONTEND} = 'noninteractive';
$| = 1;


# A command in that system: what it said, and its exit code.

sub there {
    my ($command) = @_;

    open my $out, '-|', 'chroot', $root, 'bash', '-c', "($command) 2>&1"
        or die "chroot: $!";
    local $/;
    my $said = <$out> // '';
    close $out;
    return wantarray ? ($said, $? >> 8) : $said;
}


sub works {
    my ($title, $command) = @_;
    my ($said, $rc) = there($command);
    is($rc, 0, $title) or diag("$command\n$said");
    return $said;
}


sub mode_of {
    my ($path) = @_;
    return there("stat -c '%a %U:%G' $path") =~ s/\n\z//r;
}


# Every file outside of what dpkg and apt keep for themselves.

sub files {
    my %at = map { $_ => 1 } split /\n/,
        there('find / -xdev \( -path /proc -o -path /sys -o -path /dev'
            . ' -o -path /debs -o -path /tmp -o -path /var/lib/dpkg'
            . ' -o -path /var/lib/apt -o -path /var/cache'
            . ' -o -path /var/log/apt -o -path /var/lib/logrotate'
            . ' -o -path /run/lock \) -prune'
            . ' -o -print');
    return \%at;
}


sub spread { return join "\n", sort @_ }


sub get {
    my ($path, @options) = @_;
    return there("curl -s -o /tmp/body -w '%{http_code}' --max-time 30 "
            . join(' ', @options) . " 'http://127.0.0.1:8080$path'");
}


sub body { return there('cat /tmp/body') }
sub pid  { return there('cat /run/nginx.pid') =~ s/\s//gr }

# What the running master has mapped of our modules, and nobody can see any
# more, since another file has the name now.

sub stale { return there('grep -c "ngx_api_.*(deleted)" /proc/'
        . pid() . '/maps') + 0 }


sub settle {
    my ($condition) = @_;
    for (1 .. 300) {
        return 1 if $condition->();
        select undef, undef, undef, 0.1;
    }
    return 0;
}


sub test_lintian {
    my @files = grep { !/dbgsym/ } glob "$debs/*.deb";
    my $said  = `lintian --tag-display-limit 0 --fail-on error @files 2>&1`;

    is($? >> 8, 0, 'lintian finds no error') or diag($said);
    my @warnings = $said =~ /^(W: .*)$/mg;
    is(spread(@warnings), '', '... and no warning');
    return;
}


sub test_install {
    works('nginx is installed, and not started by that',
        'printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d;'
        . ' chmod 755 /usr/sbin/policy-rc.d; apt-get -y'
        . ' install nginx tzdata libvectorscan5');

    # without an init system a policy has to say that services may run
    there('printf "#!/bin/sh\nexit 0\n" >/usr/sbin/policy-rc.d');

    my $before = files();

    works('the packages are installed',
        'apt-get -y install '
        . join(' ', map {"$_=$version"} @packages));
    like(works('nginx accepts its configuration', 'nginx -t'), qr/successful/,
        '... says so');

    for my $so (@modules) {
        is(join(', ', weaknesses("$root/usr/lib/nginx/modules/$so")), '',
            "$so is hardened");
    }

    is(join(', ', weaknesses("$root/usr/bin/apisec")), '',
        'apisec is hardened');

    is(spread(map { basename($_) }
            glob "$root/etc/nginx/modules-enabled/*-api-*"),
        spread(map {"50-mod-http-api-$_.conf"} qw(ratelimit sec waf)),
        'the modules are loaded');
    is(mode_of('/etc/nginx/api'), '750 root:www-data',
        'secrets: root writes, the workers read');
    is(mode_of('/var/lib/nginx/api'), '750 www-data:www-data',
        'state: the workers write');
    is(mode_of('/usr/lib/nginx/modules/ngx_api_sec_module.so'),
        '644 root:root', 'modules: root writes');
    ok(-e "$root/lib/systemd/system/nginx.service.d/50-api-hardening.conf",
        'the drop-in of the unit');
    ok(-e "$root/etc/apparmor.d/nginx-api", 'the profile of AppArmor');
    like(works('apisec runs', 'apisec version'), qr/^apisec \d/, '... and is');
    return $before;
}


# The first ten minutes of somebody who has nothing yet: apisec init, nginx on
# what it made, and what the suite itself has to say against that: nothing. By
# root, and by a user who is nobody.

sub test_starter {
    for my $as (['root', 0, '/srv/gateway', 18080],
        ['a user', 1, '/home/gateway', 18090])
    {
        my ($who, $uid, $dir, $port) = @$as;
        my $run  = $uid ? "setpriv --reuid=$uid --regid=$uid --clear-groups"
            : 'env';
        my $site = "--nginx-prefix $dir --nginx-conf nginx.conf";
        my $start = "nginx -p $dir -c nginx.conf -e logs/error.log";

        there("install -d -o $uid -g $uid $dir");
        my $said = works("$who: apisec init",
            "$run apisec init $dir --port $port");
        like($said, qr/^    \Q$start\E$/m, '... says how to start it');

        my ($key) = $said =~ /^    (ak_\S+)$/m;
        my ($ask) = $said =~ /^    (TOKEN=\S+)$/m;
        my ($curl) = $said =~ /^    (curl .*Bearer.*)$/m;
        my $begun = works('... so it starts', "$run $start");
        unlike($begun, qr/\[(?:warn|error|emerg)\]/, '... quietly');
        ok(settle(sub { there("curl -s http://127.0.0.1:$port/health")
            =~ /ready/ }), '... and is ready');
        like(there("$ask; $curl -s"), qr/ 200 OK.*lamp/s,
            '... and its token opens it, as it says');
        like(there("curl -s -i -H 'X-API-Key: $key'"
            . " http://127.0.0.1:$port/orders"), qr/ 200 OK/, '... its key too');
        like(there("curl -s -i http://127.0.0.1:$port/orders"), qr/ 401 /,
            '... and nothing does not');

        my $found = works('apisec lint', "$run apisec lint $site --fail-on low");
        like($found, qr/^0 high, 0 medium, 0 low$/m, '... finds nothing');

        works('tokens', "$run sh -ec 'cd $dir;"
            . ' apisec token --dir . --scope "orders:read orders:write" >strong;'
            . ' apisec token --dir . --scope "" >weak; openssl pkey'
            . " -in keys/private.pem -pubout -out public.pem'");
        my $attack = works('apisec attack', "cd $dir && $run apisec attack"
            . " openapi.yaml --target http://127.0.0.1:$port --token strong"
            . ' --weak-token weak --public-key public.pem --undecided'
            . ' --own customerId=alice --other customerId=bob');
        like($attack, qr/^all +([5-9]\d) +0 +0 +0$/m, '... is refused, wholly')
            or diag($attack);

        works('apisec report',
            "$run apisec report $site --output $dir/report.html");
        opens("$root$dir/report.html");
        works('it stops', "$run $start -s quit");
    }

    my $said = there('cd /srv/gateway && nginx -p $PWD -c nginx.conf'
        . ' -e logs/error.log && apisec doctor --nginx-prefix $PWD'
        . ' --nginx-conf nginx.conf');
    like($said, qr/^0 failed, /m, 'apisec doctor has no complaint of it')
        or diag($said);
    like($said, qr/^ok    $_ /m, "... $_: well") for qw(secrets state ready);
    there('cd /srv/gateway && nginx -p $PWD -c nginx.conf -e logs/error.log'
        . ' -s quit; rm -rf /srv/gateway /home/gateway');
    return;
}


# In a browser of the machine this runs on, which is the one that is here.

sub opens {
    my ($file) = @_;
    my $repo = $ENV{DEB_REPO};
    my ($chromium) = grep {-x} qw(/usr/bin/chromium /usr/bin/chromium-browser);

    SKIP: {
        skip('no Chromium, or nothing that drives it', 2)
            if !$chromium || !-d "$repo/t/node/node_modules/playwright-core";
        my $said = `node $repo/t/node/report.mjs $chromium $file $file.pdf 2>&1`;
        is($?, 0, 'the report opens') or diag($said);
        like($said, qr/^tables: 7 faults: 0$/m, '... whole, without a fault');
    }

    return;
}


# As the example says; the API is an nginx of a few lines.

sub test_configure {
    my ($said) = there('rm -f /etc/nginx/sites-enabled/default;'
        . ' zcat -f /usr/share/doc/apisec-common/examples/gateway.conf*'
        . ' >/etc/nginx/sites-available/gateway;'
        . ' ln -s ../sites-available/gateway /etc/nginx/sites-enabled/;'
        . " printf 'server { listen 127.0.0.1:3000; api_audit off;"
        . ' access_log off; default_type application/json;'
        . " return 200 \"{}\"; }' >/etc/nginx/conf.d/sample.conf");
    my $steps = there(q{sed -n '/^#     /s/^#     //p'}
        . ' /etc/nginx/sites-available/gateway');

    like($steps, qr/apisec key new/, 'the example tells how keys are made');
    my $key = works('... which works', "set -e\n$steps");
    ($key) = $key =~ /(ak_\S+|\S{30,})/ or diag($key);

    is(mode_of('/etc/nginx/api/pepper'), '640 root:www-data',
        'the pepper is a secret');
    works('nginx accepts the example', 'nginx -t -q');
    unlike(there('nginx -t'), qr/\[(?:warn|error)\]/, '... without a warning');
    works('nginx starts', 'invoke-rc.d nginx start');
    ok(settle(sub { get('/health') eq '200' }), 'it is ready')
        or diag(there('cat /var/log/nginx/error.log'));
    return $key;
}


sub test_use {
    my ($key) = @_;
    my $header = "-H 'X-API-Key: $key'";

    is(get('/orders'), '401', 'without a key: refused');
    my $problem = eval { decode_json(body()) } // {};
    is($problem->{code}, 'missing_key', '... as a problem')
        or diag(body());
    is(get('/orders', $header), '200', 'with it: let in');
    is(get('/orders?id=1%27%20OR%201=1--%20', $header), '403',
        'an injection: refused by the rules of the package');
    is(get('/orders', $header, q{-d '{"a":1,"a":2}'},
            q{-H 'Content-Type: application/json'}), '400',
        'a key twice in an object: refused');
    is(get('/_api/'), '200', 'the status is there');

    my $id = $problem->{support_id} // 'none';
    like(works('apisec why finds the first of these',
            "apisec why $id --log /var/log/nginx/api-audit.jsonl"),
        qr/401/, '... and tells it');

    my $lines = there('wc -l </var/log/nginx/api-audit.jsonl') + 0;
    cmp_ok($lines, '>=', 5, 'the record has them');
    is(mode_of('/var/log/nginx/api-audit.jsonl') =~ /^6[04]0 / ? 1 : 0, 1,
        '... and is not for everybody')
        or diag(mode_of('/var/log/nginx/api-audit.jsonl'));

    my ($said, $rc) = there('apisec doctor');
    is($rc, 0, 'apisec doctor finds nothing that fails') or diag($said);
    for my $well (qw(secrets state log workers modules versions ready zones)) {
        like($said, qr/^ok    $well /m, "... $well: well");
    }

    like(works('apisec lint, of all that Debian and the example configure',
        'apisec lint'), qr/^0 high, /m, '... finds nothing that is grave');

    works('the log is rotated',
        'logrotate -f /etc/logrotate.d/nginx-api');
    get('/orders');
    ok(settle(sub { there('cat /var/log/nginx/api-audit.jsonl') =~ /\n/ }),
        '... and the next event is in the new one');
    is(there('wc -l </var/log/nginx/api-audit.jsonl.1') + 0 >= $lines ? 1 : 0,
        1, '... all others in the old one');
    return;
}


# As a container is: the files of the packages, read-only, nginx not root and
# without capabilities, and two folders to write.

sub test_container {
    my ($key) = @_;
    my $at = "$ENV{DEB_REPO}/docs/examples/deploy";
    my $box = '/tmp/box';

    system("cp $at/container.conf $root/tmp/") == 0 or die;
    my ($said, $rc) = there("set -e; mkdir -p $box; mount --bind / $box;"
        . " mount -o remount,ro,bind $box; mount --rbind /dev $box/dev;"
        . " mount -t proc proc $box/proc;"
        . " for d in run var/lib/nginx; do mount -t tmpfs -o uid=33,mode=0750"
        . " tmpfs $box/\$d; done;"
        . " mkdir -p $box/run/nginx $box/run/secrets/api $box/var/lib/nginx/api;"
        . " cp /etc/nginx/api/* $box/run/secrets/api;"
        . " chown -R 33:33 $box/run $box/var/lib/nginx;"
        . " chmod 0440 $box/run/secrets/api/*; chmod 0750 $box/var/lib/nginx/api;"
        . " sed -i 's/8080/8090/; s/8081/8091/' /tmp/container.conf;"
        . ' true');
    is($rc, 0, 'a read-only place') or diag($said);

    there("setsid chroot --userspec=33:33 --groups= $box /usr/sbin/nginx"
        . " -e stderr -c /tmp/container.conf >/tmp/box.out 2>/tmp/box.err"
        . ' </dev/null & sleep 1');
    my $code = sub { there("curl -s -o /dev/null -w '%{http_code}'"
        . " --max-time 30 @_") };
    ok(settle(sub { $code->('http://127.0.0.1:8091/ready') eq '200' }),
        'it is ready') or diag(there('cat /tmp/box.err'));
    is($code->('http://127.0.0.1:8090/'), '401', '... and refuses');
    is($code->("-H 'X-API-Key: $key' http://127.0.0.1:8090/"), '200',
        '... and lets in');
    like(there('cat /tmp/box.out'), qr/^\{.*"status":401/m,
        '... events on standard output');
    is($code->('http://127.0.0.1:8091/_api/metrics'), '200', '... metrics');

    there("kill -QUIT \$(cat $box/run/nginx/nginx.pid); sleep 1;"
        . " umount -R $box");
    return;
}


sub test_upgrade {
    my ($key) = @_;
    my $header = "-H 'X-API-Key: $key'";
    my $master = pid();
    my $store  = there('sha256sum /etc/nginx/api/*');

    # a configuration that does not hold: the old code goes on

    there('echo "no_such_directive on;" >/etc/nginx/conf.d/broken.conf');
    my $said = works('upgraded while the configuration has a mistake',
        'apt-get -y install apisec-common '
        . join(' ', grep {/^lib/} @packages));
    like($said, qr/goes on with the old modules/, '... which is said');
    is(pid(), $master, '... nginx is the same');
    cmp_ok(stale(), '>', 0, '... with the modules it has');
    is(get('/orders', $header), '200', '... and serves');

    # mended: restarted once, with the new code

    there('rm /etc/nginx/conf.d/broken.conf');
    $said = works('upgraded again',
        "apt-get -y --reinstall install @packages");
    is(scalar(() = $said =~ /Restarting nginx, to run/g), 1,
        '... nginx is restarted, once');
    ok(settle(sub { get('/health') eq '200' }), '... and ready');
    isnt(pid(), $master, '... another process');
    is(stale(), 0, '... with the new modules');
    is(get('/orders', $header), '200', '... the key still works');
    is(get('/orders'), '401', '... and none still does not');
    is(there('sha256sum /etc/nginx/api/*'), $store, 'secrets are untouched');
    like(there("dpkg-query -W $packages[0]"), qr/\+1$/, 'it is the new one');
    return;
}


sub test_remove {
    my ($before) = @_;

    there('rm /etc/nginx/sites-enabled/gateway /etc/nginx/conf.d/sample.conf');
    works('removed', "apt-get -y remove @packages");
    works('nginx accepts the configuration without them', 'nginx -t -q');
    ok(!-e "$root/usr/lib/nginx/modules/$modules[0]", 'modules are gone');
    ok(!-e "$root/lib/systemd/system/nginx.service.d", 'the drop-in is gone');
    ok(-e "$root/etc/nginx/api/keys.json", 'keys are left');

    works('installed again',
        "apt-get -y install @packages");
    is(scalar(() = glob "$root/etc/nginx/modules-enabled/*-api-*.conf"), 3,
        '... and loaded again');

    works('purged', "apt-get -y purge @packages; apt-get -y autoremove --purge");
    there('invoke-rc.d nginx stop; rm -f /etc/nginx/sites-available/gateway');

    # keys are those of people, logs are evidence
    my @theirs = there('find /etc/nginx/api /var/log/nginx') =~ /^(\S+)$/mg;
    my $after  = files();
    delete @{$after}{@theirs};
    my @left = grep { !$before->{$_} && !m{^/var/lib/nginx/(?!api)}
            && !m{^/run/} } keys %$after;
    is(spread(@left), '', 'nothing of them is left');

    my @missing = grep { !$after->{$_} && !m{^/(?:run|var/log|tmp)/}
            && $_ ne '/etc/nginx/sites-enabled/default' } keys %$before;
    is(spread(@missing), '', 'and nothing else is gone');
    is(there('dpkg -l | grep -c "api\(sec\|-sec\|-waf\|-ratelimit\)"') + 0, 0,
        'dpkg knows them no more');

    is(spread(grep { m{^/etc/nginx/api/} } @theirs),
        spread('/etc/nginx/api/keys.json', '/etc/nginx/api/pepper'),
        'keys that people made are theirs to remove');
    return;
}


test_lintian();
my $before = test_install();
test_starter();
my $key    = test_configure();
test_use($key);
test_container($key);
test_upgrade($key);
test_remove($before);
done_testing();
