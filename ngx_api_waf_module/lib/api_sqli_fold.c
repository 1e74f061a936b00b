#include "api_sqli_int.h"

/*
 * Tokens come in one at a time and are folded at once: signs, casts and
 * parentheses go, strings next to strings and arithmetic become one operand,
 * the arguments of a call and the inside of a subquery go when they close.
 * What is left is compared with the forms at each token, from its end.
 */

static const char api_sqli_letters[] = "-s1nvfgFx&|=aUESDMRutmBHLIWCkX,;cp$";


char
api_sqli_letter(uint8_t type)
{
    return type < SQ_NTYPES ? api_sqli_letters[type] : '?';
}


void
api_sqli_fold_init(api_sqli_fold_t *f, uint8_t quote)
{
    memset(f, 0, sizeof(*f));

    f->want = true;
    f->quote = quote;
    f->quoted = quote != 0;
    f->chain = f->quoted;
}


/* The tape keeps its beginning, for the forms that are bound to it, and its
   end. */

void
api_sqli_room(api_sqli_fold_t *f, unsigned n)
{
    unsigned i, drop;

    if (f->n + n > API_SQLI_TAPE) {
        if (!f->cut) {
            memcpy(f->lead, f->tape, sizeof(f->lead));
        }

        drop = API_SQLI_TAPE / 2;
        memmove(f->tape, f->tape + drop, f->n - drop);
        f->n -= drop;
        f->cut = true;

        for (i = 0; i < f->depth; i++) {
            f->calls[i] -= f->calls[i] < drop ? f->calls[i] : drop;
        }
    }
}


static void
api_sqli_push(api_sqli_fold_t *f, api_sqli_type_t type)
{
    api_sqli_room(f, 1);
    f->tape[f->n++] = (uint8_t) type;
}


/* Not at the beginning, which the fingerprint shows. */

bool
api_sqli_steady(const api_sqli_fold_t *f)
{
    unsigned i;

    if (f->n <= API_SQLI_FINGERPRINT || f->depth > 0 || f->chain || f->skip
        || f->flip)
    {
        return false;
    }

    for (i = 0; i < API_SQLI_FORM; i++) {
        if (!api_sqli_is(f, i, API_SQLI_DULL)) {
            return false;
        }
    }

    return true;
}


static bool
api_sqli_open(api_sqli_fold_t *f)
{
    bool call;

    call = f->word != SQ_NONE && f->n > 0;

    if (call) {
        f->tape[f->n - 1] = f->word;
    }

    if (f->depth < API_SQLI_DEPTH) {
        f->calls[f->depth] = f->n;
        f->is_call[f->depth] = call;
        f->depth++;
    }

    f->want = true;
    f->opened = true;
    f->word = SQ_NONE;

    return call && api_sqli_check(f);
}


/* a + b is an operand like a; kept apart where the quotes were left, since
   that is what chains are about. */

static void
api_sqli_fold_arith(api_sqli_fold_t *f)
{
    if (f->n < 3 || !api_sqli_is(f, 0, ANY) || !api_sqli_is(f, 2, ANY)
        || (f->quoted && f->n == 3)
        || !(api_sqli_is(f, 1, SQ_BIT(ARITH))
             || (api_sqli_is(f, 1, SQ_BIT(CONCAT))
                 && api_sqli_is(f, 0, SQ_BIT(STRING))
                 && api_sqli_is(f, 2, SQ_BIT(STRING)))))
    {
        return;
    }

    if (api_sqli_is(f, 0, SQ_BIT(NAME))) {
        f->tape[f->n - 3] = SQ_NAME;
    }

    f->n -= 2;
}


/* SELECT a, b is SELECT a. */

static void
api_sqli_fold_list(api_sqli_fold_t *f)
{
    if (api_sqli_is(f, 0, ANY) && api_sqli_is(f, 1, SQ_BIT(COMMA))
        && api_sqli_is(f, 2, ANY) && api_sqli_is(f, 3, SELECTS))
    {
        f->n -= 2;
    }
}


static void
api_sqli_close(api_sqli_fold_t *f)
{
    f->opened = false;
    f->word = SQ_NONE;
    f->want = false;

    if (f->depth == 0) {
        return;
    }

    f->depth--;

    if (f->is_call[f->depth] && f->calls[f->depth] <= f->n) {
        f->n = f->calls[f->depth];
        api_sqli_fold_arith(f);
        api_sqli_fold_list(f);
    }
}


/* An operator: a sign where an operand is wanted. */

static bool
api_sqli_operator(api_sqli_fold_t *f, const api_sqli_token_t *token)
{
    if (f->want) {
        if (token->type == SQ_ARITH
            || (token->type == SQ_COMPARE
                && api_sqli_is(f, 0, SQ_BIT(COMPARE))))
        {
            f->flip = token->flip && api_sqli_is(f, 0, LOGIC);
            return false; /* a sign, or the second word of an operator */
        }

    } else {
        api_sqli_fold_arith(f);
    }

    f->chain = f->chain && !f->want;
    f->solid = f->solid
               || (token->type != SQ_LOGIC && (!token->word || token->spaced));
    f->want = true;

    api_sqli_push(f, token->type);

    return api_sqli_check(f);
}


static bool
api_sqli_operand(api_sqli_fold_t *f, const api_sqli_token_t *token)
{
    uint8_t         c;
    api_sqli_type_t type;

    type = token->type;
    f->word = SQ_NONE;

    if (f->flip && type == SQ_NUMBER) {
        type = SQ_VARIABLE; /* 1 or ~0: a constant like TRUE */
    }

    f->flip = false;

    if (type == SQ_W_FUNCTION || type == SQ_W_DANGER) {
        f->word = type == SQ_W_DANGER && token->call ? SQ_DANGER : SQ_FUNCTION;
        type = SQ_NAME;

    } else if (type == SQ_NAME && token->call) {
        f->word = SQ_CALL;
    }

    if (type == SQ_STRING && api_sqli_is(f, 0, SQ_BIT(STRING)) && f->n > 1) {
        f->chain = f->chain && token->closed;
        return false;
    }

    f->chain = f->chain && f->want;
    c = type == SQ_STRING && token->text.len ? token->text.data[0] : 0;

    if (api_sqli_is(f, 0, SQ_BIT(LOGIC))
        && ((c >= '1' && c <= '9') || type == SQ_NUMBER))
    {
        f->solid = true;

    } else if (type == SQ_NAME && f->word == SQ_NONE) {
        f->chain = f->chain && api_sqli_is(f, 0, LOGIC); /* not "<b>" */
    }

    f->want = false;
    f->empty = f->empty || (f->n == 0 && token->text.len == 0);
    api_sqli_push(f, type);

    if (api_sqli_check(f)) {
        return true;
    }

    if (f->word == SQ_NONE) {
        api_sqli_fold_arith(f);
        api_sqli_fold_list(f);
    }

    return false;
}


/* Does what the comment hides look like what an attacker wants hidden?  A
   range of years (1999--2003) and a number sign do not. */

static bool
api_sqli_cuts(const api_sqli_fold_t *f, const api_sqli_token_t *token)
{
    size_t         i;
    const uint8_t *p;

    p = token->text.data;

    if (*p == '/') {
        return true;
    }

    if (*p == '-') {
        return token->text.len == 2 || p[2] <= ' ' || p[2] == '+'
               || (f->quoted && !token->spaced);
    }

    if (f->quoted && !token->spaced) { /* but not "#2 seller" */
        return !f->empty || memchr(p, f->quote, token->text.len) == NULL;
    }

    for (i = 1; i < token->text.len; i++) {
        if (p[i] > ' ') {
            return false;
        }
    }

    return true;
}


/* A statement behind a value, which SQL Server takes without a semicolon; one
   that hides the rest is none of prose. */

static bool
api_sqli_stacked(const api_sqli_fold_t *f)
{
    static const uint64_t statements =
        SQ_BIT(DEFINE) | SQ_BIT(MODIFY) | SQ_BIT(RUN) | SQ_BIT(UPDATE);

    const uint8_t *lead = f->cut ? f->lead : f->tape;

    return f->n > 1 && TEXT >> lead[0] & 1 && statements >> lead[1] & 1;
}


static bool
api_sqli_comment(api_sqli_fold_t *f, const api_sqli_token_t *token)
{
    if (!api_sqli_cuts(f, token)) {
        return false;
    }

    if (f->chain && f->solid && f->n > 1 && !f->want) {
        f->form = "chain";
        return true;
    }

    if (api_sqli_stacked(f)) {
        f->form = "stacked";
        return true;
    }

    api_sqli_push(f, SQ_COMMENT);

    if (api_sqli_check(f)) {
        return true;
    }

    f->n--;

    return false;
}


static bool
api_sqli_other(api_sqli_fold_t *f, api_sqli_type_t type)
{
    if (type == SQ_SELECT && f->opened) {
        type = SQ_SUBSELECT;
    }

    f->chain = false;
    f->want = true;
    f->word = SQ_NONE;
    api_sqli_push(f, type);

    if (type == SQ_SUBSELECT && f->depth > 0) {
        f->calls[f->depth - 1] = f->n;
        f->is_call[f->depth - 1] = true;
    }

    return api_sqli_check(f);
}


/* An operator, or the * that stands for all columns. */

static bool
api_sqli_infix(api_sqli_fold_t *f, const api_sqli_token_t *token)
{
    bool             found;
    api_sqli_token_t all;

    if (token->star
        && (f->opened || api_sqli_is(f, 0, SELECTS | SQ_BIT(COMMA)))) {
        all = *token;
        all.type = SQ_NUMBER;

        return api_sqli_operand(f, &all);
    }

    found = api_sqli_operator(f, token);
    f->word = SQ_NONE;

    return found;
}


/* UNION TABLE name, as of MySQL 8. */

static bool
api_sqli_is_table(const api_sqli_fold_t *f, const api_sqli_token_t *token)
{
    return token->type == SQ_KEYWORD && api_sqli_is(f, 0, SQ_BIT(UNION))
           && api_span_eq_nocase(token->text, API_SPAN("table"));
}


bool
api_sqli_fold(api_sqli_fold_t *f, const api_sqli_token_t *token)
{
    bool found;

    if (f->skip) { /* COLLATE name, TOP n */
        f->skip = false;
        return false;
    }

    switch (token->type) {
    case SQ_OPEN:
        return api_sqli_open(f);

    case SQ_CLOSE:
        api_sqli_close(f);
        return false;

    case SQ_NOT:
        f->flip = token->flip && api_sqli_is(f, 0, LOGIC);
        return false;

    case SQ_FILLER:
        return false;

    case SQ_CAST:
        f->skip = true;
        return false;

    case SQ_W_TOP:
        f->skip = api_sqli_is(f, 0, SELECTS);
        return !f->skip && api_sqli_other(f, SQ_NAME);

    case SQ_LOGIC:
    case SQ_CONCAT:
    case SQ_COMPARE:
    case SQ_ARITH:
        found = api_sqli_infix(f, token);
        break;

    case SQ_STRING:
    case SQ_NUMBER:
    case SQ_NAME:
    case SQ_VARIABLE:
    case SQ_CATALOG:
    case SQ_W_FUNCTION:
    case SQ_W_DANGER:
        found = api_sqli_operand(f, token);
        break;

    case SQ_COMMENT:
        return api_sqli_comment(f, token);

    default:
        found = api_sqli_other(
            f, api_sqli_is_table(f, token) ? SQ_SELECT : token->type);
        break;
    }

    f->opened = false;

    return found;
}


bool
api_sqli_fold_end(api_sqli_fold_t *f)
{
    api_sqli_push(f, SQ_END);

    return api_sqli_check(f);
}
