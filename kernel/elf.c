/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/elf.h"

#define PAGE_MASK UINT64_C(4095)

/* System V ABI, chapter 4 and 5. */
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

#define EM_X86_64 62
#define PT_LOAD   1

static struct elf_segment segment(const void *file, const struct elf_header *header, unsigned i)
{
	struct elf_segment s;

	__builtin_memcpy(&s, (const uint8_t *)file + header->phoff + i * sizeof(s), sizeof(s));
	return s;
}

static bool header_is_good(const struct elf_header *h, size_t size)
{
	static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', 2, 1, 1}; /* 64 bits, little endian, version 1 */

	return __builtin_memcmp(h->ident, ident, sizeof(ident)) == 0 && h->machine == EM_X86_64 &&
	       h->phentsize == sizeof(struct elf_segment) && h->phoff <= size &&
	       h->phnum <= (size - h->phoff) / sizeof(struct elf_segment);
}

static bool segment_is_good(const struct elf_segment *s, size_t size)
{
	return s->filesz <= s->memsz && s->memsz <= ELF_MAX && s->offset <= size && s->filesz <= size - s->offset &&
	       s->vaddr <= ~PAGE_MASK - s->memsz;
}

bool elf_span(const void *file, size_t size, struct elf_span *span)
{
	struct elf_header h;
	uint64_t low = UINT64_MAX, high = 0;

	if (size < sizeof(h))
		return false;
	__builtin_memcpy(&h, file, sizeof(h));
	if (!header_is_good(&h, size))
		return false;
	for (unsigned i = 0; i < h.phnum; i++) {
		struct elf_segment s = segment(file, &h, i);

		if (s.type != PT_LOAD || s.memsz == 0)
			continue;
		if (!segment_is_good(&s, size))
			return false;
		low = s.vaddr < low ? s.vaddr : low;
		high = s.vaddr + s.memsz > high ? s.vaddr + s.memsz : high;
	}
	low &= ~PAGE_MASK;
	if (low >= high || high - low > ELF_MAX || h.entry < low || h.entry >= high)
		return false;
	span->base = low;
	span->size = (high - low + PAGE_MASK) & ~PAGE_MASK;
	span->entry = h.entry - low;
	return true;
}

void elf_load(const void *file, const struct elf_span *span, void *memory)
{
	struct elf_header h;

	__builtin_memcpy(&h, file, sizeof(h));
	__builtin_memset(memory, 0, span->size);
	for (unsigned i = 0; i < h.phnum; i++) {
		struct elf_segment s = segment(file, &h, i);

		if (s.type == PT_LOAD && s.memsz != 0)
			__builtin_memcpy((uint8_t *)memory + (s.vaddr - span->base), (const uint8_t *)file + s.offset,
			                 s.filesz);
	}
}
