/*
 * apisec init: a folder from which nginx runs as a gateway at once.
 */

#include "apisec_conf.h"
#include "apisec_key.h"
#include "apisec_store.h"
#include "apisec_token.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <openssl/crypto.h>


#define INIT_FIRST_PORT 8080
#define INIT_PORTS 200
#define INIT_KEY_LIFETIME (365 * 86400)
#define INIT_USER "www-data"

typedef struct {
    const char *issuer;
    const char *audience;
    const char *port;
    const char *modules;
} values_t;

typedef struct {
    int              fd; /* of the folder */
    const char      *path;
    apisec_starter_t starter;
    apisec_conf_t    conf;
    const gid_t     *group; /* of the workers; NULL: they are who starts it */
    gid_t            gid;
    char            *api_key;
    char            *token;
} init_t;

static int run(int argc, char **argv);


#define OPTION(name, field, value, help)                                      \
    {                                                                         \
        name, APISEC_TEXT, offsetof(values_t, field), value, help             \
    }

static const apisec_option_t options[] = {
    OPTION("issuer", issuer, "URL",
        "who makes the tokens; by default https://issuer.example"),
    OPTION("audience", audience, "NAME",
        "whom the tokens are for; by default orders"),
    OPTION("port", port, "N",
        "on 127.0.0.1, N+1 is taken for the sample API; by default the first\n"
        "        two that are free from 8080 on"),
    OPTION("modules", modules, "DIR", "where the .so files are"), { 0 }
};

const apisec_command_t apisec_init = { "init", "DIR [OPTIONS]",
    "make a starter: keys, JWK set, API key store, nginx.conf, a token",
    "DIR must be new or empty.  What is in it afterwards:\n\n"
    "    nginx.conf           a gateway in front of a sample API\n"
    "    openapi.yaml         what that API promises, enforced\n"
    "    keys/private.pem     signs the tokens of  apisec token --dir DIR\n"
    "    keys/jwks.json       the public half, for nginx\n"
    "    api-keys.json        the hash of one API key\n"
    "    api-key-pepper       what it is hashed under\n"
    "    apisec.json          names for the other commands\n"
    "    logs/ tmp/           nginx writes here\n",
    options, run };


static int
add(const init_t *in, const char *name, mode_t mode, api_span_t text)
{
    return apisec_write(in->fd, name, mode, text);
}


static int
add_dir(const init_t *in, const char *name)
{
    if (mkdirat(in->fd, name, 0755) != 0
        || fchmodat(in->fd, name, 0755, 0) != 0) {
        return apisec_fail(
            APISEC_FAILED, "%s/%s: %s", in->path, name, strerror(errno));
    }

    return APISEC_OK;
}


static bool
is_empty(int fd)
{
    DIR                 *dir = fdopendir(dup(fd));
    bool                 empty = dir != NULL;
    const struct dirent *entry;

    while (empty && (entry = readdir(dir)) != NULL) {
        empty = strcmp(entry->d_name, ".") == 0
                || strcmp(entry->d_name, "..") == 0;
    }

    if (dir) {
        closedir(dir);
    }

    return empty;
}


/* Who owns the folder could change what we put there. */

static int
check_dir(const init_t *in)
{
    struct stat st;

    if (fstat(in->fd, &st) != 0) {
        return apisec_fail(APISEC_FAILED, "%s: %s", in->path, strerror(errno));
    }

    if (st.st_uid != geteuid() || (st.st_mode & 022)) {
        return apisec_fail(APISEC_FAILED,
            "%s: others may write there, and it will hold a private key: name"
            " a folder that does not exist yet",
            in->path);
    }

    if (!is_empty(in->fd)) {
        return apisec_fail(APISEC_FAILED,
            "%s: not empty, and nothing is overwritten: name a folder that"
            " does not exist yet",
            in->path);
    }

    return APISEC_OK;
}


static int
open_dir(init_t *in, const char *path)
{
    char real[PATH_MAX];

    in->path = path;

    if (mkdir(path, 0755) != 0 && errno != EEXIST) {
        return apisec_fail(APISEC_FAILED, "%s: %s%s", path, strerror(errno),
            errno == ENOENT ? ": make the folder above it first" : "");
    }

    in->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (in->fd < 0 || realpath(path, real) == NULL) {
        return apisec_fail(APISEC_FAILED, "%s: %s", path, strerror(errno));
    }

    in->path = apisec_text("%s", real);

    return check_dir(in);
}


static bool
port_is_free(unsigned port)
{
    int                fd, one = 1;
    bool               free;
    struct sockaddr_in sin = { .sin_family = AF_INET };

    sin.sin_port = htons((uint16_t) port);
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    free = bind(fd, (struct sockaddr *) &sin, sizeof(sin)) == 0
           && listen(fd, 1) == 0;
    close(fd);

    return free;
}


static int
choose_port(const char *text, unsigned *port)
{
    char    *end;
    long     n;
    unsigned i;

    if (text) {
        n = strtol(text, &end, 10);

        if (*text < '0' || *text > '9' || *end || n < 1 || n > 65534) {
            return apisec_fail(APISEC_USAGE,
                "--port \"%s\" is no port: write a number from 1 to 65534",
                text);
        }

        *port = (unsigned) n;
        return APISEC_OK;
    }

    for (i = INIT_FIRST_PORT; i < INIT_FIRST_PORT + INIT_PORTS; i += 2) {
        if (port_is_free(i) && port_is_free(i + 1)) {
            *port = i;
            return APISEC_OK;
        }
    }

    return apisec_fail(APISEC_FAILED,
        "no two free ports from %d to %d: write --port N", INIT_FIRST_PORT,
        INIT_FIRST_PORT + INIT_PORTS - 1);
}


static bool
is_plain(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char) *text <= ' ' || *text == 0x7f) {
            return false;
        }
    }

    return true;
}


/* Started by root, workers are the user that Debian has for web servers. */

static void
workers(init_t *in)
{
    const struct passwd *pw = geteuid() == 0 ? getpwnam(INIT_USER) : NULL;

    if (pw) {
        in->conf.user = INIT_USER;
        in->gid = pw->pw_gid;
        in->group = &in->gid;
    }
}


static int
settings(init_t *in, const values_t *v)
{
    in->starter.issuer = v->issuer ? v->issuer : "https://issuer.example";
    in->starter.audience = v->audience ? v->audience : "orders";
    in->starter.scope = "orders:read";
    in->starter.subject = "alice";
    in->conf.starter = &in->starter;
    workers(in);

    if (!*in->starter.issuer || !is_plain(in->starter.issuer)
        || !*in->starter.audience || !is_plain(in->starter.audience))
    {
        return apisec_fail(APISEC_USAGE,
            "init: issuer and audience have no spaces and are not empty:"
            " write --issuer https://idp.example.com --audience orders");
    }

    in->conf.modules = apisec_conf_modules(v->modules);

    if (in->conf.modules == NULL) {
        return apisec_fail(APISEC_FAILED,
            "%s: no ngx_api_sec_module.so there: run  make build  and write"
            " --modules build/modules",
            v->modules ? v->modules : "the usual folders of nginx modules");
    }

    return choose_port(v->port, &in->conf.port);
}


static int
add_keys(const init_t *in)
{
    int        rc;
    cJSON     *keys = cJSON_CreateArray(), *jwk;
    EVP_PKEY  *key = apisec_key_make();
    api_span_t pem;

    jwk = key ? apisec_key_jwk(key, "ES256") : NULL;
    if (jwk == NULL) {
        return apisec_fail(APISEC_FAILED, "OpenSSL could not make a key");
    }

    cJSON_AddItemToArray(keys, jwk);
    pem = apisec_key_private_pem(key);
    EVP_PKEY_free(key);

    rc = add_dir(in, "keys");

    if (rc == APISEC_OK) {
        rc = add(in, APISEC_STARTER_KEY, 0600, pem);
    }

    OPENSSL_cleanse((void *) (uintptr_t) pem.data, pem.len);

    return rc == APISEC_OK
               ? add(in, "keys/jwks.json", 0644, apisec_key_set(keys))
               : rc;
}


/* What the workers read again when it has changed. */

static int
add_shared(const init_t *in, const char *name, api_span_t text)
{
    int rc = add(in, name, in->group ? 0640 : 0600, text);

    if (rc == APISEC_OK && in->group
        && fchownat(in->fd, name, (uid_t) -1, *in->group, 0) != 0)
    {
        return apisec_fail(
            APISEC_FAILED, "%s/%s: %s", in->path, name, strerror(errno));
    }

    return rc;
}


static int
add_store(init_t *in)
{
    int            rc;
    char           pepper[APISEC_PEPPER_LEN + 1];
    api_span_t     store;
    apisec_grant_t grant = { "partner", "standard", "orders:read",
        "you@example.com", (int64_t) time(NULL), 0 };

    grant.exp = grant.nbf + INIT_KEY_LIFETIME;

    apisec_pepper(pepper);
    store = apisec_store(&grant, pepper, &in->api_key);

    rc = add_shared(in, "api-key-pepper", api_span(pepper, APISEC_PEPPER_LEN));
    OPENSSL_cleanse(pepper, sizeof(pepper));

    return rc == APISEC_OK ? add_shared(in, "api-keys.json", store) : rc;
}


static int
add_token(init_t *in)
{
    apisec_token_t t = { .n = 0 };

    apisec_claim(&t, "iss", in->starter.issuer);
    apisec_claim(&t, "aud", in->starter.audience);
    apisec_claim(&t, "sub", in->starter.subject);
    apisec_claim(&t, "scope", in->starter.scope);
    apisec_claim_times(&t, (int64_t) time(NULL), 3600);

    return apisec_mint(
        &t, apisec_text("%s/%s", in->path, APISEC_STARTER_KEY), &in->token);
}


static int
fill(init_t *in)
{
    int rc;

    rc = add_dir(in, "logs");
    rc = rc == APISEC_OK ? add_dir(in, "tmp") : rc;
    rc = rc == APISEC_OK ? add_keys(in) : rc;
    rc = rc == APISEC_OK ? add_store(in) : rc;
    rc = rc == APISEC_OK ? add_token(in) : rc;
    rc = rc == APISEC_OK
             ? add(in, APISEC_STARTER_SPEC, 0644, apisec_conf_document())
             : rc;
    rc = rc == APISEC_OK ? add(
             in, APISEC_STARTER_FILE, 0644, apisec_starter_text(&in->starter))
                         : rc;

    return rc == APISEC_OK
               ? add(in, "nginx.conf", 0644, apisec_conf(&in->conf))
               : rc;
}


/* Started by root, workers are somebody else: they must get to the folder. */

static void
warn_unreachable(const char *path)
{
    char       *up = apisec_text("%s", path), *slash;
    struct stat st;

    while (geteuid() == 0 && (slash = strrchr(up, '/')) != NULL) {
        if (stat(up, &st) == 0 && (st.st_mode & 01) == 0) {
            apisec_fail(0,
                "note: as root, nginx's workers are another user, and %s lets"
                " nobody else in: better make the starter below /srv or /etc",
                up);
            return;
        }

        *slash = '\0';
    }
}


/* A word of a shell's command line. */

static const char *
shell(const char *text)
{
    const char *out = "'", *quote;

    static const char plain[] = "0123456789/._-+:@%"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz";

    if (*text && text[strspn(text, plain)] == '\0') {
        return text;
    }

    for (; (quote = strchr(text, '\'')) != NULL; text = quote + 1) {
        out = apisec_text("%s%.*s'\\''", out, (int) (quote - text), text);
    }

    return apisec_text("%s%s'", out, text);
}


static void
tell(const init_t *in)
{
    const char *dir = shell(in->path);

    printf("A starter is in %s\n\n"
           "Start nginx, and stop it (from any folder, root or not):\n\n"
           "    nginx -p %s -c nginx.conf -e %s\n"
           "    nginx -p %s -c nginx.conf -e %s -s quit\n\n",
        in->path, dir, APISEC_STARTER_ERRORS, dir, APISEC_STARTER_ERRORS);

    printf("A token for one hour; later ones:  apisec token --dir %s\n\n"
           "    TOKEN=%s\n\n",
        dir, in->token);

    printf("Let in (200), and refused for want of a token (401):\n\n"
           "    curl -i -H \"Authorization: Bearer $TOKEN\""
           " http://127.0.0.1:%u/orders\n"
           "    curl -i http://127.0.0.1:%u/orders\n\n",
        in->conf.port, in->conf.port);

    printf("Why a request was refused, by the support_id of its answer:\n\n"
           "    apisec why --dir %s SUPPORT_ID\n\n",
        dir);

    printf("What the configuration leaves open (nothing, so far):\n\n"
           "    apisec lint --nginx-prefix %s --nginx-conf nginx.conf\n\n",
        dir);

    printf("An API key, for the header X-API-Key; api-keys.json has only its"
           " hash,\nand it is shown this once:\n\n    %s\n",
        in->api_key);
}


static int
run(int argc, char **argv)
{
    int           rc;
    init_t        in = { .fd = -1 };
    values_t      values = { .issuer = NULL };
    apisec_list_t args;

    rc = apisec_options(&apisec_init, argc, argv, &values, &args);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (args.n != 1) {
        return apisec_fail(
            APISEC_USAGE, "init: name one folder, as in  apisec init gateway");
    }

    rc = settings(&in, &values);
    rc = rc == APISEC_OK ? open_dir(&in, args.item[0]) : rc;

    if (rc == APISEC_OK) {
        rc = fill(&in);

        if (rc != APISEC_OK) {
            apisec_fail(rc, "%s is half made: remove it", in.path);
        }
    }

    if (in.fd >= 0) {
        close(in.fd);
    }

    if (rc == APISEC_OK) {
        warn_unreachable(in.path);
        tell(&in);
    }

    return rc;
}
