/* What Python sees: smmap.stack._kernel. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"

/* How many numbers side by side, fastest first. */
typedef struct {
    int lanes;
    Draw draw;
    Sample sample;
    SampleAxes sample_axes;
    Decode decode;
} Kernel;
static const Kernel KERNELS[] = {
#if defined(__x86_64__)
    {8, draw_8, sample_8, sample_axes_8, decode_8},
    {4, draw_4, sample_4, sample_axes_4, decode_2},
#endif
    {2, draw_2, sample_2, sample_axes_2, decode_2},
};
#define N_KERNELS (sizeof KERNELS / sizeof *KERNELS)

static int runs_here(const Kernel *kernel) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (kernel->lanes == 8)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
    return kernel->lanes == 2 || __builtin_cpu_supports("avx2");
#else
    (void)kernel;
    return 1;
#endif
}

/* The one with so many lanes; NULL: it does not run here. */
static const Kernel *find_kernel(int lanes) {
    for (size_t k = 0; k < N_KERNELS; k++)
        if (KERNELS[k].lanes == lanes && runs_here(KERNELS + k))
            return KERNELS + k;
    return NULL;
}

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

#define STRIDED (PyBUF_STRIDED_RO | PyBUF_FORMAT)
#define WHOLE (PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
#define WRITABLE (WHOLE | PyBUF_WRITABLE)
#define MOST_BUFFERS 5

typedef struct {
    Py_buffer all[MOST_BUFFERS];
    int count;
} Buffers;

static void release(Buffers *buffers) {
    while (buffers->count)
        PyBuffer_Release(buffers->all + --buffers->count);
}

/* The next buffer, of that many dimensions and of one of those types; NULL with an error. */
static Py_buffer *take(Buffers *buffers, PyObject *object, int flags, int dims, const char *types) {
    Py_buffer *view = buffers->all + buffers->count;
    if (PyObject_GetBuffer(object, view, flags))
        return NULL;
    buffers->count++;
    if (view->ndim != dims || strlen(view->format) != 1 || !strchr(types, *view->format)) {
        PyErr_SetString(PyExc_ValueError, "an array has another type or number of dimensions");
        return NULL;
    }
    return view;
}

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

static PyObject *resample(PyObject *self, PyObject *args) {
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

static PyObject *resample_axes(PyObject *self, PyObject *args) {
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

/* Whether the points reach around so many pixels from a corner on. */
static int reaches(const Py_buffer *nodes, int axis, Py_ssize_t corner, Py_ssize_t pixels) {
    const Py_ssize_t points = nodes->shape[axis + 1];
    return corner >= 0 && corner < RUN && points >= 4 && pixels <= (points - 3) * RUN - corner;
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

static PyObject *draw_between(PyObject *self, PyObject *args) {
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

static PyObject *resample_between(PyObject *self, PyObject *args) {
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
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "smmap.stack._kernel", NULL, 0, METHODS, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&MODULE); }
