/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The address space, for the kernel itself; drivers use kernel/mem.h.
 *
 *	0xffff800000000000  direct map of usable memory and of ACPI tables
 *	0xffffc00000000000  device memory (mmio_map)
 *	0xffffd00000000000  stacks, each with an unmapped page below
 *	0xffffe00000000000  the heap
 *	0xffffffff80000000  the kernel: code executable, constants read-only, the rest never executable
 *
 * Nothing is mapped in the lower half. With 5-level paging, which a loader may leave on, these addresses are the same.
 */
#ifndef KERNEL_PAGING_H
#define KERNEL_PAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGING_DIRECT      UINT64_C(0xffff800000000000)
#define PAGING_DIRECT_SIZE (UINT64_C(1) << 46)
#define PAGING_MMIO        UINT64_C(0xffffc00000000000)
#define PAGING_MMIO_END    UINT64_C(0xffffd00000000000)
#define PAGING_STACKS      UINT64_C(0xffffd00000000000)
#define PAGING_HEAP        UINT64_C(0xffffe00000000000)
#define PAGING_HEAP_SIZE   (UINT64_C(1) << 30)

/* Page-table entries (SDM vol. 3, 4.5). */
#define PTE_PRESENT       (UINT64_C(1) << 0)
#define PTE_WRITE         (UINT64_C(1) << 1)
#define PTE_WRITE_THROUGH (UINT64_C(1) << 3)
#define PTE_NO_CACHE      (UINT64_C(1) << 4)
#define PTE_LARGE         (UINT64_C(1) << 7)
#define PTE_PAT_SMALL     (UINT64_C(1) << 7)  /* in entries for 4 KiB */
#define PTE_PAT_LARGE     (UINT64_C(1) << 12) /* in entries for 2 MiB and 1 GiB */
#define PTE_NO_EXECUTE    (UINT64_C(1) << 63)
#define PTE_ADDRESS       UINT64_C(0x000ffffffffff000)

/* Flags of a leaf. NX is left out where the processor lacks it: use these. */
enum paging_kind {
	PAGING_DATA,        /* read-write */
	PAGING_CONST,       /* read-only */
	PAGING_DEVICE,      /* read-write, uncached */
	PAGING_FRAMEBUFFER, /* read-write, write-combining */
};

/*
 * Protect the kernel, map the memory of the boot information's memory map, and take the loader's lower half away. Takes
 * page-table pages from usable memory: paging_early_used() tells the page allocator which.
 */
void paging_init(void);
void paging_early_used(uint64_t *base, uint64_t *end);
/* On each processor: entry 4 of the page attribute table becomes write-combining; the others stay as after reset. */
void paging_init_cpu(void);

/*
 * Map size bytes at va to phys (all multiples of PAGE_SIZE), with large pages where both are aligned. Returns 0,
 * -ENOMEM (no page for a page table) or -EEXIST (something is mapped there).
 */
int paging_map(uint64_t va, uint64_t phys, uint64_t size, enum paging_kind kind);
/* Take back what paging_map() did, for the same va and size. Other processors may keep translations for a while. */
void paging_unmap(uint64_t va, uint64_t size);
/* Where va leads. Returns false if nowhere. */
bool paging_translate(uint64_t va, uint64_t *phys);
/*
 * See to it that virt_of() reaches size bytes of firmware tables at phys, which a memory map may call reserved:
 * read-only. Returns 0, -ENOMEM or -ERANGE (no such physical address).
 */
int paging_map_tables(uint64_t phys, uint64_t size);

/* A stack of size bytes with a guard page below it. Returns its top, or NULL. */
void *paging_alloc_stack(size_t size);
/* Make size more bytes at the heap's end usable. Returns the old end, or NULL when memory is exhausted. */
void *paging_grow_heap(size_t size);

/* Physical address of the top-level table, for another processor's CR3, and of the 4th-level one below it. */
uint64_t paging_root(void);
uint64_t paging_pml4(void);

#endif
