#include "apisec_attack.h"
#include "apisec_junit.h"

#include "api_text.h"


const char *const apisec_report_names[APISEC_NREPORTS] = { "text", "json",
    "sarif", "junit" };

static const char *const outcomes[APISEC_NOUTCOMES] = { "refused", "ACCEPTED",
    "undecided", "not sent" };


static const char *
operation(const apisec_case_t *c)
{
    return c->op ? apisec_text("%s %s",
               apisec_span_text(api_method_name(c->op->method)),
               apisec_span_text(c->op->route))
                 : "the API";
}


static const char *
answer(const apisec_reply_t *reply)
{
    if (reply->status == 0) {
        return *reply->why ? reply->why : "nothing";
    }

    return apisec_text(
        "%u%s%s", reply->status, *reply->code ? " " : "", reply->code);
}


/* One line about a case that was not refused. */

static const char *
story(const apisec_attack_t *attack, const apisec_case_t *c)
{
    const char *valid = "";

    if (c->outcome == APISEC_NOT_SENT) {
        return "not sent: over --max or --time";
    }

    if (c->op && !attack->valid[c->op->index].missing) {
        valid = apisec_text("; the valid request: %s",
            answer(&attack->valid[c->op->index].reply));
    }

    return apisec_text("%s%s%s, expected %s, got %s%s",
        apisec_attacks[c->kind].title, *c->detail ? ": " : "", c->detail,
        apisec_attacks[c->kind].expect, answer(&c->reply), valid);
}


static void
count(const apisec_attack_t *attack, apisec_attack_kind_t kind,
    unsigned n[APISEC_NOUTCOMES])
{
    const apisec_case_t *c;

    memset(n, 0, APISEC_NOUTCOMES * sizeof(unsigned));

    for (c = attack->first; c; c = c->next) {
        n[c->outcome] += c->kind == kind || kind == APISEC_NATTACKS;
    }
}


/* Text */

static void
text_cases(const apisec_attack_t *attack, apisec_outcome_t outcome)
{
    char                 line[1024];
    size_t               len;
    const apisec_case_t *c;

    for (c = attack->first; c; c = c->next) {
        if (c->outcome == outcome) {
            len = api_text_log(
                apisec_span(story(attack, c)), line, sizeof(line), NULL);
            printf("%-9s %s %-19s %s\n          %.*s\n", outcomes[outcome],
                apisec_attacks[c->kind].owasp, apisec_attacks[c->kind].id,
                operation(c), (int) len, line);

            if (outcome == APISEC_ACCEPTED) {
                printf(
                    "          see docs/%s\n", apisec_attacks[c->kind].page);
            }
        }
    }
}


static void
report_text(const apisec_attack_t *attack, const char *url)
{
    unsigned              i, n[APISEC_NOUTCOMES];
    uint32_t              op;
    const apisec_valid_t *valid;

    text_cases(attack, APISEC_ACCEPTED);
    text_cases(attack, APISEC_UNDECIDED);

    for (op = 0; op < api_openapi_count(attack->spec); op++) {
        valid = &attack->valid[op];

        if (valid->missing) {
            printf("skipped   %s: %s\n",
                apisec_span_text(api_openapi_at(attack->spec, op)->id),
                valid->missing);
        }
    }

    printf("\n%-20s %-10s %8s %8s %9s %8s\n", "attack", "OWASP", "refused",
        "accepted", "undecided", "not sent");

    for (i = 0; i <= APISEC_NATTACKS; i++) {
        count(attack, i, n);

        if (n[0] + n[1] + n[2] + n[3]) {
            printf("%-20s %-10s %8u %8u %9u %8u\n",
                i < APISEC_NATTACKS ? apisec_attacks[i].id : "all",
                i < APISEC_NATTACKS ? apisec_attacks[i].owasp : "",
                n[APISEC_REFUSED], n[APISEC_ACCEPTED], n[APISEC_UNDECIDED],
                n[APISEC_NOT_SENT]);
        }
    }

    printf("\n%s at %s\n",
        n[APISEC_ACCEPTED] ? "NOT all was refused" : "Nothing was accepted",
        url);
}


/* JSON, as a tree of cJSON */

static void
put(cJSON *to, const char *name, const char *text)
{
    (void) apisec_sure(cJSON_AddStringToObject(to, name, text));
}


static cJSON *
array(cJSON *to, const char *name)
{
    return apisec_sure(cJSON_AddArrayToObject(to, name));
}


static cJSON *
element(cJSON *to)
{
    cJSON *made = apisec_sure(cJSON_CreateObject());

    cJSON_AddItemToArray(to, made);

    return made;
}


static void
print(cJSON *tree)
{
    char *text = cJSON_Print(tree);

    printf("%s\n", text ? text : "");
    cJSON_free(text);
    cJSON_Delete(tree);
}


static void
report_json(
    const apisec_attack_t *attack, const char *document, const char *url)
{
    cJSON *item, *list, *root = apisec_sure(cJSON_CreateObject());
    const apisec_case_t *c;

    put(root, "document", document);
    put(root, "target", url);
    list = array(root, "attacks");

    for (c = attack->first; c; c = c->next) {
        item = element(list);
        put(item, "id", apisec_attacks[c->kind].id);
        put(item, "owasp", apisec_attacks[c->kind].owasp);
        put(item, "operation", operation(c));
        put(item, "detail", c->detail);
        put(item, "method", apisec_span_text(c->request.method));
        put(item, "path", c->request.target);
        put(item, "expected", apisec_attacks[c->kind].expect);
        put(item, "outcome",
            c->outcome == APISEC_ACCEPTED ? "accepted" : outcomes[c->outcome]);
        (void) apisec_sure(
            cJSON_AddNumberToObject(item, "status", c->reply.status));
        put(item, "code", c->reply.code);
        put(item, "support_id", c->reply.support);
    }

    print(root);
}


static void
report_sarif(const apisec_attack_t *attack, const char *document)
{
    bool                  first = true;
    unsigned              i;
    const apisec_case_t  *c;
    apisec_sarif_rule_t   rule = { .level = "error", .rank = "8.0" };
    apisec_sarif_result_t result = { .file = apisec_span(document) };

    apisec_sarif_begin(stdout, "apisec attack");

    for (i = 0; i < APISEC_NATTACKS; i++) {
        rule.id = apisec_attacks[i].id;
        rule.title = apisec_attacks[i].title;
        rule.help = apisec_text("See docs/%s.", apisec_attacks[i].page);
        rule.owasp = apisec_attacks[i].owasp;
        apisec_sarif_rule(stdout, &rule, i == 0);
    }

    apisec_sarif_results(stdout);

    for (c = attack->first; c; c = c->next) {
        if (c->outcome == APISEC_REFUSED) {
            continue;
        }

        result.rule = apisec_attacks[c->kind].id;
        result.index = c->kind;
        result.level = c->outcome == APISEC_ACCEPTED ? "error" : "note";
        result.message =
            apisec_span(apisec_text("%s: %s", operation(c), story(attack, c)));
        result.line = c->op ? c->op->line : 1;
        apisec_sarif_result(stdout, &result, first);
        first = false;
    }

    apisec_sarif_end(stdout);
}


static void
report_junit(const apisec_attack_t *attack)
{
    bool                 fault;
    unsigned             n[APISEC_NOUTCOMES];
    const apisec_case_t *c;

    count(attack, APISEC_NATTACKS, n);
    apisec_junit_begin(stdout, "apisec attack", n[0] + n[1] + n[2] + n[3],
        n[APISEC_ACCEPTED], n[APISEC_UNDECIDED] + n[APISEC_NOT_SENT]);

    for (c = attack->first; c; c = c->next) {
        fault = c->outcome != APISEC_REFUSED;
        apisec_junit_case(stdout, apisec_attacks[c->kind].id,
            apisec_span(apisec_text("%s %s", operation(c), c->detail)));

        if (fault) {
            apisec_junit_fault(stdout,
                c->outcome == APISEC_ACCEPTED ? "failure" : "skipped", "",
                apisec_span(story(attack, c)), api_span(NULL, 0));
        }

        apisec_junit_close(stdout, fault);
    }

    apisec_junit_end(stdout);
}


void
apisec_attack_report(const apisec_attack_t *attack, apisec_report_t form,
    const char *document, const char *url)
{
    switch (form) {
    case APISEC_REPORT_JSON:
        report_json(attack, document, url);
        return;
    case APISEC_REPORT_SARIF:
        report_sarif(attack, document);
        return;
    case APISEC_REPORT_JUNIT:
        report_junit(attack);
        return;
    default:
        report_text(attack, url);
    }
}
