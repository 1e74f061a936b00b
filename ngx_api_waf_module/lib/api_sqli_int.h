/* What the files of @detectSQLi share. */

#ifndef API_SQLI_INT_H
#define API_SQLI_INT_H

#include "api_percent.h"
#include "api_sqli.h"
#include "api_transform_int.h"


/* Folded tokens; the letters that stand for them in a fingerprint are those
   of api_sqli_letters, in this order. */

typedef enum {
    SQ_NONE = 0,
    SQ_STRING,
    SQ_NUMBER,
    SQ_NAME,
    SQ_VARIABLE,  /* TRUE, FALSE and NULL too */
    SQ_FUNCTION,  /* a known one, called */
    SQ_CALL,      /* an unknown one */
    SQ_DANGER,    /* a function that waits, reads or runs, called */
    SQ_CATALOG,   /* information_schema, @@version, xp_cmdshell, ... */
    SQ_LOGIC,     /* AND OR XOR && */
    SQ_CONCAT,    /* || which is OR in MySQL */
    SQ_COMPARE,   /* = < LIKE IN IS BETWEEN @> ... */
    SQ_ARITH,     /* + - * / DIV ... */
    SQ_UNION,     /* INTERSECT, EXCEPT, MINUS too */
    SQ_SELECT,    /* SELECT */
    SQ_SUBSELECT, /* ( SELECT */
    SQ_DEFINE,    /* DROP TABLE, CREATE USER, EXEC, ... */
    SQ_MODIFY,    /* INSERT INTO, DELETE FROM, ... */
    SQ_RUN,       /* EXEC, DECLARE, SHUTDOWN */
    SQ_UPDATE,
    SQ_SET,
    SQ_FROM,
    SQ_ORDER, /* ORDER BY, GROUP BY */
    SQ_WHERE, /* HAVING too */
    SQ_LIMIT,
    SQ_OUTFILE, /* INTO OUTFILE, INTO DUMPFILE, PROCEDURE ANALYSE */
    SQ_WAIT,    /* WAITFOR DELAY */
    SQ_CASE,    /* CASE WHEN */
    SQ_KEYWORD,
    SQ_SPECIAL, /* a comment that MySQL runs */
    SQ_COMMA,
    SQ_SEMICOLON,
    SQ_COMMENT,
    SQ_PUNCT,
    SQ_END,
    SQ_NTYPES,

    /* not folded yet: never in a sequence */

    SQ_OPEN = SQ_NTYPES,
    SQ_CLOSE,
    SQ_NOT,
    SQ_FILLER,     /* ALL, DISTINCT, BINARY: nothing to a form */
    SQ_CAST,       /* ::type, COLLATE name */
    SQ_W_FUNCTION, /* words that are functions where a ( follows */
    SQ_W_DANGER,
    SQ_W_TOP,  /* TOP n, behind SELECT */
    SQ_W_FIRST /* the first of two words; alone a name */
} api_sqli_type_t;

typedef struct {
    api_sqli_type_t type;
    api_span_t      text;   /* of a string: its content */
    uint8_t         quote;  /* of a string */
    bool            closed; /* a string that ends, a comment that does */
    bool            call;   /* a word with ( right behind it */
    bool            spaced; /* blanks or comments before it */
    bool            star;   /* the operator * */
    bool            flip;   /* ~ or ! */
    bool            word;   /* an operator that is spelled out */
} api_sqli_token_t;

typedef struct {
    const uint8_t *p;
    const uint8_t *end;
    const uint8_t *pause; /* no run of tokens is skipped beyond */
    bool           mysql; /* backslashes escape, # comments */
    unsigned       tries; /* of long quotes that had no end */
} api_sqli_lexer_t;

/* The next token; false at the end. */

bool api_sqli_next(api_sqli_lexer_t *lex, api_sqli_token_t *token);

/* An operator or a single byte, where nothing else stands. */

void api_sqli_operator_next(api_sqli_lexer_t *lex, api_sqli_token_t *token);

/* Over words that are nothing but names, up to what is another token. */

void api_sqli_skip_names(api_sqli_lexer_t *lex);

/* The rest of a string that `quote` closes; the lexer stands in it. */

void
api_sqli_string(api_sqli_lexer_t *lex, uint8_t quote, api_sqli_token_t *token);

/* Behind the next `text` from p, or NULL. */

const uint8_t *
api_sqli_behind(const uint8_t *p, const uint8_t *end, api_span_t text);

/* $tag$...$tag$ of PostgreSQL, q'[...]' of Oracle (the lexer stands at the
   quote); false when there is no end. */

bool api_sqli_dollar(api_sqli_lexer_t *lex, api_sqli_token_t *token);
bool api_sqli_oracle(api_sqli_lexer_t *lex, api_sqli_token_t *token);

/* A letter or two that say how the string behind them is to be read. */

bool api_sqli_prefix(api_span_t word);

/* A word whose beginning says that it tells about the server: xp_..., dbms_...
   Of each first letter, the second ones that this takes, by their low five
   bits. */

extern const uint32_t api_sqli_dangers[32];

bool api_sqli_dangerous(api_span_t word);

static inline bool
api_sqli_perhaps_dangerous(api_span_t word)
{
    return word.len >= 4
           && api_sqli_dangers[word.data[0] & 0x1f] >> (word.data[1] & 0x1f)
                  & 1;
}


/*
 * What a word is, alone.  Words of SQL stand in slots by a hash of their ends
 * and length, one whose slot is taken in the next free one.  Most other words
 * meet an empty slot, or another print.
 */

#define API_SQLI_SLOTS 2048
#define API_SQLI_SLOT_SHIFT 21 /* of a hash, to its slot */
#define API_SQLI_NUMBERS 0x1ff /* of a slot: the word, from 1 */
#define API_SQLI_PRINTS 0x7e00 /* ... bits of its hash */
#define API_SQLI_PRINT(hash) ((hash) >> 6 & API_SQLI_PRINTS)
#define API_SQLI_PASSED 0x8000 /* a word of this slot stands behind it */
#define API_SQLI_LONGEST 27

typedef struct {
    const char *word;
    uint8_t     type;
} api_sqli_entry_t;

extern const uint16_t         api_sqli_slots[API_SQLI_SLOTS];
extern const api_sqli_entry_t api_sqli_entries[];

api_sqli_type_t api_sqli_word_in(api_span_t word, uint32_t hash);

static inline uint32_t
api_sqli_four(const uint8_t *p)
{
    return (uint32_t) p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16
           | (uint32_t) p[3] << 24;
}


/* Of two bytes at least, in any case. */

static inline uint32_t
api_sqli_hash(api_span_t word)
{
    uint32_t first, last;

    if (word.len >= 4) {
        first = api_sqli_four(word.data) | 0x20202020;
        last = api_sqli_four(word.data + word.len - 4) | 0x20202020;

    } else {
        first = (uint32_t) word.data[0] | (uint32_t) word.data[1] << 8
                | 0x20202020;
        last = word.data[word.len - 1] | (uint32_t) 0x20;
    }

    return (first + (uint32_t) word.len) * 0x9e3779b1 ^ last * 0x85ebca6b;
}


static inline api_sqli_type_t
api_sqli_word(api_span_t word)
{
    uint32_t hash, slot;

    if (word.len < 2 || word.len > API_SQLI_LONGEST) {
        return SQ_NAME;
    }

    hash = api_sqli_hash(word);
    slot = api_sqli_slots[hash >> API_SQLI_SLOT_SHIFT];

    return (slot & (API_SQLI_PRINTS | API_SQLI_PASSED)) == API_SQLI_PRINT(hash)
                   || slot & API_SQLI_PASSED
               ? api_sqli_word_in(word, hash)
               : SQ_NAME;
}


/*
 * What it may be, at a guess: none of the other words of SQL than the one of
 * that type, SQ_NAME: none at all, SQ_NTYPES: cannot say.
 */

static inline unsigned
api_sqli_guess(api_span_t word)
{
    uint32_t hash, slot;

    if (word.len < 2 || word.len > API_SQLI_LONGEST) {
        return SQ_NAME;
    }

    hash = api_sqli_hash(word);
    slot = api_sqli_slots[hash >> API_SQLI_SLOT_SHIFT];

    if (slot & API_SQLI_PASSED) {
        return SQ_NTYPES;
    }

    return slot != 0 && (slot & API_SQLI_PRINTS) == API_SQLI_PRINT(hash)
               ? api_sqli_entries[(slot & API_SQLI_NUMBERS) - 1].type
               : SQ_NAME;
}


/* With SQ_W_FIRST, what it is with the next one, or SQ_NAME. */

api_sqli_type_t api_sqli_words(api_span_t first, api_span_t second);

/* For tests: the slots are those of the words; text gets what should stand
   there.  And where the pairs of each letter begin. */

bool api_sqli_slots_ok(char *text, size_t size);
bool api_sqli_pairs_ok(void);

/* For tests: word i of the table, lower case; NULL: no more. */

const char *api_sqli_entry(size_t i);


/* The folded sequence of one reading. */

#define API_SQLI_TAPE 48
#define API_SQLI_FORM 6 /* tokens of a form, at most */
#define API_SQLI_DEPTH 24

typedef struct {
    uint8_t  tape[API_SQLI_TAPE];
    unsigned n;
    unsigned calls[API_SQLI_DEPTH]; /* tape lengths behind the open calls */
    bool     is_call[API_SQLI_DEPTH];
    unsigned depth;
    uint8_t  word;    /* what the name that came last is if a ( follows */
    bool     skip;    /* the next name says nothing */
    bool     flip;    /* ~ or ! stands behind logic */
    bool     want;    /* an operand is next */
    bool     opened;  /* a ( is what came last */
    bool     quoted;  /* the value began inside quotes */
    uint8_t  quote;   /* ... these */
    bool     empty;   /* ... and left them at once */
    bool     chain;   /* operands and operators in turn, from the beginning */
    bool     solid;   /* ... of which one is no word between strings */
    bool     cut;     /* tape[0] is no longer the first token */
    uint8_t  lead[2]; /* then: what it began with */

    const char *form; /* what was found */
} api_sqli_fold_t;

/* quote: what the value begins inside of, 0 for none. */

void api_sqli_fold_init(api_sqli_fold_t *f, uint8_t quote);

/*
 * Is what follows told by forms that may stand anywhere alone, and does no
 * token they could need stand in reach?  Then dull tokens find nothing.
 */

bool api_sqli_steady(const api_sqli_fold_t *f);

/* Room on the tape for n more tokens. */

void api_sqli_room(api_sqli_fold_t *f, unsigned n);

/* The same verdict by reading every value and folding each token: what tests
   compare with. */

bool api_sqli_detect_all(api_span_t value, api_sqli_t *how);

/* True: found, f->form says what. */

bool api_sqli_fold(api_sqli_fold_t *f, const api_sqli_token_t *token);
bool api_sqli_fold_end(api_sqli_fold_t *f);

char api_sqli_letter(uint8_t type);

/* Does the sequence end in a form?  f->form is its name then. */

bool api_sqli_check(api_sqli_fold_t *f);

/* For tests: the index that api_sqli_check goes by is that of the table; text
   gets what should stand there. */

bool api_sqli_form_index_ok(char *text, size_t size);


/*
 * Looks over a value for the types that its tokens could have in any reading,
 * and more: where no form is made of them, there is nothing to read.
 */

#define API_SQLI_GATE_WORD 1

typedef struct {
    const uint8_t *begin;
    const uint8_t *p;
    const uint8_t *end;
    uint64_t       types;  /* those of words that are not folded, too */
    unsigned       quotes; /* a bit for each context that begins in one */
    bool           open;   /* there is a ( or { */
    bool           flip;   /* ~ or ! */
    bool           dollar; /* there is a $ in it */
    bool           mysql;  /* MySQL may read it differently */
} api_sqli_gate_t;

/* Of a byte; API_SQLI_GATE_WORD where the class says so: for tests. */

extern const uint8_t api_sqli_gate_kind[256];

void api_sqli_gate_init(api_sqli_gate_t *g, api_span_t value);

/* Goes on for about that many bytes.  True: there is more. */

bool api_sqli_gate_more(api_sqli_gate_t *g, size_t bytes);

/* At the end: the types. */

uint64_t api_sqli_gate_types(const api_sqli_gate_t *g);

/* Is there a form, but for chains, of tokens of these types alone? */

bool api_sqli_possible(uint64_t types);


/* Sets of token types. */

#define SQ_BIT(type) ((uint64_t) 1 << SQ_##type)

#define TEXT (SQ_BIT(STRING) | SQ_BIT(NUMBER))
#define CALLS (SQ_BIT(FUNCTION) | SQ_BIT(DANGER))
#define FIXED                                                                 \
    (TEXT | SQ_BIT(VARIABLE) | CALLS | SQ_BIT(CATALOG) | SQ_BIT(SUBSELECT))
#define ANY (FIXED | SQ_BIT(NAME) | SQ_BIT(CALL))
#define LOGIC (SQ_BIT(LOGIC) | SQ_BIT(CONCAT))
#define INFIX (LOGIC | SQ_BIT(COMPARE) | SQ_BIT(ARITH))
#define SELECTS (SQ_BIT(SELECT) | SQ_BIT(SUBSELECT))
#define STOP (SQ_BIT(END) | SQ_BIT(COMMENT) | SQ_BIT(SEMICOLON))

/* On the tape; and of tokens, those that become no other than these. */

#define API_SQLI_DULL                                                         \
    (SQ_BIT(NAME) | LOGIC | SQ_BIT(COMPARE) | SQ_BIT(ARITH) | SQ_BIT(SET)     \
        | SQ_BIT(FROM) | SQ_BIT(ORDER) | SQ_BIT(WHERE) | SQ_BIT(LIMIT)        \
        | SQ_BIT(KEYWORD) | SQ_BIT(COMMA) | SQ_BIT(SEMICOLON) | SQ_BIT(PUNCT) \
        | SQ_BIT(END))
#define API_SQLI_DULL_TOKENS                                                  \
    (API_SQLI_DULL | SQ_BIT(NOT) | SQ_BIT(FILLER) | SQ_BIT(W_FUNCTION)        \
        | SQ_BIT(W_DANGER))

static inline bool
api_sqli_is(const api_sqli_fold_t *f, unsigned back, uint64_t set)
{
    return f->n > back && set >> f->tape[f->n - 1 - back] & 1;
}


/* What a byte is.  Controls are blanks to one database or the other. */

#define API_SQLI_C_BLANK 1
#define API_SQLI_C_LETTER 2
#define API_SQLI_C_DIGIT 4
#define API_SQLI_C_WORD 8
#define API_SQLI_C_BINDS 16 /* right behind a word it changes what that is */

extern const uint8_t api_sqli_class[256];

static inline bool
api_sqli_blank(uint8_t c)
{
    return api_sqli_class[c] & API_SQLI_C_BLANK;
}


static inline bool
api_sqli_digit(uint8_t c)
{
    return api_sqli_class[c] & API_SQLI_C_DIGIT;
}


static inline bool
api_sqli_letter_byte(uint8_t c)
{
    return api_sqli_class[c] & API_SQLI_C_LETTER;
}


static inline bool
api_sqli_word_byte(uint8_t c)
{
    return api_sqli_class[c] & API_SQLI_C_WORD;
}


#endif /* API_SQLI_INT_H */
