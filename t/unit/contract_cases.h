/* Requests for t/unit/contract/styles.yaml, and what is wrong with them. */

#ifndef CONTRACT_CASES_H
#define CONTRACT_CASES_H

#define OK 0
#define JSON "Content-Type: application/json\n\n"
#define FORM "Content-Type: application/x-www-form-urlencoded\n\n"
#define PART(name, more)                                                      \
    "--B\r\nContent-Disposition: form-data; name=\"" name "\"" more "\r\n\r"  \
    "\n"
#define MULTI "Content-Type: multipart/form-data; boundary=B\n\n"
#define TITLE PART("title", "") "abc\r\n"
#define FILE_(type, body)                                                     \
    PART("file", "; filename=\"f\"\r\nContent-Type: " type "\r\nX-Sum: 7")    \
    body "\r\n"
#define END "--B--\r\n"

static const struct {
    const char *request;
    unsigned    status;
    const char *fault; /* "in name pointer keyword", of the first */
} cases[] = {
    /* routes */
    { "GET /v1/simple/7", OK, NULL },
    { "GET /eu/v1/simple/7", OK, NULL },
    { "GET /us/v1/simple/7", OK, NULL },
    { "GET /v2/simple/7", OK, NULL },
    { "GET /uk/v1/simple/7", 404, NULL },
    { "GET /simple/7", 404, NULL },
    { "GET /v1/simple/7/", 404, NULL },
    { "GET /v1/simple/", 404, NULL },
    { "GET /v1/a/..%2fsimple/7", 404, NULL },
    { "POST /v1/simple/7", 405, NULL },
    { "get /v1/simple/7", 405, NULL },
    { "GET /v1/simple/x", 400, "path id type" },
    { "GET /v1/simple/0", 400, "path id minimum" },
    { "GET /v1/simple/7%", 404, NULL },
    { "GET /v1/simple/%37", OK, NULL },
    { "GET /v1/simple/%ff", 400, "path id encoding" },
    { "GET /v1/simple/7?a=1", 400, "query a unknown" },
    { "GET /v1/simple/7?api_key=1", OK, NULL },
    { "GET /v1/simple/7?%zz", 400, "query encoding" },
    { "GET /v1/simple/7?%00", 400, "query encoding" },

    /* path */
    { "GET /v1/simple-array/1,2,3", OK, NULL },
    { "GET /v1/simple-array/1", OK, NULL },
    { "GET /v1/simple-array/1,2,3,4", 400, "path ids maxItems" },
    { "GET /v1/simple-array/1,x", 400, "path ids /1 type" },
    { "GET /v1/simple-array/1%2C2", 400, "path ids /0 type" },
    { "GET /v1/simple-object/x,1,y,2", OK, NULL },
    { "GET /v1/simple-object/x,1,y", 400, "path o style" },
    { "GET /v1/simple-object/y,1", 400, "path o required" },
    { "GET /v1/simple-object/x,1,x,2", 400, "path o duplicate" },
    { "GET /v1/simple-object/x,1,%78,2", 400, "path o duplicate" },
    { "GET /v1/simple-object/x,1,z,2", 400, "path o /z additionalProperties" },
    { "GET /v1/simple-object-exploded/x=1,y=2", OK, NULL },
    { "GET /v1/simple-object-exploded/x,1", 400, "path o style" },
    { "GET /v1/label/.7", OK, NULL },
    { "GET /v1/label/7", 400, "path id style" },
    { "GET /v1/label-array/.1.2", OK, NULL },
    { "GET /v1/label-array/.1,2", 400, "path ids /0 type" },
    { "GET /v1/label-object/.x,1,y,2", OK, NULL },
    { "GET /v1/label-object/.x,z", 400, "path o /x type" },
    { "GET /v1/matrix/;id=7", OK, NULL },
    { "GET /v1/matrix/;no=7", 400, "path id style" },
    { "GET /v1/matrix/7", 400, "path id style" },
    { "GET /v1/matrix-array/;ids=1,2", OK, NULL },
    { "GET /v1/matrix-array/;ids=1,x", 400, "path ids /1 type" },
    { "GET /v1/matrix-array-exploded/;ids=1;ids=2", OK, NULL },
    { "GET /v1/matrix-array-exploded/;ids=1;id=2", 400, "path ids style" },
    { "GET /v1/matrix-object-exploded/;x=1;y=2", OK, NULL },
    { "GET /v1/matrix-object-exploded/;x=1;y=z", 400, "path o /y type" },
    { "GET /v1/mixed/abc.json", OK, NULL },
    { "GET /v1/mixed/abcdef.json", 400, "path name maxLength" },
    { "GET /v1/mixed/abc.txt", 400, "path ext enum" },

    /* query */
    { "GET /v1/query", OK, NULL },
    { "GET /v1/query?n=7&s=a+b&b=true&x=1e2", OK, NULL },
    { "GET /v1/query?n=7.5", 400, "query n type" },
    { "GET /v1/query?n=%37", OK, NULL },
    { "GET /v1/query?n=+7", 400, "query n type" },
    { "GET /v1/query?n=07", 400, "query n type" },
    { "GET /v1/query?n=0x7", 400, "query n type" },
    { "GET /v1/query?n=", 400, "query n type" },
    { "GET /v1/query?n", 400, "query n type" },
    { "GET /v1/query?n=101", 400, "query n maximum" },
    { "GET /v1/query?n=1&n=2", 400, "query n duplicate" },
    { "GET /v1/query?n=1&%6e=2", 400, "query n duplicate" },
    { "GET /v1/query?N=1", 400, "query N unknown" },
    { "GET /v1/query?n[]=1", 400, "query n[] unknown" },
    { "GET /v1/query?s=", 400, "query s minLength" },
    { "GET /v1/query?s=abcdef", 400, "query s maxLength" },
    { "GET /v1/query?s=%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9", OK, NULL },
    { "GET /v1/query?s=5", OK, NULL },
    { "GET /v1/query?b=1", 400, "query b type" },
    { "GET /v1/query?b=True", 400, "query b type" },
    { "GET /v1/query?x=null", OK, NULL },
    { "GET /v1/query?flag&flag", 400, "query flag duplicate" },
    { "GET /v1/query?flag", OK, NULL },
    { "GET /v1/query?flag=x", 400, "query flag type" },
    { "GET /v1/query?list=1&list=2", OK, NULL },
    { "GET /v1/query?list=1&list=x", 400, "query list /1 type" },
    { "GET /v1/query?list=1&list=2&list=3&list=4", 400,
        "query list maxItems" },
    { "GET /v1/query?list=1,2", 400, "query list /0 type" },
    { "GET /v1/query?csv=1,2", OK, NULL },
    { "GET /v1/query?csv=1&csv=2", 400, "query csv duplicate" },
    { "GET /v1/query?csv=1%2C2", 400, "query csv /0 type" },
    { "GET /v1/query?words=a%2Cb,c", OK, NULL },
    { "GET /v1/query?sp=1%202", OK, NULL },
    { "GET /v1/query?sp=1+2", OK, NULL },
    { "GET /v1/query?sp=1,2", 400, "query sp /0 type" },
    { "GET /v1/query?pipe=1|2", OK, NULL },
    { "GET /v1/query?pipe=1%7C2", OK, NULL },
    { "GET /v1/query?obj=x,1,y,2", OK, NULL },
    { "GET /v1/query?obj=x,1,y", 400, "query obj style" },
    { "GET /v1/query?where[a]=1", OK, NULL },
    { "GET /v1/query?where%5Ba%5D=1", OK, NULL },
    { "GET /v1/query?where[a]=x", 400, "query where /a type" },
    { "GET /v1/query?where[z]=1", 400, "query where /z additionalProperties" },
    { "GET /v1/query?where[a]=1&where[a]=2", 400, "query where duplicate" },
    { "GET /v1/query?where[a]=1&where[a][b]=2", 400, "query where duplicate" },
    { "GET /v1/query?where[in][]=1&where[in][]=2", OK, NULL },
    { "GET /v1/query?where[in][0]=1&where[in][1]=2", OK, NULL },
    { "GET /v1/query?where[in][1]=1", 400, "query where style" },
    { "GET /v1/query?where[in][0]=1&where[in][]=2", 400, "query where style" },
    { "GET /v1/query?where[in][]=x", 400, "query where /in/0 type" },
    { "GET /v1/query?where[sub][b]=x", OK, NULL },
    { "GET /v1/query?where[sub][c]=x", 400,
        "query where /sub/c additionalProperties" },
    { "GET /v1/query?where[a]=1&where[]=x", 400, "query where style" },
    { "GET /v1/query?where[sub][]=x", 400, "query where style" },
    { "GET /v1/query?where[a", 400, "query where style" },
    { "GET /v1/query?where[a]b=1", 400, "query where style" },
    { "GET /v1/query?where[[a]]=1", 400, "query where style" },
    { "GET /v1/query?where[a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a]"
      "=1",
        400, "query where style" },
    { "GET /v1/query?json=%7B%22x%22%3A1%7D", OK, NULL },
    { "GET /v1/query?json={%22x%22:1}", OK, NULL },
    { "GET /v1/query?json=%7B%22x%22%3A", 400, "query json syntax" },
    { "GET /v1/query?json=%7B%22y%22%3A1%7D", 400, "query json required" },
    { "GET /v1/query?json=%7B%22x%22%3A1,%22x%22:2%7D", 400,
        "query json duplicate" },
    { "GET /v1/query?text=abc", OK, NULL },
    { "GET /v1/query?text=abcd", 400, "query text maxLength" },
    { "GET /v1/spread?x=1&y=2&n=3", OK, NULL },
    { "GET /v1/spread?x=1", OK, NULL },
    { "GET /v1/spread", 400, "query point required" },
    { "GET /v1/spread?x=1&x=2", 400, "query point duplicate" },
    { "GET /v1/spread?x=1&z=2", 400, "query z unknown" },

    /* headers */
    { "GET /v1/headers\nX-N: 7", OK, NULL },
    { "GET /v1/headers\nx-n: 7\nAccept: */*", OK, NULL },
    { "GET /v1/headers", 400, "header X-N required" },
    { "GET /v1/headers\nX-N: x", 400, "header X-N type" },
    { "GET /v1/headers\nX-N: 7\nX-N: 7", 400, "header X-N duplicate" },
    { "GET /v1/headers\nX-N: %37", 400, "header X-N type" },
    { "GET /v1/headers\nX-N: 7\nX-List: 1, 2", OK, NULL },
    { "GET /v1/headers\nX-N: 7\nX-List: 1\nX-List: 2", OK, NULL },
    { "GET /v1/headers\nX-N: 7\nX-List: 1,, 2", 400, "header X-List /1 type" },
    { "GET /v1/headers\nX-N: 7\nX-Obj: x=1, y=2", OK, NULL },
    { "GET /v1/headers\nX-N: 7\nX-Obj: x,1", 400, "header X-Obj style" },

    /* cookies */
    { "GET /v1/cookies\nCookie: sid=0123abcd; n=7", OK, NULL },
    { "GET /v1/cookies\nCookie: n=7\nCookie: sid=0123abcd", OK, NULL },
    { "GET /v1/cookies", 400, "cookie sid required" },
    { "GET /v1/cookies\nCookie: SID=0123abcd", 400, "cookie sid required" },
    { "GET /v1/cookies\nCookie: sid=0123abcd; sid=0123abce", 400,
        "cookie sid duplicate" },
    { "GET /v1/cookies\nCookie: sid=\"0123abcd\"", 400, "cookie sid pattern" },
    { "GET /v1/cookies\nCookie: sid=0123abcd; other=1", OK, NULL },

    /* JSON */
    { "POST /v1/json\n" JSON "{\"item\":\"ab\"}", OK, NULL },
    { "POST /v1/json\nContent-Type: Application/JSON; charset=UTF-8\n\n"
      "{\"item\":\"ab\"}",
        OK, NULL },
    { "POST /v1/json\nContent-Type: application/json; charset=utf-16\n\n{}",
        415, "body mediaType" },
    { "POST /v1/json\nContent-Type: application/problem+json\n\n{\"v\":2}", OK,
        NULL },
    { "POST /v1/json\nContent-Type: application/problem+json\n\n{\"v\":3}",
        422, "body /v const" },
    { "POST /v1/json\nContent-Type: text/plain\n\n{}", 415, "body mediaType" },
    { "POST /v1/json\nContent-Type: json\n\n{}", 415, "body mediaType" },
    { "POST /v1/json\nContent-Type: application/json, text/plain\n\n{}", 415,
        "body mediaType" },
    { "POST /v1/json\nContent-Type: application/json\nContent-Type: "
      "application/json\n\n{}",
        415, "body mediaType" },
    { "POST /v1/json\n\n{\"item\":\"ab\"}", 415, "body mediaType" },
    { "POST /v1/json\n" JSON, 400, "body required" },
    { "POST /v1/json", 400, "body required" },
    { "PUT /v1/json", OK, NULL },
    { "PUT /v1/json\n" JSON "{}", 422, "body required" },
    { "GET /v1/simple/7\n" JSON "{}", 400, "body body" },
    { "POST /v1/json\n" JSON "{\"item\":\"ab\"", 400, "body syntax" },
    { "POST /v1/json\n" JSON "{\"item\":\"ab\",\"item\":\"cd\"}", 400,
        "body duplicate" },
    { "POST /v1/json\n" JSON "{\"item\":1}", 422, "body /item type" },
    { "POST /v1/json\n" JSON "{\"item\":\"ab\",\"role\":\"admin\"}", 422,
        "body /role additionalProperties" },
    { "POST /v1/json\n" JSON "{\"item\":\"ab\",\"id\":7}", 422,
        "body /id readOnly" },
    { "POST /v1/json\n" JSON "{\"item\":\"ab\",\"secret\":\"x\"}", OK, NULL },
    { "POST /v1/json\n" JSON
      "{\"item\":\"ab\",\"lines\":[{\"x\":1},{\"x\":1,\"a/b~c\":1}]}",
        422, "body /lines/1/a~1b~0c additionalProperties" },

    /* forms */
    { "POST /v1/form\n" FORM "name=abc", OK, NULL },
    { "POST /v1/form\n" FORM "name=abc&n=7&tags=a&tags=b", OK, NULL },
    { "POST /v1/form\n" FORM "name=abc&other=1", OK, NULL },
    { "POST /v1/form\n" FORM "n=7", 422, "body required" },
    { "POST /v1/form\n" FORM "name=abcdef", 422, "body /name maxLength" },
    { "POST /v1/form\n" FORM "name=a&n=x", 422, "body /n type" },
    { "POST /v1/form\n" FORM "name=a&name=b", 400, "body name duplicate" },
    { "POST /v1/form\n" FORM "name=a&tags=a&tags=b&tags=c", 422,
        "body /tags maxItems" },
    { "POST /v1/form\n" FORM "name=a&csv=1,2", OK, NULL },
    { "POST /v1/form\n" FORM "name=a&csv=1,x", 422, "body /csv/1 type" },
    { "POST /v1/form\n" FORM "name=a&deep[a]=1&deep[sub][b]=x", OK, NULL },
    { "POST /v1/form\n" FORM "name=a&deep[a]=x", 422, "body /deep/a type" },
    { "POST /v1/form\n" FORM "name=a&deep[a=x", 400, "body deep style" },
    { "POST /v1/form\n" FORM "name=a&doc=%7B%22x%22:1%7D", OK, NULL },
    { "POST /v1/form\n" FORM "name=a&doc=%7B%22x%22:%22%22%7D", 422,
        "body /doc/x type" },
    { "POST /v1/form\n" FORM "name=a&doc=1+2", 400, "body doc syntax" },
    { "POST /v1/form\n" FORM "name=a&x-k=1", OK, NULL },
    { "POST /v1/form\n" FORM "name=a&x-k=b", 422, "body /x-k type" },
    { "POST /v1/form\n" FORM "name=a&x-k=1&x-k=2", 400, "body x-k duplicate" },
    { "POST /v1/form\n" FORM "name=a&role=admin", 422, "body role unknown" },
    { "POST /v1/form\n" FORM "name=%ff", 400, "body encoding" },
    { "POST /v1/form\n" FORM "name=%zz", 400, "body encoding" },
    { "POST /v1/form\n" FORM "{\"name\":\"abc\"}", 422,
        "body {\"name\":\"abc\"} unknown" },

    /* multipart */
    { "POST /v1/upload\n" MULTI TITLE FILE_("image/png", "\x89PNG") END, OK,
        NULL },
    { "POST /v1/upload\n" MULTI TITLE FILE_("image/png", "123456789") END, 422,
        "body /file maxLength" },
    { "POST /v1/upload\n" MULTI TITLE FILE_("image/gif", "GIF") END, 422,
        "body file mediaType" },
    { "POST /v1/upload\n" MULTI TITLE PART(
          "file", "; filename=\"f\"\r\nContent-Type: image/png") "x\r\n" END,
        400, "header X-Sum required" },
    { "POST /v1/upload\n" MULTI FILE_("image/png", "x") END, 422,
        "body required" },
    { "POST /v1/upload\n" MULTI TITLE TITLE FILE_("image/png", "x") END, 400,
        "body title duplicate" },
    { "POST /v1/upload\n" MULTI TITLE FILE_("image/png", "x")
            PART("n", "") "7\r\n" END,
        OK, NULL },
    { "POST /v1/upload\n" MULTI TITLE FILE_("image/png", "x")
            PART("n", "") "x\r\n" END,
        422, "body /n type" },
    { "POST /v1/upload\n" MULTI TITLE FILE_("image/png", "x")
            PART("n", "; filename=\"f\"") "7\r\n" END,
        422, "body n file" },
    { "POST /v1/upload\n" MULTI TITLE FILE_("image/png", "x")
            PART("doc", "") "{\"x\":1}\r\n" END,
        OK, NULL },
    { "POST /v1/upload\n" MULTI TITLE FILE_("image/png", "x") PART(
          "doc", "\r\nContent-Type: application/json") "{\"x\":1.5}\r\n" END,
        422, "body /doc/x type" },
    { "POST /v1/upload\n" MULTI TITLE FILE_("image/png", "x")
            PART("tags", "") "1\r\n" PART("tags", "") "2\r\n" END,
        OK, NULL },
    { "POST /v1/upload\n" MULTI TITLE FILE_("image/png", "x")
            PART("tags", "") "1\r\n" PART("tags", "") "x\r\n" END,
        422, "body /tags/1 type" },
    { "POST /v1/upload\n" MULTI TITLE FILE_("image/png", "x")
            PART("tags", "\r\nContent-Type: application/json") "[1,2]\r\n" END,
        OK, NULL },
    { "POST /v1/upload\n" MULTI TITLE FILE_("image/png", "x")
            PART("more", "; filename=\"a\"") "\xff\r\n" PART(
                "more", "; filename=\"b\"") "\xfe\r\n" END,
        OK, NULL },
    { "POST /v1/upload\n" MULTI TITLE FILE_("image/png", "x")
            PART("title2", "") "x\r\n" END,
        422, "body title2 unknown" },
    { "POST /v1/upload\n" MULTI TITLE FILE_("image/png", "x"), 400,
        "body syntax" },
    { "POST /v1/upload\n" MULTI PART("title", "") "\xff\r\n" FILE_(
          "image/png", "x") END,
        400, "body title encoding" },
    { "POST /v1/upload\n" MULTI PART("title",
          "\r\nContent-Type: text/plain; "
          "charset=utf-7") "abc\r\n" FILE_("image/png", "x") END,
        422, "body title mediaType" },
    { "POST /v1/upload\nContent-Type: multipart/mixed; boundary=B\n\n" TITLE
            FILE_("image/png", "x") END,
        415, "body mediaType" },

    /* text, bytes, anything */
    { "POST /v1/text\nContent-Type: text/plain\n\nabc", OK, NULL },
    { "POST /v1/text\nContent-Type: text/plain\n\nabcdef", 422,
        "body maxLength" },
    { "POST /v1/text\nContent-Type: text/plain\n\n\xff", 400,
        "body encoding" },
    { "POST /v1/text\nContent-Type: text/plain; charset=latin1\n\nabc", 415,
        "body mediaType" },
    { "POST /v1/bytes\nContent-Type: application/octet-stream\n\n\xff\xff\xff"
      "\xff",
        OK, NULL },
    { "POST /v1/bytes\nContent-Type: application/octet-stream\n\n\xff\xff\xff"
      "\xff\xff",
        422, "body maxLength" },
    { "POST /v1/blob\nContent-Type: application/json\n\n{x}", OK, NULL },
    { "POST /v1/blob\nContent-Type: text/plain\n\n\xff", OK, NULL },
    { "POST /v1/blob\nContent-Type: text/plain\n\n1234", 422,
        "body maxLength" },
    { "POST /v1/any\nContent-Type: image/png\n\n\xff", OK, NULL },
    { "POST /v1/any\nContent-Type: application/json\n\n{}", OK, NULL },
    { "POST /v1/any\nContent-Type: application/json\n\n{", 400,
        "body syntax" },
};


#endif /* CONTRACT_CASES_H */
