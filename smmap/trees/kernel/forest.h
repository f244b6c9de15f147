/* What the kernels share: the packed forest as it lies in memory, and their signatures. */
#ifndef SMMAP_FOREST_H
#define SMMAP_FOREST_H

#include <stddef.h>
#include <stdint.h>

/* Rows are handled so many at a time; buffers of rows are padded to a multiple of it. */
#define LANES 64
/* Nodes that may be read behind the last one: the vector kernels load the first 64 of a tree. */
#define PADDING 64
/* Key of a leaf of ranks: no rank is greater, so a leaf leads to itself. */
#define LEAF_KEY 255u

#if defined(__GNUC__) && !defined(__clang__)
/* Eight chains in registers are the point; vectorised, they would go through memory. */
#define CHAINS __attribute__((optimize("no-tree-vectorize", "no-tree-slp-vectorize")))
#else
#define CHAINS
#endif
#define INLINE static inline __attribute__((always_inline))

/* One tree. Same fields as TREE in packed.py. */
typedef struct {
    int64_t first;        /* its first node */
    uint32_t size;        /* nodes */
    uint32_t depth;       /* steps from the root to the deepest leaf */
    uint32_t steady;      /* steps before it is worth asking whether all have arrived */
    uint32_t sort_levels; /* 0, or steps after which rows are sorted by node */
    int32_t target;       /* column its leaves add to; -1: leaves are numbers of leaf rows */
    uint32_t unused;
} Tree;

/* One column of the kernels' rows. Same fields as COLUMN in packed.py. */
typedef struct {
    uint32_t feature; /* of the pixels */
    uint32_t first;   /* its cuts */
    uint32_t count;
    uint32_t missing; /* what a NaN becomes */
} Column;

/* What a walk does with the leaves it reached. */
typedef struct {
    float *sums;        /* adds the leaf's value for each row, if `leaves` is NULL */
    uint32_t *leaves;   /* else writes the leaf's bits for each row */
} Yield;

/* Ranks: a node is left << (8 + bits) | column << 8 | key; right where rank > key. Rows are of 16
   or 32 bytes, for `bits` 4 or 5. */
#define RANKS_ARGUMENTS                                                                          \
    const uint32_t *nodes, const float *values, const Tree *tree, unsigned bits,                 \
        const uint8_t *rows, size_t count, Yield yield
typedef void (*WalkRanks)(RANKS_ARGUMENTS);
void walk_ranks_scalar(RANKS_ARGUMENTS);
void walk_ranks_avx2(RANKS_ARGUMENTS);
void walk_ranks_avx512(RANKS_ARGUMENTS);
void walk_ranks_vbmi(RANKS_ARGUMENTS);
/* Both widths with constants, so that nothing is shifted or multiplied by a variable. */
#define WALK_RANKS                                                                               \
    if (bits == 4)                                                                               \
        walk(nodes, values, tree, 4, rows, count, yield);                                        \
    else                                                                                         \
        walk(nodes, values, tree, 5, rows, count, yield)

/* Wide: a node is (left << bits | column) << 32 | key; right where key < the row's value. A leaf
   looks at the last column, which is always 0; its key is its value. */
typedef struct {
    uint32_t *nodes;  /* of each row, after sort_levels steps */
    uint32_t *sorted; /* the same, in order */
    uint32_t *places; /* where the sorted rows come from */
    uint32_t *rows;   /* the rows in that order */
    uint32_t *counts; /* 2 << sort_levels */
} Sorting;
#define WIDE_ARGUMENTS                                                                           \
    const uint64_t *nodes, const Tree *tree, unsigned bits, const uint32_t *rows, size_t stride, \
        size_t count, Yield yield
typedef void (*WalkWide)(WIDE_ARGUMENTS);
void walk_wide_scalar(WIDE_ARGUMENTS);
void walk_wide_avx512(WIDE_ARGUMENTS);
void walk_wide_sorted(const uint64_t *nodes, const Tree *tree, unsigned bits, const uint32_t *rows,
                      size_t stride, size_t count, const Sorting *sorting, Yield yield);

/* Together: 64 rows, column by column (a group), of which `rows` tells those that count. Returns how
   many nodes were visited; where `yield` is empty, nothing else. For trees less deep than DEEPEST. */
#define DEEPEST 64
#define TOGETHER_ARGUMENTS                                                                       \
    const void *tree, const void *values, unsigned bits, const void *group, uint64_t rows,       \
        Yield yield
typedef size_t (*WalkTogether)(TOGETHER_ARGUMENTS);
size_t walk_ranks_together_plain(TOGETHER_ARGUMENTS);
size_t walk_ranks_together_avx2(TOGETHER_ARGUMENTS);
size_t walk_ranks_together_512(TOGETHER_ARGUMENTS);
size_t walk_wide_together_plain(TOGETHER_ARGUMENTS);
size_t walk_wide_together_avx2(TOGETHER_ARGUMENTS);
size_t walk_wide_together_512(TOGETHER_ARGUMENTS);

/* Two ways for rows to go each by itself. They give the same bits; which is faster hangs on how fast
   the processor gathers. */
enum { LANES_OF_VECTORS, CHAINS_OF_REGISTERS, WAYS };

/* How one processor walks. */
typedef struct {
    const char *name;
    WalkRanks ranks[WAYS];
    WalkWide wide[WAYS];
    WalkTogether ranks_together, wide_together;
    size_t patience[2]; /* ranks, wide: nodes for each level, beyond which rows go alone */
} Kernel;

/* Rows of n pixels, padded with zeros to `padded` of them. */
void rank_pixels(const float *pixels, size_t features, size_t n, size_t padded,
                 const Column *columns, size_t n_columns, const uint32_t *cuts, uint8_t *rows,
                 size_t stride);
void widen_pixels(const float *pixels, size_t features, size_t n, size_t padded,
                  const Column *columns, size_t n_columns, uint32_t *rows, size_t stride);
/* Groups of 64 rows, column by column; `width` is the bytes of a value. */
void turn_rows(const void *rows, size_t padded, size_t stride, size_t width, void *groups);

/* Puts one tree's nodes in order. Returns 0, -1 if it is no tree, -2 without memory. */
typedef struct {
    const int32_t *left;    /* -1: leaf */
    const int32_t *right;
    const uint32_t *column;
    const uint32_t *key;
    const uint32_t *leaf;
} Source;
int lay_out(const Source *source, size_t size, size_t breadth_first, int wide, unsigned bits,
            uint32_t leaf_column, void *nodes, uint32_t *values, uint32_t *depth,
            uint32_t *steady);

/* The whole. `predict` takes `pixels` (n, features) to `out` (n, targets); it returns 0, or -2
   without memory. `fits` tells whether a walk stays inside the arrays. */
typedef struct {
    int wide;
    unsigned bits;
    size_t stride; /* of a row: bytes of ranks, or 32-bit values */
    const void *nodes;
    const float *values; /* ranks only */
    const Tree *trees;
    size_t n_trees;
    const Column *columns;
    size_t n_columns;
    const uint32_t *cuts;
    const float *leaf_rows; /* (n_leaf_rows, targets) */
    size_t n_leaf_rows;
    const float *base;      /* (targets) */
    size_t targets;
    int average;
} Forest;
int fits(const Forest *forest, size_t n_nodes, size_t n_cuts);
int predict(const Forest *forest, const Kernel *kernel, unsigned way, const float *pixels,
            size_t features, size_t n, float *out);

#endif
