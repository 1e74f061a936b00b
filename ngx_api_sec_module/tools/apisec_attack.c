#include "apisec_attack.h"

#include <stdlib.h>
#include <time.h>


#define ATTACK_TRIES 5
#define ATTACK_PAUSE 2 /* seconds */

typedef struct {
    apisec_spec_t how;
    const char   *target;
    const char   *allowed;
    const char   *cafile;
    const char   *token;
    const char   *weak;
    const char   *key;
    const char *public;
    apisec_list_t own;
    apisec_list_t other;
    const char   *max;
    const char   *time;
    const char   *burst;
    const char   *format;
    bool          read_only;
    bool          all;
} values_t;

static int run(int argc, char **argv);


static const apisec_option_t options[] = {
    { "target", APISEC_TEXT, offsetof(values_t, target), "URL",
        "http[s]://HOST:PORT[/PREFIX]; loopback, unless it is allowed" },
    { "i-am-allowed", APISEC_TEXT, offsetof(values_t, allowed), "HOST",
        "the target's host, when it is not this machine" },
    { "cacert", APISEC_TEXT, offsetof(values_t, cafile), "FILE",
        "whom to believe of the target's certificate" },
    { "token", APISEC_TEXT, offsetof(values_t, token), "FILE",
        "a JWT of a caller who may do everything" },
    { "weak-token", APISEC_TEXT, offsetof(values_t, weak), "FILE",
        "a JWT of one without scopes" },
    { "api-key", APISEC_TEXT, offsetof(values_t, key), "FILE",
        "an API key, where the document has such a scheme" },
    { "public-key", APISEC_TEXT, offsetof(values_t, public), "FILE",
        "the issuer's public key in PEM: it is tried as a secret" },
    { "own", APISEC_LIST, offsetof(values_t, own), "NAME=VALUE",
        "a parameter that is the caller's; may be given again" },
    { "other", APISEC_LIST, offsetof(values_t, other), "NAME=VALUE",
        "one that is somebody else's; may be given again" },
    { "read-only", APISEC_FLAG, offsetof(values_t, read_only), NULL,
        "operations with GET and HEAD alone" },
    { "burst", APISEC_TEXT, offsetof(values_t, burst), "N",
        "requests in a row to look for a limit, 100; 0: none" },
    { "max", APISEC_TEXT, offsetof(values_t, max), "N",
        "requests in all, 5000" },
    { "time", APISEC_TEXT, offsetof(values_t, time), "TIME",
        "to spend in all, 2m" },
    { "format", APISEC_TEXT, offsetof(values_t, format),
        "text|json|sarif|junit", "of the report" },
    { "undecided", APISEC_FLAG, offsetof(values_t, all), NULL,
        "exit code 1 also when something was not decided" },
    { "root", APISEC_TEXT, offsetof(values_t, how.root), "DIR",
        "where files that the document refers to may be" },
    { "base", APISEC_TEXT, offsetof(values_t, how.base), "/PATH",
        "in place of the paths of its servers" },
    { 0 }
};

const apisec_command_t apisec_attack = { "attack",
    "FILE --target URL [OPTIONS]",
    "send what an OpenAPI document forbids, see what is refused",
    "Sends each operation's valid request, POST and DELETE too, and then the\n"
    "same with one thing wrong in it: use an API that you may break. Secrets\n"
    "come from files only.\n"
    "An attack is refused when the answer is a 4xx that the valid request\n"
    "does not get; after a 429 it is sent again. Exit code 1: something was\n"
    "accepted.\n",
    options, run };


static int64_t
now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec;
}


static int
secret(const char *file, const char **text)
{
    int        rc;
    api_span_t read;

    if (file == NULL) {
        return APISEC_OK;
    }

    rc = apisec_read(file, 65536, &read);

    if (rc != APISEC_OK) {
        return rc;
    }

    while (read.len && strchr(" \r\n\t", read.data[read.len - 1])) {
        read.len--;
    }

    *text = apisec_span_text(read);

    if (strpbrk(*text, "\r\n")) {
        return apisec_fail(APISEC_USAGE, "%s: more than one line", file);
    }

    return APISEC_OK;
}


static int
caller_of(const values_t *values, apisec_caller_t *caller)
{
    int        rc;
    size_t     i;
    api_span_t pem;

    for (i = 0; i < values->own.n + values->other.n; i++) {
        const char *pair = i < values->own.n
                               ? values->own.item[i]
                               : values->other.item[i - values->own.n];

        if (strchr(pair, '=') == NULL) {
            return apisec_fail(APISEC_USAGE, "%s: NAME=VALUE is meant", pair);
        }
    }

    caller->own = values->own.item;
    caller->nown = values->own.n;
    caller->other = values->other.item;
    caller->nother = values->other.n;

    if (values->public) {
        rc = apisec_read(values->public, 65536, &pem);

        if (rc != APISEC_OK) {
            return rc;
        }

        caller->public = apisec_span_text(pem);
    }

    rc = secret(values->token, &caller->token);
    rc = rc == APISEC_OK ? secret(values->weak, &caller->weak) : rc;

    return rc == APISEC_OK ? secret(values->key, &caller->key) : rc;
}


static int
number(const char *name, const char *text, unsigned none, unsigned *n)
{
    char         *end;
    unsigned long v;

    *n = none;

    if (text == NULL) {
        return APISEC_OK;
    }

    v = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || v > 1000000) {
        return apisec_fail(
            APISEC_USAGE, "--%s takes a number up to 1000000", name);
    }

    *n = (unsigned) v;

    return APISEC_OK;
}


/* Sending: a budget of requests and of seconds. */

typedef struct {
    const apisec_target_t *target;
    unsigned               left;
    int64_t                until;
} sender_t;


static bool
send_one(sender_t *s, const apisec_http_t *request, apisec_reply_t *reply)
{
    if (s->left == 0 || now() >= s->until) {
        return false;
    }

    s->left--;
    apisec_http(s->target, request, reply);

    return true;
}


/*
 * A limit that holds up an attacker says nothing of what else is wrong with
 * the request: after a while it is sent again.
 */

static bool
send_patiently(
    sender_t *s, const apisec_http_t *request, apisec_reply_t *reply)
{
    unsigned              n;
    const struct timespec pause = { ATTACK_PAUSE, 0 };

    for (n = 0; n < ATTACK_TRIES; n++) {
        if (!send_one(s, request, reply)) {
            return false;
        }

        if (reply->status != 429) {
            break;
        }

        (void) nanosleep(&pause, NULL);
    }

    return true;
}


static apisec_outcome_t
judge(const apisec_attack_t *attack, const apisec_case_t *c)
{
    unsigned status = c->reply.status;
    unsigned valid = 0;

    if (c->op && !attack->valid[c->op->index].missing) {
        valid = attack->valid[c->op->index].reply.status;

        if (valid == 0) {
            return APISEC_UNDECIDED;
        }
    }

    if (status == 0 || status == 429) {
        return APISEC_UNDECIDED;
    }

    if (status < 400 || status > 499) {
        return APISEC_ACCEPTED;
    }

    return status == valid ? APISEC_UNDECIDED : APISEC_REFUSED;
}


static apisec_outcome_t
look_for_limit(sender_t *s, apisec_case_t *c)
{
    unsigned n;

    for (n = 0; n < c->times; n++) {
        if (!send_one(s, &c->request, &c->reply)) {
            return APISEC_NOT_SENT;
        }

        if (c->reply.status == 429) {
            return APISEC_REFUSED;
        }
    }

    return APISEC_ACCEPTED;
}


static apisec_outcome_t
send_case(sender_t *s, const apisec_attack_t *attack, apisec_case_t *c)
{
    if (c->kind == APISEC_NO_LIMIT) {
        return look_for_limit(s, c);
    }

    return send_patiently(s, &c->request, &c->reply) ? judge(attack, c)
                                                     : APISEC_NOT_SENT;
}


static void
send_all(sender_t *s, apisec_attack_t *attack)
{
    uint32_t        n;
    apisec_case_t  *c;
    apisec_valid_t *valid;

    for (n = 0; n < api_openapi_count(attack->spec); n++) {
        valid = &attack->valid[n];

        if (valid->missing == NULL
            && !send_patiently(s, &valid->request, &valid->reply))
        {
            valid->missing = "over --max or --time";
        }
    }

    for (c = attack->first; c; c = c->next) {
        c->outcome = send_case(s, attack, c);
    }
}


static int
result(const apisec_attack_t *attack, bool all)
{
    unsigned             n[APISEC_NOUTCOMES] = { 0 };
    const apisec_case_t *c;

    for (c = attack->first; c; c = c->next) {
        n[c->outcome]++;
    }

    if (attack->first == NULL) {
        return apisec_fail(APISEC_NO, "there was nothing to send");
    }

    return n[APISEC_ACCEPTED]
                   || (all && n[APISEC_UNDECIDED] + n[APISEC_NOT_SENT])
               ? APISEC_NO
               : APISEC_OK;
}


static int
format_of(const char *name, apisec_report_t *form)
{
    for (*form = 0; *form < APISEC_NREPORTS; (*form)++) {
        if (name == NULL || strcmp(name, apisec_report_names[*form]) == 0) {
            return APISEC_OK;
        }
    }

    return apisec_fail(
        APISEC_USAGE, "--format takes text, json, sarif or junit");
}


static int
attack_file(const char *file, const values_t *values, apisec_report_t form)
{
    int              rc;
    int64_t          seconds = 120;
    unsigned         max;
    sender_t         sender;
    apisec_attack_t  attack = { .read_only = values->read_only };
    apisec_target_t  target;
    const api_doc_t *doc;

    if (values->time
        && (!apisec_seconds(values->time, &seconds) || seconds <= 0)) {
        return apisec_fail(APISEC_USAGE, "--time takes 90s, 2m, 1h");
    }

    if ((rc = number("max", values->max, 5000, &max)) != APISEC_OK
        || (rc = number("burst", values->burst, 100, &attack.burst))
               != APISEC_OK
        || (rc = caller_of(values, &attack.caller)) != APISEC_OK
        || (rc = apisec_target(
                &target, values->target, values->allowed, values->cafile))
               != APISEC_OK
        || (rc = apisec_spec_open(file, &values->how, &attack.docs, &doc))
               != APISEC_OK)
    {
        return rc;
    }

    rc = apisec_spec_compile(attack.docs, doc, &values->how, &attack.spec);

    if (rc == APISEC_OK) {
        attack.root = api_doc_root(doc);
        sender = (sender_t){ &target, max, now() + seconds };

        apisec_attack_plan(&attack);
        send_all(&sender, &attack);
        apisec_attack_report(&attack, form, file, values->target);
        rc = result(&attack, values->all);
        api_openapi_free(attack.spec);
    }

    SSL_CTX_free(target.tls);
    api_docs_free(attack.docs);

    return rc;
}


static int
run(int argc, char **argv)
{
    int             rc;
    values_t        values = { .how = { .strict = true, .lenient = true } };
    apisec_list_t   args;
    apisec_report_t form;

    rc = apisec_options(&apisec_attack, argc, argv, &values, &args);

    if (rc != APISEC_OK) {
        return rc;
    }

    if (args.n != 1 || values.target == NULL) {
        return apisec_fail(APISEC_USAGE, "attack takes one FILE, and --target "
                                         "URL: run  apisec help attack");
    }

    rc = format_of(values.format, &form);

    return rc == APISEC_OK ? attack_file(args.item[0], &values, form) : rc;
}
