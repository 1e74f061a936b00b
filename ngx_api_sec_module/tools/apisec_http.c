#include "apisec_http.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>


#define REPLY_MAX 65536


/* The target */

static bool
is_loopback(const struct sockaddr *address)
{
    const struct sockaddr_in  *v4 = (const void *) address;
    const struct sockaddr_in6 *v6 = (const void *) address;

    if (address->sa_family == AF_INET) {
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    }

    return address->sa_family == AF_INET6
           && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}


static bool
listens(const struct addrinfo *at)
{
    int  fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool yes;

    if (fd == -1) {
        return false;
    }

    yes = connect(fd, at->ai_addr, at->ai_addrlen) == 0;
    close(fd);

    return yes;
}


static int
look_up(apisec_target_t *target, const char *port, const char *allowed)
{
    int                    rc;
    struct addrinfo       *list;
    const struct addrinfo *at;
    struct addrinfo        hints = { .ai_family = AF_UNSPEC,
               .ai_socktype = SOCK_STREAM };

    rc = getaddrinfo(target->host, port, &hints, &list);

    if (rc != 0) {
        return apisec_fail(
            APISEC_FAILED, "%s: %s", target->host, gai_strerror(rc));
    }

    /* The first that may be spoken to; better one where somebody listens. */

    for (at = list; at; at = at->ai_next) {
        if (!is_loopback(at->ai_addr)
            && (allowed == NULL || strcasecmp(allowed, target->host) != 0))
        {
            continue;
        }

        memcpy(&target->address, at->ai_addr, at->ai_addrlen);
        target->length = at->ai_addrlen;

        if (listens(at)) {
            break;
        }
    }

    freeaddrinfo(list);

    if (target->length == 0) {
        return apisec_fail(APISEC_USAGE,
            "%s is not this machine: attacks go to loopback alone; say  "
            "--i-am-allowed %s  if you are allowed to attack it",
            target->host, target->host);
    }

    return APISEC_OK;
}


static int
prepare_tls(apisec_target_t *target, const char *cafile)
{
    target->tls = SSL_CTX_new(TLS_client_method());

    if (target->tls == NULL) {
        return apisec_fail(APISEC_FAILED, "no TLS");
    }

    SSL_CTX_set_verify(target->tls, SSL_VERIFY_PEER, NULL);

    if (cafile ? SSL_CTX_load_verify_locations(target->tls, cafile, NULL) != 1
               : SSL_CTX_set_default_verify_paths(target->tls) != 1)
    {
        return apisec_fail(APISEC_FAILED, "%s: no certificates",
            cafile ? cafile : "the system's store");
    }

    return APISEC_OK;
}


/* HOST, [HOST], and behind it a port or NULL; text is changed. */

static bool
split(char *text, const char **host, const char **port)
{
    char *end;

    if (text[0] == '[') {
        end = strchr(text, ']');

        if (end == NULL || (end[1] && end[1] != ':')) {
            return false;
        }

        *host = text + 1;
        *port = end[1] ? end + 2 : NULL;
        *end = '\0';
        return true;
    }

    end = strchr(text, ':');
    *host = text;
    *port = end ? end + 1 : NULL;

    if (end) {
        *end = '\0';
    }

    return **host != '\0';
}


int
apisec_target(apisec_target_t *target, const char *url, const char *allowed,
    const char *cafile)
{
    int         rc;
    bool        tls = strncmp(url, "https://", 8) == 0;
    char       *authority;
    size_t      len;
    const char *port, *p;

    memset(target, 0, sizeof(apisec_target_t));

    if (!tls && strncmp(url, "http://", 7) != 0) {
        return apisec_fail(APISEC_USAGE,
            "%s: a target is http://HOST:PORT or https://HOST:PORT", url);
    }

    p = url + (tls ? 8 : 7);
    len = strcspn(p, "/?#");
    authority = apisec_text("%.*s", (int) len, p);
    target->name = apisec_text("%s", authority);
    target->prefix = apisec_text("%s", p + len);
    len = strlen(target->prefix);

    if (strpbrk(target->prefix, "?# \r\n") || strpbrk(target->name, "@ \r\n")
        || !split(authority, &target->host, &port))
    {
        return apisec_fail(APISEC_USAGE,
            "%s: a host, a port and a path are all a target may have", url);
    }

    if (len && target->prefix[len - 1] == '/') {
        target->prefix = apisec_text("%.*s", (int) len - 1, target->prefix);
    }

    target->timeout = 10000;
    rc = look_up(target, port ? port : tls ? "443" : "80", allowed);

    return rc == APISEC_OK && tls ? prepare_tls(target, cafile) : rc;
}


/* One exchange.  The socket does not block; poll waits, till the deadline. */

typedef struct {
    int     fd;
    SSL    *tls;
    int64_t deadline;
} wire_t;


static int64_t
now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


static bool
wait_for(const wire_t *w, short events)
{
    int64_t       left = w->deadline - now_ms();
    struct pollfd p = { .fd = w->fd, .events = events };

    return left > 0 && poll(&p, 1, (int) left) == 1;
}


/* After a call of OpenSSL that did not succeed: is it worth another try? */

static bool
tls_waits(const wire_t *w, int rc)
{
    switch (SSL_get_error(w->tls, rc)) {
    case SSL_ERROR_WANT_READ:
        return wait_for(w, POLLIN);
    case SSL_ERROR_WANT_WRITE:
        return wait_for(w, POLLOUT);
    default:
        return false;
    }
}


static ssize_t
wire_write(wire_t *w, const char *data, size_t len)
{
    int     rc;
    ssize_t n;

    if (w->tls) {
        while ((rc = SSL_write(w->tls, data, (int) len)) <= 0) {
            if (!tls_waits(w, rc)) {
                return -1;
            }
        }

        return rc;
    }

    while ((n = send(w->fd, data, len, MSG_NOSIGNAL)) == -1) {
        if (errno != EAGAIN || !wait_for(w, POLLOUT)) {
            return -1;
        }
    }

    return n;
}


static ssize_t
wire_read(wire_t *w, char *buf, size_t size)
{
    int     rc;
    ssize_t n;

    if (w->tls) {
        while ((rc = SSL_read(w->tls, buf, (int) size)) <= 0) {
            if (!tls_waits(w, rc)) {
                return SSL_get_error(w->tls, rc) == SSL_ERROR_ZERO_RETURN ? 0
                                                                          : -1;
            }
        }

        return rc;
    }

    while ((n = recv(w->fd, buf, size, 0)) == -1) {
        if (errno != EAGAIN || !wait_for(w, POLLIN)) {
            return -1;
        }
    }

    return n;
}


static const char *
wire_tls(wire_t *w, const apisec_target_t *target)
{
    int rc;

    ERR_clear_error();
    w->tls = SSL_new(target->tls);

    if (w->tls == NULL || SSL_set_fd(w->tls, w->fd) != 1
        || SSL_set_tlsext_host_name(w->tls, target->host) != 1
        || SSL_set1_host(w->tls, target->host) != 1)
    {
        return "no TLS";
    }

    while ((rc = SSL_connect(w->tls)) != 1) {
        if (!tls_waits(w, rc)) {
            return SSL_get_verify_result(w->tls) == X509_V_OK
                       ? "no TLS"
                       : "its certificate is not trusted: see --cacert";
        }
    }

    return NULL;
}


static const char *
wire_open(wire_t *w, const apisec_target_t *target)
{
    int       error = 0;
    socklen_t len = sizeof(error);

    w->tls = NULL;
    w->deadline = now_ms() + target->timeout;
    w->fd = socket(target->address.ss_family,
        SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (w->fd == -1) {
        return "no socket";
    }

    if (connect(w->fd, (const void *) &target->address, target->length) == -1
        && (errno != EINPROGRESS || !wait_for(w, POLLOUT)
            || getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1
            || error))
    {
        return "nobody listens";
    }

    if (target->preface
        && send(w->fd, target->preface, strlen(target->preface), MSG_NOSIGNAL)
               != (ssize_t) strlen(target->preface))
    {
        return "closed";
    }

    return target->tls ? wire_tls(w, target) : NULL;
}


static void
wire_close(wire_t *w)
{
    SSL_free(w->tls);
    ERR_clear_error();

    if (w->fd != -1) {
        close(w->fd);
    }
}


static char *
head_of(const apisec_target_t *target, const apisec_http_t *r)
{
    size_t i;
    char  *head = apisec_text("%.*s %s%s HTTP/1.1\r\n", (int) r->method.len,
         (const char *) r->method.data, target->prefix, r->target);

    if (target->name) {
        head = apisec_text("%sHost: %s\r\n", head, target->name);
    }

    if (target->agent == NULL || *target->agent) {
        head = apisec_text("%sUser-Agent: %s\r\n", head,
            target->agent ? target->agent : "apisec-attack");
    }

    for (i = 0; i < r->nfields; i++) {
        head = apisec_text("%s%.*s: %.*s\r\n", head,
            (int) r->fields[i].name.len, (const char *) r->fields[i].name.data,
            (int) r->fields[i].value.len,
            (const char *) r->fields[i].value.data);
    }

    if (r->has_body) {
        head = apisec_text(
            "%sContent-Length: %zu\r\n", head, r->body.len + r->blanks);
    }

    return apisec_text("%sConnection: close\r\n\r\n", head);
}


/* Sent as far as the other side takes it: it may answer before the end. */

static bool
send_all(wire_t *w, const void *data, size_t len)
{
    ssize_t     n;
    const char *p = data;

    while (len) {
        n = wire_write(w, p, len);

        if (n <= 0) {
            return false;
        }

        p += n;
        len -= (size_t) n;
    }

    return true;
}


static void
send_request(wire_t *w, const char *head, const apisec_http_t *request)
{
    char   blanks[4096];
    bool   ok;
    size_t left, n;

    memset(blanks, ' ', sizeof(blanks));

    ok = send_all(w, head, strlen(head))
         && send_all(w, request->body.data, request->body.len);

    for (left = request->blanks; ok && left; left -= n) {
        n = left < sizeof(blanks) ? left : sizeof(blanks);
        ok = send_all(w, blanks, n);
    }
}


static const char *
member(const cJSON *problem, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(problem, name);

    return cJSON_IsString(value) ? apisec_text("%s", value->valuestring) : "";
}


/* A header of the answer, or "". */

static const char *
header(const char *text, const char *name)
{
    size_t      n = strlen(name);
    const char *line = text, *end = strstr(text, "\r\n\r\n");

    while (end && line < end) {
        line = strstr(line, "\r\n") + 2;

        if (strncasecmp(line, name, n) == 0 && line[n] == ':') {
            line += n + 1;
            line += strspn(line, " \t");
            return apisec_text("%.*s", (int) strcspn(line, "\r\n"), line);
        }
    }

    return "";
}


static void
read_reply(apisec_reply_t *reply, char *text)
{
    char    *body;
    cJSON   *problem;
    unsigned status;

    if (sscanf(text, "HTTP/1.%*1[01] %3u", &status) != 1 || status < 100) {
        reply->why = "no HTTP";
        return;
    }

    reply->status = status;
    body = strstr(text, "\r\n\r\n");
    body = body ? strchr(body, '{') : NULL;
    problem = body ? cJSON_ParseWithOpts(body, NULL, 0) : NULL;

    reply->nonce = header(text, "DPoP-Nonce");
    reply->code = member(problem, "code");
    reply->support = member(problem, "support_id");
    cJSON_Delete(problem);
}


void
apisec_http(const apisec_target_t *target, const apisec_http_t *request,
    apisec_reply_t *reply)
{
    wire_t      w;
    char       *text = malloc(REPLY_MAX + 1);
    size_t      len = 0;
    ssize_t     n;
    const char *head = head_of(target, request);

    *reply = (apisec_reply_t){ 0, "no memory", "", "", "" };

    if (text == NULL) {
        return;
    }

    reply->why = wire_open(&w, target);

    if (reply->why == NULL) {
        send_request(&w, head, request);

        while (len < REPLY_MAX
               && (n = wire_read(&w, text + len, REPLY_MAX - len)) > 0) {
            len += (size_t) n;
        }

        text[len] = '\0';
        reply->why = len                      ? ""
                     : now_ms() >= w.deadline ? "timed out"
                                              : "closed";

        if (len) {
            read_reply(reply, text);
        }
    }

    wire_close(&w);
    free(text);
}
