/* What Python sees: smmap.product._kernel. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "halve.h"
#include "pack.h"
#include "sums.h"

/* A whole array of two dimensions, of one of those types; 0 with an error. */
static int take(PyObject *object, Py_buffer *view, int flags, const char *types) {
    if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | flags))
        return 0;
    if (view->ndim == 2 && strlen(view->format) == 1 && strchr(types, *view->format))
        return 1;
    PyBuffer_Release(view);
    PyErr_SetString(PyExc_ValueError, "an array has another type or number of dimensions");
    return 0;
}

static int have_one_shape(const Py_buffer *one, const Py_buffer *other) {
    return !memcmp(one->shape, other->shape, 2 * sizeof(Py_ssize_t));
}

static int are_below(const uint8_t *groups, size_t n, Py_ssize_t bound) {
    int largest = 0;
    for (size_t k = 0; k < n; k++)
        largest = groups[k] > largest ? groups[k] : largest;
    return largest < bound;
}

static PyObject *count(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *objects[3];
    Py_buffer numbers, groups = {.buf = NULL}, counts;
    int fit = 0;
    if (!PyArg_ParseTuple(args, "OOO", objects, objects + 1, objects + 2) ||
        !take(objects[0], &numbers, 0, "H"))
        return NULL;
    if (!take(objects[2], &counts, PyBUF_WRITABLE, "lq")) {
        PyBuffer_Release(&numbers);
        return NULL;
    }
    const size_t n = (size_t)(numbers.shape[0] * numbers.shape[1]);
    if (objects[1] == Py_None || take(objects[1], &groups, 0, "B")) {
        fit = counts.itemsize == sizeof(int64_t) && counts.shape[0] > 0 &&
              counts.shape[1] == NUMBERS && (!groups.buf || have_one_shape(&groups, &numbers));
        if (fit) {
            Py_BEGIN_ALLOW_THREADS
            fit = !groups.buf || are_below(groups.buf, n, counts.shape[0]);
            if (fit)
                count_numbers(numbers.buf, groups.buf, n, counts.buf);
            Py_END_ALLOW_THREADS
        }
        if (groups.buf)
            PyBuffer_Release(&groups);
        if (!fit)
            PyErr_SetString(PyExc_ValueError, "the numbers, the groups and the counts do not fit");
    }
    PyBuffer_Release(&counts);
    PyBuffer_Release(&numbers);
    if (!fit)
        return NULL;
    Py_RETURN_NONE;
}

/* Whether the cells are there, the pixels are all of theirs, and the room for them is right. */
static int have_shape(const Side *side, Py_ssize_t pixels, Py_ssize_t cells) {
    const size_t all = side->size < 2 ? 1 : side->size / 2;
    return side->size > 0 && side->count > 0 && side->first < all &&
           side->size <= INT32_MAX && side->count <= all - side->first &&
           (size_t)pixels == count_pixels(side) && (size_t)cells == side->count;
}

static Row describe_row(const Py_buffer *view, int fill) {
    const Row row = {(size_t)view->shape[1], (uint16_t)fill, *view->format == 'h' ? 0x8000 : 0};
    return row;
}

static PyObject *halve(PyObject *args, int commonest) {
    PyObject *objects[2];
    Py_buffer in, out;
    Py_ssize_t rows[2], columns[2];
    int fill, fit;
    int32_t *room = NULL;
    if (!PyArg_ParseTuple(args, "Oi(nn)(nn)O", objects, &fill, rows, rows + 1, columns,
                          columns + 1, objects + 1) ||
        !take(objects[0], &in, 0, "hH"))
        return NULL;
    if (!take(objects[1], &out, PyBUF_WRITABLE, "hH")) {
        PyBuffer_Release(&in);
        return NULL;
    }
    const Map map = {in.buf,
                     describe_row(&in, fill),
                     {(size_t)rows[0], (size_t)rows[1], (size_t)out.shape[0]},
                     {(size_t)columns[0], (size_t)columns[1], (size_t)out.shape[1]}};
    fit = *in.format == *out.format && rows[0] > 0 && columns[0] > 0 && rows[1] >= 0 &&
          columns[1] >= 0 && have_shape(&map.rows, in.shape[0], out.shape[0]) &&
          have_shape(&map.columns, in.shape[1], out.shape[1]);
    fit = fit && (commonest || map.rows.size % 2 == 0 || map.rows.size < LARGE);
    if (!fit)
        PyErr_SetString(PyExc_ValueError, "the pixels and the cells do not fit");
    else if (!commonest && !(room = malloc(2 * map.row.width * sizeof *room))) {
        PyErr_NoMemory();
        fit = 0;
    }
    if (fit) {
        Py_BEGIN_ALLOW_THREADS
        if (commonest)
            find_commonest(&map, out.buf);
        else
            average(&map, room, out.buf);
        Py_END_ALLOW_THREADS
    }
    free(room);
    PyBuffer_Release(&out);
    PyBuffer_Release(&in);
    if (!fit)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *halve_by_average(PyObject *self, PyObject *args) {
    (void)self;
    return halve(args, 0);
}

static PyObject *halve_by_commonest(PyObject *self, PyObject *args) {
    (void)self;
    return halve(args, 1);
}

/* Whether there is a whole number of each cell along a side, and sums of columns fit. */
static int have_cells(const Py_buffer *pixels, const Py_buffer *cells, Py_ssize_t side) {
    for (int axis = 0; axis < 2; axis++)
        if (cells->shape[axis] != (pixels->shape[axis] + side - 1) / side)
            return 0;
    return cells->itemsize == sizeof(int64_t);
}

static PyObject *add_up(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *objects[3];
    Py_buffer in, sums[2];
    Py_ssize_t side;
    int fill, taken = 0, fit = 0;
    int32_t *room = NULL;
    if (!PyArg_ParseTuple(args, "OinOO", objects, &fill, &side, objects + 1, objects + 2) ||
        !take(objects[0], &in, 0, "hH"))
        return NULL;
    while (taken < 2 && take(objects[1 + taken], sums + taken, PyBUF_WRITABLE, "lq"))
        taken++;
    if (taken == 2) {
        fit = side > 0 && side < LARGE && have_cells(&in, sums, side) &&
              have_cells(&in, sums + 1, side);
        if (!fit)
            PyErr_SetString(PyExc_ValueError, "the pixels and the cells do not fit");
        else if (!(room = malloc(2 * (size_t)in.shape[1] * sizeof *room + 1)))
            PyErr_NoMemory();
    }
    if (room) {
        const Row row = describe_row(&in, fill);
        Py_BEGIN_ALLOW_THREADS
        add_cells(&row, in.buf, (size_t)in.shape[0], (size_t)side, room, sums[0].buf, sums[1].buf);
        Py_END_ALLOW_THREADS
    }
    while (taken)
        PyBuffer_Release(sums + --taken);
    PyBuffer_Release(&in);
    if (!room)
        return NULL;
    free(room);
    Py_RETURN_NONE;
}

static PyObject *pack(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *objects[2];
    Py_buffer in, out;
    Packing packing;
    if (!PyArg_ParseTuple(args, "Od(ii)iO", objects, &packing.step, &packing.low, &packing.high,
                          &packing.fill, objects + 1) ||
        !take(objects[0], &in, 0, "fd"))
        return NULL;
    if (!take(objects[1], &out, PyBUF_WRITABLE, "hH")) {
        PyBuffer_Release(&in);
        return NULL;
    }
    const int fit = have_one_shape(&in, &out);
    if (fit) {
        const size_t n = (size_t)(in.shape[0] * in.shape[1]);
        Py_BEGIN_ALLOW_THREADS
        if (*in.format == 'd')
            pack_doubles(in.buf, n, &packing, out.buf);
        else
            pack_floats(in.buf, n, &packing, out.buf);
        Py_END_ALLOW_THREADS
    } else {
        PyErr_SetString(PyExc_ValueError, "the values and the numbers do not fit");
    }
    PyBuffer_Release(&out);
    PyBuffer_Release(&in);
    if (!fit)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef METHODS[] = {
    {"count", count, METH_VARARGS, "How often each number occurs; without the GIL."},
    {"average", halve_by_average, METH_VARARGS, "A map at half its size; without the GIL."},
    {"commonest", halve_by_commonest, METH_VARARGS, "The same of flags; without the GIL."},
    {"add_up", add_up, METH_VARARGS, "Sums of square cells, and of ones; without the GIL."},
    {"pack", pack, METH_VARARGS, "Values as stored numbers; without the GIL."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "smmap.product._kernel", NULL, 0, METHODS, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&MODULE); }
