/* framing_multipart.c - multipart/mixed, by GraphQL's incremental delivery over HTTP
 *
 * Two dialects. In that of 2022 (deferSpec=20220824) a part names its place by its path; in v0.2
 * (incrementalSpec=v0.2) the first part announces what is pending by ids, parts name an id, and
 * tell when it is completed.
 *
 * Each part is sent together with the delimiter that closes it, so that no client sees a part one
 * step late. A delimiter is no JSON, wherever it might stand.
 */
#include "base/put.h"
#include "gateway/assemble_internal.h"
#include "gateway/framing.h"
#include "gateway/parts_list.h"
#include "gateway/run_internal.h"

#define DELIMITER "\r\n---\r\n"
#define LAST_DELIMITER "\r\n-----\r\n"
#define PART_HEAD "Content-Type: application/json; charset=utf-8\r\n\r\n"

/* Behind a list's number it is the id of its elements. */
#define OF_ITEMS "-items"

static bool add(struct assembly *a, struct slice bytes)
{
    return assemble_add(a, bytes, NULL);
}

static bool add_number(struct assembly *a, unsigned number)
{
    char *text = arena_take(&a->run->visit->exchange->arena, PUT_NUMBER_MAX);
    return text && add(a, (struct slice){text, (size_t)(put_number(text, number) - text)});
}

static bool add_stale(const struct parts *p, struct assembly *a)
{
    return !p->is_stale || add(a, SLICE(",\"extensions\":{\"stale\":true}"));
}

static bool add_errors(struct assembly *a, uint64_t sources)
{
    struct slice errors = assemble_errors_of(a->run, sources);
    if (!errors.n)
        return errors.at;
    return add(a, SLICE(",\"errors\":")) && add(a, errors);
}

/* Elements that have parts of their own have their errors there. */
static bool add_part_errors(struct parts *p, unsigned source, struct assembly *a)
{
    if (parts_is_listed(p, source) && !run_has_failed(p->run, source))
        return true;
    return add_errors(a, run_bit(source));
}

/* `"items":[value]`, whether it is stale, and what went wrong with it. */
static bool add_items(const struct parts *p, struct assembly *a, unsigned source, unsigned element)
{
    struct slice error = parts_error_of_element(a->run, source, element);
    bool is_good = error.at && add(a, SLICE("\"items\":[")) &&
                   parts_add_element(a, source, element) && add(a, SLICE("]")) && add_stale(p, a);
    if (!is_good || !error.n)
        return is_good;
    return add(a, SLICE(",\"errors\":[")) && add(a, error) && add(a, SLICE("]"));
}

/* The beginning up to what the dialects say differently. */
static enum assemble_verdict begin_first(struct parts *p, struct assembly *a)
{
    if (!add(a, SLICE(DELIMITER PART_HEAD "{\"data\":")))
        return ASSEMBLE_NO_ROOM;
    enum assemble_verdict verdict = parts_add_first(p, false, a);
    return verdict == ASSEMBLE_NO_ROOM || add_errors(a, p->told) ? verdict : ASSEMBLE_NO_ROOM;
}

static bool end_part(struct assembly *a)
{
    return add(a, SLICE(",\"hasNext\":true}" DELIMITER));
}

/* Errors of those that had no part, whether all is well, and what is stale. */
static bool end_last(struct parts *p, struct assembly *a)
{
    struct slice errors = parts_find_errors(p);
    a->is_complete = errors.n == 0;
    return errors.at && add(a, SLICE("\"hasNext\":false")) &&
           add_errors(a, p->run->plan->all & ~p->told) &&
           add(a, a->is_complete ? SLICE(",\"extensions\":{\"complete\":true")
                                 : SLICE(",\"extensions\":{\"complete\":false")) &&
           parts_add_stale(p, a) && add(a, SLICE("}}" LAST_DELIMITER));
}

static enum assemble_verdict put_first_by_path(struct parts *p, struct assembly *a)
{
    enum assemble_verdict verdict = begin_first(p, a);
    return verdict == ASSEMBLE_NO_ROOM || end_part(a) ? verdict : ASSEMBLE_NO_ROOM;
}

static bool put_element_by_path(struct parts *p, unsigned source, struct assembly *a)
{
    unsigned element = parts_take_element(p, source);
    return add(a, SLICE(PART_HEAD "{\"incremental\":[{\"path\":")) &&
           parts_add_element_path(a, source, element) && add(a, SLICE(",")) &&
           add_items(p, a, source, element) && add(a, SLICE("}]")) && end_part(a);
}

static bool put_part_by_path(struct parts *p, unsigned source, unsigned number, struct assembly *a)
{
    (void)number;
    if (parts_find_kind(p, source) == PARTS_ELEMENT)
        return put_element_by_path(p, source, a);
    unsigned depth = parts_find_container(p, source);
    return add(a, SLICE(PART_HEAD "{\"incremental\":[{\"path\":")) &&
           parts_add_path(a, source, depth) && add(a, SLICE(",\"data\":")) &&
           parts_add_data(p, source, depth, a) && add_stale(p, a) &&
           add_part_errors(p, source, a) && add(a, SLICE("}]")) && end_part(a);
}

static bool put_done_by_path(struct parts *p, struct assembly *a)
{
    return add(a, SLICE(PART_HEAD "{")) && end_last(p, a);
}

static bool add_pending(struct parts *p, struct assembly *a)
{
    struct slice before = SLICE(",\"pending\":[{\"id\":\"");
    p->pending = parts_find_pending(p);
    for (uint64_t left = p->pending; left; left = run_rest(left)) {
        struct slice name = p->run->plan->sources[run_first(left)].config->name;
        if (!add(a, before) || !add_number(a, run_first(left)) ||
            !add(a, SLICE("\",\"path\":[],\"label\":\"")) || !add(a, name) || !add(a, SLICE("\"}")))
            return false;
        before = SLICE(",{\"id\":\"");
    }
    return !p->pending || add(a, SLICE("]"));
}

static enum assemble_verdict put_first_by_id(struct parts *p, struct assembly *a)
{
    p->in_order = true;
    enum assemble_verdict verdict = begin_first(p, a);
    return verdict == ASSEMBLE_NO_ROOM || (add_pending(p, a) && end_part(a)) ? verdict
                                                                             : ASSEMBLE_NO_ROOM;
}

/* Ids of sources, or of the elements of lists. */
static bool add_ids(struct assembly *a, uint64_t sources, struct slice end, struct slice *before)
{
    for (uint64_t left = sources; left; left = run_rest(left)) {
        if (!add(a, *before) || !add_number(a, run_first(left)) || !add(a, end))
            return false;
        *before = SLICE(",{\"id\":\"");
    }
    return true;
}

static bool add_completed(struct assembly *a, uint64_t sources, uint64_t lists)
{
    struct slice before = SLICE("\"completed\":[{\"id\":\"");
    return add_ids(a, lists, SLICE(OF_ITEMS "\"}"), &before) &&
           add_ids(a, sources, SLICE("\"}"), &before) && (!(sources | lists) || add(a, SLICE("]")));
}

static bool begin_list_by_id(struct assembly *a, unsigned source)
{
    const struct config_source *s = a->run->plan->sources[source].config;
    return add(a, SLICE("\"pending\":[{\"id\":\"")) && add_number(a, source) &&
           add(a, SLICE(OF_ITEMS "\",\"path\":")) && parts_add_path(a, source, s->into.n_names) &&
           add(a, SLICE(",\"label\":\"")) && add(a, s->name) && add(a, SLICE("\"}],"));
}

static bool end_part_by_id(struct parts *p, uint64_t completed, uint64_t lists, struct assembly *a)
{
    p->pending &= ~completed;
    return add(a, SLICE("}]")) && (!completed || add(a, SLICE(","))) &&
           add_completed(a, completed, lists) && end_part(a);
}

/* Its source is pending as long as the list is. */
static bool put_element_by_id(struct parts *p, unsigned source, struct assembly *a)
{
    unsigned element = parts_take_element(p, source);
    uint64_t completed = parts_is_listed(p, source) ? 0 : run_bit(source);
    return add(a, SLICE(PART_HEAD "{\"incremental\":[{\"id\":\"")) && add_number(a, source) &&
           add(a, SLICE(OF_ITEMS "\",")) && add_items(p, a, source, element) &&
           end_part_by_id(p, completed, completed, a);
}

static bool put_part_by_id(struct parts *p, unsigned source, unsigned number, struct assembly *a)
{
    enum parts_kind kind = parts_find_kind(p, source);
    (void)number;
    if (kind == PARTS_ELEMENT)
        return put_element_by_id(p, source, a);
    unsigned depth = parts_find_container(p, source);
    uint64_t listed = p->listed & run_bit(source);
    bool is_good =
        add(a, SLICE(PART_HEAD "{")) && (kind != PARTS_LIST || begin_list_by_id(a, source)) &&
        add(a, SLICE("\"incremental\":[{\"id\":\"")) && add_number(a, source) &&
        add(a, SLICE("\"")) &&
        (depth == 0 || (add(a, SLICE(",\"subPath\":")) && parts_add_path(a, source, depth))) &&
        add(a, SLICE(",\"data\":")) && parts_add_data(p, source, depth, a) && add_stale(p, a) &&
        add_part_errors(p, source, a);
    uint64_t completed = parts_is_listed(p, source) ? 0 : run_bit(source);
    return is_good && end_part_by_id(p, completed, listed & completed, a);
}

/* What is pending still will not come: skipped, cancelled, or without a place. */
static bool put_done_by_id(struct parts *p, struct assembly *a)
{
    return add(a, SLICE(PART_HEAD "{")) && add_completed(a, p->pending, p->listed) &&
           (!p->pending || add(a, SLICE(","))) && end_last(p, a);
}

const struct framing framing_multipart = {
    .content_type = SLICE_INIT("multipart/mixed; boundary=\"-\"; deferSpec=20220824"),
    .early_ping = SLICE_INIT("\r\n"),
    .ping = SLICE_INIT(PART_HEAD "{\"hasNext\":true}" DELIMITER),
    .first = put_first_by_path,
    .part = put_part_by_path,
    .done = put_done_by_path,
};

const struct framing framing_multipart_v02 = {
    .content_type = SLICE_INIT("multipart/mixed; boundary=\"-\"; incrementalSpec=v0.2"),
    .early_ping = SLICE_INIT("\r\n"),
    .ping = SLICE_INIT(PART_HEAD "{\"hasNext\":true}" DELIMITER),
    .first = put_first_by_id,
    .part = put_part_by_id,
    .done = put_done_by_id,
};
