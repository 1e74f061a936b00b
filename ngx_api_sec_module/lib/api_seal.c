#include "api_seal.h"
#include "api_base64.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>


struct api_seal_s {
    const api_alloc_t *alloc;
    EVP_MD            *md;
    EVP_MD_CTX        *ctx;
};


api_seal_t *
api_seal_create(const api_alloc_t *alloc)
{
    api_seal_t *seal;

    seal = alloc->alloc(alloc->ctx, sizeof(api_seal_t));
    if (seal == NULL) {
        return NULL;
    }

    ERR_clear_error();

    seal->alloc = alloc;
    seal->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    seal->ctx = EVP_MD_CTX_new();

    if (seal->md == NULL || seal->ctx == NULL
        || EVP_DigestInit_ex2(seal->ctx, seal->md, NULL) != 1)
    {
        ERR_clear_error();
        api_seal_free(seal);
        return NULL;
    }

    return seal;
}


void
api_seal_free(api_seal_t *seal)
{
    if (seal == NULL) {
        return;
    }

    EVP_MD_CTX_free(seal->ctx);
    EVP_MD_free(seal->md);

    if (seal->alloc->free) {
        seal->alloc->free(seal->alloc->ctx, seal);
    }
}


/* SHA-256 of up to three pieces; out may be one of them. */

static int
hash(api_seal_t *seal, api_span_t a, api_span_t b, api_span_t c,
    uint8_t out[API_SEAL_LEN])
{
    if (EVP_DigestInit_ex2(seal->ctx, NULL, NULL) != 1
        || EVP_DigestUpdate(seal->ctx, a.data, a.len) != 1
        || (b.len && EVP_DigestUpdate(seal->ctx, b.data, b.len) != 1)
        || (c.len && EVP_DigestUpdate(seal->ctx, c.data, c.len) != 1)
        || EVP_DigestFinal_ex(seal->ctx, out, NULL) != 1)
    {
        ERR_clear_error();
        return API_INTERNAL;
    }

    return API_OK;
}


static api_span_t
none(void)
{
    return api_span(NULL, 0);
}


int
api_seal_first(api_seal_t *seal, api_span_t chain, uint8_t head[API_SEAL_LEN])
{
    return hash(seal, API_SPAN("apisec chain 1\n"), chain, none(), head);
}


int
api_seal_next(api_seal_t *seal, uint8_t head[API_SEAL_LEN], api_span_t line)
{
    return hash(seal, api_span(head, API_SEAL_LEN), line, none(), head);
}


void
api_seal_text(const uint8_t bytes[API_SEAL_LEN], char out[API_SEAL_TEXT])
{
    (void) api_base64url_encode(api_span(bytes, API_SEAL_LEN), out);
}


bool
api_seal_read(api_span_t text, uint8_t bytes[API_SEAL_LEN])
{
    size_t len;

    return text.len == API_SEAL_TEXT
           && api_base64url_decode(text, bytes, &len) == API_OK;
}


int
api_seal_evolve(api_seal_t *seal, uint8_t key[API_SEAL_LEN])
{
    int     rc;
    uint8_t next[API_SEAL_LEN];

    rc = hash(seal, API_SPAN("apisec epoch 1\n"), api_span(key, API_SEAL_LEN),
        none(), next);

    if (rc == API_OK) {
        OPENSSL_cleanse(key, API_SEAL_LEN);
        memcpy(key, next, API_SEAL_LEN);
    }

    OPENSSL_cleanse(next, sizeof(next));

    return rc;
}


int
api_seal_mac(const uint8_t key[API_SEAL_LEN], api_span_t statement,
    uint8_t mac[API_SEAL_LEN])
{
    unsigned len;

    ERR_clear_error();

    if (HMAC(EVP_sha256(), key, API_SEAL_LEN, statement.data, statement.len,
            mac, &len)
        == NULL)
    {
        ERR_clear_error();
        return API_INTERNAL;
    }

    return API_OK;
}


unsigned
api_seal_tree_nodes(const api_seal_tree_t *tree)
{
    return (unsigned) __builtin_popcountll(tree->size);
}


/* RFC 6962 section 2.1: a leaf is hashed behind 0x00, two nodes behind 0x01;
   subtrees of one size become one of twice the size. */

int
api_seal_tree_add(api_seal_t *seal, api_seal_tree_t *tree, api_span_t leaf)
{
    int      rc;
    unsigned n = api_seal_tree_nodes(tree);
    uint64_t same;

    if (tree->size >> (API_SEAL_TREE - 1)) {
        return API_LIMIT;
    }

    rc = hash(seal, api_span("\0", 1), leaf, none(), tree->node[n]);

    for (same = tree->size; rc == API_OK && (same & 1); same >>= 1, n--) {
        rc = hash(seal, api_span("\1", 1),
            api_span(tree->node[n - 1], API_SEAL_LEN),
            api_span(tree->node[n], API_SEAL_LEN), tree->node[n - 1]);
    }

    tree->size += rc == API_OK;

    return rc;
}


int
api_seal_tree_root(
    api_seal_t *seal, const api_seal_tree_t *tree, uint8_t root[API_SEAL_LEN])
{
    int      rc = API_OK;
    unsigned n = api_seal_tree_nodes(tree);

    if (n == 0) {
        return hash(seal, api_span("", 0), none(), none(), root);
    }

    memcpy(root, tree->node[--n], API_SEAL_LEN);

    while (rc == API_OK && n) {
        n--;
        rc = hash(seal, api_span("\1", 1),
            api_span(tree->node[n], API_SEAL_LEN),
            api_span(root, API_SEAL_LEN), root);
    }

    return rc;
}
