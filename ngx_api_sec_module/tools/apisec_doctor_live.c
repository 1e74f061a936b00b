/*
 * apisec doctor: what the running gateway says of itself, by api_health and
 * api_status: whether requests may come, and how full its memory is.
 */

#include "apisec_doctor.h"

#include <cjson/cJSON.h>


/* Where the configuration has it */

static const api_loc_t *
location_with(const doctor_t *d, const char *name, const char *arg)
{
    const api_loc_t      *l;
    const api_server_t   *s;
    const api_conf_dir_t *dir;

    for (s = d->site->first; s; s = s->next) {
        for (l = api_site_next(s, NULL); l; l = api_site_next(s, l)) {
            dir = api_conf_child(l->dir, name);

            if (dir && (arg == NULL || api_conf_arg_is(dir, 1, arg))
                && (l->kind == API_LOC_PREFIX || l->kind == API_LOC_EXACT
                    || l->kind == API_LOC_NOREGEX))
            {
                return l;
            }
        }
    }

    return NULL;
}


static const char *
own_address(api_span_t address)
{
    if (api_span_eq(address, API_SPAN("*"))
        || api_span_eq(address, API_SPAN("0.0.0.0"))
        || api_span_eq(address, API_SPAN("localhost")))
    {
        return "127.0.0.1";
    }

    if (api_span_eq(address, API_SPAN("[::]"))) {
        return "::1";
    }

    if (address.len > 2 && address.data[0] == '[') {
        return apisec_text(
            "%.*s", (int) address.len - 2, (const char *) address.data + 1);
    }

    if (address.len > 5 && memcmp(address.data, "unix:", 5) == 0) {
        return apisec_text(
            "%.*s", (int) address.len - 5, (const char *) address.data + 5);
    }

    return doctor_text(address);
}


/* A listener of the location's server, better a plain one, by the first name
   it has. */

static bool
url_of(const api_loc_t *l, doctor_url_t *url)
{
    uint32_t            i;
    const api_listen_t *at;
    const api_server_t *s = l->server;

    url->path = doctor_text(l->name);
    url->host = s->nnames && s->names[0].len && s->names[0].data[0] != '~'
                        && s->names[0].data[0] != '*'
                        && s->names[0].data[0] != '.'
                        && s->names[0].data[0] != '_'
                    ? doctor_text(s->names[0])
                    : "localhost";

    for (i = 0; i < s->nlistens; i++) {
        at = &s->listens[i];

        if (i == 0 || (url->tls && !at->ssl)) {
            url->address = own_address(at->address);
            url->port = at->port;
            url->tls = at->ssl;
        }
    }

    return s->nlistens != 0;
}


static bool
read_url(const char *text, doctor_url_t *url)
{
    char address[64];
    int  n = 0;

    url->tls = strncmp(text, "https://", 8) == 0;

    if (!url->tls && strncmp(text, "http://", 7) != 0) {
        return false;
    }

    text += url->tls ? 8 : 7;

    if (sscanf(text, "%63[0-9.]:%5u%n", address, &url->port, &n) != 2
        && sscanf(text, "[%63[0-9a-fA-F:]]:%5u%n", address, &url->port, &n)
               != 2)
    {
        return false;
    }

    url->address = apisec_text("%s", address);
    url->host = "localhost";
    url->path = text[n] == '/' ? text + n : "/";

    return url->port > 0 && url->port < 65536;
}


/* What a location answers; false when it was said why that is not known. */

static bool
answer_of(doctor_t *d, const char *name, const char *arg, doctor_answer_t *a)
{
    doctor_url_t     url = { 0 };
    const api_loc_t *l;

    if (d->master == 0) {
        doctor_say(d, DOCTOR_SKIP, NULL, NULL, "nginx does not run");
        return false;
    }

    l = location_with(d, name, arg);

    if (l == NULL) {
        doctor_say(d, DOCTOR_SKIP, NULL, NULL, "no location has %s%s%s", name,
            arg ? " " : "", arg ? arg : "");
        return false;
    }

    if (!url_of(l, &url)) {
        doctor_say(d, DOCTOR_SKIP, l->dir, NULL, "its server listens nowhere");
        return false;
    }

    *a = doctor_get(&url);

    if (a->status == 0) {
        doctor_say(d, DOCTOR_FAIL, l->dir, "look at the error log",
            "nginx runs and does not answer: %s", a->error);
        return false;
    }

    return true;
}


void
doctor_ready(doctor_t *d)
{
    doctor_answer_t a = { 0, NULL, "" };

    if (!answer_of(d, "api_health", "ready", &a)) {
        return;
    }

    if (a.status == 200) {
        doctor_say(d, DOCTOR_PASS, NULL, NULL, "requests may come");

    } else if (a.status == 503) {
        doctor_say(d, DOCTOR_FAIL, NULL,
            "look at what it answers, and at the"
            " error log",
            "requests may not come: %.200s", a.body);

    } else {
        doctor_say(d, DOCTOR_SKIP, NULL, NULL,
            "api_health answers %d: is 127.0.0.1 allowed there?", a.status);
    }
}


/* Tables tell how many places they have and how many are taken, each by the
   words of its module. */

static const struct {
    const char *size;
    const char *used;
} tables[] = {
    { "slots", "live" },
    { "places", "used" },
};


static double
number_of(const cJSON *table, const char *name)
{
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(table, name);

    return cJSON_IsNumber(n) ? n->valuedouble : -1;
}


static void
check_fill(
    doctor_t *d, const cJSON *table, double size, double used, double lost)
{
    const char  *name = table->string ? table->string : "a table";
    const double fill = 100 * used / size;

    if (lost > 0 && fill > 50) {
        doctor_say(d, DOCTOR_WARN, NULL, "a larger zone",
            "%s has forgotten %.0f entries for lack of room: %.0f of"
            " %.0f are in use",
            name, lost, used, size);

    } else if (fill > 80) {
        doctor_say(d, DOCTOR_WARN, NULL, "a larger zone",
            "%s is %.0f %% full (%.0f of %.0f)", name, fill, used, size);
    }
}


/* A cache does not count what is taken, for it is always full: what it gives
   up before its time is the sign, when it is more than one in a hundred of
   what it took. */

static void
check_cache(doctor_t *d, const cJSON *table, double size, double lost)
{
    const double added = number_of(table, "added");

    if (lost > 0 && lost * 100 > added) {
        doctor_say(d, DOCTOR_WARN, NULL, "a larger share of the zone",
            "%s has forgotten %.0f entries before their time: it has room"
            " for %.0f",
            table->string ? table->string : "a table", lost, size);
    }
}


static void
check_table(doctor_t *d, const cJSON *table, unsigned *n)
{
    size_t       i;
    double       size, used;
    const double lost = number_of(table, "evicted");

    for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        size = number_of(table, tables[i].size);
        used = number_of(table, tables[i].used);

        if (size < 1 || (used < 0 && lost < 0)) {
            continue;
        }

        (*n)++;

        if (used < 0) {
            check_cache(d, table, size, lost);
        } else {
            check_fill(d, table, size, used, lost);
        }
    }
}


#define DEPTH 8

static void
walk(doctor_t *d, const cJSON *item, unsigned depth, unsigned *n)
{
    const cJSON *child;

    if (depth == DEPTH) {
        return;
    }

    if (cJSON_IsObject(item)) {
        check_table(d, item, n);
    }

    cJSON_ArrayForEach(child, item)
    {
        walk(d, child, depth + 1, n);
    }
}


static bool
status_of(doctor_t *d, doctor_answer_t *a)
{
    doctor_url_t url = { 0 };

    if (d->options->url == NULL) {
        return answer_of(d, "api_status", NULL, a);
    }

    if (!read_url(d->options->url, &url)) {
        doctor_say(d, DOCTOR_FAIL, NULL, "http://127.0.0.1:8080/_api/",
            "--status %s is no URL of an address", d->options->url);
        return false;
    }

    *a = doctor_get(&url);

    if (a->status == 0) {
        doctor_say(d, DOCTOR_FAIL, NULL, "the URL of api_status",
            "--status: %s", a->error);
        return false;
    }

    return true;
}


void
doctor_zones(doctor_t *d)
{
    cJSON          *root;
    doctor_answer_t a = { 0, NULL, "" };
    unsigned        n = 0;

    if (!status_of(d, &a)) {
        return;
    }

    if (a.status != 200) {
        doctor_say(d, DOCTOR_SKIP, NULL, NULL,
            "api_status answers %d: is 127.0.0.1 allowed there?", a.status);
        return;
    }

    root = cJSON_Parse(a.body);

    if (!cJSON_IsObject(root)) {
        doctor_say(d, DOCTOR_FAIL, NULL, "the URL of api_status",
            "what answers there is not api_status");

    } else {
        walk(d, root, 0, &n);
    }

    cJSON_Delete(root);

    if (!doctor_unwell(d)) {
        doctor_say(d, DOCTOR_PASS, NULL, NULL, "%u tables, with room", n);
    }
}
