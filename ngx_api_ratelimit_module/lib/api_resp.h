/*
 * The protocol of Redis and Valkey (RESP2), by hiredis' reader and formatter,
 * without its connections: bytes in, bytes out.
 *
 * Only the replies that we ask for are understood: status, error, integer,
 * string, nil, and arrays of up to API_RESP_ITEMS integers.  Anything else, a
 * reply larger than API_RESP_MAX, or what is no RESP at all, ends the
 * connection: the reader takes no memory for what it was not promised.
 *
 * A reader belongs to one connection.  Not thread-safe.
 */

#ifndef API_RESP_H
#define API_RESP_H

#include "api_base.h"


#define API_RESP_ITEMS 256
#define API_RESP_TEXT 160
#define API_RESP_MAX 65536

typedef enum {
    API_RESP_STATUS = 1,
    API_RESP_ERROR,
    API_RESP_INTEGER,
    API_RESP_STRING,
    API_RESP_NIL,
    API_RESP_ARRAY
} api_resp_type_t;

typedef struct {
    api_resp_type_t type;
    int64_t         integer;
    uint32_t        text_len; /* of a status, error or string: what was kept */
    uint32_t        nitems;
    char            text[API_RESP_TEXT + 1]; /* with a NUL */
    int64_t         items[API_RESP_ITEMS];
} api_resp_reply_t;

typedef struct api_resp_s api_resp_t;

/* Memory is libc's, hiredis takes its own there.  NULL: none. */

api_resp_t *api_resp_create(void);
void        api_resp_free(api_resp_t *r); /* NULL is fine */

/* Bytes that came.  API_OK, API_LIMIT, API_NOMEM. */

int api_resp_feed(api_resp_t *r, api_span_t bytes, api_err_t *err);

/*
 * The next reply: API_OK and *done, or not *done when it is not all here yet.
 * API_SYNTAX or API_LIMIT: the connection is of no use any more.
 */

int api_resp_next(
    api_resp_t *r, api_resp_reply_t *reply, bool *done, api_err_t *err);


/* What to do about an error reply. */

typedef enum {
    API_RESP_A_FAIL = 0, /* count it; the batch is lost, the server lives */
    API_RESP_A_SCRIPT,   /* it does not know the script: send it again */
    API_RESP_A_WAIT,     /* it cannot serve now: as if it were not there */
    API_RESP_A_REFUSED   /* our credentials or rights: tell the operator */
} api_resp_action_t;

typedef struct {
    const char       *word; /* the first of the error */
    api_resp_action_t action;
    const char       *remedy; /* for the operator */
} api_resp_error_t;

/* Never NULL: an unknown one has the word "ERR". */

const api_resp_error_t *api_resp_error(const api_resp_reply_t *reply);


/*
 * A command of n words into out.  Returns its length; 0 when it does not fit
 * or there is no memory.
 */

size_t
api_resp_command(const api_span_t *words, uint32_t n, char *out, size_t size);

#define API_RESP_WORDS 1024 /* in a command, at most */


#endif /* API_RESP_H */
