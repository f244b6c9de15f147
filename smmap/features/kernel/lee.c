/* Window by window as SciPy's correlate1d adds: the centre, then pairs from the ends inwards, down
   the columns first. Rows wait in a ring, so that each is turned to doubles once. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "lee.h"

#define INLINE static inline __attribute__((always_inline))
enum { VALUE, SQUARE, COUNT, KINDS };

size_t measure_room(const Picture *picture) {
    const size_t side = 2 * picture->half + 1, line = picture->width + 2 * picture->half;
    return KINDS * side * picture->width + line + KINDS * picture->width;
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

/* Sums of `ring` down the columns, then along the row. */
INLINE void sum(const double *ring, size_t middle, size_t half, size_t width, double *line,
                double *out) {
    const size_t side = 2 * half + 1;
    double *inner = line + half;
    memcpy(inner, ring + middle * width, width * sizeof *inner);
    for (size_t away = half; away > 0; away--) {
        const double *up = ring + (middle + side - away) % side * width;
        const double *down = ring + (middle + away) % side * width;
        for (size_t c = 0; c < width; c++)
            inner[c] += up[c] + down[c];
    }
    memcpy(out, inner, width * sizeof *out);
    for (size_t away = half; away > 0; away--) {
        const double *left = inner - away, *right = inner + away;
        for (size_t c = 0; c < width; c++)
            out[c] += left[c] + right[c];
    }
}

INLINE void filter_row(const float *power, double *const *sums, size_t width, double noise,
                       double *out) {
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
        out[c] = valid ? filtered : (double)NAN;
    }
}

INLINE void lee(const Picture *picture, double *room, double *out) {
    const size_t width = picture->width, half = picture->half, side = 2 * half + 1;
    double *ring[KINDS], *sums[KINDS], *line = room + KINDS * side * width;
    for (size_t kind = 0; kind < KINDS; kind++) {
        ring[kind] = room + kind * side * width;
        sums[kind] = line + width + 2 * half + kind * width;
    }
    memset(line, 0, half * sizeof *line);
    memset(line + half + width, 0, half * sizeof *line);
    for (size_t ahead = 0; ahead < picture->height + 2 * half; ahead++) {
        double *into[KINDS];
        for (size_t kind = 0; kind < KINDS; kind++)
            into[kind] = ring[kind] + ahead % side * width;
        take_row(picture, (ptrdiff_t)ahead - (ptrdiff_t)half, into);
        if (ahead < 2 * half)
            continue;
        const size_t row = ahead - 2 * half, middle = (ahead - half) % side;
        for (size_t kind = 0; kind < KINDS; kind++)
            sum(ring[kind], middle, half, width, line, sums[kind]);
        filter_row(picture->power + row * width, sums, width, picture->noise, out + row * width);
    }
}

void lee_plain(const Picture *picture, double *room, double *out) { lee(picture, room, out); }

#if defined(__x86_64__)
__attribute__((target("avx2"))) void lee_avx2(const Picture *picture, double *room, double *out) {
    lee(picture, room, out);
}
#endif
