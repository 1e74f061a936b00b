/*
 * What became of the cases, for people and for programs.
 */

#include "apisec_policy.h"

#include "apisec_junit.h"


static const char *
decided(const apisec_event_t *e)
{
    size_t      i;
    const char *text = "";

    for (i = 0; i < e->ndecided; i++) {
        text = apisec_text("%s%s%s %s%s%s", text, i ? ", " : "",
            apisec_span_text(e->decided[i].check),
            apisec_span_text(e->decided[i].verdict),
            e->decided[i].reason.len ? " " : "",
            apisec_span_text(e->decided[i].reason));
    }

    return *text ? text : "nothing was decided: no check stands there";
}


static void
text_step(FILE *out, const apisec_policy_case_t *c, const apisec_step_t *s)
{
    size_t i;

    if (s->nfaults == 0) {
        return;
    }

    if (c->nsteps > 1) {
        fputs("      ", out);
        apisec_put_line(out, apisec_span(s->text));
        fputc('\n', out);
    }

    for (i = 0; i < s->nfaults; i++) {
        fputs("      ", out);
        apisec_put_line(out, apisec_span(s->faults[i]));
        fputc('\n', out);
    }

    fputs("      decided: ", out);
    apisec_put_line(out, apisec_span(decided(&s->event)));
    fputc('\n', out);

    for (i = 0; i < s->event.ndecided; i++) {
        if (s->event.decided[i].detail.len) {
            fputs("      ", out);
            apisec_put_line(out, s->event.decided[i].check);
            fputs(": ", out);
            apisec_put_line(out, s->event.decided[i].detail);
            fputc('\n', out);
        }
    }
}


void
apisec_policy_text(FILE *out, const apisec_policy_t *policy)
{
    size_t                      i, k;
    uint32_t                    n;
    const api_stage_note_t     *note;
    const apisec_policy_case_t *c;

    for (i = 0; i < policy->ncases; i++) {
        c = &policy->cases[i];

        if (!c->chosen) {
            continue;
        }

        fputs(c->failed ? "FAIL  " : "ok    ", out);
        apisec_put_line(out, apisec_span(c->name));
        fprintf(out, c->failed ? "  (%s:%u)\n" : "\n", policy->file,
            (unsigned) c->line);

        for (k = 0; k < c->nsteps; k++) {
            text_step(out, c, &c->steps[k]);
        }
    }

    for (n = 0; n < policy->stage.plan.nnotes; n++) {
        note = &policy->stage.plan.notes[n];
        fputs(n ? "" : "\nNot tested:\n", out);
        fputs("  ", out);
        apisec_put_line(out, note->dir->file->name);
        fprintf(out, ":%u: ", (unsigned) note->dir->line);
        apisec_put_line(out, note->dir->args[0]);
        fprintf(out, ": %s\n", note->text);
    }

    fprintf(out, "\n%zu of %zu as expected\n", policy->nrun - policy->nfailed,
        policy->nrun);
}


static void
member(cJSON *to, const char *name, api_span_t s)
{
    if (s.len) {
        (void) apisec_sure(
            cJSON_AddStringToObject(to, name, apisec_span_text(s)));
    }
}


static cJSON *
json_event(const apisec_step_t *s)
{
    size_t                i;
    cJSON                *item, *list, *o = apisec_sure(cJSON_CreateObject());
    const apisec_event_t *e = &s->event;

    member(o, "request", apisec_span(s->text));
    (void) apisec_sure(
        cJSON_AddNumberToObject(o, "status", (double) e->status));
    member(o, "verdict", e->verdict);
    member(o, "by", e->by);
    member(o, "reason", e->reason);
    member(o, "contract", e->spec);
    member(o, "operation", e->operation);
    member(o, "principal", e->who);
    member(o, "issuer", e->issuer);
    member(o, "policy", e->policy);
    member(o, "owner", e->owner);
    list = apisec_sure(cJSON_AddArrayToObject(o, "decisions"));

    for (i = 0; i < e->ndecided; i++) {
        item = apisec_sure(cJSON_CreateObject());
        member(item, "check", e->decided[i].check);
        member(item, "verdict", e->decided[i].verdict);
        member(item, "reason", e->decided[i].reason);
        member(item, "detail", e->decided[i].detail);
        cJSON_AddItemToArray(list, item);
    }

    list = apisec_sure(cJSON_AddArrayToObject(o, "exceptions"));

    for (i = 0; i < e->nexcepted; i++) {
        cJSON_AddItemToArray(list,
            apisec_sure(cJSON_CreateString(apisec_span_text(e->excepted[i]))));
    }

    list = apisec_sure(cJSON_AddArrayToObject(o, "faults"));

    for (i = 0; i < s->nfaults; i++) {
        cJSON_AddItemToArray(
            list, apisec_sure(cJSON_CreateString(s->faults[i])));
    }

    return o;
}


static cJSON *
json_case(const apisec_policy_case_t *c)
{
    size_t i;
    cJSON *steps, *o = apisec_sure(cJSON_CreateObject());

    member(o, "name", apisec_span(c->name));
    (void) apisec_sure(cJSON_AddNumberToObject(o, "line", c->line));
    (void) apisec_sure(cJSON_AddBoolToObject(o, "ok", !c->failed));
    steps = apisec_sure(cJSON_AddArrayToObject(o, "steps"));

    for (i = 0; i < c->nsteps; i++) {
        cJSON_AddItemToArray(steps, json_event(&c->steps[i]));
    }

    return o;
}


void
apisec_policy_json(FILE *out, const apisec_policy_t *policy)
{
    char    *text;
    size_t   i;
    uint32_t n;
    cJSON   *list, *o, *root = apisec_sure(cJSON_CreateObject());
    const api_stage_note_t *note;

    member(root, "file", apisec_span(policy->file));
    list = apisec_sure(cJSON_AddArrayToObject(root, "cases"));

    for (i = 0; i < policy->ncases; i++) {
        if (policy->cases[i].chosen) {
            cJSON_AddItemToArray(list, json_case(&policy->cases[i]));
        }
    }

    list = apisec_sure(cJSON_AddArrayToObject(root, "not_tested"));

    for (n = 0; n < policy->stage.plan.nnotes; n++) {
        note = &policy->stage.plan.notes[n];
        o = apisec_sure(cJSON_CreateObject());
        member(o, "file", note->dir->file->name);
        (void) apisec_sure(
            cJSON_AddNumberToObject(o, "line", note->dir->line));
        member(o, "directive", note->dir->args[0]);
        member(o, "why", apisec_span(note->text));
        cJSON_AddItemToArray(list, o);
    }

    (void) apisec_sure(
        cJSON_AddNumberToObject(root, "failed", (double) policy->nfailed));
    text = cJSON_Print(root);
    fprintf(out, "%s\n", text ? text : "");
    cJSON_free(text);
    cJSON_Delete(root);
}


void
apisec_policy_junit(FILE *out, const apisec_policy_t *policy)
{
    size_t                      i, k, f;
    const char                 *faults;
    const apisec_step_t        *s;
    const apisec_policy_case_t *c;

    apisec_junit_begin(
        out, "apisec policy test", policy->nrun, policy->nfailed, 0);

    for (i = 0; i < policy->ncases; i++) {
        c = &policy->cases[i];
        faults = "";

        for (k = 0; k < c->nsteps; k++) {
            s = &c->steps[k];

            for (f = 0; f < s->nfaults; f++) {
                faults = apisec_text("%s%s%s: %s", faults, *faults ? "; " : "",
                    s->text, s->faults[f]);
            }
        }

        if (!c->chosen) {
            continue;
        }

        apisec_junit_case(out, policy->file, apisec_span(c->name));

        if (c->failed) {
            apisec_junit_fault(out, "failure", "policy", apisec_span(faults),
                apisec_span(
                    apisec_text("%s:%u", policy->file, (unsigned) c->line)));
        }

        apisec_junit_close(out, c->failed);
    }

    apisec_junit_end(out);
}
