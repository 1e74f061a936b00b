/*
 * What is expected of a request, and what became of it.
 */

#include "apisec_policy.h"


#define FAULTS_MAX 32

typedef struct {
    apisec_step_t *step;
    bool not ; /* it must not be so */
} judge_t;


static void
fault(apisec_step_t *step, const char *text)
{
    if (step->faults == NULL) {
        step->faults = apisec_alloc(FAULTS_MAX * sizeof(char *));
    }

    if (step->nfaults < FAULTS_MAX) {
        step->faults[step->nfaults++] = text;
    }
}


static const char *
shown(api_span_t s)
{
    return s.len ? apisec_span_text(s) : "nothing";
}


/* A value that is expected: text, number or null for nothing. */

static const char *
wanted(api_node_t node)
{
    if (api_node_is(node, API_JSON_STRING)) {
        return apisec_span_text(api_node_string(node));
    }

    if (api_node_is_number(node)) {
        return apisec_span_text(api_node_number(node));
    }

    return "";
}


/* "a", or "before/a": what stands before it too. */

static bool
is_one(api_span_t is, api_span_t before, char between, const char *want)
{
    if (api_span_eq(is, apisec_span(want))) {
        return true;
    }

    return before.len
           && api_span_eq(apisec_span(want),
               apisec_span(apisec_text("%s%c%s", apisec_span_text(before),
                   between, apisec_span_text(is))));
}


static void
compare(const judge_t *j, const char *what, api_span_t is, api_span_t before,
    char between, api_node_t node)
{
    const char *want = wanted(node);
    bool        same = is_one(is, before, between, want);

    if (same == j->not ) {
        fault(j->step, apisec_text("%s: expected %s%s, is %s", what,
                           j->not ? "anything but " : "",
                           *want ? want : "nothing", shown(is)));
    }
}


static void
judge_exceptions(const judge_t *j, api_node_t node)
{
    size_t                k;
    uint32_t              i;
    const char           *want;
    const apisec_event_t *e = &j->step->event;

    for (i = 0; i < api_node_count(node); i++) {
        want = wanted(api_node_at(node, i));

        for (k = 0; k < e->nexcepted
                    && !api_span_eq(e->excepted[k], apisec_span(want));
             k++)
        {
        }

        if ((k < e->nexcepted) == j->not ) {
            fault(j->step, apisec_text("exceptions: %s was %sused", want,
                               j->not ? "" : "not "));
        }
    }

    if (api_node_count(node) == 0 && e->nexcepted && !j->not ) {
        fault(j->step, apisec_text("exceptions: expected none, %s was used",
                           apisec_span_text(e->excepted[0])));
    }
}


/* checks: { auth: allow, limit: deny } */

static void
judge_checks(const judge_t *j, api_node_t node)
{
    api_span_t              name;
    api_node_t              value;
    api_node_iter_t         it;
    const apisec_decided_t *d;

    for (it = api_node_iter(node); api_node_next(&it, &name, &value);) {
        d = apisec_decided(&j->step->event, apisec_span_text(name));
        compare(j, apisec_text("checks: %s", apisec_span_text(name)),
            d ? d->verdict : api_span(NULL, 0), api_span(NULL, 0), '/', value);
    }
}


/* limit: the name of the limit that decided; detail: a part of what is told
   of the check that did, such as the id of a rule. */

static void
judge_details(const judge_t *j, api_node_t expect)
{
    bool                    has;
    const char             *want;
    api_node_t              node = api_node_get(expect, API_SPAN("limit"));
    const apisec_event_t   *e = &j->step->event;
    const apisec_decided_t *d = apisec_decided(e, "limit");

    if (api_node_ok(node)) {
        compare(j, "limit", d ? d->detail : api_span(NULL, 0),
            api_span(NULL, 0), 0, node);
    }

    node = api_node_get(expect, API_SPAN("detail"));

    if (api_node_ok(node)) {
        d = apisec_decided(e, apisec_span_text(e->by));
        want = wanted(node);
        has = d && memmem(d->detail.data, d->detail.len, want, strlen(want));

        if (has == j->not ) {
            fault(j->step, apisec_text("detail: expected %s%s, is %s",
                               j->not ? "anything but " : "", want,
                               d ? shown(d->detail) : "nothing"));
        }
    }
}


typedef struct {
    const char *name;
    size_t      offset;
    size_t      before; /* of what may stand before it; 0: nothing */
    char        between;
} row_t;

#define AT(member) offsetof(apisec_event_t, member)

static const row_t rows[] = {
    { "verdict", AT(verdict), 0, 0 },
    { "by", AT(by), 0, 0 },
    { "reason", AT(reason), AT(by), '.' },
    { "operation", AT(operation), AT(spec), '/' },
    { "principal", AT(who), AT(issuer), '/' },
    { "policy", AT(policy), 0, 0 },
    { "owner", AT(owner), 0, 0 },
};

#define NROWS (sizeof(rows) / sizeof(rows[0]))

#define MEMBERS                                                               \
    "verdict by reason detail limit operation principal policy owner status"  \
    " checks exceptions"


static api_span_t
span_at(const apisec_event_t *e, size_t offset)
{
    return *(const api_span_t *) (const void *) ((const char *) e + offset);
}


static void
judge(const judge_t *j, api_node_t expect)
{
    size_t                i;
    api_node_t            node;
    const apisec_event_t *e = &j->step->event;

    for (i = 0; i < NROWS; i++) {
        node = api_node_get(expect, apisec_span(rows[i].name));

        if (api_node_ok(node)) {
            compare(j, rows[i].name, span_at(e, rows[i].offset),
                rows[i].before ? span_at(e, rows[i].before)
                               : api_span(NULL, 0),
                rows[i].between, node);
        }
    }

    node = api_node_get(expect, API_SPAN("status"));

    if (api_node_ok(node)) {
        compare(j, "status",
            apisec_span(apisec_text("%lld", (long long) e->status)),
            api_span(NULL, 0), 0, node);
    }

    judge_details(j, expect);
    judge_checks(j, api_node_get(expect, API_SPAN("checks")));
    node = api_node_get(expect, API_SPAN("exceptions"));

    if (api_node_ok(node)) {
        judge_exceptions(j, node);
    }
}


void
apisec_policy_judge(apisec_step_t *step)
{
    judge_t    j = { step, false };
    int64_t    n;
    api_node_t allowed = api_node_get(step->expect, API_SPAN("allowed"));

    judge(&j, step->expect);
    j.not = true;
    judge(&j, api_node_get(step->expect, API_SPAN("not")));

    if (api_node_int64(allowed, &n) && n != step->allowed) {
        fault(step, apisec_text("allowed: expected %lld of %u, %u were",
                        (long long) n, step->repeat, step->allowed));
    }
}


/* A word that can never be is a test that can never fail, or never pass. */

static int
check_words(const apisec_policy_t *policy, api_node_t expect)
{
    int             rc = APISEC_OK;
    api_span_t      name;
    api_node_t      value, verdict;
    api_node_iter_t it;
    const char     *text;

    verdict = api_node_get(expect, API_SPAN("verdict"));
    text = wanted(verdict);

    if (api_node_ok(verdict) && strcmp(text, "allow") != 0
        && strcmp(text, "deny") != 0 && strcmp(text, "monitor") != 0)
    {
        return apisec_policy_wrong(policy, verdict,
            "a verdict is allow, monitor or deny: \"%s\"", text);
    }

    for (it = api_node_iter(expect);
         rc == APISEC_OK && api_node_next(&it, &name, &value);)
    {
        if (api_node_is(value, API_JSON_OBJECT)
            || api_node_is(value, API_JSON_ARRAY)) {
            rc = api_span_eq(name, API_SPAN("checks"))
                         || api_span_eq(name, API_SPAN("not"))
                         || api_span_eq(name, API_SPAN("exceptions"))
                     ? APISEC_OK
                     : apisec_policy_wrong(policy, value,
                         "\"%s\" is one value", apisec_span_text(name));
        }
    }

    return rc;
}


int
apisec_policy_expect(const apisec_policy_t *policy, api_node_t expect)
{
    int rc;
    api_node_t not = api_node_get(expect, API_SPAN("not"));

    if (!api_node_is(expect, API_JSON_OBJECT) || api_node_count(expect) == 0) {
        return apisec_policy_wrong(policy, expect,
            "a case needs \"expect\": what has to become of the request, as in"
            " { status: 403, by: bind }");
    }

    rc = apisec_policy_members(policy, expect, MEMBERS " allowed not");
    rc = rc == APISEC_OK ? check_words(policy, expect) : rc;

    if (rc == APISEC_OK && api_node_ok(not )) {
        rc = apisec_policy_members(policy, not, MEMBERS);
        rc = rc == APISEC_OK ? check_words(policy, not ) : rc;
    }

    return rc;
}
