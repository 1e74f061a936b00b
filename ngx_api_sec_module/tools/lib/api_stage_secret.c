/*
 * Directives with keys and secrets in them: test keys stand in for each.
 */

#include "api_stage_int.h"


static const char *const names[API_STAGE_NKEYS] = { "secret", "rsa", "p256",
    "p384", "p521", "secp256k1", "ed25519" };


const char *
api_stage_key_name(api_stage_key_t key)
{
    return names[key];
}


api_stage_key_t
api_stage_key_of(api_span_t alg)
{
    size_t i;

    static const struct {
        const char     *alg; /* all that begin so */
        api_stage_key_t key;
    } keys[] = {
        { "HS", API_STAGE_SECRET },
        { "RS", API_STAGE_RSA },
        { "PS", API_STAGE_RSA },
        { "ES256K", API_STAGE_SECP256K1 },
        { "ES256", API_STAGE_P256 },
        { "ES384", API_STAGE_P384 },
        { "ES512", API_STAGE_P521 },
        { "EdDSA", API_STAGE_ED25519 },
    };

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (alg.len >= strlen(keys[i].alg)
            && memcmp(alg.data, keys[i].alg, strlen(keys[i].alg)) == 0)
        {
            return keys[i].key;
        }
    }

    return API_STAGE_NKEYS;
}


api_span_t
api_stage_alg(const api_conf_dir_t *issuer)
{
    const api_conf_dir_t *d = api_conf_child(issuer, "algorithms");

    return d ? api_conf_arg(d, 1) : api_span(NULL, 0);
}


static bool
begins(api_span_t word, const char *with)
{
    return word.len >= strlen(with)
           && memcmp(word.data, with, strlen(with)) == 0;
}


/* keys/NAME.pem, the secret and what is private by file: */

static void
key_file(api_stager_t *s, api_stage_key_t key, bool private)
{
    const char *end = private || key == API_STAGE_SECRET ? ".key" : ".pem";

    api_stage_put(s, end[1] == 'k' ? "file:" : "");
    api_stage_put(s, s->opts->dir);
    api_stage_put(s, "/keys/");
    api_stage_put(s, names[key]);
    api_stage_put(s, end);
    s->stage->keys |= 1U << key;
}


static void
open_block(api_stager_t *s, const api_conf_dir_t *d, const char *name)
{
    api_stage_begin(s, d, name);
    api_stage_word(s, api_conf_arg(d, 1));
    api_stage_put(s, " {\n");
}


/* An algorithm that nobody knows is left for nginx to refuse. */

void
api_stage_issuer(api_stager_t *s, const api_conf_dir_t *d)
{
    const api_conf_dir_t *line;
    api_stage_key_t       key = api_stage_key_of(api_stage_alg(d));

    open_block(s, d, "api_jwt_issuer");

    for (line = d->first; line; line = line->next) {
        if (!api_conf_is(line, "jwks") && !api_conf_is(line, "key")) {
            api_stage_same(s, line);
        }
    }

    if (key != API_STAGE_NKEYS) {
        api_stage_begin(s, d, "key ");
        key_file(s, key, false);
        api_stage_end(s);
    }

    api_stage_put(s, "}\n");
}


void
api_stage_store(api_stager_t *s, const api_conf_dir_t *d)
{
    char     name[] = "keys/store00.json";
    uint32_t i, n = s->stage->nstores++;

    name[10] = (char) ('0' + n / 10 % 10);
    name[11] = (char) ('0' + n % 10);

    api_stage_begin(s, d, "api_key_store");
    api_stage_word(s, api_conf_arg(d, 1));
    api_stage_file(s, "", name);
    api_stage_file(s, "pepper=file:", "keys/pepper");

    for (i = 3; i < d->nargs; i++) {
        if (!begins(d->args[i], "pepper=")) {
            api_stage_word(s, d->args[i]);
        }
    }

    api_stage_end(s);
}


void
api_stage_introspect(api_stager_t *s, const api_conf_dir_t *d)
{
    const api_conf_dir_t *line;

    open_block(s, d, "api_introspect");

    for (line = d->first; line; line = line->next) {
        if (!api_conf_is(line, "secret")) {
            api_stage_same(s, line);
            continue;
        }

        api_stage_begin(s, line, "secret ");
        key_file(s, API_STAGE_SECRET, true);
        api_stage_end(s);
    }

    api_stage_put(s, "}\n");
}


/* The real key says which algorithm it is of, and may not be readable: a key
   for ES256, or off. */

void
api_stage_identity(api_stager_t *s, const api_conf_dir_t *d)
{
    uint32_t i;

    api_stage_begin(s, d, "api_identity_token");

    for (i = 1; i < d->nargs; i++) {
        if (begins(d->args[i], "key=")) {
            api_stage_put(s, " key=");
            key_file(s, API_STAGE_P256, true);

        } else {
            api_stage_word(s, d->args[i]);
        }
    }

    api_stage_end(s);
}


/* Without the store they are counted in. */

void
api_stage_policy(api_stager_t *s, const api_conf_dir_t *d)
{
    uint32_t i;

    api_stage_begin(s, d, "");

    for (i = 0; i < d->nargs; i++) {
        if (i < 2
            || (!begins(d->args[i], "store=") && !begins(d->args[i], "sync=")))
        {
            api_stage_word(s, d->args[i]);
        }
    }

    api_stage_end(s);
}


void
api_stage_client_ca(api_stager_t *s, const api_conf_dir_t *d)
{
    api_stage_begin(s, d, "");
    api_stage_word(s, d->args[0]);
    api_stage_file(s, "", "keys/ca.pem");
    api_stage_end(s);
    s->tls = true;
}
