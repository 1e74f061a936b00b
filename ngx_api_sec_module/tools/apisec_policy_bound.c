/*
 * Tokens that are bound to a key, and who shows to have it, or fails to.
 */

#include "apisec_policy.h"


#define HOUR 3600 /* older than any proof may be, and ahead of any leeway */

typedef enum {
    PROOF_GOOD = 0,
    PROOF_NONE,
    PROOF_BEARER,
    PROOF_OTHER_KEY,
    PROOF_OTHER_METHOD,
    PROOF_OTHER_URL,
    PROOF_OTHER_TOKEN,
    PROOF_OLD,
    PROOF_EARLY,
    PROOF_REUSED,
    PROOF_NO_NONCE,
    PROOF_OTHER_NONCE
} proof_t;

static const struct {
    const char *word;
    proof_t     proof;
    bool        mtls; /* makes sense for it */
} proofs[] = {
    { "none", PROOF_NONE, true },
    { "bearer", PROOF_BEARER, false },
    { "other_key", PROOF_OTHER_KEY, true },
    { "other_method", PROOF_OTHER_METHOD, false },
    { "other_url", PROOF_OTHER_URL, false },
    { "other_token", PROOF_OTHER_TOKEN, false },
    { "old", PROOF_OLD, false },
    { "early", PROOF_EARLY, false },
    { "reused", PROOF_REUSED, false },
    { "no_nonce", PROOF_NO_NONCE, false },
    { "other_nonce", PROOF_OTHER_NONCE, false },
};

#define NPROOFS (sizeof(proofs) / sizeof(proofs[0]))


/* `bound: KIND`, or a list of both. */

static int
read_bound(
    const apisec_policy_t *policy, api_node_t who, bool *dpop, bool *mtls)
{
    bool       many;
    uint32_t   i, n;
    api_node_t bound = api_node_get(who, API_SPAN("bound"));
    api_span_t word;

    *dpop = *mtls = false;
    many = api_node_is(bound, API_JSON_ARRAY);
    n = many ? api_node_count(bound) : api_node_ok(bound);

    for (i = 0; i < n; i++) {
        word = api_node_string(many ? api_node_at(bound, i) : bound);
        *dpop = *dpop || api_span_eq(word, API_SPAN("dpop"));
        *mtls = *mtls || api_span_eq(word, API_SPAN("mtls"));

        if (!api_span_eq(word, API_SPAN("dpop"))
            && !api_span_eq(word, API_SPAN("mtls")))
        {
            return apisec_policy_wrong(
                policy, bound, "bound is dpop, mtls, or [dpop, mtls]");
        }
    }

    return APISEC_OK;
}


static int
read_proof(const apisec_policy_t *policy, api_node_t who, bool dpop, bool mtls,
    proof_t *proof)
{
    size_t      i;
    api_node_t  node = api_node_get(who, API_SPAN("proof"));
    const char *list = "", *word = apisec_node_text(who, "proof");

    *proof = PROOF_GOOD;

    if (!api_node_ok(node)) {
        return APISEC_OK;
    }

    if (!dpop && !mtls) {
        return apisec_policy_wrong(policy, node,
            "a token that is not bound has no proof: write bound: dpop, or"
            " bound: mtls");
    }

    for (i = 0; i < NPROOFS; i++) {
        if (!dpop && !proofs[i].mtls) {
            continue;
        }

        if (word && strcmp(word, proofs[i].word) == 0) {
            *proof = proofs[i].proof;
            return APISEC_OK;
        }

        list = apisec_text("%s%s%s", list, *list ? ", " : "", proofs[i].word);
    }

    return apisec_policy_wrong(
        policy, node, "what is wrong with the proof is one of %s", list);
}


/* What is wrong with it, if anything shall be. */

static int
spoil(apisec_policy_t *policy, apisec_step_t *step, proof_t how)
{
    apisec_proof_t *p = &step->ask.proof;

    switch (how) {
    case PROOF_NONE:
    case PROOF_BEARER:
        p->key = NULL;
        break;
    case PROOF_OTHER_KEY:
        return apisec_stage_proof_key(&policy->stage, p, "thief");
    case PROOF_OTHER_METHOD:
        p->method = strcmp(p->method, "POST") == 0 ? "GET" : "POST";
        break;
    case PROOF_OTHER_URL:
        p->uri = apisec_text("%s/other", p->uri);
        break;
    case PROOF_OTHER_TOKEN:
        p->token = "other";
        break;
    case PROOF_OLD:
        p->shift -= HOUR;
        break;
    case PROOF_EARLY:
        p->shift += HOUR;
        break;
    case PROOF_REUSED:
        p->reused = true;
        break;
    case PROOF_NO_NONCE:
        p->learns = false;
        break;
    case PROOF_OTHER_NONCE:
        p->learns = false;
        p->nonce = "other";
        break;
    default:
        break;
    }

    return APISEC_OK;
}


/* The certificate that the request comes with, of `as` or made for it; the
   token names another one if it shall be a stolen one. */

static int
certificate(apisec_policy_t *policy, apisec_step_t *step, api_node_t who,
    proof_t how, const char **x5t)
{
    SSL_CTX *other = NULL;

    if (how != PROOF_NONE && step->ask.tls == NULL) {
        if (!policy->stage.plan.listens[step->ask.listen].ssl) {
            return apisec_policy_wrong(policy, who,
                "a token that is bound to a certificate needs an https://"
                " request");
        }

        step->ask.tls = apisec_stage_client(&policy->stage, "CN=client", NULL);
    }

    if (how == PROOF_NONE || how == PROOF_OTHER_KEY) {
        other = apisec_stage_client(&policy->stage, "CN=other", NULL);
    }

    *x5t = apisec_stage_x5t(other ? other : step->ask.tls);
    SSL_CTX_free(other);

    return *x5t ? APISEC_OK
                : apisec_fail(APISEC_FAILED, "OpenSSL made no certificate");
}


int
apisec_policy_bound(apisec_policy_t *policy, apisec_step_t *step,
    api_node_t who, const api_conf_dir_t *of, const char **cnf)
{
    int         rc;
    bool        dpop, mtls;
    proof_t     how = PROOF_GOOD;
    const char *x5t = NULL, *text = "";

    *cnf = NULL;
    rc = read_bound(policy, who, &dpop, &mtls);
    rc = rc == APISEC_OK ? read_proof(policy, who, dpop, mtls, &how) : rc;

    if (rc == APISEC_OK && mtls) {
        rc = certificate(policy, step, who, how, &x5t);
        text = apisec_text("\"x5t#S256\":\"%s\"", rc == APISEC_OK ? x5t : "");
    }

    if (rc == APISEC_OK && dpop) {
        rc = apisec_stage_proof(&policy->stage, of, &step->ask);
        text = apisec_text(
            "%s%s\"jkt\":\"%s\"", text, *text ? "," : "", step->ask.proof.jkt);
        rc = rc == APISEC_OK ? spoil(policy, step, how) : rc;
        step->dpop = how != PROOF_BEARER;
    }

    if (rc == APISEC_OK && (dpop || mtls)) {
        *cnf = apisec_text("{%s}", text);
    }

    return rc;
}


void
apisec_policy_present(apisec_step_t *step, const char *token)
{
    apisec_policy_field(step, "Authorization",
        apisec_text("%s %s", step->dpop ? "DPoP" : "Bearer", token));

    if (step->ask.proof.token == NULL) {
        step->ask.proof.token = token;
    }
}
