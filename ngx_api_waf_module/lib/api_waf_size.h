/*
 * From which size on a value is a long one, and memory worth being used again;
 * for api_waf_*.c alone.
 *
 * With API_WAF_SMALL each is small, so that fuzz targets, whose inputs are, get
 * to where long values go.
 */

#ifndef API_WAF_SIZE_H
#define API_WAF_SIZE_H

#ifdef API_WAF_SMALL
#define API_WAF_SIZE(n, small) ((size_t) (small))
#else
#define API_WAF_SIZE(n, small) ((size_t) (n))
#endif

/* Bytes that are scanned together: more wait for the next time.  Chains run on
   a value as long as that one by one, with others in between. */

#define API_WAF_SCAN_PART API_WAF_SIZE(65536, 48)

/* Bytes of texts of one value that are kept until it is known which chains leave
   the same; then they are scanned, and the next chains go on without them. */

#define API_WAF_SCAN_KEPT API_WAF_SIZE(8 * 1024 * 1024, 1500)

/* From that many bytes on a text is of memory that is used again, and each where
   the request holds that much already. */

#define API_WAF_SPARE_TEXT API_WAF_SIZE(65536, 24)
#define API_WAF_SPARE_HELD API_WAF_SIZE(4 * 1024 * 1024, 65536)

/* Blocks of it are multiples of this, so that they fit again. */

#define API_WAF_SPARE_BLOCK API_WAF_SIZE(65536, 512)

/* A value as long as that is looked at for the rule that is next in parts, and so
   many bytes of it before it is asked whether that is enough. */

#define API_WAF_LONG API_WAF_SIZE(65536, 32)
#define API_WAF_LONG_PART API_WAF_SIZE(16384, 8)


#endif /* API_WAF_SIZE_H */
