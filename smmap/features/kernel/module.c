/* What Python sees: smmap.features._kernel. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdlib.h>
#include <string.h>

#include "arrays.h"
#include "gradient.h"
#include "indices.h"
#include "lee.h"
#include "rows.h"

static Lee choose(int plain) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!plain && __builtin_cpu_supports("avx2"))
        return lee_avx2;
#endif
    (void)plain;
    return lee_plain;
}

static int have_one_shape(const Arrays *arrays) {
    for (int k = 1; k < arrays->count; k++)
        if (memcmp(arrays->all[k].shape, arrays->all->shape, 2 * sizeof(Py_ssize_t)))
            return 0;
    return 1;
}

static size_t count_pixels(const Arrays *arrays) {
    return (size_t)(arrays->all->shape[0] * arrays->all->shape[1]);
}

/* Whether rows of singles lie one behind the other, with gaps or without, and how they do. */
static int describe_picture(const Arrays *arrays, Picture *picture) {
    const Py_buffer *in = arrays->all, *out = arrays->all + 1;
    const Py_ssize_t size = (Py_ssize_t)sizeof(float), margin = in->shape[0] - out->shape[0];
    if (in->strides[1] != size || in->strides[0] % size || in->strides[0] < in->shape[1] * size ||
        margin < 0 || margin % 2 || in->shape[1] - out->shape[1] != margin)
        return 0;
    picture->power = in->buf;
    picture->height = (size_t)in->shape[0];
    picture->width = (size_t)in->shape[1];
    picture->pitch = (size_t)(in->strides[0] / size);
    picture->margin = (size_t)margin / 2;
    return 1;
}

static PyObject *filter_lee(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *power, *filtered;
    Py_ssize_t window;
    double *room = NULL;
    int plain;
    Arrays arrays = {.count = 0};
    Picture picture = {.power = NULL};
    if (!PyArg_ParseTuple(args, "OndpO", &power, &window, &picture.noise, &plain, &filtered))
        return NULL;
    if (!take_part(&arrays, power, "f") || !take(&arrays, filtered, PyBUF_WRITABLE, "df"))
        return finish(&arrays, 0);
    if (window < 1 || window % 2 == 0 || window > 4096 || !describe_picture(&arrays, &picture)) {
        PyErr_SetString(PyExc_ValueError, "the window is not odd, or the arrays do not fit");
        return finish(&arrays, 0);
    }
    picture.half = (size_t)window / 2;
    const Py_buffer *out = arrays.all + 1;
    if ((room = malloc(measure_room(&picture) * sizeof *room))) {
        Py_BEGIN_ALLOW_THREADS
        choose(plain)(&picture, room, out->buf, *out->format == 'f' ? out->buf : NULL);
        Py_END_ALLOW_THREADS
    } else {
        PyErr_NoMemory();
    }
    free(room);
    return finish(&arrays, room != NULL);
}

/* Takes bands and what is filled from them; 0 with an error. */
static int take_bands(Arrays *arrays, PyObject *args, Py_ssize_t bands) {
    if (PyTuple_Size(args) != bands + 1) {
        PyErr_SetString(PyExc_TypeError, "another number of arrays is wanted");
        return 0;
    }
    for (Py_ssize_t k = 0; k < bands; k++)
        if (!take(arrays, PyTuple_GetItem(args, k), 0, "f"))
            return 0;
    if (!take(arrays, PyTuple_GetItem(args, bands), PyBUF_WRITABLE, "d"))
        return 0;
    if (have_one_shape(arrays))
        return 1;
    PyErr_SetString(PyExc_ValueError, "the arrays differ in shape");
    return 0;
}

static PyObject *normalised_difference(PyObject *self, PyObject *args) {
    (void)self;
    Arrays arrays = {.count = 0};
    const Py_buffer *all = arrays.all;
    const int fit = take_bands(&arrays, args, 2);
    if (fit) {
        Py_BEGIN_ALLOW_THREADS
        compute_difference(all[0].buf, all[1].buf, count_pixels(&arrays), all[2].buf);
        Py_END_ALLOW_THREADS
    }
    return finish(&arrays, fit);
}

static PyObject *evi(PyObject *self, PyObject *args) {
    (void)self;
    Arrays arrays = {.count = 0};
    const Py_buffer *all = arrays.all;
    const int fit = take_bands(&arrays, args, 3);
    if (fit) {
        Py_BEGIN_ALLOW_THREADS
        compute_evi(all[0].buf, all[1].buf, all[2].buf, count_pixels(&arrays), all[3].buf);
        Py_END_ALLOW_THREADS
    }
    return finish(&arrays, fit);
}

static PyObject *gradient(PyObject *self, PyObject *args) {
    (void)self;
    static const char *const types[MOST_ARRAYS] = {"f", "d", "d", "d", "d"};
    Arrays arrays = {.count = 0};
    const Py_buffer *all = arrays.all;
    int fit = PyTuple_Size(args) == MOST_ARRAYS;
    for (int k = 0; fit && k < MOST_ARRAYS; k++)
        if (!take(&arrays, PyTuple_GetItem(args, k), k < 3 ? 0 : PyBUF_WRITABLE, types[k]))
            return finish(&arrays, 0);
    for (int axis = 0; fit && axis < 2; axis++) {
        const Py_ssize_t size = all[3].shape[axis], one = axis ? 1 : size;
        fit = all->shape[axis] == size + 2 && all[4].shape[axis] == size &&
              all[1].shape[axis] == one && all[2].shape[axis] == one;
    }
    if (fit) {
        Py_BEGIN_ALLOW_THREADS
        compute_gradient(all[0].buf, all[1].buf, all[2].buf, (size_t)all[3].shape[0],
                         (size_t)all[3].shape[1], all[3].buf, all[4].buf);
        Py_END_ALLOW_THREADS
    } else {
        PyErr_SetString(PyExc_ValueError, "the elevation, the distances and the slopes do not fit");
    }
    return finish(&arrays, fit);
}

static PyMethodDef METHODS[] = {
    {"filter_lee", filter_lee, METH_VARARGS, "Lee's filter of linear power; without the GIL."},
    {"normalised_difference", normalised_difference, METH_VARARGS,
     "(first - second) / (first + second); without the GIL."},
    {"evi", evi, METH_VARARGS, "Enhanced vegetation index; without the GIL."},
    {"gradient", gradient, METH_VARARGS, "Rise to the east and to the north; without the GIL."},
    {"choose", choose_rows, METH_VARARGS,
     "Pixels that have what they need, and rows of their inputs; without the GIL."},
    {"gather", gather_rows, METH_VARARGS, "Rows of pixels' inputs; without the GIL."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "smmap.features._kernel", NULL, 0, METHODS, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&MODULE); }
