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

/* Positions of a run along one axis. */
typedef struct {
    double at[RUN] __attribute__((aligned(64)));
} Run;

/* A cubic through four points, from the second on. */
typedef struct {
    double here, rise, bend, twist;
} Cubic;

/* Through points that are `step` doubles apart. */
Cubic fit_cubic(const double *points, size_t step);
double draw_one(const Cubic *cubic, size_t from);

/* A pixel beside a gap or an edge, or without a value. */
float sample_one(const Window *window, const double *pixel, const double *before,
                 const double *behind);

/* Positions from there on; then the first n pixels of a run. */
typedef void (*Draw)(const Cubic *cubic, size_t from, Run *positions);
typedef void (*Sample)(const Window *window, const Run *rows, const Run *cols, size_t n,
                       float *out, uint8_t *covered);
void draw_2(const Cubic *cubic, size_t from, Run *positions);
void sample_2(const Window *window, const Run *rows, const Run *cols, size_t n, float *out,
              uint8_t *covered);
#if defined(__x86_64__)
void draw_4(const Cubic *cubic, size_t from, Run *positions);
void sample_4(const Window *window, const Run *rows, const Run *cols, size_t n, float *out,
              uint8_t *covered);
void draw_8(const Cubic *cubic, size_t from, Run *positions);
void sample_8(const Window *window, const Run *rows, const Run *cols, size_t n, float *out,
              uint8_t *covered);
#endif

/* All of a block, whose rows and columns have a position each; not 0: no memory. */
typedef int (*SampleAxes)(const Window *window, const double *rows, size_t height,
                          const double *cols, size_t width, float *out, uint8_t *covered);
int sample_axes_2(const Window *window, const double *rows, size_t height, const double *cols,
                  size_t width, float *out, uint8_t *covered);
#if defined(__x86_64__)
int sample_axes_4(const Window *window, const double *rows, size_t height, const double *cols,
                  size_t width, float *out, uint8_t *covered);
int sample_axes_8(const Window *window, const double *rows, size_t height, const double *cols,
                  size_t width, float *out, uint8_t *covered);
#endif

/* Stored numbers, of a type by its letter in struct, to physical ones; 0 where the type is none. */
typedef struct {
    int has_nodata, scaled, zero_is_nothing;
    double nodata, scale, offset;
} Meaning;
typedef int (*Decode)(const void *stored, char type, size_t n, const Meaning *meaning, float *out);
int decode_2(const void *stored, char type, size_t n, const Meaning *meaning, float *out);
#if defined(__x86_64__)
int decode_8(const void *stored, char type, size_t n, const Meaning *meaning, float *out);
#endif
#endif
