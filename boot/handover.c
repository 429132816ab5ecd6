/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/handover.h"

#include "boot/errno.h"
#include "kernel/bits.h"
#include "kernel/cpu.h"

#define PAGE                        UINT64_C(4096)
#define CR4_PGE                     BIT64(7)
#define CR4_LA57                    BIT64(12)
#define CR4_CET                     BIT64(23)
#define ENTRY_PRESENT               BIT64(0)
#define ENTRY_WRITE                 BIT64(1)
#define ENTRY_ADDRESS               GENMASK64(51, 12)
#define SELF_SIZE                   (2 * PAGE) /* more than handover_jump() has */
#define TABLE_INDEX(address, level) ((address) >> (12 + 9 * ((level)-1)) & 0x1ff)

void handover_init(struct handover *h, uint64_t pool)
{
	*h = (struct handover){
	        .root = (uint64_t *)pool,
	        .pool = pool,
	        .used = 1,
	        .levels = cpu_read_cr4() & CR4_LA57 ? 5 : 4,
	};
	__builtin_memset(h->root, 0, HANDOVER_PAGES * PAGE);
}

static int map_page(struct handover *h, uint64_t address)
{
	uint64_t *table = h->root;

	for (unsigned level = h->levels; level > 1; level--) {
		uint64_t *entry = &table[TABLE_INDEX(address, level)];

		if (!(*entry & ENTRY_PRESENT)) {
			if (h->used == HANDOVER_PAGES)
				return -ENOSPC;
			*entry = (h->pool + h->used++ * PAGE) | ENTRY_PRESENT | ENTRY_WRITE;
		}
		table = (uint64_t *)(*entry & ENTRY_ADDRESS);
	}
	table[TABLE_INDEX(address, 1)] = address | ENTRY_PRESENT | ENTRY_WRITE;
	return 0;
}

int handover_map(struct handover *h, uint64_t base, uint64_t size)
{
	for (uint64_t page = base & ~(PAGE - 1); page < base + size; page += PAGE) {
		int err = map_page(h, page);

		if (err)
			return err;
	}
	return 0;
}

int handover_map_self(struct handover *h)
{
	return handover_map(h, (uint64_t)(uintptr_t)handover_jump, SELF_SIZE);
}

void handover_jump(const struct handover *h, uint64_t boot_info, uint64_t entry)
{
	/*
	 * Without PGE no translation of the firmware's survives, and without CET the jump needs no landing mark. From
	 * the load of CR3 on there is no stack.
	 */
	__asm__ volatile("cli\n\t"
	                 "mov %0, %%cr4\n\t"
	                 "mov %1, %%cr3\n\t"
	                 "jmp *%2"
	                 :
	                 : "a"(cpu_read_cr4() & ~(CR4_PGE | CR4_CET)), "d"(h->root), "c"(entry), "D"(boot_info)
	                 : "memory");
	__builtin_unreachable();
}
