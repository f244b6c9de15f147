/* Whether a packed forest can be walked without leaving its arrays. */
#include "forest.h"

/* Steps lead down and stay in the tree; a leaf leads to itself. */
static int fits_ranks(const Forest *forest, const Tree *tree) {
    const uint32_t *nodes = (const uint32_t *)forest->nodes + tree->first;
    const uint32_t *leaves = (const uint32_t *)(const void *)(forest->values + tree->first);
    for (uint32_t i = 0; i < tree->size; i++) {
        uint32_t left = nodes[i] >> (8 + forest->bits), key = nodes[i] & LEAF_KEY;
        uint32_t column = nodes[i] >> 8 & (((uint32_t)1 << forest->bits) - 1);
        int is_leaf = left == i && key == LEAF_KEY;
        int is_branch = left > i && left < tree->size - 1 && column < forest->n_columns;
        if (!is_leaf && !is_branch)
            return 0;
        if (is_leaf && tree->target < 0 && leaves[i] >= forest->n_leaf_rows)
            return 0;
    }
    return 1;
}

static int fits_wide(const Forest *forest, const Tree *tree) {
    const uint64_t *nodes = (const uint64_t *)forest->nodes + tree->first;
    uint64_t bound = 1;
    for (uint32_t i = 0; i < tree->size; i++) {
        uint32_t where = (uint32_t)(nodes[i] >> 32), left = where >> forest->bits;
        uint32_t column = where & (((uint32_t)1 << forest->bits) - 1);
        int is_leaf = left == i && column == forest->stride - 1;
        int is_branch = left > i && left < tree->size - 1 && column < forest->n_columns;
        if (!is_leaf && !is_branch)
            return 0;
        if (is_leaf && tree->target < 0 && (uint32_t)nodes[i] >= forest->n_leaf_rows)
            return 0;
    }
    /* Nodes that can be reached before the rows are sorted must have a counter. */
    for (uint32_t level = 0, i = 0; level < tree->sort_levels; level++)
        for (uint64_t end = bound; i < end; i++) {
            uint64_t right = (uint64_t)((uint32_t)(nodes[i] >> 32) >> forest->bits) + 1;
            bound = right + 1 > bound && right < tree->size ? right + 1 : bound;
        }
    return bound <= (uint64_t)2 << tree->sort_levels;
}

int fits(const Forest *forest, size_t n_nodes, size_t n_cuts) {
    size_t columns = forest->n_columns;
    if (forest->bits > 20 || columns > (size_t)1 << forest->bits || !forest->targets)
        return 0;
    if (forest->wide ? columns >= forest->stride || forest->stride > (size_t)1 << forest->bits
                     : columns > forest->stride || forest->stride != (size_t)1 << forest->bits ||
                           forest->bits < 4 || forest->bits > 5)
        return 0;
    for (size_t c = 0; c < columns; c++) {
        const Column *column = forest->columns + c;
        if (column->first > n_cuts || column->count > n_cuts - column->first ||
            (!forest->wide && (column->count > LEAF_KEY || column->missing > LEAF_KEY)))
            return 0;
    }
    for (size_t t = 0; t < forest->n_trees; t++) {
        const Tree *tree = forest->trees + t;
        if (!tree->size || tree->first < 0 || (uint64_t)tree->first > n_nodes ||
            (uint64_t)tree->size + PADDING > n_nodes - (uint64_t)tree->first ||
            tree->depth >= tree->size || tree->steady > tree->depth || tree->target < -1 ||
            tree->target >= (int64_t)forest->targets || tree->sort_levels > 20 ||
            tree->sort_levels > tree->depth || (tree->sort_levels && !forest->wide))
            return 0;
        if (!(forest->wide ? fits_wide : fits_ranks)(forest, tree))
            return 0;
    }
    return 1;
}
