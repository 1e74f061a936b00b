/*
 * apisec doctor: what the configuration itself says about workers, thread
 * pools, and whose address is counted.
 */

#include "apisec_doctor.h"


void
doctor_workers(doctor_t *d)
{
    const api_conf_dir_t *dir;

    dir = api_conf_child(&d->site->conf->root, "user");

    if (strcmp(d->user, "root") == 0) {
        doctor_say(d, DOCTOR_FAIL, dir, "user www-data;",
            "the workers are root: who takes over one has the machine");
        return;
    }

    if (d->uid == (uid_t) -1) {
        doctor_say(d, DOCTOR_SKIP, dir, NULL,
            "the user %s of the workers is not known here", d->user);
        return;
    }

    doctor_say(d, DOCTOR_PASS, NULL, NULL, "the workers are %s", d->user);
}


static bool
has_pool(const doctor_t *d, api_span_t name)
{
    const api_conf_dir_t *p;

    if (api_span_eq(name, API_SPAN("default"))) {
        return true;
    }

    for (p = api_conf_child(&d->site->conf->root, "thread_pool"); p;
         p = api_conf_more(p))
    {
        if (api_span_eq(api_conf_arg(p, 1), name)) {
            return true;
        }
    }

    return false;
}


/* An audit log without threads writes where requests are answered. */

void
doctor_threads(doctor_t *d)
{
    api_span_t            pool;
    unsigned              logs = 0;
    const api_conf_dir_t *dir = NULL;

    while ((dir = doctor_next(&d->site->conf->root, dir)) != NULL) {
        if (!api_conf_is(dir, "api_audit") || api_conf_arg_is(dir, 1, "off")) {
            continue;
        }

        logs++;
        pool = api_conf_option(dir, 1, "threads");

        if (pool.data == NULL) {
            continue;
        }

        if (!has_pool(d, pool)) {
            doctor_say(d, DOCTOR_FAIL, dir,
                apisec_text("thread_pool %s threads=2;", doctor_text(pool)),
                "no thread pool is named %s", doctor_text(pool));
        }
    }

    if (!doctor_unwell(d)) {
        doctor_say(d, DOCTOR_PASS, NULL, NULL,
            logs ? "every thread pool that is named is there"
                 : "no audit log, no threads");
    }
}


/* Variables that a client writes as it likes */

static const char *const forged[] = {
    "$http_x_forwarded_for",
    "${http_x_forwarded_for}",
    "$proxy_add_x_forwarded_for",
    "$http_x_real_ip",
    "$http_forwarded",
    "$http_client_ip",
    "$http_true_client_ip",
};


static void
check_key(doctor_t *d, const api_conf_dir_t *dir)
{
    size_t     i;
    api_span_t key = api_conf_option(dir, 1, "key");

    for (i = 0; key.data && i < sizeof(forged) / sizeof(forged[0]); i++) {
        if (memmem(key.data, key.len, forged[i], strlen(forged[i]))) {
            doctor_say(d, DOCTOR_FAIL, dir,
                "key=$api_client_net, with set_real_ip_from and"
                " real_ip_header for the proxy in front",
                "the key %s is written by the client: a new one for each"
                " request",
                doctor_text(key));
        }
    }
}


static bool
is_everybody(api_span_t network)
{
    return api_span_eq(network, API_SPAN("0.0.0.0/0"))
           || api_span_eq(network, API_SPAN("::/0"));
}


static bool
counts_addresses(const api_conf_dir_t *dir)
{
    api_span_t key = api_conf_option(dir, 1, "key");

    return key.data
           && (memmem(key.data, key.len, "remote_addr", 11)
               || memmem(key.data, key.len, "api_client_net", 14));
}


/* Does a block, what is around it or what is in it name a proxy to trust: the
   header is inherited, wherever the proxies are named. */

static bool
trusts(const api_conf_dir_t *block)
{
    const api_conf_dir_t *up, *dir = NULL;

    while ((dir = doctor_next(block, dir)) != NULL) {
        if (api_conf_is(dir, "set_real_ip_from")) {
            return true;
        }
    }

    for (up = block->parent; up; up = up->parent) {
        if (api_conf_child(up, "set_real_ip_from")) {
            return true;
        }
    }

    return false;
}


static bool
is_limit(const api_conf_dir_t *dir)
{
    return api_conf_is(dir, "api_ratelimit_policy")
           || api_conf_is(dir, "api_ratelimit_quota")
           || api_conf_is(dir, "api_ratelimit_concurrency")
           || api_conf_is(dir, "api_ratelimit_ban");
}


static void
check_realip(doctor_t *d, const api_conf_dir_t *dir)
{
    if (api_conf_is(dir, "set_real_ip_from")
        && is_everybody(api_conf_arg(dir, 1))) {
        doctor_say(d, DOCTOR_FAIL, dir,
            "the addresses of the proxies in front, and no others",
            "everybody is trusted to say which address a request is from:"
            " limits, bans and the log follow it");
    }

    if (api_conf_is(dir, "real_ip_header") && !trusts(dir->parent)) {
        doctor_say(d, DOCTOR_WARN, dir,
            "set_real_ip_from ADDRESS; of the proxy in front",
            "real_ip_header without set_real_ip_from: it does nothing, and"
            " all clients are the proxy");
    }
}


void
doctor_addresses(doctor_t *d)
{
    unsigned              limits = 0, addresses = 0;
    const api_conf_dir_t *dir = NULL;

    while ((dir = doctor_next(&d->site->conf->root, dir)) != NULL) {
        check_realip(d, dir);

        if (is_limit(dir)) {
            limits++;
            addresses += counts_addresses(dir);
            check_key(d, dir);
        }
    }

    if (!doctor_unwell(d)) {
        doctor_say(d, DOCTOR_PASS, NULL, NULL,
            "%u limits and bans, %u of them by address, none by what a client"
            " writes",
            limits, addresses);
    }
}
