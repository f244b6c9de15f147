/* Ranks with AVX-512: bytes of a row are looked up by word permutes and a shift. */
#if defined(__x86_64__)
#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#include "ranks_512.h"

VECTOR_INLINE __m512i look_up(__m512i byte, const uint8_t *table) {
    return _mm512_permutex2var_epi16(_mm512_loadu_si512(table), _mm512_srli_epi32(byte, 1),
                                     _mm512_loadu_si512(table + 64));
}

VECTOR_INLINE __m512i narrow(__m512i word, __m512i byte) {
    __m512i odd = _mm512_and_si512(byte, _mm512_set1_epi32(1));
    return _mm512_srlv_epi32(word, _mm512_slli_epi32(odd, 3));
}

TARGET void walk_ranks_avx512(RANKS_ARGUMENTS) {
    WALK_RANKS;
}
#else
typedef int nothing_here;
#endif
