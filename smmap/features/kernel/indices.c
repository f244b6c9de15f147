/* In double precision; the steps are those of indices.py, in their order. */
#include <math.h>

#include "indices.h"

void compute_difference(const float *first, const float *second, size_t n, double *out) {
    for (size_t k = 0; k < n; k++) {
        const double one = first[k], two = second[k], sum = one + two;
        const double share = (one - two) / sum;
        out[k] = (one >= 0) & (two >= 0) & (sum > 0) ? share : (double)NAN;
    }
}

void compute_evi(const float *nir, const float *red, const float *blue, size_t n, double *out) {
    for (size_t k = 0; k < n; k++) {
        const double one = nir[k], two = red[k], three = blue[k];
        const double divisor = one + 6.0 * two - 7.5 * three + 1.0;
        const double share = 2.5 * (one - two) / divisor;
        const int physical = (one >= 0) & (two >= 0) & (three >= 0);
        out[k] = physical & (divisor > 0) ? share : (double)NAN;
    }
}
