/* What the files of api_doc share; nobody else includes this. */

#ifndef API_DOC_INT_H
#define API_DOC_INT_H

#include "api_doc.h"


/* Objects with more members are found through the index. */

#define API_DOC_SMALL 16

/* JSON texts count their lines in steps of so many bytes. */

#define API_DOC_STEP 16384


/* A string or name whose text has escapes, decoded. */

typedef struct {
    const uint8_t *data;
    uint32_t       len;
    uint32_t       tok;
} api_doc_text_t;

typedef struct {
    uint32_t object; /* token of the object; 0 with name 0: free */
    uint32_t name;   /* token of the name */
} api_doc_slot_t;

struct api_doc_s {
    api_json_t  json;
    api_span_t  name;
    api_docs_t *docs;
    api_doc_t  *next;
    api_span_t  loaded; /* text to be released with the set */

    api_doc_text_t *texts; /* by token */
    uint32_t        ntexts;

    api_doc_slot_t *slots;
    uint32_t        mask; /* slots - 1; 0: no index */

    /* YAML: the line of each token; JSON: newlines before each step. */

    uint32_t *lines;
    bool      yaml;
};

struct api_docs_s {
    const api_alloc_t *alloc;
    api_arena_t        arena;
    api_doc_limits_t   limits;
    api_doc_loader_t   loader;
    api_sipkey_t       seed;
    bool               remote;
    bool               loads;

    api_doc_t  *first;
    api_doc_t **last;
    uint32_t    count;
};


/*
 * YAML text as JSON text in `arena`, with the place and line of each token
 * of the tape that it will have.
 */

typedef struct {
    uint32_t off; /* in the JSON text */
    uint32_t line;
} api_doc_mark_t;

typedef struct {
    api_span_t      json;
    api_doc_mark_t *marks; /* by token */
    uint32_t        nmarks;
} api_doc_yaml_t;

int api_doc_yaml(api_span_t text, const api_doc_limits_t *limits,
    api_arena_t *arena, api_doc_yaml_t *out, api_err_t *err);

/* Read `text` into the new doc->json. */

int api_doc_read(api_doc_t *doc, api_span_t text, api_err_t *err);

int api_doc_nomem(api_err_t *err);

/*
 * The JSON that a plain scalar of YAML stands for, by the core schema (1.2,
 * 10.3.2).
 */

typedef enum {
    API_DOC_PLAIN_STRING, /* itself, in quotes */
    API_DOC_PLAIN_WORD,   /* `word` */
    API_DOC_PLAIN_NUMBER, /* the parts, one behind the other */
    API_DOC_PLAIN_NEVER   /* infinity, not a number */
} api_doc_plain_type_t;

typedef struct {
    api_doc_plain_type_t type;
    char                 word[24];
    unsigned             nparts;
    api_span_t           part[6];
} api_doc_plain_t;

void api_doc_plain(api_span_t s, api_doc_plain_t *out);

/* Where the search for the name with this hash begins. */

static inline uint32_t
api_doc_slot(uint32_t object, uint32_t hash)
{
    return (object * UINT32_C(0x9e3779b1)) ^ hash;
}

/* Decode the texts with escapes, build the index and the lines. API_NOMEM. */

int api_doc_index(api_doc_t *doc);

/* The decoded text of the string or name at token t. */

api_span_t api_doc_text(const api_doc_t *doc, uint32_t t);


#endif /* API_DOC_INT_H */
