#include "api_operator_int.h"
#include "api_sqli.h"
#include "api_xss.h"


/* A value has a byte that is not in the range only if it has the trigger of
   that byte. */

static api_trigger_t
operator_range_triggers(const api_operator_t *op)
{
    uint8_t       byte;
    unsigned      i;
    api_trigger_t mask;

    mask = 0;

    for (i = 0; i < 256; i++) {
        byte = (uint8_t) i;

        if ((op->bytes[i / 32] >> (i % 32) & 1) == 0) {
            mask |= api_transform_triggers(api_span(&byte, 1));
        }
    }

    return mask & API_TRIG_CHARS;
}


api_trigger_t
api_operator_triggers(const api_operator_t *op)
{
    switch (op->id) {
    case API_OPERATOR_BYTE_RANGE:
        return operator_range_triggers(op);

    case API_OPERATOR_SQLI:
        return API_SQLI_TRIGGERS;

    case API_OPERATOR_XSS:
        return API_XSS_TRIGGERS;

    case API_OPERATOR_URL_ENCODING:
        return API_TRIG_PERCENT;

    default:
        return API_TRIG_ALWAYS;
    }
}
