#include "apisec_attack.h"

#include <stdlib.h>


#define MUTANTS_MAX 40 /* of one body */
#define BIG_BODY ((size_t) 8 << 20)


const apisec_attack_row_t apisec_attacks[APISEC_NATTACKS] = {
    { "no-token", "API2:2023", "answers without credentials", "401",
        "directives/jwt.md" },
    { "bad-token", "API2:2023", "takes a token that is none", "401",
        "directives/jwt.md" },
    { "tampered-token", "API2:2023", "takes a token with a wrong signature",
        "401", "directives/jwt.md" },
    { "alg-none", "API2:2023", "takes a token that is not signed", "401",
        "directives/jwt.md" },
    { "alg-confusion", "API2:2023",
        "takes the public key as the secret of a signature", "401",
        "directives/jwt.md" },
    { "wrong-scope", "API5:2023", "does not ask for the scopes it declares",
        "403", "directives/require.md" },
    { "foreign-object", "API1:2023", "hands out an object of somebody else",
        "403 or 404", "guide/object-level.md" },
    { "undocumented-method", "API5:2023", "takes a method nobody described",
        "405", "directives/schema.md" },
    { "method-override", "API5:2023",
        "lets a header speak of another method than the request has", "400",
        "directives/schema.md" },
    { "extra-member", "API3:2023", "takes a member nobody described", "422",
        "guide/contract.md" },
    { "missing-member", "API8:2023", "does not miss what is required",
        "400 or 422", "guide/contract.md" },
    { "wrong-type", "API8:2023", "takes a value of another type", "400 or 422",
        "guide/contract.md" },
    { "over-bound", "API4:2023", "takes more than it says it does",
        "400 or 422", "guide/contract.md" },
    { "big-body", "API4:2023", "takes a body of 8 megabytes", "413",
        "directives/body.md" },
    { "media-type", "API8:2023", "takes a body of a type nobody described",
        "415", "directives/schema.md" },
    { "broken-body", "API8:2023", "takes a body that is cut off", "400",
        "directives/body.md" },
    { "duplicate-member", "API8:2023", "takes a name twice in one object",
        "400", "directives/body.md" },
    { "unknown-parameter", "API8:2023",
        "takes a query parameter nobody described", "400",
        "directives/schema.md" },
    { "undocumented-path", "API9:2023", "answers at a path nobody described",
        "404", "directives/schema.md" },
    { "traversal", "API8:2023", "answers at a path with two readings",
        "400 or 404", "directives/schema.md" },
    { "internal", "API9:2023", "hands out what is marked as internal", "404",
        "directives/schema.md" },
    { "no-limit", "API4:2023", "answers as often as somebody asks", "429",
        "guide/limits.md" },
};


apisec_case_t *
apisec_attack_add(apisec_attack_t *attack, apisec_attack_kind_t kind,
    const api_operation_t *op, const char *detail,
    const apisec_http_t *request)
{
    apisec_case_t *c = apisec_alloc(sizeof(apisec_case_t));

    memset(c, 0, sizeof(apisec_case_t));
    c->kind = kind;
    c->op = op;
    c->detail = detail;
    c->request = *request;
    c->times = 1;
    c->reply = (apisec_reply_t){ 0, "", "", "", "" };
    c->outcome = APISEC_NOT_SENT;

    if (attack->last) {
        attack->last->next = c;

    } else {
        attack->first = c;
    }

    attack->last = c;

    return c;
}


void
apisec_attack_field(
    apisec_http_t *request, const char *name, const char *value)
{
    size_t i, n = 0;

    for (i = 0; i < request->nfields; i++) {
        if (!api_span_eq_nocase(request->fields[i].name, apisec_span(name))) {
            request->fields[n++] = request->fields[i];
        }
    }

    request->nfields = n;

    if (value && n < sizeof(request->fields) / sizeof(request->fields[0])) {
        request->fields[n].name = apisec_span(name);
        request->fields[n].value = apisec_span(value);
        request->nfields++;
    }
}


/* Credentials */

static bool
needs_credentials(const api_operation_t *op)
{
    uint32_t i;

    for (i = 0; i < op->nrequirements; i++) {
        if (op->requirements[i].nneeds == 0) {
            return false;
        }
    }

    return op->nrequirements != 0;
}


static bool
needs_scopes(const api_operation_t *op)
{
    uint32_t i, n;

    for (i = 0; i < op->nrequirements; i++) {
        for (n = 0; n < op->requirements[i].nneeds; n++) {
            if (op->requirements[i].needs[n].nscopes) {
                return true;
            }
        }
    }

    return false;
}


static void
add_token(apisec_attack_t *attack, apisec_attack_kind_t kind,
    const api_operation_t *op, const char *token)
{
    apisec_http_t request = attack->valid[op->index].request;

    if (token) {
        apisec_attack_field(
            &request, "Authorization", apisec_text("Bearer %s", token));
        apisec_attack_add(attack, kind, op, "", &request);
    }
}


static void
attack_credentials(apisec_attack_t *attack, const api_operation_t *op)
{
    uint32_t               n;
    apisec_http_t          request = attack->valid[op->index].request;
    const api_scheme_t    *scheme;
    const apisec_caller_t *caller = &attack->caller;

    if (!needs_credentials(op)) {
        return;
    }

    apisec_attack_field(&request, "Authorization", NULL);

    for (n = 0; (scheme = api_openapi_scheme(attack->spec, n)); n++) {
        if (scheme->type == API_SCHEME_API_KEY && scheme->in == API_IN_HEADER)
        {
            apisec_attack_field(
                &request, apisec_span_text(scheme->param), NULL);
        }
    }

    apisec_attack_add(attack, APISEC_NO_TOKEN, op, "", &request);

    add_token(attack, APISEC_BAD_TOKEN, op, "apisec.is.none");

    if (caller->token) {
        add_token(
            attack, APISEC_TAMPERED_TOKEN, op, apisec_tampered(caller->token));
        add_token(attack, APISEC_ALG_NONE, op, apisec_unsigned(caller->token));

        if (caller->public) {
            add_token(attack, APISEC_ALG_CONFUSION, op,
                apisec_confused(caller->token, caller->public));
        }
    }

    if (needs_scopes(op)) {
        add_token(attack, APISEC_WRONG_SCOPE, op, caller->weak);
    }
}


static void
attack_objects(apisec_attack_t *attack, const apisec_shape_t *shape)
{
    size_t        i, n, len;
    cJSON        *value;
    const char   *pair;
    apisec_http_t request;

    for (n = 0; n < attack->caller.nother; n++) {
        pair = attack->caller.other[n];
        len = strcspn(pair, "=");

        for (i = 0; pair[len] && i < shape->nparams; i++) {
            if (strlen(shape->params[i].name) != len
                || strncmp(shape->params[i].name, pair, len) != 0)
            {
                continue;
            }

            value = apisec_sure(cJSON_CreateString(pair + len + 1));
            apisec_shape_request(shape, i, value, &request);
            cJSON_Delete(value);

            apisec_attack_add(attack, APISEC_FOREIGN_OBJECT, shape->op,
                apisec_text("%s", pair), &request);
        }
    }
}


/* Methods */

static bool
is_first_of_path(const apisec_attack_t *attack, const api_operation_t *op)
{
    uint32_t n;

    for (n = 0; n < op->index; n++) {
        if (api_span_eq(api_openapi_at(attack->spec, n)->route, op->route)) {
            return false;
        }
    }

    return true;
}


static void
attack_methods(apisec_attack_t *attack, const api_operation_t *op)
{
    size_t                   i;
    apisec_http_t            request;
    static const char *const methods[] = { "GET", "PUT", "POST", "DELETE",
        "PATCH", "TRACE", "APISEC" };

    if (op->method == API_METHOD_GET) {
        request = attack->valid[op->index].request;
        apisec_attack_field(&request, "X-HTTP-Method-Override", "DELETE");
        apisec_attack_add(attack, APISEC_METHOD_OVERRIDE, op,
            "X-HTTP-Method-Override", &request);
    }

    for (i = 0; is_first_of_path(attack, op)
                && i < sizeof(methods) / sizeof(methods[0]);
         i++)
    {
        request = attack->valid[op->index].request;
        request.method = apisec_span(methods[i]);
        request.has_body = false;
        request.body.len = 0;
        apisec_attack_field(&request, "Content-Type", NULL);

        if (apisec_shape_check(attack, &request) == 405) {
            apisec_attack_add(
                attack, APISEC_UNDOCUMENTED_METHOD, op, methods[i], &request);
        }
    }
}


/* Bodies and parameters: only what the compiled document refuses too. */

static const apisec_attack_kind_t kind_of[] = {
    [APISEC_WRONG_TYPE] = APISEC_TYPE,
    [APISEC_WRONG_BOUND] = APISEC_BOUND,
    [APISEC_WRONG_ABSENT] = APISEC_MISSING_MEMBER,
    [APISEC_WRONG_EXTRA] = APISEC_EXTRA_MEMBER,
};

typedef struct {
    apisec_attack_t      *attack;
    const apisec_shape_t *shape;
    size_t                param; /* SIZE_MAX: the body */
    unsigned              n;
} taker_t;


static void
add_if_wrong(apisec_attack_t *attack, apisec_attack_kind_t kind,
    const api_operation_t *op, const char *detail,
    const apisec_http_t *request)
{
    if (apisec_shape_check(attack, request) != 0) {
        apisec_attack_add(attack, kind, op, detail, request);
    }
}


static bool
take_mutant(
    void *ctx, apisec_wrong_t wrong, const char *where, const cJSON *value)
{
    taker_t              *t = ctx;
    apisec_http_t         request;
    const apisec_param_t *p;

    if (t->param == SIZE_MAX) {
        request = t->attack->valid[t->shape->op->index].request;

        if (apisec_shape_body(t->shape, value, &request)) {
            add_if_wrong(
                t->attack, kind_of[wrong], t->shape->op, where, &request);
        }

    } else {
        p = &t->shape->params[t->param];
        apisec_shape_request(t->shape, t->param, value, &request);
        add_if_wrong(t->attack, kind_of[wrong], t->shape->op,
            apisec_text("%s %s", p->in, p->name), &request);
    }

    return ++t->n < MUTANTS_MAX;
}


static void
attack_params(apisec_attack_t *attack, const apisec_shape_t *shape)
{
    size_t                i;
    taker_t               t = { attack, shape, 0, 0 };
    apisec_http_t         request;
    const apisec_param_t *p;

    for (i = 0; i < shape->nparams; i++) {
        p = &shape->params[i];

        if (p->required && strcmp(p->in, "path") != 0) {
            apisec_shape_request(shape, i, NULL, &request);
            add_if_wrong(attack, APISEC_MISSING_MEMBER, shape->op,
                apisec_text("%s %s", p->in, p->name), &request);
        }

        if (p->value) {
            t.param = i;
            t.n = 0;
            apisec_mutants(attack->docs, p->schema, p->value, take_mutant, &t);
        }
    }

    request = attack->valid[shape->op->index].request;
    request.target = apisec_text("%s%capisec_unknown=1", request.target,
        strchr(request.target, '?') ? '&' : '?');
    add_if_wrong(attack, APISEC_UNKNOWN_PARAMETER, shape->op,
        "query apisec_unknown", &request);
}


/* The first member again, before it. */

static const char *
doubled(const cJSON *body)
{
    char       *whole, *value;
    const char *made = NULL;

    if (!cJSON_IsObject(body) || body->child == NULL) {
        return NULL;
    }

    whole = cJSON_PrintUnformatted(body);
    value = cJSON_PrintUnformatted(body->child);

    if (whole && value) {
        made = apisec_text(
            "{\"%s\":%s,%s", body->child->string, value, whole + 1);
    }

    cJSON_free(whole);
    cJSON_free(value);

    return made;
}


static void
attack_body(apisec_attack_t *attack, const apisec_shape_t *shape)
{
    taker_t                t = { attack, shape, SIZE_MAX, 0 };
    const char            *text;
    apisec_http_t          request;
    const api_operation_t *op = shape->op;
    const apisec_http_t   *valid = &attack->valid[op->index].request;

    if (!valid->has_body) {
        return;
    }

    apisec_mutants(attack->docs, shape->schema, shape->body, take_mutant, &t);

    request = *valid;
    apisec_attack_field(&request, "Content-Type", "application/x-apisec");
    add_if_wrong(
        attack, APISEC_MEDIA_TYPE, op, "application/x-apisec", &request);

    if (strstr(shape->media, "json") == NULL || valid->body.len < 2) {
        return;
    }

    request = *valid;
    request.body.len--;
    add_if_wrong(attack, APISEC_BROKEN_BODY, op, "", &request);

    request = *valid;
    request.blanks = BIG_BODY;
    apisec_attack_add(attack, APISEC_BIG_BODY, op, "", &request);

    text = doubled(shape->body);

    if (text) {
        request = *valid;
        request.body = apisec_span(text);
        add_if_wrong(attack, APISEC_DUPLICATE_MEMBER, op, "", &request);
    }
}


static void
plan_operation(apisec_attack_t *attack, const api_operation_t *op)
{
    unsigned        status;
    apisec_valid_t *valid = &attack->valid[op->index];
    apisec_shape_t  shape;

    if (attack->read_only && op->method != API_METHOD_GET
        && op->method != API_METHOD_HEAD)
    {
        valid->missing = "--read-only";
        return;
    }

    valid->reply = (apisec_reply_t){ 0, "", "", "", "" };
    apisec_shape(&shape, attack, op);
    apisec_shape_request(&shape, SIZE_MAX, NULL, &valid->request);
    status = apisec_shape_check(attack, &valid->request);

    if (op->internal) {
        valid->missing = "it is internal";
        apisec_attack_add(attack, APISEC_INTERNAL, op, "", &valid->request);

    } else if (op->streams_request) {
        valid->missing = "it streams";

    } else if (status != 0) {
        valid->missing = apisec_text("no valid request was found: %u", status);

    } else {
        attack_credentials(attack, op);
        attack_objects(attack, &shape);
        attack_methods(attack, op);
        attack_params(attack, &shape);
        attack_body(attack, &shape);
    }
}


/* What belongs to no operation. */

static void
attack_paths(apisec_attack_t *attack)
{
    size_t                   i;
    const char              *base;
    apisec_http_t            request = { 0 };
    const api_operation_t   *op = api_openapi_at(attack->spec, 0);
    static const char *const paths[] = { "apisec-undocumented", ".git/config",
        "..%2f..%2fetc/passwd", "%2e%2e/%2e%2e/etc/passwd" };

    /* Before the document's own path stands the base. */

    base = apisec_span_text(
        api_span(op->route.data, op->route.len - op->path.len));
    request.method = API_SPAN("GET");

    if (attack->caller.token) {
        apisec_attack_field(&request, "Authorization",
            apisec_text("Bearer %s", attack->caller.token));
    }

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        request.target = apisec_text("%s/%s", base, paths[i]);

        if (apisec_shape_check(attack, &request) != 0) {
            apisec_attack_add(attack,
                i < 2 ? APISEC_UNDOCUMENTED_PATH : APISEC_TRAVERSAL, NULL,
                request.target, &request);
        }
    }
}


static void
attack_rate(apisec_attack_t *attack)
{
    uint32_t               n;
    apisec_case_t         *c;
    const api_operation_t *op;

    for (n = 0; attack->burst && n < api_openapi_count(attack->spec); n++) {
        op = api_openapi_at(attack->spec, n);

        if (op->method == API_METHOD_GET && !attack->valid[n].missing) {
            c = apisec_attack_add(attack, APISEC_NO_LIMIT, op,
                apisec_text("%u times", attack->burst),
                &attack->valid[n].request);
            c->times = attack->burst;
            return;
        }
    }
}


void
apisec_attack_plan(apisec_attack_t *attack)
{
    size_t   size;
    uint32_t n, count = api_openapi_count(attack->spec);

    size = count * sizeof(apisec_valid_t);
    attack->valid = apisec_alloc(size ? size : 1);
    memset(attack->valid, 0, size);

    for (n = 0; n < count; n++) {
        plan_operation(attack, api_openapi_at(attack->spec, n));
    }

    if (count) {
        attack_paths(attack);
        attack_rate(attack);
    }
}
