/* multipart bodies: fields, files, and the MULTIPART_ flags. */

#include "api_values_int.h"

#include "api_multipart.h"


static const struct {
    unsigned      flag;
    api_waf_var_t var;
} flags[] = {
    { API_MULTIPART_F_BOUNDARY_QUOTED, API_WAF_MULTIPART_BOUNDARY_QUOTED },
    { API_MULTIPART_F_BOUNDARY_WHITESPACE,
        API_WAF_MULTIPART_BOUNDARY_WHITESPACE },
    { API_MULTIPART_F_DATA_BEFORE, API_WAF_MULTIPART_DATA_BEFORE },
    { API_MULTIPART_F_DATA_AFTER, API_WAF_MULTIPART_DATA_AFTER },
    { API_MULTIPART_F_HEADER_FOLDING, API_WAF_MULTIPART_HEADER_FOLDING },
    { API_MULTIPART_F_INVALID_FOLDING,
        API_WAF_MULTIPART_INVALID_HEADER_FOLDING },
    { API_MULTIPART_F_LF_LINE, API_WAF_MULTIPART_LF_LINE },
    { API_MULTIPART_F_CRLF_LF, API_WAF_MULTIPART_CRLF_LF_LINES },
    { API_MULTIPART_F_MISSING_SEMICOLON, API_WAF_MULTIPART_MISSING_SEMICOLON },
    { API_MULTIPART_F_INVALID_QUOTING, API_WAF_MULTIPART_INVALID_QUOTING },
    { API_MULTIPART_F_INVALID_PART, API_WAF_MULTIPART_INVALID_PART },
    { API_MULTIPART_F_FILE_LIMIT, API_WAF_MULTIPART_FILE_LIMIT_EXCEEDED },
};

/* What makes ModSecurity give up a body. */

#define FAULTS                                                                \
    (API_MULTIPART_F_BOUNDARY | API_MULTIPART_F_NEAR                          \
        | API_MULTIPART_F_PADDING | API_MULTIPART_F_INCOMPLETE                \
        | API_MULTIPART_F_INVALID_PART | API_MULTIPART_F_NUL)


/*
 * 1: a line could be the boundary of another reader; 2: ours was met behind
 * the first, whatever else.  That 2 hides 1 is ModSecurity's doing, so that
 * rules may ask for "@eq 1" and let every other body pass.
 */

static int
multipart_unmatched(const api_multipart_t *mp)
{
    if (mp->n > 1 || (mp->n == 1 && !(mp->flags & API_MULTIPART_F_INCOMPLETE)))
    {
        return 2;
    }

    return (mp->flags & API_MULTIPART_F_UNMATCHED) != 0;
}


static void
multipart_flags(api_values_t *b, const api_multipart_t *mp, bool fault)
{
    bool   strict;
    size_t i;

    for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        api_values_set_int(b, flags[i].var, (mp->flags & flags[i].flag) != 0);
    }

    strict =
        fault
        || (mp->flags
            & (API_MULTIPART_STRICT_MASK | API_MULTIPART_F_BOUNDARY_QUOTED));

    api_values_set_int(b, API_WAF_MULTIPART_STRICT_ERROR, strict);
    api_values_set_int(
        b, API_WAF_MULTIPART_UNMATCHED_BOUNDARY, multipart_unmatched(mp));
}


static void
multipart_headers(api_values_t *b, const api_multipart_part_t *part)
{
    api_span_t name, value, rest = part->headers;

    while (api_multipart_header(&rest, &name, &value)) {
        if (name.len == 0) {
            continue;
        }

        /* the line as it stands, both ends trimmed */

        if (value.len) {
            name.len = (size_t) (value.data - name.data) + value.len;
        }

        api_values_add(b, API_WAF_MULTIPART_PART_HEADERS, part->name, name);
    }
}


static void
multipart_file(api_values_t *b, const api_multipart_part_t *part, size_t *size)
{
    api_span_t number;

    number = api_waf_decimal(b->arena, (int64_t) part->body.len);

    if (number.data == NULL) {
        b->nomem = true;
        return;
    }

    api_values_add(b, API_WAF_FILES, part->name, part->filename);
    api_values_add(b, API_WAF_FILES_NAMES, part->name, part->name);
    api_values_add(b, API_WAF_FILES_SIZES, part->name, number);
    api_values_add(b, API_WAF_FILES_TMP_CONTENT, part->name, part->body);

    *size += part->body.len;
    api_values_set_int(b, API_WAF_FILES_COMBINED_SIZE, (int64_t) *size);
}


/* An empty filename makes a file of it for some and a field for others. */

static void
multipart_part(api_values_t *b, const api_multipart_part_t *part, size_t *size)
{
    multipart_headers(b, part);

    if (part->name.data) {
        api_values_add(b, API_WAF_MULTIPART_NAME, part->name, part->name);
    }

    if (part->filename.data) {
        api_values_add(
            b, API_WAF_MULTIPART_FILENAME, part->filename, part->filename);
    }

    if (part->filename.len) {
        multipart_file(b, part, size);
    }

    if (part->filename.len == 0) {
        api_values_arg(b, API_WAF_ARGS_POST, part->name, part->body);
    }
}


static void
multipart_judge(api_values_t *b, const api_multipart_t *mp, bool broken,
    const api_err_t *err)
{
    if (broken) {
        api_values_body_fault(b, "Multipart", "%s at byte %zu",
            api_multipart_error_name(err->code), err->pos);

    } else if (mp->flags & FAULTS) {
        api_values_body_fault(
            b, "Multipart", "%s", api_multipart_flag_name(mp->flags & FAULTS));
    }

    multipart_flags(b, mp, broken);
}


void
api_values_multipart(api_values_t *b, api_span_t body)
{
    int                    rc;
    size_t                 size = 0;
    uint32_t               i;
    api_err_t              err;
    api_multipart_t        mp;
    api_multipart_limits_t limits = api_multipart_limits_default;

    memset(&mp, 0, sizeof(mp));
    limits.parts = b->conf->parts;
    limits.files = b->conf->parts;

    rc = api_multipart_parse(&mp, b->type, body, 0, &limits, b->arena, &err);

    if (rc == API_NOMEM) {
        b->nomem = true;
        return;
    }

    /* of other kinds (mixed, related) the flags say nothing */

    if (api_values_type_is(b->type, "multipart/form-data")) {
        multipart_judge(b, &mp, rc != API_OK && body.len, &err);
    }

    /* what could not be taken apart is looked at as it is */

    if (rc != API_OK) {
        if (body.len) {
            api_values_arg(b, API_WAF_ARGS_POST, API_SPAN("multipart"), body);
        }
        return;
    }

    for (i = 0; i < mp.n && !b->nomem && !b->over; i++) {
        multipart_part(b, &mp.part[i], &size);
    }
}
