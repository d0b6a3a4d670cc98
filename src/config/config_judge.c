/* config_judge.c - what a configuration names and others must judge: files of TLS, keys, programs
 *
 * Asked when all is read, so that what is wrong there is told among all that is wrong.
 */
#include "base/buffer.h"
#include "config/config_internal.h"

enum {
    WHY_MAX = 512
};

void config_note_jq(struct reading *r, struct node *program)
{
    if (program->is_noted)
        return;
    struct reading_jq *noted = reading_scratch(r, 1, sizeof *noted);
    *noted = (struct reading_jq){r->jq, program};
    r->jq = noted;
    program->is_noted = true;
}

/* Of keys; NULL where it is missing or wrong. */
static const char *file_of(const struct config_auth *a)
{
    switch (a->kind) {
    case CONFIG_AUTH_KEYS:
        return a->file;
    case CONFIG_AUTH_JWT:
        return a->jwt.file;
    case CONFIG_AUTH_CERT:
        return NULL; /* it is one of TLS */
    }
    return NULL;
}

void config_note_keys(struct reading *r, const struct node *file, const struct config_auth *a)
{
    struct reading_keys *noted = reading_scratch(r, 1, sizeof *noted);
    *noted = (struct reading_keys){r->keys, file->place, file_of(a), a};
    r->keys = noted;
}

/* What the context of config_tell_jq points to. */
struct jq_reading {
    struct reading *reading;
    const struct node **programs;
};

/* Where a line of a program begins; of the first, the text that has it. */
static struct place line_of(struct reading *r, const struct node *program, unsigned line)
{
    struct slice text = program->text;
    size_t at = 0;
    while (line > 1 && at < text.n)
        line -= text.at[at++] == '\n';
    while (at < text.n && strchr(" \t", text.at[at]))
        at++;
    bool is_later = at > 0 && memchr(text.at, '\n', at);
    return is_later ? node_place_in(r, program, at) : program->place;
}

static void tell_jq(void *context, unsigned i, unsigned line, const char *why)
{
    struct jq_reading *j = context;
    struct reading *r = j->reading;
    const struct node *program = j->programs[i];
    if (reading_is_masked(r, program->text))
        why = "this does not compile with what the environment gives"; /* jq shows what it read */
    reading_complain(r, RULE_JQ, line_of(r, program, line),
                     "jq: %s; give a program that jq compiles", why);
}

static void judge_jq(struct reading *r)
{
    unsigned n = 0;
    for (const struct reading_jq *noted = r->jq; noted; noted = noted->next)
        n++;
    if (n == 0 || !r->judge->judge_jq)
        return;
    struct jq_reading j = {r, reading_scratch(r, n, sizeof *j.programs)};
    struct slice *texts = reading_scratch(r, n, sizeof *texts);
    n = 0;
    for (const struct reading_jq *noted = r->jq; noted; noted = noted->next, n++) {
        j.programs[n] = noted->program;
        texts[n] = noted->program->text;
    }
    r->judge->judge_jq(r->config, texts, n, tell_jq, &j);
}

/* What is wrong with a file begins with its name; NULL: it does not, and may tell it anywhere. */
static const char *with_name_as_written(struct reading *r, const char *wrong, const char *file)
{
    if (!reading_is_masked(r, slice_of(file)))
        return wrong;
    if (!slice_starts(slice_of(wrong), slice_of(file)))
        return NULL;
    return reading_print(r, "%s%s", reading_show(r, slice_of(file)), wrong + strlen(file));
}

static void judge_keys(struct reading *r, const struct reading_keys *noted)
{
    struct buffer wrong;
    buffer_init(&wrong, WHY_MAX);
    if (!r->judge->has_keys(noted->auth, &wrong)) {
        const char *why = wrong.n ? with_name_as_written(r, wrong.at, noted->file) : NULL;
        reading_complain(r, RULE_KEYS, noted->place, "%s",
                         why ? why : "no keys can be read from this; give a file of keys");
    }
    buffer_done(&wrong);
}

/* A policy that is told to be of two kinds is of the last. */
static bool is_in_use(const struct reading_keys *noted)
{
    return noted->file && noted->file == file_of(noted->auth);
}

void config_judge_all(struct reading *r)
{
    config_judge_tls(r);
    for (const struct reading_keys *k = r->keys; k && r->judge->has_keys; k = k->next)
        if (is_in_use(k))
            judge_keys(r, k);
    judge_jq(r);
}
