/*
 * The file that carries a table over a restart or an upgrade.
 *
 *     head    64 bytes: magic, byte order, version, what the records are, when
 *             and on which clock it was written, the seed of the table
 *     block   16 bytes: number of records (up to 1024), check; the records
 *     ...
 *     block   of no records: the end
 *
 * Each check is a SipHash-2-4 over the block and the check before it, so a
 * file that is torn, cut, put together from two, or has a bit changed is seen,
 * and a file without its end is none.  It is no signature: who may write to
 * the folder can make a file that is sound.  So whoever takes records from it
 * still looks at every value.
 *
 * Records are structures of this machine: a file of another byte order,
 * layout or size of record is refused, not converted.
 *
 * Pure: bytes come and go through the caller.  Nothing is allocated.
 */

#ifndef API_SNAPFILE_H
#define API_SNAPFILE_H

#include "api_siphash.h"


#define API_SNAPSHOT_HEAD 64
#define API_SNAPSHOT_BLOCK 16
#define API_SNAPSHOT_RECORDS 1024 /* in a block */

typedef struct {
    uint32_t     kind;   /* which table; the caller's number */
    uint32_t     layout; /* version of the records */
    uint32_t     record; /* bytes of one, 1-65536 */
    uint64_t     wall;   /* ms since 1970, when it was written */
    uint64_t     clock;  /* the table's clock at that moment */
    api_sipkey_t seed;   /* of the table */
} api_snapshot_head_t;


/* Writing: head, blocks, end.  What is returned in out goes to the file, each
   block's records behind its 16 bytes. */

typedef struct {
    uint64_t check;
    uint64_t n;
} api_snapshot_writer_t;

void api_snapshot_begin(api_snapshot_writer_t *w,
    const api_snapshot_head_t *head, uint8_t out[API_SNAPSHOT_HEAD]);

/* records.len is n * head->record; n == 0 is the end. */

void api_snapshot_block(api_snapshot_writer_t *w, uint32_t n,
    api_span_t records, uint8_t out[API_SNAPSHOT_BLOCK]);


/* Reading.  The whole file is checked before anything of it is given out. */

typedef enum {
    API_SNAPSHOT_E_NONE = 0,
    API_SNAPSHOT_E_HEAD,  /* no snapshot, or its head is damaged */
    API_SNAPSHOT_E_ORDER, /* of a machine with another byte order */
    API_SNAPSHOT_E_VERSION,
    API_SNAPSHOT_E_KIND,   /* of another table */
    API_SNAPSHOT_E_LAYOUT, /* of another release */
    API_SNAPSHOT_E_CHECK,  /* changed */
    API_SNAPSHOT_E_TORN,   /* ends early */
    API_SNAPSHOT_E_TAIL    /* goes on behind its end */
} api_snapshot_error_t;

typedef struct {
    api_span_t          file;
    size_t              at;
    uint32_t            left; /* records of the block we are in */
    api_snapshot_head_t head;
} api_snapshot_reader_t;

/*
 * want: kind, layout and record that the caller understands.  Returns API_OK,
 * API_SYNTAX, API_INVALID or API_UNSUPPORTED; err->pos is where.  file is
 * referred to by r.
 */

int api_snapshot_open(api_snapshot_reader_t *r, api_span_t file,
    const api_snapshot_head_t *want, api_err_t *err);

/* The next record, or NULL behind the last; not aligned. */

const uint8_t *api_snapshot_next(api_snapshot_reader_t *r);


/*
 * A time t on the clock of the file as a time on the clock of now: the time
 * that has passed by the wall clock is over.  A wall clock that went back has
 * not moved: what was to end ends later, not sooner.  per_ms: ticks of the
 * clock in a millisecond.  What would be before the clock's zero is 0.
 */

uint64_t api_snapshot_time(const api_snapshot_head_t *head, uint64_t t,
    uint64_t wall, uint64_t clock, uint64_t per_ms);


#endif /* API_SNAPFILE_H */
