/* From layers to rows of a model's inputs. */
#ifndef SMMAP_GATHER_H
#define SMMAP_GATHER_H
#include <stddef.h>
#include <stdint.h>

/* (inputs, size) to (n, inputs): the inputs of each of these pixels. 0 where one is not there. */
int gather(const float *values, size_t inputs, size_t size, const int64_t *pixels, size_t n,
           float *out);
#endif
