#include "apisec_junit.h"


static api_span_t
text_of(const char *s)
{
    return api_span(s, strlen(s));
}


void
apisec_junit_begin(FILE *out, const char *suite, size_t tests, size_t failures,
    size_t skipped)
{
    fprintf(out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\""
        " skipped=\"%zu\">\n",
        suite, tests, failures, skipped);
}


void
apisec_junit_case(FILE *out, const char *class, api_span_t name)
{
    fputs("  <testcase classname=\"", out);
    apisec_put_xml(out, text_of(class));
    fputs("\" name=\"", out);
    apisec_put_xml(out, name);
    fputc('"', out);
}


void
apisec_junit_fault(FILE *out, const char *element, const char *type,
    api_span_t message, api_span_t text)
{
    fprintf(out, ">\n    <%s", element);

    if (*type) {
        fprintf(out, " type=\"%s\"", type);
    }

    fputs(" message=\"", out);
    apisec_put_xml(out, message);
    fputs("\">", out);
    apisec_put_xml(out, text);
    fprintf(out, "</%s>\n", element);
}


void
apisec_junit_close(FILE *out, bool fault)
{
    fputs(fault ? "  </testcase>\n" : "/>\n", out);
}


void
apisec_junit_end(FILE *out)
{
    fputs("</testsuite>\n", out);
}


/* SARIF */

static void
string(FILE *out, const char *before, api_span_t s)
{
    fputs(before, out);
    apisec_put_json(out, s);
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


void
apisec_sarif_begin(FILE *out, const char *tool)
{
    fputs("{\"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/"
          "schemas/sarif-schema-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":"
          "[{\"tool\":{\"driver\":{",
        out);
    string(out, "\"name\":", text_of(tool));
    fputs(",\"rules\":[", out);
}


void
apisec_sarif_rule(FILE *out, const apisec_sarif_rule_t *r, bool first)
{
    fputs(first ? "\n" : ",\n", out);
    string(out, "{\"id\":", text_of(r->id));
    string(out, ",\"name\":", text_of(r->name ? r->name : r->id));
    string(out, ",\"shortDescription\":{\"text\":", text_of(r->title));
    string(out, "},\"help\":{\"text\":", text_of(r->help));
    fprintf(out,
        "},\"defaultConfiguration\":{\"level\":\"%s\"},\"properties\":"
        "{\"security-severity\":\"%s\",\"tags\":[\"security\"",
        r->level, r->rank);

    if (*r->owasp) {
        string(out, ",", text_of(apisec_text("owasp:%s", r->owasp)));
    }

    fputs("]}}", out);
}


void
apisec_sarif_results(FILE *out)
{
    fputs("]}},\"results\":[", out);
}


void
apisec_sarif_result(FILE *out, const apisec_sarif_result_t *r, bool first)
{
    fputs(first ? "\n" : ",\n", out);
    string(out, "{\"ruleId\":", text_of(r->rule));
    fprintf(out, ",\"ruleIndex\":%u,\"level\":\"%s\",", r->index, r->level);

    if (r->state) {
        fprintf(out, "\"baselineState\":\"%s\",", r->state);
    }

    string(out, "\"message\":{\"text\":", r->message);
    fputs("},\"locations\":[{\"physicalLocation\":{\"artifactLocation\":"
          "{\"uri\":",
        out);
    uri(out, r->file);
    fprintf(out, "},\"region\":{\"startLine\":%u}}}]", r->line);

    if (r->fingerprint) {
        fprintf(out, ",\"partialFingerprints\":{\"apisec/v1\":\"%s\"}",
            r->fingerprint);
    }

    fputc('}', out);
}


void
apisec_sarif_end(FILE *out)
{
    fputs("]}]}\n", out);
}
