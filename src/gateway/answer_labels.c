/* answer_labels.c - gathered one by one, each once */
#include "gateway/answer_labels.h"

#include "service/service_tags.h"

enum {
    SHOWN_BYTES = 16 * 1024 /* of what is shown, names and URLs together */
};

void answer_labels_add_tag(struct answer_labels *l, struct slice tag)
{
    if (!tag.n || tag.n > SERVICE_TAG_MAX)
        return;
    for (unsigned i = 0; i < l->n_tags; i++)
        if (slice_equal(l->tags[i], tag))
            return;
    if (l->n_tags == RECORD_TAGS_MAX)
        l->are_too_many = true;
    else
        l->tags[l->n_tags++] = tag;
}

static bool has(const struct answer_labels *l, const struct record_shown *shown)
{
    for (unsigned i = 0; i < l->n_shown; i++)
        if (slice_equal(l->shown[i].url, shown->url) && slice_equal(l->shown[i].name, shown->name))
            return true;
    return false;
}

void answer_labels_add_shown(struct answer_labels *l, const struct record_shown *shown,
                             struct arena *arena)
{
    if (l->are_too_many || has(l, shown))
        return;
    l->n_bytes += shown->name.n + shown->url.n;
    bool fits = l->n_shown < RECORD_SHOWN_MAX && l->n_bytes <= SHOWN_BYTES;
    struct slice name = fits ? arena_copy(arena, shown->name) : SLICE_NONE;
    struct slice url = fits ? arena_copy(arena, shown->url) : SLICE_NONE;
    if (name.at && url.at)
        l->shown[l->n_shown++] = (struct record_shown){name, url};
    else
        l->are_too_many = true;
}

void answer_labels_tell(const struct answer_labels *l, uint64_t purges, struct record *r)
{
    r->is_brittle = l->are_too_many;
    if (l->are_too_many) {
        r->purges = purges;
        return;
    }
    r->tags = l->tags;
    r->n_tags = l->n_tags;
    r->shown = l->shown;
    r->n_shown = l->n_shown;
}
