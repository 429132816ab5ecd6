/* SPDX-License-Identifier: BSD-2-Clause */
/* An ELF file to be loaded: the kernel by boot/, a payload by the hypervisor. Needs no C library. */
#ifndef KERNEL_ELF_H
#define KERNEL_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_MAX (UINT64_C(64) << 20) /* bytes of a file, and in memory: more than that nobody believes */

struct elf_span {
	uint64_t base;  /* lowest virtual address of its PT_LOAD segments, 4 KiB aligned */
	uint64_t size;  /* bytes in memory from there, whole pages */
	uint64_t entry; /* offset of the entry point from base */
};

/*
 * Check an x86-64 executable of size bytes, which may be damaged, and say what memory it takes. False: it is no such
 * file.
 */
bool elf_span(const void *file, size_t size, struct elf_span *span);
/* Copy the segments of a file that elf_span() took to memory, which has span->size bytes. What the file lacks is
 * zeroed. */
void elf_load(const void *file, const struct elf_span *span, void *memory);

#endif
