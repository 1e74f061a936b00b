/*
 * A recorded request once more, as far as it is recorded.
 */

#include "apisec_replay.h"
#include "apisec_store.h"
#include "apisec_token.h"

#include <time.h>


#define KEYS_MAX 10000

typedef struct {
    apisec_side_t        *side;
    const apisec_side_t  *from; /* under which it was recorded */
    const apisec_event_t *event;
    apisec_ask_t          ask;
    const char           *who;
    bool                  again; /* the stage has to start anew */
    const char           *why;   /* its credential cannot be made */
} again_t;


/* A pseudonym: ~ and 16 digits of hex (api_redact.h). */

static bool
is_pseudonym(api_span_t s, size_t at)
{
    size_t i;

    if (at + 17 > s.len || s.data[at] != '~') {
        return false;
    }

    for (i = at + 1; i < at + 17; i++) {
        if (strchr("0123456789abcdef", s.data[i]) == NULL || !s.data[i]) {
            return false;
        }
    }

    return true;
}


bool
apisec_replay_masked(api_span_t path)
{
    size_t i;

    for (i = 0; i < path.len; i++) {
        if (is_pseudonym(path, i)) {
            return true;
        }
    }

    return false;
}


/* What may not stand in a request line is not sent: nothing of a log is to be
   trusted. */

const char *
apisec_replay_path(api_span_t path, const char *value)
{
    char  *out, *to;
    size_t i;

    out = to = apisec_alloc(path.len * (strlen(value) + 3) + 2);

    for (i = 0; i < path.len; i++) {
        if (is_pseudonym(path, i)) {
            to += sprintf(to, "%s", value);
            i += 16;

        } else if (path.data[i] <= ' ' || path.data[i] >= 0x7f
                   || path.data[i] == '#' || path.data[i] == '?')
        {
            to += sprintf(to, "%%%02X", path.data[i]);

        } else {
            *to++ = (char) path.data[i];
        }
    }

    if (to == out || out[0] != '/') {
        return "/";
    }

    return out;
}


static void
field(again_t *r, const char *name, const char *value)
{
    apisec_http_t *h = &r->ask.request;

    h->fields[h->nfields++] =
        (api_field_t){ apisec_span(name), apisec_span(value) };
}


/* The definition under which it was good: of the configuration of the log. */

static const api_conf_dir_t *
definition(const again_t *r, const char *directive)
{
    const char           *name = apisec_span_text(r->event->issuer);
    const api_conf_dir_t *d = NULL;

    if (r->from) {
        d = apisec_stage_named(&r->from->stage, directive, name);
    }

    return d ? d : apisec_stage_named(&r->side->stage, directive, name);
}


static void
claim_of(apisec_token_t *t, const api_conf_dir_t *issuer, const char *line,
    const char *claim)
{
    const api_conf_dir_t *d = api_conf_child(issuer, line);

    if (d) {
        apisec_claim(t, claim, apisec_span_text(api_conf_arg(d, 1)));
    }
}


/*
 * The claim cnf of a token that was bound to a key, and what shows that its
 * sender had that; "": it was not.  A record does not say it: it was when the
 * issuer of then took no other, and where one of now wants it who knows.
 */

static int
bound(again_t *r, const api_conf_dir_t *then, const api_conf_dir_t *now,
    const char **cnf)
{
    int         rc;
    bool        dpop = apisec_stage_binds(then, "dpop");
    bool        mtls = apisec_stage_binds(then, "mtls");
    const char *x5t;

    *cnf = "";

    if ((!dpop && apisec_stage_binds(now, "dpop"))
        || (!mtls && apisec_stage_binds(now, "mtls")))
    {
        r->why = "whether its token was bound to a key is not recorded";
        return APISEC_NO;
    }

    if (mtls && !r->side->stage.plan.listens[r->ask.listen].ssl) {
        r->why = "its token was bound to a certificate, and there is no TLS";
        return APISEC_NO;
    }

    if (mtls) {
        r->ask.tls = apisec_stage_client(&r->side->stage, "CN=x", NULL);
        x5t = apisec_stage_x5t(r->ask.tls);
        *cnf = apisec_text("\"x5t#S256\":\"%s\"", x5t ? x5t : "");
    }

    if (dpop) {
        rc = apisec_stage_proof(&r->side->stage, now, &r->ask);
        if (rc != APISEC_OK) {
            return rc;
        }

        *cnf = apisec_text(
            "%s%s\"jkt\":\"%s\"", *cnf, **cnf ? "," : "", r->ask.proof.jkt);
    }

    return APISEC_OK;
}


/* Claims that have to be there are there; what is in them is not recorded. */

static void
required(apisec_token_t *t, const api_conf_dir_t *issuer)
{
    uint32_t              i;
    const api_conf_dir_t *d = api_conf_child(issuer, "require");

    for (i = 1; d && i < d->nargs && i < APISEC_LIST_MAX; i++) {
        if (!api_span_eq(d->args[i], API_SPAN("exp"))
            && !api_span_eq(d->args[i], API_SPAN("iat")))
        {
            apisec_claim(t, apisec_span_text(d->args[i]), "x");
        }
    }
}


static int
token(again_t *r)
{
    char                 *text;
    const char           *cnf;
    apisec_token_t        t = { .kid = "" };
    api_stage_key_t       key;
    const api_conf_dir_t *own, *issuer = definition(r, "api_jwt_issuer"), *d;

    own = apisec_stage_named(
        &r->side->stage, "api_jwt_issuer", apisec_span_text(r->event->issuer));

    if (issuer == NULL) {
        return APISEC_NO;
    }

    own = own ? own : issuer;

    if (bound(r, issuer, own, &cnf) != APISEC_OK) {
        return APISEC_NO;
    }

    t.alg = apisec_span_text(api_stage_alg(own));
    key = api_stage_key_of(apisec_span(t.alg));

    if (key == API_STAGE_NKEYS || !(r->side->stage.plan.keys & 1U << key)) {
        field(r, "Authorization", "Bearer a.b.c");
        return APISEC_OK;
    }

    apisec_claim_times(&t, (int64_t) time(NULL), 60);
    required(&t, issuer);
    claim_of(&t, issuer, "issuer", "iss");
    claim_of(&t, issuer, "audience", "aud");
    apisec_claim(&t, "sub", r->who);
    apisec_claim(&t, "scope", r->side->scopes);

    if (*cnf && apisec_claim_json(&t, "cnf", apisec_text("{%s}", cnf)) != 0) {
        return APISEC_NO;
    }

    d = api_conf_child(issuer, "typ");
    t.typ = d ? apisec_span_text(api_conf_arg(d, 1)) : NULL;

    if (apisec_mint(&t,
            apisec_text(
                "%s/keys/%s.key", r->side->stage.dir, api_stage_key_name(key)),
            &text)
        != APISEC_OK)
    {
        return APISEC_NO;
    }

    r->ask.proof.token = text;
    field(r, "Authorization",
        apisec_text("%s %s", r->ask.proof.key ? "DPoP" : "Bearer", text));

    return APISEC_OK;
}


/* A key for each principal, made once: the stage reads it when it starts. */

static int
api_key(again_t *r)
{
    int            n = 0;
    char          *key;
    api_span_t     pepper, header;
    cJSON         *known;
    const char    *name;
    apisec_grant_t g = {
        .exp = INT64_MAX, .principal = r->who, .scope = r->side->scopes
    };
    const api_conf_dir_t *d,
        *store = apisec_stage_named(&r->side->stage, "api_key_store",
            apisec_span_text(r->event->issuer));

    if (store == NULL) {
        field(r, "X-API-Key", "ak_none");
        return APISEC_OK;
    }

    for (d = api_conf_child(r->side->stage.site->http, "api_key_store");
         d != store; d = api_conf_more(d))
    {
        n++;
    }

    name = apisec_text("%d %s", n, r->who);
    known = cJSON_GetObjectItemCaseSensitive(r->side->keys, name);

    if (known == NULL) {
        if (apisec_read(apisec_text("%s/keys/pepper", r->side->stage.dir),
                4096, &pepper)
                != APISEC_OK
            || cJSON_GetArraySize(r->side->keys) > KEYS_MAX)
        {
            return APISEC_NO;
        }

        cJSON_AddItemToArray(cJSON_GetArrayItem(r->side->stage.stores, n),
            apisec_sure(apisec_store_entry(&g, pepper, &key)));
        known = apisec_sure(cJSON_AddStringToObject(r->side->keys, name, key));
        r->again = true;
    }

    key = known->valuestring;
    header = api_conf_option(store, 3, "header");

    if (api_span_eq(header, API_SPAN("off"))) {
        header = api_conf_option(store, 3, "query");
        r->ask.request.target = apisec_text(
            "%s?%s=%s", r->ask.request.target, apisec_span_text(header), key);

    } else {
        field(r, header.data ? apisec_span_text(header) : "X-API-Key", key);
    }

    return APISEC_OK;
}


/* apisec_replay.c has told the stage how to answer for such tokens. */

static int
opaque(again_t *r)
{
    if (strspn(r->who, "0123456789abcdefghijklmnopqrstuvwxyz"
                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-")
        != strlen(r->who))
    {
        return APISEC_NO;
    }

    field(r, "Authorization", apisec_text("Bearer apisec-%s", r->who));

    return APISEC_OK;
}


static int
certificate(again_t *r)
{
    const char           *subject = "CN=x", *san = NULL;
    const api_conf_dir_t *d, *mtls = definition(r, "api_mtls");

    d = mtls ? api_conf_child(mtls, "principal") : NULL;

    if (d == NULL || api_conf_child(mtls, "allow")
        || !r->side->stage.plan.listens[r->ask.listen].ssl)
    {
        return APISEC_NO;
    }

    if (api_conf_arg_is(d, 1, "subject")) {
        subject = r->who;
    } else if (api_conf_arg_is(d, 1, "san_dns")) {
        san = apisec_text("DNS:%s", r->who);
    } else {
        san = apisec_text("URI:%s", r->who);
    }

    r->ask.tls = apisec_stage_client(&r->side->stage, subject, san);

    return r->ask.tls ? APISEC_OK : APISEC_NO;
}


static int
present(again_t *r)
{
    size_t i;

    static const struct {
        const char *type;
        int (*make)(again_t *r);
    } kinds[] = { { "jwt", token }, { "key", api_key },
        { "introspect", opaque }, { "mtls", certificate } };

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (api_span_eq(r->event->type, apisec_span(kinds[i].type))) {
            return kinds[i].make(r);
        }
    }

    return r->event->type.len ? APISEC_NO : APISEC_OK;
}


/* Addresses that nobody has (RFC 2544), so that what one was counted for is
   not held against the next. */

static const char *
somebody(apisec_side_t *side)
{
    unsigned n = side->asked++ % 130000;

    return apisec_text("198.%u.%u.%u", 18 + n / 65536, n / 256 % 256, n % 256);
}


static int
once(again_t *r, apisec_event_t *answer)
{
    int            rc = APISEC_OK;
    apisec_reply_t reply;

    if (r->again || r->side->stage.pid == 0) {
        apisec_stage_stop(&r->side->stage);
        rc = apisec_stage_start(&r->side->stage, 0);
        r->again = false;
    }

    return rc == APISEC_OK
               ? apisec_stage_ask(&r->side->stage, &r->ask, &reply, answer)
               : rc;
}


static bool
is_address(api_span_t s)
{
    size_t i;

    for (i = 0; i < s.len && strchr("0123456789abcdef.:", s.data[i]); i++) {
    }

    return s.len && i == s.len && s.len < 46;
}


static bool
is_plain(api_span_t s, const char *set, size_t max)
{
    size_t i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] <= ' ' || s.data[i] >= 0x7f || strchr(set, s.data[i])) {
            return false;
        }
    }

    return s.len && s.len <= max;
}


int
apisec_replay_ask(apisec_side_t *side, const apisec_side_t *from,
    const apisec_event_t *e, uint32_t listen, apisec_event_t *answer,
    const char **why)
{
    int     rc;
    again_t r = { .side = side, .from = from, .event = e };

    /* nothing of a log is to be trusted: what is no such thing is not sent */

    if (!is_plain(e->method, "\"(),/:;<=>?@[\\]{}", 32)
        || (e->host.len && !is_plain(e->host, "/?#\\", 256)))
    {
        *why = "no request can be made of its method and host";
        return APISEC_NO;
    }

    r.who = side->by_who && e->who.len ? apisec_span_text(e->who) : "x";
    r.ask.listen = listen;
    r.ask.host = e->host.len ? apisec_span_text(e->host) : "localhost";
    r.ask.request.method = e->method;
    r.ask.request.target = apisec_replay_path(e->path, "1000001");
    r.ask.client = side->by_client && is_address(e->client)
                       ? apisec_span_text(e->client)
                       : somebody(side);

    if (present(&r) != APISEC_OK) {
        *why = r.why ? r.why : "its credential cannot be made anew";
        return APISEC_NO;
    }

    rc = once(&r, answer);

    /* what this nginx itself has counted is not what is asked */

    if (rc == APISEC_OK
        && (api_span_eq(answer->by, API_SPAN("limit"))
            || api_span_eq(answer->by, API_SPAN("ban"))
            || api_span_eq(answer->reason, API_SPAN("budget"))))
    {
        r.again = true;
        rc = once(&r, answer);
    }

    SSL_CTX_free(r.ask.tls);

    return rc;
}
