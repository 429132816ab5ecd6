/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/memmap.h"

#include "boot/errno.h"

#define PAGE_MASK UINT64_C(4095)
#define SMALL     (UINT64_C(1) << 20)

/* What memmap_emit() leaves out when there is no room. */
enum leave_out {
	LEAVE_OUT_NOTHING,
	LEAVE_OUT_RESERVED,
	LEAVE_OUT_SMALL,
};

struct output {
	struct boot_mem *mem;
	uint32_t count, max;
	enum leave_out leave_out;
};

int memmap_add(struct memmap *map, uint64_t base, uint64_t size, uint32_t type)
{
	uint64_t end = size > ~base ? ~PAGE_MASK : base + size;

	if (type == BOOT_MEM_USABLE) {
		base = base > ~PAGE_MASK ? ~PAGE_MASK : (base + PAGE_MASK) & ~PAGE_MASK;
		end &= ~PAGE_MASK;
	} else {
		base &= ~PAGE_MASK;
		end = end > ~PAGE_MASK ? ~PAGE_MASK : (end + PAGE_MASK) & ~PAGE_MASK;
	}
	if (size == 0 || base >= end)
		return 0;
	/* Firmware's maps are mostly sorted and cut into far more pieces than there are kinds. */
	if (map->count > 0 && map->ranges[map->count - 1].end == base && map->ranges[map->count - 1].type == type) {
		map->ranges[map->count - 1].end = end;
		return 0;
	}
	if (map->count == MEMMAP_MAX_RANGES)
		return -ENOSPC;
	map->ranges[map->count].base = base;
	map->ranges[map->count].end = end;
	map->ranges[map->count].type = type;
	map->count++;
	return 0;
}

static void sort(uint64_t *v, uint32_t count)
{
	for (uint32_t gap = count / 2; gap > 0; gap /= 2) {
		for (uint32_t i = gap; i < count; i++) {
			uint64_t x = v[i];
			uint32_t j = i;

			for (; j >= gap && v[j - gap] > x; j -= gap)
				v[j] = v[j - gap];
			v[j] = x;
		}
	}
}

static int rank(uint32_t type)
{
	return type == BOOT_MEM_RESERVED ? 3 : type == BOOT_MEM_ACPI ? 2 : type == BOOT_MEM_USABLE ? 1 : 0;
}

/* The type that wins at address, or 0 where there is nothing. */
static uint32_t type_at(const struct memmap *map, uint64_t address)
{
	uint32_t type = 0;

	for (uint32_t i = 0; i < map->count; i++)
		if (map->ranges[i].base <= address && address < map->ranges[i].end &&
		    rank(map->ranges[i].type) > rank(type))
			type = map->ranges[i].type;
	return type;
}

static void put(struct output *o, uint64_t base, uint64_t end, uint32_t type)
{
	if (type == 0 || base == end || (type == BOOT_MEM_RESERVED && o->leave_out >= LEAVE_OUT_RESERVED) ||
	    (type == BOOT_MEM_USABLE && end - base < SMALL && o->leave_out >= LEAVE_OUT_SMALL))
		return;
	if (o->count < o->max)
		o->mem[o->count] = (struct boot_mem){.base = base, .size = end - base, .type = type};
	o->count++;
}

/* Returns how many there would be if there were room. */
static uint32_t emit(const struct memmap *map, uint32_t edges, struct output *o)
{
	uint64_t base = 0;
	uint32_t type = 0;

	for (uint32_t i = 0; i < edges; i++) {
		uint32_t next = type_at(map, map->edges[i]);

		if (next == type)
			continue;
		put(o, base, map->edges[i], type);
		base = map->edges[i];
		type = next;
	}
	return o->count;
}

uint32_t memmap_emit(struct memmap *map, struct boot_mem *out, uint32_t max)
{
	uint32_t edges = 0, count = 0;

	for (uint32_t i = 0; i < map->count; i++) {
		map->edges[edges++] = map->ranges[i].base;
		map->edges[edges++] = map->ranges[i].end;
	}
	sort(map->edges, edges);
	for (int level = LEAVE_OUT_NOTHING; level <= LEAVE_OUT_SMALL; level++) {
		struct output o = {.mem = out, .max = max, .leave_out = (enum leave_out)level};

		count = emit(map, edges, &o);
		if (count <= max)
			return count;
	}
	return max;
}
