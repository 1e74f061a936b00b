/*
 * Transformations of SecLang (`t:urlDecodeUni,t:lowercase`), each with the
 * reading of ModSecurity 3.0, byte for byte, but for one: cssDecode does not
 * end at the first NUL, behind which an attack would hide.
 *
 * A value that a transformation does not change is handed back as the same
 * span: nothing is allocated, nothing copied.  Output is bounded: no
 * transformation makes more than API_TRANSFORM_GROWTH bytes of one,
 * and API_TRANSFORM_FIXED more.
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

#define API_TRANSFORM_GROWTH 4 /* utf8toUnicode, at most */
#define API_TRANSFORM_FIXED 32 /* ... and a digest of nothing */

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

int api_unicode_map_read(api_unicode_map_t *map, api_span_t text,
    unsigned codepage, api_err_t *err);


typedef struct {
    const api_unicode_map_t *unicode; /* NULL: none was configured */
    void                    *md5; /* of OpenSSL; NULL: looked up each time */
    void                    *sha1;
} api_transform_env_t;

/* Looks the digests up, once; the memory is OpenSSL's. */

void api_transform_env_open(api_transform_env_t *env);
void api_transform_env_close(api_transform_env_t *env);

/*
 * out is what transformation id makes of in: `in` itself (same pointer, same
 * length) if and only if no byte changes.  Memory comes from the arena, which
 * holds nothing new when nothing changed.  env may be NULL.  Returns API_OK or
 * API_NOMEM.
 */

int api_transform_run(api_transform_t id, const api_transform_env_t *env,
    api_span_t in, api_arena_t *arena, api_span_t *out);

/* All n of a chain, with the same promise; those that cannot change what the
   ones before them made are not run. */

int api_transform_chain(const uint8_t *ids, size_t n,
    const api_transform_env_t *env, api_span_t in, api_arena_t *arena,
    api_span_t *out);


/*
 * Triggers: what is in a value, as bits, taken once a value.  A chain with
 * (api_transform_triggers(value) & api_transform_chain_mask(chain)) == 0
 * changes nothing in that value; otherwise it may or may not.
 */

typedef uint64_t api_trigger_t;

#define API_TRIG(n) ((api_trigger_t) 1 << (n))

#define API_TRIG_ALWAYS API_TRIG(0)     /* set in every summary */
#define API_TRIG_BYTES API_TRIG(1)      /* the value is not empty */
#define API_TRIG_UPPER API_TRIG(2)      /* A-Z */
#define API_TRIG_LOWER API_TRIG(3)      /* a-z */
#define API_TRIG_DIGIT API_TRIG(4)      /* 0-9 */
#define API_TRIG_SPACE API_TRIG(5)      /* 0x20 */
#define API_TRIG_WHITE API_TRIG(6)      /* \t \n \v \f \r */
#define API_TRIG_NUL API_TRIG(7)        /* 0x00 */
#define API_TRIG_CONTROL API_TRIG(8)    /* the other controls, 0x7f */
#define API_TRIG_HIGH API_TRIG(9)       /* 0x80-0xff */
#define API_TRIG_PERCENT API_TRIG(10)   /* % */
#define API_TRIG_PLUS API_TRIG(11)      /* + */
#define API_TRIG_AMP API_TRIG(12)       /* & */
#define API_TRIG_BACKSLASH API_TRIG(13) /* \ */
#define API_TRIG_SLASH API_TRIG(14)     /* / */
#define API_TRIG_STAR API_TRIG(15)      /* * */
#define API_TRIG_QUOTE API_TRIG(16)     /* ' " */
#define API_TRIG_COMMA API_TRIG(17)     /* , */
#define API_TRIG_CARET API_TRIG(18)     /* ^ */
#define API_TRIG_DASH API_TRIG(19)      /* - */
#define API_TRIG_HASH API_TRIG(20)      /* # */
#define API_TRIG_ANGLE API_TRIG(21)     /* < > */
#define API_TRIG_PAREN API_TRIG(22)     /* ( ) */
#define API_TRIG_BRACE API_TRIG(23)     /* { } [ ] */
#define API_TRIG_EQUALS API_TRIG(24)    /* = */
#define API_TRIG_COLON API_TRIG(25)     /* : */
#define API_TRIG_DOT API_TRIG(26)       /* . */
#define API_TRIG_DOLLAR API_TRIG(27)    /* $ */
#define API_TRIG_BACKQUOTE API_TRIG(28) /* ` */
#define API_TRIG_PIPE API_TRIG(29)      /* | */
#define API_TRIG_UNDER API_TRIG(30)     /* _ */
#define API_TRIG_PUNCT API_TRIG(31)     /* ! ~ ? @ */
#define API_TRIG_EDGE API_TRIG(32)      /* first or last byte is a blank */
#define API_TRIG_DOT_END API_TRIG(33)   /* the last byte is a dot */
#define API_TRIG_SEMICOLON API_TRIG(34) /* ; */

/* Those of single characters; a value that has a character has its bit. */

#define API_TRIG_CHARS ((API_TRIG(32) - API_TRIG(2)) | API_TRIG_SEMICOLON)

/* Neighbours; a blank is a SPACE or a WHITE. */

#define API_TRIG_BLANK2 API_TRIG(40)    /* two blanks */
#define API_TRIG_PATH API_TRIG(41)      /* // or ./ */
#define API_TRIG_OPEN API_TRIG(42)      /* slash, star */
#define API_TRIG_CLOSE API_TRIG(43)     /* star, slash */
#define API_TRIG_DASH2 API_TRIG(44)     /* -- */
#define API_TRIG_SPACE_ARG API_TRIG(45) /* a space before / or ( */
#define API_TRIG_DOTS API_TRIG(46)      /* .. */

#define API_TRIG_PAIRS (API_TRIG(48) - API_TRIG(40))

api_trigger_t api_transform_triggers(api_span_t value);

/* No trigger of `out`, which transformation id has made of a value with these,
   is not among them; some may be that it has not.  It is not read for that. */

api_trigger_t api_transform_triggers_left(
    api_transform_t id, api_trigger_t triggers, api_span_t out);

/* api_transform_chain for a value whose triggers are known. */

int api_transform_chain_known(const uint8_t *ids, size_t n,
    const api_transform_env_t *env, api_span_t in, api_trigger_t triggers,
    api_arena_t *arena, api_span_t *out);

api_trigger_t api_transform_mask(api_transform_t id);
api_trigger_t api_transform_chain_mask(const uint8_t *ids, size_t n);


#endif /* API_TRANSFORM_H */
