/*
 * What may be said of a request in a log: words that name things of the API
 * stay, what looks like somebody's number, name or secret is replaced by a
 * pseudonym, "~" and 16 hexadecimal digits.
 *
 * A pseudonym is SipHash-2-4 under a key of the installation: the same value
 * gives the same one, so events about an object can be joined, and without
 * the key nobody can try values.
 *
 * A word stays when it is at most 32 bytes of letters, '-', '_' and '.', with
 * not more than two changes from lower to upper case behind the first letter
 * (orders, list-items, createOrder, index.html); or a version (v1, v2.1).
 * Everything else goes: digits, '@', '%', '=', bytes outside ASCII.
 *
 * Pure functions; thread-safe.
 */

#ifndef API_REDACT_H
#define API_REDACT_H

#include "api_siphash.h"


#define API_REDACT_PSEUDONYM 17 /* bytes of one */

bool api_redact_word(api_span_t s);

/* A name of a query parameter or the like: a word, also with the characters
   [ ] : $, and up to four digits if it has at most 15 bytes. */

bool api_redact_name(api_span_t s);

/* "~0123456789abcdef" of s to out. */

void api_redact_pseudonym(
    api_sipkey_t key, api_span_t s, char out[API_REDACT_PSEUDONYM]);

/*
 * The path (without query), segment by segment, to out.  Bit i of *masked is
 * set when segment i (from 0; 31: that one or a later one) was replaced.
 * Ends before the first segment that does not fit into size bytes.  Returns
 * the length.
 */

size_t api_redact_path(api_sipkey_t key, api_span_t path, char *out,
    size_t size, uint32_t *masked);

/*
 * The template of a path ("/orders/{id}") with the values of its parameters,
 * in its order, replaced by pseudonyms; *masked has a bit for each of them.
 */

size_t api_redact_template(api_sipkey_t key, api_span_t tmpl,
    const api_span_t *values, uint32_t n, char *out, size_t size,
    uint32_t *masked);

/*
 * The host name: labels that are no words are replaced; those of up to 12
 * bytes may have two digits behind the first byte.  An IPv4 address stays.
 * *masked as above.
 */

size_t api_redact_host(api_sipkey_t key, api_span_t host, char *out,
    size_t size, uint32_t *masked);

/*
 * The products of a User-Agent ("curl/7.88.1"), at most three, with one space
 * between them: a name of letters and '-' of up to 24 bytes, a version of up
 * to four numbers of up to four digits.  *masked is 1 when something was left
 * out that is no comment in parentheses.
 */

size_t
api_redact_agent(api_span_t agent, char *out, size_t size, uint32_t *masked);

/*
 * A line of ours that may quote a client: words between blanks that look like
 * somebody's become "~".  These are words with a '@' or '%', with nine digits
 * or more, with three digits and more than 24 bytes, longer than 64 bytes or
 * with bytes outside ASCII, or of whose pieces (between / = , ; ( ) and quotes)
 * one has digits and is neither a number of up to eight nor a name; and runs of nine digits or more with single blanks
 * or dashes between them.  Returns the length, at most s.len and size.
 */

size_t api_redact_line(api_span_t s, char *out, size_t size);


#endif /* API_REDACT_H */
