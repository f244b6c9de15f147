/* From columns of a model's inputs to rows. */
#ifndef SMMAP_GATHER_H
#define SMMAP_GATHER_H
#include <stddef.h>
#include <stdint.h>

/* One number a pixel, pixels counted along the rows. */
typedef struct {
    const char *start;
    size_t step; /* bytes from pixel to pixel; 0: all have the same */
    int doubles; /* double precision, rounded when it is taken; else single */
} Column;

/* The inputs first, then what else a pixel needs. */
typedef struct {
    const Column *all;
    size_t inputs, count;
    int complete; /* whether a pixel needs all inputs, too */
} Columns;

/* Pixels that have a finite value in every column that is needed, patch by patch of 8 x 8: their
   numbers and their inputs, for which there is room for all pixels. How many they are. */
size_t choose(const Columns *columns, size_t height, size_t width, int64_t *pixels, float *rows);

/* To (n, inputs): each input at each of these pixels. 0 where one is not there. */
int gather(const Columns *columns, size_t size, const int64_t *pixels, size_t n, float *rows);
#endif
