/* What was learned, as OpenAPI 3.1 and as an Overlay. */

#include "api_inventory_int.h"
#include "api_inventory_report.h"


#define API_INV_REQUIRED_COUNT 200 /* requests, before a name is required */

typedef struct {
    api_writer_t        *w;
    api_inv_class_name_t name;
} api_inv_out_t;


static void
api_inv_put(api_writer_t *w, const char *name, const char *s)
{
    api_writer_name(w, api_span(name, strlen(name)));
    api_writer_string(w, api_span(s, strlen(s)));
}


static void
api_inv_open(api_writer_t *w, const char *name)
{
    api_writer_name(w, api_span(name, strlen(name)));
    api_writer_object(w);
}


/* The narrowest type that all values had. */

static void
api_inv_schema(api_writer_t *w, uint32_t types)
{
    unsigned    i;
    const char *type, *format, *t, *f;

    type = NULL;
    format = NULL;

    for (i = 0; i < API_NSEGMENTS; i++) {
        if (!(types >> i & 1)) {
            continue;
        }

        t = api_segment_schema(i, &f);

        if (type == NULL) {
            type = t;
            format = f;

        } else if (type != t || format != f) {
            type = (strcmp(type, "integer") == 0 && strcmp(t, "number") == 0)
                       ? "number"
                   : strcmp(type, t) == 0 ? type
                                          : "string";
            format = NULL;
        }
    }

    api_writer_object(w);
    api_inv_put(w, "type", type ? type : "string");

    if (format) {
        api_inv_put(w, "format", format);
    }

    api_writer_end(w);
}


/* {id} and its like, and which segment each is. */

static void
api_inv_path_params(api_writer_t *w, const api_inv_view_t *v)
{
    size_t         i, from;
    uint32_t       types;
    unsigned       seg;
    const uint8_t *end, *open;

    for (i = 1, seg = 0; i < v->template.len; i++) {
        from = i;

        while (i < v->template.len && v->template.data[i] != '/') {
            i++;
        }

        open =
            i > from ? memchr(v->template.data + from, '{', i - from) : NULL;
        end = open ? memchr(open, '}', (size_t) (v->template.data + i - open))
                   : NULL;

        if (end) {
            types = seg < API_INV_SEGMENTS ? v->segment[seg] : 0;

            api_writer_object(w);
            api_writer_name(w, API_SPAN("name"));
            api_writer_string(
                w, api_span(open + 1, (size_t) (end - open - 1)));
            api_inv_put(w, "in", "path");
            api_writer_name(w, API_SPAN("required"));
            api_writer_bool(w, true);
            api_writer_name(w, API_SPAN("schema"));
            api_inv_schema(w, types);
            api_writer_end(w);
        }

        seg++;
    }
}


static bool
api_inv_required(const api_inv_view_t *v, const api_inv_param_t *p)
{
    uint64_t n;

    n = v->status[API_INV_2XX] + v->status[API_INV_3XX];

    return n >= API_INV_REQUIRED_COUNT && (uint64_t) p->count * 100 >= n * 99;
}


static void
api_inv_query_params(api_writer_t *w, const api_inv_view_t *v)
{
    unsigned               i;
    const api_inv_param_t *p;

    for (i = 0; i < v->nparams; i++) {
        p = &v->params[i];

        if (p->place != API_INV_QUERY) {
            continue;
        }

        api_writer_object(w);
        api_writer_name(w, API_SPAN("name"));
        api_writer_string(w, p->span);
        api_inv_put(w, "in", "query");

        if (api_inv_required(v, p)) {
            api_writer_name(w, API_SPAN("required"));
            api_writer_bool(w, true);
        }

        api_writer_name(w, API_SPAN("schema"));
        api_inv_schema(w, p->types);
        api_writer_end(w);
    }
}


static const char *const api_inv_essence[API_INV_NTYPES] = { NULL,
    "application/json", "application/x-www-form-urlencoded",
    "multipart/form-data", "application/xml", "text/html", "text/plain",
    "application/grpc", "text/event-stream", "application/octet-stream" };


/* Members of objects are known by name and kind alone: the schema says what
   may be, and lets the rest be. */

static void
api_inv_fields(api_writer_t *w, const api_inv_view_t *v)
{
    unsigned i;

    api_writer_object(w);
    api_inv_put(w, "type", "object");
    api_inv_open(w, "properties");

    for (i = 0; i < v->nparams; i++) {
        if (v->params[i].place == API_INV_BODY) {
            api_writer_name(w, v->params[i].span);

            if (v->params[i].types & ~(1U << API_SEGMENT_WORD)) {
                api_inv_schema(w, v->params[i].types);

            } else {
                api_writer_object(w);
                api_writer_end(w);
            }
        }
    }

    api_writer_end(w);
    api_writer_end(w);
}


static bool
api_inv_has_fields(const api_inv_view_t *v)
{
    unsigned i;

    for (i = 0; i < v->nparams; i++) {
        if (v->params[i].place == API_INV_BODY) {
            return true;
        }
    }

    return false;
}


static void
api_inv_content(
    api_writer_t *w, const api_inv_view_t *v, uint32_t types, bool request)
{
    unsigned i;

    api_inv_open(w, "content");

    for (i = 1; i < API_INV_NTYPES; i++) {
        if (!(types >> i & 1)) {
            continue;
        }

        api_inv_open(w, api_inv_essence[i]);

        if (request && api_inv_has_fields(v)
            && (i == API_INV_TYPE_JSON || i == API_INV_TYPE_FORM))
        {
            api_writer_name(w, API_SPAN("schema"));
            api_inv_fields(w, v);
        }

        api_writer_end(w);
    }

    api_writer_end(w);
}


static void
api_inv_responses(api_writer_t *w, const api_inv_view_t *v)
{
    unsigned i;

    static const struct {
        unsigned class;
        const char *code;
        const char *text;
    } rows[] = { { API_INV_2XX, "2XX", "Success" },
        { API_INV_3XX, "3XX", "Redirection" },
        { API_INV_4XX, "4XX", "Refused" }, { API_INV_5XX, "5XX", "Failed" } };

    api_inv_open(w, "responses");

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (v->status[rows[i].class] == 0) {
            continue;
        }

        api_inv_open(w, rows[i].code);
        api_inv_put(w, "description", rows[i].text);

        if (rows[i].class == API_INV_2XX && v->types_out > 1) {
            api_inv_content(w, v, v->types_out, false);
        }

        api_writer_end(w);
    }

    if (api_inv_requests(v) == 0) {
        api_inv_open(w, "default");
        api_inv_put(w, "description", "Never seen");
        api_writer_end(w);
    }

    api_writer_end(w);
}


static void
api_inv_names(api_writer_t *w, const char *member, uint32_t bits,
    const char *(*name)(unsigned) )
{
    unsigned    i;
    const char *s;

    api_writer_name(w, api_span(member, strlen(member)));
    api_writer_array(w);

    for (i = 0; i < 32; i++) {
        if (bits >> i & 1) {
            s = name(i);
            api_writer_string(w, api_span(s, strlen(s)));
        }
    }

    api_writer_end(w);
}


static void
api_inv_extension(const api_inv_out_t *x, const api_inv_view_t *v)
{
    api_writer_t *w;

    w = x->w;

    api_inv_open(w, "x-apisec");
    api_writer_name(w, API_SPAN("first_seen"));
    api_writer_uint(w, (uint64_t) v->first_seen);
    api_writer_name(w, API_SPAN("last_seen"));
    api_writer_uint(w, (uint64_t) v->last_seen);
    api_writer_name(w, API_SPAN("requests"));
    api_writer_uint(w, api_inv_requests(v));
    api_writer_name(w, API_SPAN("documented"));
    api_writer_bool(w, v->documented);

    if (v->owner.len) {
        api_writer_name(w, API_SPAN("owner"));
        api_writer_string(w, v->owner);
    }

    api_inv_names(w, "auth", v->auth, api_inv_auth_name);
    api_inv_names(w, "request_classes", v->classes_in, x->name);
    api_inv_names(w, "response_classes", v->classes_out, x->name);
    api_writer_end(w);
}


static void
api_inv_operation(const api_inv_out_t *x, const api_inv_view_t *v)
{
    api_writer_t *w;

    w = x->w;

    api_writer_object(w);

    if (v->deprecated) {
        api_writer_name(w, API_SPAN("deprecated"));
        api_writer_bool(w, true);
    }

    api_writer_name(w, API_SPAN("parameters"));
    api_writer_array(w);
    api_inv_path_params(w, v);
    api_inv_query_params(w, v);
    api_writer_end(w);

    if (v->types_in > 1 && v->method != API_METHOD_GET
        && v->method != API_METHOD_HEAD)
    {
        api_inv_open(w, "requestBody");
        api_inv_content(w, v, v->types_in, true);
        api_writer_end(w);
    }

    api_inv_responses(w, v);
    api_inv_extension(x, v);
    api_writer_end(w);
}


static const api_inv_entry_t *
api_inv_wanted(const api_inv_export_t *want, uint32_t op)
{
    const api_inv_entry_t *e;

    e = api_inv_entry(want->inv, op);

    if (!(e->flags & API_INV_F_USED) || e->method >= API_INV_METHODS
        || (want->shadow && (e->flags & API_INV_F_DOCUMENTED))
        || (want->host.len
            && !api_span_eq(api_inv_string(want->inv, e->host), want->host)))
    {
        return NULL;
    }

    return e;
}


/* Is it the first of its path?  Templates whose parameters are called
   differently are one path. */

static bool
api_inv_first(const api_inv_export_t *want, uint32_t op)
{
    uint32_t               i;
    api_span_t             path;
    const api_inv_entry_t *e;

    e = api_inv_wanted(want, op);

    if (e == NULL) {
        return false;
    }

    path = api_inv_string(want->inv, e->template);

    for (i = 1; i < op; i++) {
        e = api_inv_wanted(want, i);

        if (e && api_inv_same(api_inv_string(want->inv, e->template), path)) {
            return false;
        }
    }

    return true;
}


static void
api_inv_method(api_writer_t *w, unsigned method)
{
    char       lower[16];
    size_t     i;
    api_span_t name;

    name = api_method_name(method);

    for (i = 0; i < name.len && i < sizeof(lower); i++) {
        lower[i] = (char) (name.data[i] | 0x20);
    }

    api_writer_name(w, api_span(lower, i));
}


/* The operations of the path of the first of them. */

static void
api_inv_path(
    const api_inv_out_t *x, const api_inv_export_t *want, uint32_t first)
{
    uint32_t               op, methods;
    api_span_t             path;
    api_inv_view_t         v;
    const api_inv_entry_t *e;

    path =
        api_inv_string(want->inv, api_inv_entry(want->inv, first)->template);

    api_writer_name(x->w, path);
    api_writer_object(x->w);

    for (methods = 0, op = first; op <= want->inv->top_op; op++) {
        e = api_inv_wanted(want, op);

        if (e == NULL || methods >> e->method & 1
            || !api_inv_same(api_inv_string(want->inv, e->template), path)
            || !api_inventory_view(want->inv, op, &v))
        {
            continue;
        }

        methods |= 1U << v.method;
        v.template = path; /* with its names */

        api_inv_method(x->w, v.method);
        api_inv_operation(x, &v);
    }

    api_writer_end(x->w);
}


static void
api_inv_info(api_writer_t *w, const char *title)
{
    api_inv_open(w, "info");
    api_inv_put(w, "title", title);
    api_inv_put(w, "version", "learned");
    api_writer_end(w);
}


void
api_inventory_export(api_inv_export_t *x, const api_inventory_t *inv,
    bool overlay, api_writer_t *w)
{
    memset(x, 0, sizeof(*x));

    x->inv = inv;
    x->overlay = overlay;
    x->shadow = overlay;
    x->top = inv->top_op;

    api_writer_object(w);

    if (overlay) {
        api_inv_put(w, "overlay", "1.0.0");
        api_inv_info(w, "Operations that are served and not described");
        api_writer_name(w, API_SPAN("actions"));
        api_writer_array(w);

    } else {
        api_inv_put(w, "openapi", "3.1.0");
        api_inv_info(w, "What is served");
        api_inv_open(w, "paths");
    }
}


static void
api_inv_export_path(
    const api_inv_export_t *x, api_writer_t *w, api_inv_class_name_t name)
{
    api_inv_out_t out = { w, name };

    if (!x->overlay) {
        api_inv_path(&out, x, x->op);
        return;
    }

    api_writer_object(w);
    api_inv_put(w, "target", "$.paths");
    api_inv_open(w, "update");
    api_inv_path(&out, x, x->op);
    api_writer_end(w);
    api_writer_end(w);
}


bool
api_inventory_export_next(api_inv_export_t *x, api_writer_t *w, uint32_t steps,
    api_inv_class_name_t name)
{
    uint32_t cost;

    while (x->op <= x->top) {

        /* who stands before is looked at, and who is behind when written */

        cost = x->op / 16 + 1;
        x->op++;

        if (x->op <= x->top && api_inv_first(x, x->op)) {
            api_inv_export_path(x, w, name);
            return true;
        }

        if (cost >= steps) {
            return true;
        }

        steps -= cost;
    }

    return false;
}


void
api_inventory_export_end(api_writer_t *w)
{
    api_writer_end(w);
    api_writer_end(w);
}


static int
api_inv_export_all(
    api_inv_export_t *x, api_writer_t *w, api_inv_class_name_t name)
{
    while (!api_writer_full(w)
           && api_inventory_export_next(x, w, UINT32_MAX, name))
    {
        /* all of them */
    }

    api_inventory_export_end(w);

    return api_writer_full(w) ? API_LIMIT : API_OK;
}


int
api_inventory_openapi(const api_inventory_t *inv, api_span_t host, bool shadow,
    api_writer_t *w, api_inv_class_name_t name)
{
    api_inv_export_t x;

    api_inventory_export(&x, inv, false, w);
    x.host = host;
    x.shadow = shadow;

    return api_inv_export_all(&x, w, name);
}


int
api_inventory_overlay(const api_inventory_t *inv, api_span_t host,
    api_writer_t *w, api_inv_class_name_t name)
{
    api_inv_export_t x;

    api_inventory_export(&x, inv, true, w);
    x.host = host;

    return api_inv_export_all(&x, w, name);
}
