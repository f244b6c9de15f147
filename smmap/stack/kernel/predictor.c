#include "predictor.h"

#include <stdint.h>
#include <string.h>

/* The sum stays in a register: libtiff reads back what it has just written, five times slower. */
#define SUM_UP(NAME, TYPE)                                                                       \
    static void NAME(const TYPE *steps, size_t n, TYPE *sums) {                                  \
        TYPE sum = 0;                                                                            \
        for (size_t k = 0; k < n; k++)                                                           \
            sums[k] = sum = (TYPE)(sum + steps[k]);                                              \
    }
SUM_UP(sum_1, uint8_t)
SUM_UP(sum_2, uint16_t)
SUM_UP(sum_4, uint32_t)

static void sum_row(const void *steps, size_t n, size_t bytes, void *sums) {
    if (bytes == 1)
        sum_1(steps, n, sums);
    else if (bytes == 2)
        sum_2(steps, n, sums);
    else
        sum_4(steps, n, sums);
}

/* All highest bytes of a row come first, then all that are next to them. */
static void join_row(const uint8_t *bytes, size_t width, size_t n, uint32_t *numbers) {
    const uint8_t *a = bytes, *b = a + width, *c = b + width, *d = c + width;
    for (size_t k = 0; k < n; k++)
        numbers[k] = (uint32_t)a[k] << 24 | (uint32_t)b[k] << 16 | (uint32_t)c[k] << 8 | d[k];
}

PyObject *undo_predictor(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *object, *out_object;
    Py_ssize_t width;
    int floating;
    Buffers buffers = {.count = 0};
    Py_buffer *data, *out;
    if (!PyArg_ParseTuple(args, "OnpO", &object, &width, &floating, &out_object))
        return NULL;
    int fit = (data = take(&buffers, object, WRITABLE, 1, "B")) &&
              (out = take(&buffers, out_object, STRIDED | PyBUF_WRITABLE, 2, "BbHhIif"));
    if (fit && (out->shape[1] > width || out->strides[1] != out->itemsize ||
                data->len / (out->itemsize * (width ? width : 1)) < out->shape[0] ||
                (uintptr_t)data->buf % (size_t)out->itemsize || (floating && out->itemsize != 4))) {
        PyErr_SetString(PyExc_ValueError, "the tile and the array that is filled do not fit");
        fit = 0;
    }
    if (fit) {
        const size_t n = (size_t)out->shape[1], bytes = (size_t)out->itemsize, w = (size_t)width;
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t row = 0; row < out->shape[0]; row++) {
            uint8_t *from = (uint8_t *)data->buf + (size_t)row * w * bytes;
            void *to = (char *)out->buf + row * out->strides[0];
            if (floating) {
                sum_1(from, w * bytes, from);
                join_row(from, w, n, to);
            } else
                sum_row(from, n, bytes, to);
        }
        Py_END_ALLOW_THREADS
    }
    release(&buffers);
    if (!fit)
        return NULL;
    Py_RETURN_NONE;
}
