#include "api_openapi_int.h"


/* The program is there: types of all parameters, fields and bodies. */

static void
api_openapi_fit_param(api_openapi_load_t *load, api_check_t *check)
{
    unsigned     types;
    api_param_t *p;

    p = check->param;
    types = p->schema == API_SCHEMA_NONE
                ? API_SCHEMA_T_ANY
                : api_schema_types(load->spec->schema, p->schema);
    p->types = types;

    /* of arrays the specification says nothing, and real descriptions have
       them (name[0], name[]); of scalars too, and mean name=value */

    if (p->style == API_STYLE_DEEP
        && !(types & (API_SCHEMA_T_OBJECT | API_SCHEMA_T_ARRAY)))
    {
        api_problem_warning(load->problems, check->node,
            "style deepObject is for objects; what is none is read as "
            "name=value");
    }

    if ((p->style == API_STYLE_SPACE || p->style == API_STYLE_PIPE)
        && !(types & (API_SCHEMA_T_ARRAY | API_SCHEMA_T_OBJECT)))
    {
        api_problem_error(load->problems, check->node,
            "styles spaceDelimited and pipeDelimited are for arrays; leave "
            "\"style\" out");
    }
}


static bool
api_openapi_is_object(const api_media_t *media)
{
    return api_media_is_json(media)
           || api_span_eq_nocase(
               media->essence, API_SPAN("multipart/form-data"))
           || api_span_eq_nocase(
               media->essence, API_SPAN("application/x-www-form-urlencoded"))
           || api_span_eq(media->type, API_SPAN("*"))
           || api_span_eq(media->subtype, API_SPAN("*"));
}


static void
api_openapi_fit_media(api_openapi_load_t *load, api_check_t *check)
{
    uint32_t            i;
    api_field_rule_t   *f;
    api_media_rule_t   *m;
    const api_schema_t *schema;

    m = check->media;
    schema = load->spec->schema;

    if (m->schema == API_SCHEMA_NONE) {
        m->types = API_SCHEMA_T_ANY;
        return;
    }

    m->types = api_schema_types(schema, m->schema);

    if (!api_openapi_is_object(&m->range) && !(m->types & API_SCHEMA_T_STRING))
    {
        api_openapi_cannot(load, check->node,
            "a body of this media type is a string of characters or bytes, "
            "which its schema does not allow; JSON, forms and "
            "multipart/form-data are checked");
        m->schema = API_SCHEMA_NONE;
    }

    for (i = 0; i < m->nfields; i++) {
        f = (api_field_rule_t *) (uintptr_t) &m->fields[i];
        f->param.schema = api_schema_member(schema, m->schema, f->param.name);
        f->param.types = f->param.schema == API_SCHEMA_NONE
                             ? API_SCHEMA_T_ANY
                             : api_schema_types(schema, f->param.schema);
    }
}


void
api_openapi_fit(api_openapi_load_t *load)
{
    api_check_t *check;

    for (check = load->checks; check; check = check->next) {
        if (check->param) {
            api_openapi_fit_param(load, check);

        } else {
            api_openapi_fit_media(load, check);
        }
    }
}
