#!/usr/bin/perl

# The examples of a container: its configuration is taken by nginx as the user
# and with the folders that the Containerfile and the manifest give it, and
# these two keep to what they promise. A change for the worse is seen.

use strict;
use warnings;
use lib 't/lib';

use ApiTest::ApiKeys;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;
use YAML::XS ();

my $root  = abs_path(dirname(__FILE__) . '/../..');
my $at    = "$root/docs/examples/deploy";
my $dir   = tempdir(CLEANUP => 1);
my $nginx = $ENV{TEST_NGINX_BINARY} // '/usr/sbin/nginx';
chmod 0755, $dir;


sub slurp {
    my ($path) = @_;
    open my $in, '<', $path or die "$path: $!";
    local $/;
    return scalar <$in>;
}


# The Containerfile

sub steps {
    my ($text) = @_;
    $text =~ s/^#.*\n//mg;
    $text =~ s/\\\n\s*/ /g;
    return map { /^(\w+)\s+(.*)$/ ? [$1, $2] : () } split /\n/, $text;
}


sub faults_of_container {
    my ($text) = @_;
    my @steps = steps($text);
    my %last  = map { $_->[0] => $_->[1] } @steps;
    my @faults;

    push @faults, 'base' if ($last{FROM} // '') !~ /:(?!latest)[\w.-]+\z/;
    push @faults, 'user' if ($last{USER} // 0) !~ /^[1-9]\d*(?::[1-9]\d*)?\z/;
    push @faults, 'add'  if grep { $_->[0] eq 'ADD' } @steps;
    push @faults, 'shell'
        if ($last{ENTRYPOINT} // '') !~ /^\[/
        || !eval { decode_json($last{ENTRYPOINT}) };
    push @faults, 'signal' if ($last{STOPSIGNAL} // '') ne 'SIGQUIT';
    push @faults, 'secret'
        if grep { $_->[0] =~ /^(?:ENV|ARG)$/
            && $_->[1] =~ /pepper|secret|key|token|password/i } @steps;

    for my $run (map { $_->[1] } grep { $_->[0] eq 'RUN' } @steps) {
        push @faults, 'lists' if $run =~ /apt-get update/
            && $run !~ m{rm -rf .*/var/lib/apt/lists};
        push @faults, 'recommends' if $run =~ /apt-get install/
            && $run !~ /--no-install-recommends/;
        push @faults, 'chain' if $run =~ /;|\|\|/;
    }

    for my $copy (map { $_->[1] } grep { $_->[0] eq 'COPY' } @steps) {
        my ($from) = split ' ', $copy;
        push @faults, "no $from"
            if $from !~ m{^build/} && !-e "$root/$from";
    }

    my ($entry) = grep { $_->[0] eq 'USER' || $_->[0] eq 'ENTRYPOINT' }
        reverse @steps;
    push @faults, 'order' if !$entry || $entry->[0] ne 'ENTRYPOINT';
    return join ', ', @faults;
}


my $container = slurp("$at/Containerfile");
is(faults_of_container($container), '', 'the Containerfile');

for my $worse (
    ['base',       qr/debian:12-slim/,            'debian:latest'],
    ['base',       qr/debian:12-slim/,            'debian'],
    ['user',       qr/USER 33:33/,                'USER root'],
    ['user',       qr/USER 33:33\n/,              ''],
    ['add',        qr/COPY docs/,                 'ADD docs'],
    ['shell',      qr/ENTRYPOINT .*/,             'ENTRYPOINT nginx'],
    ['signal',     qr/STOPSIGNAL .*\n/,           ''],
    ['secret',     qr/EXPOSE/,                    "ENV API_PEPPER x\nEXPOSE"],
    ['lists',      qr{/var/lib/apt/lists/\*},     ''],
    ['recommends', qr/--no-install-recommends/,   ''],
    ['chain',      qr/&& apt-get update/,         '; apt-get update'],
    ['no docs/none', qr{docs/examples/deploy/container.conf}, 'docs/none'],
    )
{
    my ($fault, $what, $by) = @$worse;
    is(faults_of_container($container =~ s/$what/$by/r), $fault,
        "... a worse one: $fault");
}


# The manifest, under the "restricted" standard of pod security, and whether
# its parts fit together.

sub faults_of_pod {
    my ($pod) = @_;
    my $all = $pod->{securityContext} // {};
    my %volume = map { $_->{name} => $_ } @{ $pod->{volumes} // [] };
    my @faults;

    push @faults, 'host' if grep { $pod->{$_} } qw(hostNetwork hostPID hostIPC);
    push @faults, 'token' if ($pod->{automountServiceAccountToken} // 1);
    push @faults, 'volume type' if grep { $_->{hostPath} } values %volume;
    push @faults, 'root'
        if !$all->{runAsNonRoot} || !$all->{runAsUser};
    push @faults, 'seccomp'
        if ($all->{seccompProfile}{type} // '') ne 'RuntimeDefault';

    for my $c (@{ $pod->{containers} }) {
        my $own = $c->{securityContext} // {};
        push @faults, "$c->{name}: privileges"
            if $own->{privileged} || ($own->{allowPrivilegeEscalation} // 1);
        push @faults, "$c->{name}: writable"
            if !$own->{readOnlyRootFilesystem};
        push @faults, "$c->{name}: capabilities"
            if "@{ $own->{capabilities}{drop} // [] }" ne 'ALL'
            || $own->{capabilities}{add};
        push @faults, "$c->{name}: memory"
            if !$c->{resources}{limits}{memory};
        push @faults, "$c->{name}: image"
            if $c->{image} !~ /:(?!latest)[\w.-]+\z/;
        push @faults, "$c->{name}: secret in the environment"
            if grep { $_->{valueFrom}{secretKeyRef} } @{ $c->{env} // [] };

        for my $mount (@{ $c->{volumeMounts} // [] }) {
            my $is = $volume{ $mount->{name} };
            push @faults, "no volume $mount->{name}" if !$is;
            push @faults, "$mount->{mountPath}: writable"
                if $is && !$is->{emptyDir} && !$mount->{readOnly};
        }
    }

    for my $secret (map { $_->{secret} // () } values %volume) {
        push @faults, 'secret for everybody'
            if ($secret->{defaultMode} // 0644) & 07;
    }

    return join ', ', @faults;
}


# Members that the schemas of Kubernetes do not have where these stand are found
# by make deploy-test; names that no object of it has are found here, too.

my %known = map { $_ => 1 } qw(allowPrivilegeEscalation apiVersion
    automountServiceAccountToken capabilities configMap containerPort containers
    cpu defaultMode drop emptyDir enableServiceLinks failureThreshold from
    fsGroup httpGet image imagePullPolicy ingress kind labels limits
    livenessProbe matchLabels medium memory metadata minAvailable mountPath name
    namespaceSelector path periodSeconds podSelector policyTypes port ports
    readOnly readOnlyRootFilesystem readinessProbe replicas requests resources
    runAsGroup runAsNonRoot runAsUser seccompProfile secret secretName
    securityContext selector sizeLimit spec startupProbe subPath targetPort
    template terminationGracePeriodSeconds type volumeMounts volumes);

sub unknown_names {
    my ($value) = @_;

    return map { unknown_names($_) } @$value if ref $value eq 'ARRAY';
    return if ref $value ne 'HASH';
    return map {
        my $free = /^(?:labels|matchLabels)$/ || ($_ eq 'selector'
            && !grep { ref } values %{ $value->{$_} });
        ($known{$_} ? () : $_, $free ? () : unknown_names($value->{$_}));
    } sort keys %$value;
}

my $manifest = slurp("$at/kubernetes.yaml");
is(join(' ', unknown_names([YAML::XS::Load($manifest)])), '',
    'the manifest has no name that Kubernetes has not');
is(join(' ', unknown_names([YAML::XS::Load(
    $manifest =~ s/runAsNonRoot/runAsNonroot/r)])), 'runAsNonroot',
    '... and one with a mistake is seen');

my %object = map { $_->{kind} => $_ } YAML::XS::Load($manifest);
my $deployment = $object{Deployment};
my $pod        = $deployment->{spec}{template}{spec};

is(join(' ', sort keys %object),
    'Deployment NetworkPolicy PodDisruptionBudget Service', 'the manifest');
is(faults_of_pod($pod), '', '... as restricted as can be');

my @worse = (
    ['host', sub { $_[0]{hostNetwork} = 1 }],
    ['token', sub { delete $_[0]{automountServiceAccountToken} }],
    ['root', sub { delete $_[0]{securityContext}{runAsNonRoot} }],
    ['root', sub { $_[0]{securityContext}{runAsUser} = 0 }],
    ['seccomp', sub { delete $_[0]{securityContext}{seccompProfile} }],
    ['gateway: privileges', sub {
        delete $_[0]{containers}[0]{securityContext}{allowPrivilegeEscalation} }],
    ['gateway: writable', sub {
        delete $_[0]{containers}[0]{securityContext}{readOnlyRootFilesystem} }],
    ['gateway: capabilities', sub {
        delete $_[0]{containers}[0]{securityContext}{capabilities} }],
    ['gateway: memory', sub { delete $_[0]{containers}[0]{resources} }],
    ['gateway: image', sub { $_[0]{containers}[0]{image} = 'gateway' }],
    ['/run/secrets/api: writable', sub {
        delete $_[0]{containers}[0]{volumeMounts}[1]{readOnly} }],
    ['no volume run', sub { splice @{ $_[0]{volumes} }, 2, 1 }],
    ['secret for everybody', sub { $_[0]{volumes}[1]{secret}{defaultMode} = 0444 }],
);

for my $case (@worse) {
    my ($fault, $change) = @$case;
    my ($copy) = grep { $_->{kind} eq 'Deployment' }
        YAML::XS::Load(slurp("$at/kubernetes.yaml"));
    $change->($copy->{spec}{template}{spec});
    is(faults_of_pod($copy->{spec}{template}{spec}), $fault,
        "... a worse one: $fault");
}

my $labels = $deployment->{spec}{template}{metadata}{labels};
for my $selector ($deployment->{spec}{selector}{matchLabels},
    $object{Service}{spec}{selector},
    $object{NetworkPolicy}{spec}{podSelector}{matchLabels},
    $object{PodDisruptionBudget}{spec}{selector}{matchLabels})
{
    is_deeply($selector, $labels, 'who is meant');
}

my ($gateway) = @{ $pod->{containers} };
my %port = map { $_->{name} => $_->{containerPort} } @{ $gateway->{ports} };
my ($listen) = join ' ', slurp("$at/container.conf") =~ /listen (\d+);/g;
is(join(' ', sort values %port), $listen, 'the ports nginx listens on');
ok($port{ $object{Service}{spec}{ports}[0]{targetPort} }, 'the Service\'s port');
isnt($object{Service}{spec}{ports}[0]{targetPort}, 'internal',
    '... which is not the one for metrics');
is(($container =~ /^USER (\d+):/m)[0], $pod->{securityContext}{runAsUser},
    'the user of the image');


# nginx takes the configuration in such a place: paths below a folder, secrets
# behind links as Kubernetes mounts them, all for one user that is not root.

SKIP: {
    skip('no modules', 1) if !$ENV{TEST_NGINX_LOAD_MODULES};

    my $secrets = "$dir/run/secrets/api";
    make_path("$secrets/..1", map {"$dir/$_"}
        qw(run/nginx var/lib/nginx var/lib/nginx/api));
    symlink '..1', "$secrets/..data" or die $!;

    for my $file (['keys.json', key_store(key_entry('AAAAAAAA'))],
        ['pepper', pepper()])
    {
        open my $out, '>', "$secrets/..1/$file->[0]" or die $!;
        print $out $file->[1];
        close $out;
        chmod 0440, "$secrets/..1/$file->[0]";
        symlink "..data/$file->[0]", "$secrets/$file->[0]" or die $!;
    }

    my $conf = slurp("$at/container.conf")
        =~ s{^load_module.*\n}{}mgr
        =~ s{(?<=[ :])/(run|var)/}{$dir/$1/}gr
        =~ s{listen (\d+);}{listen unix:$dir/$1;}gr;
    open my $out, '>', "$dir/nginx.conf" or die $!;
    print $out map({"load_module $_;\n"}
        split ' ', $ENV{TEST_NGINX_LOAD_MODULES}), $conf;
    close $out;
    chmod 0750, "$dir/var/lib/nginx/api";
    system('chown', '-R', '33:33', $dir) if $> == 0;

    my $as = $> == 0
        ? 'setpriv --reuid=33 --regid=33 --clear-groups --no-new-privs'
            . ' --bounding-set=-all' : '';
    my $said = `cd / && $as $nginx -e stderr -t -p $dir -c $dir/nginx.conf 2>&1`;
    is($?, 0, 'nginx takes the configuration, as nobody') or diag($said);
    unlike($said, qr/\[(?:warn|emerg|error)\]/, '... and has nothing to say');

    # all it names outside of the image is mounted

    my @mounts = map { $_->{mountPath} } @{ $gateway->{volumeMounts} };
    for my $path (slurp("$at/container.conf") =~ m{[ :](/(?:run|var)/[\w./-]+)}g) {
        ok((grep { index("$path/", "$_/") == 0 } @mounts), "$path is mounted");
    }
}

done_testing();
