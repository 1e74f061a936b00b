/*
 * Foreign bytes made safe for the place they are written to: a JSON string,
 * an HTTP quoted-string, a line of a log.
 *
 * Each function writes at most `size` bytes to out, never a NUL behind them,
 * never half of a character or of an escape, and stops before the first
 * character that does not fit.  It returns the number of bytes written and,
 * when `taken` is not NULL, the number of bytes of s that they stand for:
 * s.len when nothing was cut.  out may not overlap s.
 */

#ifndef API_TEXT_H
#define API_TEXT_H

#include "api_base.h"


/* Room that n bytes need in the worst case. */

#define API_TEXT_JSON_MAX(n) ((n) *6)
#define API_TEXT_HTTP_MAX(n) ((n) *2)
#define API_TEXT_LOG_MAX(n) ((n) *4)


/*
 * The inside of a JSON string (RFC 8259 section 7), without its quotes.  The
 * result is UTF-8 and one line whatever s holds:
 *
 *   " \ and control characters    escaped, \u00XX where there is no short form
 *   DEL, U+0080-U+009F,           \uXXXX: they end lines, drive terminals or
 *   U+2028, U+2029, and the       change the order of what is read; escaped
 *   bidi controls                 they lose nothing
 *   bytes that are not UTF-8      \ufffd, one for each byte: their number is
 *                                 kept, their value is not
 *   everything else               as it is
 */

size_t api_text_json(api_span_t s, char *out, size_t size, size_t *taken);

/*
 * The inside of a quoted-string (RFC 9110 section 5.6.4): " and \ with a
 * backslash before them; a byte that is no printable ASCII character or space
 * (so also CR, LF, NUL, and every byte of a multi-byte character) becomes
 * "?", for a header has no character set.
 */

size_t api_text_http(api_span_t s, char *out, size_t size, size_t *taken);

/*
 * The value of error_description and its like (RFC 6750 section 3), where
 * " and \ may not stand even escaped: they become ', everything else as in
 * api_text_http.  One byte for one byte.
 */

size_t api_text_oauth(api_span_t s, char *out, size_t size, size_t *taken);

/*
 * Printable ASCII for an error log or a terminal, reversible: \n, \r and \t,
 * " and \ with a backslash before them, any other byte outside 0x20-0x7e as
 * \xHH.
 */

size_t api_text_log(api_span_t s, char *out, size_t size, size_t *taken);


#endif /* API_TEXT_H */
