/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "kernel/bits.h"
#include "kernel/boot.h"
#include "kernel/cpu.h"
#include "kernel/lock.h"
#include "kernel/mem.h"
#include "kernel/paging.h"
#include "kernel/panic.h"

#define CPUID_EXT_EDX_NX    BIT32(20)
#define CPUID_EXT_EDX_1G    BIT32(26)
#define CPUID_1_EDX_PAT     BIT32(16)
#define MSR_PAT             0x277U
#define PAT_ENTRY_4         GENMASK64(34, 32)
#define PAT_WRITE_COMBINING 1
#define CR4_LA57            BIT64(12)

/* Below the end of what entry.S's page tables cover: windows on page tables while there is no direct map yet. */
#define KERNEL_SPAN   UINT64_C(0x1000000)
#define WINDOWS       4U
#define WINDOW(level) (KERNEL_BASE + KERNEL_SPAN - ((WINDOWS - (level)) << 12))

extern uint64_t boot_pml5[512], boot_pml4[512], boot_pt[KERNEL_SPAN / PAGE_SIZE];
extern char boot_stack_guard[];
extern char __kernel_start[], __text_end[], __rodata_start[], __data_start[], __kernel_end[];

static struct lock paging_lock = LOCK_INIT("page tables");
static uint64_t nx;
static bool has_1g;
static bool has_pat;
static bool direct_ready; /* page tables can be reached through the direct map */
static uint64_t early_base, early_next, early_end;

static void invalidate(uint64_t va)
{
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

static uint64_t kernel_end_phys(void)
{
	return boot_kernel_phys() + (uint64_t)(__kernel_end - __kernel_start);
}

/* The page table at phys, of that level (1: page table to 4: PML4), as something to look at. */
static uint64_t *table_at(uint64_t phys, unsigned level)
{
	uint64_t *slot = &boot_pt[KERNEL_SPAN / PAGE_SIZE - WINDOWS + level];

	if (phys >= boot_kernel_phys() && phys < kernel_end_phys())
		return (uint64_t *)(KERNEL_BASE + (phys - boot_kernel_phys()));
	if (direct_ready)
		return (uint64_t *)(PAGING_DIRECT + phys);
	if ((*slot & PTE_ADDRESS) != phys) {
		*slot = phys | PTE_PRESENT | PTE_WRITE | nx;
		invalidate(WINDOW(level));
	}
	return (uint64_t *)WINDOW(level);
}

/* A cleared page table of that level; 0 when there is no memory. */
static uint64_t table_alloc(unsigned level)
{
	uint64_t phys, *table;

	if (direct_ready) {
		void *page = page_alloc(1);

		return page ? phys_of(page) : 0;
	}
	if (early_next == early_end)
		return 0;
	phys = early_next;
	early_next += PAGE_SIZE;
	table = table_at(phys, level);
	for (unsigned i = 0; i < 512; i++)
		table[i] = 0;
	return phys;
}

static unsigned index_of(uint64_t va, unsigned level)
{
	return (va >> (12 + 9 * (level - 1))) & 511;
}

/* The entry for va at level, making the tables above it if create. NULL: not there, covered by a large page, no memory.
 */
static uint64_t *entry_of(uint64_t va, unsigned level, bool create)
{
	uint64_t *table = boot_pml4;

	for (unsigned l = 4; l > level; l--) {
		uint64_t *e = &table[index_of(va, l)], phys = *e & PTE_ADDRESS;

		if (!(*e & PTE_PRESENT)) {
			phys = create ? table_alloc(l - 1) : 0;
			if (!phys)
				return NULL;
			*e = phys | PTE_PRESENT | PTE_WRITE;
		} else if (*e & PTE_LARGE) {
			return NULL;
		}
		table = table_at(phys, l - 1);
	}
	return &table[index_of(va, level)];
}

static uint64_t leaf_flags(enum paging_kind kind, bool large)
{
	switch (kind) {
	case PAGING_CONST:
		return PTE_PRESENT | nx;
	case PAGING_DEVICE:
		return PTE_PRESENT | PTE_WRITE | PTE_NO_CACHE | PTE_WRITE_THROUGH | nx;
	case PAGING_FRAMEBUFFER:
		if (!has_pat)
			return leaf_flags(PAGING_DEVICE, large);
		return PTE_PRESENT | PTE_WRITE | nx | (large ? PTE_PAT_LARGE : PTE_PAT_SMALL);
	case PAGING_DATA:
		break;
	}
	return PTE_PRESENT | PTE_WRITE | nx;
}

/* The largest page that fits at va and phys: 1, 2 or 3. */
static unsigned leaf_level(uint64_t va, uint64_t phys, uint64_t size)
{
	for (unsigned level = has_1g ? 3 : 2; level > 1; level--) {
		uint64_t bytes = UINT64_C(1) << (12 + 9 * (level - 1));

		if (IS_ALIGNED(va | phys, bytes) && size >= bytes)
			return level;
	}
	return 1;
}

static int map_locked(uint64_t va, uint64_t phys, uint64_t size, enum paging_kind kind)
{
	while (size) {
		unsigned level = leaf_level(va, phys, size);
		uint64_t bytes = UINT64_C(1) << (12 + 9 * (level - 1));
		uint64_t *e = entry_of(va, level, true);

		/* A table that a mapping of smaller pages left behind does not make way for a large page: go on below
		 * it. */
		while (e && level > 1 && (*e & PTE_PRESENT) && !(*e & PTE_LARGE)) {
			bytes >>= 9;
			e = entry_of(va, --level, true);
		}
		if (!e)
			return -ENOMEM;
		if (*e & PTE_PRESENT)
			return -EEXIST;
		*e = phys | leaf_flags(kind, level > 1) | (level > 1 ? PTE_LARGE : 0);
		va += bytes;
		phys += bytes;
		size -= bytes;
	}
	return 0;
}

int paging_map(uint64_t va, uint64_t phys, uint64_t size, enum paging_kind kind)
{
	int err;

	lock_acquire(&paging_lock);
	err = map_locked(va, phys, size, kind);
	lock_release(&paging_lock);
	return err;
}

/* The leaf for va and the bytes that it maps; NULL: not mapped. */
static uint64_t *leaf_of(uint64_t va, uint64_t *bytes)
{
	for (unsigned level = 3; level >= 1; level--) {
		uint64_t *e = entry_of(va, level, false);

		if (e && (*e & PTE_PRESENT) && (level == 1 || (*e & PTE_LARGE))) {
			*bytes = UINT64_C(1) << (12 + 9 * (level - 1));
			return e;
		}
	}
	return NULL;
}

void paging_unmap(uint64_t va, uint64_t size)
{
	uint64_t bytes, *e;

	lock_acquire(&paging_lock);
	for (uint64_t end = va + size; va < end; va += bytes) {
		e = leaf_of(va, &bytes);
		if (!e) {
			bytes = PAGE_SIZE;
			continue;
		}
		*e = 0;
		invalidate(va);
	}
	lock_release(&paging_lock);
}

bool paging_translate(uint64_t va, uint64_t *phys)
{
	uint64_t bytes, *e = leaf_of(va, &bytes);

	if (e)
		*phys = (*e & PTE_ADDRESS & ~(bytes - 1)) | (va & (bytes - 1));
	return e != NULL;
}

int paging_map_tables(uint64_t phys, uint64_t size)
{
	uint64_t from = ALIGN_DOWN(phys, PAGE_SIZE), to = ALIGN_UP(phys + size, PAGE_SIZE), there;

	if (phys == 0 || to < from || to > PAGING_DIRECT_SIZE)
		return -ERANGE;
	for (; from < to; from += PAGE_SIZE) {
		int err = paging_translate(PAGING_DIRECT + from, &there)
		                  ? 0
		                  : paging_map(PAGING_DIRECT + from, from, PAGE_SIZE, PAGING_CONST);

		if (err)
			return err;
	}
	return 0;
}

uint64_t paging_pml4(void)
{
	return phys_of(boot_pml4);
}

uint64_t paging_root(void)
{
	return cpu_read_cr4() & CR4_LA57 ? phys_of(boot_pml5) : phys_of(boot_pml4);
}

void paging_early_used(uint64_t *base, uint64_t *end)
{
	*base = early_base;
	*end = early_next;
}

/* Page tables come from the start of the largest usable range, which is not the first megabyte. */
static void early_init(const struct boot_info *info)
{
	uint64_t best = 0;

	for (uint32_t i = 0; i < info->mem_count; i++) {
		uint64_t from = ALIGN_UP(info->mem[i].base, PAGE_SIZE);
		uint64_t to = ALIGN_DOWN(info->mem[i].base + info->mem[i].size, PAGE_SIZE);

		if (info->mem[i].type != BOOT_MEM_USABLE || to <= from || to - from <= best || from < 0x100000 ||
		    to > PAGING_DIRECT_SIZE)
			continue;
		best = to - from;
		early_base = early_next = from;
		early_end = to;
	}
	if (best < 0x400000)
		panic("the loader's memory map has no usable range of 4 MiB");
}

static void map_direct(const struct boot_info *info)
{
	for (uint32_t i = 0; i < info->mem_count; i++) {
		const struct boot_mem *m = &info->mem[i];
		uint64_t from = ALIGN_UP(m->base, PAGE_SIZE), to = ALIGN_DOWN(m->base + m->size, PAGE_SIZE);
		int err = 0;

		/* Tables share pages with what is around them; memory must not. */
		if (m->type == BOOT_MEM_ACPI)
			err = paging_map_tables(m->base ? m->base : 1, m->size);
		if (m->type == BOOT_MEM_USABLE && from == 0)
			from = PAGE_SIZE;
		if (m->type == BOOT_MEM_USABLE && to > from && to <= PAGING_DIRECT_SIZE)
			err = paging_map(PAGING_DIRECT + from, from, to - from, PAGING_DATA);
		if (err)
			panic("cannot map memory at 0x%llx (%d)", (unsigned long long)m->base, err);
	}
}

/* Code read-execute, constants read-only, the rest read-write; the boot stack's guard page not at all. */
static void protect_kernel(void)
{
	for (char *va = __kernel_start; va < __kernel_end; va += PAGE_SIZE) {
		uint64_t *e = &boot_pt[(uint64_t)(va - __kernel_start) / PAGE_SIZE];

		if (va < __rodata_start)
			*e = (*e & PTE_ADDRESS) | PTE_PRESENT;
		else if (va < __data_start)
			*e = (*e & PTE_ADDRESS) | PTE_PRESENT | nx;
		else
			*e = va == boot_stack_guard ? 0 : (*e & PTE_ADDRESS) | PTE_PRESENT | PTE_WRITE | nx;
	}
}

void paging_init_cpu(void)
{
	/* No mapping uses entry 4 yet, so no cached line contradicts the change. */
	if (has_pat)
		cpu_wrmsr(MSR_PAT, (cpu_rdmsr(MSR_PAT) & ~PAT_ENTRY_4) | FIELD_PREP(PAT_ENTRY_4, PAT_WRITE_COMBINING));
}

void paging_init(void)
{
	const struct boot_info *info = boot_info_get();
	uint32_t features = cpu_cpuid_checked(0x80000001, 0).edx;

	nx = features & CPUID_EXT_EDX_NX ? PTE_NO_EXECUTE : 0;
	has_pat = !boot_in_guest() && (cpu_cpuid(1, 0).edx & CPUID_1_EDX_PAT);
	paging_init_cpu();
	has_1g = features & CPUID_EXT_EDX_1G;
	early_init(info);
	/* Usable memory first: where an ACPI range shares a page with it, the page stays writable. */
	map_direct(info);
	protect_kernel();
	for (unsigned i = 0; i < 256; i++)
		boot_pml4[i] = 0;
	direct_ready = true;
	for (unsigned level = 0; level < WINDOWS; level++)
		boot_pt[KERNEL_SPAN / PAGE_SIZE - WINDOWS + level] = 0;
	cpu_write_cr3(cpu_read_cr3());
}
