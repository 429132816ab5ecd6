/* SPDX-License-Identifier: BSD-2-Clause */
/* The page allocator: one bitmap for each usable range of the memory map, kept at the range's own start. */
#include <string.h>

#include "kernel/bits.h"
#include "kernel/boot.h"
#include "kernel/lock.h"
#include "kernel/mem.h"
#include "kernel/pages.h"
#include "kernel/paging.h"
#include "kernel/panic.h"

#define PAGE_SHIFT  12
/* Below it is room for what starts application processors; nothing else gets it. */
#define LOW_MEMORY  UINT64_C(0x100000)
/* Ranges too short to be worth a bitmap. */
#define LEAST_PAGES 4U

struct range {
	uint64_t first; /* page number */
	uint64_t count; /* pages */
	uint64_t free;  /* pages */
	uint64_t hint;  /* no page below this index is free */
	uint64_t *used; /* a bit each */
};

static struct lock pages_lock = LOCK_INIT("pages");
static struct range ranges[BOOT_MEM_MAX];
static unsigned range_count;

/* Index of the first used page of [from, to), or to. */
static uint64_t next_used(const struct range *r, uint64_t from, uint64_t to)
{
	while (from < to) {
		uint64_t word = r->used[from / 64] >> (from % 64);

		if (word) {
			from += (uint64_t)__builtin_ctzll(word);
			return from < to ? from : to;
		}
		from = ALIGN_DOWN(from, 64) + 64;
	}
	return to;
}

static void mark(struct range *r, uint64_t from, uint64_t count, bool used)
{
	for (uint64_t i = from; i < from + count; i++) {
		if (used)
			r->used[i / 64] |= BIT64(i % 64);
		else
			r->used[i / 64] &= ~BIT64(i % 64);
	}
	r->free = used ? r->free - count : r->free + count;
}

static void add_range(uint64_t from, uint64_t to)
{
	struct range *r = &ranges[range_count];
	uint64_t early_from, early_to, bitmap_bytes;

	paging_early_used(&early_from, &early_to);
	if (early_from == from)
		from = early_to;
	if (to > PAGING_DIRECT_SIZE || to < from || (to - from) >> PAGE_SHIFT < LEAST_PAGES)
		return;
	r->used = virt_of(from);
	bitmap_bytes = ALIGN_UP(((to - from) >> PAGE_SHIFT) / 8 + 8, PAGE_SIZE);
	from += bitmap_bytes;
	r->first = from >> PAGE_SHIFT;
	r->count = r->free = (to - from) >> PAGE_SHIFT;
	memset(r->used, 0, bitmap_bytes);
	range_count++;
}

void pages_init(void)
{
	const struct boot_info *info = boot_info_get();

	for (uint32_t i = 0; i < info->mem_count; i++) {
		const struct boot_mem *m = &info->mem[i];
		uint64_t from = ALIGN_UP(m->base, PAGE_SIZE), to = ALIGN_DOWN(m->base + m->size, PAGE_SIZE);

		if (m->type == BOOT_MEM_USABLE && from < LOW_MEMORY)
			from = LOW_MEMORY;
		if (m->type == BOOT_MEM_USABLE && from < to)
			add_range(from, to);
	}
}

uint64_t pages_low(size_t count)
{
	const struct boot_info *info = boot_info_get();

	for (uint32_t i = 0; i < info->mem_count; i++) {
		const struct boot_mem *m = &info->mem[i];
		uint64_t from = ALIGN_UP(m->base ? m->base : 1, PAGE_SIZE),
		         to = ALIGN_DOWN(m->base + m->size, PAGE_SIZE);

		if (to > LOW_MEMORY)
			to = LOW_MEMORY;
		if (m->type == BOOT_MEM_USABLE && to >= from && to - from >= count * PAGE_SIZE)
			return to - count * PAGE_SIZE;
	}
	return 0;
}

static void *take(struct range *r, size_t count, uint64_t align)
{
	uint64_t at = ALIGN_UP(r->first + r->hint, align) - r->first;

	while (at < r->count && count <= r->count - at) {
		uint64_t used = next_used(r, at, at + count);

		if (used == at + count) {
			mark(r, at, count, true);
			if (at == r->hint)
				r->hint = at + count;
			return virt_of((r->first + at) << PAGE_SHIFT);
		}
		at = ALIGN_UP(r->first + used + 1, align) - r->first;
	}
	return NULL;
}

void *page_alloc_aligned(size_t count, size_t align)
{
	void *va = NULL;

	if (count == 0 || align < PAGE_SIZE || (align & (align - 1)))
		return NULL;
	lock_acquire(&pages_lock);
	for (unsigned i = 0; i < range_count && !va; i++) {
		if (ranges[i].free >= count)
			va = take(&ranges[i], count, align >> PAGE_SHIFT);
	}
	lock_release(&pages_lock);
	if (va)
		memset(va, 0, count * PAGE_SIZE);
	return va;
}

void *page_alloc(size_t count)
{
	return page_alloc_aligned(count, PAGE_SIZE);
}

void page_free(void *va, size_t count)
{
	uint64_t page = va ? phys_of(va) >> PAGE_SHIFT : 0;

	if (!va)
		return;
	lock_acquire(&pages_lock);
	for (unsigned i = 0; i < range_count; i++) {
		struct range *r = &ranges[i];
		uint64_t at = page - r->first;

		if (page < r->first || at >= r->count || count > r->count - at)
			continue;
		for (uint64_t p = at; p < at + count; p++) {
			if (next_used(r, p, p + 1) == p + 1)
				panic("page_free: page 0x%llx is free already", (unsigned long long)(page + p - at));
		}
		mark(r, at, count, false);
		if (at < r->hint)
			r->hint = at;
		lock_release(&pages_lock);
		return;
	}
	panic("page_free: %p is no page of the allocator", va);
}

size_t page_free_count(void)
{
	size_t n = 0;

	for (unsigned i = 0; i < range_count; i++)
		n += ranges[i].free;
	return n;
}

uint64_t phys_of(const void *p)
{
	uint64_t va = (uint64_t)(uintptr_t)p, phys;

	if (va >= KERNEL_BASE && va < KERNEL_BASE + boot_info_get()->kernel_size)
		return va - KERNEL_BASE + boot_kernel_phys();
	if (va >= PAGING_DIRECT && va < PAGING_DIRECT + PAGING_DIRECT_SIZE)
		return va - PAGING_DIRECT;
	if (!paging_translate(va, &phys))
		panic("phys_of: %p is not mapped", p);
	return phys;
}

void *virt_of(uint64_t phys)
{
	uint64_t kernel = boot_kernel_phys();

	if (phys >= kernel && phys < kernel + boot_info_get()->kernel_size)
		return (void *)(KERNEL_BASE + (phys - kernel));
	return (void *)(PAGING_DIRECT + phys);
}

int mem_is_mapped(uint64_t phys, uint64_t size)
{
	uint64_t there, end = phys + size;

	if (size == 0 || end < phys || end > PAGING_DIRECT_SIZE)
		return 0;
	for (uint64_t at = ALIGN_DOWN(phys, PAGE_SIZE); at < end; at += PAGE_SIZE) {
		if (!paging_translate((uint64_t)(uintptr_t)virt_of(at), &there))
			return 0;
	}
	return 1;
}
