package ApiTest::Provider;

# The OpenID provider of t/node/provider.mjs, as a child of the test.
#
#     my $idp = ApiTest::Provider->start;      # tls => 1: on a second port too
#     my ($status, $body) = $idp->ask('/token', form => {...}, ...);

use strict;
use warnings;

use ApiTest qw(free_port);
use ApiTest::Certs qw(certs_dir);
use JSON::PP ();
use Time::HiRes qw(sleep);

my $count = 0;
my @running;


sub start {
    my ($class, %args) = @_;
    my $n = $count++;
    my $self = bless { port => free_port("PROVIDER_PORT$n"), owner => $$ },
        $class;
    my @tls;

    if ($args{tls}) {
        $self->{tls} = free_port("PROVIDER_TLS$n");
        @tls = ($self->{tls}, map { certs_dir() . "/server.$_" } qw(key pem));
    }

    $self->{pid} = fork // die "fork: $!";

    if (!$self->{pid}) {
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', '/dev/null';
        exec 'node', 't/node/provider.mjs', $self->{port}, @tls or exit 1;
    }

    push @running, $self;

    for (1 .. 1000) {
        return $self if ($self->ask('/jwks'))[0] == 200;
        sleep 0.05;
    }

    die "the provider does not start\n";
}


sub port   { return $_[0]{port} }
sub issuer { return "http://127.0.0.1:$_[0]{port}" }


# Status and body of a request: form (a hash, or text), login (name:secret),
# headers (a list), cert (a name of ApiTest::Certs: then over TLS; '' for TLS
# without one).
sub ask {
    my ($self, $path, %args) = @_;
    my $form = $args{form};
    my $dir  = certs_dir();
    my @opts;

    $form = join '&', map { "$_=" . escape($form->{$_}) } sort keys %$form
        if ref $form;
    push @opts, '-d', $form if defined $form;
    push @opts, '-u', $args{login} if defined $args{login};
    push @opts, map { ('-H', $_) } @{ $args{headers} // [] };

    my $tls = defined $args{cert};
    push @opts, '--cacert', "$dir/ca.pem" if $tls;
    push @opts, '--cert', "$dir/$args{cert}.pem", '--key',
        "$dir/$args{cert}.key" if length($args{cert} // '');

    my $base = $tls ? "https://localhost:$self->{tls}" : $self->issuer;

    open my $pipe, '-|', 'curl', '-s', '-m', 60, '-w', '\n%{http_code}',
        @opts, "$base$path" or die "curl: $!";
    local $/;
    my ($body, $status) = (<$pipe> // '') =~ /\A(.*)\n(\d+)\z/s;
    return ($status // 0, $body // '');
}


sub escape {
    my ($text) = @_;
    return $text =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ger;
}


# The answer to a request for a token of client credentials, as a hash.  jwt:
# an access token that is a JWT, otherwise it is opaque.
sub token {
    my ($self, %args) = @_;
    my ($status, $body) = $self->ask('/token',
        login => $args{login} // 'shop:shop-secret',
        form  => { grant_type => 'client_credentials', scope => 'read',
            ($args{jwt} ? (resource => 'urn:jwt') : ()) },
        map { $_ => $args{$_} } grep { defined $args{$_} } qw(headers cert));
    my $answer = eval { JSON::PP::decode_json($body) } // {};
    return { status => $status, %$answer };
}


sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    local $?;
    kill 'TERM', $pid;
    waitpid $pid, 0;
    return;
}


END {
    for my $self (grep { $_->{owner} == $$ } @running) {
        $self->stop;
    }
}

1;
