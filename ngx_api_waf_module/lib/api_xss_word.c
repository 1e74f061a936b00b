#include "api_xss_int.h"


/* clang-format off */

static const struct {
    const char *name;
    uint8_t     type;
} api_xss_attributes[] = {
    { "action", API_XSS_A_ADDRESS },
    { "attributename", API_XSS_A_NAMING },
    { "background", API_XSS_A_ADDRESS },
    { "by", API_XSS_A_ADDRESS },
    { "code", API_XSS_A_ADDRESS },
    { "codebase", API_XSS_A_ADDRESS },
    { "content", API_XSS_A_ADDRESS },
    { "data", API_XSS_A_ADDRESS },
    { "dataformatas", API_XSS_A_DANGER },
    { "datasrc", API_XSS_A_DANGER },
    { "dynsrc", API_XSS_A_ADDRESS },
    { "filter", API_XSS_A_STYLE },
    { "formaction", API_XSS_A_ADDRESS },
    { "from", API_XSS_A_ADDRESS },
    { "href", API_XSS_A_ADDRESS },
    { "lowsrc", API_XSS_A_ADDRESS },
    { "manifest", API_XSS_A_ADDRESS },
    { "poster", API_XSS_A_ADDRESS },
    { "src", API_XSS_A_ADDRESS },
    { "srcdoc", API_XSS_A_DANGER },
    { "style", API_XSS_A_STYLE },
    { "to", API_XSS_A_ADDRESS },
    { "value", API_XSS_A_ADDRESS },
    { "values", API_XSS_A_ADDRESS },
    { "xlink:href", API_XSS_A_ADDRESS },
};

static const struct {
    const char *name;
    uint8_t     type;
} api_xss_elements[] = {
    { "applet", API_XSS_T_DANGER },
    { "base", API_XSS_T_LOADS },
    { "comment", API_XSS_T_LOADS },
    { "embed", API_XSS_T_DANGER },
    { "frame", API_XSS_T_DANGER },
    { "frameset", API_XSS_T_DANGER },
    { "handler", API_XSS_T_LOADS },
    { "iframe", API_XSS_T_DANGER },
    { "import", API_XSS_T_LOADS },
    { "isindex", API_XSS_T_LOADS },
    { "link", API_XSS_T_LOADS },
    { "listener", API_XSS_T_LOADS },
    { "math", API_XSS_T_DANGER },
    { "meta", API_XSS_T_LOADS },
    { "noscript", API_XSS_T_DANGER },
    { "object", API_XSS_T_LOADS },
    { "portal", API_XSS_T_LOADS },
    { "script", API_XSS_T_DANGER },
    { "style", API_XSS_T_DANGER },
    { "vmlframe", API_XSS_T_LOADS },
    { "xml", API_XSS_T_LOADS },
    { "xss", API_XSS_T_DANGER },
};

/* Events, without their "on". */

static const char *const api_xss_events[] = {
    "abort", "activate", "afterprint", "afterscriptexecute", "animation",
    "auxclick", "beforecopy", "beforecut", "beforeinput", "beforematch",
    "beforepaste", "beforeprint", "beforescriptexecute", "beforetoggle",
    "beforeunload", "begin", "blur", "bounce", "cancel", "canplay",
    "canplaythrough", "change", "click", "close", "contextmenu", "copy",
    "cuechange", "cut", "dblclick", "drag", "dragend", "dragenter",
    "dragexit", "dragleave", "dragover", "dragstart", "drop",
    "durationchange", "emptied", "end", "ended", "error", "finish", "focus",
    "focusin", "focusout", "formdata", "fullscreenchange", "gotpointercapture",
    "hashchange", "input", "invalid", "keydown", "keypress", "keyup", "load",
    "loadeddata", "loadedmetadata", "loadend", "loadstart",
    "lostpointercapture", "message", "mousedown", "mouseenter", "mouseleave",
    "mousemove", "mouseout", "mouseover", "mouseup", "mousewheel", "paste",
    "pause", "play", "playing", "pointercancel", "pointerdown",
    "pointerenter", "pointerleave", "pointermove", "pointerout",
    "pointerover", "pointerrawupdate", "pointerup", "popstate", "progress",
    "propertychange", "ratechange", "readystatechange", "repeat", "reset",
    "resize", "scroll", "scrollend", "search", "securitypolicyviolation",
    "seeked", "seeking", "select", "selectionchange", "selectstart", "show",
    "stalled", "start", "storage", "submit", "suspend", "timeupdate",
    "toggle", "touchcancel", "touchend", "touchmove", "touchstart",
    "transition", "transitioncancel", "transitionend", "transitionrun",
    "transitionstart", "animationcancel", "animationend",
    "animationiteration", "animationstart", "unhandledrejection", "unload",
    "volumechange", "waiting", "webkitanimationend", "webkittransitionend",
    "wheel",
};

/* Where those that begin with a letter begin. */

static const uint8_t api_xss_attributes_from[27] = {
    0, 2, 4, 7, 11, 11, 14, 14, 15, 15, 15, 15, 16, 17,
    17, 17, 18, 18, 18, 21, 22, 22, 24, 24, 25, 25, 25,
};

static const uint8_t api_xss_elements_from[27] = {
    0, 1, 2, 3, 3, 4, 6, 6, 7, 10, 10, 10, 12, 14,
    15, 16, 17, 17, 17, 19, 19, 19, 20, 20, 22, 22, 22,
};

/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))


bool
api_xss_name_is(api_span_t name, const char *text)
{
    size_t i;

    for (i = 0; i < name.len; i++) {
        if (name.data[i] == 0) {
            continue;
        }

        if (*text == '\0' || api_lower(name.data[i]) != (uint8_t) *text) {
            return false;
        }

        text++;
    }

    return *text == '\0';
}


/* The first letter, from 0; 26: it begins with none. */

static unsigned
api_xss_first(api_span_t name)
{
    size_t  i;
    uint8_t c;

    for (i = 0; i < name.len && name.data[i] == 0; i++) {
        /* void */
    }

    c = i < name.len ? api_lower(name.data[i]) : 0;

    return c >= 'a' && c <= 'z' ? (unsigned) (c - 'a') : 26;
}


bool
api_xss_words_ok(void)
{
    bool   ok;
    size_t i, c;

    ok = api_xss_attributes_from[26] == COUNT(api_xss_attributes)
         && api_xss_elements_from[26] == COUNT(api_xss_elements);

    for (i = 0; i < COUNT(api_xss_attributes); i++) {
        c = (size_t) (api_xss_attributes[i].name[0] - 'a');
        ok = ok && i >= api_xss_attributes_from[c]
             && i < api_xss_attributes_from[c + 1];
    }

    for (i = 0; i < COUNT(api_xss_elements); i++) {
        c = (size_t) (api_xss_elements[i].name[0] - 'a');
        ok = ok && i >= api_xss_elements_from[c]
             && i < api_xss_elements_from[c + 1];
    }

    return ok;
}


/* on and three letters at least: in a tag of its own nothing else is named
   like that. */

static bool
api_xss_handler(api_span_t name, bool known)
{
    size_t     i, skip;
    api_span_t rest;

    for (i = 0, skip = 0; i < name.len && skip < 2; i++) {
        if (name.data[i] == 0) {
            continue;
        }

        if (api_lower(name.data[i]) != (uint8_t) "on"[skip]) {
            return false;
        }

        skip++;
    }

    rest = api_span(name.data + i, name.len - i);

    if (!known) {
        return rest.len >= 3;
    }

    for (i = 0; i < COUNT(api_xss_events); i++) {
        if (api_xss_name_is(rest, api_xss_events[i])) {
            return true;
        }
    }

    return false;
}


/* A name of any name space: x:include. */

static bool
api_xss_is_local(api_span_t name, const char *text)
{
    const uint8_t *colon;

    colon = name.len ? memchr(name.data, ':', name.len) : NULL;

    return colon
           && api_xss_name_is(api_span(colon + 1,
                                  (size_t) (name.data + name.len - colon - 1)),
               text);
}


api_xss_attribute_t
api_xss_attribute(api_span_t name, bool known)
{
    size_t   i, end;
    unsigned first;

    if (name.len < 2) {
        return API_XSS_A_PLAIN;
    }

    if (api_xss_handler(name, known)) {
        return API_XSS_A_HANDLER;
    }

    first = api_xss_first(name);
    i = first < 26 ? api_xss_attributes_from[first] : 0;
    end = first < 26 ? api_xss_attributes_from[first + 1] : 0;

    for (/* void */; i < end; i++) {
        if (api_xss_name_is(name, api_xss_attributes[i].name)) {
            return (api_xss_attribute_t) api_xss_attributes[i].type;
        }
    }

    /* a parser of XML fetches what it names */

    return api_xss_is_local(name, "schemalocation")
                   || api_xss_is_local(name, "nonamespaceschemalocation")
               ? API_XSS_A_DANGER
               : API_XSS_A_PLAIN;
}


/* svg, and what has a name space of its own (svg:script, xsl:include). */

static bool
api_xss_is_foreign(api_span_t name)
{
    return name.len >= 3
           && (api_xss_name_is(api_span(name.data, 3), "svg")
               || api_xss_name_is(api_span(name.data, 3), "xsl"));
}


api_xss_element_t
api_xss_element(api_span_t name)
{
    size_t   i, end;
    unsigned first;

    if (api_xss_is_foreign(name)) {
        return API_XSS_T_DANGER;
    }

    first = api_xss_first(name);
    i = first < 26 ? api_xss_elements_from[first] : 0;
    end = first < 26 ? api_xss_elements_from[first + 1] : 0;

    for (/* void */; i < end; i++) {
        if (api_xss_name_is(name, api_xss_elements[i].name)) {
            return (api_xss_element_t) api_xss_elements[i].type;
        }
    }

    return api_xss_is_local(name, "include") ? API_XSS_T_LOADS
                                             : API_XSS_T_PLAIN;
}
