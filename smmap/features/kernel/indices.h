/* Indices of reflectance, pixel by pixel. */
#ifndef SMMAP_INDICES_H
#define SMMAP_INDICES_H
#include <stddef.h>

/* As in indices.py, to the bit: NaN where an input is NaN or negative, or the divisor is not
   positive. */
void compute_difference(const float *first, const float *second, size_t n, double *out);
void compute_evi(const float *nir, const float *red, const float *blue, size_t n, double *out);
#endif
