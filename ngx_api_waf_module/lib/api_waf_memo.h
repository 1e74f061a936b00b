/*
 * What is known of values that were seen before: their triggers, and which
 * rules are still to be tried on them.
 *
 * Values of requests to an API come again: names of fields, most headers, words
 * out of small sets.  Whether a rule matches a value follows from its bytes and
 * from the rule alone, so what was once found out holds as long as the program
 * of rules.  An entry says what a scan has left of a value, as bits of rules;
 * a bit is taken away when its rule was tried and did not match.  What was not
 * tried stays, and what matches stays.
 *
 * The key of an entry is a keyed hash of 128 bits over the bytes, and over who
 * looks at them: no byte of a client is kept, and nobody who does not know the
 * key can make two values meet.  Entries stand in sets of four; one that came
 * again outlives those that did not, so that a flood of new values leaves what
 * is used.
 *
 * One owner at a time; not thread-safe.
 */

#ifndef API_WAF_MEMO_H
#define API_WAF_MEMO_H

#include "api_waf_hash.h"


#define API_WAF_MEMO_ENTRIES 8192
#define API_WAF_MEMO_VALUE 256 /* bytes of a value, at most */
#define API_WAF_MEMO_WHO 32767 /* who looks at it, at most */
#define API_WAF_MEMO_BITS 16   /* of rules; a value with more is not kept */

typedef enum {
    API_WAF_MEMO_FREE = 0,
    API_WAF_MEMO_OPEN, /* somebody scans it */
    API_WAF_MEMO_KNOWN
} api_waf_memo_state_t;

typedef struct {
    api_sip128_t key;
    uint64_t     triggers;
    uint32_t     owner; /* of an OPEN one: who scans it */
    uint8_t      state;
    uint8_t      used; /* how often it came again, up to 3 */
    uint8_t      n;
    uint8_t      secret; /* of a name: api_waf_memo_secret */
    uint16_t     bit[API_WAF_MEMO_BITS];
} api_waf_memo_entry_t;

typedef struct api_waf_memo_s api_waf_memo_t;

/* entries: a power of two, at least 4; 64 bytes each.  key is random and
   secret.  API_OK or API_NOMEM. */

int  api_waf_memo_create(api_waf_memo_t **memo, uint32_t entries,
     api_sipkey_t key, const api_alloc_t *alloc);
void api_waf_memo_free(api_waf_memo_t *memo); /* NULL is fine */

/* Of the bytes, and the number of who looks at them: api_waf_hash.h. */

api_sip128_t
api_waf_memo_key(const api_waf_memo_t *memo, api_span_t value, uint32_t who);

/* The known entry of a key.  NULL: there is none; then *open is one of its own
   for `owner`, which scans the value, adds its bits and says that it is known,
   if it is still its own by then: others may take an OPEN one over. */

api_waf_memo_entry_t *api_waf_memo_find(api_waf_memo_t *memo, api_sip128_t key,
    uint32_t owner, api_waf_memo_entry_t **open);

/* An open one, of that owner. */

bool api_waf_memo_own(
    const api_waf_memo_entry_t *e, api_sip128_t key, uint32_t owner);

/* A bit of an open one; false: it has too many, and is free again. */

bool api_waf_memo_add(api_waf_memo_entry_t *e, uint32_t bit);

/* The rule of that bit was tried, and does not match: of an entry that may be
   another one's by now. */

void
api_waf_memo_learn(api_waf_memo_entry_t *e, api_sip128_t key, uint32_t bit);

/* A field of this name holds what nobody should be able to ask about, not even
   by how long an answer takes: credentials.  Looks for words in it. */

bool api_waf_memo_secret(api_span_t name);


#endif /* API_WAF_MEMO_H */
