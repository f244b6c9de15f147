#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "resampling.h"

int reaches(const Py_buffer *nodes, int axis, Py_ssize_t corner, Py_ssize_t pixels) {
    const Py_ssize_t points = nodes->shape[axis + 1];
    return corner >= 0 && corner < RUN && points >= 4 && pixels <= (points - 3) * RUN - corner;
}

/* Of every part: one line of points for each row, then the row between them; rounded where singles
   are wanted. */
static int draw_parts(const Kernel *kernel, const Py_buffer *nodes, size_t first_row,
                      size_t first_col, const Py_buffer *out) {
    const size_t n_rows = (size_t)nodes->shape[1], n_cols = (size_t)nodes->shape[2];
    const size_t height = (size_t)out->shape[1], width = (size_t)out->shape[2];
    double *line = malloc(n_cols * sizeof *line), *drawn = out->buf;
    float *singles = *out->format == 'f' ? out->buf : NULL;
    Run run;
    if (!line)
        return -1;
    for (size_t part = 0; part < (size_t)nodes->shape[0]; part++)
        for (size_t i = 0; i < height; i++) {
            const size_t count = first_row + i;
            const double *above = (double *)nodes->buf + (part * n_rows + count / RUN) * n_cols;
            for (size_t c = 0; c < n_cols; c++) {
                Cubic down = fit_cubic(above + c, n_cols);
                line[c] = draw_one(&down, count % RUN);
            }
            for (size_t j = 0, n; j < width; j += n) {
                const size_t across = first_col + j, from = across % RUN;
                n = RUN - from < width - j ? RUN - from : width - j;
                Cubic along = fit_cubic(line + across / RUN, 1);
                kernel->draw(&along, from, &run);
                if (singles)
                    for (size_t k = 0; k < n; k++)
                        *singles++ = (float)run.at[k];
                else
                    drawn = (double *)memcpy(drawn, run.at, n * sizeof *drawn) + n;
            }
        }
    free(line);
    return 0;
}

PyObject *draw_between(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *points, *object;
    Py_ssize_t corner[2];
    int status = 0;
    Buffers buffers = {.count = 0};
    Py_buffer *nodes, *out = NULL;
    if (!PyArg_ParseTuple(args, "O(nn)O", &points, corner, corner + 1, &object))
        return NULL;
    int fit = (nodes = take(&buffers, points, WHOLE, 3, "d")) &&
              (out = take(&buffers, object, WRITABLE, 3, "df"));
    if (fit) {
        fit = nodes->shape[0] == out->shape[0];
        for (int axis = 0; axis < 2; axis++)
            fit = fit && reaches(nodes, axis, corner[axis], out->shape[axis + 1]);
        if (!fit)
            PyErr_SetString(PyExc_ValueError, "the points do not reach around the block");
    }
    if (fit) {
        const Kernel *kernel = KERNELS;
        while (!runs_here(kernel))
            kernel++;
        Py_BEGIN_ALLOW_THREADS
        status = draw_parts(kernel, nodes, (size_t)corner[0], (size_t)corner[1], out);
        Py_END_ALLOW_THREADS
    }
    release(&buffers);
    if (status)
        return PyErr_NoMemory();
    if (!fit)
        return NULL;
    Py_RETURN_NONE;
}
