/* suggestion.c - the nearest of some names, by optimal string alignment
 *
 * Levenshtein's distance with swaps of neighbours (Damerau), three rows at a time; case is no
 * difference. Near is what differs in a third of the longer name and one more; of very short names,
 * in one letter. What has nothing in common is no slip, however short it is.
 */
#include "config/suggestion.h"

#include <ctype.h>

enum {
    NAME_MAX_COMPARED = 64
};

static size_t least(size_t a, size_t b, size_t c)
{
    size_t least_of_two = a < b ? a : b;
    return least_of_two < c ? least_of_two : c;
}

static bool is_same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

size_t suggestion_distance(struct slice a, struct slice b)
{
    size_t rows[3][NAME_MAX_COMPARED + 1];
    if (a.n > NAME_MAX_COMPARED || b.n > NAME_MAX_COMPARED)
        return a.n > b.n ? a.n : b.n;
    size_t *before = rows[0];
    size_t *above = rows[1];
    size_t *row = rows[2];
    for (size_t k = 0; k <= b.n; k++)
        above[k] = k;
    for (size_t i = 1; i <= a.n; i++) {
        row[0] = i;
        for (size_t k = 1; k <= b.n; k++) {
            size_t replaced = above[k - 1] + !is_same(a.at[i - 1], b.at[k - 1]);
            row[k] = least(above[k] + 1, row[k - 1] + 1, replaced);
            bool is_swap = i > 1 && k > 1 && is_same(a.at[i - 1], b.at[k - 2]) &&
                           is_same(a.at[i - 2], b.at[k - 1]);
            if (is_swap && before[k - 2] + 1 < row[k])
                row[k] = before[k - 2] + 1;
        }
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[b.n];
}

void suggestion_begin(struct suggestion *s, struct slice wanted)
{
    *s = (struct suggestion){.wanted = wanted, .distance = (size_t)-1};
}

void suggestion_offer(struct suggestion *s, struct slice name)
{
    size_t distance = suggestion_distance(s->wanted, name);
    if (distance >= s->distance)
        return;
    s->distance = distance;
    s->best = name;
}

bool suggestion_is_near(const struct suggestion *s)
{
    size_t longer = s->wanted.n > s->best.n ? s->wanted.n : s->best.n;
    return s->best.at && s->distance < longer && s->distance <= (longer < 4 ? 1 : longer / 3 + 1);
}
