#include "api_stage_int.h"


/* What becomes of a directive in a server, a location and around them */

typedef void (*rule_pt)(api_stager_t *s, const api_conf_dir_t *d);

typedef struct {
    const char *name; /* "*_x" ends, "x_*" begins so */
    rule_pt     rule; /* NULL: it is left out */
    const char *note;
} rule_t;

#define ELSEWHERE "what others answer decides nothing here: it is 200"

static const rule_t rules[] = {
    { "listen", NULL, NULL }, /* of the server as a whole */
    { "upstream", api_stage_upstream, NULL },
    { "*_pass", api_stage_pass, NULL },
    { "api_jwt_issuer", api_stage_issuer, NULL },
    { "api_key_store", api_stage_store, NULL },
    { "api_introspect", api_stage_introspect, NULL },
    { "api_identity_token", api_stage_identity, NULL },
    { "api_ratelimit_policy", api_stage_policy, NULL },
    { "api_ratelimit_quota", api_stage_policy, NULL },
    { "api_ratelimit_concurrency", api_stage_policy, NULL },
    { "ssl_client_certificate", api_stage_client_ca, NULL },
    { "ssl_trusted_certificate", api_stage_client_ca, NULL },

    { "set_real_ip_from", NULL,
        "a client is who the test says it is: whose X-Forwarded-For is"
        " believed is not tested" },
    { "real_ip_header", NULL, NULL },
    { "real_ip_recursive", NULL, NULL },
    { "api_ratelimit_store", NULL,
        "limits are counted here alone, not in the store" },
    { "stream", NULL, "stream is left out" },
    { "mail", NULL, "mail is left out" },
    { "open_file_cache", api_stage_same, NULL },
    { "ssl_session_cache", api_stage_same, NULL },
    { "*_cache", NULL,
        "nothing is answered from a cache: whether a cached response is kept"
        " from others is not tested" },
    { "dav_methods", NULL, "WebDAV is left out: nothing is written" },
    { "auth_request", api_stage_same, ELSEWHERE },

    { "user", NULL, NULL },
    { "pid", NULL, NULL },
    { "lock_file", NULL, NULL },
    { "daemon", NULL, NULL },
    { "master_process", NULL, NULL },
    { "worker_*", NULL, NULL },
    { "working_directory", NULL, NULL },
    { "debug_points", NULL, NULL },
    { "timer_resolution", NULL, NULL },
    { "google_perftools_profiles", NULL, NULL },
    { "ssl_engine", NULL, NULL },
    { "events", NULL, NULL },
    { "error_log", NULL, NULL },
    { "access_log", NULL, NULL },
    { "open_log_file_cache", NULL, NULL },
    { "*_temp_path", NULL, NULL },
    { "*_cache_path", NULL, NULL },
    { "*_store", NULL, NULL },
    { "*_store_access", NULL, NULL },
    { "*_bind", NULL, NULL },
    { "create_full_put_path", NULL, NULL },
    { "dav_access", NULL, NULL },
    { "min_delete_depth", NULL, NULL },
    { "client_body_in_file_only", NULL, NULL },
    { "resolver", NULL, NULL },
    { "resolver_timeout", NULL, NULL },
    { "health_check", NULL, NULL },
    { "proxy_ssl_*", NULL, NULL },
    { "fastcgi_ssl_*", NULL, NULL },
    { "uwsgi_ssl_*", NULL, NULL },
    { "grpc_ssl_*", NULL, NULL },
    { "ssl_certificate", NULL, NULL },
    { "ssl_certificate_key", NULL, NULL },
    { "ssl_password_file", NULL, NULL },
    { "ssl_crl", NULL, "certificates are not looked for in ssl_crl" },
    { "ssl_ocsp", NULL, "certificates are not asked about by OCSP" },
    { "ssl_ocsp_*", NULL, NULL },
    { "ssl_stapling", NULL, NULL },
    { "ssl_stapling_*", NULL, NULL },
    { "ssl_dhparam", NULL, NULL },
    { "ssl_session_ticket_key", NULL, NULL },
    { "http2", NULL, NULL },
    { "http3", NULL, NULL },
    { "quic_*", NULL, NULL },
    { "api_audit", NULL, NULL },
    { "api_audit_*", NULL, NULL },
    { "api_alert_spool", NULL, NULL },
    { "api_state", NULL, NULL },
    { "api_waf_compiler", NULL, NULL },
};

#define NRULES (sizeof(rules) / sizeof(rules[0]))


static bool
fits(const char *pattern, api_span_t name)
{
    size_t n = strlen(pattern);

    /* what ends so is of nginx and others: api_bind binds no socket */

    if (pattern[0] == '*') {
        n--;
        return name.len > n
               && memcmp(name.data + name.len - n, pattern + 1, n) == 0
               && memcmp(name.data, "api_", 4) != 0;
    }

    if (pattern[n - 1] == '*') {
        n--;
        return name.len > n && memcmp(name.data, pattern, n) == 0;
    }

    return api_span_eq(name, api_span(pattern, n));
}


static const rule_t *
rule_of(api_span_t name)
{
    size_t i;

    for (i = 0; i < NRULES; i++) {
        if (fits(rules[i].name, name)) {
            return &rules[i];
        }
    }

    return NULL;
}


/* Blocks in which the rules hold; all others are a language of their own. */

static bool
is_place(const api_conf_dir_t *d)
{
    static const char *const places[] = { "http", "server", "location", "if",
        "limit_except" };
    size_t                   i;

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (d->block && api_conf_is(d, places[i])) {
            return true;
        }
    }

    return false;
}


static bool
is_foreign(const api_conf_dir_t *d)
{
    size_t     i;
    api_span_t name = d->args[0];

    for (i = 0; i + 7 <= name.len; i++) {
        if (memcmp(name.data + i, "_by_lua", 7) == 0) {
            return true;
        }
    }

    return false;
}


static int
refuse(api_stager_t *s, const api_conf_dir_t *d)
{
    api_span_t   f = d->file->name;
    const size_t cut = f.len > 60 ? f.len - 60 : 0;

    return api_fail(s->err, API_UNSUPPORTED, 0, d->line,
        "%.*s:%u: %.*s runs a program, which cannot be tested apart from what"
        " it talks to: take it out of the copy that is tested",
        (int) (f.len - cut), (const char *) f.data + cut, (unsigned) d->line,
        (int) (d->args[0].len < 40 ? d->args[0].len : 40),
        (const char *) d->args[0].data);
}


/* The stage's own: at the top, in http, in each server */

static void
put_main(api_stager_t *s)
{
    api_stage_begin(s, NULL, "daemon off;\nworker_processes 1;\n");

    if (s->opts->user) {
        api_stage_put(s, "user ");
        api_stage_put(s, s->opts->user);
        api_stage_end(s);
    }

    api_stage_put(s, "pid");
    api_stage_file(s, "", "nginx.pid");
    api_stage_put(s, ";\nerror_log");
    api_stage_file(s, "", "error.log");
    api_stage_put(s, " info;\n");
}


static void
put_file(api_stager_t *s, const char *directive, const char *name)
{
    api_stage_put(s, directive);
    api_stage_file(s, "", name);
    api_stage_end(s);
}


/* Behind proxied requests.  The token of a question is looked up in a map that
   the runner writes; the answer travels in a header to whoever can say it. */

static void
put_upstream(api_stager_t *s)
{
    static const char quiet[] = "    api_audit off;\n    location / {\n";

    api_stage_put(s, "include");
    api_stage_file(s, "", "answers.conf");
    api_stage_put(s, ";\nserver {\n    listen");
    api_stage_file(s, "unix:", "up.sock");
    api_stage_end(s);
    api_stage_put(s, quiet);
    api_stage_put(s, "        default_type application/json;\n"
                     "        return 200 \"{}\\n\";\n    }\n}\n"
                     "server {\n    listen");
    api_stage_file(s, "unix:", "idp.sock");
    api_stage_end(s);
    api_stage_put(s, quiet);
    api_stage_put(s, "        client_body_in_single_buffer on;\n"
                     "        proxy_set_header X-Stage $api_stage_answer;\n"
                     "        proxy_pass http://unix:");
    api_stage_put(s, s->opts->dir);
    api_stage_put(s, "/say.sock;\n    }\n}\nserver {\n    listen");
    api_stage_file(s, "unix:", "say.sock");
    api_stage_end(s);
    api_stage_put(s, "    large_client_header_buffers 4 64k;\n");
    api_stage_put(s, quiet);
    api_stage_put(s, "        default_type application/json;\n"
                     "        return 200 $http_x_stage;\n    }\n}\n");
}


static void
put_http(api_stager_t *s)
{
    api_stage_begin(s, NULL, "access_log off;\n");
    put_file(s, "api_audit", "events.jsonl");
    put_file(s, "api_state", "state");
    put_file(s, "client_body_temp_path", "tmp/body");
    put_file(s, "proxy_temp_path", "tmp/proxy");

    if (s->opts->fastcgi) {
        put_file(s, "fastcgi_temp_path", "tmp/fastcgi");
    }

    if (s->opts->uwsgi) {
        put_file(s, "uwsgi_temp_path", "tmp/uwsgi");
    }

    if (s->opts->scgi) {
        put_file(s, "scgi_temp_path", "tmp/scgi");
    }

    if (s->opts->realip) {
        api_stage_put(s, "set_real_ip_from unix:;\n"
                         "real_ip_header proxy_protocol;\n");
    }

    if (s->tls) {
        put_file(s, "ssl_certificate", "keys/tls.pem");
        put_file(s, "ssl_certificate_key", "keys/tls.key");
    }

    put_upstream(s);
}


static void
enter(api_stager_t *s, const api_conf_dir_t *d)
{
    api_stage_open(s, d);

    if (api_conf_is(d, "server") && d->parent
        && api_conf_is(d->parent, "http")) {
        api_stage_listens(s, d);
    }
}


static void
leave(api_stager_t *s, const api_conf_dir_t *d)
{
    if (d->parent && d->parent->parent == NULL && api_conf_is(d, "http")) {
        put_http(s);
    }

    api_stage_put(s, "}\n");
}


static void
one(api_stager_t *s, const api_conf_dir_t *d)
{
    const rule_t *rule = rule_of(d->args[0]);

    if (rule == NULL) {
        api_stage_same(s, d);
        return;
    }

    if (rule->note) {
        api_stage_note(s, d, rule->note);
    }

    if (rule->rule) {
        rule->rule(s, d);
    }
}


static int
walk(api_stager_t *s)
{
    const api_conf_dir_t *d = s->site->conf->root.first;

    while (d && !s->nomem) {
        if (is_foreign(d)) {
            return refuse(s, d);
        }

        if (is_place(d)) {
            enter(s, d);

            if (d->first) {
                d = d->first;
                continue;
            }

            leave(s, d);

        } else {
            one(s, d);
        }

        while (d && d->next == NULL) {
            d = d->parent;

            if (d && d->parent) {
                leave(s, d);
            }
        }

        d = d ? d->next : NULL;
    }

    return API_OK;
}


int
api_stage_make(api_stage_t *stage, const api_site_t *site,
    const api_stage_opts_t *opts, api_arena_t *arena, api_err_t *err)
{
    int          rc;
    api_stager_t s = { .stage = stage,
        .site = site,
        .opts = opts,
        .arena = arena,
        .err = err,
        .line = 1 };

    memset(stage, 0, sizeof(*stage));

    if (site->http == NULL) {
        return api_fail(err, API_UNSUPPORTED, 0, 0,
            "there is no http block: nothing answers requests");
    }

    put_main(&s);
    rc = walk(&s);

    /* behind load_module */

    api_stage_begin(&s, NULL, "events { worker_connections 512; }\n");

    if (rc == API_OK && s.nomem) {
        rc = api_fail(err, API_NOMEM, 0, 0, "no memory");
    }

    if (rc == API_OK) {
        stage->text = api_span(s.text, s.len);
    }

    return rc;
}
