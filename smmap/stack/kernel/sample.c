/* The steps are those of resample.py and lattice.py, in their order: the bits must be equal. */
#include "sample.h"

#include <float.h>
#include <math.h>

#define SNAP 1e-6 /* as in positions.py */
#define SIXTH (1.0 / 6.0)

void draw(const double *points, size_t step, size_t from, size_t n, double *out) {
    const double here = points[step];
    const double first = here - points[0], second = points[2 * step] - here;
    const double third = points[3 * step] - points[2 * step];
    const double bend = (second - first) * 0.5;
    const double twist = ((third - second) - (second - first)) * SIXTH;
    for (size_t k = 0; k < n; k++) {
        double t = (double)(int32_t)(from + k) / RUN;
        out[k] = here + t * (second + (t - 1.0) * (bend + (t + 1.0) * twist));
    }
}

/* The pixel of one axis that holds each position, the centre before it, and how far behind that
   the position lies. `within` becomes 0 where the scene does not reach. */
static void locate(const double *positions, double size, size_t n, int32_t *held, int32_t *before,
                   double *behind, int32_t *within) {
    for (size_t k = 0; k < n; k++) {
        double at = positions[k];
        int there = (at >= 0) & (at < size);
        at = there ? at : 0.0;
        int32_t pixel = (int32_t)at;
        double centre = (double)pixel + 0.5;
        at = fabs(at - centre) < SNAP ? centre : at;
        at -= 0.5;
        int32_t previous = pixel - (at < (double)pixel);
        held[k] = pixel;
        before[k] = previous;
        behind[k] = at - (double)previous;
        within[k] &= there;
    }
}

static int is_known(float value) { return fabsf(value) <= FLT_MAX; }

static int find(const Window *window, int32_t row, int32_t col, float *value) {
    row -= window->top;
    col -= window->left;
    if (row < 0 || row >= window->height || col < 0 || col >= window->width)
        return 0;
    *value = window->values[(size_t)row * (size_t)window->width + (size_t)col];
    return is_known(*value);
}

/* Beside a gap or an edge: what is not known has no weight. */
static float weigh(const Window *window, int32_t row, int32_t col, double down, double across) {
    const double shares[4] = {(1 - down) * (1 - across), (1 - down) * across, down * (1 - across),
                              down * across};
    double total = 0, weight = 0;
    for (int k = 0; k < 4; k++) {
        float value;
        if (find(window, row + k / 2, col + k % 2, &value)) {
            total += shares[k] * (double)value;
            weight += shares[k];
        }
    }
    return (float)(total / weight);
}

void sample(const Window *window, const double *rows, const double *cols, size_t n, float *out,
            uint8_t *covered) {
    int32_t row[RUN], col[RUN], top[RUN], left[RUN], within[RUN];
    double down[RUN], across[RUN];
    for (size_t k = 0; k < n; k++)
        within[k] = 1;
    locate(rows, window->scene_rows, n, row, top, down, within);
    locate(cols, window->scene_cols, n, col, left, across, within);
    const size_t width = (size_t)window->width;
    for (size_t k = 0; k < n; k++) {
        covered[k] = (uint8_t)within[k];
        float held = 0;
        if (!within[k]) {
            out[k] = NAN;
            continue;
        }
        int32_t r = top[k] - window->top, c = left[k] - window->left;
        if (window->bilinear && r >= 0 && r < window->height - 1 && c >= 0 &&
            c < window->width - 1) {
            const float *corner = window->values + (size_t)r * width + (size_t)c;
            double upper = 1 - down[k], lower = down[k], near = 1 - across[k], far = across[k];
            double a = upper * near, b = upper * far, d = lower * near, e = lower * far;
            double total = a * (double)corner[0] + b * (double)corner[1] +
                           d * (double)corner[width] + e * (double)corner[width + 1];
            if (fabs(total) <= DBL_MAX) {  /* no gap: that would have made it NaN */
                out[k] = (float)(total / (a + b + d + e));
                continue;
            }
        }
        if (!find(window, row[k], col[k], &held))
            out[k] = NAN;
        else if (!window->bilinear)
            out[k] = held;
        else
            out[k] = weigh(window, top[k], left[k], down[k], across[k]);
    }
}
