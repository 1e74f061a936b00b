#include "api_sqli_int.h"


/* How far the end of [name] is looked for. */

#define API_SQLI_BRACKET 64

static bool
api_sqli_starts(const api_sqli_lexer_t *lex, const char *text, size_t len)
{
    return (size_t) (lex->end - lex->p) >= len
           && memcmp(lex->p, text, len) == 0;
}


#define STARTS(lex, text) api_sqli_starts(lex, text, sizeof(text) - 1)

static void
api_sqli_skip_blanks(api_sqli_lexer_t *lex)
{
    while (lex->p < lex->end && api_sqli_blank(*lex->p)) {
        lex->p++;
    }
}


/* Behind blanks and comments that end. */

static void
api_sqli_skip(api_sqli_lexer_t *lex)
{
    const uint8_t *behind;

    for (;;) {
        api_sqli_skip_blanks(lex);

        if (lex->p == lex->end || *lex->p != '/' || !STARTS(lex, "/*")
            || STARTS(lex, "/*!"))
        {
            return;
        }

        behind = api_sqli_behind(lex->p + 2, lex->end, API_SPAN("*/"));

        if (behind == NULL) {
            return;
        }

        lex->p = behind;
    }
}


static api_span_t
api_sqli_scan_word(api_sqli_lexer_t *lex)
{
    const uint8_t *from;

    from = lex->p;

    while (lex->p < lex->end && api_sqli_word_byte(*lex->p)) {
        lex->p++;
    }

    return api_span(from, (size_t) (lex->p - from));
}


/* A word that is the first of two: with the second, which is taken then. */

static api_sqli_type_t
api_sqli_second(api_sqli_lexer_t *lex, api_span_t word)
{
    api_span_t       second;
    api_sqli_type_t  type;
    api_sqli_lexer_t ahead;

    ahead = *lex;
    api_sqli_skip(&ahead);
    second = api_sqli_scan_word(&ahead);

    if (second.len == 0) {
        return SQ_NAME;
    }

    type = api_sqli_words(word, second);

    if (type != SQ_NAME) {
        *lex = ahead;
    }

    return type;
}


/* xp_ sp_ dbms_ utl_ ctxsys owa_util sysmaster */

#define SECOND(c) (UINT32_C(1) << ((c) &0x1f))

const uint32_t api_sqli_dangers[32] = {
    ['x' & 0x1f] = SECOND('p'),
    ['s' & 0x1f] = SECOND('p') | SECOND('y'),
    ['d' & 0x1f] = SECOND('b'),
    ['u' & 0x1f] = SECOND('t'),
    ['c' & 0x1f] = SECOND('t'),
    ['o' & 0x1f] = SECOND('w'),
};

bool
api_sqli_dangerous(api_span_t word)
{
    static const char *const prefixes[] = { "xp_", "sp_", "dbms_", "utl_",
        "ctxsys", "owa_util", "sysmaster" };
    size_t                   i, len;

    if (!api_sqli_perhaps_dangerous(word)) {
        return false;
    }

    for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        len = strlen(prefixes[i]);

        if (word.len > len
            && api_span_eq_nocase(
                api_span(word.data, len), api_span(prefixes[i], len)))
        {
            return true;
        }
    }

    return false;
}


/* .name or ..name */

static bool
api_sqli_has_part(const api_sqli_lexer_t *lex)
{
    const uint8_t *p;

    p = lex->p;

    if (lex->end - p < 2 || *p != '.') {
        return false;
    }

    return api_sqli_word_byte(p[1])
           || (lex->end - p > 2 && p[1] == '.' && api_sqli_word_byte(p[2]));
}


/* name.name ...: the parts behind the first, of which the last counts. */

static api_sqli_type_t
api_sqli_parts(api_sqli_lexer_t *lex, api_span_t word, api_sqli_type_t type)
{
    bool            catalog;
    api_span_t      part;
    api_sqli_type_t last;

    catalog = type == SQ_CATALOG || api_sqli_dangerous(word);
    last = type;

    while (api_sqli_has_part(lex)) {
        while (*lex->p == '.') { /* master..name */
            lex->p++;
        }

        part = api_sqli_scan_word(lex);
        last = api_sqli_word(part);
        catalog = catalog || last == SQ_CATALOG;
    }

    if (catalog) {
        return SQ_CATALOG;
    }

    /* time.sleep() is of another language */

    return last == SQ_W_FUNCTION || last == SQ_W_DANGER ? SQ_W_FUNCTION
                                                        : SQ_NAME;
}


static void
api_sqli_lex_word(api_sqli_lexer_t *lex, api_sqli_token_t *token)
{
    api_span_t word;

    word = api_sqli_scan_word(lex);

    if (lex->p < lex->end && (*lex->p == '\'' || *lex->p == '"')
        && api_sqli_prefix(word))
    {
        if (api_lower(word.data[word.len - 1]) == 'q' && *lex->p == '\''
            && api_sqli_oracle(lex, token))
        {
            return;
        }

        lex->p++;
        api_sqli_string(lex, lex->p[-1], token);
        return;
    }

    token->text = word;
    token->type = api_sqli_word(word);
    token->word = true;

    if (token->type == SQ_W_FIRST) {
        token->type = api_sqli_second(lex, word);

    } else if (token->type == SQ_NAME && api_sqli_dangerous(word)) {
        token->type = SQ_CATALOG;
    }

    if (api_sqli_has_part(lex)) {
        token->type = api_sqli_parts(lex, word, token->type);
    }

    token->call = lex->p < lex->end && *lex->p == '(';
}


void
api_sqli_skip_names(api_sqli_lexer_t *lex)
{
    api_span_t       word;
    api_sqli_lexer_t ahead;

    for (ahead = *lex; ahead.p < lex->pause; *lex = ahead) {
        api_sqli_skip_blanks(&ahead);

        if (ahead.p == ahead.end || !api_sqli_letter_byte(*ahead.p)) {
            return;
        }

        word = api_sqli_scan_word(&ahead);

        if (ahead.p < ahead.end
            && (api_sqli_class[*ahead.p] & API_SQLI_C_BINDS)) {
            return; /* a string with a prefix, a call, a name of parts */
        }

        if (api_sqli_word(word) != SQ_NAME || api_sqli_dangerous(word)) {
            return;
        }
    }
}


/* Digits, hex and binary, fractions, exponents; letters behind them make it a
   name (3rd, 80s) unless they are a word of SQL (1or 1=1). */

static void
api_sqli_lex_number(api_sqli_lexer_t *lex, api_sqli_token_t *token)
{
    api_span_t       word;
    const uint8_t   *p, *from;
    api_sqli_lexer_t ahead;

    p = lex->p;
    from = p;

    if (lex->end - p > 2 && *p == '0' && api_lower(p[1]) == 'x'
        && api_is_hex(p[2]))
    {
        for (p += 2; p < lex->end && api_is_hex(*p); p++) {
            /* void */
        }

    } else {
        while (p < lex->end && (api_sqli_digit(*p) || *p == '.')) {
            p++;
        }

        if (lex->end - p > 1 && api_lower(*p) == 'e'
            && (api_sqli_digit(p[1]) || p[1] == '+' || p[1] == '-'))
        {
            for (p += 2; p < lex->end && api_sqli_digit(*p); p++) {
                /* void */
            }
        }
    }

    lex->p = p;
    token->type = SQ_NUMBER;
    token->text = api_span(from, (size_t) (p - from));

    if (p == lex->end || !api_sqli_letter_byte(*p)) {
        return;
    }

    ahead = *lex;
    word = api_sqli_scan_word(&ahead);

    if (word.len > 1 && strchr("dDfF", word.data[0])
        && api_sqli_word(api_span(word.data + 1, word.len - 1)) != SQ_NAME)
    {
        lex->p++; /* 1d, 1f: numbers to Oracle */

    } else if (api_sqli_word(word) == SQ_NAME) {
        lex->p = ahead.p;
        token->type = SQ_NAME;
    }
}


static void
api_sqli_lex_variable(api_sqli_lexer_t *lex, api_sqli_token_t *token)
{
    bool             global;
    api_span_t       word;
    const uint8_t   *from;
    api_sqli_token_t name;

    from = lex->p++;
    global = lex->p < lex->end && *lex->p == '@';
    lex->p += global;

    if (lex->p < lex->end && (*lex->p == '`' || *lex->p == '\'')) {
        lex->p++;
        api_sqli_string(lex, lex->p[-1], &name);
        word = name.text;

    } else {
        word = api_sqli_scan_word(lex);
    }

    token->text = api_span(from, (size_t) (lex->p - from));
    token->type = global && word.len ? SQ_CATALOG : SQ_VARIABLE;
}


/* A comment to the end of its line; what stands on the next one goes on. */

static void
api_sqli_lex_line(api_sqli_lexer_t *lex, size_t mark, api_sqli_token_t *token)
{
    const uint8_t *from, *nl;

    from = lex->p + mark;
    nl = from < lex->end ? memchr(from, '\n', (size_t) (lex->end - from))
                         : NULL;
    lex->p = nl ? nl + 1 : lex->end;

    token->type = SQ_COMMENT;
    token->closed = nl != NULL;
    token->text = api_span(from - mark, (size_t) (lex->p - from) + mark);
}


static bool
api_sqli_is_line(const api_sqli_lexer_t *lex, size_t *mark)
{
    if (lex->mysql && *lex->p == '#') {
        *mark = 1;
        return true;
    }

    *mark = 2;

    return STARTS(lex, "--")
           && (!lex->mysql || lex->end - lex->p == 2
               || api_sqli_blank(lex->p[2]));
}


/* What MySQL runs: the version goes, the rest is read as it stands. */

static void
api_sqli_lex_special(api_sqli_lexer_t *lex, api_sqli_token_t *token)
{
    lex->p += 3;

    while (lex->p < lex->end && api_sqli_digit(*lex->p)) {
        lex->p++;
    }

    token->type = SQ_SPECIAL;
}


/* ::type */

static void
api_sqli_lex_cast(api_sqli_lexer_t *lex, api_sqli_token_t *token)
{
    lex->p += 2;
    api_sqli_skip(lex);
    api_sqli_scan_word(lex);
    token->type = SQ_FILLER;
}


/* `name`, [name] */

static bool
api_sqli_lex_quoted_name(api_sqli_lexer_t *lex, api_sqli_token_t *token)
{
    size_t         left;
    const uint8_t *close;

    left = (size_t) (lex->end - lex->p);
    left = left > API_SQLI_BRACKET ? API_SQLI_BRACKET : left;

    close = left < 2 || (lex->p[0] == '[' && !api_sqli_letter_byte(lex->p[1]))
                ? NULL
                : memchr(lex->p + 1, *lex->p == '[' ? ']' : '`', left - 1);

    if (close == NULL) {
        return false;
    }

    token->text = api_span(lex->p + 1, (size_t) (close - lex->p) - 1);
    token->type = api_sqli_word(token->text) == SQ_CATALOG
                          || api_sqli_dangerous(token->text)
                      ? SQ_CATALOG
                      : SQ_NAME;
    lex->p = close + 1;

    if (api_sqli_has_part(lex)) {
        token->type = api_sqli_parts(lex, token->text, token->type);
    }

    return true;
}


static bool
api_sqli_lex_comment(api_sqli_lexer_t *lex, api_sqli_token_t *token)
{
    size_t mark;

    if (STARTS(lex, "/*!")) {
        api_sqli_lex_special(lex, token);
        return true;
    }

    if (STARTS(lex, "/*")) { /* one that does not end */
        token->type = SQ_COMMENT;
        token->text = api_span(lex->p, (size_t) (lex->end - lex->p));
        lex->p = lex->end;
        return true;
    }

    if (api_sqli_is_line(lex, &mark)) {
        api_sqli_lex_line(lex, mark, token);
        return true;
    }

    return false;
}


/* data ? 'key' of PostgreSQL, which is no mark of a placeholder in front of a
   string. */

static bool
api_sqli_has_key(const api_sqli_lexer_t *lex)
{
    const uint8_t *p = lex->p;

    if (*p++ != '?') {
        return false;
    }

    while (p < lex->end && *p == ' ') {
        p++;
    }

    return p < lex->end && *p == '\'';
}


/* What punctuation makes a name, a string, a cast or a comparison of. */

static bool
api_sqli_lex_named(api_sqli_lexer_t *lex, api_sqli_token_t *token)
{
    switch (*lex->p) {
    case ':':
        if (STARTS(lex, "::")) {
            api_sqli_lex_cast(lex, token);
            return true;
        }

        return false;

    case '?':
        if (!api_sqli_has_key(lex)) {
            return false;
        }

        lex->p++;
        token->type = SQ_COMPARE;
        return true;

    case '$':
        return api_sqli_dollar(lex, token);

    case '@':
        if (STARTS(lex, "@>") || STARTS(lex, "@?")) {
            return false;
        }

        api_sqli_lex_variable(lex, token);
        return true;

    case '`':
    case '[':
        return api_sqli_lex_quoted_name(lex, token);

    default:
        return false;
    }
}


static void
api_sqli_lex(api_sqli_lexer_t *lex, api_sqli_token_t *token)
{
    uint8_t c;

    c = *lex->p;

    if (api_sqli_letter_byte(c)) {
        api_sqli_lex_word(lex, token);

    } else if (api_sqli_digit(c)
               || (c == '.' && lex->end - lex->p > 1
                   && api_sqli_digit(lex->p[1])))
    {
        api_sqli_lex_number(lex, token);

    } else if (c == '\'' || c == '"') {
        lex->p++;
        api_sqli_string(lex, c, token);

    } else if (!api_sqli_lex_comment(lex, token)
               && !api_sqli_lex_named(lex, token))
    {
        api_sqli_operator_next(lex, token);
    }
}


bool
api_sqli_next(api_sqli_lexer_t *lex, api_sqli_token_t *token)
{
    const uint8_t *from;

    from = lex->p;
    api_sqli_skip(lex);

    if (lex->p == lex->end) {
        return false;
    }

    memset(token, 0, sizeof(*token));
    token->closed = true;
    token->spaced = lex->p > from;

    api_sqli_lex(lex, token);

    return true;
}
