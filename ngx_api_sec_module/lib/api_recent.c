#include "api_recent.h"
#include "api_utf8.h"


#define API_RECENT_MAGIC 0x31636572

typedef struct {
    uint32_t number; /* of the piece, since 1970 */
    uint32_t count[API_RECENT_NCOUNTS];
} api_recent_piece_t;

typedef struct {
    uint64_t          number; /* 2n + 2: note n; odd: is being written */
    api_recent_note_t note;
} api_recent_slot_t;

struct api_recent_s {
    uint32_t           magic;
    uint32_t           spare;
    uint64_t           next;
    api_recent_piece_t piece[API_RECENT_PIECES];
    api_recent_slot_t  slot[API_RECENT_NOTES];
};


size_t
api_recent_size(void)
{
    return sizeof(api_recent_t);
}


void
api_recent_init(void *mem)
{
    api_recent_t *r = mem;

    memset(r, 0, sizeof(api_recent_t));
    __atomic_store_n(&r->magic, API_RECENT_MAGIC, __ATOMIC_RELEASE);
}


api_recent_t *
api_recent_at(void *mem)
{
    api_recent_t *r = mem;

    return r && r->magic == API_RECENT_MAGIC ? r : NULL;
}


static uint32_t
api_recent_number(int64_t now)
{
    return now > 0 ? (uint32_t) (now / API_RECENT_PIECE) : 0;
}


/* Whoever finds the counts of an hour ago begins anew. */

static void
api_recent_begin(api_recent_piece_t *p, uint32_t number)
{
    unsigned i;
    uint32_t was;

    was = __atomic_load_n(&p->number, __ATOMIC_ACQUIRE);

    if (was == number
        || !__atomic_compare_exchange_n(&p->number, &was, number, false,
            __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
    {
        return;
    }

    for (i = 0; i < API_RECENT_NCOUNTS; i++) {
        __atomic_store_n(&p->count[i], 0, __ATOMIC_RELAXED);
    }
}


void
api_recent_add(
    api_recent_t *r, int64_t now, api_recent_count_t verdict, unsigned status)
{
    uint32_t number;
    api_recent_count_t class;
    api_recent_piece_t *p;

    number = api_recent_number(now);
    p = &r->piece[number % API_RECENT_PIECES];
    api_recent_begin(p, number);

    class = status >= 500   ? API_RECENT_SERVER
            : status >= 400 ? API_RECENT_CLIENT
                            : API_RECENT_OK;

    if (verdict < API_RECENT_OK) {
        (void) __atomic_fetch_add(&p->count[verdict], 1, __ATOMIC_RELAXED);
    }

    (void) __atomic_fetch_add(&p->count[class], 1, __ATOMIC_RELAXED);
}


bool
api_recent_piece(const api_recent_t *r, int64_t now, unsigned back,
    uint32_t counts[API_RECENT_NCOUNTS])
{
    unsigned                  i;
    uint32_t                  number;
    const api_recent_piece_t *p;

    number = api_recent_number(now);

    if (back >= API_RECENT_PIECES || back > number) {
        return false;
    }

    number -= back;
    p = &r->piece[number % API_RECENT_PIECES];

    for (i = 0; i < API_RECENT_NCOUNTS; i++) {
        counts[i] = __atomic_load_n(&p->count[i], __ATOMIC_RELAXED);
    }

    return __atomic_load_n(&p->number, __ATOMIC_ACQUIRE) == number;
}


/* Whole characters; what is no text is left out. */

void
api_recent_text(char *to, size_t room, api_span_t s)
{
    size_t i, n;

    s.len = api_utf8_valid(s);
    s = api_utf8_cut(s, room - 1);

    for (n = 0, i = 0; i < s.len; i++) {
        if (s.data[i] >= ' ' && s.data[i] != 0x7f) {
            to[n++] = (char) s.data[i];
        }
    }

    memset(to + n, 0, room - n);
}


void
api_recent_note(api_recent_t *r, const api_recent_note_t *note)
{
    uint64_t           n;
    api_recent_slot_t *s;

    n = __atomic_fetch_add(&r->next, 1, __ATOMIC_RELAXED);
    s = &r->slot[n % API_RECENT_NOTES];

    __atomic_store_n(&s->number, 2 * n + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    memcpy(&s->note, note, sizeof(api_recent_note_t));
    __atomic_store_n(&s->number, 2 * n + 2, __ATOMIC_RELEASE);
}


bool
api_recent_get(const api_recent_t *r, unsigned i, api_recent_note_t *note)
{
    uint64_t                 n, next;
    const api_recent_slot_t *s;

    next = __atomic_load_n(&r->next, __ATOMIC_ACQUIRE);

    if (i >= API_RECENT_NOTES || i >= next) {
        return false;
    }

    n = next - 1 - i;
    s = &r->slot[n % API_RECENT_NOTES];

    if (__atomic_load_n(&s->number, __ATOMIC_ACQUIRE) != 2 * n + 2) {
        return false;
    }

    memcpy(note, &s->note, sizeof(api_recent_note_t));
    __atomic_thread_fence(__ATOMIC_ACQUIRE);

    if (__atomic_load_n(&s->number, __ATOMIC_RELAXED) != 2 * n + 2) {
        return false;
    }

    note->check[sizeof(note->check) - 1] = '\0';
    note->reason[sizeof(note->reason) - 1] = '\0';
    note->name[sizeof(note->name) - 1] = '\0';
    note->support_id[sizeof(note->support_id) - 1] = '\0';

    return true;
}
