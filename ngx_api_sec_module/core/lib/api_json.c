#include "api_json_hash.h"


/* Tokens: 2^29 of them keep every index and table size within 32 bits. */

#define API_JSON_MAX_DEPTH UINT16_MAX
#define API_JSON_MAX_TOKENS (UINT32_C(1) << 29)


const api_json_limits_t api_json_limits_default = { .depth = 64,
    .tokens = 100000,
    .members = 10000,
    .name = 1024,
    .string = 1 << 20,
    .number = 100 };


const uint8_t *
api_json_fault(api_json_parser_t *s, api_json_error_t code, const uint8_t *p)
{
    s->code = (int) code;
    s->at = p;

    return NULL;
}


static void
api_json_start(api_json_parser_t *s, api_span_t text,
    const api_json_limits_t *limits, unsigned flags, api_sipkey_t seed,
    api_arena_t *arena)
{
    static const uint8_t nothing[1];

    s->text = text.len ? text.data : nothing;
    s->end = s->text + text.len;

    s->tok = NULL;
    s->next = NULL;
    s->tok_end = NULL;
    s->open = NULL;
    s->level = 0;
    s->closer = API_JSON_NO_CLOSER;
    s->keep_nul = (flags & API_JSON_ALLOW_NUL) != 0;

    s->hash = s->hash_few;
    s->hash_top = s->hash_few;
    s->hash_end = s->hash_few + API_JSON_HASHES;
    memset(s->hash_top, 0, 4 * sizeof(uint32_t));

    s->slot = NULL;
    s->nslot = 0;
    s->slot_cap = 0;
    s->nused = 0;

    s->limits = limits ? *limits : api_json_limits_default;

    if (s->limits.depth > API_JSON_MAX_DEPTH) {
        s->limits.depth = API_JSON_MAX_DEPTH;
    }

    if (s->limits.tokens > API_JSON_MAX_TOKENS) {
        s->limits.tokens = API_JSON_MAX_TOKENS;
    }

    s->short_name = s->limits.name < 15 ? s->limits.name : 15;
    s->fast = text.len >= 18 ? s->end - 17 : s->text;

    s->key = api_json_hash_key(seed);
    s->arena = arena;
    s->code = API_JSON_E_NONE;
    s->at = s->text;
    s->work = 0;
}


int
api_json_parse_work(api_json_t *doc, api_span_t text,
    const api_json_limits_t *limits, unsigned flags, api_sipkey_t seed,
    api_arena_t *arena, api_err_t *err, uint64_t *work)
{
    api_arena_mark_t  mark;
    api_json_parser_t s;

    if (text.len > UINT32_MAX) {
        return api_json_report(err, API_JSON_E_TEXT_LEN, UINT32_MAX);
    }

    mark = api_arena_mark(arena);

    api_json_start(&s, text, limits, flags, seed, arena);
    api_json_run(&s);

    *work += s.work;

    if (s.code != API_JSON_E_NONE) {
        api_arena_rewind(arena, mark);
        return api_json_report(err, s.code, (size_t) (s.at - s.text));
    }

    doc->text = s.text;
    doc->len = (uint32_t) text.len;
    doc->tok = s.tok;
    doc->ntok = (uint32_t) (s.next - s.tok);
    doc->seed = seed;

    return API_OK;
}


int
api_json_parse(api_json_t *doc, api_span_t text,
    const api_json_limits_t *limits, unsigned flags, api_sipkey_t seed,
    api_arena_t *arena, api_err_t *err)
{
    uint64_t work;

    work = 0;

    return api_json_parse_work(
        doc, text, limits, flags, seed, arena, err, &work);
}
