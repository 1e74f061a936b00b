
/*
 * A statement as events of kind seal: as many as its chains need.
 */

#include "ngx_api_sec_seal.h"


static ngx_uint_t ngx_api_sec_seal_part_of(ngx_api_sec_writer_t *w,
    const ngx_api_sec_statement_t *s, ngx_uint_t part, ngx_uint_t parts);
static void ngx_api_sec_seal_chains(const ngx_api_sec_statement_t *s,
    ngx_uint_t part, api_writer_t *out);
static void ngx_api_sec_seal_point(const ngx_api_sec_statement_t *s,
    api_writer_t *out);
static void ngx_api_sec_seal_number(api_writer_t *w, const char *name,
    uint64_t value);
static void ngx_api_sec_seal_hash(api_writer_t *w, const uint8_t *hash);


ngx_uint_t
ngx_api_sec_seal_write(ngx_api_sec_writer_t *w,
    const ngx_api_sec_statement_t *s)
{
    ngx_uint_t  part, parts;

    parts = s->n ? (s->n + NGX_API_SEC_SEAL_PART - 1) / NGX_API_SEC_SEAL_PART
                 : 1;

    for (part = 1; part <= parts; part++) {
        if (ngx_api_sec_seal_part_of(w, s, part, parts)) {
            continue;
        }

        if (!s->span.stop) {
            return 0;    /* no room: the next tick begins anew */
        }

        ngx_api_sec_writer_drain(w);

        if (!ngx_api_sec_seal_part_of(w, s, part, parts)) {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
ngx_api_sec_seal_part_of(ngx_api_sec_writer_t *w,
    const ngx_api_sec_statement_t *s, ngx_uint_t part, ngx_uint_t parts)
{
    char                    *room;
    api_span_t               text;
    api_writer_t             out;

    room = api_spool_begin(w->own, API_SPOOL_ASIDE, API_SPOOL_EVENT);
    if (room == NULL) {
        return 0;
    }

    api_writer_init(&out, room, API_SPOOL_EVENT - NGX_API_SEC_EVENT_TAIL);
    ngx_api_sec_audit_head(&out, "seal");
    api_writer_name(&out, API_SPAN("checkpoint"));
    api_writer_object(&out);
    api_writer_name(&out, API_SPAN("log"));
    api_writer_string(&out, api_span(s->span.log, API_SEAL_CHAIN));
    api_writer_name(&out, API_SPAN("after"));
    api_writer_string(&out, api_span(s->span.after, API_SEAL_CHAIN));

    ngx_api_sec_seal_number(&out, "from", s->span.from);
    ngx_api_sec_seal_number(&out, "epoch", s->span.epoch);
    ngx_api_sec_seal_number(&out, "length", s->span.length);
    ngx_api_sec_seal_number(&out, "part", part);
    ngx_api_sec_seal_number(&out, "parts", parts);

    if (s->span.stop) {
        api_writer_name(&out, API_SPAN("stop"));
        api_writer_bool(&out, true);
    }

    api_writer_name(&out, API_SPAN("heads"));
    api_writer_array(&out);

    ngx_api_sec_seal_chains(s, part, &out);
    api_writer_end(&out);

    if (part == parts) {
        ngx_api_sec_seal_point(s, &out);
    }

    api_writer_end(&out);
    api_writer_end(&out);

    if (api_writer_done(&out, &text) != API_OK) {
        return 0;
    }

    ngx_api_sec_audit_aside(w, room, text.len);

    return 1;
}


static void
ngx_api_sec_seal_chains(const ngx_api_sec_statement_t *s, ngx_uint_t part,
    api_writer_t *out)
{
    ngx_uint_t              i, last;
    const api_seal_head_t  *h;

    last = ngx_min(s->n, part * NGX_API_SEC_SEAL_PART);

    for (i = (part - 1) * NGX_API_SEC_SEAL_PART; i < last; i++) {
        h = &s->heads[i];

        api_writer_array(out);
        api_writer_string(out, api_span(h->chain, API_SEAL_CHAIN));
        api_writer_uint(out, h->seq);
        ngx_api_sec_seal_hash(out, h->head);

        if (h->due) {
            api_writer_uint(out, h->due);
        }

        api_writer_end(out);
    }
}


static void
ngx_api_sec_seal_point(const ngx_api_sec_statement_t *s, api_writer_t *out)
{
    unsigned  i;

    ngx_api_sec_seal_number(out, "size", s->tree.size);
    api_writer_name(out, API_SPAN("nodes"));
    api_writer_array(out);

    for (i = 0; i < api_seal_tree_nodes(&s->before); i++) {
        ngx_api_sec_seal_hash(out, s->before.node[i]);
    }

    api_writer_end(out);
    api_writer_name(out, API_SPAN("mac"));
    ngx_api_sec_seal_hash(out, s->mac);
    api_writer_name(out, API_SPAN("note"));
    api_writer_string(out, api_span(s->note, s->note_len));
}


static void
ngx_api_sec_seal_number(api_writer_t *w, const char *name, uint64_t value)
{
    api_writer_name(w, api_span(name, ngx_strlen(name)));
    api_writer_uint(w, value);
}


static void
ngx_api_sec_seal_hash(api_writer_t *w, const uint8_t *hash)
{
    char  text[API_SEAL_TEXT];

    api_seal_text(hash, text);
    api_writer_string(w, api_span(text, sizeof(text)));
}
