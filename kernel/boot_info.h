/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the loader hands to the kernel. Three loaders fill it: boot/ (UEFI), the PVH entry (kernel/pvh.c) and the
 * hypervisor (kernel/hv/load.c, for a guest). The kernel starts in 64-bit mode with interrupts off and the physical
 * address of this structure in RDI; see kernel/entry.S.
 *
 * All addresses are physical. The structure holds no pointers into loader memory but those named here, and the
 * loader reports the memory that they name as BOOT_MEM_RESERVED.
 */
#ifndef KERNEL_BOOT_INFO_H
#define KERNEL_BOOT_INFO_H

#include <stdint.h>

#define BOOT_INFO_MAGIC   UINT64_C(0x6f666e4974696441) /* "AditInfo" */
#define BOOT_INFO_VERSION 2

#define BOOT_MEM_MAX    512
#define BOOT_CPU_MAX    512
#define BOOT_CONFIG_MAX 8192
#define BOOT_NOTE_MAX   256

enum boot_origin {
	BOOT_ORIGIN_UEFI = 1,
	BOOT_ORIGIN_PVH = 2,
	BOOT_ORIGIN_GUEST = 3, /* started by this project's own hypervisor */
};

enum boot_mem_type {
	BOOT_MEM_USABLE = 1,   /* free for the kernel */
	BOOT_MEM_RESERVED = 2, /* never touched: loader data, firmware runtime, holes */
	BOOT_MEM_ACPI = 3,     /* tables: readable, not reused */
};

struct boot_mem {
	uint64_t base;
	uint64_t size;
	uint32_t type; /* enum boot_mem_type */
	uint32_t rsvd;
};

enum boot_pixel {
	BOOT_PIXEL_XRGB = 1, /* 32 bits a pixel, blue in the lowest byte */
	BOOT_PIXEL_XBGR = 2, /* red in the lowest byte */
};

struct boot_framebuffer {
	uint64_t base; /* 0: no screen */
	uint64_t size;
	uint32_t width;  /* pixels */
	uint32_t height; /* pixels */
	uint32_t pitch;  /* bytes from one line to the next */
	uint32_t pixel;  /* enum boot_pixel */
};

struct boot_info {
	uint64_t magic;
	uint32_t version;
	uint32_t origin;      /* enum boot_origin */
	uint64_t kernel_phys; /* where the kernel's first byte was loaded, 4 KiB aligned */
	uint64_t kernel_size; /* bytes, .bss included */
	uint64_t rsdp;        /* ACPI root pointer, 0: the loader found none */
	uint64_t entry_tsc;   /* time-stamp counter at hand-over */
	uint64_t tsc_hz;      /* 0: unknown, the kernel calibrates */
	struct boot_framebuffer framebuffer;
	uint32_t mem_count;
	uint32_t config_size;              /* bytes in config, without a terminating NUL */
	struct boot_mem mem[BOOT_MEM_MAX]; /* ascending, not overlapping */
	/* APIC ids of the enabled processors, for a machine without a MADT; cpu_count 0: the loader does not know. */
	uint32_t cpu_count;
	uint32_t cpus[BOOT_CPU_MAX];
	/*
	 * The configuration as text, key=value a line: first the file \adit.cfg, then the load options, which win
	 * because they come later. Not parsed by the loader.
	 */
	char config[BOOT_CONFIG_MAX];
	char note[BOOT_NOTE_MAX]; /* what the loader wants said on the screen (no \adit.cfg found, ...), NUL-terminated
	                           */
};

#endif
