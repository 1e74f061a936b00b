/* What rules of fuzz_engine.c do with what matched, and to one another. */

#ifndef FUZZ_FLOW_H
#define FUZZ_FLOW_H


/* What depends on other rules, in place of the end of a rule's actions. */

static const char *const flows[] = {
    ",setvar:tx.a=+1",
    ",setvar:'tx.seen_%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'",
    ",skipAfter:END",
    ",skip:1",
    (",chain\"\nSecRule MATCHED_VARS \"@rx [a-m]\" "
     "\"capture,setvar:tx.b=%{TX.0}"),
    ",chain\"\nSecRule TX:a \"@ge 2\" \"setvar:tx.c=+1",
    ",chain\"\nSecRule ARGS|TX:/^seen_/ \"@rx o\" \"t:lowercase",
    ",ctl:ruleRemoveTargetById=101;ARGS:a",
    ",ctl:ruleRemoveById=102",
    ",deny,status:406",
    ",allow:phase",
    ",ctl:ruleEngine=DetectionOnly",
    ",logdata:'%{MATCHED_VAR}',msg:'%{MATCHED_VAR_NAME} %{TX.0}'",
    (",setenv:'a=%{MATCHED_VAR}',setvar:'tx.d=%{MATCHED_VAR}',"
     "setvar:'tx.%{MATCHED_VAR}=1'"),
    (",chain\"\nSecRule MATCHED_VAR \"@rx o\" \"t:hexEncode,t:hexDecode,"
     "t:lowercase,logdata:'%{MATCHED_VAR}',setvar:tx.d=%{MATCHED_VAR}"),
    (",chain\"\nSecRule MATCHED_VARS|TX:d|ENV:a \"@rx [n-z]\" \"multiMatch,"
     "t:lowercase,t:removeWhitespace,logdata:'%{MATCHED_VAR} %{TX.0}'"),
    (",chain\"\nSecRule ARGS|TX:d \"!@contains %{MATCHED_VAR}\" \"t:lowercase,"
     "msg:'%{MATCHED_VAR}'"),
};

/* Behind all of them, what matched last. */

static const char asks[] =
    "SecRule MATCHED_VAR|ENV:a \"@rx [a-z]\" \"id:90,phase:2,pass,t:lowercase,"
    "t:trim,logdata:'%{MATCHED_VAR}'\"\n"
    "SecRule MATCHED_VARS|TX:d \"@rx [a-z]\" \"id:91,phase:2,pass,"
    "t:urlDecodeUni,t:removeWhitespace,capture,logdata:'%{MATCHED_VAR}'\"\n"
    "SecAction \"id:92,phase:5,pass,msg:'%{MATCHED_VAR}',"
    "logdata:'%{MATCHED_VAR_NAME} %{TX.0} %{MATCHED_VAR}'\"\n";

#define NFLOWS (sizeof(flows) / sizeof(flows[0]))


#endif /* FUZZ_FLOW_H */
