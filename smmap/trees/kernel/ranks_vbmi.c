/* Ranks with AVX-512 VBMI: bytes of a row are looked up by byte permutes. */
#if defined(__x86_64__)
#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi")))
#include "ranks_512.h"

VECTOR_INLINE __m512i look_up(__m512i byte, const uint8_t *table) {
    return _mm512_permutex2var_epi8(_mm512_loadu_si512(table), byte,
                                    _mm512_loadu_si512(table + 64));
}

VECTOR_INLINE __m512i narrow(__m512i word, __m512i byte) {
    (void)byte;
    return word;
}

TARGET void walk_ranks_vbmi(RANKS_ARGUMENTS) {
    if (bits == 4)
        walk(nodes, values, tree, 4, rows, count, yield);
    else /* words are as fast to look up, and measured faster in rows of 32 */
        walk_ranks_avx512(nodes, values, tree, bits, rows, count, yield);
}
#else
typedef int nothing_here;
#endif
