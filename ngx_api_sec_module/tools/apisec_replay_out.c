/*
 * What became of the requests of a log, in groups.
 */

#include "apisec_replay.h"

#include <stdlib.h>


#define SHOWN 50 /* groups of a kind in text */


const char *const apisec_replay_results[APISEC_NRESULTS] = { "same",
    "different", "unknown" };


static char *
copy(const char *text)
{
    char *made = strdup(text);

    if (made == NULL) {
        exit(apisec_fail(APISEC_FAILED, "no memory"));
    }

    return made;
}


static apisec_group_t *
group_of(apisec_replay_t *r, const apisec_change_t *c)
{
    size_t          i;
    apisec_group_t *g;
    const char     *operation = c->operation;

    if (r->groups == NULL) {
        r->groups = calloc(APISEC_GROUPS_MAX + 3, sizeof(*r->groups));

        if (r->groups == NULL) {
            exit(apisec_fail(APISEC_FAILED, "no memory"));
        }
    }

    for (i = 0; i < r->ngroups; i++) {
        g = &r->groups[i];

        if (g->result == c->result && strcmp(g->operation, operation) == 0
            && strcmp(g->what, c->what) == 0)
        {
            return g;
        }
    }

    /* a log of many paths must not fill memory: the rest is one group */

    if (r->ngroups >= APISEC_GROUPS_MAX) {
        for (i = APISEC_GROUPS_MAX; i < r->ngroups; i++) {
            if (r->groups[i].result == c->result) {
                return &r->groups[i];
            }
        }

        operation = "(others)";
    }

    g = &r->groups[r->ngroups++];
    g->result = c->result;
    g->operation = copy(operation);
    g->what = copy(operation == c->operation ? c->what : "too many groups");

    return g;
}


void
apisec_replay_count(
    apisec_replay_t *r, const apisec_change_t *c, api_span_t support)
{
    size_t          i;
    apisec_group_t *g;

    r->events++;
    r->n[c->result]++;

    if (c->result == APISEC_SAME) {
        return;
    }

    g = group_of(r, c);
    g->n++;

    for (i = 0; i < APISEC_EXAMPLES && g->examples[i]; i++) {
    }

    if (i < APISEC_EXAMPLES && support.len) {
        g->examples[i] = copy(apisec_span_text(support));
    }
}


static int
by_number(const void *a, const void *b)
{
    const apisec_group_t *x = a, *y = b;

    return x->n == y->n  ? strcmp(x->operation, y->operation)
           : x->n < y->n ? 1
                         : -1;
}


static void
text_groups(FILE *out, const apisec_replay_t *r, apisec_result_t result)
{
    size_t                i, k, n = 0;
    const apisec_group_t *g;

    for (i = 0; i < r->ngroups; i++) {
        g = &r->groups[i];

        if (g->result != result || ++n > SHOWN) {
            continue;
        }

        fprintf(
            out, "%s%10llu  ", n > 1 ? "" : "\n", (unsigned long long) g->n);
        apisec_put_line(out, apisec_span(g->operation));
        fprintf(out, "\n            %s",
            result == APISEC_DIFFERENT ? "" : "unknown because ");
        apisec_put_line(out, apisec_span(g->what));
        fputs("\n            e.g.", out);

        for (k = 0; k < APISEC_EXAMPLES && g->examples[k]; k++) {
            fputc(' ', out);
            apisec_put_line(out, apisec_span(g->examples[k]));
        }

        fputc('\n', out);
    }

    if (n > SHOWN) {
        fprintf(out, "            and %zu more groups: see --format json\n",
            n - SHOWN);
    }
}


void
apisec_replay_text(FILE *out, apisec_replay_t *r)
{
    if (r->ngroups) {
        qsort(r->groups, r->ngroups, sizeof(*r->groups), by_number);
    }

    text_groups(out, r, APISEC_DIFFERENT);
    text_groups(out, r, APISEC_UNKNOWN);

    fprintf(out, "\n%llu requests: %llu same, %llu different, %llu unknown\n",
        (unsigned long long) r->events, (unsigned long long) r->n[APISEC_SAME],
        (unsigned long long) r->n[APISEC_DIFFERENT],
        (unsigned long long) r->n[APISEC_UNKNOWN]);

    if (r->broken) {
        fprintf(
            out, "%llu lines are no events\n", (unsigned long long) r->broken);
    }

    if (r->left) {
        fprintf(out, "%llu events were not looked at\n",
            (unsigned long long) r->left);
    }
}


static void
number(FILE *out, const char *name, uint64_t n)
{
    fprintf(out, "\"%s\":%llu,", name, (unsigned long long) n);
}


void
apisec_replay_json(FILE *out, apisec_replay_t *r)
{
    size_t                i, k;
    const apisec_group_t *g;

    if (r->ngroups) {
        qsort(r->groups, r->ngroups, sizeof(*r->groups), by_number);
    }

    fputc('{', out);
    number(out, "requests", r->events);
    number(out, "same", r->n[APISEC_SAME]);
    number(out, "different", r->n[APISEC_DIFFERENT]);
    number(out, "unknown", r->n[APISEC_UNKNOWN]);
    number(out, "broken", r->broken);
    number(out, "left", r->left);
    fputs("\"groups\":[", out);

    for (i = 0; i < r->ngroups; i++) {
        g = &r->groups[i];
        fprintf(out, "%s{\"result\":\"%s\",", i ? ",\n" : "\n",
            apisec_replay_results[g->result]);
        fputs("\"operation\":", out);
        apisec_put_json(out, apisec_span(g->operation));
        fprintf(out,
            ",\"%s\":", g->result == APISEC_DIFFERENT ? "change" : "because");
        apisec_put_json(out, apisec_span(g->what));
        fprintf(out, ",\"requests\":%llu,\"examples\":[",
            (unsigned long long) g->n);

        for (k = 0; k < APISEC_EXAMPLES && g->examples[k]; k++) {
            fputs(k ? "," : "", out);
            apisec_put_json(out, apisec_span(g->examples[k]));
        }

        fputs("]}", out);
    }

    fputs("\n]}\n", out);
}
