/* template.h - URI templates (RFC 6570) compiled once, filled for each call
 *
 * Levels 1 to 3 and the explode modifier on lists, without the operators "+" and "#", which would
 * let a value write reserved characters. Every value is percent-encoded, so none adds a path
 * segment, a query or a header.
 *
 * A compiled template is immutable and may be shared by threads; it lives in the arena it was
 * compiled into.
 */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "base/fault.h"
#include "base/slice.h"

struct template; /* parts in order: literals and expressions */

struct template_error {
    size_t offset; /* in the text */
    const char *what;
    const char *instead; /* what would be right; may be NULL */
};

/* What a variable is worth in one expansion. */
struct template_value {
    bool is_defined; /* false: undefined in the RFC's sense; an empty list counts as such */
    bool is_list;
    struct slice text;         /* decoded; a scalar */
    const struct slice *items; /* a list */
    size_t n_items;
};

/* Compiles text into the arena. FAULT_CONFIG: *error says what and where. FAULT_LIMIT: arena full.
 * Literals that are not allowed in a URI are percent-encoded as the RFC says. */
enum fault template_compile(struct slice text, struct arena *arena, struct template **out,
                            struct template_error *error) MUST_USE;

/* Each distinct variable once, in order of appearance. Names are as written between the braces,
 * and may be any run of characters but "{},:*|" and white space: product.seller.id,
 * product.images[0].url, headers.x-tenant. */
size_t template_n_variables(const struct template *t);
struct slice template_variable(const struct template *t, size_t i);
/* Where variable i first stands in the text, for diagnostics. */
size_t template_variable_offset(const struct template *t, size_t i);
/* Does variable i stand in a place that takes a list (an explode, or a query expression)? */
bool template_takes_list(const struct template *t, size_t i);

/* Appends the expansion. values[i] belongs to variable i. FAULT_CLIENT: the value of *culprit
 * would make a path segment empty, "." or ".." (also through an undefined variable that leaves a
 * segment empty). FAULT_LIMIT: out is full. */
enum fault template_expand(const struct template *t, const struct template_value *values,
                           struct buffer *out, size_t *culprit) MUST_USE;

/* The same of a text, whatever bytes its values have: bodies. */
enum fault template_expand_plain(const struct template *t, const struct template_value *values,
                                 struct buffer *out) MUST_USE;

/* A text with {name} in it that is no URI: header values. Values go in as they are, "{{" and "}}"
 * are braces; a value with CR, LF, NUL or another control byte but HTAB is FAULT_CLIENT. */
enum fault template_compile_text(struct slice text, struct arena *arena, struct template **out,
                                 struct template_error *error) MUST_USE;

/* Writes the bytes percent-encoded, of which only the unreserved ones stay as they are; the place
 * behind them, at most 3 * value.n further. */
char *template_encode(char *to, struct slice value);
