#include "api_multipart_int.h"

#include "api_media.h"


const api_multipart_limits_t api_multipart_limits_default = { 1000, 100, 4096,
    1024 };

static const char *const api_multipart_errors[API_MULTIPART_NERRORS] = {
    [API_MULTIPART_E_NONE] = "none",
    [API_MULTIPART_E_TYPE] = "type",
    [API_MULTIPART_E_BOUNDARY] = "boundary",
    [API_MULTIPART_E_NO_PART] = "no_part",
    [API_MULTIPART_E_PARTS] = "parts",
    [API_MULTIPART_E_FILES] = "files",
    [API_MULTIPART_E_HEADERS] = "headers_length",
    [API_MULTIPART_E_NAME_LEN] = "name_length",
    [API_MULTIPART_E_STRICT] = "strict",
    [API_MULTIPART_E_NOMEM] = "no_memory",
};

/* By the number of the bit. */

static const char *const api_multipart_flags[25] = {
    "boundary_quoted",
    "boundary_whitespace",
    "boundary",
    NULL,
    "data_before",
    "data_after",
    "lf_line",
    "crlf_lf_lines",
    "unmatched_boundary",
    "near_boundary",
    "boundary_padding",
    "incomplete",
    "header_folding",
    "invalid_header_folding",
    "missing_semicolon",
    "invalid_quoting",
    "invalid_part",
    "extended_parameter",
    "escape",
    "transfer_encoding",
    "nested",
    "nul",
    "control_character",
    "utf8",
    "file_limit",
};


const char *
api_multipart_error_name(int code)
{
    return code >= 0 && code < API_MULTIPART_NERRORS
               ? api_multipart_errors[code]
               : "unknown";
}


const char *
api_multipart_flag_name(unsigned flags)
{
    unsigned i;

    for (i = 0; i < 25; i++) {
        if ((flags & 1u << i) && api_multipart_flags[i]) {
            return api_multipart_flags[i];
        }
    }

    return "none";
}


void
api_multipart_note(api_multipart_run_t *run, unsigned flag, const uint8_t *at)
{
    run->mp->flags |= flag;

    if (run->now) {
        run->now->flags |= flag;
    }

    if (run->first == 0 && (flag & API_MULTIPART_STRICT_MASK)) {
        run->first = flag;

        /* what is wrong with the content type has no place in the body */

        run->where = at >= run->start && at <= run->end
                         ? (size_t) (at - run->start)
                         : 0;
    }
}


const uint8_t *
api_multipart_line(const uint8_t *p, const uint8_t *end, const uint8_t **text)
{
    const uint8_t *lf;

    lf = p < end ? memchr(p, '\n', (size_t) (end - p)) : NULL;

    if (lf == NULL) {
        *text = end;
        return end;
    }

    *text = lf > p && lf[-1] == '\r' ? lf - 1 : lf;

    return lf + 1;
}


/* A structural line that ends at text, the next one begins at next. */

static void
api_multipart_ending(
    api_multipart_run_t *run, const uint8_t *text, const uint8_t *next)
{
    if (next == text) {
        return; /* the end of the body */
    }

    run->lines |= *text == '\r' ? 1 : 2;

    if (*text != '\r') {
        api_multipart_note(run, API_MULTIPART_F_LF_LINE, text);
    }

    if (run->lines == 3) {
        api_multipart_note(run, API_MULTIPART_F_CRLF_LF, text);
    }
}


/* RFC 2046 section 5.1.1 */

static bool
api_multipart_bchar(uint8_t c)
{
    if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')) {
        return true;
    }

    return c && strchr("'()+_,-./:=? ", c) != NULL;
}


static int
api_multipart_boundary(api_multipart_run_t *run, api_span_t content_type)
{
    size_t            i;
    unsigned          odd;
    api_span_t        rest, *b;
    api_media_t       media;
    api_media_param_t param;

    if (api_media_parse(&media, content_type) != API_OK
        || !api_span_eq_nocase(media.type, API_SPAN("multipart")))
    {
        return api_fail(run->err, API_INVALID, API_MULTIPART_E_TYPE, 0,
            "the content type is not multipart");
    }

    rest = media.params;
    b = &run->mp->boundary;
    odd = 0;

    while (api_media_param(&rest, &param)) {
        odd |= param.flags & (API_MEDIA_F_BAD | API_MEDIA_F_SEMICOLON);

        /* boundary*0=... of RFC 2231: nobody sends it, some read it */

        odd |= memchr(param.name.data, '*', param.name.len) != NULL;

        if (!api_span_eq_nocase(param.name, API_SPAN("boundary"))) {
            continue;
        }

        odd |= b->data != NULL || (param.flags & API_MEDIA_F_ESCAPED);
        *b = b->data ? *b : param.value;

        if (param.flags & API_MEDIA_F_QUOTED) {
            api_multipart_note(run, API_MULTIPART_F_BOUNDARY_QUOTED, NULL);
        }

        if (param.flags & API_MEDIA_F_SPACE) {
            api_multipart_note(run, API_MULTIPART_F_BOUNDARY_WHITESPACE, NULL);
        }
    }

    if (b->len == 0) {
        return api_fail(run->err, API_INVALID, API_MULTIPART_E_BOUNDARY, 0,
            "the content type has no boundary");
    }

    for (i = 0; i < b->len; i++) {
        odd |= !api_multipart_bchar(b->data[i]);
    }

    if (memchr(b->data, ' ', b->len)) {
        api_multipart_note(run, API_MULTIPART_F_BOUNDARY_WHITESPACE, NULL);
    }

    if (odd || b->len > 70 || b->data[b->len - 1] == ' ') {
        api_multipart_note(run, API_MULTIPART_F_BOUNDARY, NULL);
    }

    return API_OK;
}


typedef enum {
    API_MULTIPART_DATA,
    API_MULTIPART_OPEN,
    API_MULTIPART_CLOSE
} api_multipart_kind_t;


/* Could a line of data that begins with -- be a boundary of another reader? */

static void
api_multipart_unmatched(
    api_multipart_run_t *run, const uint8_t *p, const uint8_t *text)
{
    const uint8_t *s;

    if (text - p > 74) {
        return;
    }

    for (s = p; s < text && api_multipart_bchar(*s); s++) {
        /* void */
    }

    if (s == text) {
        api_multipart_note(run, API_MULTIPART_F_UNMATCHED, p);
    }
}


/* What is the line from p to text, whose end is at next? */

static api_multipart_kind_t
api_multipart_kind(api_multipart_run_t *run, const uint8_t *p,
    const uint8_t *text, const uint8_t *next)
{
    api_span_t           b;
    const uint8_t       *s;
    api_multipart_kind_t kind;

    b = run->mp->boundary;

    if (text - p < 2 || p[0] != '-' || p[1] != '-') {
        return API_MULTIPART_DATA;
    }

    if ((size_t) (text - p) < b.len + 2 || memcmp(p + 2, b.data, b.len) != 0) {
        api_multipart_unmatched(run, p, text);
        return API_MULTIPART_DATA;
    }

    s = p + 2 + b.len;
    kind = API_MULTIPART_OPEN;

    if (text - s >= 2 && s[0] == '-' && s[1] == '-') {
        kind = API_MULTIPART_CLOSE;
        s += 2;
    }

    if (s < text && (*s == ' ' || *s == '\t')) {
        api_multipart_note(run, API_MULTIPART_F_PADDING, s);
    }

    while (s < text && (*s == ' ' || *s == '\t')) {
        s++;
    }

    if (s < text || (kind == API_MULTIPART_OPEN && next == text)) {
        api_multipart_note(run, API_MULTIPART_F_NEAR, p);
        return API_MULTIPART_DATA;
    }

    api_multipart_ending(run, text, next);

    return kind;
}


/*
 * From p on the next line that is a delimiter: where it starts, and behind
 * it.  API_MULTIPART_DATA: there is none, *at is the end.
 */

static api_multipart_kind_t
api_multipart_find(api_multipart_run_t *run, const uint8_t *p,
    const uint8_t **at, const uint8_t **behind)
{
    const uint8_t       *text, *next;
    api_multipart_kind_t kind;

    for (; p < run->end; p = next) {
        next = api_multipart_line(p, run->end, &text);
        kind = api_multipart_kind(run, p, text, next);

        if (kind != API_MULTIPART_DATA) {
            *at = p;
            *behind = next;
            return kind;
        }
    }

    *at = *behind = run->end;

    return API_MULTIPART_DATA;
}


static api_multipart_part_t *
api_multipart_add(api_multipart_run_t *run)
{
    uint32_t              room;
    api_multipart_part_t *part;

    if (run->mp->n == run->room) {
        room = run->room ? run->room * 2 : 8;
        part = api_arena_grow(run->arena, run->mp->part,
            run->room * sizeof(*part), room * sizeof(*part));

        if (part == NULL) {
            return NULL;
        }

        run->mp->part = part;
        run->room = room;
    }

    part = &run->mp->part[run->mp->n++];
    memset(part, 0, sizeof(*part));

    return part;
}


/* The header of a part from p on; returns where its data begin. */

static const uint8_t *
api_multipart_headers(
    api_multipart_run_t *run, api_multipart_part_t *part, const uint8_t *p)
{
    const uint8_t *from, *text, *next;

    from = p;

    for (; p < run->end; p = next) {
        next = api_multipart_line(p, run->end, &text);

        if (text - p >= 2 && p[0] == '-' && p[1] == '-'
            && api_multipart_kind(run, p, text, next) != API_MULTIPART_DATA)
        {
            api_multipart_note(run, API_MULTIPART_F_INVALID_PART, p);
            break;
        }

        api_multipart_ending(run, text, next);

        if (text == p) {
            part->headers = api_span(from, (size_t) (p - from));
            return next;
        }
    }

    part->headers = api_span(from, (size_t) (p - from));

    return p;
}


/* The line end before a delimiter belongs to the delimiter. */

static void
api_multipart_body(api_multipart_run_t *run, api_multipart_part_t *part,
    const uint8_t *from, const uint8_t *to, api_multipart_kind_t kind)
{
    const uint8_t *lf;

    if (kind != API_MULTIPART_DATA) {
        if (from == to) {
            api_multipart_note(run, API_MULTIPART_F_INVALID_PART, to);

        } else {
            lf = to - 1;
            to = lf > from && lf[-1] == '\r' ? lf - 1 : lf;
            api_multipart_ending(run, to, lf + 1);
        }
    }

    part->body = api_span(from, (size_t) (to - from));
}


static int
api_multipart_part(
    api_multipart_run_t *run, const uint8_t **p, api_multipart_kind_t *kind)
{
    int                   rc;
    const uint8_t        *from, *at;
    api_multipart_part_t *part;

    if (run->mp->n == run->limits->parts) {
        return api_fail(run->err, API_LIMIT, API_MULTIPART_E_PARTS,
            (size_t) (*p - run->start), "more than %u parts",
            run->limits->parts);
    }

    part = api_multipart_add(run);

    if (part == NULL) {
        return api_fail(
            run->err, API_NOMEM, API_MULTIPART_E_NOMEM, 0, "no memory");
    }

    run->now = part;
    from = api_multipart_headers(run, part, *p);

    if (part->headers.len > run->limits->headers) {
        return api_fail(run->err, API_LIMIT, API_MULTIPART_E_HEADERS,
            (size_t) (*p - run->start),
            "the header of a part is longer than %u bytes",
            run->limits->headers);
    }

    rc = api_multipart_read_part(run, part);

    if (rc != API_OK) {
        return rc;
    }

    if (part->filename.data && run->mp->files++ == run->limits->files) {
        api_multipart_note(run, API_MULTIPART_F_FILE_LIMIT, *p);
        return api_fail(run->err, API_LIMIT, API_MULTIPART_E_FILES,
            (size_t) (*p - run->start), "more than %u files",
            run->limits->files);
    }

    *kind = api_multipart_find(run, from, &at, p);
    api_multipart_body(run, part, from, at, *kind);
    run->now = NULL;

    return API_OK;
}


static int
api_multipart_run(api_multipart_run_t *run)
{
    int                  rc;
    const uint8_t       *p, *at;
    api_multipart_kind_t kind;

    kind = api_multipart_find(run, run->start, &at, &p);

    if (kind != API_MULTIPART_OPEN) {
        return api_fail(run->err, API_SYNTAX, API_MULTIPART_E_NO_PART, 0,
            "no line of the body is the boundary that begins a part");
    }

    if (at > run->start) {
        api_multipart_note(run, API_MULTIPART_F_DATA_BEFORE, run->start);
    }

    while (kind == API_MULTIPART_OPEN) {
        rc = api_multipart_part(run, &p, &kind);

        if (rc != API_OK) {
            return rc;
        }
    }

    if (kind != API_MULTIPART_CLOSE) {
        api_multipart_note(run, API_MULTIPART_F_INCOMPLETE, run->end);

    } else if (p < run->end) {
        api_multipart_note(run, API_MULTIPART_F_DATA_AFTER, p);
    }

    return API_OK;
}


int
api_multipart_parse(api_multipart_t *mp, api_span_t content_type,
    api_span_t body, unsigned how, const api_multipart_limits_t *limits,
    api_arena_t *arena, api_err_t *err)
{
    int                 rc;
    api_multipart_run_t run;

    memset(mp, 0, sizeof(*mp));
    memset(&run, 0, sizeof(run));
    run.mp = mp;
    run.limits = limits ? limits : &api_multipart_limits_default;
    run.arena = arena;
    run.err = err;
    run.start = body.data;
    run.end = body.data + body.len;

    rc = api_multipart_boundary(&run, content_type);

    if (rc == API_OK) {
        rc = api_multipart_run(&run);
    }

    if (rc == API_OK && (how & API_MULTIPART_STRICT) && run.first) {
        rc = api_fail(err, API_SYNTAX, API_MULTIPART_E_STRICT, run.where, "%s",
            api_multipart_flag_name(run.first));
    }

    if (rc != API_OK) {
        mp->n = 0;
        mp->part = NULL;
    }

    return rc;
}
