#include "api_seclang_int.h"


#define API_SECLANG_SLOTS_FIRST 256

static uint8_t
api_waf_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t) (c | 0x20) : c;
}


uint32_t
api_waf_name_hash(api_span_t name)
{
    size_t   i;
    uint32_t h;

    h = 2166136261u;

    for (i = 0; i < name.len; i++) {
        h = (h ^ api_waf_lower(name.data[i])) * 16777619u;
    }

    return h;
}


uint32_t
api_waf_slot_find(const api_waf_program_t *p, api_span_t name)
{
    uint32_t              i, hash;
    const api_waf_slot_t *slot;

    hash = api_waf_name_hash(name);

    for (i = hash & p->mask; p->table[i]; i = (i + 1) & p->mask) {
        slot = &p->slot[p->table[i] - 1];

        if (slot->hash == hash && api_span_eq_nocase(slot->name, name)) {
            return p->table[i] - 1;
        }
    }

    return API_WAF_NONE;
}


/* Twice the table, with all that was in it. */

static int
api_seclang_slots_grow(api_seclang_t *s)
{
    uint32_t  i, k, mask;
    uint32_t *table;

    mask = s->slot_table ? s->slot_mask * 2 + 1 : API_SECLANG_SLOTS_FIRST - 1;
    table = api_arena_calloc(&s->arena, (size_t) mask + 1, sizeof(*table));

    if (table == NULL) {
        return api_seclang_nomem(s);
    }

    for (k = 0; k < s->slots.n; k++) {
        i = API_VEC(api_waf_slot_t, s->slots, k)->hash & mask;

        while (table[i]) {
            i = (i + 1) & mask;
        }

        table[i] = k + 1;
    }

    s->slot_table = table;
    s->slot_mask = mask;

    return API_OK;
}


int
api_seclang_slot(api_seclang_t *s, api_span_t name, uint32_t *slot)
{
    uint32_t        i, hash;
    api_waf_slot_t *item;

    if ((s->slot_table == NULL || s->slots.n * 2 > s->slot_mask)
        && api_seclang_slots_grow(s) != API_OK)
    {
        return API_NOMEM;
    }

    hash = api_waf_name_hash(name);

    for (i = hash & s->slot_mask; s->slot_table[i]; i = (i + 1) & s->slot_mask)
    {
        item = API_VEC(api_waf_slot_t, s->slots, s->slot_table[i] - 1);

        if (item->hash == hash && api_span_eq_nocase(item->name, name)) {
            *slot = s->slot_table[i] - 1;
            return API_OK;
        }
    }

    item = api_vec_push(&s->arena, &s->slots, sizeof(*item));

    if (item == NULL) {
        return api_seclang_nomem(s);
    }

    item->name = name;
    item->hash = hash;
    s->slot_table[i] = s->slots.n;
    *slot = s->slots.n - 1;

    return API_OK;
}


/* TX names that the engine itself knows; those of captures come first. */

static const char *const api_seclang_known[] = {
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
    [API_WAF_SLOT_IN] = "anomaly_score",
    "inbound_anomaly_score",
    "blocking_inbound_anomaly_score",
    "detection_inbound_anomaly_score",
    [API_WAF_SLOT_IN_PARTS] = "anomaly_score_pl1",
    "anomaly_score_pl2",
    "anomaly_score_pl3",
    "anomaly_score_pl4",
    "inbound_anomaly_score_pl1",
    "inbound_anomaly_score_pl2",
    "inbound_anomaly_score_pl3",
    "inbound_anomaly_score_pl4",
    [API_WAF_SLOT_OUT] = "outbound_anomaly_score",
    "blocking_outbound_anomaly_score",
    "detection_outbound_anomaly_score",
    [API_WAF_SLOT_OUT_PARTS] = "outbound_anomaly_score_pl1",
    "outbound_anomaly_score_pl2",
    "outbound_anomaly_score_pl3",
    "outbound_anomaly_score_pl4",
    [API_WAF_SLOT_LEVELS] = "paranoia_level",
    "executing_paranoia_level",
    "blocking_paranoia_level",
    "detection_paranoia_level",
    "inbound_anomaly_score_threshold",
    "outbound_anomaly_score_threshold",
    "MSC_PCRE_LIMITS_EXCEEDED",
};


int
api_seclang_known_slots(api_seclang_t *s)
{
    int      rc;
    size_t   i;
    uint32_t slot;

    rc = API_OK;

    for (i = 0; i < sizeof(api_seclang_known) / sizeof(api_seclang_known[0])
                && rc == API_OK;
         i++)
    {
        rc = api_seclang_slot(s,
            api_span(api_seclang_known[i], strlen(api_seclang_known[i])),
            &slot);
    }

    return rc;
}


int
api_seclang_member(
    api_seclang_t *s, api_span_t text, api_waf_var_t *var, api_span_t *name)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] == '.' || text.data[i] == ':') {
            break;
        }
    }

    *name = i < text.len ? api_span(text.data + i + 1, text.len - i - 1)
                         : (api_span_t){ NULL, 0 };
    *var = api_waf_var_find(api_span(text.data, i));

    if (*var == API_WAF_NVARS) {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_VARIABLE,
            "there is no variable \"%.*s\"; "
            "write one of docs/guide/waf-seclang.md",
            API_SECLANG_SHOW(text));
    }

    if (name->data && api_waf_var_kind(*var) == API_WAF_K_SCALAR) {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_VARIABLE,
            "%s is one value and has no members; write it without \"%.*s\"",
            api_waf_var_name(*var).data, API_SECLANG_SHOW(*name));
    }

    s->settings.full_request |=
        *var == API_WAF_FULL_REQUEST || *var == API_WAF_FULL_REQUEST_LENGTH;
    s->settings.duration |= *var == API_WAF_DURATION;
    s->settings.unpacked |=
        *var == API_WAF_ARGS_UNPACKED || *var == API_WAF_ARGS_UNPACKED_NAMES;

    return API_OK;
}


/* Length of the macro that text begins with, 0: it begins with none. */

static size_t
api_seclang_macro_len(api_span_t text)
{
    const uint8_t *p;

    if (text.len < 2 || text.data[0] != '%' || text.data[1] != '{') {
        return 0;
    }

    p = memchr(text.data, '}', text.len);

    return p ? (size_t) (p - text.data) + 1 : SIZE_MAX;
}


static int
api_seclang_piece(
    api_seclang_t *s, api_vec_t *pieces, api_span_t text, bool macro)
{
    int              rc;
    api_waf_piece_t *piece;

    if (text.len == 0) {
        return API_OK;
    }

    piece = api_vec_push(&s->arena, pieces, sizeof(*piece));

    if (piece == NULL) {
        return api_seclang_nomem(s);
    }

    piece->var = API_WAF_NVARS;
    piece->text = text;
    piece->slot = API_WAF_NONE;

    if (!macro) {
        return API_OK;
    }

    rc = api_seclang_member(s, text, &piece->var, &piece->text);

    if (rc == API_OK && piece->var == API_WAF_TX && piece->text.len) {
        rc = api_seclang_slot(s, piece->text, &piece->slot);
    }

    return rc;
}


int
api_seclang_macro(api_seclang_t *s, api_span_t text, api_waf_text_t *out)
{
    int       rc;
    bool      escaped, any;
    size_t    i, len, from;
    api_vec_t pieces = { NULL, 0, 0 };

    out->text = text;
    out->piece = NULL;
    out->n = 0;

    rc = API_OK;
    any = false;
    escaped = false;
    from = 0;

    for (i = 0; i < text.len && rc == API_OK;) {
        len = escaped ? 0
                      : api_seclang_macro_len(
                          api_span(text.data + i, text.len - i));

        if (len == SIZE_MAX) {
            return api_seclang_fail(s, API_SYNTAX, API_SECLANG_E_MACRO,
                "a macro is not closed; write %%{NAME}");
        }

        if (len == 0) {
            escaped = text.data[i++] == '\\' && !escaped;
            continue;
        }

        any = true;
        rc = api_seclang_piece(
            s, &pieces, api_span(text.data + from, i - from), false);

        if (rc == API_OK) {
            rc = api_seclang_piece(
                s, &pieces, api_span(text.data + i + 2, len - 3), true);
        }

        i += len;
        from = i;
    }

    if (rc != API_OK || !any) {
        return rc;
    }

    rc = api_seclang_piece(
        s, &pieces, api_span(text.data + from, text.len - from), false);

    if (pieces.n > API_WAF_PIECES) {
        return api_seclang_fail(s, API_LIMIT, API_SECLANG_E_MACRO,
            "more than %u macros and texts between them",
            (unsigned) API_WAF_PIECES);
    }

    out->piece = pieces.items;
    out->n = pieces.n;

    return rc;
}
