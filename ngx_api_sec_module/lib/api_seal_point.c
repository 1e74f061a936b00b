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
    int64_t    seq, due;
    uint32_t   i, list, one;
    api_span_t chain, head;

    list = api_json_get(doc, at, API_SPAN("heads"));

    if (list == API_JSON_NONE || doc->tok[list].type != API_JSON_ARRAY) {
        return false;
    }

    for (i = 0; i < doc->tok[list].len; i++) {
        one = api_json_at(doc, list, i);

        due = 0;

        if (p->n == HEADS || doc->tok[one].type != API_JSON_ARRAY
            || doc->tok[one].len < 3 || doc->tok[one].len > 4
            || !text_of(c, doc, api_json_at(doc, one, 0), &chain)
            || chain.len != API_SEAL_CHAIN
            || !api_json_int64(doc, api_json_at(doc, one, 1), &seq) || seq < 1
            || !text_of(c, doc, api_json_at(doc, one, 2), &head)
            || !api_seal_read(head, p->head[p->n].head)
            || (doc->tok[one].len == 4
                && (!api_json_int64(doc, api_json_at(doc, one, 3), &due)
                    || due < 1 || due > seq)))
        {
            return false;
        }

        p->head[p->n].due = (uint64_t) due;
        memcpy(p->head[p->n].chain, chain.data, API_SEAL_CHAIN);
        p->head[p->n++].seq = (uint64_t) seq;
    }

    return true;
}


/* The statement that is coming in parts in that chain, or room for one. */

static parts_t *
parts_of(api_seal_check_t *c, api_span_t chain)
{
    size_t   i;
    parts_t *p, *oldest = c->parts;

    for (i = 0; i < PARTS; i++) {
        p = &c->parts[i];

        if (p->used && memcmp(p->chain, chain.data, API_SEAL_CHAIN) == 0) {
            oldest = p;
            break;
        }

        if (p->used < oldest->used) {
            oldest = p;
        }
    }

    if (i == PARTS) {
        memcpy(oldest->chain, chain.data, API_SEAL_CHAIN);
        oldest->part = 0;
    }

    oldest->used = c->sum.lines;

    return oldest;
}


static bool
read_span(api_seal_check_t *c, const api_json_t *doc, uint32_t at,
    api_seal_span_t *span)
{
    uint64_t   length;
    api_span_t log, after;

    if (!text_of(c, doc, api_json_get(doc, at, API_SPAN("log")), &log)
        || log.len != API_SEAL_CHAIN
        || !text_of(c, doc, api_json_get(doc, at, API_SPAN("after")), &after)
        || after.len != API_SEAL_CHAIN || !int_of(doc, at, "from", &span->from)
        || !int_of(doc, at, "epoch", &span->epoch)
        || !int_of(doc, at, "length", &length) || length < 1 || length > 86400
        || span->from > span->epoch || span->epoch > INT64_MAX / 86400 / 2)
    {
        return false;
    }

    memcpy(span->log, log.data, API_SEAL_CHAIN);
    memcpy(span->after, after.data, API_SEAL_CHAIN);
    span->length = (uint32_t) length;
    span->stop = api_json_get(doc, at, API_SPAN("stop")) != API_JSON_NONE;

    return true;
}


/* Adds a part; *last: it is complete. */

static bool
read_part(api_seal_check_t *c, const api_json_t *doc, uint32_t at, parts_t *p,
    bool *last)
{
    uint64_t part, parts;

    if (!int_of(doc, at, "part", &part) || !int_of(doc, at, "parts", &parts)
        || part < 1 || part > parts || (part > 1 && part != p->part + 1)
        || !read_span(c, doc, at, &p->span))
    {
        p->part = 0;
        return false;
    }

    if (part == 1) {
        p->n = 0;
    }

    p->part = part;
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
    const api_seal_span_t *s, api_span_t statement, const leaf_t *leaf)
{
    int        rc;
    int64_t    time = leaf->time;
    uint8_t    mac[API_SEAL_LEN], said[API_SEAL_LEN];
    uint64_t   place = leaf->place;
    api_span_t text;

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


/* Is the checkpoint of its log signed, and of the tree that ends with it? */

static int
check_note(api_seal_check_t *c, const api_json_t *doc, uint32_t at,
    const log_t *log, const leaf_t *leaf)
{
    int                   rc;
    uint64_t              place = leaf->place;
    api_span_t            note;
    api_seal_checkpoint_t point;

    if (!text_of(c, doc, api_json_get(doc, at, API_SPAN("note")), &note)) {
        api_seal_tell(c, API_SEAL_CHANGED, place, "this seal has no note");
        return API_OK;
    }

    if (c->opts.signer) {
        rc = api_seal_note_open(c->opts.signer, note, &point);

        if (rc != API_OK) {
            api_seal_tell(c, API_SEAL_CHANGED, place,
                "this seal is not signed by that key");
            return API_OK;
        }

        if (point.size != leaf->size
            || memcmp(point.root, leaf->after, API_SEAL_LEN) != 0
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


/* The tree before a statement, whose nodes it brings: the root that the one
   before it signed vouches for them, and its own. */

static void
read_tree(api_seal_check_t *c, const api_json_t *doc, uint32_t at,
    api_seal_tree_t *tree, uint64_t place)
{
    uint32_t   n, list;
    api_span_t node;

    list = api_json_get(doc, at, API_SPAN("nodes"));

    for (n = 0; n < api_seal_tree_nodes(tree); n++) {
        if (list == API_JSON_NONE || n >= doc->tok[list].len
            || !text_of(c, doc, api_json_at(doc, list, n), &node)
            || !api_seal_read(node, tree->node[n]))
        {
            api_seal_tell(
                c, API_SEAL_CHANGED, place, "this seal lacks its tree");
            return;
        }
    }
}


static int
make_leaf(api_seal_check_t *c, const api_json_t *doc, uint32_t at,
    api_span_t statement, leaf_t *leaf)
{
    int             rc;
    api_seal_tree_t tree = { .size = leaf->size - 1 };

    read_tree(c, doc, at, &tree, leaf->place);
    rc = api_seal_tree_root(c->seal, &tree, leaf->before);

    if (rc == API_OK) {
        rc = api_seal_tree_add(c->seal, &tree, statement);
    }

    return rc == API_OK ? api_seal_tree_root(c->seal, &tree, leaf->after) : rc;
}


/* Earliest time of events that it may be about. */

static int64_t
floor_of(const api_seal_span_t *s, api_seal_order_t order)
{
    int64_t from = (int64_t) s->from - 1;

    if (order == API_SEAL_SOMEWHERE) {
        from -= UNSURE;
    }

    return from * (int64_t) s->length - SLACK;
}


/* Events that a log seals are of this time; a last statement may have been
   made before its epoch was over. */

static void
frame(log_t *log, const api_seal_span_t *s)
{
    int64_t from = (int64_t) s->from * (int64_t) s->length;
    int64_t to = ((int64_t) s->epoch + !s->stop) * (int64_t) s->length;

    log->began = from < log->began ? from : log->began;
    log->until = to > log->until ? to : log->until;
}


/* It is whole: held against its key, its tree and the chains. */

static int
judge(api_seal_check_t *c, const api_json_t *doc, uint32_t at,
    const parts_t *p, leaf_t *leaf)
{
    int              rc;
    char            *text;
    size_t           i;
    log_t           *log;
    wait_t           w = { .place = leaf->place, .time = leaf->time };
    api_span_t       statement;
    api_seal_order_t order = API_SEAL_NEXT;

    text = api_arena_alloc(&c->arena, API_SEAL_STATEMENT_MAX(p->n));
    if (text == NULL) {
        return API_NOMEM;
    }

    statement =
        api_span(text, api_seal_statement(&p->span, p->head, p->n, text));

    log = api_seal_log(c, p->span.log);
    log = log ? log : api_seal_log_new(c, &p->span, leaf->place);
    if (log == NULL) {
        return API_NOMEM;
    }

    rc = make_leaf(c, doc, at, statement, leaf);

    if (rc == API_OK) {
        rc = check_mac(c, doc, at, &p->span, statement, leaf);
    }

    if (rc == API_OK) {
        rc = check_note(c, doc, at, log, leaf);
    }

    if (rc == API_OK) {
        rc = api_seal_order(c, log, leaf, &order);
    }

    frame(log, &p->span);
    w.size = leaf->size;
    w.floor = floor_of(&p->span, order);
    w.early = order == API_SEAL_EARLY;

    for (i = 0; rc == API_OK && i < p->n; i++) {
        rc = api_seal_heads(c, &p->head[i], w, log);
    }

    return rc;
}


static int
finish(api_seal_check_t *c, const api_json_t *doc, uint32_t at,
    const parts_t *p, leaf_t leaf)
{
    int rc;

    leaf.from = p->span.from;
    leaf.epoch = p->span.epoch;
    leaf.stop = p->span.stop;

    if (!int_of(doc, at, "size", &leaf.size) || leaf.size < 1
        || leaf.size >> (API_SEAL_TREE - 1))
    {
        api_seal_tell(
            c, API_SEAL_CHANGED, leaf.place, "this seal has no size");
        return API_OK;
    }

    rc = judge(c, doc, at, p, &leaf);

    if (leaf.time >= c->sum.last) {
        c->sum.last = leaf.time;
        c->sum.stopped = leaf.stop;
    }

    c->length = p->span.length;
    c->sum.seals++;
    api_seal_retire(c);

    return rc;
}


int
api_seal_point(api_seal_check_t *c, api_span_t line, uint64_t place,
    const api_seal_line_t *l)
{
    int              rc = API_OK;
    bool             last = false;
    leaf_t           leaf = { .place = place, .time = api_seal_time(l->time) };
    parts_t         *p = parts_of(c, l->chain);
    uint32_t         at;
    api_json_t       doc;
    api_arena_mark_t mark = api_arena_mark(&c->arena);

    at = body_of(c, &doc, line, "checkpoint");

    if (at == API_JSON_NONE || !read_part(c, &doc, at, p, &last)) {
        api_seal_tell(c, API_SEAL_CHANGED, place, "this is no seal");

    } else if (last) {
        rc = finish(c, &doc, at, p, leaf);
        p->part = 0;
    }

    api_arena_rewind(&c->arena, mark);

    return rc;
}
