#include "api_problem.h"
#include "api_text.h"

#include <stdarg.h>
#include <stdio.h>


#define PROBLEM_TEXT 400
#define PROBLEM_POINTER 512


void
api_problems_init(api_problems_t *list, api_arena_t *arena, uint32_t limit)
{
    memset(list, 0, sizeof(*list));

    list->arena = arena;
    list->last = &list->first;
    list->left = limit;
}


static api_span_t
problem_log(api_problems_t *list, api_span_t s)
{
    char   buf[PROBLEM_POINTER];
    size_t n;

    n = api_text_log(s, buf, sizeof(buf), NULL);

    return api_arena_dup(list->arena, api_span(buf, n));
}


static bool
problem_fill(
    api_problems_t *list, api_problem_t *p, api_node_t n, api_span_t text)
{
    char   pointer[PROBLEM_POINTER];
    size_t len;

    len = api_node_pointer(n, pointer, sizeof(pointer));

    p->line = api_node_line(n);
    p->doc = n.doc ? problem_log(list, api_doc_name(n.doc)) : API_SPAN("");
    p->pointer = problem_log(list, api_span(pointer, len));
    p->text = api_arena_dup(list->arena, text);

    return p->doc.data && p->pointer.data && p->text.data;
}


static void
problem_add(api_problems_t *list, api_node_t n, bool warning, api_span_t text)
{
    api_problem_t *p;

    if (warning) {
        list->warnings++;

    } else {
        list->errors++;
    }

    if (list->left == 0) {
        return;
    }

    list->left--;
    p = api_arena_calloc(list->arena, 1, sizeof(*p));

    if (p == NULL || !problem_fill(list, p, n, text)) {
        list->nomem = true;
        return;
    }

    p->warning = warning;
    *list->last = p;
    list->last = &p->next;
}


__attribute__((format(printf, 3, 0))) static api_span_t
problem_format(char *buf, size_t size, const char *fmt, va_list args)
{
    int n;

    n = vsnprintf(buf, size, fmt, args);

    if (n < 0) {
        n = 0;
    }

    return api_span(buf, (size_t) n < size ? (size_t) n : size - 1);
}


void
api_problem_error(api_problems_t *list, api_node_t n, const char *fmt, ...)
{
    char       buf[PROBLEM_TEXT];
    va_list    args;
    api_span_t text;

    va_start(args, fmt);
    text = problem_format(buf, sizeof(buf), fmt, args);
    va_end(args);

    problem_add(list, n, false, text);
}


void
api_problem_warning(api_problems_t *list, api_node_t n, const char *fmt, ...)
{
    char       buf[PROBLEM_TEXT];
    va_list    args;
    api_span_t text;

    va_start(args, fmt);
    text = problem_format(buf, sizeof(buf), fmt, args);
    va_end(args);

    problem_add(list, n, true, text);
}


const char *
api_problem_quote(api_span_t s, char buf[API_PROBLEM_QUOTE])
{
    size_t n, taken;

    n = api_text_log(s, buf, API_PROBLEM_QUOTE - 4, &taken);

    if (taken < s.len) {
        memcpy(buf + n, "...", 3);
        n += 3;
    }

    buf[n] = '\0';

    return buf;
}


size_t
api_problem_print(const api_problem_t *p, char *buf, size_t size)
{
    int n;

    n = snprintf(buf, size, "%.*s:%u: %.*s%s%.*s", (int) p->doc.len,
        (const char *) p->doc.data, p->line, (int) p->pointer.len,
        (const char *) p->pointer.data, p->pointer.len ? ": " : "",
        (int) p->text.len, (const char *) p->text.data);

    if (n < 0) {
        n = 0;
    }

    return (size_t) n < size ? (size_t) n : size - 1;
}
