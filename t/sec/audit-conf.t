use Test::Nginx::Socket 'no_plan';
use ApiTest;

# Mistakes in the directives of the record.

no_root_location();
run_tests();

__DATA__

=== TEST 1: a word that is no value of events
--- http_config
api_audit logs/a.jsonl events=some;
--- config
    location / { return 204; }
--- must_die
--- error_log eval
qr/invalid value in "events=some": write all, denied, or sample:N .* in .*nginx\.conf:\d+/



=== TEST 2: a sample of none
--- http_config
api_audit logs/a.jsonl events=sample:0;
--- config
    location / { return 204; }
--- must_die
--- error_log
invalid value in "events=sample:0"



=== TEST 3: an unknown parameter
--- http_config
api_audit logs/a.jsonl format=json;
--- config
    location / { return 204; }
--- must_die
--- error_log
unknown parameter "format=json" of "api_audit", which takes:



=== TEST 4: twice at one level
--- http_config
api_audit logs/a.jsonl;
api_audit logs/b.jsonl;
--- config
    location / { return 204; }
--- must_die
--- error_log
"api_audit" directive is duplicate



=== TEST 5: a pool that is not there is named, with the line to write
--- http_config
api_audit logs/a.jsonl threads=audit;
--- config
    location / { return 204; }
--- must_die
--- error_log
there is no thread pool "audit" yet: write  thread_pool audit threads=1;  above http



=== TEST 6: threads are for files
--- http_config
api_audit syslog:server=127.0.0.1 threads=audit;
--- config
    location / { return 204; }
--- must_die
--- error_log
threads=audit is for files



=== TEST 7: two lines for a file that differ
--- http_config
api_audit logs/a.jsonl buffer=64k;
--- config
    location / { api_audit logs/a.jsonl buffer=128k; return 204; }
--- must_die
--- error_log
differs in buffer= or threads= from the first line with that target



=== TEST 8: ... that agree share it
--- http_config
api_audit logs/a.jsonl buffer=64k;
--- config
    location / { api_audit logs/a.jsonl events=denied; return 204; }
--- request
GET /
--- error_code: 204



=== TEST 9: a buffer that holds no events
--- http_config
api_audit logs/a.jsonl buffer=4k;
--- config
    location / { return 204; }
--- must_die
--- error_log
takes a buffer from 64k to 8m



=== TEST 10: a directory
--- http_config
api_audit logs;
--- config
    location / { return 204; }
--- must_die
--- error_log
is neither a file nor a FIFO



=== TEST 11: a key that is bare
--- http_config
api_audit_key 0123456789abcdef0123456789abcdef;
--- config
    location / { return 204; }
--- must_die
--- error_log
a secret is not written here but named



=== TEST 12: a key that is short
--- http_config
api_audit_key env:PATH_NO;
--- config
    location / { return 204; }
--- must_die
--- error_log
the environment has no "PATH_NO"



=== TEST 13: what cannot be left out
--- http_config
api_audit_redact cookies;
--- config
    location / { return 204; }
--- must_die
--- error_log
takes client, principal, agent, path, query and host, or off



=== TEST 14: seals without a key
--- http_config
api_audit_seal epoch=60s;
--- config
    location / { return 204; }
--- must_die
--- error_log
needs key=: apisec log keygen makes one



=== TEST 15: an epoch that is too long
--- http_config
api_audit_seal key=env:HOME epoch=2h;
--- config
    location / { return 204; }
--- must_die
--- error_log
takes an epoch from 1s to 1h



=== TEST 16: a key of something else
--- http_config
api_audit_seal key=env:HOME;
--- config
    location / { return 204; }
--- must_die
--- error_log
the key of api_audit_seal: that is no key of a signed note



=== TEST 17: in if and limit_except it may stand
--- config
    location / {
        api_audit off;
        if ($arg_x) { set $y 1; api_audit logs/if.jsonl; }
        limit_except GET { api_audit logs/except.jsonl; api_audit_redact client; }
        root html;
    }
--- user_files
>>> x
x
--- request
GET /x



=== TEST 18: a large buffer has few lanes, and that is said
--- http_config
api_audit logs/a.jsonl buffer=8m;
--- config
    location / { return 204; }
--- request
GET /
--- error_code: 204
--- grep_error_log eval: qr/buffer=8192k has lanes for \d+ processes/
--- grep_error_log_out eval: qr/^buffer=8192k has lanes for \d+ processes\n/



=== TEST 19: the usual one has enough
--- http_config
api_audit logs/a.jsonl buffer=256k;
--- config
    location / { return 204; }
--- request
GET /
--- error_code: 204
--- no_error_log
has lanes for
