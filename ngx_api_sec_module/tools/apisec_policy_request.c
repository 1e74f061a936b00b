/*
 * The request of a step.
 */

#include "apisec_policy.h"

#include <stdlib.h>


#define BODY_MAX (64 * 1024 * 1024)
#define FIELDS_MAX 32

typedef struct {
    bool        tls;
    const char *host; /* with its port, as it is sent */
    unsigned    port; /* 0: not said */
    const char *target;
} url_t;


void
apisec_policy_field(apisec_step_t *step, const char *name, const char *value)
{
    apisec_http_t *r = &step->ask.request;

    if (r->nfields < FIELDS_MAX) {
        r->fields[r->nfields++] =
            (api_field_t){ apisec_span(name), apisec_span(value) };
    }
}


/* http[s]://HOST[:PORT]/PATH, or /PATH below the base. */

static int
split(
    const apisec_policy_t *policy, api_node_t at, const char *text, url_t *url)
{
    size_t      n;
    const char *base = apisec_node_text(policy->root, "base"), *colon;

    if (text[0] == '/') {
        if (base == NULL) {
            return apisec_policy_wrong(policy, at,
                "\"%s\" has no host: write http://HOST%s, or \"base\": "
                "https://HOST at the top",
                text, text);
        }

        n = strlen(base);
        n -= n && base[n - 1] == '/';
        text = apisec_text("%.*s%s", (int) n, base, text);
    }

    url->tls = strncmp(text, "https://", 8) == 0;

    if (!url->tls && strncmp(text, "http://", 7) != 0) {
        return apisec_policy_wrong(policy, at,
            "\"%s\" is no URL: write http://HOST/PATH or https://HOST/PATH",
            text);
    }

    text += url->tls ? 8 : 7;
    n = strcspn(text, "/?#");
    url->host = apisec_text("%.*s", (int) n, text);
    url->target = text[n] == '/' ? text + n : apisec_text("/%s", text + n);
    colon = strrchr(url->host, ':');
    url->port = colon && strchr(colon, ']') == NULL
                    ? (unsigned) strtoul(colon + 1, NULL, 10)
                    : 0;

    return APISEC_OK;
}


static int
no_listener(const apisec_policy_t *policy, api_node_t at, const url_t *url)
{
    uint32_t           i;
    const char        *list = "";
    const api_stage_t *plan = &policy->stage.plan;

    for (i = 0; i < plan->nlistens; i++) {
        list = apisec_text("%s %s:%u%s", list,
            apisec_span_text(plan->listens[i].address), plan->listens[i].port,
            plan->listens[i].ssl ? " (https)" : "");
    }

    return apisec_policy_wrong(policy, at,
        "nothing listens for http%s://%s: there are%s", url->tls ? "s" : "",
        url->host, *list ? list : " no servers");
}


/* By the port that the URL says; else by its scheme, when only one fits. */

static int
find_listener(const apisec_policy_t *policy, api_node_t at, const url_t *url,
    uint32_t *found)
{
    uint32_t                  i, n = 0, any = 0;
    unsigned                  port;
    const api_stage_t        *plan = &policy->stage.plan;
    const api_stage_listen_t *l;

    port = url->port ? url->port : url->tls ? 443 : 80;

    for (i = 0; i < plan->nlistens; i++) {
        l = &plan->listens[i];

        if (l->port == port && l->ssl == url->tls) {
            *found = i;
            return APISEC_OK;
        }

        if (l->ssl == url->tls) {
            any = i;
            n++;
        }
    }

    *found = any;

    return n == 1 && url->port == 0 ? APISEC_OK : no_listener(policy, at, url);
}


static int
read_headers(const apisec_policy_t *policy, apisec_step_t *step)
{
    uint32_t        i;
    api_span_t      name;
    api_node_t      value, one, list;
    api_node_iter_t it;

    list = api_node_get(step->node, API_SPAN("headers"));

    if (api_node_ok(list) && !api_node_is(list, API_JSON_OBJECT)) {
        return apisec_policy_wrong(
            policy, list, "headers are NAME: VALUE, or NAME: [VALUE, VALUE]");
    }

    for (it = api_node_iter(list); api_node_next(&it, &name, &value);) {
        for (i = 0; i == 0 || i < api_node_count(value); i++) {
            one = api_node_is(value, API_JSON_ARRAY) ? api_node_at(value, i)
                                                     : value;

            if (!api_node_is(one, API_JSON_STRING) && !api_node_is_number(one))
            {
                return apisec_policy_wrong(
                    policy, value, "a header's value is text");
            }

            if (api_span_eq_nocase(name, API_SPAN("host"))) {
                step->ask.host = apisec_span_text(api_node_string(one));
                continue;
            }

            apisec_policy_field(step, apisec_span_text(name),
                apisec_span_text(api_node_is_number(one)
                                     ? api_node_number(one)
                                     : api_node_string(one)));

            if (api_node_is(value, API_JSON_STRING)) {
                break;
            }
        }
    }

    return step->ask.request.nfields >= FIELDS_MAX - 4
               ? apisec_policy_wrong(policy, list, "too many headers")
               : APISEC_OK;
}


static bool
has_field(const apisec_http_t *r, const char *name)
{
    size_t i;

    for (i = 0; i < r->nfields; i++) {
        if (api_span_eq_nocase(r->fields[i].name, apisec_span(name))) {
            return true;
        }
    }

    return false;
}


/* Text as it is, anything else as JSON. */

static int
read_body(const apisec_policy_t *policy, apisec_step_t *step)
{
    int            rc = APISEC_OK;
    api_node_t     body = api_node_get(step->node, API_SPAN("body"));
    const char    *file = apisec_node_text(step->node, "body_file"), *text;
    apisec_http_t *r = &step->ask.request;

    if (api_node_ok(body) && file) {
        return apisec_policy_wrong(
            policy, body, "body or body_file, not both");
    }

    r->has_body = api_node_ok(body) || file;

    if (file) {
        rc = apisec_read(
            apisec_text("%s%s", *file == '/' ? "" : policy->folder, file),
            BODY_MAX, &r->body);

    } else if (api_node_is(body, API_JSON_STRING)) {
        r->body = api_node_string(body);

    } else if (r->has_body) {
        text = apisec_node_json(body);

        if (text == NULL) {
            return apisec_policy_wrong(policy, body,
                "\\u0000 in JSON cannot be sent from here: write the body as"
                " text, or as body_file");
        }

        r->body = apisec_span(text);

        if (!has_field(r, "content-type")) {
            apisec_policy_field(step, "Content-Type", "application/json");
        }
    }

    return rc;
}


int
apisec_policy_request(apisec_policy_t *policy, apisec_step_t *step)
{
    int         rc;
    size_t      n;
    url_t       url = { false, NULL, 0, NULL };
    const char *text = apisec_node_text(step->node, "request");

    if (text == NULL) {
        return apisec_policy_wrong(policy, step->node,
            "a case needs \"request\": METHOD URL, as in GET "
            "https://HOST/PATH");
    }

    n = strcspn(text, " ");

    if (n == 0 || text[n] == '\0' || strpbrk(text + n + 1, " \r\n\t")) {
        return apisec_policy_wrong(policy, step->node,
            "\"%s\" is no request: write METHOD URL, blanks as %%20", text);
    }

    step->text = text;
    step->ask.request.method = api_span(text, n);

    rc = split(policy, step->node, text + n + 1, &url);
    rc = rc == APISEC_OK
             ? find_listener(policy, step->node, &url, &step->ask.listen)
             : rc;

    if (rc != APISEC_OK) {
        return rc;
    }

    step->ask.request.target = url.target;
    step->ask.host = url.host;
    rc = read_headers(policy, step);

    return rc == APISEC_OK ? read_body(policy, step) : rc;
}
