/* config_client_cert.c - policies whose proof is a certificate that the client shows */
#include <ctype.h>

#include "config/config_internal.h"

enum {
    SUBJECTS_MAX = 256,
    SUBJECT_MAX = 1024
};

/* Bytes of `CN=` and the like at the front (RFC 4514 section 3); 0: there is none. */
static size_t attribute_size(struct slice text)
{
    size_t n = 0;
    while (n < text.n &&
           (isalnum((unsigned char)text.at[n]) || text.at[n] == '-' || text.at[n] == '.'))
        n++;
    return n > 0 && n < text.n && text.at[n] == '=' ? n + 1 : 0;
}

/* Bytes up to the next comma or plus that is not escaped. */
static size_t value_size(struct slice text)
{
    size_t n = 0;
    while (n < text.n && text.at[n] != ',' && text.at[n] != '+')
        n += text.at[n] == '\\' && n + 1 < text.n ? 2 : 1;
    return n;
}

/* Attributes with commas, or pluses, and no spaces between: what differs in that would never be
 * the same text as a certificate's subject. */
static bool is_distinguished(struct slice text)
{
    for (;;) {
        size_t n = attribute_size(text);
        struct slice value = slice_after(text, n);
        if (n == 0 || value.n == 0 || value.at[0] == ' ')
            return false;
        size_t size = value_size(value);
        if (size == value.n)
            return true;
        text = slice_after(value, size + 1);
    }
}

static bool is_subject(struct slice text)
{
    struct slice name = slice_after(text, sizeof "DNS:" - 1);
    if (text.n > SUBJECT_MAX)
        return false;
    if (slice_starts(text, SLICE("DNS:")) || slice_starts(text, SLICE("URI:")))
        return name.n && !memchr(name.at, ' ', name.n);
    return is_distinguished(text);
}

static void read_subjects(struct reading *r, const struct option *row, struct node *value,
                          void *object)
{
    struct config_client_cert *c = &((struct config_auth *)object)->client_cert;
    (void)row;
    if (!option_list(r, value, "subjects are a list, as [\"CN=mobile,O=Shop\"]"))
        return;
    if (value->n == 0 || value->n > SUBJECTS_MAX) {
        reading_complain(r, RULE_MANY, value->place,
                         "these are %zu subjects; give between 1 and %d, or leave the key out",
                         value->n, SUBJECTS_MAX);
        return;
    }
    c->subjects = reading_keep(r, value->n, sizeof *c->subjects);
    for (size_t i = 0; i < value->n; i++) {
        const struct node *item = value->items[i];
        if (!option_line(r, item, "a subject, as CN=mobile,O=Shop"))
            continue;
        if (is_subject(item->text))
            c->subjects[c->n_subjects++] = reading_copy(r, item->text);
        else
            reading_complain(r, RULE_CLIENT_CERT, item->place,
                             "'%s' is no subject; write it as openssl x509 -subject -nameopt "
                             "RFC2253 does, as CN=mobile,O=Shop, or as DNS:NAME or URI:NAME",
                             reading_show(r, item->text));
    }
}

static bool has_tls_listener(const struct config *c)
{
    for (unsigned i = 0; i < c->n_listens; i++)
        if (c->listens[i].has_tls)
            return true;
    return false;
}

static void read_client_cert(struct reading *r, const struct option *row, struct node *value,
                             void *object)
{
    struct config_auth *a = object;
    a->kind = CONFIG_AUTH_CERT;
    option_read_section(r, row->section, value, a);
    config_note_ca(r, value, a->client_cert.ca);
    if (!has_tls_listener(r->config))
        reading_complain(r, RULE_CLIENT_CERT, value->place,
                         "no client can show a certificate; give a listener `tls`, or leave the "
                         "policy out");
}

const struct option_kind config_kind_client_cert = {"map", "@", read_client_cert};
const struct option_kind config_kind_subjects = {
    "list of subjects",
    "{\"type\":\"array\",\"minItems\":1,\"maxItems\":256,\"items\":{\"type\":\"string\"}}",
    read_subjects};
