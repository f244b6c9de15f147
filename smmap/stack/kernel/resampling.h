/* Values of a scene at a block's positions, as Python calls them. */
#ifndef SMMAP_STACK_RESAMPLING_H
#define SMMAP_STACK_RESAMPLING_H
#include "arrays.h"

/* At given positions; at those of rows and columns; at what lies between points. */
PyObject *resample(PyObject *self, PyObject *args);
PyObject *resample_axes(PyObject *self, PyObject *args);
PyObject *resample_between(PyObject *self, PyObject *args);

/* What lies between points, itself. */
PyObject *draw_between(PyObject *self, PyObject *args);

/* Whether points reach around so many pixels from a corner on. */
int reaches(const Py_buffer *nodes, int axis, Py_ssize_t corner, Py_ssize_t pixels);
#endif
