#include "api_sqli_int.h"

#define B API_SQLI_C_BLANK
#define D (API_SQLI_C_DIGIT | API_SQLI_C_WORD)
#define L (API_SQLI_C_LETTER | API_SQLI_C_WORD)
#define W API_SQLI_C_WORD
#define X API_SQLI_C_BINDS
#define B8 B, B, B, B, B, B, B, B
#define L8 L, L, L, L, L, L, L, L
#define L32 L8, L8, L8, L8

/* clang-format off */

const uint8_t api_sqli_class[256] = {
    B8, B8, B8, B8,                                   /* 00-1f */
    B, 0, X, 0, W, 0, 0, X, X, 0, 0, 0, 0, 0, X, 0,   /* " $ ' ( . */
    D, D, D, D, D, D, D, D, D, D, 0, 0, 0, 0, 0, 0,   /* 0 - ? */
    0, L, L, L, L, L, L, L, L8, L8, L, L, L, 0, 0, 0, 0, L,
    0, L, L, L, L, L, L, L, L8, L8, L, L, L, 0, 0, 0, 0, B,
    L32, B, L, L, L, L, L, L, L, L8, L8, L8, L32, L32 /* 80-ff, with a0 */
};

/* clang-format on */


/* Of a byte that is an operator or the like; none of the others is one. */

static const uint8_t api_sqli_singles[256] = {
    ['='] = SQ_COMPARE,
    ['<'] = SQ_COMPARE,
    ['>'] = SQ_COMPARE,
    ['*'] = SQ_ARITH,
    ['+'] = SQ_ARITH,
    ['-'] = SQ_ARITH,
    ['/'] = SQ_ARITH,
    ['%'] = SQ_ARITH,
    ['^'] = SQ_ARITH,
    ['|'] = SQ_ARITH,
    ['&'] = SQ_ARITH,
    ['~'] = SQ_ARITH,
    ['!'] = SQ_NOT,
    ['('] = SQ_OPEN,
    ['{'] = SQ_OPEN,
    [')'] = SQ_CLOSE,
    ['}'] = SQ_CLOSE,
    [','] = SQ_COMMA,
    [';'] = SQ_SEMICOLON,
};

static void
api_sqli_lex_single(uint8_t c, api_sqli_token_t *token)
{
    token->star = c == '*';
    token->flip = c == '~' || c == '!';
    token->type = api_sqli_singles[c] != 0
                      ? (api_sqli_type_t) api_sqli_singles[c]
                      : SQ_PUNCT;
}


/* Operators of several bytes, the longer before the shorter. */

static const struct {
    const char *text;
    uint8_t     type;
} api_sqli_operators[] = {
    { "<=>", SQ_COMPARE },
    { "->>", SQ_ARITH },
    { "#>>", SQ_ARITH },
    { "!~*", SQ_COMPARE },
    { "&&", SQ_LOGIC },
    { "||", SQ_CONCAT },
    { "<=", SQ_COMPARE },
    { ">=", SQ_COMPARE },
    { "<>", SQ_COMPARE },
    { "!=", SQ_COMPARE },
    { "==", SQ_COMPARE },
    { "^=", SQ_COMPARE },
    { "!<", SQ_COMPARE },
    { "!>", SQ_COMPARE },
    { "@>", SQ_COMPARE },
    { "<@", SQ_COMPARE },
    { "?|", SQ_COMPARE },
    { "?&", SQ_COMPARE },
    { "@?", SQ_COMPARE },
    { "@@", SQ_NONE },
    { "->", SQ_ARITH },
    { "#>", SQ_ARITH },
    { "#-", SQ_ARITH },
    { "<<", SQ_ARITH },
    { ">>", SQ_ARITH },
    { "~*", SQ_COMPARE },
    { "!~", SQ_COMPARE },
    { ":=", SQ_COMPARE },
    { "*/", SQ_FILLER },
};

/* Bytes that one begins with (1), and that stand second in one (2). */

static const uint8_t api_sqli_in_operator[256] = {
    ['!'] = 1,
    ['#'] = 1,
    ['&'] = 3,
    ['*'] = 3,
    ['-'] = 3,
    ['/'] = 2,
    [':'] = 1,
    ['<'] = 3,
    ['='] = 3,
    ['>'] = 3,
    ['?'] = 3,
    ['@'] = 3,
    ['^'] = 1,
    ['|'] = 3,
    ['~'] = 3,
};

#define NOPERATORS (sizeof(api_sqli_operators) / sizeof(api_sqli_operators[0]))

void
api_sqli_operator_next(api_sqli_lexer_t *lex, api_sqli_token_t *token)
{
    size_t      i;
    const char *text;

    if (lex->end - lex->p < 2 || !(api_sqli_in_operator[lex->p[0]] & 1)
        || !(api_sqli_in_operator[lex->p[1]] & 2))
    {
        api_sqli_lex_single(*lex->p++, token);
        return;
    }

    for (i = 0; i < NOPERATORS; i++) {
        text = api_sqli_operators[i].text;

        if (*lex->p == (uint8_t) text[0]
            && api_sqli_operators[i].type != SQ_NONE
            && (size_t) (lex->end - lex->p) >= strlen(text)
            && memcmp(lex->p, text, strlen(text)) == 0)
        {
            lex->p += strlen(text);
            token->type = (api_sqli_type_t) api_sqli_operators[i].type;
            return;
        }
    }

    api_sqli_lex_single(*lex->p++, token);
}
