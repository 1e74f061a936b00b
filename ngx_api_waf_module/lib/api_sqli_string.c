#include "api_sqli_int.h"


/* How many tags of $tag$...$tag$ and q'[...]' are followed to an end that is
   not there. */

#define API_SQLI_TRIES 4


const uint8_t *
api_sqli_behind(const uint8_t *p, const uint8_t *end, api_span_t text)
{
    const uint8_t *q;

    while (p < end && (size_t) (end - p) >= text.len) {
        q = memchr(p, text.data[0], (size_t) (end - p) - text.len + 1);

        if (q == NULL) {
            return NULL;
        }

        if (memcmp(q, text.data, text.len) == 0) {
            return q + text.len;
        }

        p = q + 1;
    }

    return NULL;
}


void
api_sqli_string(api_sqli_lexer_t *lex, uint8_t quote, api_sqli_token_t *token)
{
    const uint8_t *from, *close;

    from = lex->p;
    token->type = SQ_STRING;
    token->quote = quote;
    token->closed = false;

    for (; lex->p < lex->end; lex->p++) {
        if (!lex->mysql) { /* nothing else counts */
            close = memchr(lex->p, quote, (size_t) (lex->end - lex->p));
            lex->p = close ? close : lex->end;

            if (close == NULL) {
                break;
            }
        }

        if (*lex->p == '\\' && lex->mysql && lex->end - lex->p > 1) {
            lex->p++;

        } else if (*lex->p == quote) {
            if (lex->end - lex->p > 1 && lex->p[1] == quote) {
                lex->p++; /* doubled */
                continue;
            }

            token->text = api_span(from, (size_t) (lex->p - from));
            token->closed = true;
            lex->p++;
            return;
        }
    }

    token->text = api_span(from, (size_t) (lex->end - from));
}


bool
api_sqli_dollar(api_sqli_lexer_t *lex, api_sqli_token_t *token)
{
    const uint8_t *p, *q, *behind;

    p = lex->p + 1;

    if (p < lex->end && api_sqli_digit(*p)) {
        return false;
    }

    for (q = p;
         q < lex->end && q - p < 32 && *q != '$' && api_sqli_word_byte(*q);
         q++)
    {
        /* void */
    }

    if (q == lex->end || *q != '$' || lex->tries >= API_SQLI_TRIES) {
        return false;
    }

    q++;
    behind =
        api_sqli_behind(q, lex->end, api_span(lex->p, (size_t) (q - lex->p)));

    if (behind == NULL) {
        lex->tries++;
        return false;
    }

    token->type = SQ_STRING;
    token->closed = true;
    token->text = api_span(q, (size_t) (behind - q) - (size_t) (q - lex->p));
    lex->p = behind;

    return true;
}


bool
api_sqli_oracle(api_sqli_lexer_t *lex, api_sqli_token_t *token)
{
    uint8_t        close[2];
    const uint8_t *behind;

    if (lex->end - lex->p < 3 || lex->tries >= API_SQLI_TRIES) {
        return false;
    }

    close[0] = lex->p[1];
    close[1] = '\'';

    switch (close[0]) {
    case '(':
        close[0] = ')';
        break;
    case '[':
        close[0] = ']';
        break;
    case '{':
        close[0] = '}';
        break;
    case '<':
        close[0] = '>';
        break;
    default:
        break;
    }

    behind = api_sqli_behind(lex->p + 2, lex->end, api_span(close, 2));

    if (behind == NULL) {
        lex->tries++;
        return false;
    }

    token->type = SQ_STRING;
    token->closed = true;
    token->text = api_span(lex->p + 2, (size_t) (behind - lex->p) - 4);
    lex->p = behind;

    return true;
}


bool
api_sqli_prefix(api_span_t word)
{
    uint8_t a, b;

    if (word.len == 0 || word.len > 2) {
        return word.len > 2 && word.data[0] == '_'; /* _utf8'...' */
    }

    a = api_lower(word.data[0]);
    b = word.len == 2 ? api_lower(word.data[1]) : 0;

    return b == 0 ? a && strchr("nxbeuq", a) : a == 'n' && b == 'q';
}
