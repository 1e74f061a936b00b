/*
 * Files of api_inventory, for other commands.
 */

#ifndef APISEC_INVENTORY_H
#define APISEC_INVENTORY_H

#include "apisec.h"

#include "api_inventory_report.h"


/* APISEC_OK or APISEC_FAILED, and then it has said why. */

int apisec_inventory_load(const char *path, api_inventory_t **inv);


#endif /* APISEC_INVENTORY_H */
