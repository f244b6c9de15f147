/* For every processor: two numbers side by side. */
#define LANES 2
#include "lanes.h"

void draw_2(const Cubic *cubic, size_t from, Run *positions) { draw(cubic, from, positions); }

void sample_2(const Window *window, const Run *rows, const Run *cols, size_t n, float *out,
              uint8_t *covered) {
    sample(window, rows, cols, n, out, covered);
}
