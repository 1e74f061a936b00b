/*
 * The file of advisories that comes with apisec (.ci/advisories makes it):
 *
 *     date, suite           what it knows of, and of which Debian
 *     debian                of packages: which version fixed which CVEs
 *     nginx, openssl, pcre2 the same of releases of the projects
 */

#ifndef APISEC_ADVISORIES_H
#define APISEC_ADVISORIES_H

#include "apisec.h"

#include <cjson/cJSON.h>


/* Where it is: share/apisec beside the bin of this program. */

const char *apisec_advisories_file(void);

/* NULL, and *why: it cannot be read, or is of a form that is not known. */

cJSON *apisec_advisories(const char *path, const char **why);

/* A member that is text; "" when there is none. */

const char *apisec_advisories_text(const cJSON *object, const char *name);


#endif /* APISEC_ADVISORIES_H */
