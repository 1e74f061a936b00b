
/*
 * What there is to know of keys, and no secret: how fetches of key sets went,
 * when keys of clients end.
 */

#include "ngx_api_sec_status.h"
#include "ngx_api_sec_key.h"
#include "ngx_api_sec_token.h"


typedef enum {
    NGX_API_SEC_FETCHES = 0,
    NGX_API_SEC_FETCHED,
    NGX_API_SEC_FETCH_NFAMILIES
} ngx_api_sec_fetch_family_e;


static void ngx_api_sec_secrets_fetches(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m, ngx_uint_t family);
static void ngx_api_sec_secrets_issuer(const ngx_api_sec_issuer_t *issuer,
    const api_bulletin_state_t *state, api_metrics_t *m, ngx_uint_t family);
static void ngx_api_sec_secrets_stores(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m);
static void ngx_api_sec_secrets_store(const ngx_api_sec_key_store_t *store,
    api_metrics_t *m);


void
ngx_api_sec_secrets_metrics(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m)
{
    if (mcf->remotes.n) {
        api_metrics_family(m, API_METRIC_COUNTER,
                           API_SPAN("apisec_jwks_fetches"),
                           API_SPAN("Fetches of key sets that came to an "
                                    "end."));
        ngx_api_sec_secrets_fetches(mcf, m, NGX_API_SEC_FETCHES);

        api_metrics_family(m, API_METRIC_GAUGE,
                     API_SPAN("apisec_jwks_last_success_timestamp_seconds"),
                     API_SPAN("When the key set was last fetched; 0: "
                              "never."));
        ngx_api_sec_secrets_fetches(mcf, m, NGX_API_SEC_FETCHED);
    }

    if (mcf->key_stores.nelts) {
        ngx_api_sec_secrets_stores(mcf, m);
    }
}


static void
ngx_api_sec_secrets_fetches(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m, ngx_uint_t family)
{
    ngx_uint_t                       i;
    api_bulletin_state_t             state;
    ngx_api_sec_issuer_t * const    *issuer;

    issuer = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {
        if (issuer[i]->remote
            && ngx_api_sec_remote_state(mcf, issuer[i], &state) == NGX_OK)
        {
            ngx_api_sec_secrets_issuer(issuer[i], &state, m, family);
        }
    }
}


static void
ngx_api_sec_secrets_issuer(const ngx_api_sec_issuer_t *issuer,
    const api_bulletin_state_t *state, api_metrics_t *m, ngx_uint_t family)
{
    api_metrics_label(m, API_SPAN("issuer"), ngx_api_span(&issuer->name));

    if (family == NGX_API_SEC_FETCHED) {
        api_metrics_int(m, state->fetched > 0 ? state->fetched : 0);
        return;
    }

    api_metrics_label(m, API_SPAN("result"), API_SPAN("ok"));
    api_metrics_uint(m, state->attempts - state->failures);

    api_metrics_label(m, API_SPAN("issuer"), ngx_api_span(&issuer->name));
    api_metrics_label(m, API_SPAN("result"), API_SPAN("failed"));
    api_metrics_uint(m, state->failures);
}


static void
ngx_api_sec_secrets_stores(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m)
{
    ngx_uint_t                          i;
    api_keystore_ages_t                 ages;
    ngx_api_sec_key_store_t * const    *store;

    store = mcf->key_stores.elts;

    api_metrics_family(m, API_METRIC_GAUGE, API_SPAN("apisec_api_keys"),
                       API_SPAN("Keys of a store, by whether they are of use "
                                "now."));

    for (i = 0; i < mcf->key_stores.nelts; i++) {
        ngx_api_sec_secrets_store(store[i], m);
    }

    api_metrics_family(m, API_METRIC_GAUGE,
                       API_SPAN("apisec_secret_expiry_timestamp_seconds"),
                       API_SPAN("When the next key of a store ends; 0: none "
                                "does."));

    for (i = 0; i < mcf->key_stores.nelts; i++) {
        if (store[i]->state->keys) {
            api_keystore_ages(store[i]->state->keys, ngx_time(), &ages);
            api_metrics_label(m, API_SPAN("secret"),
                              ngx_api_span(&store[i]->name));
            api_metrics_int(m, ages.next);
        }
    }
}


static void
ngx_api_sec_secrets_store(const ngx_api_sec_key_store_t *store,
    api_metrics_t *m)
{
    ngx_uint_t            i;
    api_keystore_ages_t   ages;

    static const api_span_t  states[] = {
        { (const uint8_t *) "valid", 5 },
        { (const uint8_t *) "expired", 7 },
        { (const uint8_t *) "revoked", 7 }
    };

    if (store->state->keys == NULL) {
        return;
    }

    api_keystore_ages(store->state->keys, ngx_time(), &ages);

    for (i = 0; i < 3; i++) {
        api_metrics_label(m, API_SPAN("store"), ngx_api_span(&store->name));
        api_metrics_label(m, API_SPAN("state"), states[i]);
        api_metrics_uint(m, i == 0 ? ages.valid
                            : i == 1 ? ages.expired : ages.revoked);
    }
}
