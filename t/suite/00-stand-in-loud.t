# The stand-in's checks can fail, what it does not support ends the test
# file, and nginx never outlives its test. Each case is a child test file.

use strict;
use warnings;

use Cwd qw(realpath);
use File::Basename qw(dirname);
use File::Temp ();
use Test::More;
use Time::HiRes qw(sleep time);

my $lib = realpath(dirname(__FILE__) . '/../lib');
my $dir = File::Temp->newdir;
my $nth = 0;

chmod 0755, $dir;
delete @ENV{ grep { /\ATEST_NGINX_(?!BINARY\z)/ } keys %ENV };
$ENV{TEST_NGINX_STAND_IN} = 1;
$ENV{TEST_NGINX_TIMEOUT}  = 1;
$ENV{TMPDIR} = "$dir";      # what failed children leave goes with us

my $plain = "--- config\nlocation /t { return 200 \"body\\n\"; }\n"
    . "--- request\nGET /t\n";


sub child_file {
    my ($blocks, $perl) = @_;

    my $path = "$dir/child" . $nth++ . '.t';
    open my $fh, '>', $path or die "$path: $!";
    print {$fh} "use Test::Nginx::Socket 'no_plan';\nno_shuffle();\n",
        $perl // '', "\nrun_tests();\n__DATA__\n\n$blocks\n";
    close $fh or die "$path: $!";
    return $path;
}


# (exit status, all it said)
sub run_child {
    my ($blocks, $perl, %env) = @_;

    my $path = child_file($blocks, $perl);
    local @ENV{ keys %env } = values %env;
    my $said = `cd $dir && $^X -I$lib $path 2>&1`;
    return ($?, $said);
}


sub failed {
    my ($said) = @_;
    return [map { /\Anot ok \d+ - (.*)/ ? $1 : () } split /\n/, $said];
}


# ---- every check fails when it should, and no other one with it

my @checks = (
    ["--- error_code: 201", 'status code 201'],
    ["--- error_code_like: ^3", 'status code like ^3'],
    ["--- response_body\nbad", 'response body'],
    ["--- response_body chomp\nbody", 'response body'],
    ["--- response_body eval\nqr/^ody/", 'response body'],
    ["--- response_body_like: ^ody", 'response body like'],
    ["--- response_body_unlike: ^body", 'response body unlike'],
    ["--- response_headers\nContent-Type: text/html", 'header Content-Type'],
    ["--- response_headers\nX-None:", 'header X-None'],
    ["--- response_headers\n! Content-Type", 'header Content-Type'],
    ["--- response_headers_like\nServer: ngin", 'header Server like ngin'],
    ["--- raw_response_headers_like: X-None", 'raw headers like'],
    ["--- raw_response_headers_unlike: Server", 'raw headers unlike'],
    ["--- error_log\nnone such", 'error log has "none such"'],
    ["--- error_log eval\nqr/none such/",
     'error log has "(?^:none such)"'],
    ["--- no_error_log\nrequest line", 'error log lacks "request line"'],
    ["--- no_error_log eval\n[qr/request line/]",
     'error log lacks "(?^:request line)"'],
    ["--- grep_error_log eval\nqr/request line/\n"
     . "--- grep_error_log_out\nother", 'grep_error_log_out'],
    ["--- access_log\nPOST", 'access log has "POST"'],
    ["--- no_access_log\nGET /t", 'access log lacks "GET /t"'],
    ["--- shutdown_error_log\nnone such", 'shutdown log has "none such"'],
);

my $blocks = join "\n", map {
    "=== CASE $_\n$plain$checks[$_][0]\n"
} 0 .. $#checks;
my ($status, $said) = run_child($blocks);
my $failed = failed($said);

isnt($status, 0, 'a failed check fails the file');
for my $i (0 .. $#checks) {
    my ($section, $want) = @{ $checks[$i] };
    is(join('; ', grep { /\ACASE $i - / } @$failed), "CASE $i - $want",
       "fails: $section" =~ s/\n/ /gr);
}

# ---- the same in the other ways to ask

my $echo = "--- config\nlocation /t { return 200 \"\$arg_a\\n\"; }\n";
my $mute = "--- config\nlocation /t { return 444; }\n--- request\nGET /t\n";
my $note = sub {
    my ($file, $line) = @_;
    return "$plain--- init\n"
        . "open my \$log, '>>', server_root() . '/logs/$file' or die \$!;\n"
        . "print {\$log} \"$line\\n\";\n";
};

my @others = (
    ['one of several requests', $echo
     . "--- request eval\n['GET /t?a=1', 'GET /t?a=2']\n"
     . "--- response_body eval\n[\"1\\n\", \"1\\n\"]",
     ['request 1 - response body']],
    ['one of pipelined requests', $echo
     . "--- pipelined_requests eval\n['GET /t?a=1', 'GET /t?a=2']\n"
     . "--- response_body eval\n[\"2\\n\", \"2\\n\"]",
     ['request 0 - response body']],
    ['too few answers to pipelined requests',
     "--- config\nkeepalive_requests 1; location /t { return 200; }\n"
     . "--- pipelined_requests eval\n['GET /t', 'GET /t']",
     ['request 1 - status code 200']],
    ['a raw request',
     "--- config\n--- raw_request eval\n\"GET / HTTP/1.1\\r\\n\\r\\n\"",
     ['status code 200']],
    ['HTTP/2', "$plain--- http2\n--- error_code: 201\n--- response_body\nx",
     ['status code 201', 'response body']],
    ['no answer over HTTP/2', "$mute--- http2", ['status code 200']],
    ['no answer', $mute, ['status code 200']],
    ['a mock that hears something else', "--- config\n"
     . "location /t { proxy_pass http://127.0.0.1:\$TEST_NGINX_MOCK; }\n"
     . "--- tcp_listen eval: \$ENV{TEST_NGINX_MOCK}\n"
     . "--- tcp_reply eval\n\"HTTP/1.0 200 OK\\r\\n\\r\\n\"\n"
     . "--- tcp_query_len: 9\n--- tcp_query eval\nqr/^POST/\n"
     . "--- request\nGET /t", ['tcp_query_len', 'tcp_query']],
    ['a configuration that is fine, where it must die',
     "--- config\n--- must_die", ['nginx must die, yet it runs']],
    ['another exit code', "--- config\nno_such;\n--- must_die: 2",
     ['nginx must die with code 2']],
    ['another reason to die',
     "--- config\nno_such;\n--- must_die\n--- error_log\nother reason",
     ['error log has "other reason"']],
    ['a configuration that nginx refuses',
     "--- config\nno_such;\n--- request\nGET /t", ['start nginx']],
    ['a worker that crashed',
     $note->('error.log', 'worker process 1 exited on signal 11'),
     ['nginx in good health']],
    ['a failed assertion',
     $note->('stderr.log', "nginx: a.c:1: f: Assertion `x' failed."),
     ['nginx in good health']],
    ['nginx that is killed',
     "$plain--- init\nkill 9, slurp_pid();\n--- ignore_response",
     ['nginx in good health']],
    ['a sanitizer report in the error log',
     $note->('error.log', '==1==ERROR: AddressSanitizer: use-after-free'),
     ['nginx in good health']],
    ['a sanitizer report on stderr',
     $note->('stderr.log', 'a.c:1:2: runtime error: shift'),
     ['nginx in good health']],
);

my $mock = 10000 + $$ % 20000;
$blocks = join "\n", map { "=== OTHER $_\n$others[$_][1]\n" } 0 .. $#others;
($status, $said) = run_child($blocks, <<'PERL', TEST_NGINX_MOCK => $mock);
sub Test::Nginx::StandIn::slurp_pid {
    open my $fh, '<', server_root() . '/logs/nginx.pid' or die $!;
    return scalar <$fh>;
}
PERL
$failed = failed($said);

for my $i (0 .. $#others) {
    my ($title, undef, $want) = @{ $others[$i] };
    is_deeply([map { /\AOTHER $i - (.*)/ ? $1 : () } @$failed], $want,
              "fails: $title") or diag $said;
}

($status, $said) = run_child(<<'BLOCK', undef, TEST_NGINX_MOCK => $mock);
=== TEST 1
--- config
location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_MOCK; }
--- tcp_listen eval: $ENV{TEST_NGINX_MOCK}
--- tcp_reply_delay: 5s
--- tcp_reply: late
--- request
GET /t
--- timeout: 60ms
--- ignore_response
BLOCK
is_deeply(failed($said), ['ERROR: client socket timed out - TEST 1'],
          'fails: an answer that takes too long');

($status, $said) = run_child("=== TEST 1\n$plain",
    'add_response_body_check(sub { fail("body check $_[1]") });');
like($said, qr/^not ok 2 - body check body$/m, 'fails: a body check');

# ---- reload: a refused one fails, unless the block says so

my $reloads = "=== TEST 1\n$plain\n=== TEST 2\n"
    . "--- config\nno_such;\n--- request\nGET /t\n";
($status, $said) = run_child($reloads, undef, TEST_NGINX_USE_HUP => 1);
is_deeply(failed($said), ['TEST 2 - start nginx'], 'fails: a refused reload');

($status, $said) = run_child("$reloads--- reload_fails\n--- response_body\n"
    . "body\n--- error_log\nunknown directive", undef,
    TEST_NGINX_USE_HUP => 1);
is($status, 0, 'reload_fails: the old configuration serves on')
    or diag $said;

# ---- what the stand-in does not know ends the file

my @fatal = (
    ['a misspelt section', "$plain--- eror_code: 403",
     qr/section "eror_code" is unsupported/],
    ['a section of the real library only', "$plain--- stap\nx",
     qr/section "stap" is unsupported/],
    ['two kinds of request', "$plain--- raw_request\nx",
     qr/"request" and "raw_request" cannot stand together/],
    ['raw bytes over HTTP/2',
     "--- config\n--- raw_request\nx\n--- http2",
     qr/"http2" and "raw_request" cannot/],
    ['HTTP/1.0 over HTTP/2',
     "--- config\n--- request\nGET / HTTP/1.0\n--- http2",
     qr{HTTP/1.0 with an http2 section}],
    ['a check that never runs, ignore_response',
     "$plain--- ignore_response\n--- response_body\nx",
     qr/"response_body" never runs/],
    ['a check that never runs, must_die',
     "--- config\n--- must_die\n--- error_code: 200",
     qr/"error_code" never runs/],
    ['no configuration', "--- request\nGET /", qr/no --- config section/],
    ['no request', "--- config\n--- response_body\nx",
     qr/no request section/],
    ['half a pair', "$plain--- grep_error_log_out\nx",
     qr/"grep_error_log_out" needs "grep_error_log"/],
    ['a mock without an answer', "$plain--- tcp_listen: 1",
     qr/"tcp_listen" needs "tcp_reply"/],
    ['an unknown variable',
     "--- config\nset \$a \$TEST_NGINX_NONE;\n--- request\nGET /",
     qr/no environment variable TEST_NGINX_NONE/],
    ['a variable that would not be expanded',
     "$plain--- more_headers\nX: \$TEST_NGINX_SERVER_PORT",
     qr/not expanded in section "more_headers"/],
    ['one expectation for two requests',
     "--- config\n--- request eval\n['GET /', 'GET /']\n"
     . "--- response_body\nx",
     qr/with 2 requests "response_body" must be a list/],
    ['too short a list',
     "--- config\n--- request eval\n['GET /', 'GET /']\n"
     . "--- error_code eval\n[200]", qr/"error_code" has 1 values for 2/],
    ['a bad request line', "--- config\n--- request\nGET / x y",
     qr/bad request line/],
    ['a header without a colon', "$plain--- more_headers\nX",
     qr/has no colon/],
    ['a bad response header line', "$plain--- response_headers\nX",
     qr/bad response header line/],
    ['white space that is not sure to be sent',
     "--- config\n--- request eval\n[[\"POST /\\na\", \"b \"]]",
     qr/white space at an end of a body in packets/],
    ['an empty pattern', "$plain--- error_log eval\n['']",
     qr/an empty pattern matches every line/],
    ['no pattern', "$plain--- no_error_log", qr/no pattern/],
    ['a pattern of two lines', "$plain--- error_log eval\n[\"a\\nb\"]",
     qr/matches no line/],
    ['a grep of a whole line', "$plain--- grep_error_log\nx\n"
     . "--- grep_error_log_out\nx", qr/add "chop"/],
    ['user files without a name', "$plain--- user_files\nx",
     qr/text before the first ">>> name" line/],
    ['a bad time', "$plain--- timeout: soon", qr/bad time "soon"/],
    ['a bad todo', "$plain--- todo: later", qr/bad todo section/],
    ['a bad version', "$plain--- skip_nginx: 1: < new",
     qr/bad version range/],
    ['a failing init', "$plain--- init\ndie 'oops'", qr/init failed: oops/],
    ['an unknown filter', "$plain--- response_body frob\nx",
     qr/Can't find a function or method for 'frob'/],
);

for my $case (@fatal) {
    my ($title, $block, $want) = @$case;
    ($status, $said) = run_child("=== TEST 1: x\n$block\n");
    ok($status != 0 && $said =~ $want, "ends the file: $title")
        or diag $said;
}

($status, $said) = run_child('', undef);
like($said, qr/no test block/, 'ends the file: no block at all');

($status, $said) = run_child("=== TEST 1\n$plain--- ONLY\n", undef, CI => 1);
ok($status != 0 && $said =~ /ONLY hides all other blocks/,
   'ends the file: ONLY in CI');

for my $mode (qw(CHECK_LEAK BENCHMARK USE_STAP USE_RR USE_HTTP3)) {
    ($status, $said) = run_child("=== TEST 1\n$plain", undef,
                                 "TEST_NGINX_$mode" => 1);
    ok($status != 0 && $said =~ /TEST_NGINX_$mode is unsupported/,
       "ends the file: TEST_NGINX_$mode");
}

# ---- nginx never outlives its test

sub pid_lives {
    my ($pid) = @_;
    open my $fh, '<', "/proc/$pid/stat" or return 0;
    return (<$fh> // '') !~ /\) Z /;
}

sub gone {
    my (@pids) = @_;

    my $end = time + 5;
    while (time < $end) {
        return 1 unless grep { pid_lives($_) } @pids;
        sleep 0.01;
    }

    return 0;
}

# a child that tells the process ids, and then ends in its own way
sub pids_of {
    my ($ending) = @_;

    my $path = child_file(<<'BLOCK' . $ending, <<'PERL');
=== TEST 1
--- config
--- request
GET /
--- init
show_pids();
BLOCK
master_on();
workers(2);
sub Test::Nginx::StandIn::show_pids {
    open my $fh, '<', server_root() . '/logs/nginx.pid' or die $!;
    chomp(my $pid = <$fh>);
    my @workers;
    for (1 .. 200) {
        @workers = ();
        for my $file (glob '/proc/[0-9]*/stat') {
            open my $stat, '<', $file or next;
            push @workers, $1 if (<$stat> // '') =~ /\A(\d+) .*\) \S $pid /;
        }
        last if @workers == 2;
        select undef, undef, undef, 0.05;
    }
    $| = 1;
    print "pids $pid @workers\n";
}
PERL
    open my $out, '-|', "cd $dir && exec $^X -I$lib $path 2>/dev/null"
        or die $!;

    while (my $line = <$out>) {
        return ($out, $line =~ /(\d+)/g) if $line =~ /^pids/;
    }

    return ($out);
}

for my $ending (
    ['ends well', ''],
    ['dies', "die 'oops';\n"],
    ['exits', "exit 3;\n"],
    ['is interrupted', "kill INT => \$\$; sleep 5;\n"],
    ['is terminated', "kill TERM => \$\$; sleep 5;\n"],
    ['is killed', "kill KILL => \$\$; sleep 5;\n"],
) {
    my ($title, $code) = @$ending;
    my ($out, @pids) = pids_of($code);

    is(scalar @pids, 3, "a master and two workers run, when a test $title");
    local $SIG{PIPE} = 'IGNORE';
    1 while <$out>;
    close $out;
    ok(gone(@pids), "nginx is gone after a test $title") or kill KILL => @pids;
}

# ---- several at once, each with a port and a folder of its own

my @paths = map {
    child_file(join "\n", map {
        "=== TEST $_\n$plain--- response_body\nbody\n"
    } 1 .. 10)
} 1 .. 4;
$said = `cd $dir && PERL5LIB=$lib prove -j4 @paths 2>&1`;
is($?, 0, 'four test files at once') or diag $said;

# ---- the real library, where there is one, is what a test gets

{
    my $real = "$dir/real/Test/Nginx";
    system 'mkdir', '-p', $real;
    open my $fh, '>', "$real/Socket.pm" or die $!;
    print {$fh} "package Test::Nginx::Socket;\n",
        "sub import { print qq(the real one) } 1;\n";
    close $fh or die $!;

    my $use = "$^X -I$lib -I$dir/real -MTest::Nginx::Socket"
        . " -e 'print qq( \$INC{q(Test/Nginx/Socket.pm)})'";
    local $ENV{TEST_NGINX_STAND_IN} = 0;
    is(`$use`, "the real one $real/Socket.pm", 'the real library goes first');
    $ENV{TEST_NGINX_STAND_IN} = 1;
    is(`$use`, " $lib/Test/Nginx/Socket.pm", 'unless the stand-in is wanted');
}

# ---- as another user

SKIP: {
    skip 'not root', 1 if $> != 0;
    skip 'no setpriv', 1 if system 'setpriv --version >/dev/null 2>&1';
    skip 'the library is not readable for others', 1
        if system "setpriv --reuid=65534 --clear-groups"
                  . " test -r $lib/ApiTest.pm";

    my $path = child_file("=== TEST 1\n$plain--- response_body\nbody\n",
                          'master_on();');
    $said = `cd / && TMPDIR=/tmp setpriv --reuid=65534 --regid=65534 --clear-groups \\
             $^X -I$lib $path 2>&1`;
    is($?, 0, 'an unprivileged user') or diag $said;
}

done_testing();
