/* reading_mask.c - texts with bytes of the environment's, by their addresses
 *
 * A table of ranges: each text stands in the slot of every page that it touches, so that any part
 * of it is found by where it begins.
 */
#include <stdint.h>

#include "base/buffer.h"
#include "config/reading.h"

enum {
    PAGE_BITS = 8,
    ESCAPED_TIMES = 3 /* the longest escape, for one byte */
};

struct reading_masked {
    struct reading_masked *next; /* in the slot */
    struct slice text;
    const struct reading_span *spans;
    size_t n_spans;
};

/* The spans that a part of a masked text has. */
struct part {
    const struct reading_span *spans;
    size_t n_spans;
    size_t skip; /* bytes of the masked text before the part */
};

static uintptr_t page_of(const char *at)
{
    return (uintptr_t)at >> PAGE_BITS;
}

void reading_mask(struct reading *r, struct slice text, const struct reading_span *spans, size_t n)
{
    if (n == 0 || text.n == 0)
        return;
    uintptr_t last = page_of(text.at + text.n - 1);
    for (uintptr_t page = page_of(text.at); page <= last; page++) {
        struct reading_masked **slot = &r->masked[page % READING_MASK_SLOTS];
        struct reading_masked *m = reading_scratch(r, 1, sizeof *m);
        *m = (struct reading_masked){*slot, text, spans, n};
        *slot = m;
    }
}

/* A span of no bytes belongs to a part that reaches over its place. */
static bool is_in(const struct reading_span *span, size_t start, size_t end)
{
    return span->at < end && (span->at + span->n > start || (span->n == 0 && span->at >= start));
}

static struct part spans_in(const struct reading_masked *m, struct slice text)
{
    size_t start = (size_t)(text.at - m->text.at);
    struct part p = {m->spans, m->n_spans, start};
    while (p.n_spans && !is_in(p.spans, start, start + text.n)) {
        p.spans++;
        p.n_spans--;
    }
    while (p.n_spans && !is_in(&p.spans[p.n_spans - 1], start, start + text.n))
        p.n_spans--;
    return p;
}

static struct part find(const struct reading *r, struct slice text)
{
    const struct reading_masked *m =
        text.n ? r->masked[page_of(text.at) % READING_MASK_SLOTS] : NULL;
    uintptr_t at = (uintptr_t)text.at;
    while (m && (at < (uintptr_t)m->text.at || at >= (uintptr_t)m->text.at + m->text.n))
        m = m->next;
    return m ? spans_in(m, text) : (struct part){0};
}

/* The span as the part has it: cut, and counted from the part's beginning. */
static struct reading_span cut(const struct part *p, size_t i, size_t n_text)
{
    struct reading_span s = p->spans[i];
    size_t start = s.at > p->skip ? s.at - p->skip : 0;
    size_t end = s.at + s.n - p->skip;
    s.at = start;
    s.n = (end < n_text ? end : n_text) - start;
    return s;
}

void reading_mask_copy(struct reading *r, struct slice from, struct slice to, size_t at)
{
    struct part p = find(r, from);
    if (p.n_spans == 0)
        return;
    struct reading_span *spans = reading_scratch(r, p.n_spans, sizeof *spans);
    for (size_t i = 0; i < p.n_spans; i++) {
        spans[i] = cut(&p, i, from.n);
        spans[i].at += at;
    }
    reading_mask(r, to, spans, p.n_spans);
}

bool reading_is_masked(const struct reading *r, struct slice text)
{
    struct part p = find(r, text);
    bool is_masked = false;
    for (size_t i = 0; i < p.n_spans; i++)
        is_masked |= p.spans[i].n > 0 && !p.spans[i].is_default;
    return is_masked;
}

struct slice reading_written(struct reading *r, struct slice text)
{
    struct part p = find(r, text);
    if (p.n_spans == 0)
        return text;
    size_t n = text.n;
    for (size_t i = 0; i < p.n_spans; i++)
        n += p.spans[i].written.n;
    char *start = reading_scratch(r, n + 1, 1);
    char *to = start;
    size_t at = 0;
    for (size_t i = 0; i < p.n_spans; i++) {
        struct reading_span s = cut(&p, i, text.n);
        memcpy(to, text.at + at, s.at - at);
        memcpy(to + (s.at - at), s.written.at, s.written.n);
        to += s.at - at + s.written.n;
        at = s.at + s.n;
    }
    memcpy(to, text.at + at, text.n - at);
    return (struct slice){start, (size_t)(to - start) + text.n - at};
}

/* Behind what has been looked at, in both texts. */
struct matched {
    size_t at, written;
};

/* Between spans only "${" is not as it was written. */
static size_t pass_gap(struct matched m, size_t offset, struct slice text, struct slice written)
{
    while (m.at < offset && m.at < text.n && m.written < written.n) {
        bool is_escaped = slice_starts(slice_after(text, m.at), SLICE("${")) &&
                          slice_starts(slice_after(written, m.written), SLICE("$${"));
        if (is_escaped && offset < m.at + 2)
            return m.written;
        m.at += is_escaped ? 2 : 1;
        m.written += is_escaped ? 3 : 1;
    }
    return m.written;
}

size_t reading_written_offset(const struct reading *r, struct slice text, size_t offset,
                              struct slice written)
{
    struct part p = find(r, text);
    struct matched m = {0};
    if (text.at == written.at)
        return offset;
    for (size_t i = 0; i < p.n_spans && p.spans[i].at <= offset; i++) {
        const struct reading_span *s = &p.spans[i];
        size_t begin = (size_t)(s->written.at - written.at);
        size_t brace = begin + s->written.n - 1;
        if (offset < s->at + s->n)
            return s->is_default ? brace - s->n + (offset - s->at) : begin;
        m = (struct matched){s->at + s->n, brace + 1};
    }
    return pass_gap(m, offset, text, written);
}

static struct slice escape_of(const char *byte, const struct reading_escape *escapes)
{
    while (escapes->sign && escapes->sign != *byte)
        escapes++;
    return escapes->sign ? escapes->instead : (struct slice){byte, 1};
}

/* A text being escaped. */
struct escaping {
    struct slice text;
    const struct reading_escape *escapes;
    char *start, *to;
};

static void copy(struct escaping *e, size_t from, size_t n)
{
    memcpy(e->to, e->text.at + from, n);
    e->to += n;
}

static void copy_escaped(struct escaping *e, size_t from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct slice instead = escape_of(e->text.at + from + i, e->escapes);
        memcpy(e->to, instead.at, instead.n);
        e->to += instead.n;
    }
}

/* Gives the span as the new text has it. */
static struct reading_span copy_span(struct escaping *e, struct reading_span s)
{
    char *start = e->to;
    if (s.is_default)
        copy(e, s.at, s.n);
    else
        copy_escaped(e, s.at, s.n);
    s.at = (size_t)(start - e->start);
    s.n = (size_t)(e->to - start);
    return s;
}

struct slice reading_escaped(struct reading *r, struct slice text,
                             const struct reading_escape *escapes)
{
    struct part p = find(r, text);
    if (p.n_spans == 0)
        return text;
    struct reading_span *spans = reading_scratch(r, p.n_spans, sizeof *spans);
    char *start = reading_scratch(r, text.n * ESCAPED_TIMES + 1, 1);
    struct escaping e = {text, escapes, start, start};
    size_t at = 0;
    for (size_t i = 0; i < p.n_spans; i++) {
        struct reading_span s = cut(&p, i, text.n);
        copy(&e, at, s.at - at);
        spans[i] = copy_span(&e, s);
        at = s.at + s.n;
    }
    copy(&e, at, text.n - at);
    struct slice escaped = {start, (size_t)(e.to - start)};
    reading_mask(r, escaped, spans, p.n_spans);
    return escaped;
}
