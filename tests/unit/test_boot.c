/* SPDX-License-Identifier: BSD-2-Clause */
/* The loader's parts that need no firmware: memory map, load options, the kernel's ELF file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>

#include "kernel/elf.h"
#include "boot/memmap.h"
#include "boot/options.h"

#define USABLE   BOOT_MEM_USABLE
#define RESERVED BOOT_MEM_RESERVED
#define ACPI     BOOT_MEM_ACPI

static struct memmap map;
static struct boot_mem mem[BOOT_MEM_MAX];
static uint32_t count;

static void emit(void)
{
	count = memmap_emit(&map, mem, BOOT_MEM_MAX);
}

#define assert_range(i, from, to, kind)                          \
	do {                                                     \
		assert_true((i) < count);                        \
		assert_int_equal(mem[i].base, from);             \
		assert_int_equal(mem[i].base + mem[i].size, to); \
		assert_int_equal(mem[i].type, kind);             \
	} while (0)

static void memory_is_sorted_and_merged(void **state)
{
	(void)state;
	map.count = 0;
	memmap_add(&map, 0x100000, 0x100000, USABLE);
	memmap_add(&map, 0x300000, 0x1000, ACPI);
	memmap_add(&map, 0, 0xa0000, USABLE);
	memmap_add(&map, 0x200000, 0x100000, USABLE);
	emit();
	assert_int_equal(count, 3);
	assert_range(0, 0, 0xa0000, USABLE);
	assert_range(1, 0x100000, 0x300000, USABLE);
	assert_range(2, 0x300000, 0x301000, ACPI);
}

static void what_is_kept_is_cut_out(void **state)
{
	(void)state;
	map.count = 0;
	memmap_add(&map, 0x100000, 0x10000000, USABLE);
	memmap_add(&map, 0x200000, 0x5000, RESERVED);
	memmap_add(&map, 0x100000, 0x1000, RESERVED);
	emit();
	assert_int_equal(count, 4);
	assert_range(0, 0x100000, 0x101000, RESERVED);
	assert_range(1, 0x101000, 0x200000, USABLE);
	assert_range(2, 0x200000, 0x205000, RESERVED);
	assert_range(3, 0x205000, 0x10100000, USABLE);
}

static void overlaps_go_to_the_careful_side(void **state)
{
	(void)state;
	map.count = 0;
	memmap_add(&map, 0x5000, 0x5000, RESERVED);
	memmap_add(&map, 0x1000, 0x8000, ACPI);
	memmap_add(&map, 0, 0x20000, USABLE);
	memmap_add(&map, 0x5000, 0x5000, RESERVED);
	emit();
	assert_int_equal(count, 4);
	assert_range(0, 0, 0x1000, USABLE);
	assert_range(1, 0x1000, 0x5000, ACPI);
	assert_range(2, 0x5000, 0xa000, RESERVED);
	assert_range(3, 0xa000, 0x20000, USABLE);
}

static void odd_ranges(void **state)
{
	(void)state;
	map.count = 0;
	memmap_add(&map, 0x1000, 0, USABLE);
	memmap_add(&map, 0x1001, 0x1ffe, USABLE); /* no whole page but one */
	memmap_add(&map, 0x10001, 1, RESERVED);
	memmap_add(&map, UINT64_MAX, 1, USABLE);
	memmap_add(&map, UINT64_C(0xfffffffffffff000), UINT64_MAX, USABLE);
	memmap_add(&map, UINT64_C(0xffffffffff000000), UINT64_MAX, RESERVED);
	emit();
	assert_int_equal(count, 2);
	assert_range(0, 0x10000, 0x11000, RESERVED);
	assert_range(1, UINT64_C(0xffffffffff000000), UINT64_C(0xfffffffffffff000), RESERVED);
}

static void too_many_ranges(void **state)
{
	int err = 0;
	uint32_t added = 0;

	(void)state;
	map.count = 0;
	for (uint64_t i = 0; err == 0; i++, added++)
		err = memmap_add(&map, i * 0x200000, 0x1000, i % 2 ? USABLE : RESERVED);
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(added, MEMMAP_MAX_RANGES + 1);
	map.count = 0;
	for (uint64_t i = 0; i < 600; i++)
		memmap_add(&map, i * 0x200000, i == 100 ? 0x100000 : 0x1000, i % 2 ? RESERVED : USABLE);
	emit();
	assert_int_equal(count, 300); /* without the reserved ones it fits */
	map.count = 0;
	for (uint64_t i = 0; i < 600; i++)
		memmap_add(&map, i * 0x200000, i % 100 == 0 ? 0x100000 : 0x1000, USABLE);
	emit();
	assert_int_equal(count, 6); /* and then without the small ones */
	map.count = 0;
	for (uint64_t i = 0; i < 600; i++)
		memmap_add(&map, i * 0x200000, 0x100000, USABLE);
	emit();
	assert_int_equal(count, BOOT_MEM_MAX);
	assert_range(BOOT_MEM_MAX - 1, (BOOT_MEM_MAX - 1) * UINT64_C(0x200000),
	             (BOOT_MEM_MAX - 1) * UINT64_C(0x200000) + 0x100000, USABLE);
}

/* --- load options --- */

static char text[64];
static size_t length;

/* s as UTF-16, with or without its NUL, from a heap block of exactly that size. */
static int options(const char *s, int with_nul)
{
	size_t n = strlen(s) + (with_nul ? 1 : 0);
	uint8_t *utf16 = calloc(n ? n : 1, 2);
	int err;

	assert_non_null(utf16);
	for (size_t i = 0; i < n; i++)
		utf16[2 * i] = (uint8_t)s[i];
	memset(text, '!', sizeof(text));
	err = options_text(utf16, 2 * n, text, sizeof(text), &length);
	free(utf16);
	return err;
}

static void assert_options(const char *s, const char *expected)
{
	for (int with_nul = 0; with_nul < 2; with_nul++) {
		assert_int_equal(options(s, with_nul), 0);
		assert_int_equal(length, strlen(expected));
		assert_memory_equal(text, expected, length);
	}
}

static void options_become_text(void **state)
{
	(void)state;
	assert_options("tests=dsa.* passes=2", "tests=dsa.* passes=2");
	assert_options("", "");
	assert_options("  seed=1\n", "seed=1\n");
	assert_options("FS0:\\EFI\\BOOT\\BOOTX64.EFI tests=a", " tests=a");
	assert_options("BOOTX64.EFI", "");
	assert_options(" BOOTX64.EFI a=b c", " a=b c");
}

static void options_that_are_no_text(void **state)
{
	static const uint8_t guid[16] = {0xdc, 0x8d, 0x9b, 0x8e, 0x31, 0x5b, 0x42, 0x48,
	                                 0x8b, 0x1c, 0x8e, 0x9d, 0x5a, 0x83, 0x61, 0x3d};
	static const uint8_t odd[3] = {'a', 0, '='};

	(void)state;
	assert_int_equal(options_text(guid, sizeof(guid), text, sizeof(text), &length), -EINVAL);
	assert_int_equal(length, 0);
	assert_int_equal(options("a=\x1b", 1), -EINVAL);
	assert_int_equal(options("a=\xe9", 1), -EINVAL);
	assert_int_equal(options_text("a=b c=d ", 8, text, sizeof(text), &length), -EINVAL); /* 8-bit text */
	assert_int_equal(options_text(odd, sizeof(odd), text, sizeof(text), &length), 0);
	assert_int_equal(length, 0); /* "a" is a name, and half a character is none */
	assert_int_equal(options("a=345678901234567890123456789012345678901234567890123456789012345", 1), -ENOSPC);
	assert_int_equal(length, 0);
}

static void a_cut_file_keeps_whole_lines(void **state)
{
	(void)state;
	assert_int_equal(options_whole_lines("a=1\nb=2\npasses=10", 17), 8);
	assert_int_equal(options_whole_lines("a=1\n", 4), 4);
	assert_int_equal(options_whole_lines("passes=10", 9), 0);
	assert_int_equal(options_whole_lines("", 0), 0);
}

/* --- the kernel's file --- */

#define BASE UINT64_C(0xffffffff80000000)

static struct {
	Elf64_Ehdr header;
	Elf64_Phdr segments[3];
	uint8_t data[64];
} file;

static void good_file(void)
{
	memset(&file, 0, sizeof(file));
	memcpy(file.header.e_ident, "\177ELF\2\1\1", 7);
	file.header.e_machine = EM_X86_64;
	file.header.e_entry = BASE + 0x10;
	file.header.e_phoff = sizeof(file.header);
	file.header.e_phentsize = sizeof(file.segments[0]);
	file.header.e_phnum = 3;
	for (unsigned i = 0; i < 3; i++) {
		file.segments[i].p_type = i == 2 ? PT_NOTE : PT_LOAD;
		file.segments[i].p_offset = offsetof(__typeof__(file), data) + 32 * (i % 2);
		file.segments[i].p_vaddr = BASE + 0x1000 * i;
		file.segments[i].p_filesz = 32;
		file.segments[i].p_memsz = i == 1 ? 0x1234 : 32;
	}
	memset(file.data, 0x11, 32);
	memset(file.data + 32, 0x22, 32);
}

static bool span_of(size_t size, struct elf_span *span)
{
	void *copy = malloc(size ? size : 1);
	bool good;

	assert_non_null(copy);
	memcpy(copy, &file, size);
	good = elf_span(copy, size, span);
	free(copy);
	return good;
}

static void kernel_is_loaded(void **state)
{
	struct elf_span span;
	uint8_t *memory;

	(void)state;
	good_file();
	assert_true(span_of(sizeof(file), &span));
	assert_true(span.base == BASE);
	assert_int_equal(span.size, 0x3000);
	assert_int_equal(span.entry, 0x10);
	memory = malloc(span.size);
	assert_non_null(memory);
	memset(memory, 0xff, span.size);
	elf_load(&file, &span, memory);
	assert_int_equal(memory[31], 0x11);
	assert_int_equal(memory[32], 0);
	assert_int_equal(memory[0x1000], 0x22);
	assert_int_equal(memory[0x1020], 0);
	assert_int_equal(memory[0x2fff], 0);
	free(memory);
}

static void damaged_kernels_are_refused(void **state)
{
	struct elf_span span;

	(void)state;
	good_file();
	for (size_t size = 0; size < sizeof(file.header) + sizeof(file.segments); size++)
		assert_false(span_of(size, &span));
	assert_false(span_of(sizeof(file) - 1, &span));
#define DAMAGED(field, value)                               \
	do {                                                \
		good_file();                                \
		file.field = value;                         \
		assert_false(span_of(sizeof(file), &span)); \
	} while (0)
	DAMAGED(header.e_ident[1], 'e');
	DAMAGED(header.e_machine, EM_386);
	DAMAGED(header.e_phentsize, 32);
	DAMAGED(header.e_phnum, 0);
	DAMAGED(header.e_phnum, 0xffff);
	DAMAGED(header.e_phoff, UINT64_MAX - 3);
	DAMAGED(header.e_entry, BASE - 1);
	DAMAGED(header.e_entry, BASE + 0x10000);
	DAMAGED(segments[0].p_offset, UINT64_MAX);
	DAMAGED(segments[0].p_filesz, 33);
	DAMAGED(segments[0].p_memsz, 31);
	DAMAGED(segments[1].p_memsz, UINT64_MAX);
	DAMAGED(segments[1].p_vaddr, UINT64_MAX - 0x100);
	DAMAGED(segments[1].p_vaddr, 0x1000); /* 16 EiB apart */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(memory_is_sorted_and_merged),
	        cmocka_unit_test(what_is_kept_is_cut_out),
	        cmocka_unit_test(overlaps_go_to_the_careful_side),
	        cmocka_unit_test(odd_ranges),
	        cmocka_unit_test(too_many_ranges),
	        cmocka_unit_test(options_become_text),
	        cmocka_unit_test(options_that_are_no_text),
	        cmocka_unit_test(a_cut_file_keeps_whole_lines),
	        cmocka_unit_test(kernel_is_loaded),
	        cmocka_unit_test(damaged_kernels_are_refused),
	};

	return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
