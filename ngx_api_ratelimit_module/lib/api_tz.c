#include "api_tz_int.h"


#define API_TZ_HEADER 44
#define API_TZ_OFFSET_MAX (26 * 3600)

typedef struct {
    uint32_t isut, isstd, leap, time, type, chars;
} api_tz_counts_t;

typedef struct {
    api_tz_counts_t n;
    const uint8_t  *times;
    const uint8_t  *indexes;
    const uint8_t  *types;
    api_span_t      footer;
} api_tz_file_t;


static uint32_t
api_tz_be32(const uint8_t *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8
           | p[3];
}


static int64_t
api_tz_be64(const uint8_t *p)
{
    return (int64_t) ((uint64_t) api_tz_be32(p) << 32 | api_tz_be32(p + 4));
}


/* The size of a block of data with times of `width` bytes; 0: too large. */

static size_t
api_tz_block(const uint8_t *header, size_t width, api_tz_counts_t *n)
{
    n->isut = api_tz_be32(header + 20);
    n->isstd = api_tz_be32(header + 24);
    n->leap = api_tz_be32(header + 28);
    n->time = api_tz_be32(header + 32);
    n->type = api_tz_be32(header + 36);
    n->chars = api_tz_be32(header + 40);

    if (n->isut > API_TZ_FILE_MAX || n->isstd > API_TZ_FILE_MAX
        || n->leap > API_TZ_FILE_MAX || n->time > API_TZ_FILE_MAX
        || n->type > 256 || n->chars > API_TZ_FILE_MAX)
    {
        return 0;
    }

    return n->time * (width + 1) + n->type * 6 + n->chars
           + n->leap * (width + 4) + n->isstd + n->isut;
}


static bool
api_tz_is_header(api_span_t file, size_t pos)
{
    return file.len >= pos + API_TZ_HEADER
           && memcmp(file.data + pos, "TZif", 4) == 0
           && file.data[pos + 4] >= '2';
}


static int
api_tz_open(api_span_t file, api_tz_file_t *f, api_err_t *err)
{
    size_t         size, pos;
    const uint8_t *p;

    if (file.len > API_TZ_FILE_MAX || !api_tz_is_header(file, 0)) {
        return api_fail(err, API_SYNTAX, API_TZ_E_FORMAT, 0,
            "no time zone file (TZif, version 2 or later)");
    }

    pos = API_TZ_HEADER + api_tz_block(file.data, 4, &f->n);

    if (!api_tz_is_header(file, pos)) {
        return api_fail(err, API_SYNTAX, API_TZ_E_FORMAT, pos,
            "a time zone file without a second part");
    }

    size = api_tz_block(file.data + pos, 8, &f->n);
    pos += API_TZ_HEADER;

    if (size == 0 || f->n.type == 0 || file.len - pos < size + 2
        || file.data[pos + size] != '\n' || file.data[file.len - 1] != '\n')
    {
        return api_fail(err, API_SYNTAX, API_TZ_E_FORMAT, pos,
            "a time zone file that ends too early");
    }

    if (f->n.leap) {
        return api_fail(err, API_UNSUPPORTED, API_TZ_E_LEAP, pos,
            "a time zone with leap seconds: take the one that is not below "
            "right/");
    }

    p = file.data + pos;

    f->times = p;
    f->indexes = p + f->n.time * 8;
    f->types = f->indexes + f->n.time;
    f->footer = api_span(p + size + 1, file.len - pos - size - 2);

    return API_OK;
}


static bool
api_tz_offset(const api_tz_file_t *f, size_t type, int32_t *offset)
{
    if (type >= f->n.type) {
        return false;
    }

    *offset = (int32_t) api_tz_be32(f->types + type * 6);

    return *offset > -API_TZ_OFFSET_MAX && *offset < API_TZ_OFFSET_MAX;
}


static bool
api_tz_fill(const api_tz_file_t *f, api_tz_t *tz)
{
    size_t i;

    /* before the first transition: type 0 (RFC 9636, section 3.2) */

    if (!api_tz_offset(f, 0, &tz->offset[0])) {
        return false;
    }

    for (i = 0; i < tz->n; i++) {
        tz->at[i] = api_tz_be64(f->times + i * 8);

        if ((i > 0 && tz->at[i] <= tz->at[i - 1])
            || !api_tz_offset(f, f->indexes[i], &tz->offset[i + 1]))
        {
            return false;
        }
    }

    return true;
}


int
api_tz_parse(
    api_span_t file, const api_alloc_t *alloc, api_tz_t **out, api_err_t *err)
{
    int           rc;
    api_tz_t     *tz;
    api_tz_file_t f;

    rc = api_tz_open(file, &f, err);

    if (rc != API_OK) {
        return rc;
    }

    tz = alloc->alloc(alloc->ctx,
        sizeof(api_tz_t) + f.n.time * (sizeof(int64_t) + sizeof(int32_t))
            + sizeof(int32_t));

    if (tz == NULL) {
        return api_fail(err, API_NOMEM, API_TZ_E_NONE, 0, "no memory");
    }

    memset(tz, 0, sizeof(api_tz_t));

    tz->n = f.n.time;
    tz->at = (int64_t *) (void *) (tz + 1);
    tz->offset = (int32_t *) (void *) (tz->at + tz->n);

    if (!api_tz_fill(&f, tz)) {
        api_tz_free(tz, alloc);
        return api_fail(err, API_INVALID, API_TZ_E_VALUE, 0,
            "a time zone file whose transitions make no sense");
    }

    if (f.footer.len && !api_tz_rule_parse(f.footer, &tz->rule)) {
        api_tz_free(tz, alloc);
        return api_fail(err, API_INVALID, API_TZ_E_FOOTER, 0,
            "a time zone file whose rule for the future is none");
    }

    *out = tz;

    return API_OK;
}


void
api_tz_free(api_tz_t *tz, const api_alloc_t *alloc)
{
    if (tz && alloc->free) {
        alloc->free(alloc->ctx, tz);
    }
}


void
api_tz_at(const api_tz_t *tz, int64_t t, api_tz_part_t *part)
{
    size_t low, high, mid;

    part->begin = INT64_MIN;
    part->end = INT64_MAX;
    part->offset = 0;

    if (tz == NULL) {
        return;
    }

    if (tz->rule.has && (tz->n == 0 || t >= tz->at[tz->n - 1])) {
        api_tz_rule_at(&tz->rule, t, part);

        if (tz->n && part->begin < tz->at[tz->n - 1]) {
            part->begin = tz->at[tz->n - 1];
        }

        return;
    }

    for (low = 0, high = tz->n; low < high; /* void */) {
        mid = low + (high - low) / 2;

        if (tz->at[mid] <= t) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    part->offset = tz->offset[low];

    if (low > 0) {
        part->begin = tz->at[low - 1];
    }

    if (low < tz->n) {
        part->end = tz->at[low];
    }
}


int64_t
api_tz_first(const api_tz_t *tz, int64_t local)
{
    int64_t       t, at;
    api_tz_part_t part;

    t = local - API_TZ_OFFSET_MAX;

    for (;;) {
        api_tz_at(tz, t, &part);

        at = local - part.offset;
        at = at < part.begin ? part.begin : at;

        if (at < part.end) {
            return at;
        }

        t = part.end;
    }
}


/*
 * The calendar, counted in years that begin on March 1, so that the day that
 * may be missing is the last; 400 of them have 146097 days.
 */

int64_t
api_date_days(int64_t year, int month, int day)
{
    int64_t era, of_era, of_year;

    year -= month <= 2;
    era = api_floor_div(year, 400);
    of_era = year - era * 400;
    of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year
           - 719468;
}


api_date_t
api_date(int64_t days)
{
    int64_t    era, of_era, year, of_year, month;
    api_date_t date;

    days += 719468;
    era = api_floor_div(days, 146097);
    of_era = days - era * 146097;
    year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    of_year = of_era - (365 * year + year / 4 - year / 100);
    month = (5 * of_year + 2) / 153;

    date.day = (int) (of_year - (153 * month + 2) / 5 + 1);
    date.month = (int) (month < 10 ? month + 3 : month - 9);
    date.year = year + era * 400 + (date.month <= 2);

    return date;
}
