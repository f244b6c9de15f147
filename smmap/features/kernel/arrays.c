#include <string.h>

#include "arrays.h"

void release(Arrays *arrays) {
    while (arrays->count)
        PyBuffer_Release(arrays->all + --arrays->count);
}

int take(Arrays *arrays, PyObject *object, int flags, const char *types) {
    Py_buffer *view = arrays->all + arrays->count;
    if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | flags))
        return 0;
    arrays->count++;
    if (view->ndim == 2 && strlen(view->format) == 1 && strchr(types, *view->format))
        return 1;
    PyErr_SetString(PyExc_ValueError, "an array has another type or number of dimensions");
    return 0;
}

PyObject *finish(Arrays *arrays, int done) {
    release(arrays);
    if (!done)
        return NULL;
    Py_RETURN_NONE;
}
