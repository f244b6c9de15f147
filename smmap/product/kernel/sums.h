/* Sums of a map's numbers, and how many of them are no fill. */
#ifndef SMMAP_SUMS_H
#define SMMAP_SUMS_H
#include <stddef.h>
#include <stdint.h>

/* What a map's rows are: numbers of 16 bits; `bias` is 0x8000 where they are signed, else 0. */
typedef struct {
    size_t width;
    uint16_t fill, bias;
} Row;

/* Adds a row's numbers and ones, so many times each. */
void add_row(const Row *row, const uint16_t *numbers, int32_t share, int32_t *restrict total,
             int32_t *restrict weight);

/* Of square cells, those at the edges smaller. `room` holds 2 x width; sums of columns must fit. */
void add_cells(const Row *row, const uint16_t *numbers, size_t height, size_t side, int32_t *room,
               int64_t *totals, int64_t *counts);
#endif
