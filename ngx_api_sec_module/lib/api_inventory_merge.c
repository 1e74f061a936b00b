/* One inventory into another, one operation into another. */

#include "api_inventory_int.h"


static void
api_inv_add_params(api_inv_entry_t *to, const api_inv_entry_t *from)
{
    bool                  is_new;
    unsigned              i;
    api_inv_slot_t       *s;
    const api_inv_slot_t *f;

    for (i = 0; i < API_INV_PARAMS; i++) {
        f = &from->params[i];

        if (f->hash == 0 || !f->ready) {
            continue;
        }

        s = api_inv_slot(to, f->hash, &is_new);

        if (s == NULL) {
            api_inv_add32(&to->unnamed, f->count);

        } else if (is_new) {
            *s = *f;

        } else {
            api_inv_add32(&s->count, f->count);
            api_inv_bits16(&s->types, f->types);
            api_inv_bits32(&s->classes, f->classes);
        }
    }
}


void
api_inv_add(api_inv_entry_t *to, const api_inv_entry_t *from)
{
    unsigned i;

    for (i = 0; i < API_INV_NSTATUS; i++) {
        api_inv_add64(&to->status[i], from->status[i]);
    }

    for (i = 0; i <= API_INV_TIMES; i++) {
        api_inv_add32(&to->times[i], from->times[i]);
    }

    for (i = 0; i <= API_INV_SIZES; i++) {
        api_inv_add32(&to->sizes_in[i], from->sizes_in[i]);
        api_inv_add32(&to->sizes_out[i], from->sizes_out[i]);
    }

    api_inv_add64(&to->open_success, from->open_success);
    api_inv_add64(&to->auth_success, from->auth_success);
    api_inv_add64(&to->bytes_in, from->bytes_in);
    api_inv_add64(&to->bytes_out, from->bytes_out);
    api_inv_add64(&to->ms, from->ms);
    api_inv_add32(&to->unnamed, from->unnamed);

    api_inv_bits16(&to->auth, from->auth);
    api_inv_bits16(&to->types_in, from->types_in);
    api_inv_bits16(&to->types_out, from->types_out);
    api_inv_bits32(&to->classes_in, from->classes_in);
    api_inv_bits32(&to->classes_out, from->classes_out);

    for (i = 0; i < API_INV_SEGMENTS; i++) {
        to->segment[i] |= from->segment[i];
    }

    if (from->first_seen && from->first_seen < to->first_seen) {
        to->first_seen = from->first_seen;
    }

    if (from->last_seen > to->last_seen) {
        to->last_seen = from->last_seen;
    }

    api_hll_merge(&to->principals, &from->principals);
    api_hll_merge(&to->objects, &from->objects);
    api_inv_add_params(to, from);
}


static void
api_inv_merge_one(
    api_inventory_t *inv, const api_inventory_t *from, uint32_t at)
{
    uint32_t               op;
    api_inv_doc_t          doc;
    api_inv_what_t         what;
    api_inv_entry_t       *to;
    const api_inv_entry_t *e;

    e = api_inv_entry(from, at);

    if (!(e->flags & API_INV_F_USED) || e->method >= API_INV_METHODS) {
        return;
    }

    what.host = api_inv_string(from, e->host);
    what.template = api_inv_string(from, e->template);
    what.method = e->method;

    op = api_inventory_find(inv, &what);

    if (op == API_INV_NONE) {
        op = api_inv_new(inv, &what, (int64_t) e->first_seen);
    }

    to = api_inv_entry(inv, op);
    api_inv_add(to, e);

    if (op == API_INV_OTHER) {
        return;
    }

    if ((e->flags & API_INV_F_DOCUMENTED) && !to->spec) {
        doc.spec = api_inv_string(from, e->spec);
        doc.owner = api_inv_string(from, e->owner);
        doc.revision = e->revision;
        doc.deprecated = (e->flags & API_INV_F_DEPRECATED) != 0;

        api_inv_document(inv, to, &doc);
    }

    if (e->owner && !to->owner) {
        api_inv_own(inv, to, api_inv_string(from, e->owner));
    }

    api_inv_pin(inv, op, (to->flags & API_INV_F_DOCUMENTED) != 0);
}


void
api_inventory_merge(api_inventory_t *inv, const api_inventory_t *from)
{
    uint32_t op;

    api_inv_begin(inv);

    for (op = 1; op <= from->top_op && op < from->max_ops; op++) {
        api_inv_merge_one(inv, from, op);
    }

    api_inv_add(
        api_inv_entry(inv, API_INV_OTHER), api_inv_entry(from, API_INV_OTHER));

    if (from->since < inv->since) {
        inv->since = from->since;
    }

    inv->overflow += from->overflow;
    inv->evicted += from->evicted;
    inv->forgotten += from->forgotten;

    api_inv_end(inv);
}
