/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/hv/elf.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "kernel/bits.h"

/* System V ABI, chapters 4 and 5. */
struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
_Static_assert(sizeof(struct elf_header) == 64, "Elf64_Ehdr");

struct elf_segment {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
_Static_assert(sizeof(struct elf_segment) == 56, "Elf64_Phdr");

#define ELF_IDENT_64_LITTLE "\177ELF\2\1\1"
#define ELF_MACHINE_X86_64  62
#define SEGMENT_LOAD        1
#define SIZE_LIMIT          (UINT64_C(1) << 30)

static struct elf_segment segment(const void *file, const struct elf_header *h, unsigned i)
{
	struct elf_segment s;

	memcpy(&s, (const uint8_t *)file + h->phoff + i * sizeof(s), sizeof(s));
	return s;
}

static bool good_segment(const struct elf_segment *s, size_t size)
{
	return s->filesz <= s->memsz && s->memsz <= SIZE_LIMIT && s->offset <= size && s->filesz <= size - s->offset &&
	       s->vaddr <= UINT64_MAX - SIZE_LIMIT - 4096;
}

int hv_elf_parse(const void *file, size_t size, struct hv_elf *out)
{
	uint64_t low = UINT64_MAX, high = 0;
	struct elf_header h;

	if (size < sizeof(h))
		return -ENOEXEC;
	memcpy(&h, file, sizeof(h));
	if (memcmp(h.ident, ELF_IDENT_64_LITTLE, 7) != 0 || h.machine != ELF_MACHINE_X86_64 ||
	    h.phentsize != sizeof(struct elf_segment) || h.phoff > size ||
	    h.phnum > (size - h.phoff) / sizeof(struct elf_segment))
		return -ENOEXEC;
	for (unsigned i = 0; i < h.phnum; i++) {
		struct elf_segment s = segment(file, &h, i);

		if (s.type != SEGMENT_LOAD || !s.memsz)
			continue;
		if (!good_segment(&s, size))
			return -ENOEXEC;
		low = s.vaddr < low ? s.vaddr : low;
		high = s.vaddr + s.memsz > high ? s.vaddr + s.memsz : high;
	}
	low = ALIGN_DOWN(low, 4096);
	if (low >= high || high - low > SIZE_LIMIT || h.entry < low || h.entry >= high)
		return -ENOEXEC;
	*out = (struct hv_elf){.base = low, .size = ALIGN_UP(high - low, 4096), .entry = h.entry - low};
	return 0;
}

void hv_elf_copy(const void *file, const struct hv_elf *elf, void *memory)
{
	struct elf_header h;

	memcpy(&h, file, sizeof(h));
	for (unsigned i = 0; i < h.phnum; i++) {
		struct elf_segment s = segment(file, &h, i);

		if (s.type == SEGMENT_LOAD && s.memsz)
			memcpy((uint8_t *)memory + (s.vaddr - elf->base), (const uint8_t *)file + s.offset, s.filesz);
	}
}
