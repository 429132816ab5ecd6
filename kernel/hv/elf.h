/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERNEL_HV_ELF_H
#define KERNEL_HV_ELF_H

#include <stddef.h>
#include <stdint.h>

struct hv_elf {
	uint64_t base;  /* lowest virtual address, 4 KiB aligned */
	uint64_t size;  /* bytes of memory from there, .bss included, 4 KiB multiple */
	uint64_t entry; /* offset of the entry point from base */
};

/* Look over an x86-64 ELF executable; pure, the file may be damaged. Returns 0 or -ENOEXEC. */
int hv_elf_parse(const void *file, size_t size, struct hv_elf *out);
/* Copy what hv_elf_parse() found to memory of out->size zeroed bytes. */
void hv_elf_copy(const void *file, const struct hv_elf *elf, void *memory);

#endif
