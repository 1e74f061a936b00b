/*
 * Foreign bytes in what the tool writes: as a JSON string with its quotes, as
 * text of XML or HTML, in a table of Markdown, on a terminal.
 */

#ifndef APISEC_PUT_H
#define APISEC_PUT_H

#include "apisec.h"


void apisec_put_json(FILE *out, api_span_t s);
void apisec_put_xml(FILE *out, api_span_t s);
void apisec_put_markdown(FILE *out, api_span_t s);
void apisec_put_line(FILE *out, api_span_t s);


#endif /* APISEC_PUT_H */
