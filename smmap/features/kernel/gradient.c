/* In double precision; the steps are those of terrain.py, in their order. */
#include "gradient.h"

void compute_gradient(const float *elevation, const double *down_m, const double *across_m,
                      size_t height, size_t width, double *eastward, double *northward) {
    for (size_t row = 0; row < height; row++) {
        const float *above = elevation + row * (width + 2);
        const float *here = above + width + 2, *below = here + width + 2;
        const double down = down_m[row], across = across_m[row];
        for (size_t c = 0; c < width; c++) {
            const double nothing = 0.0 * (double)here[c + 1];
            const double upper = (double)above[c + 2] - (double)above[c];
            const double middle = (double)here[c + 2] - (double)here[c];
            const double lower = (double)below[c + 2] - (double)below[c];
            const double north =
                (double)above[c] + 2.0 * (double)above[c + 1] + (double)above[c + 2];
            const double south =
                (double)below[c] + 2.0 * (double)below[c + 1] + (double)below[c + 2];
            eastward[row * width + c] = (upper + 2.0 * middle + lower + nothing) / across;
            northward[row * width + c] = (north - south + nothing) / down;
        }
    }
}
