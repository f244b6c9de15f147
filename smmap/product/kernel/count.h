/* How often each number of 16 bits occurs, in each of some groups. */
#ifndef SMMAP_COUNT_H
#define SMMAP_COUNT_H
#include <stddef.h>
#include <stdint.h>

#define NUMBERS 65536

/* Adds to counts[group][number]. No groups (NULL): all numbers are of the first. */
void count_numbers(const uint16_t *numbers, const uint8_t *groups, size_t n, int64_t *counts);
#endif
