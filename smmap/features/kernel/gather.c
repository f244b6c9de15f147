/* Some pixels at a time, column by column: what is read and what is written stays in the cache. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "gather.h"

#define SIDE 8
#define PATCH (SIDE * SIDE)
#define AT_ONCE (128 * SIDE) /* pixels of a row: long runs are looked at as vectors */

static size_t least(size_t one, size_t two) { return one < two ? one : two; }

static int is_lost(float value) { return !(fabsf(value) <= FLT_MAX); }

/* Of n pixels in a row, those where the column has no finite value. */
static void look(const Column *column, size_t first, size_t n, int32_t *lost) {
    const char *start = column->start + first * column->step;
    if (column->step == sizeof(float) && !column->doubles) {
        for (size_t k = 0; k < n; k++)
            lost[k] |= is_lost(((const float *)start)[k]);
    } else if (column->step == sizeof(double) && column->doubles) {
        for (size_t k = 0; k < n; k++)
            lost[k] |= is_lost((float)((const double *)start)[k]);
    } else {
        for (size_t k = 0; k < n; k++, start += column->step)
            lost[k] |= is_lost(column->doubles ? (float)*(const double *)start
                                               : *(const float *)start);
    }
}

static void put(const Column *column, const int64_t *pixels, size_t n, float *out, size_t apart) {
    const char *start = column->start;
    const size_t step = column->step;
    if (column->doubles)
        for (size_t k = 0; k < n; k++)
            out[k * apart] = (float)*(const double *)(start + (size_t)pixels[k] * step);
    else
        for (size_t k = 0; k < n; k++)
            out[k * apart] = *(const float *)(start + (size_t)pixels[k] * step);
}

static void put_all(const Columns *columns, const int64_t *pixels, size_t n, float *rows) {
    for (size_t first = 0; first < n; first += PATCH)
        for (size_t k = 0; k < columns->inputs; k++)
            put(columns->all + k, pixels + first, least(PATCH, n - first),
                rows + first * columns->inputs + k, columns->inputs);
}

size_t choose(const Columns *columns, size_t height, size_t width, int64_t *pixels, float *rows) {
    int32_t lost[SIDE][AT_ONCE];
    size_t found = 0;
    for (size_t top = 0; top < height; top += SIDE) {
        const size_t down = least(SIDE, height - top);
        for (size_t left = 0; left < width; left += AT_ONCE) {
            const size_t across = least(AT_ONCE, width - left), before = found;
            memset(lost, 0, sizeof lost);
            for (size_t k = columns->complete ? 0 : columns->inputs; k < columns->count; k++)
                for (size_t row = 0; row < down; row++)
                    look(columns->all + k, (top + row) * width + left, across, lost[row]);
            for (size_t first = 0; first < across; first += SIDE)
                for (size_t row = 0; row < down; row++)
                    for (size_t col = first; col < least(first + SIDE, across); col++) {
                        pixels[found] = (int64_t)((top + row) * width + left + col);
                        found += !lost[row][col];
                    }
            put_all(columns, pixels + before, found - before, rows + before * columns->inputs);
        }
    }
    return found;
}

int gather(const Columns *columns, size_t size, const int64_t *pixels, size_t n, float *rows) {
    for (size_t k = 0; k < n; k++)
        if (pixels[k] < 0 || (uint64_t)pixels[k] >= size)
            return 0;
    put_all(columns, pixels, n, rows);
    return 1;
}
