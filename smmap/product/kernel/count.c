/* Neighbours are often equal, flags above all: as many at once, for a count that was just written
   must be waited for. */
#include "count.h"

void count_numbers(const uint16_t *numbers, const uint8_t *groups, size_t n, int64_t *counts) {
    size_t last = 0;
    int64_t run = 0;
    for (size_t k = 0; k < n; k++) {
        const size_t place = (groups ? (size_t)groups[k] * NUMBERS : 0) + numbers[k];
        if (place != last) {
            counts[last] += run;
            last = place;
            run = 0;
        }
        run++;
    }
    counts[last] += run;
}
