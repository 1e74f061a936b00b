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


static bool
api_sqli_read(
    api_span_t value, api_sqli_context_t context, bool mysql, api_sqli_t *how)
{
    bool             found;
    api_sqli_fold_t  f;
    api_sqli_lexer_t lex;
    api_sqli_token_t token;

    lex = (api_sqli_lexer_t){ value.data, value.data + value.len, mysql, 0 };
    memset(&token, 0, sizeof(token));
    found = false;

    api_sqli_fold_init(&f, api_sqli_quotes[context]);

    if (context != API_SQLI_BARE) {
        api_sqli_string(&lex, api_sqli_quotes[context], &token);

        if (!token.closed) {
            return false;
        }

        found = api_sqli_fold(&f, &token);
    }

    while (!found && api_sqli_next(&lex, &token)) {
        found = api_sqli_fold(&f, &token);
    }

    if (!found && api_sqli_balanced(&f, &token)) {
        f.form = "chain";
        found = true;
    }

    if (!found) {
        found = api_sqli_fold_end(&f);
    }

    if (found) {
        api_sqli_say(how, &f, context, mysql);
    }

    return found;
}


/* What makes MySQL read a value differently. */

static bool
api_sqli_is_mysql(api_span_t value)
{
    size_t i;

    for (i = 0; i < value.len; i++) {
        if (value.data[i] == '#' || value.data[i] == '\\'
            || (value.data[i] == '-' && i + 1 < value.len
                && value.data[i + 1] == '-'))
        {
            return true;
        }
    }

    return false;
}


bool
api_sqli_detect(api_span_t value, api_sqli_t *how)
{
    bool     has;
    unsigned context, mysql, readings;

    readings = api_sqli_is_mysql(value) ? 2 : 1;

    for (context = API_SQLI_BARE; context <= API_SQLI_DOUBLE; context++) {
        has = context == API_SQLI_BARE
              || (value.len
                  && memchr(value.data, api_sqli_quotes[context], value.len));

        for (mysql = 0; has && mysql < readings; mysql++) {
            if (api_sqli_read(
                    value, (api_sqli_context_t) context, mysql != 0, how)) {
                return true;
            }
        }
    }

    return false;
}
