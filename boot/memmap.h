/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the firmware's memory ranges, in any order and possibly overlapping, to boot_info's. No UEFI types here: this
 * part is tested on the developer's machine.
 */
#ifndef BOOT_MEMMAP_H
#define BOOT_MEMMAP_H

#include <stdint.h>

#include "kernel/boot_info.h"

#define MEMMAP_MAX_RANGES 2048

struct memmap {
	uint32_t count;
	struct {
		uint64_t base, end;
		uint32_t type; /* enum boot_mem_type */
	} ranges[MEMMAP_MAX_RANGES];
	uint64_t edges[2 * MEMMAP_MAX_RANGES]; /* for memmap_emit() */
};

/*
 * Note size bytes from base as type. A usable range shrinks to whole pages, any other grows to them; an empty one is
 * left out. Returns 0, or -ENOSPC when there are too many ranges.
 */
int memmap_add(struct memmap *map, uint64_t base, uint64_t size, uint32_t type);
/*
 * Write out what was added: ascending, not overlapping, neighbours of one type as one. Where ranges overlap, reserved
 * wins over ACPI and that over usable. If there are more than max, reserved ones are left out first (what is not listed
 * is not used either), then usable ones below 1 MiB, then the highest. Returns how many were written.
 */
uint32_t memmap_emit(struct memmap *map, struct boot_mem *out, uint32_t max);

#endif
