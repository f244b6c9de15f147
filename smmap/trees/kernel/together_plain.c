/* Together, on every processor. */
#define TARGET
#include "together.h"

/* One bit each of 64 bytes that are 0 or 1. */
WITHIN uint64_t collect(const uint8_t *flags) {
    uint64_t found = 0;
    for (int e = 0; e < 8; e++) {
        uint64_t eight = 0;
        for (int k = 0; k < 8; k++)
            eight |= (uint64_t)flags[8 * e + k] << 8 * k;
        found |= (eight * 0x0102040810204080u >> 56) << 8 * e;
    }
    return found;
}

WITHIN uint64_t find_above(const uint8_t *ranks, uint8_t key) {
    uint8_t flags[LANES];
    for (int k = 0; k < LANES; k++)
        flags[k] = ranks[k] > key;
    return collect(flags);
}

WITHIN uint64_t find_beyond(const uint32_t *values, uint32_t key) {
    uint8_t flags[LANES];
    for (int k = 0; k < LANES; k++)
        flags[k] = values[k] > key;
    return collect(flags);
}

WITHIN void add(float *sums, uint64_t rows, float value) {
    if (rows == UINT64_MAX) {
        for (int k = 0; k < LANES; k++)
            sums[k] += value;
        return;
    }
    for (; rows; rows &= rows - 1)
        sums[__builtin_ctzll(rows)] += value;
}

size_t walk_ranks_together_plain(TOGETHER_ARGUMENTS) {
    return bits == 4 ? descend_ranks(tree, values, 4, group, rows, yield)
                     : descend_ranks(tree, values, 5, group, rows, yield);
}

size_t walk_wide_together_plain(TOGETHER_ARGUMENTS) {
    return descend_wide(tree, values, bits, group, rows, yield);
}
