#include "api_sqli_int.h"


/* Of the context in which a value begins. */

static const uint8_t api_sqli_quotes[] = { 0, '\'', '"' };


static void
api_sqli_say(api_sqli_t *how, const api_sqli_fold_t *f,
    api_sqli_context_t context, bool mysql)
{
    unsigned i;

    if (how == NULL) {
        return;
    }

    how->context = context;
    how->mysql = mysql;
    how->form = f->form;

    for (i = 0; i < f->n && i < API_SQLI_FINGERPRINT; i++) {
        how->fingerprint[i] = api_sqli_letter(f->tape[i]);
    }

    how->fingerprint[i] = '\0';
}


/* Is the string that ends the value, in turn with operators, the one that the
   quote behind the value will close? */

static bool
api_sqli_balanced(const api_sqli_fold_t *f, const api_sqli_token_t *last)
{
    return f->chain && f->solid && f->n > 1 && last->type == SQ_STRING
           && !last->closed && last->quote == f->quote;
}


/*
 * One reading of a value.  Where nothing that a form needs is in reach, dull
 * tokens (words, commas, operators) wait: what comes then sees the last of
 * them, and those before are left out.  That is exact while the last ones
 * fill all a form can look at; where they do not, the reading goes back and
 * folds each token.
 */

#define SQLI_PENDING 16 /* a power of two */

typedef struct {
    api_sqli_fold_t  f;
    api_sqli_lexer_t lex;
    api_sqli_token_t token;
    api_sqli_token_t pending[SQLI_PENDING];
    size_t           npending; /* those left out are counted */
    api_sqli_lexer_t from;     /* where the first of them begins */
    uint32_t         tokens;   /* so far */
    bool             all;      /* each token is folded */
} api_sqli_reading_t;

static bool
api_sqli_waits(api_sqli_reading_t *r, const api_sqli_lexer_t *before)
{
    const api_sqli_token_t *last;

    if (r->all || r->token.star || r->token.flip
        || !(API_SQLI_DULL_TOKENS >> r->token.type & 1)
        || (r->npending == 0 && !api_sqli_steady(&r->f)))
    {
        return false;
    }

    last =
        r->npending > 0 ? &r->pending[(r->npending - 1) % SQLI_PENDING] : NULL;

    if (last == NULL) {
        r->from = *before;

    } else if (last->type == SQ_NAME && r->token.type == SQ_NAME) {
        api_sqli_skip_names(&r->lex);
    }

    r->pending[r->npending++ % SQLI_PENDING] = r->token;

    return true;
}


/* What waits is folded; false: the reading goes back to the first of it. */

static bool
api_sqli_catch_up(api_sqli_reading_t *r)
{
    size_t          i;
    unsigned        mark;
    api_sqli_fold_t f;

    api_sqli_room(&r->f, SQLI_PENDING + 1);
    f = r->f;
    mark = f.n;
    i = r->npending < SQLI_PENDING ? 0 : r->npending - SQLI_PENDING;

    for (/* void */; i < r->npending; i++) {
        (void) api_sqli_fold(&f, &r->pending[i % SQLI_PENDING]);
    }

    if (r->npending > SQLI_PENDING && f.n < mark + API_SQLI_FORM) {
        r->lex = r->from;
        r->all = true;
        r->npending = 0;

        return false;
    }

    r->f = f;
    r->npending = 0;

    return true;
}


static bool
api_sqli_go(api_sqli_reading_t *r)
{
    api_sqli_lexer_t before;

    for (;;) {
        before = r->lex;
        r->tokens++;

        if (!api_sqli_next(&r->lex, &r->token)) {
            if (r->npending == 0 || api_sqli_catch_up(r)) {
                return false;
            }

            continue;
        }

        if (api_sqli_waits(r, &before)
            || (r->npending > 0 && !api_sqli_catch_up(r))) {
            continue;
        }

        if (api_sqli_fold(&r->f, &r->token)) {
            return true;
        }
    }
}


static bool
api_sqli_read(api_span_t value, api_sqli_context_t context, bool mysql,
    bool all, api_sqli_t *how)
{
    bool               found;
    api_sqli_reading_t r;

    r.lex = (api_sqli_lexer_t){ value.data, value.data + value.len, mysql, 0 };
    r.npending = 0;
    r.tokens = 0;
    r.all = all;
    found = false;

    memset(&r.token, 0, sizeof(r.token));
    api_sqli_fold_init(&r.f, api_sqli_quotes[context]);

    if (context != API_SQLI_BARE) {
        api_sqli_string(&r.lex, api_sqli_quotes[context], &r.token);

        if (!r.token.closed) {
            return false;
        }

        found = api_sqli_fold(&r.f, &r.token);
    }

    found = found || api_sqli_go(&r);

    if (!found && api_sqli_balanced(&r.f, &r.token)) {
        r.f.form = "chain";
        found = true;
    }

    if (!found) {
        found = api_sqli_fold_end(&r.f);
    }

    if (how != NULL) {
        how->tokens += r.tokens;
    }

    if (found) {
        api_sqli_say(how, &r.f, context, mysql);
    }

    return found;
}


/* What makes MySQL read a value differently. */

static bool
api_sqli_is_mysql(api_span_t value)
{
    return value.len > 0
           && (memchr(value.data, '#', value.len) != NULL
               || memchr(value.data, '\\', value.len) != NULL
               || api_sqli_behind(
                      value.data, value.data + value.len, API_SPAN("--"))
                      != NULL);
}


static bool
api_sqli_any(api_span_t value, bool all, api_sqli_t *how)
{
    bool     has;
    unsigned context, mysql, readings;

    readings = api_sqli_is_mysql(value) ? 2 : 1;

    if (how != NULL) {
        how->tokens = 0;
    }

    if (value.len == 0) {
        return false; /* its data may be NULL */
    }

    for (context = API_SQLI_BARE; context <= API_SQLI_DOUBLE; context++) {
        has = context == API_SQLI_BARE
              || memchr(value.data, api_sqli_quotes[context], value.len);

        for (mysql = 0; has && mysql < readings; mysql++) {
            if (api_sqli_read(value, (api_sqli_context_t) context, mysql != 0,
                    all, how)) {
                return true;
            }
        }
    }

    return false;
}


bool
api_sqli_detect(api_span_t value, api_sqli_t *how)
{
    return api_sqli_any(value, false, how);
}


bool
api_sqli_detect_all(api_span_t value, api_sqli_t *how)
{
    return api_sqli_any(value, true, how);
}
