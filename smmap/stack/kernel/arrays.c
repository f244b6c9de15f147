#include "arrays.h"

#include <string.h>

void release(Buffers *buffers) {
    while (buffers->count)
        PyBuffer_Release(buffers->all + --buffers->count);
}

Py_buffer *take(Buffers *buffers, PyObject *object, int flags, int dims, const char *types) {
    Py_buffer *view = buffers->all + buffers->count;
    if (PyObject_GetBuffer(object, view, flags))
        return NULL;
    buffers->count++;
    if (view->ndim != dims || strlen(view->format) != 1 || !strchr(types, *view->format)) {
        PyErr_SetString(PyExc_ValueError, "an array has another type or number of dimensions");
        return NULL;
    }
    return view;
}
