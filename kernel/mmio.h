/* SPDX-License-Identifier: BSD-2-Clause */
/* Device registers: one load or store of exactly the width named. */
#ifndef KERNEL_MMIO_H
#define KERNEL_MMIO_H

#include <stdint.h>

#define MMIO_ACCESSORS(bits)                                                                            \
	static inline uint##bits##_t mmio_read##bits(const volatile void *base, uint64_t offset)        \
	{                                                                                               \
		return *(const volatile uint##bits##_t *)((const volatile uint8_t *)base + offset);     \
	}                                                                                               \
	static inline void mmio_write##bits(volatile void *base, uint64_t offset, uint##bits##_t value) \
	{                                                                                               \
		*(volatile uint##bits##_t *)((volatile uint8_t *)base + offset) = value;                \
	}

MMIO_ACCESSORS(8)
MMIO_ACCESSORS(16)
MMIO_ACCESSORS(32)
MMIO_ACCESSORS(64)

#undef MMIO_ACCESSORS

#endif
