/*
 * Requests to a stage, and what its record says of each.
 */

#include "apisec_stage.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>


#define EVENT_MS 60000
#define STRANGER "192.0.2.1" /* RFC 5737: nobody's */


/* The next line of the record that is whole; false: not yet. */

static bool
next_line(apisec_stage_t *stage, api_span_t *line)
{
    int ch;

    clearerr(stage->events);

    while ((ch = getc_unlocked(stage->events)) != EOF) {
        if (stage->len + 1 >= stage->size) {
            stage->size = stage->size ? stage->size * 2 : 8192;
            stage->line = realloc(stage->line, stage->size);

            if (stage->line == NULL) {
                exit(apisec_fail(APISEC_FAILED, "no memory"));
            }
        }

        if (ch == '\n') {
            *line = api_arena_dup(
                apisec_arena(), api_span(stage->line, stage->len));
            stage->len = 0;
            return line->data != NULL;
        }

        stage->line[stage->len++] = (char) ch;
    }

    return false;
}


bool
apisec_stage_event(apisec_stage_t *stage, apisec_event_t *event)
{
    int             ms;
    api_span_t      line;
    struct timespec nap = { 0, 500000 };

    for (ms = 0; ms < 2 * EVENT_MS; ms++) {
        while (next_line(stage, &line)) {
            if (apisec_event(line, event)
                && api_span_eq(event->kind, API_SPAN("request"))) {
                return true;
            }
        }

        if (waitpid(stage->pid, NULL, WNOHANG) == stage->pid) {
            stage->pid = 0;
            return false;
        }

        (void) nanosleep(&nap, NULL);
    }

    return false;
}


/* The line that a proxy in front would send; with the address as it is, if it
   is one. */

static const char *
preface(const char *client)
{
    struct in6_addr any;

    client = client ? client : STRANGER;

    if (inet_pton(AF_INET6, client, &any) == 1) {
        return apisec_text("PROXY TCP6 %s 2001:db8::1 40000 443\r\n", client);
    }

    return apisec_text("PROXY TCP4 %s 192.0.2.254 40000 443\r\n", client);
}


static void
find_stage(apisec_target_t *target, const apisec_stage_t *stage,
    const apisec_ask_t *ask)
{
    struct sockaddr_un *at = (void *) &target->address;

    memset(target, 0, sizeof(*target));

    at->sun_family = AF_UNIX;
    snprintf(at->sun_path, sizeof(at->sun_path), "%s/s%u.sock", stage->dir,
        (unsigned) ask->listen);

    target->length = sizeof(*at);
    target->host = ask->host ? apisec_text(
                       "%.*s", (int) strcspn(ask->host, ":"), ask->host)
                             : "localhost";
    target->name = ask->host;
    target->prefix = "";
    target->agent = "";
    target->preface = preface(ask->client);
    target->timeout = EVENT_MS;
}


static int
once(apisec_stage_t *stage, apisec_ask_t *ask, const apisec_target_t *target,
    apisec_reply_t *reply, apisec_event_t *event)
{
    int           rc;
    apisec_http_t request = ask->request;

    memset(event, 0, sizeof(*event));

    if (ask->proof.key
        && request.nfields
               < sizeof(request.fields) / sizeof(request.fields[0]))
    {
        rc = apisec_stage_prove(&ask->proof);
        if (rc != APISEC_OK) {
            return rc;
        }

        request.fields[request.nfields++] =
            (api_field_t){ API_SPAN("DPoP"), apisec_span(ask->proof.text) };
    }

    apisec_http(target, &request, reply);

    return apisec_stage_event(stage, event)
               ? APISEC_OK
               : apisec_fail(APISEC_FAILED,
                   "no event came for a request (%s): nginx is gone, or"
                   " api_audit is not there: is ngx_api_sec_module loaded?",
                   reply->status ? apisec_text("%u", reply->status)
                                 : reply->why);
}


/* A nonce that it did not have, and now has. */

static bool
learns(apisec_ask_t *ask, const apisec_reply_t *reply)
{
    apisec_proof_t *p = &ask->proof;
    bool            asked = reply->status == 401 && *reply->nonce;

    if (p->key == NULL || !p->learns || *reply->nonce == '\0') {
        return false;
    }

    p->nonce = reply->nonce;
    p->text = asked ? NULL : p->text;

    return asked;
}


int
apisec_stage_ask(apisec_stage_t *stage, apisec_ask_t *ask,
    apisec_reply_t *reply, apisec_event_t *event)
{
    int             rc;
    SSL_CTX        *tls = NULL;
    apisec_target_t target;

    find_stage(&target, stage, ask);

    if (stage->plan.listens[ask->listen].ssl) {
        tls = ask->tls ? NULL : apisec_stage_client(stage, NULL, NULL);
        target.tls = ask->tls ? ask->tls : tls;
    }

    rc = once(stage, ask, &target, reply, event);

    if (rc == APISEC_OK && learns(ask, reply)) {
        rc = once(stage, ask, &target, reply, event);
        (void) learns(ask, reply);
    }

    SSL_CTX_free(tls);

    return rc;
}
