/* With AVX2: four numbers side by side. */
#if defined(__x86_64__)
#include <immintrin.h>
#define LANES 4
#define HAS_ALL(which) (_mm256_movemask_pd((__m256d)(which)) == 0xf)
#define TARGET __attribute__((target("avx2")))
#include "lanes.h"

TARGET void draw_4(const Cubic *cubic, size_t from, Run *positions) {
    draw(cubic, from, positions);
}

TARGET void sample_4(const Window *window, const Run *rows, const Run *cols, size_t n, float *out,
                     uint8_t *covered) {
    sample(window, rows, cols, n, out, covered);
}
#endif
