/* Configurations on a stage: what is replaced, what stays as it is, what is
   refused; and memory that runs out. */

#include "api_stage.h"
#include "ut.h"

#include <stdio.h>
#include <string.h>


static const api_stage_opts_t opts = {
    .dir = "/stage", .realip = true, .fastcgi = true
};

typedef struct {
    const char *conf;
    const char *has; /* NULL: refused, and the error has `not` */
    const char * not ;
} row_t;

#define HTTP(text) "events {}\nhttp {\n" text "\n}\n"
#define PLACE(text) HTTP("server { listen 80; location /a/ {\n" text "\n} }")

static const row_t rows[] = {
    { HTTP("server { listen 127.0.0.1:80 default_server backlog=9; }"),
        "listen unix:/stage/s0.sock proxy_protocol default_server;", "80" },
    { HTTP("server { listen 443 ssl http2; ssl_certificate /none; }"),
        "listen unix:/stage/s0.sock proxy_protocol ssl;", "/none" },
    { HTTP("server { listen 80; } server { listen 0.0.0.0:80; }"), "s0.sock",
        "s1.sock" },
    { HTTP("server { listen 80; } server { listen 81; }"), "s1.sock",
        "listen 81" },
    { HTTP("server { server_name a; }"), "listen unix:/stage/s0.sock",
        "listen 80" },
    { HTTP("server { listen 443 quic; listen 443 ssl; }"), "s0.sock", "quic" },
    { PLACE("proxy_pass http://b;"),
        "proxy_pass \"http://unix:/stage/up.sock\"", "//b" },
    { PLACE("proxy_pass https://b:8/c/d;"),
        "\"http://unix:/stage/up.sock:/c/d\"", "b:8" },
    { PLACE("proxy_pass http://$b/c;"), "\"http://unix:/stage/up.sock\"",
        "$b" },
    { PLACE("proxy_pass $b;"), "\"http://unix:/stage/up.sock\"", "$b" },
    { PLACE("proxy_pass http://b/c$d;"), "up.sock:/c$d\"", "//b" },
    { PLACE("proxy_pass http://unix:/run/b.sock:/c;"), "up.sock:/c\"",
        "/run/b" },
    { PLACE("proxy_pass http://unix:/run/b.sock;"), "up.sock\"", "/run/b" },
    { PLACE("fastcgi_pass b:9;"), "up.sock", "b:9" },
    { PLACE("grpc_pass grpc://b:9;"), "up.sock", "b:9" },
    { PLACE("some_new_pass b:9;"), "up.sock", "b:9" },
    { PLACE("proxy_pass_header X-A;"), "\"proxy_pass_header\" \"X-A\"",
        "header up" },
    { PLACE("api_bind path:a = claim:sub;"),
        "\"api_bind\" \"path:a\" \"=\" \"claim:sub\"", "never" },
    { PLACE("proxy_bind 10.0.0.1;"), "location", "10.0.0.1" },
    { PLACE("if ($a = \"x y\\\"z\") { return 403; }"),
        "\"if\" \"($a\" \"=\" \"x y\\\"z\" \")\"", "never" },
    { PLACE("return 200 'a\\b';"), "\"a\\\\b\"", "never" },
    { PLACE("dav_methods PUT;"), "location", "dav" },
    { PLACE("client_body_in_file_only on;"), "location", "in_file" },
    { HTTP("upstream b { server 10.0.0.1; keepalive 2; } server {}"),
        "upstream \"b\" {\n    server unix:/stage/up.sock", "10.0.0.1" },
    { HTTP("map $a $b { listen 1; pid x; } server {}"), "\"pid\" \"x\"",
        "never" },
    { HTTP("resolver 10.0.0.1; server {}"), "server", "10.0.0.1" },
    { HTTP("proxy_cache_path /c keys_zone=c:1m; server {}"), "server", "/c " },
    { HTTP("set_real_ip_from 10.0.0.0/8; server {}"),
        "set_real_ip_from unix:", "10.0.0.0" },
    { HTTP("access_log /l; api_audit /m; api_audit_seal key=/n; server {}"),
        "api_audit /stage/events.jsonl", "/m" },
    { HTTP("api_jwt_issuer i { algorithms ES384 RS256; jwks /none; typ a; }"
           " server {}"),
        "key /stage/keys/p384.pem;", "/none" },
    { HTTP("api_jwt_issuer i { algorithms HS256; key env:K; } server {}"),
        "key file:/stage/keys/secret.key;", "env:K" },
    { HTTP("api_key_store s /none pepper=env:P header=X-K; server {}"),
        "\"s\" /stage/keys/store00.json pepper=file:/stage/keys/pepper"
        " \"header=X-K\"",
        "env:P" },
    { HTTP("api_introspect i { uri /q; secret env:S; } server { location ="
           " /q { proxy_pass https://idp/x; } }"),
        "\"http://unix:/stage/idp.sock:/x\"", "//idp" },
    { HTTP("api_introspect i { uri /q; secret env:S; } server {}"),
        "secret file:/stage/keys/secret.key", "env:S" },
    { HTTP(
          "api_ratelimit_policy p zone=z key=$a rate=1r/s store=r; server {}"),
        "\"rate=1r/s\"", "store=r" },
    { HTTP("api_ratelimit_store r redis://10.0.0.1 password=env:S; server {}"),
        "server", "10.0.0.1" },
    { HTTP("server { ssl_client_certificate /ca; }"),
        "\"ssl_client_certificate\" /stage/keys/ca.pem", "\"/ca" },
    { "user www;\npid /p;\nerror_log /e;\nworker_processes 9;\n"
      "load_module m.so;\nstream { server { listen 1; } }\n" HTTP("server {}"),
        "\"load_module\" \"m.so\"", "stream" },
    { PLACE("content_by_lua_block { ngx.say('}') }"), NULL,
        "content_by_lua_block runs a program" },
    { HTTP("init_by_lua_file /x; server {}"), NULL, "init_by_lua_file" },
    { "events {}", NULL, "no http block" },
};


static int
make(api_stage_t *stage, const char *text, api_arena_t *arena, api_err_t *err,
    api_site_t **site)
{
    int         rc;
    api_conf_t *conf;

    rc = api_conf_parse(
        &conf, api_span(text, strlen(text)), API_SPAN("c"), NULL, arena, err);
    rc = rc == API_OK ? api_site_make(site, conf, arena, err) : rc;

    return rc == API_OK ? api_stage_make(stage, *site, &opts, arena, err) : rc;
}


static bool
has(api_span_t text, const char *what)
{
    size_t i, n = strlen(what);

    for (i = 0; i + n <= text.len; i++) {
        if (memcmp(text.data + i, what, n) == 0) {
            return true;
        }
    }

    return false;
}


static void
test_rows(void)
{
    int         rc;
    size_t      i;
    api_err_t   err;
    api_site_t *site;
    api_stage_t stage;
    api_arena_t arena;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        api_arena_init(&arena, &api_alloc_libc, 0, 0);
        site = NULL;
        memset(&err, 0, sizeof(err));
        rc = make(&stage, rows[i].conf, &arena, &err, &site);

        if (rows[i].has == NULL) {
            ut_ok(rc == API_UNSUPPORTED && strstr(err.text, rows[i].not ),
                "row %zu: refused: %s", i, rows[i].not );

        } else {
            ut_ok(rc == API_OK && has(stage.text, rows[i].has)
                      && !has(stage.text, rows[i].not ),
                "row %zu: not %s", i, rows[i].not );
        }

        api_site_free(site);
        api_arena_free(&arena);
    }
}


/* What was written is a configuration, and each line knows its own. */

static void
test_lines(void)
{
    size_t                i;
    uint32_t              line = 1;
    api_err_t             err;
    static char           whole[8192];
    api_conf_t           *again;
    api_site_t           *site = NULL;
    api_stage_t           stage;
    api_arena_t           arena;
    const api_conf_dir_t *d;
    const char *text = "events {}\nhttp {\nserver {\nlisten 80;\nroot "
                       "\"a\nb\";\nindex c;\n}\n}";

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    ut_int(make(&stage, text, &arena, &err, &site), API_OK, "made");
    snprintf(whole, sizeof(whole),
        "# configuration file /s:\n%.*s\n"
        "# configuration file /stage/answers.conf:\n",
        (int) stage.text.len, (const char *) stage.text.data);
    ut_int(api_conf_parse(&again, api_span(whole, strlen(whole)),
               API_SPAN("/s"), NULL, &arena, &err),
        API_OK, "it can be read again");

    for (i = 0; i + 7 <= stage.text.len; i++) {
        line += stage.text.data[i] == '\n';

        if (memcmp(stage.text.data + i, "\"index\"", 7) == 0) {
            break;
        }
    }

    d = api_stage_origin(&stage, line);
    ut_ok(d && d->line == 7, "a line behind a word of two lines: %u",
        d ? (unsigned) d->line : 0);
    ut_ok(api_stage_origin(&stage, 0) == NULL, "no line");
    ut_ok(api_stage_origin(&stage, 1) == NULL, "the stage's own");
    ut_int(stage.nlistens, 1, "one listener");
    api_site_free(site);
    api_arena_free(&arena);
}


static void
test_memory(void)
{
    int         rc;
    size_t      n;
    api_err_t   err;
    ut_alloc_t  u;
    api_site_t *site;
    api_arena_t arena;
    api_stage_t stage;
    const char *text =
        HTTP("api_jwt_issuer i { algorithms ES256; jwks /none; }"
             "api_key_store s /none pepper=env:P;"
             "upstream b { server c; } set_real_ip_from 10.0.0.0/8;"
             "server { listen 80; listen 81; location / { proxy_pass"
             " http://b/x; } }");

    for (n = 1; n < 1000; n++) {
        ut_arm(&u, n);
        api_arena_init(&arena, &u.alloc, 128, 0);
        site = NULL;
        rc = make(&stage, text, &arena, &err, &site);
        api_site_free(site);
        api_arena_free(&arena);

        if (u.live) {
            ut_int((long long) u.live, 0, "memory at call %zu", n);
        }

        if (u.calls < n) {
            break;
        }

        if (rc != API_NOMEM) {
            ut_int(rc, API_NOMEM, "no memory at call %zu", n);
        }
    }

    ut_int(rc, API_OK, "with all there is, after %zu tries", n);
    ut_ok(n > 5 && n < 1000, "memory was asked for");
}


static void
test_keys(void)
{
    ut_int(api_stage_key_of(API_SPAN("PS384")), API_STAGE_RSA, "PS384");
    ut_int(api_stage_key_of(API_SPAN("ES256")), API_STAGE_P256, "ES256");
    ut_int(
        api_stage_key_of(API_SPAN("ES256K")), API_STAGE_SECP256K1, "ES256K");
    ut_int(api_stage_key_of(API_SPAN("EdDSA")), API_STAGE_ED25519, "EdDSA");
    ut_int(api_stage_key_of(API_SPAN("HS512")), API_STAGE_SECRET, "HS512");
    ut_int(api_stage_key_of(API_SPAN("none")), API_STAGE_NKEYS, "none");
    ut_int(api_stage_key_of(API_SPAN("")), API_STAGE_NKEYS, "nothing");
}


int
main(void)
{
    test_rows();
    test_lines();
    test_memory();
    test_keys();

    return ut_done();
}
