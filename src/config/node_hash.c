/* node_hash.c - does a part of a configuration still say the same? */
#include "base/hash.h"
#include "config/node.h"

/* The multiplier is 2^64 divided by the golden ratio, made odd. */
static uint64_t mix(uint64_t before, uint64_t more)
{
    uint64_t hash = (before ^ more) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* Kinds and numbers of parts go in, so that what is nested otherwise is another. As deep as a
 * document may be. */
uint64_t node_hash(const struct node *n, uint64_t before)
{
    uint64_t hash = mix(before, (uint64_t)n->kind << 32 | n->n);
    switch (n->kind) {
    case NODE_SCALAR:
        return mix(hash, hash_of(n->text));
    case NODE_LIST:
        for (size_t i = 0; i < n->n; i++)
            hash = node_hash(n->items[i], hash);
        break;
    case NODE_MAP:
        for (size_t i = 0; i < n->n; i++)
            hash = node_hash(n->pairs[i].value, node_hash(n->pairs[i].key, hash));
        break;
    }
    return hash;
}
