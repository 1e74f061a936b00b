/* Input: an nginx configuration.  What stands on a stage is a configuration
   again, and in it nothing listens and nothing is asked but below the stage's
   folder. */

#include "api_stage.h"
#include "fuzz.h"

#include <stdio.h>


static bool
below(api_span_t word, const char *with)
{
    return word.len >= strlen(with)
           && memcmp(word.data, with, strlen(with)) == 0;
}


static bool
ends(api_span_t word, const char *with)
{
    size_t n = strlen(with);

    return word.len > n && memcmp(word.data + word.len - n, with, n) == 0;
}


/* In the places of http; maps and the like are another language. */

static void
look(const api_conf_dir_t *d)
{
    api_span_t name;

    for (; d; d = d->next) {
        name = d->args[0];

        if (api_conf_is(d, "listen")) {
            MUST(below(api_conf_arg(d, 1), "unix:/stage/"));
        }

        if (ends(name, "_pass") && !below(name, "api_")) {
            MUST(api_conf_is(d, "proxy_pass")
                 && below(api_conf_arg(d, 1), "http://unix:/stage/"));
        }

        MUST(!api_conf_is(d, "resolver"));
        MUST(!api_conf_is(d, "access_log") || api_conf_arg_is(d, 1, "off"));

        if (d->block
            && (api_conf_is(d, "http") || api_conf_is(d, "server")
                || api_conf_is(d, "location") || api_conf_is(d, "if")
                || api_conf_is(d, "limit_except")))
        {
            look(d->first);
        }
    }
}


static void
again(const api_stage_t *stage, api_arena_t *a)
{
    char       *text;
    size_t      size = stage->text.len + 200;
    api_err_t   err;
    api_conf_t *conf;

    text = api_arena_alloc(a, size);
    if (text == NULL) {
        return;
    }

    snprintf(text, size, "# configuration file /s:\n");
    memcpy(text + strlen(text), stage->text.data, stage->text.len);
    size = 25 + stage->text.len;
    size += (size_t) sprintf(
        text + size, "\n# configuration file /stage/answers.conf:\n");

    if (api_conf_parse(
            &conf, api_span(text, size), API_SPAN("/s"), NULL, a, &err)
        == API_OK)
    {
        look(conf->root.first);

    } else {
        MUST(err.code == API_CONF_E_NOMEM || err.code == API_CONF_E_LIMIT);
    }
}


/* A word with a mark in it would cut what is written in two. */

static bool
has_mark(api_span_t s)
{
    size_t           i;
    const api_span_t mark = API_SPAN("# configuration file ");

    for (i = 0; i + mark.len <= s.len; i++) {
        if (memcmp(s.data + i, mark.data, mark.len) == 0) {
            return true;
        }
    }

    return false;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    api_err_t         err = { 0 };
    api_conf_t       *conf;
    api_site_t       *site;
    api_stage_t       stage;
    api_arena_t       a;
    api_conf_limits_t limits = { .directives = 2000, .depth = 32 };
    api_stage_opts_t  opts = { .dir = "/stage", .realip = true };

    api_arena_init(&a, &api_alloc_libc, 0, 64 << 20);

    if (api_conf_parse(
            &conf, api_span(data, size), API_SPAN("/f"), &limits, &a, &err)
            == API_OK
        && api_site_make(&site, conf, &a, &err) == API_OK)
    {
        if (api_stage_make(&stage, site, &opts, &a, &err) == API_OK
            && !has_mark(stage.text))
        {
            again(&stage, &a);
        }

        api_site_free(site);
    }

    api_arena_free(&a);

    return 0;
}
