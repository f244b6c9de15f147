/* Together, with AVX-512: 64 bytes are compared at once. */
#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#include "together.h"

WITHIN uint64_t find_above(const uint8_t *ranks, uint8_t key) {
    return _mm512_cmpgt_epu8_mask(_mm512_loadu_si512(ranks), _mm512_set1_epi8((char)key));
}

WITHIN uint64_t find_beyond(const uint32_t *values, uint32_t key) {
    const __m512i keys = _mm512_set1_epi32((int)key);
    uint64_t found = 0;
    for (int q = 0; q < 4; q++)
        found |= (uint64_t)_mm512_cmpgt_epu32_mask(_mm512_loadu_si512(values + 16 * q), keys)
                 << 16 * q;
    return found;
}

WITHIN void add(float *sums, uint64_t rows, float value) {
    const __m512 values = _mm512_set1_ps(value);
    for (int q = 0; q < 4; q++) {
        const __m512 sum = _mm512_loadu_ps(sums + 16 * q);
        _mm512_storeu_ps(sums + 16 * q,
                         _mm512_mask_add_ps(sum, (__mmask16)(rows >> 16 * q), sum, values));
    }
}

TARGET size_t walk_ranks_together_512(TOGETHER_ARGUMENTS) {
    return bits == 4 ? descend_ranks(tree, values, 4, group, rows, yield)
                     : descend_ranks(tree, values, 5, group, rows, yield);
}

TARGET size_t walk_wide_together_512(TOGETHER_ARGUMENTS) {
    return descend_wide(tree, values, bits, group, rows, yield);
}
#else
typedef int nothing_here;
#endif
