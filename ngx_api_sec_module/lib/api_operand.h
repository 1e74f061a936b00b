/*
 * Values that a rule compares: a claim, which has a type, or text, which is
 * what everything else in a request is.
 *
 * Nothing is converted on the way to an equality that decides about objects
 * (api_operand_equal): two values are the same when they are spelled the same.
 */

#ifndef API_OPERAND_H
#define API_OPERAND_H

#include "api_claim.h"


typedef struct {
    const api_json_t *doc; /* NULL: text */
    uint32_t          tok;
    api_span_t        text;
} api_operand_t;

static inline api_operand_t
api_operand_text(api_span_t text)
{
    return (api_operand_t){ NULL, API_JSON_NONE, text };
}

static inline api_operand_t
api_operand_claim(const api_json_t *doc, uint32_t tok)
{
    return (api_operand_t){ doc, tok, { NULL, 0 } };
}

/* Is there anything?  Empty text, an empty string, null and an absent claim
   are nothing. */

bool api_operand_exists(const api_operand_t *v);

/*
 * Exact and by type:
 *
 *   text = text      the same bytes
 *   text = string    the same bytes, the claim decoded
 *   text = integer   the text is the number's digits as they stand in the
 *                    claim: 5 is not 05, 5.0, +5 or 5e0
 *   claim = claim    two strings with the same decoded bytes; two integers
 *                    with the same digits
 *
 * Nothing else is equal to anything: no real number, no boolean, no array,
 * no object, nothing that does not exist.  No memory is taken.
 */

bool api_operand_equal(const api_operand_t *a, const api_operand_t *b);

/* Is v equal to an element of the array that the claim `list` is? */

bool api_operand_in(const api_operand_t *v, const api_operand_t *list);

/*
 * The tests of api_claim.h on either.  Text is tested as a string claim is,
 * but empty text fails every test, and the orders compare text that is a JSON
 * number.  API_CLAIM_MATCH is always false here.
 */

bool api_operand_test(const api_operand_t *v, api_claim_op_t op,
    const api_span_t *values, size_t nvalues);

/*
 * Client text that somebody behind us may read as another: an escape that is
 * left after decoding once (%41, %u0041), NUL or another control character, bytes
 * that are not UTF-8.
 */

bool api_operand_ambiguous(api_span_t text);

/*
 * May some framework take a parameter of this name for `name`?  Case, ". _-"
 * and blanks put aside, blanks in front and [...] behind.  True for name
 * itself.
 */

bool api_operand_alike(api_span_t other, api_span_t name);


#endif /* API_OPERAND_H */
