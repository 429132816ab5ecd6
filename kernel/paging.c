/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/boot.h"
#include "kernel/mem.h"
#include "kernel/paging.h"
#include "kernel/smp.h"

static char heap[1 << 20];
static size_t heap_used;

void *paging_grow_heap(size_t size)
{
	void *old = heap + heap_used;

	if (size > sizeof(heap) - heap_used)
		return NULL;
	heap_used += size;
	return old;
}

uint64_t phys_of(const void *va)
{
	return (uint64_t)(uintptr_t)va - KERNEL_BASE + boot_kernel_phys();
}

unsigned smp_id(void)
{
	return 0;
}
