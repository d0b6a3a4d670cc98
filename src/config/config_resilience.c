/* config_resilience.c - what a service is protected by, and its callers (CONTRACT 3.8)
 *
 * Each of them is a map, or `off`. What is given has defaults for all that it does not say.
 */
#include <ctype.h>

#include "config/config_internal.h"
#include "wire/token.h"

enum {
    RESERVE_PER_SECOND = 1, /* extra calls whatever happens, so that rare callers have some */
    LIMIT_INITIAL = 20,
    LIMIT_LEAST = 1,
    LIMIT_MOST = 1000,
    QUANTILE_LEAST = 500,
    QUANTILE_MOST = 999,
    PRIORITY_MAX = 1000,
};

/* Reads the section but where the value is `off`; false: it is. */
static bool read_unless_off(struct reading *r, const struct option *row, struct node *value,
                            void *object)
{
    struct node *said = config_unless_off(r, value);
    if (said)
        option_read_section(r, row->section, said, option_at(object, row));
    return said;
}

static void read_breaker(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    struct breaker_settings *b = option_at(object, row);
    b->is_on = read_unless_off(r, row, value, object);
}

#define CAUSES "unreachable, timeout, 408, 425, 429 and 500 to 599"

/* Statuses after which the same request may well succeed: the service is in trouble, or asks for
 * another try (RFC 9110 15.5.9, RFC 8470, RFC 6585). Of any other the answer is the answer. */
static bool is_cause(unsigned status)
{
    return status == 408 || status == 425 || status == 429 || status >= 500;
}

static void read_status(struct reading *r, const struct node *item, struct config_retry *retry)
{
    const struct option row = {.name = "causes", .min = 400, .max = 599};
    unsigned status = 0;
    if (!option_read_count(r, &row, item, &status))
        return;
    if (is_cause(status))
        retry->statuses[retry->n_statuses++] = status;
    else
        reading_complain(r, RULE_CAUSE, item->place,
                         "%u is the service's answer, and another try would have the same; causes "
                         "are " CAUSES,
                         status);
}

static void read_cause(struct reading *r, const struct node *item, struct config_retry *retry)
{
    if (!option_line(r, item, "a cause"))
        return;
    if (node_is(item, "unreachable"))
        retry->after_unreachable = true;
    else if (node_is(item, "timeout"))
        retry->after_timeout = true;
    else if (isdigit((unsigned char)item->text.at[0]))
        read_status(r, item, retry);
    else
        reading_complain(r, RULE_CAUSE, item->place, "'%s' is no cause; they are " CAUSES,
                         reading_show(r, item->text));
}

static void read_causes(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    struct config_retry *retry = object;
    (void)row;
    if (!option_list(r, value, "causes are a list, as [unreachable, 503]"))
        return;
    if (value->n == 0 || value->n > CONFIG_MAX_ITEMS) {
        reading_complain(r, RULE_CAUSE, value->place,
                         "these are %zu causes; name some, or say `retry: off`", value->n);
        return;
    }
    retry->statuses = reading_keep(r, value->n, sizeof *retry->statuses);
    for (size_t i = 0; i < value->n; i++)
        read_cause(r, value->items[i], retry);
}

/* A connection that failed, and a service that is starting, stopping or behind a balancer that says
 * so: none of them has done the work. */
static void take_usual_causes(struct reading *r, struct config_retry *retry)
{
    static const unsigned usual[] = {502, 503, 504};
    retry->after_unreachable = true;
    retry->n_statuses = sizeof usual / sizeof *usual;
    retry->statuses = reading_keep(r, retry->n_statuses, sizeof *retry->statuses);
    memcpy(retry->statuses, usual, sizeof usual);
}

static void read_retry(struct reading *r, const struct option *row, struct node *value,
                       void *object)
{
    struct config_retry *retry = option_at(object, row);
    retry->attempts = 1;
    if (!read_unless_off(r, row, value, object))
        return;
    retry->budget.reserve_per_second = RESERVE_PER_SECOND;
    if (!node_find(value, SLICE("causes")))
        take_usual_causes(r, retry);
}

/* p95, p99.9; in thousandths. */
static bool read_quantile(struct slice text, unsigned *permille)
{
    char share[16];
    uint64_t value = 0;
    if (text.n < 2 || text.n > 8 || text.at[0] != 'p')
        return false;
    memcpy(share, text.at + 1, text.n - 1);
    share[text.n - 1] = '%';
    enum quantity_verdict verdict =
        quantity_read((struct slice){share, text.n}, QUANTITY_SHARE, &value);
    *permille = (unsigned)value;
    return verdict == QUANTITY_GOOD && value >= QUANTILE_LEAST && value <= QUANTILE_MOST;
}

static void read_after(struct reading *r, const struct option *row, struct node *value,
                       void *object)
{
    struct config_hedge *hedge = object;
    if (!option_line(r, value, "a quantile, as p95, or a duration"))
        return;
    if (isdigit((unsigned char)value->text.at[0]))
        option_duration.read(r, row, value, hedge);
    else if (!read_quantile(value->text, &hedge->after_permille))
        reading_complain(r, RULE_QUANTILE, value->place,
                         "'%s' is neither a quantile from p50 to p99.9 nor a duration; write p95, "
                         "or 50ms",
                         reading_show(r, value->text));
}

static void read_hedge(struct reading *r, const struct option *row, struct node *value,
                       void *object)
{
    struct config_hedge *hedge = option_at(object, row);
    hedge->is_on = read_unless_off(r, row, value, object);
    hedge->budget.reserve_per_second = hedge->is_on ? RESERVE_PER_SECOND : 0;
}

static void read_concurrency(struct reading *r, const struct option *row, struct node *value,
                             void *object)
{
    struct config_concurrency *c = option_at(object, row);
    c->limit =
        (struct limit_settings){.initial = LIMIT_INITIAL, .least = LIMIT_LEAST, .most = LIMIT_MOST};
    c->limit.is_on = read_unless_off(r, row, value, object);
}

static void read_balance(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    struct config_service *s = object;
    if (value->kind == NODE_MAP) {
        s->balance = CONFIG_HASH;
        option_read_section(r, row->section, value, s);
        return;
    }
    option_choice_of.read(r, row, value, s);
}

/* Its variables are those of each source that calls the service; here only the braces can be
 * judged. */
static void read_hash(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_service *s = object;
    struct template *compiled = NULL;
    (void)row;
    if (!option_scalar(r, value, "a text with variables, as \"{id}\""))
        return;
    if (!config_compile_text(r, value, &compiled))
        return;
    s->hash_text = reading_copy(r, value->text);
    if (template_n_variables(compiled) == 0)
        reading_complain(r, RULE_HASH, value->place,
                         "'%s' is the same for all calls, and all would go to one target; write a "
                         "variable, as \"{id}\"",
                         reading_show(r, value->text));
}

void config_read_hash(struct reading *r, const struct node *call, struct config_source *s)
{
    struct node text = {
        .kind = NODE_SCALAR,
        .place = call->place,
        .text = s->service->hash_text,
    };
    unsigned n_before = r->diagnostics.n;
    if (s->service->balance != CONFIG_HASH || text.text.n == 0)
        return;
    config_read_text_template(r, &text, &s->hash);
    for (unsigned i = n_before; i < r->diagnostics.n; i++)
        r->diagnostics.items[i].message =
            reading_print(r, "the targets of '%s' are chosen by the hash of '%s': %s",
                          reading_show(r, s->service->name), reading_show(r, text.text),
                          r->diagnostics.items[i].message);
}

static void read_health(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    struct config_health *h = option_at(object, row);
    h->is_on = read_unless_off(r, row, value, object);
}

static void read_health_path(struct reading *r, const struct option *row, struct node *value,
                             void *object)
{
    if (!option_line(r, value, "a path, as /health"))
        return;
    bool is_path = value->text.n && value->text.at[0] == '/';
    for (size_t i = 0; i < value->text.n; i++)
        is_path &= token_has((unsigned char)value->text.at[i], TOKEN_URI);
    if (!is_path)
        reading_complain(r, RULE_HEALTH, value->place,
                         "'%s' is no path; it begins with '/' and has no spaces, as /health",
                         reading_show(r, value->text));
    *(struct slice *)option_at(object, row) = reading_copy(r, value->text);
}

/* A whole number that may be below zero. */
static void read_priority(struct reading *r, const struct option *row, struct node *value,
                          void *object)
{
    uint64_t number = 0;
    if (!option_line(r, value, "a whole number"))
        return;
    bool is_negative = value->text.at[0] == '-';
    struct slice digits = slice_after(value->text, is_negative);
    enum quantity_verdict verdict = quantity_read(digits, QUANTITY_COUNT, &number);
    if (verdict == QUANTITY_MALFORMED)
        reading_complain(r, RULE_COUNT, value->place,
                         "'%s' is not a whole number; write digits alone, as 10 or -10",
                         reading_show(r, value->text));
    else if (verdict == QUANTITY_TOO_LARGE || number > PRIORITY_MAX)
        reading_complain(r, RULE_BOUND, value->place, "%s cannot be %s; it is between -%d and %d",
                         row->name, reading_show(r, value->text), PRIORITY_MAX, PRIORITY_MAX);
    else
        *(int *)option_at(object, row) = is_negative ? -(int)number : (int)number;
}

#define OR_OFF "{\"anyOf\":[" OPTION_ON "," OPTION_OFF "," OPTION_ENVIRONMENT ",@]}"

const struct option_kind config_kind_breaker = {"map, or `off`", OR_OFF, read_breaker};
const struct option_kind config_kind_retry = {"map, or `off`", OR_OFF, read_retry};
const struct option_kind config_kind_hedge = {"map, or `off`", OR_OFF, read_hedge};
const struct option_kind config_kind_concurrency = {"map, or `off`", OR_OFF, read_concurrency};
const struct option_kind config_kind_health = {"map, or `off`", OR_OFF, read_health};
const struct option_kind config_kind_causes = {
    "list of causes",
    "{\"type\":\"array\",\"minItems\":1,\"items\":{\"anyOf\":[{\"enum\":[\"unreachable\","
    "\"timeout\",408,425,429]},{\"type\":\"integer\",\"minimum\":500,\"maximum\":599}"
    "," OPTION_ENVIRONMENT "]}}",
    read_causes};
const struct option_kind config_kind_after = {
    "quantile, p50 to p99.9, or duration",
    "{\"type\":\"string\",\"pattern\":\"^p[0-9]+([.][0-9])?$|^[0-9]+(ms|s|m|h)$|\\\\$\\\\{\"}",
    read_after};
const struct option_kind config_kind_balance = {
    "word, or {hash: \"{id}\"}",
    "{\"anyOf\":[{\"enum\":[\"least-latency\",\"round-robin\"]}," OPTION_ENVIRONMENT ",@]}",
    read_balance};
const struct option_kind config_kind_hash = {"text with variables", "{\"type\":\"string\"}",
                                             read_hash};
const struct option_kind config_kind_health_path = {"path", "{\"type\":\"string\"}",
                                                    read_health_path};
const struct option_kind config_kind_priority = {
    "number, -1000 to 1000",
    "{\"anyOf\":[{\"type\":\"integer\",\"minimum\":-1000,\"maximum\":1000}," OPTION_ENVIRONMENT
    "]}",
    read_priority};
