/* Names that come again together: the same rules match as without what is kept,
   whatever changes in them, and credentials stay what they are. */

#include <stdio.h>

#include "api_waf_scan_int.h"
#include "ut.h"
#include "waf_ut.h"


static const char names_rules[] =
    "SecRuleEngine On\n"
    "SecRule ARGS_NAMES \"@rx evil|^bc$\" \"id:1,phase:2,pass,t:lowercase\"\n"
    "SecRule ARGS_NAMES \"!@rx ^[ -~]*$\" \"id:2,phase:2,pass\"\n"
    "SecRule ARGS \"@rx (?i)attack[ +]now\" "
    "\"id:3,phase:2,pass,t:urlDecodeUni,t:lowercase\"\n"
    "SecRule ARGS_NAMES \"@rx name1[0-9]\" \"id:4,phase:2,pass,chain\"\n"
    "SecRule ARGS \"@rx seldom\" \"t:none\"\n";

#define NAMES_MOST 200

typedef struct {
    const api_waf_view_t   *view;
    api_waf_scan_scratch_t *memo;
    api_scratch_t          *scratch;
} engine_t;

typedef struct {
    api_span_t name[NAMES_MOST];
    api_span_t value[NAMES_MOST];
    size_t     n;
} args_t;

typedef struct {
    uint64_t ids;
    uint64_t matched;
    uint64_t work;
} said_t;


static said_t
say(const engine_t *e, const args_t *args, bool memo)
{
    size_t           i;
    said_t           said = { 0, 0, 0 };
    api_arena_t      arena;
    api_waf_tx_t    *tx;
    api_waf_env_t    env;
    api_waf_values_t values;

    memset(&env, 0, sizeof(env));
    env.engine = API_WAF_ENGINE_ON;
    env.scratch = e->scratch;
    env.scan = memo ? e->memo : NULL;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    api_waf_values_init(&values, &arena, 0);
    tx = api_waf_tx_create(e->view, &values, &env, &arena);

    for (i = 0; i < args->n; i++) {
        (void) api_waf_values_add(
            &values, API_WAF_ARGS_POST, args->name[i], args->value[i]);
    }

    (void) api_waf_tx_run(tx, API_WAF_REQUEST_HEADERS_PHASE, 0);
    (void) api_waf_tx_run(tx, API_WAF_REQUEST_BODY_PHASE, 0);

    for (i = 0; i < api_waf_tx_matches(tx); i++) {
        said.ids = said.ids * 31 + api_waf_tx_match(tx, i)->id;
    }

    said.matched = api_waf_tx_matched(tx);
    said.work = api_waf_tx_work(tx);
    api_arena_free(&arena);

    return said;
}


/* name0, name1, ...: one behind the other in `room`, as a reader of JSON has
   them, or with a gap in between. */

static void
fill(args_t *args, size_t n, char *room, size_t gap)
{
    size_t i, len;

    for (i = 0, args->n = n; i < n; i++) {
        len = (size_t) sprintf(room, "name%u", (unsigned) i);
        args->name[i] = api_span(room, len);
        args->value[i] = API_SPAN("plain");
        room += len + gap;
    }
}


/* The third time they are known together; then each of them is another. */

static void
test_each(const engine_t *e, size_t n, size_t gap)
{
    char       room[NAMES_MOST * 16];
    size_t     i;
    args_t     args;
    said_t     one, two, three, other;
    unsigned   missed;
    api_span_t was;

    fill(&args, n, room, gap);
    one = say(e, &args, true);
    two = say(e, &args, true);
    (void) say(e, &args, true);
    three = say(e, &args, true);
    ut_ok(one.matched == 0 && two.matched == 0 && three.matched == 0
              && three.work <= two.work,
        "%zu names, with gaps of %zu: nothing matches", n, gap);

    for (i = 0, missed = 0; i < n; i++) {
        was = args.name[i];
        args.name[i] = API_SPAN("so_Evil");
        other = say(e, &args, true);
        missed += other.ids != 1 || say(e, &args, true).ids != 1;
        args.name[i] = was;
        missed += say(e, &args, true).matched != 0;
    }

    ut_int(missed, 0, "one that is evil is seen, wherever it stands");
}


/* The same bytes, parted elsewhere; and one name more or less. */

static void
test_parted(const engine_t *e)
{
    args_t            args;
    unsigned          i, k;
    static const char text[] = "abcdefghijklabcdefgh";

    for (i = 0; i < 20; i++) {
        args.name[i] = api_span(text + i, 1);
        args.value[i] = API_SPAN("x");
    }

    for (k = 0, args.n = 20; k < 4; k++) {
        ut_int((long long) say(e, &args, true).ids, 0, "one letter each");
    }

    args.name[1] = api_span(text + 1, 2);
    args.name[2] = api_span(text + 3, 0);
    ut_int((long long) say(e, &args, true).ids, 1, "b and c are bc now");
    args.name[1] = api_span(text + 1, 0);
    args.name[2] = api_span(text + 1, 2);
    ut_int((long long) say(e, &args, true).ids, 1, "in another place");
    args.name[0] = api_span(text + 1, 2);
    ut_int((long long) say(e, &args, true).ids, 1, "and in the first");
}


/* What a field of a credential has is not kept when its name is known with
   others; what another one has is. */

static void
test_secret(const engine_t *e)
{
    char     room[NAMES_MOST * 16];
    args_t   args;
    said_t   said[5];
    unsigned i, k;

    for (k = 0; k < 2; k++) {
        fill(&args, 30, room, 0);
        args.name[17] = k == 0 ? API_SPAN("passphrase") : API_SPAN("phrase");

        for (i = 0; i < 5; i++) {
            said[i] = say(e, &args, true);
        }

        args.value[17] = API_SPAN("Old%20attack");

        for (i = 0; i < 2; i++) {
            said[i] = say(e, &args, true);
        }

        ut_ok(k == 0 ? said[1].work == said[0].work
                     : said[1].work < said[0].work,
            "a value of %.*s is %s: %u, then %u", (int) args.name[17].len,
            (const char *) args.name[17].data, k == 0 ? "not kept" : "kept",
            (unsigned) said[0].work, (unsigned) said[1].work);
    }
}


/* Names out of few, in few orders, some of them evil, empty, long, or of other
   bytes: the same as without a scan. */

static void
test_random(const engine_t *e, ut_rand_t *r)
{
    char     room[NAMES_MOST * 16], lengthy[300];
    size_t   at;
    args_t   args;
    said_t   with, without;
    unsigned i, bad, matched;

    const api_span_t odd[] = { API_SPAN("evil"), API_SPAN("bc"), API_SPAN(""),
        API_SPAN("\xff"), api_span(lengthy, sizeof(lengthy)),
        API_SPAN("token"), API_SPAN("name11") };

    memset(lengthy, 'l', sizeof(lengthy));

    for (i = 0, bad = 0, matched = 0; i < 3000; i++) {
        fill(&args, 1 + ut_below(r, NAMES_MOST - 1), room, ut_below(r, 2));
        args.n = ut_below(r, 2) ? args.n : args.n / 32 * 32;

        for (at = ut_below(r, 3); at > 0 && args.n > 0; at--) {
            args.name[ut_below(r, args.n)] =
                odd[ut_below(r, sizeof(odd) / sizeof(odd[0]))];
        }

        if (args.n > 0 && ut_below(r, 4) == 0) {
            args.value[ut_below(r, args.n)] =
                ut_below(r, 2) ? API_SPAN("attack%20now") : API_SPAN("seldom");
        }

        with = say(e, &args, true);
        without = say(e, &args, false);
        bad += with.ids != without.ids || with.matched != without.matched;
        matched += with.matched > 0;
    }

    ut_int(bad, 0, "the same as without what is kept");
    ut_ok(matched > 500, "%u of them match", matched);
}


int
main(void)
{
    engine_t                 e;
    ut_rand_t                r = { 5 };
    api_err_t                err;
    api_seclang_t           *s;
    const api_waf_program_t *program;

    e.scratch = api_scratch_create(&api_alloc_libc);
    program = waf_load(&s, names_rules, NULL, &api_alloc_libc, &err);

    if (!ut_ok(
            program != NULL
                && api_waf_view_create(
                       &e.view, program, NULL, &api_alloc_libc, NULL)
                       == API_OK
                && api_waf_scan_scratch_create(
                       &e.memo, program, &api_alloc_libc)
                       == API_OK
                && api_waf_scan_remember(e.memo, 4096, (api_sipkey_t){ 1, 2 })
                       == API_OK,
            "rules that look at names"))
    {
        return ut_done();
    }

    test_each(&e, 8, 0);
    test_each(&e, 50, 0);
    test_each(&e, 64, 1);
    test_each(&e, 65, 0);
    test_each(&e, 150, 3);
    test_parted(&e);
    test_secret(&e);
    test_random(&e, &r);

    api_waf_scan_scratch_free(e.memo);
    api_waf_view_free(e.view);
    api_scratch_free(e.scratch);
    api_seclang_free(s);

    return ut_done();
}
