/* Counting, and reading what was counted. */

#include "api_inventory_int.h"
#include "api_utf8.h"


const int64_t api_inv_time_bounds[API_INV_TIMES] = { 1, 2, 5, 10, 25, 50, 100,
    250, 500, 1000, 2500, 10000 };

const int64_t api_inv_size_bounds[API_INV_SIZES] = { 256, 1024, 4096, 16384,
    65536, 1048576 };


static const char *const api_inv_auths[API_INV_NAUTH] = { "none", "jwt", "key",
    "mtls", "introspect", "basic", "bearer", "cookie" };

static const char *const api_inv_types[API_INV_NTYPES] = { "none", "json",
    "form", "multipart", "xml", "html", "text", "grpc", "events", "binary" };


const char *
api_inv_auth_name(unsigned auth)
{
    return auth < API_INV_NAUTH ? api_inv_auths[auth] : "";
}


const char *
api_inv_type_name(unsigned type)
{
    return type < API_INV_NTYPES ? api_inv_types[type] : "";
}


typedef struct {
    const char *begin;
    unsigned    type;
} api_inv_media_t;

/* The first that it begins with; then those that end in +json, +xml. */

static const api_inv_media_t api_inv_media[] = {
    { "application/json", API_INV_TYPE_JSON },
    { "application/x-www-form-urlencoded", API_INV_TYPE_FORM },
    { "multipart/form-data", API_INV_TYPE_MULTIPART },
    { "application/xml", API_INV_TYPE_XML },
    { "text/xml", API_INV_TYPE_XML },
    { "text/html", API_INV_TYPE_HTML },
    { "text/event-stream", API_INV_TYPE_EVENTS },
    { "text/", API_INV_TYPE_TEXT },
    { "application/grpc", API_INV_TYPE_GRPC },
};


static bool
api_inv_ends(api_span_t s, const char *tail)
{
    size_t len;

    len = strlen(tail);

    return s.len >= len
           && api_span_eq_nocase(
               api_span(s.data + s.len - len, len), api_span(tail, len));
}


unsigned
api_inv_type_of(api_span_t s)
{
    size_t         i, len;
    const uint8_t *end;

    end = s.len ? memchr(s.data, ';', s.len) : NULL;

    if (end) {
        s.len = (size_t) (end - s.data);
    }

    while (s.len && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t')) {
        s.len--;
    }

    if (s.len == 0) {
        return API_INV_TYPE_NONE;
    }

    for (i = 0; i < sizeof(api_inv_media) / sizeof(api_inv_media[0]); i++) {
        len = strlen(api_inv_media[i].begin);

        if (s.len >= len
            && api_span_eq_nocase(
                api_span(s.data, len), api_span(api_inv_media[i].begin, len)))
        {
            return api_inv_media[i].type;
        }
    }

    if (api_inv_ends(s, "+json")) {
        return API_INV_TYPE_JSON;
    }

    return api_inv_ends(s, "+xml") ? API_INV_TYPE_XML : API_INV_TYPE_BINARY;
}


void
api_inv_add64(uint64_t *n, uint64_t v)
{
    (void) __atomic_fetch_add(n, v, __ATOMIC_RELAXED);
}


/* Stays at the most it can say. */

void
api_inv_add32(uint32_t *n, uint32_t v)
{
    uint32_t old;

    old = __atomic_fetch_add(n, v, __ATOMIC_RELAXED);

    if (old > UINT32_MAX - v) {
        __atomic_store_n(n, UINT32_MAX, __ATOMIC_RELAXED);
    }
}


void
api_inv_bits16(uint16_t *n, unsigned bits)
{
    if ((__atomic_load_n(n, __ATOMIC_RELAXED) & bits) != bits) {
        (void) __atomic_fetch_or(n, (uint16_t) bits, __ATOMIC_RELAXED);
    }
}


void
api_inv_bits32(uint32_t *n, uint32_t bits)
{
    if ((__atomic_load_n(n, __ATOMIC_RELAXED) & bits) != bits) {
        (void) __atomic_fetch_or(n, bits, __ATOMIC_RELAXED);
    }
}


static void
api_inv_observe(uint32_t *counts, const int64_t *bounds, unsigned n, int64_t v)
{
    unsigned i;

    for (i = 0; i < n && v > bounds[i]; i++) {
        /* short */
    }

    api_inv_add32(&counts[i], 1);
}


static void
api_inv_status(api_inv_entry_t *e, const api_inv_seen_t *seen)
{
    unsigned class;

    class = seen->status / 100;

    if (class >= 1 && class <= 5) {
        api_inv_add64(&e->status[API_INV_1XX + class - 1], 1);
    }

    switch (seen->status) {
    case 401:
        api_inv_add64(&e->status[API_INV_401], 1);
        break;
    case 403:
        api_inv_add64(&e->status[API_INV_403], 1);
        break;
    case 404:
        api_inv_add64(&e->status[API_INV_404], 1);
        break;
    case 429:
        api_inv_add64(&e->status[API_INV_429], 1);
        break;
    default:
        break;
    }

    if (class == 2) {
        api_inv_add64(seen->auth == API_INV_AUTH_NONE ? &e->open_success
                                                      : &e->auth_success,
            1);
    }
}


void
api_inventory_see(
    api_inventory_t *inv, api_inv_op_t op, const api_inv_seen_t *seen)
{
    api_inv_entry_t *e;

    e = api_inv_entry(inv, op);

    __atomic_store_n(&e->last_seen, (uint32_t) seen->now, __ATOMIC_RELAXED);

    api_inv_status(e, seen);
    api_inv_add64(&e->bytes_in, seen->bytes_in);
    api_inv_add64(&e->bytes_out, seen->bytes_out);
    api_inv_add64(&e->ms, seen->ms > 0 ? (uint64_t) seen->ms : 0);

    api_inv_observe(e->times, api_inv_time_bounds, API_INV_TIMES, seen->ms);
    api_inv_observe(e->sizes_in, api_inv_size_bounds, API_INV_SIZES,
        (int64_t) seen->bytes_in);
    api_inv_observe(e->sizes_out, api_inv_size_bounds, API_INV_SIZES,
        (int64_t) seen->bytes_out);

    if (op == API_INV_OTHER) {
        return; /* of many operations */
    }

    api_inv_bits16(&e->auth, 1U << seen->auth);

    if (seen->status >= 400) {
        return; /* what a stranger sent, and nobody took */
    }

    api_inv_bits16(&e->types_in, 1U << seen->type_in);
    api_inv_bits16(&e->types_out, 1U << seen->type_out);
    api_inv_bits32(&e->classes_in, seen->classes_in);
    api_inv_bits32(&e->classes_out, seen->classes_out);

    if (seen->principal) {
        api_hll_add(&e->principals, seen->principal);
    }

    if (seen->object) {
        api_hll_add(&e->objects, seen->object);
    }
}


static uint32_t
api_inv_param_hash(unsigned place, api_span_t name)
{
    size_t   i;
    uint32_t h;

    h = 2166136261U ^ place;

    for (i = 0; i < name.len; i++) {
        h = (h ^ name.data[i]) * 16777619U;
    }

    return h ? h : 1;
}


/* A place that is used gains, one that stands in another's way wears. */

static void
api_inv_gain(api_inv_slot_t *s)
{
    uint8_t n;

    n = __atomic_load_n(&s->ready, __ATOMIC_RELAXED);

    if (n && n < UINT8_MAX) {
        __atomic_store_n(&s->ready, (uint8_t) (n + 1), __ATOMIC_RELEASE);
    }
}


static bool
api_inv_worn(api_inv_slot_t *s)
{
    uint8_t n;

    n = __atomic_load_n(&s->ready, __ATOMIC_RELAXED);

    if (n > 1) {
        __atomic_store_n(&s->ready, (uint8_t) (n - 1), __ATOMIC_RELEASE);
    }

    return n <= 1;
}


/*
 * The slot of a name, or a new one.  When all are taken, one that was seen
 * once may go, or one that others have worn out: names that nobody sends any
 * more must not fill the table.
 */

api_inv_slot_t *
api_inv_slot(api_inv_entry_t *e, uint32_t hash, bool *is_new)
{
    unsigned        i;
    uint32_t        was;
    api_inv_slot_t *s;

    *is_new = false;

    for (i = 0; i < API_INV_PARAMS; i++) {
        s = &e->params[i];
        was = __atomic_load_n(&s->hash, __ATOMIC_ACQUIRE);

        if (was == hash) {
            return s;
        }

        if (was == 0
            && __atomic_compare_exchange_n(&s->hash, &was, hash, false,
                __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        {
            *is_new = true;
            return s;
        }

        if (was == hash) {
            return s;
        }
    }

    for (i = 0; i < API_INV_PARAMS; i++) {
        s = &e->params[(hash + i) % API_INV_PARAMS];
        was = __atomic_load_n(&s->hash, __ATOMIC_ACQUIRE);

        if ((__atomic_load_n(&s->count, __ATOMIC_RELAXED) <= 1
                || (i == 0 && api_inv_worn(s)))
            && __atomic_compare_exchange_n(&s->hash, &was, hash, false,
                __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        {
            *is_new = true;
            return s;
        }
    }

    return NULL;
}


/* No text: it would be shown as another one is. */

static bool
api_inv_odd(api_span_t name)
{
    size_t i;

    for (i = 0; i < name.len; i++) {
        if (name.data[i] < ' ' || name.data[i] == 0x7f) {
            return true;
        }
    }

    return api_utf8_valid(name) != name.len;
}


void
api_inventory_param(api_inventory_t *inv, api_inv_op_t op, unsigned place,
    api_span_t name, unsigned type, uint32_t classes)
{
    bool             is_new;
    api_inv_slot_t  *s;
    api_inv_entry_t *e;

    if (op == API_INV_OTHER || name.len == 0) {
        return;
    }

    e = api_inv_entry(inv, op);

    if (name.len > API_INV_PARAM_NAME || api_inv_odd(name)) {
        api_inv_add32(&e->unnamed, 1);
        return;
    }

    s = api_inv_slot(e, api_inv_param_hash(place, name), &is_new);

    if (s == NULL) {
        api_inv_add32(&e->unnamed, 1);
        return;
    }

    if (is_new) {
        __atomic_store_n(&s->ready, 0, __ATOMIC_RELEASE);
        s->count = 0;
        s->types = 0;
        s->classes = 0;
        s->place = (uint8_t) place;
        memset(s->name, 0, sizeof(s->name));
        memcpy(s->name, name.data, name.len);
        __atomic_store_n(&s->ready, 1, __ATOMIC_RELEASE);
    }

    api_inv_gain(s);
    api_inv_add32(&s->count, 1);
    api_inv_bits16(&s->types, 1U << type);
    api_inv_bits32(&s->classes, classes);
}


api_inv_op_t
api_inventory_top(const api_inventory_t *inv)
{
    return inv->top_op;
}


static void
api_inv_view_params(const api_inv_entry_t *e, api_inv_view_t *v)
{
    unsigned              i;
    api_inv_param_t      *p;
    const api_inv_slot_t *s;

    for (i = 0; i < API_INV_PARAMS; i++) {
        s = &e->params[i];

        if (s->hash == 0 || !__atomic_load_n(&s->ready, __ATOMIC_ACQUIRE)) {
            continue;
        }

        p = &v->params[v->nparams++];

        memcpy(p->name, s->name, API_INV_PARAM_NAME);
        p->name[API_INV_PARAM_NAME] = '\0';
        p->span = api_span(p->name, strlen(p->name));
        p->place = s->place;
        p->types = s->types;
        p->classes = s->classes;
        p->count = s->count;
    }
}


/* The entry of an operation that there is. */

static const api_inv_entry_t *
api_inv_used(const api_inventory_t *inv, api_inv_op_t op)
{
    const api_inv_entry_t *e;

    if (op == API_INV_OTHER || op > inv->top_op || op >= inv->max_ops) {
        return NULL;
    }

    e = api_inv_entry(inv, op);

    return (e->flags & API_INV_F_USED) && e->method < API_INV_METHODS ? e
                                                                      : NULL;
}


bool
api_inventory_what(const api_inventory_t *inv, api_inv_op_t op,
    api_inv_what_t *what, api_span_t *spec)
{
    const api_inv_entry_t *e;

    e = api_inv_used(inv, op);

    if (e == NULL) {
        return false;
    }

    what->host = api_inv_string(inv, e->host);
    what->template = api_inv_string(inv, e->template);
    what->method = e->method;
    *spec = api_inv_string(inv, e->spec);

    return true;
}


void
api_inventory_counts(
    const api_inventory_t *inv, api_inv_op_t op, api_inv_counts_t *counts)
{
    const api_inv_entry_t *e;

    e = api_inv_entry(inv, op);

    memcpy(counts->status, e->status, sizeof(counts->status));
    memcpy(counts->times, e->times, sizeof(counts->times));
    counts->ms = e->ms;
    counts->classes_in = e->classes_in;
    counts->classes_out = e->classes_out;
}


bool
api_inventory_view(
    const api_inventory_t *inv, api_inv_op_t op, api_inv_view_t *v)
{
    unsigned               i;
    const api_inv_entry_t *e;

    e = api_inv_used(inv, op);

    if (e == NULL) {
        return false;
    }

    memset(v, 0, sizeof(api_inv_view_t));

    v->op = op;
    v->id = e->id;
    v->host = api_inv_string(inv, e->host);
    v->template = api_inv_string(inv, e->template);
    v->method = e->method;
    v->documented = (e->flags & API_INV_F_DOCUMENTED) != 0;
    v->deprecated = (e->flags & API_INV_F_DEPRECATED) != 0;
    v->spec = api_inv_string(inv, e->spec);
    v->owner = api_inv_string(inv, e->owner);
    v->revision = e->revision;
    v->first_seen = e->first_seen;
    v->last_seen = e->last_seen;
    v->open_success = e->open_success;
    v->auth_success = e->auth_success;
    v->auth = e->auth;
    v->types_in = e->types_in;
    v->types_out = e->types_out;
    v->classes_in = e->classes_in;
    v->classes_out = e->classes_out;
    v->bytes_in = e->bytes_in;
    v->bytes_out = e->bytes_out;
    v->ms = e->ms;
    v->unnamed = e->unnamed;
    v->principals = api_hll_count(&e->principals);
    v->objects = api_hll_count(&e->objects);

    memcpy(v->status, e->status, sizeof(v->status));
    memcpy(v->times, e->times, sizeof(v->times));
    memcpy(v->sizes_in, e->sizes_in, sizeof(v->sizes_in));
    memcpy(v->sizes_out, e->sizes_out, sizeof(v->sizes_out));

    for (i = 0; i < API_INV_SEGMENTS; i++) {
        v->segment[i] = e->segment[i];
    }

    api_inv_view_params(e, v);

    return true;
}


uint64_t
api_inv_requests(const api_inv_view_t *v)
{
    return v->status[API_INV_1XX] + v->status[API_INV_2XX]
           + v->status[API_INV_3XX] + v->status[API_INV_4XX]
           + v->status[API_INV_5XX];
}


void
api_inventory_totals(const api_inventory_t *inv, api_inv_totals_t *t)
{
    unsigned               i;
    const api_inv_entry_t *e;

    memset(t, 0, sizeof(api_inv_totals_t));

    t->since = inv->since;
    t->ops = inv->nops;
    t->max_ops = inv->max_ops - 1;
    t->nodes = inv->nnodes;
    t->max_nodes = inv->max_nodes - 1;
    t->strings = inv->strings;
    t->max_strings = inv->max_strings;
    t->overflow = inv->overflow;
    t->evicted = inv->evicted;
    t->forgotten = inv->forgotten;
    t->repairs = inv->repairs;

    e = api_inv_entry(inv, API_INV_OTHER);

    for (i = API_INV_1XX; i <= API_INV_5XX; i++) {
        t->other += e->status[i];
    }
}
