/* Lee's filter over a picture. */
#ifndef SMMAP_LEE_H
#define SMMAP_LEE_H
#include <stddef.h>

/* Linear power, (height, width); NaN or infinite is nodata. */
typedef struct {
    const float *power;
    size_t height, width;
    size_t pitch;  /* numbers from row to row */
    size_t margin; /* pixels on each side that are only looked at */
    size_t half;  /* pixels that the window reaches beyond its centre */
    double noise; /* one over the looks */
} Picture;

/* How much room in doubles `Lee` needs. */
size_t measure_room(const Picture *picture);

/* As filter_lee in speckle.py, to the bit; filled is `out`, or `singles` where that is not NULL:
   without the margins. */
typedef void (*Lee)(const Picture *picture, double *room, double *out, float *singles);
void lee_plain(const Picture *picture, double *room, double *out, float *singles);
#if defined(__x86_64__)
void lee_avx2(const Picture *picture, double *room, double *out, float *singles);
#endif
#endif
