/* Python's arrays as a function's arguments. */
#ifndef SMMAP_STACK_ARRAYS_H
#define SMMAP_STACK_ARRAYS_H
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define STRIDED (PyBUF_STRIDED_RO | PyBUF_FORMAT)
#define WHOLE (PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
#define WRITABLE (WHOLE | PyBUF_WRITABLE)
#define MOST_BUFFERS 5

/* A function's arguments. */
typedef struct {
    Py_buffer all[MOST_BUFFERS];
    int count;
} Buffers;

/* The next buffer, of that many dimensions and of one of those types; NULL with an error. */
Py_buffer *take(Buffers *buffers, PyObject *object, int flags, int dims, const char *types);

void release(Buffers *buffers);
#endif
