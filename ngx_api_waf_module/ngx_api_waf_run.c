
/*
 * One policy on one request: the request described, a transaction of the
 * engine, its memory, and what is kept of it.
 */

#include "ngx_api_waf.h"


static ngx_int_t ngx_api_waf_describe(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    const ngx_list_t *headers, ngx_api_waf_run_t *run);
static ngx_int_t ngx_api_waf_fields(ngx_http_request_t *r,
    const ngx_list_t *headers, ngx_api_waf_run_t *run);
static uint16_t ngx_api_waf_port(const struct sockaddr *sa);
static ngx_int_t ngx_api_waf_start(const ngx_api_waf_main_conf_t *mcf,
    ngx_api_waf_run_t *run);
static ngx_int_t ngx_api_waf_remove(ngx_api_waf_run_t *run);
static void ngx_api_waf_run_cleanup(void *data);
static ngx_int_t ngx_api_waf_note_rules(ngx_http_request_t *r,
    ngx_api_waf_run_t *run);
static ngx_int_t ngx_api_waf_note_listed(ngx_http_request_t *r,
    ngx_api_waf_run_t *run);
static ngx_int_t ngx_api_waf_note_matched(ngx_http_request_t *r,
    ngx_api_waf_run_t *run);


/* Work units of api_waf_budget off. */

#define NGX_API_WAF_ANYTHING  (UINT64_MAX / 2)

/* How much of each list goes to variables and logs. */

#define NGX_API_WAF_LIST_MAX  1024


ngx_api_waf_run_t *
ngx_api_waf_run_create(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    const ngx_api_waf_policy_t *policy, const ngx_list_t *headers,
    const ngx_api_waf_excepted_t *excepted)
{
    ngx_api_waf_run_t             *run;
    ngx_pool_cleanup_t            *cln;
    const ngx_api_waf_loc_conf_t  *lcf;

    cln = ngx_pool_cleanup_add(r->main->pool, sizeof(ngx_api_waf_run_t));
    if (cln == NULL) {
        return NULL;
    }

    run = cln->data;
    ngx_memzero(run, sizeof(ngx_api_waf_run_t));
    cln->handler = ngx_api_waf_run_cleanup;

    run->policy = policy;
    run->excepted = *excepted;
    run->mode = excepted->mode;

    api_values_conf(&run->conf,
                    api_waf_program_settings(policy->set->program));

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_waf_module);
    run->factor = lcf->factor;
    run->env.budget = run->factor ? lcf->base : NGX_API_WAF_ANYTHING;

    ngx_api_body_budget(&mcf->self, &run->alloc);
    api_arena_init(&run->arena, &run->alloc, 16384, API_VALUES_MEMORY);
    run->live = 1;

    if (ngx_api_waf_describe(r, mcf, rec, headers, run) != NGX_OK
        || ngx_api_waf_start(mcf, run) != NGX_OK
        || ngx_api_waf_remove(run) != NGX_OK)
    {
        ngx_api_waf_run_end(run);
        return NULL;
    }

    return run;
}


static ngx_int_t
ngx_api_waf_describe(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    const ngx_list_t *headers, ngx_api_waf_run_t *run)
{
    u_char                 text[NGX_SOCKADDR_STRLEN];
    ngx_str_t              s;
    ngx_connection_t      *c;
    const ngx_str_t       *id;
    api_values_request_t  *q;

    c = r->connection;
    q = &run->request;

    q->method = ngx_api_span(&r->method_name);
    q->uri = ngx_api_span(&r->unparsed_uri);
    q->protocol = r->http_protocol.len ? ngx_api_span(&r->http_protocol)
                                       : API_SPAN("HTTP/0.9");
    q->remote_addr = ngx_api_span(&c->addr_text);
    q->remote_port = ngx_api_waf_port(c->sockaddr);

    s.data = text;
    s.len = NGX_SOCKADDR_STRLEN;

    if (ngx_connection_local_sockaddr(c, &s, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    q->server_addr = api_arena_dup(&run->arena, ngx_api_span(&s));
    q->server_port = ngx_api_waf_port(c->local_sockaddr);

    if (r->headers_in.authorization
        && ngx_http_auth_basic_user(r) == NGX_OK)
    {
        q->remote_user = ngx_api_span(&r->headers_in.user);
    }

    id = ngx_api_support_id(r, rec, mcf->self.request_id);

    if (id) {
        q->unique_id = ngx_api_span(id);
    }

    if (q->server_addr.data == NULL) {
        return NGX_ERROR;
    }

    return ngx_api_waf_fields(r, headers, run);
}


static ngx_int_t
ngx_api_waf_fields(ngx_http_request_t *r, const ngx_list_t *headers,
    ngx_api_waf_run_t *run)
{
    size_t                  n;
    ngx_uint_t              i;
    api_values_field_t     *field;
    const ngx_list_part_t  *part;
    const ngx_table_elt_t  *h;

    n = 0;

    for (part = &headers->part; part; part = part->next) {
        n += part->nelts;
    }

    field = api_arena_calloc(&run->arena, n, sizeof(api_values_field_t));
    if (field == NULL) {
        return NGX_ERROR;
    }

    run->request.field = field;
    run->request.nfields = (uint32_t) n;

    for (part = &headers->part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            field->name = ngx_api_span(&h[i].key);
            field->value = ngx_api_span(&h[i].value);
            field++;
        }
    }

    return NGX_OK;
}


static uint16_t
ngx_api_waf_port(const struct sockaddr *sa)
{
    return sa ? ngx_inet_get_port((struct sockaddr *) (uintptr_t) sa) : 0;
}


static ngx_int_t
ngx_api_waf_start(const ngx_api_waf_main_conf_t *mcf, ngx_api_waf_run_t *run)
{
    ngx_time_t     *tp;
    api_waf_env_t  *env;

    tp = ngx_timeofday();
    env = &run->env;

    env->now = tp->sec;
    env->utc_offset = tp->gmtoff * 60;
    env->engine = run->mode == NGX_API_MODE_ENFORCE ? API_WAF_ENGINE_ON
                                                    : API_WAF_ENGINE_DETECT;
    if (mcf->collections.data) {
        run->collections.mcf = mcf;
        run->collections.timeout = api_waf_program_settings(
                                   run->policy->set->program)
                                   ->collection_timeout;
        run->store = mcf->store;
        run->store.ctx = &run->collections;
        env->store = &run->store;
    }

    env->scratch = mcf->worker->scratch;
    env->scan = mcf->worker->scan[run->policy->set->index];
    env->seed = mcf->worker->seed;

    api_waf_values_init(&run->values, &run->arena, 0);
    api_values_init(&run->builder, &run->values, &run->conf,
                    mcf->worker->seed, &run->arena);

    if (api_values_request(&run->builder, &run->request) != API_OK) {
        return NGX_ERROR;
    }

    run->tx = api_waf_tx_create(run->policy->view, &run->values, env,
                                &run->arena);
    if (run->tx == NULL) {
        return NGX_ERROR;
    }

    ngx_api_waf_run_grant(run, run->request.uri.len
                               + ngx_api_waf_size(run->request.field,
                                                  run->request.nfields));
    return NGX_OK;
}


/* More is to be looked at, and may cost more. */

void
ngx_api_waf_run_grant(ngx_api_waf_run_t *run, size_t bytes)
{
    api_waf_tx_grant(run->tx, (uint64_t) bytes * run->factor
                              * run->policy->units / 1024);
}


size_t
ngx_api_waf_size(const api_values_field_t *field, uint32_t n)
{
    size_t  size;

    for (size = 0; n; field++, n--) {
        size += field->name.len + field->value.len;
    }

    return size;
}


void
ngx_api_waf_except(ngx_http_request_t *r, const ngx_api_waf_main_conf_t *mcf,
    ngx_uint_t mode, ngx_api_waf_excepted_t *excepted)
{
    const ngx_api_door_t  *sec = mcf->self.sec;

    static const ngx_str_t  none = ngx_null_string;

    excepted->mode = ngx_api_excepted_mode(r, &mcf->self, NGX_API_CHECK_WAF,
                                           &none, mode);
    excepted->nrules = 0;

    if (sec && sec->except_rules) {
        excepted->nrules = sec->except_rules(r, excepted->rules,
                                             NGX_API_WAF_EXCEPTED);
    }
}


/* Rules that an api_exception takes out, for this request. */

static ngx_int_t
ngx_api_waf_remove(ngx_api_waf_run_t *run)
{
    ngx_uint_t  i;

    for (i = 0; i < run->excepted.nrules; i++) {
        if (!api_waf_tx_remove(run->tx, run->excepted.rules[i])) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


api_waf_rc_t
ngx_api_waf_run_phase(ngx_http_request_t *r, ngx_api_waf_run_t *run,
    api_waf_phase_t phase, uint64_t slice)
{
    struct timeval  tv;

    if (api_waf_program_settings(run->policy->set->program)->duration) {
        ngx_gettimeofday(&tv);

        run->env.duration = ((int64_t) tv.tv_sec - r->start_sec) * 1000000
                            + tv.tv_usec - (int64_t) r->start_msec * 1000;

        if (run->env.duration < 0) {
            run->env.duration = 0;    /* the clock was set back */
        }
    }

    return api_waf_tx_run(run->tx, phase, slice);
}


void
ngx_api_waf_run_end(ngx_api_waf_run_t *run)
{
    if (run->turn.posted) {
        ngx_delete_posted_event(&run->turn);
    }

    if (run->live) {
        run->live = 0;
        run->tx = NULL;
        api_values_body_end(&run->builder);
        api_arena_free(&run->arena);
    }
}


static void
ngx_api_waf_run_cleanup(void *data)
{
    ngx_api_waf_run_end(data);
}


ngx_int_t
ngx_api_waf_run_note(ngx_http_request_t *r, ngx_api_waf_run_t *run)
{
    uint64_t  n;

    run->score = api_waf_tx_score(run->tx, false);
    run->score_out = api_waf_tx_score(run->tx, true);

    n = api_waf_tx_matched(run->tx);

    if (n == run->nrules) {
        return NGX_OK;
    }

    run->nrules = n;
    n = api_waf_tx_matches(run->tx);

    if (api_waf_tx_logged(run->tx, run->noted) == n) {
        run->noted = n;
        return NGX_OK;
    }

    run->noted = n;

    ngx_api_waf_count(r, run);

    if (ngx_api_waf_note_rules(r, run) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_api_waf_note_matched(r, run);
}


/* Ids, each once, of those that are to be logged. */

static ngx_int_t
ngx_api_waf_note_rules(ngx_http_request_t *r, ngx_api_waf_run_t *run)
{
    size_t                  i, k, n;
    u_char                 *p, *last;
    const api_waf_match_t  *m;

    p = ngx_pnalloc(r->main->pool, NGX_API_WAF_LIST_MAX);
    if (p == NULL) {
        return NGX_ERROR;
    }

    run->rules.data = p;
    last = p + NGX_API_WAF_LIST_MAX;
    n = api_waf_tx_matches(run->tx);

    for (i = api_waf_tx_logged(run->tx, 0); i < n;
         i = api_waf_tx_logged(run->tx, i + 1))
    {
        m = api_waf_tx_match(run->tx, i);

        for (k = api_waf_tx_logged(run->tx, 0); k < i;
             k = api_waf_tx_logged(run->tx, k + 1))
        {
            if (api_waf_tx_match(run->tx, k)->id == m->id) {
                break;
            }
        }

        if (k == i && (size_t) (last - p) > NGX_INT32_LEN + 1) {
            p = ngx_sprintf(p, "%s%uD", p == run->rules.data ? "" : ",",
                            m->id);
        }
    }

    run->rules.len = p - run->rules.data;

    return ngx_api_waf_note_listed(r, run);
}


/* For the record, which takes many digits in one word for somebody's number
   and hides them. */

static ngx_int_t
ngx_api_waf_note_listed(ngx_http_request_t *r, ngx_api_waf_run_t *run)
{
    size_t   i;
    u_char  *p;

    p = ngx_pnalloc(r->main->pool, 2 * run->rules.len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    run->listed.data = p;

    for (i = 0; i < run->rules.len; i++) {
        *p++ = run->rules.data[i];

        if (run->rules.data[i] == ',') {
            *p++ = ' ';
        }
    }

    run->listed.len = p - run->listed.data;

    return NGX_OK;
}


/* Names of variables: what the client calls its fields, never their values. */

static ngx_int_t
ngx_api_waf_note_matched(ngx_http_request_t *r, ngx_api_waf_run_t *run)
{
    size_t                  i, k, n, len, room;
    u_char                 *p, *last;
    api_span_t              name;
    const api_waf_match_t  *m;

    p = ngx_pnalloc(r->main->pool, NGX_API_WAF_LIST_MAX);
    if (p == NULL) {
        return NGX_ERROR;
    }

    run->matched.data = p;
    last = p + NGX_API_WAF_LIST_MAX;
    n = api_waf_tx_matches(run->tx);

    for (i = api_waf_tx_logged(run->tx, 0); i < n;
         i = api_waf_tx_logged(run->tx, i + 1))
    {
        m = api_waf_tx_match(run->tx, i);
        name = m->var_name;

        if (name.len == 0
            || (name.len > 3 && ngx_strncasecmp((u_char *) name.data,
                                                (u_char *) "tx:", 3) == 0))
        {
            continue;
        }

        for (k = api_waf_tx_logged(run->tx, 0); k < i;
             k = api_waf_tx_logged(run->tx, k + 1))
        {
            if (api_span_eq(api_waf_tx_match(run->tx, k)->var_name, name)) {
                break;
            }
        }

        room = last - p;
        len = ngx_min(name.len, 64);

        if (k < i || room < API_TEXT_LOG_MAX(64) + 1) {
            continue;
        }

        if (p != run->matched.data) {
            *p++ = ',';
        }

        p += api_text_log(api_span(name.data, len), (char *) p, last - p,
                          NULL);
    }

    run->matched.len = p - run->matched.data;

    return NGX_OK;
}
