/* Where a block's rows and columns are those of the scene, each at a position of its own. The steps
   are those of resample.py, in their order: the bits must be equal. A row of the scene is spread
   over the block's columns once, for all rows of the block beside it. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"

#define INLINE static inline __attribute__((always_inline))
#define SNAP 1e-6 /* as in positions.py */

/* Of one row or column: the pixel that holds it, the centre before it, the way from there. */
typedef struct {
    uint8_t there; /* on the scene */
    double pixel, before, behind;
} Spot;

INLINE Spot locate(double at, double size) {
    Spot spot = {.there = at >= 0.0 && at < size};
    if (spot.there) {
        spot.pixel = floor(at);
        const double centre = spot.pixel + 0.5, off = at - centre;
        const double behind = (off < SNAP && off > -SNAP ? centre : at) - 0.5;
        spot.before = floor(behind);
        spot.behind = behind - spot.before;
    }
    return spot;
}

/* A row of the scene at the block's columns: the pixels at or before, and after; NaN is none. */
typedef struct {
    double row; /* NaN: nothing yet */
    double *before, *after;
} Spread;

/* What is the same for all rows. */
typedef struct {
    const Window *window;
    size_t width;
    Spot *spots;
    double *behind;
    size_t *index; /* in `line` */
    double *line;  /* of the window, between NaN */
    double *means;
    Spread spreads[2];
    uint8_t *there;
} Columns;

static int take_columns(const Window *window, const double *cols, size_t width, Columns *columns) {
    const size_t reach = (size_t)window->width;
    double *room = malloc((6 * width + reach + 3) * sizeof *room);
    *columns = (Columns){.window = window, .width = width, .behind = room};
    columns->spots = malloc(width * sizeof *columns->spots);
    columns->index = malloc(width * sizeof *columns->index);
    columns->there = malloc(width);
    if (!room || !columns->spots || !columns->index || !columns->there)
        return 0;
    columns->means = room + width;
    for (size_t k = 0; k < 2; k++)
        columns->spreads[k] = (Spread){NAN, room + (2 + 2 * k) * width, room + (3 + 2 * k) * width};
    columns->line = room + 6 * width;
    columns->line[0] = columns->line[reach + 1] = columns->line[reach + 2] = NAN;
    for (size_t j = 0; j < width; j++) {
        const Spot spot = columns->spots[j] = locate(cols[j], window->scene_cols);
        const double at = (window->bilinear ? spot.before : spot.pixel) - window->left;
        columns->there[j] = spot.there;
        columns->behind[j] = spot.behind;
        const int inside = spot.there && at >= -1 && at < (double)reach;
        columns->index[j] = inside ? (size_t)(at + 1) : reach + 1;
    }
    return 1;
}

static void drop_columns(Columns *columns) {
    free(columns->behind);
    free(columns->spots);
    free(columns->index);
    free(columns->there);
}

/* The row of the scene, which may have been spread for the row before. */
INLINE const Spread *spread(Columns *columns, double row, size_t place) {
    const Window *window = columns->window;
    if (columns->spreads[place].row != row && columns->spreads[!place].row == row) {
        const Spread other = columns->spreads[!place];
        columns->spreads[!place] = columns->spreads[place];
        columns->spreads[place] = other;
    }
    Spread *here = columns->spreads + place;
    if (here->row == row)
        return here;
    here->row = row;
    row -= window->top;
    const int there = row >= 0 && row < window->height;
    const float *values = window->values + (there ? (ptrdiff_t)row * window->width : 0);
    for (size_t c = 0; c < (size_t)window->width; c++)
        columns->line[c + 1] = there ? (double)values[c] : (double)NAN;
    for (size_t j = 0; j < columns->width; j++) {
        here->before[j] = columns->line[columns->index[j]];
        here->after[j] = columns->line[columns->index[j] + 1];
    }
    return here;
}

/* Some means of four neighbours, NaN beside a gap; whether all are numbers. */
INLINE int weigh(const Columns *columns, const Spread *above, const Spread *below, double lower,
                 size_t from, size_t to, float *out) {
    const double upper = 1.0 - lower, *behind = columns->behind;
    const double *a = above->before, *b = above->after, *c = below->before, *d = below->after;
    int64_t gaps = 0;
    for (size_t j = from; j < to; j++) {
        const double right = behind[j], left = 1.0 - right;
        const double w = upper * left, x = upper * right, y = lower * left, z = lower * right;
        /* From zero on, as sums of fewer: -0 is never a mean. */
        const double mean = 0.0 + w * a[j] + x * b[j] + y * c[j] + z * d[j];
        columns->means[j] = mean;
        out[j] = (float)mean;
        gaps |= !(fabs(mean) <= DBL_MAX);
    }
    return !gaps;
}

static void mend(const Columns *columns, const Spot *row, size_t from, size_t to, float *out) {
    for (size_t j = from; j < to; j++)
        if (columns->there[j] && !(fabs(columns->means[j]) <= DBL_MAX)) {
            const Spot *col = columns->spots + j;
            const double pixel[2] = {row->pixel, col->pixel};
            const double before[2] = {row->before, col->before};
            const double behind[2] = {row->behind, col->behind};
            out[j] = sample_one(columns->window, pixel, before, behind);
        }
}

INLINE int sample_axes(const Window *window, const double *rows, size_t height, const double *cols,
                       size_t width, float *out, uint8_t *covered) {
    Columns columns;
    const int done = take_columns(window, cols, width, &columns);
    for (size_t i = 0; done && i < height; i++, out += width, covered += width) {
        const Spot row = locate(rows[i], window->scene_rows);
        for (size_t j = 0; j < width; j++)
            covered[j] = row.there & columns.there[j];
        if (!row.there) {
            for (size_t j = 0; j < width; j++)
                out[j] = NAN;
        } else if (window->bilinear) {
            const Spread *above = spread(&columns, row.before, 0);
            const Spread *below = spread(&columns, row.before + 1, 1);
            for (size_t j = 0, to; j < width; j = to) {
                to = width - j < RUN ? width : j + RUN;
                if (!weigh(&columns, above, below, row.behind, j, to, out))
                    mend(&columns, &row, j, to, out);
            }
        } else {
            const Spread *here = spread(&columns, row.pixel, 0);
            for (size_t j = 0; j < width; j++)
                out[j] = fabs(here->before[j]) <= DBL_MAX ? (float)here->before[j] : NAN;
        }
    }
    drop_columns(&columns);
    return done ? 0 : -1;
}

#define AXES(NAME)                                                                             \
    int NAME(const Window *window, const double *rows, size_t height, const double *cols,      \
             size_t width, float *out, uint8_t *covered) {                                     \
        return sample_axes(window, rows, height, cols, width, out, covered);                   \
    }
AXES(sample_axes_2)
#if defined(__x86_64__)
__attribute__((target("avx2"))) AXES(sample_axes_4)
__attribute__((target("avx512f,avx512dq,avx512vl,prefer-vector-width=512"))) AXES(sample_axes_8)
#endif
