/* Stored numbers to physical ones; the steps are those of decode.py, in their order. */
#include <float.h>
#include <math.h>

#include "sample.h"

#define INLINE static inline __attribute__((always_inline))

/* Without branches: what does not apply is compared with NaN, or adds -0, which changes nothing.
   Nodata is compared as the stored type compares it: float32 as NumPy does, rounded. */
#define DECODE(NAME, STORED, COMPARED)                                                           \
    INLINE void NAME(const STORED *stored, size_t n, const Meaning *meaning, float *out) {       \
        const COMPARED nodata = meaning->has_nodata ? (COMPARED)meaning->nodata : (COMPARED)NAN; \
        const double scale = meaning->scaled ? meaning->scale : 1.0;                             \
        const double offset = meaning->scaled ? meaning->offset : -0.0;                          \
        const double zero = meaning->zero_is_nothing ? 0.0 : (double)NAN;                        \
        for (size_t k = 0; k < n; k++) {                                                         \
            const double value = (double)stored[k] * scale + offset;                             \
            float single = (float)value;                                                         \
            single = (COMPARED)stored[k] == nodata ? NAN : single;                               \
            single = value == zero ? NAN : single;                                               \
            out[k] = fabsf(single) <= FLT_MAX ? single : NAN;                                    \
        }                                                                                        \
    }
DECODE(decode_u8, uint8_t, double)
DECODE(decode_i8, int8_t, double)
DECODE(decode_u16, uint16_t, double)
DECODE(decode_i16, int16_t, double)
DECODE(decode_f32, float, float)

INLINE int decode(const void *stored, char type, size_t n, const Meaning *meaning, float *out) {
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

#define DECODE_ALL(NAME)                                                                         \
    int NAME(const void *stored, char type, size_t n, const Meaning *meaning, float *out) {      \
        return decode(stored, type, n, meaning, out);                                            \
    }
DECODE_ALL(decode_2)
#if defined(__x86_64__)
__attribute__((target("avx512f,avx512dq,avx512vl,prefer-vector-width=512"))) DECODE_ALL(decode_8)
#endif
