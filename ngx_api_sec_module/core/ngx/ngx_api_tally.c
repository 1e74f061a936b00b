
#include "ngx_api_tally.h"
#include "ngx_api_conf.h"


static void ngx_api_tally_migrate(void *data, size_t size, const void *old,
    size_t old_size);


void
ngx_api_tally_init(ngx_api_tenant_t *tenant, const char *name)
{
    tenant->name.data = (u_char *) (uintptr_t) name;
    tenant->name.len = ngx_strlen(name);
    tenant->abi = 1;
    tenant->size = sizeof(ngx_api_tally_t);
    tenant->migrate = ngx_api_tally_migrate;
}


static void
ngx_api_tally_migrate(void *data, size_t size, const void *old,
    size_t old_size)
{
    ngx_memcpy(data, old, ngx_min(size, old_size));
}


void
ngx_api_tally(const ngx_api_tenant_t *tenant, const ngx_api_record_t *rec)
{
    ngx_uint_t                  verdict;
    ngx_api_tally_t            *tally;
    const ngx_api_decision_t   *why;

    tally = tenant->data;

    if (tally == NULL || rec == NULL || rec->ndecisions == 0) {
        return;
    }

    verdict = ngx_api_record_verdict(rec, &why);

    (void) ngx_atomic_fetch_add(&tally->requests, 1);
    (void) ngx_atomic_fetch_add(&tally->verdicts[verdict], 1);
}


void
ngx_api_tally_status(const ngx_api_tenant_t *tenant, api_writer_t *w)
{
    ngx_uint_t              i;
    const ngx_api_tally_t  *tally;

    tally = tenant->data;

    if (tally == NULL) {
        return;
    }

    api_writer_name(w, API_SPAN("requests"));
    api_writer_uint(w, tally->requests);

    for (i = 0; i < NGX_API_NVERDICTS; i++) {
        api_writer_name(w, ngx_api_span(&ngx_api_verdict_names[i]));
        api_writer_uint(w, tally->verdicts[i]);
    }
}
