/* XML bodies: libxml2's SAX, without entities, network and DTDs. */

#include "api_values_int.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>


/*
 * The tree is never built.  XML:/star is the text of all elements in one, as
 * ModSecurity has it from xmlNodeGetContent, which joins text across
 * elements; XML://@star is one value for each attribute.
 */

/* Text of an element that is looked at as one where other elements stand in
   between. */

#define XML_MIXED 1024

/* Prefixes that hold in an element; libxml2 looks a name up among them. */

#define XML_PREFIXES 1000

typedef struct {
    size_t   start;  /* of its text */
    uint32_t pieces; /* of its own text, with more than blanks */
    bool     parent; /* of another element */
} xml_element_t;

typedef struct {
    api_values_t  *b;
    api_span_t     rest;
    xmlParserCtxt *ctxt;
    xml_element_t *element; /* those that are open, with room for one more */
    const char    *fault;
    uint8_t       *text;
    size_t         len;
    size_t         room;
    size_t         from; /* text behind the last tag */
    uint32_t       depth;
    uint32_t       nodes;
    bool           root;
    bool           mixed; /* some element has text on both sides of another */
} xml_read_t;


static void
xml_stop(xml_read_t *x, const char *fault)
{
    if (x->fault == NULL) {
        x->fault = fault;
    }

    xmlStopParser(x->ctxt);
}


static void
xml_text(xml_read_t *x, const xmlChar *s, size_t len)
{
    size_t   room;
    uint8_t *p;

    if (x->len + len > x->room) {
        room = x->room * 2 + len + 256;
        p = api_arena_grow(x->b->arena, x->text, x->room, room);

        if (p == NULL) {
            x->b->nomem = true;
            xml_stop(x, "no memory");
            return;
        }

        x->text = p;
        x->room = room;
    }

    memcpy(x->text + x->len, s, len);
    x->len += len;
}


static void
xml_on_text(void *ctx, const xmlChar *s, int len)
{
    xml_read_t *x = ((xmlParserCtxt *) ctx)->_private;

    if (x->depth && len > 0) {
        xml_text(x, s, (size_t) len);
    }
}


static void
xml_value(xml_read_t *x, const xmlChar *element, api_span_t text)
{
    api_span_t name;

    name = api_arena_dup(
        x->b->arena, api_span(element, strlen((const char *) element)));
    text = api_arena_dup(x->b->arena, text);

    if (name.data == NULL || text.data == NULL) {
        x->b->nomem = true;
        xml_stop(x, "no memory");
        return;
    }

    api_values_arg(x->b, API_WAF_ARGS_UNPACKED, name, text);
}


/* The text between two tags as a value of its own, by the name of the element
   that ends, or that begins behind it. */

static void
xml_piece(xml_read_t *x, const xmlChar *element)
{
    size_t     i;
    api_span_t text;

    for (i = x->from; i < x->len && x->text[i] <= ' '; i++) {
        /* void */
    }

    if (i == x->len || x->b->conf->unpacked == 0) {
        x->from = x->len;
        return;
    }

    text = api_span(x->text + x->from, x->len - x->from);
    x->from = x->len;
    x->element[x->depth].pieces++;
    xml_value(x, element, text);
}


static void
xml_open(xml_read_t *x)
{
    x->element[x->depth].parent = true;
    x->depth++;
    memset(&x->element[x->depth], 0, sizeof(*x->element));
    x->element[x->depth].start = x->len;
}


/* What an application that asks for the text of an element gets. */

static void
xml_close(xml_read_t *x, const xmlChar *element)
{
    const xml_element_t *e = &x->element[x->depth];

    if (x->depth && e->parent && e->pieces > 1) {
        x->mixed = true;

        if (x->len - e->start <= XML_MIXED && x->b->conf->unpacked) {
            xml_value(
                x, element, api_span(x->text + e->start, x->len - e->start));
        }
    }

    x->depth -= x->depth > 0;
}


/* name, prefix, URI, first byte, byte behind the last: five a piece. */

static void
xml_attributes(xml_read_t *x, int n, const xmlChar **attr)
{
    int        i;
    api_span_t value;

    for (i = 0; i < n; i++) {
        value = api_span(
            attr[5 * i + 3], (size_t) (attr[5 * i + 4] - attr[5 * i + 3]));
        value = api_arena_dup(x->b->arena, value);

        if (value.data == NULL) {
            x->b->nomem = true;
            xml_stop(x, "no memory");
            return;
        }

        api_values_add(x->b, API_WAF_XML, API_SPAN("//@*"), value);
    }
}


static void
xml_on_start(void *ctx, const xmlChar *name, const xmlChar *prefix,
    const xmlChar *uri, int nnamespaces, const xmlChar **namespaces,
    int nattributes, int ndefaulted, const xmlChar **attributes)
{
    xml_read_t *x = ((xmlParserCtxt *) ctx)->_private;

    (void) prefix;
    (void) uri;
    (void) nnamespaces;
    (void) namespaces;
    (void) ndefaulted;

    x->root = true;
    xml_piece(x, name);
    x->nodes += 1 + (uint32_t) nattributes;

    if (x->depth >= x->b->conf->xml_depth) {
        xml_stop(x, "deeper than allowed");

    } else if (x->nodes > x->b->conf->xml_nodes) {
        xml_stop(x, "more elements and attributes than allowed");

    } else if (x->ctxt->nsNr > 2 * XML_PREFIXES) {
        xml_stop(x, "more prefixes than allowed");

    } else {
        xml_open(x);
        xml_attributes(x, nattributes, attributes);
    }
}


static void
xml_on_end(
    void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    xml_read_t *x = ((xmlParserCtxt *) ctx)->_private;

    (void) prefix;
    (void) uri;

    xml_piece(x, name);
    xml_close(x, name);
}


/* <?php ... ?> is for whoever takes the file for something else. */

static void
xml_on_instruction(void *ctx, const xmlChar *target, const xmlChar *data)
{
    api_span_t  part[4];
    xml_read_t *x = ((xmlParserCtxt *) ctx)->_private;

    if (x->b->conf->unpacked == 0) {
        return;
    }

    part[0] = API_SPAN("<?");
    part[1] = api_span(target, strlen((const char *) target));
    part[2] = API_SPAN(" ");
    part[3] =
        data ? api_span(data, strlen((const char *) data)) : api_span("", 0);

    api_values_arg(x->b, API_WAF_ARGS_UNPACKED, API_SPAN("?"),
        api_values_join(x->b, part, 4));
}


/* What stands in a DTD is no text of the document, but somebody's parser may
   make it one. */

static void
xml_on_entity(void *ctx, const xmlChar *name, int type, const xmlChar *public,
    const xmlChar *system, xmlChar *content)
{
    size_t         i;
    xml_read_t    *x = ((xmlParserCtxt *) ctx)->_private;
    const xmlChar *what[] = { name, public, system, content };

    (void) type;

    for (i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
        if (what[i]) {
            xml_text(x, what[i], strlen((const char *) what[i]));
            xml_text(x, (const xmlChar *) " ", 1);
        }
    }

    if (x->fault == NULL) {
        x->fault = "it declares an entity";
    }
}


static void
xml_on_subset(void *ctx, const xmlChar *name, const xmlChar *public,
    const xmlChar *system)
{
    if (public != NULL || system != NULL) {
        xml_on_entity(ctx, name, 0, public, system, NULL);
    }
}


static xmlEntityPtr
xml_on_get_entity(void *ctx, const xmlChar *name)
{
    (void) ctx;

    return xmlGetPredefinedEntity(name);
}


static void
xml_on_reference(void *ctx, const xmlChar *name)
{
    xml_read_t *x = ((xmlParserCtxt *) ctx)->_private;

    (void) name;

    if (x->fault == NULL) {
        x->fault = "it refers to an entity";
    }
}


static void
xml_on_error(void *ctx, xmlErrorPtr error)
{
    (void) ctx;
    (void) error;
}


static void
xml_handlers(xmlSAXHandler *sax)
{
    memset(sax, 0, sizeof(*sax));

    sax->initialized = XML_SAX2_MAGIC;
    sax->startElementNs = xml_on_start;
    sax->endElementNs = xml_on_end;
    sax->characters = xml_on_text;
    sax->ignorableWhitespace = xml_on_text;
    sax->cdataBlock = xml_on_text;
    sax->processingInstruction = xml_on_instruction;
    sax->entityDecl = xml_on_entity;
    sax->internalSubset = xml_on_subset;
    sax->getEntity = xml_on_get_entity;
    sax->reference = xml_on_reference;
    sax->serror = xml_on_error;
}


static void
xml_end(void *work)
{
    xml_read_t *x = work;

    if (x->ctxt == NULL) {
        return;
    }

    if (x->ctxt->myDoc) {
        xmlFreeDoc(x->ctxt->myDoc);
        x->ctxt->myDoc = NULL;
    }

    xmlFreeParserCtxt(x->ctxt);
    x->ctxt = NULL;
}


static bool
xml_begin(xml_read_t *x)
{
    xmlSAXHandler sax;

    xml_handlers(&sax);
    x->ctxt = xmlCreatePushParserCtxt(&sax, NULL, NULL, 0, NULL);
    x->element = api_arena_calloc(x->b->arena,
        (size_t) x->b->conf->xml_depth + 1, sizeof(xml_element_t));

    if (x->ctxt == NULL || x->element == NULL) {
        xml_end(x);
        x->b->nomem = true;
        return false;
    }

    x->ctxt->_private = x;
    xmlCtxtUseOptions(x->ctxt, XML_PARSE_NONET | XML_PARSE_NOERROR
                                   | XML_PARSE_NOWARNING | XML_PARSE_COMPACT);

    return true;
}


/* The document is read, or broken. */

static void
xml_whole(xml_read_t *x)
{
    api_values_t *b = x->b;

    if (x->fault != NULL) {
        api_values_body_fault(b, "XML", "%s", x->fault);

    } else if (!x->ctxt->wellFormed) {
        api_values_body_fault(b, "XML", "it is not well-formed");
    }

    if (x->mixed && b->conf->unpacked) {
        api_values_arg(b, API_WAF_ARGS_UNPACKED, API_SPAN("/*"),
            api_span(x->text, x->len));
    }

    if (x->root || x->len) {
        api_values_add(b, API_WAF_XML, API_SPAN("/*"),
            x->len ? api_span(x->text, x->len) : api_span("", 0));
    }
}


static bool
xml_more(api_values_t *b, void *work)
{
    size_t      n;
    xml_read_t *x = work;

    n = x->rest.len < b->slice ? x->rest.len : b->slice;

    if (n) {
        xmlParseChunk(x->ctxt, (const char *) x->rest.data, (int) n, 0);
        x->rest = api_span(x->rest.data + n, x->rest.len - n);
    }

    /* when it has stopped there is nothing more to it */

    if (x->rest.len && x->fault == NULL && x->ctxt->wellFormed && !b->nomem) {
        return true;
    }

    xmlParseChunk(x->ctxt, NULL, 0, 1);
    xml_whole(x);

    return false;
}


void
api_values_xml(api_values_t *b, api_span_t body)
{
    const char                    *fault;
    xml_read_t                    *x;
    static const api_values_part_t part = { xml_more, xml_end };

    fault =
        body.len > INT32_MAX ? "longer than 2 GiB" : api_values_xml_scan(body);

    if (fault) {
        api_values_body_fault(b, "XML", "%s", fault);
        api_values_arg(b, API_WAF_ARGS_UNPACKED, API_SPAN("body"), body);
        return;
    }

    x = api_arena_calloc(b->arena, 1, sizeof(xml_read_t));

    if (x == NULL) {
        b->nomem = true;
        return;
    }

    x->b = b;
    x->rest = body;

    if (xml_begin(x)) {
        api_values_part(b, &part, x);
    }
}
