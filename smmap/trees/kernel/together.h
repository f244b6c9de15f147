/* Rows of neighbouring pixels go down a tree together: one comparison tells for 64 of them which
   way they go, and only where they part are there two ways to follow. The including file defines
   TARGET and, for 64 rows: find_above (bytes above a key), find_beyond (words above a key) and add. */
#include <string.h>

#include "forest.h"

#define WITHIN TARGET static inline __attribute__((always_inline))

WITHIN uint64_t find_above(const uint8_t *ranks, uint8_t key);
WITHIN uint64_t find_beyond(const uint32_t *values, uint32_t key);
WITHIN void add(float *sums, uint64_t rows, float value);

/* Rows that part go on later. */
typedef struct {
    uint64_t rows;
    uint32_t at;
} Waiting;

WITHIN void yield_leaf(Yield yield, uint64_t rows, uint32_t leaf) {
    if (yield.sums) {
        float value;
        memcpy(&value, &leaf, sizeof value);
        add(yield.sums, rows, value);
    } else if (yield.leaves) {
        for (int k = 0; k < LANES; k++)
            if (rows >> k & 1)
                yield.leaves[k] = leaf;
    }
}

/* `left` and `right` of the node `at`, `is_leaf` and `leaf` are expressions of `node`. */
#define DESCEND(load, left, is_leaf, leaf, right)                                                \
    Waiting waiting[DEEPEST];                                                                    \
    size_t n_waiting = 0, visits = 0;                                                            \
    uint32_t at = 0;                                                                             \
    for (;; visits++) {                                                                          \
        load;                                                                                    \
        const uint32_t next = (left);                                                            \
        if (is_leaf) {                                                                           \
            yield_leaf(yield, rows, leaf);                                                       \
            if (!n_waiting)                                                                      \
                return visits + 1;                                                               \
            at = waiting[--n_waiting].at;                                                        \
            rows = waiting[n_waiting].rows;                                                      \
            continue;                                                                            \
        }                                                                                        \
        const uint64_t over = (right) & rows;                                                    \
        at = next;                                                                               \
        if (over == rows) {                                                                      \
            at = next + 1;                                                                       \
        } else if (over) {                                                                       \
            waiting[n_waiting++] = (Waiting){over, next + 1};                                    \
            rows &= ~over;                                                                       \
        }                                                                                        \
    }

WITHIN size_t descend_ranks(const void *tree, const void *values, unsigned bits, const void *group,
                         uint64_t rows, Yield yield) {
    const uint32_t *nodes = tree, *leaves = values;
    const uint8_t *ranks = group;
    DESCEND(const uint32_t node = nodes[at], node >> (8 + bits), next == at, leaves[at],
            find_above(ranks + LANES * (node >> 8 & (((uint32_t)1 << bits) - 1)), (uint8_t)node))
}

WITHIN size_t descend_wide(const void *tree, const void *values, unsigned bits, const void *group,
                        uint64_t rows, Yield yield) {
    const uint64_t *nodes = tree;
    const uint32_t *columns = group;
    (void)values;
    DESCEND(const uint64_t node = nodes[at]; const uint32_t where = (uint32_t)(node >> 32),
            where >> bits, next == at, (uint32_t)node,
            find_beyond(columns + LANES * (size_t)(where & (((uint32_t)1 << bits) - 1)),
                        (uint32_t)node))
}
