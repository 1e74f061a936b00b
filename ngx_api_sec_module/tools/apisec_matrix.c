/*
 * The threat matrix: what holds where requests of an operation go.
 */

#include "apisec_report.h"


static const char *
words(const api_conf_dir_t *d, uint32_t from)
{
    uint32_t    i;
    const char *s = "";

    for (i = from; d && i < d->nargs; i++) {
        s = apisec_text("%s%s%.*s", s, *s ? " " : "", (int) d->args[i].len,
            (const char *) d->args[i].data);
    }

    return s;
}


/* Those of one name that add up, or the one that holds. */

static const char *
sum(const api_conf_dir_t *block, const char *name)
{
    const char           *s = "";
    const api_conf_dir_t *level = block, *d = NULL;

    while ((d = api_lint_sum(&level, d, name)) != NULL) {
        s = apisec_text("%s%s%s", s, *s ? "; " : "", words(d, 1));
    }

    return s;
}


static const char *
one(const api_conf_dir_t *block, const char *name)
{
    return words(api_lint_on(block, name), 1);
}


static const char *
or_none(const char *s, bool fault)
{
    return *s ? s : fault ? "!none" : "none";
}


/* Who answers for it: the document says so, or else the policy. */

/* Whom the document names, else who has the policy: as the inventory says. */

static const char *
owner(const api_conf_dir_t *block, const api_operation_t *op)
{
    api_span_t s = op->owner;

    if (s.len == 0) {
        s = api_conf_option(api_lint_on(block, "api_policy"), 2, "owner");
    }

    return apisec_text("%.*s", (int) s.len, (const char *) s.data);
}


/* The scopes that the contract asks for: "scope a b", or one of several. */

static const char *
scopes(const api_operation_t *op)
{
    uint32_t                 i, k, n;
    const char              *s = "", *all;
    const api_requirement_t *any;

    for (i = 0; i < op->nrequirements; i++) {
        any = &op->requirements[i];
        all = "";

        for (k = 0; k < any->nneeds; k++) {
            for (n = 0; n < any->needs[k].nscopes; n++) {
                all = apisec_text("%s%s%.*s", all, *all ? " " : "",
                    (int) any->needs[k].scopes[n].len,
                    (const char *) any->needs[k].scopes[n].data);
            }
        }

        if (*all == '\0') {
            return ""; /* who has that needs no scope */
        }

        if (strcmp(s, all) != 0) {
            s = apisec_text("%s%s%s", s, *s ? " or " : "", all);
        }
    }

    return *s ? apisec_text("scope %s", s) : "";
}


static const char *
authorization(
    const api_conf_dir_t *block, const api_operation_t *op, bool contract)
{
    const char *require = sum(block, "api_require");
    const char *scope = contract ? scopes(op) : "";

    return apisec_text(
        "%s%s%s", scope, *scope && *require ? "; " : "", require);
}


/* What the inventory has seen of sensitive data, in and out. */

static const char *
sensitivity(const api_lint_t *lint, const api_operation_t *op)
{
    api_inv_op_t   i;
    api_inv_view_t v;

    for (i = 1; lint->inventory && i <= api_inventory_top(lint->inventory);
         i++) {
        if (api_inventory_view(lint->inventory, i, &v)
            && v.method == op->method && api_span_eq(v.template, op->route))
        {
            return v.classes_in || v.classes_out ? "sensitive data seen"
                                                 : "none seen";
        }
    }

    return lint->inventory ? "never called" : "not known";
}


static void
row(const apisec_page_t *p, const api_lint_t *lint,
    const api_lint_spec_t *spec, const api_operation_t *op,
    const api_lint_at_t *at)
{
    size_t      n = 0;
    bool        asks = op->nrequirements > 0, id, contract;
    api_span_t  method = api_method_name(op->method);
    const char *cells[8];

    id = memchr(op->route.data, '{', op->route.len) != NULL;
    contract = api_lint_spec_of(lint, at->block) == spec;

    cells[n++] =
        apisec_text("%.*s %.*s", (int) method.len, (const char *) method.data,
            (int) op->route.len, (const char *) op->route.data);
    cells[n++] = or_none(one(at->block, "api_auth"), asks);
    cells[n++] = or_none(authorization(at->block, op, contract), false);
    cells[n++] = or_none(sum(at->block, "api_bind"), id && asks);
    cells[n++] = or_none(sum(at->block, "api_ratelimit"), true);
    cells[n++] = contract ? one(at->block, "api_schema") : "!none";
    cells[n++] = sensitivity(lint, op);
    cells[n++] = or_none(owner(at->block, op), true);

    apisec_page_row(p, cells, n);
}


void
apisec_matrix(const apisec_page_t *p, const api_lint_t *lint)
{
    uint32_t                 i;
    api_lint_at_t            at;
    const api_operation_t   *op;
    const api_lint_spec_t   *spec;
    static const char *const heads[] = { "operation", "authentication",
        "authorization", "objects", "limits", "validation", "sensitivity",
        "owner" };

    apisec_page_heading(p, "Operations");
    apisec_page_line(p, "What holds at the location that nginx picks for"
                        " each operation of the documents.");
    apisec_page_table(p, heads, sizeof(heads) / sizeof(heads[0]));

    for (spec = lint->specs; spec; spec = spec->next) {
        for (i = 0; spec->api && i < api_openapi_count(spec->api); i++) {
            op = api_openapi_at(spec->api, i);
            at.server = NULL;

            while (api_lint_route(lint, spec, op, &at)) {
                row(p, lint, spec, op, &at);
            }
        }
    }

    apisec_page_table_end(p);
}
