/* Replies of Redis: in one piece, byte by byte, garbage, and what to do about
   errors; commands. */

#include "api_resp.h"
#include "ut.h"

#include <stdlib.h>


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


static const struct {
    const char     *text;
    api_resp_type_t type;
    int64_t         integer; /* or the last item */
    const char     *says;    /* text */
    uint32_t        nitems;
} good[] = {
    { "+OK\r\n", API_RESP_STATUS, 0, "OK", 0 },
    { "+\r\n", API_RESP_STATUS, 0, "", 0 },
    { "-NOAUTH Authentication required.\r\n", API_RESP_ERROR, 0,
        "NOAUTH Authentication required.", 0 },
    { ":0\r\n", API_RESP_INTEGER, 0, "", 0 },
    { ":-17\r\n", API_RESP_INTEGER, -17, "", 0 },
    { ":9223372036854775807\r\n", API_RESP_INTEGER, INT64_MAX, "", 0 },
    { "$5\r\nhello\r\n", API_RESP_STRING, 0, "hello", 0 },
    { "$0\r\n\r\n", API_RESP_STRING, 0, "", 0 },
    { "$-1\r\n", API_RESP_NIL, 0, "", 0 },
    { "*-1\r\n", API_RESP_NIL, 0, "", 0 },
    { "*0\r\n", API_RESP_ARRAY, 0, "", 0 },
    { "*3\r\n:1\r\n:22\r\n:-333\r\n", API_RESP_ARRAY, -333, "", 3 },
};

static const char *const bad[] = {
    "hello",
    "HTTP/1.1 400 Bad Request\r\n\r\n",
    "\r\n",
    "\x15\x03\x03\x00\x02\x02\x46", /* a TLS alert */
    ":12x\r\n",
    ":99999999999999999999\r\n",
    "$-2\r\n",
    "$99999999999999999999\r\n",
    "$x\r\n",
    "*-2\r\n",
    "*257\r\n",
    "*2147483647\r\n",
    "*99999999999999999999\r\n",
    "*1\r\n*1\r\n:1\r\n",
    "*1\r\n$1\r\nx\r\n",
    "*1\r\n+OK\r\n",
    "*1\r\n$-1\r\n",
    "%1\r\n+a\r\n+b\r\n",
};


static void
check(const api_resp_reply_t *reply, size_t i)
{
    ut_int(reply->type, good[i].type, "%zu: type", i);
    ut_span(api_span(reply->text, reply->text_len), str(good[i].says), "text");
    ut_int(reply->nitems, good[i].nitems, "items");

    if (reply->type == API_RESP_INTEGER) {
        ut_ok(reply->integer == good[i].integer, "integer");
    }

    if (reply->nitems) {
        ut_ok(reply->items[reply->nitems - 1] == good[i].integer, "last item");
    }
}


static void
test_good(void)
{
    bool             done;
    size_t           i, at, early;
    api_err_t        err;
    api_span_t       text;
    api_resp_t      *r;
    api_resp_reply_t reply;

    r = api_resp_create();
    early = 0;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        text = str(good[i].text);
        ut_int(api_resp_feed(r, ut_guard(text), &err), API_OK, "fed");
        ut_int(api_resp_next(r, &reply, &done, &err), API_OK, "read");
        ut_ok(done, "whole");
        check(&reply, i);

        for (at = 0; at < text.len; at++) {
            api_resp_feed(r, ut_guard(api_span(text.data + at, 1)), &err);

            if (api_resp_next(r, &reply, &done, &err) != API_OK
                || done != (at + 1 == text.len))
            {
                early++;
            }
        }

        check(&reply, i);
        ut_guard_reset();
    }

    ut_int(early, 0, "byte by byte it is whole at its last byte");

    ut_int(api_resp_next(r, &reply, &done, &err), API_OK, "nothing is left");
    ut_ok(!done, "nothing");

    api_resp_free(r);
    api_resp_free(NULL);
}


/* Several replies at once come out one by one. */

static void
test_pipeline(void)
{
    bool             done;
    size_t           i, n;
    api_err_t        err;
    api_resp_t      *r;
    api_resp_reply_t reply;

    r = api_resp_create();

    for (i = 0, n = 0; i < 20000; i++) {
        api_resp_feed(r, API_SPAN("*2\r\n:1\r\n:2\r\n+OK\r\n"), &err);

        while (api_resp_next(r, &reply, &done, &err) == API_OK && done) {
            n++;
        }
    }

    ut_int(n, 40000, "40000 replies on one connection");
    api_resp_free(r);
}


static void
test_bad(void)
{
    int              rc;
    bool             done;
    size_t           i;
    api_err_t        err;
    api_resp_t      *r;
    api_resp_reply_t reply;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        r = api_resp_create();
        err.text[0] = '\0';
        rc = api_resp_feed(r, str(bad[i]), &err);

        if (rc == API_OK) {
            rc = api_resp_next(r, &reply, &done, &err);
        }

        ut_ok(rc != API_OK && err.text[0], "refused %zu: %s", i, err.text);
        api_resp_free(r);
    }
}


static void
test_limits(void)
{
    int              rc;
    char             line[1024];
    bool             done;
    size_t           i;
    api_err_t        err;
    api_resp_t      *r;
    api_resp_reply_t reply;

    /* a string that is promised to be long does not take memory before */

    r = api_resp_create();
    memset(line, 'x', sizeof(line));
    rc = api_resp_feed(r, API_SPAN("$500000000\r\n"), &err);

    for (i = 0; i < 1000 && rc == API_OK; i++) {
        rc = api_resp_feed(r, api_span(line, sizeof(line)), &err);

        if (rc == API_OK) {
            rc = api_resp_next(r, &reply, &done, &err);
        }
    }

    ut_int(rc, API_LIMIT, "over the limit");
    ut_ok(i * sizeof(line) <= API_RESP_MAX + sizeof(line), "at once");
    api_resp_free(r);

    r = api_resp_create();
    line[0] = '-';
    line[1022] = '\r';
    line[1023] = '\n';
    api_resp_feed(r, api_span(line, sizeof(line)), &err);
    ut_int(api_resp_next(r, &reply, &done, &err), API_OK, "a long error");
    ut_int(reply.text_len, API_RESP_TEXT, "is cut");
    ut_int(strlen(reply.text), API_RESP_TEXT, "and has its NUL");
    api_resp_free(r);
}


static const struct {
    const char       *text;
    const char       *word;
    api_resp_action_t action;
} errors[] = {
    { "NOSCRIPT No matching script.", "NOSCRIPT", API_RESP_A_SCRIPT },
    { "NOAUTH Authentication required.", "NOAUTH", API_RESP_A_REFUSED },
    { "WRONGPASS invalid username-password pair", "WRONGPASS",
        API_RESP_A_REFUSED },
    { "NOPERM this user has no permissions", "NOPERM", API_RESP_A_REFUSED },
    { "LOADING Redis is loading", "LOADING", API_RESP_A_WAIT },
    { "BUSY Redis is busy running a script.", "BUSY", API_RESP_A_WAIT },
    { "OOM command not allowed", "OOM", API_RESP_A_WAIT },
    { "READONLY You can't write", "READONLY", API_RESP_A_WAIT },
    { "MOVED 1 10.0.0.1:6379", "MOVED", API_RESP_A_REFUSED },
    { "ERR unknown", "ERR", API_RESP_A_FAIL },
    { "WHATEVER", "ERR", API_RESP_A_FAIL },
    { "NOSCRIPTS", "ERR", API_RESP_A_FAIL },
    { "", "ERR", API_RESP_A_FAIL },
};


static void
test_errors(void)
{
    size_t                  i;
    api_resp_reply_t        reply;
    const api_resp_error_t *e;

    for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        memset(&reply, 0, sizeof(reply));
        reply.type = API_RESP_ERROR;
        memcpy(reply.text, errors[i].text, strlen(errors[i].text));

        e = api_resp_error(&reply);
        ut_span(str(e->word), str(errors[i].word), "%s", errors[i].text);
        ut_int(e->action, errors[i].action, "what to do");
        ut_ok(e->remedy && *e->remedy, "and what to say");
    }
}


static void
test_command(void)
{
    char       out[64];
    size_t     len;
    api_span_t words[API_RESP_WORDS + 1];

    words[0] = API_SPAN("GET");
    words[1] = API_SPAN("a\r\n\0b");
    words[2] = api_span(NULL, 0);

    len = api_resp_command(words, 3, out, sizeof(out));
    ut_span(api_span(out, len),
        API_SPAN("*3\r\n$3\r\nGET\r\n$5\r\na\r\n\0b\r\n$0\r\n\r\n"),
        "binary words");
    ut_int(api_resp_command(words, 3, out, len - 1), 0, "no room");
    ut_int(api_resp_command(words, 3, out, len), (long long) len, "just room");
    ut_int(api_resp_command(words, 0, out, 64), 0, "no words");
    ut_int(api_resp_command(words, API_RESP_WORDS + 1, out, 64), 0,
        "too many words");
}


int
main(void)
{
    test_good();
    test_pipeline();
    test_bad();
    test_limits();
    test_errors();
    test_command();

    return ut_done();
}
