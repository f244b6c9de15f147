/* Together, with AVX2: 32 bytes are compared at once. */
#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET __attribute__((target("avx2")))
#include "together.h"

/* No branch has the key 255: one more is still a byte. */
WITHIN uint64_t find_above(const uint8_t *ranks, uint8_t key) {
    const __m256i least = _mm256_set1_epi8((char)(key + 1));
    uint64_t found = 0;
    for (int half = 0; half < 2; half++) {
        const __m256i some = _mm256_loadu_si256((const __m256i *)(const void *)(ranks + 32 * half));
        const __m256i over = _mm256_cmpeq_epi8(_mm256_max_epu8(some, least), some);
        found |= (uint64_t)(uint32_t)_mm256_movemask_epi8(over) << 32 * half;
    }
    return found;
}

WITHIN uint64_t find_beyond(const uint32_t *values, uint32_t key) {
    const __m256i flip = _mm256_set1_epi32(INT32_MIN);
    const __m256i keys = _mm256_xor_si256(_mm256_set1_epi32((int)key), flip);
    uint64_t found = 0;
    for (int e = 0; e < 8; e++) {
        const __m256i some = _mm256_loadu_si256((const __m256i *)(const void *)(values + 8 * e));
        const __m256i over = _mm256_cmpgt_epi32(_mm256_xor_si256(some, flip), keys);
        found |= (uint64_t)(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(over)) << 8 * e;
    }
    return found;
}

WITHIN void add(float *sums, uint64_t rows, float value) {
    const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256 values = _mm256_set1_ps(value);
    for (int e = 0; e < 8; e++) {
        const __m256i chosen = _mm256_and_si256(_mm256_set1_epi32((int)(rows >> 8 * e)), lane);
        const __m256 here = _mm256_castsi256_ps(_mm256_cmpeq_epi32(chosen, lane));
        const __m256 sum = _mm256_loadu_ps(sums + 8 * e);
        _mm256_storeu_ps(sums + 8 * e, _mm256_blendv_ps(sum, _mm256_add_ps(sum, values), here));
    }
}

TARGET size_t walk_ranks_together_avx2(TOGETHER_ARGUMENTS) {
    return bits == 4 ? descend_ranks(tree, values, 4, group, rows, yield)
                     : descend_ranks(tree, values, 5, group, rows, yield);
}

TARGET size_t walk_wide_together_avx2(TOGETHER_ARGUMENTS) {
    return descend_wide(tree, values, bits, group, rows, yield);
}
#else
typedef int nothing_here;
#endif
