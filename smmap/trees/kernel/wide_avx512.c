/* Wide nodes with AVX-512: 64 rows go down a tree side by side, the first four levels from
   registers. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "forest.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#define VECTOR_INLINE TARGET static inline __attribute__((always_inline))
#define UNROLLED _Pragma("GCC unroll 4") for (int u = 0; u < 4; u++)
/* Levels whose nodes are among the first 16 of a tree, which lie breadth first. */
#define IN_REGISTERS 4

/* Nodes of 16 rows: eight and eight. */
typedef struct {
    __m512i low, high;
} Nodes;

VECTOR_INLINE Nodes gather(const uint64_t *nodes, __m512i at) {
    return (Nodes){_mm512_i32gather_epi64(_mm512_castsi512_si256(at), nodes, 8),
                   _mm512_i32gather_epi64(_mm512_extracti64x4_epi64(at, 1), nodes, 8)};
}

VECTOR_INLINE Nodes permute(__m512i first, __m512i second, __m512i at) {
    __m512i low = _mm512_cvtepu32_epi64(_mm512_castsi512_si256(at));
    __m512i high = _mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64(at, 1));
    return (Nodes){_mm512_permutex2var_epi64(first, low, second),
                   _mm512_permutex2var_epi64(first, high, second)};
}

/* The keys of 16 nodes, and the words above them. */
VECTOR_INLINE __m512i take_keys(Nodes nodes) {
    const __m512i even =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    return _mm512_permutex2var_epi32(nodes.low, even, nodes.high);
}

VECTOR_INLINE __m512i take_places(Nodes nodes) {
    const __m512i odd =
        _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    return _mm512_permutex2var_epi32(nodes.low, odd, nodes.high);
}

VECTOR_INLINE __m512i step(Nodes nodes, const uint32_t *rows, unsigned bits, __m512i starts) {
    const __m512i where = take_places(nodes);
    const __m512i column = _mm512_and_si512(where, _mm512_set1_epi32((1 << bits) - 1));
    const __m512i value = _mm512_i32gather_epi32(_mm512_add_epi32(starts, column), rows, 4);
    const __mmask16 right = _mm512_cmplt_epu32_mask(take_keys(nodes), value);
    const __m512i left = _mm512_srl_epi32(where, _mm_cvtsi32_si128((int)bits));
    return _mm512_mask_add_epi32(left, right, left, _mm512_set1_epi32(1));
}

TARGET void walk_wide_avx512(WIDE_ARGUMENTS) {
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i starts = _mm512_mullo_epi32(lane, _mm512_set1_epi32((int)stride));
    const __m512i first = _mm512_loadu_si512(nodes), second = _mm512_loadu_si512(nodes + 8);
    const uint32_t depth = tree->depth, steady = tree->steady;
#define STEP_FROM(here) UNROLLED at[u] = step(here, row + 16 * u * stride, bits, starts)
    for (size_t i = 0; i < count; i += LANES) {
        const uint32_t *row = rows + i * stride;
        uint32_t level = 0;
        __m512i at[4];
        for (int u = 0; u < 4; u++)
            at[u] = _mm512_setzero_si512();
        for (; level < depth && level < IN_REGISTERS; level++)
            STEP_FROM(permute(first, second, at[u]));
        for (; level < depth && level < steady; level++)
            STEP_FROM(gather(nodes, at[u]));
        while (level < depth) {
            __m512i was[4];
            for (int u = 0; u < 4; u++)
                was[u] = at[u];
            STEP_FROM(gather(nodes, at[u]));
            __mmask16 moved = 0;
            for (int u = 0; u < 4; u++)
                moved |= _mm512_cmpneq_epi32_mask(was[u], at[u]);
            if (!moved)
                break;
            level++;
        }
        for (int u = 0; u < 4; u++) {
            const __m512i leaf = take_keys(gather(nodes, at[u]));
            if (yield.leaves) {
                _mm512_storeu_si512(yield.leaves + i + 16 * u, leaf);
            } else {
                float *sums = yield.sums + i + 16 * u;
                const __m512 value = _mm512_castsi512_ps(leaf);
                _mm512_storeu_ps(sums, _mm512_add_ps(_mm512_loadu_ps(sums), value));
            }
        }
    }
#undef STEP_FROM
}
#else
typedef int nothing_here;
#endif
