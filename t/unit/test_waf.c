/* The engine: rules, chains, actions, in ModSecurity's order. */

#include "waf_ut.h"

#include <stdio.h>


typedef struct {
    const char *what;
    const char *rules;
    const char *request;
    const char *says;
} case_t;

#define R(targets, op, actions)                                               \
    "SecRule " targets " \"" op "\" \"" actions "\"\n"
#define DENY(id) "phase:2,deny,id:" #id

static const case_t cases[] = {
    { "a rule", R("ARGS", "@rx evil", DENY(1)), "ARGS_GET:a=very evil",
        "403: 1" },
    { "its benign twin", R("ARGS", "@rx evil", DENY(1)), "ARGS_GET:a=good",
        "" },
    { "ARGS is both", R("ARGS", "b", DENY(1)), "ARGS_POST:a=b", "403: 1" },
    { "ARGS_GET is one", R("ARGS_GET", "b", DENY(1)), "ARGS_POST:a=b", "" },
    { "names", R("ARGS_NAMES", "^evil$", DENY(1)), "ARGS_POST:evil=b",
        "403: 1" },
    { "names of headers", R("REQUEST_HEADERS_NAMES", "^x-a$", DENY(1)),
        "REQUEST_HEADERS:x-a=b", "403: 1" },
    { "a member, in any case", R("REQUEST_HEADERS:Host", "b", DENY(1)),
        "REQUEST_HEADERS:hOST=b", "403: 1" },
    { "another member", R("REQUEST_HEADERS:Host", "b", DENY(1)),
        "REQUEST_HEADERS:Hosts=b", "" },
    { "members by pattern", R("ARGS:/^A.$/", "b", DENY(1)), "ARGS_GET:ax=b",
        "403: 1" },
    { "an exclusion", R("ARGS|!ARGS:pw", "b", DENY(1)), "ARGS_GET:PW=b", "" },
    { "takes out no other", R("ARGS|!ARGS:pw", "b", DENY(1)), "ARGS_GET:pw2=b",
        "403: 1" },
    { "an exclusion by pattern", R("ARGS|!ARGS:/^p/", "b", DENY(1)),
        "ARGS_GET:pw=b", "" },
    { "an exclusion of another collection",
        R("ARGS|!ARGS_GET:pw", "b", DENY(1)), "ARGS_GET:pw=b", "403: 1" },
    { "a target and its exclusion", R("ARGS:a|ARGS:b|!ARGS:a", "x", DENY(1)),
        "ARGS_GET:a=x", "" },
    { "a count", R("&ARGS", "@eq 2", DENY(1)),
        "ARGS_GET:a=\nARGS_POST:a=", "403: 1" },
    { "a count of none", R("&ARGS:x", "@eq 0", DENY(1)),
        "ARGS_GET:a=", "403: 1" },
    { "nothing there, nothing matches", R("ARGS", "!@rx x", DENY(1)),
        "REQUEST_METHOD=GET", "" },
    { "negation", R("ARGS", "!@rx x", DENY(1)), "ARGS_GET:a=y", "403: 1" },
    { "a negated pattern", R("ARGS", "!x", DENY(1)), "ARGS_GET:a=x", "" },

    { "transformations", R("ARGS", "^ab$", DENY(1) ",t:urlDecode,t:lowercase"),
        "ARGS_GET:a=%41%42", "403: 1" },
    { "none takes out those before",
        R("ARGS", "^ab$", DENY(1) ",t:lowercase,t:none"), "ARGS_GET:a=AB",
        "" },
    { "those of SecDefaultAction come first",
        "SecDefaultAction \"phase:2,pass,t:urlDecode\"\n" R(
            "ARGS", "^ab$", DENY(1) ",t:lowercase"),
        "ARGS_GET:a=%41%42", "403: 1" },
    { "but not where none is said",
        "SecDefaultAction \"phase:2,pass,t:urlDecode\"\n" R(
            "ARGS", "^ab$", DENY(1) ",t:none,t:lowercase"),
        "ARGS_GET:a=%41%42", "" },
    { "multiMatch sees what was before",
        R("ARGS", "^%41$", DENY(1) ",t:urlDecode,multiMatch"),
        "ARGS_GET:a=%41", "403: 1" },
    { "and between",
        R("ARGS", "^A$", DENY(1) ",t:urlDecode,t:lowercase,multiMatch"),
        "ARGS_GET:a=%41", "403: 1" },

    { "a chain",
        R("ARGS", "a", DENY(1) ",chain") R("REQUEST_METHOD", "GET", "t:none"),
        "ARGS_GET:x=a\nREQUEST_METHOD=GET", "403: 1" },
    { "a chain that breaks",
        R("ARGS", "a", DENY(1) ",chain") R("REQUEST_METHOD", "GET", "t:none"),
        "ARGS_GET:x=a\nREQUEST_METHOD=PUT", "" },
    { "a chain of three",
        R("ARGS", "a", DENY(1) ",chain") R("ARGS", "b", "chain")
            R("ARGS", "c", "t:none"),
        "ARGS_GET:x=abc", "403: 1" },
    { "MATCHED_VAR is of the link before",
        R("ARGS", "a", DENY(1) ",chain") R("MATCHED_VAR", "^xa$", "t:none"),
        "ARGS_GET:x=xa", "403: 1" },
    { "MATCHED_VARS are all",
        R("ARGS", "a", DENY(1) ",chain") R("&MATCHED_VARS", "@eq 2", "t:none"),
        "ARGS_GET:x=a\nARGS_GET:y=a", "403: 1" },
    { "MATCHED_VARS_NAMES",
        R("ARGS", "a", DENY(1) ",chain")
            R("MATCHED_VARS_NAMES", "@streq ARGS:y", "t:none"),
        "ARGS_GET:y=a", "403: 1" },
    { "a rule that does not match forgets them",
        R("ARGS", "a", "id:1,phase:2,pass,nolog")
            R("ARGS", "zz", "id:2,phase:2,pass")
                R("MATCHED_VAR", "@unconditionalMatch", DENY(3)),
        "ARGS_GET:x=a", "1" },
    { "setvar of a chain that breaks is done",
        R("ARGS", "a", "id:1,phase:2,pass,chain,setvar:tx.a=7")
            R("ARGS", "zz", "t:none") R("TX:a", "@eq 7", DENY(2)),
        "ARGS_GET:x=a", "403: 2" },
    { "skipAfter of a chain that breaks is not",
        R("ARGS", "a", "id:1,phase:2,pass,chain,skipAfter:E")
            R("ARGS", "zz", "t:none") R("ARGS", "a", DENY(2)) "SecMarker E\n",
        "ARGS_GET:x=a", "403: 2" },

    { "setvar",
        R("ARGS", "a",
            "id:1,phase:2,pass,nolog,setvar:tx.n=5,"
            "setvar:tx.n=+2,setvar:tx.n=-1") R("TX:N", "@eq 6", DENY(2)),
        "ARGS_GET:x=a", "403: 1 2" },
    { "setvar at each match",
        R("ARGS", "a", "id:1,phase:2,pass,setvar:tx.n=+1")
            R("TX:n", "@eq 3", DENY(2)),
        "ARGS_GET:x=a\nARGS_GET:y=a\nARGS_POST:z=a", "403: 1 2" },
    { "setvar without a value",
        "SecAction id:1,phase:1,pass,setvar:tx.x\n" R(
            "TX:x", "@streq 1", DENY(2)),
        "", "403: 1 2" },
    { "setvar takes away",
        "SecAction "
        "id:1,phase:1,pass,setvar:tx.x=1,setvar:!tx.x\n" R(
            "&TX:x", "@eq 1", DENY(2)),
        "", "1" },
    { "a name with a macro",
        R("ARGS", "a",
            "id:1,phase:2,pass,setvar:tx.n_%{MATCHED_VAR_NAME}=%{MATCHED_VAR}")
            R("TX:n_ARGS:x", "^za$", DENY(2)),
        "ARGS_GET:x=za", "403: 1 2" },
    { "names by pattern, also made ones",
        R("ARGS", "a",
            "id:1,phase:2,pass,setvar:tx.cnt_%{MATCHED_VAR_NAME}=+1")
            R("TX:/^CNT_/", "@gt 1", DENY(2)),
        "ARGS_GET:x=a\nARGS_GET:x=a", "403: 1 2" },
    { "what is no number is 0",
        "SecAction "
        "id:1,phase:1,pass,setvar:tx.x=abc,setvar:tx.x=+3\n" R(
            "TX:x", "@eq 3", DENY(2)),
        "", "403: 1 2" },
    { "a number too large for an int is 0",
        "SecAction "
        "id:1,phase:1,pass,setvar:tx.x=99999999999,setvar:tx.x=+3\n" R(
            "TX:x", "@eq 3", DENY(2)),
        "", "403: 1 2" },
    { "macros in arguments",
        "SecAction "
        "id:1,phase:1,pass,setvar:tx.limit=2\n" R(
            "&ARGS", "@gt %{tx.limit}", DENY(2)),
        "ARGS_GET:a=1", "1" },
    { "capture",
        R("ARGS", "^(a+)(b)?(c)",
            "id:1,phase:2,pass,capture,setvar:tx.x=%{tx.1}-%{tx.3}")
            R("TX:x", "@streq aa-c", DENY(2)),
        "ARGS_GET:a=aac", "403: 1 2" },
    { "no capture without the word",
        R("ARGS", "^(a)", "id:1,phase:2,pass") R("&TX:1", "@eq 1", DENY(2)),
        "ARGS_GET:a=a", "1" },

    { "skipAfter",
        "SecAction id:1,phase:2,pass,skipAfter:END\n" R("ARGS", "a",
            DENY(2)) "SecMarker \"END\"\n" R("ARGS", "a", "id:3,phase:2,pass"),
        "ARGS_GET:x=a", "1 3" },
    { "skip",
        "SecAction id:1,phase:2,pass,skip:1\n" R("ARGS", "a", DENY(2))
            R("ARGS", "a", "id:3,phase:2,pass"),
        "ARGS_GET:x=a", "1 3" },
    { "the order is that of phases",
        R("ARGS", "a", "id:1,phase:2,pass")
            R("ARGS", "a", "id:2,phase:1,pass"),
        "ARGS_GET:x=a", "2 1" },
    { "phase 5 runs after a refusal",
        R("ARGS", "a", "id:1,phase:1,deny") R("ARGS", "a", DENY(2))
            R("ARGS", "a", "id:3,phase:5,pass"),
        "ARGS_GET:x=a", "403: 1 3" },

    { "status", R("ARGS", "a", DENY(1) ",status:429"), "ARGS_GET:x=a",
        "429: 1" },
    { "status of SecDefaultAction, by block",
        "SecDefaultAction \"phase:2,deny,status:418\"\n" R(
            "ARGS", "a", "id:1,phase:2,block"),
        "ARGS_GET:x=a", "418: 1" },
    { "block without SecDefaultAction does nothing",
        R("ARGS", "a", "id:1,phase:2,block"), "ARGS_GET:x=a", "1" },
    { "block and pass",
        "SecDefaultAction \"phase:2,pass\"\n" R(
            "ARGS", "a", "id:1,phase:2,block"),
        "ARGS_GET:x=a", "1" },
    { "redirect", R("ARGS", "a", "id:1,phase:2,redirect:https://x/%{ARGS.x}"),
        "ARGS_GET:x=a", "302: 1" },
    { "drop", R("ARGS", "a", "id:1,phase:2,drop"), "ARGS_GET:x=a",
        "drop 403: 1" },
    { "allow ends all but logging",
        R("ARGS", "a", "id:1,phase:1,allow") R("ARGS", "a", DENY(2))
            R("ARGS", "a", "id:3,phase:5,pass"),
        "ARGS_GET:x=a", "1 3" },
    { "allow:phase ends the phase",
        R("ARGS", "a", "id:1,phase:1,allow:phase")
            R("ARGS", "a", "id:2,phase:1,deny") R("ARGS", "a", DENY(3)),
        "ARGS_GET:x=a", "403: 1 3" },
    { "allow:request ends phases 1 and 2",
        R("ARGS", "a", "id:1,phase:1,allow:request") R("ARGS", "a", DENY(2)),
        "ARGS_GET:x=a", "1" },

    { "ctl:ruleEngine=Off",
        R("ARGS", "a", "id:1,phase:1,pass,ctl:ruleEngine=Off")
            R("ARGS", "a", DENY(2)),
        "ARGS_GET:x=a", "1" },
    { "ctl:ruleEngine=DetectionOnly",
        R("ARGS", "a", "id:1,phase:1,pass,ctl:ruleEngine=DetectionOnly")
            R("ARGS", "a", DENY(2)),
        "ARGS_GET:x=a", "would: 1 2" },
    { "ctl:ruleRemoveById",
        R("ARGS", "a", "id:1,phase:1,pass,ctl:ruleRemoveById=2-3")
            R("ARGS", "a", DENY(2)) R("ARGS", "a", DENY(4)),
        "ARGS_GET:x=a", "403: 1 4" },
    { "ctl:ruleRemoveByTag",
        R("ARGS", "a", "id:1,phase:1,pass,ctl:ruleRemoveByTag=t/x") R(
            "ARGS", "a", DENY(2) ",tag:t/x") R("ARGS", "a", DENY(4) ",tag:t"),
        "ARGS_GET:x=a", "403: 1 4" },
    { "ctl:ruleRemoveTargetById",
        R("ARGS", "a", "id:1,phase:1,pass,ctl:ruleRemoveTargetById=2;ARGS:x")
            R("ARGS", "a", DENY(2)),
        "ARGS_GET:x=a", "1" },
    { "takes out that one",
        R("ARGS", "a", "id:1,phase:1,pass,ctl:ruleRemoveTargetById=2;ARGS:x")
            R("ARGS", "a", DENY(2)),
        "ARGS_GET:y=a", "403: 1 2" },
    { "of that rule",
        R("ARGS", "a", "id:1,phase:1,pass,ctl:ruleRemoveTargetById=3;ARGS:x")
            R("ARGS", "a", DENY(2)),
        "ARGS_GET:x=a", "403: 1 2" },
    { "a whole target",
        R("ARGS", "a", "id:1,phase:1,pass,ctl:ruleRemoveTargetById=2;ARGS")
            R("ARGS|ARGS_NAMES", "a", DENY(2)),
        "ARGS_GET:x=a", "1" },
    { "ctl:ruleRemoveTargetByTag",
        R("ARGS", "a",
            "id:1,phase:1,pass,ctl:ruleRemoveTargetByTag=q;ARGS:/^x/")
            R("ARGS", "a", DENY(2) ",tag:q"),
        "ARGS_GET:x1=a", "1" },

    { "SecRuleRemoveById", R("ARGS", "a", DENY(1)) "SecRuleRemoveById 1 7\n",
        "ARGS_GET:x=a", "" },
    { "SecRuleRemoveByTag",
        R("ARGS", "a", DENY(1) ",tag:t1") "SecRuleRemoveByTag t1\n",
        "ARGS_GET:x=a", "" },
    { "SecRuleRemoveByMsg",
        R("ARGS", "a", DENY(1) ",msg:'a b'") "SecRuleRemoveByMsg \"a b\"\n",
        "ARGS_GET:x=a", "" },
    { "SecRuleUpdateTargetById takes out",
        R("ARGS", "a", DENY(1)) "SecRuleUpdateTargetById 1 \"!ARGS:x\"\n",
        "ARGS_GET:x=a", "" },
    { "a whole collection too",
        R("ARGS|REQUEST_METHOD", "a",
            DENY(1)) "SecRuleUpdateTargetById 1 !ARGS\n",
        "ARGS_GET:x=a", "" },
    { "SecRuleUpdateTargetById adds",
        R("ARGS", "a",
            DENY(1)) "SecRuleUpdateTargetById 1 \"REQUEST_METHOD\"\n",
        "ARGS_GET:x=b\nREQUEST_METHOD=a", "403: 1" },
    { "SecRuleUpdateTargetByTag",
        R("ARGS", "a",
            DENY(1) ",tag:t") "SecRuleUpdateTargetByTag t !ARGS:/x/\n",
        "ARGS_GET:axa=a", "" },
    { "SecRuleUpdateTargetByMsg",
        R("ARGS", "a",
            DENY(1) ",msg:m") "SecRuleUpdateTargetByMsg m !ARGS:x\n",
        "ARGS_GET:x=a", "" },
    { "SecRuleUpdateActionById",
        R("ARGS", "a", DENY(1)) "SecRuleUpdateActionById 1 "
                                "\"pass,setvar:tx.x=1\"\n" R(
                                    "TX:x", "1", DENY(2)),
        "ARGS_GET:x=a", "403: 1 2" },

    { "setenv and ENV",
        R("ARGS", "a", "id:1,phase:2,pass,setenv:e=%{ARGS.x}")
            R("ENV:e", "^xa$", DENY(2)),
        "ARGS_GET:x=xa", "403: 1 2" },
    { "RULE", R("RULE:id", "@eq 1", DENY(1)), "", "403: 1" },
    { "TIME_EPOCH", R("TIME_EPOCH", "@eq 1000000000", DENY(1)), "", "403: 1" },
    { "TIME", R("TIME", "@streq 01:46:40", DENY(1)), "", "403: 1" },
    { "DURATION, as a number and its last digits, as CRS samples by",
        R("DURATION", "@eq 12345", "id:1,phase:1,pass") R("DURATION",
            "@rx (..)$", "id:2,phase:1,pass,capture,setvar:tx.d=%{tx.1}")
            R("TX:d", "@streq 45", DENY(3)),
        "", "403: 1 2 3" },
    { "TIME_YEAR, _MON, _DAY, _WDAY",
        R("TIME_YEAR", "@eq 2001", DENY(1) ",chain")
            R("TIME_MON", "@eq 9", "chain") R("TIME_DAY", "@eq 9", "chain")
                R("TIME_WDAY", "@eq 0", "t:none"),
        "", "403: 1" },
    { "HIGHEST_SEVERITY",
        R("ARGS", "a", "id:1,phase:2,pass,severity:ERROR")
            R("HIGHEST_SEVERITY", "@eq 3", DENY(2)),
        "ARGS_GET:x=a", "403: 1 2" },
    { "REQBODY_PROCESSOR by ctl",
        "SecAction "
        "id:1,phase:1,pass,ctl:requestBodyProcessor=JSON\n" R(
            "REQBODY_PROCESSOR", "@streq JSON", DENY(2)),
        "", "403: 1 2" },
    { "a NUL is a byte like others",
        R("ARGS", "@validateByteRange 1-255", DENY(1)), "ARGS_GET:x=a", "" },
};


static void
test_cases(void)
{
    size_t      i;
    const char *says;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        says = waf_says(cases[i].rules, cases[i].request);
        ut_ok(strcmp(says, cases[i].says) == 0, "%s: %s", cases[i].what, says);
    }
}


int
main(void)
{
    test_cases();

    return ut_done();
}
