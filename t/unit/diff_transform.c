/*
 * Values made at random, and what ModSecurity makes of them by each of its
 * transformations beside ours.
 *
 *     diff_transform N SEED        with libmodsecurity.so.3 in the library path
 *
 * ModSecurity is asked through its C interface: a rule for each
 * transformation, whose message is the result in hex.  A line for each
 * difference, and the number of comparisons at the end.
 */

#define _DEFAULT_SOURCE

#include "api_transform.h"
#include "ut.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define VALUE_MAX 48
#define TEXT_MAX 4096

typedef void (*oracle_log_t)(void *data, const void *text);

static struct {
    void *(*init)(void);
    void (*set_log)(void *msc, oracle_log_t log);
    void *(*rules)(void);
    int (*add)(void *rules, const char *text, const char **error);
    void *(*transaction)(void *msc, void *rules, void *data);
    int (*header)(void *t, const unsigned char *name, size_t n,
        const unsigned char *value, size_t len);
    int (*connection)(void *t, const char *client, int port,
        const char *server, int server_port);
    int (*uri)(
        void *t, const char *uri, const char *method, const char *version);
    int (*headers)(void *t);
    void (*cleanup)(void *t);
    void *msc;
} oracle;

/* What the rules of one transaction said. */

static struct {
    bool   set[API_T_COUNT];
    size_t len[API_T_COUNT];
    char   text[API_T_COUNT][TEXT_MAX];
} said;

static api_unicode_map_t   map;
static api_transform_env_t env;


static void
die(const char *what, const char *why)
{
    fprintf(stderr, "diff_transform: %s: %s\n", what, why);
    exit(2);
}


static void
load(void *lib, const char *name, void *where)
{
    void *symbol;

    symbol = dlsym(lib, name);

    if (symbol == NULL) {
        die(name, dlerror());
    }

    memcpy(where, &symbol, sizeof(symbol));
}


/* ... [id "7"] ... [msg "<6869>"] ... */

static void
heard(void *data, const void *message)
{
    long        id;
    const char *text, *p, *end;

    (void) data;

    text = message;
    p = strstr(text, "[id \"");
    id = p ? strtol(p + 5, NULL, 10) - 1 : -1;
    p = strstr(text, "[msg \"<");

    if (p == NULL || id < 0 || id >= API_T_COUNT) {
        die("a message of another kind", text);
        return;
    }

    p += 7;
    end = strchr(p, '>');

    if (end == NULL || end - p >= TEXT_MAX) {
        die("a message without an end", text);
        return;
    }

    said.set[id] = true;
    said.len[id] = (size_t) (end - p);
    memcpy(said.text[id], p, (size_t) (end - p));
}


static void
start(void)
{
    void *lib;

    lib = dlopen("libmodsecurity.so.3", RTLD_NOW);

    if (lib == NULL) {
        die("libmodsecurity.so.3", dlerror());
    }

    load(lib, "msc_init", &oracle.init);
    load(lib, "msc_set_log_cb", &oracle.set_log);
    load(lib, "msc_create_rules_set", &oracle.rules);
    load(lib, "msc_rules_add", &oracle.add);
    load(lib, "msc_new_transaction", &oracle.transaction);
    load(lib, "msc_add_n_request_header", &oracle.header);
    load(lib, "msc_process_connection", &oracle.connection);
    load(lib, "msc_process_uri", &oracle.uri);
    load(lib, "msc_process_request_headers", &oracle.headers);
    load(lib, "msc_transaction_cleanup", &oracle.cleanup);

    oracle.msc = oracle.init();
    oracle.set_log(oracle.msc, heard);
}


/* One rule a transformation, and a code page if asked for. */

static void *
rules(const char *unicode)
{
    int         i, n;
    void       *set;
    char        text[512];
    const char *error;

    set = oracle.rules();
    error = NULL;

    n = unicode ? snprintf(text, sizeof(text),
            "SecUnicodeMapFile %s 1\nSecRuleEngine On\n", unicode)
                : snprintf(text, sizeof(text), "SecRuleEngine On\n");

    if (n < 0 || oracle.add(set, text, &error) < 0) {
        die("rules", error ? error : "?");
    }

    for (i = 0; i < API_T_COUNT; i++) {
        snprintf(text, sizeof(text),
            "SecRule REQUEST_HEADERS:X \"@unconditionalMatch\" "
            "\"id:%d,phase:1,pass,log,t:none,t:%s,t:hexEncode,"
            "msg:'<%%{MATCHED_VAR}>'\"\n",
            i + 1, api_transform_name((api_transform_t) i));

        if (oracle.add(set, text, &error) < 0) {
            die(text, error ? error : "?");
        }
    }

    return set;
}


static const char *const pieces[] = { "%", "%u", "%U", "%41", "%zz", "%u00e9",
    "%uff1c", "%uFF41", "+", " ", "  ", "\t", "\n", "\r\n", "\v", "\f", "\\",
    "\\x41", "\\X4a", "\\u0041", "\\uff1c", "\\101", "\\777", "\\47", "\\8",
    "\\n", "\\a", "\\", "\\\n", "\\3c", "\\00003c ", "\\ff1c", "\\00ff1c",
    "\\0ff1c", "\\1ff1c", "\\003c\t", "&", "&#", "&#x", "&#x3c;", "&#60",
    "&#99999999999999999999;", "&#xffffffffffffffff", "&#x8000000000000041;",
    "&lt;", "&GT", "&quot;", "&nbsp", "&amp;", "&ltx;", "&abcdefgh;", "/",
    "//", "/.", "/..", "/./", "/../", "../", "./", ".", "..", "\\..\\", "\\\\",
    "a/b", "/*", "*/", "--", "-->", "<!--", "#", "-", "<!", "*", "'", "\"",
    "^", ",", ";", "(", "0x", "0x41", "0X4142", "0x4", "0x414", "0", "QUJD",
    "QQ==", "QUI=", "=", "==", "9", "A", "b", "-_", "\xc3\xa9", "\xc2\xa0",
    "\xa0", "\xc2", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf",
    "\xf7\xbf\xbf\xbf", "\xc0\x80", "\xe0\x80\xaf", "\xed\xa0\x80",
    "\xf0\x8d\xa0\x80", "\xf0\x80\x80\xaf", "\xff", "\x80", "\x85", "\x7f",
    "\x01", "Hello", "select", "4a", "zZ" };

#define NPIECES (sizeof(pieces) / sizeof(pieces[0]))


static size_t
make(ut_rand_t *rand, uint8_t *value)
{
    size_t len, k, n, want;

    want = ut_below(rand, 8) ? ut_below(rand, 9) : ut_below(rand, 3);

    for (len = 0; want > 0; want--) {
        if (ut_below(rand, 10) == 0 && len < VALUE_MAX) {
            value[len++] = (uint8_t) ut_below(rand, 256);
            continue;
        }

        k = ut_below(rand, NPIECES);
        n = strlen(pieces[k]);

        if (len + n > VALUE_MAX) {
            break;
        }

        memcpy(value + len, pieces[k], n);
        len += n;
    }

    return len;
}


/* The one difference on purpose: cssDecode there ends at a NUL. */

static size_t
cut(api_transform_t id, api_span_t out)
{
    const uint8_t *nul;

    nul = id == API_T_CSS_DECODE && out.len ? memchr(out.data, 0, out.len)
                                            : NULL;

    return nul ? (size_t) (nul - out.data) : out.len;
}


static bool
compare(api_transform_t id, api_span_t in, api_arena_t *arena)
{
    char       text[TEXT_MAX];
    size_t     i, n;
    api_span_t out;

    if (api_transform_run(id, &env, in, arena, &out) != API_OK) {
        die("memory", "no");
    }

    if (id == API_T_CSS_DECODE && in.len && memchr(in.data, 0, in.len)) {
        return true; /* a NUL that came with the value, too */
    }

    n = cut(id, out);

    for (i = 0; i < n; i++) {
        snprintf(text + 2 * i, 3, "%02x", out.data[i]);
    }

    if (said.set[id] && said.len[id] == 2 * n
        && memcmp(said.text[id], text, 2 * n) == 0)
    {
        return true;
    }

    printf("%s of ", api_transform_name(id));

    for (i = 0; i < in.len; i++) {
        printf("%02x", in.data[i]);
    }

    printf(": %.*s there, %.*s here\n", (int) said.len[id], said.text[id],
        (int) (2 * n), text);

    return false;
}


static unsigned
ask(void *set, api_span_t value)
{
    int         id;
    void       *t;
    unsigned    bad;
    api_arena_t arena;

    memset(said.set, 0, sizeof(said.set));

    t = oracle.transaction(oracle.msc, set, NULL);
    oracle.connection(t, "127.0.0.1", 1, "127.0.0.1", 2);
    oracle.uri(t, "/", "GET", "1.1");
    oracle.header(t, (const unsigned char *) "X", 1, value.data, value.len);
    oracle.headers(t);
    oracle.cleanup(t);

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    bad = 0;

    for (id = 0; id < API_T_COUNT; id++) {
        bad += !compare((api_transform_t) id, value, &arena);
    }

    api_arena_free(&arena);

    return bad;
}


/* A map of one page, for it and for us. */

static const char page[] = "1 (a page)\n0041:61 00e9:65 2039:3c\nff41:7a\n\n2"
                           " (another)\n0041:62\n";

static void *
rules_with_map(void)
{
    int       fd;
    char      path[] = "/tmp/diff_transform.XXXXXX";
    void     *set;
    api_err_t err;

    fd = mkstemp(path);

    if (fd == -1 || write(fd, page, sizeof(page) - 1) != sizeof(page) - 1) {
        die(path, "cannot be written");
    }

    close(fd);
    set = rules(path);
    unlink(path);

    if (api_unicode_map_read(&map, api_span(page, sizeof(page) - 1), 1, &err)
        != API_OK)
    {
        die("map", err.text);
    }

    return set;
}


int
main(int argc, char **argv)
{
    long      i, n;
    void     *plain, *mapped;
    uint8_t   value[VALUE_MAX];
    unsigned  bad;
    ut_rand_t rand;

    if (argc != 3) {
        die("usage", "diff_transform N SEED");
    }

    n = strtol(argv[1], NULL, 10);
    rand.s = (uint64_t) strtoll(argv[2], NULL, 10);

    start();
    plain = rules(NULL);
    mapped = rules_with_map();
    bad = 0;

    for (i = 0; i < n; i++) {
        env.unicode = i % 4 == 0 ? &map : NULL;
        bad += ask(
            env.unicode ? mapped : plain, api_span(value, make(&rand, value)));
    }

    printf("%ld values, %d transformations, %u differences\n", n,
        (int) API_T_COUNT, bad);

    return bad != 0;
}
