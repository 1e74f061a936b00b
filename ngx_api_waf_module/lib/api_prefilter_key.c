#include "api_prefilter_int.h"
#include "api_siphash.h"

#include <stdio.h>


int
api_prefilter_check(const api_prefilter_set_t *set, api_err_t *err)
{
    uint32_t i, j;

    if (set->npatterns > API_PREFILTER_PATTERNS
        || set->ngroups > API_PREFILTER_GROUPS
        || set->bits > API_PREFILTER_BITS)
    {
        return api_fail(err, API_LIMIT, API_PREFILTER_E_SET, 0,
            "more patterns, groups or bits than a prefilter takes");
    }

    for (i = 0; i < set->npatterns; i++) {
        if (set->patterns[i].bit >= set->bits
            || set->patterns[i].kind > API_PREFILTER_PHRASES)
        {
            return api_fail(err, API_INVALID, API_PREFILTER_E_SET, i,
                "pattern %u: bit or kind out of range", (unsigned) i);
        }
    }

    for (i = 0; i < set->ngroups; i++) {
        for (j = 0; j < set->groups[i].n; j++) {
            if (set->groups[i].patterns[j] >= set->npatterns) {
                return api_fail(err, API_INVALID, API_PREFILTER_E_SET, i,
                    "group %u: no such pattern", (unsigned) i);
            }
        }
    }

    return API_OK;
}


/* Not against forgers, who would have to write into a folder of root. */

void
api_prefilter_sum(api_span_t data, uint64_t sum[2])
{
    sum[0] =
        api_siphash24((api_sipkey_t){ UINT64_C(0x6170692d77616601), 1 }, data);
    sum[1] =
        api_siphash24((api_sipkey_t){ UINT64_C(0x6170692d77616602), 2 }, data);
}


void
api_prefilter_seal(
    const api_prefilter_head_t *head, api_span_t body, uint64_t sum[2])
{
    api_prefilter_head_t copy;

    copy = *head;
    api_prefilter_sum(body, copy.sum);
    api_prefilter_sum(api_span(&copy, sizeof(copy)), sum);
}


typedef struct {
    uint8_t *data; /* NULL: only counting */
    size_t   len;
} key_out_t;


static void
key_bytes(key_out_t *out, const void *data, size_t len)
{
    if (out->data != NULL && len > 0) {
        memcpy(out->data + out->len, data, len);
    }

    out->len += len;
}


static void
key_number(key_out_t *out, uint64_t n)
{
    size_t  i;
    uint8_t bytes[8];

    for (i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t) (n >> (8 * i));
    }

    key_bytes(out, bytes, sizeof(bytes));
}


static void
key_span(key_out_t *out, api_span_t s)
{
    key_number(out, s.len);
    key_bytes(out, s.data, s.len);
}


/* Every length before its bytes: two sets are never one text. */

static void
key_write(key_out_t *out, const api_prefilter_set_t *set)
{
    uint32_t                       i, j;
    const api_prefilter_pattern_t *p;

    key_number(out, API_PREFILTER_VERSION);
    key_number(out, set->npatterns);

    for (i = 0; i < set->npatterns; i++) {
        p = &set->patterns[i];
        key_number(out, p->kind);
        key_number(out, p->flags);
        key_span(out, p->kind == API_PREFILTER_RX ? p->text : API_SPAN(""));
        key_number(out, p->nphrases);

        for (j = 0; j < p->nphrases; j++) {
            key_span(out, p->phrases[j]);
        }
    }
}


int
api_prefilter_key(const api_prefilter_set_t *set, const api_alloc_t *alloc,
    char key[API_PREFILTER_KEY])
{
    void     *text;
    uint64_t  sum[2];
    key_out_t out;

    memset(&out, 0, sizeof(out));
    key_write(&out, set);

    text = alloc->alloc(alloc->ctx, out.len);

    if (text == NULL) {
        return API_NOMEM;
    }

    out.data = text;
    out.len = 0;
    key_write(&out, set);
    api_prefilter_sum(api_span(text, out.len), sum);

    if (alloc->free != NULL) {
        alloc->free(alloc->ctx, text);
    }

    snprintf(key, API_PREFILTER_KEY, "%016llx%016llx",
        (unsigned long long) sum[0], (unsigned long long) sum[1]);

    return API_OK;
}
