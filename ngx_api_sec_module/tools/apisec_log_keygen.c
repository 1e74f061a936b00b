/* apisec log keygen */

#include "apisec_log.h"
#include "api_seal_note.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>


static const char *
hex(const uint8_t *bytes, size_t len)
{
    char  *out = apisec_alloc(2 * len + 1);
    size_t i;

    for (i = 0; i < len; i++) {
        out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }

    out[2 * len] = '\0';

    return out;
}


int
apisec_create(const char *path, const char *text)
{
    int         rc, dir;
    const char *slash = strrchr(path, '/');
    const char *folder = ".";

    if (slash) {
        folder = slash == path
                     ? "/"
                     : apisec_text("%.*s", (int) (slash - path), path);
        path = slash + 1;
    }

    dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        return apisec_fail(APISEC_FAILED, "%s: %s", folder, strerror(errno));
    }

    rc = apisec_write(dir, path, 0600, api_span(text, strlen(text)));
    close(dir);

    return rc;
}


static int
check(const apisec_log_t *v, int64_t *length)
{
    *length = 60;

    if (v->key == NULL || v->state == NULL || v->name == NULL) {
        return apisec_fail(APISEC_USAGE,
            "log: keygen --name gw1.example.com --key /etc/nginx/seal.key"
            " --state /var/lib/nginx/api");
    }

    if (v->epoch
        && (!apisec_seconds(v->epoch, length) || *length < 1
            || *length > 3600))
    {
        return apisec_fail(
            APISEC_USAGE, "log: --epoch is a time from 1s to 1h");
    }

    return APISEC_OK;
}


int
apisec_log_keygen(const apisec_log_t *v)
{
    int                rc;
    char               text[API_SEAL_KEY_TEXT];
    size_t             len;
    int64_t            length;
    uint8_t            seed[32], key[API_SEAL_LEN];
    api_err_t          err;
    long long          epoch;
    const char        *secret;
    api_seal_signer_t *signer;

    if (v->reader) {
        return apisec_log_reader(v);
    }

    rc = check(v, &length);
    if (rc != APISEC_OK) {
        return rc;
    }

    apisec_random(seed, sizeof(seed));
    apisec_random(key, sizeof(key));
    epoch = (long long) time(NULL) / length;

    if (api_seal_signer_make(&signer, api_span(v->name, strlen(v->name)), seed,
            &api_alloc_libc, &err)
            != API_OK
        || api_seal_signer_text(signer, true, text, &len) != API_OK)
    {
        return apisec_fail(APISEC_USAGE, "log: --name: %s", err.text);
    }

    secret = hex(key, sizeof(key));
    rc = apisec_create(v->key, apisec_text("%.*s\n", (int) len, text));

    if (rc == APISEC_OK) {
        rc = apisec_create(apisec_text("%s/seal.epoch", v->state),
            apisec_text("apisec-seal-epoch 1\nlength %lld\nepoch %lld\n"
                        "log 0000000000000000\nkey %s\n",
                (long long) length, epoch, secret));
    }

    if (rc == APISEC_OK
        && api_seal_signer_text(signer, false, text, &len) == API_OK)
    {
        printf("vkey %.*s\nkey %lld %lld %s\n", (int) len, text,
            (long long) length, epoch, secret);
        fprintf(stderr,
            "Keep these two lines where nginx is not: they check its log, and"
            " with\nthe second one it could be forged.  %s/seal.epoch has to"
            " belong to the\nuser of the workers: chown www-data it.\n",
            v->state);
    }

    api_seal_signer_free(signer);

    return rc;
}
