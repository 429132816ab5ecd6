/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PVH loader's half in C: struct hvm_start_info becomes struct boot_info. Runs once, before the kernel, at the
 * linked addresses with the low 4 GiB mapped onto themselves; .bss is not cleared yet, so all it writes is in .noinit.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernel/bits.h"
#include "kernel/boot_info.h"
#include "kernel/mem.h"

#define HVM_START_MAGIC UINT32_C(0x336ec578)

/* Xen's public/arch-x86/hvm/start_info.h describes it. */
struct hvm_start_info {
	uint32_t magic;
	uint32_t version;
	uint32_t flags;
	uint32_t nr_modules;
	uint64_t modlist_paddr;
	uint64_t cmdline_paddr;
	uint64_t rsdp_paddr;
	uint64_t memmap_paddr; /* from version 1 on */
	uint32_t memmap_entries;
	uint32_t reserved;
};
_Static_assert(sizeof(struct hvm_start_info) == 56, "hvm_start_info");

struct hvm_memmap_entry {
	uint64_t addr;
	uint64_t size;
	uint32_t type; /* of E820: 1 RAM, 2 reserved, 3 ACPI, 4 ACPI NVS, 5 unusable */
	uint32_t reserved;
};
_Static_assert(sizeof(struct hvm_memmap_entry) == 24, "hvm_memmap_table_entry");

#define E820_RAM  1
#define E820_ACPI 3
#define E820_NVS  4

extern char __kernel_start[], __kernel_end[];
uint64_t pvh_fill(uint64_t start_info, uint64_t tsc, uint64_t kernel_phys);

static struct boot_info pvh_info __attribute__((section(".noinit"), aligned(4096)));

/* Memory below 4 GiB, which is mapped onto itself here; NULL if it lies higher. */
static const void *low(uint64_t phys)
{
	return phys != 0 && phys < UINT64_C(0xffff0000) ? (const void *)(uintptr_t)phys : NULL;
}

static void append(struct boot_info *info, uint64_t base, uint64_t end, uint32_t type)
{
	if (base < end && info->mem_count < BOOT_MEM_MAX)
		info->mem[info->mem_count++] = (struct boot_mem){.base = base, .size = end - base, .type = type};
}

/* One range of the loader's map, with the kernel's own pages cut out as reserved. */
static void append_around_kernel(struct boot_info *info, uint64_t base, uint64_t end, uint32_t type)
{
	uint64_t from = info->kernel_phys, to = info->kernel_phys + info->kernel_size;

	if (type != BOOT_MEM_USABLE || end <= from || base >= to) {
		append(info, base, end, type);
		return;
	}
	append(info, base, from, type);
	append(info, base > from ? base : from, end < to ? end : to, BOOT_MEM_RESERVED);
	append(info, to, end, type);
}

static void sort(struct boot_mem *mem, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		struct boot_mem m = mem[i];
		uint32_t j = i;

		for (; j > 0 && mem[j - 1].base > m.base; j--)
			mem[j] = mem[j - 1];
		mem[j] = m;
	}
}

static void fill_memory(struct boot_info *info, const struct hvm_start_info *start)
{
	const struct hvm_memmap_entry *map = start->version >= 1 ? low(start->memmap_paddr) : NULL;

	for (uint32_t i = 0; map && i < start->memmap_entries; i++) {
		uint32_t type = map[i].type == E820_RAM                               ? BOOT_MEM_USABLE
		                : map[i].type == E820_ACPI || map[i].type == E820_NVS ? BOOT_MEM_ACPI
		                                                                      : BOOT_MEM_RESERVED;
		append_around_kernel(info, map[i].addr, map[i].addr + map[i].size, type);
	}
	sort(info->mem, info->mem_count);
}

/* The command line has its settings on one line, the configuration has one a line. */
static void fill_config(struct boot_info *info, const char *cmdline)
{
	uint32_t n = 0;

	for (; cmdline && cmdline[n] && n < BOOT_CONFIG_MAX; n++)
		info->config[n] = cmdline[n] == ' ' ? '\n' : cmdline[n];
	info->config_size = n;
}

/* Returns the physical address of boot_info. */
uint64_t pvh_fill(uint64_t start_info, uint64_t tsc, uint64_t kernel_phys)
{
	const struct hvm_start_info *start = low(start_info);
	struct boot_info *info = &pvh_info;

	memset(info, 0, sizeof(*info));
	info->magic = BOOT_INFO_MAGIC;
	info->version = BOOT_INFO_VERSION;
	info->origin = BOOT_ORIGIN_PVH;
	info->kernel_phys = kernel_phys;
	info->kernel_size = (uint64_t)(__kernel_end - __kernel_start);
	info->entry_tsc = tsc;
	if (start && start->magic == HVM_START_MAGIC) {
		info->rsdp = start->rsdp_paddr;
		fill_memory(info, start);
		fill_config(info, low(start->cmdline_paddr));
	} else {
		strcpy(info->note, "PVH: the loader passed no hvm_start_info, so there is no memory map");
	}
	return (uint64_t)((char *)info - __kernel_start) + kernel_phys;
}
