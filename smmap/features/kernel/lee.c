/* Window by window as SciPy's correlate1d adds: the centre, then pairs from the ends inwards, down
   the columns first. Rows wait in a ring, so that each is turned to doubles once. Numbers of values
   are whole, and may be added in any order. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "lee.h"

#define INLINE static inline __attribute__((always_inline))
#define SOME 16 /* sums at a time, in registers */
enum { VALUE, SQUARE, COUNT, KINDS };

typedef double Vector __attribute__((vector_size(32), aligned(8), may_alias));
#define VECTORS (SOME * sizeof(double) / sizeof(Vector))

/* A row with what makes it whole vectors: zeros. */
static size_t pad(const Picture *picture) { return (picture->width + SOME - 1) / SOME * SOME; }

size_t measure_room(const Picture *picture) {
    const size_t side = 2 * picture->half + 1;
    return (KINDS * side + KINDS + 3) * pad(picture) + 2 * picture->half;
}

/* One row as numbers, squares and ones; zeros where it has no value or is none of the picture's. */
INLINE void take_row(const Picture *picture, ptrdiff_t row, double *const *into) {
    const size_t width = picture->width;
    if (row < 0 || (size_t)row >= picture->height) {
        for (int kind = 0; kind < KINDS; kind++)
            memset(into[kind], 0, width * sizeof **into);
        return;
    }
    const float *power = picture->power + (size_t)row * width;
    for (size_t c = 0; c < width; c++) {
        const int valid = fabsf(power[c]) <= FLT_MAX;
        const double value = valid ? (double)power[c] : 0.0;
        into[VALUE][c] = value;
        into[SQUARE][c] = value * value;
        into[COUNT][c] = valid ? 1.0 : 0.0;
    }
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

/* Whether all columns hold as many values: mostly so. */
INLINE int is_even(const double *counts, size_t width) {
    int even = 1;
    for (size_t c = 1; c < width; c++)
        even &= counts[c] == *counts;
    return even;
}

INLINE void filter_row(const float *power, double *const *sums, size_t width, double noise,
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

INLINE void lee(const Picture *picture, double *room, double *out, float *singles) {
    const size_t width = picture->width, half = picture->half, side = 2 * half + 1;
    const size_t step = pad(picture), length = side * step, line_length = step + 2 * half;
    double *ring[KINDS], *sums[KINDS], *line = room + KINDS * length;
    double *counts = line + line_length, *across = counts + step;
    for (size_t kind = 0; kind < KINDS; kind++) {
        ring[kind] = room + kind * length;
        sums[kind] = across + step + kind * step;
    }
    for (size_t c = 0; c < width; c++)
        line[half + c] = 1.0;
    sum(line, line_length, half, 1, half, step, across);
    for (size_t ahead = 0; ahead < picture->height + 2 * half; ahead++) {
        double *into[KINDS];
        for (size_t kind = 0; kind < KINDS; kind++)
            into[kind] = ring[kind] + ahead % side * step;
        for (size_t c = 0; c < width; c++)
            counts[c] -= into[COUNT][c];
        take_row(picture, (ptrdiff_t)ahead - (ptrdiff_t)half, into);
        for (size_t c = 0; c < width; c++)
            counts[c] += into[COUNT][c];
        if (ahead < 2 * half)
            continue;
        const size_t row = ahead - 2 * half, middle = (ahead - half) % side * step;
        for (size_t kind = 0; kind < COUNT; kind++) {
            sum(ring[kind], length, middle, step, half, step, line + half);
            sum(line, line_length, half, 1, half, step, sums[kind]);
        }
        if (is_even(counts, width)) {
            for (size_t c = 0; c < width; c++)
                sums[COUNT][c] = *counts * across[c];
        } else {
            memcpy(line + half, counts, width * sizeof *line);
            sum(line, line_length, half, 1, half, step, sums[COUNT]);
        }
        const float *power = picture->power + row * width;
        if (singles)
            filter_row(power, sums, width, picture->noise, NULL, singles + row * width);
        else
            filter_row(power, sums, width, picture->noise, out + row * width, NULL);
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
