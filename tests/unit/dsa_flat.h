/* SPDX-License-Identifier: BSD-2-Clause */
/* A flat memory with permissions for each page, and descriptors over it: what the tests of the DSA model run in. */
#ifndef TESTS_UNIT_DSA_FLAT_H
#define TESTS_UNIT_DSA_FLAT_H

#include "tests/qemu/dsa/ops.h"

#define FLAT_BASE  UINT64_C(0x10000)
#define FLAT_PAGE  4096U
#define FLAT_PAGES 64U
#define FLAT_READ  1
#define FLAT_WRITE 2

/* What Sapphire Rapids reports (GENCAP, OPCAP). */
#define SPR_GENCAP UINT64_C(0x40915f010f)
#define SPR_OPCAP  UINT64_C(0x00000001003f03ff)

extern uint8_t flat[FLAT_PAGES * FLAT_PAGE];
extern uint8_t flat_perm[FLAT_PAGES];

/* A device like Sapphire Rapids' with ATS on, all pages accessible, memory filled from seed. */
struct dsa_env flat_env(unsigned seed);
uint32_t flat_random(void);
/* The byte at an address. */
uint8_t *flat_at(uint64_t addr);

static inline struct dsa_raw_desc descriptor(uint8_t opcode, uint32_t flags, uint64_t one, uint64_t two, uint32_t size)
{
	return (struct dsa_raw_desc){{(uint64_t)opcode << 56 | (uint64_t)flags << 32, 0x20, one, two, size}};
}

static inline void set_bytes(struct dsa_raw_desc *d, unsigned at, uint64_t v, unsigned len)
{
	for (unsigned i = 0; i < len; i++) {
		d->field[(at + i) / 8] &= ~(UINT64_C(0xff) << ((at + i) % 8 * 8));
		d->field[(at + i) / 8] |= ((v >> (8 * i)) & 0xff) << ((at + i) % 8 * 8);
	}
}

#endif
