#include "sums.h"

#include <string.h>

static inline __attribute__((always_inline)) void add(const Row *row, const uint16_t *numbers,
                                                      int32_t share, int32_t *restrict total,
                                                      int32_t *restrict weight) {
    const int32_t bias = row->bias, fill = row->fill;
    for (size_t x = 0; x < row->width; x++) {
        const int32_t known = numbers[x] != fill ? -1 : 0;
        total[x] += (((numbers[x] ^ bias) - bias) * share) & known;
        weight[x] += share & known;
    }
}

/* Whole pixels need no product. */
void add_row(const Row *row, const uint16_t *numbers, int32_t share, int32_t *total,
             int32_t *weight) {
    if (share == 1)
        add(row, numbers, 1, total, weight);
    else
        add(row, numbers, share, total, weight);
}

void add_cells(const Row *row, const uint16_t *numbers, size_t height, size_t side, int32_t *room,
               int64_t *totals, int64_t *counts) {
    int32_t *total = room, *weight = room + row->width;
    for (size_t top = 0; top < height; top += side) {
        memset(room, 0, 2 * row->width * sizeof *room);
        for (size_t y = top; y < height && y < top + side; y++)
            add_row(row, numbers + y * row->width, 1, total, weight);
        for (size_t left = 0; left < row->width; left += side, totals++, counts++) {
            *totals = *counts = 0;
            for (size_t x = left; x < row->width && x < left + side; x++) {
                *totals += total[x];
                *counts += weight[x];
            }
        }
    }
}
