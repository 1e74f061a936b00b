#include "api_xss_int.h"


/* Where the value of the attribute, in which the whole value stands, ends:
   there the reading goes on.  NULL: it does not end. */

static const uint8_t *
api_xss_leave(api_span_t value, api_xss_context_t context)
{
    size_t                   i;
    const uint8_t           *p;
    static const char *const quotes = "  '\"`";

    if (value.len == 0 || value.data == NULL) {
        return NULL;
    }

    if (context == API_XSS_TEXT) {
        return value.data;
    }

    if (context != API_XSS_UNQUOTED) {
        p = memchr(value.data, quotes[context], value.len);
        return p ? p + 1 : NULL;
    }

    for (i = 0; i < value.len; i++) {
        if (api_is_blank(value.data[i]) || value.data[i] == '>') {
            return value.data + i;
        }
    }

    return NULL;
}


/* The value as a whole is an address that runs script: no blank behind the
   colon, and something that script needs. */

static bool
api_xss_is_script(api_span_t value)
{
    size_t         i, head;
    const uint8_t *colon;

    colon = value.len ? memchr(value.data, ':', value.len) : NULL;

    if (colon == NULL || colon + 1 == value.data + value.len
        || colon[1] == ' ') {
        return false;
    }

    /* the scheme, and of data: the type, for pictures run nothing */

    head = (size_t) (colon - value.data) + sizeof(":image/svg") - 1;
    head = head < value.len ? head : value.len;

    if (!api_xss_address(api_span(value.data, head))) {
        return false;
    }

    for (i = (size_t) (colon - value.data); i < value.len; i++) {
        if (value.data[i] && strchr("(=`[.%", value.data[i])) {
            return true;
        }
    }

    return false;
}


/* A value that is read, perhaps in parts: in each context, then as a whole. */

struct api_xss_job_s {
    api_span_t       value;
    unsigned         context;
    bool             entered;
    api_xss_reader_t r;
    api_xss_t        how;
};

static void
api_xss_begin(api_xss_job_t *job, api_span_t value)
{
    job->value = value;
    job->context = API_XSS_TEXT;
    job->entered = false;
}


static int
api_xss_say(
    api_xss_job_t *job, unsigned context, const char *form, const uint8_t *at)
{
    job->how = (api_xss_t){ (api_xss_context_t) context, form,
        (size_t) (at - job->value.data) };

    return 1;
}


int
api_xss_job_more(api_xss_job_t *job, size_t bytes)
{
    size_t            left;
    const char       *what;
    const uint8_t    *p, *end;
    api_xss_reader_t *r;

    if (job->context > API_XSS_BACKQUOTE) {
        return api_xss_is_script(job->value) ? api_xss_say(
                   job, API_XSS_UNQUOTED, "address", job->value.data)
                                             : 0;
    }

    r = &job->r;

    if (!job->entered) {
        p = api_xss_leave(job->value, (api_xss_context_t) job->context);

        if (p == NULL) {
            job->context++;
            return API_XSS_MORE;
        }

        end = job->value.data + job->value.len;
        api_xss_enter(r, p, end, job->context != API_XSS_TEXT);
        job->entered = true;
    }

    left = (size_t) (r->end - r->p);
    what = api_xss_read(r, left > bytes ? r->p + bytes : r->end);

    if (what) {
        return api_xss_say(job, job->context, what, r->at);
    }

    if (!api_xss_goes_on(r)) {
        job->entered = false;
        job->context++;
    }

    return API_XSS_MORE;
}


api_xss_job_t *
api_xss_job(api_span_t value, api_arena_t *arena)
{
    api_xss_job_t *job;

    job = api_arena_alloc(arena, sizeof(*job));

    if (job != NULL) {
        api_xss_begin(job, value);
    }

    return job;
}


bool
api_xss_detect(api_span_t value, api_xss_t *how)
{
    int           rc;
    api_xss_job_t job;

    api_xss_begin(&job, value);

    do {
        rc = api_xss_job_more(&job, SIZE_MAX);
    } while (rc == API_XSS_MORE);

    if (how && rc == 1) {
        *how = job.how;
    }

    return rc == 1;
}
