#define _GNU_SOURCE
#include <dlfcn.h>

#include "prefilter_ut.h"


api_hs_t prefilter_ut_hs;

const api_span_t phrases[NPHRASES] = { { (const uint8_t *) "aB1", 3 },
    { (const uint8_t *) "c\xff", 2 }, { (const uint8_t *) "0x", 2 } };

/* A set as rules have them. */

const api_prefilter_pattern_t rules[7] = {
    { 0, API_PREFILTER_RX, 0, { (const uint8_t *) "union\\s+select", 14 },
        NULL, 0 },
    { 1, API_PREFILTER_RX, 0, { (const uint8_t *) "^[\\w.]*$", 8 }, NULL, 0 },
    { 2, API_PREFILTER_PHRASES, 0, { NULL, 0 }, phrases, NPHRASES },
    { 3, API_PREFILTER_RX, API_PREFILTER_CASELESS,
        { (const uint8_t *) "<script[^>]*>", 13 }, NULL, 0 },
    { 3, API_PREFILTER_RX, 0, { (const uint8_t *) "javascript:", 11 }, NULL,
        0 },
    { 70, API_PREFILTER_RX, 0, { (const uint8_t *) "(*UTF)a", 7 }, NULL, 0 },
    { 71, API_PREFILTER_RX, API_PREFILTER_LOWERCASE,
        { (const uint8_t *) "[A-Z]", 5 }, NULL, 0 },
};

static const uint32_t              first[] = { 0, 1, 2, 3, 4, 5, 6 };
static const uint32_t              second[] = { 3 };
static const api_prefilter_group_t groups[] = { { first, 7 }, { second, 1 } };
const api_prefilter_set_t          set = { rules, 7, groups, 2, 80 };

static void *
symbol(void *lib, const char *name)
{
    return dlsym(lib, name);
}


bool
prefilter_ut_load(void)
{
    void     *lib;
    api_err_t err;

    lib = dlopen(API_HS_COMPILER, RTLD_NOW);

    return ut_ok(
        lib != NULL && api_hs_load(&hs, true, symbol, lib, &err) == API_OK,
        "the library is here: %s", API_HS_COMPILER);
}
