#include "api_sensitive_int.h"


#define API_SENSITIVE_LOCAL 64   /* bytes before the @ of an address */
#define API_SENSITIVE_DOMAIN 255 /* behind it */
#define API_SENSITIVE_CONTEXT 32 /* bytes that say where a word or line is */


static const char *const api_sensitive_names[API_NSENSITIVE] = { "card",
    "iban", "email", "national_id", "jwt", "cloud_key", "private_key",
    "stack_trace", "password" };


const char *
api_sensitive_name(unsigned kind)
{
    return kind < API_NSENSITIVE ? api_sensitive_names[kind] : "";
}


unsigned
api_sensitive_of(api_span_t name)
{
    unsigned i;

    for (i = 0; i < API_NSENSITIVE; i++) {
        if (api_span_eq(name, api_span(api_sensitive_names[i],
                                  strlen(api_sensitive_names[i]))))
        {
            break;
        }
    }

    return i;
}


static bool
api_sensitive_local(uint8_t c)
{
    return api_sensitive_alnum(c) || c == '.' || c == '_' || c == '-'
           || c == '+' || c == '%';
}


/* local@domain.tld: how far before the @ it begins goes to *back. */

static size_t
api_sensitive_email(api_span_t text, size_t at, size_t from, size_t *back)
{
    size_t i, n, label, dots;

    for (n = 0; n < API_SENSITIVE_LOCAL && at - n > from
                && api_sensitive_local(text.data[at - n - 1]);
         n++)
    {
        /* back */
    }

    if (n == 0 || text.data[at - n] == '.') {
        return 0;
    }

    for (label = 0, dots = 0, i = at + 1;
         i < text.len && i - at <= API_SENSITIVE_DOMAIN; i++)
    {
        if (text.data[i] == '.') {
            if (label == 0 || i + 1 >= text.len
                || !api_sensitive_alnum(text.data[i + 1])) {
                break;
            }

            dots++;
            label = 0;

        } else if (api_sensitive_alnum(text.data[i]) || text.data[i] == '-') {
            label++;

        } else {
            break;
        }
    }

    *back = n;

    return dots && label >= 2 ? i - at : 0;
}


static size_t
api_sensitive_at(const api_sensitive_text_t *t, size_t at, size_t from,
    unsigned *kind, size_t *back)
{
    size_t  len;
    uint8_t c;

    c = t->text.data[at];
    *back = 0;

    if (api_sensitive_digit(c)) {
        return api_sensitive_number(t, at, kind);
    }

    if (c == '@') {
        *kind = API_SENSITIVE_EMAIL;
        return t->kinds & 1U << API_SENSITIVE_EMAIL
                   ? api_sensitive_email(t->text, at, from, back)
                   : 0;
    }

    len = c >= 'A' && c <= 'Z' ? api_sensitive_letters(t, at, kind) : 0;

    if (len == 0 && c != 'a' && c != '-' && c != ':') {
        len = api_sensitive_secret(t, at, kind);
    }

    return len ? len : api_sensitive_phrase(t, at, kind);
}


static bool
api_sensitive_from(
    const api_sensitive_text_t *t, size_t from, api_sensitive_find_t *find)
{
    size_t at, len, back;

    for (at = from;; at++) {
        at = t->plain ? api_sensitive_plain(t->text, at)
                      : api_sensitive_skip(t->text, at);

        if (at >= t->text.len) {
            return false;
        }

        len = api_sensitive_at(t, at, from, &find->kind, &back);

        if (len) {
            find->from = at - back;
            find->to = at + len;
            return true;
        }
    }
}


bool
api_sensitive_next(
    api_span_t text, size_t from, unsigned kinds, api_sensitive_find_t *find)
{
    api_sensitive_text_t t = { text, kinds, false, false };

    return api_sensitive_from(&t, from, find);
}


bool
api_sensitive_next_plain(
    api_span_t text, size_t from, unsigned kinds, api_sensitive_find_t *find)
{
    api_sensitive_text_t t = { text, kinds, false, true };

    return api_sensitive_from(&t, from, find);
}


/* With more to come, what touches the end may go on, and is seen again with
   what follows; but for what is known by its beginning. */

static unsigned
api_sensitive_look(const api_sensitive_text_t *t, size_t from)
{
    size_t               at;
    unsigned             found;
    api_sensitive_find_t find;

    for (found = 0, at = from;
         (t->kinds & ~found) && api_sensitive_from(t, at, &find); at = find.to)
    {
        if (!t->more || find.to < t->text.len
            || find.kind == API_SENSITIVE_PRIVATE_KEY
            || find.kind == API_SENSITIVE_JWT)
        {
            found |= 1U << find.kind;
        }
    }

    return found;
}


unsigned
api_sensitive_kinds(api_span_t text, unsigned kinds)
{
    api_sensitive_text_t t = { text, kinds, false, false };

    return api_sensitive_look(&t, 0);
}


void
api_sensitive_begin(api_sensitive_scan_t *scan, unsigned kinds, size_t budget)
{
    scan->kinds = kinds;
    scan->found = 0;
    scan->budget = budget;
    scan->ntail = 0;
}


/* The last bytes of the tail and the piece together. */

static void
api_sensitive_keep(api_sensitive_scan_t *scan, api_span_t piece)
{
    size_t keep;

    if (piece.len >= API_SENSITIVE_OVERLAP) {
        memcpy(scan->tail, piece.data + piece.len - API_SENSITIVE_OVERLAP,
            API_SENSITIVE_OVERLAP);
        scan->ntail = API_SENSITIVE_OVERLAP;
        return;
    }

    keep = API_SENSITIVE_OVERLAP - piece.len;

    if (scan->ntail > keep) {
        memmove(scan->tail, scan->tail + scan->ntail - keep, keep);
        scan->ntail = keep;
    }

    memcpy(scan->tail + scan->ntail, piece.data, piece.len);
    scan->ntail += piece.len;
}


void
api_sensitive_feed(api_sensitive_scan_t *scan, api_span_t piece)
{
    size_t               n;
    uint8_t              joint[2 * API_SENSITIVE_OVERLAP];
    api_sensitive_text_t t;

    if (piece.len > scan->budget) {
        piece.len = scan->budget;
    }

    scan->budget -= piece.len;

    t.kinds = scan->kinds & ~scan->found;
    t.more = true;
    t.plain = false;

    if (piece.len == 0 || t.kinds == 0) {
        return;
    }

    if (scan->ntail) {
        n = piece.len > API_SENSITIVE_OVERLAP ? API_SENSITIVE_OVERLAP
                                              : piece.len;
        memcpy(joint, scan->tail, scan->ntail);
        memcpy(joint + scan->ntail, piece.data, n);

        t.text = api_span(joint, scan->ntail + n);

        /* where a full tail begins, a word may be cut; what began there has
           been looked at when it came */

        scan->found |= api_sensitive_look(&t,
            scan->ntail == API_SENSITIVE_OVERLAP ? API_SENSITIVE_CONTEXT : 0);
    }

    /* what begins at the beginning of the piece, and what stands before it
       says what it is, was in the joint */

    if (scan->ntail == 0 || piece.len > API_SENSITIVE_OVERLAP) {
        t.text = piece;
        scan->found |=
            api_sensitive_look(&t, scan->ntail ? API_SENSITIVE_CONTEXT : 0);
    }

    api_sensitive_keep(scan, piece);
}


void
api_sensitive_end(api_sensitive_scan_t *scan)
{
    scan->found |= api_sensitive_kinds(
        api_span(scan->tail, scan->ntail), scan->kinds & ~scan->found);
    scan->ntail = 0;
}
