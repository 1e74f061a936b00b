/*
 * What the files of api_jwt.h share.
 */

#ifndef API_JWT_INT_H
#define API_JWT_INT_H

#include "api_jwt.h"


/* A media type without "application/", which may be left out (RFC 7515
   4.1.9). */

api_span_t api_jwt_media_type(api_span_t s);


#endif /* API_JWT_INT_H */
