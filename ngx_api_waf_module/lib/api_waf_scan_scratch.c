#include "api_waf_scan_int.h"


void
api_waf_scan_free(api_waf_scan_t *scan)
{
    if (scan != NULL) {
        api_prefilter_free(scan->pf);
    }
}


api_prefilter_t *
api_waf_program_prefilter(const api_waf_program_t *p)
{
    return p->scan->pf;
}


const api_prefilter_set_t *
api_waf_program_patterns(const api_waf_program_t *p)
{
    return &p->scan->set;
}


int
api_waf_scan_scratch_create(api_waf_scan_scratch_t **scratch,
    const api_waf_program_t *p, const api_alloc_t *alloc)
{
    int                     rc;
    api_waf_scan_scratch_t *s;

    s = alloc->alloc(alloc->ctx, sizeof(*s));

    if (s == NULL) {
        return API_NOMEM;
    }

    s->alloc = alloc;
    rc = api_prefilter_scratch_create(&s->pf, p->scan->pf, alloc);

    if (rc != API_OK) {
        s->pf = NULL;
        api_waf_scan_scratch_free(s);
        return rc;
    }

    *scratch = s;

    return API_OK;
}


void
api_waf_scan_scratch_free(api_waf_scan_scratch_t *scratch)
{
    if (scratch != NULL) {
        api_prefilter_scratch_free(scratch->pf);

        if (scratch->alloc->free != NULL) {
            scratch->alloc->free(scratch->alloc->ctx, scratch);
        }
    }
}
