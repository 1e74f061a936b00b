/* Compiled patterns: one of each in the process, as long as anyone has it. */

#include "api_operator_int.h"
#include "ut.h"

#include <stdio.h>

#define PATTERNS 3000


static api_operator_code_t *
take(const char *pattern)
{
    int    error;
    size_t at;

    return api_operator_code_take(
        api_span(pattern, strlen(pattern)), &error, &at);
}


static bool
matches(const api_operator_code_t *c, const char *value)
{
    int               rc;
    bool              jit;
    pcre2_match_data *data;

    data = pcre2_match_data_create(8, NULL);
    rc = pcre2_match(api_operator_code(c, &jit), (PCRE2_SPTR) value,
        strlen(value), 0, 0, data, NULL);
    pcre2_match_data_free(data);

    return rc > 0;
}


static void
test_one(void)
{
    api_operator_code_t *a, *b, *other, *empty;

    a = take("un(ion|ique)");
    b = take("un(ion|ique)");
    other = take("un(ion|ique)$");
    empty = take("");

    ut_ok(a && a == b, "the same bytes, the same code");
    ut_ok(other && other != a && empty && empty != a, "others have their own");

    api_operator_code_release(a);
    ut_ok(matches(b, "a union of") && !matches(b, "a onion"),
        "released by one, it is there for the other");
    ut_ok(take("un(ion|ique)") == b, "and found again");

    api_operator_code_release(b);
    api_operator_code_release(b);
    ut_ok(!matches(other, "a union of") && matches(other, "a union")
              && matches(empty, ""),
        "the last has released it: what is left is as it was");

    a = take("un(ion|ique)");
    ut_ok(a && matches(a, "unique"), "compiled anew");

    api_operator_code_release(a);
    api_operator_code_release(other);
    api_operator_code_release(empty);
    api_operator_code_release(NULL);
}


static void
test_refused(void)
{
    int    error;
    size_t at;

    ut_ok(api_operator_code_take(API_SPAN("ab("), &error, &at) == NULL
              && error == PCRE2_ERROR_MISSING_CLOSING_PARENTHESIS && at == 3,
        "a pattern that is none: why, and where");
    ut_ok(take("ab(") == NULL, "it is not remembered as one");
}


/* Many, so that they share slots; given back from the middle. */

static void
test_many(void)
{
    char                 text[32];
    size_t               i, wrong;
    api_operator_code_t *all[PATTERNS];

    wrong = 0;

    for (i = 0; i < PATTERNS; i++) {
        (void) snprintf(text, sizeof(text), "^p%zu$", i);
        all[i] = take(text);
        wrong += all[i] == NULL;
    }

    for (i = 0; i < PATTERNS; i += 2) {
        api_operator_code_release(all[i]);
    }

    for (i = 1; i < PATTERNS && !wrong; i += 2) {
        (void) snprintf(text, sizeof(text), "^p%zu$", i);
        wrong += take(text) != all[i];
        (void) snprintf(text, sizeof(text), "p%zu", i);
        wrong += !matches(all[i], text);
        api_operator_code_release(all[i]);
        api_operator_code_release(all[i]);
    }

    ut_ok(wrong == 0, "%d patterns, every second given back: %zu wrong",
        PATTERNS, wrong);
}


int
main(void)
{
    test_one();
    test_refused();
    test_many();

    return ut_done();
}
