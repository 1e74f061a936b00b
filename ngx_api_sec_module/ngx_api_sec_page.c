
/*
 * The page of api_status: one file, which is part of the object.  It has its
 * style and its script inside, and a policy that allows these two, by their
 * digests, and nothing else: what strangers wrote into paths or names cannot
 * become either.
 */

#include "ngx_api_sec_status.h"

#include <openssl/evp.h>


#ifndef NGX_API_SEC_PAGE
#define NGX_API_SEC_PAGE  "ngx_api_sec_module/ui/dashboard.html"
#endif


/* Read by the assembler: no copy that could differ from the file. */

__asm__(
    ".pushsection .rodata\n"
    ".balign 16\n"
    ".local ngx_api_sec_page_text\n"
    ".local ngx_api_sec_page_end\n"
    "ngx_api_sec_page_text:\n"
    ".incbin \"" NGX_API_SEC_PAGE "\"\n"
    "ngx_api_sec_page_end:\n"
    ".byte 0\n"
    ".popsection\n"
);

extern const u_char  ngx_api_sec_page_text[]
    __attribute__((visibility("hidden")));
extern const u_char  ngx_api_sec_page_end[]
    __attribute__((visibility("hidden")));


static ngx_int_t ngx_api_sec_page_digest(const char *tag, u_char *out);


#define NGX_API_SEC_PAGE_DIGEST  44    /* of 32 bytes, in base64 */


ngx_uint_t
ngx_api_sec_page_wanted(ngx_http_request_t *r,
    const ngx_api_sec_status_t *status)
{
    const ngx_str_t  *accept;

    static const ngx_str_t  ui = ngx_string("ui");

    return ngx_api_sec_status_shown(status, &ui)
           && ngx_api_header_in(r, "accept", &accept) == NGX_OK
           && accept
           && ngx_strlcasestrn(accept->data, accept->data + accept->len,
                               (u_char *) "text/html", 9 - 1)
              != NULL;
}


ngx_uint_t
ngx_api_sec_page(const ngx_api_door_t *door, ngx_api_admin_t *a)
{
    const ngx_api_sec_main_conf_t  *mcf;

    static const ngx_str_t  vary = ngx_string("Accept");
    static const ngx_str_t  referrer = ngx_string("no-referrer");

    mcf = (const ngx_api_sec_main_conf_t *) door;

    if (a->path.len) {
        ngx_str_set(&a->title, "The page is one");
        return NGX_HTTP_NOT_FOUND;
    }

    if (ngx_api_add_header(a->r, "Content-Security-Policy", &mcf->page_policy)
        == NULL
        || ngx_api_add_header(a->r, "Referrer-Policy", &referrer) == NULL
        || ngx_api_add_header(a->r, "Vary", &vary) == NULL)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_str_set(&a->type, "text/html; charset=utf-8");

    a->raw.data = (u_char *) (uintptr_t) ngx_api_sec_page_text;
    a->raw.len = ngx_api_sec_page_end - ngx_api_sec_page_text;

    return NGX_HTTP_OK;
}


ngx_int_t
ngx_api_sec_page_init(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    u_char  *p, style[NGX_API_SEC_PAGE_DIGEST + 1];
    u_char   script[NGX_API_SEC_PAGE_DIGEST + 1];

    if (ngx_api_sec_page_digest("style", style) != NGX_OK
        || ngx_api_sec_page_digest("script", script) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "api_status: the page has no style or script");
        return NGX_ERROR;
    }

    p = ngx_pnalloc(cf->pool, 400);
    if (p == NULL) {
        return NGX_ERROR;
    }

    mcf->page_policy.data = p;
    mcf->page_policy.len = ngx_snprintf(p, 400,
                               "default-src 'none'; style-src 'sha256-%s'; "
                               "script-src 'sha256-%s'; connect-src 'self'; "
                               "img-src data:; base-uri 'none'; "
                               "form-action 'none'; frame-ancestors 'none'; "
                               "require-trusted-types-for 'script'",
                               style, script)
                           - p;

    return NGX_OK;
}


/* Of what is between <tag> and </tag>, as the browser takes it. */

static ngx_int_t
ngx_api_sec_page_digest(const char *tag, u_char *out)
{
    u_char        *p, *begin, *end, open[16], close[16];
    u_char         digest[EVP_MAX_MD_SIZE];
    unsigned int   len;

    p = (u_char *) (uintptr_t) ngx_api_sec_page_text;

    (void) ngx_snprintf(open, sizeof(open), "<%s>%Z", tag);
    (void) ngx_snprintf(close, sizeof(close), "</%s>%Z", tag);

    begin = (u_char *) ngx_strstr(p, open);
    end = begin ? (u_char *) ngx_strstr(begin, close) : NULL;

    if (end == NULL) {
        return NGX_ERROR;
    }

    begin += ngx_strlen(open);

    if (EVP_Digest(begin, end - begin, digest, &len, EVP_sha256(), NULL) != 1
        || EVP_EncodeBlock(out, digest, len) != NGX_API_SEC_PAGE_DIGEST)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}
