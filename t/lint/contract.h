/*
 * For the analyzer alone, read before every file but those that define these
 * functions: it sees one file at a time and must be told that they return the
 * code they are given, or it follows paths on which a failure looks like
 * success.
 */

#include "api_base.h"
#include "api_list_int.h"

#define api_fail(err, rc, ...) (api_fail(err, rc, __VA_ARGS__), (rc))
#define api_list_fail(load, rc, ...)                                          \
    (api_list_fail(load, rc, __VA_ARGS__), (rc))
