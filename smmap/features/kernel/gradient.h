/* How an elevation model rises. */
#ifndef SMMAP_GRADIENT_H
#define SMMAP_GRADIENT_H
#include <stddef.h>

/* As in terrain.py, to the bit: `elevation` has a row and a column more on every side than what is
   filled, (height, width). Of each row eight times the distance to the next one and between its
   columns, metres. */
void compute_gradient(const float *elevation, const double *down_m, const double *across_m,
                      size_t height, size_t width, double *eastward, double *northward);
#endif
