/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "kernel/bits.h"
#include "kernel/hv/stage2.h"
#include "kernel/mem.h"

#define LEVELS     4
#define INDEX_BITS 9
#define ENTRIES    (1U << INDEX_BITS)
#define ADDRESS    GENMASK64(51, 12)

static unsigned index_at(uint64_t gpa, unsigned level)
{
	return (unsigned)(gpa >> (12 + (level - 1) * INDEX_BITS)) & (ENTRIES - 1);
}

/* Bytes that a leaf at that level maps. */
static uint64_t leaf_size(unsigned level)
{
	return UINT64_C(1) << (12 + (level - 1) * INDEX_BITS);
}

int hv_stage2_init(struct hv_stage2 *s, const struct hv_stage2_format *format)
{
	*s = (struct hv_stage2){.format = format, .root = page_alloc(1)};
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

static void put_spare(struct hv_stage2 *s, uint64_t *table)
{
	table[0] = (uint64_t)(uintptr_t)s->spare;
	s->spare = table;
	s->spare_count++;
}

static uint64_t *take_spare(struct hv_stage2 *s)
{
	uint64_t *table = s->spare;

	s->spare = (uint64_t *)(uintptr_t)table[0];
	s->spare_count--;
	table[0] = 0;
	return table;
}

void hv_stage2_destroy(struct hv_stage2 *s)
{
	if (s->root)
		free_table(s, s->root, LEVELS);
	s->root = NULL;
	while (s->spare)
		page_free(take_spare(s), 1);
}

int hv_stage2_reserve(struct hv_stage2 *s, unsigned count)
{
	while (s->spare_count < count) {
		uint64_t *table = page_alloc(1);

		if (!table)
			return -ENOMEM;
		put_spare(s, table);
	}
	return 0;
}

/* The entry for gpa at that level, with the tables above it; NULL when there is no memory for them. */
static uint64_t *entry_for(struct hv_stage2 *s, uint64_t gpa, unsigned level)
{
	uint64_t *table = s->root;

	for (unsigned at = LEVELS; at > level; at--) {
		uint64_t *entry = &table[index_at(gpa, at)];

		if (!(*entry & s->format->present)) {
			uint64_t *next = s->spare ? take_spare(s) : page_alloc(1);

			if (!next)
				return NULL;
			*entry = phys_of(next) | s->format->table;
		}
		table = virt_of(*entry & ADDRESS);
	}
	return &table[index_at(gpa, level)];
}

/* The level of the largest leaf that fits there. */
static unsigned best_level(const struct hv_stage2 *s, uint64_t addresses, uint64_t size, bool device)
{
	unsigned level = device ? 1 : s->format->huge ? 3 : 2;

	while (level > 1 && (!IS_ALIGNED(addresses, leaf_size(level)) || size < leaf_size(level)))
		level--;
	return level;
}

int hv_stage2_map(struct hv_stage2 *s, uint64_t gpa, uint64_t hpa, uint64_t size, bool device)
{
	for (uint64_t done = 0, step; done < size; done += step) {
		unsigned level = best_level(s, (gpa + done) | (hpa + done), size - done, device);
		uint64_t *entry = entry_for(s, gpa + done, level);

		step = leaf_size(level);
		if (!entry) {
			hv_stage2_unmap(s, gpa, done);
			return -ENOMEM;
		}
		/* Tables left empty by an unmapping are in the way of a large page. */
		if (level > 1 && *entry & s->format->present)
			free_table(s, virt_of(*entry & ADDRESS), level - 1);
		*entry = (hpa + done) | (device ? s->format->device : s->format->ram) |
		         (level > 1 ? s->format->large : 0);
	}
	return 0;
}

uint64_t *hv_stage2_leaf(const struct hv_stage2 *s, uint64_t gpa, unsigned *level)
{
	uint64_t *table = s->root;

	for (*level = LEVELS; *level > 0; --*level) {
		uint64_t *entry = &table[index_at(gpa, *level)];

		if (!(*entry & s->format->present))
			return NULL;
		if (is_leaf(s, *level, *entry))
			return entry;
		table = virt_of(*entry & ADDRESS);
	}
	return NULL; /* not reached: level 1 is a leaf */
}

void hv_stage2_unmap(struct hv_stage2 *s, uint64_t gpa, uint64_t size)
{
	for (uint64_t done = 0, step; done < size; done += step) {
		unsigned level;
		uint64_t *leaf = hv_stage2_leaf(s, gpa + done, &level);

		step = leaf ? leaf_size(level) : PAGE_SIZE;
		if (leaf)
			*leaf = 0;
	}
}

static bool is_empty(const uint64_t *table)
{
	for (unsigned i = 0; i < ENTRIES; i++)
		if (table[i])
			return false;
	return true;
}

void hv_stage2_reclaim(struct hv_stage2 *s, uint64_t gpa, uint64_t size)
{
	for (uint64_t at = ALIGN_DOWN(gpa, leaf_size(2)); at < gpa + size; at += leaf_size(2)) {
		uint64_t *table = s->root, *entry = NULL;
		unsigned level = LEVELS;

		for (; level > 1; level--) {
			entry = &table[index_at(at, level)];
			if (!(*entry & s->format->present) || is_leaf(s, level, *entry))
				break;
			table = virt_of(*entry & ADDRESS);
		}
		if (level > 1 || !is_empty(table))
			continue;
		*entry = 0;
		put_spare(s, table);
	}
}

/* ---- single pages ---- */

/* The same in leaves of the next smaller size. */
static int split(const struct hv_stage2 *s, uint64_t *leaf, unsigned level)
{
	uint64_t *table = page_alloc(1), entry = *leaf;

	if (!table)
		return -ENOMEM;
	if (level == 2)
		entry &= ~s->format->large;
	for (unsigned i = 0; i < ENTRIES; i++)
		table[i] = entry + i * leaf_size(level - 1);
	*leaf = phys_of(table) | s->format->table;
	return 0;
}

/* The leaf of that very page. Returns 0, -ENOENT or -ENOMEM. */
static int page_leaf(const struct hv_stage2 *s, uint64_t gpa, uint64_t **leaf)
{
	unsigned level;

	for (;;) {
		int rc;

		*leaf = hv_stage2_leaf(s, gpa, &level);
		if (!*leaf)
			return -ENOENT;
		if (level == 1)
			return 0;
		rc = split(s, *leaf, level);
		if (rc)
			return rc;
	}
}

int hv_stage2_protect(struct hv_stage2 *s, uint64_t gpa, uint64_t size, bool write, bool execute)
{
	const struct hv_stage2_format *f = s->format;

	for (uint64_t done = 0; done < size; done += PAGE_SIZE) {
		uint64_t *leaf;
		int rc = page_leaf(s, gpa + done, &leaf);

		if (rc)
			return rc;
		*leaf &= ~(f->write | f->execute | f->no_execute);
		*leaf |= (write ? f->write : 0) | (execute ? f->execute : f->no_execute);
	}
	return 0;
}

bool hv_stage2_may_write(const struct hv_stage2 *s, uint64_t gpa)
{
	unsigned level;
	const uint64_t *leaf = hv_stage2_leaf(s, gpa, &level);

	return leaf && *leaf & s->format->write;
}

int hv_stage2_take_dirty(struct hv_stage2 *s, uint64_t gpa)
{
	uint64_t *leaf;
	int rc = page_leaf(s, gpa, &leaf);

	if (rc)
		return rc;
	return __atomic_fetch_and(leaf, ~s->format->dirty, __ATOMIC_ACQ_REL) & s->format->dirty ? 1 : 0;
}

void hv_stage2_set_dirty(struct hv_stage2 *s, uint64_t gpa)
{
	unsigned level;
	uint64_t *leaf = hv_stage2_leaf(s, gpa, &level);

	if (leaf)
		__atomic_fetch_or(leaf, s->format->dirty, __ATOMIC_ACQ_REL);
}
