/* A run of pixels, LANES numbers side by side. The steps are those of resample.py and lattice.py,
   in their order: the bits must be equal, however many lanes there are. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "sample.h"

#define SNAP 1e-6       /* as in positions.py */
#define TO_WHOLE 0x1p52 /* added and taken off, it rounds what is not negative */
#define VECTORS (RUN / LANES)
#ifndef TARGET
#define TARGET
#endif
#define INLINE TARGET static inline __attribute__((always_inline))

typedef double Vector __attribute__((vector_size(8 * LANES), may_alias));
typedef int64_t Mask __attribute__((vector_size(8 * LANES), may_alias));
typedef float Singles __attribute__((vector_size(4 * LANES), may_alias));
typedef int32_t Halves __attribute__((vector_size(4 * LANES), may_alias));
typedef int64_t Pairs __attribute__((vector_size(8 * LANES), may_alias));

#define KEEP(which, yes) ((Vector)((which) & (Mask)(yes)))
#define PICK(which, yes, no) ((Vector)(((which) & (Mask)(yes)) | (~(which) & (Mask)(no))))

#ifndef HAS_ALL
INLINE int has_all(Mask which) {
    int64_t all = -1;
    for (size_t lane = 0; lane < LANES; lane++)
        all &= which[lane];
    return all == -1;
}
#define HAS_ALL has_all
#endif

INLINE void draw(const Cubic *cubic, size_t from, Run *positions) {
    const Cubic c = *cubic;
    Vector count = {0};
    for (size_t lane = 0; lane < LANES; lane++)
        count[lane] = (double)(from + lane);
    for (size_t k = 0; k < RUN; k += LANES, count += (double)LANES) {
        Vector t = count / (double)RUN;
        *(Vector *)(positions->at + k) =
            c.here + t * (c.rise + (t - 1.0) * (c.bend + (t + 1.0) * c.twist));
    }
}

/* Where a run lies along one axis. */
typedef struct {
    Mask there[VECTORS];    /* on the scene */
    Vector pixel[VECTORS];  /* that holds the position */
    Vector before[VECTORS]; /* whose centre comes before it, or is there */
    Vector behind[VECTORS]; /* how far that centre is behind */
} Axis;

INLINE void locate(const Run *positions, double size, Axis *axis) {
    const Vector one = (Vector){0} + 1.0;
    for (size_t k = 0; k < VECTORS; k++) {
        Vector at = *(const Vector *)(positions->at + LANES * k);
        Mask there = (at >= 0.0) & (at < size);
        at = KEEP(there, at);
        Vector pixel = (at + TO_WHOLE) - TO_WHOLE;
        pixel -= KEEP(pixel > at, one);
        Vector centre = pixel + 0.5, off = at - centre;
        at = PICK((off < SNAP) & (off > -SNAP), centre, at) - 0.5;
        Vector before = pixel - KEEP(at < pixel, one);
        axis->there[k] = there;
        axis->pixel[k] = pixel;
        axis->before[k] = before;
        axis->behind[k] = at - before;
    }
}

/* Where in the window pixels of the scene are, if the one to the lower right is in it too. */
typedef struct {
    Mask inside[VECTORS];
    Mask index[VECTORS]; /* 0 where not inside */
} Place;

INLINE void find(const Window *window, const Axis *down, const Axis *across, Place *place) {
    const Vector whole = (Vector){0} + TO_WHOLE;
    const double last_row = window->height - 1 - window->bilinear;
    const double last_col = window->width - 1 - window->bilinear;
    const Vector *rows = window->bilinear ? down->before : down->pixel;
    const Vector *cols = window->bilinear ? across->before : across->pixel;
    for (size_t k = 0; k < VECTORS; k++) {
        Vector r = rows[k] - (double)window->top, c = cols[k] - (double)window->left;
        Mask inside = down->there[k] & across->there[k] & (r >= 0.0) & (r <= last_row) &
                      (c >= 0.0) & (c <= last_col);
        place->inside[k] = inside;
        /* A whole number below 2^52, as the last bits of its sum with that. */
        Vector index = KEEP(inside, r * (double)window->width + c);
        place->index[k] = (Mask)(index + TO_WHOLE) ^ (Mask)whole;
    }
}

/* One of two neighbours in a row, which were read at once: the left one comes first. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LEFT_SHIFT 0
#define RIGHT_SHIFT 32
#else
#define LEFT_SHIFT 32
#define RIGHT_SHIFT 0
#endif

INLINE Vector split(Pairs pairs, int shift) {
    Halves half = __builtin_convertvector(pairs >> shift, Halves);
    return __builtin_convertvector((Singles)half, Vector);
}

/* Means of four neighbours; NaN beside a gap, or where index is negative. */
INLINE void weigh(const Window *window, const Axis *down, const Axis *across, const Place *place,
                  Vector *means) {
    static const float unknown[2] = {NAN, NAN};
    for (size_t k = 0; k < VECTORS; k++) {
        Pairs above, below;
        const int whole = HAS_ALL(place->inside[k]); /* mostly so */
        for (size_t lane = 0; lane < LANES; lane++) {
            const int known = whole || place->inside[k][lane];
            const float *upper = known ? window->values + place->index[k][lane] : unknown;
            const float *lower = known ? upper + window->width : unknown;
            int64_t pair;
            memcpy(&pair, upper, sizeof pair);
            above[lane] = pair;
            memcpy(&pair, lower, sizeof pair);
            below[lane] = pair;
        }
        Vector a = split(above, LEFT_SHIFT), b = split(above, RIGHT_SHIFT);
        Vector c = split(below, LEFT_SHIFT), d = split(below, RIGHT_SHIFT);
        Vector lower = down->behind[k], upper = 1.0 - lower;
        Vector right = across->behind[k], left = 1.0 - right;
        Vector w = upper * left, x = upper * right, y = lower * left, z = lower * right;
        /* From zero on, as sums of fewer: -0 is never a mean. */
        means[k] = 0.0 + w * a + x * b + y * c + z * d;
    }
}

INLINE void take(const Window *window, const Place *place, Vector *values) {
    for (size_t k = 0; k < VECTORS; k++)
        for (size_t lane = 0; lane < LANES; lane++)
            values[k][lane] =
                place->inside[k][lane] ? (double)window->values[place->index[k][lane]] : NAN;
}

INLINE void sample(const Window *window, const Run *rows, const Run *cols, size_t n, float *out,
                   uint8_t *covered) {
    Axis down, across;
    Place place;
    Vector found[VECTORS];
    locate(rows, window->scene_rows, &down);
    locate(cols, window->scene_cols, &across);
    find(window, &down, &across, &place);
    if (window->bilinear)
        weigh(window, &down, &across, &place, found);
    else
        take(window, &place, found);
    for (size_t v = 0; v * LANES < n; v++) {
        const size_t from = v * LANES, rest = n - from < LANES ? n - from : LANES;
        const Mask there = down.there[v] & across.there[v];
        const Mask good = there & (found[v] <= DBL_MAX) & (found[v] >= -DBL_MAX);
        if (rest == LANES && HAS_ALL(good)) {
            Singles singles = __builtin_convertvector(found[v], Singles);
            memcpy(out + from, &singles, sizeof singles);
            memset(covered + from, 1, LANES);
            continue;
        }
        for (size_t lane = 0; lane < rest; lane++) {
            covered[from + lane] = (uint8_t)(there[lane] & 1);
            out[from + lane] = (float)found[v][lane];
            if (there[lane] && !good[lane]) {
                const double pixel[2] = {down.pixel[v][lane], across.pixel[v][lane]};
                const double before[2] = {down.before[v][lane], across.before[v][lane]};
                const double behind[2] = {down.behind[v][lane], across.behind[v][lane]};
                out[from + lane] = sample_one(window, pixel, before, behind);
            }
        }
    }
}
