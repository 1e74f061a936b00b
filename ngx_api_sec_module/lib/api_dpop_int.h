/*
 * What the files of api_dpop.h share.
 */

#ifndef API_DPOP_INT_H
#define API_DPOP_INT_H

#include "api_dpop.h"


/* Is the key of the proof among those that are kept?  Then key and jkt of dpop
   are set. */

bool api_dpop_keys_find(api_dpop_keys_t *keys, api_dpop_t *dpop);


#endif /* API_DPOP_INT_H */
