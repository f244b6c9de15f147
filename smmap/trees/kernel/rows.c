/* Pixels to rows: each column's value of each pixel, as the nodes compare it. All comparisons are
   of whole numbers, so that no setting of the processor (denormals as zero) can change them. */
#include <string.h>

#include "forest.h"

/* Enough to hide the wait for a cut, few enough for registers. */
#define TOGETHER 8
#define IMAGE_OF_NAN 0xFFFFFFFFu

/* Whole number of a float in its order; -0 as 0; NaN above all. Same as image.py. Without
   branches: the signs and gaps of pixels cannot be foreseen. */
INLINE uint32_t image(const float *value) {
    uint32_t bits;
    memcpy(&bits, value, sizeof bits);
    bits &= -(uint32_t)(bits != 0x80000000u);
    uint32_t here = bits ^ (-(bits >> 31) | 0x80000000u);
    return here | -(uint32_t)((bits & 0x7FFFFFFFu) > 0x7F800000u);
}

/* How many of a column's cuts are not above each of TOGETHER pixels: searches side by side, each
   of the same number of steps. */
INLINE void rank(const uint32_t *images, const uint32_t *cuts, uint32_t count, uint32_t *ranks) {
    uint32_t at[TOGETHER] = {0};
    while (count > 1) {
        uint32_t half = count / 2;
        const uint32_t *middle = cuts + half - 1;
        for (int k = 0; k < TOGETHER; k++)
            at[k] += half & -(uint32_t)(middle[at[k]] <= images[k]);
        count -= half;
    }
    for (int k = 0; k < TOGETHER; k++)
        ranks[k] = at[k] + (count && cuts[at[k]] <= images[k]);
}

CHAINS void rank_pixels(const float *pixels, size_t features, size_t n, size_t padded,
                 const Column *columns, size_t n_columns, const uint32_t *cuts, uint8_t *rows,
                 size_t stride) {
    memset(rows, 0, padded * stride);
    for (size_t i = 0; i < n; i += TOGETHER) {
        size_t here = n - i < TOGETHER ? n - i : TOGETHER;
        for (size_t c = 0; c < n_columns; c++) {
            const Column *column = columns + c;
            uint32_t images[TOGETHER] = {0}, ranks[TOGETHER];
            for (size_t k = 0; k < here; k++)
                images[k] = image(pixels + (i + k) * features + column->feature);
            rank(images, cuts + column->first, column->count, ranks);
            for (size_t k = 0; k < here; k++)
                rows[(i + k) * stride + c] =
                    (uint8_t)(images[k] == IMAGE_OF_NAN ? column->missing : ranks[k]);
        }
    }
}

void widen_pixels(const float *pixels, size_t features, size_t n, size_t padded,
                  const Column *columns, size_t n_columns, uint32_t *rows, size_t stride) {
    memset(rows, 0, padded * stride * sizeof *rows);
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < n_columns; c++) {
            uint32_t here = image(pixels + i * features + columns[c].feature);
            /* One more, so that a node asks "less" and nothing is right of a leaf's 0. */
            rows[i * stride + c] = here == IMAGE_OF_NAN ? columns[c].missing : here + 1;
        }
    }
}

#define TURN(type)                                                                               \
    for (size_t i = 0; i < padded; i += LANES)                                                   \
        for (size_t c = 0; c < stride; c++)                                                      \
            for (size_t k = 0; k < LANES; k++)                                                   \
                ((type *)groups)[i * stride + c * LANES + k] =                                   \
                    ((const type *)rows)[(i + k) * stride + c];

void turn_rows(const void *rows, size_t padded, size_t stride, size_t width, void *groups) {
    if (width == 1) {
        TURN(uint8_t)
    } else {
        TURN(uint32_t)
    }
}
