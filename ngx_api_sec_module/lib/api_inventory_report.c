/* Operations as JSON. */

#include "api_inventory_report.h"

#include <stdio.h>


static void
api_inv_text(api_writer_t *w, const char *name, const char *s)
{
    api_writer_name(w, api_span(name, strlen(name)));
    api_writer_string(w, api_span(s, strlen(s)));
}


static void
api_inv_span(api_writer_t *w, const char *name, api_span_t s)
{
    api_writer_name(w, api_span(name, strlen(name)));
    api_writer_string(w, s);
}


static void
api_inv_number(api_writer_t *w, const char *name, uint64_t n)
{
    api_writer_name(w, api_span(name, strlen(name)));
    api_writer_uint(w, n);
}


typedef const char *(*api_inv_name_t)(unsigned n);


/* Names of the bits that are set. */

static void
api_inv_bits(
    api_writer_t *w, const char *name, uint32_t bits, api_inv_name_t of)
{
    unsigned    i;
    const char *s;

    api_writer_name(w, api_span(name, strlen(name)));
    api_writer_array(w);

    for (i = 0; i < 32; i++) {
        if (bits >> i & 1) {
            s = of(i);
            api_writer_string(w, api_span(s, strlen(s)));
        }
    }

    api_writer_end(w);
}


/* Bounds as strings: buckets are {"10": 3, "+Inf": 1}, those with something in
   them. */

static void
api_inv_buckets(api_writer_t *w, const char *name, const int64_t *bounds,
    const uint32_t *counts, unsigned n)
{
    char     le[24];
    unsigned i;

    api_writer_name(w, api_span(name, strlen(name)));
    api_writer_object(w);

    for (i = 0; i <= n; i++) {
        if (counts[i] == 0) {
            continue;
        }

        if (i == n) {
            (void) snprintf(le, sizeof(le), "+Inf");

        } else {
            (void) snprintf(le, sizeof(le), "%lld", (long long) bounds[i]);
        }

        api_inv_number(w, le, counts[i]);
    }

    api_writer_end(w);
}


static void
api_inv_statuses(api_writer_t *w, const api_inv_view_t *v)
{
    unsigned i;

    static const char *const names[API_INV_NSTATUS] = { "1xx", "2xx", "3xx",
        "4xx", "5xx", "401", "403", "404", "429" };

    api_writer_name(w, API_SPAN("status"));
    api_writer_object(w);

    for (i = 0; i < API_INV_NSTATUS; i++) {
        if (v->status[i]) {
            api_inv_number(w, names[i], v->status[i]);
        }
    }

    api_writer_end(w);
}


static void
api_inv_params(
    api_writer_t *w, const api_inv_view_t *v, api_inv_class_name_t name)
{
    unsigned i;

    static const char *const places[] = { "", "query", "body", "response" };

    api_writer_name(w, API_SPAN("parameters"));
    api_writer_array(w);

    for (i = 0; i < v->nparams; i++) {
        api_writer_object(w);
        api_inv_span(w, "name", v->params[i].span);
        api_inv_text(
            w, "in", v->params[i].place < 4 ? places[v->params[i].place] : "");
        api_inv_bits(w, "types", v->params[i].types, api_segment_name);
        api_inv_number(w, "count", v->params[i].count);

        if (v->params[i].classes) {
            api_inv_bits(w, "classes", v->params[i].classes, name);
        }

        api_writer_end(w);
    }

    api_writer_end(w);

    if (v->unnamed) {
        api_inv_number(w, "parameters_unnamed", v->unnamed);
    }
}


static void
api_inv_identity(
    api_writer_t *w, const api_inv_view_t *v, const api_inv_verdict_t *verdict)
{
    char       id[17];
    api_span_t method;

    (void) snprintf(id, sizeof(id), "%016llx", (unsigned long long) v->id);
    method = api_method_name(v->method);

    api_inv_text(w, "id", id);
    api_inv_span(w, "host", v->host);
    api_inv_span(w, "method", method);
    api_inv_span(w, "template", v->template);
    api_inv_text(w, "state", api_inv_state_name(verdict->state));
    api_inv_bits(w, "findings", verdict->findings, api_inv_finding_name);

    if (v->documented) {
        api_inv_span(w, "spec", v->spec);
        (void) snprintf(id, sizeof(id), "%08x", (unsigned) v->revision);
        api_inv_text(w, "spec_revision", id);
    }

    if (v->owner.len) {
        api_inv_span(w, "owner", v->owner);
    }
}


void
api_inventory_json(api_writer_t *w, const api_inv_view_t *v,
    const api_inv_verdict_t *verdict, api_inv_class_name_t name)
{
    api_writer_object(w);

    api_inv_identity(w, v, verdict);
    api_inv_number(w, "first_seen", (uint64_t) v->first_seen);
    api_inv_number(w, "last_seen", (uint64_t) v->last_seen);
    api_inv_number(w, "requests", api_inv_requests(v));
    api_inv_statuses(w, v);
    api_inv_number(w, "success_without_credential", v->open_success);
    api_inv_number(w, "success_with_credential", v->auth_success);
    api_inv_bits(w, "auth", v->auth, api_inv_auth_name);
    api_inv_bits(w, "request_types", v->types_in, api_inv_type_name);
    api_inv_bits(w, "response_types", v->types_out, api_inv_type_name);
    api_inv_bits(w, "request_classes", v->classes_in, name);
    api_inv_bits(w, "response_classes", v->classes_out, name);
    api_inv_number(w, "principals", v->principals);
    api_inv_number(w, "objects", v->objects);
    api_inv_number(w, "bytes_in", v->bytes_in);
    api_inv_number(w, "bytes_out", v->bytes_out);
    api_inv_number(w, "duration_ms", v->ms);
    api_inv_buckets(
        w, "durations", api_inv_time_bounds, v->times, API_INV_TIMES);
    api_inv_buckets(
        w, "request_sizes", api_inv_size_bounds, v->sizes_in, API_INV_SIZES);
    api_inv_buckets(
        w, "response_sizes", api_inv_size_bounds, v->sizes_out, API_INV_SIZES);
    api_inv_params(w, v, name);

    api_writer_end(w);
}


void
api_inventory_json_orphan(
    api_writer_t *w, const api_operation_t *op, api_span_t spec)
{
    api_writer_object(w);
    api_inv_span(w, "method", api_method_name(op->method));
    api_inv_span(w, "template", op->route);
    api_inv_text(w, "state", api_inv_state_name(API_INV_ORPHAN));
    api_inv_span(w, "spec", spec);
    api_inv_number(w, "requests", 0);
    api_writer_end(w);
}


void
api_inventory_json_totals(api_writer_t *w, const api_inv_totals_t *t)
{
    api_inv_number(w, "since", (uint64_t) t->since);
    api_inv_number(w, "operations", t->ops);
    api_inv_number(w, "operations_max", t->max_ops);
    api_inv_number(w, "nodes", t->nodes);
    api_inv_number(w, "nodes_max", t->max_nodes);
    api_inv_number(w, "strings", t->strings);
    api_inv_number(w, "strings_max", t->max_strings);
    api_inv_number(w, "overflow", t->overflow);
    api_inv_number(w, "evicted", t->evicted);
    api_inv_number(w, "forgotten", t->forgotten);
    api_inv_number(w, "other_requests", t->other);
    api_inv_number(w, "repairs", t->repairs);
}
