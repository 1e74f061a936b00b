/* Numbers with a check digit: cards (ISO/IEC 7812), IBAN (ISO 13616), and of
   people. */

#include "api_sensitive_int.h"


#define API_SENSITIVE_CARD_MIN 13
#define API_SENSITIVE_CARD_MAX 19
#define API_SENSITIVE_IBAN_MIN 15
#define API_SENSITIVE_IBAN_MAX 34


/* Digits, in groups that one blank or dash separates; *len is all of it. */

static unsigned
api_sensitive_digits(
    api_span_t text, size_t at, uint8_t *digit, unsigned max, size_t *len)
{
    size_t   i;
    unsigned n;

    for (n = 0, i = at; i < text.len; i++) {
        if (api_sensitive_digit(text.data[i])) {
            if (n == max) {
                return max + 1;
            }

            digit[n++] = (uint8_t) (text.data[i] - '0');
            *len = i + 1 - at;
            continue;
        }

        if ((text.data[i] != ' ' && text.data[i] != '-') || i + 1 >= text.len
            || !api_sensitive_digit(text.data[i + 1]))
        {
            break;
        }
    }

    return n;
}


static bool
api_sensitive_luhn(const uint8_t *digit, unsigned n)
{
    unsigned i, sum, d;

    for (sum = 0, i = 0; i < n; i++) {
        d = digit[n - 1 - i];

        if (i % 2) {
            d = d * 2 > 9 ? d * 2 - 9 : d * 2;
        }

        sum += d;
    }

    return sum % 10 == 0;
}


typedef struct {
    unsigned from, to; /* of the first four digits */
    unsigned min, max; /* digits in all */
} api_sensitive_scheme_t;

static const api_sensitive_scheme_t api_sensitive_schemes[] = {
    { 4000, 4999, 13, 19 }, /* Visa */
    { 5100, 5599, 16, 16 }, /* Mastercard */
    { 2221, 2720, 16, 16 },
    { 3400, 3499, 15, 15 }, /* American Express */
    { 3700, 3799, 15, 15 },
    { 3000, 3059, 14, 19 }, /* Diners */
    { 3600, 3699, 14, 19 },
    { 3800, 3999, 14, 19 },
    { 6011, 6011, 16, 19 }, /* Discover */
    { 6440, 6599, 16, 19 },
    { 6200, 6299, 16, 19 }, /* UnionPay */
    { 3528, 3589, 16, 19 }, /* JCB */
    { 5000, 5099, 13, 19 }, /* Maestro */
    { 5600, 5899, 13, 19 },
    { 6300, 6399, 13, 19 },
    { 6700, 6799, 13, 19 },
};


static bool
api_sensitive_card(const uint8_t *digit, unsigned n)
{
    size_t   i;
    unsigned head;

    if (n < API_SENSITIVE_CARD_MIN || n > API_SENSITIVE_CARD_MAX) {
        return false;
    }

    head = digit[0] * 1000U + digit[1] * 100U + digit[2] * 10U + digit[3];

    for (i = 0;
         i < sizeof(api_sensitive_schemes) / sizeof(api_sensitive_schemes[0]);
         i++)
    {
        if (head >= api_sensitive_schemes[i].from
            && head <= api_sensitive_schemes[i].to
            && n >= api_sensitive_schemes[i].min
            && n <= api_sensitive_schemes[i].max)
        {
            return api_sensitive_luhn(digit, n);
        }
    }

    return false;
}


/* US social security: 123-45-6789, areas and groups that are given out. */

static bool
api_sensitive_ssn(api_span_t text, size_t at, const uint8_t *digit)
{
    unsigned area;

    if (at + 11 > text.len || text.data[at + 3] != '-'
        || text.data[at + 6] != '-') {
        return false;
    }

    area = digit[0] * 100U + digit[1] * 10U + digit[2];

    return area != 0 && area != 666 && area < 900 && (digit[3] || digit[4])
           && (digit[5] || digit[6] || digit[7] || digit[8]);
}


/* Poland: date of birth with the century in the month, and a check digit. */

static bool
api_sensitive_pesel(const uint8_t *digit)
{
    unsigned i, sum, month, day;

    static const uint8_t weight[10] = { 1, 3, 7, 9, 1, 3, 7, 9, 1, 3 };

    month = (digit[2] * 10U + digit[3]) % 20;
    day = digit[4] * 10U + digit[5];

    if (month < 1 || month > 12 || day < 1 || day > 31) {
        return false;
    }

    for (sum = 0, i = 0; i < 10; i++) {
        sum += weight[i] * digit[i];
    }

    return (10 - sum % 10) % 10 == digit[10];
}


/* Spain: eight digits and the letter of their remainder by 23. */

static bool
api_sensitive_dni(api_span_t text, size_t at, const uint8_t *digit)
{
    unsigned i, n;

    static const char letters[] = "TRWAGMYFPDXBNJZSQVHLCKE";

    if (at + 9 > text.len || !api_sensitive_ends(text, at + 9)) {
        return false;
    }

    for (n = 0, i = 0; i < 8; i++) {
        n = n * 10 + digit[i];
    }

    return n > 99999 && text.data[at + 8] == (uint8_t) letters[n % 23];
}


static size_t
api_sensitive_person(
    api_span_t text, size_t at, const uint8_t *digit, unsigned n, size_t len)
{
    if (n == 9 && len == 11 && api_sensitive_ssn(text, at, digit)) {
        return 11;
    }

    if (n == 11 && len == 11 && api_sensitive_pesel(digit)) {
        return 11;
    }

    return n == 8 && len == 8 && api_sensitive_dni(text, at, digit) ? 9 : 0;
}


size_t
api_sensitive_number(const api_sensitive_text_t *t, size_t at, unsigned *kind)
{
    size_t   len, person;
    uint8_t  digit[API_SENSITIVE_CARD_MAX];
    unsigned n;

    len = 0;
    n = api_sensitive_digits(t->text, at, digit, API_SENSITIVE_CARD_MAX, &len);

    if ((t->kinds & 1U << API_SENSITIVE_CARD) && api_sensitive_card(digit, n)
        && api_sensitive_ends(t->text, at + len))
    {
        *kind = API_SENSITIVE_CARD;
        return len;
    }

    if (!(t->kinds & 1U << API_SENSITIVE_NATIONAL)) {
        return 0;
    }

    person = api_sensitive_person(t->text, at, digit, n, len);

    if (person && api_sensitive_ends(t->text, at + person)) {
        *kind = API_SENSITIVE_NATIONAL;
        return person;
    }

    return 0;
}


/* Length of a country's IBAN; 0: it has none. */

static unsigned
api_sensitive_iban_len(uint8_t a, uint8_t b)
{
    size_t      i;
    const char *p;

    static const char table[] = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28"
                                "CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18"
                                "FO18FR27GB22GE22GI23GL18GR27GT28HR21HU28IE22"
                                "IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20"
                                "LU20LV21LY25MC27MD24ME22MK19MR27MT31MU30NL18"
                                "NO15PK24PL28PS29PT25QA29RO24RS22SA24SC31SD18"
                                "SE24SI19SK24SM27ST25SV28TL23TN24TR26UA29VA22"
                                "VG24XK20";

    for (i = 0; i + 4 < sizeof(table); i += 4) {
        p = table + i;

        if (p[0] == a && p[1] == b) {
            return (unsigned) (p[2] - '0') * 10 + (unsigned) (p[3] - '0');
        }
    }

    return 0;
}


/* Letters count as 10 to 35; the first four stand behind the rest. */

static bool
api_sensitive_mod97(const uint8_t *c, unsigned n)
{
    unsigned i, v, rest;

    for (rest = 0, i = 0; i < n; i++) {
        v = c[(i + 4) % n];
        v = api_sensitive_digit((uint8_t) v) ? v - '0' : v - 'A' + 10;
        rest = (v > 9 ? rest * 100 + v : rest * 10 + v) % 97;
    }

    return rest == 1;
}


static size_t
api_sensitive_iban(api_span_t text, size_t at)
{
    size_t   i;
    uint8_t  c, s[API_SENSITIVE_IBAN_MAX];
    unsigned n, len;

    if (at + API_SENSITIVE_IBAN_MIN > text.len
        || !api_sensitive_digit(text.data[at + 2])
        || !api_sensitive_digit(text.data[at + 3]))
    {
        return 0;
    }

    len = api_sensitive_iban_len(text.data[at], text.data[at + 1]);

    for (n = 0, i = at; n < len && i < text.len; i++) {
        c = text.data[i];

        if (c == ' ' && n % 4 == 0 && n) {
            continue;
        }

        if (!api_sensitive_digit(c) && !(c >= 'A' && c <= 'Z')) {
            return 0;
        }

        s[n++] = c;
    }

    return len && n == len && api_sensitive_ends(text, i)
                   && api_sensitive_mod97(s, n)
               ? i - at
               : 0;
}


/* United Kingdom: AB123456C; Italy: RSSMRA85T10A562S with its check letter. */

static size_t
api_sensitive_nino(api_span_t text, size_t at)
{
    size_t i;

    static const char never[7] = "DFIQUVO"; /* O as the second alone */

    if (at + 9 > text.len || !api_sensitive_ends(text, at + 9)
        || memchr(never, text.data[at], sizeof(never) - 1)
        || memchr(never, text.data[at + 1], sizeof(never))
        || text.data[at + 1] < 'A' || text.data[at + 1] > 'Z'
        || text.data[at + 8] < 'A' || text.data[at + 8] > 'D')
    {
        return 0;
    }

    for (i = 2; i < 8; i++) {
        if (!api_sensitive_digit(text.data[at + i])) {
            return 0;
        }
    }

    return 9;
}


static size_t
api_sensitive_codice(api_span_t text, size_t at)
{
    uint8_t  c, v;
    unsigned i, sum;

    static const char    form[] = "LLLLLLDDLDDLDDDL";
    static const uint8_t odd[26] = { 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4,
        18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23 };

    if (at + 16 > text.len || !api_sensitive_ends(text, at + 16)) {
        return 0;
    }

    for (sum = 0, i = 0; i < 16; i++) {
        c = text.data[at + i];

        if (form[i] == 'D' ? !api_sensitive_digit(c) : c < 'A' || c > 'Z') {
            return 0;
        }

        if (i < 15) {
            v = (uint8_t) (form[i] == 'D' ? c - '0' : c - 'A');
            sum += i % 2 ? v : odd[v];
        }
    }

    return text.data[at + 15] == 'A' + sum % 26 ? 16 : 0;
}


size_t
api_sensitive_letters(const api_sensitive_text_t *t, size_t at, unsigned *kind)
{
    size_t len;

    if (t->kinds & 1U << API_SENSITIVE_IBAN) {
        len = api_sensitive_iban(t->text, at);

        if (len) {
            *kind = API_SENSITIVE_IBAN;
            return len;
        }
    }

    if (!(t->kinds & 1U << API_SENSITIVE_NATIONAL)) {
        return 0;
    }

    len = api_sensitive_nino(t->text, at);
    len = len ? len : api_sensitive_codice(t->text, at);
    *kind = API_SENSITIVE_NATIONAL;

    return len;
}
