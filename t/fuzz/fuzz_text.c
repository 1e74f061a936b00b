/*
 * Input: the size of a buffer (2 bytes), then text.  The text is escaped in
 * every form; read as a program for the writer it never overruns the buffer,
 * and what the writer calls done is JSON.
 */

#include "api_json.h"
#include "api_writer.h"
#include "fuzz.h"

#include <stdio.h>

#define GUARD "guard"


static const api_sipkey_t seed = { 51, 52 };

static size_t (*const forms[])(
    api_span_t s, char *out, size_t size, size_t *taken) = { api_text_json,
    api_text_http, api_text_oauth, api_text_log };


static void
check_escape(unsigned form, api_span_t s, size_t size, api_arena_t *arena)
{
    char      *whole, *part;
    size_t     n, k, i, taken, all;
    api_json_t doc;

    whole = malloc(API_TEXT_JSON_MAX(s.len) + 2);
    part = malloc(size);
    MUST(whole && part);

    n = forms[form](s, whole + 1, API_TEXT_JSON_MAX(s.len), &all);
    k = forms[form](s, part, size, &taken);

    MUST(all == s.len);
    MUST(k <= size && k <= n && taken <= s.len);
    MUST((taken == s.len) == (k == n));
    MUST(memcmp(whole + 1, part, k) == 0);

    for (i = 1; i <= n; i++) {
        MUST((uint8_t) whole[i] >= 0x20);
        MUST(form == 0 || (uint8_t) whole[i] < 0x7f);
    }

    whole[0] = whole[n + 1] = '"';

    MUST(form != 0
         || api_json_parse(&doc, api_span(whole, n + 2), NULL,
                API_JSON_ALLOW_NUL, seed, arena, NULL)
                == API_OK);

    free(whole);
    free(part);
}


/* One call: the low bits say which, the rest of the byte is its argument. */

static void
step(api_writer_t *w, api_writer_mark_t *mark, unsigned op, api_span_t rest,
    unsigned n)
{
    char       name[16];
    api_span_t s;

    s = api_span(rest.data, rest.len < (op >> 4) ? rest.len : op >> 4);

    switch (op & 15) {
    case 0:
        api_writer_object(w);
        break;
    case 1:
        api_writer_array(w);
        break;
    case 2:
    case 3:
        api_writer_end(w);
        break;
    case 4:
    case 5: /* names differ, for the parser wants that */
        api_writer_name(w, api_span(name, (size_t) sprintf(name, "%u\n", n)));
        break;
    case 6:
        api_writer_string(w, s);
        break;
    case 7:
        api_writer_cut(w, s, op >> 5);
        break;
    case 8:
        api_writer_fixed(w, (int64_t) n * 7919 - 50000, op >> 4);
        break;
    case 9:
        api_writer_uint(w, UINT64_MAX - n);
        break;
    case 10:
        api_writer_bool(w, op >> 4 & 1);
        break;
    case 11:
        api_writer_raw(w, API_SPAN("[1,{}]"));
        break;
    case 12: /* a name and a value, or neither */
        *mark = api_writer_mark(w);
        api_writer_name(w, api_span(name, (size_t) sprintf(name, "%u", n)));
        api_writer_string(w, s);

        if (api_writer_full(w)) {
            api_writer_rewind(w, *mark);
        }

        break;
    case 13:
        api_writer_reserve(w, op >> 4);
        break;
    case 14:
        api_writer_release(w, op >> 4);
        break;
    case 15:
        api_writer_null(w);
        break;
    }
}


static void
check_writer(api_span_t s, size_t size, api_arena_t *arena)
{
    char             *buf;
    size_t            i;
    api_err_t         err;
    api_json_t        doc;
    api_span_t        out;
    api_writer_t      w;
    api_writer_mark_t mark;

    buf = malloc(size + sizeof(GUARD));
    MUST(buf);
    memcpy(buf + size, GUARD, sizeof(GUARD));

    api_writer_init(&w, buf, size);

    for (i = 0; i < s.len; i++) {
        step(&w, &mark, s.data[i], api_span(s.data + i, s.len - i),
            (unsigned) i);

        MUST(w.pos >= buf && w.pos <= w.end && w.end <= buf + size);
        MUST((size_t) (buf + size - w.end) == w.depth + w.reserved);
    }

    while (w.depth && !w.full && !w.misused && !w.named) {
        api_writer_end(&w);
    }

    if (api_writer_done(&w, &out) == API_OK) {
        MUST(out.len <= size);
        MUST(api_json_parse(
                 &doc, out, NULL, API_JSON_ALLOW_NUL, seed, arena, &err)
             == API_OK);
    }

    MUST(memcmp(buf + size, GUARD, sizeof(GUARD)) == 0);
    free(buf);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t      room;
    unsigned    form;
    api_span_t  s;
    api_arena_t arena;

    if (size < 2 || size > 65536) {
        return 0;
    }

    room = ((size_t) data[0] << 8 | data[1]) & 0xfff;
    s = api_span(data + 2, size - 2);

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    for (form = 0; form < 4; form++) {
        check_escape(form, s, room, &arena);
    }

    check_writer(s, room, &arena);
    api_arena_free(&arena);

    return 0;
}
