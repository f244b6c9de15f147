#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "resampling.h"

/* The window, the two arrays that are filled, and by what. */
typedef struct {
    const Kernel *kernel;
    Window window;
    Py_buffer *out, *covered;
    size_t height, width;
} Task;

static int take_task(Buffers *buffers, PyObject *values, const Py_ssize_t *place, int bilinear,
                     int lanes, PyObject *out, PyObject *covered, Task *task) {
    task->kernel = find_kernel(lanes);
    Py_buffer *source = take(buffers, values, WHOLE, 2, "f");
    if (!source || !(task->out = take(buffers, out, WRITABLE, 2, "f")) ||
        !(task->covered = take(buffers, covered, WRITABLE, 2, "?")))
        return 0;
    int fit = task->kernel && !memcmp(task->out->shape, task->covered->shape, 2 * sizeof(Py_ssize_t));
    for (int axis = 0; axis < 2; axis++)
        fit = fit && place[axis] >= 0 && place[2 + axis] <= INT32_MAX - 2 &&
              place[axis] <= place[2 + axis] &&
              source->shape[axis] <= place[2 + axis] - place[axis];
    if (!fit) {
        PyErr_SetString(PyExc_ValueError, "the window, the scene and the block do not fit, or no kernel");
        return 0;
    }
    task->window = (Window){
        .values = source->buf,
        .height = (int32_t)source->shape[0],
        .width = (int32_t)source->shape[1],
        .top = (int32_t)place[0],
        .left = (int32_t)place[1],
        .scene_rows = (double)place[2],
        .scene_cols = (double)place[3],
        .bilinear = bilinear,
    };
    task->height = (size_t)task->out->shape[0];
    task->width = (size_t)task->out->shape[1];
    return 1;
}

static void sample_given(const Task *task, const Py_buffer *rows, const Py_buffer *cols) {
    Run row = {{0}}, col = {{0}};
    for (size_t i = 0; i < task->height; i++)
        for (size_t j = 0; j < task->width; j += RUN) {
            size_t n = task->width - j < RUN ? task->width - j : RUN, at = i * task->width + j;
            for (size_t k = 0; k < n; k++) {
                const Py_ssize_t r = (Py_ssize_t)i, c = (Py_ssize_t)(j + k);
                memcpy(row.at + k, (char *)rows->buf + r * rows->strides[0] + c * rows->strides[1],
                       sizeof *row.at);
                memcpy(col.at + k, (char *)cols->buf + r * cols->strides[0] + c * cols->strides[1],
                       sizeof *col.at);
            }
            task->kernel->sample(&task->window, &row, &col, n, (float *)task->out->buf + at,
                   (uint8_t *)task->covered->buf + at);
        }
}

PyObject *resample(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *values, *row_object, *col_object, *out, *covered;
    Py_ssize_t place[4];
    int bilinear, lanes;
    Buffers buffers = {.count = 0};
    Py_buffer *rows, *cols;
    Task task;
    if (!PyArg_ParseTuple(args, "O(nnnn)OOpiOO", &values, place, place + 1, place + 2, place + 3,
                          &row_object, &col_object, &bilinear, &lanes, &out, &covered))
        return NULL;
    int fit = take_task(&buffers, values, place, bilinear, lanes, out, covered, &task) &&
              (rows = take(&buffers, row_object, STRIDED, 2, "d")) &&
              (cols = take(&buffers, col_object, STRIDED, 2, "d"));
    if (fit && (memcmp(rows->shape, task.out->shape, 2 * sizeof(Py_ssize_t)) ||
                memcmp(cols->shape, task.out->shape, 2 * sizeof(Py_ssize_t)))) {
        PyErr_SetString(PyExc_ValueError, "positions do not fit the block");
        fit = 0;
    }
    if (fit) {
        Py_BEGIN_ALLOW_THREADS
        sample_given(&task, rows, cols);
        Py_END_ALLOW_THREADS
    }
    release(&buffers);
    if (!fit)
        return NULL;
    Py_RETURN_NONE;
}

PyObject *resample_axes(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *values, *row_object, *col_object, *out, *covered;
    Py_ssize_t place[4];
    int bilinear, lanes, status = 0;
    Buffers buffers = {.count = 0};
    Py_buffer *rows, *cols;
    Task task;
    if (!PyArg_ParseTuple(args, "O(nnnn)OOpiOO", &values, place, place + 1, place + 2, place + 3,
                          &row_object, &col_object, &bilinear, &lanes, &out, &covered))
        return NULL;
    int fit = take_task(&buffers, values, place, bilinear, lanes, out, covered, &task) &&
              (rows = take(&buffers, row_object, WHOLE, 1, "d")) &&
              (cols = take(&buffers, col_object, WHOLE, 1, "d"));
    if (fit && (*rows->shape != task.out->shape[0] || *cols->shape != task.out->shape[1])) {
        PyErr_SetString(PyExc_ValueError, "positions do not fit the block");
        fit = 0;
    }
    if (fit) {
        Py_BEGIN_ALLOW_THREADS
        status = task.kernel->sample_axes(&task.window, rows->buf, task.height, cols->buf,
                                          task.width, task.out->buf, task.covered->buf);
        Py_END_ALLOW_THREADS
    }
    release(&buffers);
    if (status)
        return PyErr_NoMemory();
    if (!fit)
        return NULL;
    Py_RETURN_NONE;
}

/* Down the rows first, for every column of points; then across. */
static int sample_between(const Task *task, const double *nodes, size_t n_rows, size_t n_cols,
                          size_t first_row, size_t first_col) {
    double *line = malloc(2 * n_cols * sizeof *line);
    Run row, col;
    if (!line)
        return -1;
    for (size_t i = 0; i < task->height; i++) {
        const size_t count = first_row + i;
        for (size_t axis = 0; axis < 2; axis++)
            for (size_t c = 0; c < n_cols; c++) {
                Cubic down = fit_cubic(nodes + (axis * n_rows + count / RUN) * n_cols + c, n_cols);
                line[axis * n_cols + c] = draw_one(&down, count % RUN);
            }
        for (size_t j = 0, n; j < task->width; j += n) {
            const size_t across = first_col + j, cell = across / RUN, from = across % RUN;
            n = RUN - from < task->width - j ? RUN - from : task->width - j;
            Cubic for_rows = fit_cubic(line + cell, 1), for_cols = fit_cubic(line + n_cols + cell, 1);
            task->kernel->draw(&for_rows, from, &row);
            task->kernel->draw(&for_cols, from, &col);
            task->kernel->sample(&task->window, &row, &col, n, (float *)task->out->buf + i * task->width + j,
                   (uint8_t *)task->covered->buf + i * task->width + j);
        }
    }
    free(line);
    return 0;
}

PyObject *resample_between(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *values, *points, *out, *covered;
    Py_ssize_t place[4], corner[2];
    int bilinear, lanes, status = 0;
    Buffers buffers = {.count = 0};
    Py_buffer *nodes;
    Task task;
    if (!PyArg_ParseTuple(args, "O(nnnn)O(nn)piOO", &values, place, place + 1, place + 2, place + 3,
                          &points, corner, corner + 1, &bilinear, &lanes, &out, &covered))
        return NULL;
    int fit = take_task(&buffers, values, place, bilinear, lanes, out, covered, &task) &&
              (nodes = take(&buffers, points, WHOLE, 3, "d"));
    if (fit) {
        int enough = nodes->shape[0] == 2;
        for (int axis = 0; axis < 2; axis++)
            enough = enough && reaches(nodes, axis, corner[axis], task.out->shape[axis]);
        if (!enough) {
            PyErr_SetString(PyExc_ValueError, "the points do not reach around the block");
            fit = 0;
        }
    }
    if (fit) {
        Py_BEGIN_ALLOW_THREADS
        status = sample_between(&task, nodes->buf, (size_t)nodes->shape[1],
                                (size_t)nodes->shape[2], (size_t)corner[0], (size_t)corner[1]);
        Py_END_ALLOW_THREADS
    }
    release(&buffers);
    if (status)
        return PyErr_NoMemory();
    if (!fit)
        return NULL;
    Py_RETURN_NONE;
}
