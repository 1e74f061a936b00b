/*
 * The table of apisec policy test.  YAML, because people write and review it;
 * JSON, because programs make it.  One reader does both, and knows lines.
 */

#include "apisec_policy.h"

#include "api_day.h"

#include <stdarg.h>
#include <stdlib.h>
#include <time.h>


#define FILE_MAX (16 * 1024 * 1024)
#define CASES_MAX 10000
#define STEPS_MAX 1000


int
apisec_policy_wrong(
    const apisec_policy_t *policy, api_node_t at, const char *fmt, ...)
{
    char    text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    return apisec_fail(APISEC_USAGE, "%s:%u: %s", policy->file,
        (unsigned) api_node_line(at), text);
}


int
apisec_policy_members(
    const apisec_policy_t *policy, api_node_t node, const char *words)
{
    size_t          n;
    const char     *w;
    api_span_t      name;
    api_node_t      value;
    api_node_iter_t it;

    for (it = api_node_iter(node); api_node_next(&it, &name, &value);) {
        for (w = words; *w; w += n + (w[n] == ' ')) {
            n = strcspn(w, " ");

            if (api_span_eq(name, api_span(w, n))) {
                break;
            }
        }

        if (*w == '\0') {
            return apisec_policy_wrong(policy, value,
                "\"%s\" means nothing here: there are %s",
                apisec_span_text(name), words);
        }
    }

    return APISEC_OK;
}


const char *
apisec_node_text(api_node_t node, const char *name)
{
    api_node_t value = api_node_get(node, apisec_span(name));

    if (api_node_is(value, API_JSON_STRING)) {
        return apisec_span_text(api_node_string(value));
    }

    return api_node_is_number(value) ? apisec_span_text(api_node_number(value))
                                     : NULL;
}


const char *
apisec_node_json(api_node_t node)
{
    char       *text;
    cJSON      *root = apisec_tree(node);
    const char *copy;

    if (root == NULL) {
        return NULL;
    }

    text = cJSON_PrintUnformatted(root);
    copy = apisec_text("%s", text ? text : "null");
    cJSON_free(text);
    cJSON_Delete(root);

    return copy;
}


int
apisec_policy_read(apisec_policy_t *policy, const char *file)
{
    int              rc;
    api_err_t        err = { 0 };
    api_span_t       text;
    const char      *slash = strrchr(file, '/');
    api_docs_opts_t  opts = { 0 };
    const api_doc_t *doc;

    policy->file = file;
    policy->folder =
        slash ? apisec_text("%.*s", (int) (slash - file) + 1, file) : "";

    rc = apisec_read(file, FILE_MAX, &text);
    if (rc != APISEC_OK) {
        return rc;
    }

    apisec_random(&opts.seed, sizeof(opts.seed));

    if (api_docs_create(&policy->docs, &opts, &api_alloc_libc) != API_OK
        || api_docs_add(policy->docs, apisec_span(slash ? slash + 1 : file),
               text, &doc, &err)
               != API_OK)
    {
        return apisec_fail(APISEC_USAGE, "%s: %s", file, err.text);
    }

    policy->root = api_doc_root(doc);

    if (!api_node_is(policy->root, API_JSON_OBJECT)) {
        return apisec_policy_wrong(policy, policy->root,
            "a table of tests is an object with \"cases\"");
    }

    return apisec_policy_members(
        policy, policy->root, "config prefix base identities cases");
}


/* "2027-01-31T12:00:00Z", "2027-01-31": its first second */

static int
read_time(
    const apisec_policy_t *policy, apisec_policy_case_t *c, api_node_t node)
{
    int64_t     t;
    const char *text = apisec_node_text(node, "time");

    if (text == NULL) {
        return APISEC_OK;
    }

    if (!api_day_parse(apisec_span(text), false, &t)) {
        return apisec_policy_wrong(policy, node,
            "time is a day, 2027-01-31, or 2027-01-31T12:00:00Z: \"%s\"",
            text);
    }

    if (apisec_clock_file() == NULL) {
        return apisec_fail(APISEC_FAILED,
            "lib/apisec/clock.so is not where it belongs, beside the bin of"
            " this program: without it \"time\" cannot be had");
    }

    c->shift = t - (int64_t) time(NULL);
    c->shift += c->shift == 0;

    return APISEC_OK;
}


#define STEP "request headers body body_file as client repeat expect"

static int
read_step(apisec_policy_t *policy, apisec_policy_case_t *c,
    apisec_step_t *step, api_node_t node)
{
    int     rc;
    int64_t n = 1;

    step->node = node;
    step->expect = api_node_get(node, API_SPAN("expect"));
    step->ask.client = apisec_node_text(node, "client");

    if (api_node_ok(api_node_get(node, API_SPAN("repeat")))
        && (!api_node_int64(api_node_get(node, API_SPAN("repeat")), &n)
            || n < 1 || n > 100000))
    {
        return apisec_policy_wrong(
            policy, node, "repeat is a number from 1 to 100000");
    }

    step->repeat = (unsigned) n;

    rc = apisec_policy_request(policy, step);
    rc = rc == APISEC_OK ? apisec_policy_who(policy, step, c->shift) : rc;

    return rc == APISEC_OK ? apisec_policy_expect(policy, step->expect) : rc;
}


static int
read_case(apisec_policy_t *policy, apisec_policy_case_t *c, api_node_t node)
{
    int        rc;
    size_t     i;
    api_node_t steps = api_node_get(node, API_SPAN("steps"));
    const bool single = !api_node_ok(steps);

    if (!api_node_is(node, API_JSON_OBJECT)
        || (!single && !api_node_is(steps, API_JSON_ARRAY)))
    {
        return apisec_policy_wrong(
            policy, node, "a case is an object, its steps are a list");
    }

    rc = apisec_policy_members(
        policy, node, single ? "name time " STEP : "name time steps");
    rc = rc == APISEC_OK ? read_time(policy, c, node) : rc;

    if (rc != APISEC_OK) {
        return rc;
    }

    c->line = api_node_line(node);
    c->nsteps = single ? 1 : api_node_count(steps);

    if (c->nsteps == 0 || c->nsteps > STEPS_MAX) {
        return apisec_policy_wrong(
            policy, steps, "a case has 1 to %d steps", STEPS_MAX);
    }

    c->steps = apisec_alloc(c->nsteps * sizeof(apisec_step_t));

    for (i = 0; rc == APISEC_OK && i < c->nsteps; i++) {
        api_node_t at = single ? node : api_node_at(steps, (uint32_t) i);

        rc = single ? APISEC_OK : apisec_policy_members(policy, at, STEP);
        rc = rc == APISEC_OK ? read_step(policy, c, &c->steps[i], at) : rc;
    }

    c->name = apisec_node_text(node, "name");
    c->name = c->name ? c->name : rc == APISEC_OK ? c->steps[0].text : "";

    return rc;
}


int
apisec_policy_cases(apisec_policy_t *policy)
{
    int        rc = APISEC_OK;
    size_t     i;
    api_node_t list = api_node_get(policy->root, API_SPAN("cases"));

    policy->ncases = api_node_count(list);

    if (!api_node_is(list, API_JSON_ARRAY) || policy->ncases == 0
        || policy->ncases > CASES_MAX)
    {
        return apisec_policy_wrong(policy,
            api_node_ok(list) ? list : policy->root,
            "\"cases\" is a list of 1 to %d of them", CASES_MAX);
    }

    policy->cases =
        apisec_alloc(policy->ncases * sizeof(apisec_policy_case_t));

    for (i = 0; rc == APISEC_OK && i < policy->ncases; i++) {
        rc = read_case(
            policy, &policy->cases[i], api_node_at(list, (uint32_t) i));
    }

    return rc;
}
