/*
 * Input: '0' and a text of revocations, or '1' and commands for the table: a
 * byte says put or take, the kind and whether it is for an issuer, the next
 * one is the value, the next what "before" is.  The table is held against a
 * plain array.
 */

#include "api_revoked.h"
#include "fuzz.h"


#define SIZE 8192
#define NMODEL 1024 /* kinds, issuer or not, values of 7 bits */


static const api_sipkey_t seed = { 1, 2 };


/* Whoever says nothing of himself is revoked by nothing. */

static void
look_text(api_span_t text)
{
    int              rc;
    size_t           i;
    api_err_t        err = { 0, 0, "" };
    api_revoked_t   *list = NULL;
    api_revoked_of_t of = { .iat = INT64_MIN };

    rc = api_revoked_parse(&list, text, seed, &api_alloc_libc, &err);

    if (rc != API_OK) {
        MUST(rc == API_SYNTAX || rc == API_LIMIT);
        MUST(strncmp(err.text, "line ", 5) == 0);

        for (i = 0; err.text[i]; i++) {
            MUST(err.text[i] >= 0x20 && err.text[i] < 0x7f);
        }

        return;
    }

    MUST(api_revoked_count(list) <= text.len);
    MUST(api_revoked_find(list, &of) == API_REVOKED_NKINDS);

    of.values[API_REVOKED_SUB] = API_SPAN("alice");
    of.issuer = API_SPAN("corp");

    if (api_revoked_find(list, &of) != API_REVOKED_NKINDS) {
        MUST(api_revoked_find(list, &of) == API_REVOKED_SUB);
        MUST(api_revoked_count(list) > 0);
    }

    api_revoked_free(list);
}


static api_revoked_entry_t
the_entry(const uint8_t *p, char value[2])
{
    value[0] = 'v';
    value[1] = (char) (p[1] & 127);

    return (api_revoked_entry_t){
        .kind = (api_revoked_kind_t) (p[0] & 3),
        .value = api_span(value, 2),
        .issuer = p[0] & 4 ? API_SPAN("corp") : api_span(NULL, 0),
        .before = p[2] == 255 ? API_REVOKED_ALWAYS : p[2],
    };
}


static int64_t *
the_cell(int64_t *model, const api_revoked_entry_t *e)
{
    size_t value = e->value.data[1];

    return &model[((size_t) e->kind * 2 + (e->issuer.len != 0)) * 128 + value];
}


/* A cell is -1: no such entry, or its "before". */

static void
check_found(const api_revoked_table_t *table, int64_t *model,
    const api_revoked_entry_t *e)
{
    int64_t             any, own, before;
    api_revoked_of_t    of = { .iat = 100, .issuer = API_SPAN("corp") };
    api_revoked_entry_t other = *e;

    of.values[e->kind] = e->value;

    other.issuer = api_span(NULL, 0);
    any = *the_cell(model, &other);
    other.issuer = API_SPAN("corp");
    own = *the_cell(model, &other);
    before = any > own ? any : own;

    MUST((api_revoked_table_find(table, &of) == e->kind) == (before > 100));

    of.issuer = API_SPAN("else");
    MUST((api_revoked_table_find(table, &of) == e->kind) == (any > 100));
}


static void
check_all(const api_revoked_table_t *table, int64_t *model)
{
    size_t              i = 0, n = 0, m, held = 0;
    api_revoked_entry_t e;

    while (api_revoked_table_next(table, &i, &e)) {
        MUST(e.value.len == 2 && *the_cell(model, &e) == e.before);
        n++;
    }

    for (m = 0; m < NMODEL; m++) {
        held += model[m] != -1;
    }

    MUST(n == held && n == api_revoked_table_count(table));
    MUST(n <= api_revoked_table_places(table));
}


static void
look_table(const uint8_t *p, size_t size)
{
    int                  rc;
    char                 value[2];
    void                *mem = calloc(1, SIZE);
    size_t               i;
    int64_t             *cell, model[NMODEL];
    api_revoked_entry_t  e;
    api_revoked_table_t *table;

    MUST(mem != NULL);

    for (i = 0; i < NMODEL; i++) {
        model[i] = -1;
    }

    table = api_revoked_table_init(mem, SIZE, seed);
    MUST(table && api_revoked_table_at(mem, SIZE) == table);

    for (i = 0; i + 3 <= size; i += 3) {
        e = the_entry(p + i, value);
        cell = the_cell(model, &e);

        if (p[i] & 8) {
            rc = api_revoked_table_take(table, &e);
            MUST(rc == (*cell == -1 ? API_DENIED : API_OK));
            *cell = -1;

        } else {
            rc = api_revoked_table_put(table, &e);
            MUST(rc == API_OK || (rc == API_LIMIT && *cell == -1));
            *cell = rc == API_OK ? e.before : *cell;
        }

        check_found(table, model, &e);
    }

    check_all(table, model);
    free(mem);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size && data[0] == '0') {
        look_text(api_span(data + 1, size - 1));

    } else if (size && data[0] == '1') {
        look_table(data + 1, size - 1);
    }

    return 0;
}
