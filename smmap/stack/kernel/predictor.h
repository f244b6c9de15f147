/* What a TIFF's predictor took off its numbers, put on again. */
#ifndef SMMAP_STACK_PREDICTOR_H
#define SMMAP_STACK_PREDICTOR_H
#include "arrays.h"

PyObject *undo_predictor(PyObject *self, PyObject *args);
#endif
