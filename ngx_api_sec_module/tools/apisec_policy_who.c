/*
 * Who sends a request: tokens, keys and certificates that are made for it.
 */

#include "apisec_policy.h"
#include "apisec_store.h"
#include "apisec_token.h"

#include <time.h>


#define TTL 300
#define NO_NUL "\\u0000 in a claim cannot be sent from here"

typedef struct {
    apisec_policy_t *policy;
    apisec_step_t   *step;
    api_node_t       node;
    int64_t          now; /* as the stage will have it */
} who_t;


static bool
flag(const who_t *w, const char *name)
{
    bool yes = false;

    (void) api_node_bool(api_node_get(w->node, apisec_span(name)), &yes);

    return yes;
}


static int
named(const who_t *w, const char *directive, const char *name,
    const api_conf_dir_t **found)
{
    *found = apisec_stage_named(&w->policy->stage, directive, name);

    return *found ? APISEC_OK
                  : apisec_policy_wrong(w->policy, w->node,
                      "the configuration has no %s %s", directive, name);
}


/* What the issuer asks of every token; claims of the case come after it. */

static void
usual_claims(apisec_token_t *t, const api_conf_dir_t *issuer)
{
    const api_conf_dir_t *d;

    d = api_conf_child(issuer, "issuer");
    if (d) {
        apisec_claim(t, "iss", apisec_span_text(api_conf_arg(d, 1)));
    }

    d = api_conf_child(issuer, "audience");
    if (d) {
        apisec_claim(t, "aud", apisec_span_text(api_conf_arg(d, 1)));
    }

    d = api_conf_child(issuer, "typ");
    if (d) {
        t->typ = apisec_span_text(api_conf_arg(d, 1));
    }
}


static int
own_claims(const who_t *w, apisec_token_t *t)
{
    int             rc = APISEC_OK;
    api_span_t      name;
    api_node_t      value, claims;
    const char     *json;
    api_node_iter_t it;

    claims = api_node_get(w->node, API_SPAN("claims"));

    if (api_node_count(claims) > APISEC_LIST_MAX) {
        return apisec_policy_wrong(w->policy, claims, "too many claims");
    }

    for (it = api_node_iter(claims);
         rc == APISEC_OK && api_node_next(&it, &name, &value);)
    {
        json = apisec_node_json(value);
        rc = json ? apisec_claim_json(t, apisec_span_text(name), json)
                  : apisec_policy_wrong(w->policy, value, NO_NUL);
    }

    return rc;
}


static int
lifetime(const who_t *w, apisec_token_t *t)
{
    int64_t     ttl = flag(w, "expired") ? -600 : TTL;
    const char *text = apisec_node_text(w->node, "ttl");

    if (text && !apisec_seconds(text, &ttl)) {
        return apisec_policy_wrong(w->policy, w->node,
            "ttl is a time: 90s, 15m, 1h, -10m for one that is over");
    }

    apisec_claim_times(t, w->now, ttl);

    return APISEC_OK;
}


static int
token(const who_t *w, const char *name)
{
    int                   rc;
    char                 *text;
    const char           *key, *cnf;
    apisec_token_t        t = { .kid = "" };
    const api_conf_dir_t *issuer;

    rc = named(w, "api_jwt_issuer", name, &issuer);
    if (rc != APISEC_OK) {
        return rc;
    }

    t.alg = apisec_span_text(api_stage_alg(issuer));
    usual_claims(&t, issuer);
    rc = lifetime(w, &t);
    rc = rc == APISEC_OK
             ? apisec_policy_bound(w->policy, w->step, w->node, issuer, &cnf)
             : rc;
    rc = rc == APISEC_OK && cnf ? apisec_claim_json(&t, "cnf", cnf) : rc;
    rc = rc == APISEC_OK ? own_claims(w, &t) : rc;

    if (rc != APISEC_OK) {
        return rc;
    }

    if (api_stage_key_of(apisec_span(t.alg)) == API_STAGE_NKEYS) {
        return apisec_policy_wrong(w->policy, w->node,
            "no token can be made for %s: its first algorithm is %s", name,
            t.alg);
    }

    key = apisec_text("%s/keys/%s%s.key", w->policy->stage.dir,
        flag(w, "forged") ? "forged-" : "",
        api_stage_key_name(api_stage_key_of(apisec_span(t.alg))));
    rc = apisec_mint(&t, key, &text);

    if (rc == APISEC_OK) {
        apisec_policy_present(w->step, text);
    }

    return rc;
}


/* "a b" of a list, or of text. */

static const char *
words(api_node_t node, const char *name)
{
    uint32_t    i;
    api_node_t  list = api_node_get(node, apisec_span(name));
    const char *text = apisec_node_text(node, name);

    for (i = 0; i < api_node_count(list); i++) {
        text = apisec_text("%s%s%s", text ? text : "", text ? " " : "",
            apisec_span_text(api_node_string(api_node_at(list, i))));
    }

    return text;
}


static int
key_number(const who_t *w, const api_conf_dir_t *store)
{
    int                   n = 0;
    const api_conf_dir_t *d;

    for (d = api_conf_child(w->policy->stage.site->http, "api_key_store");
         d && d != store; d = api_conf_more(d))
    {
        n++;
    }

    return n;
}


static void
send_key(const who_t *w, const api_conf_dir_t *store, const char *key)
{
    api_span_t     header = api_conf_option(store, 3, "header");
    api_span_t     query = api_conf_option(store, 3, "query");
    apisec_http_t *r = &w->step->ask.request;

    if (!api_span_eq(header, API_SPAN("off"))) {
        apisec_policy_field(w->step,
            header.data ? apisec_span_text(header) : "X-API-Key", key);

    } else if (query.len) {
        r->target = apisec_text("%s%c%s=%s", r->target,
            strchr(r->target, '?') ? '&' : '?', apisec_span_text(query), key);
    }
}


static int
api_key(const who_t *w, const char *name)
{
    int                   rc;
    char                 *key;
    cJSON                *entry;
    api_span_t            pepper;
    apisec_grant_t        g = { .exp = INT64_MAX };
    const api_conf_dir_t *store;

    rc = named(w, "api_key_store", name, &store);
    rc = rc == APISEC_OK
             ? apisec_read(apisec_text("%s/keys/pepper", w->policy->stage.dir),
                 4096, &pepper)
             : rc;

    if (rc != APISEC_OK) {
        return rc;
    }

    g.principal = apisec_node_text(w->node, "principal");
    g.plan = apisec_node_text(w->node, "plan");
    g.owner = apisec_node_text(w->node, "owner");
    g.scope = words(w->node, "scopes");
    g.exp = flag(w, "expired") ? w->now - 60 : INT64_MAX;
    g.nbf = 0;

    if (g.principal == NULL) {
        return apisec_policy_wrong(
            w->policy, w->node, "a key needs \"principal\"");
    }

    entry = apisec_sure(apisec_store_entry(&g, pepper, &key));

    if (flag(w, "forged")) {
        cJSON_Delete(entry);

    } else {
        cJSON_AddItemToArray(
            cJSON_GetArrayItem(w->policy->stage.stores, key_number(w, store)),
            entry);
    }

    send_key(w, store, key);

    return APISEC_OK;
}


/* An opaque token, and what the server that is asked will say of it. */

static int
opaque(const who_t *w, const char *name)
{
    int                   rc;
    const char           *answer, *claims, *cnf, *id = apisec_token_id();
    const api_conf_dir_t *d;

    rc = named(w, "api_introspect", name, &d);
    rc = rc == APISEC_OK
             ? apisec_policy_bound(w->policy, w->step, w->node, d, &cnf)
             : rc;

    if (rc != APISEC_OK) {
        return rc;
    }

    claims = apisec_node_json(api_node_get(w->node, API_SPAN("claims")));

    if (claims == NULL) {
        return apisec_policy_wrong(w->policy, w->node, NO_NUL);
    }

    answer = apisec_text("{\"active\":true%s%s%s%s", cnf ? ",\"cnf\":" : "",
        cnf ? cnf : "", claims[0] == '{' && claims[1] != '}' ? "," : "",
        claims[0] == '{' ? claims + 1 : "}");

    if (strpbrk(answer, "'\\$\r\n")) {
        return apisec_policy_wrong(w->policy, w->node,
            "claims of an opaque token are sent in a header here: no ', \\ or"
            " $ can be in them");
    }

    if (!flag(w, "forged") && !flag(w, "expired")) {
        w->policy->stage.answers = apisec_text(
            "%s    ~token=%s '%s';\n", w->policy->stage.answers, id, answer);
    }

    apisec_policy_present(w->step, id);

    return APISEC_OK;
}


static int
certificate(const who_t *w, const char *subject)
{
    if (!w->policy->stage.plan.listens[w->step->ask.listen].ssl) {
        return apisec_policy_wrong(
            w->policy, w->node, "a certificate needs an https:// request");
    }

    w->step->ask.tls =
        apisec_stage_client(&w->policy->stage, subject, words(w->node, "san"));

    return w->step->ask.tls
               ? APISEC_OK
               : apisec_policy_wrong(w->policy, w->node,
                   "no certificate can be made of %s: write CN=NAME,O=NAME,"
                   " and san URI:... or DNS:...",
                   subject);
}


static int
one(who_t *w)
{
    int         rc;
    size_t      i, n = 0;
    const char *text;

    static const struct {
        const char *name;
        int (*make)(const who_t *w, const char *value);
        const char *members;
    } kinds[] = {
        { "token", token, "token claims ttl expired forged bound proof" },
        { "key", api_key, "key principal plan owner scopes expired forged" },
        { "opaque", opaque, "opaque claims expired forged bound proof" },
        { "certificate", certificate, "certificate san" },
    };

    rc = api_node_is(w->node, API_JSON_OBJECT)
             ? APISEC_OK
             : apisec_policy_wrong(w->policy, w->node,
                 "who it is: the name of an identity, or an object");

    for (i = 0; rc == APISEC_OK && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        text = apisec_node_text(w->node, kinds[i].name);

        if (text) {
            n++;
            rc = apisec_policy_members(w->policy, w->node, kinds[i].members);
            rc = rc == APISEC_OK ? kinds[i].make(w, text) : rc;
        }
    }

    return rc == APISEC_OK && n != 1 ? apisec_policy_wrong(w->policy, w->node,
               "one of token, key, opaque and certificate, each with"
               " the name in the configuration (of a certificate its"
               " subject)")
                                     : rc;
}


static int
resolve(who_t *w, api_node_t at)
{
    const char *name;

    w->node = at;

    if (api_node_is(at, API_JSON_STRING)) {
        name = apisec_span_text(api_node_string(at));
        w->node =
            api_node_get(api_node_get(w->policy->root, API_SPAN("identities")),
                apisec_span(name));

        if (!api_node_ok(w->node)) {
            return apisec_policy_wrong(
                w->policy, at, "there is no identity \"%s\"", name);
        }
    }

    return APISEC_OK;
}


/* Certificates first: a token may be bound to the one it comes with. */

int
apisec_policy_who(apisec_policy_t *policy, apisec_step_t *step, int64_t shift)
{
    int        rc = APISEC_OK, pass;
    bool       many, first;
    who_t      w = { policy, step, API_NODE_NONE, 0 };
    uint32_t   i, n;
    api_node_t as = api_node_get(step->node, API_SPAN("as"));

    w.now = (int64_t) time(NULL) + shift;
    step->ask.proof.shift = shift;
    many = api_node_is(as, API_JSON_ARRAY);
    n = many ? api_node_count(as) : api_node_ok(as);

    for (pass = 0; pass < 2; pass++) {
        for (i = 0; rc == APISEC_OK && i < n; i++) {
            rc = resolve(&w, many ? api_node_at(as, i) : as);
            first = rc == APISEC_OK && apisec_node_text(w.node, "certificate");

            if (rc == APISEC_OK && first == (pass == 0)) {
                rc = one(&w);
            }
        }
    }

    return rc;
}
