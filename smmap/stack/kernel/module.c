/* What Python sees: smmap.stack._kernel. */
#include "arrays.h"

#include <string.h>

#include "kernels.h"
#include "predictor.h"
#include "resampling.h"

static PyObject *list_lanes(PyObject *self, PyObject *nothing) {
    (void)self, (void)nothing;
    PyObject *found = PyList_New(0);
    for (size_t k = 0; found && k < N_KERNELS; k++) {
        if (!runs_here(KERNELS + k))
            continue;
        PyObject *lanes = PyLong_FromLong(KERNELS[k].lanes);
        if (!lanes || PyList_Append(found, lanes))
            Py_CLEAR(found);
        Py_XDECREF(lanes);
    }
    return found;
}

static PyObject *decode_stored(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *object, *out_object;
    Meaning meaning;
    int lanes;
    Buffers buffers = {.count = 0};
    Py_buffer *stored, *out;
    if (!PyArg_ParseTuple(args, "OpdpddpiO", &object, &meaning.has_nodata, &meaning.nodata,
                          &meaning.scaled, &meaning.scale, &meaning.offset,
                          &meaning.zero_is_nothing, &lanes, &out_object))
        return NULL;
    const Kernel *kernel = find_kernel(lanes);
    int fit = (stored = take(&buffers, object, STRIDED, 2, "BbHhf")) &&
              (out = take(&buffers, out_object, STRIDED | PyBUF_WRITABLE, 2, "f"));
    if (fit && (!kernel || memcmp(stored->shape, out->shape, 2 * sizeof(Py_ssize_t)) ||
                stored->strides[1] != stored->itemsize || out->strides[1] != out->itemsize)) {
        PyErr_SetString(PyExc_ValueError,
                        "stored and physical numbers differ in shape, or rows are not whole, or no kernel");
        fit = 0;
    }
    if (fit) {
        const char type = *stored->format;
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t row = 0; row < stored->shape[0]; row++)
            kernel->decode((char *)stored->buf + row * stored->strides[0], type, (size_t)stored->shape[1],
                           &meaning, (float *)((char *)out->buf + row * out->strides[0]));
        Py_END_ALLOW_THREADS
    }
    release(&buffers);
    if (!fit)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef METHODS[] = {
    {"lanes", list_lanes, METH_NOARGS, "Numbers side by side that run here, fastest first."},
    {"resample", resample, METH_VARARGS, "Values at given positions; without the GIL."},
    {"resample_axes", resample_axes, METH_VARARGS,
     "Values at positions of rows and columns; without the GIL."},
    {"resample_between", resample_between, METH_VARARGS,
     "Values at positions between points; without the GIL."},
    {"draw_between", draw_between, METH_VARARGS, "What lies between points; without the GIL."},
    {"decode", decode_stored, METH_VARARGS, "Stored numbers to physical ones; without the GIL."},
    {"undo_predictor", undo_predictor, METH_VARARGS,
     "Numbers of a TIFF's tile; without the GIL."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "smmap.stack._kernel", NULL, 0, METHODS, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&MODULE); }
