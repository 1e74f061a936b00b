/*
 * Eight bytes at a time, where a text is nothing but small letters and single
 * blanks: what most of prose and most names are.
 */

#ifndef API_WORDS_H
#define API_WORDS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>


#define API_WORDS_SIZE 8

#define API_WORDS_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define API_WORDS_TOPS API_WORDS_EACH(0x80)

/*
 * Are these eight all of a-z and 0x20, no two blanks side by side?  Then
 * *blanks has the top bit of each byte that is a blank, in the order of
 * memory as the machine loads it.  No byte carries into the next: those above
 * 0x7f are taken out first.
 */

static inline bool
api_words(const uint8_t *p, uint64_t *blanks)
{
    uint64_t w, letters, x;

    memcpy(&w, p, sizeof(w));

    if (w & API_WORDS_TOPS) {
        return false;
    }

    letters = (w + API_WORDS_EACH(0x80 - 'a'))
              & ~(w + API_WORDS_EACH(0x7f - 'z')) & API_WORDS_TOPS;
    x = w ^ API_WORDS_EACH(' ');
    *blanks = ~(x + API_WORDS_EACH(0x7f)) & API_WORDS_TOPS;

    return (letters | *blanks) == API_WORDS_TOPS
           && (*blanks & *blanks << 8) == 0;
}


#endif /* API_WORDS_H */
