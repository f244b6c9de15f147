/* Ranks with AVX2: 32 rows go down a tree side by side, the first three levels from a register. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "forest.h"

#define TARGET __attribute__((target("avx2")))
#define VECTOR_INLINE TARGET static inline __attribute__((always_inline))
#define UNROLLED _Pragma("GCC unroll 4") for (int u = 0; u < 4; u++)

VECTOR_INLINE __m256i step(__m256i node, const uint8_t *rows, unsigned bits, __m256i starts) {
    const __m256i low = _mm256_set1_epi32(255);
    __m256i column = _mm256_and_si256(_mm256_srli_epi32(node, 8),
                                      _mm256_set1_epi32((1 << bits) - 1));
    __m256i rank = _mm256_and_si256(
        _mm256_i32gather_epi32((const int *)(const void *)rows, _mm256_add_epi32(starts, column), 1),
        low);
    __m256i right = _mm256_cmpgt_epi32(rank, _mm256_and_si256(node, low));
    return _mm256_sub_epi32(_mm256_srl_epi32(node, _mm_cvtsi32_si128((int)(8 + bits))), right);
}

VECTOR_INLINE void walk(RANKS_ARGUMENTS) {
    const size_t stride = (size_t)1 << bits;
    const int *table = (const int *)(const void *)nodes;
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i starts = _mm256_mullo_epi32(lane, _mm256_set1_epi32((int)stride));
    const __m256i top = _mm256_loadu_si256((const __m256i *)(const void *)nodes);
    const uint32_t depth = tree->depth, steady = tree->steady;
#define STEP_FROM(node) UNROLLED at[u] = step(node, row + 8 * u * stride, bits, starts)
    for (size_t i = 0; i < count; i += 32) {
        const uint8_t *row = rows + i * stride;
        uint32_t level = 0;
        __m256i at[4];
        for (int u = 0; u < 4; u++)
            at[u] = _mm256_setzero_si256();
        for (; level < depth && level < 3; level++)
            STEP_FROM(_mm256_permutevar8x32_epi32(top, at[u]));
        for (; level < depth && level < steady; level++)
            STEP_FROM(_mm256_i32gather_epi32(table, at[u], 4));
        while (level < depth) {
            __m256i was[4], moved = _mm256_setzero_si256();
            for (int u = 0; u < 4; u++)
                was[u] = at[u];
            STEP_FROM(_mm256_i32gather_epi32(table, at[u], 4));
            for (int u = 0; u < 4; u++)
                moved = _mm256_or_si256(moved, _mm256_xor_si256(was[u], at[u]));
            if (_mm256_testz_si256(moved, moved))
                break;
            level++;
        }
        for (int u = 0; u < 4; u++) {
            __m256 value = _mm256_i32gather_ps(values, at[u], 4);
            if (yield.leaves) {
                _mm256_storeu_ps((float *)(void *)(yield.leaves + i + 8 * u), value);
            } else {
                float *sums = yield.sums + i + 8 * u;
                _mm256_storeu_ps(sums, _mm256_add_ps(_mm256_loadu_ps(sums), value));
            }
        }
    }
#undef STEP_FROM
}

TARGET void walk_ranks_avx2(RANKS_ARGUMENTS) {
    WALK_RANKS;
}
#else
typedef int nothing_here;
#endif
