/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The step into the kernel. The firmware's page tables lie in memory that the kernel is told it may use, and some
 * firmware makes allocated pages non-executable, so the kernel starts on tables of our own: what it needs, mapped onto
 * itself.
 */
#ifndef BOOT_HANDOVER_H
#define BOOT_HANDOVER_H

#include <stdint.h>

#define HANDOVER_PAGES 64U /* enough for a kernel of 64 MiB */

struct handover {
	uint64_t *root;
	uint64_t pool; /* HANDOVER_PAGES zeroed pages, reserved in boot_info's map */
	unsigned used;
	unsigned levels; /* 4 or 5, as the processor runs now */
};

/* Start with the pages from pool, which are zeroed here. */
void handover_init(struct handover *h, uint64_t pool);
/* Map the pages of size bytes from base onto themselves. Returns 0, or -ENOSPC when the pool is exhausted. */
int handover_map(struct handover *h, uint64_t base, uint64_t size);
/* Map handover_jump()'s own code. */
int handover_map_self(struct handover *h);
/* With boot services gone: interrupts off, to the tables of h, and to entry with boot_info in RDI (kernel/entry.S). */
void handover_jump(const struct handover *h, uint64_t boot_info, uint64_t entry) __attribute__((noreturn));

#endif
