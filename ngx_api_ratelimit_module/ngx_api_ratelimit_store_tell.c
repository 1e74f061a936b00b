
/*
 * What limits have to tell a store: workers note it in memory they share, and
 * one of them, the teller, tells it for all (api_tell.h).  Only he needs a
 * connection.  What belongs to sync=always a worker tells by itself, for his
 * next question shall find it.
 */

#include "ngx_api_ratelimit_store.h"

#include <openssl/sha.h>


static api_merge_entry_t *ngx_api_ratelimit_tell_open(
    ngx_api_ratelimit_link_t *link, const ngx_api_ratelimit_policy_t *policy,
    uint64_t tag, api_tell_note_t *note);
static void ngx_api_ratelimit_tell_soon(ngx_api_ratelimit_link_t *link,
    ngx_uint_t made);


/* So many keys in a lane do not wait for the end of a period. */

#define NGX_API_RATELIMIT_EARLY  (API_TELL_ROOM / 2)

/* A teller may be so late, in parts of a period, and at least. */

#define NGX_API_RATELIMIT_GRACE      4
#define NGX_API_RATELIMIT_GRACE_MIN  10    /* ms */


/* Note what was charged, or given back, for the store. */

void
ngx_api_ratelimit_tell(const ngx_api_ratelimit_item_t *item, uint64_t now,
    uint64_t cost, ngx_uint_t back)
{
    int64_t                    ns;
    api_tell_note_t            note;
    api_merge_entry_t         *e;
    ngx_api_ratelimit_link_t  *link;

    link = item->policy->store->link;

    if (link == NULL) {
        return;
    }

    e = ngx_api_ratelimit_tell_open(link, item->policy, item->tag, &note);

    if (e) {
        if (note.made) {
            e->cap = (int64_t) ngx_min(api_rate_ns(&item->gcra->rate,
                                                   item->gcra->cap),
                                       (uint64_t) API_MERGE_MAX);
            e->limit = -1;
            ngx_api_ratelimit_store_name(item, e);
        }

        ns = (int64_t) api_rate_ns(&item->gcra->rate,
                                   cost * item->gcra->rate.step);

        if (back) {
            api_merge_refund(&e->m, ns);

        } else {
            api_merge_admit(&e->m, (int64_t) now, ns);
        }
    }

    if (note.lane) {
        api_tell_close(&note);
    }

    if (e == NULL) {
        (void) ngx_atomic_fetch_add(&link->store->state->dropped, 1);
        return;
    }

    if (item->policy->sync) {
        link->urgent = 1;
        ngx_post_event(&link->asker, &ngx_posted_events);
    }

    ngx_api_ratelimit_tell_soon(link, note.made);
}


/* In the worker's lane; in its own memory when it has none. */

static api_merge_entry_t *
ngx_api_ratelimit_tell_open(ngx_api_ratelimit_link_t *link,
    const ngx_api_ratelimit_policy_t *policy, uint64_t tag,
    api_tell_note_t *note)
{
    if (policy->sync || link->lane < 0) {
        note->lane = NULL;

        return api_merge_entry(&link->waiting, policy->id, tag, &note->made);
    }

    return api_tell_open(link->store->tell, link->lane, policy->id, tag,
                         note);
}


static void
ngx_api_ratelimit_tell_soon(ngx_api_ratelimit_link_t *link, ngx_uint_t made)
{
    if (!link->flush.timer_set) {
        ngx_add_timer(&link->flush, link->store->flush);
        return;
    }

    if (made && !link->early && link->lane >= 0
        && api_tell_waiting(link->store->tell, link->lane)
           == NGX_API_RATELIMIT_EARLY)
    {
        link->early = 1;

        ngx_del_timer(&link->flush);
        ngx_add_timer(&link->flush, 1);
    }
}


ngx_uint_t
ngx_api_ratelimit_tell_turn(ngx_api_ratelimit_link_t *link)
{
    uint64_t     now, wait, period, grace;
    ngx_uint_t   ready;
    api_tell_t  *tell;

    if (link->lane < 0 || ngx_exiting) {
        return 1;    /* for itself */
    }

    tell = link->store->tell;
    now = ngx_current_msec;
    period = link->store->flush;
    grace = ngx_max(period / NGX_API_RATELIMIT_GRACE,
                    NGX_API_RATELIMIT_GRACE_MIN);

    /* who has no connection yet says nothing of being the teller */

    ready = link->phase == NGX_API_RATELIMIT_READY && !link->loading;

    if (link->early) {
        link->early = 0;
        link->teller = 1;

        if (ready) {
            api_tell_turn_take(tell, link->lane, now, period);
        }

        return 1;
    }

    link->teller = ready
                   ? api_tell_turn(tell, link->lane, now, period, grace,
                                   &wait)
                   : api_tell_turn_free(tell, link->lane, now, grace, &wait);

    if (link->teller) {
        return 1;
    }

    /* what is in the lane has its time, also when what was given back goes
       now: the script had been forgotten */

    if (api_tell_waiting(tell, link->lane) && !link->flush.timer_set) {
        ngx_add_timer(&link->flush, (ngx_msec_t) wait);
    }

    return link->waiting.n != 0;
}


uint32_t
ngx_api_ratelimit_tell_take(ngx_api_ratelimit_link_t *link)
{
    if (ngx_exiting) {
        return ngx_api_ratelimit_tell_own(link);
    }

    if (link->lane < 0 || !link->teller) {
        return 0;
    }

    return api_tell_drain(link->store->tell, &link->who, -1, &link->waiting);
}


/* In other lanes may stand what only a later configuration knows. */

uint32_t
ngx_api_ratelimit_tell_own(ngx_api_ratelimit_link_t *link)
{
    if (link->lane < 0) {
        return 0;
    }

    return api_tell_drain(link->store->tell, &link->who, link->lane,
                          &link->waiting);
}


const ngx_api_ratelimit_policy_t *
ngx_api_ratelimit_tell_policy(const ngx_api_ratelimit_link_t *link,
    uint64_t id)
{
    ngx_uint_t                           i;
    ngx_api_ratelimit_policy_t * const  *policy;

    policy = link->policies->elts;

    for (i = 0; i < link->policies->nelts; i++) {
        if (policy[i]->id == id && policy[i]->store == link->store) {
            return policy[i];
        }
    }

    return NULL;
}


/* The store sees a digest: keys may be secrets, and of any length. */

void
ngx_api_ratelimit_store_name(const ngx_api_ratelimit_item_t *item,
    api_merge_entry_t *e)
{
    u_char  digest[SHA256_DIGEST_LENGTH];

    (void) SHA256(item->key.data, item->key.len, digest);

    (void) ngx_hex_dump(e->name, digest, API_MERGE_NAME / 2);
}
