#include "api_sqli_int.h"

#include <stdio.h>


#define W(word, type)                                                         \
    {                                                                         \
        word, type                                                            \
    }

/* clang-format off */

const api_sqli_entry_t api_sqli_entries[] = {
    W("as", SQ_KEYWORD), W("abs", SQ_W_FUNCTION), W("all", SQ_FILLER),
    W("and", SQ_LOGIC), W("any", SQ_FILLER), W("avg", SQ_W_FUNCTION),
    W("acos", SQ_W_FUNCTION), W("asin", SQ_W_FUNCTION),
    W("atan", SQ_W_FUNCTION), W("alter", SQ_W_FIRST),
    W("ascii", SQ_W_FUNCTION), W("atan2", SQ_W_FUNCTION),
    W("all_users", SQ_CATALOG), W("array_agg", SQ_W_FUNCTION),
    W("all_tables", SQ_CATALOG), W("aes_decrypt", SQ_W_FUNCTION),
    W("aes_encrypt", SQ_W_FUNCTION), W("all_tab_columns", SQ_CATALOG),
    W("array_to_string", SQ_W_FUNCTION), W("by", SQ_KEYWORD),
    W("bin", SQ_W_FUNCTION), W("begin", SQ_RUN), W("backup", SQ_W_FIRST),
    W("binary", SQ_FILLER), W("bit_or", SQ_W_FUNCTION),
    W("between", SQ_COMPARE), W("bit_and", SQ_W_FUNCTION),
    W("bit_xor", SQ_W_FUNCTION), W("boolean", SQ_W_FIRST),
    W("benchmark", SQ_W_DANGER), W("bit_count", SQ_W_FUNCTION),
    W("bit_length", SQ_W_FUNCTION), W("bin_to_uuid", SQ_W_FUNCTION),
    W("chr", SQ_W_FUNCTION), W("cos", SQ_W_FUNCTION), W("cot", SQ_W_FUNCTION),
    W("call", SQ_W_FIRST), W("case", SQ_W_FIRST), W("cast", SQ_W_FUNCTION),
    W("ceil", SQ_W_FUNCTION), W("char", SQ_W_FUNCTION),
    W("conv", SQ_W_FUNCTION), W("count", SQ_W_FUNCTION),
    W("crc32", SQ_W_FUNCTION), W("concat", SQ_W_FUNCTION),
    W("create", SQ_W_FIRST), W("ceiling", SQ_W_FUNCTION),
    W("changes", SQ_W_FUNCTION), W("charset", SQ_W_FUNCTION),
    W("collate", SQ_CAST), W("convert", SQ_W_FUNCTION),
    W("curdate", SQ_W_FUNCTION), W("curtime", SQ_W_FUNCTION),
    W("coalesce", SQ_W_FUNCTION), W("col_name", SQ_W_FUNCTION),
    W("compress", SQ_W_FUNCTION), W("charindex", SQ_W_FUNCTION),
    W("collation", SQ_W_FUNCTION), W("concat_ws", SQ_W_FUNCTION),
    W("col_length", SQ_W_FUNCTION), W("char_length", SQ_W_FUNCTION),
    W("current_date", SQ_W_FUNCTION), W("current_time", SQ_W_FUNCTION),
    W("current_user", SQ_W_FUNCTION), W("connection_id", SQ_W_FUNCTION),
    W("current_schema", SQ_W_FUNCTION), W("current_setting", SQ_W_FUNCTION),
    W("character_length", SQ_W_FUNCTION), W("current_database", SQ_W_FUNCTION),
    W("current_timestamp", SQ_W_FUNCTION),
    W("connectionproperty", SQ_W_FUNCTION), W("div", SQ_ARITH),
    W("date", SQ_W_FUNCTION), W("drop", SQ_W_FIRST), W("db_id", SQ_W_FUNCTION),
    W("dblink", SQ_W_DANGER), W("decode", SQ_W_FUNCTION),
    W("delete", SQ_W_FIRST), W("db_name", SQ_W_FUNCTION), W("declare", SQ_RUN),
    W("degrees", SQ_W_FUNCTION), W("database", SQ_W_FUNCTION),
    W("date_add", SQ_W_FUNCTION), W("distinct", SQ_FILLER),
    W("dba_users", SQ_CATALOG), W("dba_tables", SQ_CATALOG),
    W("difference", SQ_W_FUNCTION), W("date_format", SQ_W_FUNCTION),
    W("des_encrypt", SQ_W_FUNCTION), W("distinctrow", SQ_FILLER),
    W("dblink_connect", SQ_W_DANGER), W("database_to_xml", SQ_W_DANGER),
    W("elt", SQ_W_FUNCTION), W("end", SQ_KEYWORD), W("exp", SQ_W_FUNCTION),
    W("else", SQ_KEYWORD), W("exec", SQ_RUN), W("encode", SQ_W_FUNCTION),
    W("except", SQ_UNION), W("exists", SQ_W_FUNCTION),
    W("encrypt", SQ_W_FUNCTION), W("execute", SQ_RUN),
    W("extract", SQ_W_FUNCTION), W("export_set", SQ_W_FUNCTION),
    W("extractvalue", SQ_W_DANGER), W("from", SQ_FROM),
    W("false", SQ_VARIABLE), W("fetch", SQ_W_FIRST), W("field", SQ_W_FUNCTION),
    W("floor", SQ_W_FUNCTION), W("format", SQ_W_FUNCTION),
    W("found_rows", SQ_W_FUNCTION), W("find_in_set", SQ_W_FUNCTION),
    W("from_base64", SQ_W_FUNCTION), W("from_unixtime", SQ_W_FUNCTION),
    W("fn_xe_file_target_read_file", SQ_W_DANGER), W("glob", SQ_COMPARE),
    W("grant", SQ_W_FIRST), W("group", SQ_W_FIRST),
    W("getdate", SQ_W_FUNCTION), W("get_lock", SQ_W_DANGER),
    W("greatest", SQ_W_FUNCTION), W("gtid_subset", SQ_W_DANGER),
    W("group_concat", SQ_W_FUNCTION), W("gtid_subtract", SQ_W_DANGER),
    W("generate_series", SQ_W_FUNCTION),
    W("geometrycollection", SQ_W_FUNCTION), W("hex", SQ_W_FUNCTION),
    W("having", SQ_WHERE), W("handler", SQ_W_FIRST),
    W("hextoraw", SQ_W_FUNCTION), W("host_name", SQ_W_FUNCTION),
    W("has_dbaccess", SQ_W_FUNCTION), W("has_table_privilege", SQ_W_FUNCTION),
    W("if", SQ_W_FUNCTION), W("in", SQ_COMPARE), W("is", SQ_COMPARE),
    W("iif", SQ_W_FUNCTION), W("into", SQ_W_FIRST), W("ilike", SQ_COMPARE),
    W("instr", SQ_W_FUNCTION), W("ifnull", SQ_W_FUNCTION),
    W("insert", SQ_W_FIRST), W("isdate", SQ_W_FUNCTION),
    W("isnull", SQ_COMPARE), W("initcap", SQ_W_FUNCTION),
    W("interval", SQ_W_FUNCTION), W("inet_aton", SQ_W_FUNCTION),
    W("inet_ntoa", SQ_W_FUNCTION), W("intersect", SQ_UNION),
    W("is_member", SQ_W_FUNCTION), W("isnumeric", SQ_W_FUNCTION),
    W("inet_server_addr", SQ_W_FUNCTION), W("is_srvrolemember", SQ_W_FUNCTION),
    W("information_schema", SQ_CATALOG), W("innodb_index_stats", SQ_CATALOG),
    W("innodb_table_stats", SQ_CATALOG), W("join", SQ_KEYWORD),
    W("json_agg", SQ_W_FUNCTION), W("json_set", SQ_W_FUNCTION),
    W("json_each", SQ_W_FUNCTION), W("json_keys", SQ_W_FUNCTION),
    W("json_tree", SQ_W_FUNCTION), W("json_type", SQ_W_FUNCTION),
    W("jsonb_agg", SQ_W_FUNCTION), W("json_array", SQ_W_FUNCTION),
    W("json_arrow", SQ_W_FUNCTION), W("json_depth", SQ_W_FUNCTION),
    W("json_merge", SQ_W_FUNCTION), W("json_query", SQ_W_FUNCTION),
    W("json_quote", SQ_W_FUNCTION), W("json_table", SQ_W_FUNCTION),
    W("json_valid", SQ_W_FUNCTION), W("json_value", SQ_W_FUNCTION),
    W("jsonb_each", SQ_W_FUNCTION), W("json_insert", SQ_W_FUNCTION),
    W("json_length", SQ_W_FUNCTION), W("json_modify", SQ_W_FUNCTION),
    W("json_object", SQ_W_FUNCTION), W("json_pretty", SQ_W_FUNCTION),
    W("json_remove", SQ_W_FUNCTION), W("json_search", SQ_W_FUNCTION),
    W("json_extract", SQ_W_FUNCTION), W("json_replace", SQ_W_FUNCTION),
    W("json_unquote", SQ_W_FUNCTION), W("jsonb_pretty", SQ_W_FUNCTION),
    W("jsonb_typeof", SQ_W_FUNCTION), W("json_arrayagg", SQ_W_FUNCTION),
    W("json_contains", SQ_W_FUNCTION), W("json_overlaps", SQ_W_FUNCTION),
    W("json_objectagg", SQ_W_FUNCTION), W("json_serialize", SQ_W_FUNCTION),
    W("json_to_record", SQ_W_FUNCTION), W("json_object_keys", SQ_W_FUNCTION),
    W("jsonb_path_query", SQ_W_FUNCTION),
    W("json_array_length", SQ_W_FUNCTION),
    W("json_build_object", SQ_W_FUNCTION),
    W("json_extract_path", SQ_W_FUNCTION),
    W("json_storage_size", SQ_W_FUNCTION),
    W("jsonb_object_keys", SQ_W_FUNCTION),
    W("jsonb_path_exists", SQ_W_FUNCTION),
    W("json_contains_path", SQ_W_FUNCTION),
    W("jsonb_array_length", SQ_W_FUNCTION),
    W("jsonb_extract_path", SQ_W_FUNCTION),
    W("json_extract_path_text", SQ_W_FUNCTION),
    W("jsonb_extract_path_text", SQ_W_FUNCTION), W("ln", SQ_W_FUNCTION),
    W("len", SQ_W_FUNCTION), W("log", SQ_W_FUNCTION), W("left", SQ_W_FUNCTION),
    W("like", SQ_COMPARE), W("load", SQ_W_FIRST), W("log2", SQ_W_FUNCTION),
    W("lpad", SQ_W_FUNCTION), W("lcase", SQ_W_FUNCTION),
    W("least", SQ_W_FUNCTION), W("limit", SQ_LIMIT), W("log10", SQ_W_FUNCTION),
    W("lower", SQ_W_FUNCTION), W("ltrim", SQ_W_FUNCTION),
    W("length", SQ_W_FUNCTION), W("lo_get", SQ_W_DANGER),
    W("locate", SQ_W_FUNCTION), W("listagg", SQ_W_FUNCTION),
    W("lo_export", SQ_W_DANGER), W("lo_import", SQ_W_DANGER),
    W("load_file", SQ_W_DANGER), W("likelihood", SQ_W_FUNCTION),
    W("linestring", SQ_W_FUNCTION), W("last_insert_id", SQ_W_FUNCTION),
    W("load_extension", SQ_W_DANGER), W("last_insert_rowid", SQ_W_FUNCTION),
    W("max", SQ_W_FUNCTION), W("md5", SQ_W_FUNCTION), W("mid", SQ_W_FUNCTION),
    W("min", SQ_W_FUNCTION), W("mod", SQ_ARITH), W("match", SQ_COMPARE),
    W("merge", SQ_W_FIRST), W("minus", SQ_UNION), W("make_set", SQ_W_FUNCTION),
    W("makedate", SQ_W_FUNCTION), W("msysaces", SQ_CATALOG),
    W("monthname", SQ_W_FUNCTION), W("multipoint", SQ_W_FUNCTION),
    W("msysobjects", SQ_CATALOG), W("msysqueries", SQ_CATALOG),
    W("microseconds", SQ_W_FUNCTION), W("multipolygon", SQ_W_FUNCTION),
    W("master_pos_wait", SQ_W_DANGER), W("multilinestring", SQ_W_FUNCTION),
    W("not", SQ_NOT), W("now", SQ_W_FUNCTION), W("nvl", SQ_W_FUNCTION),
    W("null", SQ_VARIABLE), W("nvl2", SQ_W_FUNCTION),
    W("nchar", SQ_W_FUNCTION), W("newid", SQ_W_FUNCTION),
    W("nullif", SQ_W_FUNCTION), W("notnull", SQ_COMPARE),
    W("name_const", SQ_W_DANGER), W("numtodsinterval", SQ_W_FUNCTION),
    W("on", SQ_KEYWORD), W("or", SQ_LOGIC), W("oct", SQ_W_FUNCTION),
    W("ord", SQ_W_FUNCTION), W("order", SQ_W_FIRST), W("offset", SQ_W_FIRST),
    W("openxml", SQ_W_FUNCTION), W("openjson", SQ_W_FUNCTION),
    W("overlaps", SQ_COMPARE), W("object_id", SQ_W_FUNCTION),
    W("openquery", SQ_W_DANGER), W("openrowset", SQ_W_DANGER),
    W("object_name", SQ_W_FUNCTION), W("octet_length", SQ_W_FUNCTION),
    W("opendatasource", SQ_W_DANGER), W("pi", SQ_W_FUNCTION),
    W("pow", SQ_W_FUNCTION), W("power", SQ_W_FUNCTION), W("prior", SQ_FILLER),
    W("printf", SQ_W_FUNCTION), W("pg_proc", SQ_CATALOG),
    W("pg_user", SQ_CATALOG), W("polygon", SQ_W_FUNCTION),
    W("prepare", SQ_W_FIRST), W("password", SQ_W_FUNCTION),
    W("patindex", SQ_W_FUNCTION), W("pg_class", SQ_CATALOG),
    W("pg_roles", SQ_CATALOG), W("pg_sleep", SQ_W_DANGER),
    W("position", SQ_W_FUNCTION), W("parsename", SQ_W_FUNCTION),
    W("pg_ls_dir", SQ_W_DANGER), W("pg_shadow", SQ_CATALOG),
    W("pg_tables", SQ_CATALOG), W("procedure", SQ_W_FIRST),
    W("pg_catalog", SQ_CATALOG), W("pg_database", SQ_CATALOG),
    W("pg_namespace", SQ_CATALOG), W("pg_read_file", SQ_W_DANGER),
    W("pg_sleep_for", SQ_W_DANGER), W("pg_backend_pid", SQ_W_FUNCTION),
    W("pg_sleep_until", SQ_W_DANGER), W("pg_database_size", SQ_W_FUNCTION),
    W("pg_stat_activity", SQ_CATALOG), W("pg_client_encoding", SQ_W_FUNCTION),
    W("pg_read_binary_file", SQ_W_DANGER), W("quote", SQ_W_FUNCTION),
    W("quarter", SQ_W_FUNCTION), W("quotename", SQ_W_FUNCTION),
    W("query_to_xml", SQ_W_DANGER), W("quote_literal", SQ_W_FUNCTION),
    W("row", SQ_W_FUNCTION), W("rand", SQ_W_FUNCTION),
    W("rank", SQ_W_FUNCTION), W("rpad", SQ_W_FUNCTION),
    W("right", SQ_W_FUNCTION), W("rlike", SQ_COMPARE),
    W("round", SQ_W_FUNCTION), W("rtrim", SQ_W_FUNCTION),
    W("random", SQ_W_FUNCTION), W("regexp", SQ_COMPARE),
    W("rename", SQ_W_FIRST), W("repeat", SQ_W_FUNCTION),
    W("revoke", SQ_W_FIRST), W("radians", SQ_W_FUNCTION),
    W("replace", SQ_W_FIRST), W("restore", SQ_W_FIRST),
    W("reverse", SQ_W_FUNCTION), W("rawtohex", SQ_W_FUNCTION),
    W("readfile", SQ_W_DANGER), W("row_count", SQ_W_FUNCTION),
    W("randomblob", SQ_W_DANGER), W("row_number", SQ_W_FUNCTION),
    W("regexp_like", SQ_W_FUNCTION), W("row_to_json", SQ_W_FUNCTION),
    W("regexp_instr", SQ_W_FUNCTION), W("release_lock", SQ_W_DANGER),
    W("regexp_substr", SQ_W_FUNCTION), W("regexp_matches", SQ_W_FUNCTION),
    W("regexp_replace", SQ_W_FUNCTION),
    W("regexp_split_to_table", SQ_W_FUNCTION), W("set", SQ_SET),
    W("sha", SQ_W_FUNCTION), W("sin", SQ_W_FUNCTION), W("str", SQ_W_FUNCTION),
    W("sum", SQ_W_FUNCTION), W("sha1", SQ_W_FUNCTION),
    W("sha2", SQ_W_FUNCTION), W("sign", SQ_W_FUNCTION), W("some", SQ_FILLER),
    W("sqrt", SQ_W_FUNCTION), W("sleep", SQ_W_DANGER),
    W("space", SQ_W_FUNCTION), W("start", SQ_W_FIRST),
    W("stuff", SQ_W_FUNCTION), W("schema", SQ_W_FUNCTION),
    W("select", SQ_SELECT), W("sounds", SQ_W_FIRST),
    W("stddev", SQ_W_FUNCTION), W("strcmp", SQ_W_FUNCTION),
    W("substr", SQ_W_FUNCTION), W("similar", SQ_W_FIRST),
    W("soundex", SQ_W_FUNCTION), W("sysdate", SQ_W_FUNCTION),
    W("shutdown", SQ_RUN), W("sys_eval", SQ_W_DANGER),
    W("sys_exec", SQ_W_DANGER), W("sysusers", SQ_CATALOG),
    W("substring", SQ_W_FUNCTION), W("syslogins", SQ_CATALOG),
    W("split_part", SQ_W_FUNCTION), W("string_agg", SQ_W_FUNCTION),
    W("suser_name", SQ_W_FUNCTION), W("syscolumns", SQ_CATALOG),
    W("sysobjects", SQ_CATALOG), W("sp_addlogin", SQ_CATALOG),
    W("sp_oacreate", SQ_CATALOG), W("sp_oamethod", SQ_CATALOG),
    W("sp_password", SQ_CATALOG), W("starts_with", SQ_W_FUNCTION),
    W("suser_sname", SQ_W_FUNCTION), W("sys_context", SQ_W_FUNCTION),
    W("system_user", SQ_W_FUNCTION), W("session_user", SQ_W_FUNCTION),
    W("sp_configure", SQ_CATALOG), W("sysdatabases", SQ_CATALOG),
    W("sysprocesses", SQ_CATALOG), W("sp_executesql", SQ_CATALOG),
    W("sqlite_master", SQ_CATALOG), W("sqlite_schema", SQ_CATALOG),
    W("serverproperty", SQ_W_FUNCTION), W("sp_makewebtask", SQ_CATALOG),
    W("sqlite_version", SQ_W_FUNCTION), W("source_pos_wait", SQ_W_DANGER),
    W("string_to_array", SQ_W_FUNCTION), W("substring_index", SQ_W_FUNCTION),
    W("st_latfromgeohash", SQ_W_FUNCTION), W("sqlite_temp_master", SQ_CATALOG),
    W("st_longfromgeohash", SQ_W_FUNCTION),
    W("sp_addsrvrolemember", SQ_CATALOG),
    W("st_pointfromgeohash", SQ_W_FUNCTION),
    W("sqlite_compileoption_get", SQ_W_FUNCTION), W("tan", SQ_W_FUNCTION),
    W("top", SQ_W_TOP), W("then", SQ_KEYWORD), W("trim", SQ_W_FUNCTION),
    W("true", SQ_VARIABLE), W("table", SQ_KEYWORD), W("trunc", SQ_W_FUNCTION),
    W("typeof", SQ_W_FUNCTION), W("to_char", SQ_W_FUNCTION),
    W("to_date", SQ_W_FUNCTION), W("to_json", SQ_W_FUNCTION),
    W("to_jsonb", SQ_W_FUNCTION), W("truncate", SQ_W_FIRST),
    W("try_cast", SQ_W_FUNCTION), W("to_base64", SQ_W_FUNCTION),
    W("to_number", SQ_W_FUNCTION), W("translate", SQ_W_FUNCTION),
    W("tab_columns", SQ_CATALOG), W("try_convert", SQ_W_FUNCTION),
    W("table_to_xml", SQ_W_DANGER), W("timestampadd", SQ_W_FUNCTION),
    W("total_changes", SQ_W_FUNCTION), W("user", SQ_W_FUNCTION),
    W("uuid", SQ_W_FUNCTION), W("ucase", SQ_W_FUNCTION),
    W("unhex", SQ_W_FUNCTION), W("union", SQ_UNION), W("upper", SQ_W_FUNCTION),
    W("using", SQ_KEYWORD), W("unistr", SQ_W_FUNCTION),
    W("unnest", SQ_W_FUNCTION), W("update", SQ_UPDATE),
    W("unicode", SQ_W_FUNCTION), W("unknown", SQ_NUMBER),
    W("user_id", SQ_W_FUNCTION), W("userenv", SQ_W_FUNCTION),
    W("unlikely", SQ_W_FUNCTION), W("utc_date", SQ_W_FUNCTION),
    W("updatexml", SQ_W_DANGER), W("user_lock", SQ_CATALOG),
    W("user_name", SQ_W_FUNCTION), W("uncompress", SQ_W_FUNCTION),
    W("user_tables", SQ_CATALOG), W("user_tab_columns", SQ_CATALOG),
    W("values", SQ_W_FUNCTION), W("version", SQ_W_FUNCTION),
    W("variance", SQ_W_FUNCTION), W("when", SQ_KEYWORD), W("with", SQ_KEYWORD),
    W("where", SQ_WHERE), W("waitfor", SQ_W_FIRST),
    W("writefile", SQ_W_DANGER), W("xor", SQ_LOGIC), W("xpath", SQ_W_FUNCTION),
    W("xmlagg", SQ_W_FUNCTION), W("xmltype", SQ_W_FUNCTION),
    W("xmlparse", SQ_W_DANGER), W("xmltable", SQ_W_FUNCTION),
    W("xmlexists", SQ_W_FUNCTION), W("xml_schema", SQ_W_FUNCTION),
    W("xmlelement", SQ_W_FUNCTION), W("xp_dirtree", SQ_CATALOG),
    W("xp_enumdsn", SQ_CATALOG), W("xp_makecab", SQ_CATALOG),
    W("xp_regread", SQ_CATALOG), W("xp_subdirs", SQ_CATALOG),
    W("xp_cmdshell", SQ_CATALOG), W("xp_regwrite", SQ_CATALOG),
    W("xp_fileexist", SQ_CATALOG), W("xp_loginconfig", SQ_CATALOG),
    W("xp_availablemedia", SQ_CATALOG), W("xp_servicecontrol", SQ_CATALOG),
    W("xp_ntsec_enumdomains", SQ_CATALOG),
    W("xp_terminate_process", SQ_CATALOG), W("zeroblob", SQ_W_FUNCTION),
};

/* clang-format on */


/* Two words that are one, by the first. */

/* clang-format off */

static const struct {
    const char *first;
    const char *second;
    uint8_t     type;
} api_sqli_pairs[] = {
    { "alter", "column", SQ_DEFINE },
    { "alter", "database", SQ_DEFINE },
    { "alter", "extension", SQ_DEFINE },
    { "alter", "function", SQ_DEFINE },
    { "alter", "index", SQ_DEFINE },
    { "alter", "login", SQ_DEFINE },
    { "alter", "procedure", SQ_DEFINE },
    { "alter", "role", SQ_DEFINE },
    { "alter", "schema", SQ_DEFINE },
    { "alter", "sequence", SQ_DEFINE },
    { "alter", "session", SQ_DEFINE },
    { "alter", "system", SQ_DEFINE },
    { "alter", "table", SQ_DEFINE },
    { "alter", "tablespace", SQ_DEFINE },
    { "alter", "trigger", SQ_DEFINE },
    { "alter", "type", SQ_DEFINE },
    { "alter", "user", SQ_DEFINE },
    { "alter", "view", SQ_DEFINE },
    { "backup", "database", SQ_DEFINE },
    { "backup", "log", SQ_DEFINE },
    { "boolean", "mode", SQ_FILLER },
    { "case", "when", SQ_CASE },
    { "create", "column", SQ_DEFINE },
    { "create", "database", SQ_DEFINE },
    { "create", "extension", SQ_DEFINE },
    { "create", "function", SQ_DEFINE },
    { "create", "index", SQ_DEFINE },
    { "create", "login", SQ_DEFINE },
    { "create", "procedure", SQ_DEFINE },
    { "create", "role", SQ_DEFINE },
    { "create", "schema", SQ_DEFINE },
    { "create", "sequence", SQ_DEFINE },
    { "create", "table", SQ_DEFINE },
    { "create", "tablespace", SQ_DEFINE },
    { "create", "temporary", SQ_DEFINE },
    { "create", "trigger", SQ_DEFINE },
    { "create", "type", SQ_DEFINE },
    { "create", "unique", SQ_DEFINE },
    { "create", "user", SQ_DEFINE },
    { "create", "view", SQ_DEFINE },
    { "delete", "from", SQ_MODIFY },
    { "delete", "ignore", SQ_MODIFY },
    { "delete", "low_priority", SQ_MODIFY },
    { "delete", "quick", SQ_MODIFY },
    { "drop", "column", SQ_DEFINE },
    { "drop", "database", SQ_DEFINE },
    { "drop", "extension", SQ_DEFINE },
    { "drop", "function", SQ_DEFINE },
    { "drop", "index", SQ_DEFINE },
    { "drop", "login", SQ_DEFINE },
    { "drop", "procedure", SQ_DEFINE },
    { "drop", "role", SQ_DEFINE },
    { "drop", "schema", SQ_DEFINE },
    { "drop", "sequence", SQ_DEFINE },
    { "drop", "table", SQ_DEFINE },
    { "drop", "tablespace", SQ_DEFINE },
    { "drop", "trigger", SQ_DEFINE },
    { "drop", "type", SQ_DEFINE },
    { "drop", "user", SQ_DEFINE },
    { "drop", "view", SQ_DEFINE },
    { "execute", "immediate", SQ_DEFINE },
    { "fetch", "first", SQ_LIMIT },
    { "fetch", "next", SQ_LIMIT },
    { "grant", "all", SQ_DEFINE },
    { "grant", "execute", SQ_DEFINE },
    { "grant", "select", SQ_DEFINE },
    { "group", "by", SQ_ORDER },
    { "handler", "read", SQ_DEFINE },
    { "insert", "delayed", SQ_MODIFY },
    { "insert", "ignore", SQ_MODIFY },
    { "insert", "into", SQ_MODIFY },
    { "insert", "low_priority", SQ_MODIFY },
    { "into", "dumpfile", SQ_OUTFILE },
    { "into", "outfile", SQ_OUTFILE },
    { "load", "data", SQ_DEFINE },
    { "load", "xml", SQ_DEFINE },
    { "merge", "into", SQ_MODIFY },
    { "order", "by", SQ_ORDER },
    { "procedure", "analyse", SQ_OUTFILE },
    { "rename", "table", SQ_DEFINE },
    { "replace", "into", SQ_MODIFY },
    { "restore", "database", SQ_DEFINE },
    { "revoke", "all", SQ_DEFINE },
    { "similar", "to", SQ_COMPARE },
    { "sounds", "like", SQ_COMPARE },
    { "truncate", "table", SQ_DEFINE },
    { "waitfor", "delay", SQ_WAIT },
    { "waitfor", "time", SQ_WAIT },
};

/* Where those of each first letter begin. */

static const uint8_t api_sqli_pairs_from[26] = {
    0, 18, 21, 40, 60, 61, 63, 67, 68, 88, 88, 74, 76,
    88, 77, 78, 88, 79, 83, 85, 88, 88, 86, 88, 88, 88,
};

/* clang-format on */


#define NENTRIES (sizeof(api_sqli_entries) / sizeof(api_sqli_entries[0]))
#define NPAIRS (sizeof(api_sqli_pairs) / sizeof(api_sqli_pairs[0]))


/* Does the word, in any case, equal the entry, which is lower case? */

static bool
api_sqli_equals(api_span_t word, const char *entry)
{
    size_t i;

    for (i = 0; i < word.len; i++) {
        if (entry[i] == '\0' || api_lower(word.data[i]) != (uint8_t) entry[i])
        {
            return false;
        }
    }

    return entry[i] == '\0';
}


api_sqli_type_t
api_sqli_word_in(api_span_t word, uint32_t hash)
{
    uint32_t                i, slot;
    const api_sqli_entry_t *entry;

    for (i = hash >> API_SQLI_SLOT_SHIFT; (slot = api_sqli_slots[i]) != 0;
         i = (i + 1) % API_SQLI_SLOTS)
    {
        if ((slot & API_SQLI_PRINTS) != API_SQLI_PRINT(hash)) {
            continue;
        }

        entry = &api_sqli_entries[(slot & API_SQLI_NUMBERS) - 1];

        if (api_sqli_equals(word, entry->word)) {
            return (api_sqli_type_t) entry->type;
        }
    }

    return SQ_NAME;
}


static void
api_sqli_slots_make(uint16_t *slots)
{
    size_t     i, k;
    uint32_t   hash;
    api_span_t word;

    for (i = 0; i < NENTRIES && NENTRIES < API_SQLI_NUMBERS; i++) {
        word = api_span(
            api_sqli_entries[i].word, strlen(api_sqli_entries[i].word));
        hash = api_sqli_hash(word);
        k = hash >> API_SQLI_SLOT_SHIFT;

        if (slots[k] != 0) {
            slots[k] |= API_SQLI_PASSED;
        }

        while (slots[k] != 0) {
            k = (k + 1) % API_SQLI_SLOTS;
        }

        slots[k] = (uint16_t) (API_SQLI_PRINT(hash) | (i + 1));
    }
}


bool
api_sqli_slots_ok(char *text, size_t size)
{
    int             n;
    size_t          i;
    static uint16_t slots[API_SQLI_SLOTS];

    memset(slots, 0, sizeof(slots));
    api_sqli_slots_make(slots);

    for (i = 0; i < API_SQLI_SLOTS; i++) {
        n = snprintf(text, size, "%s0x%04x,", i % 10 == 0 ? "\n    " : " ",
            (unsigned) slots[i]);

        if (n < 0 || (size_t) n >= size) {
            return false;
        }

        text += n;
        size -= (size_t) n;
    }

    return memcmp(slots, api_sqli_slots, sizeof(slots)) == 0;
}


const char *
api_sqli_entry(size_t i)
{
    return i < NENTRIES ? api_sqli_entries[i].word : NULL;
}


api_sqli_type_t
api_sqli_words(api_span_t first, api_span_t second)
{
    size_t      i;
    uint8_t     c, d;
    const char *pair;

    c = first.len ? api_lower(first.data[0]) : 0;
    d = second.len ? api_lower(second.data[0]) : 0;

    for (i = c >= 'a' && c <= 'z' ? api_sqli_pairs_from[c - 'a'] : NPAIRS;
         i < NPAIRS; i++)
    {
        pair = api_sqli_pairs[i].first;

        if (c != (uint8_t) pair[0]) {
            break;
        }

        if (d == (uint8_t) api_sqli_pairs[i].second[0]
            && api_sqli_equals(first, pair)
            && api_sqli_equals(second, api_sqli_pairs[i].second))
        {
            return (api_sqli_type_t) api_sqli_pairs[i].type;
        }
    }

    return SQ_NAME;
}


bool
api_sqli_pairs_ok(void)
{
    size_t  i;
    uint8_t c, before;

    for (i = 0, before = 0; i < NPAIRS; i++) {
        c = (uint8_t) api_sqli_pairs[i].first[0];

        if (c < before || (c != before && api_sqli_pairs_from[c - 'a'] != i)) {
            return false;
        }

        before = c;
    }

    return true;
}
