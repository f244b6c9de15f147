/* What one processor has of all that is done number by number. */
#ifndef SMMAP_STACK_KERNELS_H
#define SMMAP_STACK_KERNELS_H
#include "sample.h"

typedef struct {
    int lanes; /* numbers side by side */
    Draw draw;
    Sample sample;
    SampleAxes sample_axes;
    Decode decode;
} Kernel;

/* Fastest first; those that do not run here among them. */
extern const Kernel KERNELS[];
extern const size_t N_KERNELS;

int runs_here(const Kernel *kernel);

/* The one with so many lanes; NULL: it does not run here. */
const Kernel *find_kernel(int lanes);
#endif
