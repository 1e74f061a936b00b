#include "apisec_conf.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>


#ifndef APISEC_MODULES
#define APISEC_MODULES "/usr/lib/nginx/modules"
#endif

static const char *const modules[] = {
    "ngx_api_sec_module.so",
    "ngx_api_ratelimit_module.so",
    "ngx_api_waf_module.so",
};


static bool
has_module(const char *dir, const char *file)
{
    return access(apisec_text("%s/%s", dir, file), R_OK) == 0;
}


/* bin/apisec and modules/ stand side by side where they were built. */

static const char *
beside_program(void)
{
    char    path[PATH_MAX], real[PATH_MAX];
    char   *slash;
    ssize_t len;

    len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (len <= 0) {
        return NULL;
    }

    path[len] = '\0';
    slash = strrchr(path, '/');
    if (slash == NULL) {
        return NULL;
    }

    *slash = '\0';

    return realpath(apisec_text("%s/../modules", path), real)
               ? apisec_text("%s", real)
               : NULL;
}


const char *
apisec_conf_modules(const char *given)
{
    char        real[PATH_MAX];
    size_t      i;
    const char *dirs[] = { NULL, APISEC_MODULES, "/usr/lib64/nginx/modules",
        "/usr/local/nginx/modules", "/usr/local/lib/nginx/modules" };

    if (given) {
        return has_module(given, modules[0]) && realpath(given, real)
                   ? apisec_text("%s", real)
                   : NULL;
    }

    dirs[0] = beside_program();

    for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
        if (dirs[i] && has_module(dirs[i], modules[0])) {
            return dirs[i];
        }
    }

    return NULL;
}


/* A word of a configuration, whatever is in it. */

static const char *
quoted(const char *text)
{
    char *out, *to;

    out = to = apisec_alloc(2 * strlen(text) + 3);
    *to++ = '"';

    for (; *text; text++) {
        if (*text == '"' || *text == '\\') {
            *to++ = '\\';
        }

        *to++ = *text;
    }

    *to = '"';

    return out;
}


static const char *
load_lines(const char *dir)
{
    size_t      i;
    const char *text = "";

    for (i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
        if (has_module(dir, modules[i])) {
            text = apisec_text("%sload_module %s;\n", text,
                quoted(apisec_text("%s/%s", dir, modules[i])));
        }
    }

    return text;
}


static const char head[] =
    "# Made by  apisec init.  All paths are relative to this folder, which\n"
    "# nginx is told with -p; it may be moved, and needs no root.\n"
    "#\n"
    "#     nginx -p DIR -c nginx.conf -e " APISEC_STARTER_ERRORS "\n"
    "\n"
    "%s\n"
    "%s"
    "worker_processes 1;\n"
    "pid nginx.pid;\n"
    "\n"
    "# At level info each refusal is one line with its reason.\n"
    "error_log " APISEC_STARTER_ERRORS " info;\n"
    "\n"
    "events {\n"
    "    worker_connections 512;\n"
    "}\n"
    "\n";

static const char http[] =
    "http {\n"
    "    access_log            logs/access.log;\n"
    "    client_body_temp_path tmp/body;\n"
    "    proxy_temp_path       tmp/proxy;\n"
    "    fastcgi_temp_path     tmp/fastcgi;\n"
    "    uwsgi_temp_path       tmp/uwsgi;\n"
    "    scgi_temp_path        tmp/scgi;\n"
    "\n"
    "    # Whose tokens are good.  keys/jwks.json holds the public keys; put\n"
    "    # those of your identity provider there, and its names here.\n"
    "    api_jwt_issuer starter {\n"
    "        issuer       %s;\n"
    "        audience     %s;\n"
    "        algorithms   ES256;\n"
    "        jwks         keys/jwks.json;\n"
    "        max_lifetime 1d;\n"
    "    }\n"
    "\n"
    "    # API keys, in the header X-API-Key; the store has their hashes.\n"
    "    api_key_store partners api-keys.json pepper=file:api-key-pepper;\n"
    "\n"
    "    # What the API promises: what it does not name is refused.\n"
    "    api_schema_spec     orders " APISEC_STARTER_SPEC " strict;\n"
    "    api_schema_security orders token jwt=starter;\n"
    "    api_schema_security orders key key=partners;\n"
    "\n"
    "%s"
    "    # One line of JSON a request; read it with  apisec why SUPPORT_ID.\n"
    "    api_audit " APISEC_STARTER_AUDIT ";\n"
    "\n";

static const char limits[] =
    "    # How much one caller may ask.\n"
    "    api_ratelimit_zone   callers 1m;\n"
    "    api_ratelimit_policy per_caller zone=callers key=$api_principal\n"
    "                         rate=20r/s burst=40 empty=deny;\n"
    "\n";

static const char servers[] =
    "    server {\n"
    "        listen      127.0.0.1:%u;\n"
    "        server_name localhost;\n"
    "\n"
    "        location / {\n"
    "            api_auth            jwt=starter key=partners;\n"
    "%s"
    "            api_schema          orders;\n"
    "            api_schema_response 64k;\n"
    "            api_bind            path:customerId = claim:sub;\n"
    "%s"
    "            proxy_pass          http://127.0.0.1:%u;\n"
    "        }\n"
    "\n"
    "        location = /health {\n"
    "            api_health ready;\n"
    "        }\n"
    "    }\n"
    "\n"
    "    # A stand-in for your API: point proxy_pass at the real one, and "
    "take\n"
    "    # this away.\n"
    "    server {\n"
    "        listen       127.0.0.1:%u;\n"
    "        access_log   off;\n"
    "        api_audit    off;\n"
    "        default_type application/json;\n"
    "\n"
    "        location / {\n"
    "            return 200 "
    "'{\"orders\":[{\"id\":7,\"item\":\"lamp\"}]}\\n';\n"
    "        }\n"
    "    }\n"
    "}\n";


api_span_t
apisec_conf(const apisec_conf_t *c)
{
    bool        ratelimit = has_module(c->modules, modules[1]);
    bool        waf = has_module(c->modules, modules[2]);
    const char *text;

    text = apisec_text(head, load_lines(c->modules),
        c->user ? apisec_text("user %s;\n", c->user) : "");

    text = apisec_text("%s%s", text,
        apisec_text(http, quoted(c->starter->issuer),
            quoted(c->starter->audience), ratelimit ? limits : ""));

    text = apisec_text("%s%s", text,
        apisec_text(servers, c->port,
            ratelimit ? "            api_ratelimit       per_caller;\n" : "",
            waf ? "            api_waf             core;\n" : "", c->port + 1,
            c->port + 1));

    return api_span(text, strlen(text));
}
