/*
 * Executable documents of GraphQL (October 2021): operations and fragments,
 * read strictly, measured, and laid out flat, so that arguments and strings
 * can be walked without knowing the grammar.
 *
 * Nothing recurses; time is linear in the text, and in the number of spreads
 * times fragments for their names.  What fragments multiply is computed, not
 * expanded: a document of 1 KiB that spreads to 2^50 fields is refused as
 * fast as any other.  All memory comes from the arena; nodes point into the
 * text.
 *
 * Beyond the grammar the rules that make a document mean one thing are
 * checked: unique names of operations, fragments, variables and arguments, an
 * anonymous operation stands alone, fragments exist and have no cycle.  Types
 * are not known here.  Type system definitions are refused: they have no
 * place in a request.
 */

#ifndef API_GRAPHQL_H
#define API_GRAPHQL_H

#include "api_arena.h"


typedef enum {
    API_GRAPHQL_OPERATION, /* text: query, mutation, subscription or empty */
    API_GRAPHQL_FRAGMENT,  /* text: the type behind on */
    API_GRAPHQL_VARIABLE,  /* definition; text: its type as written */
    API_GRAPHQL_FIELD,     /* text: its alias, len 0: none */
    API_GRAPHQL_SPREAD,    /* ...name */
    API_GRAPHQL_INLINE,    /* ... on name {}; the name may be empty */
    API_GRAPHQL_DIRECTIVE, /* @name */
    API_GRAPHQL_ARGUMENT,  /* its value is the next node */
    API_GRAPHQL_MEMBER, /* name of an input object; value is the next node */
    API_GRAPHQL_LIST,   /* elements follow, one level deeper */
    API_GRAPHQL_OBJECT, /* members follow, one level deeper */
    API_GRAPHQL_USE,    /* $name as a value */
    API_GRAPHQL_INT,    /* text of these: as written */
    API_GRAPHQL_FLOAT,
    API_GRAPHQL_STRING, /* text between the quotes, see api_graphql_string */
    API_GRAPHQL_BLOCK,  /* text between """ and """ */
    API_GRAPHQL_ENUM,   /* also true, false, null */
    API_GRAPHQL_NTYPES
} api_graphql_type_t;

typedef struct {
    api_span_t name;
    api_span_t text;
    uint32_t   def;   /* number of the operation or fragment it is in */
    uint32_t   prev;  /* name before it in its list; UINT32_MAX: the first */
    uint16_t   depth; /* selections: fields around it; values: values around */
    uint8_t    type;
} api_graphql_node_t;

typedef struct {
    uint32_t size;       /* bytes of the document */
    uint32_t nodes;      /* of the flat layout */
    uint32_t depth;      /* fields in fields, through fragments */
    uint32_t fields;     /* through fragments */
    uint32_t aliases;    /* through fragments */
    uint32_t root;       /* outermost fields, through fragments */
    uint32_t directives; /* through fragments */
    uint32_t fragments;
    uint32_t operations;
    uint32_t values; /* lists and objects in each other, up to 64 */
    uint32_t names;  /* arguments, variables, or members of one list */
} api_graphql_limits_t;

/* 64 KiB, 10 000 nodes, 15 deep, 1 000 fields, 30 aliases, 50 at the root, 50
   directives, 50 fragments, 10 operations, values 10 deep, 100 names. */

extern const api_graphql_limits_t api_graphql_limits_default;

/* Of the operation that has most of each; counts stop at UINT32_MAX. */

typedef struct {
    uint32_t depth;
    uint32_t fields;
    uint32_t aliases;
    uint32_t root;
    uint32_t directives;
} api_graphql_cost_t;

typedef struct {
    api_graphql_node_t *node;
    uint32_t            n;
    uint32_t            operations;
    uint32_t            fragments;
    api_graphql_cost_t  cost;
    bool                introspection; /* __schema or __type is asked for */
    bool                mutation;
    bool                subscription;
} api_graphql_t;

typedef enum {
    API_GRAPHQL_E_NONE = 0,
    API_GRAPHQL_E_SIZE,
    API_GRAPHQL_E_NODES,
    API_GRAPHQL_E_DEPTH,
    API_GRAPHQL_E_FIELDS,
    API_GRAPHQL_E_ALIASES,
    API_GRAPHQL_E_ROOT,
    API_GRAPHQL_E_DIRECTIVES,
    API_GRAPHQL_E_FRAGMENTS,
    API_GRAPHQL_E_OPERATIONS,
    API_GRAPHQL_E_VALUES,
    API_GRAPHQL_E_NAMES,
    API_GRAPHQL_E_UTF8,
    API_GRAPHQL_E_CHARACTER, /* begins no token */
    API_GRAPHQL_E_STRING,    /* not closed, control character, bad escape */
    API_GRAPHQL_E_NUMBER,
    API_GRAPHQL_E_TOKEN,      /* another one was expected */
    API_GRAPHQL_E_EMPTY,      /* no operation */
    API_GRAPHQL_E_DEFINITION, /* of a type system */
    API_GRAPHQL_E_DUPLICATE,
    API_GRAPHQL_E_ANONYMOUS, /* not alone */
    API_GRAPHQL_E_UNKNOWN,   /* a fragment that is not defined */
    API_GRAPHQL_E_CYCLE,
    API_GRAPHQL_E_NOMEM,
    API_GRAPHQL_NERRORS
} api_graphql_error_t;

const char *api_graphql_error_name(int code);

/*
 * Returns API_OK, API_SYNTAX, API_LIMIT, API_DUPLICATE, API_INVALID (unknown
 * fragment, cycle, anonymous), API_UNSUPPORTED (definitions) or API_NOMEM;
 * err->pos is the byte at fault, 0 of a limit that counts through fragments.
 * `limits` NULL: the default.
 */

int api_graphql_parse(api_graphql_t *doc, api_span_t text,
    const api_graphql_limits_t *limits, api_arena_t *arena, api_err_t *err);

/* The value of an API_GRAPHQL_STRING or _BLOCK: escapes decoded, indentation
   of a block taken away.  API_OK or API_NOMEM. */

int api_graphql_string(
    const api_graphql_node_t *node, api_arena_t *arena, api_span_t *out);


#endif /* API_GRAPHQL_H */
