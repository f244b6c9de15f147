/* From a window of a scene to runs of a block's pixels. */
#ifndef SMMAP_SAMPLE_H
#define SMMAP_SAMPLE_H
#include <stddef.h>
#include <stdint.h>

#define RUN 64 /* pixels from point to point: STEP of lattice.py */

typedef struct {
    const float *values;        /* NaN is nodata */
    int32_t height, width;      /* of the window */
    int32_t top, left;          /* where its first pixel lies in the scene */
    double scene_rows, scene_cols;
    int bilinear;
} Window;

/* n <= RUN pixels at these positions. */
void sample(const Window *window, const double *rows, const double *cols, size_t n, float *out,
            uint8_t *covered);

/* Position at each of n pixels, `from` pixels behind the second of four points that are `step`
   doubles apart. */
void draw(const double *points, size_t step, size_t from, size_t n, double *out);

/* Stored numbers, of a type by its NumPy letter, to physical ones; 0 where the type is none. */
typedef struct {
    int has_nodata, scaled, zero_is_nothing;
    double nodata, scale, offset;
} Meaning;
int decode(const void *stored, char type, size_t n, const Meaning *meaning, float *out);
#endif
