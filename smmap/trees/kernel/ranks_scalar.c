/* Ranks without vector units: eight rows go down a tree side by side, in registers. */
#include "forest.h"

#define EACH(do) do(0) do(1) do(2) do(3) do(4) do(5) do(6) do(7)
#define START(k) uint32_t at##k = 0;
#define STEP(k)                                                                                  \
    {                                                                                            \
        uint32_t node = nodes[at##k];                                                            \
        uint32_t column = (node >> 8) & (((uint32_t)1 << bits) - 1);                             \
        at##k = node >> (8 + bits);                                                              \
        at##k += (uint8_t)node < row[(k) * stride + column];                                     \
    }
#define KEEP(k) uint32_t was##k = at##k;
#define MOVED(k) | (was##k ^ at##k)
#define ADD(k) sums[k] += values[at##k];
#define WRITE(k) leaves[k] = bits_of[at##k];

INLINE void walk(RANKS_ARGUMENTS) {
    const size_t stride = (size_t)1 << bits;
    const uint32_t *bits_of = (const uint32_t *)(const void *)values;
    for (size_t i = 0; i < count; i += 8) {
        const uint8_t *row = rows + i * stride;
        uint32_t level = 0;
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
            uint32_t *leaves = yield.leaves + i;
            EACH(WRITE)
        } else {
            float *sums = yield.sums + i;
            EACH(ADD)
        }
    }
}

CHAINS void walk_ranks_scalar(RANKS_ARGUMENTS) {
    WALK_RANKS;
}
