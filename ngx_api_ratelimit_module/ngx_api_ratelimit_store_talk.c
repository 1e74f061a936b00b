
#include "ngx_api_ratelimit_store.h"


static ngx_int_t ngx_api_ratelimit_talk_answer(ngx_api_ratelimit_link_t *link,
    const api_resp_reply_t *reply);
static ngx_int_t ngx_api_ratelimit_talk_loaded(ngx_api_ratelimit_link_t *link,
    const api_resp_reply_t *reply);
static ngx_int_t ngx_api_ratelimit_talk_error(ngx_api_ratelimit_link_t *link,
    ngx_api_ratelimit_flight_t *flight, const api_resp_reply_t *reply);
static void ngx_api_ratelimit_talk_undone(ngx_api_ratelimit_link_t *link,
    ngx_api_ratelimit_flight_t *flight, api_resp_action_t action);
static void ngx_api_ratelimit_talk_ready(ngx_api_ratelimit_link_t *link);
static void ngx_api_ratelimit_talk_script(ngx_api_ratelimit_link_t *link);
static void ngx_api_ratelimit_talk_beat(ngx_api_ratelimit_link_t *link);


/* Nodes that gave a sign of life in the last 15 s; for on_error=share. */

static const char  ngx_api_ratelimit_beat_script[] =
    "local t=redis.call('TIME')\n"
    "redis.call('ZADD',KEYS[1],t[1],ARGV[1])\n"
    "redis.call('ZREMRANGEBYSCORE',KEYS[1],'-inf',t[1]-15)\n"
    "redis.call('EXPIRE',KEYS[1],60)\n"
    "return redis.call('ZCARD',KEYS[1])\n";


ngx_api_ratelimit_flight_t *
ngx_api_ratelimit_talk_say(ngx_api_ratelimit_link_t *link, ngx_uint_t kind,
    const api_span_t *words, ngx_uint_t n)
{
    size_t                       len;
    ngx_api_ratelimit_flight_t  *flight;

    if (link->nflights == NGX_API_RATELIMIT_FLYING) {
        return NULL;
    }

    if (link->out_pos) {
        ngx_memmove(link->out, link->out + link->out_pos,
                    link->out_len - link->out_pos);
        link->out_len -= link->out_pos;
        link->out_pos = 0;
    }

    len = api_resp_command(words, (uint32_t) n,
                           (char *) link->out + link->out_len,
                           NGX_API_RATELIMIT_OUT - link->out_len);
    if (len == 0) {
        return NULL;
    }

    flight = &link->flights[(link->first + link->nflights)
                            % NGX_API_RATELIMIT_FLYING];
    flight->kind = kind;
    flight->since = ngx_current_msec;
    flight->offset = link->queued;
    flight->n = 0;

    link->nflights++;
    link->out_len += len;
    link->queued += len;

    return flight;
}


/* All at once; the store answers one by one. */

void
ngx_api_ratelimit_talk_greet(ngx_api_ratelimit_link_t *link)
{
    ngx_uint_t                        n;
    api_span_t                        words[3];
    const ngx_api_ratelimit_store_t  *store;

    store = link->store;

    if (store->password.len) {
        n = 0;
        words[n++] = API_SPAN("AUTH");

        if (store->user.len) {
            words[n++] = ngx_api_span(&store->user);
        }

        words[n++] = ngx_api_span(&store->password);

        (void) ngx_api_ratelimit_talk_say(link, NGX_API_RATELIMIT_R_STATUS,
                                          words, n);
    }

    if (store->db.len) {
        words[0] = API_SPAN("SELECT");
        words[1] = ngx_api_span(&store->db);

        (void) ngx_api_ratelimit_talk_say(link, NGX_API_RATELIMIT_R_STATUS,
                                          words, 2);
    }

    ngx_api_ratelimit_talk_script(link);
    ngx_api_ratelimit_link_write(link);
}


static void
ngx_api_ratelimit_talk_script(ngx_api_ratelimit_link_t *link)
{
    api_span_t  words[3];

    words[0] = API_SPAN("SCRIPT");
    words[1] = API_SPAN("LOAD");
    words[2] = api_span(ngx_api_ratelimit_merge_script,
                        ngx_strlen(ngx_api_ratelimit_merge_script));

    if (ngx_api_ratelimit_talk_say(link, NGX_API_RATELIMIT_R_SCRIPT, words, 3))
    {
        link->loading = 1;
    }
}


/* NGX_ERROR: the connection is closed. */

ngx_int_t
ngx_api_ratelimit_talk_read(ngx_api_ratelimit_link_t *link, api_span_t bytes)
{
    bool              done;
    api_err_t         err;
    api_resp_reply_t  reply;

    if (api_resp_feed(link->resp, bytes, &err) != API_OK) {
        ngx_api_ratelimit_link_fault(link, "answers with", err.text);
        return NGX_ERROR;
    }

    for ( ;; ) {
        if (api_resp_next(link->resp, &reply, &done, &err) != API_OK) {
            ngx_api_ratelimit_link_fault(link, "answers what is no answer",
                                         err.text);
            return NGX_ERROR;
        }

        if (!done) {
            break;
        }

        if (ngx_api_ratelimit_talk_answer(link, &reply) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ngx_api_ratelimit_talk_clock(link);

    if (!ngx_queue_empty(&link->asks)) {
        ngx_post_event(&link->asker, &ngx_posted_events);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_api_ratelimit_talk_answer(ngx_api_ratelimit_link_t *link,
    const api_resp_reply_t *reply)
{
    ngx_api_ratelimit_flight_t  *flight;

    if (link->nflights == 0) {
        ngx_api_ratelimit_link_fault(link, "answers what nobody asked", "");
        return NGX_ERROR;
    }

    flight = &link->flights[link->first];

    if (reply->type == API_RESP_ERROR) {
        if (ngx_api_ratelimit_talk_error(link, flight, reply) != NGX_OK) {
            return NGX_ERROR;
        }

    } else {
        switch (flight->kind) {

        case NGX_API_RATELIMIT_R_SCRIPT:
            if (ngx_api_ratelimit_talk_loaded(link, reply) != NGX_OK) {
                return NGX_ERROR;
            }

            break;

        case NGX_API_RATELIMIT_R_MERGE:
            ngx_api_ratelimit_merge_answer(link, flight, reply);
            break;

        case NGX_API_RATELIMIT_R_ASK:
            ngx_api_ratelimit_ask_answer(link, flight, reply);
            break;

        case NGX_API_RATELIMIT_R_BEAT:
            if (reply->type == API_RESP_INTEGER && reply->integer > 0) {
                link->store->state->nodes = (ngx_atomic_uint_t)
                                            reply->integer;
            }

            break;

        default:
            break;
        }
    }

    link->first = (link->first + 1) % NGX_API_RATELIMIT_FLYING;
    link->nflights--;

    if (link->nflights == 0 && link->phase == NGX_API_RATELIMIT_GREETING) {
        ngx_api_ratelimit_talk_ready(link);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_api_ratelimit_talk_loaded(ngx_api_ratelimit_link_t *link,
    const api_resp_reply_t *reply)
{
    link->loading = 0;

    if (reply->text_len != NGX_API_RATELIMIT_SHA) {
        ngx_api_ratelimit_link_fault(link, "is no Redis or Valkey", "");
        return NGX_ERROR;
    }

    ngx_memcpy(link->sha, reply->text, NGX_API_RATELIMIT_SHA);

    /* the end of a period may have come while it was on its way */

    if (!link->flush.timer_set) {
        ngx_add_timer(&link->flush, 1);
    }

    ngx_post_event(&link->asker, &ngx_posted_events);

    return NGX_OK;
}


/*
 * An error stands for a command that was not done (but for ERR, which may be
 * one in the middle of a script): what was to be told is told again.
 */

static ngx_int_t
ngx_api_ratelimit_talk_error(ngx_api_ratelimit_link_t *link,
    ngx_api_ratelimit_flight_t *flight, const api_resp_reply_t *reply)
{
    char                              text[API_ERR_TEXT + API_RESP_TEXT];
    size_t                            len;
    ngx_uint_t                        ours;
    const api_resp_error_t           *error;
    ngx_api_ratelimit_store_state_t  *state;

    state = link->store->state;
    error = api_resp_error(reply);

    (void) ngx_atomic_fetch_add(&state->errors, 1);

    ngx_api_ratelimit_talk_undone(link, flight, error->action);

    if (error->action == API_RESP_A_SCRIPT) {
        if (!link->loading) {
            ngx_api_ratelimit_talk_script(link);
            ngx_api_ratelimit_link_write(link);

            if (link->phase == NGX_API_RATELIMIT_IDLE) {
                return NGX_ERROR;
            }
        }

        return NGX_OK;
    }

    /* what it says goes into a log */

    len = api_text_log(api_span(reply->text, reply->text_len), text,
                       API_RESP_TEXT, NULL);
    (void) ngx_snprintf((u_char *) text + len, sizeof(text) - len,
                        "; remedy: %s%Z", error->remedy);

    ours = flight->kind == NGX_API_RATELIMIT_R_MERGE
           || flight->kind == NGX_API_RATELIMIT_R_ASK;

    if (error->action == API_RESP_A_FAIL && ours) {
        ngx_api_ratelimit_link_log(link, NGX_LOG_ERR, "says", text);
        return NGX_OK;
    }

    /* taken care of: not a second time in close */

    if (ours) {
        link->first = (link->first + 1) % NGX_API_RATELIMIT_FLYING;
        link->nflights--;
    }

    ngx_api_ratelimit_link_fault(link, "says", text);

    return NGX_ERROR;
}


static void
ngx_api_ratelimit_talk_undone(ngx_api_ratelimit_link_t *link,
    ngx_api_ratelimit_flight_t *flight, api_resp_action_t action)
{
    if (flight->kind == NGX_API_RATELIMIT_R_ASK) {
        switch (action) {

        case API_RESP_A_SCRIPT:
            ngx_api_ratelimit_ask_back(link, flight);
            break;

        case API_RESP_A_FAIL:
            ngx_api_ratelimit_ask_lost(flight, NGX_API_RATELIMIT_UNKNOWN);
            break;

        default:
            ngx_api_ratelimit_ask_lost(flight, NGX_API_RATELIMIT_UNSENT);
            break;
        }

        return;
    }

    if (flight->kind != NGX_API_RATELIMIT_R_MERGE) {
        return;
    }

    if (action == API_RESP_A_FAIL) {
        (void) ngx_atomic_fetch_add(&link->store->state->lost, flight->n);

    } else {
        api_merge_back(&link->waiting, flight->entries, flight->n);
    }
}


static void
ngx_api_ratelimit_talk_ready(ngx_api_ratelimit_link_t *link)
{
    link->phase = NGX_API_RATELIMIT_READY;

    if (link->store->state->faults) {
        link->store->state->faults = 0;
        link->store->state->logged = 0;

        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "api_ratelimit_store \"%V\": is there again",
                      &link->store->name);
    }

    ngx_api_ratelimit_talk_flush(&link->flush);
}


/* The time that the oldest command still has. */

void
ngx_api_ratelimit_talk_clock(ngx_api_ratelimit_link_t *link)
{
    ngx_msec_int_t  left;

    if (link->timeout.timer_set) {
        ngx_del_timer(&link->timeout);
    }

    if (link->nflights) {
        left = (ngx_msec_int_t) (link->flights[link->first].since
                                 + link->store->timeout - ngx_current_msec);

        ngx_add_timer(&link->timeout, left > 1 ? (ngx_msec_t) left : 1);
    }
}


/* Tell what waits: at the end of a period. */

void
ngx_api_ratelimit_talk_flush(ngx_event_t *ev)
{
    uint32_t                   n;
    ngx_connection_t          *c;
    ngx_api_ratelimit_link_t  *link;

    c = ev->data;
    link = c->data;

    if (!ngx_api_ratelimit_tell_turn(link)) {
        return;
    }

    if (link->phase == NGX_API_RATELIMIT_IDLE) {
        ngx_api_ratelimit_link_open(link);
        return;
    }

    if (link->phase != NGX_API_RATELIMIT_READY || link->loading) {
        return;    /* when it is ready, or the script is there */
    }

    n = ngx_api_ratelimit_tell_take(link);

    if (link->store->on_error == NGX_API_RATELIMIT_SHARE) {
        ngx_api_ratelimit_talk_beat(link);
    }

    while (ngx_api_ratelimit_merge_send(link) == NGX_OK) {
        /* void */
    }

    while (ngx_api_ratelimit_ask_send(link) == NGX_OK) {
        /* void */
    }

    ngx_api_ratelimit_link_write(link);

    if (link->phase != NGX_API_RATELIMIT_READY) {
        return;
    }

    ngx_api_ratelimit_talk_clock(link);

    /* what found no room among the commands goes as soon as there is some */

    if (link->waiting.n) {
        if (link->flush.timer_set) {
            ngx_del_timer(&link->flush);
        }

        ngx_add_timer(&link->flush, ngx_min(link->store->flush, 5));

    } else if (n && !link->flush.timer_set) {

        /* the others may have more, and leave it to the teller */

        ngx_add_timer(&link->flush, link->store->flush);
    }
}


static void
ngx_api_ratelimit_talk_beat(ngx_api_ratelimit_link_t *link)
{
    u_char                           *p, key[256];
    api_span_t                        words[5];
    ngx_atomic_uint_t                 beat, now;
    ngx_api_ratelimit_store_state_t  *state;

    state = link->store->state;
    beat = state->beat;
    now = ngx_current_msec;

    if (now < beat
        || !ngx_atomic_cmp_set(&state->beat, beat,
                               now + NGX_API_RATELIMIT_BEAT))
    {
        return;
    }

    p = ngx_snprintf(key, sizeof(key), "%V{nodes}", &link->store->prefix);

    words[0] = API_SPAN("EVAL");
    words[1] = api_span(ngx_api_ratelimit_beat_script,
                        sizeof(ngx_api_ratelimit_beat_script) - 1);
    words[2] = API_SPAN("1");
    words[3] = api_span(key, p - key);
    words[4] = api_span(state->node, sizeof(state->node));

    (void) ngx_api_ratelimit_talk_say(link, NGX_API_RATELIMIT_R_BEAT, words,
                                      5);
}


/* The worker ends: what the system takes without waiting is told. */

void
ngx_api_ratelimit_talk_last(ngx_api_ratelimit_link_t *link)
{
    if (link->phase != NGX_API_RATELIMIT_READY || link->loading) {
        return;
    }

    (void) ngx_api_ratelimit_tell_own(link);

    while (ngx_api_ratelimit_merge_send(link) == NGX_OK) {
        /* void */
    }

    if (link->out_pos < link->out_len) {
        (void) link->c->send(link->c, link->out + link->out_pos,
                             link->out_len - link->out_pos);
    }
}
