/* Parts of apisec schema. */

#ifndef APISEC_SCHEMA_H
#define APISEC_SCHEMA_H

#include "apisec.h"
#include "api_contract.h"


/* A request in a file, as HTTP/1.1 has it: a line, headers, an empty line, the
   body.  Lines may end in LF alone. */

#define APISEC_REQUEST_FIELDS 200

typedef struct {
    api_span_t  method;
    api_span_t  target;
    api_field_t fields[APISEC_REQUEST_FIELDS];
    size_t      nfields;
    bool        has_body;
    api_span_t  body;
} apisec_request_t;

/* APISEC_OK, or it has said what is wrong. */

int
apisec_request(const char *path, api_span_t text, apisec_request_t *request);

/* apisec_spec.c: what api_schema_spec does. */

typedef struct {
    const char *root;
    const char *base;
    bool        strict;
    bool        lenient;
} apisec_spec_t;

/* APISEC_OK; APISEC_NO when the document has mistakes, which were printed. */

int
apisec_spec(const char *path, const apisec_spec_t *how, api_openapi_t **spec);

/* The two steps of it, for who wants to look at the document too: the set is
   the caller's then, and goes back with api_docs_free. */

int apisec_spec_open(const char *path, const apisec_spec_t *how,
    api_docs_t **docs, const api_doc_t **doc);
int apisec_spec_compile(api_docs_t *docs, const api_doc_t *doc,
    const apisec_spec_t *how, api_openapi_t **spec);


#endif /* APISEC_SCHEMA_H */
