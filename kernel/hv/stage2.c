/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "kernel/bits.h"
#include "kernel/hv/stage2.h"
#include "kernel/mem.h"

#define LEVELS     4
#define INDEX_BITS 9
#define ENTRIES    (1U << INDEX_BITS)
#define ADDRESS    GENMASK64(51, 12)
#define LARGE_SIZE (UINT64_C(1) << 21)

static unsigned index_at(uint64_t gpa, unsigned level)
{
	return (unsigned)(gpa >> (12 + (level - 1) * INDEX_BITS)) & (ENTRIES - 1);
}

int hv_stage2_init(struct hv_stage2 *s, const struct hv_stage2_format *format)
{
	s->format = format;
	s->root = page_alloc(1);
	return s->root ? 0 : -ENOMEM;
}

static bool is_leaf(const struct hv_stage2 *s, unsigned level, uint64_t entry)
{
	return level == 1 || entry & s->format->large;
}

static void free_table(struct hv_stage2 *s, uint64_t *table, unsigned level)
{
	for (unsigned i = 0; i < ENTRIES; i++)
		if (table[i] & s->format->present && !is_leaf(s, level, table[i]))
			free_table(s, virt_of(table[i] & ADDRESS), level - 1);
	page_free(table, 1);
}

void hv_stage2_destroy(struct hv_stage2 *s)
{
	if (s->root)
		free_table(s, s->root, LEVELS);
	s->root = NULL;
}

/* The entry for gpa at that level, with the tables above it; NULL when there is no memory for them. */
static uint64_t *entry_for(struct hv_stage2 *s, uint64_t gpa, unsigned level)
{
	uint64_t *table = s->root;

	for (unsigned at = LEVELS; at > level; at--) {
		uint64_t *entry = &table[index_at(gpa, at)];

		if (!(*entry & s->format->present)) {
			uint64_t *next = page_alloc(1);

			if (!next)
				return NULL;
			*entry = phys_of(next) | s->format->table;
		}
		table = virt_of(*entry & ADDRESS);
	}
	return &table[index_at(gpa, level)];
}

int hv_stage2_map(struct hv_stage2 *s, uint64_t gpa, uint64_t hpa, uint64_t size, bool device)
{
	for (uint64_t done = 0, step; done < size; done += step) {
		bool large =
		        !device && IS_ALIGNED((gpa + done) | (hpa + done), LARGE_SIZE) && size - done >= LARGE_SIZE;
		uint64_t *entry = entry_for(s, gpa + done, large ? 2 : 1);

		step = large ? LARGE_SIZE : PAGE_SIZE;
		if (!entry) {
			hv_stage2_unmap(s, gpa, done);
			return -ENOMEM;
		}
		/* A table left empty by an unmapping is in the way of a large page. */
		if (large && *entry & s->format->present)
			page_free(virt_of(*entry & ADDRESS), 1);
		*entry = (hpa + done) | (device ? s->format->device : s->format->ram) | (large ? s->format->large : 0);
	}
	return 0;
}

void hv_stage2_unmap(struct hv_stage2 *s, uint64_t gpa, uint64_t size)
{
	for (uint64_t done = 0, step; done < size; done += step) {
		uint64_t *table = s->root;
		unsigned level = LEVELS;

		step = PAGE_SIZE;
		for (; level > 1; level--) {
			uint64_t entry = table[index_at(gpa + done, level)];

			if (!(entry & s->format->present))
				break;
			if (is_leaf(s, level, entry)) {
				step = LARGE_SIZE;
				break;
			}
			table = virt_of(entry & ADDRESS);
		}
		if (table[index_at(gpa + done, level)] & s->format->present)
			table[index_at(gpa + done, level)] = 0;
	}
}
