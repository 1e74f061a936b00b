/*
 * Tapes (api_json.h) that no JSON text stands behind: parameters and forms,
 * decoded already, put together so that a schema can be run over them; and
 * pieces of other tapes kept for long.
 *
 *     api_tape_init(&t, arena, seed);
 *     api_tape_object(&t);
 *     api_tape_name(&t, API_SPAN("id"));
 *     api_tape_text(&t, value, API_SCHEMA_T_INTEGER);
 *     api_tape_end(&t);
 *     rc = api_tape_done(&t, &json);
 *
 * Bytes are copied; strings are UTF-8 (the caller has looked) and may hold
 * any character.  A failure is remembered, and told at the end.  Names of one
 * object have to differ: that is for the caller to see to.  The result has no
 * text: of the functions of api_json.h only api_json_raw is no use with it.
 */

#ifndef API_TAPE_H
#define API_TAPE_H

#include "api_arena.h"
#include "api_json.h"


typedef struct {
    api_arena_t    *arena;
    api_sipkey_t    seed;
    uint8_t        *text;
    size_t          len, cap;
    api_json_tok_t *tok;
    uint32_t        ntok, tok_cap;
    uint32_t        open; /* token of the innermost open container, or NONE */
    uint16_t        depth;
    bool            named; /* a name stands before, its value must follow */
    int             rc;
} api_tape_t;


void api_tape_init(api_tape_t *t, api_arena_t *arena, api_sipkey_t seed);

void api_tape_object(api_tape_t *t);
void api_tape_array(api_tape_t *t);
void api_tape_end(api_tape_t *t);

void api_tape_name(api_tape_t *t, api_span_t name);

void api_tape_string(api_tape_t *t, api_span_t s);
void api_tape_null(api_tape_t *t);
void api_tape_bool(api_tape_t *t, bool v);

/* False, and nothing written, when s is no JSON number as it stands. */

bool api_tape_number(api_tape_t *t, api_span_t s);

/*
 * A value that came as text, as the first of the types in the mask
 * (API_SCHEMA_T_*) that it has the form of: number ("1e2", not "+1" or "01"),
 * where only integers are allowed one without fraction and exponent, boolean
 * ("true", "false"), null ("null"); else, or when a string is
 * allowed too and the text is no more than that, a string.  Where both a
 * string and another type are allowed and the text fits both it is the other:
 * the schema {"type": ["string", "integer"]} takes either.
 */

void api_tape_text(api_tape_t *t, api_span_t s, unsigned types);

/* The value at token `at` of another tape; returns its token here. */

uint32_t api_tape_copy(api_tape_t *t, const api_json_t *json, uint32_t at);

/*
 * One value has been written: *out is its tape.  API_NOMEM, API_LIMIT (4 GiB
 * of text, 65 535 levels), API_INTERNAL after misuse.  With several values
 * (copies kept side by side) each stands at the token it was given.
 */

int api_tape_done(api_tape_t *t, api_json_t *out);


#endif /* API_TAPE_H */
