/*
 * A lane of events on their way to a sink: two halves of a buffer, one that
 * is filled while the other is written, in memory that outlives its owner.
 *
 *     room = api_spool_begin(s, API_SPOOL_COUNT, max);
 *     if (room == NULL)
 *         api_spool_lose(s, API_SPOOL_OVERFLOW);
 *     else
 *         api_spool_commit(s, API_SPOOL_COUNT, render(room, max));
 *
 *     while (api_spool_next(s, &bytes))
 *         api_spool_wrote(s, write(fd, bytes.data, bytes.len));
 *
 * One process at a time owns a lane (api_spool_claim); only its thread of
 * events calls what is below, but for the bytes of api_spool_next, which
 * another thread may read meanwhile: they stay where they are until
 * api_spool_wrote.  Nothing waits, nothing is allocated.
 *
 * An owner may die at any instruction.  Who adopts the lane then finds whole
 * events only, and what was begun and did not come that far is counted as
 * lost: begun = kept + lost always.  What the sink had taken when the owner
 * died and was not noted any more comes a second time.
 */

#ifndef API_SPOOL_H
#define API_SPOOL_H

#include "api_base.h"


/* Of an event, its end of line included: what a pipe takes in one piece. */

#define API_SPOOL_EVENT 4096

/* Bounds of the size of one half. */

#define API_SPOOL_MIN (16 * API_SPOOL_EVENT)
#define API_SPOOL_MAX ((size_t) 8 << 20)

typedef enum {
    API_SPOOL_OVERFLOW = 0, /* the sink was too slow: both halves are full */
    API_SPOOL_DEGRADED,     /* left out to save room for what matters more */
    API_SPOOL_OVERSIZE,     /* did not fit into API_SPOOL_EVENT */
    API_SPOOL_CRASH,        /* begun by an owner that died */
    API_SPOOL_MEMORY,       /* none to say what it is about */
    API_SPOOL_NCAUSES
} api_spool_cause_t;

extern const char *const api_spool_causes[API_SPOOL_NCAUSES];

/* Is it counted?  What tells of losses is not. */

typedef enum { API_SPOOL_COUNT = 0, API_SPOOL_ASIDE } api_spool_kind_t;

typedef struct {
    uint64_t filled; /* events kept so far << 24 | bytes in this half */
    uint64_t done;   /* bytes of it that the sink has */
} api_spool_half_t;

/* Where a chain stands. */

typedef struct {
    uint8_t  chain[16];
    uint8_t  head[32];
    uint64_t seq;
} api_spool_place_t;

typedef struct {
    uint64_t         owner;   /* 0: nobody's */
    uint64_t         leaving; /* ... soon: the owner is at its end */
    uint64_t         size;    /* of one half */
    uint64_t         fill;    /* which half takes events */
    api_spool_half_t half[2];

    /* since it was claimed */

    uint64_t begun;
    uint64_t lost[API_SPOOL_NCAUSES];
    uint64_t told; /* losses that an event has told of */
    uint64_t aside;

    /* of the chain of events in it; see api_seal.h */

    uint64_t          sealed; /* seq that a statement was about last */
    uint64_t          upto;   /* ... that stood in it when halves changed */
    uint64_t          out;    /* ... up to which the sink has it, at least */
    uint64_t          turn;   /* its last bit: which place counts */
    api_spool_place_t place[2];
} api_spool_t;


/* Bytes of a lane with halves of `half` bytes. */

size_t api_spool_bytes(size_t half);

/* Fresh memory, aligned for any type. */

void api_spool_init(api_spool_t *s, size_t half);

/*
 * From `from` (0, or an owner that is dead) to `to`; false: somebody else was
 * faster.  Counters and bytes stay as they are.  An owner is one number, all
 * that tells it from others: who looks never sees half of the one and half of
 * the other.
 */

bool api_spool_claim(api_spool_t *s, uint64_t from, uint64_t to);

uint64_t api_spool_owner(const api_spool_t *s);

/* A process: its number, and when it began, for numbers come again.  born is
   in ticks of the system, 0 if it is not known. */

#define API_SPOOL_PID_BITS 22

uint64_t api_spool_process(int64_t pid, uint64_t born);
int64_t  api_spool_pid(uint64_t owner);
uint64_t api_spool_born(uint64_t owner);

/* An empty lane whose losses were told begins anew: nothing kept, nothing lost.
   Who dies meanwhile leaves one that is empty. */

void api_spool_reset(api_spool_t *s);

/*
 * Where the chain stands, for the owner; it moves on behind api_spool_commit.
 * Others may read it meanwhile: false when it moved on under their eyes.  An
 * owner that dies leaves it as it was before or behind.
 */

const api_spool_place_t *api_spool_place(const api_spool_t *s);

void api_spool_move(api_spool_t *s, const api_spool_place_t *to);
bool api_spool_look(const api_spool_t *s, api_spool_place_t *place);

/*
 * A chain begins: nothing of it is in the lane or with the sink.  And up to
 * which seq of that chain the sink has all, or more; 0 when it is another
 * chain by now.  Anybody may ask.
 */

void     api_spool_begins(api_spool_t *s, const api_spool_place_t *at);
uint64_t api_spool_out(const api_spool_t *s, const api_spool_place_t *place);

/* Free for others. */

void api_spool_release(api_spool_t *s);

/*
 * Room for an event of up to max bytes, or NULL: then it has to be counted as
 * lost.  A counted event leaves room for one that is not.
 */

char *api_spool_begin(api_spool_t *s, api_spool_kind_t kind, size_t max);

/* It is len bytes. */

void api_spool_commit(api_spool_t *s, api_spool_kind_t kind, size_t len);

/* One that was begun and will not be; begin must have been called. */

void api_spool_lose(api_spool_t *s, api_spool_cause_t cause);

/* After a crash of the owner: what it had begun is lost. */

void api_spool_bury(api_spool_t *s);

uint64_t api_spool_kept(const api_spool_t *s);
uint64_t api_spool_lost(const api_spool_t *s);

/* Has it lost more than an event has told of? */

bool api_spool_untold(const api_spool_t *s);

/* Bytes to be written; more than half of the room is taken. */

size_t api_spool_pending(const api_spool_t *s);
bool   api_spool_pressed(const api_spool_t *s);

/* What is to be written next, whole events, oldest first; false: nothing. */

bool api_spool_next(api_spool_t *s, api_span_t *bytes);

/* The sink has n more bytes of that, an end of line the last of them or
   none. */

void api_spool_wrote(api_spool_t *s, size_t n);


#endif /* API_SPOOL_H */
