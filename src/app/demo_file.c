/* demo_file.c - a file of the page, in the coding that the browser takes, or a 304 */
#include "app/demo_file.h"

#include "base/check.h"
#include "gateway/etag.h"
#include "wire/coding_wish.h"
#include "wire/token.h"

/* What the page needs and no more: nothing from elsewhere, nothing inline, in nobody's frame. */
#define POLICY                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "                    \
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static bool takes_gzip(const struct request *r)
{
    static const enum coding ours[] = {CODING_GZIP};
    struct coding_wish wish = {0};
    for (unsigned i = 0; i < r->n_fields; i++)
        if (token_equals(r->fields[i].name, SLICE("accept-encoding")))
            coding_wish_add(&wish, r->fields[i].value);
    return coding_wish_choose(&wish, ours, 1) == CODING_GZIP;
}

static void answer(struct exchange *e, const struct demo_file *f)
{
    bool is_gzip = takes_gzip(&e->request);
    struct slice body = is_gzip ? f->gzip : f->plain;
    char etag[ETAG_SIZE];
    etag_write(etag, &body, 1);
    const struct field fields[] = {
        {SLICE("Content-Type"), f->type},
        {SLICE("ETag"), {etag, sizeof etag}},
        {SLICE("Cache-Control"), SLICE("no-cache")}, /* asked for again, answered 304 */
        {SLICE("Vary"), SLICE("Accept-Encoding")},
        {SLICE("Content-Security-Policy"), SLICE(POLICY)},
        {SLICE("X-Content-Type-Options"), SLICE("nosniff")},
        {SLICE("Referrer-Policy"), SLICE("no-referrer")},
        {SLICE("Content-Encoding"), SLICE("gzip")},
    };
    unsigned n = sizeof fields / sizeof *fields - (is_gzip ? 0 : 1);
    if (etag_is_had(&e->request, fields[1].value)) {
        exchange_begin(e, 304, fields, n, EXCHANGE_LENGTH_UNKNOWN);
    } else {
        exchange_begin(e, 200, fields, n, (int64_t)body.n);
        CHECK(exchange_put(e, body, NULL)); /* an empty outbox takes any one slice */
    }
    exchange_end(e);
}

bool demo_file_answer(struct exchange *e, struct slice path)
{
    for (unsigned i = 0; i < demo_files_n; i++) {
        if (!slice_equal(demo_files[i].path, path))
            continue;
        answer(e, &demo_files[i]);
        return true;
    }
    return false;
}
