#include "api_sqli_int.h"

#include <inttypes.h>
#include <stdio.h>

#define B SQ_BIT

typedef enum {
    ANYWHERE = 0,
    START,  /* the value begins with it */
    BARE,   /* ... outside quotes */
    QUOTED, /* ... and its first token is the string it broke out of */
    NPLACES
} api_sqli_place_t;

#define FORM_MAX API_SQLI_FORM

typedef struct {
    const char *name;
    uint8_t     place;
    uint8_t     n;
    uint64_t    sets[FORM_MAX];
} api_sqli_form_t;

/* clang-format off */

static const api_sqli_form_t api_sqli_forms[] = {

    /* ... OR 1=1 */
    { "boolean", ANYWHERE, 5, { FIXED, LOGIC, FIXED, B(COMPARE), ANY } },
    { "boolean", ANYWHERE, 5,
        { B(NAME) | B(CALL), B(LOGIC), TEXT, B(COMPARE), TEXT } },
    { "boolean", ANYWHERE, 5,
        { B(NAME) | B(CALL), B(LOGIC), CALLS | B(SUBSELECT), B(COMPARE),
            FIXED } },
    { "boolean", START, 4,
        { LOGIC, FIXED | B(CALL), B(COMPARE), FIXED | B(CALL) } },
    { "boolean", QUOTED, 5, { B(STRING), B(LOGIC), ANY, B(COMPARE), ANY } },
    { "boolean", QUOTED, 5,
        { B(STRING), B(COMPARE), B(LOGIC), FIXED, B(COMPARE) } },
    { "boolean", BARE, 5,
        { B(NUMBER), LOGIC, B(NAME), B(COMPARE), FIXED | B(CALL) } },
    { "boolean", QUOTED, 4,
        { B(STRING), LOGIC, FIXED & ~B(STRING),
            STOP | B(LIMIT) | B(ORDER) } },
    { "boolean", BARE, 4,
        { B(NUMBER), LOGIC, FIXED & ~TEXT, STOP | B(LIMIT) | B(ORDER) } },
    { "boolean", BARE, 4,
        { B(NUMBER), LOGIC, B(NUMBER),
            B(COMMENT) | B(SEMICOLON) | B(LIMIT) | B(ORDER) } },
    { "boolean", QUOTED, 3, { B(STRING), LOGIC, CALLS | B(SUBSELECT) } },
    { "boolean", BARE, 3, { B(NUMBER), LOGIC, CALLS } },

    { "boolean", START, 4, { FIXED, LOGIC, FIXED, B(COMMENT) } },
    { "boolean", ANYWHERE, 5,
        { B(NAME) | B(CALL), B(WHERE), TEXT, B(COMPARE), TEXT } },
    { "boolean", ANYWHERE, 4, { CALLS, TEXT, B(COMPARE), TEXT } },

    /* ... SLEEP(5), @@version */
    { "function", START, 2, { CALLS | B(SUBSELECT), B(COMMENT) } },
    { "function", START, 4, { FIXED, B(COMPARE), CALLS, B(COMMENT) } },
    { "function", START, 1, { B(DANGER) } },
    { "function", ANYWHERE, 2,
        { INFIX | SELECTS | B(COMMA) | B(SEMICOLON) | B(SET) | B(WHERE)
            | B(ORDER) | CALLS | B(RUN), B(DANGER) } },
    { "function", QUOTED, 3, { B(STRING), INFIX, CALLS } },
    { "function", QUOTED, 2, { B(STRING), B(DANGER) } },
    { "function", START, 4, { CALLS, TEXT, B(COMMA), CALLS } },
    { "catalog", ANYWHERE, 2,
        { INFIX | SELECTS | B(FROM) | B(SEMICOLON) | B(RUN) | CALLS,
            B(CATALOG) } },

    /* UNION SELECT */
    { "union", ANYWHERE, 3, { B(UNION), SELECTS, FIXED } },
    { "union", ANYWHERE, 4,
        { B(UNION), SELECTS, ANY, B(COMMA) | B(FROM) | B(COMMENT) } },
    { "union", START, 3, { FIXED, B(UNION), SELECTS } },
    { "union", ANYWHERE, 2, { B(UNION), B(SUBSELECT) | B(RUN) } },
    { "union", START, 3, { TEXT, B(UNION), B(COMMENT) } },
    { "union", ANYWHERE, 2, { B(UNION), B(FUNCTION) } },
    { "comment", ANYWHERE, 2,
        { B(SPECIAL), B(UNION) | B(SELECT) | LOGIC | FIXED | B(COMPARE)
            | B(FROM) | B(ORDER) | B(WHERE) | B(DEFINE) | B(MODIFY) } },

    /* ; DROP TABLE */
    { "stacked", ANYWHERE, 2,
        { B(SEMICOLON), B(DEFINE) | B(MODIFY) | B(WAIT) } },
    { "stacked", ANYWHERE, 3, { B(SEMICOLON), SELECTS, FIXED } },
    { "stacked", ANYWHERE, 4,
        { B(SEMICOLON), SELECTS, B(NAME), B(FROM) | B(COMMA) } },
    { "stacked", ANYWHERE, 3, { B(SEMICOLON), B(RUN), FIXED | STOP | B(RUN) } },
    { "stacked", ANYWHERE, 4, { B(SEMICOLON), B(UPDATE), ANY, B(SET) } },
    { "stacked", ANYWHERE, 3, { B(SEMICOLON), B(SET), B(VARIABLE) } },
    { "stacked", ANYWHERE, 4,
        { B(SEMICOLON), B(FUNCTION), FIXED, B(COMPARE) } },
    { "stacked", START, 3, { TEXT, B(RUN), B(VARIABLE) } },
    { "stacked", QUOTED, 4, { B(STRING), B(SELECT), FIXED, B(FROM) } },
    { "stacked", START, 2, { B(RUN), B(CATALOG) | B(VARIABLE) | B(DANGER) } },

    /* a statement of its own */
    { "statement", START, 4, { B(UPDATE), ANY, B(SET), ANY } },
    { "statement", ANYWHERE, 5,
        { B(UPDATE), B(NAME), B(SET), B(NAME), B(COMPARE) } },
    { "statement", START, 2, { B(MODIFY), B(CALL) } },
    { "statement", START, 3,
        { B(MODIFY), ANY, CALLS | SELECTS | B(WHERE) | B(SEMICOLON) } },
    { "statement", START, 3, { B(DEFINE), ANY, B(COMMENT) | B(SEMICOLON) } },
    { "statement", START, 2, { B(SELECT), CALLS | B(VARIABLE) } },
    { "statement", START, 3, { B(SELECT), FIXED, B(FROM) | B(COMMA) } },
    { "statement", BARE, 4,
        { B(NUMBER), B(SELECT), FIXED, B(FROM) | B(COMMA) } },
    { "statement", START, 5,
        { SELECTS, B(NAME), B(FROM), B(NAME),
            STOP | B(WHERE) | B(ORDER) | B(LIMIT) | B(UNION) } },

    /* (SELECT ... */
    { "subquery", ANYWHERE, 3,
        { INFIX | B(COMMA) | CALLS | B(WHERE) | B(ORDER) | B(SELECT),
            B(SUBSELECT), FIXED } },
    { "subquery", ANYWHERE, 4,
        { INFIX | B(COMMA) | CALLS | B(WHERE) | B(ORDER) | B(SELECT),
            B(SUBSELECT), B(NAME), B(FROM) | B(COMMA) | B(WHERE) } },
    { "subquery", START, 2, { B(SUBSELECT), CALLS | B(CATALOG) } },
    { "subquery", ANYWHERE, 3, { TEXT, B(CONCAT), B(SUBSELECT) } },
    { "subquery", START, 3,
        { B(SUBSELECT), FIXED, B(FROM) | B(COMMA) | B(COMPARE) } },

    /* what may stand behind a condition */
    { "clause", QUOTED, 3, { B(STRING), B(ORDER), B(NUMBER) } },
    { "clause", START, 3, { TEXT, B(ORDER), CALLS } },
    { "clause", ANYWHERE, 4, { ANY | B(COMPARE), B(ORDER), B(NUMBER), B(COMMENT) } },
    { "clause", BARE, 4,
        { B(NUMBER), B(ORDER), B(NUMBER), STOP | B(COMMA) | B(UNION) } },
    { "clause", START, 4,
        { TEXT, B(ORDER), ANY, B(COMMENT) | B(WHERE) | B(SEMICOLON) } },
    { "clause", START, 4, { TEXT, B(WHERE), FIXED, B(COMPARE) } },
    { "clause", QUOTED, 4, { B(STRING), B(WHERE), ANY, B(COMPARE) } },
    { "clause", QUOTED, 3, { B(STRING), B(LIMIT), B(NUMBER) } },
    { "clause", START, 4,
        { TEXT, B(LIMIT), B(NUMBER), B(COMMENT) | B(COMMA) | B(UNION) } },
    { "clause", START, 6,
        { B(FROM), B(NAME), B(WHERE), CALLS, B(COMPARE), TEXT } },
    { "file", ANYWHERE, 1, { B(OUTFILE) } },
    { "wait", ANYWHERE, 2, { FIXED | B(COMPARE), B(WAIT) } },
    { "wait", ANYWHERE, 3, { ANY | B(RUN), B(WAIT), B(STRING) } },
    { "wait", START, 2, { B(WAIT), B(STRING) | B(VARIABLE) } },
    { "case", START, 3, { B(CASE), FIXED, B(COMPARE) } },
    { "case", ANYWHERE, 4,
        { INFIX | SELECTS | CALLS | B(COMMA) | B(ORDER), B(CASE), ANY,
            B(COMPARE) } },

    /* '-- */
    { "cut", QUOTED, 2, { B(STRING), B(COMMENT) } },
    { "cut", QUOTED, 3, { B(STRING), B(SEMICOLON), B(COMMENT) } },
    { "cut", BARE, 2, { B(NUMBER), B(COMMENT) } },
    { "list", QUOTED, 3,
        { B(STRING), B(COMMA), B(SUBSELECT) | CALLS | B(CATALOG) } },
    { "list", QUOTED, 4, { B(STRING), B(COMMA), ANY, B(COMMENT) } },
    { "list", QUOTED, 5,
        { B(STRING), B(COMMA), ANY, B(SEMICOLON), B(COMMENT) } },
};

/* clang-format on */

#define NFORMS (sizeof(api_sqli_forms) / sizeof(api_sqli_forms[0]))

/*
 * Which forms end in a token of a type, as bits: first those that may stand
 * anywhere, then those bound to the beginning.  From the table; a unit test
 * says so when it is not that of the table any more.
 */

typedef struct {
    uint64_t free[2];
    uint64_t bound[2];
    uint64_t second[2]; /* those with the type before that, or of one token */
} api_sqli_index_t;

/* clang-format off */

static const api_sqli_index_t api_sqli_index[SQ_NTYPES] = {
    { { 0x0000000000000000, 0x0000000000000000 },
      { 0x0000000000000000, 0x0000000000000000 },
      { 0x0000000000020000, 0x0000000000000001 } },
    { { 0x00020002a0806007, 0x0000000000000004 },
      { 0x8000010000000058, 0x0000000000000008 },
      { 0x1c20d85401121020, 0x0000000000000473 } },
    { { 0x00020002a0806007, 0x0000000000000000 },
      { 0xa040010000000058, 0x0000000000000000 },
      { 0x5f20d854010212a0, 0x0000000000000533 } },
    { { 0x0000000000000001, 0x0000000000000000 },
      { 0x0000010000000010, 0x0000000000000000 },
      { 0x14051a0501020000, 0x0000000000000421 } },
    { { 0x0002000aa0800005, 0x0000000000000000 },
      { 0x000021a000000058, 0x0000000000000008 },
      { 0x1c20d854010211a0, 0x0000000000000433 } },
    { { 0x00020002b0800005, 0x0000000000000000 },
      { 0x0088290000280c58, 0x0000000000000200 },
      { 0x1c20d854014791a0, 0x0000000000000433 } },
    { { 0x0000000000000001, 0x0000000000000000 },
      { 0x0000050000000058, 0x0000000000000000 },
      { 0x1400180401020000, 0x0000000000000421 } },
    { { 0x00020002a0840005, 0x0000000000000000 },
      { 0x00882980003a0c58, 0x0000000000000200 },
      { 0x1c20d854014791a0, 0x0000000000000433 } },
    { { 0x00020002a0c00005, 0x0000000000000000 },
      { 0x0008018000000058, 0x0000000000000200 },
      { 0x1c20d854010211a0, 0x0000000000000433 } },
    { { 0x0000000020000000, 0x0000000000000000 },
      { 0x0000000000000000, 0x0000000000000000 },
      { 0x00000000004e0c00, 0x0000000000000001 } },
    { { 0x0000000020000000, 0x0000000000000000 },
      { 0x0000000000000000, 0x0000000000000000 },
      { 0x00100000004e0c00, 0x0000000000000001 } },
    { { 0x0000021020000000, 0x0000000000000020 },
      { 0x1820000000000020, 0x0000000000000010 },
      { 0x80000000004e605f, 0x0000000000000003 } },
    { { 0x0000000000000000, 0x0000000000000000 },
      { 0x0000000000000000, 0x0000000000000000 },
      { 0x00000000004e0000, 0x0000000000000001 } },
    { { 0x0000000020000000, 0x0000000000000000 },
      { 0x4201000000000000, 0x0000000000000000 },
      { 0x000000001e020000, 0x0000000000000001 } },
    { { 0x0000000020000000, 0x0000000000000000 },
      { 0x0000080002000000, 0x0000000000000000 },
      { 0x0000200080c60000, 0x0000000000000001 } },
    { { 0x00120002a4800005, 0x0000000000000000 },
      { 0x0000090002000458, 0x0000000000000200 },
      { 0x1c2ad85481c691a0, 0x0000000000000433 } },
    { { 0x0000000060000000, 0x0000000000000000 },
      { 0x0000000000000000, 0x0000000000000000 },
      { 0x0000000000020000, 0x0000000000000001 } },
    { { 0x0000000060000000, 0x0000000000000000 },
      { 0x0000000000000000, 0x0000000000000000 },
      { 0x0000040000020000, 0x0000000000000001 } },
    { { 0x0000000204000000, 0x0000000000000000 },
      { 0x0000000000000000, 0x0000000000000000 },
      { 0x000000a200460000, 0x0000000000000001 } },
    { { 0x0000000000000000, 0x0000000000000000 },
      { 0x0000000000000000, 0x0000000000000000 },
      { 0x0000000000020000, 0x0000000000000001 } },
    { { 0x0000000400000000, 0x0000000000000000 },
      { 0x0000000000000000, 0x0000000000000000 },
      { 0x0000010800060000, 0x0000000000000001 } },
    { { 0x0004000121000000, 0x0000000000000000 },
      { 0x0020c04000000000, 0x0000000000000000 },
      { 0x0000000000420000, 0x0000000000000001 } },
    { { 0x0000000020000000, 0x0000000000000000 },
      { 0x0001000000000380, 0x0000000000000000 },
      { 0x00c0000000060000, 0x0000000000000001 } },
    { { 0x0004000020000000, 0x0000000000000000 },
      { 0x0401080000000000, 0x0000000000000000 },
      { 0x0000000000060000, 0x0000000000000001 } },
    { { 0x0000000000000000, 0x0000000000000000 },
      { 0x0001000000000380, 0x0000000000000000 },
      { 0x2000000000020000, 0x0000000000000001 } },
    { { 0x0000000000000000, 0x0000000000000001 },
      { 0x0000000000000000, 0x0000000000000000 },
      { 0x0000000000020000, 0x0000000000000001 } },
    { { 0x0000000040000000, 0x0000000000000002 },
      { 0x0000000000000000, 0x0000000000000000 },
      { 0x0000000000020000, 0x000000000000000d } },
    { { 0x0000000000000000, 0x0000000000000000 },
      { 0x0000000000000000, 0x0000000000000000 },
      { 0x0000000000020000, 0x0000000000000001 } },
    { { 0x0000000000000000, 0x0000000000000000 },
      { 0x0000000000000000, 0x0000000000000000 },
      { 0x0000000000020000, 0x0000000000000001 } },
    { { 0x0000000000000000, 0x0000000000000000 },
      { 0x0000000000000000, 0x0000000000000000 },
      { 0x0000000020020000, 0x0000000000000001 } },
    { { 0x0004000101000000, 0x0000000000000000 },
      { 0x4220c00000000000, 0x0000000000000000 },
      { 0x0000000000260000, 0x0000000000000201 } },
    { { 0x0000000200000000, 0x0000000000000000 },
      { 0x0601180000000380, 0x0000000000000000 },
      { 0x0000000040460000, 0x0000000000000881 } },
    { { 0x0100000201000000, 0x0000000000000000 },
      { 0x4601100008019380, 0x0000000000000dc0 },
      { 0x0000000000020000, 0x0000000000000001 } },
    { { 0x0000000000000000, 0x0000000000000000 },
      { 0x0000000000000000, 0x0000000000000000 },
      { 0x0000000000020000, 0x0000000000000001 } },
    { { 0x0000000200000000, 0x0000000000000000 },
      { 0x0201000000000180, 0x0000000000000000 },
      { 0x0000000000020000, 0x0000000000000001 } },
};

/* clang-format on */


static api_sqli_index_t
api_sqli_index_of(unsigned type)
{
    size_t                 i;
    uint64_t               bit;
    api_sqli_index_t       index;
    const api_sqli_form_t *form;

    memset(&index, 0, sizeof(index));

    for (i = 0; i < NFORMS; i++) {
        form = &api_sqli_forms[i];
        bit = form->sets[form->n - 1] >> type & 1;

        if (form->place == ANYWHERE) {
            index.free[i / 64] |= bit << i % 64;

        } else {
            index.bound[i / 64] |= bit << i % 64;
        }

        bit = form->n == 1 ? 1 : form->sets[form->n - 2] >> type & 1;
        index.second[i / 64] |= bit << i % 64;
    }

    return index;
}


/*
 * What the reading goes by that leaves dull tokens out: each form that may
 * stand anywhere has a token that is not dull, and none has two neighbours
 * that a name fits.
 */

static bool
api_sqli_dull_ok(void)
{
    bool                   sharp;
    size_t                 i, k;
    const api_sqli_form_t *form;

    for (i = 0; i < NFORMS; i++) {
        form = &api_sqli_forms[i];
        sharp = form->place != ANYWHERE;

        for (k = 0; k < form->n && form->place == ANYWHERE; k++) {
            sharp |= (form->sets[k] & API_SQLI_DULL) == 0;

            if (k > 0 && (form->sets[k] & form->sets[k - 1] & B(NAME))) {
                return false;
            }
        }

        if (!sharp) {
            return false;
        }
    }

    return true;
}


/* Types of which one is enough for a form, and two sets, of which it takes one
   of each. */

#define ENOUGH                                                                \
    (CALLS | SELECTS | B(CALL) | B(CATALOG) | B(UNION) | B(DEFINE)            \
        | B(MODIFY) | B(RUN) | B(UPDATE) | B(OUTFILE) | B(WAIT) | B(CASE)     \
        | B(SPECIAL))
#define VALUES (TEXT | B(VARIABLE))
#define TAILS (LOGIC | B(SET) | B(ORDER) | B(WHERE) | B(LIMIT) | B(COMMENT))

static bool
api_sqli_needs_ok(void)
{
    bool                   enough, value, tail;
    size_t                 i, k;
    const api_sqli_form_t *form;

    for (i = 0; i < NFORMS; i++) {
        form = &api_sqli_forms[i];
        enough = value = tail = false;

        for (k = 0; k < form->n; k++) {
            enough |= (form->sets[k] & ~ENOUGH) == 0;
            value |= (form->sets[k] & ~(ENOUGH | VALUES)) == 0;
            tail |= (form->sets[k] & ~(ENOUGH | TAILS)) == 0;
        }

        if (!enough && !(value && tail)) {
            return false;
        }
    }

    return true;
}


static bool
api_sqli_form_possible(const api_sqli_form_t *form, uint64_t types)
{
    unsigned i;

    for (i = 0; i < form->n; i++) {
        if (!(form->sets[i] & types)) {
            return false;
        }
    }

    return true;
}


bool
api_sqli_possible(uint64_t types)
{
    size_t i;

    if (!(types & ENOUGH) && !(types & VALUES && types & TAILS)) {
        return false;
    }

    for (i = 0; i < NFORMS; i++) {
        if (api_sqli_form_possible(&api_sqli_forms[i], types)) {
            return true;
        }
    }

    /* api_sqli_comment's own */

    return types & B(COMMENT) && types & TEXT
           && types & (B(DEFINE) | B(MODIFY) | B(RUN) | B(UPDATE));
}


bool
api_sqli_form_index_ok(char *text, size_t size)
{
    bool             ok;
    int              n;
    unsigned         type;
    api_sqli_index_t index;

    ok = NFORMS <= 128 && api_sqli_dull_ok() && api_sqli_needs_ok();

    for (type = 0; type < SQ_NTYPES; type++) {
        index = api_sqli_index_of(type);

        ok = ok && memcmp(&index, &api_sqli_index[type], sizeof(index)) == 0;

        n = snprintf(text, size,
            "    { { 0x%016" PRIx64 ", 0x%016" PRIx64 " },\n"
            "      { 0x%016" PRIx64 ", 0x%016" PRIx64 " },\n"
            "      { 0x%016" PRIx64 ", 0x%016" PRIx64 " } },\n",
            index.free[0], index.free[1], index.bound[0], index.bound[1],
            index.second[0], index.second[1]);

        if (n < 0 || (size_t) n >= size) {
            return false;
        }

        text += n;
        size -= (size_t) n;
    }

    return ok;
}


static bool
api_sqli_form(const api_sqli_fold_t *f, const api_sqli_form_t *form)
{
    unsigned i;

    if (f->n < form->n || (form->place != ANYWHERE && f->n != form->n)
        || (form->place == QUOTED && !f->quoted)
        || (form->place == BARE && f->quoted))
    {
        return false;
    }

    for (i = 1; i < form->n; i++) {
        if (!api_sqli_is(f, i, form->sets[form->n - 1 - i])) {
            return false;
        }
    }

    return true;
}


static bool
api_sqli_any_form(api_sqli_fold_t *f, uint64_t bits, unsigned from)
{
    const api_sqli_form_t *form;

    for (/* void */; bits; bits &= bits - 1) {
        form = &api_sqli_forms[from + (unsigned) __builtin_ctzll(bits)];

        if (api_sqli_form(f, form)) {
            f->form = form->name;
            return true;
        }
    }

    return false;
}


bool
api_sqli_check(api_sqli_fold_t *f)
{
    uint64_t                low, high;
    const api_sqli_index_t *index, *before;

    index = &api_sqli_index[f->tape[f->n - 1]];
    before = &api_sqli_index[f->n > 1 ? f->tape[f->n - 2] : SQ_NONE];
    low = index->free[0];
    high = index->free[1];

    if (f->n <= FORM_MAX && !f->cut) {
        low |= index->bound[0];
        high |= index->bound[1];
    }

    low &= before->second[0];
    high &= before->second[1];

    return (low && api_sqli_any_form(f, low, 0))
           || (high && api_sqli_any_form(f, high, 64));
}
