#include "api_memo.h"


#define API_MEMO_WAYS 2
#define API_MEMO_TAIL 43 /* the least signature, HS256, in base64url */


typedef struct api_memo_node_s api_memo_node_t;

struct api_memo_node_s {
    api_memo_entry_t entry; /* first: one is the other */
    api_span_t       token;
    uint64_t         tag;
    uint64_t         used; /* tick of the last find */
    uint32_t         refs; /* the table's own is one */
    size_t           bytes;
};

struct api_memo_s {
    const api_alloc_t *alloc;
    api_sipkey_t       seed;
    uint64_t           tick;
    size_t             mask; /* of groups */
    api_memo_stats_t   stats;
    api_memo_node_t   *nodes[]; /* groups of API_MEMO_WAYS */
};


api_memo_t *
api_memo_create(const api_alloc_t *alloc, size_t nentries, api_sipkey_t seed)
{
    size_t      groups, size;
    api_memo_t *memo;

    for (groups = 1; groups * API_MEMO_WAYS < nentries; groups *= 2) {
    }

    size = sizeof(api_memo_t)
           + groups * API_MEMO_WAYS * sizeof(api_memo_node_t *);

    memo = alloc->alloc(alloc->ctx, size);
    if (memo == NULL) {
        return NULL;
    }

    memset(memo, 0, size);

    memo->alloc = alloc;
    memo->seed = seed;
    memo->mask = groups - 1;

    return memo;
}


static void
api_memo_drop(api_memo_t *memo, api_memo_node_t *node)
{
    if (--node->refs == 0) {
        memo->stats.held--;
        memo->stats.bytes -= node->bytes;
        memo->alloc->free(memo->alloc->ctx, node);
    }
}


void
api_memo_free(api_memo_t *memo)
{
    size_t i;

    if (memo == NULL) {
        return;
    }

    for (i = 0; i < (memo->mask + 1) * API_MEMO_WAYS; i++) {
        if (memo->nodes[i]) {
            api_memo_drop(memo, memo->nodes[i]);
        }
    }

    memo->alloc->free(memo->alloc->ctx, memo);
}


static uint64_t
api_memo_tag(const api_memo_t *memo, api_span_t token)
{
    size_t tail;

    tail = token.len < API_MEMO_TAIL ? token.len : API_MEMO_TAIL;

    return api_siphash13(
        memo->seed, api_span(token.data + token.len - tail, tail));
}


static api_memo_node_t **
api_memo_group(api_memo_t *memo, uint64_t tag)
{
    return &memo->nodes[(tag & memo->mask) * API_MEMO_WAYS];
}


const api_memo_entry_t *
api_memo_find(api_memo_t *memo, api_span_t token)
{
    size_t            i;
    uint64_t          tag;
    api_memo_node_t **group, *node;

    tag = api_memo_tag(memo, token);
    group = api_memo_group(memo, tag);

    for (i = 0; i < API_MEMO_WAYS; i++) {
        node = group[i];

        if (node && node->tag == tag && api_span_eq(node->token, token)) {
            node->refs++;
            node->used = ++memo->tick;
            memo->stats.hits++;
            return &node->entry;
        }
    }

    memo->stats.misses++;
    return NULL;
}


void
api_memo_release(api_memo_t *memo, const api_memo_entry_t *entry)
{
    api_memo_drop(memo, (api_memo_node_t *) (uintptr_t) entry);
}


/* Bytes of a copy, each piece on a boundary of 8. */

#define api_memo_round(n) (((n) + 7) & ~(size_t) 7)


static size_t
api_memo_size(api_span_t token, const api_jwt_t *jwt)
{
    return api_memo_round(sizeof(api_memo_node_t))
           + api_memo_round(jwt->header.ntok * sizeof(api_json_tok_t))
           + api_memo_round(jwt->claims.ntok * sizeof(api_json_tok_t))
           + token.len + jwt->signature.len + jwt->header.len + jwt->claims.len
           + jwt->kid.len + jwt->typ.len + jwt->iss.len + jwt->sub.len
           + jwt->jti.len;
}


static void
api_memo_bytes(uint8_t **p, api_span_t *s)
{
    if (s->data == NULL) {
        return;
    }

    if (s->len) {
        memcpy(*p, s->data, s->len);
    }

    s->data = *p;
    *p += s->len;
}


static void
api_memo_tape(uint8_t **p, api_json_t *doc)
{
    size_t n;

    n = doc->ntok * sizeof(api_json_tok_t);
    memcpy(*p, doc->tok, n);

    doc->tok = (api_json_tok_t *) (void *) *p;
    *p += api_memo_round(n);
}


static void
api_memo_text(uint8_t **p, api_json_t *doc)
{
    api_span_t text;

    text = api_span(doc->text, doc->len);
    api_memo_bytes(p, &text);
    doc->text = text.data;
}


/* The segments of a token, where it stands now.  Their lengths alone count:
   jwt may come from another entry, which was found by a token elsewhere. */

static void
api_memo_segments(api_jws_t *jws, const uint8_t *token)
{
    jws->header.data = token;
    jws->payload.data = token + jws->header.len + 1;
    jws->signature.data = jws->payload.data + jws->payload.len + 1;
    jws->input.data = token;
}


static void
api_memo_fill(api_memo_node_t *node, api_span_t token, const api_jwt_t *jwt)
{
    uint8_t   *p;
    api_jwt_t *copy;

    copy = &node->entry.jwt;
    *copy = *jwt;

    p = (uint8_t *) node + api_memo_round(sizeof(api_memo_node_t));

    api_memo_tape(&p, &copy->header);
    api_memo_tape(&p, &copy->claims);
    api_memo_text(&p, &copy->header);
    api_memo_text(&p, &copy->claims);

    node->token = token;
    api_memo_bytes(&p, &node->token);
    api_memo_bytes(&p, &copy->signature);
    api_memo_bytes(&p, &copy->kid);
    api_memo_bytes(&p, &copy->typ);
    api_memo_bytes(&p, &copy->iss);
    api_memo_bytes(&p, &copy->sub);
    api_memo_bytes(&p, &copy->jti);

    api_memo_segments(&copy->jws, node->token.data);
}


void
api_memo_add(api_memo_t *memo, api_span_t token, const api_jwt_t *jwt,
    const void *owner, uint64_t epoch, int64_t until)
{
    size_t            i, size;
    uint64_t          tag;
    api_memo_node_t **group, **place, *node;

    size = api_memo_size(token, jwt);

    if (size > API_MEMO_MAX_ENTRY) {
        return;
    }

    node = memo->alloc->alloc(memo->alloc->ctx, size);
    if (node == NULL) {
        return;
    }

    tag = api_memo_tag(memo, token);
    group = api_memo_group(memo, tag);
    place = &group[0];

    for (i = 0; i < API_MEMO_WAYS; i++) {
        if (group[i] == NULL
            || (group[i]->tag == tag && api_span_eq(group[i]->token, token)))
        {
            place = &group[i];
            break;
        }

        if (group[i]->used < (*place)->used) {
            place = &group[i];
        }
    }

    api_memo_fill(node, token, jwt);

    node->entry.owner = owner;
    node->entry.epoch = epoch;
    node->entry.until = until;
    node->tag = tag;
    node->used = ++memo->tick;
    node->refs = 1;
    node->bytes = size;

    if (*place) {
        api_memo_drop(memo, *place);
    }

    *place = node;

    memo->stats.added++;
    memo->stats.held++;
    memo->stats.bytes += size;
}


void
api_memo_stats(const api_memo_t *memo, api_memo_stats_t *stats)
{
    *stats = memo->stats;
}
