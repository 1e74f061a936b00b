/* Input: a list.  A plain entry of a list that was taken is found again; of
   one that was not, the error has a line and a place. */

#include "api_list.h"
#include "fuzz.h"


static const api_list_limits_t limits = { 0, 1000, 64, 64 };


/* The key of a line without quotes and with nothing special about it. */

static bool
plain_key(api_span_t line, api_span_t *key)
{
    size_t i, from;

    for (i = 0; i < line.len && (line.data[i] == ' ' || line.data[i] == '\t');
         i++) {
        /* void */
    }

    for (from = i; i < line.len && line.data[i] > 0x20; i++) {
        if (line.data[i] == '"') {
            return false;
        }
    }

    *key = api_span(line.data + from, i - from);

    return i > from && line.data[from] != '#' && line.data[from] != 0xef;
}


static void
check_key(const api_list_t *list, api_span_t key)
{
    api_net_t  net;
    api_addr_t last;
    api_span_t v;

    if (api_net_parse(key, &net) == API_NET_OK) {
        last = api_net_last(&net);
        MUST(api_list_find_addr(list, &net.addr, &v));
        MUST(api_list_find_addr(list, &last, &v));
        MUST(v.len <= limits.value);
        return;
    }

    MUST(api_list_find(list, key, &v));
    MUST(v.len <= limits.value);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t          i, from;
    api_err_t       err;
    api_span_t      key;
    api_list_t     *list;
    api_list_stat_t stat;

    memset(&err, 0, sizeof(err));

    if (api_list_parse(&list, api_span(data, size), &limits,
            (api_sipkey_t){ 41, 42 }, &api_alloc_libc, &err)
        != API_OK)
    {
        MUST(err.pos < size);
        MUST(err.code > API_LIST_E_NONE && err.code < API_LIST_E_NOMEM);
        MUST(strncmp(err.text, "line ", 5) == 0);
        return 0;
    }

    stat = api_list_stat(list);
    MUST(stat.words + stat.nets4 + stat.nets6 <= limits.entries);

    for (i = 0, from = 0; i <= size; i++) {
        if (i == size || data[i] == '\n') {
            if (plain_key(api_span(data + from, i - from), &key)) {
                check_key(list, key);
            }

            from = i + 1;
        }
    }

    api_list_find(list, api_span(data, size), NULL);
    api_list_free(list);

    return 0;
}
