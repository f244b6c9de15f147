#include "halve.h"

#include <math.h>
#include <string.h>

#include "sums.h"

#define MOST 3

static size_t count_cells(const Side *side) { return side->size < 2 ? 1 : side->size / 2; }

size_t count_parts(const Side *side) {
    const size_t parts = 2 + side->size % 2;
    return parts < side->size ? parts : side->size;
}

size_t count_pixels(const Side *side) { return 2 * (side->count - 1) + count_parts(side); }

/* How much of each of its pixels lies in a cell, in shares that are whole numbers. */
static void find_shares(const Side *side, size_t cell, int32_t *shares) {
    const int32_t cells = (int32_t)count_cells(side), place = (int32_t)(side->first + cell);
    const int askew = count_parts(side) == MOST;
    shares[0] = askew ? cells - place : 1;
    shares[1] = askew ? cells : 1;
    shares[2] = place + 1;
}

static uint16_t divide(int64_t total, int64_t weight, uint16_t fill) {
    if (!weight)
        return fill;
    const double mean = (double)total / (double)weight;
    const int size = (int)(fabs(mean) + 0.5);
    return (uint16_t)(mean < 0 ? -size : size);
}

/* Of two pixels by two, whose sums single precision holds: quotients by three come nowhere near a
   half, all others are exact. */
static void divide_pairs(size_t cells, const int32_t *total, const int32_t *weight, uint16_t fill,
                         uint16_t *out) {
    for (size_t j = 0; j < cells; j++) {
        const int32_t all = weight[2 * j] + weight[2 * j + 1];
        const float mean = (float)(total[2 * j] + total[2 * j + 1]) / (float)(all ? all : 1);
        const int32_t rounded = (int32_t)(mean + (mean < 0 ? -0.5f : 0.5f));
        out[j] = all ? (uint16_t)rounded : fill;
    }
}

/* Inlined with a number for `across`, so that loops over a cell's pixels are none. */
static inline __attribute__((always_inline)) void divide_row(const Side *columns, size_t across,
                                                             const int32_t *total,
                                                             const int32_t *weight, uint16_t fill,
                                                             uint16_t *out) {
    for (size_t j = 0; j < columns->count; j++) {
        int64_t sum = 0, all = 0;
        int32_t shares[MOST] = {1, 1, 1};
        if (across == MOST)
            find_shares(columns, j, shares);
        for (size_t k = 0; k < across; k++) {
            sum += (int64_t)shares[k] * total[2 * j + k];
            all += (int64_t)shares[k] * weight[2 * j + k];
        }
        out[j] = divide(sum, all, fill);
    }
}

void average(const Map *map, int32_t *room, uint16_t *out) {
    const size_t down = count_parts(&map->rows), across = count_parts(&map->columns);
    int32_t *total = room, *weight = room + map->row.width, shares[MOST];
    for (size_t i = 0; i < map->rows.count; i++) {
        memset(room, 0, 2 * map->row.width * sizeof *room);
        find_shares(&map->rows, i, shares);
        for (size_t k = 0; k < down; k++)
            add_row(&map->row, map->numbers + (2 * i + k) * map->row.width, shares[k], total,
                    weight);
        if (down == 2 && across == 2)
            divide_pairs(map->columns.count, total, weight, map->row.fill, out);
        else if (across == 2)
            divide_row(&map->columns, 2, total, weight, map->row.fill, out);
        else
            divide_row(&map->columns, across, total, weight, map->row.fill, out);
        out += map->columns.count;
    }
}

static uint16_t choose(const uint16_t *pixels, size_t n, uint16_t fill) {
    uint16_t best = fill;
    int most = 0;
    for (size_t k = 0; k < n; k++) {
        int often = 1;
        for (size_t before = 0; before < k; before++)
            often += pixels[before] == pixels[k];
        if (pixels[k] != fill && often > most) {
            best = pixels[k];
            most = often;
        }
    }
    return best;
}

/* Likewise. */
static inline __attribute__((always_inline)) void fill_in(const Map *map, size_t down,
                                                          size_t across, uint16_t *out) {
    for (size_t i = 0; i < map->rows.count; i++)
        for (size_t j = 0; j < map->columns.count; j++) {
            const uint16_t *corner = map->numbers + 2 * i * map->row.width + 2 * j;
            uint16_t pixels[MOST * MOST];
            size_t n = 0;
            int mixed = 0;
            for (size_t row = 0; row < down; row++)
                for (size_t column = 0; column < across; column++) {
                    pixels[n] = corner[row * map->row.width + column];
                    mixed |= pixels[n++] != *corner;
                }
            *out++ = mixed ? choose(pixels, n, map->row.fill) : *corner;
        }
}

void find_commonest(const Map *map, uint16_t *out) {
    const size_t down = count_parts(&map->rows), across = count_parts(&map->columns);
    if (down == 2 && across == 2)
        fill_in(map, 2, 2, out);
    else if (down == 2 && across == MOST)
        fill_in(map, 2, MOST, out);
    else if (down == MOST && across == 2)
        fill_in(map, MOST, 2, out);
    else
        fill_in(map, down, across, out);
}
