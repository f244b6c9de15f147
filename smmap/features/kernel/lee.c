/* Window by window as SciPy's correlate1d adds: the centre, then pairs from the ends inwards, down
   the columns first. Rows wait in a ring, so that each is turned to doubles once; a picture is taken
   in strips whose ring stays in a processor's nearest cache. Numbers of values are whole, and may
   be added in any order. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "lee.h"

#define INLINE static inline __attribute__((always_inline))
#define SOME 16   /* sums at a time, in registers */
#define STRIP 160 /* columns at a time */
enum { VALUE, SQUARE, COUNT, KINDS };

typedef double Vector __attribute__((vector_size(32), aligned(8), may_alias));
#define VECTORS (SOME * sizeof(double) / sizeof(Vector))

/* Some columns of a picture, from `first` on. */
typedef struct {
    const Picture *picture;
    size_t first, width;
} Strip;

static size_t min(size_t a, size_t b) { return a < b ? a : b; }

/* Columns of which a strip gives sums: many beside those around them that it needs, too. */
static size_t choose_step(const Picture *picture) {
    return STRIP < 8 * picture->half ? 8 * picture->half : STRIP;
}

/* A row with what makes it whole vectors: zeros. */
static size_t pad(size_t width) { return (width + SOME - 1) / SOME * SOME; }

size_t measure_room(const Picture *picture) {
    const size_t half = picture->half, side = 2 * half + 1;
    const size_t widest = min(picture->width, choose_step(picture) + 2 * half);
    return (side + KINDS + 4) * pad(widest) + 4 * half;
}

/* Whether pixels of a row have a value, as 1 or 0, put to what is counted down the columns. */
INLINE void count_row(const Strip *strip, ptrdiff_t row, double share, double *counts) {
    const Picture *picture = strip->picture;
    if (row < 0 || (size_t)row >= picture->height)
        return;
    const float *power = picture->power + (size_t)row * picture->pitch + strip->first;
    for (size_t c = 0; c < strip->width; c++)
        counts[c] += fabsf(power[c]) <= FLT_MAX ? share : 0.0;
}

/* One row as numbers; zeros where it has no value or is none of the picture's. */
INLINE void take_row(const Strip *strip, ptrdiff_t row, double *into) {
    const Picture *picture = strip->picture;
    const int there = row >= 0 && (size_t)row < picture->height;
    const float *power = picture->power + (there ? (size_t)row * picture->pitch + strip->first : 0);
    for (size_t c = 0; c < strip->width; c++)
        into[c] = there && fabsf(power[c]) <= FLT_MAX ? (double)power[c] : 0.0;
}

/* Each of a row of numbers with those up to `half` steps before and behind it, around the ring. */
INLINE void sum(const double *ring, size_t length, size_t middle, size_t step, size_t half,
                size_t width, double *out) {
    for (size_t c = 0; c < width; c += SOME) {
        Vector total[VECTORS];
        for (size_t v = 0; v < VECTORS; v++)
            total[v] = ((const Vector *)(ring + middle + c))[v];
        for (size_t away = half * step; away > 0; away -= step) {
            const size_t before = middle + (middle < away ? length : 0) - away;
            const size_t behind = middle + away - (middle + away < length ? 0 : length);
            const Vector *left = (const Vector *)(ring + before + c);
            const Vector *right = (const Vector *)(ring + behind + c);
            for (size_t v = 0; v < VECTORS; v++)
                total[v] += left[v] + right[v];
        }
        for (size_t v = 0; v < VECTORS; v++)
            ((Vector *)(out + c))[v] = total[v];
    }
}

/* The same of numbers and of their squares at once. */
INLINE void sum_both(const double *ring, size_t length, size_t middle, size_t step, size_t half,
                     size_t width, double *values, double *squares) {
    for (size_t c = 0; c < width; c += SOME) {
        Vector value[VECTORS], square[VECTORS];
        for (size_t v = 0; v < VECTORS; v++) {
            value[v] = ((const Vector *)(ring + middle + c))[v];
            square[v] = value[v] * value[v];
        }
        for (size_t away = half * step; away > 0; away -= step) {
            const size_t before = middle + (middle < away ? length : 0) - away;
            const size_t behind = middle + away - (middle + away < length ? 0 : length);
            const Vector *left = (const Vector *)(ring + before + c);
            const Vector *right = (const Vector *)(ring + behind + c);
            for (size_t v = 0; v < VECTORS; v++) {
                value[v] += left[v] + right[v];
                square[v] += left[v] * left[v] + right[v] * right[v];
            }
        }
        for (size_t v = 0; v < VECTORS; v++) {
            ((Vector *)(values + c))[v] = value[v];
            ((Vector *)(squares + c))[v] = square[v];
        }
    }
}

/* Whether all columns hold as many values: mostly so. */
INLINE int is_even(const double *counts, size_t width) {
    int even = 1;
    for (size_t c = 1; c < width; c++)
        even &= counts[c] == *counts;
    return even;
}

INLINE void filter_row(const float *power, const double *const *sums, size_t width, double noise,
                       double *out, float *singles) {
    for (size_t c = 0; c < width; c++) {
        const int valid = fabsf(power[c]) <= FLT_MAX;
        const double mean = sums[VALUE][c] / sums[COUNT][c];
        const double square = sums[SQUARE][c] / sums[COUNT][c];
        const double excess = square / (1.0 + noise) - mean * mean;
        const double signal = excess > 0.0 ? excess : 0.0;
        const double spread = signal + noise * (mean * mean);
        const double share = signal / spread;
        const double gain = spread > 0.0 ? share : 0.0;
        const double filtered = mean + gain * ((double)power[c] - mean);
        if (singles)
            singles[c] = valid ? (float)filtered : NAN;
        else
            out[c] = valid ? filtered : (double)NAN;
    }
}

/* From one column of the strip to before another. */
INLINE void lee_strip(const Strip *strip, size_t from, size_t to, double *room, double *out,
                      float *singles) {
    const Picture *picture = strip->picture;
    const size_t width = strip->width, half = picture->half, side = 2 * half + 1;
    const size_t step = pad(width), length = side * step, line_length = step + 2 * half;
    double *ring = room, *line = room + length, *square_line = line + line_length;
    double *counts = square_line + line_length, *across = counts + step, *sums[KINDS];
    for (size_t kind = 0; kind < KINDS; kind++)
        sums[kind] = across + step + kind * step;
    for (size_t c = 0; c < width; c++)
        line[half + c] = 1.0;
    sum(line, line_length, half, 1, half, step, across);
    for (size_t ahead = 0; ahead < picture->height - picture->margin + 2 * half; ahead++) {
        const ptrdiff_t newest = (ptrdiff_t)ahead - (ptrdiff_t)half;
        take_row(strip, newest, ring + ahead % side * step);
        count_row(strip, newest - (ptrdiff_t)side, -1.0, counts);
        count_row(strip, newest, 1.0, counts);
        if (ahead < 2 * half + picture->margin)
            continue;
        const size_t row = ahead - 2 * half, middle = (ahead - half) % side * step;
        sum_both(ring, length, middle, step, half, step, line + half, square_line + half);
        sum(line, line_length, half, 1, half, step, sums[VALUE]);
        sum(square_line, line_length, half, 1, half, step, sums[SQUARE]);
        if (is_even(counts, width)) {
            for (size_t c = 0; c < width; c++)
                sums[COUNT][c] = *counts * across[c];
        } else {
            memcpy(line + half, counts, width * sizeof *line);
            sum(line, line_length, half, 1, half, step, sums[COUNT]);
        }
        const double *here[KINDS] = {sums[VALUE] + from, sums[SQUARE] + from, sums[COUNT] + from};
        const size_t column = strip->first + from, margin = picture->margin;
        const size_t first = (row - margin) * (picture->width - 2 * margin) + column - margin;
        const float *power = picture->power + row * picture->pitch + column;
        if (singles)
            filter_row(power, here, to - from, picture->noise, NULL, singles + first);
        else
            filter_row(power, here, to - from, picture->noise, out + first, NULL);
    }
}

INLINE void lee(const Picture *picture, double *room, double *out, float *singles) {
    const size_t half = picture->half, step = choose_step(picture);
    const size_t end = picture->width - picture->margin;
    for (size_t start = picture->margin; start < end; start += step) {
        const size_t first = start - min(start, half), stop = min(start + step, end);
        const Strip strip = {picture, first, min(stop + half, picture->width) - first};
        memset(room, 0, measure_room(picture) * sizeof *room);
        lee_strip(&strip, start - first, stop - first, room, out, singles);
    }
}

void lee_plain(const Picture *picture, double *room, double *out, float *singles) {
    lee(picture, room, out, singles);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void lee_avx2(const Picture *picture, double *room, double *out,
                                              float *singles) {
    lee(picture, room, out, singles);
}
#endif
