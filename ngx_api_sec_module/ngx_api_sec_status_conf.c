
#include "ngx_api_sec_status.h"


static ngx_uint_t ngx_api_sec_status_no_prefix(
    const ngx_http_core_loc_conf_t *clcf);
static char *ngx_api_sec_status_words(ngx_conf_t *cf,
    ngx_api_sec_status_t *status);
static char *ngx_api_sec_status_names(ngx_conf_t *cf,
    ngx_api_sec_status_t *status);
static char *ngx_api_sec_status_sections(ngx_conf_t *cf,
    const ngx_api_sec_status_t *status);
static void ngx_api_sec_status_known(const ngx_api_door_t * const *doors,
    u_char *buf, size_t size);
static char *ngx_api_sec_status_write(ngx_conf_t *cf,
    const ngx_api_sec_status_t *status);
static ngx_uint_t ngx_api_sec_status_enforced(
    const ngx_api_sec_loc_conf_t *lcf);
static ngx_uint_t ngx_api_sec_status_unix(ngx_conf_t *cf,
    const ngx_http_core_srv_conf_t *server);


char *
ngx_api_sec_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_api_sec_status_t      *status, **p;
    ngx_api_sec_main_conf_t   *mcf;
    ngx_http_core_loc_conf_t  *clcf;

    if (lcf->status) {
        return "is duplicate";
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_sec_module);
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "stands where another directive answers already";
    }

    if (ngx_api_sec_status_no_prefix(clcf)) {
        return "needs a location that is a prefix, for example /_api/: what "
               "follows it is the section";
    }

    status = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_status_t));
    p = ngx_array_push(&mcf->statuses);

    if (status == NULL || p == NULL
        || ngx_api_sec_status_words(cf, status) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    *p = status;
    status->file = cf->conf_file->file.name;
    status->line = cf->conf_file->line;

    lcf->status = status;
    clcf->handler = ngx_api_sec_status_handler;

    ngx_api_sec_uses(cf, NGX_API_SEC_USES_STATUS);

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_api_sec_status_no_prefix(const ngx_http_core_loc_conf_t *clcf)
{
#if (NGX_PCRE)
    if (clcf->regex) {
        return 1;
    }
#endif

    return clcf->named;
}


/* [write] [SECTION ...] */

static char *
ngx_api_sec_status_words(ngx_conf_t *cf, ngx_api_sec_status_t *status)
{
    ngx_str_t   *value, *name;
    ngx_uint_t   i;

    value = cf->args->elts;
    i = 1;

    if (cf->args->nelts > 1 && ngx_strcmp(value[1].data, "write") == 0) {
        status->write = 1;
        i++;
    }

    if (i == cf->args->nelts) {
        return NGX_CONF_OK;
    }

    status->sections = ngx_array_create(cf->pool, 4, sizeof(ngx_str_t));
    if (status->sections == NULL) {
        return NGX_CONF_ERROR;
    }

    for ( /* void */ ; i < cf->args->nelts; i++) {
        name = ngx_array_push(status->sections);
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        *name = value[i];
    }

    return NGX_CONF_OK;
}


/* An `if` or limit_except in the location has the location's handler. */

void
ngx_api_sec_status_merge(ngx_conf_t *cf, ngx_api_sec_loc_conf_t *conf,
    const ngx_api_sec_loc_conf_t *prev)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (conf->status) {
        conf->status->lcf = conf;
        conf->status->server = ngx_http_conf_get_module_srv_conf(cf,
                                                       ngx_http_core_module);

    } else if (clcf->noname && prev->status && clcf->handler == NULL) {
        conf->status = prev->status;
        clcf->handler = ngx_api_sec_status_handler;
    }
}


/* nginx keeps its own list in a pool that ends with the configuration. */

static char *
ngx_api_sec_status_names(ngx_conf_t *cf, ngx_api_sec_status_t *status)
{
    ngx_str_t                     *name;
    ngx_uint_t                     i;
    const ngx_http_server_name_t  *from;

    from = status->server->server_names.elts;

    if (ngx_array_init(&status->names, cf->pool, 4, sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < status->server->server_names.nelts; i++) {
        name = ngx_array_push(&status->names);
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        *name = from[i].name;
    }

    return NGX_CONF_OK;
}


/* postconfiguration: listeners and peers are known. */

char *
ngx_api_sec_status_check(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    ngx_uint_t                     i;
    ngx_api_sec_status_t * const  *status;

    status = mcf->statuses.elts;

    if (mcf->statuses.nelts && ngx_api_sec_page_init(cf, mcf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < mcf->statuses.nelts; i++) {

        if (ngx_api_sec_status_names(cf, status[i]) != NGX_CONF_OK
            || ngx_api_sec_status_sections(cf, status[i]) != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }

        if (status[i]->write
            && ngx_api_sec_status_write(cf, status[i]) != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_status_sections(ngx_conf_t *cf,
    const ngx_api_sec_status_t *status)
{
    u_char                 known[256];
    ngx_str_t             *name;
    ngx_uint_t             i;
    const ngx_api_door_t  *doors[NGX_API_NMODULES], *door;

    if (status->sections == NULL) {
        return NGX_CONF_OK;
    }

    for (i = 0; i < NGX_API_NMODULES; i++) {
        if (ngx_api_door_find(cf, i, &doors[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    name = status->sections->elts;

    for (i = 0; i < status->sections->nelts; i++) {

        if (ngx_api_sec_status_find(doors, &name[i], &door)) {
            continue;
        }

        ngx_api_sec_status_known(doors, known, sizeof(known));

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "no module that is loaded serves the section \"%V\" of "
                      "\"api_status\" in %V:%ui; there are:%s", &name[i],
                      &status->file, status->line, known);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void
ngx_api_sec_status_known(const ngx_api_door_t * const *doors, u_char *buf,
    size_t size)
{
    u_char                   *p;
    ngx_uint_t                i;
    const ngx_api_section_t  *s;

    p = buf;

    for (i = 0; i < NGX_API_NMODULES; i++) {
        if (doors[i] == NULL || doors[i]->sections == NULL) {
            continue;
        }

        for (s = doors[i]->sections; s->handler; s++) {
            p = ngx_slprintf(p, buf + size - 1, " %V", &s->name);
        }
    }

    *p = '\0';
}


/*
 * Whoever may reach the location with a browser could be made to write by any
 * page: so it takes more than an address.
 */

static char *
ngx_api_sec_status_write(ngx_conf_t *cf, const ngx_api_sec_status_t *status)
{
    if (ngx_api_sec_status_unix(cf, status->server)) {
        return NGX_CONF_OK;
    }

    if (!ngx_api_sec_status_enforced(status->lcf)) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"api_status write\" in %V:%ui lets callers change "
                      "things, and nobody asks who they are: give the "
                      "location an api_auth that enforces and is not "
                      "optional, or its server \"listen unix:PATH\" alone",
                      &status->file, status->line);
        return NGX_CONF_ERROR;
    }

    if (status->lcf->require.items == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"api_status write\" in %V:%ui is open to everybody "
                      "with a credential: say who may write, for example "
                      "\"api_require scope apisec:write;\"",
                      &status->file, status->line);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_api_sec_status_enforced(const ngx_api_sec_loc_conf_t *lcf)
{
    return lcf->auth && !lcf->auth->optional
           && lcf->auth->mode.cv == NULL
           && lcf->auth->mode.fixed == NGX_API_MODE_ENFORCE
           && lcf->shared.mode.cv == NULL
           && lcf->shared.mode.fixed == NGX_API_MODE_ENFORCE;
}


/* Are all of the server's listeners sockets of this host's file system? */

static ngx_uint_t
ngx_api_sec_status_unix(ngx_conf_t *cf,
    const ngx_http_core_srv_conf_t *server)
{
    ngx_uint_t                    p, a, s, found;
    ngx_http_conf_port_t         *port;
    ngx_http_conf_addr_t         *addr;
    ngx_http_core_srv_conf_t    **servers;
    ngx_http_core_main_conf_t    *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    if (cmcf->ports == NULL) {
        return 0;
    }

    found = 0;
    port = cmcf->ports->elts;

    for (p = 0; p < cmcf->ports->nelts; p++) {
        addr = port[p].addrs.elts;

        for (a = 0; a < port[p].addrs.nelts; a++) {
            servers = addr[a].servers.elts;

            for (s = 0; s < addr[a].servers.nelts; s++) {
                if (servers[s] != server) {
                    continue;
                }

                if (addr[a].opt.sockaddr->sa_family != AF_UNIX) {
                    return 0;
                }

                found = 1;
            }
        }
    }

    return found;
}
