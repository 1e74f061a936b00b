#include "api_waf_scan_int.h"


bool
api_waf_scan_pair(api_waf_tx_t *tx, api_waf_scan_batch_t *b, uint32_t bit)
{
    uint32_t             room;
    api_waf_scan_pair_t *pairs;

    if (b->head == NULL) {
        room = tx->p->scan->bits;
        b->head = api_arena_alloc(tx->arena, room * sizeof(*b->head));

        if (b->head == NULL) {
            return api_waf_scan_nomem(tx);
        }

        memset(b->head, 0xff, room * sizeof(*b->head)); /* NONE */
    }

    if (b->npairs == b->pairs_room) {
        room = b->pairs_room * 2 + 64;
        pairs = api_arena_grow(tx->arena, b->pair,
            b->pairs_room * sizeof(*pairs), room * sizeof(*pairs));

        if (pairs == NULL) {
            return api_waf_scan_nomem(tx);
        }

        b->pair = pairs;
        b->pairs_room = room;
    }

    b->pair[b->npairs] = (api_waf_scan_pair_t){ b->n, bit, b->head[bit] };
    b->head[bit] = b->npairs++;
    tx->scan->live[bit / 64] |= UINT64_C(1) << (bit % 64);

    return true;
}


void
api_waf_scan_room(api_waf_tx_t *tx, api_waf_scan_batch_t *b, uint32_t n)
{
    uint32_t             room;
    api_waf_scan_seen_t *seen;

    if (tx->env->scan->memo == NULL || b->n + n > API_WAF_SCAN_SEEN
        || b->n + n <= b->seen_room || b->n > b->seen_room)
    {
        return; /* the last: there was no memory for some */
    }

    room = b->n + n + 32;
    seen = api_arena_grow(tx->arena, b->seen, b->seen_room * sizeof(*seen),
        room * sizeof(*seen));

    if (seen != NULL) {
        b->seen = seen;
        b->seen_room = room;
    }
}


/*
 * Nobody may find out by the time that an answer takes whether others have sent
 * something: credentials are not kept, nor what holds all that was sent.
 */

static bool
seen_secret(const api_waf_scan_batch_t *b, const api_waf_value_t *v)
{
    uint32_t name;

    switch (b->var) {
    case API_WAF_REQUEST_COOKIES:
    case API_WAF_QUERY_STRING:
    case API_WAF_REQUEST_BODY:
    case API_WAF_FULL_REQUEST:
    case API_WAF_RESPONSE_BODY:
    case API_WAF_ARGS_UNPACKED: /* of cookies and bodies, too */
    case API_WAF_XML:
    case API_WAF_FILES_TMP_CONTENT:
        return true;

    case API_WAF_REQUEST_URI:
    case API_WAF_REQUEST_URI_RAW:
    case API_WAF_REQUEST_LINE:
    case API_WAF_REQUEST_HEADERS:  /* Referer */
    case API_WAF_RESPONSE_HEADERS: /* Location */
        if (v->value.len > 0
            && memchr(v->value.data, '?', v->value.len) != NULL) {
            return true;
        }
        break;

    default:
        break;
    }

    if (b->base[b->var][1] == API_WAF_NONE) {
        return api_waf_memo_secret(v->name);
    }

    name = b->n - b->count[b->var];

    return b->seen[name].asked ? b->seen[name].secret
                               : api_waf_memo_secret(v->name);
}


/* A header is known with its name, for exclusions go by it: the key of that
   stands in front of the value. */

static api_sip128_t
seen_header(const api_waf_memo_t *memo, const api_waf_value_t *v, uint32_t who)
{
    uint8_t      text[sizeof(api_sip128_t) + API_WAF_MEMO_VALUE];
    api_sip128_t name;

    name = api_waf_memo_key(memo, v->name, who + API_WAF_MEMO_WHO + 1);
    memcpy(text, &name, sizeof(name));

    if (v->value.len > 0) {
        memcpy(text + sizeof(name), v->value.data, v->value.len);
    }

    return api_waf_memo_key(
        memo, api_span(text, sizeof(name) + v->value.len), who);
}


bool
api_waf_scan_known(api_waf_tx_t *tx, api_waf_scan_batch_t *b,
    const api_waf_scan_need_t *need, const api_waf_value_t *v, bool names,
    uint64_t *bits)
{
    bool                  header;
    uint32_t              i;
    api_span_t            value;
    api_waf_memo_t       *memo;
    api_waf_scan_seen_t  *seen;
    api_waf_memo_entry_t *e, *open;

    value = names ? v->name : v->value;
    header = !names && b->var == API_WAF_REQUEST_HEADERS;

    if (b->n >= b->seen_room || value.len > API_WAF_MEMO_VALUE
        || (header && v->name.len > API_WAF_MEMO_VALUE)
        || need->who > API_WAF_MEMO_WHO || (!names && seen_secret(b, v)))
    {
        return false;
    }

    memo = tx->env->scan->memo;
    seen = &b->seen[b->n];
    seen->key = header ? seen_header(memo, v, need->who)
                       : api_waf_memo_key(memo, value, need->who);
    e = api_waf_memo_find(memo, seen->key, b->owner, &open);

    if (e == NULL) {
        open->secret = names && api_waf_memo_secret(value);
        seen->entry = open;
        seen->open = true;
        seen->asked = true;
        seen->secret = open->secret;
        return false;
    }

    seen->entry = e;
    seen->asked = true;
    seen->secret = e->secret;
    *bits = e->triggers;

    for (i = 0; i < e->n && !tx->failure; i++) {
        (void) api_waf_scan_pair(tx, b, e->bit[i]);
    }

    return true;
}


/* The lengths of names, then what they are: as many as there may be together. */

static api_span_t
names_text(const api_waf_value_t *v, uint32_t *n,
    uint8_t text[API_WAF_SCAN_NAMES_BYTES])
{
    size_t         len, run;
    uint8_t       *p;
    uint32_t       i, k;
    const uint8_t *from;

    for (i = 0, len = 2 * (size_t) *n; i < *n; i++) {
        if (v[i].name.len > API_WAF_MEMO_VALUE
            || len + v[i].name.len > API_WAF_SCAN_NAMES_BYTES)
        {
            *n = i;
            break;
        }

        len += v[i].name.len;
    }

    for (i = 0, p = text; i < *n; i++) {
        *p++ = (uint8_t) v[i].name.len;
        *p++ = (uint8_t) (v[i].name.len >> 8);
    }

    /* most stand where the one before them ends */

    for (i = 0; i < *n; i = k) {
        from = v[i].name.data;
        run = v[i].name.len;

        for (k = i + 1; k < *n && from != NULL && v[k].name.data == from + run;
             k++) {
            run += v[k].name.len;
        }

        if (from != NULL && run > 0) {
            memcpy(p, from, run);
            p += run;
        }
    }

    return api_span(text, (size_t) (p - text));
}


uint32_t
api_waf_scan_names(
    api_waf_tx_t *tx, api_waf_scan_batch_t *b, const api_waf_scan_need_t *need)
{
    uint8_t               text[API_WAF_SCAN_NAMES_BYTES];
    uint32_t              i, n;
    api_waf_memo_t       *memo;
    api_waf_scan_names_t *names;
    api_waf_memo_entry_t *e;
    const api_waf_set_t  *set;

    names = &b->names;
    names->clean = false;
    n = b->count[b->var] - b->i;
    n = n < API_WAF_SCAN_NAMES ? n : API_WAF_SCAN_NAMES;
    names->end = b->i + n;

    if (n < API_WAF_SCAN_NAMES_LEAST || b->n + n > b->seen_room
        || need->who > API_WAF_MEMO_WHO)
    {
        return 0;
    }

    memo = tx->env->scan->memo;
    set = &tx->values->set[b->var];
    names->key = api_waf_memo_key(memo,
        names_text(&set->items[b->first[b->var] + b->i], &n, text),
        need->who + API_WAF_MEMO_WHO + 1);

    if (n < API_WAF_SCAN_NAMES_LEAST) {
        return 0;
    }

    e = api_waf_memo_find(memo, names->key, b->owner, &names->entry);

    if (e == NULL) {
        names->end = b->i + n;
        names->n = 0;
        names->secret = 0;
        names->clean = true;
        return 0;
    }

    names->end = b->i + n;

    for (i = 0; i < n; i++) {
        b->seen[b->n + i].entry = NULL;
        b->seen[b->n + i].open = false;
        b->seen[b->n + i].asked = true;
        b->seen[b->n + i].secret = e->triggers >> i & 1;
    }

    return n;
}


void
api_waf_scan_named(api_waf_scan_batch_t *b, bool known)
{
    api_waf_scan_names_t *names;

    names = &b->names;

    if (!names->clean) {
        return;
    }

    names->clean = known && b->seen[b->n].entry->n == 0;

    if (!names->clean) {
        return;
    }

    names->secret |= (uint64_t) b->seen[b->n].secret << names->n++;

    if (b->i + 1 == names->end
        && api_waf_memo_own(names->entry, names->key, b->owner))
    {
        names->entry->triggers = names->secret;
        names->entry->state = API_WAF_MEMO_KNOWN;
    }
}


/* The entry of a value of the batch, if it is open and still its own. */

static api_waf_memo_entry_t *
seen_open(const api_waf_scan_batch_t *b, uint32_t value)
{
    const api_waf_scan_seen_t *seen;

    seen = value < b->seen_room ? &b->seen[value] : NULL;

    return seen != NULL && seen->open
                   && api_waf_memo_own(seen->entry, seen->key, b->owner)
               ? seen->entry
               : NULL;
}


static void
seen_add(const api_waf_scan_batch_t *b, uint32_t value, uint32_t bit)
{
    api_waf_memo_entry_t *e;

    e = seen_open(b, value);

    if (e != NULL) {
        (void) api_waf_memo_add(e, bit);
    }
}


static void
seen_add_part(const api_waf_scan_batch_t *b, const api_waf_scan_part_t *part,
    uint32_t words)
{
    uint32_t        i, w;
    uint64_t        bits, set;
    const uint64_t *row;

    for (i = 0, row = part->hits.rows; i < words; i++) {
        for (bits = part->hits.bits[i]; bits != 0; bits &= bits - 1) {
            for (w = 0; w < part->hits.words; w++) {
                for (set = row[w]; set != 0; set &= set - 1) {
                    seen_add(b,
                        part->value[w * 64 + (uint32_t) __builtin_ctzll(set)],
                        i * 64 + (uint32_t) __builtin_ctzll(bits));
                }
            }

            row += part->hits.words;
        }
    }
}


void
api_waf_scan_keep(const api_waf_tx_t *tx, const api_waf_scan_batch_t *b)
{
    uint32_t                   i, n;
    api_waf_memo_entry_t      *e;
    const api_waf_scan_part_t *part;

    if (b->seen == NULL || tx->failure) {
        return;
    }

    for (part = b->parts; part != NULL; part = part->next) {
        if (part->hits.bits == NULL) {
            return; /* nothing is known of these */
        }
    }

    for (i = 0; i < b->npairs; i++) {
        seen_add(b, b->pair[i].value, b->pair[i].bit);
    }

    for (part = b->parts; part != NULL; part = part->next) {
        seen_add_part(b, part, (tx->p->scan->set.bits + 63) / 64);
    }

    n = b->n < b->seen_room ? b->n : b->seen_room;

    for (i = 0; i < n; i++) {
        e = b->seen[i].open ? seen_open(b, i) : NULL;

        if (e != NULL) {
            e->state = API_WAF_MEMO_KNOWN;
        }
    }
}


void
api_waf_scan_learn(const api_waf_tx_t *tx)
{
    const api_waf_scan_run_t  *run;
    const api_waf_scan_seen_t *seen;

    run = tx->scan;

    if (run->at == NULL || run->number >= run->at->seen_room) {
        return;
    }

    seen = &run->at->seen[run->number];

    if (seen->entry != NULL) {
        api_waf_memo_learn(seen->entry, seen->key, run->rule->bit);
    }
}
