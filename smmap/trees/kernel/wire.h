/* What an attribute of an ONNX operator holds. */
#ifndef SMMAP_WIRE_H
#define SMMAP_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define MOST_WORDS 64
#define MOST_RESTS 16

typedef struct {
    size_t start;
    size_t end;
} Span;

typedef struct {
    uint32_t *floats;
    int32_t *ints;
    int32_t *words; /* numbers into `known` */
    size_t n_floats, n_ints, n_words;
    int exceeds; /* an integer has more than 32 bits */
    struct {
        const uint8_t *start;
        size_t length;
    } known[MOST_WORDS];
    size_t n_known;
    Span tensor; /* the message of a tensor; 0, 0: none */
    Span rest[MOST_RESTS];
    size_t n_rest;
} Lists;

/* Counts, and fills what is not NULL; returns 0 if the bytes are no attribute. */
int read_lists(const uint8_t *data, size_t size, Lists *to);

#endif
