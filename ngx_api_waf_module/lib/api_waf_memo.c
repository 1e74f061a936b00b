#include "api_waf_memo.h"


#define MEMO_WAYS 4
#define MEMO_USED 3 /* counted up to */

struct api_waf_memo_s {
    const api_alloc_t    *alloc;
    api_waf_hash_t        hash;
    uint32_t              mask; /* of sets */
    api_waf_memo_entry_t *entry;
};

_Static_assert(sizeof(api_waf_memo_entry_t) == 64, "one line of a cache");


int
api_waf_memo_create(api_waf_memo_t **memo, uint32_t entries, api_sipkey_t key,
    const api_alloc_t *alloc)
{
    size_t          size;
    api_waf_memo_t *m;

    m = alloc->alloc(alloc->ctx, sizeof(*m));

    if (m == NULL) {
        return API_NOMEM;
    }

    size = entries * sizeof(*m->entry);
    m->entry = alloc->alloc(alloc->ctx, size);

    if (m->entry == NULL) {
        if (alloc->free != NULL) {
            alloc->free(alloc->ctx, m);
        }

        return API_NOMEM;
    }

    memset(m->entry, 0, size);
    m->alloc = alloc;
    api_waf_hash_init(&m->hash, key);
    m->mask = entries / MEMO_WAYS - 1;
    *memo = m;

    return API_OK;
}


void
api_waf_memo_free(api_waf_memo_t *memo)
{
    if (memo != NULL && memo->alloc->free != NULL) {
        memo->alloc->free(memo->alloc->ctx, memo->entry);
        memo->alloc->free(memo->alloc->ctx, memo);
    }
}


api_sip128_t
api_waf_memo_key(const api_waf_memo_t *memo, api_span_t value, uint32_t who)
{
    return api_waf_hash(&memo->hash, value, who);
}


static bool
memo_is(const api_waf_memo_entry_t *e, api_sip128_t key)
{
    return e->key.lo == key.lo && e->key.hi == key.hi
           && e->state != API_WAF_MEMO_FREE;
}


/* The one of a set that was used least; all others have come closer to that. */

static api_waf_memo_entry_t *
memo_victim(api_waf_memo_entry_t *set)
{
    unsigned              i;
    api_waf_memo_entry_t *e;

    for (i = 0, e = set; i < MEMO_WAYS; i++) {
        if (set[i].state == API_WAF_MEMO_FREE) {
            return &set[i];
        }

        e = set[i].used < e->used ? &set[i] : e;
    }

    for (i = 0; e->used > 0 && i < MEMO_WAYS; i++) {
        set[i].used--;
    }

    return e;
}


api_waf_memo_entry_t *
api_waf_memo_find(api_waf_memo_t *memo, api_sip128_t key, uint32_t owner,
    api_waf_memo_entry_t **open)
{
    unsigned              i;
    api_waf_memo_entry_t *e, *set;

    set = &memo->entry[(size_t) (key.lo & memo->mask) * MEMO_WAYS];

    for (i = 0, e = NULL; i < MEMO_WAYS && e == NULL; i++) {
        e = memo_is(&set[i], key) ? &set[i] : NULL;
    }

    if (e != NULL && e->state == API_WAF_MEMO_KNOWN) {
        e->used = (uint8_t) (e->used + (e->used < MEMO_USED));
        return e;
    }

    e = e != NULL ? e : memo_victim(set);
    e->key = key;
    e->triggers = 0;
    e->owner = owner;
    e->state = API_WAF_MEMO_OPEN;
    e->used = 0;
    e->n = 0;
    e->secret = 0;
    *open = e;

    return NULL;
}


bool
api_waf_memo_own(
    const api_waf_memo_entry_t *e, api_sip128_t key, uint32_t owner)
{
    return memo_is(e, key) && e->state == API_WAF_MEMO_OPEN
           && e->owner == owner;
}


bool
api_waf_memo_add(api_waf_memo_entry_t *e, uint32_t bit)
{
    unsigned i;

    for (i = 0; i < e->n; i++) {
        if (e->bit[i] == bit) {
            return true;
        }
    }

    if (e->n == API_WAF_MEMO_BITS) {
        e->state = API_WAF_MEMO_FREE;
        return false;
    }

    e->bit[e->n++] = (uint16_t) bit;

    return true;
}


void
api_waf_memo_learn(api_waf_memo_entry_t *e, api_sip128_t key, uint32_t bit)
{
    unsigned i;

    if (!memo_is(e, key) || e->state != API_WAF_MEMO_KNOWN) {
        return;
    }

    for (i = 0; i < e->n; i++) {
        if (e->bit[i] == bit) {
            e->bit[i] = e->bit[--e->n];
            return;
        }
    }
}


/* Words in names of credentials, in order; the first, from 1 on, that begins
   with a letter; and the letters that are the second of those. */

static const char *const memo_words[] = { "assertion", "auth", "cookie",
    "credential", "csrf", "cvv", "key", "otp", "pass", "pwd", "secret",
    "session", "signature", "token" };

#define MEMO_WORDS (sizeof(memo_words) / sizeof(memo_words[0]))

static const uint8_t memo_first[256] = { ['A'] = 1,
    ['a'] = 1,
    ['C'] = 3,
    ['c'] = 3,
    ['K'] = 7,
    ['k'] = 7,
    ['O'] = 8,
    ['o'] = 8,
    ['P'] = 9,
    ['p'] = 9,
    ['S'] = 11,
    ['s'] = 11,
    ['T'] = 14,
    ['t'] = 14 };


#define MEMO_LETTER(c) (UINT32_C(1) << ((c) - 'a'))

static const uint32_t memo_second[MEMO_WORDS + 1] = {
    [1] = MEMO_LETTER('s') | MEMO_LETTER('u'),
    [3] = MEMO_LETTER('o') | MEMO_LETTER('r') | MEMO_LETTER('s')
          | MEMO_LETTER('v'),
    [7] = MEMO_LETTER('e'),
    [8] = MEMO_LETTER('t'),
    [9] = MEMO_LETTER('a') | MEMO_LETTER('w'),
    [11] = MEMO_LETTER('e') | MEMO_LETTER('i'),
    [14] = MEMO_LETTER('o'),
};


static bool
memo_word(const uint8_t *p, size_t n, const char *word)
{
    size_t i;

    for (i = 0; word[i] != '\0'; i++) {
        if (i == n || (p[i] | 0x20) != (uint8_t) word[i]) {
            return false;
        }
    }

    return true;
}


bool
api_waf_memo_secret(api_span_t name)
{
    size_t  i, k;
    uint8_t letter, next;

    for (i = 0; i + 1 < name.len; i++) {
        k = memo_first[name.data[i]];

        if (k == 0) {
            continue;
        }

        next = (uint8_t) ((name.data[i + 1] | 0x20) - 'a');

        if (next >= 26 || (memo_second[k] >> next & 1) == 0) {
            continue;
        }

        letter = name.data[i] | 0x20;

        for (k--; k < MEMO_WORDS && (uint8_t) memo_words[k][0] == letter; k++)
        {
            if (memo_word(name.data + i, name.len - i, memo_words[k])) {
                return true;
            }
        }
    }

    return false;
}
