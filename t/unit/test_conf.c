/* Reading nginx configurations: words, blocks, files in files, and what is
   refused. */

#include "api_conf.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


static char out[4096];


static void
put(api_span_t s)
{
    size_t n = strlen(out);

    snprintf(
        out + n, sizeof(out) - n, "%.*s", (int) s.len, (const char *) s.data);
}


/* The tree as text: words in <>, blocks in {}. */

static void
print(const api_conf_dir_t *d)
{
    uint32_t i;

    for (; d; d = d->next) {
        for (i = 0; i < d->nargs; i++) {
            put(API_SPAN("<"));
            put(d->args[i]);
            put(API_SPAN(">"));
        }

        if (d->block) {
            put(API_SPAN("{"));
            print(d->first);
            put(API_SPAN("}"));
        }

        put(API_SPAN(";"));
    }
}


typedef struct {
    const char *text;
    const char *tree; /* NULL: refused */
    const char *error;
} row_t;

#define F(name) "# configuration file " name ":\n"

static const row_t rows[] = {
    { "", "", NULL },
    { "a;", "<a>;", NULL },
    { " a b  c\t;\n#x ; {\nd\n;", "<a><b><c>;<d>;", NULL },
    { "a{b;c{}}d;", "<a>{<b>;<c>{};};<d>;", NULL },
    { "a \"b c\" 'd;e' ;", "<a><b c><d;e>;", NULL },
    { "a \"b\\\"c\\n\\x\" \\;d;", "<a><b\"c\n\\x><\\;d>;", NULL },
    { "a b#c;", "<a><b#c>;", NULL },
    { "a ${b}c $d\\{};", "<a><${b}c><$d\\{}>;", NULL },
    { "a $ {};", NULL, "x:1: unexpected ;" },
    { "if ($a = \"b\") { c; }", "<if><($a><=><b><)>{<c>;};", NULL },
    { "a \"\" '';", "<a><><>;", NULL },
    { "content_by_lua_block { s = \"}\" -- }\n if {} {x} } b;",
        "<content_by_lua_block>{};<b>;", NULL },
    { F("/e/n.conf") "a; include b.conf; c;\n" F("/e/b.conf") "b;\n",
        "<a>;<b>;<c>;", NULL },
    { "nginx: ok\n" F("/e/n.conf") "h { include c/*.conf; z; }\n" F(
          "/e/c/"
          "2.conf") "two;\n" F("/e/c/1.conf") "one;\n" F("/e/c/1.conf.bak") "n"
                                                                            "o"
                                                                            ";"
                                                                            "\n" F(
                                                                                "/e/c/"
                                                                                ".h.conf") "n"
                                                                                           "o"
                                                                                           ";"
                                                                                           "\n",
        "<h>{<one>;<two>;<z>;};", NULL },
    { F("/e/n.conf") "include none/*;\n", "", NULL },
    { F("/e/n.conf") "include a; include a;\n" F("/e/a") "x;\n", "<x>;<x>;",
        NULL },

    { "a", NULL, "x:1: the file ends where ; or { is expected" },
    { "a \"b;", NULL, "x:1: a quote is not closed" },
    { "a \"b\\", NULL, "x:1: a quote is not closed" },
    { "a b\\", NULL, "x:1: the file ends where ; or { is expected" },
    { "a \"b\"c;", NULL, "x:1: a space, ; or { must follow a closing quote" },
    { "a;\n}", NULL, "x:2: unexpected }: no block is open in this file" },
    { "a;\n;", NULL, "x:2: unexpected ;" },
    { "{", NULL, "x:1: unexpected {" },
    { "a b }", NULL, "x:1: unexpected }" },
    { "\n\na {\n", NULL, "x:3: the block is not closed in this file" },
    { "x_by_lua_block { { }", NULL, "x:1: the block is not closed" },
    { "include y;", NULL,
        "x:1: the included file is not in this text: give what nginx -T"
        " prints" },
    { F("/e/n.conf") "a { include b; }\n" F("/e/b") "c; } d;\n", NULL,
        "/e/b:1: unexpected }: no block is open in this file" },
    { F("/e/n.conf") "a { include b; }\n" F("/e/b") "c {\n", NULL,
        "/e/b:1: the block is not closed in this file" },
    { F("/e/n.conf") "include n.conf;\n", NULL,
        "/e/n.conf:1: files include each other too deep" },
};


static void
test_rows(void)
{
    int          rc;
    size_t       i;
    api_err_t    err;
    api_span_t   text;
    api_conf_t  *conf;
    api_arena_t  a;
    const row_t *r;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        r = &rows[i];
        text = ut_guard(api_span(r->text, strlen(r->text)));
        api_arena_init(&a, &api_alloc_libc, 0, 0);
        out[0] = '\0';

        rc = api_conf_parse(&conf, text, API_SPAN("x"), NULL, &a, &err);

        if (rc == API_OK) {
            print(conf->root.first);
        }

        if (r->error) {
            ut_ok(rc != API_OK && strcmp(err.text, r->error) == 0,
                "row %zu is refused: %s", i, rc ? err.text : out);

        } else {
            ut_ok(rc == API_OK, "row %zu: %s", i, rc ? err.text : "read");
            ut_span(api_span(out, strlen(out)),
                api_span(r->tree, strlen(r->tree)), "... as %s", r->tree);
        }

        api_arena_free(&a);
        ut_guard_reset();
    }
}


/* Lines and files are those of the directive's name. */

static void
test_places(void)
{
    api_err_t             err;
    api_conf_t           *conf;
    api_arena_t           a;
    const api_conf_dir_t *d;

    const api_span_t text =
        API_SPAN(F("/e/n") "# x\nhttp\n{\n\ninclude b; c\nd;}\n" F(
            "/e/b") "\nb 'x\ny'\nz;\n");

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    ut_int(api_conf_parse(&conf, text, API_SPAN("x"), NULL, &a, &err), API_OK,
        "two files");

    d = conf->root.first;
    ut_int(d->line, 2, "http");
    d = d->first;
    ut_int(d->line, 2, "b is in line 2");
    ut_span(d->file->name, API_SPAN("/e/b"), "... of the other file");
    ut_int(d->next->line, 5, "c is in line 5");
    ut_span(d->next->file->name, API_SPAN("/e/n"), "... of the first file");
    ut_int(conf->nfiles, 2, "two files");
    ut_int(conf->files[1].first_line, 9, "where the second one begins");

    api_arena_free(&a);
}


static void
test_find(void)
{
    api_err_t             err;
    api_conf_t           *conf;
    api_arena_t           a;
    const api_conf_dir_t *http, *loc;

    const api_span_t text =
        API_SPAN("http { a 1; server { b k=v k2=; location / { b 2; b 3; }"
                 " } }");

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    api_conf_parse(&conf, text, API_SPAN("x"), NULL, &a, &err);

    http = api_conf_child(&conf->root, "http");
    loc = api_conf_child(api_conf_child(http, "server"), "location");

    ut_span(api_conf_arg(api_conf_inherit(loc, "a"), 1), API_SPAN("1"),
        "from far above");
    ut_span(api_conf_arg(api_conf_inherit(loc, "b"), 1), API_SPAN("2"),
        "the innermost");
    ut_ok(api_conf_inherit(loc, "c") == NULL, "none");
    ut_ok(api_conf_inherit(NULL, "c") == NULL, "of nothing none");
    ut_span(api_conf_arg(api_conf_more(api_conf_child(loc, "b")), 1),
        API_SPAN("3"), "the next one");
    ut_ok(api_conf_more(api_conf_more(api_conf_child(loc, "b"))) == NULL,
        "no more");

    loc = api_conf_inherit(loc->parent, "b");
    ut_span(api_conf_option(loc, 1, "k"), API_SPAN("v"), "option");
    ut_ok(api_conf_option(loc, 1, "k2").data
              && !api_conf_option(loc, 1, "k2").len,
        "an empty option is one");
    ut_ok(api_conf_option(loc, 1, "k3").data == NULL, "no option");
    ut_ok(api_conf_option(loc, 2, "k").data == NULL, "not before from");
    ut_span(api_conf_arg(loc, 9), API_SPAN(""), "no argument is empty");

    api_arena_free(&a);
}


static void
test_glob(void)
{
    size_t     i;
    api_span_t p, s;

    static const struct {
        const char *pattern;
        const char *path;
        bool        match;
    } row[] = {
        { "/a/*.conf", "/a/b.conf", true },
        { "/a/*.conf", "/a/.conf", false },
        { "/a/*.conf", "/a/b/c.conf", false },
        { "/a/*/c", "/a/b/c", true },
        { "/a/*/c", "/a/b/d/c", false },
        { "/a/?", "/a/b", true },
        { "/a/?", "/a/.", false },
        { "/a?b", "/a/b", false },
        { "/a/[a-c]x", "/a/bx", true },
        { "/a/[!a-c]x", "/a/bx", false },
        { "/a/[!a-c]x", "/a/dx", true },
        { "/a/[]]", "/a/]", true },
        { "/a/[x", "/a/[x", true },
        { "/a[!b]c", "/a/c", false },
        { "/a/\\*", "/a/*", true },
        { "/a/\\*", "/a/b", false },
        { "*a*b*c", "xaybzc", true },
        { "*a*b*c", "xaybzd", false },
        { "*", "", true },
        { "", "", true },
        { "", "a", false },
        { "a", "", false },
        { "/*/*", "/a/b", true },
        { "/*/*", "/a", false },
    };

    for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        p = ut_guard(api_span(row[i].pattern, strlen(row[i].pattern)));
        s = ut_guard(api_span(row[i].path, strlen(row[i].path)));
        ut_ok(api_conf_glob(p, s) == row[i].match, "%s %s %s", row[i].pattern,
            row[i].match ? "fits" : "does not fit", row[i].path);
        ut_guard_reset();
    }
}


/* Files that include the next one twice would be 2^30 directives. */

static void
test_bomb(void)
{
    char              text[4096];
    size_t            n = 0;
    unsigned          i;
    api_err_t         err;
    api_conf_t       *conf;
    api_arena_t       a;
    api_conf_limits_t limits = { .directives = 5000 };

    for (i = 0; i < 30; i++) {
        n += (size_t) snprintf(text + n, sizeof(text) - n,
            F("/%u") "include %u; include %u;\n", i, i + 1, i + 1);
    }

    snprintf(text + n, sizeof(text) - n, F("/30") "x;\n");
    api_arena_init(&a, &api_alloc_libc, 0, 16 << 20);
    ut_int(api_conf_parse(&conf, api_span(text, strlen(text)), API_SPAN("x"),
               &limits, &a, &err),
        API_LIMIT, "doubling includes: %s", err.text);
    api_arena_free(&a);

    limits = (api_conf_limits_t){ .depth = 3 };
    ut_int(api_conf_parse(&conf, API_SPAN("a{b{c{d{}}}}"), API_SPAN("x"),
               &limits, &a, &err),
        API_LIMIT, "too deep: %s", err.text);
    api_arena_free(&a);

    limits = (api_conf_limits_t){ .text = 3 };
    ut_int(api_conf_parse(
               &conf, API_SPAN("a b;"), API_SPAN("x"), &limits, &a, &err),
        API_LIMIT, "too long: %s", err.text);
    limits = (api_conf_limits_t){ .files = 1 };
    ut_int(api_conf_parse(&conf, API_SPAN(F("/a") F("/b")), API_SPAN("x"),
               &limits, &a, &err),
        API_LIMIT, "too many: %s", err.text);
    api_arena_free(&a);
}


static void
test_memory(void)
{
    int         rc;
    size_t      n;
    ut_alloc_t  u;
    api_err_t   err;
    api_conf_t *conf;
    api_arena_t a;

    const api_span_t text =
        API_SPAN(F("/e/n") "a { b \"\\n\"; include *; } c 1 2 3 4 5 6 7 8 9;"
                           "\n" F("/e/b") "x;\n");

    for (n = 1;; n++) {
        ut_arm(&u, n);
        api_arena_init(&a, &u.alloc, 16, 0);
        rc = api_conf_parse(&conf, text, API_SPAN("x"), NULL, &a, &err);
        api_arena_free(&a);
        ut_ok(u.live == 0, "all given back");

        if (u.calls < n) {
            break;
        }

        ut_int(rc, API_NOMEM, "allocation %zu fails", n);
    }

    ut_ok(n > 8, "%zu allocations", n - 1);
}


int
main(void)
{
    test_rows();
    test_places();
    test_find();
    test_glob();
    test_bomb();
    test_memory();

    return ut_done();
}
