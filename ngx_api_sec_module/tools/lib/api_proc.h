/*
 * What Linux says about a process in /proc/PID/limits and /proc/PID/status
 * (proc(5)).  Pure: the text is a parameter.
 */

#ifndef API_PROC_H
#define API_PROC_H

#include "api_base.h"


#define API_PROC_UNLIMITED UINT64_MAX

/* The soft limit of that name, such as "Max open files".  False: there is no
   such line, or no number in it. */

bool api_proc_limit(api_span_t limits, const char *name, uint64_t *soft);

/* The number behind "NAME:"; of several, the first.  False as above. */

bool api_proc_status(api_span_t status, const char *name, uint64_t *value);

/* One of our modules, mapped from a file that has gone since ("(deleted)"), in
   /proc/PID/maps: its name, or data NULL. */

api_span_t api_proc_stale(api_span_t maps);


#endif /* API_PROC_H */
