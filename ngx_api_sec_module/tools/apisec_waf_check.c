/* apisec waf check */

#include "apisec_waf.h"
#include "api_text.h"
#include "api_waf_scan.h"

#include <stdlib.h>


void
apisec_waf_print(api_span_t s, size_t max)
{
    char   out[API_TEXT_LOG_MAX(512)];
    bool   cut;
    size_t len;

    max = max < 512 ? max : 512;
    cut = s.len > max;
    s.len = cut ? max : s.len;
    len = api_text_log(s, out, sizeof(out), NULL);
    printf("%.*s%s", (int) len, out, cut ? "..." : "");
}


/* Notes that say the same are told once, with how many there are. */

static int
by_text(const void *a, const void *b)
{
    int                              rc;
    const api_seclang_note_t *const *x = a, *const *y = b;

    rc = strcmp((*x)->what, (*y)->what);

    return rc ? rc : (*x < *y ? -1 : *x > *y);
}


static void
print_notes(const api_seclang_t *loader)
{
    size_t                     i, n, same;
    const api_seclang_note_t **note;

    n = api_seclang_notes(loader);
    note = apisec_alloc((n + 1) * sizeof(const api_seclang_note_t *));

    for (i = 0; i < n; i++) {
        note[i] = api_seclang_note(loader, i);
    }

    qsort(note, n, sizeof(const api_seclang_note_t *), by_text);

    for (i = 0; i < n; i += same) {
        for (same = 1;
             i + same < n && strcmp(note[i]->what, note[i + same]->what) == 0;
             same++)
        {
            /* void */
        }

        printf("note: %s:%u: ", note[i]->file ? note[i]->file : "",
            (unsigned) note[i]->line);

        if (note[i]->id) {
            printf("rule %u: ", (unsigned) note[i]->id);
        }

        printf("%s", note[i]->what);

        if (same > 1) {
            printf(" (and %zu more)", same - 1);
        }

        printf("\n");
    }
}


/* Rules that cost the most: every value is matched against their pattern. */

static void
print_slow(const api_waf_program_t *program)
{
    uint32_t            i, n;
    api_waf_rule_info_t rule;

    n = api_waf_program_rules(program);

    for (i = 0; i < n; i++) {
        if (!api_waf_program_unscanned(program, i)) {
            continue;
        }

        api_waf_program_rule(program, i, &rule);
        printf("slow: %s:%u: rule %u: its pattern is tried on each value: "
               "it is negated, or nothing in it must be there for a match\n",
            rule.file ? rule.file : "", (unsigned) rule.line,
            (unsigned) rule.id);
    }
}


int
apisec_waf_check(const api_seclang_t *loader, const api_waf_program_t *program)
{
    uint32_t                  i, n, removed, phase[API_WAF_NPHASES] = { 0 };
    uint32_t                  level[10] = { 0 };
    api_waf_rule_info_t       rule;
    const api_waf_settings_t *s;

    static const char *const engines[] = { "Off", "DetectionOnly", "On" };

    print_notes(loader);
    print_slow(program);

    n = api_waf_program_rules(program);
    removed = 0;

    for (i = 0; i < n; i++) {
        api_waf_program_rule(program, i, &rule);
        phase[rule.phase]++;
        level[rule.level < 10 ? rule.level : 9]++;
        removed += rule.removed;
    }

    s = api_waf_program_settings(program);

    printf("%u rules, %u of them removed; in phases 1 to 5: %u %u %u %u %u\n",
        n, removed, phase[1], phase[2], phase[3], phase[4], phase[5]);
    printf("by paranoia level: %u always, %u from 1 on, 2: %u, 3: %u, 4: %u; "
           "the files ask for %u\n",
        level[0], level[1], level[2], level[3], level[4],
        api_waf_program_level(program));
    printf("SecRuleEngine %s, request bodies %s, response bodies %s\n",
        s->engine_said ? engines[s->engine] : "not said",
        s->request_body ? "on" : "off", s->response_body ? "on" : "off");

    return APISEC_OK;
}
