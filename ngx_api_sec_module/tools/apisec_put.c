/*
 * Foreign bytes in what the tool writes.
 */

#include "apisec_lint.h"


void
apisec_put_json(FILE *out, api_span_t s)
{
    char   buf[1536];
    size_t taken, n;

    fputc('"', out);

    while (s.len) {
        n = api_text_json(s, buf, sizeof(buf), &taken);
        (void) fwrite(buf, 1, n, out);

        if (taken == 0) {
            break;
        }

        s = api_span(s.data + taken, s.len - taken);
    }

    fputc('"', out);
}


void
apisec_put_line(FILE *out, api_span_t s)
{
    char   buf[1024];
    size_t taken, n;

    while (s.len) {
        n = api_text_log(s, buf, sizeof(buf), &taken);
        (void) fwrite(buf, 1, n, out);
        s = api_span(s.data + taken, s.len - taken);
    }
}


/* A character that means something in XML, or that it cannot have. */

void
apisec_put_xml(FILE *out, api_span_t s)
{
    size_t i;

    for (i = 0; i < s.len; i++) {
        switch (s.data[i]) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            fputc(
                s.data[i] < 0x20 || s.data[i] >= 0x7f ? '?' : s.data[i], out);
        }
    }
}


void
apisec_put_markdown(FILE *out, api_span_t s)
{
    size_t i;

    for (i = 0; i < s.len; i++) {
        if (memchr("\\`*_{}[]<>|#", s.data[i], 12)) {
            fputc('\\', out);
        }

        fputc(s.data[i] < 0x20 || s.data[i] >= 0x7f ? '?' : s.data[i], out);
    }
}
