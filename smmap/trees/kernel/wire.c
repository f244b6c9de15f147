/* One attribute of an ONNX operator as it lies in its file (protobuf's wire format): the lists of
   numbers and words straight to arrays, all else told by its place. */
#include <string.h>

#include "wire.h"

enum { TENSOR = 5, FLOATS = 7, INTS = 8, WORDS = 9 };
enum { VARINT, FIXED64, LENGTH, FIXED32 = 5 };

/* Reads a varint at *at; returns 0 where it does not end. */
static int read_varint(const uint8_t *data, size_t size, size_t *at, uint64_t *value) {
    uint64_t found = 0;
    for (unsigned shift = 0; shift < 64 && *at < size; shift += 7) {
        uint8_t byte = data[(*at)++];
        found |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *value = found;
            return 1;
        }
    }
    return 0;
}

static void add_int(Lists *to, uint64_t value) {
    int64_t number = (int64_t)value;
    if (number < INT32_MIN || number > INT32_MAX)
        to->exceeds = 1;
    if (to->ints)
        to->ints[to->n_ints] = (int32_t)number;
    to->n_ints++;
}

/* The number of the word; -1 where there are too many different ones. */
static int32_t find_word(Lists *to, const uint8_t *word, size_t length) {
    size_t known = to->n_known;
    for (size_t k = known; k-- > 0;)
        if (to->known[k].length == length && !memcmp(to->known[k].start, word, length))
            return (int32_t)k;
    if (known == MOST_WORDS)
        return -1;
    to->known[known].start = word;
    to->known[known].length = length;
    to->n_known++;
    return (int32_t)known;
}

/* The content of a list's field; returns 0 if it is not of that kind. */
static int add_content(Lists *to, unsigned field, unsigned kind, const uint8_t *content,
                       size_t length, uint64_t value) {
    if (field == INTS && kind == VARINT) {
        add_int(to, value);
    } else if (field == INTS && kind == LENGTH) {
        for (size_t at = 0; at < length; add_int(to, value))
            if (!read_varint(content, length, &at, &value))
                return 0;
    } else if (field == FLOATS && (kind == FIXED32 || (kind == LENGTH && length % 4 == 0))) {
        if (to->floats)
            memcpy(to->floats + to->n_floats, content, length);
        to->n_floats += length / 4;
    } else if (field == WORDS && kind == LENGTH) {
        int32_t number = find_word(to, content, length);
        if (number < 0)
            return 0;
        if (to->words)
            to->words[to->n_words] = number;
        to->n_words++;
    } else {
        return 0;
    }
    return 1;
}

/* Something else: its place, joined to what lies before it. */
static int add_rest(Lists *to, size_t start, size_t end) {
    if (to->n_rest && to->rest[to->n_rest - 1].end == start) {
        to->rest[to->n_rest - 1].end = end;
        return 1;
    }
    if (to->n_rest == MOST_RESTS)
        return 0;
    to->rest[to->n_rest].start = start;
    to->rest[to->n_rest++].end = end;
    return 1;
}

int read_lists(const uint8_t *data, size_t size, Lists *to) {
    size_t at = 0;
    to->n_floats = to->n_ints = to->n_words = to->n_known = to->n_rest = 0;
    to->tensor.start = to->tensor.end = 0;
    while (at < size) {
        size_t start = at, length = 0;
        uint64_t tag, value = 0;
        if (!read_varint(data, size, &at, &tag))
            return 0;
        unsigned kind = tag & 7, field = tag >> 3 < 1 << 29 ? (unsigned)(tag >> 3) : 0;
        if (!field || ((kind == VARINT || kind == LENGTH) && !read_varint(data, size, &at, &value)))
            return 0;
        if (kind == LENGTH)
            length = value < size ? (size_t)value : size + 1;
        else if (kind == FIXED32 || kind == FIXED64)
            length = kind == FIXED32 ? 4 : 8;
        else if (kind != VARINT)
            return 0;
        if (length > size - at)
            return 0;
        const uint8_t *content = data + at;
        at += length;
        if (field == TENSOR && kind == LENGTH) {
            if (to->tensor.end)
                return 0;
            to->tensor.start = at - length;
            to->tensor.end = at;
        } else if (!(field >= FLOATS && field <= WORDS
                         ? add_content(to, field, kind, content, length, value)
                         : add_rest(to, start, at))) {
            return 0;
        }
    }
    return 1;
}
