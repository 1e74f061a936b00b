#include "api_style.h"

#include "api_percent.h"
#include "api_token.h"
#include "api_utf8.h"


unsigned
api_style_types(const api_schema_t *schema, uint32_t entry)
{
    return entry == API_SCHEMA_NONE ? API_SCHEMA_T_STRING
                                    : api_schema_types(schema, entry);
}


int
api_style_bad(
    api_style_run_t *run, int rc, const char *keyword, const char *what)
{
    run->keyword = keyword;
    run->what = what;

    return rc;
}


static int
api_style_nomem(api_style_run_t *run)
{
    return api_style_bad(run, API_NOMEM, "memory", "no memory");
}


/* A piece, decoded where its place asks for it. */

static int
api_style_decode(api_style_run_t *run, api_span_t raw, api_span_t *out)
{
    uint8_t *p;
    unsigned how, flags;

    how = run->plus ? API_PERCENT_PLUS : 0;
    *out = raw;

    if (run->decode && api_percent_has(raw, how)) {
        p = api_arena_alloc(run->arena, raw.len);

        if (p == NULL) {
            return api_style_nomem(run);
        }

        flags = 0;
        *out = api_span(p, api_percent_decode(raw, how, p, &flags));

        if (flags & API_PERCENT_F_BAD) {
            return api_style_bad(run, API_SYNTAX, "encoding",
                "a % that two hex digits do not follow");
        }
    }

    if (api_utf8_valid(*out) != out->len) {
        return api_style_bad(run, API_SYNTAX, "encoding", "not UTF-8");
    }

    return API_OK;
}


void
api_style_text(api_style_run_t *run, api_span_t text, uint32_t entry)
{
    api_tape_text(run->tape, text, api_style_types(run->schema, entry));
}


int
api_style_scalar(api_style_run_t *run, api_span_t raw, uint32_t entry)
{
    int        rc;
    api_span_t text;

    rc = api_style_decode(run, raw, &text);

    if (rc == API_OK) {
        api_style_text(run, text, entry);
    }

    return rc;
}


/* Pieces between delimiters; at least one, which may be empty. */

typedef struct {
    api_span_t *item;
    uint32_t    n;
} api_items_t;


/* Length of the delimiter at p, 0: there is none. */

static size_t
api_style_delimiter(const uint8_t *p, size_t left, char delimiter)
{
    if (*p == (uint8_t) delimiter) {
        return 1;
    }

    if (delimiter == ' ') {
        return *p == '+'                                               ? 1
               : left > 2 && p[0] == '%' && p[1] == '2' && p[2] == '0' ? 3
                                                                       : 0;
    }

    if (delimiter == '|') {
        return left > 2 && p[0] == '%' && p[1] == '7' && (p[2] | 0x20) == 'c'
                   ? 3
                   : 0;
    }

    return 0;
}


static int
api_style_split(
    api_style_run_t *run, api_span_t raw, char delimiter, api_items_t *items)
{
    size_t   i, n, from;
    uint32_t count;

    for (i = 0, count = 1; i < raw.len; i += n ? n : 1) {
        n = api_style_delimiter(raw.data + i, raw.len - i, delimiter);
        count += n != 0;
    }

    if (count > API_STYLE_MAX_ITEMS) {
        return api_style_bad(run, API_LIMIT, "limit", "too many elements");
    }

    items->n = 0;
    items->item = api_arena_calloc(run->arena, count, sizeof(api_span_t));

    if (items->item == NULL) {
        return api_style_nomem(run);
    }

    for (i = 0, from = 0; i < raw.len; i += n ? n : 1) {
        n = api_style_delimiter(raw.data + i, raw.len - i, delimiter);

        if (n) {
            items->item[items->n++] = api_span(raw.data + from, i - from);
            from = i + n;
        }
    }

    items->item[items->n++] = api_span(raw.data + from, raw.len - from);

    return API_OK;
}


static int
api_style_array(
    api_style_run_t *run, const api_param_t *param, const api_items_t *items)
{
    int        rc;
    uint32_t   i;
    api_span_t item;

    api_tape_array(run->tape);

    for (i = 0; i < items->n; i++) {
        item = items->item[i];

        if (param->in == API_IN_HEADER) {
            item = api_token_trim(item);
        }

        rc = api_style_scalar(run, item,
            param->schema == API_SCHEMA_NONE
                ? API_SCHEMA_NONE
                : api_schema_element(run->schema, param->schema, i));

        if (rc != API_OK) {
            return rc;
        }
    }

    api_tape_end(run->tape);

    return API_OK;
}


static int
api_style_member(api_style_run_t *run, const api_param_t *param,
    api_names_t *names, uint32_t i, api_span_t name, api_span_t value)
{
    int        rc;
    api_span_t key;

    if (param->in == API_IN_HEADER) {
        name = api_token_trim(name);
        value = api_token_trim(value);
    }

    rc = api_style_decode(run, name, &key);

    if (rc != API_OK) {
        return rc;
    }

    if (api_names_put(names, key, i) != i) {
        return api_style_bad(
            run, API_DUPLICATE, "duplicate", "a member stands there twice");
    }

    api_tape_name(run->tape, key);

    return api_style_scalar(run, value,
        param->schema == API_SCHEMA_NONE
            ? API_SCHEMA_NONE
            : api_schema_member(run->schema, param->schema, key));
}


/* k,v,k,v, or exploded k=v,k=v. */

static int
api_style_object(api_style_run_t *run, const api_param_t *param,
    const api_items_t *items, bool explode)
{
    int            rc;
    uint32_t       i, step;
    api_span_t     name, value;
    api_names_t    names;
    const uint8_t *eq;

    step = explode ? 1 : 2;

    if (!explode && items->n % 2) {
        return api_style_bad(run, API_SYNTAX, "style",
            "names and values of an object come in pairs");
    }

    if (!api_names_init(&names, items->n, run->seed, run->arena)) {
        return api_style_nomem(run);
    }

    api_tape_object(run->tape);

    for (i = 0; i < items->n; i += step) {
        name = items->item[i];

        if (explode) {
            eq = name.len ? memchr(name.data, '=', name.len) : NULL;

            if (eq == NULL) {
                return api_style_bad(run, API_SYNTAX, "style",
                    "a member of an object is written name=value");
            }

            value = api_span(eq + 1, name.len - (size_t) (eq - name.data) - 1);
            name.len = (size_t) (eq - name.data);

        } else {
            value = items->item[i + 1];
        }

        rc = api_style_member(run, param, &names, i, name, value);

        if (rc != API_OK) {
            return rc;
        }
    }

    api_tape_end(run->tape);

    return API_OK;
}


/* raw as array, object or scalar, whatever the schema allows first. */

static int
api_style_shape(api_style_run_t *run, const api_param_t *param, api_span_t raw,
    char delimiter, bool explode)
{
    int         rc;
    api_items_t items;

    if (!(param->types & (API_SCHEMA_T_ARRAY | API_SCHEMA_T_OBJECT))
        || param->schema == API_SCHEMA_NONE
        || param->types == API_SCHEMA_T_ANY)
    {
        return api_style_scalar(run, raw, param->schema);
    }

    rc = api_style_split(run, raw, delimiter, &items);

    if (rc != API_OK) {
        return rc;
    }

    /* one piece, and a scalar would do: it is one */

    if (items.n == 1 && (param->types & API_SCHEMA_T_STRING)) {
        return api_style_scalar(run, raw, param->schema);
    }

    return param->types & API_SCHEMA_T_ARRAY
               ? api_style_array(run, param, &items)
               : api_style_object(run, param, &items, explode);
}


static int
api_style_label(api_style_run_t *run, const api_param_t *param, api_span_t raw)
{
    if (raw.len == 0 || *raw.data != '.') {
        return api_style_bad(
            run, API_SYNTAX, "style", "style label begins with \".\"");
    }

    return api_style_shape(run, param, api_span(raw.data + 1, raw.len - 1),
        param->explode ? '.' : ',', param->explode);
}


/* The value of ";name=value" at raw; ";name" has an empty one. */

static bool
api_style_matrix_value(api_span_t raw, api_span_t name, api_span_t *value)
{
    if (raw.len < name.len
        || (name.len && memcmp(raw.data, name.data, name.len) != 0))
    {
        return false;
    }

    *value = api_span(raw.data + name.len, raw.len - name.len);

    if (value->len == 0) {
        return true;
    }

    if (*value->data != '=') {
        return false;
    }

    value->data++;
    value->len--;

    return true;
}


static int
api_style_matrix(
    api_style_run_t *run, const api_param_t *param, api_span_t raw)
{
    int         rc;
    uint32_t    i;
    api_span_t  value;
    api_items_t items;

    if (raw.len == 0 || *raw.data != ';') {
        return api_style_bad(
            run, API_SYNTAX, "style", "style matrix begins with \";\"");
    }

    raw = api_span(raw.data + 1, raw.len - 1);

    if (param->explode && !(param->types & API_SCHEMA_T_ARRAY)
        && (param->types & API_SCHEMA_T_OBJECT))
    {
        return api_style_shape(run, param, raw, ';', true);
    }

    if (!param->explode || !(param->types & API_SCHEMA_T_ARRAY)) {
        if (!api_style_matrix_value(raw, param->name, &value)) {
            return api_style_bad(run, API_SYNTAX, "style",
                "style matrix is written ;name=value");
        }

        return api_style_shape(run, param, value, ',', false);
    }

    rc = api_style_split(run, raw, ';', &items);

    if (rc != API_OK) {
        return rc;
    }

    for (i = 0; i < items.n; i++) {
        if (!api_style_matrix_value(
                items.item[i], param->name, &items.item[i])) {
            return api_style_bad(run, API_SYNTAX, "style",
                "style matrix is written ;name=value");
        }
    }

    return api_style_array(run, param, &items);
}


int
api_style_value(api_style_run_t *run, const api_param_t *param, api_span_t raw)
{
    switch (param->style) {

    case API_STYLE_LABEL:
        return api_style_label(run, param, raw);

    case API_STYLE_MATRIX:
        return api_style_matrix(run, param, raw);

    case API_STYLE_SPACE:
        return api_style_shape(run, param, raw, ' ', false);

    case API_STYLE_PIPE:
        return api_style_shape(run, param, raw, '|', false);

    case API_STYLE_FORM:
        return api_style_shape(run, param, raw, ',', false);

    default:
        return api_style_shape(run, param, raw, ',', param->explode);
    }
}


static int
api_style_twice(api_style_run_t *run)
{
    return api_style_bad(run, API_DUPLICATE, "duplicate",
        "it stands there more than once, and has one value");
}


/* Exploded form: the pairs of that name are the elements. */

static int
api_style_repeat(api_style_run_t *run, const api_param_t *param,
    const api_pairs_t *pairs, bool *used, bool *found)
{
    uint32_t    i, n, at;
    api_span_t  first;
    api_items_t items;

    first = API_SPAN("");

    for (i = 0, n = 0, at = 0; i < pairs->n; i++) {
        if (!used[i] && api_span_eq(pairs->pair[i].name, param->name)) {
            at = n++ ? at : i;
            first = pairs->pair[at].raw_value;
            used[i] = true;
        }
    }

    *found = n > 0;

    if (n == 0) {
        return API_OK;
    }

    if (!(param->types & API_SCHEMA_T_ARRAY)
        || param->schema == API_SCHEMA_NONE
        || (n == 1 && (param->types & API_SCHEMA_T_STRING)))
    {
        return n > 1 ? api_style_twice(run)
                     : api_style_scalar(run, first, param->schema);
    }

    items.n = 0;
    items.item = api_arena_calloc(run->arena, n, sizeof(api_span_t));

    if (items.item == NULL) {
        return api_style_nomem(run);
    }

    /* those that an object at fault, a[b] of a, had taken are before `at` */

    for (i = at; i < pairs->n && items.n < n; i++) {
        if (api_span_eq(pairs->pair[i].name, param->name)) {
            items.item[items.n++] = pairs->pair[i].raw_value;
        }
    }

    return api_style_array(run, param, &items);
}


/* Has the object such a member?  false as its schema is no member either. */

static bool
api_style_takes(const api_style_run_t *run, uint32_t entry, api_span_t name)
{
    uint32_t member;

    member = api_schema_member(run->schema, entry, name);

    return member != API_SCHEMA_NONE
           && api_schema_types(run->schema, member) != 0;
}


/* Exploded form of an object: its members are pairs of their own. */

static int
api_style_spread(api_style_run_t *run, const api_param_t *param,
    const api_pairs_t *pairs, bool *used, bool *found)
{
    int               rc;
    uint32_t          i;
    api_names_t       names;
    const api_pair_t *pair;

    if (!api_names_init(&names, pairs->n, run->seed, run->arena)) {
        return api_style_nomem(run);
    }

    for (i = 0; i < pairs->n; i++) {
        pair = &pairs->pair[i];

        if (used[i] || !api_style_takes(run, param->schema, pair->name)) {
            continue;
        }

        if (!*found) {
            api_tape_object(run->tape);
            *found = true;
        }

        used[i] = true;
        rc = api_style_member(
            run, param, &names, i, pair->raw_name, pair->raw_value);

        if (rc != API_OK) {
            return rc;
        }
    }

    if (*found) {
        api_tape_end(run->tape);
    }

    return API_OK;
}


int
api_style_pairs(api_style_run_t *run, const api_param_t *param,
    const api_pairs_t *pairs, bool *used, bool *found)
{
    uint32_t i, at;

    *found = false;

    if (param->style == API_STYLE_DEEP) {
        return api_style_deep(run, param, pairs, used, found);
    }

    if (param->explode && param->schema != API_SCHEMA_NONE
        && param->types != API_SCHEMA_T_ANY && param->style == API_STYLE_FORM
        && (param->types & API_SCHEMA_T_OBJECT)
        && !(param->types
             & (API_SCHEMA_T_ARRAY | API_SCHEMA_T_STRING | API_SCHEMA_T_NUMBER
                 | API_SCHEMA_T_BOOLEAN)))
    {
        return api_style_spread(run, param, pairs, used, found);
    }

    if (param->explode) {
        return api_style_repeat(run, param, pairs, used, found);
    }

    at = API_PAIR_NONE;

    for (i = 0; i < pairs->n; i++) {
        if (used[i] || !api_span_eq(pairs->pair[i].name, param->name)) {
            continue;
        }

        used[i] = true;
        *found = true;

        if (at != API_PAIR_NONE) {
            return api_style_twice(run);
        }

        at = i;
    }

    return *found ? api_style_value(run, param, pairs->pair[at].raw_value)
                  : API_OK;
}
