#include "api_transform_int.h"


/* How many bytes of output n bytes may need. */

typedef size_t (*api_transform_room_t)(const uint8_t *in, size_t n);

typedef struct {
    const char             *name;
    api_transform_kernel_t *run;
    api_transform_room_t    room; /* NULL: those of the input */
    api_trigger_t           mask; /* changes nothing without one of these */
} api_transform_op_t;


static size_t
api_transform_room_double(const uint8_t *in, size_t n)
{
    (void) in;

    return n * 2;
}


static size_t
api_transform_room_base64(const uint8_t *in, size_t n)
{
    (void) in;

    return (n + 2) / 3 * 4;
}


static size_t
api_transform_room_fixed(const uint8_t *in, size_t n)
{
    (void) in;

    return n + API_TRANSFORM_FIXED;
}


#define ENCODED                                                               \
    (~(API_TRIG_ALWAYS | API_TRIG_BYTES | API_TRIG_UPPER | API_TRIG_LOWER     \
        | API_TRIG_DIGIT | API_TRIG_STAR))

#define COMMANDS                                                              \
    (API_TRIG_UPPER | API_TRIG_WHITE | API_TRIG_BLANK2 | API_TRIG_SPACE_ARG   \
        | API_TRIG_QUOTE | API_TRIG_BACKSLASH | API_TRIG_CARET                \
        | API_TRIG_COMMA | API_TRIG_SEMICOLON)

#define COMMENT_MARKS                                                         \
    (API_TRIG_OPEN | API_TRIG_CLOSE | API_TRIG_DASH2 | API_TRIG_HASH)

/* clang-format off */

static const api_transform_op_t api_transform_ops[API_T_COUNT] = {
    [API_T_NONE] = { "none", NULL, NULL, 0 },
    [API_T_BASE64_DECODE] = { "base64Decode", api_transform_base64_decode,
        NULL, API_TRIG_BYTES },
    [API_T_BASE64_DECODE_EXT] = { "base64DecodeExt",
        api_transform_base64_decode_ext, NULL, API_TRIG_BYTES },
    [API_T_BASE64_ENCODE] = { "base64Encode", api_transform_base64_encode,
        api_transform_room_base64, API_TRIG_BYTES },
    [API_T_CMD_LINE] = { "cmdLine", api_transform_cmd_line, NULL, COMMANDS },
    [API_T_COMPRESS_WHITESPACE] = { "compressWhitespace",
        api_transform_compress_whitespace, NULL,
        API_TRIG_WHITE | API_TRIG_BLANK2 },
    [API_T_CSS_DECODE] = { "cssDecode", api_transform_css_decode, NULL,
        API_TRIG_BACKSLASH },
    [API_T_ESCAPE_SEQ_DECODE] = { "escapeSeqDecode",
        api_transform_escape_seq_decode, NULL, API_TRIG_BACKSLASH },
    [API_T_HEX_DECODE] = { "hexDecode", api_transform_hex_decode, NULL,
        API_TRIG_BYTES },
    [API_T_HEX_ENCODE] = { "hexEncode", api_transform_hex_encode,
        api_transform_room_double, API_TRIG_BYTES },
    [API_T_HTML_ENTITY_DECODE] = { "htmlEntityDecode",
        api_transform_html_entity_decode, NULL, API_TRIG_AMP },
    [API_T_JS_DECODE] = { "jsDecode", api_transform_js_decode, NULL,
        API_TRIG_BACKSLASH },
    [API_T_LENGTH] = { "length", api_transform_length,
        api_transform_room_fixed, API_TRIG_ALWAYS },
    [API_T_LOWERCASE] = { "lowercase", api_transform_lowercase, NULL,
        API_TRIG_UPPER },
    [API_T_MD5] = { "md5", api_transform_md5, api_transform_room_fixed,
        API_TRIG_ALWAYS },
    [API_T_NORMALISE_PATH] = { "normalisePath", api_transform_normalise_path,
        NULL, API_TRIG_PATH | API_TRIG_DOT_END },
    [API_T_NORMALISE_PATH_WIN] = { "normalisePathWin",
        api_transform_normalise_path_win, NULL,
        API_TRIG_PATH | API_TRIG_DOT_END | API_TRIG_BACKSLASH },
    [API_T_PARITY_EVEN_7BIT] = { "parityEven7bit", api_transform_parity_even,
        NULL, API_TRIG_BYTES },
    [API_T_PARITY_ODD_7BIT] = { "parityOdd7bit", api_transform_parity_odd,
        NULL, API_TRIG_BYTES },
    [API_T_PARITY_ZERO_7BIT] = { "parityZero7bit", api_transform_parity_zero,
        NULL, API_TRIG_HIGH },
    [API_T_REMOVE_COMMENTS] = { "removeComments",
        api_transform_remove_comments, NULL,
        API_TRIG_OPEN | API_TRIG_DASH2 | API_TRIG_HASH },
    [API_T_REMOVE_COMMENTS_CHAR] = { "removeCommentsChar",
        api_transform_remove_comments_char, NULL, COMMENT_MARKS },
    [API_T_REMOVE_NULLS] = { "removeNulls", api_transform_remove_nulls, NULL,
        API_TRIG_NUL },
    [API_T_REMOVE_WHITESPACE] = { "removeWhitespace",
        api_transform_remove_whitespace, NULL,
        API_TRIG_SPACE | API_TRIG_WHITE | API_TRIG_HIGH },
    [API_T_REPLACE_COMMENTS] = { "replaceComments",
        api_transform_replace_comments, NULL, API_TRIG_OPEN },
    [API_T_REPLACE_NULLS] = { "replaceNulls", api_transform_replace_nulls,
        NULL, API_TRIG_NUL },
    [API_T_SHA1] = { "sha1", api_transform_sha1, api_transform_room_fixed,
        API_TRIG_ALWAYS },
    [API_T_SQL_HEX_DECODE] = { "sqlHexDecode", api_transform_sql_hex_decode,
        NULL, API_TRIG_BYTES },
    [API_T_TRIM] = { "trim", api_transform_trim, NULL, API_TRIG_EDGE },
    [API_T_TRIM_LEFT] = { "trimLeft", api_transform_trim_left, NULL,
        API_TRIG_EDGE },
    [API_T_TRIM_RIGHT] = { "trimRight", api_transform_trim_right, NULL,
        API_TRIG_EDGE },
    [API_T_UPPERCASE] = { "uppercase", api_transform_uppercase, NULL,
        API_TRIG_LOWER },
    [API_T_URL_DECODE] = { "urlDecode", api_transform_url_decode, NULL,
        API_TRIG_PERCENT | API_TRIG_PLUS },
    [API_T_URL_DECODE_UNI] = { "urlDecodeUni", api_transform_url_decode_uni,
        NULL, API_TRIG_PERCENT | API_TRIG_PLUS },
    [API_T_URL_ENCODE] = { "urlEncode", api_transform_url_encode,
        api_transform_url_encode_room, ENCODED },
    [API_T_UTF8_TO_UNICODE] = { "utf8toUnicode",
        api_transform_utf8_to_unicode, api_transform_utf8_room,
        API_TRIG_HIGH | API_TRIG_NUL },
};

static const struct {
    const char     *name;
    api_transform_t id;
} api_transform_aliases[] = {
    { "normalizePath", API_T_NORMALISE_PATH },
    { "normalizePathWin", API_T_NORMALISE_PATH_WIN },
};

/* clang-format on */

#define ALIASES                                                               \
    (sizeof(api_transform_aliases) / sizeof(api_transform_aliases[0]))


int
api_transform_find(api_span_t name)
{
    size_t      i;
    const char *s;

    for (i = 0; i < API_T_COUNT; i++) {
        s = api_transform_ops[i].name;

        if (api_span_eq_nocase(name, api_span(s, strlen(s)))) {
            return (int) i;
        }
    }

    for (i = 0; i < ALIASES; i++) {
        s = api_transform_aliases[i].name;

        if (api_span_eq_nocase(name, api_span(s, strlen(s)))) {
            return (int) api_transform_aliases[i].id;
        }
    }

    return -1;
}


const char *
api_transform_name(api_transform_t id)
{
    return id < API_T_COUNT ? api_transform_ops[id].name : "?";
}


api_trigger_t
api_transform_mask(api_transform_t id)
{
    return api_transform_ops[id].mask;
}


api_trigger_t
api_transform_chain_mask(const uint8_t *ids, size_t n)
{
    size_t        i;
    api_trigger_t mask;

    mask = 0;

    for (i = 0; i < n; i++) {
        mask |= api_transform_ops[ids[i]].mask;
    }

    return mask;
}


/* A value on its way through a chain, and the block it may be written to. */

typedef struct {
    api_span_t value;
    uint8_t   *block; /* NULL: none yet */
    size_t     size;  /* of the block */
} api_transform_work_t;


static int
api_transform_step(const api_transform_op_t *op,
    const api_transform_env_t *env, api_arena_t *arena,
    api_transform_work_t *work)
{
    bool       same;
    size_t     room, n;
    uint8_t   *out;
    api_span_t in;

    in = work->value;
    room = op->room ? op->room(in.data, in.len) : in.len;
    out = work->block;

    /* what grows cannot be written over what it reads */

    if (out == NULL || work->size < room || (op->room && in.data == out)) {
        out = api_arena_alloc(arena, room);
        if (out == NULL) {
            return API_NOMEM;
        }

        work->block = out;
        work->size = room;
    }

    n = op->run(env, in.data, in.len, out);

    same = in.data != out && n == in.len
           && (n == 0 || memcmp(in.data, out, n) == 0);

    if (!same) {
        work->value = api_span(out, n);
    }

    return API_OK;
}


int
api_transform_chain(const uint8_t *ids, size_t n,
    const api_transform_env_t *env, api_span_t in, api_arena_t *arena,
    api_span_t *out)
{
    return api_transform_chain_known(
        ids, n, env, in, n ? api_transform_triggers(in) : 0, arena, out);
}


int
api_transform_chain_known(const uint8_t *ids, size_t n,
    const api_transform_env_t *env, api_span_t in, api_trigger_t triggers,
    api_arena_t *arena, api_span_t *out)
{
    size_t                    i;
    bool                      known;
    api_arena_mark_t          mark;
    api_transform_work_t      work;
    const uint8_t            *before;
    const api_transform_op_t *op;

    mark = api_arena_mark(arena);
    work = (api_transform_work_t){ in, NULL, 0 };
    known = true;

    for (i = 0; i < n; i++) {
        op = &api_transform_ops[ids[i]];

        if (!known) {
            triggers = api_transform_triggers(work.value);
            known = true;
        }

        if (!(triggers & op->mask)) {
            continue;
        }

        before = work.value.data;

        if (api_transform_step(op, env, arena, &work) != API_OK) {
            api_arena_rewind(arena, mark);
            return API_NOMEM;
        }

        known = work.value.data == before && before == in.data;
    }

    /* what came back to what it was is the same value */

    if (api_span_eq(work.value, in)) {
        api_arena_rewind(arena, mark);
        work.value = in;
    }

    *out = work.value;

    return API_OK;
}


int
api_transform_run(api_transform_t id, const api_transform_env_t *env,
    api_span_t in, api_arena_t *arena, api_span_t *out)
{
    uint8_t ids[1];

    ids[0] = (uint8_t) id;

    return api_transform_chain(ids, 1, env, in, arena, out);
}
