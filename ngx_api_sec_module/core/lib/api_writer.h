/*
 * Writes one JSON text (RFC 8259) into a fixed buffer: audit events, problem
 * details, health.  No memory is taken, nothing is recursive.
 *
 *     api_writer_init(&w, buf, sizeof(buf));
 *     api_writer_object(&w);
 *     api_writer_name(&w, API_SPAN("status"));
 *     api_writer_int(&w, 403);
 *     api_writer_end(&w);
 *     rc = api_writer_done(&w, &text);
 *
 * A write that does not fit writes nothing and is remembered; from then on
 * every write but api_writer_rewind is ignored, so callers look once, at the
 * end.  Room for the brackets that are still to be closed is set aside all
 * the time.  To leave out what does not fit instead:
 *
 *     mark = api_writer_mark(&w);
 *     api_writer_name(&w, API_SPAN("agent"));
 *     api_writer_string(&w, agent);
 *     if (api_writer_full(&w)) {
 *         api_writer_rewind(&w, mark);
 *     }
 *
 * A call that JSON does not allow where it stands (a value where a name must
 * come, an end too many, a second top-level value) is a bug of the caller: it
 * is ignored, remembered, and answered by API_INTERNAL at the end.  That names
 * differ within an object is for the caller to see to.
 */

#ifndef API_WRITER_H
#define API_WRITER_H

#include "api_text.h"


#define API_WRITER_MAX_DEPTH 32

typedef struct {
    char    *start;
    char    *pos;
    char    *end; /* of what may be used now: reserves are behind it */
    size_t   reserved;
    uint32_t objects;   /* bit d: the container at depth d is an object */
    uint8_t  depth;     /* open containers */
    unsigned comma : 1; /* a value stands before, in this container */
    unsigned named : 1; /* a name stands before, its value must follow */
    unsigned full : 1;
    unsigned misused : 1;
} api_writer_t;


void api_writer_init(api_writer_t *w, char *buf, size_t size);

/* Containers; api_writer_end closes the innermost one. */

void api_writer_object(api_writer_t *w);
void api_writer_array(api_writer_t *w);
void api_writer_end(api_writer_t *w);

/* Name of the next member. */

void api_writer_name(api_writer_t *w, api_span_t name);

/* Values.  A span with data == NULL is the empty string. */

void api_writer_string(api_writer_t *w, api_span_t s);
void api_writer_int(api_writer_t *w, int64_t v);
void api_writer_uint(api_writer_t *w, uint64_t v);
void api_writer_bool(api_writer_t *w, bool v);
void api_writer_null(api_writer_t *w);

/*
 * The string s cut to at most max bytes of its own, and further to what fits
 * into the buffer; never within a character.  Returns false when something
 * was cut.  The buffer is full only when not even the two quotes fit.
 */

bool api_writer_cut(api_writer_t *w, api_span_t s, size_t max);

/* v / 10^decimals (at most 18) as a decimal fraction with exactly that many
   digits: (1500, 3) is 1.500.  Times and ratios without floating point. */

void api_writer_fixed(api_writer_t *w, int64_t v, unsigned decimals);

/* One JSON value that somebody has rendered before; copied unchecked. */

void api_writer_raw(api_writer_t *w, api_span_t json);


/* The whole state; a mark is good as long as the containers that were open
   when it was taken are. */

typedef api_writer_t api_writer_mark_t;

static inline api_writer_mark_t
api_writer_mark(const api_writer_t *w)
{
    return *w;
}

/* Take back all that was written since, and that it did not fit.  Misuse is
   not forgotten. */

void api_writer_rewind(api_writer_t *w, api_writer_mark_t mark);

static inline bool
api_writer_full(const api_writer_t *w)
{
    return w->full;
}

/* Bytes that may still be written. */

static inline size_t
api_writer_room(const api_writer_t *w)
{
    return (size_t) (w->end - w->pos);
}

/*
 * Go on in another buffer, for a text that is made in pieces: what was written
 * into the one before is returned, as part of the text.  Marks that were taken
 * before are void.  Not when w is full: rewind first.
 */

api_span_t api_writer_onward(api_writer_t *w, char *buf, size_t size);

/*
 * Set n bytes aside for what must be written later in any case (the buffer is
 * full when there are not so many), and give them back for that.  Reserves
 * add up; what was never set aside is not given back.
 */

void api_writer_reserve(api_writer_t *w, size_t n);
void api_writer_release(api_writer_t *w, size_t n);

/*
 * API_OK and the text; API_LIMIT when something did not fit; API_INTERNAL
 * after misuse, with containers open, or when nothing was written.  *out is
 * set in the first case only.
 */

int api_writer_done(const api_writer_t *w, api_span_t *out);


#endif /* API_WRITER_H */
