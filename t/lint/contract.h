/*
 * For the analyzer alone, read before every file: it sees one file at a time
 * and must be told that api_fail returns the code it was given, or it follows
 * paths on which a failure looks like success.
 */

#include "api_base.h"

#define api_fail(err, rc, ...) (api_fail(err, rc, __VA_ARGS__), (rc))
