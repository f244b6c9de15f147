#include "pack.h"

/* At this size doubles are whole numbers: to add it rounds, ties to even. What is larger than half
   of it stays far from any number of 16 bits, whatever becomes of it. */
#define WHOLE 6755399441055744.0

static inline uint16_t pack(double value, const Packing *packing) {
    const double steps = value / packing->step + WHOLE - WHOLE;
    const int inside = (steps >= packing->low) & (steps <= packing->high);
    return (uint16_t)(int32_t)(inside ? steps : (double)packing->fill);
}

void pack_floats(const float *values, size_t n, const Packing *packing, uint16_t *out) {
    const Packing one = *packing;
    for (size_t k = 0; k < n; k++)
        out[k] = pack((double)values[k], &one);
}

void pack_doubles(const double *values, size_t n, const Packing *packing, uint16_t *out) {
    const Packing one = *packing;
    for (size_t k = 0; k < n; k++)
        out[k] = pack(values[k], &one);
}
