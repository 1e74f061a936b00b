/*
 * Time zones: what a clock on the wall shows, now and for all time to come.
 *
 * Reads a TZif file (RFC 9636, versions 2 to 4; the files of
 * /usr/share/zoneinfo) with the rule in its footer for the years after its
 * last transition.  Files with leap seconds ("right/...") are refused: their
 * seconds are not those of time().
 *
 * Pure; a zone is read-only once made, and may be used by anybody.
 */

#ifndef API_TZ_H
#define API_TZ_H

#include "api_base.h"


typedef struct api_tz_s api_tz_t;

/* A stretch of time without a change: begin <= t < end. */

typedef struct {
    int64_t begin;  /* INT64_MIN: since ever */
    int64_t end;    /* INT64_MAX: for ever */
    int32_t offset; /* local time minus UTC, seconds */
} api_tz_part_t;

typedef enum {
    API_TZ_E_NONE = 0,
    API_TZ_E_FORMAT, /* no TZif, or one that ends too early */
    API_TZ_E_LEAP,   /* leap seconds */
    API_TZ_E_VALUE,  /* indexes, offsets or an order that make no sense */
    API_TZ_E_FOOTER  /* the rule of its footer */
} api_tz_code_t;

/* Of at most this size; free it with the same allocator, or its pool. */

#define API_TZ_FILE_MAX 65536

int api_tz_parse(
    api_span_t file, const api_alloc_t *alloc, api_tz_t **tz, api_err_t *err);
void api_tz_free(api_tz_t *tz, const api_alloc_t *alloc);

/* NULL is UTC.  t within 10^11 seconds of 1970. */

void api_tz_at(const api_tz_t *tz, int64_t t, api_tz_part_t *part);

/* The first moment at which the wall shows `local` (as seconds of UTC) or
   later. */

int64_t api_tz_first(const api_tz_t *tz, int64_t local);


/* Days since 1970-01-01 of a date of the Gregorian calendar, and back. */

typedef struct {
    int64_t year;
    int     month; /* 1-12 */
    int     day;   /* 1-31 */
} api_date_t;

int64_t    api_date_days(int64_t year, int month, int day);
api_date_t api_date(int64_t days);


#endif /* API_TZ_H */
