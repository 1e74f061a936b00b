/* Between the files of the multipart parser. */

#ifndef API_MULTIPART_INT_H
#define API_MULTIPART_INT_H

#include "api_multipart.h"


typedef struct {
    api_multipart_t              *mp;
    const api_multipart_limits_t *limits;
    api_arena_t                  *arena;
    api_err_t                    *err;
    const uint8_t                *start; /* of the body */
    const uint8_t                *end;
    unsigned                      lines; /* 1: CRLF was seen, 2: LF alone */
    unsigned                      first; /* first flag strict refuses */
    size_t                        where; /* ... and its place */
    api_multipart_part_t         *now;   /* part that flags belong to */
    uint32_t                      room;
} api_multipart_run_t;

void
api_multipart_note(api_multipart_run_t *run, unsigned flag, const uint8_t *at);

/* End of the line at p: behind its LF (or end); *text gets where its text
   ends, before CRLF, LF or the end. */

const uint8_t *
api_multipart_line(const uint8_t *p, const uint8_t *end, const uint8_t **text);

/* Reads name, filename and type from part->headers. */

int
api_multipart_read_part(api_multipart_run_t *run, api_multipart_part_t *part);


#endif /* API_MULTIPART_INT_H */
