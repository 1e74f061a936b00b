/*
 * Sensitive data: whatever the text, finds are in order and within it, and the
 * text in pieces says what it says in one.  The first byte cuts it.
 */

#include "api_sensitive.h"
#include "fuzz.h"


#define ALL ((1U << API_NSENSITIVE) - 1)


static void
check(bool right)
{
    if (!right) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t               at, cut;
    unsigned             found, one;
    api_span_t           text;
    api_sensitive_find_t find;
    api_sensitive_scan_t scan;

    if (size < 2) {
        return 0;
    }

    text = api_span(data + 1, size - 1);
    found = 0;

    for (at = 0; api_sensitive_next(text, at, ALL, &find); at = find.to) {
        check(find.from >= at && find.from < find.to && find.to <= text.len);
        check(find.kind < API_NSENSITIVE);
        found |= 1U << find.kind;
    }

    check(api_sensitive_kinds(text, ALL) == found);

    /* one kind alone is found when all are, or hidden by another before it */

    for (one = 0; one < API_NSENSITIVE; one++) {
        check(
            (found & ~api_sensitive_kinds(text, 1U << one) & 1U << one) == 0);
    }

    cut = data[0] % text.len;

    api_sensitive_begin(&scan, ALL, text.len);
    api_sensitive_feed(&scan, api_span(text.data, cut));
    api_sensitive_feed(&scan, api_span(text.data + cut, text.len - cut));
    api_sensitive_end(&scan);

    /* a text that fits into the overlap is seen as a whole */

    if (text.len <= API_SENSITIVE_OVERLAP) {
        check((found & ~scan.found) == 0);
    }

    return 0;
}
