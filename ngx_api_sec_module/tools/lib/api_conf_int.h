/*
 * The lexer, for the parser.
 */

#ifndef API_CONF_INT_H
#define API_CONF_INT_H

#include "api_conf.h"


typedef enum {
    API_CONF_T_DIRECTIVE, /* words, then ; */
    API_CONF_T_BLOCK,     /* words, then { */
    API_CONF_T_CLOSE,     /* } */
    API_CONF_T_END,       /* of the file */
    API_CONF_T_BAD        /* *bad says how */
} api_conf_token_t;

typedef struct {
    const api_conf_file_t *file;
    size_t                 pos;
    uint32_t               line;
} api_conf_cursor_t;

typedef struct {
    api_arena_t *arena;
    api_span_t  *words;
    uint32_t     n;
    uint32_t     size;
    uint32_t     line; /* of the first word */
    int          code; /* of API_CONF_T_BAD */
    const char  *bad;
} api_conf_words_t;

api_conf_token_t api_conf_lex(api_conf_cursor_t *c, api_conf_words_t *w);

/* Skips what stands in a block up to and with the brace that closes it, by
   the quotes and comments of Lua.  False: there is none. */

bool api_conf_lex_skip(api_conf_cursor_t *c);


#endif /* API_CONF_INT_H */
