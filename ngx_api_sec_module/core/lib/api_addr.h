/*
 * IPv4 and IPv6 addresses and networks, text to binary and back.
 *
 * An IPv4-mapped IPv6 address (::ffff:a.b.c.d, RFC 4291 2.5.5.2) is the IPv4
 * address it carries, in text, in binary and as a network (::ffff:0:0/96 is
 * 0.0.0.0/0): the same client cannot be two.  No other IPv6 network contains
 * IPv4 addresses, ::/0 neither.
 */

#ifndef API_ADDR_H
#define API_ADDR_H

#include "api_base.h"


typedef struct {
    uint64_t hi; /* IPv6: the first 64 bits; IPv4: 0 */
    uint64_t lo; /* IPv6: the other 64; IPv4: the address */
    bool     v6;
} api_addr_t;

typedef struct {
    api_addr_t addr; /* bits behind the prefix are 0 */
    uint8_t    bits; /* 0-32 or 0-128 */
} api_net_t;

/* From network byte order. */

api_addr_t api_addr_v4(const uint8_t bytes[4]);
api_addr_t api_addr_v6(const uint8_t bytes[16]);

/*
 * All of text is an address: dotted decimal of four numbers without leading
 * zeros, or RFC 4291 section 2.2 without zone and brackets.
 */

bool api_addr_parse(api_span_t text, api_addr_t *addr);

typedef enum {
    API_NET_OK = 0,
    API_NET_ADDRESS,  /* what stands before the slash is no address */
    API_NET_BITS,     /* what stands behind it is no length from 0 to 32/128,
                         to 96 at least for an IPv4-mapped address */
    API_NET_HOST_BITS /* bits behind the prefix are set; *net is the network
                         that was perhaps meant */
} api_net_code_t;

/* An address alone is the network of this one. */

api_net_code_t api_net_parse(api_span_t text, api_net_t *net);

/* -1, 0, 1: IPv4 before IPv6, then by number. */

int api_addr_cmp(const api_addr_t *a, const api_addr_t *b);

/* The last address of net. */

api_addr_t api_net_last(const api_net_t *net);

bool api_net_has(const api_net_t *net, const api_addr_t *addr);

/* As in RFC 5952, with a NUL; returns the length.  A network always has its
   prefix length. */

#define API_ADDR_TEXT 40 /* with the NUL */
#define API_NET_TEXT 44

size_t api_addr_print(const api_addr_t *addr, char out[API_ADDR_TEXT]);
size_t api_net_print(const api_net_t *net, char out[API_NET_TEXT]);


#endif /* API_ADDR_H */
