#include "api_seclang_int.h"

#include <stdio.h>


/*
 * The end of one target in a list: a | or a comma that is in no pattern and
 * in no quotes.  A pattern ends at a slash that the end, a quote or a
 * separator follows.
 */

static bool
api_seclang_pattern_begins(api_span_t text, size_t i)
{
    static const char xml[] = "XML";

    if (i && text.data[i - 1] == '\'') {
        i--;
    }

    return i && text.data[i - 1] == ':'
           && (i < sizeof(xml)
               || !api_seclang_is(
                   api_span(text.data + i - sizeof(xml), sizeof(xml) - 1),
                   xml));
}


static bool
api_seclang_ends_pattern(uint8_t c)
{
    return c == '|' || c == ',' || c == '\'';
}


static size_t
api_seclang_target_end(api_span_t text)
{
    bool   quote, pattern;
    size_t i;

    quote = false;
    pattern = false;

    for (i = 0; i < text.len; i++) {
        switch (text.data[i]) {
        case '\\':
            i += pattern || quote;
            break;

        case '\'':
            quote = !quote;
            break;

        case '/':
            if (!pattern && api_seclang_pattern_begins(text, i)) {
                pattern = true;

            } else if (pattern
                       && (i + 1 == text.len
                           || api_seclang_ends_pattern(text.data[i + 1])))
            {
                pattern = false;
            }
            break;

        case '|':
        case ',':
            if (!quote && !pattern) {
                return i;
            }
            break;
        }
    }

    return text.len;
}


static int
api_seclang_rx(api_seclang_t *s, api_span_t pattern, api_operator_t **rx)
{
    int                rc;
    api_err_t          err;
    char              *text;
    api_operator_env_t env = { api_seclang_read, s, s->match_limit,
        s->depth_limit };

    /* Names are compared in any case, patterns too. */

    text = api_arena_alloc(&s->arena, pattern.len + 5);

    if (text == NULL) {
        return api_seclang_nomem(s);
    }

    memcpy(text, "(?i)", 4);
    memcpy(text + 4, pattern.data, pattern.len);
    text[pattern.len + 4] = '\0';

    err.text[0] = '\0';
    rc = api_operator_compile(rx, API_SPAN("rx"),
        api_span(text, pattern.len + 4), &env, &s->arena, &err);

    if (rc == API_NOMEM) {
        return api_seclang_nomem(s);
    }

    if (rc == API_OK && api_operator_macro(*rx)) {
        rc = API_INVALID;
        snprintf(err.text, sizeof(err.text), "no macro can stand here");
    }

    return rc == API_OK
               ? API_OK
               : api_seclang_fail(s, rc, API_SECLANG_E_VARIABLE,
                   "pattern /%.*s/: %s", API_SECLANG_SHOW(pattern), err.text);
}


/* 'x' and x, /x/ and '/x/' */

static bool
api_seclang_unquote(api_span_t *name)
{
    if (name->len >= 2 && name->data[0] == '\''
        && name->data[name->len - 1] == '\'')
    {
        *name = api_span(name->data + 1, name->len - 2);
    }

    if (name->len >= 2 && name->data[0] == '/'
        && name->data[name->len - 1] == '/') {
        *name = api_span(name->data + 1, name->len - 2);
        return true;
    }

    return false;
}


static int
api_seclang_xpath(api_seclang_t *s, api_span_t name)
{
    if (api_span_eq(name, API_SPAN(API_WAF_XML_TEXT))
        || api_span_eq(name, API_SPAN(API_WAF_XML_ATTRIBUTE)))
    {
        return API_OK;
    }

    return api_seclang_fail(s, API_UNSUPPORTED, API_SECLANG_E_UNSUPPORTED,
        "XML:%.*s is not supported; write XML:" API_WAF_XML_TEXT
        " (all text) or XML:" API_WAF_XML_ATTRIBUTE " (attributes)",
        API_SECLANG_SHOW(name));
}


static int
api_seclang_full(api_seclang_t *s, api_waf_pick_t *pick)
{
    char      *out;
    size_t     n;
    api_span_t var;

    var = api_waf_var_name(pick->var);
    n = var.len + pick->name.len + 4;
    out = api_arena_alloc(&s->arena, n);

    if (out == NULL) {
        return api_seclang_nomem(s);
    }

    switch (pick->sel) {
    case API_WAF_SEL_ALL:
        pick->full = var;
        return API_OK;

    case API_WAF_SEL_NAME:
        n = (size_t) snprintf(out, n, "%s:%.*s", (const char *) var.data,
            (int) pick->name.len, (const char *) pick->name.data);
        break;

    default:
        n = (size_t) snprintf(out, n, "%s:/%.*s/", (const char *) var.data,
            (int) pick->name.len, (const char *) pick->name.data);
        break;
    }

    pick->full = api_span(out, n);

    return API_OK;
}


/* Collections that outlive a request are asked for members by name. */

static bool
api_seclang_outlives(api_seclang_t *s, const api_waf_pick_t *pick)
{
    if (api_waf_var_kind(pick->var) != API_WAF_K_STORE
        || pick->var == API_WAF_TX) {
        return false;
    }

    api_seclang_fail(s, API_UNSUPPORTED, API_SECLANG_E_UNSUPPORTED,
        "%s is looked at by name only; write %s:NAME",
        (const char *) api_waf_var_name(pick->var).data,
        (const char *) api_waf_var_name(pick->var).data);

    return true;
}


/* What is behind the colon: nothing, a name, a pattern. */

static int
api_seclang_selector(api_seclang_t *s, api_span_t text, api_waf_pick_t *pick)
{
    int rc;

    rc = API_OK;

    if (pick->name.len == 0) {
        return api_seclang_outlives(s, pick) ? API_UNSUPPORTED : API_OK;
    }

    if (pick->var == API_WAF_XML) {
        pick->sel = API_WAF_SEL_NAME;
        rc = api_seclang_xpath(s, pick->name);

    } else if (api_seclang_unquote(&pick->name)) {
        pick->sel = API_WAF_SEL_RX;

        if (api_seclang_outlives(s, pick)) {
            return API_UNSUPPORTED;
        }

        rc = api_seclang_rx(s, pick->name, &pick->rx);

    } else if (pick->name.len && pick->name.data[0] == '/') {
        rc = api_seclang_fail(s, API_SYNTAX, API_SECLANG_E_VARIABLE,
            "the pattern of %.*s is not closed; write /PATTERN/, and in '...' "
            "if it has a | or a blank",
            API_SECLANG_SHOW(text));

    } else {
        pick->sel = API_WAF_SEL_NAME;

        if (pick->var == API_WAF_TX) {
            rc = api_seclang_slot(s, pick->name, &pick->slot);
        }
    }

    return rc;
}


int
api_seclang_pick_make(api_seclang_t *s, api_span_t text, api_waf_pick_t *pick)
{
    int            rc;
    api_waf_var_t  var;
    const uint8_t *colon;
    api_span_t     name, whole;

    memset(pick, 0, sizeof(*pick));
    pick->slot = API_WAF_NONE;

    /* A member is behind a colon here: a dot may be part of its name. */

    colon = memchr(text.data, ':', text.len);
    whole = colon ? api_span(text.data, (size_t) (colon - text.data)) : text;

    rc = api_seclang_member(s, whole, &var, &name);

    if (rc != API_OK) {
        return rc;
    }

    pick->var = (uint16_t) var;

    if (colon) {
        pick->name =
            api_span(colon + 1, text.len - (size_t) (colon + 1 - text.data));
    } else if (name.data) {
        pick->name = name;
    }

    if (pick->name.data && api_waf_var_kind(var) == API_WAF_K_SCALAR) {
        return api_seclang_member(s, text, &var, &name);
    }

    rc = api_seclang_selector(s, text, pick);

    return rc == API_OK ? api_seclang_full(s, pick) : rc;
}


int
api_seclang_pick(api_seclang_t *s, api_span_t text, uint32_t *index)
{
    api_waf_pick_t *pick;

    pick = api_vec_push(&s->arena, &s->picks, sizeof(*pick));

    if (pick == NULL) {
        return api_seclang_nomem(s);
    }

    *index = s->picks.n - 1;

    return api_seclang_pick_make(s, text, pick);
}


/* Such a target loads, and its rule can never match. */

static void
api_seclang_target_note(api_seclang_t *s, const api_waf_pick_t *pick)
{
    if (pick->var == API_WAF_GEO) {
        api_seclang_say(s, 0,
            "GEO is always empty: there is no database of places here; "
            "api_require takes the variables of nginx that know places");

    } else if (pick->var == API_WAF_FILES_TMPNAMES) {
        api_seclang_say(s, 0,
            "FILES_TMPNAMES is always empty: parts are not written to files; "
            "FILES_TMP_CONTENT has what is in them");
    }
}


static int
api_seclang_target(
    api_seclang_t *s, api_span_t text, api_seclang_targets_t *out)
{
    int               rc;
    uint32_t          index = 0, *drop;
    api_waf_pick_t   *pick;
    api_waf_target_t *target;
    bool              drops, count;

    drops = text.len && text.data[0] == '!';
    count = text.len && text.data[0] == '&';

    if (drops || count) {
        text = api_span(text.data + 1, text.len - 1);
    }

    if (text.len == 0) {
        return api_seclang_fail(s, API_SYNTAX, API_SECLANG_E_VARIABLE,
            "an empty target; write ARGS or ARGS|REQUEST_HEADERS:Name");
    }

    /* Patterns are freed through the picks of the loader: a target is one. */

    rc = api_seclang_pick(s, text, &index);

    if (rc != API_OK) {
        return rc;
    }

    if (drops) {
        drop = api_vec_push(&s->arena, &out->drop, sizeof(*drop));

        if (drop == NULL) {
            return api_seclang_nomem(s);
        }

        *drop = index;

        return API_OK;
    }

    target = api_vec_push(&s->arena, &out->add, sizeof(*target));

    if (target == NULL) {
        return api_seclang_nomem(s);
    }

    pick = API_VEC(api_waf_pick_t, s->picks, index);
    target->pick = *pick;
    target->pick.count = count;
    api_seclang_target_note(s, pick);

    return API_OK;
}


int
api_seclang_targets(
    api_seclang_t *s, api_span_t text, api_seclang_targets_t *out)
{
    int        rc;
    size_t     end;
    api_span_t one;

    memset(out, 0, sizeof(*out));

    do {
        end = api_seclang_target_end(text);
        one = api_seclang_trim(api_span(text.data, end));
        rc = api_seclang_target(s, one, out);

        if (rc != API_OK || end == text.len) {
            return rc;
        }

        text = api_span(text.data + end + 1, text.len - end - 1);
    } while (true);
}
