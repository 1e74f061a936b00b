/*
 * apisec doctor: asking the gateway that runs here, with or without TLS.
 */

#include "apisec_doctor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>


#define ANSWER_MAX (8 * 1024 * 1024)
#define SECONDS 5


static int
dial(int family, const void *address, socklen_t len)
{
    int            fd;
    struct timeval limit = { SECONDS, 0 };

    fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }

    (void) setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    (void) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));

    if (connect(fd, address, len) == 0) {
        return fd;
    }

    close(fd);

    return -1;
}


static int
dial_url(const doctor_url_t *url)
{
    struct sockaddr_un  un = { .sun_family = AF_UNIX };
    struct sockaddr_in  in = { .sin_family = AF_INET };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

    if (url->port == 0) {
        if (strlen(url->address) >= sizeof(un.sun_path)) {
            errno = ENAMETOOLONG;
            return -1;
        }

        memcpy(un.sun_path, url->address, strlen(url->address) + 1);
        return dial(AF_UNIX, &un, sizeof(un));
    }

    in.sin_port = htons((uint16_t) url->port);
    in6.sin6_port = in.sin_port;

    if (inet_pton(AF_INET, url->address, &in.sin_addr) == 1) {
        return dial(AF_INET, &in, sizeof(in));
    }

    if (inet_pton(AF_INET6, url->address, &in6.sin6_addr) == 1) {
        return dial(AF_INET6, &in6, sizeof(in6));
    }

    errno = EINVAL;

    return -1;
}


/* One connection, with or without TLS */

typedef struct {
    int      fd;
    SSL_CTX *ctx;
    SSL     *tls; /* NULL: plain */
} wire_t;


/* Whose certificate it is does not matter: the address is this machine's. */

static bool
secure(wire_t *w, const char *host)
{
    ERR_clear_error();
    w->ctx = SSL_CTX_new(TLS_client_method());
    w->tls = w->ctx ? SSL_new(w->ctx) : NULL;

    if (w->tls == NULL) {
        return false;
    }

    SSL_set_verify(w->tls, SSL_VERIFY_NONE, NULL);

    return SSL_set_fd(w->tls, w->fd) == 1
           && SSL_set_tlsext_host_name(w->tls, host) == 1
           && SSL_connect(w->tls) == 1;
}


static void
hang_up(wire_t *w)
{
    SSL_free(w->tls);
    SSL_CTX_free(w->ctx);
    ERR_clear_error();
    close(w->fd);
}


static ssize_t
take(wire_t *w, char *buf, size_t size)
{
    int n;

    if (w->tls == NULL) {
        return read(w->fd, buf, size);
    }

    n = SSL_read(w->tls, buf, (int) size);

    return n > 0 ? n : 0;
}


static bool
say(wire_t *w, const char *text)
{
    size_t len = strlen(text);

    return w->tls ? SSL_write(w->tls, text, (int) len) == (int) len
                  : send(w->fd, text, len, MSG_NOSIGNAL) == (ssize_t) len;
}


/* All there is, up to a limit; NULL with errno. */

static char *
read_all(wire_t *w)
{
    char   *buf;
    size_t  len = 0, size = 65536;
    ssize_t n;

    buf = malloc(size);

    while (buf && len < ANSWER_MAX) {
        n = take(w, buf + len, size - len - 1);

        if (n < 0 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            buf[len] = '\0';
            return buf;
        }

        len += (size_t) n;

        if (len + 1 >= size) {
            size *= 2;
            buf = realloc(buf, size);
        }
    }

    free(buf);
    errno = EMSGSIZE;

    return NULL;
}


doctor_answer_t
doctor_get(const doctor_url_t *url)
{
    char           *text = NULL;
    wire_t          w = { .fd = dial_url(url) };
    doctor_answer_t a = { 0, NULL, "" };
    const char     *ask, *body;

    if (w.fd < 0) {
        a.error = apisec_text("%s: %s", url->address, strerror(errno));
        return a;
    }

    ask = apisec_text("GET %s HTTP/1.0\r\nHost: %s\r\n"
                      "Accept: application/json\r\n\r\n",
        url->path, url->host);

    if ((!url->tls || secure(&w, url->host)) && say(&w, ask)) {
        text = read_all(&w);
    }

    if (text == NULL || sscanf(text, "HTTP/1.%*c %3d ", &a.status) != 1) {
        a.status = 0;
        a.error = apisec_text("%s: no answer", url->address);
    }

    body = text ? strstr(text, "\r\n\r\n") : NULL;
    a.body = body ? apisec_text("%s", body + 4) : "";

    free(text);
    hang_up(&w);

    return a;
}
