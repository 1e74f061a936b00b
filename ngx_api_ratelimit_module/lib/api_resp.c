#include "api_resp.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>


struct api_resp_s {
    redisReader      *reader;
    api_resp_reply_t *reply; /* being read into */
    size_t            held;  /* bytes fed since the last whole reply */
    bool              over;  /* an array that we do not take */
};


/* The reader wants an object for each value; ours is always the same. */

static void *
api_resp_object(const redisReadTask *task)
{
    return task->privdata;
}


static void *
api_resp_refuse(const redisReadTask *task)
{
    ((api_resp_t *) task->privdata)->over = true;

    return NULL;
}


static void *
api_resp_on_string(const redisReadTask *task, char *s, size_t len)
{
    api_resp_t       *r;
    api_resp_reply_t *to;

    r = task->privdata;
    to = r->reply;

    if (task->parent) {
        return api_resp_refuse(task);
    }

    to->type = task->type == REDIS_REPLY_ERROR    ? API_RESP_ERROR
               : task->type == REDIS_REPLY_STATUS ? API_RESP_STATUS
                                                  : API_RESP_STRING;
    to->text_len = (uint32_t) (len < API_RESP_TEXT ? len : API_RESP_TEXT);
    memcpy(to->text, s, to->text_len);
    to->text[to->text_len] = '\0';

    return api_resp_object(task);
}


static void *
api_resp_on_array(const redisReadTask *task, int elements)
{
    api_resp_t *r;

    r = task->privdata;

    if (task->parent || elements < 0 || elements > API_RESP_ITEMS) {
        return api_resp_refuse(task);
    }

    r->reply->type = API_RESP_ARRAY;

    return api_resp_object(task);
}


static void *
api_resp_on_integer(const redisReadTask *task, long long value)
{
    api_resp_t *r;

    r = task->privdata;

    if (task->parent == NULL) {
        r->reply->type = API_RESP_INTEGER;
        r->reply->integer = value;

    } else if (task->idx >= 0 && task->idx < API_RESP_ITEMS) {
        r->reply->items[task->idx] = value;
        r->reply->nitems = (uint32_t) task->idx + 1;
    }

    return api_resp_object(task);
}


static void *
api_resp_on_nil(const redisReadTask *task)
{
    if (task->parent) {
        return api_resp_refuse(task);
    }

    ((api_resp_t *) task->privdata)->reply->type = API_RESP_NIL;

    return api_resp_object(task);
}


static void
api_resp_on_free(void *object)
{
    (void) object;
}


static redisReplyObjectFunctions api_resp_functions = {
    .createString = api_resp_on_string,
    .createArray = api_resp_on_array,
    .createInteger = api_resp_on_integer,
    .createNil = api_resp_on_nil,
    .freeObject = api_resp_on_free,
};


api_resp_t *
api_resp_create(void)
{
    api_resp_t *r;

    r = calloc(1, sizeof(*r));
    if (r == NULL) {
        return NULL;
    }

    r->reader = redisReaderCreateWithFunctions(&api_resp_functions);

    if (r->reader == NULL) {
        free(r);
        return NULL;
    }

    r->reader->privdata = r;

    return r;
}


void
api_resp_free(api_resp_t *r)
{
    if (r) {
        redisReaderFree(r->reader);
        free(r);
    }
}


int
api_resp_feed(api_resp_t *r, api_span_t bytes, api_err_t *err)
{
    if (r->held + bytes.len > API_RESP_MAX) {
        return api_fail(err, API_LIMIT, 0, r->held,
            "a reply of more than %d bytes", API_RESP_MAX);
    }

    r->held += bytes.len;

    if (redisReaderFeed(r->reader, (const char *) bytes.data, bytes.len)
        != REDIS_OK)
    {
        return api_fail(err, API_NOMEM, 0, 0, "no memory for a reply");
    }

    return API_OK;
}


int
api_resp_next(
    api_resp_t *r, api_resp_reply_t *reply, bool *done, api_err_t *err)
{
    void *got;

    r->reply = reply;
    reply->nitems = 0;
    reply->text_len = 0;
    reply->text[0] = '\0';
    got = NULL;
    *done = false;

    if (redisReaderGetReply(r->reader, &got) != REDIS_OK) {
        if (r->over) {
            return api_fail(err, API_LIMIT, 0, 0,
                "a reply that is none of what was asked for");
        }

        return api_fail(err, API_SYNTAX, 0, 0, "%s", r->reader->errstr);
    }

    if (got) {
        *done = true;
        r->held = r->reader->len - r->reader->pos;
    }

    return API_OK;
}


static const api_resp_error_t api_resp_errors[] = {
    { "NOSCRIPT", API_RESP_A_SCRIPT, "none: the script is sent again" },
    { "NOAUTH", API_RESP_A_REFUSED, "set password= (and a user in the URL)" },
    { "WRONGPASS", API_RESP_A_REFUSED, "correct the user or password=" },
    { "NOPERM", API_RESP_A_REFUSED,
        "allow the user +eval +evalsha +script|load +time +get +set and the "
        "keys of prefix=" },
    { "LOADING", API_RESP_A_WAIT, "none: it is reading its data" },
    { "BUSY", API_RESP_A_WAIT, "look for a script that runs too long" },
    { "MISCONF", API_RESP_A_WAIT, "look why the server cannot save" },
    { "OOM", API_RESP_A_WAIT,
        "give it memory, or maxmemory-policy "
        "volatile-ttl" },
    { "READONLY", API_RESP_A_WAIT, "name the master, not a replica" },
    { "MASTERDOWN", API_RESP_A_WAIT, "name a server that has its master" },
    { "NOREPLICAS", API_RESP_A_WAIT, "look at min-replicas-to-write" },
    { "MOVED", API_RESP_A_REFUSED, "name a standalone server" },
    { "ASK", API_RESP_A_REFUSED, "name a standalone server" },
    { "CROSSSLOT", API_RESP_A_REFUSED, "name a standalone server" },
    { "CLUSTERDOWN", API_RESP_A_WAIT, "name a standalone server" },
    { "ERR", API_RESP_A_FAIL, "see the text of the server" },
};

#define API_RESP_NERRORS (sizeof(api_resp_errors) / sizeof(api_resp_errors[0]))


const api_resp_error_t *
api_resp_error(const api_resp_reply_t *reply)
{
    size_t i, len;

    for (i = 0; i < API_RESP_NERRORS; i++) {
        len = strlen(api_resp_errors[i].word);

        if (strncmp(reply->text, api_resp_errors[i].word, len) == 0
            && (reply->text[len] == ' ' || reply->text[len] == '\0'))
        {
            return &api_resp_errors[i];
        }
    }

    return &api_resp_errors[API_RESP_NERRORS - 1];
}


size_t
api_resp_command(const api_span_t *words, uint32_t n, char *out, size_t size)
{
    int         len;
    char       *text;
    size_t      lens[API_RESP_WORDS];
    uint32_t    i;
    const char *argv[API_RESP_WORDS];

    if (n == 0 || n > API_RESP_WORDS) {
        return 0;
    }

    for (i = 0; i < n; i++) {
        argv[i] = words[i].len ? (const char *) words[i].data : "";
        lens[i] = words[i].len;
    }

    len = (int) redisFormatCommandArgv(&text, (int) n, argv, lens);

    if (len <= 0) {
        return 0;
    }

    if ((size_t) len <= size) {
        memcpy(out, text, (size_t) len);

    } else {
        len = 0;
    }

    redisFreeCommand(text);

    return (size_t) len;
}
