/* apisec waf explain */

#include "apisec_waf.h"
#include "api_operator.h"

#include <stdlib.h>
#include <time.h>


#define MATCHES_SHOWN 20 /* of one rule */
#define BYTES_SHOWN 200

/* A match, with the beginning of its texts, which are gone when the next rule
   runs. */

typedef struct {
    api_waf_trace_t t;
    bool            changed; /* by its chain */
    uint8_t         value[BYTES_SHOWN + 1];
    uint8_t         transformed[BYTES_SHOWN + 1];
} seen_t;

/* Operators that matched, of the rule that runs. */

typedef struct {
    const apisec_waf_values_t *values;
    seen_t                     seen[MATCHES_SHOWN];
    size_t                     n;
    size_t                     more;
} explain_t;

static const char *const severities[] = { "EMERGENCY", "ALERT", "CRITICAL",
    "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG" };


static api_span_t
begin_of(uint8_t *to, api_span_t s)
{
    s.len = s.len < BYTES_SHOWN + 1 ? s.len : BYTES_SHOWN + 1;

    if (s.len) {
        memcpy(to, s.data, s.len);
    }

    return api_span(to, s.len);
}


static void
keep_match(seen_t *seen, const api_waf_trace_t *t)
{
    seen->t = *t;
    seen->changed = !api_span_eq(t->value, t->transformed);
    seen->t.value = begin_of(seen->value, t->value);
    seen->t.transformed = begin_of(seen->transformed, t->transformed);
}


static void
print_match(const seen_t *seen)
{
    const api_waf_trace_t *t = &seen->t;

    if (t->var_name.len == 0) {
        return;
    }

    printf("    %s", t->link ? "and " : "");
    apisec_waf_print(t->var_name, 80);
    printf(" = \"");
    apisec_waf_print(t->value, BYTES_SHOWN);
    printf("\"\n");

    if (t->chain.len && seen->changed) {
        printf("        %.*s: \"", (int) t->chain.len, t->chain.data);
        apisec_waf_print(t->transformed, BYTES_SHOWN);
        printf("\"\n");
    }

    printf("        %.*s\n", (int) t->op.len, t->op.data);
}


static void
print_matches(const explain_t *e)
{
    size_t i;

    for (i = 0; i < e->n; i++) {
        print_match(&e->seen[i]);
    }

    if (e->more) {
        printf("    ... and %zu more\n", e->more);
    }
}


static void
print_rule(const explain_t *e, const api_waf_trace_t *t)
{
    printf("%u  phase %u", (unsigned) t->id, t->phase);

    if (t->severity < 8) {
        printf("  %s", severities[t->severity]);
    }

    if (t->msg.len) {
        printf("  ");
        apisec_waf_print(t->msg, 200);
    }

    printf("\n");
    print_matches(e);

    if (t->logdata.len) {
        printf("    logdata: ");
        apisec_waf_print(t->logdata, 200);
        printf("\n");
    }

    printf("    score: %lld\n", (long long) t->score);
}


static void
on_trace(void *ctx, const api_waf_trace_t *t)
{
    explain_t *e;

    e = ctx;

    /* Another rule has begun: the chain of the one before broke. */

    if (e->n && e->seen[0].t.rule != t->rule) {
        if (e->values->all && !e->values->ids) {
            printf("%u  phase %u  matches in part\n",
                (unsigned) e->seen[0].t.id, e->seen[0].t.phase);
            print_matches(e);
        }

        e->n = 0;
        e->more = 0;
    }

    if (!t->whole) {
        if (e->n < MATCHES_SHOWN) {
            keep_match(&e->seen[e->n++], t);
        } else {
            e->more++;
        }

        return;
    }

    if (t->log || e->values->all) {
        if (e->values->ids) {
            printf("%u\n", (unsigned) t->id);
        } else {
            print_rule(e, t);
        }
    }

    e->n = 0;
    e->more = 0;
}


static void
print_verdict(const api_waf_tx_t *tx)
{
    api_waf_verdict_t v;

    api_waf_tx_verdict(tx, &v);

    if (v.failure) {
        printf("refused: %s\n", v.failure);

    } else if (v.rc == API_WAF_PASS && !v.would) {
        printf(
            "passes, score %lld\n", (long long) api_waf_tx_score(tx, false));

    } else {
        printf("%s: %u by rule %u in phase %u, score %lld\n",
            v.would ? "would be refused" : "refused", v.status,
            (unsigned) v.id, v.phase, (long long) api_waf_tx_score(tx, false));
    }
}


typedef struct {
    api_arena_t          arena;
    api_waf_tx_t        *tx;
    api_waf_values_t     values;
    api_values_conf_t    conf;
    api_values_t         b;
    api_values_request_t request;
    apisec_waf_message_t in;
    apisec_waf_message_t out;
} session_t;


static int
run_request(session_t *s)
{
    int rc;

    if (api_values_request(&s->b, &s->request) != API_OK) {
        return apisec_fail(APISEC_FAILED, "no memory");
    }

    rc = (int) api_waf_tx_run(s->tx, API_WAF_REQUEST_HEADERS_PHASE, 0);

    if (rc == API_WAF_PASS
        && api_values_body(&s->b,
               api_waf_tx_settings(s->tx)->request_body ? s->in.body
                                                        : (api_span_t){ 0 },
               api_waf_tx_settings(s->tx)->body, false)
               != API_OK)
    {
        return apisec_fail(APISEC_FAILED, "no memory");
    }

    if (rc == API_WAF_PASS) {
        rc = (int) api_waf_tx_run(s->tx, API_WAF_REQUEST_BODY_PHASE, 0);
    }

    return rc == API_WAF_PASS ? APISEC_OK : APISEC_NO;
}


static int
run_response(session_t *s, const char *path)
{
    int rc;

    rc = apisec_waf_message(path, &s->out);

    if (rc != APISEC_OK) {
        return rc;
    }

    if (api_values_response(&s->b,
            (unsigned) strtoul((const char *) s->out.word[1].data, NULL, 10),
            s->out.word[0], s->out.field, s->out.nfields)
        != API_OK)
    {
        return apisec_fail(APISEC_FAILED, "no memory");
    }

    rc = (int) api_waf_tx_run(s->tx, API_WAF_RESPONSE_HEADERS_PHASE, 0);

    if (rc == API_WAF_PASS
        && api_values_response_body(&s->b, s->out.body, false) != API_OK)
    {
        return apisec_fail(APISEC_FAILED, "no memory");
    }

    if (rc == API_WAF_PASS) {
        rc = (int) api_waf_tx_run(s->tx, API_WAF_RESPONSE_BODY_PHASE, 0);
    }

    return rc == API_WAF_PASS ? APISEC_OK : APISEC_NO;
}


static int
view_of(const api_waf_program_t *program, const apisec_waf_values_t *values,
    const api_waf_view_t **view)
{
    api_err_t           err;
    api_waf_view_conf_t conf = { 0 };

    if (values->paranoia) {
        conf.paranoia = (uint32_t) strtoul(values->paranoia, NULL, 10);

        if (conf.paranoia < 1) {
            return apisec_fail(
                APISEC_USAGE, "--paranoia is a number from 1 to 4");
        }
    }

    return api_waf_view_create(view, program, &conf, &api_alloc_libc, &err)
                   == API_OK
               ? APISEC_OK
               : apisec_fail(APISEC_USAGE, "%s", err.text);
}


void
apisec_waf_request(api_values_request_t *request,
    const apisec_waf_message_t *in, const apisec_waf_values_t *values)
{
    const char *remote = values->remote ? values->remote : "127.0.0.1";

    request->method = in->word[0];
    request->uri = in->word[1];
    request->protocol = in->word[2];
    request->field = in->field;
    request->nfields = in->nfields;
    request->remote_addr = api_span(remote, strlen(remote));
    request->remote_port = 40000;
    request->server_addr = API_SPAN("127.0.0.1");
    request->server_port = 80;
    request->unique_id = API_SPAN("0123456789abcdef");
}


static int
explain(session_t *s, const api_waf_view_t *view, explain_t *e)
{
    int                        rc;
    uint8_t                    key[16];
    api_waf_env_t              env = { 0 };
    const apisec_waf_values_t *values = e->values;

    apisec_random(key, sizeof(key));

    env.now = (int64_t) time(NULL);
    env.seed = api_sipkey(key);
    env.engine = values->detect ? API_WAF_ENGINE_DETECT : API_WAF_ENGINE_ON;
    env.scratch = api_scratch_create(&api_alloc_libc);
    env.trace = on_trace;
    env.trace_ctx = e;

    api_values_conf(
        &s->conf, api_waf_program_settings(api_waf_view_program(view)));

    api_waf_values_init(&s->values, &s->arena, 0);
    api_values_init(&s->b, &s->values, &s->conf, env.seed, &s->arena);
    s->tx = api_waf_tx_create(view, &s->values, &env, &s->arena);

    if (s->tx == NULL || env.scratch == NULL) {
        return apisec_fail(APISEC_FAILED, "no memory");
    }

    rc = run_request(s);

    if (rc == APISEC_OK && values->response) {
        rc = run_response(s, values->response);
    }

    if (rc == APISEC_OK || rc == APISEC_NO) {
        (void) api_waf_tx_run(s->tx, API_WAF_LOGGING_PHASE, 0);

        if (!values->ids) {
            print_verdict(s->tx);
        }
    }

    api_scratch_free(env.scratch);

    return rc;
}


int
apisec_waf_explain(
    const api_waf_program_t *program, const apisec_waf_values_t *values)
{
    int                   rc;
    session_t            *s = apisec_alloc(sizeof(*s));
    explain_t            *e = apisec_alloc(sizeof(*e));
    const api_waf_view_t *view;

    if (values->request == NULL) {
        return apisec_fail(APISEC_USAGE, "explain needs --request FILE");
    }

    api_arena_init(&s->arena, &api_alloc_libc, 65536, API_VALUES_MEMORY);
    e->values = values;
    rc = apisec_waf_message(values->request, &s->in);

    if (rc == APISEC_OK) {
        rc = view_of(program, values, &view);
    }

    if (rc != APISEC_OK) {
        return rc;
    }

    apisec_waf_request(&s->request, &s->in, values);
    rc = explain(s, view, e);
    api_waf_view_free(view);
    api_arena_free(&s->arena);

    return rc;
}
