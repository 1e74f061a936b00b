#include "apisec_report.h"


static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src"
    " 'none'; style-src 'unsafe-inline'\">\n"
    "<style>body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;"
    "margin:2rem auto;padding:0 1rem;color:#1b1f24}"
    "h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}"
    "table{border-collapse:collapse;width:100%;font-size:.85rem;"
    "margin-bottom:1rem}"
    "th,td{text-align:left;padding:.25rem .5rem;border-bottom:1px solid "
    "#d0d7de;vertical-align:top;overflow-wrap:anywhere}"
    "th{background:#f3f5f7;overflow-wrap:normal}td.bad{color:#a40e26;font-"
    "weight:600}"
    "@media print{body{margin:0;max-width:none;font-size:11px}"
    "table{font-size:9px}tr{break-inside:avoid}"
    "thead{display:table-header-group}}"
    "</style>\n<title>";


/* Text of ours and of others: escaped all the same. */

static void
text(const apisec_page_t *p, const char *s)
{
    if (p->html) {
        apisec_put_xml(p->out, apisec_span(s));

    } else {
        apisec_put_markdown(p->out, apisec_span(s));
    }
}


void
apisec_page_begin(const apisec_page_t *p, const char *title)
{
    if (p->html) {
        fputs(head, p->out);
        text(p, title);
        fputs("</title></head><body><main>\n<h1>", p->out);
        text(p, title);
        fputs("</h1>\n", p->out);

    } else {
        fputs("# ", p->out);
        text(p, title);
        fputs("\n\n", p->out);
    }
}


void
apisec_page_end(const apisec_page_t *p)
{
    fputs(p->html ? "</main></body></html>\n" : "", p->out);
}


void
apisec_page_heading(const apisec_page_t *p, const char *s)
{
    fputs(p->html ? "<h2>" : "## ", p->out);
    text(p, s);
    fputs(p->html ? "</h2>\n" : "\n\n", p->out);
}


void
apisec_page_line(const apisec_page_t *p, const char *s)
{
    fputs(p->html ? "<p>" : "", p->out);
    text(p, s);
    fputs(p->html ? "</p>\n" : "\n\n", p->out);
}


void
apisec_page_table(const apisec_page_t *p, const char *const *heads, size_t n)
{
    size_t i;

    fputs(p->html ? "<table><thead><tr>" : "|", p->out);

    for (i = 0; i < n; i++) {
        fputs(p->html ? "<th scope=\"col\">" : " ", p->out);
        text(p, heads[i]);
        fputs(p->html ? "</th>" : " |", p->out);
    }

    fputs(p->html ? "</tr></thead><tbody>\n" : "\n|", p->out);

    for (i = 0; !p->html && i < n; i++) {
        fputs("---|", p->out);
    }

    fputs(p->html ? "" : "\n", p->out);
}


void
apisec_page_row(const apisec_page_t *p, const char *const *cells, size_t n)
{
    bool   bad;
    size_t i;

    fputs(p->html ? "<tr>" : "|", p->out);

    for (i = 0; i < n; i++) {
        bad = cells[i][0] == '!';
        fputs(!p->html ? bad ? " **" : " "
              : bad    ? "<td class=\"bad\">"
                       : "<td>",
            p->out);
        text(p, cells[i] + bad);
        fputs(p->html ? "</td>" : bad ? "** |" : " |", p->out);
    }

    fputs(p->html ? "</tr>\n" : "\n", p->out);
}


void
apisec_page_table_end(const apisec_page_t *p)
{
    fputs(p->html ? "</tbody></table>\n" : "\n", p->out);
}
