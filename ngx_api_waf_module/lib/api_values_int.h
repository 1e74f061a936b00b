/* What the files of api_values share; nobody else includes this. */

#ifndef API_VALUES_INT_H
#define API_VALUES_INT_H

#include "api_values.h"


/*
 * These note what goes wrong in b (over, nomem) and go on: a reader of a body
 * looks at it now and then, and its caller at its end.
 */

void api_values_add(
    api_values_t *b, api_waf_var_t var, api_span_t name, api_span_t value);
void api_values_set(api_values_t *b, api_waf_var_t var, api_span_t value);
void api_values_set_int(api_values_t *b, api_waf_var_t var, int64_t value);

/* An argument: counted, and part of ARGS_COMBINED_SIZE; or, of ARGS_UNPACKED,
   counted there. */

void api_values_arg(
    api_values_t *b, api_waf_var_t var, api_span_t name, api_span_t value);

/* Text of NAME=VALUE pairs to ARGS_GET or ARGS_POST. */

void api_values_pairs(api_values_t *b, api_waf_var_t var, api_span_t text);

/* The n parts in one piece of the arena; empty without memory. */

api_span_t api_values_join(api_values_t *b, const api_span_t *part, size_t n);

/* ARGS_COMBINED_SIZE so far. */

void api_values_sizes(api_values_t *b);

/* Does the type begin with it, without case?  So ModSecurity compares. */

bool api_values_type_is(api_span_t type, const char *what);

/* len bytes more are read, of which names may be made. */

void api_values_grant(api_values_t *b, size_t len);

/* Arguments that may still be added, to ARGS_UNPACKED or to the others. */

uint32_t api_values_left(const api_values_t *b, api_waf_var_t var);

/* REQBODY_ERROR and its text, "JSON", ... in front; the first one counts. */

void api_values_body_fault(api_values_t *b, const char *who, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/*
 * The name of what a reader of JSON or YAML stands at, and room for the names
 * of what is within it.  All zero: an empty one.
 */

typedef struct {
    uint8_t *text;
    size_t   len; /* may be made less: back to what is around */
    size_t   room;
    uint8_t *pos; /* the next name goes here */
    size_t   left;
    size_t   block; /* bytes taken for names, the last time */
} api_values_path_t;

bool
api_values_path_add(api_values_t *b, api_values_path_t *path, api_span_t s);

/* A block of n bytes or more for names. */

bool api_values_path_block(api_values_t *b, api_values_path_t *path, size_t n);

/* The name of what is called own behind the path, which stays as it is. */

static inline bool
api_values_path_name(
    api_values_t *b, api_values_path_t *path, api_span_t own, api_span_t *name)
{
    size_t n = path->len + own.len;

    if (n > path->left && !api_values_path_block(b, path, n)) {
        return false;
    }

    *name = api_span(path->pos, n);

    if (path->len) {
        memcpy(path->pos, path->text, path->len);
    }

    if (own.len) {
        memcpy(path->pos + path->len, own.data, own.len);
    }

    path->pos += n;
    path->left -= n;

    return true;
}

#define API_VALUES_DIGITS 10

/* n in decimal, within text, which has API_VALUES_DIGITS bytes. */

api_span_t api_values_digits(char *text, uint32_t n);

/*
 * A reader that may be left in the middle: more reads b->slice bytes or so and
 * says if there is more; end gives back what is not of the arena, and is
 * called once, also in the middle.
 */

typedef struct {
    bool (*more)(api_values_t *b, void *work);
    void (*end)(void *work); /* may be NULL */
} api_values_part_t;

/* What is read now, goes on behind this. */

void
api_values_part(api_values_t *b, const api_values_part_t *part, void *work);

/* Bodies.  Faults are noted by api_values_body_fault; those of JSON lines, XML
   and YAML begin a part. */

void api_values_json(api_values_t *b, api_span_t body);
void api_values_json_lines(api_values_t *b, api_span_t body);
bool api_values_json_sniff(api_values_t *b, api_span_t body);
void api_values_xml(api_values_t *b, api_span_t body);
void api_values_yaml(api_values_t *b, api_span_t body);
void api_values_text(api_values_t *b, api_span_t body);
void api_values_multipart(api_values_t *b, api_span_t body);

/* Why a document is not for libxml2: its time would be the square of what was
   sent.  NULL: it is. */

const char *api_values_xml_scan(api_span_t body);

/* The inside of a string of JSON that api_json_parse has read.  False: no
   memory. */

bool api_values_unescape(api_values_t *b, api_span_t text, api_span_t *s);

/* Of a text that is nearly JSON: its strings, in either quotes. */

void api_values_lenient(
    api_values_t *b, api_waf_var_t var, api_span_t name, api_span_t text);

/* The values of text, if it is JSON, as ARGS_UNPACKED:name.member. */

bool api_values_json_inner(api_values_t *b, api_span_t name, api_span_t text);

/* What stands inside the values that there are so far: a part. */

void api_values_unpack(api_values_t *b);

/* If text is a document of GraphQL: its arguments.  False: it is none. */

bool api_values_graphql(api_values_t *b, api_waf_var_t var, api_span_t text);


#endif /* API_VALUES_INT_H */
