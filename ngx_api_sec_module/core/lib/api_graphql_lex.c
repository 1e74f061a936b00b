#include "api_graphql_int.h"

#include "api_percent.h"


static bool
api_graphql_is_name(uint8_t c)
{
    return c == '_' || (c >= '0' && c <= '9')
           || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}


static bool
api_graphql_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}


/* White space, line ends, commas, comments, byte order marks. */

static const uint8_t *
api_graphql_ignored(const uint8_t *p, const uint8_t *end)
{
    for (; p < end; p++) {
        if (*p == '#') {
            while (p < end && *p != '\n' && *p != '\r') {
                p++;
            }

            p--;

        } else if (*p == 0xef && end - p > 2 && p[1] == 0xbb && p[2] == 0xbf) {
            p += 2;

        } else if (*p == 0 || !strchr(" \t\n\r,", *p)) {
            break;
        }
    }

    return p;
}


static const uint8_t *
api_graphql_digits(const uint8_t *p, const uint8_t *end)
{
    while (p < end && api_graphql_is_digit(*p)) {
        p++;
    }

    return p;
}


static int
api_graphql_number(api_graphql_run_t *run)
{
    const uint8_t *p, *from, *end;

    end = run->end;
    p = run->at + (*run->at == '-');
    from = p;
    p = api_graphql_digits(p, end);
    run->token = API_GRAPHQL_T_INT;

    if (p == from || (*from == '0' && p - from > 1)) {
        return api_graphql_bad(
            run, API_SYNTAX, API_GRAPHQL_E_NUMBER, "a bad number");
    }

    if (p < end && *p == '.') {
        run->token = API_GRAPHQL_T_FLOAT;
        from = ++p;
        p = api_graphql_digits(p, end);

        if (p == from) {
            return api_graphql_bad(
                run, API_SYNTAX, API_GRAPHQL_E_NUMBER, "a bad number");
        }
    }

    if (p < end && (*p | 0x20) == 'e') {
        run->token = API_GRAPHQL_T_FLOAT;
        p++;
        p += p < end && (*p == '+' || *p == '-');
        from = p;
        p = api_graphql_digits(p, end);

        if (p == from) {
            return api_graphql_bad(
                run, API_SYNTAX, API_GRAPHQL_E_NUMBER, "a bad number");
        }
    }

    if (p < end && (*p == '.' || api_graphql_is_name(*p))) {
        return api_graphql_bad(
            run, API_SYNTAX, API_GRAPHQL_E_NUMBER, "a bad number");
    }

    run->text = api_span(run->at, (size_t) (p - run->at));
    run->p = p;

    return API_OK;
}


static int
api_graphql_bad_string(api_graphql_run_t *run, const uint8_t *p)
{
    run->at = p;

    return api_graphql_bad(run, API_SYNTAX, API_GRAPHQL_E_STRING,
        "a string that is not closed, or a character or escape that may not "
        "stand in it");
}


static int
api_graphql_block(api_graphql_run_t *run)
{
    const uint8_t *p, *end;

    end = run->end;

    for (p = run->at + 3; end - p >= 3; p++) {
        if (*p == '\\' && end - p >= 4 && memcmp(p + 1, "\"\"\"", 3) == 0) {
            p += 3;

        } else if (memcmp(p, "\"\"\"", 3) == 0) {
            run->token = API_GRAPHQL_T_BLOCK;
            run->text = api_span(run->at + 3, (size_t) (p - run->at) - 3);
            run->p = p + 3;
            return API_OK;

        } else if (*p < 0x20 && *p != '\t' && *p != '\n' && *p != '\r') {
            break;
        }
    }

    return api_graphql_bad_string(run, p);
}


static bool
api_graphql_hex4(const uint8_t *p, uint32_t *v)
{
    unsigned i, h;

    for (*v = 0, i = 0; i < 4; i++) {
        h = api_percent_hex(p[i]);

        if (h == 16) {
            return false;
        }

        *v = *v << 4 | h;
    }

    return true;
}


/* Length of the \u escape at p, 0: a bad one.  A surrogate needs its pair. */

static size_t
api_graphql_unicode(const uint8_t *p, const uint8_t *end)
{
    uint32_t hi, lo;

    if (end - p < 6 || !api_graphql_hex4(p + 2, &hi)) {
        return 0;
    }

    if (hi < 0xd800 || hi > 0xdfff) {
        return 6;
    }

    if (hi > 0xdbff || end - p < 12 || p[6] != '\\' || p[7] != 'u'
        || !api_graphql_hex4(p + 8, &lo) || lo < 0xdc00 || lo > 0xdfff)
    {
        return 0;
    }

    return 12;
}


static int
api_graphql_quoted(api_graphql_run_t *run)
{
    size_t         n;
    const uint8_t *p, *end;

    end = run->end;

    if (end - run->at >= 3 && memcmp(run->at, "\"\"\"", 3) == 0) {
        return api_graphql_block(run);
    }

    for (p = run->at + 1; p < end && *p != '"'; p += n) {
        n = 1;

        if (*p == '\\') {
            n = end - p < 2 || p[1] == 0     ? 0
                : p[1] == 'u'                ? api_graphql_unicode(p, end)
                : strchr("\"\\/bfnrt", p[1]) ? 2
                                             : 0;

        } else if (*p < 0x20 && *p != '\t') {
            n = 0;
        }

        if (n == 0) {
            return api_graphql_bad_string(run, p);
        }
    }

    if (p == end) {
        return api_graphql_bad_string(run, p);
    }

    run->token = API_GRAPHQL_T_STRING;
    run->text = api_span(run->at + 1, (size_t) (p - run->at) - 1);
    run->p = p + 1;

    return API_OK;
}


int
api_graphql_next(api_graphql_run_t *run)
{
    uint8_t        c;
    const uint8_t *p;

    run->last = run->p;
    p = run->at = api_graphql_ignored(run->p, run->end);
    run->text = api_span(p, 0);

    if (p == run->end) {
        run->token = API_GRAPHQL_T_END;
        run->p = p;
        return API_OK;
    }

    c = *p;

    if (c == '"') {
        return api_graphql_quoted(run);
    }

    if (c == '-' || api_graphql_is_digit(c)) {
        return api_graphql_number(run);
    }

    if (api_graphql_is_name(c)) {
        while (p < run->end && api_graphql_is_name(*p)) {
            p++;
        }

        run->token = API_GRAPHQL_T_NAME;
        run->text = api_span(run->at, (size_t) (p - run->at));
        run->p = p;
        return API_OK;
    }

    if (c == '.' && run->end - p >= 3 && p[1] == '.' && p[2] == '.') {
        run->token = '.';
        run->p = p + 3;
        return API_OK;
    }

    if (c == 0 || !strchr("!$&():=@[]{|}", c)) {
        return api_graphql_bad(run, API_SYNTAX, API_GRAPHQL_E_CHARACTER,
            "a character that begins no token");
    }

    run->token = c;
    run->p = p + 1;

    return API_OK;
}
