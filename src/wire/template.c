/* template.c - what a compiled template tells about itself, and percent-encoding */
#include "base/check.h"
#include "wire/template_internal.h"
#include "wire/token.h"

const struct template_rule template_rules[TEMPLATE_N_OPERATORS] = {
    [TEMPLATE_SIMPLE] = {'\0', '\0', ',', false, false},
    [TEMPLATE_LABEL] = {'.', '.', '.', false, false},
    [TEMPLATE_SEGMENT] = {'/', '/', '/', false, false},
    [TEMPLATE_PARAMETER] = {';', ';', ';', true, false},
    [TEMPLATE_QUERY] = {'?', '?', '&', true, true},
    [TEMPLATE_CONTINUE] = {'&', '&', '&', true, true},
};

size_t template_n_variables(const struct template *t)
{
    return t->n_variables;
}

struct slice template_variable(const struct template *t, size_t i)
{
    CHECK(i < t->n_variables);
    return t->variables[i].name;
}

size_t template_variable_offset(const struct template *t, size_t i)
{
    CHECK(i < t->n_variables);
    return t->variables[i].offset;
}

bool template_takes_list(const struct template *t, size_t i)
{
    CHECK(i < t->n_variables);
    return t->variables[i].takes_list;
}

bool template_is_triplet(struct slice s)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    return s.n >= 3 && s.at[0] == '%' && memchr(digits, s.at[1], sizeof digits - 1) &&
           memchr(digits, s.at[2], sizeof digits - 1);
}

char *template_encode(char *to, struct slice value)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if (token_has(c, TOKEN_UNRESERVED)) {
            *to++ = (char)c;
            continue;
        }
        *to++ = '%';
        *to++ = digits[c >> 4];
        *to++ = digits[c & 15];
    }
    return to;
}
