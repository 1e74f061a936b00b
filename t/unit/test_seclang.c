/* SecLang: what loads, what does not and why. */

#include "waf_ut.h"

#include <stdio.h>


typedef struct {
    const char *text;
    int         code;
    const char *says; /* the message has this in it */
} mistake_t;

static const mistake_t mistakes[] = {
    { "SecFoo 1", API_SECLANG_E_DIRECTIVE, "rules:1: there is no directive" },
    { "\n\nSecRule ARGS", API_SECLANG_E_WORDS, "rules:3: write SecRule" },
    { "SecRule ARGS \"x\" \"id:1,phase:2,deny", API_SECLANG_E_QUOTE,
        "rules:1: a quote that is opened" },
    { "SecRule ARGS x \"phase:2\"", API_SECLANG_E_ID, "without an id" },
    { "SecRule ARGS x \"id:0,phase:2\"", API_SECLANG_E_ID, "no number" },
    { "SecRule ARGS x \"id:1x,phase:2\"", API_SECLANG_E_ID, "no number" },
    { "SecRule ARGS x \"id:1,phase:2\"\n"
      "SecRule ARGS y \"id:1,phase:2\"",
        API_SECLANG_E_ID, "rules:2: id 1 is taken by rules:1" },
    { "SecRule ARGS x \"id:1,phase:6\"", API_SECLANG_E_PHASE, "phase:6" },
    { "SecRule ARG x \"id:1,phase:2\"", API_SECLANG_E_VARIABLE,
        "no variable \"ARG\"" },
    { "SecRule REQUEST_METHOD:x y \"id:1,phase:2\"", API_SECLANG_E_VARIABLE,
        "has no members" },
    { "SecRule ARGS:/a y \"id:1,phase:2\"", API_SECLANG_E_VARIABLE,
        "is not closed" },
    { "SecRule ARGS:/(/ y \"id:1,phase:2\"", API_SECLANG_E_VARIABLE,
        "pattern /(/" },
    { "SecRule ARGS| y \"id:1,phase:2\"", API_SECLANG_E_VARIABLE,
        "empty target" },
    { "SecRule IP y \"id:1,phase:2\"", API_SECLANG_E_UNSUPPORTED,
        "by name only; write IP:NAME" },
    { "SecRule XML:/a/b y \"id:1,phase:2\"", API_SECLANG_E_UNSUPPORTED,
        "XML:/a/b is not supported" },
    { "SecRule ARGS \"@foo x\" \"id:1,phase:2\"", API_SECLANG_E_OPERATOR,
        "@foo" },
    { "SecRule ARGS \"@rx (\" \"id:1,phase:2\"", API_SECLANG_E_OPERATOR,
        "@rx" },
    { "SecRule ARGS x \"id:1,phase:2,foo\"", API_SECLANG_E_ACTION,
        "no action \"foo\"" },
    { "SecRule ARGS x \"id:1,phase:2,msg\"", API_SECLANG_E_ACTION,
        "msg needs a value" },
    { "SecRule ARGS x \"id:1,phase:2,deny:1\"", API_SECLANG_E_ACTION,
        "deny takes no value" },
    { "SecRule ARGS x \"id:1,phase:2,msg:'a'b\"", API_SECLANG_E_ACTION,
        "a comma is missing" },
    { "SecRule ARGS x \"id:1,phase:2,msg:'a\"", API_SECLANG_E_QUOTE,
        "does not end with one" },
    { "SecRule ARGS x \"id:1,phase:2,t:foo\"", API_SECLANG_E_TRANSFORM,
        "no transformation t:foo" },
    { "SecRule ARGS x \"id:1,phase:2,severity:9\"", API_SECLANG_E_ACTION,
        "severity:9" },
    { "SecRule ARGS x \"id:1,phase:2,status:42\"", API_SECLANG_E_ACTION,
        "no HTTP status" },
    { "SecRule ARGS x \"id:1,phase:2,allow:never\"", API_SECLANG_E_ACTION,
        "allow:phase or allow:request" },
    { "SecRule ARGS x \"id:1,phase:2,msg:'%{foo}'\"", API_SECLANG_E_VARIABLE,
        "no variable \"foo\"" },
    { "SecRule ARGS x \"id:1,phase:2,msg:'%{tx.a'\"", API_SECLANG_E_MACRO,
        "not closed" },
    { "SecRule ARGS x \"id:1,phase:2,setvar:args.x=1\"", API_SECLANG_E_ACTION,
        "cannot be set" },
    { "SecRule ARGS x \"id:1,phase:2,expirevar:tx.x=1\"", API_SECLANG_E_ACTION,
        "cannot expire" },
    { "SecRule ARGS x \"id:1,phase:2,expirevar:ip.x\"", API_SECLANG_E_ACTION,
        "SECONDS" },
    { "SecRule ARGS x \"id:1,phase:2,initcol:user=x\"", API_SECLANG_E_ACTION,
        "initcol:ip=KEY" },
    { "SecRule ARGS x \"id:1,phase:2,ctl:ruleEngine=Maybe\"",
        API_SECLANG_E_ACTION, "On, Off or DetectionOnly" },
    { "SecRule ARGS x \"id:1,phase:2,ctl:foo=1\"", API_SECLANG_E_ACTION,
        "no ctl:foo" },
    { "SecRule ARGS x \"id:1,phase:2,ctl:ruleRemoveById=x\"",
        API_SECLANG_E_ACTION, "is no id" },
    { "SecRule ARGS x \"id:1,phase:2,ctl:ruleRemoveTargetById=1\"",
        API_SECLANG_E_ACTION, "ID;ARGS:NAME" },
    { "SecRule ARGS x \"id:1,phase:2,ctl:ruleRemoveTargetById=1;FOO:x\"",
        API_SECLANG_E_VARIABLE, "no variable" },
    { "SecRule ARGS x \"id:1,phase:2,skipAfter:END\"", API_SECLANG_E_MARKER,
        "no such SecMarker below" },
    { "SecMarker END\nSecRule ARGS x \"id:1,phase:2,skipAfter:END\"",
        API_SECLANG_E_MARKER, "rules:2: skipAfter:END" },
    { "SecRule ARGS x \"id:1,phase:2,chain\"", API_SECLANG_E_CHAIN,
        "chain of rule 1 has no last link" },
    { "SecRule ARGS x \"id:1,phase:2,chain\"\nSecAction \"id:2,phase:1\"",
        API_SECLANG_E_CHAIN, "rules:2: SecAction stands here" },
    { "SecRule ARGS x \"id:1,phase:2,chain\"\nSecMarker A",
        API_SECLANG_E_CHAIN, "SecMarker stands here" },
    { "SecRule ARGS x \"id:1,phase:2,chain\"\nSecRule ARGS y deny",
        API_SECLANG_E_ACTION, "only the first rule of a chain" },
    { "SecAction \"id:1,phase:1,chain\"", API_SECLANG_E_CHAIN,
        "cannot begin a chain" },
    { "SecDefaultAction \"phase:2,log\"", API_SECLANG_E_ACTION,
        "must say what block does" },
    { "SecDefaultAction \"phase:2,pass,tag:x\"", API_SECLANG_E_ACTION,
        "tag cannot be in SecDefaultAction" },
    { "SecDefaultAction \"phase:2,pass\"\nSecDefaultAction \"phase:2,deny\"",
        API_SECLANG_E_ACTION, "stands in rules:1 already" },
    { "SecRuleEngine Yes", API_SECLANG_E_VALUE, "On, Off or DetectionOnly" },
    { "SecRequestBodyAccess 1", API_SECLANG_E_VALUE, "On or Off" },
    { "SecResponseBodyLimit 1m", API_SECLANG_E_VALUE, "BYTES" },
    { "SecResponseBodyLimitAction Pass", API_SECLANG_E_VALUE,
        "Reject or ProcessPartial" },
    { "SecArgumentSeparator |", API_SECLANG_E_VALUE, "& or ;" },
    { "SecCookieFormat 1", API_SECLANG_E_UNSUPPORTED, "SecCookieFormat 0" },
    { "SecXmlExternalEntity On", API_SECLANG_E_UNSUPPORTED, "never loaded" },
    { "SecRuleScript a.lua", API_SECLANG_E_UNSUPPORTED, "SecLang" },
    { "SecRemoteRules k https://x", API_SECLANG_E_UNSUPPORTED, "from a file" },
    { "SecUnicodeMapFile a 20127", API_SECLANG_E_FILE, "no such file" },
    { "SecRuleRemoveById x", API_SECLANG_E_EXCLUSION, "NUMBER-NUMBER" },
    { "SecRuleRemoveById 9-1", API_SECLANG_E_EXCLUSION, "NUMBER-NUMBER" },
    { "SecRuleUpdateTargetById 1", API_SECLANG_E_VALUE, "!ARGS:x" },
    { "SecRule ARGS x \"id:1,phase:2\"\nSecRuleUpdateActionById 1 \"id:2\"",
        API_SECLANG_E_ID, "cannot stand here" },
    { "Include nothing", API_SECLANG_E_FILE, "IncludeOptional" },
    { "Include loop", API_SECLANG_E_DEPTH, "include itself" },
};

static const char *const files[] = { "loop", "Include loop", "a/one.conf",
    "SecRule ARGS \"@pmFromFile words\" \"id:10,phase:2,deny\"\nInclude two",
    "a/two", "SecAction \"id:20,phase:1,pass\"", "a/words", "foo\nbar\n",
    "bad", "SecRule ARGS x \"id:1\"\n\nSecRule ARGS", NULL };


static void
test_mistakes(void)
{
    size_t         i;
    api_err_t      err;
    api_seclang_t *s;

    for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        memset(&err, 0, sizeof(err));

        ut_ok(waf_load(&s, mistakes[i].text, files, &api_alloc_libc, &err)
                      == NULL
                  && err.code == mistakes[i].code
                  && strstr(err.text, mistakes[i].says) != NULL,
            "%s: %s", api_seclang_error_name(mistakes[i].code), err.text);

        api_seclang_free(s);
    }
}


static void
test_files(void)
{
    api_err_t                err;
    uint32_t                 i;
    api_seclang_t           *s;
    const api_waf_program_t *p;

    p = waf_load(&s, "Include a/one.conf\nIncludeOptional none\n", files,
        &api_alloc_libc, &err);
    ut_ok(
        p && api_waf_program_rules(p) == 2 && api_waf_program_find(p, 20, &i),
        "Include: a file is looked for beside the one that names it");
    api_seclang_free(s);

    p = waf_load(&s, "Include a/*", files, &api_alloc_libc, &err);
    ut_ok(p == NULL && err.code == API_SECLANG_E_ID,
        "Include: all files of a pattern: %s", err.text);
    api_seclang_free(s);

    p = waf_load(&s, "#\nInclude bad", files, &api_alloc_libc, &err);
    ut_ok(p == NULL && strncmp(err.text, "bad:3: ", 7) == 0,
        "a mistake in an included file is told with its name and line");
    api_seclang_free(s);
}


/* Text that says the same in other words. */

static const char *const spellings[] = {
    "SecRule ARGS \"@rx b\" \"id:1,phase:2,deny\"",
    "secrule args b id:1,phase:request,deny",
    "\xef\xbb\xbf  SecRule\tARGS b \\\n  \"id:1,\\\n   phase:2 , deny\"\r\n",
    "SecRule \"ARGS\" \"b\" \\\r\n\"id:'1',phase:'2',t:trim,t:none,deny\"",
    "# SecRule ARGS x \"id:1,\\\n   deny\"\nSecRule ARGS b id:1,phase:2,deny",
    "# a comment that goes on is over\\\nSecRule ARGS b id:1,phase:2,deny",
    "SecRule ARGS|!REQUEST_HEADERS b id:1,phase:2,deny\n# the end",
    "SecRule ARGS:/^x|q/,REQUEST_METHOD b id:1,phase:2,deny",
    "SecRule \"ARGS:'/^(x y|q)$/'|REQUEST_METHOD\" b id:1,phase:2,deny",
    "SecRule ARGS \"b|\\\"\" \"id:1,phase:2,deny,msg:'a, b\\'c'\"",
};


static void
test_spellings(void)
{
    size_t i;

    for (i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        ut_ok(strcmp(waf_says(spellings[i], "ARGS_GET:q=abc"), "403: 1") == 0,
            "spelling %zu: %s", i, waf_says(spellings[i], "ARGS_GET:q=abc"));
    }
}


static void
test_notes(void)
{
    size_t                    i;
    api_err_t                 err;
    api_seclang_t            *s;
    const api_seclang_note_t *note;

    static const char *const says[] = { "SecAuditLog has no effect",
        "no phase is written", "never matches", "pause has no effect",
        "no rule is meant by \"99\"" };

    ut_ok(waf_load(&s,
              "SecAuditLog /var/log/x\n"
              "SecRule ARGS x \"id:1,deny\"\n"
              "SecRule REMOTE_ADDR \"@rbl x.org\" \"id:2,phase:1,deny\"\n"
              "SecRule ARGS x \"id:3,phase:2,pause:5\"\n"
              "SecRuleRemoveById 99\n",
              NULL, &api_alloc_libc, &err)
              != NULL,
        "what has no effect loads");
    ut_int(api_seclang_notes(s), 5, "and is noted");

    for (i = 0; i < 5; i++) {
        note = api_seclang_note(s, i);
        ut_ok(note && note->line == i + 1 && strstr(note->what, says[i]),
            "note: %s", note ? note->what : "none");
    }

    ut_ok(api_seclang_note(s, 5) == NULL, "no sixth");
    api_seclang_free(s);
}


static void
test_settings(void)
{
    api_err_t                 err;
    api_seclang_t            *s;
    const api_waf_program_t  *p;
    const api_waf_settings_t *set;

    p = waf_load(&s,
        "SecRuleEngine DetectionOnly\nSecRequestBodyAccess On\n"
        "SecResponseBodyLimit 131072\n"
        "SecResponseBodyLimitAction Reject\nSecCollectionTimeout 600\n"
        "SecRequestBodyJsonDepthLimit 512\nSecArgumentsLimit 1000\n"
        "SecResponseBodyAccess On\n"
        "SecResponseBodyMimeType text/plain Text/HTML\n"
        "SecResponseBodyMimeType text/xml\nSecArgumentSeparator ;\n"
        "SecRule ARGS x \"id:1,phase:2\"\nSecRule ARGS x \"id:2,phase:4\"\n"
        "SecRuleRemoveById 2\n",
        NULL, &api_alloc_libc, &err);

    set = api_waf_program_settings(p);
    ut_int(set->engine, API_WAF_ENGINE_DETECT, "engine");
    ut_ok(set->engine_said && set->request_body && set->response_body
              && set->response_body_reject,
        "switches");
    ut_int(set->response_body_limit, 131072, "limit");
    ut_int(set->collection_timeout, 600, "collections");
    ut_ok(!set->full_request, "nobody wants the whole request");
    ut_int(set->json_depth, 512, "depth");
    ut_int(set->args, 1000, "arguments");
    ut_int(set->separator, ';', "separator");
    ut_span(set->response_types, API_SPAN("text/plain text/html text/xml"),
        "types add up, in lower case");
    ut_int(api_waf_program_phases(p), 1 << 2,
        "a phase with no rule left needs not run");
    api_seclang_free(s);
}


#define R(targets, op, actions)                                               \
    "SecRule " targets " \"" op "\" \"" actions "\"\n"

/* What stands behind a gate runs from its level on. */

static void
test_levels(void)
{
    uint32_t                 i;
    api_err_t                err;
    api_seclang_t           *s;
    api_waf_rule_info_t      info;
    const api_waf_program_t *p;

    static const uint8_t levels[] = { 0, 0, 0, 2, 2, 3, 0, 2 };

    p = waf_load(&s,
        "SecAction "
        "id:1,phase:1,pass,setvar:tx.blocking_paranoia_level=3\n" R(
            "ARGS", "a", "id:2,phase:2,pass") R("TX:DETECTION_PARANOIA_LEVEL",
            "@lt 2", "id:3,phase:2,pass,skipAfter:E") R("ARGS", "a",
            "id:4,phase:2,pass") R("TX:DETECTION_PARANOIA_LEVEL", "@lt 3",
            "id:5,phase:2,pass,skipAfter:E")
            R("ARGS", "a", "id:6,phase:2,pass") "SecMarker E\n" R("ARGS", "a",
                "id:7,phase:2,pass") R("TX:EXECUTING_PARANOIA_LEVEL", "@lt 2",
                "id:8,phase:2,pass,skipAfter:F")
                R("ARGS", "a", "id:9,phase:2,pass") "SecMarker F\n"
                                                    "SecRuleRemoveById 8",
        NULL, &api_alloc_libc, &err);

    ut_int(api_waf_program_level(p), 3, "the level that the files ask for");

    for (i = 0; i < 7; i++) {
        api_waf_program_rule(p, i, &info);
        ut_int(info.level, levels[i], "level of rule %u", (unsigned) info.id);
    }

    api_waf_program_rule(p, 8, &info);
    ut_int(info.level, 0, "a gate that is removed is open");
    api_seclang_free(s);
}


/* Every allocation fails once: an error, and nothing is left. */

static const char everything[] =
    "SecDefaultAction \"phase:2,log,deny,t:lowercase\"\n"
    "SecAction \"id:1,phase:1,pass,setvar:tx.a=1,setvar:'tx.b=%{tx.a}x'\"\n"
    "SecRule ARGS|!ARGS:/^x/|&TX:'/^a|b/' \"@rx ^(a)\\d\" \"id:2,phase:2,"
    "capture,block,msg:'%{tx.1}',tag:x,setenv:a=%{tx.a},chain\"\n"
    "SecRule MATCHED_VARS \"@pm a b c\" \"t:urlDecodeUni,t:none,t:trim,"
    "skipAfter:END\"\n"
    "SecMarker END\n"
    "SecRule ARGS y \"id:3,phase:2,ctl:ruleRemoveTargetById=2;ARGS:/y/\"\n"
    "SecRuleUpdateTargetById 2 \"!ARGS:z|REQUEST_HEADERS:a\"\n"
    "SecRuleUpdateActionById 3 \"pass,t:length\"\n"
    "SecRuleRemoveByTag y\n";


static void
test_no_memory(void)
{
    size_t         n;
    bool           loaded;
    api_err_t      err;
    ut_alloc_t     u;
    api_seclang_t *s;

    for (n = 1;; n++) {
        ut_arm(&u, n);
        memset(&err, 0, sizeof(err));
        loaded = waf_load(&s, everything, NULL, &u.alloc, &err) != NULL;
        api_seclang_free(s);

        if (u.live != 0 || u.calls < n) {
            break;
        }

        if (!loaded && err.code != API_SECLANG_E_NOMEM) {
            ut_ok(false, "allocation %zu: %s", n, err.text);
            return;
        }
    }

    ut_ok(u.live == 0 && loaded, "each of %zu allocations failed once", n - 1);
}


int
main(void)
{
    test_mistakes();
    test_files();
    test_spellings();
    test_notes();
    test_settings();
    test_levels();
    test_no_memory();

    return ut_done();
}
