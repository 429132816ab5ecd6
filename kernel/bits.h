/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bits and fields of fixed-width integers.
 *
 * Hardware layouts are written as masks (GENMASK64(31, 12)) and taken apart with FIELD_GET and put together with
 * FIELD_PREP, so that a register map reads like the manual and no C bit-field ever touches hardware.
 */
#ifndef KERNEL_BITS_H
#define KERNEL_BITS_H

#include <stdint.h>

#define BIT32(n) (UINT32_C(1) << (n))
#define BIT64(n) (UINT64_C(1) << (n))

/* Bits h down to l set, both included. */
#define GENMASK32(h, l) ((UINT32_MAX << (l)) & (UINT32_MAX >> (31 - (h))))
#define GENMASK64(h, l) ((UINT64_MAX << (l)) & (UINT64_MAX >> (63 - (h))))

/* The field that mask covers in value, moved down to bit 0. */
#define FIELD_GET(mask, value) (((value) & (mask)) / ((mask) & (~(mask) + 1)))

/* value moved up to where mask is; what does not fit is cut off. The result has the type of mask. */
#define FIELD_PREP(mask, value) (((__typeof__(mask))(value) * ((mask) & (~(mask) + 1))) & (mask))

#define ARRAY_SIZE(a)    (sizeof(a) / sizeof((a)[0]))
#define ALIGN_DOWN(v, a) ((v) & ~((__typeof__(v))(a)-1))
#define ALIGN_UP(v, a)   ALIGN_DOWN((v) + ((__typeof__(v))(a)-1), a)
#define IS_ALIGNED(v, a) (((v) & ((__typeof__(v))(a)-1)) == 0)

#endif
