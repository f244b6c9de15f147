/* A map at half its size, as in overview.py, to the bit. */
#ifndef SMMAP_HALVE_H
#define SMMAP_HALVE_H
#include <stddef.h>
#include <stdint.h>

#include "sums.h"

/* Some of the cells along a side of `size` pixels. */
typedef struct {
    size_t size, first, count;
} Side;

/* Pixels that a cell has a part of, and those of all these cells together. */
size_t count_parts(const Side *side);
size_t count_pixels(const Side *side);

typedef struct {
    const uint16_t *numbers;
    Row row;
    Side rows, columns;
} Map;

/* Averages of what is not fill, halves away from zero. `room` holds 2 x width. Sums of rows fit into
   32 bits where their size is even, or below LARGE. */
#define LARGE 16384
void average(const Map *map, int32_t *room, uint16_t *out);

/* The most frequent that is not fill, of several the one that is so often first. */
void find_commonest(const Map *map, uint16_t *out);
#endif
