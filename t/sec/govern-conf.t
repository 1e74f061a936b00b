# Mistakes in api_policy and api_exception, and where they may stand.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: everywhere
--- http_config
    api_policy a owner=o;
    api_exception x1 rule=auth expires=2099-01-01 owner=o;
--- config
    api_policy b owner=o review_by=2099-01-01;
    location /y {
        api_policy off;
        limit_except GET { api_exception x2 rule=waf expires=2099-01-01 owner=o; deny all; }
        if ($arg_a) { api_exception x3 rule=waf expires=2099-01-01 owner=o; }
        return 204;
    }
--- request
GET /y
--- error_code: 204



=== TEST 2: no owner
--- config
    api_policy a;
--- must_die
--- error_log
"api_policy" directive needs owner=NAME: who answers for it



=== TEST 3: a day that is none
--- config
    api_policy a owner=o review_by=2026-02-30;
--- must_die
--- error_log
review_by= takes a day such as 2027-06-30: "2026-02-30"



=== TEST 4: twice
--- config
    api_policy a owner=o; api_policy b owner=o;
--- must_die
--- error_log
"api_policy" directive is duplicate



=== TEST 5: an exception without an end
--- config
    api_exception a rule=waf owner=o;
--- must_die
--- error_log
"api_exception" directive needs rule=, expires= and owner=: an exception ends, and is somebody's



=== TEST 6: an end that is none
--- config
    api_exception a rule=waf owner=o expires=friday;
--- must_die
--- error_log
expires= takes a day such as 2027-01-31, or 2027-01-31T12:00:00Z: "friday"



=== TEST 7: a check that cannot be excepted
--- config
    api_exception a rule=body owner=o expires=2099-01-01;
--- must_die
--- error_log
rule= takes auth, require, bind, schema, limit, waf, leak or behavior, with a reason behind a dot or none: "body"



=== TEST 8: nothing behind the dot
--- config
    api_exception a rule=auth. owner=o expires=2099-01-01;
--- must_die
--- error_log
or none: "auth."



=== TEST 9: no rule of the WAF
--- config
    api_exception a rule=waf.sqli owner=o expires=2099-01-01;
--- must_die
--- error_log
behind "waf." stands the id of a rule, as in waf.942100: "waf.sqli"



=== TEST 10: a scope that is none
--- config
    api_exception a rule=waf scope=path:/a,user:b owner=o expires=2099-01-01;
--- must_die
--- error_log
scope= takes operation:ID, operation:CONTRACT/ID, principal:NAME, issuer:NAME, path:/BEGINNING and address:NETWORK, with commas between them: "user:b"



=== TEST 11: a network that is none
--- config
    api_exception a rule=waf scope=address:10.0.0.1/8 owner=o expires=2099-01-01;
--- must_die
--- error_log
api_exception: no address or network: "10.0.0.1/8"



=== TEST 12: a scope twice
--- config
    api_exception a rule=waf scope=path:/a,path:/b owner=o expires=2099-01-01;
--- must_die
--- error_log
api_exception: "path:" stands twice in scope=



=== TEST 13: a name twice
--- config
    location /a { api_exception a rule=waf owner=o expires=2099-01-01; }
    location /b { api_exception a rule=auth owner=o expires=2099-01-01; }
--- must_die
--- error_log
api_exception: there are two of the name "a"



=== TEST 14: an unknown parameter
--- config
    api_exception a until=never;
--- must_die
--- error_log
"until=never"



=== TEST 15: a network twice
--- config
    api_exception a rule=waf scope=address:10.0.0.0/8,address:127.0.0.1 owner=o expires=2099-01-01;
--- must_die
--- error_log
api_exception: "address:" stands twice in scope=



=== TEST 16: an operation that no contract has
--- user_files
>>> a.yaml
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /a: { get: { operationId: one, responses: { default: { description: d } } } }
  /b: { get: { responses: { default: { description: d } } } }
>>> b.yaml
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /c: { get: { operationId: one, responses: { default: { description: d } } } }
--- http_config
    api_schema_spec a $TEST_NGINX_HTML_DIR/a.yaml;
    api_schema_spec b $TEST_NGINX_HTML_DIR/b.yaml;
--- config
    api_exception x rule=schema scope=operation:none owner=o expires=2099-01-01;
    location /x { return 204; }
--- must_die
--- error_log
no api_schema_spec has an operation "none"



=== TEST 17: an operation that two have
--- user_files
>>> a.yaml
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /a: { get: { operationId: one, responses: { default: { description: d } } } }
  /b: { get: { responses: { default: { description: d } } } }
>>> b.yaml
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /c: { get: { operationId: one, responses: { default: { description: d } } } }
--- http_config
    api_schema_spec a $TEST_NGINX_HTML_DIR/a.yaml;
    api_schema_spec b $TEST_NGINX_HTML_DIR/b.yaml;
--- config
    api_exception x rule=schema scope=operation:one owner=o expires=2099-01-01;
    location /x { return 204; }
--- must_die
--- error_log
several api_schema_spec have an operation "one": say which, as in operation:CONTRACT/one



=== TEST 18: ... of one of them
--- user_files
>>> a.yaml
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /a: { get: { operationId: one, responses: { default: { description: d } } } }
  /b: { get: { responses: { default: { description: d } } } }
>>> b.yaml
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /c: { get: { operationId: one, responses: { default: { description: d } } } }
--- http_config
    api_schema_spec a $TEST_NGINX_HTML_DIR/a.yaml;
    api_schema_spec b $TEST_NGINX_HTML_DIR/b.yaml;
--- config
    api_exception x rule=schema scope=operation:b/one owner=o expires=2099-01-01;
    location /x { return 204; }
--- request
GET /x
--- error_code: 204



=== TEST 19: a contract that does not have it
--- user_files
>>> a.yaml
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /a: { get: { operationId: one, responses: { default: { description: d } } } }
  /b: { get: { responses: { default: { description: d } } } }
>>> b.yaml
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /c: { get: { operationId: one, responses: { default: { description: d } } } }
--- http_config
    api_schema_spec a $TEST_NGINX_HTML_DIR/a.yaml;
    api_schema_spec b $TEST_NGINX_HTML_DIR/b.yaml;
--- config
    api_exception x rule=schema "scope=operation:b/GET /b" owner=o expires=2099-01-01;
    location /x { return 204; }
--- must_die
--- error_log
no api_schema_spec has an operation "b/GET /b"



=== TEST 20: an operation without an id, its contract
--- user_files
>>> a.yaml
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /a: { get: { operationId: one, responses: { default: { description: d } } } }
  /b: { get: { responses: { default: { description: d } } } }
>>> b.yaml
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /c: { get: { operationId: one, responses: { default: { description: d } } } }
--- http_config
    api_schema_spec a $TEST_NGINX_HTML_DIR/a.yaml;
    api_schema_spec b $TEST_NGINX_HTML_DIR/b.yaml;
--- config
    api_exception x rule=schema "scope=operation:a/GET /b" owner=o expires=2099-01-01;
    location /x { return 204; }
--- request
GET /x
--- error_code: 204



=== TEST 21: ... and without that
--- user_files
>>> a.yaml
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /a: { get: { operationId: one, responses: { default: { description: d } } } }
  /b: { get: { responses: { default: { description: d } } } }
>>> b.yaml
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /c: { get: { operationId: one, responses: { default: { description: d } } } }
--- http_config
    api_schema_spec a $TEST_NGINX_HTML_DIR/a.yaml;
    api_schema_spec b $TEST_NGINX_HTML_DIR/b.yaml;
--- config
    api_exception x rule=schema "scope=operation:GET /b" owner=o expires=2099-01-01;
    location /x { return 204; }
--- request
GET /x
--- error_code: 204



=== TEST 22: an issuer that is none
--- user_files
>>> a.yaml
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /a: { get: { operationId: one, responses: { default: { description: d } } } }
  /b: { get: { responses: { default: { description: d } } } }
>>> b.yaml
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /c: { get: { operationId: one, responses: { default: { description: d } } } }
--- http_config
    api_schema_spec a $TEST_NGINX_HTML_DIR/a.yaml;
    api_schema_spec b $TEST_NGINX_HTML_DIR/b.yaml;
--- config
    api_exception x rule=schema scope=issuer:corp owner=o expires=2099-01-01;
    location /x { return 204; }
--- must_die
--- error_log
nothing that api_auth could take is called "corp": issuer: is the NAME of an api_jwt_issuer, api_key_store, api_mtls or api_introspect
