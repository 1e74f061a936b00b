/*
 * Many literals at once: the automaton of Aho and Corasick (1975) with its
 * failure links resolved, so that a byte is one step, whatever the text.
 *
 * It may find more than there is, never less: bytes that are rare in literals
 * are taken for one another, so that a row of states fits two cache lines.
 *
 * ASCII letters match in either case.  Each literal has a number; several
 * may share one, and several numbers one literal.
 *
 * Read-only once made; linear in the text; nothing is taken while it runs.
 */

#ifndef API_AUTOMATON_H
#define API_AUTOMATON_H

#include "api_arena.h"


typedef struct {
    api_span_t text; /* not empty, in lower case */
    uint32_t   id;
} api_automaton_word_t;

/*
 * A state is a row of `next`, with an entry for each class of bytes: a step is
 * next[state << API_AUTOMATON_SHIFT | classes[byte]].  It begins at 0.  Those
 * from `outputs` on have found something: ids[starts[s - outputs]] up to
 * ids[starts[s - outputs + 1]], each once.
 */

typedef struct {
    uint8_t         classes[256];
    const uint16_t *next;
    uint32_t        states;
    uint32_t        outputs;
    const uint32_t *starts;
    const uint32_t *ids;
    void           *memory;
    size_t          bytes; /* of memory */
} api_automaton_t;

#define API_AUTOMATON_STATES 65535
#define API_AUTOMATON_SHIFT 6
#define API_AUTOMATON_CLASSES (1 << API_AUTOMATON_SHIFT)

/*
 * Make one; words are not needed afterwards.  API_OK, API_NOMEM, or API_LIMIT
 * when it would have too many states: give shorter words.
 */

int api_automaton_create(api_automaton_t *a, const api_automaton_word_t *words,
    uint32_t n, const api_alloc_t *alloc);

void api_automaton_free(api_automaton_t *a, const api_alloc_t *alloc);

#endif /* API_AUTOMATON_H */
