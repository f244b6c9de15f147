/* A pixel by itself. */
#include <float.h>
#include <math.h>

#include "sample.h"

Cubic fit_cubic(const double *points, size_t step) {
    const double here = points[step];
    const double first = here - points[0], second = points[2 * step] - here;
    const double third = points[3 * step] - points[2 * step];
    return (Cubic){here, second, (second - first) * 0.5,
                   ((third - second) - (second - first)) * (1.0 / 6.0)};
}

double draw_one(const Cubic *cubic, size_t from) {
    const double t = (double)from / RUN;
    return cubic->here +
           t * (cubic->rise + (t - 1.0) * (cubic->bend + (t + 1.0) * cubic->twist));
}

static int read(const Window *window, double row, double col, float *value) {
    row -= window->top;
    col -= window->left;
    if (!(row >= 0 && row < window->height && col >= 0 && col < window->width))
        return 0;
    *value = window->values[(ptrdiff_t)row * window->width + (ptrdiff_t)col];
    return fabsf(*value) <= FLT_MAX;
}

float sample_one(const Window *window, const double *pixel, const double *before,
                 const double *behind) {
    float value;
    if (!read(window, pixel[0], pixel[1], &value))
        return NAN;
    if (!window->bilinear)
        return value;
    const double down = behind[0], across = behind[1];
    const double shares[4] = {(1 - down) * (1 - across), (1 - down) * across, down * (1 - across),
                              down * across};
    double total = 0, weight = 0;
    int known = 0;
    for (int k = 0; k < 4; k++)
        if (read(window, before[0] + k / 2, before[1] + k % 2, &value)) {
            total += shares[k] * (double)value;
            weight += shares[k];
            known++;
        }
    return (float)(known == 4 ? total : total / weight);
}
