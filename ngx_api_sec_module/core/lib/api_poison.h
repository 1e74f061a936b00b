/*
 * Memory that is ours and that nobody may look at, told to AddressSanitizer.
 *
 * An arena takes back what it gave and gives it again, and so do other
 * allocators over it: a span that outlives its text reads what stands there
 * next, which no sanitizer sees by itself.  With these a build with one stops
 * there.  Without one they are nothing.
 *
 * n bytes from p on.  What malloc gives is always fit for use, whatever was
 * said of it before it was freed.
 */

#ifndef API_POISON_H
#define API_POISON_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define API_POISON 1
#endif
#endif

#if defined(__SANITIZE_ADDRESS__) && !defined(API_POISON)
#define API_POISON 1
#endif

#ifdef API_POISON

#include <sanitizer/asan_interface.h>

#define api_poison(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define api_unpoison(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)

#else

#define api_poison(p, n) ((void) (p), (void) (n))
#define api_unpoison(p, n) ((void) (p), (void) (n))

#endif


#endif /* API_POISON_H */
