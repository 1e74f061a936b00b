/*
 * apisec waf: rules of the WAF, looked at and run by the code that nginx runs.
 */

#include "apisec_waf.h"


static int run(int argc, char **argv);

static const apisec_option_t options[] = {
    { "request", APISEC_TEXT, offsetof(apisec_waf_values_t, request), "FILE",
        "of explain: a request as HTTP/1.1 has it; - is standard input" },
    { "response", APISEC_TEXT, offsetof(apisec_waf_values_t, response), "FILE",
        "of explain: the answer to it, for phases 3 and 4" },
    { "paranoia", APISEC_TEXT, offsetof(apisec_waf_values_t, paranoia), "N",
        "as api_waf_paranoia; of compile: the highest that is used" },
    { "remote", APISEC_TEXT, offsetof(apisec_waf_values_t, remote), "ADDRESS",
        "of explain: of the client, by default 127.0.0.1" },
    { "cache", APISEC_TEXT, offsetof(apisec_waf_values_t, cache), "DIR",
        "of compile: where to; of bench: where from" },
    { "count", APISEC_TEXT, offsetof(apisec_waf_values_t, count), "N",
        "of bench: N times with the prefilter and no more, to be counted" },
    { "seen", APISEC_FLAG, offsetof(apisec_waf_values_t, seen), NULL,
        "of bench: all values but # came before, as in a worker that runs" },
    { "detect", APISEC_FLAG, offsetof(apisec_waf_values_t, detect), NULL,
        "of explain: refuse nothing, as api_waf with mode=monitor" },
    { "all", APISEC_FLAG, offsetof(apisec_waf_values_t, all), NULL,
        "of explain: rules with nolog, and chains that break, too" },
    { "ids", APISEC_FLAG, offsetof(apisec_waf_values_t, ids), NULL,
        "of explain: only the ids of the rules that match, a line each" },
    { 0 }
};

const apisec_command_t apisec_waf = { "waf",
    "check|explain|compile|bench RULES... [OPTIONS]",
    "check rules of the WAF, or see what they say to a request",
    "check    do they load?  What has no effect, what can never match\n"
    "explain  each rule that matches the request of --request: the value, "
    "what\n"
    "         transformations made of it, the score, and what is done\n"
    "compile  the database of their patterns, for nginx to scan with\n"
    "bench    what they cost for the request of --request, with the prefilter "
    "and\n"
    "         rule by rule\n"
    "RULES are files or patterns, in quotes, or core; Include is followed.  "
    "Exit\n"
    "code 1: explain: the request is refused.\n",
    options, run };


static int
bench(const api_waf_program_t *program, const apisec_waf_values_t *values)
{
    int rc;

    rc = values->cache ? apisec_waf_attach(program, values) : APISEC_OK;

    return rc == APISEC_OK ? apisec_waf_bench(program, values) : rc;
}


static int
run(int argc, char **argv)
{
    int                      rc;
    const char              *what = argc ? argv[0] : "";
    apisec_list_t            files;
    api_seclang_t           *loader;
    apisec_waf_values_t      values = { 0 };
    const api_waf_program_t *program;

    if (strcmp(what, "check") != 0 && strcmp(what, "explain") != 0
        && strcmp(what, "compile") != 0 && strcmp(what, "bench") != 0)
    {
        return apisec_fail(APISEC_USAGE,
            "waf takes check, explain, compile or bench first: run  apisec "
            "help waf");
    }

    rc = apisec_options(&apisec_waf, argc - 1, argv + 1, &values, &files);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (files.n == 0) {
        return apisec_fail(APISEC_USAGE, "waf %s takes files of rules", what);
    }

    rc = apisec_waf_load(&files, &values, &loader, &program);
    if (rc != APISEC_OK) {
        return rc;
    }

    rc = strcmp(what, "check") == 0     ? apisec_waf_check(loader, program)
         : strcmp(what, "compile") == 0 ? apisec_waf_compile(program, &values)
         : strcmp(what, "bench") == 0   ? bench(program, &values)
                                        : apisec_waf_explain(program, &values);

    api_seclang_free(loader);

    return rc;
}
