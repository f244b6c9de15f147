/* The body of the AVX-512 kernels: 64 rows go down a tree side by side, the first six levels from
   registers. The including file defines TARGET, look_up and narrow. */
#include <immintrin.h>

#include "forest.h"

#define VECTOR_INLINE TARGET static inline __attribute__((always_inline))
#define UNROLLED _Pragma("GCC unroll 4") for (int u = 0; u < 4; u++)

/* Lane by lane, the byte (or the word around it) number `byte` modulo 128 of `table`. */
VECTOR_INLINE __m512i look_up(__m512i byte, const uint8_t *table);
/* The byte, where look_up gave the word. */
VECTOR_INLINE __m512i narrow(__m512i word, __m512i byte);

/* For each of 16 rows, in its lane: its byte number `column`. */
VECTOR_INLINE __m512i pick(__m512i column, const uint8_t *rows, size_t stride, __m512i starts) {
    const __m512i low = _mm512_set1_epi32(255);
    __m512i byte = _mm512_add_epi32(starts, column);
    __mmask16 odd = _mm512_test_epi32_mask(byte, _mm512_set1_epi32(128));
    __m512i found = _mm512_mask_blend_epi32(odd, look_up(byte, rows), look_up(byte, rows + 128));
    if (stride == 32) {
        __m512i upper = _mm512_mask_blend_epi32(odd, look_up(byte, rows + 256),
                                                look_up(byte, rows + 384));
        __mmask16 far = _mm512_test_epi32_mask(byte, _mm512_set1_epi32(256));
        found = _mm512_mask_blend_epi32(far, found, upper);
    }
    return _mm512_and_si512(narrow(found, byte), low);
}

VECTOR_INLINE __m512i step(__m512i node, const uint8_t *rows, size_t stride, unsigned bits,
                           __m512i starts) {
    const __m512i one = _mm512_set1_epi32(1);
    __m512i column = _mm512_and_si512(_mm512_srli_epi32(node, 8),
                                      _mm512_set1_epi32((1 << bits) - 1));
    __m512i rank = pick(column, rows, stride, starts);
    __m512i key = _mm512_and_si512(node, _mm512_set1_epi32(255));
    __mmask16 right = _mm512_cmpgt_epu32_mask(rank, key);
    __m512i left = _mm512_srl_epi32(node, _mm_cvtsi32_si128((int)(8 + bits)));
    return _mm512_mask_add_epi32(left, right, left, one);
}

VECTOR_INLINE void walk(RANKS_ARGUMENTS) {
    const size_t stride = (size_t)1 << bits;
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i starts = _mm512_mullo_epi32(lane, _mm512_set1_epi32((int)stride));
    const __m512i t0 = _mm512_loadu_si512(nodes), t1 = _mm512_loadu_si512(nodes + 16);
    const __m512i t2 = _mm512_loadu_si512(nodes + 32), t3 = _mm512_loadu_si512(nodes + 48);
    const uint32_t depth = tree->depth, steady = tree->steady;
#define STEP_FROM(node) UNROLLED at[u] = step(node, row + 16 * u * stride, stride, bits, starts)
    for (size_t i = 0; i < count; i += LANES) {
        const uint8_t *row = rows + i * stride;
        uint32_t level = 0;
        __m512i at[4];
        for (int u = 0; u < 4; u++)
            at[u] = _mm512_setzero_si512();
        for (; level < depth && level < 4; level++)
            STEP_FROM(_mm512_permutexvar_epi32(at[u], t0));
        if (level < depth) {
            STEP_FROM(_mm512_permutex2var_epi32(t0, at[u], t1));
            level++;
        }
        if (level < depth) {
            STEP_FROM(_mm512_mask_blend_epi32(
                _mm512_test_epi32_mask(at[u], _mm512_set1_epi32(32)),
                _mm512_permutex2var_epi32(t0, at[u], t1),
                _mm512_permutex2var_epi32(t2, at[u], t3)));
            level++;
        }
        for (; level < depth && level < steady; level++)
            STEP_FROM(_mm512_i32gather_epi32(at[u], nodes, 4));
        while (level < depth) {
            __m512i was[4];
            for (int u = 0; u < 4; u++)
                was[u] = at[u];
            STEP_FROM(_mm512_i32gather_epi32(at[u], nodes, 4));
            __mmask16 moved = 0;
            for (int u = 0; u < 4; u++)
                moved |= _mm512_cmpneq_epi32_mask(was[u], at[u]);
            if (!moved)
                break;
            level++;
        }
        for (int u = 0; u < 4; u++) {
            __m512 value = _mm512_i32gather_ps(at[u], values, 4);
            if (yield.leaves) {
                _mm512_storeu_si512(yield.leaves + i + 16 * u, _mm512_castps_si512(value));
            } else {
                float *sums = yield.sums + i + 16 * u;
                _mm512_storeu_ps(sums, _mm512_add_ps(_mm512_loadu_ps(sums), value));
            }
        }
    }
#undef STEP_FROM
}
