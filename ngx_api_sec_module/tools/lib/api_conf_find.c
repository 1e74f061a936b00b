/*
 * Looking at the tree of a configuration.
 */

#include "api_conf.h"


static bool
is_word(api_span_t s, const char *word)
{
    size_t n = strlen(word);

    return s.len == n && memcmp(s.data, word, n) == 0;
}


api_span_t
api_conf_arg(const api_conf_dir_t *d, uint32_t n)
{
    return d && n < d->nargs ? d->args[n] : api_span("", 0);
}


bool
api_conf_arg_is(const api_conf_dir_t *d, uint32_t n, const char *word)
{
    return d && n < d->nargs && is_word(d->args[n], word);
}


bool
api_conf_is(const api_conf_dir_t *d, const char *name)
{
    return api_conf_arg_is(d, 0, name);
}


api_span_t
api_conf_option(const api_conf_dir_t *d, uint32_t from, const char *name)
{
    size_t     n = strlen(name);
    uint32_t   i;
    api_span_t s;

    for (i = from; d && i < d->nargs; i++) {
        s = d->args[i];

        if (s.len > n && s.data[n] == '=' && memcmp(s.data, name, n) == 0) {
            return api_span(s.data + n + 1, s.len - n - 1);
        }
    }

    return api_span(NULL, 0);
}


const api_conf_dir_t *
api_conf_child(const api_conf_dir_t *block, const char *name)
{
    const api_conf_dir_t *d;

    for (d = block ? block->first : NULL; d && !api_conf_is(d, name);
         d = d->next) {
    }

    return d;
}


const api_conf_dir_t *
api_conf_more(const api_conf_dir_t *d)
{
    const api_conf_dir_t *next;

    for (next = d->next; next && !api_span_eq(next->args[0], d->args[0]);
         next = next->next)
    {
    }

    return next;
}


const api_conf_dir_t *
api_conf_inherit(const api_conf_dir_t *block, const char *name)
{
    const api_conf_dir_t *d;

    for (; block && block->parent; block = block->parent) {
        d = api_conf_child(block, name);

        if (d) {
            return d;
        }
    }

    return NULL;
}


/* [...] at pattern[i]: does it hold ch; *after is behind it.  One without its
   ] stands for itself. */

static bool
set_matches(api_span_t pattern, size_t i, uint8_t ch, size_t *after)
{
    bool    found = false, no;
    size_t  from;
    uint8_t low, high;

    *after = i + 1;
    i++;
    no = i < pattern.len && (pattern.data[i] == '!' || pattern.data[i] == '^');
    i += no;

    for (from = i; i < pattern.len; i++) {
        low = pattern.data[i];

        if (low == ']' && i > from) {
            *after = i + 1;
            return found != no && ch != '/';
        }

        high = low;
        if (i + 2 < pattern.len && pattern.data[i + 1] == '-'
            && pattern.data[i + 2] != ']')
        {
            high = pattern.data[i + 2];
            i += 2;
        }

        found |= ch >= low && ch <= high;
    }

    return ch == '[';
}


/* Is the path at k the beginning of a name that hides itself. */

static bool
is_hidden(api_span_t path, size_t k)
{
    return k < path.len && path.data[k] == '.'
           && (k == 0 || path.data[k - 1] == '/');
}


/* One element of the pattern that is no star. */

static bool
one(api_span_t pattern, size_t i, api_span_t path, size_t k, size_t *after)
{
    uint8_t ch = path.data[k];

    *after = i + 1;

    switch (pattern.data[i]) {
    case '?':
        return ch != '/' && !is_hidden(path, k);
    case '[':
        return set_matches(pattern, i, ch, after) && !is_hidden(path, k);
    case '\\':
        if (i + 1 < pattern.len) {
            *after = i + 2;
            return pattern.data[i + 1] == ch;
        }
        return ch == '\\';
    default:
        return pattern.data[i] == ch;
    }
}


/* Going back to the last star alone is enough: what an earlier one would have
   to give is the same.  A star ends at "/", and then none before it helps. */

bool
api_conf_glob(api_span_t pattern, api_span_t path)
{
    size_t i = 0, k = 0, after, star = SIZE_MAX, taken = 0;

    while (k < path.len) {
        if (i < pattern.len && pattern.data[i] == '*') {
            if (is_hidden(path, k)) {
                return false;
            }

            star = ++i;
            taken = k;
            continue;
        }

        if (i < pattern.len && one(pattern, i, path, k, &after)) {
            i = after;
            k++;
            continue;
        }

        if (star == SIZE_MAX || path.data[taken] == '/') {
            return false;
        }

        i = star;
        k = ++taken;
    }

    while (i < pattern.len && pattern.data[i] == '*') {
        i++;
    }

    return i == pattern.len;
}
