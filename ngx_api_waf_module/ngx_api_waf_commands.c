
#include "ngx_api_waf.h"


#define NGX_API_WAF_ANY                                                       \
    (NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF                   \
     |NGX_HTTP_LIF_CONF|NGX_HTTP_LMT_CONF)


ngx_command_t  ngx_api_waf_commands[] = {

    /* api_waf_ruleset NAME FILE...; */

    { ngx_string("api_waf_ruleset"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_api_waf_ruleset,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    /* api_waf_collections SIZE; */

    { ngx_string("api_waf_collections"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_api_waf_collections,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    /* api_waf_compiler PATH; */

    { ngx_string("api_waf_compiler"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_api_waf_compiler,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    /* api_waf NAME... [skip=grpc] [mode=enforce|monitor|$variable] | off; */

    { ngx_string("api_waf"),
      NGX_API_WAF_ANY|NGX_CONF_1MORE,
      ngx_api_waf_switch,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    /* api_waf_paranoia N; */

    { ngx_string("api_waf_paranoia"),
      NGX_API_WAF_ANY|NGX_CONF_TAKE1,
      ngx_api_waf_paranoia,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    /* api_waf_threshold [in=N] [out=N]; */

    { ngx_string("api_waf_threshold"),
      NGX_API_WAF_ANY|NGX_CONF_TAKE12,
      ngx_api_waf_threshold,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    /* api_waf_budget N [base=N] | off; */

    { ngx_string("api_waf_budget"),
      NGX_API_WAF_ANY|NGX_CONF_TAKE12,
      ngx_api_waf_budget,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    /* api_waf_exclude id=N[-N]|tag=TAG|msg=TEXT [target=VARIABLE] | off; */

    { ngx_string("api_waf_exclude"),
      NGX_API_WAF_ANY|NGX_CONF_TAKE12,
      ngx_api_waf_exclude,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    /* api_waf_patch ID path= param= match= expires= owner= | FILE | off; */

    { ngx_string("api_waf_patch"),
      NGX_API_WAF_ANY|NGX_CONF_1MORE,
      ngx_api_waf_patch,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    ngx_null_command
};
