#include "api_seal_check_int.h"


static const api_json_limits_t limits = { .depth = 6,
    .tokens = 8192,
    .members = 4096,
    .name = 64,
    .string = 4096,
    .number = 24 };


static bool
text_of(
    api_seal_check_t *c, const api_json_t *doc, uint32_t at, api_span_t *out)
{
    return at != API_JSON_NONE && doc->tok[at].type == API_JSON_STRING
           && api_json_string(doc, at, &c->arena, out) == API_OK;
}


static bool
int_of(const api_json_t *doc, uint32_t object, const char *name, uint64_t *out)
{
    int64_t  v;
    uint32_t at = api_json_get(doc, object, api_span(name, strlen(name)));

    if (at == API_JSON_NONE || !api_json_int64(doc, at, &v) || v < 0) {
        return false;
    }

    *out = (uint64_t) v;

    return true;
}


/* The member of the event that has its body; API_JSON_NONE: it is no such
   event. */

static uint32_t
body_of(
    api_seal_check_t *c, api_json_t *doc, api_span_t line, const char *name)
{
    uint32_t at;

    if (api_json_parse(doc, line, &limits, 0, c->seed, &c->arena, NULL)
        != API_OK) {
        return API_JSON_NONE;
    }

    at = api_json_get(doc, 0, api_span(name, strlen(name)));

    return at != API_JSON_NONE && doc->tok[at].type == API_JSON_OBJECT
               ? at
               : API_JSON_NONE;
}


int
api_seal_gap(api_seal_check_t *c, api_span_t line, uint64_t place)
{
    uint32_t         at;
    uint64_t         total;
    chain_t         *chain;
    api_json_t       doc;
    api_span_t       name;
    api_arena_mark_t mark = api_arena_mark(&c->arena);

    at = body_of(c, &doc, line, "gap");

    if (at == API_JSON_NONE || !int_of(&doc, at, "total", &total)
        || !text_of(c, &doc, api_json_get(&doc, at, API_SPAN("chain")), &name)
        || name.len != API_SEAL_CHAIN)
    {
        api_arena_rewind(&c->arena, mark);
        api_seal_tell(c, API_SEAL_CHANGED, place, "this is no event of a gap");
        return API_OK;
    }

    chain = api_seal_chain(c, name);
    api_arena_rewind(&c->arena, mark);

    if (chain == NULL) {
        return API_NOMEM;
    }

    if (total > chain->lost) {
        c->sum.lost += total - chain->lost;
        chain->lost = total;
    }

    return API_OK;
}


static bool
read_heads(api_seal_check_t *c, const api_json_t *doc, uint32_t at, parts_t *p)
{
    int64_t    seq;
    uint32_t   i, list, one;
    api_span_t chain, head;

    list = api_json_get(doc, at, API_SPAN("heads"));

    if (list == API_JSON_NONE || doc->tok[list].type != API_JSON_ARRAY) {
        return false;
    }

    for (i = 0; i < doc->tok[list].len; i++) {
        one = api_json_at(doc, list, i);

        if (p->n == HEADS || doc->tok[one].type != API_JSON_ARRAY
            || doc->tok[one].len != 3
            || !text_of(c, doc, api_json_at(doc, one, 0), &chain)
            || chain.len != API_SEAL_CHAIN
            || !api_json_int64(doc, api_json_at(doc, one, 1), &seq) || seq < 1
            || !text_of(c, doc, api_json_at(doc, one, 2), &head)
            || !api_seal_read(head, p->head[p->n].head))
        {
            return false;
        }

        memcpy(p->head[p->n].chain, chain.data, API_SEAL_CHAIN);
        p->head[p->n++].seq = (uint64_t) seq;
    }

    return true;
}


/* Adds a part; *last: it is complete. */

static bool
read_part(api_seal_check_t *c, const api_json_t *doc, uint32_t at, bool *last)
{
    uint32_t   stop;
    uint64_t   part, parts, length;
    api_span_t log, after;
    parts_t   *p = c->parts;

    if (!int_of(doc, at, "part", &part) || !int_of(doc, at, "parts", &parts)
        || part < 1 || part > parts
        || !text_of(c, doc, api_json_get(doc, at, API_SPAN("log")), &log)
        || log.len != API_SEAL_CHAIN
        || !text_of(c, doc, api_json_get(doc, at, API_SPAN("after")), &after)
        || after.len != API_SEAL_CHAIN)
    {
        return false;
    }

    if (part == 1) {
        p->n = 0;

    } else if (part != p->part + 1) {
        return false;
    }

    p->part = part;

    if (!int_of(doc, at, "from", &p->span.from)
        || !int_of(doc, at, "epoch", &p->span.epoch)
        || !int_of(doc, at, "length", &length) || length < 1 || length > 86400
        || p->span.from > p->span.epoch
        || p->span.epoch > INT64_MAX / 86400 / 2)
    {
        return false;
    }

    memcpy(p->span.log, log.data, API_SEAL_CHAIN);
    memcpy(p->span.after, after.data, API_SEAL_CHAIN);
    p->span.length = (uint32_t) length;

    stop = api_json_get(doc, at, API_SPAN("stop"));
    p->span.stop = stop != API_JSON_NONE;
    *last = part == parts;

    return read_heads(c, doc, at, p);
}


/* K of that epoch, from the first one: keys only go forward. */

static int
key_at(api_seal_check_t *c, uint64_t epoch)
{
    int rc = API_OK;

    if (epoch < c->key_epoch) {
        memcpy(c->key, c->opts.key, API_SEAL_LEN);
        c->key_epoch = c->opts.epoch;
    }

    for (; rc == API_OK && c->key_epoch < epoch; c->key_epoch++) {
        rc = api_seal_evolve(c->seal, c->key);
    }

    return rc;
}


static int
check_mac(api_seal_check_t *c, const api_json_t *doc, uint32_t at,
    api_span_t statement, int64_t time, uint64_t place)
{
    int                    rc;
    uint8_t                mac[API_SEAL_LEN], said[API_SEAL_LEN];
    api_span_t             text;
    const api_seal_span_t *s = &c->parts->span;

    if (!text_of(c, doc, api_json_get(doc, at, API_SPAN("mac")), &text)
        || !api_seal_read(text, said))
    {
        api_seal_tell(c, API_SEAL_CHANGED, place, "this seal has no MAC");
        return API_OK;
    }

    if ((int64_t) (s->epoch * s->length) > time + SLACK
        || time > c->opts.now + SLACK)
    {
        api_seal_tell(c, API_SEAL_CHANGED, place,
            "this seal is about a time that was still to come");
        return API_OK;
    }

    if (!c->opts.has_key) {
        return API_OK;
    }

    if (s->epoch < c->opts.epoch) {
        api_seal_tell(c, API_SEAL_CHANGED, place,
            "this seal is of a time before the first key");
        return API_OK;
    }

    rc = key_at(c, s->epoch);

    if (rc == API_OK) {
        rc = api_seal_mac(c->key, statement, mac);
    }

    if (rc == API_OK
        && !api_span_eq_secret(
            api_span(mac, sizeof(mac)), api_span(said, sizeof(said))))
    {
        api_seal_tell(c, API_SEAL_CHANGED, place,
            "this seal was not made with the key of epoch %llu",
            (unsigned long long) s->epoch);
    }

    return rc;
}


static log_t *
known(api_seal_check_t *c, const uint8_t name[API_SEAL_CHAIN])
{
    size_t i;

    for (i = 0; i < c->nlogs; i++) {
        if (memcmp(c->logs[i].name, name, API_SEAL_CHAIN) == 0) {
            return &c->logs[i];
        }
    }

    return NULL;
}


/* The log of a statement; one that we meet in its middle brings the nodes of
   its tree, which the signed root vouches for. */

static log_t *
log_of(api_seal_check_t *c, const api_json_t *doc, uint32_t at, uint64_t size,
    uint64_t place)
{
    log_t     *log;
    uint32_t   n, list;
    api_span_t node;

    log = known(c, c->parts->span.log);
    if (log) {
        return log;
    }

    if (!c->opts.part && c->nlogs < LOGS
        && memcmp(c->parts->span.after, "0000000000000000", API_SEAL_CHAIN)
               != 0
        && known(c, c->parts->span.after) == NULL)
    {
        api_seal_tell(c, API_SEAL_MISSING, place,
            "log %.16s, which was before log %.16s, is not here: give its"
            " files too, or --part",
            (const char *) c->parts->span.after,
            (const char *) c->parts->span.log);
    }

    if (c->nlogs == LOGS) { /* of many starts: the oldest are over */
        memmove(c->logs, c->logs + 1, (LOGS - 1) * sizeof(log_t));
        c->nlogs--;
    }

    log = &c->logs[c->nlogs++];
    memset(log, 0, sizeof(*log));
    memcpy(log->name, c->parts->span.log, API_SEAL_CHAIN);
    log->tree.size = size - 1;
    log->next = c->parts->span.from;
    log->before = log->next;

    list = api_json_get(doc, at, API_SPAN("nodes"));

    c->middle |= size > 1;

    if (size > 1 && !c->opts.part) {
        api_seal_tell(c, API_SEAL_MISSING, place,
            "%llu seals of log %.16s stand before this one: give the files"
            " before too, or --part",
            (unsigned long long) (size - 1), (const char *) log->name);
    }

    for (n = 0; n < api_seal_tree_nodes(&log->tree); n++) {
        if (list == API_JSON_NONE || n >= doc->tok[list].len
            || !text_of(c, doc, api_json_at(doc, list, n), &node)
            || !api_seal_read(node, log->tree.node[n]))
        {
            api_seal_tell(
                c, API_SEAL_CHANGED, place, "this seal lacks its tree");
            break;
        }
    }

    log->old = log->tree;

    return log;
}


static int
check_note(api_seal_check_t *c, const api_json_t *doc, uint32_t at,
    const log_t *log, uint64_t place)
{
    int                   rc;
    uint8_t               root[API_SEAL_LEN];
    api_span_t            note;
    api_seal_checkpoint_t point;

    if (!text_of(c, doc, api_json_get(doc, at, API_SPAN("note")), &note)) {
        api_seal_tell(c, API_SEAL_CHANGED, place, "this seal has no note");
        return API_OK;
    }

    rc = api_seal_tree_root(c->seal, &log->tree, root);
    if (rc != API_OK) {
        return rc;
    }

    if (c->opts.signer) {
        rc = api_seal_note_open(c->opts.signer, note, &point);

        if (rc != API_OK) {
            api_seal_tell(c, API_SEAL_CHANGED, place,
                "this seal is not signed by that key");
            return API_OK;
        }

        if (point.size != log->tree.size
            || memcmp(point.root, root, API_SEAL_LEN) != 0
            || point.origin.len < API_SEAL_CHAIN
            || memcmp(point.origin.data + point.origin.len - API_SEAL_CHAIN,
                   log->name, API_SEAL_CHAIN)
                   != 0)
        {
            api_seal_tell(c, API_SEAL_CHANGED, place,
                "the signed checkpoint is not that of the seals before it");
        }
    }

    c->anchored |= api_span_eq(note, c->opts.anchor);

    return API_OK;
}


/* Is it the next one of its log?  The same again is one whose writer was
   killed before he could note that it was written. */

static void
check_order(api_seal_check_t *c, log_t *log, uint64_t size, uint64_t place)
{
    const api_seal_span_t *s = &c->parts->span;

    if (size == log->tree.size && size && s->from == log->before) {
        log->tree = log->old;
        log->next = log->before;
        log->stop = false;
    }

    if (log->stop) {
        api_seal_tell(c, API_SEAL_CHANGED, place,
            "a seal behind the last one of log %.16s",
            (const char *) log->name);
    }

    if (size != log->tree.size + 1 || s->from != log->next) {
        api_seal_tell(c, API_SEAL_CHANGED, place,
            "seals of log %.16s are gone: epoch %llu was to be the next, this"
            " is %llu",
            (const char *) log->name, (unsigned long long) log->next,
            (unsigned long long) s->from);
    }

    if (s->from < s->epoch) {
        api_seal_tell(c, API_SEAL_MISSING, place,
            "epochs %llu to %llu were sealed late, in one",
            (unsigned long long) s->from, (unsigned long long) s->epoch);
    }

    log->old = log->tree;
    log->before = s->from;
    log->next = s->epoch + 1;
    log->stop = s->stop;
}


static int
finish(api_seal_check_t *c, const api_json_t *doc, uint32_t at,
    const api_seal_line_t *l, uint64_t place)
{
    int        rc;
    char      *text;
    log_t     *log;
    size_t     i;
    uint64_t   size;
    api_span_t statement;

    text = api_arena_alloc(&c->arena, API_SEAL_STATEMENT_MAX(c->parts->n));
    if (text == NULL) {
        return API_NOMEM;
    }

    statement = api_span(text, api_seal_statement(&c->parts->span,
                                   c->parts->head, c->parts->n, text));

    if (!int_of(doc, at, "size", &size) || size < 1
        || size >> (API_SEAL_TREE - 1)) {
        api_seal_tell(c, API_SEAL_CHANGED, place, "this seal has no size");
        return API_OK;
    }

    log = log_of(c, doc, at, size, place);
    check_order(c, log, size, place);

    rc = check_mac(c, doc, at, statement, api_seal_time(l->time), place);

    if (rc == API_OK) {
        rc = api_seal_tree_add(c->seal, &log->tree, statement);
    }

    if (rc == API_OK) {
        rc = check_note(c, doc, at, log, place);
    }

    for (i = 0; rc == API_OK && i < c->parts->n; i++) {
        rc = api_seal_heads(c, &c->parts->head[i], place);
    }

    log->last = api_seal_time(l->time);
    log->place = place;

    c->sum.seals++;
    c->sum.last = log->last;
    c->sum.stopped = c->parts->span.stop;
    api_seal_retire(c);

    return rc;
}


int
api_seal_point(api_seal_check_t *c, api_span_t line, uint64_t place,
    const api_seal_line_t *l)
{
    int              rc = API_OK;
    bool             last;
    uint32_t         at;
    api_json_t       doc;
    api_arena_mark_t mark = api_arena_mark(&c->arena);

    at = body_of(c, &doc, line, "checkpoint");

    if (at == API_JSON_NONE || !read_part(c, &doc, at, &last)) {
        api_seal_tell(c, API_SEAL_CHANGED, place, "this is no seal");

    } else if (last) {
        c->parts->time = api_seal_time(l->time);
        rc = finish(c, &doc, at, l, place);
    }

    api_arena_rewind(&c->arena, mark);

    return rc;
}
