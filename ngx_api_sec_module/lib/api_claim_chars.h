/* The decoded bytes of a string token one by one, without memory; for the
   files of api_claim. */

#ifndef API_CLAIM_CHARS_H
#define API_CLAIM_CHARS_H

#include "api_claim.h"


typedef struct {
    const uint8_t *p;
    const uint8_t *e;
    uint8_t        buf[4]; /* of an escape */
    uint8_t        n;
    uint8_t        i;
} api_claim_chars_t;

api_claim_chars_t api_claim_chars(const api_json_t *doc, uint32_t tok);

/* The byte behind the escape at c->p, which stands behind its backslash; more
   of them in c->buf. */

int api_claim_unescape(api_claim_chars_t *c);

/* The next byte, -1 at the end. */

static inline int
api_claim_next(api_claim_chars_t *c)
{
    if (c->i < c->n) {
        return c->buf[c->i++];
    }

    if (c->p == c->e) {
        return -1;
    }

    return *c->p++ != '\\' ? c->p[-1] : api_claim_unescape(c);
}


#endif /* API_CLAIM_CHARS_H */
