/*
 * What the files of the transformations share.
 *
 * A kernel reads n bytes and writes what it makes of them, returning how
 * many.  out may be in for all whose room is that of the input: none of those
 * writes ahead of what it has read.
 */

#ifndef API_TRANSFORM_INT_H
#define API_TRANSFORM_INT_H

#include "api_percent.h"
#include "api_transform.h"
#include "api_words.h"


#define API_TRANSFORM_KERNEL(name)                                            \
    size_t name(const api_transform_env_t *env, const uint8_t *in, size_t n,  \
        uint8_t *out)

typedef API_TRANSFORM_KERNEL(api_transform_kernel_t);

api_transform_kernel_t api_transform_base64_decode;
api_transform_kernel_t api_transform_base64_decode_ext;
api_transform_kernel_t api_transform_base64_encode;
api_transform_kernel_t api_transform_cmd_line;
api_transform_kernel_t api_transform_compress_whitespace;
api_transform_kernel_t api_transform_css_decode;
api_transform_kernel_t api_transform_escape_seq_decode;
api_transform_kernel_t api_transform_hex_decode;
api_transform_kernel_t api_transform_hex_encode;
api_transform_kernel_t api_transform_html_entity_decode;
api_transform_kernel_t api_transform_js_decode;
api_transform_kernel_t api_transform_length;
api_transform_kernel_t api_transform_lowercase;
api_transform_kernel_t api_transform_md5;
api_transform_kernel_t api_transform_normalise_path;
api_transform_kernel_t api_transform_normalise_path_win;
api_transform_kernel_t api_transform_parity_even;
api_transform_kernel_t api_transform_parity_odd;
api_transform_kernel_t api_transform_parity_zero;
api_transform_kernel_t api_transform_remove_comments;
api_transform_kernel_t api_transform_remove_comments_char;
api_transform_kernel_t api_transform_remove_nulls;
api_transform_kernel_t api_transform_remove_whitespace;
api_transform_kernel_t api_transform_replace_comments;
api_transform_kernel_t api_transform_replace_nulls;
api_transform_kernel_t api_transform_sha1;
api_transform_kernel_t api_transform_sql_hex_decode;
api_transform_kernel_t api_transform_trim;
api_transform_kernel_t api_transform_trim_left;
api_transform_kernel_t api_transform_trim_right;
api_transform_kernel_t api_transform_uppercase;
api_transform_kernel_t api_transform_url_decode;
api_transform_kernel_t api_transform_url_decode_uni;
api_transform_kernel_t api_transform_url_encode;
api_transform_kernel_t api_transform_utf8_to_unicode;

/* The room that those need which grow. */

size_t api_transform_url_encode_room(const uint8_t *in, size_t n);
size_t api_transform_utf8_room(const uint8_t *in, size_t n);


static inline bool
api_is_hex(uint8_t c)
{
    return api_percent_hex(c) < 16;
}


/* Two hex digits. */

static inline uint8_t
api_hex_byte(const uint8_t *p)
{
    return (uint8_t) (api_percent_hex(p[0]) << 4 | api_percent_hex(p[1]));
}


/* ff01-ff5e, the full-width forms of ASCII, are 0x20 above it. */

static inline uint8_t
api_full_width(uint8_t high, uint8_t low)
{
    return high == 0xff && low > 0x00 && low < 0x5f ? (uint8_t) (low + 0x20)
                                                    : low;
}


#endif /* API_TRANSFORM_INT_H */
