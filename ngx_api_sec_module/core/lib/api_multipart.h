/*
 * multipart/form-data (RFC 7578, RFC 2046 section 5.1), over a body that
 * lies in memory.
 *
 * The framing is read as leniently as any server known to us reads it (lines
 * may end in LF alone, blanks may follow a boundary, ...), and whatever is
 * not exactly what the RFCs say sets a flag, for readers that disagree about
 * it are how attacks pass filters.  With API_MULTIPART_STRICT each flag of
 * API_MULTIPART_STRICT_MASK is an error.  The comments name the ModSecurity
 * variable that a flag stands for (MULTIPART_ in front).
 *
 * Nothing is decoded but a backslash in a quoted parameter; names and
 * filenames are bytes as sent (browsers write %22 for a quote and leave it to
 * the server).  Parts point into the body and the content type.  Time is
 * O(n), memory a record for each part.
 */

#ifndef API_MULTIPART_H
#define API_MULTIPART_H

#include "api_arena.h"


/* The content type. */

#define API_MULTIPART_F_BOUNDARY_QUOTED 0x00000001u     /* BOUNDARY_QUOTED */
#define API_MULTIPART_F_BOUNDARY_WHITESPACE 0x00000002u /* ..._WHITESPACE */
#define API_MULTIPART_F_BOUNDARY 0x00000004u /* twice, too long, odd bytes */

/* The framing. */

#define API_MULTIPART_F_DATA_BEFORE 0x00000010u /* DATA_BEFORE */
#define API_MULTIPART_F_DATA_AFTER 0x00000020u  /* DATA_AFTER */
#define API_MULTIPART_F_LF_LINE 0x00000040u     /* LF_LINE */
#define API_MULTIPART_F_CRLF_LF 0x00000080u     /* CRLF_LF_LINES: both */
#define API_MULTIPART_F_UNMATCHED                                             \
    0x00000100u /* UNMATCHED_BOUNDARY: a line
                  of data that begins with -- and could be another boundary */
#define API_MULTIPART_F_NEAR                                                  \
    0x00000200u                                /* a line that begins with our
                  boundary and goes on with something else */
#define API_MULTIPART_F_PADDING 0x00000400u    /* blanks behind a boundary */
#define API_MULTIPART_F_INCOMPLETE 0x00000800u /* no closing boundary */

/* Parts. */

#define API_MULTIPART_F_HEADER_FOLDING 0x00001000u    /* HEADER_FOLDING */
#define API_MULTIPART_F_INVALID_FOLDING 0x00002000u   /* INVALID_..._FOLDING */
#define API_MULTIPART_F_MISSING_SEMICOLON 0x00004000u /* MISSING_SEMICOLON */
#define API_MULTIPART_F_INVALID_QUOTING 0x00008000u   /* INVALID_QUOTING */
#define API_MULTIPART_F_INVALID_PART                                          \
    0x00010000u                              /* INVALID_PART: no or two
                  Content-Disposition, no form-data, no name, two names, a
                  line that is no header, no empty line */
#define API_MULTIPART_F_EXTENDED 0x00020000u /* filename*=, name*=, name*0= */
#define API_MULTIPART_F_ESCAPE 0x00040000u   /* backslash in a name */
#define API_MULTIPART_F_ENCODING                                              \
    0x00080000u                             /* Content-Transfer-Encoding that
                  changes the bytes (base64, quoted-printable, unknown) */
#define API_MULTIPART_F_NESTED 0x00100000u  /* a part that is multipart */
#define API_MULTIPART_F_NUL 0x00200000u     /* a NUL in a header */
#define API_MULTIPART_F_CONTROL 0x00400000u /* another control character */
#define API_MULTIPART_F_UTF8 0x00800000u    /* name or filename not UTF-8 */
#define API_MULTIPART_F_FILE_LIMIT                                            \
    0x01000000u /* FILE_LIMIT_EXCEEDED; a
                  limit, reported also where it is an error */

/* A quoted boundary is legal, and lines of data may begin with --. */

#define API_MULTIPART_STRICT_MASK                                             \
    (0x01ffffffu                                                              \
        & ~(API_MULTIPART_F_BOUNDARY_QUOTED | API_MULTIPART_F_UNMATCHED))

typedef struct {
    api_span_t name;     /* data NULL: none */
    api_span_t filename; /* data NULL: no file */
    api_span_t type;     /* Content-Type as sent, trimmed; data NULL: none */
    api_span_t headers;  /* all lines, for api_multipart_header */
    api_span_t body;
    unsigned   flags; /* those found in this part */
} api_multipart_part_t;

typedef struct {
    api_multipart_part_t *part;
    uint32_t              n;
    uint32_t              files;
    api_span_t            boundary;
    unsigned              flags; /* of all */
} api_multipart_t;

typedef struct {
    uint32_t parts;
    uint32_t files;
    uint32_t headers; /* bytes of the header of one part */
    uint32_t name;    /* bytes of a name or filename */
} api_multipart_limits_t;

/* 1 000 parts, 100 files, 4 KiB, 1 KiB. */

extern const api_multipart_limits_t api_multipart_limits_default;

#define API_MULTIPART_STRICT 0x01

typedef enum {
    API_MULTIPART_E_NONE = 0,
    API_MULTIPART_E_TYPE,     /* the content type is not multipart/... */
    API_MULTIPART_E_BOUNDARY, /* no boundary */
    API_MULTIPART_E_NO_PART,  /* it never begins: no line is the boundary */
    API_MULTIPART_E_PARTS,
    API_MULTIPART_E_FILES,
    API_MULTIPART_E_HEADERS,
    API_MULTIPART_E_NAME_LEN,
    API_MULTIPART_E_STRICT, /* a flag; the text names the first */
    API_MULTIPART_E_NOMEM,
    API_MULTIPART_NERRORS
} api_multipart_error_t;

const char *api_multipart_error_name(int code);

/* "boundary_quoted", ... of the lowest flag set; "none" for 0. */

const char *api_multipart_flag_name(unsigned flags);

/*
 * Returns API_OK, API_INVALID (type, boundary), API_SYNTAX (no part; strict),
 * API_LIMIT or API_NOMEM; err->pos is the offset in the body of what is at
 * fault.  mp->flags is set in every case but API_NOMEM.
 */

int api_multipart_parse(api_multipart_t *mp, api_span_t content_type,
    api_span_t body, unsigned how, const api_multipart_limits_t *limits,
    api_arena_t *arena, api_err_t *err);

/* The next line of *headers, which moves on: name (may be empty) and value,
   trimmed, with the line ends of a folded one in it.  False: no more. */

bool
api_multipart_header(api_span_t *headers, api_span_t *name, api_span_t *value);


#endif /* API_MULTIPART_H */
