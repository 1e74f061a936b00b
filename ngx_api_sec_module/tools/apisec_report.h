/*
 * Parts of apisec report: a page in HTML or Markdown, of headings, lines and
 * tables.
 */

#ifndef APISEC_REPORT_H
#define APISEC_REPORT_H

#include "apisec_lint.h"


typedef struct {
    FILE *out;
    bool  html;
} apisec_page_t;

/* apisec_page.c */

void apisec_page_begin(const apisec_page_t *p, const char *title);
void apisec_page_end(const apisec_page_t *p);
void apisec_page_heading(const apisec_page_t *p, const char *text);
void apisec_page_line(const apisec_page_t *p, const char *text);

/* A table: its heads, a row each with as many cells, its end.  A cell that
   begins with "!" is shown as a fault, without the mark. */

void
apisec_page_table(const apisec_page_t *p, const char *const *heads, size_t n);
void
apisec_page_row(const apisec_page_t *p, const char *const *cells, size_t n);
void apisec_page_table_end(const apisec_page_t *p);

/* apisec_matrix.c: what holds for each operation. */

void apisec_matrix(const apisec_page_t *p, const api_lint_t *lint);

/* apisec_owned.c: policies, exceptions, keys. */

void apisec_owned(const apisec_page_t *p, const api_lint_t *lint);


#endif /* APISEC_REPORT_H */
