/*
 * Expressions and subjects for tests of what is made of expressions: known
 * ones, random ones, and what PCRE2 says.
 */

#ifndef PATTERN_UT_H
#define PATTERN_UT_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "ut.h"


typedef struct {
    const char *text;
    bool        exact; /* the tree finds what PCRE2 matches, and no more */
} pattern_ut_t;

extern const pattern_ut_t pattern_ut[];
extern const size_t       pattern_ut_n;

#define SUBJECTS 150

typedef struct {
    uint8_t text[24];
    size_t  len;
} subject_t;

extern subject_t subjects[SUBJECTS];

/* Bytes that the patterns know, mostly. */

void make_subjects(ut_rand_t *r);

pcre2_code *compile(const char *text, size_t len, unsigned options);

/* 1, 0, or -1 where PCRE2 gave up. */

int matches(const pcre2_code *re, const uint8_t *text, size_t len);

/* A random expression of what the parser knows, with a NUL; its length. */

size_t random_pattern(ut_rand_t *r, char *out, size_t room, int depth);


#endif /* PATTERN_UT_H */
