/* What Python sees: smmap.trees._kernel. The arrays are those of packed.py. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#include "forest.h"
#include "wire.h"

enum { NODES, VALUES, TREES, COLUMNS, CUTS, LEAF_ROWS, BASE, N_FOREST };

/* Fastest first. */
static const Kernel KERNELS[] = {
#if defined(__x86_64__)
    {"vbmi",
     {walk_ranks_vbmi, walk_ranks_scalar},
     {walk_wide_avx512, walk_wide_scalar},
     walk_ranks_together_512,
     walk_wide_together_512,
     {8, 6}},
    {"avx512",
     {walk_ranks_avx512, walk_ranks_scalar},
     {walk_wide_avx512, walk_wide_scalar},
     walk_ranks_together_512,
     walk_wide_together_512,
     {9, 6}},
    {"avx2",
     {walk_ranks_avx2, walk_ranks_scalar},
     {walk_wide_scalar, walk_wide_scalar},
     walk_ranks_together_avx2,
     walk_wide_together_avx2,
     {14, 5}},
#endif
    {"scalar",
     {walk_ranks_scalar, walk_ranks_scalar},
     {walk_wide_scalar, walk_wide_scalar},
     walk_ranks_together_plain,
     walk_wide_together_plain,
     {7, 4}},
};
#define N_KERNELS (sizeof KERNELS / sizeof *KERNELS)

static int runs_here(const char *name) {
    if (!strcmp(name, "scalar"))
        return 1;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!strcmp(name, "avx2"))
        return __builtin_cpu_supports("avx2");
    int plain = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (!strcmp(name, "avx512"))
        return plain;
    if (!strcmp(name, "vbmi"))
        return plain && __builtin_cpu_supports("avx512vbmi");
#endif
    return 0;
}

static PyObject *list_kernels(PyObject *self, PyObject *nothing) {
    (void)self, (void)nothing;
    PyObject *names = PyList_New(0);
    for (size_t k = 0; names && k < N_KERNELS; k++) {
        if (!runs_here(KERNELS[k].name))
            continue;
        PyObject *name = PyUnicode_FromString(KERNELS[k].name);
        if (!name || PyList_Append(names, name))
            Py_CLEAR(names);
        Py_XDECREF(name);
    }
    return names;
}

static void release_all(Py_buffer *buffers, size_t count) {
    for (size_t b = 0; b < count; b++)
        PyBuffer_Release(buffers + b);
}

static PyObject *lay_out_tree(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer in[5], nodes, values;
    unsigned long long breadth_first;
    int wide, status = -1;
    unsigned bits, leaf_column;
    uint32_t depth = 0, steady = 0;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*pIIKw*w*", in, in + 1, in + 2, in + 3, in + 4, &wide,
                          &bits, &leaf_column, &breadth_first, &nodes, &values))
        return NULL;
    size_t size = (size_t)in[0].len / 4, width = wide ? 8 : 4;
    int fit = size > 0 && size <= INT32_MAX && bits <= 20 &&
              (size - 1) >> ((wide ? 32 : 24) - bits) == 0 &&
              (size_t)nodes.len >= size * width && (wide || (size_t)values.len >= size * 4);
    for (int b = 1; b < 5; b++)
        fit = fit && in[b].len == in[0].len;
    if (fit) {
        Source source = {in[0].buf, in[1].buf, in[2].buf, in[3].buf, in[4].buf};
        Py_BEGIN_ALLOW_THREADS
        status = lay_out(&source, size, (size_t)breadth_first, wide, bits, leaf_column, nodes.buf,
                         values.buf, &depth, &steady);
        Py_END_ALLOW_THREADS
    }
    release_all(in, 5);
    PyBuffer_Release(&nodes);
    PyBuffer_Release(&values);
    if (!fit)
        return PyErr_Format(PyExc_ValueError, "arrays of a tree do not fit each other");
    if (status == -2)
        return PyErr_NoMemory();
    if (status)
        return PyErr_Format(PyExc_ValueError, "no tree");
    return Py_BuildValue("II", depth, steady);
}

/* The forest that is described by (wide, bits, stride, average) and its arrays. */
static int describe(const int *numbers, Py_buffer *parts, Forest *forest) {
    if (numbers[1] < 0 || numbers[2] <= 0)
        return 0;
    const size_t targets = (size_t)parts[BASE].len / sizeof(float);
    *forest = (Forest){
        .wide = numbers[0] != 0,
        .bits = (unsigned)numbers[1],
        .stride = (size_t)numbers[2],
        .average = numbers[3] != 0,
        .nodes = parts[NODES].buf,
        .values = parts[VALUES].buf,
        .trees = parts[TREES].buf,
        .n_trees = (size_t)parts[TREES].len / sizeof(Tree),
        .columns = parts[COLUMNS].buf,
        .n_columns = (size_t)parts[COLUMNS].len / sizeof(Column),
        .cuts = parts[CUTS].buf,
        .leaf_rows = parts[LEAF_ROWS].buf,
        .n_leaf_rows = targets ? (size_t)parts[LEAF_ROWS].len / sizeof(float) / targets : 0,
        .base = parts[BASE].buf,
        .targets = targets,
    };
    return 1;
}

#define FOREST_FORMAT "(iiii)(y*y*y*y*y*y*y*)"
#define FOREST_PLACES                                                                            \
    numbers, numbers + 1, numbers + 2, numbers + 3, parts, parts + 1, parts + 2, parts + 3,      \
        parts + 4, parts + 5, parts + 6

static PyObject *check_forest(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer parts[N_FOREST];
    Forest forest;
    int numbers[4], fit = 0;
    if (!PyArg_ParseTuple(args, FOREST_FORMAT, FOREST_PLACES))
        return NULL;
    if (describe(numbers, parts, &forest)) {
        size_t n_nodes = (size_t)parts[NODES].len / (forest.wide ? 8 : 4);
        size_t n_values = (size_t)parts[VALUES].len / 4;
        Py_BEGIN_ALLOW_THREADS
        fit = (forest.wide || n_values >= n_nodes) &&
              fits(&forest, n_nodes, (size_t)parts[CUTS].len / 4);
        Py_END_ALLOW_THREADS
    }
    release_all(parts, N_FOREST);
    return PyBool_FromLong(fit);
}

static PyObject *predict_pixels(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer parts[N_FOREST], pixels, out;
    Forest forest;
    const char *name;
    int numbers[4], status = 0, fit;
    unsigned long long features;
    unsigned way;
    const Kernel *kernel = NULL;
    if (!PyArg_ParseTuple(args, FOREST_FORMAT "sIy*Kw*", FOREST_PLACES, &name, &way, &pixels,
                          &features, &out))
        return NULL;
    for (size_t k = 0; k < N_KERNELS; k++)
        if (!strcmp(name, KERNELS[k].name) && runs_here(name))
            kernel = KERNELS + k;
    fit = kernel && way < WAYS && describe(numbers, parts, &forest) && forest.targets && features;
    if (fit) {
        size_t n = (size_t)out.len / 4 / forest.targets;
        fit = n == 0 || (size_t)pixels.len / 4 / features == n;
        for (size_t c = 0; c < forest.n_columns; c++)
            fit = fit && forest.columns[c].feature < features;
        if (fit && n) {
            Py_BEGIN_ALLOW_THREADS
            status = predict(&forest, kernel, way, pixels.buf, (size_t)features, n, out.buf);
            Py_END_ALLOW_THREADS
        }
    }
    release_all(parts, N_FOREST);
    PyBuffer_Release(&pixels);
    PyBuffer_Release(&out);
    if (!fit)
        return PyErr_Format(PyExc_ValueError, "pixels do not fit the forest, or no kernel");
    if (status)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

/* Room for a list; None is told of an empty one. */
static PyObject *make_room(size_t count, void *start) {
    *(void **)start = NULL;
    if (!count)
        return Py_NewRef(Py_None);
    PyObject *room = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(count * 4));
    if (room)
        *(void **)start = PyBytes_AsString(room);
    return room;
}

static PyObject *join_rest(const uint8_t *data, const Lists *found) {
    size_t size = 0;
    for (size_t r = 0; r < found->n_rest; r++)
        size += found->rest[r].end - found->rest[r].start;
    PyObject *rest = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    char *to = rest ? PyBytes_AsString(rest) : NULL;
    for (size_t r = 0; rest && r < found->n_rest; r++) {
        size_t length = found->rest[r].end - found->rest[r].start;
        memcpy(to, data + found->rest[r].start, length);
        to += length;
    }
    return rest;
}

static PyObject *list_known(const Lists *found) {
    PyObject *known = PyList_New(0);
    for (size_t k = 0; known && k < found->n_known; k++) {
        PyObject *word = PyBytes_FromStringAndSize((const char *)found->known[k].start,
                                                   (Py_ssize_t)found->known[k].length);
        if (!word || PyList_Append(known, word))
            Py_CLEAR(known);
        Py_XDECREF(word);
    }
    return known;
}

static PyObject *read_attribute(PyObject *self, PyObject *args) {
    (void)self;
    const char *text;
    Py_ssize_t size;
    Lists found = {0};
    if (!PyArg_ParseTuple(args, "y#", &text, &size))
        return NULL;
    const uint8_t *data = (const uint8_t *)text;
    if (!read_lists(data, (size_t)size, &found))
        return PyErr_Format(PyExc_ValueError, "not an attribute");
    PyObject *floats = make_room(found.n_floats, &found.floats);
    PyObject *ints = make_room(found.n_ints, &found.ints);
    PyObject *words = make_room(found.n_words, &found.words);
    PyObject *rest = join_rest(data, &found), *known = NULL;
    if (floats && ints && words && rest) {
        read_lists(data, (size_t)size, &found);
        known = list_known(&found);
    }
    if (!known) {
        Py_XDECREF(floats);
        Py_XDECREF(ints);
        Py_XDECREF(words);
        Py_XDECREF(rest);
        return NULL;
    }
    return Py_BuildValue("N(nn)NNiNN", rest, (Py_ssize_t)found.tensor.start,
                         (Py_ssize_t)found.tensor.end, floats, ints, found.exceeds, known, words);
}

static PyMethodDef METHODS[] = {
    {"kernels", list_kernels, METH_NOARGS, "Kernels that this processor runs, fastest first."},
    {"lay_out", lay_out_tree, METH_VARARGS, "Put one tree's nodes in order."},
    {"fits", check_forest, METH_VARARGS, "Whether a forest can be walked inside its arrays."},
    {"predict", predict_pixels, METH_VARARGS, "Pixels through all trees; without the GIL."},
    {"read_attribute", read_attribute, METH_VARARGS, "The lists of an ONNX attribute."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "smmap.trees._kernel", NULL, 0, METHODS, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&MODULE); }
