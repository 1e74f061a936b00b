
/*
 * The section "revocations" of api_status:
 *
 *   GET     the entries of the table; ?after=N for those behind place N
 *   POST    {"kind": "sub", "value": "alice", "before": 1732500000,
 *            "issuer": "corp"}; before and issuer may be left out
 *   DELETE  the same body
 */

#include "ngx_api_sec_revoke.h"
#include "ngx_api_sec_status.h"


#define NGX_API_REVOKE_PAGE  500


static int ngx_api_sec_revoke_change(const ngx_api_sec_main_conf_t *mcf,
    api_revoked_table_t *table, const api_revoked_entry_t *entry,
    ngx_uint_t add);
static ngx_uint_t ngx_api_sec_revoke_list(ngx_api_admin_t *a,
    const ngx_api_sec_main_conf_t *mcf, api_revoked_table_t *table);
static void ngx_api_sec_revoke_entry(api_writer_t *w,
    const api_revoked_entry_t *entry);
static ngx_int_t ngx_api_sec_revoke_body(ngx_api_admin_t *a,
    api_revoked_entry_t *entry);
static ngx_uint_t ngx_api_sec_revoke_bad(ngx_api_admin_t *a,
    ngx_uint_t status, const char *title);


ngx_uint_t
ngx_api_sec_revoke_section(const ngx_api_door_t *door, ngx_api_admin_t *a)
{
    int                              rc;
    api_revoked_entry_t              entry;
    api_revoked_table_t             *table;
    const ngx_api_sec_main_conf_t   *mcf;

    mcf = (const ngx_api_sec_main_conf_t *) door;
    table = ngx_api_sec_revoked_table(mcf);

    if (table == NULL) {
        return ngx_api_sec_revoke_bad(a, NGX_HTTP_SERVICE_UNAVAILABLE,
                                      "There is no api_zone to keep "
                                      "revocations in");
    }

    if (a->method == NGX_HTTP_GET) {
        return ngx_api_sec_revoke_list(a, mcf, table);
    }

    if (ngx_api_sec_revoke_body(a, &entry) != NGX_OK) {
        return ngx_api_sec_revoke_bad(a, NGX_HTTP_BAD_REQUEST,
                                      "The body is no revocation: kind (jti, "
                                      "sub, kid, client), value, and perhaps "
                                      "before and issuer");
    }

    rc = ngx_api_sec_revoke_change(mcf, table, &entry,
                                   a->method == NGX_HTTP_POST);

    if (rc == API_DENIED) {
        return ngx_api_sec_revoke_bad(a, NGX_HTTP_NOT_FOUND,
                                      "This is not revoked here");
    }

    if (rc != API_OK) {
        return ngx_api_sec_revoke_bad(a, NGX_HTTP_INSUFFICIENT_STORAGE,
                                      "There is no room for it: enlarge "
                                      "revocations= of api_zone, or use a "
                                      "file");
    }

    if (a->method != NGX_HTTP_POST) {
        return NGX_HTTP_NO_CONTENT;
    }

    ngx_api_sec_revoke_entry(a->w, &entry);

    return NGX_HTTP_CREATED;
}


static int
ngx_api_sec_revoke_change(const ngx_api_sec_main_conf_t *mcf,
    api_revoked_table_t *table, const api_revoked_entry_t *entry,
    ngx_uint_t add)
{
    int                         rc;
    ngx_slab_pool_t            *shpool;
    ngx_api_sec_revoke_zone_t  *z;

    z = mcf->revoked.data;

    /* nginx takes this lock back from a worker that died with it */

    shpool = (ngx_slab_pool_t *) mcf->zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    rc = add ? api_revoked_table_put(table, entry)
             : api_revoked_table_take(table, entry);

    if (rc == API_OK) {
        z->changes++;
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return rc;
}


static ngx_uint_t
ngx_api_sec_revoke_list(ngx_api_admin_t *a,
    const ngx_api_sec_main_conf_t *mcf, api_revoked_table_t *table)
{
    size_t                i;
    ngx_int_t             after;
    ngx_str_t             arg;
    ngx_uint_t            n, more;
    ngx_slab_pool_t      *shpool;
    api_revoked_entry_t   entry;

    i = 0;

    if (ngx_http_arg(a->r, (u_char *) "after", 5, &arg) == NGX_OK) {
        after = ngx_atoi(arg.data, arg.len);

        if (after == NGX_ERROR) {
            return ngx_api_sec_revoke_bad(a, NGX_HTTP_BAD_REQUEST,
                                          "after is a number");
        }

        i = after;
    }

    api_writer_object(a->w);
    api_writer_name(a->w, API_SPAN("places"));
    api_writer_uint(a->w, api_revoked_table_places(table));
    api_writer_name(a->w, API_SPAN("count"));
    api_writer_uint(a->w, api_revoked_table_count(table));
    api_writer_name(a->w, API_SPAN("entries"));
    api_writer_array(a->w);

    shpool = (ngx_slab_pool_t *) mcf->zone->shm.addr;
    more = 1;

    ngx_shmtx_lock(&shpool->mutex);

    for (n = 0; n < NGX_API_REVOKE_PAGE; n++) {
        more = api_revoked_table_next(table, &i, &entry);

        if (!more) {
            break;
        }

        ngx_api_sec_revoke_entry(a->w, &entry);
    }

    ngx_shmtx_unlock(&shpool->mutex);

    api_writer_end(a->w);

    if (more) {
        api_writer_name(a->w, API_SPAN("after"));
        api_writer_uint(a->w, i);
    }

    api_writer_end(a->w);

    return NGX_HTTP_OK;
}


static void
ngx_api_sec_revoke_entry(api_writer_t *w, const api_revoked_entry_t *entry)
{
    const char  *kind;

    kind = api_revoked_kinds[entry->kind % API_REVOKED_NKINDS];

    api_writer_object(w);
    api_writer_name(w, API_SPAN("kind"));
    api_writer_string(w, api_span(kind, ngx_strlen(kind)));
    api_writer_name(w, API_SPAN("value"));
    api_writer_string(w, entry->value);

    if (entry->issuer.len) {
        api_writer_name(w, API_SPAN("issuer"));
        api_writer_string(w, entry->issuer);
    }

    if (entry->before != API_REVOKED_ALWAYS) {
        api_writer_name(w, API_SPAN("before"));
        api_writer_int(w, entry->before);
    }

    api_writer_end(w);
}


/* A member that is not one of these is refused: a misspelt "before" must not
   mean for ever. */

static ngx_int_t
ngx_api_sec_revoke_body(ngx_api_admin_t *a, api_revoked_entry_t *entry)
{
    uint32_t           i;
    api_span_t         name, text;
    const api_json_t  *doc;

    doc = a->body;

    if (doc == NULL || doc->tok[0].type != API_JSON_OBJECT) {
        return NGX_ERROR;
    }

    ngx_memzero(entry, sizeof(api_revoked_entry_t));

    entry->kind = API_REVOKED_NKINDS;
    entry->before = API_REVOKED_ALWAYS;

    for (i = 1; i < doc->tok[0].u.next; i = api_json_next(doc, i)) {

        if (api_json_string(doc, i, a->arena, &name) != API_OK) {
            return NGX_ERROR;
        }

        if (api_span_eq(name, API_SPAN("before"))) {
            if (!api_json_int64(doc, i + 1, &entry->before)) {
                return NGX_ERROR;
            }

            continue;
        }

        if (doc->tok[i + 1].type != API_JSON_STRING
            || api_json_string(doc, i + 1, a->arena, &text) != API_OK)
        {
            return NGX_ERROR;
        }

        if (api_span_eq(name, API_SPAN("kind"))) {
            entry->kind = api_revoked_kind(text);

        } else if (api_span_eq(name, API_SPAN("value"))) {
            entry->value = text;

        } else if (api_span_eq(name, API_SPAN("issuer"))) {
            entry->issuer = text;

        } else {
            return NGX_ERROR;
        }
    }

    return entry->kind != API_REVOKED_NKINDS
           && entry->value.len && entry->value.len <= API_REVOKED_VALUE
           && entry->issuer.len <= API_REVOKED_ISSUER
           ? NGX_OK : NGX_ERROR;
}


static ngx_uint_t
ngx_api_sec_revoke_bad(ngx_api_admin_t *a, ngx_uint_t status,
    const char *title)
{
    a->title.data = (u_char *) (uintptr_t) title;
    a->title.len = ngx_strlen(title);

    return status;
}


void
ngx_api_sec_revoked_status(const ngx_api_sec_main_conf_t *mcf,
    api_writer_t *w)
{
    const api_revoked_table_t  *table;

    table = ngx_api_sec_revoked_table(mcf);

    if (table == NULL) {
        return;
    }

    ngx_api_sec_status_table(w, API_SPAN("revocations"),
                             api_revoked_table_places(table),
                             api_revoked_table_count(table));
}
