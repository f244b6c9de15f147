/* What Python sees: smmap.features._kernel. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdlib.h>
#include <string.h>

#include "lee.h"

static Lee choose(int plain) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!plain && __builtin_cpu_supports("avx2"))
        return lee_avx2;
#endif
    (void)plain;
    return lee_plain;
}

/* A whole array of two dimensions and that type; 0 with an error. */
static int take(PyObject *object, Py_buffer *view, int flags, char type) {
    if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | flags))
        return 0;
    if (view->ndim == 2 && strlen(view->format) == 1 && *view->format == type)
        return 1;
    PyBuffer_Release(view);
    PyErr_SetString(PyExc_ValueError, "an array has another type or number of dimensions");
    return 0;
}

static PyObject *filter_lee(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *power, *filtered;
    Py_ssize_t window;
    double noise;
    int plain;
    Py_buffer in, out;
    if (!PyArg_ParseTuple(args, "OndpO", &power, &window, &noise, &plain, &filtered) ||
        !take(power, &in, 0, 'f'))
        return NULL;
    if (!take(filtered, &out, PyBUF_WRITABLE, 'd')) {
        PyBuffer_Release(&in);
        return NULL;
    }
    double *room = NULL;
    if (window < 1 || window % 2 == 0 || window > 4096 ||
        memcmp(in.shape, out.shape, 2 * sizeof *in.shape)) {
        PyErr_SetString(PyExc_ValueError, "the window is not odd, or the arrays differ in shape");
    } else {
        const Picture picture = {in.buf, (size_t)in.shape[0], (size_t)in.shape[1],
                                 (size_t)window / 2, noise};
        if ((room = malloc(measure_room(&picture) * sizeof *room))) {
            Py_BEGIN_ALLOW_THREADS
            choose(plain)(&picture, room, out.buf);
            Py_END_ALLOW_THREADS
        } else {
            PyErr_NoMemory();
        }
    }
    const int done = room != NULL;
    free(room);
    PyBuffer_Release(&in);
    PyBuffer_Release(&out);
    if (!done)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef METHODS[] = {
    {"filter_lee", filter_lee, METH_VARARGS, "Lee's filter of linear power; without the GIL."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "smmap.features._kernel", NULL, 0, METHODS, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&MODULE); }
