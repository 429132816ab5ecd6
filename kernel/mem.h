/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical pages, the direct map and device memory.
 *
 * All usable memory is mapped at one offset (the direct map), read-write and never executable, so a page's virtual and
 * physical address are one addition apart. Device memory is mapped uncached, elsewhere, on demand.
 */
#ifndef KERNEL_MEM_H
#define KERNEL_MEM_H

#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE 4096U

/*
 * Allocate count contiguous zeroed pages whose physical address is a multiple of align bytes (a power of two, at least
 * PAGE_SIZE). Returns the virtual address, or NULL when there is no such run.
 */
void *page_alloc_aligned(size_t count, size_t align);
/* The same with page alignment. */
void *page_alloc(size_t count);
/* Give back count pages from page_alloc*(). NULL is ignored. */
void page_free(void *va, size_t count);
/* Pages not allocated now: what a leak check compares. */
size_t page_free_count(void);

/* Physical address of an object in the direct map or in the kernel's image. */
uint64_t phys_of(const void *va);
/* Virtual address of usable or ACPI memory. phys must be in the memory map: see mem_is_mapped(). */
void *virt_of(uint64_t phys);
/* Whether size bytes from phys lie in memory that virt_of() reaches. For addresses that come from ACPI. */
int mem_is_mapped(uint64_t phys, uint64_t size);

/*
 * Map size bytes of device memory from phys, uncached, read-write, never executable. Returns NULL when address space or
 * page-table pages are exhausted, or when the range overlaps usable memory or the kernel. Ranges need not be
 * page-aligned.
 */
volatile void *mmio_map(uint64_t phys, size_t size);
/*
 * The same for a framebuffer: writes are combined, which makes them some ten times as fast, and may arrive late and in
 * any order. Uncached where the processor has no page attribute table.
 */
volatile void *mmio_map_write_combining(uint64_t phys, size_t size);
/* Take back a mapping of these two, with the same address and size. */
void mmio_unmap(volatile void *va, size_t size);

#endif
