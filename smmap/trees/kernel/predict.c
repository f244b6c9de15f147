/* One block of pixels through all trees. Trees in groups that stay in the cache outside, rows in
   blocks inside; for each row the trees come in their order, so that sums are always the same. */
#include <stdlib.h>
#include <string.h>

#include "forest.h"

#define GROUP_BYTES ((size_t)512 << 10) /* of nodes: half of a second-level cache */
#define BLOCK_BYTES ((size_t)32 << 10)  /* of rows: a first-level cache */
#define LONGEST_ROW ((size_t)1 << 10)   /* bytes: a group of longer ones is no block any more */
#define SAMPLES 4                       /* groups and trees that tell how a block goes */
#define ALONE 31                        /* groups of trees for which rows that part stay alone */

typedef struct {
    void *rows;
    void *groups; /* the same, turned; NULL where rows are too long to go together */
    float *sums; /* (targets, padded) */
    uint32_t *leaves;
    uint8_t *alone; /* of blocks of rows: groups of trees before it is asked again how they go */
    Sorting sorting;
} Buffers;

/* Some of the rows. */
typedef struct {
    size_t n, padded; /* pixels, and rows with those that pad them */
    size_t from, count;
} Span;

static void release(Buffers *buffers) {
    free(buffers->rows);
    free(buffers->groups);
    free(buffers->sums);
    free(buffers->leaves);
    free(buffers->alone);
    free(buffers->sorting.nodes);
    free(buffers->sorting.sorted);
    free(buffers->sorting.places);
    free(buffers->sorting.rows);
    free(buffers->sorting.counts);
}

static void *reserve(size_t count, size_t size) {
    if (size && count > (SIZE_MAX - 127) / size)
        return NULL;
    /* Some more: a vector of bytes is read four at a time. */
    return aligned_alloc(64, (count * size + 127) / 64 * 64);
}

static int acquire(const Forest *forest, size_t padded, Buffers *buffers) {
    size_t width = forest->wide ? sizeof(uint32_t) : 1, levels = 0;
    memset(buffers, 0, sizeof *buffers);
    for (size_t t = 0; t < forest->n_trees; t++)
        if (forest->trees[t].sort_levels > levels)
            levels = forest->trees[t].sort_levels;
    buffers->rows = reserve(padded, forest->stride * width);
    if (forest->stride * width <= LONGEST_ROW) {
        buffers->groups = reserve(padded, forest->stride * width);
        if (!buffers->groups)
            return -2;
    }
    buffers->sums = reserve(padded, forest->targets * sizeof(float));
    buffers->leaves = reserve(padded, sizeof(uint32_t));
    buffers->alone = calloc(padded / LANES + 1, 1);
    if (!buffers->rows || !buffers->sums || !buffers->leaves || !buffers->alone)
        return -2;
    if (!levels)
        return 0;
    Sorting *sorting = &buffers->sorting;
    sorting->nodes = reserve(padded, sizeof(uint32_t));
    sorting->sorted = reserve(padded, sizeof(uint32_t));
    sorting->places = reserve(padded, sizeof(uint32_t));
    sorting->rows = reserve(padded, forest->stride * sizeof(uint32_t));
    sorting->counts = reserve((size_t)2 << levels, sizeof(uint32_t));
    return sorting->nodes && sorting->sorted && sorting->places && sorting->rows &&
                   sorting->counts
               ? 0
               : -2;
}

/* 64 rows from `from` on through one tree; how many nodes that took. */
static size_t walk_group(const Forest *forest, const Kernel *kernel, const Tree *tree,
                         const Span *span, size_t from, Yield yield, const Buffers *buffers) {
    const size_t left = span->n - from, width = forest->wide ? sizeof(uint32_t) : 1;
    const uint64_t rows = left < LANES ? ((uint64_t)1 << left) - 1 : UINT64_MAX;
    const char *group = (const char *)buffers->groups + from * forest->stride * width;
    const uint32_t *narrow = forest->nodes;
    const uint64_t *nodes = forest->nodes;
    if (forest->wide)
        return kernel->wide_together(nodes + tree->first, NULL, forest->bits, group, rows, yield);
    return kernel->ranks_together(narrow + tree->first, forest->values + tree->first, forest->bits,
                                  group, rows, yield);
}

/* Whether a block's rows mostly go the same ways: some of them, through some of the trees, tell. */
static int go_together(const Forest *forest, const Kernel *kernel, size_t first, size_t last,
                       const Span *span, const Buffers *buffers) {
    const Yield nothing = {NULL, NULL};
    size_t visits = 0, most = 0;
    if (!buffers->groups)
        return 0;
    for (size_t t = first; t < last; t++)
        if (forest->trees[t].depth >= DEEPEST)
            return 0;
    for (size_t s = 0; s < SAMPLES; s++) {
        const Tree *tree = forest->trees + first + (last - first) * s / SAMPLES;
        const size_t from = span->from + span->count / LANES * s / SAMPLES * LANES;
        visits += walk_group(forest, kernel, tree, span, from, nothing, buffers);
        most += kernel->patience[forest->wide] * (tree->steady + 1);
    }
    return visits <= most;
}

/* Some rows through one tree. */
static void walk_tree(const Forest *forest, const Kernel *kernel, unsigned way, const Tree *tree,
                      int together, const Span *span, const Buffers *buffers) {
    int dense = tree->target < 0;
    const size_t from = span->from, count = span->count, stride = forest->stride;
    float *sums = buffers->sums + from + (dense ? 0 : (size_t)tree->target * span->padded);
    Yield yield = {dense ? NULL : sums, dense ? buffers->leaves : NULL};
    if (together) {
        for (size_t i = 0; i < count; i += LANES) {
            Yield here = {dense ? NULL : sums + i, dense ? buffers->leaves + i : NULL};
            walk_group(forest, kernel, tree, span, from + i, here, buffers);
        }
    } else if (forest->wide) {
        const uint64_t *nodes = (const uint64_t *)forest->nodes + tree->first;
        const uint32_t *rows = (const uint32_t *)buffers->rows + from * stride;
        if (tree->sort_levels)
            walk_wide_sorted(nodes, tree, forest->bits, rows, stride, count, &buffers->sorting,
                             yield);
        else
            kernel->wide[way](nodes, tree, forest->bits, rows, stride, count, yield);
    } else {
        kernel->ranks[way]((const uint32_t *)forest->nodes + tree->first,
                           forest->values + tree->first, tree, forest->bits,
                           (const uint8_t *)buffers->rows + from * stride, count, yield);
    }
    if (dense)
        for (size_t i = 0; i < count && from + i < span->n; i++) {
            /* A form that calls its tree too shallow would end on a branch, which has no row. */
            if (buffers->leaves[i] >= forest->n_leaf_rows)
                continue;
            const float *leaf = forest->leaf_rows + buffers->leaves[i] * forest->targets;
            for (size_t t = 0; t < forest->targets; t++)
                sums[t * span->padded + i] += leaf[t];
        }
}

static void walk_trees(const Forest *forest, const Kernel *kernel, unsigned way, size_t n,
                       size_t padded, const Buffers *buffers) {
    size_t width = forest->wide ? sizeof(uint64_t) : 2 * sizeof(uint32_t);
    size_t row_bytes = forest->stride * (forest->wide ? sizeof(uint32_t) : 1);
    size_t usual = BLOCK_BYTES / row_bytes / LANES * LANES;
    for (size_t first = 0, last; first < forest->n_trees; first = last) {
        size_t bytes = 0, block = usual > LANES ? usual : LANES;
        for (last = first; last < forest->n_trees; last++) {
            const Tree *tree = forest->trees + last;
            if (last > first && (bytes + tree->size * width > GROUP_BYTES || tree->sort_levels))
                break;
            bytes += tree->size * width;
        }
        if (forest->trees[first].sort_levels) {
            last = first + 1;
            block = padded;
        }
        for (size_t from = 0; from < padded; from += block) {
            Span span = {n, padded, from, padded - from < block ? padded - from : block};
            uint8_t *alone = buffers->alone + from / LANES;
            int together = !*alone && go_together(forest, kernel, first, last, &span, buffers);
            *alone = together ? 0 : *alone ? *alone - 1 : ALONE;
            for (size_t t = first; t < last; t++)
                walk_tree(forest, kernel, way, forest->trees + t, together, &span, buffers);
        }
    }
}

int predict(const Forest *forest, const Kernel *kernel, unsigned way, const float *pixels,
            size_t features, size_t n, float *out) {
    size_t padded = (n + LANES - 1) / LANES * LANES, targets = forest->targets;
    Buffers buffers;
    int status = acquire(forest, padded, &buffers);
    if (!status) {
        if (forest->wide)
            widen_pixels(pixels, features, n, padded, forest->columns, forest->n_columns,
                         buffers.rows, forest->stride);
        else
            rank_pixels(pixels, features, n, padded, forest->columns, forest->n_columns,
                        forest->cuts, buffers.rows, forest->stride);
        if (buffers.groups)
            turn_rows(buffers.rows, padded, forest->stride, forest->wide ? sizeof(uint32_t) : 1,
                      buffers.groups);
        for (size_t t = 0; t < targets; t++)
            for (size_t i = 0; i < padded; i++)
                buffers.sums[t * padded + i] = forest->average ? 0 : forest->base[t];
        walk_trees(forest, kernel, way, n, padded, &buffers);
        for (size_t i = 0; i < n; i++)
            for (size_t t = 0; t < targets; t++) {
                float sum = buffers.sums[t * padded + i];
                out[i * targets + t] =
                    forest->average ? sum / (float)forest->n_trees + forest->base[t] : sum;
            }
    }
    release(&buffers);
    return status;
}
