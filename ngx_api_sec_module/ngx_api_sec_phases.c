
/*
 * What runs in which phase, behind gates of what the location asks for.
 */

#include "ngx_api_sec_forward.h"
#include "ngx_api_sec_monitor.h"
#include "ngx_api_sec_behavior.h"
#include "ngx_api_sec_leak.h"
#include "ngx_api_sec_schema.h"
#include "ngx_api_sec_recent.h"


typedef struct {
    ngx_uint_t           uses;
    ngx_uint_t           phase;
    ngx_uint_t           front;
    ngx_http_handler_pt  handler;
} ngx_api_sec_hook_t;


static ngx_int_t ngx_api_sec_require_handler(ngx_http_request_t *r);
static ngx_int_t ngx_api_sec_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_api_sec_release_handler(ngx_http_request_t *r);


/*
 * Is there such an operation, what do rules of the location say of the caller,
 * and what does the operation ask of it?
 */

static ngx_int_t
ngx_api_sec_require_handler(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    ngx_uint_t                       contract;
    ngx_api_record_t                *rec;
    const ngx_api_sec_loc_conf_t    *lcf;
    const ngx_api_sec_main_conf_t   *mcf;

    if (r != r->main) {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    rec = ngx_api_record_peek(r, mcf->self.record);

    if (rec && rec->refusal.status
        && rec->refusal.check == NGX_API_CHECK_AUTH
        && rec->refusal.uri_changes == r->uri_changes)
    {
        /*
         * ACCESS has let the request pass after all: satisfy any.  In another
         * location it is the page of an error_page, and the refusal stands.
         */
        ngx_api_refuse_overruled(r, rec);
    }

    contract = (lcf->schema->rules != NULL);

    rc = contract ? ngx_api_sec_schema_admit(r) : NGX_DECLINED;

    if (rc == NGX_DECLINED && lcf->require.items) {
        rc = ngx_api_sec_require_check(r, mcf, lcf);
    }

    if (rc == NGX_DECLINED && contract) {
        rc = ngx_api_sec_schema_authorize(r);
    }

    if (rc == NGX_DECLINED && lcf->bind.items) {
        rc = ngx_api_sec_bind_check(r, mcf, lcf);
    }

    return rc;
}


static ngx_int_t
ngx_api_sec_body_handler(ngx_http_request_t *r)
{
    const ngx_api_sec_loc_conf_t    *lcf;
    const ngx_api_sec_main_conf_t   *mcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    if (r != r->main || lcf->body == NGX_API_SEC_BODY_OFF) {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);

    return ngx_api_sec_body_check(r, mcf, lcf);
}


/* The end of PRECONTENT: nobody looks at the body any more. */

static ngx_int_t
ngx_api_sec_release_handler(ngx_http_request_t *r)
{
    const ngx_api_record_t         *rec;
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    rec = ngx_api_record_peek(r, mcf->self.record);

    if (rec && rec->body && r == r->main) {
        ngx_api_sec_inventory_note(r, rec);
        ngx_api_body_release(r, &mcf->self);
    }

    return NGX_DECLINED;
}


/* Handlers, and the phase their time is counted under. */

static ngx_int_t
ngx_api_sec_timed_access(ngx_http_request_t *r)
{
    return ngx_api_sec_timed(r, NGX_API_PHASE_AUTH,
                             ngx_api_sec_access_handler);
}


static ngx_int_t
ngx_api_sec_timed_require(ngx_http_request_t *r)
{
    return ngx_api_sec_timed(r, NGX_API_PHASE_AUTHORIZE,
                             ngx_api_sec_require_handler);
}


static ngx_int_t
ngx_api_sec_timed_body(ngx_http_request_t *r)
{
    return ngx_api_sec_timed(r, NGX_API_PHASE_BODY,
                             ngx_api_sec_body_handler);
}


static ngx_int_t
ngx_api_sec_timed_schema(ngx_http_request_t *r)
{
    return ngx_api_sec_timed(r, NGX_API_PHASE_SCHEMA,
                             ngx_api_sec_schema_handler);
}


static ngx_int_t
ngx_api_sec_timed_bare(ngx_http_request_t *r)
{
    return ngx_api_sec_timed(r, NGX_API_PHASE_SCHEMA,
                             ngx_api_sec_bare_handler);
}


static ngx_int_t
ngx_api_sec_timed_graphql(ngx_http_request_t *r)
{
    return ngx_api_sec_timed(r, NGX_API_PHASE_GRAPHQL,
                             ngx_api_sec_graphql_handler);
}


static ngx_int_t
ngx_api_sec_timed_log(ngx_http_request_t *r)
{
    return ngx_api_sec_timed(r, NGX_API_PHASE_RECORD,
                             ngx_api_sec_log_handler);
}


/* PREACCESS: can it be recorded?  A preflight is answered before its origin
   is judged. */

static ngx_int_t
ngx_api_sec_page_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_api_sec_audit_deny_handler(r);

    if (rc == NGX_DECLINED) {
        rc = ngx_api_sec_cors_handler(r);
    }

    return rc == NGX_DECLINED ? ngx_api_sec_origin_handler(r) : rc;
}


/*
 * The gates: a phase runs every handler for every location, and one that does
 * not ask for a feature is to pay next to nothing for it.  What a request
 * brings along from a location where it was before is no matter of theirs:
 * handlers that look after that (restore, release, log) have none.
 */

#define ngx_api_sec_gate(name, features, handler)                             \
                                                                              \
    static ngx_int_t                                                          \
    name(ngx_http_request_t *r)                                               \
    {                                                                         \
        return ngx_api_sec_here(r, features) ? handler(r) : NGX_DECLINED;     \
    }

ngx_api_sec_gate(ngx_api_sec_page_gate,
                 NGX_API_SEC_USES_CORS|NGX_API_SEC_USES_ORIGIN
                 |NGX_API_SEC_USES_AUDIT_DENY, ngx_api_sec_page_handler)
ngx_api_sec_gate(ngx_api_sec_access_gate, NGX_API_SEC_USES_AUTH,
                 ngx_api_sec_timed_access)
ngx_api_sec_gate(ngx_api_sec_require_gate,
                 NGX_API_SEC_USES_AUTH|NGX_API_SEC_USES_REQUIRE
                 |NGX_API_SEC_USES_SCHEMA,
                 ngx_api_sec_timed_require)
ngx_api_sec_gate(ngx_api_sec_body_gate, NGX_API_SEC_USES_BODY,
                 ngx_api_sec_timed_body)
ngx_api_sec_gate(ngx_api_sec_schema_gate, NGX_API_SEC_USES_SCHEMA,
                 ngx_api_sec_timed_schema)
ngx_api_sec_gate(ngx_api_sec_bare_gate, NGX_API_SEC_USES_BARE,
                 ngx_api_sec_timed_bare)
ngx_api_sec_gate(ngx_api_sec_graphql_gate, NGX_API_SEC_USES_GRAPHQL,
                 ngx_api_sec_timed_graphql)
ngx_api_sec_gate(ngx_api_sec_forward_gate, NGX_API_SEC_USES_FORWARD,
                 ngx_api_sec_forward_handler)
ngx_api_sec_gate(ngx_api_sec_enter_gate,
                 NGX_API_SEC_USES_INVENTORY|NGX_API_SEC_USES_BEHAVIOR,
                 ngx_api_sec_enter)
ngx_api_sec_gate(ngx_api_sec_leak_gate, NGX_API_SEC_USES_LEAK,
                 ngx_api_sec_leak_ask)


/*
 * At the front of a phase's array is last in the phase: behind realip and the
 * stock access modules, and before ngx_api_ratelimit_module, which comes to
 * the front after us.
 */

static const ngx_api_sec_hook_t  ngx_api_sec_hooks[] = {
    { NGX_API_SEC_USES_INVENTORY|NGX_API_SEC_USES_BEHAVIOR,
      NGX_HTTP_PREACCESS_PHASE, 1, ngx_api_sec_enter_gate },
    { NGX_API_SEC_USES_CORS|NGX_API_SEC_USES_ORIGIN
      |NGX_API_SEC_USES_AUDIT_DENY,
      NGX_HTTP_PREACCESS_PHASE, 1, ngx_api_sec_page_gate },
    { NGX_API_SEC_USES_BEHAVIOR, NGX_HTTP_PREACCESS_PHASE, 1,
      ngx_api_sec_behavior_address },
    { NGX_API_SEC_USES_AUTH, NGX_HTTP_ACCESS_PHASE, 1,
      ngx_api_sec_access_gate },
    { NGX_API_SEC_USES_FORWARD, NGX_HTTP_POST_READ_PHASE, 0,
      ngx_api_sec_forward_clean_handler },
    { NGX_API_SEC_USES_FORWARD, NGX_HTTP_REWRITE_PHASE, 0,
      ngx_api_sec_forward_restore_handler },
    { NGX_API_SEC_USES_LEAK, NGX_HTTP_PRECONTENT_PHASE, 0,
      ngx_api_sec_leak_gate },          /* behind those below */
    { NGX_API_SEC_USES_FORWARD, NGX_HTTP_PRECONTENT_PHASE, 0,
      ngx_api_sec_forward_gate },
    { NGX_API_SEC_USES_GRAPHQL, NGX_HTTP_PRECONTENT_PHASE, 0,
      ngx_api_sec_graphql_gate },
    { NGX_API_SEC_USES_BARE, NGX_HTTP_PRECONTENT_PHASE, 0,
      ngx_api_sec_bare_gate },          /* behind the next */
    { NGX_API_SEC_USES_SCHEMA, NGX_HTTP_PRECONTENT_PHASE, 0,
      ngx_api_sec_schema_gate },
    { NGX_API_SEC_USES_BODY, NGX_HTTP_PRECONTENT_PHASE, 0,
      ngx_api_sec_body_gate },
    { NGX_API_SEC_USES_BODY|NGX_API_SEC_USES_SCHEMA|NGX_API_SEC_USES_GRAPHQL
      |NGX_API_SEC_USES_BARE, NGX_HTTP_PRECONTENT_PHASE, 1,
      ngx_api_sec_release_handler },
    { NGX_API_SEC_USES_BEHAVIOR, NGX_HTTP_PRECONTENT_PHASE, 0,
      ngx_api_sec_behavior_principal }, /* behind the next */
    { NGX_API_SEC_USES_AUTH|NGX_API_SEC_USES_REQUIRE|NGX_API_SEC_USES_SCHEMA,
      NGX_HTTP_PRECONTENT_PHASE, 0, ngx_api_sec_require_gate },
    { NGX_API_SEC_USES_LEAK, NGX_HTTP_LOG_PHASE, 0,
      ngx_api_sec_leak_end },
    { NGX_API_SEC_USES_AUDIT, NGX_HTTP_LOG_PHASE, 0,
      ngx_api_sec_timed_log },
    { NGX_API_SEC_USES_AUDIT, NGX_HTTP_LOG_PHASE, 0,
      ngx_api_sec_monitor_handler },
    { NGX_API_SEC_USES_INVENTORY, NGX_HTTP_LOG_PHASE, 0,
      ngx_api_sec_inventory_handler },
    { NGX_API_SEC_USES_STATUS, NGX_HTTP_LOG_PHASE, 0,
      ngx_api_sec_recent_handler },
    { NGX_API_SEC_USES_BEHAVIOR, NGX_HTTP_LOG_PHASE, 0,
      ngx_api_sec_behavior_handler },
    { 0, 0, 0, NULL }
};


/* Limits by identity follow the last handler of authorization, which is the
   first of them in the table. */

ngx_int_t
ngx_api_sec_phases(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    const ngx_api_sec_hook_t  *hook;

    for (hook = ngx_api_sec_hooks; hook->handler; hook++) {
        if ((mcf->uses & hook->uses)
            && ngx_api_phase_handler(cf, hook->phase, hook->handler,
                                     hook->front)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        if ((mcf->uses & hook->uses)
            && hook->handler == ngx_api_sec_require_gate)
        {
            mcf->door.authorized = hook->handler;
        }
    }

    return NGX_OK;
}
