/*
 * SARIF 2.1.0 (OASIS).
 */

#include "apisec_lint.h"


static void
string(FILE *out, const char *before, api_span_t s)
{
    fputs(before, out);
    apisec_put_json(out, s);
}


static const char *
level(const api_lint_check_t *c)
{
    static const char *const levels[] = { "note", "warning", "error" };

    return levels[c->severity];
}


/* CVSS-like number by which code hosts sort. */

static const char *
rank(const api_lint_check_t *c)
{
    static const char *const ranks[] = { "3.0", "5.5", "8.0" };

    return ranks[c->severity];
}


static void
rule(FILE *out, const api_lint_check_t *c)
{
    string(out, "{\"id\":", apisec_span(c->id));
    string(out, ",\"name\":", apisec_span(c->name));
    string(out, ",\"shortDescription\":{\"text\":", apisec_span(c->title));
    string(out, "},\"help\":{\"text\":",
        apisec_span(
            apisec_text("%s See " APISEC_PAGES ".", c->remedy, c->id)));
    fprintf(out,
        "},\"defaultConfiguration\":{\"level\":\"%s\"},\"properties\":"
        "{\"security-severity\":\"%s\",\"tags\":[\"security\"",
        level(c), rank(c));

    if (*c->owasp) {
        fprintf(out, ",\"owasp:%s\"", c->owasp);
    }

    fputs("]}}", out);
}


/* A path as a URI reference: what is no letter, digit or one of -._~/ is
   escaped. */

static void
uri(FILE *out, api_span_t path)
{
    size_t i;

    fputs(path.len && path.data[0] == '/' ? "\"file://" : "\"", out);

    for (i = 0; i < path.len; i++) {
        if ((path.data[i] >= '0' && path.data[i] <= '9')
            || ((path.data[i] | 0x20) >= 'a' && (path.data[i] | 0x20) <= 'z')
            || memchr("-._~/", path.data[i], 5))
        {
            fputc(path.data[i], out);

        } else {
            fprintf(out, "%%%02X", path.data[i]);
        }
    }

    fputc('"', out);
}


static void
result(FILE *out, const api_lint_finding_t *f)
{
    char print[17];

    apisec_lint_fingerprint(f, print);

    string(out, "{\"ruleId\":", apisec_span(f->check->id));
    fprintf(out,
        ",\"ruleIndex\":%u,\"level\":\"%s\",\"baselineState\":\"%s\",",
        (unsigned) (f->check - api_lint_checks), level(f->check),
        f->old ? "unchanged" : "new");
    string(out, "\"message\":{\"text\":", f->text);
    fputs("},\"locations\":[{\"physicalLocation\":{\"artifactLocation\":"
          "{\"uri\":",
        out);
    uri(out, f->file);
    fprintf(out,
        "},\"region\":{\"startLine\":%u}}}],"
        "\"partialFingerprints\":{\"apisec/v1\":\"%s\"}}",
        (unsigned) f->line, print);
}


void
apisec_lint_sarif(FILE *out, const api_lint_t *lint)
{
    const api_lint_check_t   *c;
    const api_lint_finding_t *f;

    fputs("{\"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/"
          "schemas/sarif-schema-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":"
          "[{\"tool\":{\"driver\":{\"name\":\"apisec lint\",\"rules\":[\n",
        out);

    for (c = api_lint_checks; c->id; c++) {
        fputs(c == api_lint_checks ? "" : ",\n", out);
        rule(out, c);
    }

    fputs("]}},\"results\":[", out);

    for (f = lint->first; f; f = f->next) {
        fputs(f == lint->first ? "\n" : ",\n", out);
        result(out, f);
    }

    fputs("]}]}\n", out);
}
