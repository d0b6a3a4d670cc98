/* node_secret.c - what of a file that could not be read may be a secret
 *
 * By looks: nobody knows what a line belongs to. Behind a secret's key each line may be more of it,
 * up to the next that has a key of its own.
 */
#include "config/node_internal.h"

/* But for what it is indented by, and not where it is only what closes something. */
static void hide_line(struct document *d, struct slice line)
{
    size_t n_closing = 0;
    while (line.n && strchr(" \t", line.at[0]))
        line = slice_after(line, 1);
    while (n_closing < line.n && strchr(" []{},\"'", line.at[n_closing]))
        n_closing++;
    if (n_closing < line.n)
        document_hide((struct place){d, (size_t)(line.at - d->text.at)}, line.n);
}

void node_hide_secrets(struct document *d)
{
    bool is_behind = false;
    for (size_t i = 0; i < d->n_lines; i++) {
        struct slice line = document_line((struct place){d, d->lines[i]});
        if (is_behind && !node_has_key(line))
            hide_line(d, line);
        else
            is_behind = diagnostic_has_secret(line);
    }
}
