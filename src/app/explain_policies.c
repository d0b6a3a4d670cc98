/* explain_policies.c - who may ask of an endpoint, how much, and in which form */
#include <inttypes.h>

#include "app/explain_internal.h"
#include "config/quantity.h"

static void print_auth(FILE *to, const struct config_endpoint *e)
{
    for (unsigned i = 0; i < e->n_auth; i++)
        fprintf(to, "%s%.*s", i ? " or " : "  auth: ", SLICE_ARG(e->auth[i]->name));
    for (unsigned i = 0; i < e->n_scopes; i++)
        fprintf(to, "%s%.*s", i ? " or " : ", with scope ", SLICE_ARG(e->scopes[i]));
    if (e->n_auth)
        fprintf(to, "\n");
}

static void print_by(FILE *to, const struct config_rate_limit *l)
{
    switch (l->by) {
    case CONFIG_BY_IP:
        fprintf(to, "by ip");
        break;
    case CONFIG_BY_HEADER:
        fprintf(to, "by headers.%.*s", SLICE_ARG(l->header));
        break;
    case CONFIG_BY_KEY:
        fprintf(to, "by key, else by ip");
        break;
    case CONFIG_BY_CLAIM:
        fprintf(to, "by claims%.*s, else by ip", SLICE_ARG(l->claim));
        break;
    }
}

static void print_limit(FILE *to, const struct config_rate_limit *l)
{
    char rate[32];
    if (!l->is_on)
        return;
    fprintf(to, "  rate limit: ");
    if (l->per_hour) {
        quantity_write(rate, sizeof rate, QUANTITY_RATE, l->per_hour);
        fprintf(to, "%s for each %s, burst %" PRIu64 ", ", rate,
                l->counts_calls ? "call" : "request", l->gcra.burst);
    }
    if (l->concurrent)
        fprintf(to, "%u at once, ", l->concurrent);
    print_by(to, l);
    fprintf(to, l->is_top ? ", together with all endpoints that do not say\n" : "\n");
}

static void print_cors(FILE *to, const struct config_cors *c)
{
    if (!c->is_on)
        return;
    fprintf(to, "  cors: %s", c->any_origin ? "any origin" : "");
    for (unsigned i = 0; i < c->n_origins; i++)
        fprintf(to, "%s%.*s", i || c->any_origin ? ", " : "", SLICE_ARG(c->origins[i]));
    fprintf(to, c->credentials ? "; with credentials\n" : "\n");
}

static void print_compress(FILE *to, const struct config_compress *c)
{
    char size[32];
    if (!c->is_on)
        return;
    for (unsigned i = 0; i < c->n_codings; i++)
        fprintf(to, "%s%.*s", i ? ", " : "  compressed: ", SLICE_ARG(coding_name(c->codings[i])));
    quantity_write(size, sizeof size, QUANTITY_SIZE, c->min_size);
    fprintf(to, "; from %s\n", size);
}

void explain_print_policies(FILE *to, const struct config_endpoint *e)
{
    print_auth(to, e);
    print_limit(to, &e->rate_limit);
    print_cors(to, &e->cors);
    print_compress(to, &e->compress);
}
