/* Names of what stands within JSON and YAML: json.a.array_0.b */

#include "api_values_int.h"


#define PATH_ROOM 256

/* Names are short and many: a block holds some, and no more of them than are
   likely to come. */

#define PATH_BLOCK 512
#define PATH_BLOCK_MAX 8192


bool
api_values_path_add(api_values_t *b, api_values_path_t *path, api_span_t s)
{
    size_t   room;
    uint8_t *p;

    if (s.len > path->room - path->len) {
        room = path->room * 2 + s.len;
        room = room < PATH_ROOM ? PATH_ROOM : room;
        p = api_arena_grow(b->arena, path->text, path->room, room);

        if (p == NULL) {
            b->nomem = true;
            return false;
        }

        path->text = p;
        path->room = room;
    }

    if (s.len) {
        memcpy(path->text + path->len, s.data, s.len);
        path->len += s.len;
    }

    return true;
}


bool
api_values_path_block(api_values_t *b, api_values_path_t *path, size_t n)
{
    uint8_t *p;

    path->block = path->block ? path->block * 2 : PATH_BLOCK;
    path->block = path->block > PATH_BLOCK_MAX ? PATH_BLOCK_MAX : path->block;
    n = n > path->block ? n : path->block;
    p = api_arena_alloc(b->arena, n);

    if (p == NULL) {
        b->nomem = true;
        return false;
    }

    path->pos = p;
    path->left = n;

    return true;
}


api_span_t
api_values_digits(char *text, uint32_t n)
{
    char *p = text + API_VALUES_DIGITS;

    do {
        *--p = (char) ('0' + n % 10);
        n /= 10;
    } while (n);

    return api_span(p, (size_t) (text + API_VALUES_DIGITS - p));
}
