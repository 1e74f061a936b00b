#include "api_literals.h"
#include "api_operator_int.h"


/*
 * A pattern like (?:;|\||&)\s*ls\b can match at few places of a value only.
 * PCRE2 looks for them with a bitmap, a byte at a time, and where ^ is among
 * what a match may begin with it tries everywhere.
 */

typedef struct {
    api_byteset_t set;
    bool          line;  /* where a line begins */
    bool          empty; /* anywhere: nothing need be there */
} starts_t;

/* Of the bytes of a request, those a set may be at most. */

#define STARTS_CHANCE 0.03


/* A tree is at most API_PATTERN_DEPTH deep. */

static void
starts_of(const api_pattern_t *tree, starts_t *s)
{
    bool                 empty;
    const api_pattern_t *child;

    switch (tree->kind) {
    case API_PATTERN_SET:
        api_byteset_join(&s->set, &tree->set);
        s->empty = false;
        return;

    case API_PATTERN_BOL:
        s->line = true;
        s->empty = false;
        return;

    case API_PATTERN_REP:
        starts_of(tree->first, s);
        s->empty |= tree->min == 0;
        return;

    case API_PATTERN_CAT:
        s->empty = true;

        for (child = tree->first; child != NULL && s->empty;
             child = child->next) {
            starts_of(child, s);
        }

        return;

    case API_PATTERN_ALT:
        empty = false;

        for (child = tree->first; child != NULL; child = child->next) {
            starts_of(child, s);
            empty |= s->empty;
        }

        s->empty = empty;
        return;

    default:
        s->empty = true;
        return;
    }
}


static bool
starts_rare(const starts_t *s)
{
    double   chance;
    uint8_t  byte;
    unsigned c, n;

    for (c = 0, n = 0, chance = 0; c < 256; c++) {
        if (api_byteset_has(&s->set, c)) {
            byte = (uint8_t) c;
            chance += api_literals_chance(api_span(&byte, 1));
            n++;
        }
    }

    /* one byte, two, and lines alone are found fast by PCRE2 */

    return !s->empty && chance < STARTS_CHANCE && n > (s->line ? 0 : 2);
}


/* May a match begin with a letter, a digit or a blank? */

static bool
starts_words(const uint8_t *table)
{
    unsigned c;

    for (c = 0; c < 128; c++) {
        if (table[c] != 0
            && (c == ' ' || (c >= '0' && c <= '9')
                || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')))
        {
            return true;
        }
    }

    return false;
}


int
api_operator_starts(
    const uint8_t **starts, api_span_t pattern, api_arena_t *arena)
{
    int              rc;
    starts_t         s;
    uint8_t         *table;
    unsigned         c;
    api_pattern_t   *tree;
    api_arena_mark_t mark;

    *starts = NULL;
    mark = api_arena_mark(arena);
    memset(&s, 0, sizeof(s));
    s.empty = true;
    rc = api_pattern_parse(&tree, pattern, 0, arena, NULL);

    if (rc == API_OK) {
        starts_of(tree, &s);
    }

    api_arena_rewind(arena, mark);

    if (rc == API_NOMEM) {
        return rc;
    }

    if (!starts_rare(&s)) {
        return API_OK;
    }

    table = api_arena_calloc(arena, 256, 1);

    if (table == NULL) {
        return API_NOMEM;
    }

    for (c = 0; c < 256; c++) {
        table[c] = api_byteset_has(&s.set, c) ? API_OPERATOR_START : 0;
    }

    if (s.line) {
        table['\n'] |= API_OPERATOR_LINE;
    }

    if (starts_words(table)) {
        table[' '] |= API_OPERATOR_WORDS;
    }

    *starts = table;

    return API_OK;
}
