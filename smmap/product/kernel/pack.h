/* Physical values to stored numbers of 16 bits, as in packing.py, to the bit. */
#ifndef SMMAP_PACK_H
#define SMMAP_PACK_H
#include <stddef.h>
#include <stdint.h>

/* What a layer's numbers are: those that are no more than 16 bits, signed or not, lie between `low`
   and `high`, everything else is `fill`. */
typedef struct {
    double step;
    int32_t low, high, fill;
} Packing;

void pack_floats(const float *values, size_t n, const Packing *packing, uint16_t *out);
void pack_doubles(const double *values, size_t n, const Packing *packing, uint16_t *out);
#endif
