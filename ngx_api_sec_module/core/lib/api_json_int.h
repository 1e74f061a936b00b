/*
 * What the files of the JSON parser share; nobody else includes this, but
 * the tests that count work.
 */

#ifndef API_JSON_INT_H
#define API_JSON_INT_H

#include "api_json.h"


/*
 * Names of one object that are compared hash by hash; an object with more
 * goes through a hash table.
 */

#define API_JSON_FEW 32

/* What the hash stack must have free for an object: its few hashes, and a
   store of four at the last of them. */

#define API_JSON_HASH_ROOM (API_JSON_FEW + 4)

/* Steps in the hash table after which an object's names are sorted instead. */

#define API_JSON_PROBES 64

/* Hashes that fit without asking the arena: a few levels of usual objects. */

#define API_JSON_HASHES 128

/* What s->closer is outside of all containers. */

#define API_JSON_NO_CLOSER 0x100

/* Flag of an open object: its names are sorted when it closes. */

#define API_JSON_F_SORT 0x80


/*
 * The state of one parse.  Open containers need no stack: the token of each
 * holds in u.next the index of the one around it (API_JSON_NONE: it is the
 * root) and in len what it counted so far, until it closes.
 */

typedef struct {
    const uint8_t *text;
    const uint8_t *end;

    api_json_tok_t *tok;
    api_json_tok_t *next;    /* where the next token goes */
    api_json_tok_t *tok_end; /* of the memory, or of the limit if less */
    api_json_tok_t *open;    /* innermost open container */
    uint32_t        level;   /* depth of the next token, API_JSON_LEVEL each */
    unsigned        closer;  /* bracket that closes `open` */
    bool            keep_nul; /* API_JSON_ALLOW_NUL */

    /* Before here 18 bytes can be read at once: a short token of up to 15
       bytes with its quote or sign, and the byte behind it. */

    const uint8_t *fast;
    uint32_t       short_name; /* 15, or the limit if less */

    /* The hashes of the first API_JSON_FEW names of each open object, those
       of the innermost on top; three zeros stand behind the top. */

    uint32_t *hash_top;
    uint32_t *hash;
    uint32_t *hash_end;

    /* Names of the open objects with more, by hash: token indices, 0 empty.
       May hold names of closed objects too. */

    uint32_t *slot;
    uint32_t  nslot; /* power of 2 in use; 0: no table yet */
    uint32_t  slot_cap;
    uint32_t  nused;

    api_json_limits_t limits;
    api_sipkey_t      key; /* from api_json_hash_key */
    api_arena_t      *arena;

    int            code; /* api_json_error_t */
    const uint8_t *at;
    uint64_t       work; /* steps spent on duplicate names; for tests */

    uint32_t hash_few[API_JSON_HASHES];
} api_json_parser_t;


/*
 * api_json_parse, which also adds to *work what looking for duplicate names
 * cost off the short path: slots visited, names compared.
 */

int api_json_parse_work(api_json_t *doc, api_span_t text,
    const api_json_limits_t *limits, unsigned flags, api_sipkey_t seed,
    api_arena_t *arena, api_err_t *err, uint64_t *work);

/* Parse into s->tok .. s->next, or until a fault; api_json_tape.c. */

void api_json_run(api_json_parser_t *s);

/* Note what is wrong at p; returns NULL, which ends the parse. */

const uint8_t *
api_json_fault(api_json_parser_t *s, api_json_error_t code, const uint8_t *p);

/* The report of a fault: class and text of api_json_error_t code. */

int api_json_report(api_err_t *err, int code, size_t pos);

/* Behind the number, or the literal, at p, with its token; NULL with the
   fault noted. */

const uint8_t *api_json_number(api_json_parser_t *s, const uint8_t *p);
const uint8_t *api_json_literal(api_json_parser_t *s, const uint8_t *p,
    const char *word, size_t len, api_json_type_t type);

/*
 * Duplicates, called with the name's token as the newest of s->open, whose
 * len counts it.  False with the fault noted.
 *
 * _suspect: a name among the few has the same hash; _many: there are
 * API_JSON_FEW before it; _sorted: the object with API_JSON_F_SORT closes.
 */

bool api_json_dup_suspect(api_json_parser_t *s);
bool api_json_dup_many(api_json_parser_t *s);
bool api_json_dup_sorted(api_json_parser_t *s);

/* Make room on the hash stack for the names of the object just opened. */

bool api_json_dup_room(api_json_parser_t *s);


/*
 * The closing quote of the string or name whose text begins at `start` and is
 * plain up to p; *flags gets API_JSON_F_ESCAPED and _NUL.  NULL with the
 * fault noted.
 */

const uint8_t *api_json_quote(api_json_parser_t *s, const uint8_t *start,
    const uint8_t *p, bool name, unsigned *flags);


/*
 * Text between quotes, already checked, as a row of decoded pieces: runs of
 * plain bytes and single decoded escapes.
 */

typedef struct {
    const uint8_t *p;
    const uint8_t *end;
    uint8_t        utf8[4];
} api_json_text_t;

/* False at the end; *piece is valid until the next call. */

bool api_json_piece(api_json_text_t *t, api_span_t *piece);

/* Byte order of the decoded texts, the shorter one first: < 0, 0, > 0. */

int api_json_text_cmp(api_json_text_t a, api_json_text_t b);

/* The hash of a text with escapes. */

uint32_t api_json_text_hash(api_sipkey_t key, api_json_text_t t);

static inline api_json_text_t
api_json_text(const uint8_t *text, const api_json_tok_t *t)
{
    return (api_json_text_t){ text + t->off, text + t->off + t->len, { 0 } };
}

/* Value of a hexadecimal digit, or -1. */

static inline int
api_json_hex(uint8_t c)
{
    unsigned d;

    d = c - (unsigned) '0';
    if (d < 10) {
        return (int) d;
    }

    d = (c | 0x20u) - (unsigned) 'a';

    return d < 6 ? (int) d + 10 : -1;
}


/* type, flags and depth of a token as one word, for a single store. */

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define API_JSON_LEVEL 1u
#define api_json_kind(type, flags) ((uint32_t) (type) << 24 | (flags) << 16)
#else
#define API_JSON_LEVEL 0x10000u
#define api_json_kind(type, flags) ((uint32_t) (type) | (flags) << 8)
#endif

/* The next token; there is room for it. */

static inline api_json_tok_t *
api_json_put(api_json_parser_t *s, const uint8_t *p, size_t len,
    api_json_type_t type, unsigned flags, uint32_t u)
{
    uint32_t        tail;
    api_json_tok_t *t;

    t = s->next++;
    t->off = (uint32_t) (p - s->text);
    t->len = (uint32_t) len;
    t->u.next = u;

    tail = s->level | api_json_kind(type, flags);
    memcpy((uint8_t *) t + offsetof(api_json_tok_t, type), &tail, 4);

    return t;
}


#endif /* API_JSON_INT_H */
