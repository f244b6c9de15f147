#include "halve.h"

#include <math.h>
#include <string.h>

#define MOST 3

static size_t count_cells(const Side *side) { return side->size < 2 ? 1 : side->size / 2; }

size_t count_parts(const Side *side) {
    const size_t parts = 2 + side->size % 2;
    return parts < side->size ? parts : side->size;
}

size_t count_pixels(const Side *side) { return 2 * (side->count - 1) + count_parts(side); }

/* How much of each of its pixels lies in a cell, in shares that are whole numbers. */
static void find_shares(const Side *side, size_t cell, double *shares) {
    const double cells = (double)count_cells(side), place = (double)(side->first + cell);
    const int askew = count_parts(side) == MOST;
    shares[0] = askew ? cells - place : 1;
    shares[1] = askew ? cells : 1;
    shares[2] = place + 1;
}

/* All sums are whole numbers below 2^53: doubles hold them exactly, in any order. */
static void add_row(const Map *map, const uint16_t *row, double share, double *restrict total,
                    double *restrict weight) {
    const int bias = map->bias;
    for (size_t x = 0; x < map->width; x++) {
        const double known = row[x] != map->fill ? share : 0;
        total[x] += known * (double)((row[x] ^ bias) - bias);
        weight[x] += known;
    }
}

static uint16_t divide(double total, double weight, uint16_t fill) {
    if (!(weight > 0))
        return fill;
    const double mean = total / weight;
    const int size = (int)(fabs(mean) + 0.5);
    return (uint16_t)(mean < 0 ? -size : size);
}

void average(const Map *map, double *room, uint16_t *out) {
    const size_t down = count_parts(&map->rows), across = count_parts(&map->columns);
    double *total = room, *weight = room + map->width, shares[MOST];
    for (size_t i = 0; i < map->rows.count; i++) {
        memset(room, 0, 2 * map->width * sizeof *room);
        find_shares(&map->rows, i, shares);
        for (size_t k = 0; k < down; k++)
            add_row(map, map->numbers + (2 * i + k) * map->width, shares[k], total, weight);
        for (size_t j = 0; j < map->columns.count; j++) {
            double sum = 0, all = 0;
            find_shares(&map->columns, j, shares);
            for (size_t k = 0; k < across; k++) {
                sum += shares[k] * total[2 * j + k];
                all += shares[k] * weight[2 * j + k];
            }
            *out++ = divide(sum, all, map->fill);
        }
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

void find_commonest(const Map *map, uint16_t *out) {
    const size_t down = count_parts(&map->rows), across = count_parts(&map->columns);
    for (size_t i = 0; i < map->rows.count; i++)
        for (size_t j = 0; j < map->columns.count; j++) {
            const uint16_t *corner = map->numbers + 2 * i * map->width + 2 * j;
            uint16_t pixels[MOST * MOST];
            size_t n = 0;
            int mixed = 0;
            for (size_t row = 0; row < down; row++)
                for (size_t column = 0; column < across; column++) {
                    pixels[n] = corner[row * map->width + column];
                    mixed |= pixels[n++] != *corner;
                }
            *out++ = mixed ? choose(pixels, n, map->fill) : *corner;
        }
}
