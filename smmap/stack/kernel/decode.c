/* Stored numbers to physical ones; the steps are those of decode.py, in their order. */
#include <float.h>
#include <math.h>

#include "sample.h"

/* Nodata is compared as the stored type compares it: float32 as NumPy does, rounded. */
#define DECODE(NAME, STORED, COMPARED)                                                           \
    static void NAME(const STORED *stored, size_t n, const Meaning *meaning, float *out) {       \
        const Meaning m = *meaning;                                                              \
        const COMPARED nodata = (COMPARED)m.nodata;                                              \
        for (size_t k = 0; k < n; k++) {                                                         \
            double value = (double)stored[k];                                                    \
            int nothing = m.has_nodata & ((COMPARED)stored[k] == nodata);                        \
            double physical = value * m.scale + m.offset;                                        \
            value = m.scaled ? physical : value;                                                 \
            nothing |= m.zero_is_nothing & (value == 0);                                         \
            const float single = (float)value;                                                   \
            nothing |= !(fabsf(single) <= FLT_MAX);                                              \
            out[k] = nothing ? NAN : single;                                                     \
        }                                                                                        \
    }
DECODE(decode_u8, uint8_t, double)
DECODE(decode_i8, int8_t, double)
DECODE(decode_u16, uint16_t, double)
DECODE(decode_i16, int16_t, double)
DECODE(decode_f32, float, float)

int decode(const void *stored, char type, size_t n, const Meaning *meaning, float *out) {
    switch (type) {
    case 'B':
        decode_u8(stored, n, meaning, out);
        return 1;
    case 'b':
        decode_i8(stored, n, meaning, out);
        return 1;
    case 'H':
        decode_u16(stored, n, meaning, out);
        return 1;
    case 'h':
        decode_i16(stored, n, meaning, out);
        return 1;
    case 'f':
        decode_f32(stored, n, meaning, out);
        return 1;
    default:
        return 0;
    }
}
