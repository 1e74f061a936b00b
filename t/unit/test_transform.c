/* Transformations: naive ones, both ends of the value guarded, names, chains,
   triggers, memory; the map of code pages. */

#include "api_words.h"
#include "transform_ref.h"
#include "ut.h"

#define ROUNDS 4000
#define WORDS 1000


static const char *const pieces[] = { "%41", "%u0041", "%uff1c", "%", "+", " ",
    "\t", "\\x41", "\\u0041", "\\101", "\\", "\\3c ", "&lt;", "&#60;", "&",
    "/", "/../", "./", "..", "/*", "*/", "--", "-->", "<!--", "#", "'", "^",
    ";", "0x41", "0x4", "QUI=", "9", "\xc3\xa9", "\xc0\x80", "\xff", "Ab",
    "z" };


static size_t
make(ut_rand_t *rand, uint8_t *value, size_t max)
{
    size_t len, k, n, want;

    want = ut_below(rand, 9);

    for (len = 0; want > 0; want--) {
        k = ut_below(rand, sizeof(pieces) / sizeof(pieces[0]) + 1);

        if (k == sizeof(pieces) / sizeof(pieces[0])) {
            value[len++] = (uint8_t) ut_below(rand, 256);
            continue;
        }

        n = strlen(pieces[k]);

        if (len + n >= max) {
            break;
        }

        memcpy(value + len, pieces[k], n);
        len += n;
    }

    return len;
}


static bool
is_sound(api_transform_t id, api_span_t in, api_arena_t *arena)
{
    bool              same;
    api_span_t        out;
    static ref_text_t ref;

    if (api_transform_run(id, NULL, in, arena, &out) != API_OK) {
        return false;
    }

    same = out.data == in.data && out.len == in.len;

    if (same != api_span_eq(in, out)) {
        return false;
    }

    if (!same && !(api_transform_triggers(in) & api_transform_mask(id))) {
        return false;
    }

    if (out.len > in.len * API_TRANSFORM_GROWTH + API_TRANSFORM_FIXED) {
        return false;
    }

    return !ref_transform(id, in, &ref)
           || api_span_eq(out, api_span(ref.data, ref.len));
}


static void
test_random(void)
{
    int         id, i;
    size_t      n;
    uint8_t     value[128];
    unsigned    bad[API_T_COUNT] = { 0 };
    ut_rand_t   rand = { 5 };
    api_span_t  back, front;
    api_arena_t arena;

    for (i = 0; i < ROUNDS; i++) {
        n = make(&rand, value, sizeof(value) - 16);
        back = ut_guard(api_span(value, n));
        front = ut_guard_front(api_span(value, n));

        for (id = 0; id < API_T_COUNT; id++) {
            api_arena_init(&arena, &api_alloc_libc, 0, 0);
            bad[id] += !is_sound((api_transform_t) id, back, &arena);
            bad[id] += !is_sound((api_transform_t) id, front, &arena);
            api_arena_free(&arena);
        }

        ut_guard_reset();
    }

    for (id = 0; id < API_T_COUNT; id++) {
        ut_int(bad[id], 0, "%s", api_transform_name((api_transform_t) id));
    }
}


static void
test_names(void)
{
    int         id;
    const char *name;

    for (id = 0; id < API_T_COUNT; id++) {
        name = api_transform_name((api_transform_t) id);
        ut_int(
            api_transform_find(api_span(name, strlen(name))), id, "%s", name);
    }

    ut_int(api_transform_find(API_SPAN("NORMALIZEPATH")), API_T_NORMALISE_PATH,
        "another spelling, another case");
    ut_int(api_transform_find(API_SPAN("normalizePathWin")),
        API_T_NORMALISE_PATH_WIN, "... and for Windows");
    ut_int(api_transform_find(API_SPAN("")), -1, "no name");
    ut_int(api_transform_find(API_SPAN("urlDecodeUn")), -1, "half a name");
}


static const struct {
    const char *ids[5];
    const char *in;
    const char *out; /* NULL: the same span */
} chains[] = {
    { { "none" }, "A%41", NULL },
    { { "urlDecodeUni", "lowercase" }, "A%42+", "ab " },
    { { "urlDecodeUni", "htmlEntityDecode", "jsDecode", "lowercase" },
        "%26lt%3B\\x53CRIPT", "<script" },
    { { "hexEncode", "hexDecode" }, "there and back", NULL },
    { { "utf8toUnicode", "urlDecodeUni" }, "\xef\xbc\x9cscript\xef\xbc\x9e",
        "<script>" },
    { { "base64Decode", "lowercase" }, "PFNDUklQVD4=", "<script>" },
    { { "length" }, "", "0" },
    { { "length", "length", "length" }, "0123456789", "1" },
    { { "removeNulls", "trim" }, "plain", NULL },
    { { "sha1", "hexEncode" }, "abc",
        "a9993e364706816aba3e25717850c26c9cd0d89d" },
    { { "md5", "hexEncode" }, "abc", "900150983cd24fb0d6963f7d28e17f72" },
    { { "uppercase", "lowercase" }, "down", NULL },
};


static size_t
ids_of(const char *const *names, uint8_t *ids)
{
    size_t n;

    for (n = 0; n < 5 && names[n]; n++) {
        ids[n] =
            (uint8_t) api_transform_find(api_span(names[n], strlen(names[n])));
    }

    return n;
}


static void
test_chains(void)
{
    size_t      i, n, held;
    uint8_t     ids[5];
    api_span_t  in, out;
    api_arena_t arena;

    for (i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
        n = ids_of(chains[i].ids, ids);
        in = api_span(chains[i].in, strlen(chains[i].in));

        api_arena_init(&arena, &api_alloc_libc, 0, 0);
        held = arena.held;
        ut_int(api_transform_chain(ids, n, NULL, in, &arena, &out), API_OK,
            "chain %zu", i);

        if (chains[i].out) {
            ut_span(out, api_span(chains[i].out, strlen(chains[i].out)),
                "gives %s", chains[i].out);

        } else {
            ut_ok(out.data == in.data && out.len == in.len, "the same span");
            ut_int(arena.held, held, "and no memory is kept");
        }

        api_arena_free(&arena);
    }
}


static void
test_memory(void)
{
    int         rc;
    size_t      n;
    uint8_t     ids[3] = { API_T_URL_DECODE_UNI, API_T_UTF8_TO_UNICODE,
            API_T_HEX_ENCODE };
    api_span_t  out;
    ut_alloc_t  u;
    api_arena_t arena;
    static char big[5000];

    memset(big, '+', sizeof(big));

    for (n = 1;; n++) {
        ut_arm(&u, n);
        api_arena_init(&arena, &u.alloc, 1, 0);
        rc = api_transform_chain(
            ids, 3, NULL, api_span(big, sizeof(big)), &arena, &out);
        api_arena_free(&arena);
        ut_int(u.live, 0, "nothing is left after failure %zu", n);

        if (u.calls < n) {
            ut_int(rc, API_OK, "it gets through at last");
            break;
        }

        ut_int(rc, API_NOMEM, "... and says so");
    }

    ut_ok(n > 2, "several allocations were failed");
}


static void
test_triggers(void)
{
    api_trigger_t t;

    t = api_transform_triggers(API_SPAN("plain"));
    ut_ok(t == (API_TRIG_ALWAYS | API_TRIG_BYTES | API_TRIG_LOWER),
        "letters alone");
    ut_ok(api_transform_triggers(API_SPAN("")) == API_TRIG_ALWAYS, "nothing");

    t = api_transform_triggers(API_SPAN("a -- b  c./"));
    ut_ok((t & API_TRIG_DASH2) && (t & API_TRIG_BLANK2) && (t & API_TRIG_PATH),
        "pairs");
    t = api_transform_triggers(API_SPAN("- - . / * /"));
    ut_ok(!(t
              & (API_TRIG_DASH2 | API_TRIG_BLANK2 | API_TRIG_PATH
                  | API_TRIG_OPEN | API_TRIG_CLOSE)),
        "what is not next to one another is no pair");
    t = api_transform_triggers(API_SPAN("ls;"));
    ut_ok((t & API_TRIG_SEMICOLON) && !(t & API_TRIG_COMMA),
        "a semicolon is no comma");
    t = api_transform_triggers(API_SPAN("end."));
    ut_ok((t & API_TRIG_DOT_END) && !(t & API_TRIG_EDGE), "a dot at the end");
    ut_ok(api_transform_triggers(API_SPAN("\tx")) & API_TRIG_EDGE, "edges");
}


/* Long texts are read many bytes at a time: what is seen there is what two
   bytes at a time say, and transformations are what they are byte by byte. */

static api_trigger_t
by_twos(api_span_t in)
{
    size_t        i;
    api_trigger_t all;

    for (i = 0, all = 0; i + 2 <= in.len; i++) {
        all |= api_transform_triggers(api_span(in.data + i, 2));
    }

    return all & ~(API_TRIG_EDGE | API_TRIG_DOT_END);
}


/* Words, with something else in between; the less the longer `words` is. */

static size_t
make_words(ut_rand_t *rand, uint8_t *value, size_t max, unsigned words)
{
    size_t n, len;

    static const char bytes[] = "etaoinshrdlucmzzaa          .,;/(-AZ{`'9\xe1"
                                "%+\\&*@[\t\n\x7f\x80#_~<";

    len = 2 + ut_below(rand, (uint32_t) max - 2);

    for (n = 0; n < len; n++) {
        value[n] = (uint8_t) (ut_below(rand, words)
                                  ? "etaoin shrDlu4"[ut_below(rand, 14)]
                              : ut_below(rand, 4)
                                  ? bytes[ut_below(rand, sizeof(bytes))]
                                  : (char) ut_below(rand, 256));
    }

    return len;
}


static bool
is_seen(api_span_t in)
{
    return (api_transform_triggers(in) & ~(API_TRIG_EDGE | API_TRIG_DOT_END))
           == by_twos(in);
}


/* Triggers of a command line are among those that are taken to be left. */

static bool
is_left(api_span_t in, api_arena_t *arena)
{
    api_span_t out;

    return api_transform_run(API_T_CMD_LINE, NULL, in, arena, &out) == API_OK
           && (api_transform_triggers(out)
                  & ~api_transform_triggers_left(
                      API_T_CMD_LINE, api_transform_triggers(in), out))
                  == 0;
}


/* Alike are those that are the same in small letters: with a bit changed in
   one byte, which may be no more than its case. */

static bool
is_alike(ut_rand_t *rand, api_span_t in)
{
    size_t     at;
    uint8_t    other[160];
    api_span_t copy;

    memcpy(other, in.data, in.len);
    at = ut_below(rand, (uint32_t) in.len);
    other[at] ^= (uint8_t) (1 << ut_below(rand, 9)); /* or none */
    copy = ut_guard(api_span(other, in.len));

    return api_words_alike(in.data, copy.data, in.len)
           == api_span_eq_nocase(in, copy);
}


/* The next byte of a table without letters is found, and none before it. */

static bool
is_found(api_span_t in)
{
    size_t         i;
    const uint8_t *p;

    static const uint8_t table[256] = { ['('] = 1, ['*'] = 2, [0xe1] = 1 };

    p = api_words_find(in.data, in.data + in.len, table);

    for (i = 0; i < in.len && table[in.data[i]] == 0; i++) {
        /* void */
    }

    return p == in.data + i;
}


static void
test_words(void)
{
    int         i, id;
    size_t      len;
    uint8_t     value[160];
    unsigned    seen, found, alike, left, made;
    ut_rand_t   rand = { 7 };
    api_span_t  back, front;
    api_arena_t arena;

    static const unsigned words[] = { 1, 3, 12, 60, 1000 };

    for (i = 0, seen = 0, found = 0, alike = 0, left = 0, made = 0; i < WORDS;
         i++) {
        len = make_words(&rand, value, sizeof(value), words[i % 5]);
        back = ut_guard(api_span(value, len));
        front = ut_guard_front(api_span(value, len));
        seen += is_seen(back) + is_seen(front);
        found += is_found(back) + is_found(front);
        alike += is_alike(&rand, back) + is_alike(&rand, front);
        api_arena_init(&arena, &api_alloc_libc, 0, 0);

        left += is_left(back, &arena) + is_left(front, &arena);

        for (id = 0; id < API_T_COUNT; id++) {
            made += is_sound((api_transform_t) id, back, &arena);
            made += is_sound((api_transform_t) id, front, &arena);
        }

        api_arena_free(&arena);
        ut_guard_reset();
    }

    ut_int(seen, 2 * WORDS, "what is in words");
    ut_int(found, 2 * WORDS, "... and where");
    ut_int(alike, 2 * WORDS, "what is the same but for its case");
    ut_int(left, 2 * WORDS, "what may be left in a command line");
    ut_int(made, 2 * WORDS * API_T_COUNT, "... and what is made of them");
}


/* Each two bytes, at each place of texts of each length. */

static void
test_places(void)
{
    size_t     len, at;
    uint8_t    value[40];
    unsigned   pair, bad;
    api_span_t in;

    static const char bytes[] = " \t\n/*.-(aZ9@[`{/:~\x7f\x80\xff";

    for (pair = 0, bad = 0; pair < sizeof(bytes) * sizeof(bytes); pair++) {
        for (len = 2; len < sizeof(value); len++) {
            for (at = 0; at + 2 <= len; at++) {
                memset(value, 'x', len);
                value[at] = (uint8_t) bytes[pair / sizeof(bytes)];
                value[at + 1] = (uint8_t) bytes[pair % sizeof(bytes)];
                in = api_span(value, len);
                bad += !is_seen(in);
            }
        }
    }

    ut_int(bad, 0, "two bytes, wherever they stand");
}


static void
test_map(void)
{
    api_err_t                err;
    api_span_t               text, out;
    api_arena_t              arena;
    api_transform_env_t      env = { NULL, NULL, NULL };
    static api_unicode_map_t map;

    text = API_SPAN("1 (one)\n0041:61 2039:3c\n\n2 (two)\n0041:62\n");
    ut_int(api_unicode_map_read(&map, ut_guard(text), 2, &err), API_OK,
        "the second page");
    ut_int(map.best[0x41], 'b', "its own pair");
    ut_int(map.best[0x2039], -1, "none of the first");
    ut_int(map.best[0x3002], '.', "an ideographic full stop is a dot");

    ut_int(api_unicode_map_read(&map, text, 1, &err), API_OK, "the first");
    env.unicode = &map;
    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    ut_int(api_transform_run(API_T_URL_DECODE_UNI, &env,
               API_SPAN("%u2039%u0041%u0042%uff1e"), &arena, &out),
        API_OK, "decodes by it");
    ut_span(out, API_SPAN("<aB>"), "... what it has, and the rest as ever");
    api_arena_free(&arena);

    ut_int(api_unicode_map_read(&map, text, 3, &err), API_INVALID,
        "no such page: %s", err.text);
    ut_int(
        api_unicode_map_read(&map, API_SPAN("1\n0041:61\n0042:zz\n"), 1, &err),
        API_SYNTAX, "no number");
    ut_ok(strncmp(err.text, "line 3: ", 8) == 0 && err.pos == 10, "%s",
        err.text);
    ut_int(api_unicode_map_read(&map, API_SPAN("1\n10041:61\n"), 1, &err),
        API_SYNTAX, "past the table");
    ut_guard_reset();
}


int
main(void)
{
    test_random();
    test_names();
    test_chains();
    test_memory();
    test_triggers();
    test_words();
    test_places();
    test_map();

    return ut_done();
}
