/* Columns and rows as Python sees them. */
#ifndef SMMAP_ROWS_H
#define SMMAP_ROWS_H
#define PY_SSIZE_T_CLEAN
#include <Python.h>

PyObject *choose_rows(PyObject *self, PyObject *args);
PyObject *gather_rows(PyObject *self, PyObject *args);
#endif
