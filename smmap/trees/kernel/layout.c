/* Where a tree's nodes lie: children side by side; the first levels breadth first, below them
   depth first with the larger child's pair right behind, so that most steps stay in a cache line. */
#include <stdlib.h>

#include "forest.h"

typedef struct {
    int64_t *below;   /* nodes of the subtree; while descending, depth */
    int32_t *place;   /* where the node goes */
    int32_t *queue;   /* nodes breadth first */
    int32_t *pending; /* stack */
} Work;

/* Nodes breadth first; returns their number, or 0 where one would come twice or is not there. */
static size_t line_up(const Source *from, size_t size, Work *work) {
    size_t head = 0, tail = 1;
    for (size_t i = 1; i < size; i++)
        work->place[i] = -1;
    work->place[0] = work->queue[0] = 0;
    work->below[0] = 0;
    while (head < tail) {
        int32_t node = work->queue[head++];
        int32_t left = from->left[node], right = from->right[node];
        if (left < 0)
            continue;
        if ((size_t)left >= size || right < 0 || (size_t)right >= size || left == right ||
            work->place[left] >= 0 || work->place[right] >= 0)
            return 0;
        work->place[left] = work->place[right] = 0;
        work->below[left] = work->below[right] = work->below[node] + 1;
        work->queue[tail++] = left;
        work->queue[tail++] = right;
    }
    return tail;
}

/* Depth of the deepest leaf, and the one by which nine leaves of ten are reached. */
static int measure(const Source *from, size_t size, const Work *work, uint32_t *depth,
                   uint32_t *steady) {
    size_t deepest = (size_t)work->below[work->queue[size - 1]], reached = 0, level = 0;
    size_t *leaves = calloc(deepest + 1, sizeof *leaves);
    if (!leaves)
        return -2;
    for (size_t i = 0; i < size; i++)
        if (from->left[i] < 0)
            leaves[work->below[i]]++;
    while ((reached += leaves[level]) * 10 < (size + 1) / 2 * 9)
        level++;
    free(leaves);
    *depth = (uint32_t)deepest;
    *steady = (uint32_t)level;
    return 0;
}

static void place_nodes(const Source *from, size_t size, size_t breadth_first, Work *work) {
    for (size_t i = size; i-- > 0;) {
        int32_t node = work->queue[i], left = from->left[node];
        work->below[node] = left < 0 ? 1 : 1 + work->below[left] + work->below[from->right[node]];
    }
    size_t next = 1, done = 0, waiting = 0;
    work->place[0] = 0;
    for (; done < size && next < breadth_first; done++) {
        int32_t node = work->queue[done];
        if (from->left[node] >= 0) {
            work->place[from->left[node]] = (int32_t)next++;
            work->place[from->right[node]] = (int32_t)next++;
        }
    }
    for (size_t i = next; i-- > done;)
        work->pending[waiting++] = work->queue[i];
    while (waiting) {
        int32_t node = work->pending[--waiting];
        int32_t left = from->left[node], right = from->right[node];
        if (left < 0)
            continue;
        work->place[left] = (int32_t)next++;
        work->place[right] = (int32_t)next++;
        int left_first = work->below[left] >= work->below[right];
        work->pending[waiting++] = left_first ? right : left;
        work->pending[waiting++] = left_first ? left : right;
    }
}

static void write_ranks(const Source *from, size_t size, unsigned bits, const int32_t *place,
                        uint32_t *nodes, uint32_t *values) {
    for (size_t i = 0; i < size; i++) {
        int32_t at = place[i], left = from->left[i];
        uint32_t child = (uint32_t)(left < 0 ? at : place[left]) << (8 + bits);
        nodes[at] = child | (left < 0 ? LEAF_KEY : from->column[i] << 8 | from->key[i]);
        values[at] = left < 0 ? from->leaf[i] : 0;
    }
}

static void write_wide(const Source *from, size_t size, unsigned bits, uint32_t leaf_column,
                       const int32_t *place, uint64_t *nodes) {
    for (size_t i = 0; i < size; i++) {
        int32_t at = place[i], left = from->left[i];
        uint64_t child = (uint64_t)(left < 0 ? at : place[left]) << bits;
        uint64_t column = left < 0 ? leaf_column : from->column[i];
        nodes[at] = (child | column) << 32 | (left < 0 ? from->leaf[i] : from->key[i]);
    }
}

int lay_out(const Source *from, size_t size, size_t breadth_first, int wide, unsigned bits,
            uint32_t leaf_column, void *nodes, uint32_t *values, uint32_t *depth,
            uint32_t *steady) {
    Work work = {malloc(size * sizeof(int64_t)), malloc(size * sizeof(int32_t)),
                 malloc(size * sizeof(int32_t)), malloc(size * sizeof(int32_t))};
    int status = -2;
    if (work.below && work.place && work.queue && work.pending) {
        status = line_up(from, size, &work) == size ? 0 : -1;
        if (!status)
            status = measure(from, size, &work, depth, steady);
        if (!status) {
            place_nodes(from, size, breadth_first, &work);
            if (wide)
                write_wide(from, size, bits, leaf_column, work.place, nodes);
            else
                write_ranks(from, size, bits, work.place, nodes, values);
        }
    }
    free(work.below);
    free(work.place);
    free(work.queue);
    free(work.pending);
    return status;
}
