/*
 * What a configuration decides about a recorded request: check by check, in
 * the order in which they run.
 */

#include "apisec_replay.h"


typedef enum { SAID_ALLOW = 0, SAID_MONITOR, SAID_DENY, SAID_UNKNOWN } said_t;

typedef struct {
    const apisec_replay_t *replay;
    const apisec_event_t  *event;
    const apisec_place_t  *was; /* in the configuration of the log, or NULL */
    const apisec_place_t  *is;
    const apisec_event_t  *answer; /* of the stage; NULL: it was not asked */
    const char            *why;    /* of a doubt, or of SAID_UNKNOWN */
    const char            *reason; /* of SAID_DENY */
} judge_t;

static const char *const checks[APISEC_NCHECKS] = { "nginx", "nginx", "cors",
    "ban", "auth", "schema", "require", "bind", "limit", "body", "schema",
    "waf", "behavior", "leak" };

/* Why it cannot be decided anew when it is not the same. */

static const char *const needs[APISEC_NCHECKS] = {
    "rewrites, return and the like differ",
    "addresses are not recorded, or not all there is to it",
    "Origin is not recorded",
    "who was banned is not recorded",
    "the credential is not recorded",
    "how the contract is chosen differs",
    "claims and scopes are not recorded",
    "what it compares is not recorded",
    "counts are not recorded",
    "bodies are not recorded",
    "parameters and bodies are not recorded",
    "values and bodies are not recorded",
    "what went before is not recorded",
    "responses are not recorded",
};


static bool
word_is(api_span_t s, const char *word)
{
    return api_span_eq(s, apisec_span(word));
}


/* Reasons of the contract that path and method alone decide. */

static bool
is_route(api_span_t reason)
{
    size_t i;

    static const char *const reasons[] = { "path", "method", "path_syntax",
        "two_readings", "internal", "sunset", "deprecated" };

    for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (word_is(reason, reasons[i])) {
            return true;
        }
    }

    return false;
}


/* What an event says of a check; NULL: nothing. */

static const apisec_decided_t *
decided(const apisec_event_t *e, apisec_check_t check)
{
    size_t                  i;
    const apisec_decided_t *d;

    for (i = 0; i < e->ndecided; i++) {
        d = &e->decided[i];

        if (word_is(d->check, checks[check])
            && (check != APISEC_CHECK_ROUTE || is_route(d->reason))
            && (check != APISEC_CHECK_SCHEMA || !is_route(d->reason)))
        {
            return d;
        }
    }

    return NULL;
}


static said_t
unknown(judge_t *j, apisec_check_t check, const char *why)
{
    if (j->why == NULL) {
        j->why = apisec_text("%s: %s", checks[check], why);
    }

    return SAID_UNKNOWN;
}


static said_t
as_decided(judge_t *j, const apisec_decided_t *d)
{
    if (d == NULL || word_is(d->verdict, "allow")) {
        return SAID_ALLOW;
    }

    j->reason = apisec_text(
        "%s %s", apisec_span_text(d->check), apisec_span_text(d->reason));

    return word_is(d->verdict, "deny") ? SAID_DENY : SAID_MONITOR;
}


/* nginx's own refusals have no decision: of addresses, when nothing else of
   nginx could have answered so. */

static said_t
of_nginx(judge_t *j, const apisec_event_t *e)
{
    if (e->status == 403 && e->ndecided == 0) {
        j->reason = "nginx";
        return SAID_DENY;
    }

    return SAID_ALLOW;
}


/* The check is the same: what it decided then it decides now, in its mode. */

static said_t
recorded(judge_t *j, apisec_check_t check)
{
    said_t                  said;
    const apisec_decided_t *d = decided(j->event, check);
    const bool              end = word_is(j->event->verdict, "deny");

    /* nginx asks for addresses before us, and rewrites before that; and the
       operation is in the event once there is one */

    if (check == APISEC_CHECK_NGINX || check == APISEC_CHECK_ACCESS) {
        return of_nginx(j, j->event);
    }

    if (check == APISEC_CHECK_ROUTE && j->event->operation.len && d == NULL) {
        return SAID_ALLOW;
    }

    /* it was not reached, for one before it refused */

    if (d == NULL && end && !word_is(j->event->by, checks[check])) {
        return j->is->mode[check] == APISEC_MODE_MONITOR
                   ? SAID_MONITOR
                   : unknown(j, check, "it was not reached then");
    }

    said = as_decided(j, d);

    if (said == SAID_ALLOW || j->was->mode[check] == j->is->mode[check]) {
        return said;
    }

    if (j->is->mode[check] == APISEC_MODE_VARIABLE) {
        return unknown(j, check, "its mode is a variable");
    }

    if (j->event->nexcepted) {
        return unknown(
            j, check, "an exception was used, and the mode differs");
    }

    return j->is->mode[check] == APISEC_MODE_ENFORCE   ? SAID_DENY
           : j->is->mode[check] == APISEC_MODE_MONITOR ? SAID_MONITOR
                                                       : SAID_ALLOW;
}


/* Does nothing but allow and deny decide who comes in? */

static bool
only_addresses(const judge_t *j)
{
    const api_conf_dir_t *d = api_conf_inherit(j->is->dir, "satisfy");

    return (d == NULL || api_conf_arg_is(d, 1, "all"))
           && api_conf_inherit(j->is->dir, "auth_basic") == NULL
           && api_conf_inherit(j->is->dir, "auth_request") == NULL && j->was
           && j->was->print[APISEC_CHECK_NGINX]
                  == j->is->print[APISEC_CHECK_NGINX];
}


/* Is all that the check looks at in the event? */

static bool
is_certain(const judge_t *j, apisec_check_t check)
{
    const apisec_event_t   *e = j->event;
    const apisec_decided_t *auth = decided(e, APISEC_CHECK_AUTH);

    switch (check) {
    case APISEC_CHECK_ACCESS:
        return !(e->redacted & APISEC_REDACTED_CLIENT) && only_addresses(j);
    case APISEC_CHECK_AUTH:
        return !(e->redacted & APISEC_REDACTED_WHO)
               && (e->who.len || (auth && word_is(auth->reason, "missing")));
    case APISEC_CHECK_ROUTE:
        return true;
    case APISEC_CHECK_REQUIRE:
        return e->who.len == 0 && auth && word_is(auth->reason, "missing");
    case APISEC_CHECK_BIND:
        return !j->is->by_claims && !apisec_replay_masked(e->path)
               && !(e->redacted & APISEC_REDACTED_WHO)
               && word_is(e->type, "jwt");
    default:
        return false;
    }
}


static said_t
anew(judge_t *j, apisec_check_t check)
{
    const apisec_decided_t *d = decided(j->answer, check);

    if (check == APISEC_CHECK_ACCESS) {
        return of_nginx(j, j->answer);
    }

    /* the stage did not get there: one before it refused */

    if (d == NULL && word_is(j->answer->verdict, "deny")
        && !word_is(j->answer->by, checks[check])
        && check != APISEC_CHECK_ROUTE)
    {
        return unknown(j, check, "it was not reached in the trial");
    }

    return as_decided(j, d);
}


static said_t
say(judge_t *j, apisec_check_t check)
{
    const apisec_place_t *is = j->is, *was = j->was;

    if (!is->there[check] || is->mode[check] == APISEC_MODE_OFF) {
        return SAID_ALLOW;
    }

    if (was && was->there[check] && was->print[check] == is->print[check]) {
        return recorded(j, check);
    }

    if (j->answer && is_certain(j, check)) {
        return anew(j, check);
    }

    if (is->mode[check] == APISEC_MODE_MONITOR) {
        return SAID_MONITOR; /* whatever it finds, it refuses nothing */
    }

    return unknown(j, check, needs[check]);
}


/* Has anything to be tried? */

static bool
needs_answer(const judge_t *j)
{
    apisec_check_t c;

    for (c = 0; c < APISEC_NCHECKS; c++) {
        if (j->is->there[c] && is_certain(j, c)
            && !(j->was && j->was->there[c]
                 && j->was->print[c] == j->is->print[c]))
        {
            return true;
        }
    }

    return false;
}


static const char *
shown(const apisec_event_t *e)
{
    if (word_is(e->verdict, "deny")) {
        return apisec_text("deny by %s %s", apisec_span_text(e->by),
            apisec_span_text(e->reason));
    }

    return e->status == 403 && e->ndecided == 0 ? "deny by nginx" : "allow";
}


/* A refusal is certain though something before it is not: it is a refusal in
   either case. */

static void
conclude(judge_t *j, apisec_change_t *change)
{
    said_t         said, worst = SAID_ALLOW;
    const char    *was = shown(j->event), *doubt = j->why, *is = "allow";
    const bool     denied = strncmp(was, "deny", 4) == 0;
    apisec_check_t c;

    for (c = 0; c < APISEC_NCHECKS; c++) {
        j->why = NULL;
        said = say(j, c);

        if (said == SAID_UNKNOWN && doubt == NULL) {
            doubt = j->why;
        }

        if (said == SAID_DENY) {
            is = apisec_text("deny by %s", j->reason);
            worst = SAID_DENY;
            break;
        }
    }

    if (doubt && !(worst == SAID_DENY && denied)) {
        change->result = APISEC_UNKNOWN;
        change->what = doubt;
        return;
    }

    change->result =
        (worst == SAID_DENY) == denied ? APISEC_SAME : APISEC_DIFFERENT;
    change->what =
        change->result == APISEC_SAME ? was : apisec_text("%s -> %s", was, is);
}


static const char *
operation_of(const apisec_event_t *e)
{
    if (e->operation.len) {
        return apisec_text("%s/%s", apisec_span_text(e->spec),
            apisec_span_text(e->operation));
    }

    return apisec_text("%s %s", apisec_span_text(e->method),
        apisec_replay_path(e->path, "~"));
}


static bool
all_same(const judge_t *j)
{
    apisec_check_t c;

    for (c = 0; j->was && j->why == NULL && c < APISEC_NCHECKS; c++) {
        if (j->was->there[c] != j->is->there[c]
            || j->was->print[c] != j->is->print[c]
            || j->was->mode[c] != j->is->mode[c])
        {
            return false;
        }
    }

    return j->was != NULL && j->why == NULL;
}


static void
no_answer(apisec_change_t *change, const char *why)
{
    change->result = APISEC_UNKNOWN;
    change->what = why;
}


int
apisec_replay_judge(
    apisec_replay_t *replay, const apisec_event_t *e, apisec_change_t *change)
{
    int            rc;
    judge_t        j = { .replay = replay, .event = e };
    uint32_t       listen = 0, ignored;
    apisec_side_t *side = replay->b ? replay->b : replay->a;
    apisec_event_t answer;

    change->operation = operation_of(e);

    if (e->truncated || e->boxed || e->path.len == 0 || e->method.len == 0) {
        no_answer(change,
            e->boxed ? "who it was is encrypted" : "the event is not whole");
        return APISEC_OK;
    }

    if (e->redacted & APISEC_REDACTED_HOST) {
        no_answer(change, "its host is not recorded");
        return APISEC_OK;
    }

    j.is = apisec_replay_place(side, e, &listen, &j.why);
    j.was =
        replay->b ? apisec_replay_place(replay->a, e, &ignored, &j.why) : NULL;

    if (j.is == NULL || (replay->b && j.was == NULL)) {
        no_answer(change, "no server of the configuration listens for it");
        return APISEC_OK;
    }

    if (all_same(&j)) {
        change->result = APISEC_SAME;
        change->what = shown(e);
        return APISEC_OK;
    }

    if (needs_answer(&j)) {
        rc = apisec_replay_ask(side, replay->b ? replay->a : NULL, e, listen,
            &answer, &change->what);

        if (rc == APISEC_NO) {
            change->result = APISEC_UNKNOWN;
            return APISEC_OK;
        }

        if (rc != APISEC_OK) {
            return rc;
        }

        j.answer = &answer;
    }

    conclude(&j, change);

    return APISEC_OK;
}
