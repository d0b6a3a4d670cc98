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

void config_note_auth(struct reading *r, const struct node *name, const struct config_auth *a)
{
    struct reading_auth *noted = reading_scratch(r, 1, sizeof *noted);
    *noted = (struct reading_auth){r->auth, name->place, a};
    r->auth = noted;
}

/* What the context of config_tell_jq points to. */
struct jq_reading {
    struct reading *reading;
    const struct node **programs;
};

static void tell_jq(void *context, unsigned i, const char *why)
{
    struct jq_reading *j = context;
    reading_complain(j->reading, RULE_JQ, j->programs[i]->place,
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

/* A policy of which the file is missing or wrong is told of without them. */
static bool has_file(const struct config_auth *a)
{
    switch (a->kind) {
    case CONFIG_AUTH_KEYS:
        return a->file;
    case CONFIG_AUTH_JWT:
        return a->jwt.file;
    case CONFIG_AUTH_CERT:
        return false; /* it is one of TLS */
    }
    return false;
}

static void judge_keys(struct reading *r, const struct reading_auth *noted)
{
    struct buffer wrong;
    buffer_init(&wrong, WHY_MAX);
    if (!r->judge->has_keys(noted->auth, &wrong))
        reading_complain(r, RULE_KEYS, noted->place, "%s",
                         wrong.n ? wrong.at : "its keys cannot be read; give a file that can");
    buffer_done(&wrong);
}

void config_judge_all(struct reading *r)
{
    config_judge_tls(r);
    for (const struct reading_auth *a = r->auth; a && r->judge->has_keys; a = a->next)
        if (has_file(a->auth))
            judge_keys(r, a);
    judge_jq(r);
}
