/* config_traces.c - where spans go */
#include "config/config_target.h"

static void read_otlp(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_traces *t = &((struct config *)object)->traces;
    (void)row;
    if (!option_line(r, value, "a URL, as http://127.0.0.1:4318/v1/traces"))
        return;
    t->position = document_position(value->place);
    const char *wrong = config_read_url(r, value, &t->target, &t->path);
    if (wrong)
        reading_complain(r, RULE_OTLP, value->place, "traces cannot go to %s; %s",
                         config_show_url(r, value), wrong);
}

static void read_headers(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    struct config_traces *t = &((struct config *)object)->traces;
    (void)row;
    t->n_headers = config_read_header_fields(r, value, CONFIG_HEADER_SET, &t->headers);
}

static void read_tls(struct reading *r, const struct option *row, struct node *value, void *object)
{
    config_read_tls(r, row->section, value, &((struct config *)object)->traces.tls, NULL);
}

const struct option_kind config_kind_otlp = {"URL", "{\"type\":\"string\"}", read_otlp};
const struct option_kind config_kind_trace_headers = {
    "map of header names and texts",
    "{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\",\"number\",\"boolean\"]}}",
    read_headers};
const struct option_kind config_kind_trace_tls = {"map", "@", read_tls};
