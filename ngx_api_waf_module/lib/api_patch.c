#include "api_patch.h"
#include "api_patch_day.h"

#include "api_token.h"


struct api_patches_s {
    api_arena_t  arena;
    api_patch_t *patch;
    uint32_t     n;
    uint32_t     room;
};

/* A line while it is read. */

typedef struct {
    api_patches_t *list;
    api_err_t     *err;
    api_span_t     rest;
    unsigned       line;
    unsigned       seen; /* bit i: keys[i] stood */
    api_patch_t    p;
} reader_t;

static int read_path(reader_t *r, api_span_t value);
static int read_param(reader_t *r, api_span_t value);
static int read_match(reader_t *r, api_span_t value);
static int read_expires(reader_t *r, api_span_t value);
static int read_owner(reader_t *r, api_span_t value);

static const struct {
    const char *name;
    int (*read)(reader_t *r, api_span_t value);
} keys[] = {
    { "path", read_path },
    { "param", read_param },
    { "match", read_match },
    { "expires", read_expires },
    { "owner", read_owner },
};

#define NKEYS (sizeof(keys) / sizeof(keys[0]))

static const char *const error_names[API_PATCH_NERRORS] = { "none", "word",
    "key", "missing", "param", "match", "expires", "id", "size", "nomem" };


const char *
api_patch_error_name(int code)
{
    return code >= 0 && code < API_PATCH_NERRORS ? error_names[code] : "?";
}


static int
fail(const reader_t *r, int rc, int code, const char *what, api_span_t word)
{
    return api_fail(r->err, rc, code, 0, "line %u: %s%s%.*s%s", r->line, what,
        word.len ? ": \"" : "", word.len > 60 ? 60 : (int) word.len,
        word.len ? (const char *) word.data : "", word.len ? "\"" : "");
}


static int
nomem(const reader_t *r)
{
    return fail(
        r, API_NOMEM, API_PATCH_E_NOMEM, "no memory", (api_span_t){ NULL, 0 });
}


static bool
blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}


/* The next word of the line, its quotes taken off; false: no more, or (*rc) a
   mistake.  A backslash before the end of the line is a blank. */

static bool
word(reader_t *r, api_span_t *out, int *rc)
{
    bool       quoted = false;
    size_t     i = 0, n = 0;
    uint8_t   *p;
    api_span_t s = r->rest;

    while (i < s.len && (blank(s.data[i]) || s.data[i] == '\n')) {
        i++;
    }

    if (i == s.len) {
        return false;
    }

    p = api_arena_alloc(&r->list->arena, s.len - i);

    if (p == NULL) {
        *rc = nomem(r);
        return false;
    }

    for (; i < s.len && (quoted || !(blank(s.data[i]) || s.data[i] == '\n'));
         i++) {
        if (s.data[i] == '"') {
            quoted = !quoted;

        } else if (quoted && s.data[i] == '\\' && i + 1 < s.len
                   && s.data[i + 1] == '"')
        {
            p[n++] = s.data[++i];

        } else {
            p[n++] = s.data[i];
        }
    }

    if (quoted) {
        *rc = fail(r, API_SYNTAX, API_PATCH_E_WORD, "a quote is not closed",
            (api_span_t){ NULL, 0 });
        return false;
    }

    r->rest = api_span(s.data + i, s.len - i);
    *out = api_span(p, n);

    return true;
}


static int
read_path(reader_t *r, api_span_t value)
{
    if (value.len == 0 || value.data[0] != '/') {
        return fail(r, API_INVALID, API_PATCH_E_WORD,
            "path= begins with a slash, such as path=/v1/export", value);
    }

    r->p.prefix = value.data[value.len - 1] == '*';
    r->p.path = api_span(value.data, value.len - r->p.prefix);

    return API_OK;
}


static int
read_param(reader_t *r, api_span_t value)
{
    size_t i, n;

    static const struct {
        const char   *name;
        api_waf_var_t var;
    } vars[] = { { "ARGS", API_WAF_ARGS },
        { "HEADERS", API_WAF_REQUEST_HEADERS },
        { "COOKIES", API_WAF_REQUEST_COOKIES } };

    for (i = 0; i < sizeof(vars) / sizeof(vars[0]); i++) {
        n = strlen(vars[i].name);

        if (value.len >= n && memcmp(value.data, vars[i].name, n) == 0
            && (value.len == n || (value.data[n] == ':' && value.len > n + 1)))
        {
            r->p.var = vars[i].var;
            r->p.name = value.len == n
                            ? api_span("", 0)
                            : api_span(value.data + n + 1, value.len - n - 1);
            return API_OK;
        }
    }

    return fail(r, API_INVALID, API_PATCH_E_PARAM,
        "param= takes ARGS:NAME, HEADERS:NAME or COOKIES:NAME", value);
}


static int
read_match(reader_t *r, api_span_t value)
{
    int       rc;
    api_err_t err;

    memset(&err, 0, sizeof(err));
    r->p.match = value;
    rc = api_operator_compile(
        &r->p.op, API_SPAN("rx"), value, NULL, &r->list->arena, &err);

    if (rc == API_OK && api_operator_macro(r->p.op)) {
        return fail(
            r, API_INVALID, API_PATCH_E_MATCH, "match= takes no macro", value);
    }

    if (rc == API_OK || rc == API_NOMEM) {
        return rc == API_OK ? API_OK : nomem(r);
    }

    return fail(r, rc, API_PATCH_E_MATCH, err.text, value);
}


static int
read_expires(reader_t *r, api_span_t value)
{
    return api_patch_instant(value, &r->p.expires)
               ? API_OK
               : fail(r, API_INVALID, API_PATCH_E_EXPIRES,
                   "expires= takes a day, such as expires=2027-01-31, or an "
                   "instant, such as 2027-01-31T12:00:00Z",
                   value);
}


static int
read_owner(reader_t *r, api_span_t value)
{
    r->p.owner = value;

    return API_OK;
}


static int
read_pair(reader_t *r, api_span_t w)
{
    size_t         i, n;
    api_span_t     name;
    const uint8_t *eq = w.len ? memchr(w.data, '=', w.len) : NULL;

    n = eq ? (size_t) (eq - w.data) : 0;
    name = api_span(w.data, n);

    for (i = 0; eq && i < NKEYS; i++) {
        if (!api_span_eq(name, api_span(keys[i].name, strlen(keys[i].name)))) {
            continue;
        }

        if (r->seen & 1U << i) {
            return fail(
                r, API_DUPLICATE, API_PATCH_E_KEY, "stands twice", name);
        }

        if (w.len == n + 1) {
            return fail(r, API_INVALID, API_PATCH_E_MISSING, "is empty", name);
        }

        r->seen |= 1U << i;

        return keys[i].read(r, api_span(w.data + n + 1, w.len - n - 1));
    }

    return fail(r, API_SYNTAX, API_PATCH_E_KEY,
        "takes path= param= match= expires= owner= behind the id", w);
}


static int
keep(reader_t *r)
{
    size_t         size = sizeof(api_patch_t);
    uint32_t       i, room;
    api_patches_t *l = r->list;

    for (i = 0; i < l->n; i++) {
        if (api_span_eq(l->patch[i].id, r->p.id)) {
            return fail(r, API_DUPLICATE, API_PATCH_E_ID,
                "there is a patch of that id", r->p.id);
        }
    }

    if (l->n == API_PATCHES_MAX) {
        return fail(r, API_LIMIT, API_PATCH_E_SIZE,
            "more than 1000 patches: mend something", r->p.id);
    }

    if (l->n == l->room) {
        room = l->room ? 2 * l->room : 16;
        l->patch =
            api_arena_grow(&l->arena, l->patch, l->room * size, room * size);

        if (l->patch == NULL) {
            l->n = 0;
            return nomem(r);
        }

        l->room = room;
    }

    l->patch[l->n++] = r->p;

    return API_OK;
}


/* All of a line that is there. */

static int
read_line(reader_t *r, api_span_t line)
{
    int        rc = API_OK;
    size_t     i;
    api_span_t w;

    r->rest = line;
    r->seen = 0;
    memset(&r->p, 0, sizeof(r->p));

    if (!word(r, &r->p.id, &rc)) {
        return rc;
    }

    if (!api_token_is(r->p.id) || r->p.id.len > 64) {
        return fail(r, API_SYNTAX, API_PATCH_E_ID,
            "begins with the id of a patch, of letters, digits and dashes",
            r->p.id);
    }

    while (rc == API_OK && word(r, &w, &rc)) {
        rc = read_pair(r, w);
    }

    for (i = 0; rc == API_OK && i < NKEYS; i++) {
        if (!(r->seen & 1U << i)) {
            rc = fail(r, API_INVALID, API_PATCH_E_MISSING,
                "the patch has no such key",
                api_span(keys[i].name, strlen(keys[i].name)));
        }
    }

    rc = rc == API_OK ? keep(r) : rc;

    if (rc != API_OK) {
        api_operator_free(r->p.op);
    }

    return rc;
}


/* Lines that a backslash joins are one, with blanks for it. */

static int
read_text(reader_t *r, uint8_t *s, size_t len)
{
    int        rc = API_OK;
    size_t     i, from = 0;
    unsigned   joined = 0;
    api_span_t line;

    r->line = 1;

    for (i = 0; rc == API_OK && i <= len; i++) {
        if (i < len && s[i] != '\n') {
            continue;
        }

        if (i < len && i > from && s[i - 1] == '\\') {
            s[i - 1] = ' ';
            joined++;
            continue;
        }

        line = api_token_trim(api_span(s + from, i - from));
        from = i + 1;

        if (line.len && line.data[0] != '#' && line.data[0] != '\r') {
            rc = read_line(r, line);
        }

        r->line += 1 + joined;
        joined = 0;
    }

    return rc;
}


int
api_patches_parse(api_patches_t **list, api_span_t text,
    const api_alloc_t *alloc, api_err_t *err)
{
    int            rc;
    reader_t       r;
    api_span_t     copy;
    api_patches_t *l;

    l = alloc->alloc(alloc->ctx, sizeof(*l));

    if (l == NULL) {
        return api_fail(
            err, API_NOMEM, API_PATCH_E_NOMEM, 0, "line 1: no memory");
    }

    memset(l, 0, sizeof(*l));
    memset(&r, 0, sizeof(r));
    api_arena_init(&l->arena, alloc, 0, 0);
    r.list = l;
    r.err = err;

    copy = api_arena_dup(&l->arena, text);
    rc = copy.data ? read_text(&r, (uint8_t *) (uintptr_t) copy.data, copy.len)
                   : nomem(&r);

    if (rc != API_OK) {
        api_patches_free(l);
        return rc;
    }

    *list = l;

    return API_OK;
}


void
api_patches_free(api_patches_t *list)
{
    uint32_t           i;
    const api_alloc_t *alloc;

    if (list == NULL) {
        return;
    }

    for (i = 0; i < list->n; i++) {
        api_operator_free(list->patch[i].op);
    }

    alloc = list->arena.alloc;
    api_arena_free(&list->arena);

    if (alloc->free) {
        alloc->free(alloc->ctx, list);
    }
}


uint32_t
api_patches_count(const api_patches_t *list)
{
    return list->n;
}


const api_patch_t *
api_patches_at(const api_patches_t *list, uint32_t i)
{
    return &list->patch[i];
}


static bool
on_path(const api_patch_t *p, const api_span_t *paths, size_t npaths)
{
    size_t i;

    for (i = 0; i < npaths; i++) {
        if (p->prefix
                ? paths[i].len >= p->path.len
                      && memcmp(paths[i].data, p->path.data, p->path.len) == 0
                : api_span_eq(paths[i], p->path))
        {
            return true;
        }
    }

    return false;
}


/* 1: found, 0: not, or API_LIMIT. */

static int
in_set(const api_patch_t *p, const api_waf_set_t *set, api_budget_t *budget,
    api_scratch_t *scratch)
{
    int                    rc;
    uint32_t               i;
    const api_waf_value_t *v;

    for (i = 0; i < set->count; i++) {
        v = &set->items[i];

        if (p->name.len
            && !(p->var == API_WAF_REQUEST_HEADERS
                     ? api_span_eq_nocase(v->name, p->name)
                     : api_span_eq(v->name, p->name)))
        {
            continue;
        }

        rc = api_operator_match(
            p->op, v->value, (api_span_t){ NULL, 0 }, NULL, budget, scratch);

        if (rc != 0) {
            return rc == 1 ? 1 : API_LIMIT;
        }
    }

    return 0;
}


int
api_patches_find(const api_patches_t *list, const api_span_t *paths,
    size_t npaths, const api_waf_values_t *values, int64_t now,
    api_budget_t *budget, api_scratch_t *scratch, const api_patch_t **patch)
{
    int                rc;
    uint32_t           i;
    const api_patch_t *p;

    *patch = NULL;

    for (i = 0; i < list->n; i++) {
        p = &list->patch[i];

        if (p->expires <= now || !on_path(p, paths, npaths)) {
            continue;
        }

        if (p->var == API_WAF_ARGS) {
            rc = in_set(p, &values->set[API_WAF_ARGS_GET], budget, scratch);
            rc = rc ? rc
                    : in_set(
                        p, &values->set[API_WAF_ARGS_POST], budget, scratch);
        } else {
            rc = in_set(p, &values->set[p->var], budget, scratch);
        }

        if (rc != 0) {
            *patch = p;
            return rc == 1 ? API_OK : API_LIMIT;
        }
    }

    return API_OK;
}
