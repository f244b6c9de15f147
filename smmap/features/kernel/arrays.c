#include <string.h>

#include "arrays.h"

void release(Arrays *arrays) {
    while (arrays->count)
        PyBuffer_Release(arrays->all + --arrays->count);
}

static int hold(Arrays *arrays, PyObject *object, int flags, const char *types) {
    Py_buffer *view = arrays->all + arrays->count;
    if (PyObject_GetBuffer(object, view, PyBUF_FORMAT | flags))
        return 0;
    arrays->count++;
    if (view->ndim == 2 && strlen(view->format) == 1 && strchr(types, *view->format))
        return 1;
    PyErr_SetString(PyExc_ValueError, "an array has another type or number of dimensions");
    return 0;
}

int take(Arrays *arrays, PyObject *object, int flags, const char *types) {
    return hold(arrays, object, PyBUF_C_CONTIGUOUS | flags, types);
}

int take_part(Arrays *arrays, PyObject *object, const char *types) {
    return hold(arrays, object, PyBUF_STRIDED_RO, types);
}

PyObject *finish(Arrays *arrays, int done) {
    release(arrays);
    if (!done)
        return NULL;
    Py_RETURN_NONE;
}
