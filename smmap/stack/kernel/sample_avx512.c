/* With AVX-512: eight numbers side by side. */
#if defined(__x86_64__)
#include <immintrin.h>
#define LANES 8
#define HAS_ALL(which) (_mm512_movepi64_mask((__m512i)(which)) == 0xff)
#define TARGET __attribute__((target("avx512f,avx512dq,avx512vl,prefer-vector-width=512")))
#include "lanes.h"

TARGET void draw_8(const Cubic *cubic, size_t from, Run *positions) {
    draw(cubic, from, positions);
}

TARGET void sample_8(const Window *window, const Run *rows, const Run *cols, size_t n, float *out,
                     uint8_t *covered) {
    sample(window, rows, cols, n, out, covered);
}
#endif
