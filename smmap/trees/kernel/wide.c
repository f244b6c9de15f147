/* Wide nodes without vector units: eight rows go down a tree side by side, in registers. Of trees
   larger than the cache the rows are sorted by the node they have reached, so that neighbours need
   the same nodes. */
#include <string.h>

#include "forest.h"

#define EACH(do) do(0) do(1) do(2) do(3) do(4) do(5) do(6) do(7)
#define START(k) uint32_t at##k = from ? from[i + (k)] : 0;
#define STEP(k)                                                                                  \
    {                                                                                            \
        uint64_t node = nodes[at##k];                                                            \
        uint32_t where = (uint32_t)(node >> 32);                                                 \
        uint32_t value = row[(k) * stride + (where & (((uint32_t)1 << bits) - 1))];              \
        at##k = where >> bits;                                                                   \
        at##k += (uint32_t)node < value;                                                         \
    }
#define KEEP(k) uint32_t was##k = at##k;
#define MOVED(k) | (was##k ^ at##k)
#define WRITE_NODE(k) reached[i + (k)] = at##k;
#define WRITE_LEAF(k) yield.leaves[places ? places[i + (k)] : i + (k)] = (uint32_t)nodes[at##k];
#define ADD(k)                                                                                   \
    {                                                                                            \
        uint32_t bits_of = (uint32_t)nodes[at##k];                                               \
        float value;                                                                             \
        memcpy(&value, &bits_of, sizeof value);                                                  \
        yield.sums[places ? places[i + (k)] : i + (k)] += value;                                 \
    }

/* Node of each row after `levels` steps. */
INLINE void descend(const uint64_t *nodes, unsigned bits, const uint32_t *rows, size_t stride,
                    size_t count, uint32_t levels, uint32_t *reached) {
    const uint32_t *from = NULL;
    for (size_t i = 0; i < count; i += 8) {
        const uint32_t *row = rows + i * stride;
        EACH(START)
        for (uint32_t level = 0; level < levels; level++) {
            EACH(STEP)
        }
        EACH(WRITE_NODE)
    }
}

/* From the nodes `from` (or the root), of which `level` steps are done, to the leaves. */
INLINE void finish(const uint64_t *nodes, const Tree *tree, unsigned bits, const uint32_t *rows,
                   size_t stride, size_t count, uint32_t start, const uint32_t *from,
                   const uint32_t *places, Yield yield) {
    for (size_t i = 0; i < count; i += 8) {
        const uint32_t *row = rows + i * stride;
        uint32_t level = start;
        EACH(START)
        for (; level < tree->steady; level++) {
            EACH(STEP)
        }
        while (level < tree->depth) {
            EACH(KEEP)
            EACH(STEP)
            if (!(0 EACH(MOVED)))
                break;
            EACH(STEP)
            level += 2;
        }
        if (yield.leaves) {
            EACH(WRITE_LEAF)
        } else {
            EACH(ADD)
        }
    }
}

/* Counting sort: rows by node, those of one node in their order. */
static void sort_rows(const Sorting *to, size_t n_nodes, const uint32_t *rows, size_t stride,
                      size_t count) {
    memset(to->counts, 0, n_nodes * sizeof *to->counts);
    for (size_t i = 0; i < count; i++)
        to->counts[to->nodes[i]]++;
    uint32_t start = 0;
    for (size_t i = 0; i < n_nodes; i++) {
        uint32_t here = to->counts[i];
        to->counts[i] = start;
        start += here;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t place = to->counts[to->nodes[i]]++;
        to->sorted[place] = to->nodes[i];
        to->places[place] = (uint32_t)i;
        memcpy(to->rows + place * stride, rows + i * stride, stride * sizeof *rows);
    }
}

/* The usual widths with constants. */
#define DISPATCH(verb, ...)                                                                      \
    if (bits == 4 && stride == 16)                                                               \
        verb(4, 16, __VA_ARGS__);                                                                \
    else if (bits == 5 && stride == 32)                                                          \
        verb(5, 32, __VA_ARGS__);                                                                \
    else                                                                                         \
        verb(bits, stride, __VA_ARGS__)
#define DESCEND(bits, stride, levels) descend(nodes, bits, rows, stride, count, levels, to->nodes)
#define FINISH(bits, stride, rows, start, from, places)                                          \
    finish(nodes, tree, bits, rows, stride, count, start, from, places, yield)

CHAINS void walk_wide_scalar(WIDE_ARGUMENTS) {
    DISPATCH(FINISH, rows, 0, NULL, NULL);
}

CHAINS void walk_wide_sorted(const uint64_t *nodes, const Tree *tree, unsigned bits,
                             const uint32_t *rows, size_t stride, size_t count, const Sorting *to,
                             Yield yield) {
    DISPATCH(DESCEND, tree->sort_levels);
    sort_rows(to, (size_t)2 << tree->sort_levels, rows, stride, count);
    DISPATCH(FINISH, to->rows, tree->sort_levels, to->sorted, to->places);
}
