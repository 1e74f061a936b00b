/*
 * Input: flags, an expression, a NUL, a subject.  What PCRE2 matches is a
 * candidate, and a search for the tree finds it, trimmed or not.
 */

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "api_prefilter_int.h"
#include "fuzz.h"


static pcre2_code *
compile(api_span_t text, uint32_t options)
{
    int    code;
    size_t offset;

    return pcre2_compile(text.data, text.len, options, &code, &offset, NULL);
}


/* 1, 0, or -1: beyond what a fuzzer has time for. */

static int
matches(const pcre2_code *re, api_span_t subject)
{
    int                  rc;
    pcre2_match_data    *match;
    pcre2_match_context *limits;

    match = pcre2_match_data_create(1, NULL);
    limits = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(limits, 20000);
    pcre2_set_heap_limit(limits, 1000);
    rc = pcre2_match(re, subject.data, subject.len, 0, 0, match, limits);
    pcre2_match_context_free(limits);
    pcre2_match_data_free(match);

    return rc >= 0 ? 1 : rc == PCRE2_ERROR_NOMATCH ? 0 : -1;
}


static void
check_tree(api_span_t text, unsigned flags, api_span_t subject)
{
    uint32_t       i;
    api_arena_t    arena;
    api_span_t     out;
    pcre2_code    *re;
    api_pattern_t *tree, *small;

    api_arena_init(&arena, &api_alloc_libc, 0, 64 << 20);

    if (api_pattern_parse(&tree, text, flags, &arena, NULL) == API_OK) {
        for (i = 0; i < 3; i++) {
            small = tree;

            if ((i > 0
                    && api_pattern_trim(&small, i == 1 ? 100 : 3, &arena)
                           != API_OK)
                || api_pattern_write(small, &arena, &out) != API_OK)
            {
                break;
            }

            MUST(!api_pattern_never(small));
            re = compile(out, PCRE2_MULTILINE);

            if (re != NULL) { /* too large, at times */
                MUST(matches(re, subject) != 0);
                pcre2_code_free(re);
            }
        }
    }

    api_arena_free(&arena);
}


static void
check_candidate(api_span_t text, unsigned flags, api_span_t subject, bool must)
{
    uint32_t                 zero;
    api_arena_t              arena;
    api_prefilter_t         *pf;
    api_prefilter_set_t      set;
    api_prefilter_text_t     values;
    api_prefilter_hits_t     hits;
    api_prefilter_group_t    group;
    api_prefilter_pattern_t  pattern;
    api_prefilter_scratch_t *scratch;

    memset(&pattern, 0, sizeof(pattern));
    memset(&set, 0, sizeof(set));
    zero = 0;
    pattern.text = text;
    pattern.flags = (uint8_t) flags;
    group.patterns = &zero;
    group.n = 1;
    set.patterns = &pattern;
    set.npatterns = 1;
    set.groups = &group;
    set.ngroups = 1;
    set.bits = 1;

    MUST(api_prefilter_create(&pf, &set, &api_alloc_libc, NULL) == API_OK);
    MUST(
        api_prefilter_scratch_create(&scratch, pf, &api_alloc_libc) == API_OK);

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    api_prefilter_text_init(&values, &arena);
    MUST(api_prefilter_text_add(&values, subject, NULL) == API_OK);
    MUST(api_prefilter_scan(pf, 0, &values, scratch, &hits) == API_OK);
    MUST(api_prefilter_candidate(&hits, 0, 0) || !must);

    api_arena_free(&arena);
    api_prefilter_scratch_free(scratch);
    api_prefilter_free(pf);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t         i;
    bool           hit;
    uint8_t        lower[512];
    unsigned       flags;
    api_span_t     text, subject, seen;
    pcre2_code    *re;
    const uint8_t *nul;

    if (size < 2 || size > 600) {
        return 0;
    }

    flags = data[0] & 3;
    nul = memchr(data + 1, 0, size - 1);

    if (nul == NULL) {
        return 0;
    }

    text = api_span(data + 1, (size_t) (nul - data - 1));
    subject = api_span(nul + 1, size - text.len - 2);

    if (subject.len > sizeof(lower)) {
        return 0;
    }

    for (i = 0; i < subject.len; i++) {
        lower[i] = subject.data[i];

        if ((flags & API_PREFILTER_LOWERCASE) && lower[i] >= 'A'
            && lower[i] <= 'Z') {
            lower[i] = (uint8_t) (lower[i] + 32);
        }
    }

    seen = api_span(lower, subject.len);
    re = compile(
        text, PCRE2_DOTALL | PCRE2_MULTILINE
                  | (flags & API_PREFILTER_CASELESS ? PCRE2_CASELESS : 0));
    hit = re != NULL && matches(re, seen) == 1;
    pcre2_code_free(re);

    if (hit) {
        check_tree(text, flags, subject);
    }

    check_candidate(text, flags, subject, hit);

    return 0;
}
