/* h1_head.c - a whole head, read by a strict grammar: lines, fields, and how the body is framed
 *
 * RFC 9112 2.2, 3, 4 and 5 without any of their leniencies: lines end with CRLF, one space stands
 * between the parts of a start line, nothing stands between a name and its colon, no line is
 * folded. RFC 9112 6.3 in its strictest reading says how long the body is.
 */
#include "base/word.h"
#include "wire/h1_internal.h"
#include "wire/token.h"

enum {
    BAD = 400,
    TOO_MANY = 431,
    UNKNOWN_CODING = 501,
    UNKNOWN_VERSION = 505
};

/* What the fields said, gathered before it is judged as a whole. */
struct facts {
    unsigned n_hosts;
    unsigned n_lengths;
    unsigned n_chunked; /* times that the coding is named */
    bool has_bad_host;
    bool has_bad_framing;
    bool has_coding; /* Transfer-Encoding, whatever it names */
    bool has_other_coding;
    bool ends_with_chunked; /* the last coding of all */
    bool closes, keeps;     /* options of Connection, */
    bool has_others;        /* and those that are names of fields */
};

struct cursor {
    const char *at;
    const char *end;
};

static bool take(struct cursor *c, struct slice literal)
{
    if (!slice_starts((struct slice){c->at, (size_t)(c->end - c->at)}, literal))
        return false;
    c->at += literal.n;
    return true;
}

/* Takes a run of bytes of a class. */
static struct slice take_run(struct cursor *c, enum token_class wanted)
{
    const char *start = c->at;
    while (c->at < c->end && token_has((unsigned char)*c->at, wanted))
        c->at++;
    return (struct slice){start, (size_t)(c->at - start)};
}

/* "HTTP/1.x", of which everything above 1.1 is read as 1.1 (RFC 9110 2.5). */
static unsigned take_version(struct cursor *c, unsigned *minor)
{
    if (!take(c, SLICE("HTTP/")) || c->end - c->at < 3 || c->at[1] != '.')
        return BAD;
    char major = c->at[0], digit = c->at[2];
    if (major < '0' || major > '9' || digit < '0' || digit > '9')
        return BAD;
    c->at += 3;
    *minor = digit == '0' ? 0 : 1;
    return major == '1' ? 0 : UNKNOWN_VERSION;
}

static unsigned request_line(struct h1_head *head, struct cursor *c, const char *base)
{
    struct slice method = take_run(c, TOKEN_TCHAR);
    if (!method.n || method.n > H1_MAX_METHOD || !take(c, SLICE(" ")))
        return BAD;
    struct slice target = take_run(c, TOKEN_URI);
    if (!target.n || !take(c, SLICE(" ")))
        return BAD;
    unsigned refusal = take_version(c, &head->minor);
    if (!take(c, SLICE("\r\n")))
        return BAD;
    head->method_at = (uint32_t)(method.at - base);
    head->method_n = (uint32_t)method.n;
    head->target_at = (uint32_t)(target.at - base);
    head->target_n = (uint32_t)target.n;
    return refusal;
}

/* The space before an empty reason may be missing: some services forget it. */
static unsigned status_line(struct h1_head *head, struct cursor *c)
{
    unsigned refusal = take_version(c, &head->minor);
    if (refusal)
        return refusal;
    if (!take(c, SLICE(" ")) || c->end - c->at < 3)
        return BAD;
    for (int i = 0; i < 3; i++) {
        char digit = *c->at++;
        if (digit < '0' || digit > '9')
            return BAD;
        head->status = head->status * 10 + (unsigned)(digit - '0');
    }
    if (head->status < 100)
        return BAD;
    if (take(c, SLICE(" ")))
        take_run(c, TOKEN_VALUE);
    return take(c, SLICE("\r\n")) ? 0 : BAD;
}

/* Digits alone; a list, even of equal lengths, or a sign is refused, and a tab beside the digits
 * too: some versions of llhttp do not take it for a blank there. The value lies in a line of its
 * own, so there is a byte before and behind it. false: bad. */
static bool read_length(struct h1_head *head, struct slice value)
{
    if (value.n == 0 || value.at[-1] == '\t' || value.at[value.n] == '\t')
        return false;
    for (size_t i = 0; i < value.n; i++) {
        unsigned digit = (unsigned)(unsigned char)value.at[i] - '0';
        if (digit > 9 || head->length > (INT64_MAX - 9) / 10)
            return false;
        head->length = head->length * 10 + digit;
    }
    head->has_length = true;
    return true;
}

/* An empty element at the end, as of "chunked,", is nothing that llhttp takes either. */
static void read_codings(struct facts *facts, struct slice value)
{
    struct slice coding;
    facts->has_coding = true;
    facts->has_bad_framing |= value.n && value.at[value.n - 1] == ',';
    while (token_next(&value, &coding)) {
        facts->ends_with_chunked = token_equals(coding, SLICE("chunked"));
        if (facts->ends_with_chunked)
            facts->n_chunked++;
        else
            facts->has_other_coding = true;
    }
}

static void read_connection(struct facts *facts, struct slice value)
{
    struct slice option;
    while (token_next(&value, &option)) {
        if (token_equals(option, SLICE("keep-alive")))
            facts->keeps = true;
        else if (token_equals(option, SLICE("close")))
            facts->closes = true;
        else if (!token_equals(option, SLICE("upgrade")))
            facts->has_others = true;
    }
}

/* Fields that say something about the message itself. Few fields have a name as long as theirs. */
static void read_field(struct h1_head *head, struct facts *facts, struct slice name,
                       struct slice value)
{
    if (name.n == 4 && token_equals(name, SLICE("host"))) {
        facts->n_hosts++;
        facts->has_bad_host |= !token_is_authority(value);
    } else if (name.n == 6 && token_equals(name, SLICE("expect"))) {
        head->expects_continue |= token_equals(value, SLICE("100-continue"));
    } else if (name.n == 10 && token_equals(name, SLICE("connection"))) {
        read_connection(facts, value);
    } else if (name.n == 14 && token_equals(name, SLICE("content-length"))) {
        facts->n_lengths++;
        facts->has_bad_framing |= !read_length(head, value);
    } else if (name.n == 17 && token_equals(name, SLICE("transfer-encoding"))) {
        read_codings(facts, value);
    }
}

/* The first byte at or behind `at` that may not stand in a value. */
static const char *value_end(const char *at, const char *end)
{
    while (end - at >= WORD_SIZE) {
        uint64_t x = word_at(at);
        uint64_t controls = word_below(x, ' ') | word_equal(x, 0x7f);
        at += controls ? word_first(controls) : WORD_SIZE;
        if (!controls)
            continue;
        if (*at != '\t')
            return at;
        at++;
    }
    while (at < end && token_has((unsigned char)*at, TOKEN_VALUE))
        at++;
    return at;
}

/* The first byte at or behind `at` that may not stand in a name. Nearly all names are of letters
 * and hyphens. */
static const char *name_end(const char *at, const char *end)
{
    while (end - at >= WORD_SIZE) {
        uint64_t x = word_at(at);
        uint64_t usual = word_lower_letters(x | word_of(0x20)) | word_equal(x, '-');
        uint64_t others = usual ^ word_of(0x80);
        at += others ? word_first(others) : WORD_SIZE;
        if (others)
            break;
    }
    while (at < end && token_has((unsigned char)*at, TOKEN_TCHAR))
        at++;
    return at;
}

static unsigned field_line(struct h1_head *head, struct facts *facts, struct cursor *c,
                           const char *base)
{
    const char *start = c->at;
    c->at = name_end(start, c->end);
    struct slice name = {start, (size_t)(c->at - start)};
    if (!name.n || !take(c, SLICE(":")))
        return BAD;
    start = c->at;
    c->at = value_end(start, c->end);
    struct slice value = token_trim((struct slice){start, (size_t)(c->at - start)});
    if (!take(c, SLICE("\r\n")))
        return BAD;
    if (head->n_fields == H1_MAX_FIELDS)
        return TOO_MANY;
    head->fields[head->n_fields++] = (struct h1_field){
        .name_at = (uint32_t)(name.at - base),
        .name_n = (uint32_t)name.n,
        .value_at = (uint32_t)(value.at - base),
        .value_n = (uint32_t)value.n,
    };
    read_field(head, facts, name, value);
    return 0;
}

/* RFC 9112 6.1 and 6.3. Whoever sends two lengths, or a coding with HTTP/1.0, may be smuggling. */
static unsigned judge_framing(struct h1_head *head, const struct facts *facts)
{
    if (facts->has_bad_framing || facts->n_lengths + facts->has_coding > 1)
        return BAD;
    if (!facts->has_coding)
        return 0;
    bool is_nothing = !facts->n_chunked && !facts->has_other_coding;
    bool is_misplaced = facts->n_chunked > 1 || (facts->n_chunked && !facts->ends_with_chunked);
    if (head->minor == 0 || is_nothing || is_misplaced)
        return BAD;
    head->chunked = !facts->has_other_coding;
    return head->chunked ? 0 : UNKNOWN_CODING;
}

/* RFC 9112 3.2: one good Host; HTTP/1.0 may do without. */
static bool has_good_host(const struct h1_head *head, const struct facts *facts)
{
    return !facts->has_bad_host && (facts->n_hosts == 1 || (facts->n_hosts == 0 && !head->minor));
}

static unsigned judge(struct h1_head *head, enum h1_kind kind, const struct facts *facts)
{
    if (kind == H1_REQUEST && !has_good_host(head, facts))
        return BAD;
    head->keep_alive = !facts->closes && (head->minor == 1 || facts->keeps);
    head->has_options = facts->has_others;
    head->expects_continue &= head->minor == 1;
    return judge_framing(head, facts);
}

static void clear(struct h1_head *head)
{
    /* Without the fields, which are many and are written before they are counted. */
    memset(head, 0, offsetof(struct h1_head, fields));
}

unsigned h1_head_parse(struct h1_head *head, enum h1_kind kind, const char *at, size_t n)
{
    struct cursor c = {at, at + n};
    struct facts facts = {0};
    clear(head);
    while (take(&c, SLICE("\r\n"))) /* RFC 9112 2.2: empty lines before a start line */
        continue;
    unsigned refusal = kind == H1_REQUEST ? request_line(head, &c, at) : status_line(head, &c);
    while (!refusal && !take(&c, SLICE("\r\n")))
        refusal = field_line(head, &facts, &c, at);
    if (refusal)
        return refusal;
    head->size = (uint32_t)(c.at - at);
    return judge(head, kind, &facts);
}

bool h1_is_option(const struct h1_head *head, const char *base, struct slice name)
{
    for (unsigned i = 0; head->has_options && i < head->n_fields; i++)
        if (token_equals(h1_name(base, &head->fields[i]), SLICE("connection")) &&
            token_list_names(h1_value(base, &head->fields[i]), name))
            return true;
    return false;
}
