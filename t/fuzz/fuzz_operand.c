/*
 * Input: TEXT, LF, JSON.  What two members of the JSON, and the text, are to
 * each other: equality is symmetric, agrees with the decoded bytes, never
 * holds between types, and an element is in its list.
 */

#include "api_operand.h"
#include "fuzz.h"


static const api_sipkey_t seed = { 61, 62 };


/* What equality comes down to, in the slowest way. */

static bool
same(const api_operand_t *a, const api_operand_t *b, api_arena_t *arena)
{
    int        i;
    bool       digits[2];
    api_span_t s[2];

    const api_operand_t *const v[2] = { a, b };

    for (i = 0; i < 2; i++) {
        digits[i] = false;

        if (v[i]->doc == NULL) {
            s[i] = v[i]->text;
            continue;
        }

        if (v[i]->tok == API_JSON_NONE) {
            return false;
        }

        if (v[i]->doc->tok[v[i]->tok].type == API_JSON_INT) {
            s[i] = api_json_raw(v[i]->doc, v[i]->tok);
            digits[i] = true;
            continue;
        }

        if (v[i]->doc->tok[v[i]->tok].type != API_JSON_STRING) {
            return false;
        }

        MUST(api_json_string(v[i]->doc, v[i]->tok, arena, &s[i]) == API_OK);
    }

    if (a->doc && b->doc && digits[0] != digits[1]) {
        return false;
    }

    return s[0].len && api_span_eq(s[0], s[1]);
}


static void
check(const api_operand_t *a, const api_operand_t *b, api_arena_t *arena)
{
    bool equal;

    equal = api_operand_equal(a, b);

    MUST(equal == api_operand_equal(b, a));
    MUST(equal == same(a, b, arena));
    MUST(!equal || (api_operand_exists(a) && api_operand_exists(b)));
}


static void
check_text(api_span_t text, api_span_t value)
{
    int           op;
    bool          r[API_CLAIM_NOPS];
    api_operand_t v;

    v = api_operand_text(text);

    for (op = 0; op < API_CLAIM_NOPS; op++) {
        r[op] = api_operand_test(&v, (api_claim_op_t) op, &value, 1);
        MUST(!r[op] || text.len);
    }

    MUST(text.len == 0 || r[API_CLAIM_EQ] == !r[API_CLAIM_NE]);
    MUST(r[API_CLAIM_EQ] == r[API_CLAIM_IN]);
    MUST(r[API_CLAIM_ANY] == r[API_CLAIM_CONTAINS]);
    MUST(!(r[API_CLAIM_GT] && r[API_CLAIM_LE]));
    MUST(!r[API_CLAIM_MATCH]);

    MUST(api_operand_alike(text, text));
    (void) api_operand_ambiguous(text);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t       i, n;
    api_json_t     doc;
    api_span_t     text, json;
    api_arena_t    arena;
    const uint8_t *nl;
    api_operand_t  v, w, t;

    nl = size ? memchr(data, '\n', size) : NULL;
    text = api_span(data, nl ? (size_t) (nl - data) : size);
    json = nl ? api_span(nl + 1, size - text.len - 1) : api_span(NULL, 0);

    check_text(text, json);
    t = api_operand_text(text);

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    if (api_json_parse(&doc, json, NULL, 0, seed, &arena, NULL) == API_OK) {

        for (i = 0; i < doc.ntok && i < 64; i++) {
            v = api_operand_claim(&doc, i);

            if (doc.tok[i].type == API_JSON_NAME) {
                continue;
            }

            check(&v, &t, &arena);

            for (n = i + 1; n < doc.ntok && n < i + 8; n++) {
                w = api_operand_claim(&doc, n);

                if (doc.tok[n].type != API_JSON_NAME) {
                    check(&v, &w, &arena);
                }
            }

            if (doc.tok[i].type == API_JSON_ARRAY && doc.tok[i].len) {
                w = api_operand_claim(&doc, i + 1);
                MUST(api_operand_in(&w, &v) >= api_operand_equal(&w, &w));
            }
        }
    }

    api_arena_free(&arena);

    return 0;
}
