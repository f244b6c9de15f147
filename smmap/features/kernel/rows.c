#include "rows.h"

#include <string.h>

#include "arrays.h"
#include "gather.h"

/* Columns as Python has them: arrays of one shape in which pixels lie evenly, along the rows. */
typedef struct {
    Py_buffer *views;
    Column *all;
    Py_ssize_t count, height, width;
} Held;

static void release_columns(Held *held) {
    while (held->count)
        PyBuffer_Release(held->views + --held->count);
    PyMem_Free(held->views);
    PyMem_Free(held->all);
}

/* The next column; 0 with an error. */
static int take_column(Held *held, PyObject *object) {
    Py_buffer *view = held->views + held->count;
    if (PyObject_GetBuffer(object, view, PyBUF_STRIDED_RO | PyBUF_FORMAT))
        return 0;
    held->count++;
    if (view->ndim == 2 && strlen(view->format) == 1 && strchr("fd", *view->format)) {
        const Py_ssize_t height = view->shape[0], width = view->shape[1], step = view->strides[1];
        if (held->count == 1) {
            held->height = height;
            held->width = width;
        }
        if (height == held->height && width == held->width && step >= 0 &&
            view->strides[0] == width * step) {
            const Column column = {view->buf, (size_t)step, *view->format == 'd'};
            held->all[held->count - 1] = column;
            return 1;
        }
    }
    PyErr_SetString(PyExc_ValueError, "the columns differ in shape, or are no even pixels");
    return 0;
}

/* All of a tuple, one or more; 0 with an error. */
static int take_columns(Held *held, PyObject *tuple) {
    const Py_ssize_t count = PyTuple_Size(tuple);
    if (count < 1) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "there are no columns");
        return 0;
    }
    held->views = PyMem_Calloc((size_t)count, sizeof *held->views);
    held->all = PyMem_Calloc((size_t)count, sizeof *held->all);
    if (!held->views || !held->all) {
        PyErr_NoMemory();
        return 0;
    }
    for (Py_ssize_t k = 0; k < count; k++)
        if (!take_column(held, PyTuple_GetItem(tuple, k)))
            return 0;
    return 1;
}

/* Numbers of pixels, (1, n), and rows of their inputs; 0 with an error. */
static int take_rows(Arrays *arrays, PyObject *pixels, int flags, PyObject *rows) {
    const Py_buffer *all = arrays->all;
    if (!take(arrays, pixels, flags, "lq") || !take(arrays, rows, PyBUF_WRITABLE, "f"))
        return 0;
    if (all[0].itemsize == sizeof(int64_t) && all[0].shape[0] == 1 &&
        all[0].shape[1] == all[1].shape[0])
        return 1;
    PyErr_SetString(PyExc_ValueError, "the pixels and the rows do not fit");
    return 0;
}

PyObject *choose_rows(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *tuple, *pixels, *rows, *found = NULL;
    int complete;
    Arrays arrays = {.count = 0};
    Held held = {.count = 0};
    const Py_buffer *all = arrays.all;
    if (PyArg_ParseTuple(args, "OpOO", &tuple, &complete, &pixels, &rows) &&
        take_columns(&held, tuple) && take_rows(&arrays, pixels, PyBUF_WRITABLE, rows)) {
        if (all[1].shape[1] <= held.count && all[1].shape[0] == held.height * held.width) {
            const Columns columns = {held.all, (size_t)all[1].shape[1], (size_t)held.count,
                                     complete};
            size_t chosen;
            Py_BEGIN_ALLOW_THREADS
            chosen = choose(&columns, (size_t)held.height, (size_t)held.width, all[0].buf,
                            all[1].buf);
            Py_END_ALLOW_THREADS
            found = PyLong_FromSize_t(chosen);
        } else {
            PyErr_SetString(PyExc_ValueError, "there is not room for all pixels");
        }
    }
    release(&arrays);
    release_columns(&held);
    return found;
}

PyObject *gather_rows(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *tuple, *pixels, *rows;
    Arrays arrays = {.count = 0};
    Held held = {.count = 0};
    const Py_buffer *all = arrays.all;
    int fit = 0;
    if (PyArg_ParseTuple(args, "OOO", &tuple, &pixels, &rows) && take_columns(&held, tuple) &&
        take_rows(&arrays, pixels, 0, rows)) {
        if (all[1].shape[1] == held.count) {
            const Columns columns = {held.all, (size_t)held.count, (size_t)held.count, 1};
            Py_BEGIN_ALLOW_THREADS
            fit = gather(&columns, (size_t)(held.height * held.width), all[0].buf,
                         (size_t)all[0].shape[1], all[1].buf);
            Py_END_ALLOW_THREADS
        }
        if (!fit)
            PyErr_SetString(PyExc_ValueError, "the pixels, the columns and the rows do not fit");
    }
    release_columns(&held);
    return finish(&arrays, fit);
}
