#include "api_pattern_int.h"


static uint32_t
shape_add(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}


static uint32_t
shape_times(uint32_t a, uint32_t b)
{
    return a != 0 && b > UINT32_MAX / a ? UINT32_MAX : a * b;
}


uint32_t
api_pattern_min(const api_pattern_t *tree)
{
    uint32_t             n, least;
    const api_pattern_t *child;

    switch (tree->kind) {

    case API_PATTERN_SET:
        return 1;

    case API_PATTERN_REP:
        return shape_times(tree->min, api_pattern_min(tree->first));

    case API_PATTERN_ALT:
        least = UINT32_MAX;

        for (child = tree->first; child != NULL; child = child->next) {
            n = api_pattern_min(child);
            least = n < least ? n : least;
        }

        return least;

    default:
        n = 0;

        for (child = tree->first; child != NULL; child = child->next) {
            n = shape_add(n, api_pattern_min(child));
        }

        return n;
    }
}


uint32_t
api_pattern_size(const api_pattern_t *tree)
{
    uint32_t             n, times;
    const api_pattern_t *child;

    if (tree->kind == API_PATTERN_SET) {
        return 1;
    }

    for (n = 0, child = tree->first; child != NULL; child = child->next) {
        n = shape_add(n, api_pattern_size(child));
    }

    if (tree->kind == API_PATTERN_REP) {
        times = tree->max == API_PATTERN_INF ? tree->min : tree->max;
        n = shape_times(n, times == 0 ? 1 : times);
    }

    return n;
}


/* Matches nothing at all: what lower case has left of [A-Z]. */

bool
api_pattern_never(const api_pattern_t *tree)
{
    const api_pattern_t *child;

    if (tree == NULL) {
        return false;
    }

    switch (tree->kind) {

    case API_PATTERN_SET:
        return (tree->set.w[0] | tree->set.w[1] | tree->set.w[2]
                   | tree->set.w[3])
               == 0;

    case API_PATTERN_REP:
        return tree->min > 0 && api_pattern_never(tree->first);

    case API_PATTERN_ALT:
        for (child = tree->first; child != NULL; child = child->next) {
            if (!api_pattern_never(child)) {
                return false;
            }
        }

        return true;

    default:
        for (child = tree->first; child != NULL; child = child->next) {
            if (api_pattern_never(child)) {
                return true;
            }
        }

        return false;
    }
}


/* May be empty wherever it stands: no assertion has to hold. */

static bool
shape_nullable(const api_pattern_t *tree)
{
    const api_pattern_t *child;

    if (tree == NULL) {
        return true;
    }

    switch (tree->kind) {

    case API_PATTERN_REP:
        return tree->min == 0 || tree->max == 0 || shape_nullable(tree->first);

    case API_PATTERN_ALT:
        for (child = tree->first; child != NULL; child = child->next) {
            if (shape_nullable(child)) {
                return true;
            }
        }

        return false;

    case API_PATTERN_CAT:
        for (child = tree->first; child != NULL; child = child->next) {
            if (!shape_nullable(child)) {
                return false;
            }
        }

        return true;

    default:
        return false;
    }
}


/* Takes out of every alternative what can never match. */

static void
shape_prune(api_pattern_t *tree)
{
    api_pattern_t **child;

    if (tree->kind == API_PATTERN_REP && api_pattern_never(tree->first)) {
        if (tree->min == 0) {
            tree->kind = API_PATTERN_CAT;
            tree->first = NULL;
        }
        return;
    }

    for (child = &tree->first; *child != NULL;) {
        if (tree->kind == API_PATTERN_ALT && api_pattern_never(*child)
            && (tree->first != *child || (*child)->next != NULL))
        {
            *child = (*child)->next;
            continue;
        }

        shape_prune(*child);
        child = &(*child)->next;
    }
}


static void shape_end(api_pattern_t *tree, bool head);


/*
 * The child at one end of a CAT; what is nullable there goes.  Looking for
 * x*A is looking for A: assertions look at the text, not at the match.
 */

static void
shape_end_cat(api_pattern_t *tree, bool head)
{
    api_pattern_t **end;

    if (head) {
        while (tree->first != NULL && shape_nullable(tree->first)) {
            tree->first = tree->first->next;
        }

        if (tree->first != NULL) {
            shape_end(tree->first, head);
        }

        return;
    }

    while (tree->first != NULL) {
        for (end = &tree->first; (*end)->next != NULL; end = &(*end)->next) {
            /* void */
        }

        if (!shape_nullable(*end)) {
            shape_end(*end, head);
            return;
        }

        *end = NULL;
    }
}


static void
shape_end(api_pattern_t *tree, bool head)
{
    api_pattern_t *child, *next;

    switch (tree->kind) {

    case API_PATTERN_CAT:
        shape_end_cat(tree, head);
        break;

    case API_PATTERN_ALT:
        for (child = tree->first; child != NULL; child = child->next) {
            shape_end(child, head);
        }
        break;

    case API_PATTERN_REP:
        if (tree->min == 0) {
            tree->kind = API_PATTERN_CAT;
            tree->first = NULL;
            break;
        }

        tree->max = tree->min;

        if (tree->min == 1 && tree->first != NULL) {
            next = tree->next;
            *tree = *tree->first;
            tree->next = next;
            shape_end(tree, head);
        }
        break;

    default:
        break;
    }
}


/* {n,m} to * or +. */

static void
shape_unbound(api_pattern_t *tree)
{
    api_pattern_t *child;

    if (tree->kind == API_PATTERN_REP && (tree->min > 1 || tree->max > 1)) {
        tree->min = tree->min > 0;
        tree->max = API_PATTERN_INF;
    }

    for (child = tree->first; child != NULL; child = child->next) {
        shape_unbound(child);
    }
}


/*
 * Takes from the end of a tree that stands at the end until it has `size`
 * SETs at most, but keeps something of each alternative.
 */

static void
shape_cut(api_pattern_t *tree, uint32_t size)
{
    uint32_t       n, own;
    api_pattern_t *child;

    if (api_pattern_size(tree) <= size) {
        return;
    }

    if (tree->kind == API_PATTERN_ALT) {
        for (n = 0, child = tree->first; child != NULL; child = child->next) {
            n++;
        }

        for (child = tree->first; child != NULL; child = child->next) {
            shape_cut(child, size / n > 0 ? size / n : 1);
        }

        return;
    }

    if (tree->kind != API_PATTERN_CAT) {
        return;
    }

    for (child = tree->first; child != NULL; child = child->next) {
        own = api_pattern_size(child);

        if (own >= size) {
            child->next = NULL;
            shape_cut(child, size > 0 ? size : 1);
            return;
        }

        size -= own;
    }
}


/* A copy, so that the caller's tree stays as it was. */

static api_pattern_t *
shape_copy(const api_pattern_t *tree, api_arena_t *arena)
{
    api_pattern_t       *copy, **last;
    const api_pattern_t *child;

    copy = api_arena_alloc(arena, sizeof(*copy));

    if (copy == NULL) {
        return NULL;
    }

    *copy = *tree;
    copy->first = NULL;
    copy->next = NULL;

    for (child = tree->first, last = &copy->first; child != NULL;
         child = child->next)
    {
        *last = shape_copy(child, arena);

        if (*last == NULL) {
            return NULL;
        }

        last = &(*last)->next;
    }

    return copy;
}


int
api_pattern_trim(api_pattern_t **tree, uint32_t size, api_arena_t *arena)
{
    api_pattern_t *copy;

    copy = shape_copy(*tree, arena);

    if (copy == NULL) {
        return API_NOMEM;
    }

    shape_prune(copy);
    shape_end(copy, true);
    shape_end(copy, false);

    if (api_pattern_size(copy) > size) {
        shape_unbound(copy);
        shape_cut(copy, size);
        shape_end(copy, false);
    }

    *tree = copy;

    return API_OK;
}
