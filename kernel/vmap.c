/* SPDX-License-Identifier: BSD-2-Clause */
/* What is mapped on demand: device memory, stacks, the heap. */
#include <errno.h>

#include "kernel/bits.h"
#include "kernel/boot.h"
#include "kernel/lock.h"
#include "kernel/mem.h"
#include "kernel/paging.h"

#define LARGE_PAGE UINT64_C(0x200000)
/* The heap grows by this much, so that a test which allocates a little does not look like a leak of pages. */
#define HEAP_STEP  (UINT64_C(256) << 10)

static struct lock vmap_lock = LOCK_INIT("device mappings");
static uint64_t mmio_next = PAGING_MMIO;
static uint64_t stack_next = PAGING_STACKS;
static uint64_t heap_end = PAGING_HEAP, heap_mapped = PAGING_HEAP;

/*
 * Addresses given back, for a mapping of the same size and alignment. Another processor may still hold the old
 * translation: it drops it before it takes new work (kernel/smp.c).
 */
static struct {
	uint64_t va, size;
} freed[64];

static bool overlaps_usable(uint64_t phys, uint64_t end)
{
	const struct boot_info *info = boot_info_get();

	/* Loaders call the kernel's own memory reserved. */
	if (phys < info->kernel_phys + info->kernel_size && info->kernel_phys < end)
		return true;
	for (uint32_t i = 0; i < info->mem_count; i++) {
		const struct boot_mem *m = &info->mem[i];

		if (m->type == BOOT_MEM_USABLE && phys < m->base + m->size && m->base < end)
			return true;
	}
	return false;
}

/* A free range; large ones lie in the address space as they lie in memory, for large pages. */
static uint64_t take_range(uint64_t phys, uint64_t size)
{
	uint64_t offset = phys & (LARGE_PAGE - 1), va;

	for (unsigned i = 0; i < ARRAY_SIZE(freed); i++) {
		if (freed[i].size != size || (size >= LARGE_PAGE && (freed[i].va & (LARGE_PAGE - 1)) != offset))
			continue;
		freed[i].size = 0;
		return freed[i].va;
	}
	va = mmio_next;
	if (size >= LARGE_PAGE)
		va = ALIGN_UP(va, LARGE_PAGE) + offset;
	if (size > PAGING_MMIO_END - va - PAGE_SIZE)
		return 0;
	mmio_next = va + size + PAGE_SIZE; /* an unmapped page behind each: what runs over the end faults */
	return va;
}

static volatile void *map_kind(uint64_t phys, size_t size, enum paging_kind kind)
{
	uint64_t from = ALIGN_DOWN(phys, PAGE_SIZE), to = ALIGN_UP(phys + size, PAGE_SIZE), va = 0;

	if (size == 0 || to <= from || to - 1 > PTE_ADDRESS + PAGE_SIZE - 1 || overlaps_usable(phys, phys + size))
		return NULL;
	lock_acquire(&vmap_lock);
	va = take_range(from, to - from);
	if (va && paging_map(va, from, to - from, kind)) {
		paging_unmap(va, to - from);
		va = 0;
	}
	lock_release(&vmap_lock);
	return va ? (volatile void *)(va + (phys - from)) : NULL;
}

volatile void *mmio_map(uint64_t phys, size_t size)
{
	return map_kind(phys, size, PAGING_DEVICE);
}

volatile void *mmio_map_write_combining(uint64_t phys, size_t size)
{
	return map_kind(phys, size, PAGING_FRAMEBUFFER);
}

void mmio_unmap(volatile void *mapping, size_t size)
{
	uint64_t va = (uint64_t)(uintptr_t)mapping, from = ALIGN_DOWN(va, PAGE_SIZE);
	uint64_t bytes = ALIGN_UP(va + size, PAGE_SIZE) - from;

	if (!mapping)
		return;
	lock_acquire(&vmap_lock);
	paging_unmap(from, bytes);
	for (unsigned i = 0; i < ARRAY_SIZE(freed); i++) {
		if (freed[i].size)
			continue;
		freed[i].va = from;
		freed[i].size = bytes;
		break;
	}
	lock_release(&vmap_lock);
}

static int map_fresh(uint64_t va, uint64_t size)
{
	for (uint64_t done = 0; done < size; done += PAGE_SIZE) {
		void *page = page_alloc(1);
		int err = page ? paging_map(va + done, phys_of(page), PAGE_SIZE, PAGING_DATA) : -ENOMEM;

		if (err)
			return err;
	}
	return 0;
}

void *paging_alloc_stack(size_t size)
{
	uint64_t base;

	lock_acquire(&vmap_lock);
	base = stack_next + PAGE_SIZE;
	stack_next = base + ALIGN_UP(size, PAGE_SIZE);
	lock_release(&vmap_lock);
	return map_fresh(base, ALIGN_UP(size, PAGE_SIZE)) ? NULL : (void *)(base + ALIGN_UP(size, PAGE_SIZE));
}

void *paging_grow_heap(size_t size)
{
	uint64_t old = heap_end;

	if (size > PAGING_HEAP + PAGING_HEAP_SIZE - heap_end)
		return NULL;
	while (heap_end + size > heap_mapped) {
		if (map_fresh(heap_mapped, HEAP_STEP))
			return NULL;
		heap_mapped += HEAP_STEP;
	}
	heap_end += size;
	return (void *)old;
}
