/* The inventory as a file. */

#include "api_inventory_int.h"


typedef struct {
    uint8_t  magic[8];
    uint64_t size; /* of what follows */
    uint64_t sum;
    uint64_t spare;
} api_inv_head_t;

static const uint8_t api_inv_magic[8] = { 'a', 'p', 'i', 'i', 'n', 'v', '1',
    '\n' };


static uint64_t
api_inv_sum(const void *bytes, size_t n)
{
    api_sipkey_t key;

    key.k0 = 1;
    key.k1 = 2;

    return api_siphash13(key, api_span(bytes, n));
}


size_t
api_inventory_saved_size(const api_inventory_t *inv)
{
    return sizeof(api_inv_head_t) + api_inventory_bytes(inv);
}


void
api_inventory_save(const api_inventory_t *inv, void *bytes)
{
    uint8_t       *image;
    api_inv_head_t head;

    memset(&head, 0, sizeof(head));
    memcpy(head.magic, api_inv_magic, sizeof(head.magic));

    image = (uint8_t *) bytes + sizeof(head);
    memcpy(image, inv, api_inventory_bytes(inv));

    head.size = api_inventory_bytes(inv);
    head.sum = api_inv_sum(image, (size_t) head.size);

    memcpy(bytes, &head, sizeof(head));
}


api_inventory_t *
api_inventory_load(void *bytes, size_t size)
{
    uint8_t       *image;
    api_inv_head_t head;

    if (size < sizeof(head)) {
        return NULL;
    }

    memcpy(&head, bytes, sizeof(head));
    image = (uint8_t *) bytes + sizeof(head);

    if (memcmp(head.magic, api_inv_magic, sizeof(head.magic)) != 0
        || head.size != size - sizeof(head)
        || head.sum != api_inv_sum(image, (size_t) head.size))
    {
        return NULL;
    }

    return api_inventory_at(image, (size_t) head.size);
}
