#include "api_json_int.h"


static const struct {
    int         rc;
    const char *name;
    const char *text;
} api_json_errors[API_JSON_NERRORS] = {
    { API_OK, "none", "no error" },
    { API_SYNTAX, "empty", "no JSON value in the text" },
    { API_SYNTAX, "byte_order_mark",
        "JSON text begins with a byte order mark" },
    { API_SYNTAX, "value", "a JSON value is expected" },
    { API_SYNTAX, "name", "a member name in quotes is expected" },
    { API_SYNTAX, "colon", "a colon is expected" },
    { API_SYNTAX, "comma", "a comma or a closing bracket is expected" },
    { API_SYNTAX, "literal", "only true, false and null may stand here" },
    { API_SYNTAX, "number", "not a JSON number" },
    { API_SYNTAX, "control_character", "raw control character in a string" },
    { API_SYNTAX, "escape", "unknown or broken escape in a string" },
    { API_SYNTAX, "surrogate", "lone surrogate in a string" },
    { API_SYNTAX, "utf8", "string is not UTF-8" },
    { API_SYNTAX, "nul", "U+0000 in a string" },
    { API_SYNTAX, "end", "JSON text ends too early" },
    { API_SYNTAX, "trailing_bytes", "something follows the JSON value" },
    { API_DUPLICATE, "duplicate_name", "member name stands twice" },
    { API_LIMIT, "depth_limit", "too many levels of nesting" },
    { API_LIMIT, "token_limit", "too many values and names" },
    { API_LIMIT, "member_limit", "too many members or elements" },
    { API_LIMIT, "name_limit", "member name is too long" },
    { API_LIMIT, "string_limit", "string is too long" },
    { API_LIMIT, "number_limit", "number is too long" },
    { API_LIMIT, "text_limit", "JSON text of 4 GiB or more" },
    { API_NOMEM, "memory", "no memory for the JSON document" },
};


static const char *const api_json_types[API_JSON_NTYPES] = { "null", "false",
    "true", "integer", "number", "string", "name", "array", "object" };


const char *
api_json_error_name(int code)
{
    if (code < 0 || code >= API_JSON_NERRORS) {
        return "unknown";
    }

    return api_json_errors[code].name;
}


const char *
api_json_type_name(int type)
{
    if (type < 0 || type >= API_JSON_NTYPES) {
        return "unknown";
    }

    return api_json_types[type];
}


int
api_json_report(api_err_t *err, int code, size_t pos)
{
    return api_fail(err, api_json_errors[code].rc, code, pos, "%s at byte %zu",
        api_json_errors[code].text, pos);
}
