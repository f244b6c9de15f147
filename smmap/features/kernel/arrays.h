/* Python's arrays as a function's arguments. */
#ifndef SMMAP_ARRAYS_H
#define SMMAP_ARRAYS_H
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define MOST_ARRAYS 5

/* Whole arrays of two dimensions: a function's arguments, the one that is filled last. */
typedef struct {
    Py_buffer all[MOST_ARRAYS];
    int count;
} Arrays;

/* The next array, of one of those types; 0 with an error. */
int take(Arrays *arrays, PyObject *object, int flags, const char *types);

/* The same of a part of an array, to be read. */
int take_part(Arrays *arrays, PyObject *object, const char *types);

void release(Arrays *arrays);

/* What a function gives, once its arrays are released. */
PyObject *finish(Arrays *arrays, int done);
#endif
