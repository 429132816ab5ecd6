/* SPDX-License-Identifier: BSD-2-Clause */
/* kernel/elf.c with a good file and with half a million damaged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/bits.h"
#include "kernel/elf.h"
#include "tests/unit/random.h"

struct elf64 {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
	struct {
		uint32_t type, flags;
		uint64_t offset, vaddr, paddr, filesz, memsz, align;
	} segment[2];
	uint8_t content[64];
};

static const struct elf64 good = {
        .ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
        .machine = 62,
        .entry = 0x1010,
        .phoff = 64,
        .phentsize = 56,
        .phnum = 2,
        .segment = {{1, 5, offsetof(struct elf64, content), 0x1000, 0, 32, 32, 0},
                    {1, 6, offsetof(struct elf64, content) + 32, 0x2000, 0, 32, 0x1800, 0}},
};

static void loads(void **state)
{
	struct elf64 file = good;
	uint8_t memory[0x3000] = {0};
	struct elf_span elf;

	(void)state;
	memset(file.content, 0x5a, sizeof(file.content));
	assert_true(elf_span(&file, sizeof(file), &elf));
	assert_int_equal(elf.base, 0x1000);
	assert_int_equal(elf.size, 0x3000);
	assert_int_equal(elf.entry, 0x10);
	elf_load(&file, &elf, memory);
	assert_int_equal(memory[31], 0x5a);
	assert_int_equal(memory[32], 0);
	assert_int_equal(memory[0x101f], 0x5a);
}

/* Broken in every way that chance finds: refused, or small enough to be copied without leaving its memory. */
static void damaged(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 500000; i++) {
		size_t size = i % 4 ? sizeof(good) : random64() % sizeof(good);
		uint8_t *file = malloc(size ? size : 1), *memory;
		struct elf_span elf;

		memcpy(file, &good, size);
		for (unsigned n = (unsigned)(random64() % 4); size && n; n--)
			file[random64() % size] = (uint8_t)(random64() % 3 ? random64() : 0xff);
		if (elf_span(file, size, &elf)) {
			assert_true(elf.entry < elf.size);
			assert_true(IS_ALIGNED(elf.base | elf.size, 4096));
			if (elf.size <= 0x100000) {
				memory = malloc(elf.size);
				elf_load(file, &elf, memory);
				free(memory);
			}
		}
		free(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(loads),
	        cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
