/* The table of limits by many processes at once: no update is lost, no new
   key is let in twice, whoever is killed leaves nothing that hurts. */

#define _DEFAULT_SOURCE

#include "race.h"
#include "ut.h"


int
main(void)
{
    race_all();

    return ut_done();
}
