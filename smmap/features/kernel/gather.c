/* Pixel by pixel: what is written lies together, and of every layer comes one run after another. */
#include "gather.h"

int gather(const float *values, size_t inputs, size_t size, const int64_t *pixels, size_t n,
           float *out) {
    for (size_t k = 0; k < n; k++) {
        if (pixels[k] < 0 || (uint64_t)pixels[k] >= size)
            return 0;
        const float *value = values + pixels[k];
        for (size_t input = 0; input < inputs; input++, value += size)
            *out++ = *value;
    }
    return 1;
}
