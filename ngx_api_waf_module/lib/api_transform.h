/*
 * Transformations of SecLang (`t:urlDecodeUni,t:lowercase`), each with the
 * reading of ModSecurity 3.0, byte for byte.
 *
 * A value that a transformation does not change is handed back as the same
 * span: nothing is allocated, nothing copied.  Output is bounded: no
 * transformation makes more than API_TRANSFORM_GROWTH bytes of one.
 *
 * All of it is linear in the value, without recursion and without state;
 * everything may be called from several threads.
 */

#ifndef API_TRANSFORM_H
#define API_TRANSFORM_H

#include "api_arena.h"


typedef enum {
    API_T_NONE = 0,
    API_T_BASE64_DECODE,
    API_T_BASE64_DECODE_EXT,
    API_T_BASE64_ENCODE,
    API_T_CMD_LINE,
    API_T_COMPRESS_WHITESPACE,
    API_T_CSS_DECODE,
    API_T_ESCAPE_SEQ_DECODE,
    API_T_HEX_DECODE,
    API_T_HEX_ENCODE,
    API_T_HTML_ENTITY_DECODE,
    API_T_JS_DECODE,
    API_T_LENGTH,
    API_T_LOWERCASE,
    API_T_MD5,
    API_T_NORMALISE_PATH, /* normalizePath too */
    API_T_NORMALISE_PATH_WIN,
    API_T_PARITY_EVEN_7BIT,
    API_T_PARITY_ODD_7BIT,
    API_T_PARITY_ZERO_7BIT,
    API_T_REMOVE_COMMENTS,
    API_T_REMOVE_COMMENTS_CHAR,
    API_T_REMOVE_NULLS,
    API_T_REMOVE_WHITESPACE,
    API_T_REPLACE_COMMENTS,
    API_T_REPLACE_NULLS,
    API_T_SHA1,
    API_T_SQL_HEX_DECODE,
    API_T_TRIM,
    API_T_TRIM_LEFT,
    API_T_TRIM_RIGHT,
    API_T_UPPERCASE,
    API_T_URL_DECODE,
    API_T_URL_DECODE_UNI,
    API_T_URL_ENCODE,
    API_T_UTF8_TO_UNICODE,
    API_T_COUNT
} api_transform_t;

#define API_TRANSFORM_GROWTH 6 /* utf8toUnicode: U+0080 is two bytes, %u0080 */
#define API_TRANSFORM_FIXED 64 /* ... and digests of nothing */

/* The id of a name, without `t:`, ASCII letters of any case; -1 when there is
   none.  The name of an id is the one that ModSecurity documents. */

int         api_transform_find(api_span_t name);
const char *api_transform_name(api_transform_t id);


/*
 * The code page that urlDecodeUni maps %uXXXX to (SecUnicodeMapFile):
 * best[0xXXXX] is the byte, or -1.
 */

typedef struct {
    int16_t best[65536];
} api_unicode_map_t;

/*
 * Reads the map of one code page from the text of a unicode.mapping file.
 * Returns API_OK, API_SYNTAX with the offset and "line N: ..." in err, or
 * API_INVALID when the file has no such code page.
 */

int api_unicode_map_read(
    api_unicode_map_t *map, api_span_t text, unsigned codepage, api_err_t *err);


typedef struct {
    const api_unicode_map_t *unicode; /* NULL: none was configured */
} api_transform_env_t;

/*
 * out is what transformation id makes of in: `in` itself (same pointer, same
 * length) if and only if no byte changes.  Memory comes from the arena, which
 * holds nothing new when nothing changed.  env may be NULL.  Returns API_OK or
 * API_NOMEM.
 */

int api_transform_run(api_transform_t id, const api_transform_env_t *env,
    api_span_t in, api_arena_t *arena, api_span_t *out);

/* All n of a chain; the same promise, and one block of the arena is kept at
   most, however long the chain. */

int api_transform_chain(const uint8_t *ids, size_t n,
    const api_transform_env_t *env, api_span_t in, api_arena_t *arena,
    api_span_t *out);


/*
 * Triggers: what is in a value, as bits, taken once a value.  A chain with
 * (api_transform_triggers(value) & api_transform_chain_mask(chain)) == 0
 * changes nothing in that value; otherwise it may or may not.
 */

#define API_TRIG_ALWAYS 0x00000001U    /* set in every summary */
#define API_TRIG_BYTES 0x00000002U     /* the value is not empty */
#define API_TRIG_UPPER 0x00000004U     /* A-Z */
#define API_TRIG_LOWER 0x00000008U     /* a-z */
#define API_TRIG_DIGIT 0x00000010U     /* 0-9 */
#define API_TRIG_SPACE 0x00000020U     /* 0x20 */
#define API_TRIG_WHITE 0x00000040U     /* \t \n \v \f \r, 0x85, 0xa0 */
#define API_TRIG_NUL 0x00000080U       /* 0x00 */
#define API_TRIG_CONTROL 0x00000100U   /* the other controls, 0x7f */
#define API_TRIG_HIGH 0x00000200U      /* 0x80-0xff */
#define API_TRIG_PERCENT 0x00000400U   /* % */
#define API_TRIG_PLUS 0x00000800U      /* + */
#define API_TRIG_AMP 0x00001000U       /* & */
#define API_TRIG_BACKSLASH 0x00002000U /* \ */
#define API_TRIG_SLASH 0x00004000U     /* / */
#define API_TRIG_STAR 0x00008000U      /* * */
#define API_TRIG_QUOTE 0x00010000U     /* ' " ` */
#define API_TRIG_LIST 0x00020000U      /* , ; */
#define API_TRIG_CARET 0x00040000U     /* ^ */
#define API_TRIG_DASH 0x00080000U      /* - */
#define API_TRIG_HASH 0x00100000U      /* # */
#define API_TRIG_ANGLE 0x00200000U     /* < > */
#define API_TRIG_PAREN 0x00400000U     /* ( ) { } [ ] */
#define API_TRIG_EQUALS 0x00800000U    /* = */
#define API_TRIG_PUNCT 0x01000000U     /* ! $ | ~ ? @ _ */
#define API_TRIG_COLON 0x02000000U     /* : */
#define API_TRIG_DOT 0x04000000U       /* . */
#define API_TRIG_X_WHITE2 0x08000000U  /* two blanks (SPACE, WHITE) in a row */
#define API_TRIG_X_PATH 0x10000000U    /* // /. \/ ... for normalisePath */
#define API_TRIG_X_COMMENT 0x20000000U /* slash star, star slash, <!--, -- */
#define API_TRIG_X_EDGE 0x40000000U    /* the first or last byte is a blank */
#define API_TRIG_X_HEX 0x80000000U     /* 0x followed by a hex digit */

uint32_t api_transform_triggers(api_span_t value);
uint32_t api_transform_mask(api_transform_t id);
uint32_t api_transform_chain_mask(const uint8_t *ids, size_t n);


#endif /* API_TRANSFORM_H */
