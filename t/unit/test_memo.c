/* Parsed tokens kept: what comes out is what a parse would give; bounds. */

#include "api_memo.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


static const api_sipkey_t seed = { 21, 22 };

static api_arena_t arena;


static const char base64url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";


static size_t
encode(const char *s, size_t n, char *out)
{
    size_t   i, len = 0;
    uint32_t w;

    for (i = 0; i < n; i += 3) {
        w = (uint32_t) (uint8_t) s[i] << 16;
        w |= i + 1 < n ? (uint32_t) (uint8_t) s[i + 1] << 8 : 0;
        w |= i + 2 < n ? (uint32_t) (uint8_t) s[i + 2] : 0;

        out[len++] = base64url[w >> 18];
        out[len++] = base64url[(w >> 12) & 63];

        if (i + 1 < n) {
            out[len++] = base64url[(w >> 6) & 63];
        }

        if (i + 2 < n) {
            out[len++] = base64url[w & 63];
        }
    }

    return len;
}


/* A token with that header, payload and a signature of n's bytes. */

static api_span_t
token_of(const char *header, const char *payload, uint64_t n)
{
    char     *p, *begin, sig[32];
    size_t    i;
    ut_rand_t r = { n * 2 + 1 };

    begin = p = malloc(2 * (strlen(header) + strlen(payload)) + 100);

    p += encode(header, strlen(header), p);
    *p++ = '.';
    p += encode(payload, strlen(payload), p);
    *p++ = '.';

    for (i = 0; i < sizeof(sig); i++) {
        sig[i] = (char) ut_below(&r, 256);
    }

    p += encode(sig, sizeof(sig), p);

    return api_span(begin, (size_t) (p - begin));
}


static bool
same_doc(const api_json_t *a, const api_json_t *b)
{
    return a->ntok == b->ntok && a->len == b->len
           && memcmp(a->tok, b->tok, a->ntok * sizeof(api_json_tok_t)) == 0
           && memcmp(a->text, b->text, a->len) == 0;
}


static bool
same_span(api_span_t a, api_span_t b)
{
    return (a.data == NULL) == (b.data == NULL) && api_span_eq(a, b);
}


static bool
same(const api_jwt_t *a, const api_jwt_t *b)
{
    return same_doc(&a->header, &b->header) && same_doc(&a->claims, &b->claims)
           && same_span(a->jws.input, b->jws.input)
           && same_span(a->jws.header, b->jws.header)
           && same_span(a->jws.payload, b->jws.payload)
           && same_span(a->jws.signature, b->jws.signature)
           && same_span(a->signature, b->signature)
           && same_span(a->kid, b->kid) && same_span(a->typ, b->typ)
           && same_span(a->iss, b->iss) && same_span(a->sub, b->sub)
           && same_span(a->jti, b->jti) && a->alg == b->alg && a->aud == b->aud
           && a->exp == b->exp && a->nbf == b->nbf && a->iat == b->iat
           && a->has_alg == b->has_alg && a->has_exp == b->has_exp
           && a->has_nbf == b->has_nbf && a->has_iat == b->has_iat;
}


static const struct {
    const char *header;
    const char *payload;
} forms[] = {
    { "{\"alg\":\"HS256\"}", "{}" },
    { "{\"alg\":\"RS256\",\"kid\":\"k\\u0031\",\"typ\":\"application/"
      "at+jwt\"}",
        "{\"iss\":\"https:\\/\\/x\",\"sub\":\"al\\u0069ce\",\"jti\":\"\","
        "\"aud\":[\"a\",\"b\"],\"exp\":4000000000,\"nbf\":1.5,\"iat\":1e3}" },
    { "{\"alg\":\"ES256\",\"typ\":\"JWT\"}",
        "{\"aud\":\"x\",\"a\":{\"b\":[1,2,{\"c\":null}]},\"sub\":\"s\"}" },
};


static void
test_same(void)
{
    size_t                  i;
    api_jwt_t               jwt;
    api_span_t              token, again;
    api_memo_t             *memo;
    const api_memo_entry_t *e;

    memo = api_memo_create(&api_alloc_libc, 64, seed);

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        token = token_of(forms[i].header, forms[i].payload, i);
        again = token_of(forms[i].header, forms[i].payload, i);

        ut_int(api_jwt_parse(&jwt, token, NULL, seed, &arena, NULL),
            API_JWT_OK, "form %zu", i);
        ut_ok(api_memo_find(memo, again) == NULL, "... is not known");

        api_memo_add(memo, token, &jwt, &forms[i], 5, 77);

        memset((void *) (uintptr_t) token.data, 'x', token.len);
        free((void *) (uintptr_t) token.data);

        e = api_memo_find(memo, again);
        ut_ok(e != NULL, "... is known now");
        ut_ok(e && e->owner == &forms[i] && e->epoch == 5 && e->until == 77,
            "... with what was said of it");

        (void) api_jwt_parse(&jwt, again, NULL, seed, &arena, NULL);
        ut_ok(e && same(&e->jwt, &jwt), "... and is what a parse gives");

        api_memo_release(memo, e);
        free((void *) (uintptr_t) again.data);
    }

    api_memo_free(memo);
}


/* Verified anew under other keys: what goes in came out of an entry, and the
   token it was found by stands elsewhere each time. */

static void
test_anew(void)
{
    size_t                  i, good = 0;
    api_jwt_t               jwt;
    api_span_t              token;
    api_memo_t             *memo;
    const api_memo_entry_t *e = NULL;

    memo = api_memo_create(&api_alloc_libc, 64, seed);

    for (i = 0; i < 6; i++) {
        token = token_of(forms[1].header, forms[1].payload, 1);
        (void) api_jwt_parse(&jwt, token, NULL, seed, &arena, NULL);

        e = api_memo_find(memo, token);
        good += e == NULL || same(&e->jwt, &jwt);

        api_memo_add(memo, token, e ? &e->jwt : &jwt, memo, i, 1);

        if (e) {
            api_memo_release(memo, e);
        }

        memset((void *) (uintptr_t) token.data, 'x', token.len);
        free((void *) (uintptr_t) token.data);
    }

    ut_ok(e != NULL, "an entry made of an entry is found");
    ut_int(good, 6, "... and is what a parse gives");

    api_memo_free(memo);
}


static void
test_flips(void)
{
    size_t      i, found;
    uint8_t    *copy;
    api_jwt_t   jwt;
    api_span_t  token;
    api_memo_t *memo;

    memo = api_memo_create(&api_alloc_libc, 1, seed);
    token = token_of(forms[1].header, forms[1].payload, 1);
    (void) api_jwt_parse(&jwt, token, NULL, seed, &arena, NULL);
    api_memo_add(memo, token, &jwt, memo, 1, 1);

    copy = malloc(token.len);
    memcpy(copy, token.data, token.len);
    found = 0;

    for (i = 0; i < token.len * 8; i++) {
        copy[i / 8] ^= (uint8_t) (1 << i % 8);
        found += api_memo_find(memo, api_span(copy, token.len)) != NULL;
        copy[i / 8] ^= (uint8_t) (1 << i % 8);
    }

    for (i = 1; i < token.len; i++) {
        found += api_memo_find(memo, ut_guard(api_span(copy, i))) != NULL;
        ut_guard_reset();
    }

    ut_int(found, 0, "a bit flipped or a cut: not that token");

    free(copy);
    free((void *) (uintptr_t) token.data);
    api_memo_free(memo);
}


static void
test_bounds(void)
{
    int                     i;
    char                   *big;
    ut_alloc_t              u;
    api_jwt_t               jwt;
    api_span_t              token, first;
    api_memo_t             *memo;
    api_memo_stats_t        stats;
    const api_memo_entry_t *held;

    ut_arm(&u, 0);
    memo = api_memo_create(&u.alloc, 8, seed);

    first = token_of(forms[2].header, forms[2].payload, 1);
    (void) api_jwt_parse(&jwt, first, NULL, seed, &arena, NULL);
    api_memo_add(memo, first, &jwt, memo, 1, 1);
    held = api_memo_find(memo, first);

    for (i = 2; i < 500; i++) {
        token = token_of(forms[2].header, forms[2].payload, (uint64_t) i);
        (void) api_jwt_parse(&jwt, token, NULL, seed, &arena, NULL);
        api_memo_add(memo, token, &jwt, memo, 1, 1);
        free((void *) (uintptr_t) token.data);
    }

    api_memo_stats(memo, &stats);
    ut_ok(stats.held <= 9, "8 entries, and the one that is held: %zu",
        stats.held);
    ut_ok(held && api_span_eq(held->jwt.sub, API_SPAN("s")),
        "which is there to the last");
    ut_ok(api_memo_find(memo, first) == NULL, "though nobody finds it");

    api_memo_release(memo, held);
    api_memo_stats(memo, &stats);
    ut_ok(stats.held <= 8, "let go");

    big = malloc(API_MEMO_MAX_ENTRY);
    memset(big, 'a', API_MEMO_MAX_ENTRY);
    memcpy(big, "{\"x\":\"", 6);
    memcpy(big + API_MEMO_MAX_ENTRY - 3, "\"}", 3);
    token = token_of(forms[0].header, big, 3);
    (void) api_jwt_parse(&jwt, token, NULL, seed, &arena, NULL);
    i = (int) stats.added;
    api_memo_add(memo, token, &jwt, memo, 1, 1);
    api_memo_stats(memo, &stats);
    ut_int((int) stats.added, i, "a large one is not kept");
    free((void *) (uintptr_t) token.data);
    free(big);

    u.fail_at = u.calls + 1;
    (void) api_jwt_parse(&jwt, first, NULL, seed, &arena, NULL);
    api_memo_add(memo, first, &jwt, memo, 1, 1);
    ut_ok(api_memo_find(memo, first) == NULL, "without memory: nothing");

    free((void *) (uintptr_t) first.data);
    api_memo_free(memo);
    ut_int(u.live, 0, "all memory is given back");

    ut_arm(&u, 1);
    ut_ok(api_memo_create(&u.alloc, 8, seed) == NULL, "nor a table");
    api_memo_free(NULL);
}


int
main(void)
{
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    test_same();
    test_anew();
    test_flips();
    test_bounds();

    api_arena_free(&arena);

    return ut_done();
}
