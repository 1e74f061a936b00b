
/*
 * Once an epoch a process that finds it over says where the chains of its
 * sink stand, signs that, and forgets the key it did it with.  The statement
 * is an event like others, in the lane of that process; what comes next is
 * noted behind it: who dies between leaves a statement that is made again.
 */

#include "ngx_api_sec_seal.h"


static ngx_int_t ngx_api_sec_seal_log(ngx_api_sec_seal_t *seal);
static ngx_int_t ngx_api_sec_seal_renew(ngx_api_sec_seal_t *seal);
static ngx_uint_t ngx_api_sec_seal_due(const ngx_api_sec_writer_t *w,
    ngx_uint_t stop);
static void ngx_api_sec_seal_locked(ngx_api_sec_writer_t *w,
    ngx_api_sec_statement_t *s, ngx_uint_t stop);
static void ngx_api_sec_seal_collect(ngx_api_sec_writer_t *w,
    ngx_api_sec_statement_t *s);
static int ngx_api_sec_seal_make(ngx_api_sec_writer_t *w,
    ngx_api_sec_statement_t *s);
static int ngx_api_sec_seal_sign(ngx_api_sec_writer_t *w,
    ngx_api_sec_statement_t *s);
static void ngx_api_sec_seal_head(api_seal_head_t *head,
    const api_spool_t *lane, const api_spool_place_t *place);
static void ngx_api_sec_seal_done(ngx_api_sec_writer_t *w,
    const ngx_api_sec_statement_t *s);
static void ngx_api_sec_seal_save(ngx_api_sec_writer_t *w,
    const ngx_api_sec_seal_t *seal);


/* In the master: a zone that is new gets the key of the epoch that is now. */

ngx_int_t
ngx_api_sec_seal_zone(ngx_api_sec_lanes_t *lanes,
    const ngx_api_sec_audits_t *audits, const ngx_api_sec_sink_t *sink)
{
    uint64_t                  now;
    api_seal_t               *sha;
    ngx_api_sec_seal_t       *seal;
    ngx_api_sec_seal_slot_t  *slot;

    seal = &lanes->seal;

    if (audits->signer == NULL || seal->set) {
        return NGX_OK;
    }

    sha = api_seal_create(&api_alloc_libc);
    if (sha == NULL) {
        return NGX_ERROR;
    }

    slot = &seal->slot[0];
    slot->epoch = audits->epoch;
    ngx_memcpy(slot->key, audits->epoch_key, API_SEAL_LEN);

    now = (uint64_t) ngx_time() / audits->length;

    while (slot->epoch < now) {
        if (api_seal_evolve(sha, slot->key) != API_OK) {
            api_seal_free(sha);
            return NGX_ERROR;
        }

        slot->epoch++;
    }

    api_seal_free(sha);

    if (ngx_api_sec_seal_log(seal) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memset(seal->after, '0', API_SEAL_CHAIN);

    if (sink == *(ngx_api_sec_sink_t **) audits->sinks.elts) {
        ngx_memcpy(seal->after, audits->log, API_SEAL_CHAIN);
    }

    seal->set = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_api_sec_seal_log(ngx_api_sec_seal_t *seal)
{
    u_char  bytes[API_SEAL_CHAIN / 2];

    if (ngx_api_random(bytes, sizeof(bytes)) != NGX_OK) {
        return NGX_ERROR;
    }

    (void) ngx_hex_dump(seal->log, bytes, sizeof(bytes));

    return NGX_OK;
}


/* In a process. */

ngx_int_t
ngx_api_sec_seal_start(ngx_api_sec_writer_t *w, ngx_cycle_t *cycle)
{
    ngx_int_t                 rc;
    ngx_slab_pool_t          *shpool;
    ngx_api_sec_seal_t       *seal = &w->lanes->seal;

    if (w->sink->audits->signer == NULL || !seal->set) {
        return NGX_OK;
    }

    w->seal = api_seal_create(&api_alloc_libc);
    if (w->seal == NULL) {
        return NGX_ERROR;
    }

    shpool = (ngx_slab_pool_t *) w->sink->zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);
    rc = ngx_api_sec_seal_renew(seal);
    ngx_shmtx_unlock(&shpool->mutex);

    return rc;
}


/* Behind a last seal a new log begins. */

static ngx_int_t
ngx_api_sec_seal_renew(ngx_api_sec_seal_t *seal)
{
    ngx_api_sec_seal_slot_t  *slot;

    slot = &seal->slot[seal->which];

    if (!slot->stopped) {
        return NGX_OK;
    }

    ngx_memcpy(seal->after, seal->log, API_SEAL_CHAIN);
    slot->tree.size = 0;
    slot->stopped = 0;

    return ngx_api_sec_seal_log(seal);
}


static ngx_uint_t
ngx_api_sec_seal_due(const ngx_api_sec_writer_t *w, ngx_uint_t stop)
{
    const ngx_api_sec_seal_t       *seal = &w->lanes->seal;
    const ngx_api_sec_seal_slot_t  *slot;

    slot = &seal->slot[seal->which];

    if (stop) {
        return !slot->stopped;
    }

    return slot->stopped
           || slot->epoch < (uint64_t) ngx_time() / w->sink->audits->length;
}


void
ngx_api_sec_seal_tick(ngx_api_sec_writer_t *w, ngx_uint_t stop)
{
    ngx_slab_pool_t          *shpool;
    ngx_api_sec_statement_t  *s;

    if (w->seal == NULL || !ngx_api_sec_seal_due(w, stop)) {
        return;
    }

    if (w->private) {
        (void) ngx_api_sec_seal_part(w, w->own);    /* others do not see it */
        return;
    }

    s = ngx_alloc(sizeof(ngx_api_sec_statement_t), ngx_cycle->log);
    if (s == NULL) {
        return;
    }

    shpool = (ngx_slab_pool_t *) w->sink->zone->shm.addr;

    if (stop) {
        ngx_shmtx_lock(&shpool->mutex);

    } else if (!ngx_shmtx_trylock(&shpool->mutex)) {
        ngx_free(s);
        return;    /* somebody else is at it */
    }

    if (ngx_api_sec_seal_due(w, stop)) {
        ngx_api_sec_seal_locked(w, s, stop);
    }

    ngx_shmtx_unlock(&shpool->mutex);

    ngx_explicit_memzero(s, sizeof(ngx_api_sec_statement_t));
    ngx_free(s);
}


static void
ngx_api_sec_seal_locked(ngx_api_sec_writer_t *w, ngx_api_sec_statement_t *s,
    ngx_uint_t stop)
{
    uint64_t                  now;
    ngx_api_sec_seal_t       *seal = &w->lanes->seal;
    ngx_api_sec_seal_slot_t  *slot;

    slot = &seal->slot[seal->which];
    now = (uint64_t) ngx_time() / w->sink->audits->length;

    if (ngx_api_sec_seal_renew(seal) != NGX_OK
        || (!stop && slot->epoch >= now))
    {
        return;
    }

    ngx_memzero(s, sizeof(ngx_api_sec_statement_t));
    ngx_memcpy(s->span.log, seal->log, API_SEAL_CHAIN);
    ngx_memcpy(s->span.after, seal->after, API_SEAL_CHAIN);

    s->span.from = slot->epoch;
    s->span.epoch = stop ? ngx_max(now, slot->epoch) : now - 1;
    s->span.length = w->sink->audits->length;
    s->span.stop = stop;

    s->before = slot->tree;
    s->tree = slot->tree;
    ngx_memcpy(s->key, slot->key, API_SEAL_LEN);

    ngx_api_sec_seal_collect(w, s);

    if (ngx_api_sec_seal_make(w, s) != API_OK) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "api_audit \"%V\": an epoch could not be sealed",
                      &w->sink->name);
        return;
    }

    if (ngx_api_sec_seal_write(w, s)) {
        ngx_api_sec_seal_done(w, s);
    }
}


/* Chains that moved since they were sealed, or of which the sink has not all;
   and those that have ended.  Of our own the sink has all when it has what we
   write now: that stands behind it in the same lane. */

static void
ngx_api_sec_seal_collect(ngx_api_sec_writer_t *w, ngx_api_sec_statement_t *s)
{
    ngx_uint_t           i, try;
    api_spool_t         *lane;
    api_spool_place_t    place;
    ngx_api_sec_seal_t  *seal = &w->lanes->seal;

    s->parted = s->span.stop ? seal->nparted
                             : ngx_min(seal->nparted, NGX_API_SEC_SEAL_PARTED);

    for (i = 0; i < s->parted; i++) {
        s->heads[s->n++] = seal->parted[i];
    }

    for (i = 0; i < w->lanes->nlanes; i++) {
        lane = ngx_api_sec_lanes_at(w->lanes, i);

        for (try = 0; try < 100; try++) {
            if (api_spool_look(lane, &place)) {
                break;
            }

            ngx_cpu_pause();
        }

        if (try == 100 || place.seq == 0) {
            continue;
        }

        ngx_api_sec_seal_head(&s->heads[s->n], lane, &place);

        if (lane == w->own) {
            s->heads[s->n].due = 0;
        }

        s->n += (place.seq > lane->sealed || s->heads[s->n].due);
    }
}


/* The MAC under the key of the last epoch, the tree, the signature; and the
   key of what comes next. */

static int
ngx_api_sec_seal_make(ngx_api_sec_writer_t *w, ngx_api_sec_statement_t *s)
{
    int         rc;
    char        text[API_SEAL_STATEMENT_MAX(NGX_API_SEC_SEAL_HEADS)];
    uint64_t    e;
    api_span_t  statement;

    rc = API_OK;

    for (e = s->span.from; rc == API_OK && e < s->span.epoch; e++) {
        rc = api_seal_evolve(w->seal, s->key);
    }

    statement = api_span(text, api_seal_statement(&s->span, s->heads, s->n,
                                                  text));
    if (rc == API_OK) {
        rc = api_seal_mac(s->key, statement, s->mac);
    }

    if (rc == API_OK) {
        rc = api_seal_tree_add(w->seal, &s->tree, statement);
    }

    if (rc == API_OK) {
        rc = ngx_api_sec_seal_sign(w, s);
    }

    if (rc == API_OK && !s->span.stop) {
        rc = api_seal_evolve(w->seal, s->key);
    }

    return rc;
}


static int
ngx_api_sec_seal_sign(ngx_api_sec_writer_t *w, ngx_api_sec_statement_t *s)
{
    int                     rc;
    u_char                  origin[API_SEAL_NAME_MAX + 16 + API_SEAL_CHAIN];
    u_char                 *p;
    api_span_t              name;
    api_seal_checkpoint_t   point;

    name = api_seal_signer_name(w->sink->audits->signer);

    p = ngx_cpymem(origin, name.data, name.len);
    p = ngx_cpymem(p, "/apisec/", 8);
    p = ngx_cpymem(p, s->span.log, API_SEAL_CHAIN);

    point.origin = api_span(origin, p - origin);
    point.size = s->tree.size;

    rc = api_seal_tree_root(w->seal, &s->tree, point.root);

    return rc == API_OK ? api_seal_note_sign(w->sink->audits->signer, &point,
                                             s->note, &s->note_len)
                        : rc;
}


static void
ngx_api_sec_seal_head(api_seal_head_t *head, const api_spool_t *lane,
    const api_spool_place_t *place)
{
    ngx_memcpy(head->chain, place->chain, API_SEAL_CHAIN);
    ngx_memcpy(head->head, place->head, API_SEAL_LEN);
    head->seq = place->seq;
    head->due = place->seq - api_spool_out(lane, place);
}


/* The statement is in the lane: what comes next is another one. */

static void
ngx_api_sec_seal_done(ngx_api_sec_writer_t *w,
    const ngx_api_sec_statement_t *s)
{
    ngx_uint_t                i, n;
    api_spool_t              *lane;
    ngx_api_sec_seal_t       *seal = &w->lanes->seal;
    ngx_api_sec_seal_slot_t  *old, *slot;

    old = &seal->slot[seal->which];
    slot = &seal->slot[seal->which ^ 1];

    slot->epoch = s->span.epoch + !s->span.stop;
    slot->stopped = s->span.stop;
    slot->tree = s->tree;
    ngx_memcpy(slot->key, s->key, API_SEAL_LEN);

    ngx_memory_barrier();
    seal->which ^= 1;
    ngx_explicit_memzero(old->key, API_SEAL_LEN);

    for (i = 0; i < w->lanes->nlanes; i++) {
        lane = ngx_api_sec_lanes_at(w->lanes, i);

        for (n = s->parted; n < s->n; n++) {
            if (ngx_memcmp(s->heads[n].chain, api_spool_place(lane)->chain,
                           API_SEAL_CHAIN)
                == 0)
            {
                lane->sealed = s->heads[n].seq;
            }
        }
    }

    n = seal->nparted - s->parted;
    ngx_memmove(seal->parted, seal->parted + s->parted,
                n * sizeof(api_seal_head_t));
    seal->nparted = n;

    ngx_api_sec_seal_save(w, seal);
    ngx_api_sec_writer_wake(w);
}


/* For the next start; older is no harm, for keys go forward. */

static void
ngx_api_sec_seal_save(ngx_api_sec_writer_t *w, const ngx_api_sec_seal_t *seal)
{
    u_char                          buf[256], name[NGX_MAX_PATH], hex[64], *p;
    ssize_t                         n;
    ngx_fd_t                        fd;
    ngx_uint_t                      ok;
    const ngx_api_sec_audits_t     *audits = w->sink->audits;
    const ngx_api_sec_seal_slot_t  *slot;

    slot = &seal->slot[seal->which];

    if (w->sink != *(ngx_api_sec_sink_t **) audits->sinks.elts) {
        return;
    }

    (void) ngx_hex_dump(hex, (u_char *) (uintptr_t) slot->key, API_SEAL_LEN);

    p = ngx_snprintf(buf, sizeof(buf), "apisec-seal-epoch 1\nlength %uD\n"
                     "epoch %uL\nlog %*s\nkey %*s\n", audits->length,
                     slot->epoch, (size_t) API_SEAL_CHAIN, seal->log,
                     sizeof(hex), hex);

    *ngx_snprintf(name, sizeof(name) - 1, "%V.%P", &audits->state, ngx_pid)
        = '\0';

    fd = ngx_open_file(name, NGX_FILE_WRONLY, NGX_FILE_TRUNCATE, 0600);
    n = fd == NGX_INVALID_FILE ? -1 : ngx_write_fd(fd, buf, p - buf);
    ok = (n == p - buf);

    if (fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(fd);
        ok = ok && ngx_rename_file(name, audits->state.data) == 0;
    }

    if (!ok) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, ngx_errno,
                      "\"%V\" could not be written: the key of the epoch is "
                      "only in memory", &audits->state);
    }

    ngx_explicit_memzero(buf, sizeof(buf));
    ngx_explicit_memzero(hex, sizeof(hex));
}


ngx_uint_t
ngx_api_sec_seal_part(ngx_api_sec_writer_t *w, api_spool_t *lane)
{
    ngx_slab_pool_t          *shpool;
    ngx_api_sec_seal_t       *seal = &w->lanes->seal;
    const api_spool_place_t  *place;

    place = api_spool_place(lane);

    if (w->seal == NULL || place->seq <= lane->sealed) {
        return 1;
    }

    shpool = (ngx_slab_pool_t *) w->sink->zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    if (seal->nparted < NGX_API_SEC_PARTED) {
        ngx_api_sec_seal_head(&seal->parted[seal->nparted], lane, place);
        seal->nparted++;
        lane->sealed = place->seq;
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return place->seq == lane->sealed;
}
